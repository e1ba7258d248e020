"""Secrets known by their place or their shape: URLs, headers, keys of a fixed length, people."""

import re

from mcp_server.diagnostics.redact_random import is_keyed, is_mixed, is_pair
from mcp_server.diagnostics.redact_rules import Rule, keep_key, rule, unless_named, whole
from mcp_server.diagnostics.redact_tokens import ESCAPED, MASK


def _scheme(match: re.Match[str]) -> str:
    """A header's credentials, unless it is prose: `basic authentication`."""
    said = match["value"]
    random = len(said) >= 20 or said.endswith("=") or any(c.isdigit() for c in said)
    return keep_key(match) if random or is_pair(said) else match[0]


def _keyed(match: re.Match[str]) -> str:
    """`Authorization: Whatever abc123`, `?key=abc123`: hidden when it is no word."""
    return keep_key(match) if is_keyed(match["value"]) or is_pair(match["value"]) else match[0]


def _random_user(match: re.Match[str]) -> str:
    said = match["value"]
    return keep_key(match) if is_mixed(said) or _HEX.fullmatch(said) else match[0]


def _mixed(match: re.Match[str]) -> str:
    """Random letters of both cases with digits, unless what stands before says it is an id."""
    before = match.string[max(match.start() - 40, 0) : match.start()].lower()
    return MASK if is_mixed(match[0]) and not _IS_SUM.search(before) else match[0]


_HEX = re.compile(r"[0-9a-f]{20,200}")
_IS_SUM = re.compile(
    r"sha\d{0,3}|checksum|digest|md5|etag|fingerprint|integrity|amz-id|host.?id|request.?id"
)


def _card(match: re.Match[str]) -> str:
    digits = [int(c) for c in match[0] if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return MASK if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


URLS: tuple[Rule, ...] = (
    # A key in place of the user, before the password is looked for.
    rule(
        "http",
        r"(?P<key>\bhttps?://)(?P<value>[\w.~-]{20,200})(?=:[^\s/@]{0,200}@)",
        _random_user,
    ),
    # scheme://user:password@host; then passwords that hold a slash nobody encoded.
    rule(
        "://",
        r"(?P<key>\b[a-zA-Z][\w+.-]{1,40}://[^\s:/@\"']{0,200}:)(?!\*{3}@)(?P<value>[^\s/\"'@]{1,500}"
        r"(?:@[^\s/\"'@]{0,200}(?=@))?)(?=@)",
        unless_named,
    ),
    rule(
        "://",
        r"(?P<key>\b[a-zA-Z][\w+.-]{1,40}://[^\s:/@\"']{0,200}:)(?!\d{1,5}(?:[/?]|$)|\*{3}@)"
        r"[^\s\"'<>]{1,300}?(?=@[\w.-]{1,200}(?::\d{1,5})?(?:[/?\s\"']|$))",
    ),
    rule("http", r"(?P<key>\bhttps?://)(?=[\w.~-]{0,99}\d)[\w.~-]{16,200}(?=@)"),
    rule(
        "thin: sqlplus",
        r"(?i)(?P<key>\b(?:thin:|(?:sqlplus|sqlldr|expdp|impdp)\s{1,3}(?:-\S{1,4}\s)?)[\w$]{1,60}/)[^\s@/]{1,200}(?=@)",
    ),
    rule(
        "sig cred oken= key= key_id= keyid= code= access_token=",
        r"(?i)(?P<key>[?&;](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)"
        r"|signature|sig|awsaccesskeyid|access_token|token|api_?key)=)[^&\s\"'<>]{4,4000}",
    ),
    rule("key= code=", r"(?i)(?P<key>[?&;](?:key|code)=)(?P<value>[\w.~%=-]{16,4000})", _keyed),
    rule("signature= sig=", r"(?i)(?P<key>\b(?:signature|sig)=)[\w%+/=-]{10,2000}"),
    rule(
        "hooks.slack.com hooks.slack-gov",
        r"(?P<key>hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)[\w/-]{8,200}",
    ),
    rule(
        "/webhook webhook.site",
        r"(?P<key>(?:api/(?:v\d{1,2}/)?webhooks/\d{1,25}/|/(?:webhookb?2?|IncomingWebhook)/|webhook\.site/))[\w@/.-]{16,300}",
    ),
    # Others whose path is the secret: Zapier, Make, Mattermost, IFTTT, PagerDuty, VictorOps, pings.
    rule(
        "hooks. hook. /hooks/ /integration /trigger/ ping",
        r"(?i)(?P<key>(?:hooks\.zapier\.com/hooks/catch/|\bhook\.[\w.]{1,20}make\.com/|/hooks/(?=\w*\d)|/with/key/"
        r"|/integrations?/(?:[\w-]{1,40}/){0,4}(?=[\w-]*\d)|hc-ping\.com/|cronitor\.link/p/))[\w/-]{16,200}",
    ),
    rule("/bot", r"(?P<key>/bot\d{6,12}:)[\w-]{30,50}"),
)
HEADERS: tuple[Rule, ...] = (
    rule("digest", r"(?i)(?P<key>^^authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?digest\s).{1,2000}"),
    rule(
        "authorization",
        r"(?i)(?P<key>^^authorization\\{0,7}[\"']?\s{0,3}[:=]\s{0,3}\\{0,7}[\"']?[\w*-]{1,30}\s{1,3}"
        r"(?:token=)?\"?)(?P<value>[\w.+/=:~-]{12,4000})",
        _keyed,
    ),
    rule(
        "authorization",
        r"(?i)(?P<key>^^(?:[\w-]{1,30}-)?authorization"
        r"\\{0,7}[\"']?\s{0,3}[:=]\s{0,3}\\{0,7}[\"']?"
        r"(?:(?:bearer|basic|token|api-?key|key|negotiate|oauth|splunk|genie[- ]?key|aws|sso-key"
        r"|hmac|ntlm|klaviyo-api-key)[ =]\s{0,3})?+"
        r"(?![\w-]{1,30}\s{1,3}\*{3}|(?:bearer|basic)[^\w\s=]|aws4-|snowflake "
        r"|failed|denied|required|missing|error|invalid|none|header))"
        r"(?P<value>[^\s\"',\\]{6,4000})",
        unless_named,
    ),
    rule(
        "bearer basic",
        r"(?i)(?P<key>^^(?:bearer|basic)(?:\s|\+|%20){1,4})(?!(?:error|realm|scope)=)(?P<value>(?:[\w.~+/=-]|%(?!22|27|7[Dd])){6,4000})",
        _scheme,
    ),
    rule(
        "cookie",
        r"(?i)(?P<key>^^(?:set-)?cookie\\{0,7}[\"']?\s{0,3}[:=]\s{0,3}\\{0,7}[\"']?)"
        r"(?:[\w.$-]{1,100}=[^\s\"';,\\]{0,4000}(?:;\s{0,3}(?:expires=[^\"';\\]{1,40}|[\w.$-]{1,100}(?:=[^\s\"';,\\]{0,4000})?)){0,60}"
        r"|[^\s\"'\\]{8,4000})",
    ),
    rule(
        "sessid sessionid sid= csrf xsrf",
        r"(?i)(?P<key>^^(?:jsessionid|phpsessid|asp\.net_sessionid|connect\.sid|sessionid|(?:csrf|xsrf)-?token)=)"
        r"(?!\d{1,12}\b)[\w%.:+/-]{8,400}",
    ),
)
KEYS: tuple[Rule, ...] = (
    rule(".atlasv1.", r"\b\w{14}\.atlasv1\.[\w-]{40,120}", whole),
    rule("q~", r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}(?![\w.~-])", whole),
    rule("-us", r"\b[0-9a-f]{32}-us\d{1,2}\b", whole),
    # A Fernet key, an AWS secret key and a line of a private key have no mark of their own.
    rule("=", rf"(?:(?<![\w+/-])|{ESCAPED})[\w-]{{43}}=(?![\w=])", _mixed),
    rule(
        "",
        rf"(?:(?<![\w+/=.-])|{ESCAPED})"
        r"(?:[A-Za-z0-9+/]{40}|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70})(?![\w+/=.-])",
        _mixed,
    ),
    # The last line of a private key, when each came as an event of its own.
    rule("= + /", r"^\s{0,8}(?=[A-Za-z0-9]{0,62}[=+/])[A-Za-z0-9+/]{20,69}={0,2}$", _mixed),
)
_NO_PEOPLE = (
    r"(?:internal|local|lan|localdomain|localhost|cluster|svc|py|js|ts|sql|csv|json|jsonl|yaml|yml|toml|txt|log|xml"
    r"|html|png|gz|zip|tar|whl|jar|parquet|avro|orc|git|cfg|conf|ini|class|service|socket|timer|target|mount|slice)"
)
PEOPLE: tuple[Rule, ...] = (
    rule(
        "@ %40",
        r"(?<![\w.+@-])(?<!//)(?!(?:git|hg|svn)@)[\w.+-]{1,64}+(?:@|%40)(?:[\w-]{1,63}\.){1,4}"
        rf"(?!{_NO_PEOPLE}\b)[a-zA-Z]{{2,24}}\b(?!:[\w/~]|\.\w)",
        whole,
    ),
    rule(
        "",
        r"[2-6](?<![\d.-]\d)(?<![A-Z]{2}\d\d \d)(?:\d{3}[ -])"
        r"(?:(?:\d{4}[ -]){2}\d{1,7}|\d{6}[ -]\d{4,5})(?![\d-])",
        _card,
    ),
    rule(
        "",
        r"[2-6](?:(?<![\w.-]\d)|(?<=\\[nrt]\d)|(?<=\[\dm\d)|(?<=\d\dm\d))"
        r"(?:(?<=4)\d{12}(?:\d{3})?(?:\d{3})?|(?<=5)[1-5]\d{14}|(?<=3)(?:[47]\d{13}|5\d{14}|[068]\d{12})"
        r"|(?<=6)(?:011|5\d\d|4[4-9]\d)\d{12}|(?<=2)(?:2[2-9]|[3-6]\d|7[01]|720)\d{13})(?!\w|[.-]\d)",
        _card,
    ),
)
