"""Logs Insights' three calls: start, poll (Running first, then Complete), stop."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.aws.errors import AwsError
from sandbox.aws.service import Document
from sandbox.logs.insights import BadQuery, Result, run_query
from sandbox.logs.store import Group, LogStore


@dataclass
class _Query:
    result: Result
    polls: int = 0
    stopped: bool = False


class InsightsQueries:
    """Queries by id; each is Running at the first poll, as a reader must cope with it."""

    def __init__(self, store: LogStore, find_group: Callable[[Document], Group]) -> None:
        self._store = store
        self._find_group = find_group
        self._queries: dict[str, _Query] = {}

    def start(self, asked: Document, region: str) -> Document:
        names = asked.get("logGroupNames") or asked.get("logGroupIdentifiers") or []
        if asked.get("logGroupName"):
            names = [asked["logGroupName"]]
        groups = [self._find_group({"logGroupIdentifier": name}) for name in names]
        if not groups:
            raise AwsError("InvalidParameterException", "No log groups were given to query.")
        try:
            result = run_query(
                asked.get("queryString", ""),
                groups,
                start_ms=int(asked["startTime"]) * 1000,
                end_ms=int(asked["endTime"]) * 1000 + 999,
                limit=int(asked.get("limit", 1000)),
            )
        except BadQuery as error:
            raise AwsError("MalformedQueryException", str(error)) from None
        query_id = str(uuid.uuid4())
        self._queries[query_id] = _Query(result)
        return {"queryId": query_id}

    def results(self, asked: Document, region: str) -> Document:
        query = self._query(asked)
        query.polls += 1
        if query.stopped:
            return {"results": [], "statistics": {}, "status": "Cancelled"}
        if query.polls == 1:
            return {"results": [], "statistics": {}, "status": "Running"}
        rows = [[{"field": f, "value": v} for f, v in row.items()] for row in query.result.rows]
        return {
            "queryLanguage": "CWLI",
            "results": rows,
            "statistics": {
                "recordsMatched": float(query.result.matched),
                "recordsScanned": float(query.result.scanned),
                "bytesScanned": float(query.result.scanned_bytes),
            },
            "status": "Complete",
        }

    def stop(self, asked: Document, region: str) -> Document:
        query = self._query(asked)
        if query.polls > 1:
            raise AwsError("InvalidParameterException", "Query is not running.")
        query.stopped = True
        return {"success": True}

    def _query(self, asked: Document) -> _Query:
        query = self._queries.get(asked.get("queryId", ""))
        if query is None:
            raise AwsError("ResourceNotFoundException", "The specified query does not exist.")
        return query
