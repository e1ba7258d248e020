"""Jobs that Lambda gave up, in the SQS queue of its failure destination."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from anyio import to_thread

from slack_bridge.aws import client, errors
from slack_bridge.job import Job, JobWrong
from slack_bridge.log import log_line

MOST_A_ROUND = 10


@dataclass(frozen=True)
class Failed:
    """A message of the queue; without a job when it holds none."""

    receipt: str
    job: Job | None


class FailedJobs:
    """The queue at this address; none when the address is empty."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def receive(self) -> Sequence[Failed]:
        """At most ten; they come back unless they are deleted. Empty when SQS is out of reach."""
        if not self._url:
            return ()
        try:
            said = await to_thread.run_sync(
                lambda: client("sqs", 3).receive_message(
                    QueueUrl=self._url, MaxNumberOfMessages=MOST_A_ROUND, WaitTimeSeconds=0
                )
            )
        except errors() as error:
            log_line("failure queue not read", error=f"sqs:ReceiveMessage on {self._url}: {error}")
            return ()
        return [_failed(m["ReceiptHandle"], m["Body"]) for m in said.get("Messages", ())]

    async def delete(self, message: Failed) -> None:
        """It is answered, or never can be."""
        try:
            await to_thread.run_sync(
                lambda: client("sqs", 3).delete_message(
                    QueueUrl=self._url, ReceiptHandle=message.receipt
                )
            )
        except errors() as error:
            # It comes back and is found claimed.
            log_line("failure queue not emptied", error=f"sqs:DeleteMessage: {error}")


def job_of(body: str) -> Job:
    """The job in a destination's record (its `requestPayload`) or in a plain message."""
    try:
        said = json.loads(body)
    except ValueError as error:
        raise JobWrong(f"a message of the failure queue must be JSON: {error}") from error
    payload = said.get("requestPayload", said) if isinstance(said, dict) else said
    return Job.from_json(json.dumps(payload))


def _failed(receipt: str, body: str) -> Failed:
    try:
        return Failed(receipt, job_of(body))
    except JobWrong as error:
        log_line("no job in the failure queue", error=str(error))
        return Failed(receipt, None)
