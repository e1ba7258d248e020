"""DDL on a table is also what renames another into its place."""

from mcp_server.redshift.changes import _ddl


def test_a_rename_is_told_under_the_old_name_and_the_new() -> None:
    rows = [
        {
            "query_id": 1,
            "query_text": 'alter table "mart"."orders__tmp" rename to "orders"',
            "start_time": None,
            "session_id": 1,
            "transaction_id": 1,
        }
    ]
    assert [change.kind for change in _ddl(rows, "mart.orders")] == ["rename"]
    assert [change.kind for change in _ddl(rows, "mart.orders__tmp")] == ["rename"]
    assert _ddl(rows, "mart.other") == []
