"""Hand-over and secrets over the real boto3, against a local server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from slack_bridge import aws
from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed
from slack_bridge.settings import SettingsWrong


class Service(BaseHTTPRequestHandler):
    """Lambda's Invoke and Secrets Manager's GetSecretValue, as they are on the wire."""

    status: ClassVar[int] = 202
    seen: ClassVar[list[tuple[str, str, bytes]]] = []
    secrets: ClassVar[dict[str, str]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "X-Amz-Target" in self.headers:
            self._secret(json.loads(body)["SecretId"])
            return
        self.seen.append((self.path, self.headers["X-Amz-Invocation-Type"], body))
        self._send(self.status, {} if self.status < 300 else {"Message": "Rate exceeded"})

    def _secret(self, name: str) -> None:
        found = self.secrets.get(name)
        missing = {"__type": "ResourceNotFoundException", "message": "no such secret"}
        self._send(
            200 if found else 400, {"Name": name, "SecretString": found} if found else missing
        )

    def _send(self, status: int, said: dict[str, str]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "DEFAULT_REGION"):
        monkeypatch.setenv(f"AWS_{name}", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    Service.status, Service.seen, Service.secrets = 202, [], {}
    aws.client.cache_clear()
    yield server
    aws.client.cache_clear()
    server.shutdown()
    server.server_close()


def test_a_job_is_handed_over_without_waiting_for_its_answer() -> None:
    job = Job("alert", "T1", "C1", "1.0", "1.0", alert={"dag_id": "x"})
    assert aws.LambdaHandOver("de-agent-dev-diagnostic")(job)
    ((path, kind, body),) = Service.seen
    assert "functions/de-agent-dev-diagnostic/invocations" in path
    assert kind == "Event"
    assert Job.from_json(body) == job


@pytest.mark.parametrize("status", [429, 500, 403, 200])
def test_a_refused_hand_over_fails_once_and_at_once(status: int) -> None:
    Service.status = status
    with pytest.raises(HandOverFailed, match="de-agent-dev-diagnostic"):
        aws.LambdaHandOver("de-agent-dev-diagnostic")(Job("alert", "T1", "C1", "1.0", "1.0"))
    assert len(Service.seen) == 1


def test_secrets_are_read_by_stage() -> None:
    Service.secrets = {"de-agent/dev/slack": '{"SLACK_BOT_TOKEN": "xoxb-1"}'}
    assert aws.read_secrets("de-agent/dev") == {"SLACK_BOT_TOKEN": "xoxb-1"}


def test_a_missing_or_unreadable_secret_is_named() -> None:
    with pytest.raises(SettingsWrong, match="de-agent/prod/slack"):
        aws.read_secrets("de-agent/prod")
    Service.secrets = {"de-agent/dev/slack": "xoxb-1"}
    with pytest.raises(SettingsWrong, match="JSON object"):
        aws.read_secrets("de-agent/dev")
