"""From labelled values, addresses, reprs and sentences to one value a field."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from slack_bridge.alert import ids
from slack_bridge.alert.candidates import RANKS, RUN_ID, Candidates
from slack_bridge.alert.dates import is_aware, read_date, same_instant
from slack_bridge.alert.exceptions import pick_exception
from slack_bridge.alert.fields import Labelled, Reading
from slack_bridge.alert.headlines import (
    HEADLINE_ID,
    failed_in_list,
    ids_only,
    named_last,
    quoted,
    told,
)
from slack_bridge.alert.model import Witness
from slack_bridge.alert.pairs import spoken_pair
from slack_bridge.alert.slack_text import LINK_MARK, Links, without_marks
from slack_bridge.alert.vocabulary import Vocabulary


@dataclass
class Evidence:
    """What was found, and where."""

    dag_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    logical_date: str | None = None
    try_number: int | None = None
    map_index: int | None = None
    log_url: str | None = None
    exception: str | None = None
    environment_hint: str | None = None
    states: list[str] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """The alert's fields."""
        return {k: v for k, v in vars(self).items() if k not in ("states", "witnesses")}


def gather(reading: Reading, links: Links, words: Vocabulary) -> Evidence:
    """Weigh everything a message says."""
    return _Gathering(reading, links, words).settled()


class _Gathering(Candidates):
    """Settles each field by its best witness."""

    def __init__(self, reading: Reading, links: Links, words: Vocabulary) -> None:
        super().__init__(reading, links, words)
        self.found = Evidence()

    def settled(self) -> Evidence:
        self.collect()
        self._ids()
        self._run()
        self._numbers()
        self._date()
        self._rest()
        return self.found

    def _settle(self, name: str, found: ids.Found | None, value: object = None) -> None:
        if found is None:
            return
        value = found.value if value is None else value
        setattr(self.found, name, value)
        self.found.witnesses.append(Witness(name, str(value), found.place, found.rule))

    def _ids(self) -> None:
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
            left, right = ids.split_instance(one.value, dag.value if dag else None, known)
            self._add("dag_id", left, one.place, one.rule)
            self._add("task_id", right, one.place, one.rule)
        for one in [c for c in self.candidates if c.field == "run_or_date"]:
            date = read_date(one.value) if re.match(r"\d{4}-", one.value) else None
            self._add("logical_date" if date else "run_id", date or one.value, one.place, one.rule)
        self.found.states += [c.value for c in self.candidates if c.field == "state"]

    def _instance_label(self, value: Labelled) -> ids.Found:
        text = without_marks(value.value).strip().strip("`*_'\" ")
        if re.fullmatch(ids.ID, text) and "." not in text and "__" not in text:
            # A bare name may be the task that sent the message.
            if not any(n in text.casefold() for n in self.words.notifier):
                self._add("task_id", ids.clean_id(text, self.words), value.place, "weak label")
            text = ""
        return ids.Found(
            "instance_key",
            text if re.fullmatch(ids.ID, text) and "__" not in text else "",
            value.place,
            "label",
        )

    def _keys(self) -> None:
        for one in [c for c in self.candidates if c.field == "key"]:
            parts = ids.split_key(one.value, self.found.dag_id, self.found.task_id)
            if parts is None:
                continue
            for name, part in zip(("dag_id", "task_id"), parts, strict=False):
                if getattr(self.found, name) is None:
                    self._settle(name, one, part)
            self._add("logical_date", read_date(parts[2]), one.place, one.rule)

    def _headline(self) -> None:
        """`orders.load failed`, `*orders : failed*`: an id that opens a heading which tells of a failure."""
        for heading in [*self.reading.headings[:3], *self.reading.openers[:4]]:
            text = ids_only(without_marks(heading))
            found = HEADLINE_ID.match(text)
            if (
                not found
                or self.found.dag_id
                or (not ids.looks_like_id(found["id"]) and not quoted(text, found["id"]))
            ):
                continue
            if not told(heading, found["id"], self.words):
                continue
            self._from_headline(found["id"])
            return

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
                self._settle(name, ids.Found(name, value, "heading", "headline"))
        elif self.found.task_id:
            last = next((n for h in lines if (n := named_last(h, self.words))), None)
            if last and last != self.found.task_id:
                self._settle("dag_id", ids.Found("dag_id", last, "heading", "headline"))

    def _from_headline(self, said: str) -> None:
        one = ids.Found("dag_id", said, "heading", "headline")
        left, right = ids.split_instance(said, None, self.found.task_id)
        if said == self.found.task_id or said.casefold() in self.words.stop:
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
            else [n for n in failed_in_list(self.reading) if n != self.found.dag_id]
        )
        if len(said) == 1 and said[0] and said[0] != self.found.dag_id and self.found.dag_id:
            self._settle("task_id", ids.Found("task_id", said[0], "list", "list of states"))

    def _unprefixed(self) -> None:
        """`Task: orders.load` beside `Dag: orders`, or alone."""
        dag, task = self.found.dag_id, self.found.task_id
        if dag is None and task and any(self._dotted_label(v, task) for v in self.reading.labelled):
            self.found.dag_id, self.found.task_id = ids.split_instance(task, None, None)
            self.found.task_id = self.found.task_id or task
            return
        from_log = any(
            w.field == "task_id" and w.rule in ("log address", "address")
            for w in self.found.witnesses
        )
        if (
            dag
            and task
            and not from_log
            and task.startswith(f"{dag}.")
            and len(task) > len(dag) + 1
        ):
            self.found.task_id = task[len(dag) + 1 :]

    def _dotted_label(self, value: Labelled, task: str) -> bool:
        said = value.field == "task" and task in value.value
        return said and ("." in task or bool(self.words.words["failure"].search(value.label)))

    def _run(self) -> None:
        told = [c for c in self.candidates if c.field == "run_id"]
        best = self._best("run_id")
        if best is not None:
            longer = [
                c
                for c in told
                if c.value != best.value and c.value.startswith(best.value.rstrip(".…"))
            ]
            best = (
                max([best, *longer], key=lambda c: len(c.value))
                if best.value.endswith("…") or (longer and best.rule != "log address")
                else best
            )
        if best is not None and not best.value.endswith(("…", "...")):
            self._settle("run_id", best)

    def _numbers(self) -> None:
        for value in self.reading.labelled:
            if value.field in ("try_number", "map_index"):
                number = re.search(r"-?\d{1,6}", without_marks(value.value))
                self._add(value.field, number.group() if number else None, value.place, "label")
        for place, text in self._open_text():
            said = ids.tries(without_marks(text))
            self._add("try_number", str(said) if said else None, place, "sentence")
        order = ("pattern", "label", *RANKS)
        tried, mapped = self._best("try_number", order), self._best("map_index", order)
        if tried and tried.value.isdecimal() and 0 < int(tried.value) < 1000:
            self._settle("try_number", tried, int(tried.value))
        if mapped and mapped.value.isdecimal():
            self._settle("map_index", mapped, int(mapped.value))

    def _date(self) -> None:
        strong = list(self._dates("logical_date"))
        told = [c for c in self.candidates if c.field == "logical_date"]
        witnessed = sorted(told, key=lambda c: RANKS.index(c.rule))
        other = [(c.place, read_date(c.value), c.rule) for c in witnessed]
        weak = [d for d in self._dates("time") if self._may_be_logical(d[1])]
        dates = [(p, d, r) for p, d, r in (*strong, *other, *weak, *self._spoken()) if d]
        if not dates:
            return
        best = dates[0]
        # A clock without an offset gives way to the same moment, or to a link, that has one.
        if not is_aware(best[1]) or len(best[1]) == 10:
            best = next((d for d in dates if is_aware(d[1]) and d[2] != "sentence"), best)
        self._settle("logical_date", ids.Found("logical_date", best[1], best[0], best[2]))

    def _dates(self, named: str) -> Iterator[tuple[str, str | None, str]]:
        for value in self.reading.labelled:
            if value.field != named and not (named == "time" and value.field == "run"):
                continue
            text = LINK_MARK.sub("", value.value)
            if value.field == "run" and (
                RUN_ID.search(text) or not re.match(r"^[`*' _]*(\d{4}-|\d{1,2}/)", text)
            ):
                continue
            foreign = not value.label.isascii() or value.label.casefold() not in _ENGLISH_TIMES
            yield (
                value.place,
                read_date(text, value.zone, day_first=foreign),
                "label" if named != "time" else "weak label",
            )

    def _may_be_logical(self, date: str | None) -> bool:
        """A plain time that differs from the date in a scheduled run's id is a clock's."""
        run = self.found.run_id or ""
        stamp = (
            read_date(run.partition("__")[2])
            if run.startswith(("scheduled__", "backfill__"))
            else None
        )
        if date is None or stamp is None or len(date) == 10:
            return date is not None
        return same_instant(date, stamp) or (
            not re.search(r"T\d\d:\d\d:(?!00)", date) and is_aware(date) != is_aware(stamp)
        )

    def _spoken(self) -> Iterator[tuple[str, str | None, str]]:
        pattern = re.compile(
            r"(?i)\b(?:at|on|for|el|am|le|em|à|um|run|date|execution)\W{1,4}(\d{4}-\d\d-\d\dT\d\d:\d\d:00\S*)"
        )
        for place, line in self.reading.lines:
            for match in pattern.finditer(without_marks(line)):
                yield place, read_date(match[1]), "sentence"

    def _rest(self) -> None:
        logs = [(p, a) for p, a in self.addresses if a.is_log]
        own = [
            (p, a) for p, a in logs if a.task_id == self.found.task_id or self.found.task_id is None
        ]
        for place, address in (own or logs)[:1]:
            self._settle("log_url", ids.Found("log_url", address.url, place, "log address"))
        said = pick_exception(
            self.reading, self.words, named=bool(self.found.dag_id or self.found.task_id)
        )
        if said:
            self._settle(
                "exception", ids.Found("exception", said.value, said.place, said.label or "text")
            )
        self._environment()

    def _environment(self) -> None:
        for _, address in self.addresses:
            if address.environment:
                self._settle(
                    "environment_hint",
                    ids.Found("environment_hint", address.environment, "address", "log group"),
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
                    "environment_hint", ids.Found("environment_hint", text, value.place, "label")
                )
                return


_ENGLISH_TIMES = frozenset(
    {
        "logical date",
        "execution date",
        "exec date",
        "execution_date",
        "execution time",
        "time",
        "when",
        "date",
        "run date",
        "scheduled time",
        "execution",
        "run",
    }
)
