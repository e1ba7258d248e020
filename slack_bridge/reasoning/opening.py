"""What the model is told first: the static instruction, then the alert and the rules' findings."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from mcp_server.diagnostics.redact import redact
from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.message.text import plain
from slack_bridge.message.wording import section

PROMPT = Path(__file__).with_name("prompt.md")
MOST_SAID = 4_000
ALERT_FIELDS = (
    *("dag_id", "task_id", "run_id", "logical_date", "try_number", "map_index"),
    *("environment_hint", "exception"),
)
Fenced = Callable[[str, str], str]


@cache
def instruction() -> str:
    """The system prompt: prompt.md and the taxonomy. Always the same, so that it can be cached."""
    slugs = (f"* `{slug}`: {meaning}" for slug, meaning in section("categories").items())
    return PROMPT.read_text(encoding="utf-8").rstrip() + "\n\n" + "\n".join(slugs) + "\n"


def about_alert(alert: Mapping[str, Any], at: datetime, rules: Diagnosis, fenced: Fenced) -> str:
    """The first turn about an alert; everything that others wrote stands between marks."""
    return "\n\n".join(
        [
            f"An alert came at {_utc(at)}. Find out why this failed.",
            fenced(_alert_text(alert), "alert"),
            "What the rules found so far (result 0):",
            fenced(findings(rules), "findings"),
        ]
    )


def about_question(question: str, thread: str, at: datetime, fenced: Fenced) -> str:
    """The first turn about a colleague's question in a thread."""
    parts = [f"A colleague asks at {_utc(at)}:", fenced(_short(question), "question")]
    if thread:
        parts += ["The thread so far:", fenced(_short(thread), "thread")]
    return "\n\n".join(parts)


def findings(rules: Diagnosis) -> str:
    """A diagnosis as lines a model can quote."""
    return redact("\n".join(_findings(rules)))


def _findings(rules: Diagnosis) -> Iterator[str]:
    named = (
        *("environment", "dag_id", "run_id", "task_id", "map_index", "try_number", "max_tries"),
        *("state", "operator", "failed_at", "owner", "category", "confidence", "cause"),
        *("root_task_id", "before", "can_wait", "safe_to_rerun", "recovered"),
    )
    for name in named:
        if (said := getattr(rules, name)) not in ("", 0, -1):
            yield f"{name}: {said}"
    yield from (f"waits for it: {name}" for name in rules.blocked)
    yield from (f"[{p.id}] {p.quote}   ({p.place})" for p in rules.evidence)
    yield from (f"[{c.id}] changed before it: {c.quote}   ({c.place})" for c in rules.changes)
    yield from (f"not checked: {part.what}: {part.why}" for part in rules.not_checked)
    yield from (f"next step: {step}" for step in rules.next_steps)
    yield from ("log digest:", rules.digest) if rules.digest else ()


def _alert_text(alert: Mapping[str, Any]) -> str:
    lines = [f"{name}: {alert[name]}" for name in ALERT_FIELDS if alert.get(name) is not None]
    return _short("\n".join(lines))


def _short(text: str) -> str:
    # A model reads what nobody sees, tags and zero widths too.
    lines = (plain(line, len(line) + MOST_SAID) for line in redact(text).splitlines())
    return "\n".join(lines)[:MOST_SAID]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
