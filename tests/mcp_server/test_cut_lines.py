"""Secrets of a long line are hidden before the line is cut, wherever the cut falls."""

import dataclasses
import json

import pytest

from mcp_server.diagnostics.cause import diagnose_log
from mcp_server.diagnostics.cut import around, head

SECRET = "hQ7rWm2XvT9bLk4Wc"
CARRIED = [
    f"password={SECRET}",
    f"postgresql://etl:{SECRET}@dw:5439/dev",
    f"Authorization: Bearer {SECRET}{SECRET}",
    f"ghp_{SECRET}{SECRET}",
    f"password='{SECRET} {SECRET}'",
    f"Cookie: sid={SECRET}; next password='{SECRET} x'",
]
SIGNAL = "column o.discount does not exist"


def _pieces(secret: str = SECRET, size: int = 6) -> list[str]:
    return [secret[at : at + size] for at in range(len(secret) - size + 1)]


@pytest.mark.parametrize("carried", CARRIED)
@pytest.mark.parametrize("before", [*range(0, 300, 7), 2_480, 3_990, 7_700, 7_990])
def test_no_piece_of_a_secret_stands_at_the_edge_of_a_cut(carried: str, before: int) -> None:
    line = f"{carried} {'rows ' * (before // 5)}{SIGNAL} and {carried} {'x ' * 4_000}"
    said = around(line, line.index(SIGNAL), 200)
    assert SIGNAL in said
    assert [piece for piece in _pieces() if piece in said + head(line, 4_000)] == []


@pytest.mark.parametrize("carried", CARRIED)
@pytest.mark.parametrize("before", range(200, 420, 3))
def test_a_diagnosis_holds_no_piece_of_a_secret(carried: str, before: int) -> None:
    line = f"{'rows ' * 200}{carried} {'y' * before} {SIGNAL}"
    found = diagnose_log([f"Traceback (most recent call last):\nProgrammingError: {line}\n"])
    said = json.dumps(dataclasses.asdict(found), default=str)
    assert [piece for piece in _pieces() if piece in said] == []


def test_a_short_line_stays_whole() -> None:
    assert around("no such table", 3, 40) == head("no such table", 40) == "no such table"


def test_many_masks_do_not_move_the_cut_away_from_its_place() -> None:
    line = f"{' '.join(CARRIED * 8)} {SIGNAL} {' '.join(CARRIED * 8)}"
    assert SIGNAL in around(line, line.index(SIGNAL), 120)
