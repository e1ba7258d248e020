"""Redshift's audit logs in CloudWatch, for what the system views withhold from this user."""

import re
from collections.abc import Sequence
from datetime import datetime

from mcp_server.backends import Logs
from mcp_server.redshift.cluster_rows import AuditLine
from mcp_server.redshift.verbs import shown
from mcp_server.times import at_ms, ms

# The kind of log that answers each part of an audit.
LOG_TYPES = {"ddl": "useractivitylog", "grants": "userlog", "logins": "connectionlog"}
_HEAD = re.compile(r"^'[^']{0,40}\[ (?P<about>[^]]{0,300}) \]' LOG: ")
_USER = re.compile(r"\buser=(\S+)")


async def audit_groups(
    logs: Logs, named: Sequence[str], cluster: str, is_serverless: bool
) -> tuple[str, ...]:
    """The log groups of audit logging: those of the settings, else found by their usual names."""
    if named:
        return tuple(named)
    prefix = "/aws/redshift/" if is_serverless else f"/aws/redshift/cluster/{cluster}/"
    return tuple(await logs.groups(prefix))


async def audit_lines(
    logs: Logs,
    groups: Sequence[str],
    part: str,
    words: Sequence[str],
    window: tuple[datetime, datetime],
) -> tuple[AuditLine, ...]:
    """Lines of the log of that part (`ddl`, `grants`, `logins`) in which all words occur."""
    pattern = " ".join(f'"{word}"' for word in words if word)
    found: list[AuditLine] = []
    for group in groups:
        if group.rpartition("/")[2] == LOG_TYPES[part]:
            low, high = ms(window[0]), ms(window[1])
            events, _ = await logs.search(group, pattern, start_ms=low, end_ms=high, limit=50)
            found += [_line(group, event.timestamp_ms, event.message) for event in events]
    return tuple(sorted(found, key=lambda line: line.at, reverse=True))


def _line(group: str, timestamp_ms: int, message: str) -> AuditLine:
    head = _HEAD.match(message)
    user = _USER.search(head["about"]) if head else None
    text = message[head.end() :] if head else message
    return AuditLine(at_ms(timestamp_ms), group, user[1] if user else "", shown(text))
