"""Lambda's events: a job, a schedule, records of the failure queue; SQS over the real boto3."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from slack_bridge import aws, worker
from slack_bridge.incidents import StoreUnavailable
from slack_bridge.job import Job, JobWrong
from slack_bridge.receiving import lambda_events
from slack_bridge.receiving.lambda_events import ENDING_SECONDS, Run, handle
from slack_bridge.settings import SettingsWrong

pytestmark = pytest.mark.anyio
JOB = Job("alert", "T1", "C1", "1.0", "1.0", alert={"dag_id": "x"})


@dataclass
class Works:
    """Notes what it is asked; refuses the jobs it is told to."""

    answered: list[tuple[str, str]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    swept: int = 0

    async def answer(self, job: Job, owner: str = "", seconds: float = 0) -> None:
        if job.ts in self.refuses:
            raise StoreUnavailable("dynamodb:UpdateItem")
        self.answered.append((job.ts, owner))

    async def sweep(self, seconds: float = 0) -> None:
        self.swept += 1

    async def settle(self) -> None:
        """Nothing runs beside."""


def run() -> Run:
    return Run("request-1", 190, time.monotonic())


def as_event(job: Job) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(job.to_json())
    return said


async def test_a_job_is_answered_under_its_request_id() -> None:
    works = Works()
    assert await handle(works, as_event(JOB), run()) == {"answered": "1.0"}
    assert works.answered == [("1.0", "request-1")]


async def test_a_job_that_fails_raises_so_that_lambda_tries_again() -> None:
    with pytest.raises(StoreUnavailable):
        await handle(Works(refuses={"1.0"}), as_event(JOB), run())


async def test_records_of_the_failure_queue_are_answered_and_bad_ones_stay() -> None:
    works = Works(refuses={"2.0"})
    destination = {"requestContext": {"condition": "RetriesExhausted"}, "responsePayload": {}}
    other = Job("alert", "T1", "C1", "2.0", "2.0")
    records = [
        {"messageId": "a", "body": json.dumps(destination | {"requestPayload": as_event(JOB)})},
        {"messageId": "b", "body": json.dumps(as_event(other))},
        {"messageId": "c", "body": "not json"},
    ]
    said = await handle(works, {"Records": records}, run())
    assert works.answered == [("1.0", "request-1")]
    assert said == {"batchItemFailures": [{"itemIdentifier": "b"}]}


async def test_an_event_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(JobWrong, match="neither a job"):
        await handle(Works(), {"detail": {}}, run())


def test_a_run_keeps_time_for_its_end() -> None:
    assert run().left() == pytest.approx(190 - ENDING_SECONDS, abs=1)
    assert Run("r", 5, time.monotonic()).left() == 1.0


@pytest.fixture
def failure_queue(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url: str = aws.client("sqs", 3).create_queue(QueueName="failed")["QueueUrl"]
    monkeypatch.setenv("DE_AGENT_FAILURE_QUEUE_URL", url)
    yield url
    aws.client("sqs", 3).delete_queue(QueueUrl=url)


async def test_the_sweep_drains_the_failure_queue(failure_queue: str) -> None:
    sqs = aws.client("sqs", 3)
    for body in (json.dumps({"requestPayload": as_event(JOB)}), "not json"):
        sqs.send_message(QueueUrl=failure_queue, MessageBody=body)
    works = Works()
    assert await handle(works, {"source": "aws.events"}, run()) == {"swept": True}
    assert (works.answered, works.swept) == ([("1.0", "request-1")], 1)
    left = sqs.get_queue_attributes(QueueUrl=failure_queue, AttributeNames=["All"])["Attributes"]
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    assert [left[name] for name in counts] == ["0", "0"]


async def test_a_failed_job_that_fails_again_stays_in_its_queue_and_the_sweep_goes_on(
    failure_queue: str,
) -> None:
    sqs = aws.client("sqs", 3)
    sqs.send_message(QueueUrl=failure_queue, MessageBody=JOB.to_json())
    works = Works(refuses={"1.0"})
    await handle(works, {"source": "aws.scheduler"}, run())
    left = sqs.get_queue_attributes(QueueUrl=failure_queue, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert works.swept == 1


async def test_a_failure_queue_out_of_reach_does_not_stop_the_sweep(
    aws_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DE_AGENT_FAILURE_QUEUE_URL", "https://sqs/123/nowhere")
    works = Works()
    await handle(works, {"source": "aws.events"}, run())
    assert works.swept == 1
    assert "sqs:ReceiveMessage" in capsys.readouterr().err


class Context:
    """What Lambda passes beside the event."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 180_000


def test_the_handler_names_what_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    monkeypatch.delenv("DE_AGENT_SECRETS_PREFIX", raising=False)
    with pytest.raises(SettingsWrong, match="SLACK_BOT_TOKEN is not set"):
        worker.handler(as_event(JOB), Context())


def test_settings_come_with_the_secrets(monkeypatch: pytest.MonkeyPatch, aws_url: str) -> None:
    monkeypatch.setenv("DE_AGENT_SECRETS_PREFIX", "de-agent/test")
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    secrets = aws.client("secretsmanager")
    kept = json.dumps({"SLACK_BOT_TOKEN": "xoxb-1", "GEMINI_API_KEY": "k"})
    secrets.create_secret(Name="de-agent/test/slack", SecretString=kept)
    for name in ("SLACK_BOT_TOKEN", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    settings = lambda_events.settings()
    assert (settings.slack_bot_token, settings.gemini_api_key) == ("xoxb-1", "k")
