"""Secrets in statements, command lines, code and sentences."""

import re

from mcp_server.diagnostics.redact_assigned import (
    ASSIGNED,
    PINNED,
    WEAKLY,
    masked,
    masked_if_random,
)
from mcp_server.diagnostics.redact_fields import LIST, TUPLE, hidden_each, hidden_second
from mcp_server.diagnostics.redact_random import is_strong
from mcp_server.diagnostics.redact_rules import Replace, Rule, keep_key, rule
from mcp_server.diagnostics.redact_words import (
    KEY,
    KEY_WORDS,
    PIN_WORDS,
    WEAK_WORDS,
    is_no_value,
    names_secret,
)


def _spoken(match: re.Match[str]) -> str:
    """`the api key is 1234abcd...`: hidden when it holds digits and letters."""
    said = match["value"]
    digits, letters = any(c.isdigit() for c in said), any(c.isalpha() for c in said)
    return keep_key(match) if digits and letters else match[0]


def _strong(match: re.Match[str]) -> str:
    """`password kX9vLm2 was rejected`: hidden when a person would call it a password."""
    return keep_key(match) if is_strong(match["value"].rstrip(".,:;)")) else match[0]


def _option(match: re.Match[str]) -> str:
    """An option's value, unless the line explains the option: `--password PASSWORD`."""
    said = match["value"].strip("\"'")
    is_usage = said.isupper() and (names_secret(said) or said in ("TEXT", "STRING", "VALUE"))
    return match[0] if is_usage or said in _SMALL or is_no_value(said) else keep_key(match)


_SMALL = frozenset(("via", "in", "from", "with", "using", "as", "option", "flag", "argument"))


def _compiled(hints: tuple[str, ...], pattern: re.Pattern[str], replace: Replace) -> Rule:
    return Rule(hints, pattern.pattern, replace)


_WORD = r"(?P<value>\"[^\"]{1,999}\"|'[^']{1,999}'|[^\s\"'-][^\s\"']{0,999})"
STATEMENTS: tuple[Rule, ...] = (
    # SQL: CREATE USER x PASSWORD 'y', COPY ... SECRET_ACCESS_KEY 'y'
    rule(
        "password passphrase identified _key _token",
        r"(?i)(?P<key>\b(?:password|passphrase|identified\s{1,4}(?:with\s{1,4}\S{1,60}\s{1,4})?(?:by|as)(?:\s{1,4}values?)?"
        r"|secret_access_key|(?:aws_)?session_token|access_token"
        r"|master_symmetric_key)\s{1,4}\\{0,3}['\"])(?:md5|sha256\|)?[^'\"]{1,500}(?=['\"])",
    ),
    rule(
        "password for",
        r"(?i)(?P<key>\bpassword\s{1,3}for\s{1,3}(?:user\s{1,3})?[\"']?[\w.@\\-]{1,80}[\"']?:\s{1,3})"
        r"(?P<value>\S{1,200})(?=\s*$)",
        _option,
    ),
    rule(
        "sp_add password",
        r"(?i)(?P<key>\b(?:sp_addlogin\s{1,4}N?'[^']{1,80}',\s{0,4}N?|password\s{0,3}\(\s{0,3})')"
        r"[^']{1,200}(?=')",
    ),
    rule(
        "identified",
        r"(?i)(?P<key>\bidentified\s{1,4}by\s{1,4})(?P<value>[^\s'\";]{3,200})",
        _strong,
    ),
    rule(
        "password passwd passphrase",
        r"(?i)(?P<key>\b(?:password|passwd|passphrase)\s{1,3}(?:is|was)\s{1,3}[\"'`]?"
        r"(?=[\w!@#$%^&*+/=-]{6,200}))(?P<value>[^\s\"'`,]{6,200})",
        _spoken,
    ),
    rule(
        "password passwd pass pwd",
        r"(?i)(?P<key>\b(?:password|passwd|pass|pwd)(?:\s{1,3}for\s(?:user\s)?\S{1,60}:)?\s{1,3}(?:\|\s{1,3})?[\"'`(]?)(?P<value>[^\s\"'`]{6,80})",
        _strong,
    ),
    rule(
        "password",
        r"(?i)(?P<key>\b(?:login|user)\s{1,4}\S{1,100}\s{1,4}password\s{1,4})(?P<value>[^\s\"']\S{0,200})(?=\s*$)",
        _option,
    ),
    rule(
        "token key",
        r"(?i)(?P<key>\b(?:token|api[ _-]?key|(?:secret|access|auth)[ _-]?key)\s{1,3}"
        r"(?:(?:is|was|value|\|)\s{1,3})?[\"'`]?)(?P<value>[A-Za-z0-9+/_]{20,400}={0,2})(?![\w:/-])",
        _spoken,
    ),
    # A properties file: `fs.s3a.secret.key  abc`.
    rule(
        "key pass secret token",
        r"(?i)(?P<key>(?<![\w.])(?:[\w-]{1,40}\.){2,8}(?:account\.key[\w.]{0,120}|secret\.key|[\w-]{0,40}(?:password|secret|token))"
        r"\s{1,40})(?P<value>[\w!@#$%^&*+/=~-]{8,400})(?=\s*$)",
        _spoken,
    ),
    # ~/.pgpass: host:port:database:user:password
    rule(
        ":5 :6",
        r"(?P<key>(?<![\w./:])(?:[\w-]{1,63}\.[\w.-]{1,200}(?<!\.py)|localhost|\*):(?:5\d{3}|6\d{3}):(?:\*|[A-Za-z_][\w-]{0,60}):[A-Za-z_][\w.-]{0,60}:)"
        r"[^\s:]{1,200}(?=\s|$)",
    ),
)
COMMANDS: tuple[Rule, ...] = (
    rule(
        "curl wget http helm",
        r"(?P<key>\b(?:curl|wget|https?|helm)\b[^|;]{0,200}?\s"
        r"(?:-\w{0,6}u|--user|--proxy-user)[ =]?\s{0,3}[\"']?[\w.@+-]{1,100}:)[^\s\"']{1,300}",
    ),
    rule(
        "mysql maria",
        r"(?P<key>\b(?:mysql|mariadb)[\w-]{0,12}\b[^|;]{0,200}?\s-p)[^\s-][^\s]{0,200}",
    ),
    rule("sshpass", r"(?P<key>\bsshpass\s{1,3}-p\s{0,3}[\"']?)[^\s\"']{1,200}"),
    rule(
        "login snowsql mongo users beeline cqlsh",
        r"(?P<key>\b(?:login|snowsql|mongo\w{0,10}|airflow\s{1,3}users|beeline|cqlsh)\b"
        r"[^|;]{0,200}?\s-p[ =])[^\s-]\S{0,200}",
    ),
    rule(
        "beeline ldap",
        r"(?P<key>\b(?:beeline|ldap\w{3,10})\b[^|;]{0,200}?\s-w\s{1,3})[^\s-]\S{0,200}",
    ),
    rule("vault login", r"(?P<key>\bvault\s{1,3}login\s{1,3})(?!-)[\w.-]{8,200}"),
    rule("redis-cli", r"(?P<key>\bredis-cli\b[^|;]{0,200}?\s(?:-a|--pass)\s{1,3})\S{1,200}"),
    rule(
        "lftp smbclient",
        r"(?P<key>\b(?:lftp|smbclient)\b[^|;]{0,200}?\s-[uU]\s{1,3}[\"']?[\w.@\\-]{1,80}[,%])[^\s\"']{1,200}",
    ),
    rule(
        "sqlcmd bcp tsql isql zip",
        r"(?P<key>\b(?:sqlcmd|bcp|tsql|isql|zip|unzip)\b[^|;]{0,200}?\s-P\s{0,3})[^\s-]\S{0,200}",
    ),
    rule(
        "isql",
        r"(?P<key>\bisql\s{1,3}(?:-\w{1,8}\s{1,3}){0,3}[\w.-]{1,60}\s{1,3}[\w.-]{1,60}\s{1,3})"
        r"[^\s-]\S{0,200}",
    ),
    rule("http-basic", r"(?P<key>\bhttp-basic\.[\w-]{1,60}\s{1,3}\S{1,80}\s{1,3})[^\s-]\S{0,200}"),
    rule(
        "keygen",
        r"(?P<key>\bssh-keygen\b[^|;]{0,200}?\s-[NP]\s{1,3}[\"']?)[^\s\"'-][^\s\"']{0,200}",
    ),
    rule("7z", r"(?P<key>\b7za?\b[^|;]{0,200}?\s-p)[^\s-]\S{0,200}"),
    rule("pass:", r"(?P<key>\bopenssl\b[^|;]{0,300}?\s-pass(?:in|out)?\s{1,3}pass:)\S{1,200}"),
    rule(
        "echo",
        r"(?P<key>\becho\s{1,3}(?:-n\s{1,3})?[\"']?)(?!\$)[^\s\"'|]{1,400}(?=[\"']?\s{0,3}\|[^|]{0,200}"
        r"(?:--password-stdin|\bsudo -S|\bkinit|--passphrase-fd))",
    ),
    rule(
        "--",
        rf"(?i)(?P<key>(?<![\w-])--(?!no-)(?:\w{{1,20}}-){{0,4}}?(?:\w{{1,20}})??{KEY}"
        r"(?:=|\s{1,4}|[\"'],\s{0,3}[\"']))(?!id=|file[=:])" + _WORD,
        _option,
    ),
    rule(
        "-p -t -s -a -k",
        r"(?i)(?P<key>(?<![\w-])-(?:password|passwd|pwd|token|secret|api-?key|access-?token|auth-?token|storepass|keypass|srcstorepass"
        r"|deststorepass|client-?secret)(?:=|\s{1,4}))" + _WORD,
        _option,
    ),
    # requests' auth=("user", "x"), HTTPBasicAuth("user", "x"), server.login("user", "x")
    rule(
        "auth login",
        r"(?i)(?P<key>(?:\bauth=\(|BasicAuth\(|DigestAuth\(|\.login\()\s?b?[\"'][^\"']{1,100}[\"'],\s{0,3}b?[\"'])[^\"']{1,300}(?=[\"'])",
    ),
    rule(
        "</",
        rf"(?i)(?P<key><[\w:.-]{{0,60}}?{KEY}(?:\s[^<>]{{0,200}})?>)(?P<value>[^<>]{{1,1000}})(?=</)",
        _option,
    ),
    _compiled(KEY_WORDS, TUPLE, hidden_second),
    _compiled(KEY_WORDS, LIST, hidden_each),
    _compiled(KEY_WORDS, ASSIGNED, masked),
    _compiled(WEAK_WORDS, WEAKLY, masked_if_random),
    _compiled(PIN_WORDS, PINNED, keep_key),
)
