"""Which run, try, map index and logical date a message names."""

import re
from collections.abc import Iterator

from slack_bridge.alert import sentences
from slack_bridge.alert.candidates import RANKS, RUN_ID
from slack_bridge.alert.dates import is_aware, read_date, same_instant
from slack_bridge.alert.model import Witness
from slack_bridge.alert.naming import Naming
from slack_bridge.alert.slack_text import LINK_MARK, without_marks

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

# `failed at 2026-11-03T02:00:00+00:00`, `for 2026-11-03`, `ds=2026-11-03`, `· 2026-11-03T02:00:00`.
_SPOKEN = re.compile(
    r"(?i)(?:\b(?:at|on|for|el|del|am|le|du|em|à|um|op|på|il|alle|w|dnia|dne|в|на|за|о|pada|vào|lúc|time of|date of|run|date|execution|ds|ts)[\s=:(`*\"']{1,4}|\s[\-–—|@(•·][\s`*\"']*)"
    r"(?P<when>\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d(?::(?P<seconds>\d\d)(?:\.\d+)?)?"
    r"(?P<offset>[+\-]\d\d:?\d\d|Z\b)?(?: UTC)?)?)(?![\d/])"
)


class Dating(Naming):
    """Settles run, numbers and date."""

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
            index = re.search(r"(?i)\bmap(?:ped)?[ _-]?index\W{0,3}(\d{1,6})\b", text)
            self._add("map_index", index[1] if index else None, place, "sentence")
            said = sentences.tries(without_marks(text))
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
        self._settle("logical_date", Witness("logical_date", best[1], best[0], best[2]))

    def _dates(self, named: str) -> Iterator[tuple[str, str | None, str]]:
        for value in self.reading.labelled:
            if value.field != named and not (named == "time" and value.field == "run"):
                continue
            text = LINK_MARK.sub("", value.value)
            if value.field == "run" and (
                RUN_ID.search(text) or not re.match(r"^[`*' _]*(\d{4}-|\d{1,2}/)", text)
            ):
                continue
            if named == "time" and self._is_clock(value.label, text):
                continue
            foreign = not value.label.isascii() or value.label.casefold() not in _ENGLISH_TIMES
            yield (
                value.place,
                read_date(text, value.zone, day_first=foreign),
                "label" if named != "time" else "weak label",
            )

    def _is_clock(self, label: str, text: str) -> bool:
        """`Time: 03:14:07.221` is a clock's, unless a run was made at that very moment."""
        said = re.search(r"\d\d:\d\d:\d\d\.\d+", text)
        bare = label.casefold().strip("*_`: ") in ("time", "when", "datetime", "date time")
        return said is not None and bare and said.group() not in (self.found.run_id or "")

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
        named = [(v.place, v.value) for v in self.reading.labelled if v.field in ("dag", "task")]
        for place, line in [*self.reading.lines, *named]:
            for match in _SPOKEN.finditer(without_marks(line)):
                if _is_scheduled(match):
                    yield place, read_date(match["when"]), "sentence"


def _is_scheduled(said: re.Match[str]) -> bool:
    """Whether a spoken moment is a run's: a day, a full minute, or one with an offset in figures.

    The moment of an alarm is a clock's and has seconds.
    """
    return said["time"] is None or said["seconds"] in (None, "00") or bool(said["offset"])
