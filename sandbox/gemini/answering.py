"""The scripted model's answer: the wanted schema filled from lines that tools returned."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.gemini.facts import fact
from sandbox.gemini.wire import Called, Conversation, Json

MOST_QUOTES = 3
_TELLING = re.compile(
    r"\b(?:\w*error|\w*exception|denied|cancel\w*|timed?[ -]?out|does not exist|refused|aborted"
    r"|lock(?:s|ed|ing)?|killed|overflow|drop(?:ped)?|revoke\w*|delete\w*|alarm)\b",
    re.IGNORECASE,
)
# A proof in the findings that were given: "[1] the line   (where it stands)".
_FOUND = re.compile(r"^\[\d+\] (\S.*?) {2,}\(.*\)$", re.MULTILINE)
# What a reader puts in front of a line: a mark, a line number.
_PREFIX = re.compile(r"^(?:> ?)?(?:\[\d+\] )?(?:\d+: )?")
# "cause: x", and "*Likely cause* (high confidence): x".
_CAUSE = re.compile(r"^\W*(?:likely )?cause\b[^:\n]{0,80}:\s+(\S.*)$", re.IGNORECASE | re.MULTILINE)
_SURE = re.compile(r"^\s*confidence\W+(\w+)", re.IGNORECASE | re.MULTILINE)
_STEP = re.compile(r"^\s*(?:\d+[.)]|[-*•]|next step:)\s+(\S.*)$")
# Lines that speak about the answer, not about what happened.
_ABOUT = re.compile(
    r"https?://|^(?:<<<|source:|\W*(?:category|confidence|likely cause|cause|before|next|do next"
    r"|not[ _]checked|can[ _]it[ _]wait|safe[ _]to[ _]rerun|blocked)\b)|>>>$|^\W*\w+:$",
    re.IGNORECASE,
)
_SLUG = re.compile(r"^\s*category\W+([a-z]+\.[a-z_]+|unknown)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Quote:
    """One whole line of a call's answer; `number` counts calls from 1, 0 is what was given."""

    call: Called
    number: int
    line: str


@dataclass(frozen=True)
class Material:
    """What an answer is made of."""

    talk: Conversation
    quotes: tuple[Quote, ...]
    cause: str
    steps: tuple[str, ...]


def material_of(talk: Conversation) -> Material:
    """Gather quotes, cause and steps from what the tools returned."""
    given = Called("", "findings", {}, talk.said, failed=False)
    found = [Quote(given, 0, line) for line in _FOUND.findall(talk.said)[:1]]
    quotes = (*found, *_quotes(talk))[:MOST_QUOTES]
    said = _CAUSE.search(talk.heard)
    line = said.group(1).strip() if said else quotes[0].line if quotes else ""
    cause = line or "No tool returned anything that tells the cause."
    return Material(talk, quotes, cause, tuple(_steps(talk.heard))[:3])


def fill(schema: Json, material: Material) -> object:
    """An instance of the schema."""
    return _Filler(schema, material).value(schema, "", None)


def prose(material: Material) -> str:
    """The answer where no JSON was asked for."""
    lines = [material.cause, *(f"[{q.number}] {q.line}" for q in material.quotes)]
    return "\n".join(lines)


@dataclass(frozen=True)
class _Filler:
    root: Json
    material: Material

    def value(self, schema: Json, name: str, quote: Quote | None) -> object:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._chosen(schema["enum"], name)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if kind == "object":
            return self._object(schema, quote)
        if kind == "array":
            return self._array(schema, name)
        if kind in ("integer", "number"):
            return self._number(schema, name, quote)
        return False if kind == "boolean" else self._string(schema, name, quote)

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            found = self.root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self._resolved(next(s for s in schema[choice] if s.get("type") != "null"))
        kind = schema.get("type")
        return schema | {"type": kind[0]} if isinstance(kind, list) else schema

    def _object(self, schema: Json, quote: Quote | None) -> Json:
        properties = schema.get("properties") or {}
        return {name: self.value(inner, name, quote) for name, inner in properties.items()}

    def _array(self, schema: Json, name: str) -> list[object]:
        items = self._resolved(schema.get("items") or {"type": "string"})
        least, most = int(schema.get("minItems") or 0), int(schema.get("maxItems") or MOST_QUOTES)
        if _is_about_quotes(name, items):
            found = [self.value(items, name, quote) for quote in self.material.quotes]
        elif "step" in name or "next" in name:
            found = list(self.material.steps) if items.get("type") == "string" else []
        else:
            found = []
        while len(found) < least:
            found.append(self.value(items, name, None))
        return found[:most]

    def _chosen(self, choices: Sequence[object], name: str) -> object:
        """The choice that was spoken of, by the findings or by a tool; else the middle one."""
        read = self.material.talk.heard
        said = (_SURE if "confidence" in name else _SLUG).search(read)
        if said and said.group(1) in choices:
            return said.group(1)
        spoken = [c for c in choices if isinstance(c, str) and "." in c and c in read]
        return spoken[0] if spoken else choices[len(choices) // 2]

    def _number(self, schema: Json, name: str, quote: Quote | None) -> int:
        if quote is not None and ("call" in name or "source" in name or "number" in name):
            return quote.number
        said = fact(name, self.material.talk.said, number=True)
        return int(said) if said else int(schema.get("minimum") or 0)

    def _string(self, schema: Json, name: str, quote: Quote | None) -> str:
        text = self._text(name, quote or next(iter(self.material.quotes), None))
        return text[: int(schema.get("maxLength") or 2000)]

    def _text(self, name: str, quote: Quote | None) -> str:
        if quote is not None and ("quote" in name or "line" in name or name == "text"):
            return quote.line
        if quote is not None and ("call" in name or "source" in name or name == "id"):
            return quote.call.id
        if quote is not None and name in ("tool", "tool_name"):
            return quote.call.name
        if name == "category":
            said = _SLUG.search(self.material.talk.heard)
            return said.group(1) if said else "unknown"
        if name in ("note", "reason_unknown", "caveat"):
            return ""
        return fact(name, self.material.talk.said) if name.endswith("_id") else self.material.cause


def _is_about_quotes(name: str, items: Json) -> bool:
    inner = " ".join(items.get("properties") or ())
    return "quote" in inner or (items.get("type") == "string" and "quote" in name)


def _quotes(talk: Conversation) -> Iterator[Quote]:
    """Telling lines that were not given: the best of each call first, then the second best."""
    ranked = [(n, c, _telling(c.text, talk.said)) for n, c in enumerate(talk.called, 1)]
    for place in range(MOST_QUOTES):
        for number, call, lines in ranked:
            if place < len(lines) and not call.failed:
                yield Quote(call, number, lines[place])


def _telling(text: str, given: str) -> list[str]:
    """The lines worth quoting, the most telling first."""
    lines = (_PREFIX.sub("", line.strip()) for line in text.splitlines() if 12 <= len(line) <= 600)
    fresh = [line for line in lines if not _ABOUT.search(line) and line[:60] not in given]
    scored = [(len(_TELLING.findall(line)), line) for line in fresh]
    best = sorted((s for s in scored if s[0]), key=lambda pair: -pair[0])
    return list(dict.fromkeys(line for _, line in best))


def _steps(read: str) -> Iterator[str]:
    """Lines that are called a next step, and list items below a line that speaks of them."""
    below = False
    for line in read.splitlines():
        item = _STEP.match(line)
        if item and (below or line.startswith("next step:")):
            yield item.group(1).strip()
        elif line.strip():
            below = bool(re.search(r"next|steps", line, re.IGNORECASE))
