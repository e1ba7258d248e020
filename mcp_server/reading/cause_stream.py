"""Of the streams of one try the one in which its cause stands."""

from collections.abc import Mapping

from mcp_server.diagnostics.cause import LogDiagnosis
from mcp_server.reading.long_log import Reading


def cause_stream(readings: Mapping[str, Reading], diagnosis: LogDiagnosis) -> str:
    """The stream's name; the first one's where none holds the line at its time."""
    at = diagnosis.cause_timestamp_ms
    text = diagnosis.evidence[0].text if diagnosis.evidence else diagnosis.cause_line
    held = {
        name: [event.message for event in reading.events if event.timestamp_ms == at]
        for name, reading in readings.items()
    }
    saying = (name for name, said in held.items() if any(text in message for message in said))
    timed = (name for name, said in held.items() if said)
    return next(saying, "") or next(timed, "") or next(iter(readings), "")
