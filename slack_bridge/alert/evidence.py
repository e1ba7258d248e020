"""From labelled values, addresses, reprs and sentences to one value a field."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from slack_bridge.alert import ids
from slack_bridge.alert.dates import is_aware, read_date, same_instant
from slack_bridge.alert.exceptions import pick_exception
from slack_bridge.alert.fields import EMOJI, Labelled, Reading
from slack_bridge.alert.model import Witness
from slack_bridge.alert.slack_text import LINK_MARK, Links, without_marks
from slack_bridge.alert.urls import Address, read_address
from slack_bridge.alert.vocabulary import Vocabulary

_FROM_LABEL = {"dag": "dag_id", "task": "task_id", "pipeline": "pipeline", "run": "run_id"}
_RUN = re.compile(
    r"\b(?:scheduled|manual|backfill|asset_triggered|dataset_triggered)__[^\s`\"'*,;|<>()\[\]…\ue000]+"
)
_HEADLINE_DAG = re.compile(rf"^[^\w\[]*(?:\[[^\]]*\][^\w\[]*)*(?P<id>{ids.ID})\W*(?:\s|:|$)")
_LISTED = re.compile(
    rf"^\W*(?P<task>{ids.ID})[`*]*\s*(?::|=|-|–|→|is|\|)\s*[`*]*(?P<state>\w+)[`*]*\W*$"
)
_FAILED = ("failed", "failure", "error", "실패", "失敗", "失败", "fallida", "échouée", "falhou")
# Best witness first. A field's value comes from the first of these that says one.
RANKS = ("pattern", "log address", "TaskInstance", "RuntimeTaskInstance", "label", "address", "DagRun", "<Task>", "<DAG>", "pair", "log file name", "sentence", "name", "task_instance_key_str", "weak label", "headline", "message")  # fmt: skip


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


class _Gathering:
    """The candidates for each field, ranked by what kind of witness they are."""

    def __init__(self, reading: Reading, links: Links, words: Vocabulary) -> None:
        self.reading, self.links, self.words = reading, links, words
        self.found = Evidence()
        self.candidates: list[ids.Found] = []
        self.addresses = list(self._addresses())

    def settled(self) -> Evidence:
        self._own_patterns()
        self._labels()
        self._texts()
        self._read_addresses()
        self._ids()
        self._run()
        self._numbers()
        self._date()
        self._rest()
        return self.found

    # -- what there is ---------------------------------------------------------------------

    def _open_text(self) -> Iterator[tuple[str, str]]:
        yield from ((place, line) for place, line in self.reading.lines)
        yield from ((v.place, f"{v.label}: {v.value}") for v in self.reading.labelled)

    def _addresses(self) -> Iterator[tuple[str, Address]]:
        # Lines first, then labelled values: an address inside a quoted error is no witness.
        seen = set()
        for place, text in [*self._open_text()]:
            for mark in LINK_MARK.finditer(text):
                url = self.links.urls[int(mark[1])]
                address = read_address(url) if url not in seen else None
                seen.add(url)
                if address is not None:
                    yield place, address

    def _own_patterns(self) -> None:
        for place, text in self._open_text():
            for pattern in self.words.patterns:
                for match in pattern.finditer(without_marks(text)):
                    for name, value in match.groupdict().items():
                        self._add(name, value, place, "pattern")

    def _labels(self) -> None:
        for value in self.reading.labelled:
            name = _FROM_LABEL.get(value.field)
            if name == "run_id":
                self._run_label(value)
            elif name == "pipeline":
                said = ids.clean_id(without_marks(value.value), self.words, plain_word=False)
                self._add("dag_id", said, value.place, "weak label")
            elif name:
                self._id_label(name, value)

    def _id_label(self, name: str, value: Labelled) -> None:
        text = without_marks(value.value)
        if "<TaskInstance" in text or "<DagRun" in text or ids.tries(text):
            return
        if any(ids.keys(text, value.place)):
            return
        if _RUN.match(text.strip(" `*'\"_")):
            self._run_label(value)
            return
        said = ids.clean_id(text, self.words)
        if said and self.words.words["failure"].search(value.label) and not _names(said, text):
            return
        self._add(name, said, value.place, "label")
        mapped = re.search(r"\[(\d{1,6})\]\s*[`*]*\s*$", text.split("\n")[0])
        if said and name == "task_id" and mapped:
            self._add("map_index", mapped[1], value.place, "label")

    def _run_label(self, value: Labelled) -> None:
        text = without_marks(value.value).strip().split("\n")[0].strip("`*' \"_")
        named = _RUN.search(text)
        if named:
            self._add("run_id", named.group().rstrip(".,;"), value.place, "label")
        elif (
            text
            and not ids.says_nothing(text, self.words)
            and " " not in text
            and not text.endswith(("…", "..."))
            and not re.match(r"^#?\d{1,6}$|^\d{4}-\d\d-\d\d", text)
        ):
            self._add("run_id", text, value.place, "label")

    def _texts(self) -> None:
        for place, text in self._open_text():
            plain = without_marks(text)
            for one in ids.reprs(plain, place):
                rank = "pair" if one.rule.endswith("=") else one.rule
                self._add(one.field, one.value, place, rank)
            for one in ids.keys(plain, place):
                self._add("key", one.value, place, one.rule)
        for place, line in self.reading.lines:
            plain = without_marks(line)
            for one in ids.sentences(plain, place, self.words):
                self._add(one.field, one.value, place, "sentence")
        self._named_runs()
        self._relayed_sentences()

    def _named_runs(self) -> None:
        for place, text in self._open_text():
            plain = without_marks(text)
            for run in _RUN.finditer(plain):
                self._add("run_id", run.group().rstrip(".,"), place, "sentence")
            for pattern in self.words.names:
                for match in pattern.finditer(plain):
                    for name, value in match.groupdict().items():
                        self._add(name, value, place, "name")

    def _relayed_sentences(self) -> None:
        shown = (
            "alert",
            "alertname",
            "alarm",
            "summary",
            "alert name",
            "alarm name",
            "description",
            "message",
            "title",
        )
        relayed = [
            (v.place, v.value)
            for v in self.reading.labelled
            if v.label.casefold().strip("* ") in shown
        ]
        relayed += [
            (b.place, b.value)
            for b in self.reading.bodies
            if b.field == "message" and len(b.value) < 600
        ]
        for place, text in relayed:
            for line in without_marks(text).split("\n")[:3]:
                for one in ids.reprs(line, place):
                    self._add(one.field, one.value, place, "message")
                for one in ids.sentences(line, place, self.words):
                    self._add(one.field, one.value, place, "message")

    def _read_addresses(self) -> None:
        for place, address in self.addresses:
            rank = "log address" if address.is_log else "address"
            for name in ("dag_id", "task_id", "run_id", "logical_date", "try_number", "map_index"):
                said = getattr(address, name)
                self._add(name, None if said is None else str(said), place, rank)

    def _add(self, name: str, value: str | None, place: str, rule: str) -> None:
        if value:
            self.candidates.append(ids.Found(name, value, place, rule))

    # -- what is settled -------------------------------------------------------------------

    def _best(self, name: str, rules: Iterable[str] = RANKS) -> ids.Found | None:
        order = {rule: i for i, rule in enumerate(rules)}
        told = [c for c in self.candidates if c.field == name and c.rule in order]
        return min(told, key=lambda c: order[c.rule], default=None)

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
            found = _HEADLINE_DAG.match(text)
            if (
                not found
                or self.found.dag_id
                or (not ids.looks_like_id(found["id"]) and not _quoted(text, found["id"]))
            ):
                continue
            if not _told(heading, found["id"], self.words):
                continue
            self._from_headline(found["id"])
            return

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
            else [n for n in _failed_in_list(self.reading) if n != self.found.dag_id]
        )
        if len(said) == 1 and said[0] and said[0] != self.found.dag_id and self.found.dag_id:
            self._settle("task_id", ids.Found("task_id", said[0], "list", "list of states"))

    def _unprefixed(self) -> None:
        """`Task: orders.load` beside `Dag: orders`, or `Task failed: orders.load` alone."""
        dag, task = self.found.dag_id, self.found.task_id
        if (
            dag is None
            and task
            and any(self._sentence_label(v, task) for v in self.reading.labelled)
        ):
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

    def _sentence_label(self, value: Labelled, task: str) -> bool:
        said = value.field == "task" and task in value.value
        return said and bool(self.words.words["failure"].search(value.label))

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
                _RUN.search(text) or not re.match(r"^[`*' _]*(\d{4}-|\d{1,2}/)", text)
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


def _names(said: str, text: str) -> bool:
    """Whether what follows `Task failed:` is a name and not the error."""
    whole = text.strip(" `*'\"_.!\n") == said
    return whole and ids.looks_like_id(said) and not re.search(r"(Error|Exception|Timeout)$", said)


def ids_only(text: str) -> str:
    """A heading without pictures, for its first id."""
    return EMOJI.sub("", text).strip()


def _quoted(text: str, said: str) -> bool:
    return bool(re.search(rf"[`\"'*]\s*{re.escape(said)}\s*[`\"'*]", text))


def _told(heading: str, said: str, words: Vocabulary) -> bool:
    """Whether the words right after the id, or before it, tell of a failure."""
    before, _, after = without_marks(heading).partition(said)
    after = re.sub(r"^[\W_]+", "", after)
    near = words.words["failure"].match(after) or re.match(
        r"(?i)(task|dag|job|run|pipeline)\W+fail", after
    )
    return bool(near) or (not after.strip(" *_`!.") and bool(words.words["failure"].search(before)))


def _failed_in_list(reading: Reading) -> list[str | None]:
    said: list[str | None] = []
    for _, line in reading.lines:
        found = _LISTED.match(EMOJI.sub("", without_marks(line)))
        if found and found["state"].casefold() in _FAILED:
            said.append(found["task"])
    return said
