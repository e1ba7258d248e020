"""The one loop: the model asks for tools until it can answer, or a budget ends it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from slack_bridge.message.wording import say, told
from slack_bridge.toolbox import Declared, ToolText

Json = Mapping[str, Any]  # Any: JSON values
Progress = Callable[[str], Awaitable[None]]
# Kept back for the last answer.
LAST_SECONDS = 15.0
LAST_TOKENS = 1_500
AT_ONCE = 6


class ModelFailed(Exception):
    """The model gave nothing that can be used; the text says why, for a person.

    `turns` and `tokens` say what it took all the same.
    """

    turns: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class ToolCall:
    """One call the model asks for; `id` goes back with its answer."""

    name: str
    arguments: Json
    id: str = ""


@dataclass(frozen=True)
class Said:
    """A turn of ours in words."""

    text: str


@dataclass(frozen=True)
class Reply:
    """A turn of the model: calls, or an answer in words. `raw` goes back to it unchanged."""

    calls: tuple[ToolCall, ...] = ()
    text: str = ""
    tokens: int = 0
    raw: object = None


@dataclass(frozen=True)
class Returned:
    """A turn of ours: the answers to all calls of the turn before, in their order."""

    answers: tuple[tuple[ToolCall, ToolText], ...]


Turn = Said | Reply | Returned


class Model(Protocol):
    """A model that can call tools. `next` and `conclude` raise ModelFailed."""

    async def next(self, turns: Sequence[Turn], tools: Sequence[Declared]) -> Reply: ...

    async def conclude(self, turns: Sequence[Turn], schema: Json) -> Reply:
        """The answer as JSON text of this schema, without tools."""
        ...

    async def close(self) -> None: ...


class Tools(Protocol):
    """What `Toolbox` does."""

    async def declared(self) -> Sequence[Declared]: ...
    async def call(self, name: str, arguments: Json) -> ToolText: ...


@dataclass(frozen=True)
class Budget:
    """What one investigation may use."""

    turns: int = 10
    calls: int = 20
    tokens: int = 60_000
    seconds: float = 60.0


@dataclass(frozen=True)
class Conclusion:
    """The model's last words as JSON text, and what they took."""

    text: str
    turns: int
    tokens: int


@dataclass
class _Spent:
    budget: Budget
    turns: int = 0
    calls: int = 0
    tokens: int = 0
    last: int = 0
    began: float = field(default_factory=time.monotonic)

    def took(self, reply: Reply) -> None:
        self.turns += 1
        self.tokens += reply.tokens
        self.last = reply.tokens

    @property
    def seconds_left(self) -> float:
        return self.budget.seconds - (time.monotonic() - self.began)

    @property
    def is_over(self) -> bool:
        """No further turn with tools fits beside the last answer, each as large as the last one."""
        return (
            self.turns >= self.budget.turns - 1
            or self.calls >= self.budget.calls
            or self.tokens + 2 * self.last + LAST_TOKENS > self.budget.tokens
            or self.seconds_left <= LAST_SECONDS
        )


async def investigate(
    model: Model, tools: Tools, opening: str, schema: Json, budget: Budget, progress: Progress
) -> Conclusion:
    """Ask, call, ask again; at any limit answer with what there is. Raises ModelFailed."""
    spent = _Spent(budget)
    try:
        async with asyncio.timeout(budget.seconds):
            turns = await _explored(model, tools, opening, spent, progress)
            turns.append(Said(say("model.conclude")))
            reply = await model.conclude(turns, schema)
    except ModelFailed as error:
        error.turns, error.tokens = spent.turns, spent.tokens
        raise
    except TimeoutError as error:
        late = ModelFailed(say("model.no_answer", seconds=f"{budget.seconds:.0f}"))
        late.turns, late.tokens = spent.turns, spent.tokens
        raise late from error
    spent.took(reply)
    return Conclusion(reply.text, spent.turns, spent.tokens)


async def _explored(
    model: Model, tools: Tools, opening: str, spent: _Spent, progress: Progress
) -> list[Turn]:
    """All turns until the model stops calling tools or a limit is met."""
    declared = await tools.declared()
    turns: list[Turn] = [Said(opening)]
    while not spent.is_over:
        try:
            async with asyncio.timeout(spent.seconds_left - LAST_SECONDS):
                reply = await model.next(turns, declared)
                spent.took(reply)
                answers = await _called(tools, reply.calls, spent, progress)
        except (TimeoutError, ModelFailed):
            # What was read so far is worth an answer; without any there is nothing to conclude.
            if len(turns) == 1:
                raise
            return turns
        turns.append(reply)
        if not reply.calls:
            return turns
        turns.append(Returned(answers))
        if _goes_round(turns):
            return turns
    return turns


def _goes_round(turns: Sequence[Turn]) -> bool:
    """Twice on end nothing but calls that were not made: it will not get further."""
    last = [turn for turn in turns if isinstance(turn, Returned)][-2:]
    return len(last) == 2 and not any(text.raw for turn in last for _, text in turn.answers)


async def _called(
    tools: Tools, calls: Sequence[ToolCall], spent: _Spent, progress: Progress
) -> tuple[tuple[ToolCall, ToolText], ...]:
    """All answers side by side; calls beyond the budget are answered by its end."""
    room = max(spent.budget.calls - spent.calls, 0)
    taken, refused = calls[: min(room, AT_ONCE)], calls[min(room, AT_ONCE) :]
    spent.calls += len(taken)
    if taken:
        await progress(_step(taken))
    texts = await asyncio.gather(*(tools.call(call.name, call.arguments) for call in taken))
    none_left = spent.calls >= spent.budget.calls
    no = ToolText(say("toolbox.spent" if none_left else "toolbox.many"), failed=True)
    return (*zip(taken, texts, strict=True), *((call, no) for call in refused))


def _step(calls: Sequence[ToolCall]) -> str:
    """What these calls do in one line: "Reading the log of load; reading the run of orders"."""
    verbs = list(dict.fromkeys(told("verbs", call.name, call.arguments) for call in calls))
    return "; ".join([*verbs[:1], *(verb[:1].lower() + verb[1:] for verb in verbs[1:3])])
