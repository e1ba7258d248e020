"""The first line, which is the answer: subject, verb, cause."""

from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.blocks_text import code, fewer_words, plain, prose
from slack_bridge.wording import say

# The whole line stays under 30 words; the cause line stands in full among the evidence.
CAUSE_WORDS = 20


def subject(diagnosis: Diagnosis) -> str:
    """`dag.task[map index]`, or the dag alone, as bold code."""
    parts = (plain(part, 90) for part in (diagnosis.dag_id, diagnosis.task_id))
    mapped = f"[{diagnosis.map_index}]" if diagnosis.map_index >= 0 else ""
    return f"*{code('.'.join(filter(None, parts)) + mapped) or '`?`'}*"


def cause_words(diagnosis: Diagnosis, words: int = CAUSE_WORDS) -> str:
    """The cause in few words, safe to stand in a sentence; "" when there is none."""
    said = plain(diagnosis.cause or diagnosis.cause_line).rstrip(".")
    return prose(fewer_words(said, words), 400)


def headline(diagnosis: Diagnosis, recovered: str, table: str) -> str:
    """The answer in one sentence, by the words of a table: "headline" or "notification"."""
    cause = cause_words(diagnosis)
    proven = diagnosis.confidence != "inconclusive" and bool(cause)
    root = _unnamed_root(diagnosis)
    kind = "recovered" if recovered else "failed_upstream" if root and proven else "failed"
    if not proven:
        kind = "recovered_inconclusive" if recovered else "inconclusive"
    return say(
        f"{table}.{kind}",
        subject=subject(diagnosis),
        cause=cause,
        root=code(root, 120),
        recovered=prose(recovered, 80),
        confidence=say(f"confidence.{diagnosis.confidence}"),
        category=code(diagnosis.category, 60),
    )


def _unnamed_root(diagnosis: Diagnosis) -> str:
    """The task that failed first, where it is another one and the cause does not name it."""
    root = diagnosis.root_task_id
    return "" if root == diagnosis.task_id or root in diagnosis.cause else root
