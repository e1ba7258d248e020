"""Secrets known by the word in front of them: `password=x`, `"api_key": "x"`, `--token x`."""

import re

from mcp_server.diagnostics.redact_random import is_keyed, is_mixed, is_pair
from mcp_server.diagnostics.redact_tokens import MASK
from mcp_server.diagnostics.redact_words import (
    KEY,
    PIN,
    WEAK,
    is_code,
    is_harmless,
    is_no_value,
    is_prose,
)

_ANSI = r"(?:\x1b\[[\d;]{0,12}m)?"
_QUOTES = r"\\{1,15}[\"']|&quot;|&#3[49];|\\{1,7}u002[27]|(?:%5C)*%2[27]"
_MARK = rf"(?:\\{{0,15}}[\"'`]|{_QUOTES}|{_ANSI})"
_TYPE = r"(?:\s?:\s?(?:str|bytes|SecretStr|Optional\[str\])(?:\s?\|\s?None)?(?=\s?=))?"
_GAP = r"(?:\s|%20|\+(?=%22)){0,40}"
_SEP = (
    rf"{_TYPE}{_MARK}\]?{_GAP}(?:=>|->|:=|[=!]=|=|::(?=\s)|:|%3[da]){_GAP}{_ANSI}"
    r"(?:[bnruf]{1,2}(?=[\"']))?"
)
# An unquoted value ends at white space, and at a delimiter unless more of the word follows it up
# to the line's end that is no next `key=`.
_MORE = r"(?=[^\s:.,;&\"'<>)\]}=\\][^\s=:]{0,80}\\?$)"
_BARE = (
    r"(?:[^\s,;&\"'<>)\]}|\x1b\\%]|\|(?!\w{1,40}[=:]|\s|$)|\\(?![\"'nrt]|u002[27])|\\[nrt](?![A-Z\[{\\\"']|$)|%(?!2[27]|5C%2[27])"
    rf"|(?<=[\w!@#$%^*])[,;&\"'<>)\]}}]{_MORE})"
)
_VALUE = (
    rf"(?P<q>{_QUOTES})(?P<inner>(?:(?!(?P=q)).|(?<=\\)(?P=q)){{1,4000}}?)(?:(?<!\\)(?P=q)|$)"
    r"|\"(?:[^\"\\]|\\.){1,4000}\"|'(?:[^'\\]|\\.|''){1,4000}'|\"[^\"]{1,4000}(?:\"|$)|'[^']{1,4000}(?:'|$)"
    rf"|(?<==)\{{(?:[^{{}}\"']|\}}\}}){{1,200}}\}}(?=[;\s\"']|$)|(?![\[{{(](?:[\s\"'\\)\]}}]|\w{{1,40}}:|$)){_BARE}{{1,4000}}"
)
_CHAIN = rf"(?P<sep>{_SEP})(?P<value>{_VALUE})"
ASSIGNED = re.compile(rf"(?i)(?P<key>{KEY}){_CHAIN}")
WEAKLY = re.compile(rf"(?i)(?<![a-z])(?P<key>{WEAK}){_CHAIN}")
PINNED = re.compile(
    rf"(?i)(?P<key>{PIN}{_MARK}\s{{0,4}}[=:]\s{{0,4}}{_MARK})(?P<value>\d{{3,8}})(?![\w.:-])"
)
_KEY_BEFORE = re.compile(r"[\w.-]{0,60}\Z")
_KEYISH = re.compile(r"(?i)[a-z0-9+/]{16,}={0,2}|[\w.+/=%-]{60,}")
_ENCODED_END = re.compile(r"(?i)%3b|%26")


def masked(match: re.Match[str]) -> str:
    """The assignment with its value hidden, or as it was when the value is none."""
    key, string = match["key"], match.string
    if _is_elsewhere(match):
        return match[0]
    before = string[max(match.start() - 60, 0) : match.start()]
    whole = (_KEY_BEFORE.search(before) or [""])[0] + key
    bare, after = _bare(match), string[match.end() : match.end() + 20]
    if not bare or is_harmless(whole.lower(), match["sep"], bare, before):
        return match[0]
    is_quoted = bare != match["value"]
    if is_prose(match["sep"], bare, after):
        return match[0]
    if not is_quoted and is_code(match["sep"], bare, after):
        return match[0]
    return _hidden(match, bare)


def masked_if_random(match: re.Match[str]) -> str:
    """The same for keys whose value may be harmless: hidden only when it looks drawn at random."""
    bare = _bare(match)
    is_secret = is_pair(bare) or (is_keyed(bare) and (is_mixed(bare) or _KEYISH.fullmatch(bare)))
    return _hidden(match, bare) if is_secret and not _is_elsewhere(match) else match[0]


def _is_elsewhere(match: re.Match[str]) -> bool:
    """A part of an ARN (`arn:aws:secretsmanager:...:secret:name`) or of a URL that is done."""
    if match["sep"].strip() != ":":
        return False
    return match.string[: match.start()].endswith(":") or match["value"].startswith(f"{MASK}@")


def _bare(match: re.Match[str]) -> str:
    value = match["inner"] or match["value"].strip("\\\"'")
    if match["sep"].lower().endswith("%3d"):  # the delimiter behind it is encoded too
        value = _ENCODED_END.split(value, maxsplit=1)[0]
    is_braced = match["value"].startswith("{") and value.endswith("}") and not is_no_value(value)
    return value[1:-1] if is_braced else value


def _hidden(match: re.Match[str], bare: str) -> str:
    value = match["value"]
    start = value.find(bare)
    return f"{match['key']}{match['sep']}{value[:start]}{MASK}{value[start + len(bare) :]}"
