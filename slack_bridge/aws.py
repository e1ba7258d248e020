"""AWS for the bridge: handing jobs to a Lambda function, and secrets from Secrets Manager."""

import json
from functools import lru_cache
from typing import Any

from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed
from slack_bridge.settings import SettingsWrong

# Slack waits 3 s; a hand-over that takes longer is better refused, so that Slack sends it again.
CONNECT_SECONDS, READ_SECONDS = 1, 1.5


@lru_cache(maxsize=4)
def _client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    import boto3  # late: half of the receiver's cold start
    from botocore.config import Config

    once = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1},
    )
    return boto3.client(service, config=once)


def _errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


class LambdaHandOver:
    """Hands a job to the diagnostic function and does not wait for its answer."""

    def __init__(self, function_name: str) -> None:
        self.function_name = function_name

    def __call__(self, job: Job) -> bool:
        """Invoke asynchronously; HandOverFailed when Lambda did not take the job."""
        body = job.to_json().encode()
        client = _client("lambda")
        try:
            answer = client.invoke(
                FunctionName=self.function_name, InvocationType="Event", Payload=body
            )
        except _errors() as error:
            raise HandOverFailed(
                f"lambda:InvokeFunction on {self.function_name}: {error}"
            ) from error
        if answer.get("StatusCode") != 202:
            raise HandOverFailed(
                f"{self.function_name} answered {answer.get('StatusCode')}, not 202"
            )
        return True


def read_secrets(prefix: str) -> dict[str, str]:
    """The variables kept under `<prefix>/slack` and `<prefix>/gemini`, each a JSON object.

    SettingsWrong names the secret that could not be read; a missing Gemini secret is no error.
    """
    found: dict[str, str] = {}
    for name, needed in ((f"{prefix}/slack", True), (f"{prefix}/gemini", False)):
        client = _client("secretsmanager")
        try:
            said = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
        except _errors() as error:
            if needed:
                raise SettingsWrong(f"secretsmanager:GetSecretValue on {name}: {error}") from error
            continue
        except (KeyError, ValueError) as error:
            raise SettingsWrong(f"secret {name} must hold a JSON object of variables") from error
        found |= {k: v for k, v in said.items() if isinstance(v, str)}
    return found
