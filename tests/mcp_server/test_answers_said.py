"""How answers are cut, redacted and laid out."""

from hypothesis import given
from hypothesis import strategies as st
from mcp.types import TextContent
from pydantic import BaseModel

from mcp_server.text import answer, clipped, count, fit, table

SECRET = "hunter2hunter2"


class Facts(BaseModel):
    line: str
    rows: list[dict[str, str]]


def test_secrets_are_hidden_in_the_text_and_in_the_data() -> None:
    said = answer(
        f"password={SECRET}", Facts(line=f"token={SECRET}", rows=[{"a": f"pwd={SECRET}"}])
    )

    [block] = said.content
    assert isinstance(block, TextContent)
    assert block.text == "password=***"
    assert said.structured_content == {"line": "token=***", "rows": [{"a": "pwd=***"}]}


def test_a_secret_that_the_cut_would_part_is_hidden_before() -> None:
    assert SECRET[:4] not in clipped(f"{'x' * 30} password={SECRET} and more", 46)


def test_a_cut_answer_says_what_was_left_out_and_how_to_get_it() -> None:
    text = "\n".join(f"line {n}" for n in range(1000))

    cut = fit(text, 100, "Use the cursor.")

    assert len(cut) <= 400
    head, _, last = cut.rpartition("\n")
    assert text.startswith(head + "\n")
    assert last.endswith("left out. Use the cursor.)")
    assert last.startswith(f"({1000 - len(head.split(chr(10)))} more lines")


@given(st.text(max_size=3000), st.integers(60, 400))
def test_no_answer_is_longer_than_its_budget(text: str, budget: int) -> None:
    assert len(fit(text, budget)) <= budget * 4


def test_control_characters_do_not_pass() -> None:
    said = answer("a\x1b[31mred\x1b[0m\x00\r\nb\tc", Facts(line="", rows=[]))
    [block] = said.content
    assert isinstance(block, TextContent)
    assert block.text == "ared\nb\tc"


def test_a_table_leaves_out_columns_without_a_value() -> None:
    rows = [("load", None, 3), ("save\nall", "", None)]
    assert table(("task", "pool", "tries"), rows) == ["task\ttries", "load\t3", "save all"]
    assert table(("task",), []) == []


def test_numbers_and_nouns_agree() -> None:
    assert [count(1, "task"), count(2, "task"), count(1200, "query"), count(2, "day")] == [
        "1 task",
        "2 tasks",
        "1,200 queries",
        "2 days",
    ]
