"""Text that a model or a person reads, kept beside the tests."""

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"


def reads_as(name: str, text: str) -> bool:
    """Compare with the golden file; UPDATE_GOLDEN=1 makes it anew, to be read before it is kept."""
    file = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", "utf-8")
    assert text + "\n" == file.read_text("utf-8")
    return True
