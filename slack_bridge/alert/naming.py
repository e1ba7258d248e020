"""Which dag and task a message names: the best witness settles each."""

import re
from dataclasses import replace
from itertools import chain
from typing import Any

from slack_bridge.alert import ids, reprs
from slack_bridge.alert.candidates import RANKS, Candidates
from slack_bridge.alert.dates import read_date
from slack_bridge.alert.frames import framed_pairs
from slack_bridge.alert.headlines import (
    HEADLINE_ID,
    failed_in_list,
    ids_only,
    named_last,
    quoted,
    told,
)
from slack_bridge.alert.model import Facts, Witness
from slack_bridge.alert.names import dotted_name, stacked_pair, two_names
from slack_bridge.alert.pairs import spoken_pair
from slack_bridge.alert.placing import lone_id, placed_pairs
from slack_bridge.alert.reading import Labelled, Reading
from slack_bridge.alert.slack_text import Links, without_marks
from slack_bridge.alert.vocabulary import Vocabulary

MOST_FIRSTS = 8
# `Error: orders failed for this reason: ...`
_LEVEL = re.compile(r"(?i)^\W*(?:error|failure|alert|critical|fatal|warning)\W*[:\-–—]\s*")


class Naming(Candidates):
    """Settles dag and task."""

    def __init__(self, reading: Reading, links: Links, words: Vocabulary) -> None:
        super().__init__(reading, links, words)
        self.found = Facts()
        self.states: list[str] = []
        self.witnesses: list[Witness] = []

    def _settle(self, name: str, found: Witness | None, value: object = None) -> None:
        if found is None:
            return
        value = found.value if value is None else value
        self._say(name, value)
        self.witnesses.append(Witness(name, str(value), found.place, found.rule))

    def _say(self, name: str, value: object) -> None:
        said: dict[str, Any] = {name: value}
        self.found = replace(self.found, **said)

    def _names(self) -> None:
        self._drop_disagreeing_logs()
        self._instances()
        self._settle(
            "dag_id", self._best("dag_id", [r for r in RANKS if r not in ("message", "headline")])
        )
        self._settle(
            "task_id", self._best("task_id", [r for r in RANKS if r not in ("message", "headline")])
        )
        self._keys()
        if self.found.dag_id is None and self.found.task_id is None:
            for name in ("dag_id", "task_id"):
                self._settle(name, self._best(name, ("message",)))
        self._placed_pair()
        self._headline()
        self._spoken_pair()
        self._listed_task()
        self._unprefixed()

    def _drop_disagreeing_logs(self) -> None:
        """With several logs linked, the one whose task a label names is this alert's."""
        label = self._best("task_id", ("pattern", "label"))
        tasks = {a.task_id for _, a in self.addresses if a.is_log}
        if label is None or len(tasks) < 2 or label.value not in tasks:
            return
        other = {a.url for _, a in self.addresses if a.is_log and a.task_id != label.value}
        self.addresses = [(p, a) for p, a in self.addresses if a.url not in other]
        self.candidates = [c for c in self.candidates if c.rule not in ("log address", "address")]
        self._read_addresses()

    def _instances(self) -> None:
        dag = self._best("dag_id", ("pattern", "log address", "label", "address", "pair"))
        task = self._best("task_id", ("pattern", "log address", "label", "pair"))
        keys = [c for c in self.candidates if c.field == "instance_key"]
        keys += [
            self._instance_label(v) for v in self.reading.labelled if v.field == "task_instance"
        ]
        for one in keys:
            known = task.value if task else None
            left, right = reprs.split_instance(one.value, dag.value if dag else None, known)
            self._add("dag_id", left, one.place, one.rule)
            self._add("task_id", right, one.place, one.rule)
        for one in [c for c in self.candidates if c.field == "run_or_date"]:
            date = read_date(one.value) if re.match(r"\d{4}-", one.value) else None
            self._add("logical_date" if date else "run_id", date or one.value, one.place, one.rule)
        self.states += [c.value for c in self.candidates if c.field == "state"]

    def _instance_label(self, value: Labelled) -> Witness:
        text = without_marks(value.value).strip().strip("`*_'\" ")
        if re.fullmatch(ids.ID, text) and "." not in text and "__" not in text:
            # A bare name may be the task that sent the message.
            if not any(n in text.casefold() for n in self.words.notifier):
                self._add("task_id", ids.clean_id(text, self.words), value.place, "weak label")
            text = ""
        return Witness(
            "instance_key",
            text if re.fullmatch(ids.ID, text) and "__" not in text else "",
            value.place,
            "label",
        )

    def _keys(self) -> None:
        for one in [c for c in self.candidates if c.field == "key"]:
            parts = reprs.split_key(one.value, self.found.dag_id, self.found.task_id)
            if parts is None:
                continue
            for name, part in zip(("dag_id", "task_id"), parts, strict=False):
                if getattr(self.found, name) is None:
                    self._settle(name, one, part)
            self._add("logical_date", read_date(parts[2]), one.place, one.rule)

    def _headline(self) -> None:
        """`orders.load failed`, `*orders : failed*`: an id that opens a heading which tells of a failure."""
        opening = [_LEVEL.sub("", line) for line in self.reading.firsts[:1]]
        for heading in [*self.reading.headings[:3], *self.reading.openers[:4], *opening]:
            text = ids_only(without_marks(heading))
            found = HEADLINE_ID.match(text)
            if (
                not found
                or self.found.dag_id
                or (not _is_name(found["id"]) and not quoted(text, found["id"]))
            ):
                continue
            if not told(heading, found["id"], self.words):
                continue
            self._from_headline(found["id"])
            return

    def _placed_pair(self) -> None:
        """`load_x failed in orders_daily`; what is known already says which of two is which."""
        lines = [*self.reading.headings[:3], *self.reading.openers[:4]]
        framed = framed_pairs(self.reading.firsts[:MOST_FIRSTS], self.words)
        firsts = self.reading.firsts[:MOST_FIRSTS]
        stacked = stacked_pair((line for _, line in self.reading.lines[:MOST_FIRSTS]), self.words)
        two, placed = two_names(firsts, self.words), placed_pairs(lines, self.words)
        for pair in chain(framed, two, placed, stacked, dotted_name(firsts, self.words)):
            dag, task = self.found.dag_id, self.found.task_id
            if dag and task:
                return
            if dag is None and task is None:
                dag, task = pair
            elif None in pair:
                dag, task = dag or pair[0], task or pair[1]
            elif (dag or task) in pair:
                other = pair[1] if pair[0] == (dag or task) else pair[0]
                dag, task = (other, task) if dag is None else (dag, other)
            self._heading_says("dag_id", dag)
            self._heading_says("task_id", task)
        if self.found.dag_id is None and self.found.task_id:
            lone = lone_id(lines, self.words)
            self._heading_says("dag_id", lone if lone != self.found.task_id else None)

    def _heading_says(self, name: str, value: str | None) -> None:
        if value and getattr(self.found, name) is None:
            self._settle(name, Witness(name, value, "heading", "headline"))

    def _spoken_pair(self) -> None:
        """`orders / load failed`, `orders task load failed`, `Airflow alert: orders`."""
        if self.found.dag_id is not None:
            return
        lines = [*self.reading.headings[:3], *self.reading.openers[:4]]
        sure = any(c.field in ("run_id", "logical_date") for c in self.candidates) or any(
            v.field in ("run", "logical_date", "try_number") for v in self.reading.labelled
        )
        pair = spoken_pair(lines, self.words, sure=sure)
        if pair and self.found.task_id in (None, *pair):
            for name, value in zip(("dag_id", "task_id"), pair, strict=True):
                self._settle(name, Witness(name, value, "heading", "headline"))
        elif self.found.task_id:
            last = next((n for h in lines if (n := named_last(h, self.words))), None)
            if last and last != self.found.task_id:
                self._settle("dag_id", Witness("dag_id", last, "heading", "headline"))

    def _from_headline(self, said: str) -> None:
        one = Witness("dag_id", said, "heading", "headline")
        left, right = reprs.split_instance(said, None, self.found.task_id)
        if said == self.found.task_id or said.casefold() in (self.words.stop | self.words.stages):
            return
        if set(re.split(r"[_.\-]", said.casefold())) <= self.words.stages:
            # `airflow-prod is broken`: a place, and no dag.
            return
        if left and (self.found.task_id in (None, right)):
            self._settle("dag_id", one, left)
            if self.found.task_id is None:
                self._settle("task_id", one, right)
        else:
            self._settle("dag_id", one)

    def _listed_task(self) -> None:
        """The one task that a list of states, or of failed tasks, says has failed."""
        if self.found.task_id is not None:
            return
        failed = [v for v in self.reading.labelled if v.field == "tasks"]
        names = [
            n for v in failed for n in re.split(r"[,;\n]\s*", without_marks(v.value)) if n.strip()
        ]
        said = (
            [ids.clean_id(re.sub(r"^[\W_]+", "", n), self.words) for n in names]
            if failed
            else [n for n in failed_in_list(self.reading, self.words) if n != self.found.dag_id]
        )
        if len(said) == 1 and said[0] and said[0] != self.found.dag_id and self.found.dag_id:
            self._settle("task_id", Witness("task_id", said[0], "list", "list of states"))

    def _unprefixed(self) -> None:
        """`Task: orders.load` beside `Dag: orders`, or alone."""
        dag, task = self.found.dag_id, self.found.task_id
        spoken = any(w.field == "task_id" and w.rule == "sentence" for w in self.witnesses)
        if (
            dag is None
            and task
            and (spoken or any(self._dotted_label(v, task) for v in self.reading.labelled))
        ):
            left, right = reprs.split_instance(task, None, None)
            self._say("dag_id", left)
            self._say("task_id", right or task)
            return
        from_log = any(
            w.field == "task_id" and w.rule in ("log address", "address") for w in self.witnesses
        )
        if (
            dag
            and task
            and not from_log
            and task.startswith(f"{dag}.")
            and len(task) > len(dag) + 1
        ):
            self._say("task_id", task[len(dag) + 1 :])

    def _dotted_label(self, value: Labelled, task: str) -> bool:
        said = value.field == "task" and task in value.value
        return said and ("." in task or bool(self.words.words["failure"].search(value.label)))


def _is_name(said: str) -> bool:
    """Whether a word that opens a heading is an id; `On-Time` is English."""
    return ids.looks_like_id(said) and not re.fullmatch(r"[A-Z][a-z]+(?:-[A-Za-z][a-z]*)+", said)
