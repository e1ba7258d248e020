"""The labels and words of labels.toml and words.toml, with what a team added."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from slack_bridge.alert.model import AlertRules

_LOOSE = re.compile(r"[\s_\-–./'’#()?？]+")
_ACCENT = re.compile("[\u0300-\u036f]")


def key(label: str) -> str:
    """A label without case, accents, spaces, hyphens, underscores and dots."""
    if not label.isascii():
        # Teams write `ejecucion` and `ejecución`.
        label = _ACCENT.sub("", unicodedata.normalize("NFKD", label))
        label = unicodedata.normalize("NFKC", label)
    return _LOOSE.sub("", label.casefold())


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Everything alerts are read with, ready for look-up and search; one is a key for caches."""

    labels: Mapping[str, str]
    qualifiers: frozenset[str]
    nothing: frozenset[str]
    nothing_patterns: re.Pattern[str]
    words: Mapping[str, re.Pattern[str]]
    emoji: Mapping[str, frozenset[str]]
    colors: frozenset[str]
    states: Mapping[str, str]
    nouns: Mapping[str, str]
    spaced_nouns: tuple[tuple[re.Pattern[str], str], ...]
    stop: frozenset[str]
    stages: frozenset[str]
    things: frozenset[str]
    notifier: tuple[str, ...]
    own: tuple[str, ...]
    posters: frozenset[str]
    relays: frozenset[str]
    names: tuple[re.Pattern[str], ...]
    patterns: tuple[re.Pattern[str], ...]


def vocabulary(rules: AlertRules) -> Vocabulary:
    """The vocabulary for these rules; built once for each."""
    labels = tuple(sorted((k, tuple(v)) for k, v in rules.labels.items()))
    words = tuple(sorted((k, tuple(v)) for k, v in rules.words.items()))
    return _built(labels, words, tuple(rules.patterns))


@lru_cache(maxsize=16)
def _built(
    labels: tuple[tuple[str, tuple[str, ...]], ...],
    more: tuple[tuple[str, tuple[str, ...]], ...],
    patterns: tuple[str, ...],
) -> Vocabulary:
    said, words, added = _data("labels.toml"), _data("words.toml"), dict(more)
    spellings = {key(s): f for f, all_ in said["labels"].items() for s in all_}
    spellings |= {key(s): f for f, all_ in labels for s in all_}
    return Vocabulary(
        labels=spellings,
        qualifiers=frozenset(said["qualifiers"]["words"]),
        nothing=frozenset(v.casefold() for v in said["nothing"]["values"]),
        nothing_patterns=_any(said["nothing"]["patterns"]),
        words=_patterns(words, added),
        emoji={s: frozenset(words[s]["emoji"]) for s in words if "emoji" in words[s]},
        colors=frozenset(words["failure"]["colors"]),
        states={key(v): s for s, values in words["states"].items() for v in values},
        nouns={n.casefold(): f for f in ("dag", "task") for n in words["nouns"][f]},
        spaced_nouns=tuple(
            (re.compile(re.escape(n), re.IGNORECASE), f)
            for f in ("dag", "task")
            for n in words["nouns"][f]
            if " " in n
        ),
        stop=frozenset(words["nouns"]["stop"]),
        stages=frozenset(words["nouns"]["stages"]),
        things=frozenset(words["nouns"]["things"]),
        notifier=tuple(words["nouns"]["notifier"]),
        own=tuple(words["own"]["metadata"]),
        posters=frozenset(words["elsewhere"]["posters"]),
        relays=frozenset(words["elsewhere"]["relays"]),
        names=_each(words["names"]["patterns"]),
        patterns=_each(patterns),
    )


def _patterns(
    words: Mapping[str, Any], added: Mapping[str, tuple[str, ...]]
) -> dict[str, re.Pattern[str]]:
    found = {
        section: _any([*words[section]["patterns"], *added.get(section, ())])
        for section in (
            "failure",
            "success",
            "over",
            "retry",
            "sla",
            "neutral",
            "elsewhere",
            "never",
        )
    }
    found["code"] = _any(words["elsewhere"]["code"])
    found["orchestrator"] = _any(words["elsewhere"]["orchestrator"])
    found["weak"] = _any(words["failure"]["weak"])
    found["silent"] = _any(words["silent"]["patterns"])
    found["quiet"] = _any(words["silent"]["quiet"])
    found["report"] = _any(words["silent"]["report"])
    found["none_failed"] = _any(words["failure"]["none_failed"])
    found["none_left"] = _any(words["retry"]["none_left"])
    found["airflow"] = _any(words["elsewhere"]["airflow"])
    return found


def _any(patterns: list[str]) -> re.Pattern[str]:
    # One alternation: (?m) inside a pattern moves to the whole.
    return re.compile(
        "|".join(p.replace("(?m)", "") for p in patterns), re.IGNORECASE | re.MULTILINE
    )


def _each(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE | re.MULTILINE) for p in patterns)


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("slack_bridge.alert").joinpath(name).read_text("utf-8"))
