"""What the server and its commands log."""

import logging
import subprocess
import sys

import pytest

from mcp_server.log_lines import FORM, Short, Whole

SECRET = "postgresql://etl:S3cretS3cret@dw:5439/dev"


def record() -> logging.LogRecord:
    try:
        try:
            raise KeyError("orders")
        except KeyError as first:
            raise RuntimeError(f"no {SECRET}") from first
    except RuntimeError:
        caught = sys.exc_info()
    return logging.LogRecord("a", logging.ERROR, __file__, 1, "it failed", (), caught)


@pytest.mark.parametrize("form", [Short, Whole])
def test_no_secret_of_an_exception_is_logged(form: type[Whole]) -> None:
    assert "S3cretS3cret" not in form(FORM).format(record())


def test_at_a_shell_an_exception_is_its_words_and_the_line_that_raised_it() -> None:
    told = Short(FORM).format(record())
    assert len(told.splitlines()) == 2
    assert told.splitlines()[1].startswith("KeyError at ")
    assert told.endswith(": 'orders'")


def test_a_server_logs_the_traceback() -> None:
    assert "Traceback (most recent call last)" in Whole(FORM).format(record())


CRASHING = """
import anyio
from mcp import Client
from mcp_server.backends import Backends
from mcp_server.server import build_server
from mcp_server.settings import Settings
class Broken:
    async def names(self):
        raise RuntimeError("boom")
async def main():
    backends = Backends(environments=Broken(), airflow=lambda name: None)
    async with Client(build_server(backends, Settings())) as client:
        await client.call_tool("check_airflow", {})
anyio.run(main)
"""


def test_a_crash_is_logged_in_plain_lines() -> None:
    ended = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", CRASHING], capture_output=True, text=True, timeout=60, check=False
    )
    assert "RuntimeError: boom" in ended.stderr
    assert "│" not in ended.stderr
