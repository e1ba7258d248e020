"""Dag files that do not import, as Airflow lists them."""

from mcp_server.diagnostics.cause import diagnose_log
from mcp_server.domain.airflow import ImportFailure
from mcp_server.errors import NotFound
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.reason import words_of
from mcp_server.times import iso


async def import_errors(case: Case) -> Finding:
    """The import error of this dag's own file."""
    if case.facts is None:
        return NOTHING
    failures = [
        one
        for one in await case.facts.import_failures()
        if one.timestamp is None or one.timestamp <= case.question.at
    ]
    mine = [one for one in failures if await _is_mine(case, one)]
    if not mine:
        return NOTHING
    failure = mine[0]
    cause = words_of(diagnose_log([failure.stack_trace], budget_tokens=100))
    when = f", {iso(failure.timestamp)}" if failure.timestamp else ""
    clue = Clue(
        "airflow", cause, f"Airflow import error of {failure.filename}{when}", confirms=True, rank=2
    )
    return Finding(
        (clue,),
        category="airflow.import_error",
        cause_line="" if cause in case.log_text else cause,
        explains=f"{failure.filename} does not import",
        names=(("file", failure.filename),),
    )


async def _is_mine(case: Case, failure: ImportFailure) -> bool:
    """Whether it is the dag's own file, or names the dag where that has no file any more."""
    dag_id = case.target.dag_id
    fileloc = ""
    if case.facts is not None:
        try:
            fileloc = (await case.facts.dag()).fileloc
        except NotFound:
            # A dag whose file never parsed is not known by its id.
            fileloc = ""
    if fileloc and failure.filename:
        return fileloc.endswith(failure.filename.lstrip("/")) or failure.filename.endswith(fileloc)
    stem = failure.filename.rpartition("/")[2].removesuffix(".py")
    return dag_id in failure.stack_trace or stem == dag_id
