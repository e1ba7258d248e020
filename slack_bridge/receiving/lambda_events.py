"""What a Lambda invocation asks: a job, a round of the sweep, or jobs that failed before."""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bridge.aws import read_secrets
from slack_bridge.job import Job, JobWrong
from slack_bridge.lifecycle.failed_jobs import Failed, FailedJobs, job_of
from slack_bridge.log import log_line, where
from slack_bridge.settings import Settings

# Kept back of the function's limit for ending honestly.
ENDING_SECONDS = 8.0
Json = Mapping[str, Any]  # Any: whatever invokes us sends


class Works(Protocol):
    """What `slack_bridge.worker.Worker` does."""

    async def answer(self, job: Job, owner: str = "", seconds: float = 0) -> None: ...
    async def sweep(self, seconds: float = 0) -> None: ...
    async def settle(self) -> None: ...


@dataclass(frozen=True)
class Run:
    """One invocation: its request id (the same over Lambda's own retries) and its limit."""

    request_id: str
    seconds: float
    began: float

    def left(self) -> float:
        """Seconds that a job may still take."""
        return max(self.seconds - ENDING_SECONDS - (time.monotonic() - self.began), 1.0)


async def handle(worker: Works, event: Json, run: Run) -> object:
    """Do what an event asks. An error makes Lambda try again, and then keep it as failed."""
    if isinstance(event.get("Records"), list):
        return await _records(worker, event["Records"], run)
    if "kind" in event:
        job = Job.from_json(json.dumps(dict(event)))
        await worker.answer(job, run.request_id, run.left())
        await worker.settle()
        return {"answered": job.ts}
    if event.get("source") in ("aws.events", "aws.scheduler") or event.get("sweep"):
        await _sweep(worker, run)
        return {"swept": True}
    raise JobWrong(f"neither a job, a schedule nor a queue's records: {sorted(event)[:8]}")


def settings() -> Settings:
    """The function's settings, with its secrets."""
    known = dict(os.environ)
    prefix = known.get("DE_AGENT_SECRETS_PREFIX", "")
    secrets = read_secrets(prefix) if prefix else {}
    # Gemini's client and the tools read the environment as well.
    os.environ.update({name: text for name, text in secrets.items() if name not in known})
    return Settings.from_environment(known | secrets, "worker")


def left(context: Any) -> float:  # noqa: ANN401 - Lambda's own object
    """Seconds until Lambda ends this invocation."""
    return float(context.get_remaining_time_in_millis()) / 1000


async def _sweep(worker: Works, run: Run) -> None:
    queue = FailedJobs(os.environ.get("DE_AGENT_FAILURE_QUEUE_URL", ""))
    messages = await queue.receive()
    await asyncio.gather(*(_again(worker, queue, message, run) for message in messages))
    await worker.sweep(run.left())
    await worker.settle()


async def _again(worker: Works, queue: FailedJobs, message: Failed, run: Run) -> None:
    """One job of the failure queue once more; one that fails again stays there."""
    try:
        if message.job is not None:
            await worker.answer(message.job, run.request_id, run.left())
    except Exception as error:  # noqa: BLE001 - top level: one job must not cost the others
        log_line("not answered", ts=message.job and message.job.ts, error=where(error))
    else:
        await queue.delete(message)


async def _records(worker: Works, records: list[Json], run: Run) -> Json:
    """Records of the failure queue; those not answered stay in it."""
    failed = []
    for record in records:
        try:
            await worker.answer(job_of(str(record.get("body"))), run.request_id, run.left())
        except JobWrong as error:
            log_line("no job in the failure queue", error=str(error))
        except Exception as error:  # noqa: BLE001 - top level: one record must not cost the others
            log_line("not answered", message=record.get("messageId"), error=where(error))
            failed.append({"itemIdentifier": record.get("messageId")})
    await worker.settle()
    return {"batchItemFailures": failed}
