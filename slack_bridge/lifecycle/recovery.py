"""Failures that a later try or run made good: their headline says so."""

from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Record
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.lists import Lists
from slack_bridge.log import log_line

# An answered alert is looked at again after these minutes, and then no more.
AFTER_MINUTES = (5, 15, 30, 60, 120, 240, 480)
MOST_A_ROUND = 5
MOST_RECENT = 200


class Recovery:
    """Asks Airflow about the state of a few answered alerts a round."""

    def __init__(self, desk: Desk, lists: Lists) -> None:
        self.desk, self.lists = desk, lists

    async def check(self) -> None:
        """Show recoveries of those alerts that are due, the longest due first."""
        now = self.desk.clock()
        since = now - (AFTER_MINUTES[-1] + 10) * 60
        recent = await self.desk.stored(self.desk.store.recent, since, now, MOST_RECENT)
        due = [record for record in recent if _is_due(record, now)]
        for record in sorted(due, key=lambda r: r.updated)[:MOST_A_ROUND]:
            await self._look(record)

    async def _look(self, record: Record) -> None:
        looked = int(record.body.get("looked", 0)) + 1
        case = await self.desk.case(record)
        found = await case.rules("state")
        recovered = found.diagnosis.recovered
        held = await self.desk.reopen(record.id, self.desk.owner("recovery"), 60)
        if held is None:
            return
        if recovered:
            log_line("recovered", incident=record.id)
            held = held.having(recovered=recovered)
        # Shown by whoever brings the list up to date.
        await self.desk.save(held.having(looked=looked, listed=-1).end("answered"))
        if recovered:
            await self.lists.refresh(record.id)


def _is_due(record: Record, now: float) -> bool:
    body = record.body
    looked = int(body.get("looked", 0))
    if record.kind != "alert" or record.state != "answered" or "diagnosis" not in body:
        return False
    if Found.from_json(body).diagnosis.recovered or body.get("recovered"):
        return False
    if looked >= len(AFTER_MINUTES):
        return False
    return now - record.created >= AFTER_MINUTES[looked] * 60
