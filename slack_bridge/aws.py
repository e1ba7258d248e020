"""AWS for the bridge: handing jobs to a Lambda function, and secrets from Secrets Manager."""

import json
from functools import lru_cache
from typing import Any

from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed
from slack_bridge.settings import SettingsWrong

# Slack waits 3 s; a hand-over that takes longer is better refused, so that Slack sends it again.
CONNECT_SECONDS, READ_SECONDS = 1, 1.5


@lru_cache(maxsize=8)
def client(service: str, tries: int = 1) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """A client of this process; by default it tries once and briefly, as the receiver must."""
    import boto3  # late: half of the receiver's cold start
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS if tries == 1 else 2 * READ_SECONDS,
        retries={"total_max_attempts": tries, "mode": "standard"},
        max_pool_connections=40,
    )
    return boto3.client(service, config=config)


def errors() -> tuple[type[Exception], ...]:
    """What a client raises: the service refused, or it could not be reached."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def code_of(error: Exception) -> str:
    """The service's code of an error, "" when it was not reached."""
    answer = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code", ""))


class LambdaHandOver:
    """Hands a job to the diagnostic function and does not wait for its answer."""

    def __init__(self, function_name: str) -> None:
        self.function_name = function_name

    def __call__(self, job: Job) -> bool:
        """Invoke asynchronously; HandOverFailed when Lambda did not take the job."""
        body = job.to_json().encode()
        lambda_ = client("lambda")
        try:
            answer = lambda_.invoke(
                FunctionName=self.function_name, InvocationType="Event", Payload=body
            )
        except errors() as error:
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
        secrets = client("secretsmanager")
        try:
            said = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
        except errors() as error:
            if needed:
                raise SettingsWrong(f"secretsmanager:GetSecretValue on {name}: {error}") from error
            continue
        except (KeyError, ValueError) as error:
            raise SettingsWrong(f"secret {name} must hold a JSON object of variables") from error
        found |= {k: v for k, v in said.items() if isinstance(v, str)}
    return found
