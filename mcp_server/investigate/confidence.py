"""How sure a diagnosis may be. Code decides, never a model."""

from collections.abc import Sequence

from mcp_server.domain.diagnosis import Confidence
from mcp_server.investigate.finding import Clue
from mcp_server.investigate.reason import Reason

VAGUE = frozenset({"unknown", "bash.nonzero_exit"})


def confidence_of(reason: Reason, clues: Sequence[Clue], is_unmistakable: bool) -> Confidence:
    """High: a specific cause line and a proof from elsewhere, or an unmistakable error.

    One source is at most medium unless the error is unmistakable; no cause line and no proof is
    inconclusive.
    """
    confirmed = any(clue.confirms for clue in clues)
    if not reason.is_known:
        return "medium" if confirmed else "inconclusive"
    if reason.category in VAGUE:
        # "lftp: command not found" is plain, whatever its category.
        proven = confirmed or (reason.confidence == "high" and reason.source == "log")
        return "medium" if proven and reason.category != "unknown" else "low"
    if reason.confidence == "low":
        return "medium" if confirmed else "low"
    if confirmed or (reason.confidence == "high" and is_unmistakable and reason.source == "log"):
        return "high"
    return "medium"
