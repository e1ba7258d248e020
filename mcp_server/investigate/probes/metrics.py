"""CloudWatch metrics around a failure; `metrics.toml` says which, and what is worth saying."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from importlib import resources
from itertools import pairwise
from typing import Literal

from mcp_server.backends import Metrics
from mcp_server.domain.diagnosis import EvidenceKind
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding, joined
from mcp_server.investigate.moments import clock_time

KIND: EvidenceKind = "metric"
LOST = frozenset({"airflow.task_killed", "airflow.scheduling", "unknown"})
MOST_SERIES = 4
Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric to read, as metrics.toml tells it."""

    namespace: str
    name: str
    statistic: str
    word: str
    says: Literal["above", "below", "fell", "missing", "always"]
    before_min: int = 15
    after_min: int = 3
    limit: float = 0.0
    among: tuple[str, ...] = ()
    dimension: Literal["environment", "cluster"] = "environment"
    confirms: bool = False
    category: str = ""
    explains: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a series shows: the value that counts, when (until when), and what it was before."""

    value: float
    at: datetime
    before: float = 0.0
    until: datetime | None = None


@cache
def readings() -> dict[str, tuple[str, tuple[Reading, ...]]]:
    """For each probe its wording and the metrics it reads."""
    text = (
        resources.files("mcp_server.investigate.probes").joinpath("metrics.toml").read_text("utf-8")
    )
    return {
        name: (
            entry["what"],
            tuple(
                Reading(**{**one, "among": tuple(one.get("among", ()))}) for one in entry["series"]
            ),
        )
        for name, entry in tomllib.loads(text).items()
    }


async def around(case: Case, name: str) -> Finding:
    """What the metrics of the probe `name` show near the failure."""
    metrics = case.backends.metrics
    if metrics is None:
        return NOTHING
    found = await asyncio.gather(
        *(_read(case, metrics, reading) for reading in readings()[name][1])
    )
    return joined([finding for findings in found for finding in findings])


async def _read(case: Case, metrics: Metrics, reading: Reading) -> list[Finding]:
    scope = {"Environment": case.environment.name} if reading.dimension == "environment" else {}
    list_them = partial(metrics.list_metrics, reading.namespace, reading.name, scope)
    key = f"metrics/{reading.namespace}/{reading.name}/{sorted(scope.items())}"
    listed = [said for _, said in await case.shared.once(key, list_them)]
    doubtful = False
    if reading.dimension == "cluster":
        listed = _whole_clusters(listed)
        mine = _of_cluster(case, listed)
        # Of several clusters none of which is named, one that stands out is a lead, no proof.
        doubtful, listed = not mine, mine or listed
    ours = [said for said in listed if _is_among(said, reading.among) and _is_pool(case, said)]
    chosen = ours[:MOST_SERIES]
    if doubtful:
        word = f"{reading.word} (cluster {{where}})"
        reading = replace(reading, word=word, confirms=False, explains="")
    found = await asyncio.gather(*(_series(case, metrics, reading, said) for said in chosen))
    return [finding for finding in found if finding is not NOTHING]


def _whole_clusters(listed: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The series of whole clusters, not of their nodes, where there are such."""
    return [said for said in listed if set(said) == {"ClusterIdentifier"}] or list(listed)


def _of_cluster(case: Case, listed: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The series of the failure's cluster, of the configured one, or of the only one there is."""
    known = {said.get("ClusterIdentifier", "") for said in listed} - {""}
    wanted = [case.names.get(name, "") for name in ("cluster", "configured_cluster")]
    named = next((name for name in wanted if name in known), "")
    chosen = named or (next(iter(known)) if len(known) == 1 else "")
    return [said for said in listed if chosen and said.get("ClusterIdentifier") == chosen]


def _is_pool(case: Case, said: Mapping[str, str]) -> bool:
    """Of pools only the task's own counts."""
    failed = case.target.failed
    mine = (failed.pool if failed else "") or case.names.get("pool", "") or "default_pool"
    return said.get("Pool", mine) == mine


def _is_among(said: Mapping[str, str], among: Sequence[str]) -> bool:
    return not among or any(value in among for value in said.values())


async def _series(
    case: Case, metrics: Metrics, reading: Reading, said: Mapping[str, str]
) -> Finding:
    start = min(case.started_at, case.failed_at) - timedelta(minutes=reading.before_min)
    start = max(start, case.failed_at - timedelta(hours=3))
    end = case.failed_at + timedelta(minutes=reading.after_min)
    ask = partial(
        metrics.series,
        reading.namespace,
        reading.name,
        said,
        statistic=reading.statistic,
        start=start,
        end=end,
    )
    key = f"series/{reading.namespace}/{reading.name}/{sorted(said.items())}/{start}"
    key += f"/{reading.statistic}"
    series = await case.shared.once(key, ask)
    fact = judged(reading, series.points, case.failed_at)
    return _finding(case, reading, said, fact) if fact else NOTHING


def judged(reading: Reading, points: Points, failed_at: datetime) -> Fact | None:
    """What of a series is worth saying, None when nothing is."""
    if reading.says == "missing":
        return _silence(points, failed_at)
    if not points:
        return None
    if reading.says == "fell":
        return _fall(points)
    pick = min if reading.statistic == "Minimum" else max
    at, value = pick(points, key=lambda point: point[1])
    if reading.says == "above" and value < reading.limit:
        return None
    if reading.says == "below" and not _is_below(reading, value):
        return None
    return Fact(value, at)


def _is_below(reading: Reading, value: float) -> bool:
    """Zero as a limit means: down to nothing; any other limit is not itself below."""
    return value <= 0 if reading.limit <= 0 else value < reading.limit


def _fall(points: Points) -> Fact | None:
    """The last step down."""
    steps = [
        Fact(after, at, before) for (_, before), (at, after) in pairwise(points) if after < before
    ]
    return steps[-1] if steps else None


def _silence(points: Points, failed_at: datetime) -> Fact | None:
    """Three minutes or more without a point above zero: up to the failure, else the longest gap."""
    alive = sorted(at for at, value in points if value > 0 and at <= failed_at)
    if not alive:
        return None
    if failed_at - alive[-1] >= timedelta(minutes=3):
        return Fact(0.0, alive[-1])
    gaps = sorted((after - before, before, after) for before, after in pairwise(alive))
    usual = gaps[len(gaps) // 2][0] if gaps else timedelta(0)
    if len(gaps) < 3 or gaps[-1][0] < max(timedelta(minutes=3), 3 * usual):
        return None
    return Fact(0.0, gaps[-1][1], until=gaps[-1][2])


def _finding(case: Case, reading: Reading, said: Mapping[str, str], fact: Fact) -> Finding:
    named = "Environment" if reading.dimension == "cluster" else "ClusterIdentifier"
    where = ", ".join(v for k, v in said.items() if k not in ("Environment", named))
    words = {
        "value": _number(fact.value),
        "from": _number(fact.before),
        "to": _number(fact.value),
        "at": clock_time(fact.at, case.failed_at),
        "where": where or case.environment.name,
        "limit": _number(reading.limit),
        "until": f" until {clock_time(fact.until, case.failed_at)}Z" if fact.until else "",
    }
    clue = Clue(
        KIND,
        reading.word.format_map(words),
        f"CloudWatch {reading.namespace} {reading.name}",
        at=fact.at,
        confirms=reading.confirms,
        rank=12 if reading.confirms else 45,
    )
    category = reading.category if case.category in LOST else ""
    fell = f"{words['from']} to {words['to']} at {words['at']}"
    names = (("scaled_in", fell),) if reading.says == "fell" else ()
    explains = reading.explains.format_map(words)
    return Finding((clue,), explains=explains, category=category, names=names)


def _number(value: float) -> str:
    """Whole above ten, one decimal below."""
    return f"{value:.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.1f}"
