"""Very long words, such as a file in base64, made short while the rules look at their line."""

import re

# No rule looks farther into a word; the rest is put back, or is hidden with the word.
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{4000,}")
_HEAD, _TAIL = 2_000, 500
_LONG = 4_000


def shortened(line: str) -> tuple[str, dict[str, str]]:
    """The line with the middle of each very long word as a mark, and what each mark stands for."""
    middles: dict[str, str] = {}
    if len(line) < _LONG:
        return line, middles

    def mark(match: re.Match[str]) -> str:
        said = match[0]
        name = f"qZ{len(middles)}Zq"
        if name in line:
            return said
        middles[name] = said[_HEAD:-_TAIL]
        return f"{said[:_HEAD]}{name}{said[-_TAIL:]}"

    return _BLOB.sub(mark, line), middles


def restored(line: str, middles: dict[str, str]) -> str:
    """The line with the middles back that no rule has hidden."""
    for mark, middle in middles.items():
        line = line.replace(mark, middle)
    return line
