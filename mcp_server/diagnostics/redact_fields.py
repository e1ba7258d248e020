"""Secrets whose name and value stand apart: in two fields, two lines, a tuple, a list, a block."""

import re
from collections.abc import Callable

from mcp_server.diagnostics.redact_random import is_both_cases
from mcp_server.diagnostics.redact_tokens import MASK
from mcp_server.diagnostics.redact_words import KEY, SINGULAR, is_no_value, names_secret

_QUOTE = r"\\{0,7}[\"']?"
_IS = rf"{_QUOTE}\s{{0,4}}[:=]\s{{0,4}}{_QUOTE}"
# A name and its value in two fields, on one line or on two: Kubernetes, ECS, CloudFormation, XML.
_PAIR = re.compile(
    rf"(?i)(?P<key>{_QUOTE}(?:parameter|option|env)?_?(?:name|key){_IS}[\w.-]{{0,60}}?{KEY}{_QUOTE}"
    rf"[ \t]{{0,4}},?\s{{0,40}}{_QUOTE}(?:parameter|option)?_?value{_IS})"
    r"(?P<value>[^\s\"'\\,}]{1,4000})"
)
_XML_PAIR = re.compile(
    rf"(?i)(?P<key><(?:name|key)>\s{{0,9}}[\w.-]{{0,60}}?{KEY}\s{{0,9}}</(?:name|key)>\s{{0,40}}"
    r"<(?:value|string)>)(?P<value>[^<>]{1,4000})(?=</)"
)
# Terraform's outputs and typed settings: `"db_password": {"sensitive": true, "value": "x"}`.
_NESTED = re.compile(
    rf"(?i)(?P<key>{KEY}\\{{0,7}}[\"']\s{{0,4}}:\s{{0,4}}\{{(?:[^{{}}]{{0,300}}?[\s,{{\"'\\])??"
    r"\\{0,7}[\"']?(?:value|string_?value|s)\\{0,7}[\"']?\s{0,4}:\s{0,4}\\{0,7}[\"'])(?P<value>[^\"'\\]{1,4000})"
)
_VALUE_FIELD = re.compile(r"(?:[vV]alue|VALUE|[\"']S)(?:[\\\"']{0,8}\s{0,4}[:=]|>)|<string>")
# `password: |-` and its lines: YAML.
_BLOCK = re.compile(
    rf"(?im)^(?P<key>(?P<indent>[ \t-]{{0,40}})[\w.-]{{0,60}}?{KEY}:[ \t]{{1,4}}[|>][+-]?\d?"
    r"[ \t]{0,4}\r?\n)(?P<value>(?:(?P=indent)[ \t]{1,20}\S[^\n]{0,4000}\n?){1,100})"
)
# What a Kubernetes Secret holds, whatever its keys are called.
_SECRET_DATA = re.compile(
    r"(?m)^(?P<key>(?P<indent>[ ]{0,12})(?:data|stringData):[ ]{0,4}\r?\n)"
    r"(?P<value>(?:(?P=indent)[ ]{1,8}[\w.-]{1,120}:[ ]{1,20}\S[^\n]{0,4000}\n?){1,100})"
)
_SECRET_JSON = re.compile(
    r"(?P<key>\\?\"(?:data|stringData)\\?\":\s{0,4}\{)(?P<value>[^{}]{1,20000})(?=\})"
)
_YAML_FIELD = re.compile(r"(?m)^(?P<key>[ ]{1,20}[\w.-]{1,120}:[ ]{1,20})(?P<value>\S[^\r\n]*)")
_JSON_FIELD = re.compile(r"(?P<key>:\s{0,4}\\?\")(?P<value>[^\"\\]{1,4000})(?=\\?\")")
# `('password', 'x')`, and every string of `"tokens": ["x", "y"]`.
TUPLE = re.compile(
    rf"(?i)(?P<key>\(\s?b?['\"][\w.-]{{0,60}}?{KEY}['\"],\s?b?(?P<q>['\"]))(?P<value>(?:(?!(?P=q)).){{1,2000}})(?=(?P=q)\s?\))"
)
LIST = re.compile(
    rf"(?i)(?P<key>{SINGULAR}s?['\"]\s?:\s?\[)"
    r"(?P<value>\s?['\"][^\[\]]{1,4000})(?=\])"
)
_STRING = re.compile(r"(?P<q>['\"])[^'\"]{1,2000}(?P=q)")
_KIND = re.compile(r"kind\\?[\"']?:\s{0,4}\\?[\"']?(?:Sealed)?Secret\b")


def without_parted(text: str) -> str:
    """The text with secrets masked that stand apart from their name; the lines stay as many."""
    if _VALUE_FIELD.search(text):
        for pattern in (_PAIR, _XML_PAIR, _NESTED):
            text = pattern.sub(hidden, text)
    if ": |" in text or ": >" in text:
        text = _BLOCK.sub(_block, text)
    if "ecret" in text and _KIND.search(text):
        text = _SECRET_DATA.sub(_each(_YAML_FIELD), text)
        text = _SECRET_JSON.sub(_each(_JSON_FIELD), text)
    return text


def hidden(match: re.Match[str]) -> str:
    """A field's value hidden when the field beside it names a secret."""
    return match[0] if is_no_value(match["value"]) else f"{match['key']}{MASK}"


def hidden_second(match: re.Match[str]) -> str:
    """A pair's value hidden unless it is a name too: `("password", "token")` are columns."""
    value = match["value"]
    is_name = names_secret(value) and value.replace("_", "").isalpha() and not is_both_cases(value)
    return match[0] if is_name else hidden(match)


def hidden_each(match: re.Match[str]) -> str:
    """Every string of a list hidden."""
    return match["key"] + _STRING.sub(rf"\g<q>{MASK}\g<q>", match["value"])


def each_line(text: str) -> str:
    """Every line's text as the mask; white space around it stays."""
    return "".join(
        line.replace(line.strip(), MASK) if line.strip() else line
        for line in text.splitlines(keepends=True)
    )


def _block(match: re.Match[str]) -> str:
    return match["key"] + each_line(match["value"])


def _each(field: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
    return lambda match: match["key"] + field.sub(hidden, match["value"])
