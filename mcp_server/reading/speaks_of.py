"""Whether a component's line is about this try, as far as it names a run or a map index."""

import re

from mcp_server.reading.streams import TaskTry

_RUN = re.compile(
    r"\brun_id=|'Run Id': |\b(?:scheduled|manual|backfill|dataset_triggered|asset_triggered)__"
)
_INDEX = re.compile(r"(?:\bmap_index=|'Map Index': )(-?\d+)")


def speaks_of(message: str, wanted: TaskTry) -> bool:
    """False for a line that names only other runs, or only other instances of a mapped task."""
    if _RUN.search(message) and _plain(wanted.run_id) not in _plain(message):
        return False
    indexes = {int(found) for found in _INDEX.findall(message)} - {-1}
    return not indexes or wanted.map_index < 0 or wanted.map_index in indexes


def _plain(run_id: str) -> str:
    """As log streams write it."""
    return run_id.replace(":", "_")
