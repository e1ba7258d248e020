"""Replace each secret's value in a text by `***`, line for line."""

import re

from mcp_server.diagnostics.redact_assigned import BLOCK, MASK, NAMED, block, each_line, named
from mcp_server.diagnostics.redact_shapes import RULES

_PRIVATE_KEY = re.compile(
    r"(?P<begin>-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
    r"(?:(?P<body>(?:[^-]|-(?!----)){1,20000})"
    r"(?P<end>-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
    r"|(?P<rest>(?:(?:\s|\\[nr]){1,4}[\w+/=]{10,80}(?=\s|\\|$)){1,300}))"
)
_YAML_BLOCK = (": |", ": >")


def redact(text: str) -> str:
    """Return `text` with each secret's value as `***`; the number of lines never changes.

    Keys, ids, hashes, ARNs, hosts and paths stay. Redacting twice changes nothing more.
    """
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(_masked_key, text)
    if "alue" in text or "ALUE" in text:
        text = NAMED.sub(named, text)
    if any(mark in text for mark in _YAML_BLOCK):
        text = BLOCK.sub(block, text)
    lines = zip(text.splitlines(), text.splitlines(keepends=True), strict=True)
    return "".join(_line(bare) + whole[len(bare) :] for bare, whole in lines)


def _line(line: str) -> str:
    if len(line) < 7:
        return line
    low = line.lower()
    for hints, pattern, replace in RULES:
        if not hints or any(hint in low for hint in hints):
            line = pattern.sub(replace, line)
    return line


def _masked_key(match: re.Match[str]) -> str:
    body = match["body"] or match["rest"]
    hidden = each_line(body) if len(body.splitlines()) > 1 else MASK
    return f"{match['begin']}{hidden}{match['end'] or ''}"
