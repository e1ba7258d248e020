"""Whether alerts come faster than people read: then logs alone are read, and causes come first."""

from slack_bridge.lifecycle.desk import Desk

MOST_A_MINUTE = 10
MOST_LINES = 50
STORM_SECONDS = 60.0


async def count_claim(desk: Desk, team_id: str) -> bool:
    """Count a new claim; True when there is a storm."""
    now = desk.clock()
    made = await desk.stored(desk.store.add, _name(team_id, now), now)
    desk.last_claim = max(desk.last_claim, now)
    if await _is_storm(desk, team_id, made, now):
        # Claims are counted side by side: one that was counted earlier ends no storm.
        desk.storm_until = max(desk.storm_until, now + STORM_SECONDS)
    return desk.in_storm


async def may_post_line(desk: Desk, team_id: str, channel: str) -> bool:
    """Count a repeat's line in this storm; False beyond MOST_LINES: the list has it."""
    # A storm is a quarter of an hour here: the bound holds however long it lasts.
    name = f"lines/{team_id}/{channel}/{int(desk.clock() // 900)}"
    return await desk.stored(desk.store.add, name, desk.clock()) <= MOST_LINES


async def _is_storm(desk: Desk, team_id: str, made: int, now: float) -> bool:
    """A window of a minute that slides: this minute's claims and a part of the last one's."""
    if made > MOST_A_MINUTE:
        return True
    before = await desk.stored(desk.store.count, _name(team_id, now - 60))
    return made + before * (1 - (now % 60) / 60) > MOST_A_MINUTE


def _name(team_id: str, at: float) -> str:
    return f"claims/{team_id}/{int(at // 60)}"
