"""The words in front of a secret, and the values behind them that are none."""

import re

from mcp_server.diagnostics.redact_random import is_mixed

# Words whose value is a secret; whatever stands in front of them belongs to the key.
_AFTER = (
    r"(?:[ _.-]?(?:value|key|string)|[_.-]?(?:content|data|pem|body|material|base|b64"
    r"|base64|enc(?:oded)?|plain(?:text)?|text|raw|v\d"
    r"|prod(?:uction)?|prd|dev|test|stag(?:e|ing)|stg|qa|uat|live|old|new|current|previous"
    r"|primary|secondary|main|backup|admin|root))?"
)
SINGULAR = (
    r"(?:password|passwd|passphrase|passcode|(?:(?<![a-z])|(?<=%3[bB]))p(?:ass(?:w|wrd)?|wd)(?![a-z])|(?<=[_.-])pw(?![a-z])"
    r"|(?-i:(?<=[a-z])P(?:ass|wd|w|W)(?![a-z]))|(?:bind|user|root|db|admin|ldap)pw(?![a-z])"
    r"|passwort|kennwort|wachtwoord|contrase(?:n|ñ|\\u00f1)a|mot[ _-]de[ _-]passe"
    r"|secret(?!s?[ _.-]?(?:arn|name|id)(?![a-z]))|token|credential"
    r"|api[ _.-]?key|(?:shared)?access[ _.-]?key(?![ _.-]?id)|account[ _.-]?key(?:\.[\w.-]{1,120})?"
    r"|private[ _.-]?key(?!\w*[_-]?(?:path|file))|secret[ _.-]key|private-mac"
    r"|(?:fernet|auth|signing|encryption|symmetric|subscription|app(?:lication)?)[ _.-]?key)"
)
KEY = rf"(?:{SINGULAR}{_AFTER}\d{{0,3}}(?![a-z\d]))"
KEY_WORDS = (
    "pass",
    "pwd",
    "pw",
    "secret",
    "token",
    "key",
    "credential",
    "wort",
    "wacht",
    "contrase",
    "private-mac",
)
# Keys whose value is a secret only when it looks drawn at random.
WEAK = (
    r"(?:(?:routing|integration|licen[sc]e|ingest(?:ion)?|insert|write|master|admin|service"
    r"|storage|consumer|function|deploy|webhook|hmac|jwt|aes|cipher|crypto|instrumentation|client"
    r"|sas)[ _.-]?key|app_?id|_?auth|saml_?re(?:sponse|quest)"
    r"|(?:client_?)?assertion|key[_-]data|signature(?:-256)?|license|hmac|code_verifier)"
)
WEAK_WORDS = (
    "key",
    "signature",
    "appid",
    "app_id",
    "auth",
    "saml",
    "assertion",
    "license",
    "hmac",
    "code_verifier",
)
# Short numbers that are secret: what a person types once.
PIN = (
    r"(?<![a-z])(?:otp|totp|mfa[ _-]?(?:code|token)|one[ _-]?time[ _-]?(?:code|pass(?:word|code))"
    r"|verification[ _-]?code|cvv2?|cvc2?|pin(?:[ _-]?code)?)"
)
PIN_WORDS = (
    "otp",
    "mfa",
    "one_time",
    "one-time",
    "one time",
    "onetime",
    "verification",
    "cvv",
    "cvc",
    "pin",
)
_NAME = re.compile(rf"(?i)[\w.-]{{0,80}}?{KEY}")
_NOT_SECRET_KEY = re.compile(
    r"(?i)(?<![a-z])(?:max|min|num|total|prompt|completion|input|output|next|page|continuation|file|count|used"
    r"|cached|unexpected|client[_-]?request|idempotency)[_-]?tokens?\w*$"
    r"|token_?(?:type|count|limit|url|uri|endpoint)$|(?:primary|partition|sort|foreign)[ _-]?key$"
    r"|(?:existing|pull)_?secret$"
)
_NOT_SECRET_VALUE = re.compile(
    r"(?i)(?:\*+|x|\(sensitive|none|null|nil|nan|n/a|true|false|yes|no|on|off|undefined|required|missing|expired|invalid|incorrect|wrong|denied"
    r"|failed|changed|rotated|redacted|\[?redacted\]?|hidden|removed|empty|unset|not_set|disabled?|enabled|provided|present"
    r"|absent|unavailable|str|bytes|string|secretstr|varchar(?:\(\d+)?|text|optional\[\w+|xxx+|<[^>]*>|\{\{.*\}?\}?|\{(?:\d|[a-z_.:!\[\]]+)\}?"
    r"|\$\{[\w.:-]+\}?|(?-i:\$[A-Z_][A-Z0-9_]*|\$[a-z]+(?:_[a-z]+)+|\$(?:password|pass|pw|token|secret|\d))|\$\(.*|!(?:Ref|Sub|GetAtt|ImportValue|vault|reference)|%\([^)]*\)s|%s|\?|:\w+|is|was|has|for|not|and|or|to|of|the"
    r"|arn:aws[\w-]*:\S*|~?(?:/[\w.-]+){2,}/?"
    r"|(?:self|cls|os|settings|config|conf|kwargs|context|variable|conn|connection|hook|params"
    r"|environ|var|secrets|creds|credentials|args|get_\w+|getenv|local|data|module|random_password"
    r"|each|(?:aws|google|azurerm|kubernetes|vault)_\w+)[.(\[]\S*)$"
)
_PATH = re.compile(r"/[\w./-]*|[a-z][a-z_-]*(?:/[\w-]+)+")
_WORD = re.compile(r"[A-Za-z]{1,12}[.:]?|[^\w\s]{1,3}")
_SMALL_NUMBER = re.compile(r"\d{1,3}[.)]?")
_VARIABLE = re.compile(r"(?:[a-z_]{2,40}\.){0,4}(?:[a-z_]{3,40}|[A-Z_]{3,40})")
_INDEX = re.compile(r"[A-Za-z_][\w.]{1,60}[\[(]")
_VERB = re.compile(
    r"\s(?:is|was|are|were|has|had|must|can|cannot|could|should|will|would|does|did|do|not|needs?)\b"
)
_UNIT = re.compile(r"\s{1,4}(?:bytes|chars|characters|tokens|days|seconds|rows)\b")
_CALL = re.compile(r"[A-Za-z_][\w.]{2,60}\((?:[\w\s,.=]|$)")


def names_secret(key: str) -> bool:
    """True when the value of a field or column of this name is a secret."""
    return bool(_NAME.fullmatch(key)) and not _NOT_SECRET_KEY.search(key.lower())


def is_no_value(value: str) -> bool:
    """True for what stands where a secret would: `None`, `***`, `{{ var }}`, `expired`."""
    return bool(_NOT_SECRET_VALUE.fullmatch(value))


def is_harmless(key: str, sep: str, value: str, before: str) -> bool:
    """True when this key (lower case) with this value tells nothing secret."""
    if _NOT_SECRET_KEY.search(key):
        return True
    if not any(map(str.isalnum, value)):
        return True
    if is_no_value(value):  # a random key may begin like a path
        return not (value.startswith("/") and is_mixed(value))
    if key.endswith(("token", "secret", "key")) and _SMALL_NUMBER.fullmatch(value):
        return True
    if key == "token" and ":" in sep:  # a parser's: `unexpected token: SELECT`
        return bool(_WORD.fullmatch(value)) or before.lower().endswith(("unexpected ", "illegal "))
    if key in ("pass", "passed"):  # a count: dbt's `PASS=10 WARN=0`
        return value.isdigit()
    return key in ("pwd", "secret", "oldpwd") and bool(_PATH.fullmatch(value))


def is_code(sep: str, value: str, after: str) -> bool:
    """True for an unquoted value that is a variable or a call: `token=token,`, `key = load(x)`."""
    if _INDEX.fullmatch(value):
        return after[:1] in ('"', "'")
    if "=" not in sep or _CALL.match(value):
        return "=" in sep and after[:1] in ("", ",", ")", '"', "'")
    is_place = after[:1] in (",", ")", ":") or (sep.endswith("= ") and not after.strip())
    name = value.rpartition(".")[2]
    is_named = bool(_NAME.fullmatch(name)) or name == "key"
    return is_place and is_named and bool(_VARIABLE.fullmatch(value))


def is_prose(sep: str, value: str, after: str) -> bool:
    """True for a sentence behind a colon: `API_TOKEN: Slack is away`, `token: 12 bytes`."""
    if ":" in sep and value.isalpha() and _VERB.match(after):
        return True
    return value.isdigit() and bool(_UNIT.match(after))
