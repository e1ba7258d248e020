"""The receiver as a Lambda behind API Gateway."""

import base64
import json
from typing import Any

import pytest
from receiver_support import ALERT, NOW, SECRET, Taken, envelope, headers

from slack_bridge import receiver as receiving
from slack_bridge.receiver import Receiver


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def receiver(taken: Taken) -> Receiver:
    return Receiver(SECRET, taken, clock=lambda: NOW)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("encoded", [True, False])
def test_lambda_reads_both_payload_versions(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, taken: Taken, version: str, encoded: bool
) -> None:
    monkeypatch.setitem(receiving._made, "receiver", receiver)
    body = json.dumps(envelope(ALERT)).encode()
    event: dict[str, Any] = {
        "version": version,
        "isBase64Encoded": encoded,
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
    }
    if version == "1.0":
        event |= {
            "path": "/slack/events",
            "headers": None,
            "multiValueHeaders": {k: [v] for k, v in headers(body).items()},
        }
    else:
        event |= {
            "rawPath": "/slack/events",
            "headers": {k.lower(): v for k, v in headers(body).items()},
        }
    assert receiving.handler(event, None)["statusCode"] == 200
    assert len(taken.jobs) == 1


def test_lambda_without_settings_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(receiving._made, "receiver", raising=False)
    for name in ("SLACK_SIGNING_SECRET", "DIAGNOSTIC_LAMBDA_NAME", "DE_AGENT_SECRETS_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    assert receiving.handler({"rawPath": "/slack/events", "body": "{}"}, None)["statusCode"] == 500
    said = capsys.readouterr().err
    assert "SLACK_SIGNING_SECRET is not set" in said
    assert "DIAGNOSTIC_LAMBDA_NAME is not set" in said
