"""The page's own requests: the document, its state as it changes, and what a person does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.http import Request, Response
from sandbox.slack.errors import SlackError
from sandbox.slack.people import People
from sandbox.slack.view import page_state
from sandbox.slack.workspace import Workspace

HERE = Path(__file__).parent / "page"
FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
# Nothing from outside and no inline script, so log text that became HTML would still do nothing.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
)
WAIT_SECONDS = 20.0
Json = dict[str, Any]  # Any: JSON as the page sends it


class Page:
    """Answers GET of the page and its state (long polling), and POST of what a person does."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace = workspace
        self._people = people
        self._closing = False
        self._acts: dict[str, Callable[[Json], object]] = {
            "/act/click": lambda a: people.click(
                a["channel"], a["ts"], a["action_id"], a.get("value", "")
            ),
            "/act/submit": lambda a: people.submit(a["view_id"], a["values"]),
            "/act/dismiss": lambda a: people.dismiss(a["view_id"]),
            "/act/write": lambda a: people.write(a["channel"], a["text"], a.get("thread_ts", "")),
        }

    def answer(self, request: Request) -> Response:
        if request.method == "POST" and request.path in self._acts:
            return self._act(request)
        if request.path == "/state":
            return self._state(request)
        if request.path not in FILES:
            return Response(404, b"nothing here; the page is at /", "text/plain")
        return self._file(*FILES[request.path])

    def close(self) -> None:
        """Let every waiting page go."""
        with self._workspace.change():
            self._closing = True

    def _file(self, name: str, kind: str) -> Response:
        text = (HERE / name).read_text("utf-8")
        if name == "page.html":
            text = text.replace("STATE", _within_html(page_state(self._workspace)))
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return Response(200, text.encode(), kind, headers)

    def _state(self, request: Request) -> Response:
        seen = int(request.query.get("since", ["-1"])[0])
        wait = 0.0 if self._closing else WAIT_SECONDS
        self._workspace.wait(seen, wait)
        return _json(200, page_state(self._workspace))

    def _act(self, request: Request) -> Response:
        # A page of another origin cannot send this header without asking first.
        if request.headers.get("x-sandbox") != "page":
            return _json(403, {"error": "only the page itself acts"})
        try:
            self._acts[request.path](json.loads(request.body))
        except SlackError as refusal:
            return _json(400, {"error": refusal.code})
        except (ValueError, KeyError, TypeError) as error:
            return _json(400, {"error": f"not readable: {error}"})
        return _json(200, {"ok": True})


def _within_html(state: Json) -> str:
    """JSON that cannot end the element that holds it."""
    return json.dumps(state).replace("<", "\\u003c")


def _json(status: int, body: object) -> Response:
    return Response(status, json.dumps(body).encode(), headers={"Cache-Control": "no-store"})
