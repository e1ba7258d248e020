"""Tool: who changed what in Redshift."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.backends import Redshift
from mcp_server.errors import BadRequest
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.redshift import facts
from mcp_server.redshift.audit_logs import LOG_TYPES, audit_groups, audit_lines
from mcp_server.redshift.changes import is_grant
from mcp_server.redshift.cluster_rows import AuditLine
from mcp_server.redshift.dbt import dbt_results
from mcp_server.redshift.verbs import last_part
from mcp_server.telling.redshift_audit import AuditAnswer, ToldAudit
from mcp_server.telling.redshift_words import gap_lines
from mcp_server.text import answer
from mcp_server.times import parse_time


@dataclass(frozen=True, slots=True)
class Asked:
    """What an audit is about; "" means any table, any user."""

    app: App
    redshift: Redshift
    since: datetime
    until: datetime
    table: str
    user: str


async def audit_redshift(
    ctx: Context[App],
    since: Annotated[str, Field(description="ISO 8601 or span before now")] = "24h",
    until: str = "now",
    table: Annotated[str, Field(description="schema.table or bare name")] = "",
    user: Annotated[str, Field(description="database user")] = "",
    part: Literal["all", "ddl", "grants", "logins", "loads", "dbt"] = "all",
) -> Annotated[CallToolResult, AuditAnswer]:
    """Audit Redshift: who ran DDL, changed users or grants, logged in, loaded; dbt results."""
    app = ctx.request_context.lifespan_context
    now = reference_time(ctx)
    window = parse_time(since, now), parse_time(until, now)
    if window[0] >= window[1]:
        raise BadRequest("since must be before until.")
    told = await _audit(Asked(app, app.redshift(), *window, table, user), part)
    return answer(told.text(), told.data(), more="Name a part, a table or a user.")


async def _audit(asked: Asked, part: str) -> ToldAudit:
    parts = [name for name in _PARTS if part in ("all", name)]
    wanted = {name: Wanted(name, partial(_PARTS[name], asked), None) for name in parts}
    missed = await ask_all(*wanted.values())
    found = {name: one.value for name, one in wanted.items() if one.value is not None}
    open_parts = [name for name in parts if name not in found or _gaps(found[name])]
    gaps = [gap for one in found.values() for gap in _gaps(one)]
    lines: Wanted[tuple[AuditLine, ...]] = Wanted(
        "audit logs", partial(_logged, asked, open_parts), ()
    )
    missed += [*gap_lines(list(dict.fromkeys(gaps))), *await ask_all(lines)]
    return ToldAudit(
        asked.app.redshift_name,
        asked.since,
        asked.until,
        log_lines=lines.value,
        missed=tuple(dict.fromkeys(missed)),
        **found,
    )


def _gaps(part: Any) -> tuple[facts.Gap, ...]:  # noqa: ANN401 - each part has its own kind
    return getattr(part, "gaps", ())


async def _logged(asked: Asked, parts: list[str]) -> tuple[AuditLine, ...]:
    """What the audit logs tell about the parts that the views withhold."""
    logs = asked.app.backends.logs
    parts = [part for part in parts if part in LOG_TYPES]
    if logs is None or not parts:
        return ()
    settings = asked.app.settings
    groups = await audit_groups(
        logs,
        settings.redshift_log_groups,
        settings.redshift_cluster_id,
        asked.redshift.is_serverless,
    )
    words = [last_part(asked.table), asked.user]
    window = asked.since, asked.until
    found = [await audit_lines(logs, groups, part, words, window) for part in parts]
    return tuple(line for lines in found for line in lines)


async def _ddl(asked: Asked) -> facts.Found[facts.Change]:
    found = await facts.ddl_on(asked.redshift, asked.table, asked.since, asked.until)
    own = tuple(
        change for change in found.rows if not is_grant(change) and asked.user in ("", change.user)
    )
    return facts.Found(own, found.gaps, found.cut)


Ask = Callable[[Asked], Awaitable[Any]]  # Any: each part has its own kind
_PARTS: Mapping[str, Ask] = {
    "ddl": _ddl,
    "grants": lambda a: facts.grants_and_users(
        a.redshift, a.since, a.until, name=a.user, table=a.table
    ),
    "logins": lambda a: facts.connections(a.redshift, a.since, a.until, user=a.user),
    "loads": lambda a: facts.loads(a.redshift, a.since, a.until, a.table),
    "dbt": lambda a: dbt_results(
        a.redshift,
        a.since,
        a.until,
        table=a.app.settings.dbt_audit_table,
        model=last_part(a.table),
    ),
}
