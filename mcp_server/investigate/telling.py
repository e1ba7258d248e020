"""A diagnosis as lean text, in the order in which a person on call asks."""

from collections.abc import Iterable

from mcp_server.domain.diagnosis import Diagnosis, Evidence


def tell(diagnosis: Diagnosis, notes: Iterable[str] = ()) -> str:
    """Cause, what it is about, the facts, evidence, next steps, not checked; empty ones dropped.

    `notes` are sentences about what was asked; they stand above the facts.
    """
    parts = [
        _cause(diagnosis),
        _subject(diagnosis),
        *notes,
        *_facts(diagnosis),
        *_listed("Evidence", diagnosis.evidence),
        *_listed("Changed before it", diagnosis.changes),
        *_steps(diagnosis),
        *_not_checked(diagnosis),
        *_links(diagnosis),
    ]
    return "\n".join(part for part in parts if part)


def tell_state(diagnosis: Diagnosis) -> str:
    """Whether it has recovered, which is all that was looked at."""
    recovered = f"Recovered: {diagnosis.recovered}" if diagnosis.recovered else ""
    still = recovered or "Not recovered: no later success of it was seen."
    return "\n".join([still, _subject(diagnosis), *_not_checked(diagnosis)])


def _cause(one: Diagnosis) -> str:
    if one.confidence == "inconclusive":
        return f"Inconclusive: {one.cause}"
    cited = "[1]" if one.evidence else ""
    return (
        f"Likely cause ({one.confidence} confidence, {one.category}): {one.cause} {cited}".rstrip()
    )


def _subject(one: Diagnosis) -> str:
    index = f"[{one.map_index}]" if one.map_index >= 0 else ""
    tries = f"try {one.try_number}" if one.try_number else ""
    if tries and one.max_tries:
        tries += f" of {max(one.max_tries, one.try_number)}"
    said = [
        f"dag {one.dag_id}",
        f"task {one.task_id}{index}" if one.task_id else "",
        f"run {one.run_id}" if one.run_id else "",
        tries,
        one.state,
        f"failed {one.failed_at}" if one.failed_at else "",
        f"environment {one.environment}" if one.environment else "",
    ]
    text = ", ".join(part for part in said if part)
    root = f"\nRoot: task {one.root_task_id}" if one.root_task_id else ""
    return f"{text}{root}"


def _facts(one: Diagnosis) -> list[str]:
    facts = {
        "Recovered": one.recovered,
        "Before": one.before,
        "Can it wait?": one.can_wait,
        "Safe to rerun?": one.safe_to_rerun,
        "Blocked": ", ".join(one.blocked[:20]),
        "Owner": one.owner,
    }
    return [
        f"{name}{'' if name.endswith('?') else ':'} {text}" for name, text in facts.items() if text
    ]


def _listed(title: str, evidence: list[Evidence]) -> list[str]:
    if not evidence:
        return []
    return [f"{title}:", *(f"[{one.id}] {one.quote} ({one.place})" for one in evidence)]


def _steps(one: Diagnosis) -> list[str]:
    steps = [f"{number}. {step}" for number, step in enumerate(one.next_steps, 1)]
    return ["Next steps:", *steps] if steps else []


def _not_checked(one: Diagnosis) -> list[str]:
    missed = [f"- {miss.what}: {miss.why}" for miss in one.not_checked]
    return ["Not checked:", *missed] if missed else []


def _links(one: Diagnosis) -> list[str]:
    return [
        f"{name}: {url}" for name, url in (("Log", one.log_url), ("Airflow", one.run_url)) if url
    ]
