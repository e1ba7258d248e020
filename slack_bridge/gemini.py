"""Gemini as the investigation's model, over google-genai with a loop of our own."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any

from slack_bridge.investigation import Json, ModelFailed, Reply, Returned, Said, ToolCall, Turn
from slack_bridge.log import log_line
from slack_bridge.message.wording import say
from slack_bridge.settings import Settings
from slack_bridge.toolbox import Declared

if TYPE_CHECKING:
    from google.genai import types

# One request may take this long; the API's own default is to wait for ever, without retries.
REQUEST_SECONDS = 25.0
ATTEMPTS = 4
FIRST_DELAY, MOST_DELAY = 0.5, 4.0
RETRIED = [429, 500, 502, 503, 504]
# Thoughts count too: a cut answer is worth nothing.
MOST_TOKENS = 8_192


class Gemini:
    """One client for all investigations; `system` is the static instruction."""

    def __init__(self, settings: Settings, system: str) -> None:
        from google import genai  # late: half a second that a receiver must not pay
        from google.genai import types

        self._model = settings.gemini_model
        self._system = system
        self._client = genai.Client(
            api_key=settings.gemini_api_key,
            http_options=types.HttpOptions(
                base_url=settings.gemini_api_url or None,
                timeout=round(REQUEST_SECONDS * 1_000),
                retry_options=types.HttpRetryOptions(
                    attempts=ATTEMPTS,
                    initial_delay=FIRST_DELAY,
                    max_delay=MOST_DELAY,
                    http_status_codes=RETRIED,
                ),
            ),
        )

    async def next(self, turns: Sequence[Turn], tools: Sequence[Declared]) -> Reply:
        """One turn with tools: calls, or an answer in words. Raises ModelFailed."""
        from google.genai import types

        config = self._config(tools=[types.Tool(function_declarations=_declarations(tools))])
        return _reply(await self._generated(turns, config))

    async def conclude(self, turns: Sequence[Turn], schema: Json) -> Reply:
        """One turn without tools, as JSON text of the schema. Raises ModelFailed."""
        config = self._config(
            response_mime_type="application/json", response_json_schema=dict(schema)
        )
        reply = _reply(await self._generated(turns, config))
        if reply.calls or not reply.text:
            raise ModelFailed(say("model.prose"))
        return reply

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aio.aclose()
        self._client.close()

    def _config(self, **more: Any) -> "types.GenerateContentConfig":  # noqa: ANN401 - the SDK's own fields
        from google.genai import types

        return types.GenerateContentConfig(
            system_instruction=self._system,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            thinking_config=self._thinking(),
            max_output_tokens=MOST_TOKENS,
            **more,
        )

    def _thinking(self) -> "types.ThinkingConfig | None":
        from google.genai import types

        # Models before 3 refuse the level.
        if self._model.startswith(("gemini-1", "gemini-2")):
            return None
        return types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)

    async def _generated(
        self, turns: Sequence[Turn], config: "types.GenerateContentConfig"
    ) -> "types.GenerateContentResponse":
        contents = [_content(turn) for turn in turns]
        return await _explained(
            self._client.aio.models.generate_content(
                model=self._model, contents=contents, config=config
            )
        )


async def _explained(
    asked: "Awaitable[types.GenerateContentResponse]",
) -> "types.GenerateContentResponse":
    """The response; what can go wrong on the way becomes a reason for a person."""
    from google.genai import errors

    try:
        async with asyncio.timeout(REQUEST_SECONDS + 1):
            return await asked
    except errors.APIError as error:
        log_line("gemini refused", code=error.code, status=error.status)
        raise ModelFailed(_refusal(error.code, f"{error.code} {error.status}")) from error
    except TimeoutError as error:
        raise ModelFailed(say("model.no_answer", seconds=f"{REQUEST_SECONDS:g}")) from error
    except Exception as error:
        # httpx2 and what lies below it raise many kinds; none of them is an answer.
        name = type(error).__name__
        log_line("gemini not reached", error=name)
        slow = "Timeout" in name
        key = "model.no_answer" if slow else "model.unreachable"
        raise ModelFailed(say(key, seconds=f"{REQUEST_SECONDS:g}")) from error


def _refusal(code: int, status: str) -> str:
    kinds = {401: "denied", 403: "denied", 404: "denied", 429: "quota"}
    kind = kinds.get(code, "down" if code >= 500 else "refused")
    return say(f"model.{kind}", status=status)


def _declarations(tools: Sequence[Declared]) -> "list[types.FunctionDeclaration]":
    from google.genai import types

    return [
        types.FunctionDeclaration(
            name=tool.name, description=tool.description, parameters_json_schema=dict(tool.schema)
        )
        for tool in tools
    ]


def _content(turn: Turn) -> "types.Content":
    from google.genai import types

    if isinstance(turn, Said):
        return types.Content(role="user", parts=[types.Part(text=turn.text)])
    if isinstance(turn, Returned):
        parts = [
            types.Part(
                function_response=types.FunctionResponse(
                    id=call.id or None,
                    name=call.name,
                    response={"error" if answer.failed else "output": answer.text},
                )
            )
            for call, answer in turn.answers
        ]
        return types.Content(role="user", parts=parts)
    # The model's own turn goes back as it came: it carries thought signatures.
    if isinstance(turn.raw, types.Content):
        return turn.raw
    return types.Content(role="model", parts=[types.Part(text=turn.text)])


def _reply(response: "types.GenerateContentResponse") -> Reply:
    """Calls or text of the first candidate. Raises ModelFailed for one that says nothing."""
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        raise ModelFailed(say("model.blocked", reason=feedback.block_reason.name))
    candidate = response.candidates[0] if response.candidates else None
    content = candidate.content if candidate else None
    finish = candidate.finish_reason.name if candidate and candidate.finish_reason else "none"
    parts = (content.parts if content else None) or []
    calls = tuple(
        ToolCall(
            part.function_call.name or "",
            part.function_call.args or {},
            part.function_call.id or "",
        )
        for part in parts
        if part.function_call
    )
    text = "".join(part.text for part in parts if part.text and not part.thought)
    if finish == "MAX_TOKENS" and not calls:
        raise ModelFailed(say("model.cut"))
    if not calls and not text.strip():
        raise ModelFailed(say("model.empty", reason=finish))
    usage = response.usage_metadata
    return Reply(calls, text, (usage.total_token_count or 0) if usage else 0, content)
