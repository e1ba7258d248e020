"""The parts of a dag file that define a task: its call or its function, and what it calls."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_LINES, AROUND = 40, 4


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of a file; `start` is the number of the first, from 1."""

    start: int
    lines: tuple[str, ...]


def task_passages(source: str, task_id: str) -> list[Passage]:
    """What defines a task, first its own call or function; [] when the file does not name it.

    A task group's prefix is not looked for. A file that does not parse gives the lines around the
    first mention.
    """
    name = task_id.rpartition(".")[2]
    lines = source.split("\n")
    try:
        spans = _spans(ast.parse(source), name)
    except (SyntaxError, ValueError, RecursionError):
        spans = []
    spans = spans or _mention(lines, name)
    passages: list[Passage] = []
    room = MOST_LINES
    for start, end in spans:
        shown = lines[start - 1 : min(end, start - 1 + room)]
        if shown:
            passages.append(Passage(start, tuple(shown)))
        room -= len(shown)
    return passages


def _spans(tree: ast.Module, name: str) -> list[tuple[int, int]]:
    functions = {f.name: f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)}
    calls = [c for c in ast.walk(tree) if isinstance(c, ast.Call) and _names_task(c, name)]
    found = [(call.lineno, call.end_lineno or call.lineno) for call in calls]
    called = [n for call in calls for n in _callables(call)]
    found += [_span(functions[one]) for one in (name, *called) if one in functions]
    return list(dict.fromkeys(found))


def _names_task(call: ast.Call, name: str) -> bool:
    return any(
        word.arg == "task_id" and isinstance(word.value, ast.Constant) and word.value.value == name
        for word in call.keywords
    )


def _callables(call: ast.Call) -> Iterator[str]:
    for word in call.keywords:
        if isinstance(word.value, ast.Name) and (word.arg or "").endswith("callable"):
            yield word.value.id


def _span(function: ast.FunctionDef) -> tuple[int, int]:
    first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
    return first, function.end_lineno or function.lineno


def _mention(lines: Sequence[str], name: str) -> list[tuple[int, int]]:
    test = re.compile(rf"\b{re.escape(name)}\b")
    at = next((n for n, line in enumerate(lines, 1) if test.search(line)), 0)
    return [(max(at - AROUND, 1), at + AROUND)] if at else []
