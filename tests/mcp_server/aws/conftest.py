"""Fixtures of the tests that reach AWS."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from reached_aws import LocalAws


@pytest.fixture
def local_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """Not started yet: `serve(...)` starts it with faults."""
    aws = LocalAws()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield aws
    aws.close()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries only: how often is what tests look at, not how long."""
    monkeypatch.setattr("mcp_server.aws.pacing.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("mcp_server.aws.pacing.LONGEST_PAUSE", 0.02)


@pytest.fixture
def serve(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LocalAws]:
    """Start the local AWS with these faults, as it is filled by then."""

    def start(faults: Mapping[str, str] | None = None) -> LocalAws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.start(faults or {}))
        return local_aws

    return start
