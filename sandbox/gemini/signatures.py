"""Thought signatures: Gemini refuses a history whose function calls lost or changed theirs."""

import base64
import binascii
import itertools
import json
import threading
from collections.abc import Sequence

from sandbox.gemini.wire import Json, answers_of, calls_of, invalid


class Signatures:
    """Signs each turn of calls and checks the histories that come back."""

    def __init__(self) -> None:
        self._made: dict[bytes, str] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def sign(self, parts: list[Json]) -> None:
        """Give each call an id and the first one the turn's signature, in place."""
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        if not calls:
            return
        with self._lock:
            for call in calls:
                call["id"] = f"call_{next(self._numbers)}"
            signature = f"thought-{next(self._numbers)}".encode()
            self._made[signature] = _told(calls)
        first = next(part for part in parts if "functionCall" in part)
        first["thoughtSignature"] = base64.b64encode(signature).decode()

    def check(self, contents: Sequence[Json]) -> None:
        """Raise GeminiError unless every turn of calls is as it was, and answered in full."""
        for number, content in enumerate(contents):
            calls = calls_of(content)
            if not calls:
                continue
            self._check_signature(calls, number)
            _check_answers(calls, contents[number + 1] if number + 1 < len(contents) else {})

    def _check_signature(self, calls: list[Json], number: int) -> None:
        said = str(calls[0].get("thoughtSignature") or "")
        name = calls[0]["functionCall"].get("name")
        if not said:
            raise invalid(
                "Function call is missing a thought_signature in functionCall parts. This is "
                f"required for tools to work correctly. Function call `{name}`, position {number}."
            )
        if self._made.get(_decoded(said)) != _told([part["functionCall"] for part in calls]):
            raise invalid(f"Thought signature is not valid for function call `{name}`.")


def _check_answers(calls: list[Json], content: Json) -> None:
    answers = answers_of(content)
    if len(answers) != len(calls):
        raise invalid(
            "Please ensure that the number of function response parts is equal to the number of "
            "function call parts of the function call turn."
        )
    for part, answer in zip(calls, answers, strict=True):
        call = part["functionCall"]
        if answer.get("name") != call.get("name") or answer.get("id") != call.get("id"):
            raise invalid(
                f"Function response {answer.get('name')!r} ({answer.get('id')!r}) does not match "
                f"function call {call.get('name')!r} ({call.get('id')!r})."
            )
        if not isinstance(answer.get("response"), dict):
            raise invalid("function_response.response: must be a Struct")


def _told(calls: Sequence[Json]) -> str:
    return json.dumps([[c.get("id"), c.get("name"), c.get("args") or {}] for c in calls])


def _decoded(said: str) -> bytes:
    # The SDK sends the URL-safe alphabet.
    try:
        return base64.b64decode(said.replace("-", "+").replace("_", "/") + "==")
    except binascii.Error:
        return b""
