"""Posts take turns by rank; a message is edited as fast as Slack likes, and its end always."""

import asyncio
import itertools

import pytest
from life_support import Clock

from slack_bridge.blocks import Message
from slack_bridge.pace import FIRST, LATER, LiveMessage, Pace

pytestmark = pytest.mark.anyio


async def test_a_channel_takes_a_burst_and_then_one_a_second() -> None:
    clock = Clock(0.0)
    pace = Pace(1.0, 3, clock, clock.sleep)
    times = []
    for _ in range(6):
        await pace.turn("C1")
        times.append(clock.now)
    assert times == [0, 0, 0, 1, 2, 3]
    await pace.turn("C2")
    assert clock.now == 3


async def test_a_new_cause_goes_before_repeats_that_wait() -> None:
    clock = Clock(0.0)
    pace = Pace(1.0, 1, clock, clock.sleep)
    order: list[str] = []

    async def post(name: str, rank: int) -> None:
        await pace.turn("C1", rank)
        order.append(name)

    await pace.turn("C1")
    lines = [asyncio.create_task(post(f"line {n}", LATER)) for n in range(3)]
    await asyncio.sleep(0)
    cause = asyncio.create_task(post("cause", FIRST))
    await asyncio.gather(*lines, cause)
    assert order == ["cause", "line 0", "line 1", "line 2"]


async def test_a_turn_that_is_given_up_holds_nobody() -> None:
    clock = Clock(0.0)
    pace = Pace(1.0, 1, clock, clock.sleep)
    await pace.turn("C1")
    gone = asyncio.create_task(pace.turn("C1"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(pace.turn("C1"), 5)
    await pace.close()


async def test_retry_after_holds_the_whole_channel() -> None:
    clock = Clock(0.0)
    pace = Pace(1.0, 3, clock, clock.sleep)
    pace.hold("C1", 30)
    await pace.turn("C1")
    assert clock.now == 30


def message(text: str) -> Message:
    return Message(text, [])


async def test_edits_are_coalesced_and_the_last_is_always_shown() -> None:
    clock = Clock(0.0)
    shown: list[tuple[float, str]] = []

    async def edit(one: Message) -> None:
        shown.append((clock.now, one.text))

    live = LiveMessage(edit, 2.5, clock, clock.sleep)
    live.posted(message("first"))
    for number in range(20):
        live.show(message(f"step {number}"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await live.end(message("last"))
    assert shown[-1][1] == "last"
    assert len(shown) <= 2
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(shown)]
    assert all(gap >= 2.5 for gap in [shown[0][0], *gaps])


async def test_an_end_that_stands_already_is_not_sent_again() -> None:
    clock, shown = Clock(0.0), []

    async def edit(one: Message) -> None:
        shown.append(one.text)

    live = LiveMessage(edit, 2.5, clock, clock.sleep)
    live.posted(message("same"))
    await live.end(message("same"))
    assert shown == []


async def test_progress_that_cannot_be_shown_does_not_stop_the_end() -> None:
    clock, shown = Clock(0.0), []

    async def edit(one: Message) -> None:
        if one.text == "step":
            raise RuntimeError("no")
        shown.append(one.text)

    live = LiveMessage(edit, 0.0, clock, clock.sleep)
    live.show(message("step"))
    await asyncio.sleep(0)
    await live.end(message("last"))
    assert shown == ["last"]


async def test_an_end_soon_after_the_post_is_shown_at_once_and_after_an_edit_waits() -> None:
    clock = Clock(0.0)
    shown: list[tuple[float, str]] = []

    async def edit(one: Message) -> None:
        shown.append((clock.now, one.text))

    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    live = LiveMessage(edit, 2.5, clock, forever)
    live.posted(message("first"))
    live.show(message("step"))
    await asyncio.sleep(0)
    await asyncio.wait_for(live.end(message("last")), 5)
    assert shown == [(0.0, "last")]
    edited = LiveMessage(edit, 2.5, clock, clock.sleep)
    await edited.end(message("one"))
    await edited.end(message("two"))
    assert shown[-1] == (2.5, "two")
