"""A team's own rules for alerts: settings and, if named there, a TOML file."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slack_bridge.alert.model import AlertRules
from slack_bridge.settings import Settings, SettingsWrong


def rules_from(settings: Settings, own_apps: tuple[str, ...] = ()) -> AlertRules:
    r"""Rules of these settings; SettingsWrong when DE_AGENT_ALERT_RULES cannot be read.

    The file holds `[labels] dag = ["Prozess"]`, `[words] failure = ["kaputt"]` and
    `patterns = ["^Job (?P<dag_id>\w+)/(?P<task_id>\w+) kaputt"]`, each optional.
    """
    said = _file(settings.alert_rules) if settings.alert_rules else {}
    return AlertRules(
        channels=settings.slack_channels,
        apps=settings.alert_apps,
        own_apps=own_apps,
        labels=_lists(said.get("labels", {}), "labels"),
        words=_lists(said.get("words", {}), "words"),
        patterns=_expressions(said.get("patterns", [])),
    )


def _file(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(name).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsWrong(f"DE_AGENT_ALERT_RULES={name}: {error}") from error


def _lists(said: object, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(said, Mapping) or not all(isinstance(v, list) for v in said.values()):
        raise SettingsWrong(f"DE_AGENT_ALERT_RULES: [{where}] holds lists of text")
    lists = {name: tuple(map(str, values)) for name, values in said.items()}
    if where == "words":
        for values in lists.values():
            _expressions(list(values))
    return lists


def _expressions(said: object) -> tuple[str, ...]:
    if not isinstance(said, list):
        raise SettingsWrong("DE_AGENT_ALERT_RULES: patterns is a list of regular expressions")
    for pattern in said:
        try:
            re.compile(str(pattern))
        except re.error as error:
            raise SettingsWrong(f"DE_AGENT_ALERT_RULES: {pattern!r}: {error}") from error
    return tuple(map(str, said))
