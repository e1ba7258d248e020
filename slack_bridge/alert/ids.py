"""What an id looks like, and the id that a value starts with."""

import re

from slack_bridge.alert.vocabulary import Vocabulary

ID = r"[^\W_](?:[\w.\-]*\w)?|_+\w[\w.\-]*"
_VALUE = re.compile(rf"({ID})(\[\d{{1,6}}\])?")
# Names with a dot that are no `dag.task`: modules' errors, files, hosts.
NO_NAME = re.compile(
    r"(?i)(?:error|exception|timeout)$|\.(?:py|sql|csv|json|ya?ml|txt|log|gz|parquet|sh|js|ts|go|rb|java|toml|cfg|md|html?|xlsx?|com|net|org|io|dev|example|local|internal)$"
)
# `{'orders'}`, where a team formatted a set of one.
_SET = re.compile(r"^([`*_\s]*)\{'([^'{}]{1,250})'\}[`*_\s]*$")


def clean_id(value: str, words: Vocabulary, *, plain_word: bool = True) -> str | None:
    """The id a value starts with; None for a sentence, a placeholder or a truncated id."""
    first = _SET.sub(r"\2", value.strip().split("\n", 1)[0].strip())
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
    if not re.fullmatch(r"[a-z]|[a-z]{3,}", bare) or says_nothing(bare, words):
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
