"""One REST call as the routes see it: ids from the path, checked query parameters, errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]  # Any: JSON of a story
Query = Mapping[str, Sequence[str]]


class RestError(Exception):
    """Airflow refuses: status, short title (version 1 shows it) and detail."""

    def __init__(self, status: int, title: str, detail: str | None = None) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A call without the `/api/vN` prefix; `path` is as sent (ids may be percent-encoded)."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    accept: str = "application/json"


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """`document` is JSON, or the text itself when the content type says so."""

    status: int
    document: Any  # Any: JSON
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Ask:
    """Query and path parameters of a routed call; `api` is Airflow's REST version, 1 or 2."""

    api: int
    ids: Mapping[str, str]
    query: Query
    accept: str = ""

    def one(self, name: str, default: str = "") -> str:
        values = self.query.get(name) or [default]
        return values[-1]

    def many(self, name: str) -> list[str]:
        """Repeated or comma-separated values alike."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part]

    def flag(self, name: str) -> bool | None:
        said = self.one(name).lower()
        return None if not said else said in {"true", "1", "yes", "on"}

    def integer(self, name: str, default: int) -> int:
        said = self.one(name)
        if not said:
            return default
        try:
            return int(said)
        except ValueError:
            raise self._wrong(name, f"{said!r} is not of type 'integer'") from None

    def moment(self, name: str) -> datetime | None:
        said = self.one(name).strip()
        if not said:
            return None
        if not said.endswith("Z"):
            said = said.replace(" ", "+")
        try:
            return parsed(said)
        except ValueError:
            raise self._wrong(name, f"Incorrect datetime argument: {said}") from None

    def _wrong(self, name: str, why: str) -> RestError:
        if self.api == 1:
            return RestError(400, "Bad Request", why)
        return RestError(422, "Unprocessable Entity", f"query.{name}: {why}")


def parsed(text: object) -> datetime | None:
    """An ISO 8601 time as aware UTC; None stays None. Raises ValueError."""
    if text is None or text == "":
        return None
    moment = datetime.fromisoformat(str(text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
