"""Ids and tries in sentences: `Task x in DAG y failed on try 2`."""

import re
from collections.abc import Iterator
from functools import lru_cache

from slack_bridge.alert.ids import ID, looks_like_id
from slack_bridge.alert.model import Witness
from slack_bridge.alert.slack_text import EMOJI
from slack_bridge.alert.vocabulary import Vocabulary

_TRY_OF = re.compile(
    r"(?i)\b(?:try|attempt|intento|tentative|tentativa|versuch|попытка|deneme|próba|시도|試行|尝试)\s*#?\s*(?P<n>\d{1,3})\s*(?:/|of|out of|de|von|sur|из|z|중)\s*(?P<all>\d{1,3})\b"
)
_ON_TRY = re.compile(
    r"(?i)(?:\b(?:on|at|in|after|during)\s+(?:its\s+|the\s+)?|[(\[,;|·•–—\-]\s*)(?:try|attempt)(?:[\s_]+(?:number|no\.?))?\s*[#:=]?\s*(?P<n>\d{1,3})\b(?!\s*(?:[/:]|of\b|times|more|left))"
)
_NTH = re.compile(
    r"(?i)\b(?:na|no|en (?:el|su)|à la|beim|im|nel|al|на|при)\s+"
    r"(?:tentativa|intento|tentative|versuch|tentativo|попытке)\s*(?:n[º°.]\s*)?#?(?P<n>\d{1,3})\b(?!\s*[/:])"
)
_COUNTED = re.compile(r"(?:시도|試行|第)\s*(?P<n>\d{1,3})\s*(?:회|回|次尝试|次嘗試)")
_TRIES = (_TRY_OF, _ON_TRY, _NTH, _COUNTED)
# `{{ ti.task_id }}`, where a team forgot to render its template.
UNFILLED = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\$\{[^{}\n]{0,80}\}")
_TOKEN = re.compile(
    rf"[`\"'“”‘’「『*]+(?P<quoted>{ID})(?:\[\d+\])?[`\"'“”‘’」』*]+|(?P<word>[^\s`\"'“”‘’「」『』【】*,;:：|()\[\]<>=!?，。、（）]+)"
)

# Its kind (noun, id, plain), its text, and for a noun the field it names.
_Token = tuple[str, str, str]


def tries(text: str) -> int | None:
    """The try of `Try 2 out of 3`, `failed on try 2`, `(try 2)`."""
    found = next((m for said in _TRIES if (m := said.search(text))), None)
    return int(found["n"]) if found and int(found["n"]) > 0 else None


def opens_with_try(text: str) -> bool:
    """Whether a value is `try 2 of 3` and no name."""
    return bool(_TRY_OF.match(text.strip(" `*'\"_")))


def sentences(line: str, place: str, words: Vocabulary) -> Iterator[Witness]:
    """Ids beside the words for dag and task: `Task x in DAG y`, `` `y` DAG의 `x` 태스크 ``."""
    line = UNFILLED.sub(" ", line)
    for noun, named in words.spaced_nouns:
        line = noun.sub(named, line)
    tokens = list(_tokens(line, words))
    nouns = [i for i, t in enumerate(tokens) if t[0] == "noun"]
    if not nouns:
        return
    first_id = next((i for i, t in enumerate(tokens) if t[0] == "id"), None)
    # Where an id comes first and a noun follows it directly, ids stand before their nouns.
    after = (
        first_id is not None
        and first_id < nouns[0] == first_id + 1
        and not _starts_prefix(tokens, nouns)
    )
    said: dict[int, int] = {}
    for i in nouns:
        # `the upstream task publish` is another one.
        if i == 0 or tokens[i - 1][1].casefold() not in words.qualifiers:
            said |= _named_at(tokens, i, words, after=after)
    said |= _other_side(tokens, [i for i in nouns if i not in said], said, after=after)
    for i in sorted(said):
        yield Witness(f"{tokens[i][2]}_id", tokens[said[i]][1], place, "sentence")


def _named_at(tokens: list[_Token], noun: int, words: Vocabulary, *, after: bool) -> dict[int, int]:
    j = noun - 1 if after else noun + 1
    if not 0 <= j < len(tokens) or tokens[j][0] not in (("id",) if after else ("id", "plain")):
        return {}
    return {noun: j} if tokens[j][0] == "id" or _plain_may_be_id(tokens, j, words) else {}


def _other_side(
    tokens: list[_Token], nouns: list[int], said: dict[int, int], *, after: bool
) -> dict[int, int]:
    """`DAG x の y タスク`: an id that is no other noun's, on the side where ids stand less often."""
    found, fields = dict(said), {tokens[i][2] for i in said}
    for i in nouns if said else ():
        j = i + 1 if after else i - 1
        free = 0 <= j < len(tokens) and tokens[j][0] == "id" and j not in found.values()
        if free and tokens[i][2] not in fields:
            found[i] = j
            fields.add(tokens[i][2])
    return found


def _starts_prefix(tokens: list[_Token], nouns: list[int]) -> bool:
    """`x DAG y task`: an id after every noun as well; the last noun tells, being followed by one."""
    last = nouns[-1]
    return last + 1 < len(tokens) and tokens[last + 1][0] == "id"


def _plain_may_be_id(tokens: list[_Token], at: int, words: Vocabulary) -> bool:
    if not tokens[at][1].isascii():
        return False
    if tokens[at][1].casefold() in words.stop or words.words["failure"].fullmatch(tokens[at][1]):
        return False
    following = tokens[at + 1] if at + 1 < len(tokens) else ("end", "", "")
    return (
        following[0] in ("noun", "end")
        or bool(words.words["failure"].match(following[1]))
        or following[1].casefold()
        in (
            "in",
            "of",
            "has",
            "is",
            "did",
            "im",
            "en",
            "dans",
            "na",
            "no",
            "da",
            "do",
            "von",
            "du",
            "del",
            "on",
            "at",
            "din",
            "i",
            "w",
            "v",
            "dalam",
            "pada",
        )
    ) and bool(re.fullmatch(ID, tokens[at][1]))


def _tokens(line: str, words: Vocabulary) -> Iterator[_Token]:
    for m in _TOKEN.finditer(EMOJI.sub(" ", line)):
        text = m["quoted"] or m["word"]
        bare = text.strip(".…_") if m["word"] else text
        noun = words.nouns.get(bare.casefold()) or _inflected(bare, words)
        if noun:
            yield "noun", bare, noun
        elif (m["quoted"] and (bare.casefold() not in words.stop)) or (
            bare
            and looks_like_id(bare)
            and re.fullmatch(ID, bare)
            and not re.match(r"\d{4}-\d\d|T?\d+[:.]\d", bare)
        ):
            yield "id", bare, ""
        elif bare and re.search(r"\w", bare):
            yield "plain", bare, ""


@lru_cache(maxsize=1024)
def _inflected(word: str, words: Vocabulary) -> str | None:
    """A noun with an ending: `DAG의`, `DAG'ında`, `DAG-a`, `태스크가`, `タスクが`."""
    low = word.casefold()
    for noun, named in words.nouns.items():
        # Chinese and Japanese write what comes before a noun onto it: `的任务`, `のタスク`.
        if not noun.isascii() and low.endswith(noun) and 0 < len(low) - len(noun) <= 3:
            return named
        if low.startswith(noun) and len(low) > len(noun):
            ending = low[len(noun) :]
            if not noun.isascii() and len(ending) <= 4 and not ending.isascii():
                return named
            if noun in ("dag", "task") and (
                re.match(r"[’'\-][a-zçğıöşü]{1,5}$", ending)
                or re.match(r"[\uac00-\ud7a3\u3040-\u30ff]", ending)
            ):
                return named
    return None
