"""Settings of the bridge, read from the environment; every variable is listed here once."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

# Which variables a part cannot run without.
NEEDED = {
    "receiver": ("SLACK_SIGNING_SECRET", "DIAGNOSTIC_LAMBDA_NAME"),
    "listen": ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"),
    "socket": ("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"),
    "worker": ("SLACK_BOT_TOKEN",),
}


class SettingsWrong(Exception):
    """Variables are missing or unreadable; the text names all of them at once."""


def variable(name: str, meaning: str, default: object = "", *, secret: bool = False) -> Any:  # noqa: ANN401 - dataclasses.field is typed so too
    """One setting: its environment variable, what it means and what it is when unset."""
    notes = {"name": name, "meaning": meaning, "secret": secret}
    return field(default=default, repr=not secret, metadata=notes)


@dataclass(frozen=True)
class Settings:
    """Everything the bridge can be told; a secret never shows in its repr."""

    slack_bot_token: str = variable("SLACK_BOT_TOKEN", "bot token (xoxb-...)", secret=True)
    slack_signing_secret: str = variable(
        "SLACK_SIGNING_SECRET", "signing secret of the Slack app", secret=True
    )
    slack_app_token: str = variable(
        "SLACK_APP_TOKEN", "app token (xapp-...) for Socket Mode", secret=True
    )
    slack_channels: tuple[str, ...] = variable(
        "SLACK_CHANNELS", "channel ids whose alerts are answered, comma separated; empty: all", ()
    )
    slack_api_url: str = variable(
        "DE_AGENT_SLACK_API_URL", "another Slack API address, such as the sandbox's"
    )
    alert_apps: tuple[str, ...] = variable(
        "DE_AGENT_ALERT_APPS", "app ids, bot ids or user names that post alerts; empty: any", ()
    )
    alert_rules: str = variable(
        "DE_AGENT_ALERT_RULES", "a TOML file with your own labels and patterns for alerts"
    )
    gemini_api_key: str = variable(
        "GEMINI_API_KEY", "key of the Gemini API; empty: rules answer alone", secret=True
    )
    gemini_model: str = variable(
        "GEMINI_MODEL", "model that deepens a diagnosis", "gemini-3.8-flash"
    )
    gemini_api_url: str = variable(
        "DE_AGENT_GEMINI_API_URL", "another Gemini address, such as the sandbox's"
    )
    diagnostic_lambda_name: str = variable(
        "DIAGNOSTIC_LAMBDA_NAME", "the Lambda function that answers what the receiver hands over"
    )
    secrets_prefix: str = variable(
        "DE_AGENT_SECRETS_PREFIX", "Secrets Manager prefix, de-agent/<stage>; empty: environment"
    )
    store: str = variable(
        "DE_AGENT_STORE",
        "SQLite file of the incidents, or dynamodb:TABLE",
        "./.de-agent/incidents.sqlite3",
    )
    queue: str = variable(
        "DE_AGENT_QUEUE",
        "SQLite file of jobs received but not answered",
        "./.de-agent/queue.sqlite3",
    )
    mcp_url: str = variable("DE_AGENT_MCP_URL", "MCP server to ask; empty: one in this process")
    max_turns: int = variable("DE_AGENT_MAX_TURNS", "turns the model may take", 10)
    max_tool_calls: int = variable("DE_AGENT_MAX_TOOL_CALLS", "tool calls the model may make", 20)
    max_tokens: int = variable("DE_AGENT_MAX_TOKENS", "tokens an investigation may use", 60_000)
    model_seconds: int = variable("DE_AGENT_MODEL_SECONDS", "seconds the model may take", 60)
    deadline_seconds: int = variable(
        "DE_AGENT_DEADLINE_SECONDS",
        "seconds after which an alert is answered with what is known",
        180,
    )
    jobs_at_once: int = variable(
        "DE_AGENT_JOBS_AT_ONCE", "investigations that the model deepens at once", 4
    )
    channel_environments: tuple[str, ...] = variable(
        "DE_AGENT_CHANNEL_ENVIRONMENTS",
        "MWAA environment that a channel's alerts mean, as CHANNEL=ENVIRONMENT, comma separated",
        (),
    )
    failure_queue_url: str = variable(
        "DE_AGENT_FAILURE_QUEUE_URL",
        "SQS queue of the jobs that failed for good; the sweep drains it",
    )

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, needed_by: str = ""
    ) -> "Settings":
        """Read all settings; `needed_by` (a key of NEEDED) says what must not be missing.

        Raises SettingsWrong that names every missing and every unreadable variable.
        """
        said = os.environ if environment is None else environment
        values: dict[str, object] = {}
        wrong: list[str] = []
        for entry in fields(cls):
            text = said.get(entry.metadata["name"], "").strip()
            if not text:
                continue
            try:
                values[entry.name] = _read(text, entry.default)
            except ValueError as error:
                wrong.append(f"{entry.metadata['name']}: {error}")
        settings = cls(**values)  # type: ignore[arg-type]  # each value is read by its field's own default
        wrong += settings.missing(needed_by)
        if wrong:
            raise SettingsWrong("settings to mend:\n  " + "\n  ".join(wrong))
        return settings

    def missing(self, needed_by: str) -> list[str]:
        """One line for each variable that this part needs and does not have."""
        needed = NEEDED.get(needed_by, ())
        return [
            f"{entry.metadata['name']} is not set: {entry.metadata['meaning']}"
            for entry in fields(self)
            if entry.metadata["name"] in needed and not getattr(self, entry.name)
        ]


def described() -> list[tuple[str, str, str]]:
    """Name, meaning and default of every variable, for help texts."""
    return [
        (f.metadata["name"], f.metadata["meaning"], _shown(f.default)) for f in fields(Settings)
    ]


def _shown(default: object) -> str:
    return "" if default in ((), MISSING) else str(default)


def _read(text: str, default: object) -> object:
    if isinstance(default, int):
        return _number(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ValueError(f"expected a whole number above 0, got {text[:40]!r}")
    return int(text)
