"""A line without what changes from night to night."""

import re

_VOLATILE = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<id>"),
    (
        re.compile(
            r"\d{4}-\d\d-\d\d(?:[T_ ]\d\d[:_]\d\d(?:[:_]\d\d)?[\d.,]*(?:Z|[+-]\d\d[:_]?\d\d)?)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b"), "<hex>"),
    (re.compile(r"/(?:var/)?tmp\b[\w./-]+"), "<tmp>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def pattern_of(line: str) -> str:
    """Return the line with ids, times, numbers and temporary paths replaced; at most 300 long."""
    for volatile, name in _VOLATILE:
        line = volatile.sub(name, line)
    return line.strip()[:300]
