"""The composition root: builds the worker of a process, and is Lambda's entry."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from slack_bridge.incidents import Incidents
from slack_bridge.job import Job
from slack_bridge.lifecycle import alerts, asked, clicks
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.environments import Environments, Known, channel_environments
from slack_bridge.lifecycle.lines import Lines
from slack_bridge.lifecycle.lists import Lists
from slack_bridge.reasoning.answering import Answerer
from slack_bridge.reasoning.connection import Target
from slack_bridge.settings import Settings, SettingsWrong
from slack_bridge.sweep import Sweep
from slack_bridge.thread import Slack

if TYPE_CHECKING:
    from mcp_server.backends import Environments as Mwaa

DYNAMODB = "dynamodb:"
STOP_SECONDS = 5.0


class Worker:
    """Answers jobs and sweeps; safe for many jobs at once in one event loop."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.lists = Lists(desk)
        self.lines = Lines(desk)
        self._sweep = Sweep(desk, self.lists, self.lines, self.answer)

    @classmethod
    async def from_settings(cls, settings: Settings) -> "Worker":
        """Everything a process needs; SettingsWrong or StoreUnavailable says what to mend."""
        target, known = _tools(settings)
        try:
            channels = channel_environments(settings.channel_environments)
        except ValueError as error:
            raise SettingsWrong(f"DE_AGENT_CHANNEL_ENVIRONMENTS: {error}") from error
        desk = Desk(
            store=open_store(settings.store),
            slack=Slack(settings.slack_bot_token, settings.slack_api_url),
            answerer=await Answerer.from_settings(settings, target),
            environments=Environments(channels, known),
            settings=settings,
            deepening=asyncio.Semaphore(settings.jobs_at_once),
        )
        return cls(desk)

    async def answer(self, job: Job, owner: str = "", seconds: float = 0) -> None:
        """Answer a job within so many seconds; raises what makes another try worth while.

        `owner` stays the same over the tries of one job where somebody counts them (Lambda), so
        that its own lease is no obstacle; else each try is a stranger.
        """
        owner = owner or self.desk.owner(job.kind)
        seconds = seconds or float(self.desk.settings.deadline_seconds)
        if job.kind == "alert":
            await alerts.answer_alert(self.desk, self.lists, self.lines, job, owner, seconds)
        elif job.kind == "question":
            await asked.answer_question(self.desk, job, owner, seconds)
        else:
            await clicks.answer_click(self.desk, self.lists, job, owner, seconds)

    async def sweep(self, seconds: float = 0) -> None:
        """A round of what is left to do, each job within so many seconds."""
        await self._sweep.run(seconds or float(self.desk.settings.deadline_seconds))

    async def settle(self) -> None:
        """Let what runs beside the jobs come to its end."""
        while self.desk.background:
            await asyncio.wait(set(self.desk.background))

    async def close(self) -> None:
        """Stop what runs beside the jobs, and close what is open."""
        for task in set(self.desk.background):
            task.cancel()
        if self.desk.background:
            await asyncio.wait(set(self.desk.background), timeout=STOP_SECONDS)
        await self.desk.slack.close()
        await self.desk.answerer.close()
        self.desk.store.close()


def open_store(setting: str) -> Incidents:
    """The store that DE_AGENT_STORE names."""
    if setting.startswith(DYNAMODB):
        from slack_bridge.store.dynamodb import DynamoDbIncidents  # late: boto3 takes its time

        return DynamoDbIncidents(setting.removeprefix(DYNAMODB))
    from slack_bridge.store.sqlite import SqliteIncidents

    return SqliteIncidents(setting)


def _tools(settings: Settings) -> tuple[Target, Known | None]:
    """The MCP server to ask, and the environments it reads, when it is one of this process."""
    if settings.mcp_url:
        return settings.mcp_url, None
    from mcp_server.aws.connect import backends_from
    from mcp_server.errors import DiagnosticError
    from mcp_server.server import build_server
    from mcp_server.settings import Settings as ToolSettings

    try:
        theirs = ToolSettings.from_environment()
    except DiagnosticError as error:
        raise SettingsWrong(str(error)) from error
    backends = backends_from(theirs)
    known = _Mwaa(backends.environments) if backends.environments else None
    return build_server(backends, theirs), known


class _Mwaa:
    """The environments of the tools' own backends."""

    def __init__(self, environments: "Mwaa") -> None:
        self._environments = environments

    async def names(self) -> Sequence[str]:
        return await self._environments.names()

    async def host(self, name: str) -> str:
        return (await self._environments.get(name)).webserver_url


class _Instance:
    """A Lambda instance's loop and worker; both live as long as the instance."""

    loop: asyncio.AbstractEventLoop | None = None
    worker: Worker | None = None


def handler(event: Mapping[str, Any], context: Any) -> object:  # noqa: ANN401 - Lambda's own object
    """Lambda's entry: a job, a schedule's event (the sweep), or records of the failure queue."""
    instance = _Instance
    if instance.loop is None:
        instance.loop = asyncio.new_event_loop()
    return instance.loop.run_until_complete(_handled(event, context))


async def _handled(event: Mapping[str, Any], context: Any) -> object:  # noqa: ANN401 - as above
    from slack_bridge.receiving import lambda_events

    began = time.monotonic()
    if _Instance.worker is None:
        _Instance.worker = await Worker.from_settings(lambda_events.settings())
        _Instance.worker.desk.drains = False
    run = lambda_events.Run(str(context.aws_request_id), lambda_events.left(context), began)
    return await lambda_events.handle(_Instance.worker, event, run)
