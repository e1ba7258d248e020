"""The part of a log that explains its failure, best first, within a budget."""

from dataclasses import dataclass

from mcp_server.diagnostics.cut import around, head
from mcp_server.diagnostics.lines import Line
from mcp_server.diagnostics.ranking import Candidate

WIDTH = 260
CAUSE_WIDTH = 640


@dataclass(frozen=True, slots=True)
class Shown:
    """What a digest is made of; `best` is None when no line looks like a failure."""

    header: str
    best: Candidate | None
    others: list[Candidate]
    tail: tuple[Line, ...]
    line_count: int
    chain: tuple[str, ...]


def render(shown: Shown, category: str, budget_tokens: int) -> str:
    """Return the digest: header, cause with its neighbours, chain, other errors, last lines."""
    room = max(budget_tokens, 20) * 4
    parts = [_head(shown, category), *_cause(shown), *_chain(shown), *_others(shown), *_tail(shown)]
    out: list[str] = []
    for part in parts:
        if room - len(part) - 1 < 0:
            part = part[: max(room - 1, 0)]
        if not part:
            break
        out.append(part)
        room -= len(part) + 1
    return "\n".join(out)


def place(line: Line) -> str:
    """A line number where the log was read whole, else @ and the event's time, else "-"."""
    if line.number is not None:
        return str(line.number)
    return f"@{line.timestamp_ms}" if line.timestamp_ms is not None else "-"


def _head(shown: Shown, category: str) -> str:
    head = f"{shown.header}\n" if shown.header else ""
    return f"{head}{category}, {shown.line_count} lines"


def _show(line: Line, mark: str = " ") -> str:
    return f"{mark} {place(line)}: {head(line.text.rstrip(), WIDTH)}"


def _cause_line(best: Candidate) -> str:
    raw = best.line.raw.rstrip()
    at = best.at + max(raw.find(best.line.text.strip()[:200]), 0)
    return f"> {place(best.line)}: {around(raw, at, CAUSE_WIDTH)}"


def _cause(shown: Shown) -> list[str]:
    if shown.best is None:
        return ["no line looks like a failure"]
    best = shown.best
    before = best.before[-2:]
    return [
        "cause:",
        _cause_line(best),
        *(_show(a) for a in best.after),
        *(["before it:"] if before else []),
        *(_show(b) for b in before),
    ]


def _chain(shown: Shown) -> list[str]:
    if len(shown.chain) < 2:
        return []
    return ["exceptions, in the log's order:", *(f"  {one[:180]}" for one in shown.chain)]


def _others(shown: Shown) -> list[str]:
    others = [c for c in shown.others if c.score > 15][:5]
    times = [f" (x{c.count})" if c.count > 1 else "" for c in others]
    rows = [_show(c.line) + t for c, t in zip(others, times, strict=True)]
    return ["other errors:", *rows] if rows else []


def _tail(shown: Shown) -> list[str]:
    return ["last lines:", *(_show(line)[:160] for line in shown.tail[-3:])] if shown.tail else []
