"""Bound the rows of a statement that the guard has let through."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


def limited(sql: str, rows: int) -> str:
    """The statement such that a LIMIT may be added behind it, unless it ends in a small one.

    What has a LIMIT or TOP of its own is put into brackets; its text stays as it was read.
    """
    text = sql.strip().rstrip(";").rstrip()
    try:
        text = _without_end(text)
        tree = sqlglot.parse_one(text, read="redshift")
    except SqlglotError:
        return text
    if tree.args.get("limit") is None or _ends_small(tree, text, rows):
        return text
    # On lines of their own: the statement may end in a comment.
    return f"select * from (\n{text}\n) as bounded"  # noqa: S608 - the guard has let it through


def _without_end(text: str) -> str:
    """The statement up to its semicolon: a comment may follow, and a LIMIT cannot."""
    tokens = sqlglot.tokenize(text, read="redshift")
    ends = [token.start for token in tokens if token.token_type.name == "SEMICOLON"]
    return text[: ends[0]].rstrip() if ends else text


def _ends_small(tree: exp.Expr, text: str, rows: int) -> bool:
    limit = tree.args.get("limit")
    said = limit.expression if isinstance(limit, exp.Limit) else None
    if not isinstance(said, exp.Literal) or not said.this.isdigit():
        return False
    return int(said.this) <= rows and text.lower().endswith(f"limit {said.this}")
