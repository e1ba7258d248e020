"""The first line, which is the answer: subject, verb, cause."""

import re
from functools import partial

from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.message.text import code, fewer_words, first_sentence, plain, prose
from slack_bridge.message.wording import say, tables

# The whole line stays under 30 words; the cause line stands in full among the evidence.
# A notification also tells confidence and category.
CAUSE_WORDS, CAUSE_WORDS_UPSTREAM = 22, 17
MORE_WORDS = {"headline": 2, "notification": 0}
# At least so many words of the cause line stay beside a long explanation.
LINE_WORDS = 9


def subject(diagnosis: Diagnosis) -> str:
    """`dag.task[map index]`, or the dag alone, as bold code."""
    parts = (plain(part, 90) for part in (diagnosis.dag_id, diagnosis.task_id))
    mapped = f"[{diagnosis.map_index}]" if diagnosis.map_index >= 0 else ""
    return f"*{code('.'.join(filter(None, parts)) + mapped) or '`?`'}*"


def cause_words(diagnosis: Diagnosis, words: int = CAUSE_WORDS) -> str:
    """The cause in few words, safe to stand in a sentence; "" when there is none.

    Of a cause line and its explanation the line is cut first: the explanation says why.
    """
    cause = plain(diagnosis.cause or diagnosis.cause_line)
    line = plain(diagnosis.cause_line).rstrip(".")  # before an explanation it ends with a colon
    before, _, why = cause.partition(line) if line and line in cause else (cause, "", "")
    said = line if line and line in cause else ""
    before, said, why = readable(before), readable(said), readable(why.rstrip("."))
    room = max(words - len(f"{before} {why}".split()), LINE_WORDS)
    if said and len(said.split()) > room:
        said = fewer_words(first_sentence(said), room).replace(" …", "…")
    told = f"{before}{said}{why}".lstrip(" :;,").rstrip(".")
    return prose(fewer_words(told, words), 400)


def readable(cause: str) -> str:
    """A cause without what wraps it: drivers, pools, ARNs, module paths (wording.toml)."""
    for entry in tables("shorter"):
        cause = re.sub(entry["pattern"], partial(_filled, entry["by"]), cause)
    return cause


def _filled(by: str, found: re.Match[str]) -> str:
    return by.format(**{name: said or "" for name, said in found.groupdict().items()})


def headline(diagnosis: Diagnosis, recovered: str, table: str) -> str:
    """The answer in one sentence, by the words of a table: "headline" or "notification"."""
    root = _unnamed_root(diagnosis)
    room = CAUSE_WORDS_UPSTREAM if root else CAUSE_WORDS
    cause = cause_words(diagnosis, room + MORE_WORDS[table])
    proven = diagnosis.confidence != "inconclusive" and bool(cause)
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
