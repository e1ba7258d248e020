"""Secrets known by their shape or their place: tokens, headers, URLs, command lines, people.

A rule is tried on a line that holds one of its hints (lower case): most lines hold none.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable
from typing import NamedTuple

from mcp_server.diagnostics.redact_assigned import ASSIGNED, KEY_WORDS, MASK, masked

Replace = Callable[[re.Match[str]], str]


class Rule(NamedTuple):
    """`hints` are lower case; without any the rule is always tried."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: Replace


def _whole(match: re.Match[str]) -> str:
    return MASK


def _keep_key(match: re.Match[str]) -> str:
    return f"{match['key']}{MASK}"


def _scheme(match: re.Match[str]) -> str:
    """A header's credentials, unless it is prose: `basic authentication`."""
    said = match["value"]
    random = len(said) >= 20 or said.endswith("=") or any(c.isdigit() for c in said)
    return _keep_key(match) if random or _is_pair(said) else match[0]


def _is_pair(said: str) -> bool:
    try:
        return b":" in b64decode(said, validate=True)
    except (Error, ValueError):
        return False


def _mixed(match: re.Match[str]) -> str:
    """Random letters of both cases with digits: no path, no name, no hexadecimal hash."""
    said = match[0]
    counts = [sum(map(kind, said)) for kind in (str.isupper, str.islower, str.isdigit)]
    return MASK if min(counts[:2]) >= len(said) // 8 and counts[2] >= 2 else said


def _fernet(match: re.Match[str]) -> str:
    before = match.string[max(match.start() - 40, 0) : match.start()].lower()
    is_sum = re.search(r"sha\d{0,3}|checksum|digest|md5|etag|fingerprint|integrity", before)
    return match[0] if is_sum else _mixed(match)


def _spoken(match: re.Match[str]) -> str:
    """`the api key is 1234abcd...`: masked when it looks random."""
    said = match["value"]
    digits, letters = any(c.isdigit() for c in said), any(c.isalpha() for c in said)
    return _keep_key(match) if digits and letters else match[0]


def _card(match: re.Match[str]) -> str:
    digits = [int(c) for c in match[0] if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return MASK if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def _rule(hints: str, pattern: str, replace: Replace = _keep_key) -> Rule:
    return Rule(tuple(hints.split()), re.compile(pattern), replace)


_URLS = (
    # scheme://user:password@host; then passwords that hold a slash nobody encoded.
    _rule(
        "://",
        r"(?P<key>\b[a-zA-Z][\w+.-]{1,40}://[^\s:/@\"']{0,200}:)[^\s/\"'@]{1,500}"
        r"(?:@[^\s/\"'@]{0,200}(?=@))?(?=@)",
    ),
    _rule(
        "://",
        r"(?P<key>\b[a-zA-Z][\w+.-]{1,40}://[^\s:/@\"']{1,200}:)(?!\d{1,5}(?:[/?]|$)|\*{3}@)"
        r"[^\s\"'<>]{1,300}?(?=@[\w.-]{1,200}(?::\d{1,5})?(?:[/?\s\"']|$))",
    ),
    _rule("http", r"(?P<key>\bhttps?://)(?=[\w.~-]{0,99}\d)[\w.~-]{16,200}(?=@)"),
    _rule(
        "thin: sqlplus",
        r"(?i)(?P<key>\b(?:thin:|sqlplus\s{1,3}(?:-\S\s)?)\w{1,60}/)[^\s@/]{1,200}(?=@)",
    ),
    _rule(
        "sig cred oken= key= key_id= keyid= code= access_token=",
        r"(?i)(?P<key>[?&;](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)"
        r"|signature|sig|awsaccesskeyid|access_token|token|api_?key)=)[^&\s\"'<>]{4,4000}",
    ),
    _rule("key= code=", r"(?i)(?P<key>[?&;](?:key|code)=)[\w.~%=-]{16,4000}"),
    _rule("signature= sig=", r"(?i)(?P<key>\b(?:signature|sig)=)[\w%+/=-]{10,2000}"),
    _rule(
        "hooks.slack.com",
        r"(?P<key>hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)[\w/-]{8,200}",
    ),
    _rule(
        "/webhook",
        r"(?P<key>(?:api/webhooks/\d{1,25}/|/(?:webhookb?2?|IncomingWebhook)/))[\w@/.-]{16,300}",
    ),
    _rule("/bot", r"(?P<key>/bot\d{6,12}:)[\w-]{30,50}"),
)
_HEADERS = (
    _rule("digest", r"(?i)(?P<key>\bauthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?digest\s).{1,2000}"),
    _rule(
        "authorization",
        r"(?i)(?P<key>\bauthorization\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?"
        r"(?:(?:bearer|basic|token|api-?key|key|negotiate|oauth|splunk|genie[- ]?key)"
        r"[ =]\s{0,3})?+(?!aws4-|snowflake |failed|denied|required|missing|error|invalid|none))"
        r"[^\s\"',\\]{6,4000}",
    ),
    _rule(
        "bearer basic",
        r"(?i)(?P<key>\b(?:bearer|basic)\s{1,4})(?!(?:error|realm|scope)=)(?P<value>[\w.~+/=-]{6,4000})",
        _scheme,
    ),
    _rule(
        "cookie",
        r"(?i)(?P<key>\b(?:set-)?cookie\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?)[^\"'\r\n]{1,4000}",
    ),
    _rule(
        "sessid sessionid sid= csrftoken",
        r"(?i)(?P<key>\b(?:jsessionid|phpsessid|asp\.net_sessionid|connect\.sid|sessionid|csrftoken)=)"
        r"(?!\d{1,12}\b)[\w%.:+/-]{8,400}",
    ),
)
_TOKENS = (
    _rule("akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,20}\b", _whole),
    _rule("iqojb3jpz2lu fwog fqog", r"\b(?:IQoJb3JpZ2lu|FwoG|FQoG)[\w+/=%-]{40,4000}", _whole),
    _rule("eyj", r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]{5,}+(?:\.[\w-]{0,}+)?", _whole),
    _rule("xox xapp", r"\bxox[a-z](?:\.[\w-]{1,60})?-[\w%-]{8,400}|\bxapp-[\w-]{8,300}", _whole),
    _rule(
        "gho_ ghp_ ghs_ ghu_ ghr_ github_pat_", r"(?:\bgh[pousr]_|\bgithub_pat_)\w{20,255}", _whole
    ),
    _rule(
        "gl gr1348941",
        r"\bgl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|ffct)-[\w.-]{10,300}|\bGR1348941[\w-]{20}",
        _whole,
    ),
    _rule(
        "aiza ya29. gocspx- 1//0",
        r"\bAIza[\w-]{30,45}|\bya29\.[\w.-]{10,2000}|\bGOCSPX-[\w-]{10,60}|\b1//0[\w-]{20,200}",
        _whole,
    ),
    _rule("_live_ _test_ whsec_", r"(?:\b[srp]k_(?:live|test)|\bwhsec)_\w{10,400}", _whole),
    _rule(
        "sk-",
        r"\bsk-(?:(?:ant|proj|svcacct|admin|or-v1)-[\w-]{16,300}|[A-Za-z0-9]{16,300}(?![\w-])|\w{40,300})",
        _whole,
    ),
    _rule("sg.", r"\bSG\.[\w-]{10,80}\.[\w-]{20,120}", _whole),
    _rule(
        "npm_ pypi- dapi dkea dop_v1_ hvs. hvb.",
        r"\bnpm_\w{20,80}|\bpypi-[\w-]{16,500}|\b(?:dapi|dkea)[0-9a-f]{30,40}(?:-\d)?\b|\bdop_v1_\w{20,90}|\bhv[sb]\.[\w-]{20,200}",
        _whole,
    ),
    _rule("sk", r"\bSK[0-9a-f]{32}\b", _whole),
    _rule(
        "dckr_pat_ lin_api_ doo_v1_ hf_", r"\b(?:dckr_pat|lin_api|doo_v1|hf)_[\w-]{20,300}", _whole
    ),
    _rule("shp glsa_ glc_", r"\b(?:shp(?:at|ss|ca|pa)|glsa|glc)_[\w-]{20,300}", _whole),
    _rule("dbt sqp_ squ_ sqa_", r"\b(?:dbt[cus]|sq[pua])_[\w-]{20,300}", _whole),
    _rule("atatt3 nrak-", r"\bATATT3[\w=-]{40,400}|\bNRAK-[A-Z0-9]{20,40}", _whole),
    _rule("dt0c01. pmak-", r"\bdt0c01\.[^\W_]{20,30}\.[^\W_]{50,80}|\bPMAK-[\w-]{40,80}", _whole),
    _rule("age-secret", r"\bAGE-SECRET-KEY-1\w{40,80}", _whole),
    _rule(".atlasv1.", r"\b\w{14}\.atlasv1\.[\w-]{40,120}", _whole),
    _rule("ver: etmsd", r"(?:\bver:\d-hint:\d{1,20}-|\b(?=ETMsD))[\w+/=-]{40,4000}", _whole),
    _rule("gaaaaa", r"\bgAAAAA[\w-]{40,4000}={0,2}", _whole),
    _rule("q~", r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}(?![\w.~-])", _whole),
    # A Fernet key, an AWS secret key and a line of a private key have no mark of their own.
    _rule("=", r"(?<![\w+/-])[\w-]{43}=(?![\w=])", _fernet),
    _rule("", r"(?<![\w+/=.-])(?:[A-Za-z0-9+/]{40}|[A-Za-z0-9+/]{64})(?![\w+/=.-])", _mixed),
    # Lines of a private key on their own, when each came as an event of its own.
    _rule("mi", r"(?<![\w+/])MI[IGHC][A-Za-z0-9+/]{9,76}={0,2}(?![\w+/])", _whole),
    _rule("", r"^\s{0,8}[A-Za-z0-9+/]{20,63}={0,2}$", _mixed),
)
_COMMANDS = (
    # SQL: CREATE USER x PASSWORD 'y', COPY ... SECRET_ACCESS_KEY 'y'
    _rule(
        "password identified _key _token",
        r"(?i)(?P<key>\b(?:password|identified\s{1,4}by|secret_access_key|(?:aws_)?session_token|access_token"
        r"|master_symmetric_key)\s{1,4}\\{0,3}['\"])(?:md5|sha256\|)?[^'\"]{1,500}(?=['\"])",
    ),
    _rule(
        "password passwd passphrase token key",
        r"(?i)(?P<key>\b(?:password|passwd|passphrase)\s{1,3}(?:is|was)\s{1,3}[\"'`]?"
        r"(?=[\w!@#$%^&*+/=-]{6,200}))(?P<value>[^\s\"'`,]{6,200})",
        _spoken,
    ),
    _rule(
        "token key",
        r"(?i)(?P<key>\b(?:token|api[ _-]?key|(?:secret|access|auth)[ _-]?key)\s{1,3}"
        r"(?:(?:is|was|value)\s{1,3})?[\"'`]?)(?P<value>[A-Za-z0-9+/_]{20,400}={0,2})(?![\w:/-])",
        _spoken,
    ),
    _rule(
        "curl wget http helm",
        r"(?P<key>\b(?:curl|wget|https?|helm)\b[^|;]{0,300}?\s(?:-u|--user)[ =]?\s{0,3}[\"']?"
        r"[\w.@-]{1,100}:)[^\s\"']{1,300}",
    ),
    _rule("mysql", r"(?P<key>\bmysql(?:dump|admin)?\b[^|;]{0,200}?\s-p)[^\s-][^\s]{0,200}"),
    _rule("sshpass", r"(?P<key>\bsshpass\s{1,3}-p\s{0,3}[\"']?)[^\s\"']{1,200}"),
    _rule("login", r"(?P<key>\blogin\b[^|;]{0,200}?\s-p[ =])[^\s-]\S{0,200}"),
    _rule(
        "sqlcmd bcp tsql isql",
        r"(?P<key>\b(?:sqlcmd|bcp|tsql|isql)\b[^|;]{0,200}?\s-P\s{0,3})[^\s-]\S{0,200}",
    ),
    _rule(
        "--p --t --s --api --access --auth --client -p",
        r"(?i)(?P<key>(?<!\S)--?(?:password|passwd|pwd|pass|token|secret|api-?key|access-?token|auth-?token"
        r"|client-?secret)[ =]\s{0,4})(?P<value>\"[^\"]{1,999}\"|'[^']{1,999}'|[^\s-]\S{0,999})",
    ),
    _rule(
        "</",
        r"(?i)(?P<key><[\w:.-]{0,60}?(?:password|passwd|secret|token|apikey|api-key)>)[^<>]{1,1000}(?=</)",
    ),
    Rule(KEY_WORDS, ASSIGNED, masked),
)
_PEOPLE = (
    _rule(
        "@",
        r"(?<![\w.+@-])(?<!//)(?!(?:git|hg|svn)@)[\w.+-]{1,64}+@(?:[\w-]{1,63}\.){1,4}"
        r"(?!(?:internal|local|lan|localdomain|py|js|sql|csv|json|png|gz|git)\b)[a-zA-Z]{2,24}\b(?!:[\w/~]|\.\w)",
        _whole,
    ),
    _rule(
        "",
        r"\d(?<![\d.-]\d)(?:\d{3}[ -])(?:(?:\d{4}[ -]){2}\d{1,7}|\d{6}[ -]\d{4,5})(?![\d-])",
        _card,
    ),
    _rule(
        "",
        r"[2-6](?<![\w.-]\d)(?:(?<=4)\d{12}(?:\d{3})?(?:\d{3})?|(?<=5)[1-5]\d{14}|(?<=3)(?:[47]\d{13}|5\d{14}|[068]\d{12})"
        r"|(?<=6)(?:011|5\d\d|4[4-9]\d)\d{12}|(?<=2)(?:2[2-9]|[3-6]\d|7[01]|720)\d{13})(?!\w|[.-]\d)",
        _card,
    ),
)
RULES: tuple[Rule, ...] = (*_URLS, *_HEADERS, *_TOKENS, *_COMMANDS, *_PEOPLE)
