"""How an answer is said: lean redacted text for a reader, the same facts typed for a program."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel

from mcp_server.diagnostics.cut import head
from mcp_server.diagnostics.invisible import visible
from mcp_server.diagnostics.redact import redact
from mcp_server.diagnostics.redact_tokens import MASK
from mcp_server.diagnostics.redact_words import names_secret

DEFAULT_TOKENS = 1_500
MOST_TOKENS = 6_000
Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


def answer(
    text: str, model: BaseModel, budget_tokens: int = DEFAULT_TOKENS, more: str = ""
) -> CallToolResult:
    """Return the text, redacted and within budget (characters / 4), beside the model's own JSON.

    What does not fit is cut at a line's end, and the last line then says how much, and `more`: how
    to get the rest.
    """
    fitted = fit(clean(text), min(budget_tokens, MOST_TOKENS), more)
    return CallToolResult(
        content=[TextContent(type="text", text=fitted)],
        structured_content=redacted_fields(model.model_dump(mode="json")),
    )


def clean(text: str) -> str:
    """Third-party text without secrets and without characters that nobody sees."""
    # Redacted last: an invisible character must not part a key from its secret.
    return redact(visible(text))


def fit(text: str, budget_tokens: int, more: str = "") -> str:
    """Cut to whole lines within the budget and say what was left out."""
    room = budget_tokens * 4
    if len(text) <= room:
        return text
    how = more or "Ask for less: a narrower time, one task, a pattern."
    kept = text[: room - len(how) - 60]
    head, _, broken = kept.rpartition("\n")
    head = head if len(broken) < len(kept) // 2 else kept
    left = text.count("\n") - head.count("\n")
    return f"{head}\n({left} more lines, {len(text) - len(head)} characters, left out. {how})"


def redacted(value: Json) -> Json:
    """JSON with each string redacted; keys stay."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [redacted(one) for one in value]
    return redacted_fields(value) if isinstance(value, dict) else value


def redacted_fields(fields: Mapping[str, Json]) -> dict[str, Json]:
    """An object redacted; text under a key such as `password` is hidden whole."""
    return {
        key: MASK if one and isinstance(one, str) and names_secret(key) else redacted(one)
        for key, one in fields.items()
    }


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Rows as tab-separated lines under one header line; columns without any value are left out."""
    cells = [[cell(value) for value in row] for row in rows]
    kept = [at for at, _ in enumerate(columns) if any(row[at] for row in cells)]
    if not kept:
        return []
    return ["\t".join(line[at] for at in kept).rstrip("\t") for line in [list(columns), *cells]]


def cell(value: object) -> str:
    """One value on one line without tabs; "" for None."""
    if value is None:
        return ""
    return " ".join(str(value).split())


def clipped(text: str, width: int) -> str:
    """One line of at most `width` characters, the secrets hidden before it is cut."""
    line = " ".join(head(visible(text[: width * 40]), width * 8).split())
    return line if len(line) <= width else line[: width - 3] + "..."


def count(number: int, noun: str) -> str:
    """Say `1 task` or `3 tasks`; a noun in s, x or ch gets es, one in y ies."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "x", "ch")):
        return f"{number:,} {noun}es"
    if noun.endswith("y") and not noun.endswith(("ay", "ey")):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}s"
