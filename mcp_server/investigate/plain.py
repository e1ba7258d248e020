"""A stored log event as the words a reader sees: no JSON, no prefix of the logger."""

import json
import re

_PREFIX = re.compile(
    r"^\[[^\]]{8,40}\]\s*(?:\{{1,2}[^}]{1,80}\}{1,2}\s*)?(?:DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)?"
    r"\s*(?:- )?"
)


def plain(message: str) -> str:
    """The event's text; of Airflow 3's JSON the event and the innermost error."""
    if message.startswith("{"):
        try:
            found = json.loads(message)
        except ValueError:
            found = None
        if isinstance(found, dict) and isinstance(found.get("event"), str):
            return f"{found['event']}{_error(found)}"
    return _PREFIX.sub("", message, count=1)


def _error(found: dict[str, object]) -> str:
    details = found.get("error_detail")
    last = details[-1] if isinstance(details, list) and details else None
    if not isinstance(last, dict):
        return ""
    return f": {last.get('exc_type', '')}: {last.get('exc_value', '')}"
