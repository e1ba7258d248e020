"""A whole local world: AWS, Airflow, Redshift, Slack and Gemini, at one incident's moment."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.airflow.gateway import AirflowGateway
from sandbox.airflow.rest import AirflowRest
from sandbox.airflow.web import AirflowWeb
from sandbox.aws.mwaa_environment import environment_object, task_log_group
from sandbox.aws.server import AwsServer
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.gemini.server import API_KEY, GeminiServer
from sandbox.incident import Incident, IncidentWrong
from sandbox.logs.store import LogStore
from sandbox.redshift.server import RedshiftServer
from sandbox.services import REDSHIFT, Parts, aws_services
from sandbox.slack.server import APP_TOKEN, BOT_TOKEN, SECRET, SlackServer

CHANNEL = "C0DATAALERTS"
EMPTY = Incident(
    slug="", folder=Path(), title="", airflow="3.3.2", environment="", now=datetime.now(UTC)
)


class World:
    """Context manager: real servers on localhost from `with` to its end.

    Without an incident the world is empty and its clock is the real one. `latency` seconds are
    added to every call of every backend. `script` is how the scripted model behaves. A `port`
    of 0 lets the system choose the Slack page's. With a `gemini_key` the real Gemini answers.
    """

    aws: AwsServer
    web: AirflowWeb
    slack: SlackServer
    gemini: GeminiServer
    redshift: RedshiftServer | None = None

    def __init__(
        self,
        incident: Incident | None = None,
        *,
        latency: float = 0.0,
        script: str = "honest",
        port: int = 0,
        gemini_key: str = "",
    ) -> None:
        self.incident = _posted(incident or replace(EMPTY, now=datetime.now(UTC)))
        self.clock = Clock(self.incident.now)
        self.calls = CallLog()
        self.logs = LogStore(self.incident.logs)
        with _blaming(self.incident):
            self.faults = Faults(self.incident.faults, latency)
            self.about = _environment(self.incident)
            self.airflow = AirflowGateway(self._rest(), self.faults, self.calls)
        self._script, self._port, self._gemini_key = script, port, gemini_key
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._boot(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """The environment variables that make product processes live in this world."""
        return {
            **self._aws_variables(),
            **self._redshift_variables(),
            **self._gemini_variables(),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "DE_AGENT_SLACK_API_URL": self.slack.api_url,
            "DE_AGENT_STORE": str(self.folder / "incidents.sqlite3"),
            "DE_AGENT_QUEUE": str(self.folder / "queue.sqlite3"),
            "DE_AGENT_CA_FILE": str(self.web.ca_file),
            "DE_AGENT_NOW": self.incident.now.isoformat(),
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def _boot(self, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="de-agent-")))
        sql = self.incident.redshift_sql
        if self.incident.has_redshift:
            self.redshift = RedshiftServer(sql, self.clock, self.faults, self.calls)
            stack.callback(self.redshift.close)
        self.web = self._web_server()
        with _blaming(self.incident):
            self.aws = AwsServer(aws_services(self._parts()), self.faults, self.calls)
        self.slack = SlackServer(self.clock, self.faults, self.calls, port=self._port)
        self.gemini = GeminiServer(self.faults, self.calls, self._script)
        for server in (self.web, self.aws, self.slack, self.gemini):
            stack.callback(server.close)
            server.start()
        # Called first: hanging calls end before their servers do.
        stack.callback(self.faults.closing.set)

    def _parts(self) -> Parts:
        return Parts(
            self.incident,
            self.clock,
            self.faults,
            self.calls,
            self.logs,
            self.about,
            self.airflow,
            self.web,
            self.redshift,
        )

    def _rest(self) -> AirflowRest:
        story, group = self.incident, task_log_group(self.about)
        return AirflowRest(story.airflow_rows, story.airflow, self.clock, self.logs, group)

    def _web_server(self) -> AirflowWeb:
        folder = self.folder / "airflow-web"
        folder.mkdir()
        airflow = {str(self.about["Name"]): self.airflow} if self.about else {}
        return AirflowWeb(airflow, folder, self.clock, self.faults, self.calls)

    def _aws_variables(self) -> dict[str, str]:
        region = self._parts().region
        nothing = str(self.folder / "no-aws-config")
        return {
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": nothing,
            "AWS_SHARED_CREDENTIALS_FILE": nothing,
            **({"MWAA_ENVIRONMENT_NAME": str(self.about["Name"])} if self.about else {}),
        }

    def _redshift_variables(self) -> dict[str, str]:
        if self.redshift is None:
            return {}
        return {
            "REDSHIFT_CLUSTER_ID": REDSHIFT,
            "REDSHIFT_DATABASE": self.redshift.database,
            "DE_AGENT_REDSHIFT_CA_FILE": str(self.redshift.ca_file),
        }

    def _gemini_variables(self) -> dict[str, str]:
        if self._gemini_key:
            return {"GEMINI_API_KEY": self._gemini_key}
        return {"GEMINI_API_KEY": API_KEY, "DE_AGENT_GEMINI_API_URL": self.gemini.url}


def _posted(story: Incident) -> Incident:
    """The story with alerts that say where they were posted, also where its author did not."""
    alerts = ({"type": "message", "channel": CHANNEL, **alert} for alert in story.alerts)
    return replace(story, alerts=tuple(alerts))


@contextmanager
def _blaming(story: Incident) -> Iterator[None]:
    """Whatever a story's rows cannot be made of is the story's to mend."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as wrong:
        told = f"missing {wrong}" if isinstance(wrong, KeyError) else str(wrong)
        raise IncidentWrong(f"{story.folder} cannot be made into a world: {told}") from wrong


def _environment(story: Incident) -> dict[str, object]:
    """The story's MWAA environment, {} when it names none."""
    if not story.environment and not story.mwaa:
        return {}
    return environment_object(
        story.mwaa, name=story.environment, airflow=story.airflow, log_groups=story.logs
    )
