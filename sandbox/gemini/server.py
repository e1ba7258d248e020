"""A local Gemini that the real google-genai talks to; a script answers, see `scripts.py`."""

import json
import re
from typing import Any

from sandbox.calls import CallLog
from sandbox.faults import Faults
from sandbox.gemini.scripts import SCRIPTS, Script, Turn
from sandbox.gemini.signatures import Signatures
from sandbox.gemini.wire import (
    Conversation,
    GeminiError,
    Json,
    invalid,
    read_conversation,
    read_request,
)
from sandbox.http import HttpServer, Request, Response

API_KEY = "sandbox-gemini-key"
_PATH = re.compile(r"/(v1|v1beta)/models/([^:/]+):(\w+)")


class GeminiServer:
    """Serves generateContent and streamGenerateContent at `url`.

    `script` names the behaviour (a key of SCRIPTS) or is one; a test may change it while it runs.
    `requests` keeps each request's JSON.
    """

    def __init__(
        self,
        faults: Faults | None = None,
        calls: CallLog | None = None,
        script: str | Script = "honest",
    ) -> None:
        self.script = script
        self.requests: list[Json] = []
        self._faults = faults or Faults()
        self._calls = calls or CallLog()
        self._signatures = Signatures()
        self._http = HttpServer(self._answer)
        self.url = self._http.url

    def start(self) -> None:
        self._http.start()

    def close(self) -> None:
        self._http.close()

    def _answer(self, request: Request) -> Response:
        found = _PATH.fullmatch(request.path)
        operation = found.group(3) if found else request.path
        with self._calls.record("gemini", operation):
            try:
                return self._generated(request, found)
            except GeminiError as refusal:
                return refusal.response()

    def _generated(self, request: Request, found: re.Match[str] | None) -> Response:
        self._fail()
        if found is None or found.group(3) not in ("generateContent", "streamGenerateContent"):
            raise GeminiError(404, "NOT_FOUND", "")
        version, model, operation = found.groups()
        _check_caller(request, version, model)
        said = read_request(request.body)
        self.requests.append(said)
        self._signatures.check(said["contents"])
        talk = read_conversation(said)
        turn = self._script()(talk)
        answer = self._document(turn, talk, request, model)
        return _streamed(answer) if operation.startswith("stream") else _whole(answer)

    def _script(self) -> Script:
        return SCRIPTS[self.script] if isinstance(self.script, str) else self.script

    def _fail(self) -> None:
        # One fault covers both forms: a story does not know which one the bridge uses.
        kind = self._faults.of("gemini", "generateContent")
        self._faults.wait(kind)
        if kind == "denied":
            raise GeminiError(403, "PERMISSION_DENIED", "Your API key was reported as leaked.")
        if kind == "throttled":
            raise GeminiError(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.")
        if kind == "hang":
            raise GeminiError(503, "UNAVAILABLE", "The model is overloaded.")

    def _document(self, turn: Turn, talk: Conversation, request: Request, model: str) -> Json:
        parts = [dict(part) for part in turn.parts]
        self._signatures.sign(parts)
        if talk.thinks and turn.thought:
            parts.insert(0, {"text": turn.thought, "thought": True})
        asked, said = len(request.body) // 4, len(json.dumps(parts)) // 4
        usage = {"promptTokenCount": asked, "candidatesTokenCount": said, "thoughtsTokenCount": 8}
        about: dict[str, Any] = {  # Any: the API's JSON
            "usageMetadata": {**usage, "totalTokenCount": asked + said + 8},
            "modelVersion": model,
            "responseId": f"response-{len(self.requests)}",
        }
        if turn.blocked:
            return {"promptFeedback": {"blockReason": turn.blocked}, **about}
        content = {"content": {"role": "model", "parts": parts}} if parts else {}
        return {"candidates": [{"index": 0, **content, "finishReason": turn.finish}], **about}


def _check_caller(request: Request, version: str, model: str) -> None:
    key = request.headers.get("x-goog-api-key") or request.query.get("key", [""])[0]
    if not key:
        raise GeminiError(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")
    if key != API_KEY:
        raise invalid("API key not valid. Please pass a valid API key.")
    if not model.startswith("gemini-") or (version == "v1" and model.endswith("-latest")):
        raise GeminiError(
            404, "NOT_FOUND", f"models/{model} is not found for API version {version}."
        )


def _whole(answer: Json) -> Response:
    return Response(200, json.dumps(answer).encode(), "application/json; charset=UTF-8")


def _streamed(answer: Json) -> Response:
    """One event a part, the last one with the end and the counts."""
    events = [_event({**answer, **chunk}) for chunk in _chunks(answer)]
    return Response(200, b"".join(events), "text/event-stream")


def _chunks(answer: Json) -> list[Json]:
    candidates = answer.get("candidates")
    parts = candidates[0].get("content", {}).get("parts", []) if candidates else []
    if len(parts) < 2:
        return [{}]
    last = len(parts) - 1
    return [
        {
            "candidates": [
                {
                    "index": 0,
                    "content": {"role": "model", "parts": [part]},
                    **({"finishReason": "STOP"} if n == last else {}),
                }
            ]
        }
        for n, part in enumerate(parts)
    ]


def _event(document: Json) -> bytes:
    return f"data: {json.dumps(document)}\r\n\r\n".encode()
