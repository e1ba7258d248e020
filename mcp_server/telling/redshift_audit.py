"""How an audit is told: one list a part, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, Field

from mcp_server.redshift.cluster_rows import AuditLine
from mcp_server.redshift.dbt import DbtAudit
from mcp_server.redshift.rows import (
    Change,
    Connection,
    Found,
    Load,
)
from mcp_server.telling.redshift_words import change_line, clock, load_line, took
from mcp_server.text import count
from mcp_server.times import iso

MOST = 15


class AuditAnswer(BaseModel):
    """Who changed what in a window, newest first. Times: ISO 8601 UTC."""

    cluster: str
    since: str
    until: str
    ddl: list[Change] = Field(default_factory=list)
    grants: list[Change] = Field(default_factory=list)
    logins: list[Connection] = Field(default_factory=list)
    loads: list[Load] = Field(default_factory=list)
    dbt: DbtAudit | None = None
    log_lines: list[AuditLine] = Field(default_factory=list)
    not_checked: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToldAudit:
    """All that was read; parts that were not asked for are None."""

    cluster: str
    since: datetime
    until: datetime
    ddl: Found[Change] | None = None
    grants: Found[Change] | None = None
    logins: Found[Connection] | None = None
    loads: Found[Load] | None = None
    dbt: DbtAudit | None = None
    log_lines: Sequence[AuditLine] = ()
    missed: Sequence[str] = field(default_factory=tuple)

    def data(self) -> AuditAnswer:
        return AuditAnswer(
            cluster=self.cluster,
            since=iso(self.since),
            until=iso(self.until),
            ddl=list(self.ddl.rows) if self.ddl else [],
            grants=list(self.grants.rows) if self.grants else [],
            logins=list(self.logins.rows) if self.logins else [],
            loads=list(self.loads.rows) if self.loads else [],
            dbt=self.dbt,
            log_lines=list(self.log_lines),
            not_checked=list(self.missed),
        )

    def text(self) -> str:
        """Each part with its count; a part with nothing in it says so."""
        lines = [f"Audit of Redshift {self.cluster}, {iso(self.since)} to {iso(self.until)}"]
        if self.ddl:
            lines += self._part("DDL", [change_line(c, self.until) for c in self.ddl.rows])
        if self.grants:
            said = [change_line(c, self.until) for c in self.grants.rows]
            lines += self._part("grants and users", said)
        if self.logins:
            lines += self._logins(self.logins)
        if self.loads:
            said = [load_line(load, self.until) for load in self.loads.rows]
            lines += self._part("loads", said)
        if self.dbt:
            lines += self._dbt(self.dbt)
        if self.log_lines:
            said = [
                f"{clock(one.at, self.until)} {f'user {one.user}: ' if one.user else ''}{one.text}"
                for one in self.log_lines
            ]
            lines += self._part("audit logs in CloudWatch", said)
        lines += [f"not checked: {line}" for line in self.missed]
        return "\n".join(lines)

    def _part(self, title: str, said: Sequence[str], total: int = 0) -> list[str]:
        if not said:
            return [f"{title}: none"]
        more = [f"  ({len(said) - MOST} more: narrow the time, table or user)"]
        shown = [f"  {line}" for line in said[:MOST]]
        return [f"{title}: {total or len(said)}", *shown, *(more if len(said) > MOST else ())]

    def _logins(self, found: Found[Connection]) -> list[str]:
        """Refusals by user and host, with their first and last time; the others counted."""
        refused = [one for one in found.rows if one.failed]
        good: dict[tuple[str, str], int] = {}
        for one in found.rows:
            if one.event == "authenticated":
                key = one.user, one.remote_host
                good[key] = good.get(key, 0) + 1
        lines = self._part("refused log-ins", self._refusals(refused), len(refused))
        users = [f"{user} from {host} ({n})" for (user, host), n in list(good.items())[:MOST]]
        return [*lines, f"log-ins: {', '.join(users) or 'none'}"]

    def _refusals(self, failed: Sequence[Connection]) -> list[str]:
        alike: dict[tuple[str, ...], list[Connection]] = {}
        for one in failed:
            key = one.event, one.user, one.remote_host, one.auth_method, one.application
            alike.setdefault(key, []).append(one)
        lines = []
        for (event, user, host, method, application), group in alike.items():
            last, first = clock(group[0].at, self.until), clock(group[-1].at, self.until)
            often = f", {count(len(group), 'time')} since {first}" if len(group) > 1 else ""
            how = ", ".join(part for part in (method, application) if part)
            lines.append(f"{last} {event}: user {user} from {host} ({how}){often}")
        return lines

    def _dbt(self, audit: DbtAudit) -> list[str]:
        if not audit.table:
            return ["dbt: no audit table found (DE_AGENT_DBT_AUDIT_TABLE names one)"]
        said = [
            f"{clock(one.at, self.until)} {one.status} {one.model}"
            f"{f' in {took(one.seconds)}' if one.seconds else ''}"
            f"{f': {one.message}' if one.message else ''}"
            for one in audit.found.rows
        ]
        return self._part(f"dbt results of {audit.table}", said)
