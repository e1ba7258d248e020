"""A case that a fault of ours kept from being opened: its alert still ends with honest words."""

from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Record, StoreUnavailable
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.ports import Case, Depth, Progress
from slack_bridge.log import log_line, where
from slack_bridge.slack_errors import SlackUnavailable


class Unopened:
    """Raises what kept the case closed wherever it is read, so that its life ends as failed."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def quick(self, depth: Depth = "full") -> Found:
        raise self._error

    async def rules(self, depth: Depth = "full") -> Found:
        raise self._error

    async def deepen(self, progress: Progress) -> Found:
        raise self._error


async def opened(desk: Desk, record: Record) -> Case:
    """The record's case; an Unopened for a bug, which another try would only hide."""
    try:
        return await desk.case(record)
    except (StoreUnavailable, SlackUnavailable):
        raise
    except Exception as error:  # noqa: BLE001 - a bug before the claim must not keep the thread silent
        log_line("case not opened", incident=record.id, error=where(error))
        return Unopened(error)
