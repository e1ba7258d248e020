"""One call that is never answered costs its own wait, and no other."""

import asyncio

import pytest

from mcp_server.errors import NotFound, Unavailable
from mcp_server.investigate.silence import Silence

pytestmark = pytest.mark.anyio


async def unanswered() -> str:
    raise Unavailable("MWAA did not answer InvokeRestApi within 10 s.")


async def never() -> str:
    await asyncio.Event().wait()
    return ""


async def fine() -> str:
    return "a run"


async def missing() -> str:
    raise NotFound("no such run")


async def test_the_calls_under_way_end_with_the_one_that_was_left_unanswered() -> None:
    silence = Silence(after_s=0)
    waiting = [asyncio.create_task(silence.guard(never)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await silence.guard(unanswered)
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(one) for one in ended] == ["MWAA did not answer InvokeRestApi within 10 s."] * 3


async def test_later_calls_are_not_made_at_all() -> None:
    silence = Silence(after_s=0)
    with pytest.raises(Unavailable):
        await silence.guard(unanswered)
    with pytest.raises(Unavailable, match="did not answer"):
        await silence.guard(fine)


async def test_a_quick_refusal_and_a_missing_thing_silence_nobody() -> None:
    silence = Silence(after_s=60)
    for refused in (unanswered, missing):
        with pytest.raises((Unavailable, NotFound)):
            await silence.guard(refused)
    assert await silence.guard(fine) == "a run"


async def test_a_waiter_that_gives_up_leaves_no_call_behind() -> None:
    silence = Silence()
    before = asyncio.all_tasks()
    waiter = asyncio.create_task(silence.guard(never))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    assert asyncio.all_tasks() == before
