"""Secrets known by the word in front of them: `password=x`, `"api_key": "x"`, `--token x`."""

import re

MASK = "***"
# Words whose value is a secret; whatever stands in front of them belongs to the key.
KEY = (
    r"(?:password|passwd|passphrase|passcode|(?<![a-z])p(?:ass(?:w|wrd)?|wd)(?![a-z])|(?<=[_.-])pw(?![a-z])"
    r"|secret(?!s?[ _.-]?(?:arn|name|id)(?![a-z]))|token|credential"
    r"|api[ _.-]?key|(?:shared)?access[ _.-]?key(?![ _.-]?id)|account[ _.-]?key(?:\.[\w.-]{1,120})?"
    r"|private[ _.-]?key(?!\w*[_-]?(?:path|file))|secret[ _.-]key"
    r"|(?:fernet|auth|signing|encryption|symmetric|subscription|app(?:lication)?)[ _.-]?key)"
    r"(?:[ _.-]?(?:value|key|string|b64|base64|v\d))?\d{0,3}(?![a-z\d])"
)
KEY_WORDS = ("pass", "pwd", "pw", "secret", "token", "key", "credential")
_ANSI = r"(?:\x1b\[[\d;]{0,12}m)?"
_MARK = rf"(?:\\{{0,7}}[\"'`]|&quot;|&#3[49];|\\u002[27]|{_ANSI})"
_TYPE = r"(?:\s?:\s?(?:str|bytes|SecretStr|Optional\[str\])(?:\s?\|\s?None)?(?=\s?=))?"
_SEP = rf"{_TYPE}{_MARK}\]?\s{{0,4}}(?:=>|->|:=|==?|:|%3[da])\s{{0,4}}{_ANSI}(?:[bruf](?=[\"']))?"
_VALUE = (
    r"(?P<q>\\{1,7}[\"']|&quot;|&#3[49];|\\u002[27])(?P<inner>(?:(?!(?P=q)).){1,4000}?)(?:(?P=q)|$)"
    r"|\"(?:[^\"\\]|\\.){1,4000}\"|'(?:[^'\\]|\\.|''){1,4000}'|\"[^\"]{1,4000}(?:\"|$)|'[^']{1,4000}(?:'|$)"
    r"|\{[^}\s]{1,200}\}|[^\s,;&\"'<>)\]}\x1b]{1,4000}"
)
ASSIGNED = re.compile(rf"(?i)(?P<key>{KEY})(?P<sep>{_SEP})(?P<value>{_VALUE})")
_KEY_BEFORE = re.compile(r"[\w.-]{0,60}\Z")
_NOT_SECRET_KEY = re.compile(
    r"(?i)(?:max|min|num|total|prompt|completion|input|output|next|page|continuation|file|count|used"
    r"|cached|unexpected|client[_-]?request|idempotency)[_-]?tokens?\w*$"
    r"|token_?(?:type|count|limit|url|uri|endpoint)$|(?:primary|partition|sort|foreign)[ _-]?key$"
)
_NOT_SECRET_VALUE = re.compile(
    r"(?i)(?:\*+|none|null|true|false|undefined|required|missing|expired|invalid|incorrect|wrong|denied"
    r"|failed|changed|rotated|redacted|\[?redacted\]?|hidden|removed|empty|unset|disabled?|enabled"
    r"|str|bytes|string|secretstr|optional\[\w+|xxx+|<[^>]*>|\{\{.*\}?\}?|\{[\w.:!\[\]]+\}?|\$\{?[\w.:-]+\}?"
    r"|%\([^)]*\)s|%s|\?|:\w+|is|was|has|for|not|and|or|to|of|arn:aws[\w-]*:\S*|(?:/[\w.-]+){2,}/?"
    r"|(?:self|cls|os|settings|config|conf|kwargs|context|variable|conn|connection|hook|params"
    r"|environ|var|secrets|creds|credentials|args|get_\w+|getenv)[.(\[]\S*)$"
)
_PATH = re.compile(r"/[\w./-]*|[a-z][a-z_-]*(?:/[\w-]+)+")
_WORD = re.compile(r"[A-Za-z]{1,12}[.:]?|[^\w\s]{1,3}")


_NAME = re.compile(rf"(?i)[\w.-]{{0,80}}?{KEY}")


def names_secret(key: str) -> bool:
    """True when the value of a field or column of this name is a secret."""
    return bool(_NAME.fullmatch(key)) and not _NOT_SECRET_KEY.search(key.lower())


def masked(match: re.Match[str]) -> str:
    """The assignment with its value hidden, or as it was when the value is none."""
    key, value, string = match["key"], match["value"], match.string
    if match["sep"].strip() == ":" and string[: match.start()].endswith(":"):
        return match[0]  # a part of an ARN: `arn:aws:secretsmanager:...:secret:name`
    before = string[max(match.start() - 60, 0) : match.start()]
    whole = (_KEY_BEFORE.search(before) or [""])[0] + key
    bare = match["inner"] or value.strip("\\\"'")
    if not bare or _is_harmless(whole.lower(), match["sep"], bare, before):
        return match[0]
    start = value.find(bare)
    return f"{key}{match['sep']}{value[:start]}{MASK}{value[start + len(bare) :]}"


def _is_harmless(key: str, sep: str, value: str, before: str) -> bool:
    if _NOT_SECRET_KEY.search(key) or _NOT_SECRET_VALUE.fullmatch(value):
        return True
    if key == "token" and ":" in sep:  # a parser's: `unexpected token: SELECT`
        return bool(_WORD.fullmatch(value)) or before.lower().endswith(("unexpected ", "illegal "))
    if key in ("pass", "passed"):  # a count: dbt's `PASS=10 WARN=0`
        return value.isdigit()
    return key in ("pwd", "secret", "oldpwd") and bool(_PATH.fullmatch(value))


# A name and its value in two fields, on one line or on two: Kubernetes, ECS, CloudFormation, XML.
_QUOTE = r"\\{0,3}[\"']?"
_IS = rf"{_QUOTE}\s{{0,4}}[:=]\s{{0,4}}{_QUOTE}"
NAMED = re.compile(
    rf"(?i)(?P<key>{_QUOTE}(?:parameter)?(?:name|key){_IS}[\w.-]{{0,60}}?{KEY}{_QUOTE}"
    rf"[ \t]{{0,4}},?\s{{0,40}}{_QUOTE}(?:parameter)?value{_IS})"
    r"(?P<value>[^\s\"'\\,}]{1,4000})"
)
# `password: |-` and its lines: YAML.
BLOCK = re.compile(
    rf"(?im)^(?P<key>(?P<indent>[ \t-]{{0,40}})[\w.-]{{0,60}}?{KEY}:[ \t]{{1,4}}[|>][+-]?"
    r"[ \t]{0,4}\r?\n)(?P<value>(?:(?P=indent)[ \t]{1,20}\S[^\n]{0,4000}\n?){1,100})"
)


def named(match: re.Match[str]) -> str:
    """A field's value hidden when the field beside it names a secret."""
    return match[0] if _NOT_SECRET_VALUE.fullmatch(match["value"]) else f"{match['key']}{MASK}"


def block(match: re.Match[str]) -> str:
    """A YAML block hidden, line for line."""
    return match["key"] + each_line(match["value"])


def each_line(text: str) -> str:
    """Every line's text as the mask; white space around it stays."""
    return "".join(
        line.replace(line.strip(), MASK) if line.strip() else line
        for line in text.splitlines(keepends=True)
    )
