"""What to check and to do for a category: `playbooks.toml`, and a team's own file before it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

MOST_STEPS = 3
OR = " | "
_PLACE = re.compile(r"\{(\w+)\}")
_KEYS = {
    "says": str,
    "probes": list,
    "steps": list,
    "rerun": str,
    "after": str,
    "unmistakable": bool,
}


@dataclass(frozen=True, slots=True)
class Playbook:
    """One category's: a sentence, probes to run, next steps, and whether a rerun is safe.

    A step may hold several wordings split by " | "; the first of which every {placeholder} is known
    is used. `after` is a last step where another dag waited. `unmistakable`: its error needs no
    proof from elsewhere.
    """

    category: str
    says: str = ""
    probes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    rerun: str = ""
    after: str = ""
    unmistakable: bool = False


@dataclass(frozen=True, slots=True)
class Runbook:
    """A team's page; empty patterns match everything, others are shell patterns (`orders_*`)."""

    name: str
    url: str
    dag: str = ""
    tag: str = ""
    category: str = ""

    def is_for(self, dag_id: str, tags: tuple[str, ...], category: str) -> bool:
        return (
            fnmatchcase(dag_id, self.dag or "*")
            and fnmatchcase(category, self.category or "*")
            and (not self.tag or any(fnmatchcase(tag, self.tag) for tag in tags))
        )


@cache
def load_playbooks(own_file: str = "") -> "Playbooks":
    """The playbooks, a team's own file laid over them. Raises ValueError: what to mend."""
    ours = tomllib.loads(
        resources.files("mcp_server.diagnostics").joinpath("playbooks.toml").read_text("utf-8")
    )
    return Playbooks(ours, _own(own_file, "DE_AGENT_PLAYBOOKS"))


@cache
def load_runbooks(own_file: str = "") -> tuple[Runbook, ...]:
    """The `[[runbook]]` entries of a team's file; none without one."""
    entries = _own(own_file, "DE_AGENT_RUNBOOKS").get("runbook", [])
    try:
        return tuple(Runbook(**entry) for entry in entries)
    except TypeError as error:
        raise ValueError(
            f"DE_AGENT_RUNBOOKS={own_file}: each [[runbook]] has name, url and any of"
            f" dag, tag, category ({error})"
        ) from None


class Playbooks:
    """Playbooks by category; what a category does not say, its family and `default` do."""

    def __init__(self, ours: Mapping[str, Any], own: Mapping[str, Any]) -> None:  # Any: TOML
        self._ours = ours
        self._own = own
        for category, entry in [*ours.items(), *own.items()]:
            _check(category, entry)

    def of(self, category: str) -> Playbook:
        """The playbook of a category; an unknown one gets the default."""
        keys = ("default", category.partition(".")[0], category)
        merged: dict[str, Any] = {}  # Any: values of several types by key
        for source in (self._ours, self._own):
            for key in keys:
                merged |= {k: v for k, v in source.get(key, {}).items() if k != "steps"}
        return Playbook(
            category,
            says=merged.get("says", ""),
            probes=tuple(dict.fromkeys(merged.get("probes", ()))),
            steps=(*_steps(self._own, keys), *_steps(self._ours, keys)),
            rerun=merged.get("rerun", ""),
            after=merged.get("after", ""),
            unmistakable=merged.get("unmistakable", False),
        )

    def categories(self) -> tuple[str, ...]:
        """The categories that have a playbook of their own."""
        keys = dict.fromkeys([*self._ours, *self._own])
        return tuple(key for key in keys if "." in key or key == "unknown")


def next_steps(playbook: Playbook, names: Mapping[str, str]) -> list[str]:
    """At most three steps with the names filled in; a step that lacks a name is left out."""
    filled = [text for step in playbook.steps if (text := fill(step, names))]
    last = [text for text in [fill(playbook.after, names)] if text]
    return [*list(dict.fromkeys(filled))[: MOST_STEPS - len(last)], *last]


def fill(step: str, names: Mapping[str, str]) -> str:
    """The first wording of which every placeholder is known, filled in; "" when there is none."""
    for wording in step.split(OR):
        if all(names.get(name) for name in _PLACE.findall(wording)):
            return _PLACE.sub(lambda found: names[found[1]], wording)
    return ""


def _steps(source: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:  # Any: TOML
    """The steps of the most specific key that has some."""
    return next((source[k]["steps"] for k in reversed(keys) if source.get(k, {}).get("steps")), [])


def _check(category: str, entry: object) -> None:
    if not isinstance(entry, dict):
        raise ValueError(f'playbooks: "{category}" is no table; write ["{category}"]')
    for key, value in entry.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            known = ", ".join(f"{name} ({kind.__name__})" for name, kind in _KEYS.items())
            raise ValueError(f'playbooks: "{category}" has {key}; it may have {known}')


def _own(path: str, variable: str) -> dict[str, Any]:  # Any: TOML
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{variable}={path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{variable}={path}: {error}") from None
