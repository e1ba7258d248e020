"""Replace each secret's value in a text by `***`, line for line."""

import re
from collections.abc import Callable

MASK = "***"

# Words after which a value is a secret; the key itself stays readable.
_KEY = (
    r"(?:[\w.-]{0,60}?(?:password|passwd|passphrase|pwd|secret(?!s?[_-]?(?:arn|name|id\b))|token"
    r"|api[_-]?key|apikey|access[_-]?key(?![_-]?id)|account[_-]?key|private[_-]?key(?!\w*[_-]?path)"
    r"|fernet[_-]?key|auth[_-]?key|signing[_-]?key|encryption[_-]?key|credential|app[_-]?key)"
    r"(?:[_-](?:value|key|string|id|b64|base64|v\d))?\d{0,3})"
)
_NOT_SECRET_KEY = re.compile(
    r"(?i)(?:max|min|num|total|prompt|completion|input|output|next|page|continuation|file|count|used)"
    r"[_-]?tokens?\w*$|tokens$|token_?(?:type|count|limit|url|uri|endpoint)$"
)
_NOT_SECRET_VALUE = re.compile(
    r"(?i)(?:\*+|none|null|true|false|undefined|required|missing|expired|invalid|xxx+|<[^>]*>"
    r"|\{\{?[^}]*\}?\}|\$\{?[\w.:-]+\}?|%\([^)]*\)s|:\w+|is|was|has|for|not|and|or|to|of)$"
)
_ESC = r"(?:\\{0,3})"
_ASSIGNED = re.compile(
    rf"(?i)(?<![\w])(?P<key>{_KEY})(?P<sep>{_ESC}[\"']?\s{{0,4}}(?:=>|:=|=|:)\s{{0,4}})"
    rf"(?P<value>{_ESC}\"(?:[^\"\\\n]|\\(?!\")[^\n]){{1,4000}}?{_ESC}\"|{_ESC}'[^'\n]{{1,4000}}?{_ESC}'"
    r"|[^\s,;&\"'<>)\]}]{1,4000})"
)
_FLAG = re.compile(
    r"(?i)(?P<key>(?<!\S)--?(?:password|passwd|pwd|pass|token|secret|api-?key|access-?token|auth-?token|"
    r"client-?secret)[ =]\s{0,4})(?P<value>\"[^\"\n]{1,999}\"|'[^'\n]{1,999}'|[^\s-]\S{0,999})"
)


def _whole(mask: str = MASK) -> Callable[[re.Match[str]], str]:
    return lambda match: mask


def _keep_key(match: re.Match[str]) -> str:
    return f"{match['key']}{MASK}"


def _assigned(match: re.Match[str]) -> str:
    key, value = match["key"], match["value"]
    if match["sep"].strip() == ":" and match.string[: match.start()].endswith(":"):
        return match[0]  # a part of an ARN: `arn:aws:secretsmanager:...:secret:name`
    bare = value.strip("\\\"'")
    if _NOT_SECRET_KEY.search(key) or _NOT_SECRET_VALUE.fullmatch(bare) or not bare:
        return match[0]
    start = value.find(bare)
    return f"{key}{match['sep']}{value[:start]}{MASK}{value[start + len(bare) :]}"


def _card(match: re.Match[str]) -> str:
    digits = [int(c) for c in match[0] if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return MASK if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    # URLs and connection strings: scheme://user:password@host
    (
        re.compile(
            r"(?P<key>\b[a-zA-Z][\w+.-]{1,40}://[^\s:/@\"']{0,200}:)[^\s/\"'@]{1,500}(?:@[^\s/\"'@]{0,200}(?=@))?(?=@)"
        ),
        _keep_key,
    ),
    # Headers
    (re.compile(r"(?i)(?P<key>\b(?:bearer|basic)\s{1,4})[\w.~+/=-]{6,4000}"), _keep_key),
    (
        re.compile(r"(?i)(?P<key>\b(?:set-)?cookie[\"']?\s{0,3}[:=]\s{0,3}[\"']?)[^\n\"']{1,4000}"),
        _keep_key,
    ),
    (
        re.compile(
            r"(?i)(?P<key>\bauthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?!bearer\b|basic\b))[^\s\"',]{6,4000}"
        ),
        _keep_key,
    ),
    # Signatures in URLs
    (
        re.compile(
            r"(?i)(?P<key>[?&;](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)"
            r"|signature|sig|awsaccesskeyid|access_token|token|key|api_key|code)=)[^&\s\"'<>]{4,4000}"
        ),
        _keep_key,
    ),
    (
        re.compile(r"(?P<key>hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/-]{8,200}"),
        _keep_key,
    ),
    # Tokens known by their shape
    (re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,20}\b"), _whole()),
    (re.compile(r"\beyJ[\w-]{5,4000}\.[\w-]{5,4000}(?:\.[\w-]{0,4000})?"), _whole()),
    (re.compile(r"\bxox[a-z](?:\.[\w-]+)?-[\w-]{8,300}|\bxapp-[\w-]{8,300}"), _whole()),
    (
        re.compile(
            r"\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|gl(?:pat|dt|rt|cbt|ptt|soat)-[\w-]{10,100})"
        ),
        _whole(),
    ),
    (re.compile(r"\bAIza[\w-]{30,45}|\bya29\.[\w-]{10,2000}|\bGOCSPX-[\w-]{10,60}"), _whole()),
    (re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_\w{10,200}|\bwhsec_\w{10,200}"), _whole()),
    (re.compile(r"\bsk-(?:ant-|proj-|svcacct-)?[\w-]{16,300}"), _whole()),
    (re.compile(r"\bSG\.[\w-]{10,80}\.[\w-]{20,120}"), _whole()),
    (
        re.compile(
            r"\bnpm_\w{20,80}|\bpypi-[\w-]{16,500}|\bdapi[0-9a-f]{30,40}(?:-\d)?\b|\bdop_v1_\w{20,90}|\bhvs\.[\w-]{20,200}"
        ),
        _whole(),
    ),
    (re.compile(r"\bSK[0-9a-f]{32}\b"), _whole()),
    # SQL: CREATE USER x PASSWORD 'y', IDENTIFIED BY 'y'
    (
        re.compile(r"(?i)(?P<key>\b(?:password|identified\s{1,4}by)\s{1,4}')[^'\n]{1,500}(?=')"),
        _keep_key,
    ),
    # curl -u user:password, mysql -pSECRET
    (
        re.compile(r"(?P<key>(?<!\S)(?:-u|--user)[ =]\s{0,3}[\"']?[\w.@-]{1,100}:)[^\s\"']{1,300}"),
        _keep_key,
    ),
    (re.compile(r"(?P<key>\bmysql(?:dump)?\b[^\n|;]{0,200}?\s-p)[^\s-][^\s]{0,200}"), _keep_key),
    (_FLAG, _keep_key),
    (_ASSIGNED, _assigned),
    # People
    (
        re.compile(r"(?<![\w.+/@:-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-zA-Z]{2,24}\b(?![:/])"),
        _whole(),
    ),
    (
        re.compile(
            r"(?<![\d.-])(?:\d{4}[ -]){3}\d{1,7}(?![\d-])"
            r"|(?<![\w.-])(?:4\d{15}|5[1-5]\d{14}|3[47]\d{13})(?![\w.-])"
        ),
        _card,
    ),
)
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)((?:[^-]|-(?!----)){1,20000})"
    r"(-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)


def redact(text: str) -> str:
    """Return `text` with each secret's value as `***`; the number of lines never changes.

    Keys, ids, hashes, ARNs, hosts and paths stay. Redacting twice changes nothing more.
    """
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(_masked_key, text)
    for pattern, replace in _RULES:
        text = pattern.sub(replace, text)
    return text


def _masked_key(match: re.Match[str]) -> str:
    body = re.sub(r"[^\n\r]+", MASK, match[2]) if "\n" in match[2] else MASK
    return f"{match[1]}{body}{match[3] or ''}"
