"""A long line cut to what is worth showing: its secrets are hidden before it is cut."""

from mcp_server.diagnostics.redact import redact

# So much of a line is read on either side; a secret that the edge of it cut in two is left out.
WINDOW = 8_000
EDGE = 1_500


def head(text: str, width: int) -> str:
    """The first `width` characters of the redacted text."""
    said = redact(text[:WINDOW])
    return said[:width] if len(text) <= WINDOW else said[:-EDGE][:width]


def around(text: str, at: int, width: int) -> str:
    """`width` characters of the redacted text such that what stands at `at` is kept."""
    start = max(at - WINDOW, 0)
    piece = text[start : at + WINDOW]
    said = redact(piece)
    spot = _moved(piece, said, at - start)
    if at + WINDOW < len(text):
        said = said[: max(len(said) - EDGE, spot)]
    if start:
        left_out = min(EDGE, spot)
        said, spot = said[left_out:], spot - left_out
    elif len(said) <= width or spot < width * 2 // 3:
        return said[:width]
    return "..." + said[max(spot - width // 3, 0) :][: width - 3]


def _moved(text: str, said: str, at: int) -> int:
    """Where in the redacted text stands what stood at `at`."""
    for size in (80, 30, 12):
        if (found := said.rfind(text[at : at + size], 0, at + size + 40)) >= 0:
            return found
    return min(at, len(said))
