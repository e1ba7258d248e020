"""Every value that a message offers for a field, with the kind of witness that offers it."""

import re
from collections.abc import Iterable, Iterator

from slack_bridge.alert import ids, reprs, sentences
from slack_bridge.alert.model import Witness
from slack_bridge.alert.reading import Labelled, Reading
from slack_bridge.alert.slack_text import LINK_MARK, Links, without_marks
from slack_bridge.alert.urls import Address, read_address
from slack_bridge.alert.vocabulary import Vocabulary

_FROM_LABEL = {"dag": "dag_id", "task": "task_id", "pipeline": "pipeline", "run": "run_id"}
RUN_ID = re.compile(
    r"\b(?:scheduled|manual|backfill|asset_triggered|dataset_triggered)__[^\s`\"'*,;|<>()\[\]…\ue000]+"
)
# `Task failed: ...` may be followed by anything; `Failed task: ...`, `Tarea fallida: ...` name one.
_SENTENCE = re.compile(
    r"(?i)(?:airflow )?(?:task|dag|dag ?run|step)\W+(?:run )?(?:has )?(?:fail|error)|.*(?:실패|失敗|失败|ha fallado|falhou|упал|gagal|başarısız|mislukt)\W*$"
)
# Best witness first. A field's value comes from the first of these that says one.
RANKS = ("pattern", "log address", "TaskInstance", "RuntimeTaskInstance", "label", "address", "DagRun", "<Task>", "<DAG>", "pair", "log file name", "sentence", "name", "task_instance_key_str", "weak label", "headline", "message")  # fmt: skip


class Candidates:
    """The candidates for each field, ranked by what kind of witness they are."""

    def __init__(self, reading: Reading, links: Links, words: Vocabulary) -> None:
        self.reading, self.links, self.words = reading, links, words
        self.candidates: list[Witness] = []
        self.addresses = list(self._addresses())

    def collect(self) -> None:
        """Gather from labels, running text and addresses."""
        self._own_patterns()
        self._labels()
        self._texts()
        self._read_addresses()

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
            elif value.field == "name":
                self._name_label(value)
            elif name:
                self._id_label(name, value)

    def _name_label(self, value: Labelled) -> None:
        """`Name: orders` below a heading that tells of a failed dag, or of a failed task."""
        for heading in self.reading.headings:
            nouns = re.findall(
                r"(?i)\b(dag|task|pipeline|workflow|alarm|monitor|metric)s?\b", heading
            )
            if nouns and self.words.words["failure"].search(heading):
                field = {
                    "task": "task_id",
                    "dag": "dag_id",
                    "pipeline": "dag_id",
                    "workflow": "dag_id",
                }
                said = ids.clean_id(without_marks(value.value), self.words, plain_word=False)
                self._add(field.get(nouns[0].casefold(), ""), said, value.place, "weak label")
                return

    def _id_label(self, name: str, value: Labelled) -> None:
        text = without_marks(value.value)
        if "<TaskInstance" in text or "<DagRun" in text or sentences.opens_with_try(text):
            return
        if any(reprs.keys(text, value.place)):
            return
        if RUN_ID.match(text.strip(" `*'\"_")):
            self._run_label(value)
            return
        said = ids.clean_id(text, self.words) or ids.lone_word(text, self.words)
        if said and _SENTENCE.match(value.label.strip(" *_`")) and not _names(said, text):
            return
        self._add(name, said, value.place, "label")
        mapped = re.search(r"\[(\d{1,6})\]\s*[`*]*\s*$", text.split("\n")[0])
        if said and name == "task_id" and mapped:
            self._add("map_index", mapped[1], value.place, "label")

    def _run_label(self, value: Labelled) -> None:
        text = without_marks(value.value).strip().split("\n")[0].strip("`*' \"_")
        named = RUN_ID.search(text)
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
            for one in reprs.reprs(plain, place):
                rank = "pair" if one.rule.endswith("=") else one.rule
                self._add(one.field, one.value, place, rank)
            for one in reprs.keys(plain, place):
                self._add("key", one.value, place, one.rule)
        for place, line in self.reading.lines:
            plain = without_marks(line)
            # The keys of JSON are no words of a sentence.
            for one in (
                sentences.sentences(plain, place, self.words) if plain.count('":') < 2 else ()
            ):
                if not any(reprs.keys(one.value, place)):
                    self._add(one.field, one.value, place, "sentence")
        self._named_runs()
        self._relayed_sentences()

    def _named_runs(self) -> None:
        for place, text in self._open_text():
            plain = without_marks(text)
            for run in RUN_ID.finditer(plain):
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
                for one in reprs.reprs(line, place):
                    self._add(one.field, one.value, place, "message")
                for one in sentences.sentences(line, place, self.words):
                    self._add(one.field, one.value, place, "message")

    def _read_addresses(self) -> None:
        for place, address in self.addresses:
            rank = "log address" if address.is_log else "address"
            for name in ("dag_id", "task_id", "run_id", "logical_date", "try_number", "map_index"):
                said = getattr(address, name)
                if name in ("dag_id", "task_id") and not re.fullmatch(r"[\w.\-]+", said or ""):
                    continue
                self._add(name, None if said is None else str(said), place, rank)

    def _add(self, name: str, value: str | None, place: str, rule: str) -> None:
        if value:
            self.candidates.append(Witness(name, value, place, rule))

    def _best(self, name: str, rules: Iterable[str] = RANKS) -> Witness | None:
        order = {rule: i for i, rule in enumerate(rules)}
        told = [c for c in self.candidates if c.field == name and c.rule in order]
        return min(told, key=lambda c: order[c.rule], default=None)


def _names(said: str, text: str) -> bool:
    """Whether what follows `Task failed:` is a name and not the error."""
    bare = text.strip(" `*'\"_.!\n")
    named = bare == said or re.match(
        rf"[`*\"']+{re.escape(said)}[`*\"']+\s*(?:[—–\-|·(,;]|$)", text.strip()
    )
    return (
        bool(named)
        and ids.looks_like_id(said)
        and not re.search(r"(Error|Exception|Timeout)$", said)
    )
