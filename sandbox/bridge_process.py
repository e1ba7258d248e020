"""The real bridge as its own process, living in a world."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 15.0
# What of the caller's environment would lead the bridge out of the world.
OUTSIDE = ("AWS_", "REDSHIFT_", "MWAA_", "SLACK_", "GEMINI_", "GOOGLE_", "DE_AGENT_", "DIAGNOSTIC_")


class BridgeFailed(Exception):
    """The bridge did not start, or ended; the text ends with its last lines."""


class BridgeProcess:
    """Context manager: `python -m slack_bridge listen` until the end; keeps its stderr's lines."""

    def __init__(self, environment: Mapping[str, str], arguments: Sequence[str] = ()) -> None:
        self.lines: list[str] = []
        self.url = ""
        self._environment = dict(environment)
        self._arguments = list(arguments)
        self._listening = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "slack_bridge", "listen", "--port", "0", *self._arguments],
            env=clean_environment() | self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C is ours to handle: the bridge ends when we tell it to.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_until_listening()
        except BaseException:
            # Also when the person has enough of waiting: no process stays behind.
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tail(self, count: int = 15) -> str:
        """Its last lines, for an error report."""
        return "\n".join(f"  {line}" for line in self.lines[-count:]) or "  (it said nothing)"

    def _wait_until_listening(self) -> None:
        if not self._listening.wait(START_SECONDS):
            raise BridgeFailed(f"the bridge did not start in {START_SECONDS:.0f} s:\n{self.tail()}")
        if not self.url:
            raise BridgeFailed("the bridge did not start:\n" + self.tail())

    def _read(self) -> None:
        process = self._process
        if process is None or process.stderr is None:
            return
        for line in process.stderr:
            self.lines.append(line.rstrip("\n"))
            if url := _listening_url(line):
                self.url = url
                self._listening.set()
        self._listening.set()

    def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()
        if process.stderr is not None:
            process.stderr.close()


def clean_environment() -> dict[str, str]:
    """The caller's environment without what reaches outside, with this code on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OUTSIDE)}
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH", "")]))
    return kept | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def _listening_url(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return ""
    is_ours = isinstance(said, dict) and said.get("event") == "listening"
    return str(said.get("url", "")) if is_ours else ""
