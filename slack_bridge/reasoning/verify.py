"""Hold the model to what was read: unproven quotes are dropped, and no proof means no claim."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from mcp_server.domain.diagnosis import Confidence, Diagnosis, Evidence, EvidenceKind, NotChecked
from slack_bridge.message.headline import readable
from slack_bridge.message.text import is_trusted, plain
from slack_bridge.message.wording import say, section, told
from slack_bridge.reasoning.grounding import SHORTEST, Corpus, normal, tame
from slack_bridge.reasoning.model_answer import Cited, ModelAnswer
from slack_bridge.toolbox import Source

RANKS: tuple[Confidence, ...] = ("inconclusive", "low", "medium", "high")
MOST_EVIDENCE = 9
MOST_UNCHECKED = 6
CAUSE_WIDTH = 340
_STAMP = re.compile(r"^\[?\d{4}-\d\d-\d\d[T ][\d:.,+Z]{5,24}\]?\s+(?:[A-Z]{4,8}\s+)?(?:- )?")
_NAMES = {"dag_id", "task_id", "try_number"}


@dataclass(frozen=True)
class Verified:
    """The diagnosis that stands; `note` says why the model's did not ("" when it did)."""

    diagnosis: Diagnosis
    note: str = ""


def verify(
    rules: Diagnosis, answer: ModelAnswer, sources: Sequence[Source], *, some_failed: bool = False
) -> Verified:
    """Merge the model's answer into the rules' diagnosis as far as it is proven.

    `sources` are the tools' answers of this investigation; the rules' own quotes count as result 0.
    `some_failed` tells whether a call failed: only then the model can know what was not checked.
    """
    corpus = Corpus([_own(rules), *sources], rules.model_dump_json())
    proofs = proven(answer.evidence, corpus, rules.evidence)
    if not proofs:
        return Verified(rules, say("model.unproven"))
    if answer.category not in section("categories"):
        answer = answer.model_copy(update={"category": rules.category})
    fresh = [proof for proof in proofs if not _is_known(proof, rules)]
    if answer.category == rules.category or answer.category == "unknown":
        return Verified(_agreed(rules, answer, corpus, fresh, some_failed=some_failed))
    if not _may_overrule(rules, proofs, fresh):
        return Verified(rules, say("model.differs", category=answer.category))
    return Verified(_overruled(rules, answer, corpus, proofs, some_failed=some_failed))


def _agreed(
    rules: Diagnosis,
    answer: ModelAnswer,
    corpus: Corpus,
    fresh: list[Evidence],
    *,
    some_failed: bool,
) -> Diagnosis:
    said = "" if answer.category == "unknown" else _grounded_cause(answer, corpus)
    # A cause that code is sure of leads, and only a new proof adds to it.
    is_sure = rules.confidence == "high"
    changes = {
        "cause": _joined(rules.cause, said if fresh or not is_sure else "", own_first=is_sure),
        "confidence": _agreed_confidence(rules, answer, fresh),
    }
    return _with(rules, changes, [*rules.evidence, *fresh], answer, corpus, some_failed)


def _overruled(
    rules: Diagnosis,
    answer: ModelAnswer,
    corpus: Corpus,
    proofs: list[Evidence],
    *,
    some_failed: bool,
) -> Diagnosis:
    line = proofs[0].quote
    root = tame(answer.root_task_id, 250)
    is_root = root and root != rules.task_id and not rules.root_task_id and corpus.grounds(root)
    changes = {
        "category": answer.category,
        "cause": _joined(line, _grounded_cause(answer, corpus), own_first=False),
        "cause_line": line,
        # A pattern of the rules' line would call another failure the same.
        "cause_pattern": re.sub(r"\d+", "N", line),
        "root_task_id": root if is_root else rules.root_task_id,
        "confidence": _least(answer.confidence, "high" if _kinds(proofs) > 1 else "medium"),
    }
    others = [proof for proof in rules.evidence if not _same(proof, proofs)]
    return _with(rules, changes, [*proofs, *others], answer, corpus, some_failed)


def _with(
    rules: Diagnosis,
    changes: Mapping[str, object],
    evidence: Sequence[Evidence],
    answer: ModelAnswer,
    corpus: Corpus,
    some_failed: bool,
) -> Diagnosis:
    kept = [p.model_copy(update={"id": n}) for n, p in enumerate(evidence[:MOST_EVIDENCE], 1)]
    changed = [p.model_copy(update={"id": n}) for n, p in enumerate(rules.changes, len(kept) + 1)]
    missing = [*rules.not_checked, *(_unchecked(answer, corpus, rules) if some_failed else ())]
    return rules.model_copy(
        update={
            **changes,
            "evidence": kept,
            "changes": changed,
            "next_steps": _steps(rules, answer, corpus),
            "not_checked": missing[:MOST_UNCHECKED],
        }
    )


def proven(
    cited: Sequence[Cited], corpus: Corpus, known: Sequence[Evidence] = ()
) -> list[Evidence]:
    """The quotes that stand in what was read, each once; a known proof stands for its own line."""
    found = (corpus.find(one.quote, one.call) for one in cited[: 2 * MOST_EVIDENCE])
    lines = dict(pair for pair in found if pair is not None)
    proofs = [
        next((p for p in known if _overlap(line, p.quote)), None) or _evidence(line, source)
        for line, source in lines.items()
    ]
    return list({proof.quote: proof for proof in proofs}.values())


def _evidence(line: str, source: Source) -> Evidence:
    near = _near(source.structured, line) or {}
    kind = str(near.get("kind") or section("kinds").get(source.tool, "airflow"))
    url = str(near.get("url") or near.get("log_url") or near.get("run_url") or "")
    return Evidence(
        id=0,
        kind=cast("EvidenceKind", kind if kind in get_args(EvidenceKind) else "airflow"),
        quote=plain(line, 300),
        place=plain(str(near.get("place") or told("places", source.tool, source.arguments)), 160),
        url=url if is_trusted(url) else "",
    )


def _near(
    part: object, line: str, around: Mapping[str, Any] | None = None
) -> Mapping[str, Any] | None:
    """The innermost object that holds the line, over the links of those around it."""
    if isinstance(part, str):
        return around if line[:200] in normal(part) else None
    if isinstance(part, list):
        return next((f for one in part if (f := _near(one, line, around)) is not None), None)
    if not isinstance(part, Mapping):
        return None
    links = {k: v for k, v in (around or {}).items() if k.endswith("url")}
    here = {**links, **part}
    return next((f for one in part.values() if (f := _near(one, line, here)) is not None), None)


def _grounded_cause(answer: ModelAnswer, corpus: Corpus) -> str:
    said = tame(answer.cause, CAUSE_WIDTH).rstrip(".")
    return said if corpus.grounds(said) else ""


def _joined(own: str, said: str, *, own_first: bool) -> str:
    """What code knows and what the model says; one of them where it holds the other."""
    own, said = own.rstrip("."), said.rstrip(".")
    # A sentence that begins like one we have is that one, cut elsewhere.
    if not said or normal(said).rstrip("…")[:80] in normal(own):
        return own
    if not own or normal(own) in normal(said):
        return said
    first, second = (own, said) if own_first else (said, own)
    return plain(f"{first}: {second}", 2 * CAUSE_WIDTH)


def _agreed_confidence(rules: Diagnosis, answer: ModelAnswer, fresh: list[Evidence]) -> Confidence:
    """The rules' word, a step up for a proof from another kind of source, a step down for doubt."""
    rank = RANKS.index(rules.confidence)
    doubts = answer.confidence in ("low", "inconclusive")
    kinds = {proof.kind for proof in rules.evidence}
    confirmed = any(proof.kind not in kinds for proof in fresh)
    if doubts:
        return RANKS[max(rank - 1, 0)]
    if confirmed and answer.confidence == "high" and 0 < rank < 3 and kinds:
        return RANKS[rank + 1]
    return rules.confidence


def _least(said: str, most: Confidence) -> Confidence:
    wanted = RANKS.index("low")
    wanted = next((n for n, rank in enumerate(RANKS) if rank == said), wanted)
    return RANKS[min(wanted, RANKS.index(most))]


def _may_overrule(rules: Diagnosis, proofs: list[Evidence], fresh: list[Evidence]) -> bool:
    """What the rules are sure of stands; else the more they know, the more it takes."""
    if rules.confidence == "high":
        return False
    if rules.confidence == "medium":
        return bool(fresh) and _kinds(proofs) > 1
    return True


def _kinds(proofs: Sequence[Evidence]) -> int:
    return len({proof.kind for proof in proofs})


def _is_known(proof: Evidence, rules: Diagnosis) -> bool:
    """Whether the rules tell it already: the line itself, or another log line with its message."""
    message = normal(readable(rules.cause_line))
    repeats = (
        len(message) >= 20 and proof.kind == "log" and message in normal(readable(proof.quote))
    )
    return repeats or _same(proof, [*rules.evidence, *rules.changes])


def _same(proof: Evidence, others: Sequence[Evidence]) -> bool:
    return any(_overlap(proof.quote, other.quote) for other in others)


def _overlap(one: str, other: str) -> bool:
    one, other = _bare(one), _bare(other)
    return one in other or (other in one and len(other) >= SHORTEST)


def _bare(line: str) -> str:
    """A quote without the time and level before it and the mark of a cut behind it."""
    return _STAMP.sub("", normal(line)).rstrip(".…")


def _steps(rules: Diagnosis, answer: ModelAnswer, corpus: Corpus) -> list[str]:
    """The model's harmless, grounded steps, filled up with the rules'; a team's runbook first."""
    runbook = [step for step in rules.next_steps[:1] if "http" in step]
    said = [tame(step, 240) for step in answer.next_steps if _is_harmless(step)]
    own = [step for step in said if step and corpus.grounds(step)]
    steps = list(dict.fromkeys([*runbook, *own, *rules.next_steps]))[:3]
    # What the model only repeats keeps the order of the rules: first look, then mend, then rerun.
    ordered = iter([step for step in rules.next_steps if step in steps])
    return [next(ordered) if step in rules.next_steps else step for step in steps]


def _is_harmless(step: str) -> bool:
    return not any(re.search(p, step, re.IGNORECASE) for p in section("refused")["steps"])


def _unchecked(answer: ModelAnswer, corpus: Corpus, rules: Diagnosis) -> Iterator[NotChecked]:
    known = {part.what.lower() for part in rules.not_checked}
    for part in answer.not_checked[:2]:
        what, why = tame(part.what, 120), tame(part.why, 200)
        if what and what.lower() not in known and corpus.grounds(f"{what} {why}"):
            yield NotChecked(what=what, why=why)


def _own(rules: Diagnosis) -> Source:
    """The rules' findings as result 0: their quotes, with and without the place, and the log."""
    proofs = [*rules.evidence, *rules.changes]
    lines = [line for p in proofs for line in (p.quote, f"{p.quote} ({p.place})")]
    text = "\n".join([*lines, rules.cause_line, rules.digest])
    log = {"log_url": rules.log_url, "text": f"{rules.cause_line}\n{rules.digest}"}
    return Source(0, "get_task_log", text, rules.model_dump(include=_NAMES), log)
