"""The command `de-agent-mcp check-sql`, which says whether a statement only reads."""

import argparse
import json
import sys
from dataclasses import asdict

from mcp_server.diagnostics.sql_guard import check_sql
from mcp_server.domain.command_line import say_waiting


def main(argv: list[str]) -> int:
    """Answer for one statement, or one JSON object a line; exit 1 for a refusal or a bad line."""
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp check-sql",
        description="Say whether a statement is one read-only query of Redshift.",
        epilog="example: de-agent-mcp check-sql 'select count(*) from mart.orders'",
    )
    parser.add_argument("sql", nargs="?", default="-", help="a statement, or - for standard input")
    parser.add_argument("--jsonl", action="store_true", help='{"sql"} lines in, verdicts out')
    options = parser.parse_args(argv)
    if options.sql == "-" or options.jsonl:
        say_waiting("a statement")
    if options.jsonl:
        return max((_line(row) for row in sys.stdin if row.strip()), default=0)
    verdict = check_sql(sys.stdin.read() if options.sql == "-" else options.sql)
    print(f"{'allowed' if verdict.allowed else 'refused'}: {verdict.reason}")
    return 0 if verdict.allowed else 1


def _line(row: str) -> int:
    try:
        asked = json.loads(row)
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("sql"), str):
        print(json.dumps({"error": 'not a JSON object with "sql" (text)'}))
        return 1
    print(json.dumps(asdict(check_sql(asked["sql"]))))
    return 0
