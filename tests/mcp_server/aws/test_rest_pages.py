"""Collections are read over their pages, however Airflow counts them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.aws.airflow_pages import Pages
from mcp_server.aws.errors import AnswerTooLarge
from mcp_server.aws.mwaa_rest import MwaaRest
from mcp_server.aws.session import AwsClients

pytestmark = pytest.mark.anyio


async def no_version() -> str:
    return ""


class Rows(MwaaRest):
    """Airflow with `held` rows; `total` says what it counts them as, `most` how many a page has."""

    def __init__(self, held: int, total: Mapping[str, int | None], most: int = 100) -> None:
        super().__init__(AwsClients(), "prod", no_version)
        self.held, self.total, self.most = held, total, most
        self.asked: list[tuple[int, int]] = []

    async def get(self, parts: Sequence[str], query: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        said = query or {}
        limit, offset = int(said["limit"]), int(said.get("offset", 0))
        self.asked.append((limit, offset))
        end = min(offset + min(limit, self.most), self.held)
        return {"rows": [{"n": n} for n in range(offset, end)], **self.total}


async def read(rows: Rows, limit: int) -> list[int]:
    return [row["n"] for row in await Pages(rows).read(("rows",), "rows", {}, limit)]


@given(
    held=st.integers(0, 450),
    limit=st.integers(1, 500),
    most=st.sampled_from([7, 50, 100]),
    counts=st.sampled_from(["all", "none", "some"]),
)
async def test_the_first_rows_are_read_each_once(
    held: int, limit: int, most: int, counts: str
) -> None:
    totals: dict[str, Mapping[str, int | None]] = {
        "all": {"total_entries": held, "total_entries_limit": None},
        "none": {"total_entries": None},
        "some": {"total_entries": min(held, 100), "total_entries_limit": 100},
    }
    rows = Rows(held, totals[counts], most)
    assert await read(rows, limit) == list(range(min(held, limit)))


async def test_a_small_collection_costs_one_call() -> None:
    rows = Rows(19, {"total_entries": 19})
    assert await read(rows, 500) == list(range(19))
    assert rows.asked == [(100, 0)]


async def test_more_than_a_page_is_read_behind_the_first() -> None:
    rows = Rows(230, {"total_entries": 230})
    assert len(await read(rows, 500)) == 230
    assert sorted(rows.asked) == [(100, 0), (100, 100), (100, 200)]


class Heavy(Rows):
    """Pages of more than `room` rows are larger than what is passed on."""

    room = 20

    async def get(self, parts: Sequence[str], query: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        if int((query or {})["limit"]) > self.room:
            raise AnswerTooLarge("Response payload size exceeds the limit.")
        return await super().get(parts, query)


async def test_pages_too_large_to_be_passed_on_are_asked_for_in_parts() -> None:
    rows = Heavy(60, {"total_entries": 60})
    assert await read(rows, 500) == list(range(60))
    assert {limit for limit, _ in rows.asked} == {6}


async def test_a_row_too_large_to_be_passed_on_is_said() -> None:
    rows = Heavy(60, {"total_entries": 60})
    rows.room = 0
    with pytest.raises(AnswerTooLarge):
        await read(rows, 500)
