"""Ids in running text: TaskInstance reprs, keys, sentences and headlines."""

import re
from collections.abc import Iterator

from slack_bridge.alert.model import Witness
from slack_bridge.alert.slack_text import EMOJI
from slack_bridge.alert.urls import stream_ids
from slack_bridge.alert.vocabulary import Vocabulary

ID = r"[^\W_](?:[\w.\-]*\w)?|_+\w[\w.\-]*"
_VALUE = re.compile(rf"({ID})(\[\d{{1,6}}\])?")
_INSTANCE = re.compile(
    r"<\s*TaskInstance:?\s*(?P<key>\S+?)\s+(?P<run>\S+?(?: \d\d:\d\d:\d\d[\d.:+\-]*)?)(?:\s+map_index=(?P<map>-?\d+))?\s*(?:\[(?P<state>[\w ]+)\])?\s*>"
)
_DAG_RUN = re.compile(
    r"<\s*DagRun:?\s+(?P<dag>\S+)\s+@\s+(?P<date>None|[\d\-T:.+Z]+(?: \d\d:\d\d:\d\d[\d.:+\-]*)?)\s*:\s*(?P<run>\S+?),(?:\s*state:\s*(?P<state>\w+))?"
)
_TASK_REPR = re.compile(
    rf"<\s*(?:Task|Mapped|_PythonDecoratedOperator)\((?:\w+)\):\s*(?P<task>{ID})\s*>"
)
_DAG_REPR = re.compile(rf"<\s*DAG:\s*(?P<dag>{ID})\s*>")
_MACHINE = re.compile(
    r"(?<![\w.])[\"'`{]?(?P<name>dag_id|task_id|run_id|dag_run_id|map_index|try_number|execution_date|logical_date)[\"'`]?\s*(?:=>|=|:)\s*(?P<q>[\"'`]?)(?P<value>[^\s\"'`,;|)}\]\ue000<>]+)"
)
_KEY = re.compile(r"(?<![\w.])(?P<left>[\w.\-]+?)__(?P<date>(?:19|20)\d{6}(?:T\d{6})?)(?![\w])")
_TRY_OF = re.compile(
    r"(?i)\b(?:try|attempt|intento|tentative|tentativa|versuch|попытка|deneme|próba|시도|試行|尝试)\s*#?\s*(?P<n>\d{1,3})\s*(?:/|of|out of|de|von|sur|из|z|중)\s*(?P<all>\d{1,3})\b"
)
_TOKEN = re.compile(
    rf"[`\"'“”‘’「『*]+(?P<quoted>{ID})(?:\[\d+\])?[`\"'“”‘’」』*]+|(?P<word>[^\s`\"'“”‘’「」『』【】*,;:：|()\[\]<>=!?，。、（）]+)"
)


def clean_id(value: str, words: Vocabulary, *, plain_word: bool = True) -> str | None:
    """The id a value starts with; None for a sentence, a placeholder or a truncated id."""
    text = value.strip()
    first = text.split("\n", 1)[0].strip()
    quoted = re.match(rf"^[\s*_~>•\-]*[`\"'“‘「*]+\s*({ID})(?:\[\d+\])?\s*[`\"'”’」*]+", first)
    bare = first.strip("*`~'\"“”‘’ \t,;|.!")
    while re.fullmatch(r"_\S+_", bare) and not bare.startswith("__"):
        bare = bare[1:-1].strip("*`~")
    found = _VALUE.match(quoted[1] if quoted else bare)
    if not found or says_nothing(bare, words):
        return None
    rest = (bare if not quoted else "")[found.end() :].strip()
    if (
        rest.startswith(("…", "..."))
        or found[1].endswith("..")
        or "..." in bare[:200].split(" ")[0]
    ):
        return None
    if (
        rest
        and not rest.startswith(
            (
                "(",
                "[",
                ",",
                ";",
                "|",
                "/",
                "<",
                "@",
                "-",
                "–",
                "—",
                ":",
                "`",
                "*",
                "·",
                "•",
                "\ue000",
            )
        )
        and not looks_like_id(found[1])
    ):
        return None
    if rest.startswith((">", "→", "/")) or (
        not plain_word and rest and not looks_like_id(found[1])
    ):
        return None
    return found[1] if found[1].casefold() not in words.stop else None


def lone_word(value: str, words: Vocabulary) -> str | None:
    """A label's whole value when it is one common word that may name a task: `Task: count`."""
    bare = value.strip().strip("`*_'\" ")
    if not re.fullmatch(r"[a-z]{3,}", bare) or says_nothing(bare, words):
        return None
    told = ("failure", "success", "retry", "over")
    return None if any(words.words[w].search(bare) for w in told) else bare


def looks_like_id(text: str) -> bool:
    """Whether a word is written as ids are: joined by `_`, `.` or `-`, or holding a digit."""
    return bool(re.search(r"[^\W_][_.\-]+\w|\d", text)) and not re.fullmatch(r"[\d.:\-]+", text)


def says_nothing(value: str, words: Vocabulary) -> bool:
    """Whether a value is a placeholder: N/A, None, an unfilled template, `see logs`."""
    bare = value.strip().strip("`*_'\"<>[]() .!").casefold()
    return bare in words.nothing or bool(
        words.nothing_patterns.search(value.strip().strip("`*_'\" "))
    )


def reprs(text: str, place: str) -> Iterator[Witness]:
    """Ids in TaskInstance and DagRun reprs, `dag_id=` pairs and log file names."""
    for m in _INSTANCE.finditer(text):
        yield Witness("instance_key", m["key"], place, "TaskInstance")
        yield Witness("run_or_date", m["run"], place, "TaskInstance")
        if m["map"]:
            yield Witness("map_index", m["map"], place, "TaskInstance")
        if m["state"]:
            yield Witness("state", m["state"], place, "TaskInstance")
    yield from _dag_runs(text, place)
    for m in _TASK_REPR.finditer(text):
        yield Witness("task_id", m["task"], place, "<Task>")
    for m in _DAG_REPR.finditer(text):
        yield Witness("dag_id", m["dag"], place, "<DAG>")
    yield from _pairs(text, place)


def _dag_runs(text: str, place: str) -> Iterator[Witness]:
    for m in _DAG_RUN.finditer(text):
        yield Witness("dag_id", m["dag"], place, "DagRun")
        yield Witness("run_id", m["run"], place, "DagRun")
        if m["date"] != "None":
            yield Witness("logical_date", m["date"], place, "DagRun")
        if m["state"]:
            yield Witness("state", m["state"], place, "DagRun")


def _pairs(text: str, place: str) -> Iterator[Witness]:
    ids = stream_ids(text)
    names = {
        "dag": "dag_id",
        "task": "task_id",
        "run": "run_id",
        "map": "map_index",
        "try": "try_number",
    }
    if ids:
        yield from (Witness(names[k], v, place, "log file name") for k, v in ids.items())
        return
    for m in _MACHINE.finditer(text):
        name = "run_id" if m["name"] == "dag_run_id" else m["name"]
        name = "logical_date" if name == "execution_date" else name
        if name in ("dag_id", "task_id") and not re.fullmatch(ID, m["value"]):
            continue
        yield Witness(
            name,
            m["value"].rstrip(".") if name in ("dag_id", "task_id") else m["value"],
            place,
            f"{m['name']}=",
        )


def keys(text: str, place: str) -> Iterator[Witness]:
    """`dag__task__20261022`, the task_instance_key_str."""
    for m in _KEY.finditer(text):
        if "__" in m["left"] and not m["left"].startswith(
            ("scheduled__", "manual__", "backfill__")
        ):
            yield Witness("key", m.group(), place, "task_instance_key_str")


def split_key(text: str, dag: str | None, task: str | None) -> tuple[str, str, str] | None:
    """Dag, task and date of a task_instance_key_str; the known dag or task says where to split."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    left = found["left"]
    if dag and left.startswith(f"{dag}__"):
        return dag, left[len(dag) + 2 :], found["date"]
    if task and left.endswith(f"__{task}"):
        return left[: -len(task) - 2], task, found["date"]
    head, _, tail = left.partition("__")
    return (head, tail, found["date"]) if head and tail else None


def split_instance(text: str, dag: str | None, task: str | None) -> tuple[str | None, str | None]:
    """Dag and task of `dag.task`, at the first dot unless a known id tells otherwise."""
    if dag and text.startswith(f"{dag}."):
        return dag, text[len(dag) + 1 :]
    if task and text.endswith(f".{task}") and len(text) > len(task) + 1:
        return text[: -len(task) - 1], task
    head, dot, tail = text.partition(".")
    return (head, tail) if dot and head and tail else (None, None)


def tries(text: str) -> int | None:
    """The try of `Try 2 out of 3`."""
    found = _TRY_OF.search(text)
    return int(found["n"]) if found and int(found["n"]) > 0 else None


def opens_with_try(text: str) -> bool:
    """Whether a value is `try 2 of 3` and no name."""
    return bool(_TRY_OF.match(text.strip(" `*'\"_")))


def sentences(line: str, place: str, words: Vocabulary) -> Iterator[Witness]:
    """Ids beside the words for dag and task: `Task x in DAG y`, `` `y` DAG의 `x` 태스크 ``."""
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
    for i in nouns:
        j = i - 1 if after else i + 1
        if 0 <= j < len(tokens) and tokens[j][0] in (("id",) if after else ("id", "plain")):
            if tokens[j][0] == "plain" and not _plain_may_be_id(tokens, j, words):
                continue
            yield Witness(f"{tokens[i][2]}_id", tokens[j][1], place, "sentence")


def _starts_prefix(tokens: list[tuple[str, str, str]], nouns: list[int]) -> bool:
    """`x DAG y task`: an id after every noun as well; the last noun tells, being followed by one."""
    last = nouns[-1]
    return last + 1 < len(tokens) and tokens[last + 1][0] == "id"


def _plain_may_be_id(tokens: list[tuple[str, str, str]], at: int, words: Vocabulary) -> bool:
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


def _tokens(line: str, words: Vocabulary) -> Iterator[tuple[str, str, str]]:
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
