"""A log tells one error several times; a reader wants it once."""

from mcp_server.investigate.distinct import distinct
from mcp_server.investigate.finding import Clue


def log(quote: str, *, rank: int = 30, confirms: bool = False) -> Clue:
    return Clue("log", quote, "task log, try 1", rank=rank, confirms=confirms)


def quotes(*clues: Clue) -> list[str]:
    return [clue.quote for clue in distinct(clues)]


def test_the_same_error_with_other_quoting_and_a_process_id_is_told_once() -> None:
    first = 'relation "raw.fx_rates" does not exist'
    assert quotes(
        log(first), log('relation \\"raw.fx_rates\\" does not exist")'), log(f"{first}; 4411)")
    ) == [first]


def test_only_an_exceptions_class_makes_no_second_proof() -> None:
    assert quotes(log("error: Disk Full"), log("InternalError_: Disk Full")) == ["error: Disk Full"]


def test_a_line_with_a_name_or_number_of_its_own_stays() -> None:
    lines = [
        "Lost task 12 in stage 4",
        "Lost task 812 in stage 4",
        "Lost task of job b in stage 4 x1",
    ]
    assert quotes(*map(log, lines)) == [lines[0], lines[1], lines[2]]


def test_what_another_source_says_in_the_same_words_stays() -> None:
    line = "column o.cust_id does not exist"
    other = Clue("redshift", line, "Redshift query 7", confirms=True)
    assert distinct([log(line), other]) == [log(line), other]


def test_a_log_line_that_proves_the_cause_from_elsewhere_stays() -> None:
    proof = log("Task timed out after 900.00 seconds", confirms=True)
    assert distinct([log("returned: Task timed out after 900.00 seconds"), proof])[1] == proof
