"""Evidence as rich text: quotes stand in preformatted text, which Slack never reads."""

from collections.abc import Sequence

from mcp_server.domain.diagnosis import Diagnosis, Evidence
from slack_bridge.message.headline import readable
from slack_bridge.message.message import Block
from slack_bridge.message.text import is_trusted, quoted
from slack_bridge.message.wording import say


def evidence_block(diagnosis: Diagnosis, quotes: int, width: int) -> list[Block]:
    """At most `quotes` lines of `width` characters with their places; no block without any.

    The first is the cause line and gets twice the width; log lines that only repeat it are left
    to the steps.
    """
    return quotes_block(_distinct(_with_cause_line(diagnosis)), quotes, width)


def quotes_block(lines: Sequence[Evidence], quotes: int, width: int) -> list[Block]:
    """`evidence_block` of proofs that belong to no diagnosis."""
    lines = [proof for proof in lines if quoted(proof.quote)]
    if not lines or quotes <= 0:
        return []
    shown = lines[:quotes]
    parts = [
        _heading(say("labels.evidence")),
        _preformatted([_numbered(p, width if n else 2 * width) for n, p in enumerate(shown)]),
        *_list(_places(shown)),
    ]
    if len(lines) > len(shown):
        parts.append(_words(say("facts.more_evidence", count=len(lines) - len(shown))))
    return [{"type": "rich_text", "elements": parts}]


def changes_block(diagnosis: Diagnosis, most: int, width: int) -> list[Block]:
    """What changed before the failure, each with its place."""
    shown = [change for change in diagnosis.changes if quoted(change.quote)][:most]
    if not shown:
        return []
    items = [_change(change, width) for change in shown]
    heading = _heading(say("labels.changes"))
    return [{"type": "rich_text", "elements": [heading, *_list(items)]}]


def preformatted_block(title: str, lines: Sequence[str]) -> Block:
    """A heading with lines quoted as they stand; lines must not be empty."""
    return {"type": "rich_text", "elements": [_heading(title), _preformatted(lines)]}


def _with_cause_line(diagnosis: Diagnosis) -> list[Evidence]:
    proofs = [proof for proof in diagnosis.evidence if quoted(proof.quote)]
    cause = quoted(diagnosis.cause_line)
    if not cause or any(cause in quoted(p.quote) or quoted(p.quote) in cause for p in proofs):
        return proofs
    return [Evidence(id=0, kind="log", quote=diagnosis.cause_line, place="", url=""), *proofs]


def _numbered(proof: Evidence, width: int) -> str:
    mark = f"[{proof.id}] " if proof.id else ""
    return mark + quoted(proof.quote, width)


def _distinct(proofs: Sequence[Evidence]) -> list[Evidence]:
    message = readable(quoted(proofs[0].quote)).partition(": ")[2] if proofs else ""
    if len(message) < 15:
        return list(proofs)
    return [
        *proofs[:1],
        *(p for p in proofs[1:] if p.kind != "log" or message not in readable(quoted(p.quote))),
    ]


def _places(proofs: Sequence[Evidence]) -> list[Block]:
    """One line a place, behind the numbers of all quotes that stand there."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for proof in proofs:
        if proof.place:
            numbers.setdefault((proof.place, proof.url), []).append(f"[{proof.id}]")
    first = {(proof.place, proof.url): proof for proof in reversed(proofs)}
    return [
        {"type": "rich_text_section", "elements": [_text(" ".join(ids) + " "), _opened(first[at])]}
        for at, ids in numbers.items()
    ]


def _change(change: Evidence, width: int) -> Block:
    quote = {"type": "text", "text": quoted(change.quote, width), "style": {"code": True}}
    mark = [_text(f"[{change.id}] ")] if change.id else []
    place = [_text(" · "), _opened(change)] if quoted(change.place) else []
    return {"type": "rich_text_section", "elements": [*mark, quote, *place]}


def _opened(proof: Evidence) -> Block:
    words = quoted(proof.place, 160) or proof.kind
    if is_trusted(proof.url):
        return {"type": "link", "url": proof.url, "text": words}
    return _text(words)


def _heading(words: str) -> Block:
    text = {"type": "text", "text": words, "style": {"bold": True}}
    return {"type": "rich_text_section", "elements": [text]}


def _words(words: str) -> Block:
    return {"type": "rich_text_section", "elements": [_text(words)]}


def _text(words: str) -> Block:
    return {"type": "text", "text": words}


def _preformatted(lines: Sequence[str]) -> Block:
    return {"type": "rich_text_preformatted", "border": 0, "elements": [_text("\n".join(lines))]}


def _list(items: Sequence[Block]) -> list[Block]:
    if not items:
        return []
    return [{"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": list(items)}]
