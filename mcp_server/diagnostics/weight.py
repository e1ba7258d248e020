"""What one line of a log says by itself of a failure, and how much."""

from dataclasses import dataclass

from mcp_server.diagnostics import shapes
from mcp_server.diagnostics.lines import Line
from mcp_server.diagnostics.literals import Guarded
from mcp_server.diagnostics.signals import Signals

_BARE = frozenset(("AirflowException", "Exception", "RuntimeError", "AirflowFailException"))
_CONSEQUENCE = Guarded(shapes.CONSEQUENCE)
_RETRIES = Guarded(shapes.RETRIES)
_TROUBLE = Guarded(shapes.TROUBLE)
IDLE = 1
NAMED = 50
LONGEST = 4000
SEVERE = ("ERROR", "CRITICAL", "FATAL")
_BY_LEVEL = {"ERROR": 3, "CRITICAL": 3, "FATAL": 3, "WARNING": -4, "DEBUG": -8}
LOST_RETRIED = 34
WRAPPED_AT_MOST = 22


@dataclass(frozen=True, slots=True)
class Weight:
    """What one line is worth by itself."""

    score: float
    category: str
    strength: int
    is_exception: bool = False
    at: int = 0


def weigh(text: str, line: Line, signals: Signals) -> Weight | None:
    """What the line says by itself; None when it says nothing of a failure."""
    shape = shapes.EXCEPTION.match(text) if len(text) < LONGEST else None
    signal = signals.first(text)
    if signal and signal.strength <= IDLE:
        if not shape and (signal.strength < IDLE or line.level not in SEVERE):
            return None
        signal = signals.first(text, above=IDLE)
    at = hit.start() if signal and (hit := signal.pattern.search(text)) else 0
    strength, category = (signal.strength, signal.category) if signal else (0, "unknown")
    is_named = shape is not None and shape["type"].rsplit(".", 1)[-1] not in _BARE
    consequence = _CONSEQUENCE.search(text)
    if shape and strength < 24 and not consequence and not shapes.SDK.search(text):
        strength = NAMED if is_named else NAMED - 2
        category = signals.of_exception(shape["type"])
    elif not signal and line.level in SEVERE:
        strength = 32
    elif not signal and _TROUBLE.search(text):
        strength = 27 if shapes.SAYS_ERROR.match(text) else 23
    if not strength:
        return None
    score = _score(text, line, strength, is_named)
    if consequence:
        score = min(score, WRAPPED_AT_MOST)
    return Weight(score, category, strength, bool(shape), at)


def _score(text: str, line: Line, strength: int, is_exception: bool) -> float:
    score = strength + min(3, len(text.split()) / 4) + (4 if is_exception else 0)
    score += _BY_LEVEL.get(line.level, 0)
    score -= 9 if text.rstrip().endswith(":") else 0
    score -= 8 if shapes.DETAIL.match(text) else 0
    score += 5 if text.lstrip().startswith("error: ") else 0
    score += 2 if strength == NAMED and text.startswith("Caused by: ") else 0
    if shapes.FRAME.match(text):
        score = min(score - 12, 34)
    if not is_exception and _goes_on(text, line):
        score -= LOST_RETRIED
    return score


def _goes_on(text: str, line: Line) -> bool:
    """True when the line itself says that the program tried again or did without."""
    if line.level in SEVERE:
        return _RETRIES.search(text)
    return bool(shapes.RETRIED.search(text) or shapes.TOLERATED.search(text))
