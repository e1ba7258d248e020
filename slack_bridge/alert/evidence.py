"""From labelled values, addresses, reprs and sentences to one value a field."""

from dataclasses import dataclass

from slack_bridge.alert import ids
from slack_bridge.alert.dating import Dating
from slack_bridge.alert.exceptions import pick_exception
from slack_bridge.alert.model import Facts, Witness
from slack_bridge.alert.reading import Reading
from slack_bridge.alert.slack_text import Links, without_marks
from slack_bridge.alert.vocabulary import Vocabulary


@dataclass(frozen=True)
class Evidence:
    """What was found, where, and the states that reprs told."""

    facts: Facts
    states: list[str]
    witnesses: list[Witness]


def gather(reading: Reading, links: Links, words: Vocabulary) -> Evidence:
    """Weigh everything a message says."""
    return _Gathering(reading, links, words).settled()


class _Gathering(Dating):
    """Settles each field by its best witness."""

    def settled(self) -> Evidence:
        self.collect()
        self._names()
        self._run()
        self._numbers()
        self._date()
        self._rest()
        return Evidence(self.found, self.states, self.witnesses)

    def _rest(self) -> None:
        logs = [(p, a) for p, a in self.addresses if a.is_log]
        own = [
            (p, a) for p, a in logs if a.task_id == self.found.task_id or self.found.task_id is None
        ]
        for place, address in (own or logs)[:1]:
            self._settle("log_url", Witness("log_url", address.url, place, "log address"))
        said = pick_exception(
            self.reading, self.words, named=bool(self.found.dag_id or self.found.task_id)
        )
        if said:
            self._settle(
                "exception", Witness("exception", said.value, said.place, said.label or "text")
            )
        self._environment()

    def _environment(self) -> None:
        for _, address in self.addresses:
            if address.environment:
                self._settle(
                    "environment_hint",
                    Witness("environment_hint", address.environment, "address", "log group"),
                )
                return
        for value in self.reading.labelled:
            text = without_marks(value.value).strip().split("\n")[0].strip("`*_'\" ")
            if (
                value.field == "environment"
                and text
                and not ids.says_nothing(text, self.words)
                and len(text) <= 100
            ):
                self._settle(
                    "environment_hint", Witness("environment_hint", text, value.place, "label")
                )
                return
