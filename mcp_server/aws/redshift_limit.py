"""Bound a result in SQL, since both ways in read the whole of it."""

import re

MOST_ROWS = 10_000
_LIMITED = re.compile(
    r"\blimit\s+\d+(?:\s+offset\s+\d+)?\s*$|\bfetch\s+.{1,40}\bonly\s*$", re.IGNORECASE
)
_QUERY = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with)\b", re.IGNORECASE | re.DOTALL)


def with_limit(sql: str, rows: int) -> str:
    """A query with a LIMIT of its own, unless it has one; other statements as they are."""
    text = sql.strip().rstrip(";").rstrip()
    if not _QUERY.match(text) or _LIMITED.search(text):
        return text
    # On a line of its own: the statement may end in a comment.
    return f"{text}\nlimit {rows}"
