"""REST collections page by page, within a bound."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from mcp_server.aws.airflow_rows import Row, rows_of
from mcp_server.aws.errors import AnswerTooLarge
from mcp_server.aws.mwaa_rest import MwaaRest
from mcp_server.aws.parallel import side_by_side

# Airflow's default of the most rows in a page.
PAGE, SMALLEST = 100, 4


class Pages:
    """Reads lists through one environment's REST."""

    def __init__(self, rest: MwaaRest) -> None:
        self._rest = rest

    async def read(
        self, path: Sequence[str], key: str, query: Mapping[str, str], limit: int
    ) -> list[Row]:
        """Up to `limit` rows: the first page, then what `total_entries` promises side by side.

        Where Airflow counts no total (or only up to a limit of its own) page follows page.
        """
        first = await self._first(path, query, max(1, min(limit, PAGE)))
        found, total = rows_of(first, key), _total(first)
        # Airflow may be configured to give shorter pages than asked.
        step = len(found)
        if not step or step >= limit or (total is not None and total <= step):
            return found[:limit]
        if total is None:
            return await self._one_by_one(path, key, query, found, limit)
        pages = [
            partial(self._rest.get, path, {**query, "limit": str(step), "offset": str(offset)})
            for offset in range(step, min(limit, total), step)
        ]
        for document in await side_by_side(pages):
            found += rows_of(document, key)
        return found[:limit]

    async def _first(self, path: Sequence[str], query: Mapping[str, str], size: int) -> Any:  # noqa: ANN401 - JSON
        """The first page, a quarter as long each time the answer is too large to be passed on."""
        try:
            return await self._rest.get(path, {**query, "limit": str(size)})
        except AnswerTooLarge:
            if size < SMALLEST:
                raise
            return await self._first(path, query, size // 4)

    async def _one_by_one(
        self,
        path: Sequence[str],
        key: str,
        query: Mapping[str, str],
        found: list[Row],
        limit: int,
    ) -> list[Row]:
        """Pages until one is short."""
        step = len(found)
        while len(found) < limit:
            asked = {**query, "limit": str(step), "offset": str(len(found))}
            more = rows_of(await self._rest.get(path, asked), key)
            found += more
            if len(more) < step:
                break
        return found[:limit]


def _total(document: Any) -> int | None:  # noqa: ANN401 - JSON
    """How many rows there are; None where that is not counted to the end."""
    if not isinstance(document, Mapping):
        return 0
    total, counted = document.get("total_entries"), document.get("total_entries_limit")
    if total is None or (counted and int(total) >= int(counted)):
        return None
    return int(total)
