"""REST collections page by page, within a bound."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from mcp_server.aws.airflow_rows import Row, rows_of
from mcp_server.aws.mwaa_rest import MwaaRest
from mcp_server.aws.parallel import side_by_side

# Airflow's default of the most rows in a page.
PAGE = 100


class Pages:
    """Reads lists through one environment's REST."""

    def __init__(self, rest: MwaaRest) -> None:
        self._rest = rest

    async def read(
        self, path: Sequence[str], key: str, query: Mapping[str, str], limit: int
    ) -> list[Row]:
        """Up to `limit` rows: the first page, then what `total_entries` promises side by side."""
        size = max(1, min(limit, PAGE))
        first = await self._rest.get(path, {**query, "limit": str(size)})
        found = rows_of(first, key)
        wanted = min(limit, _total(first))
        # Airflow may be configured to give shorter pages than asked.
        step = len(found)
        if not step or wanted <= step:
            return found[:limit]
        pages = [
            partial(self._rest.get, path, {**query, "limit": str(step), "offset": str(offset)})
            for offset in range(step, wanted, step)
        ]
        for document in await side_by_side(pages):
            found += rows_of(document, key)
        return found[:limit]


def _total(document: Any) -> int:  # noqa: ANN401 - JSON
    return int(document.get("total_entries") or 0) if isinstance(document, Mapping) else 0
