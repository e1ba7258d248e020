"""Pull the things a cause line names: tables, buckets, roles, hosts, codes."""

import re

_Q = r"[\"'`«]"
_FINDERS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("column", rf"\bcolumn {_Q}?([\w.]+){_Q}?|Unknown column '([^']+)'"),
        (
            "table",
            rf"\b(?:relation|table|view|into table) {_Q}?([\w.$-]*\w){_Q}?(?! -)|Table '([^']+)'",
        ),
        ("schema", rf"\bschema {_Q}?(\w+){_Q}?"),
        ("model", r"\b(?:model|snapshot|seed) (\w+) \(|Model '([\w.]+)'"),
        ("test", r"\btest (\w+) \(|\bFAIL \d+ (\w+)"),
        ("bucket", r"s3://([\w.-]+)|bucket[=:] ?\"?([\w.-]+)|arn:aws:s3:::([\w.-]+)"),
        ("key", r"s3://[\w.-]+/([^\s\"',)]+)|prefix=([^\s\"',)]+)"),
        ("role", r"arn:aws:(?:sts|iam)::\w*:(?:assumed-)?role/([\w+=,.@-]+)"),
        ("action", r"perform: ?([\w-]+:\w+)|when calling the (\w+) operation"),
        (
            "host",
            r"host=?[ :]?'([\w.-]+\.[\w.-]+)'|server at \"([^\"]+)\"|https?://([\w.-]+)"
            r"|connect to (?:host )?([\w.-]+) port",
        ),
        ("port", r"port[ =:](\d{2,5})\b"),
        ("user", r"\b(?:for )?user \"?'?([\w.@-]+)"),
        (
            "exit_code",
            r"(?:exit|return)(?:ed)?(?: with)?(?: return| exit)? ?(?:code|status)[ =:]{1,3}(-?\d+)",
        ),
        ("signal", r"\b(SIG[A-Z]{3,5})\b"),
        ("timeout", r"timeout[ =:of]{1,6}([\d.]+)"),
        ("conn_id", r"conn_id `?'?([\w.-]+)"),
        ("variable", r"Variable (\S+) does not exist"),
        ("module", r"No module named '?([\w.]+)|cannot import name '(\w+)'"),
        ("query_id", r"\bquery[ :(]{1,4}\(?(\d{3,})"),
        ("status_code", r"\b([45]\d\d) (?:Client|Server) Error"),
        (
            "external_dag_id",
            r"external (?:DAG|task \S+ in DAG) (\w[\w.-]*?)\.? (?:failed|has)|in DAG (\w[\w.-]*)",
        ),
    )
)


def entities_of(text: str) -> dict[str, str]:
    """Return what the (redacted) lines name, each by its first mention."""
    found = {}
    for name, finder in _FINDERS:
        match = finder.search(text)
        said = next((g for g in match.groups() if g), "") if match else ""
        if said and "***" not in said:
            found[name] = said[:120]
    return found
