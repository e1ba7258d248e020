"""What a statement does and to what: its verb, its target, the tables it names; shown without data.

SYS_QUERY_HISTORY's own query types are coarse (DDL, UTILITY), so the text decides.
"""

import re
from dataclasses import dataclass

from mcp_server.diagnostics.redact import redact

SHOWN = 300
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = r"(?:\"[^\"]+\"|[\w$#]+)(?:\s*\.\s*(?:\"[^\"]+\"|[\w$#]+)){0,2}"
_VERB = re.compile(
    r"(?:^|;)\s*(?P<verb>create|drop|alter|truncate|grant|revoke|comment\s+on)\b"
    r"(?:\s+or\s+replace)?(?:\s+(?:external|temporary|temp|local|materialized|late|binding))*"
    r"(?:\s+(?P<thing>table|view|schema|user|group|role|procedure|function|database|datashare"
    r"|default\s+privileges|model|library))?"
    r"(?:\s+if\s+(?:not\s+)?exists)?\s*(?P<target>" + _NAME + r")?",
    re.IGNORECASE,
)
_DOT = re.compile(r"\s*\.\s*")
_RENAMED = re.compile(r"\brename\s+to\s+(" + _NAME + ")", re.IGNORECASE)
_GRANTED = re.compile(
    r"\bon\s+(?:table\s+|schema\s+|all\s+tables\s+in\s+schema\s+)?(" + _NAME + ")", re.IGNORECASE
)
_WRITES = re.compile(
    r"(?:^|;)\s*(?:insert|update|delete|merge|copy|truncate|create\s+(?:temp\w*\s+)?table|alter"
    r"|drop|call)\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|delete|merge\s+into|copy|truncate(?:\s+table)?"
    r"|alter\s+table|drop\s+table(?:\s+if\s+exists)?|create\s+table(?:\s+if\s+not\s+exists)?|lock)"
    r"\s+(" + _NAME + ")",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"'(?:[^']|'')*'?")
_PLAIN_LITERAL = re.compile(r"'[\w.:+ /%-]{0,32}'|'s3://[^']*'")
_SECRET_CLAUSE = re.compile(
    r"(\b(?:credentials|password|access_key_id|secret_access_key|session_token|master_symmetric_key"
    r"|iam_role)\b\s*(?:as\s+|=\s*)?)'(?:[^']|'')*'?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verb:
    """`kind` in lower case ("drop table", "rename", "grant"); "" when it changes no definition."""

    kind: str = ""
    target: str = ""
    renamed_to: str = ""


def bare(sql: str) -> str:
    """The statement without comments, on one line."""
    return " ".join(_COMMENT.sub(" ", sql).split())


def verb_of(sql: str) -> Verb:
    """The first DDL, GRANT or REVOKE in a text that may hold several statements."""
    text = bare(sql)
    found = _VERB.search(text)
    if found is None:
        return Verb()
    verb = " ".join(found["verb"].lower().split())
    rest = text[found.end("verb") :]
    if verb in {"grant", "revoke"}:
        on = _GRANTED.search(rest)
        return Verb(verb, plain_name(on[1]) if on else "")
    thing = " ".join((found["thing"] or "").lower().split())
    target = plain_name(found["target"] or "")
    if verb == "alter" and (renamed := _RENAMED.search(rest)):
        return Verb("rename", target, plain_name(renamed[1]))
    return Verb(f"{verb} {thing or ('table' if verb == 'truncate' else '')}".strip(), target)


def writes(sql: str) -> bool:
    """Whether the statement would change data or definitions."""
    return _WRITES.search(bare(sql)) is not None


def written_table(sql: str) -> str:
    """The table that the statement writes, alters or locks; "" when it names none."""
    found = _WRITTEN.search(_LITERAL.sub("''", bare(sql)))
    return plain_name(found[1]) if found else ""


def plain_name(name: str) -> str:
    """A name in lower case without quotes or space around its dots; a space within stays."""
    return _DOT.sub(".", name.replace('"', "").strip()).lower()


def last_part(name: str) -> str:
    """The table's own name of database.schema.table."""
    return plain_name(name).rpartition(".")[2]


def schema_part(table: str) -> str:
    """The schema of schema.table or database.schema.table; "" for a bare name."""
    return plain_name(table).rpartition(".")[0].rpartition(".")[2]


def names_table(sql: str, table: str) -> bool:
    """Whether the text names this table: its own name, under this schema or under none."""
    wanted = plain_name(table)
    schema, _, own = wanted.rpartition(".")
    schema = schema.rpartition(".")[2]
    pattern = rf"(?:(\"[^\"]+\"|[\w$]+)\s*\.\s*|(?<![\w$.]))\"?{re.escape(own)}\"?(?![\w$])"
    for found in re.finditer(pattern, sql, re.IGNORECASE):
        said = plain_name(found[1] or "")
        if not said or not schema or said == schema:
            return True
    return False


def shown(sql: str, width: int = SHOWN, *, tail: int = 0) -> str:
    """One line to read without secrets and long literals; of `width`, `tail` is for its end."""
    text = _SECRET_CLAUSE.sub(r"\1'***'", bare(sql[: width * 20]))
    text = redact(_LITERAL.sub(_without_data, text))
    if len(text) <= width:
        return text
    return f"{text[: width - tail - 3].rstrip()}...{text[len(text) - tail :]}"


def _without_data(found: re.Match[str]) -> str:
    """Dates, paths and codes stay, since they tell runs apart; anything longer is data."""
    return found[0] if _PLAIN_LITERAL.fullmatch(found[0]) else "'***'"
