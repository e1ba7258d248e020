"""The way to one Airflow: every REST call is recorded, and fails where the story says so."""

from urllib.parse import unquote

from sandbox.airflow.asking import Query, RestAnswer, RestError, RestRequest
from sandbox.airflow.rest import AirflowRest
from sandbox.calls import CallLog
from sandbox.faults import Faults, Kind


class AirflowThrottled(Exception):
    """The story throttles this path; the way in says so in its own words."""


class AirflowGateway:
    """One environment's Airflow behind faults ("airflow:GET /eventLogs") and the call log."""

    def __init__(self, rest: AirflowRest, faults: Faults, calls: CallLog) -> None:
        self.rest = rest
        self._faults = faults
        self._calls = calls

    def call(
        self,
        method: str,
        path: str,
        query: Query,
        *,
        accept: str = "application/json",
        patience: float | None = None,
    ) -> RestAnswer:
        """Answer a path without `/api/vN`; after `patience` seconds of hanging, with 504.

        Raises AirflowThrottled.
        """
        operation = f"{method.upper()} {unquote(path)}"
        with self._calls.record("airflow", operation):
            kind = self._faults.of("airflow", operation)
            if self._gave_up(kind, patience):
                return RestAnswer(504, {"detail": "Airflow did not answer in time"})
            if kind == "throttled":
                raise AirflowThrottled(operation)
            if kind == "denied":
                return RestAnswer(403, self.rest.refusal(_forbidden(self.rest.api)))
            return self.rest.answer(RestRequest(method, path, query, accept))

    def _gave_up(self, kind: Kind | None, patience: float | None) -> bool:
        if kind == "hang" and patience is not None:
            return not self._faults.closing.wait(patience)
        # The way in already spent the world's latency.
        if kind is not None:
            self._faults.wait(kind)
        return False


def _forbidden(api: int) -> RestError:
    return RestError(403, "Forbidden", None if api == 1 else "Forbidden")
