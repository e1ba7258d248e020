"""Times as people and alerts give them; always aware UTC inside, ISO 8601 with Z outside."""

import re
from datetime import UTC, datetime, timedelta

from mcp_server.errors import BadRequest

_AGO = re.compile(r"(?:now)?\s{0,3}-?\s{0,3}(\d{1,6})\s{0,3}(s|m|min|h|d|w)(?:\s{1,3}ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
YEARS = range(2000, 2100)  # others are slips, and no service takes them
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")


def parse_time(text: str, reference: datetime) -> datetime:
    """Return the aware UTC time for ISO 8601 (no zone means UTC), "now", or "6h" before then."""
    said = text.strip()
    if said.lower() in ("", "now"):
        return reference
    try:
        found = _read(said, reference)
    except (ValueError, OverflowError):
        found = None
    if found is not None and found.year in YEARS:
        return found
    example = iso(reference - timedelta(hours=6))
    raise BadRequest(
        f'Not a time. Give ISO 8601 in UTC ("{example}") or a span before now ("6h", "3d").'
    )


def _read(said: str, reference: datetime) -> datetime:
    ago = _AGO.fullmatch(said.lower())
    if ago:
        return reference - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    if _EPOCH.fullmatch(said):
        return datetime.fromtimestamp(int(said[:10]), UTC)
    found = datetime.fromisoformat(said.replace(" ", "T", 1))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def iso(moment: datetime | None) -> str:
    """Return "2026-11-22T03:04:00Z", or "" for None; milliseconds only where there are any."""
    if moment is None:
        return ""
    moment = moment.astimezone(UTC)
    precise = "milliseconds" if moment.microsecond // 1000 else "seconds"
    return moment.isoformat(timespec=precise).replace("+00:00", "Z")


def iso_ms(timestamp_ms: int | None) -> str:
    """`iso` of epoch milliseconds."""
    return "" if timestamp_ms is None else iso(at_ms(timestamp_ms))


def at_ms(timestamp_ms: int) -> datetime:
    """Epoch milliseconds as aware UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=timestamp_ms)


def ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware time."""
    return round(moment.timestamp() * 1000)


def span(seconds: float | None) -> str:
    """A duration to read at night: "45 s", "12 min", "3 h 05 min", "2 d 4 h"; "" for None."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 and seconds % 1 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"
