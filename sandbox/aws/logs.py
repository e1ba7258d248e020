"""CloudWatch Logs: groups, streams, events and searches, as the service answers them."""

import hashlib
from dataclasses import dataclass

from sandbox.aws.errors import ACCOUNT, AwsError
from sandbox.aws.insights_queries import InsightsQueries
from sandbox.aws.service import Document, JsonService
from sandbox.clock import Clock
from sandbox.logs.filter_pattern import compile_pattern
from sandbox.logs.pages import MAX_EVENTS, BadToken, Search, read_page, search_page
from sandbox.logs.selector import PatternError
from sandbox.logs.store import Group, LogStore
from sandbox.logs.streams import Stream


@dataclass
class LogLimits:
    """Switches: `scan` events a FilterLogEvents page looks at, so that pages can be empty."""

    scan: int | None = None


class Logs:
    """The read operations over a LogStore."""

    def __init__(self, store: LogStore, clock: Clock, limits: LogLimits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        queries = InsightsQueries(store, self._group)
        self.service = JsonService(
            "logs",
            {
                "DescribeLogGroups": self.describe_log_groups,
                "DescribeLogStreams": self.describe_log_streams,
                "GetLogEvents": self.get_log_events,
                "FilterLogEvents": self.filter_log_events,
                "StartQuery": queries.start,
                "GetQueryResults": queries.results,
                "StopQuery": queries.stop,
            },
        )

    def describe_log_groups(self, asked: Document, region: str) -> Document:
        prefix, pattern = asked.get("logGroupNamePrefix"), asked.get("logGroupNamePattern")
        if prefix and pattern:
            raise _invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive.")
        names = sorted(
            name
            for name in self._store.groups
            if name.startswith(prefix or "") and (pattern or "").lower() in name.lower()
        )
        page, token = _names_page(names, asked, 50)
        groups = [_group_row(self._store.groups[name], region) for name in page]
        return {"logGroups": groups, **token}

    def describe_log_streams(self, asked: Document, region: str) -> Document:
        group = self._group(asked)
        prefix = asked.get("logStreamNamePrefix", "")
        by_time = asked.get("orderBy") == "LastEventTime"
        if by_time and prefix:
            raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        names = sorted(name for name in group.streams if name.startswith(prefix))
        if by_time:
            names.sort(key=lambda name: _last(group.streams[name]))
        if asked.get("descending"):
            names.reverse()
        page, token = _names_page(names, asked, 50)
        rows = [_stream_row(group, name, region) for name in page]
        return {"logStreams": rows, **token}

    def get_log_events(self, asked: Document, region: str) -> Document:
        stream = self._stream(self._group(asked), asked.get("logStreamName", ""))
        try:
            page = read_page(
                stream,
                token=asked.get("nextToken", ""),
                from_head=bool(asked.get("startFromHead", False)),
                start_ms=asked.get("startTime"),
                end_ms=asked.get("endTime"),
                limit=_limit(asked),
            )
        except BadToken as error:
            raise _invalid(str(error)) from None
        return {
            "events": [
                {"timestamp": ms, "message": text, "ingestionTime": ms + 700}
                for ms, text in page.events
            ],
            "nextForwardToken": page.forward,
            "nextBackwardToken": page.backward,
        }

    def filter_log_events(self, asked: Document, region: str) -> Document:
        streams = self._chosen(self._group(asked), asked)
        try:
            search = Search(
                matches=compile_pattern(asked.get("filterPattern", "")),
                start_ms=asked.get("startTime"),
                end_ms=asked.get("endTime"),
                limit=_limit(asked),
                token=asked.get("nextToken", ""),
                scan=self._limits.scan,
            )
            found, token = search_page(streams, search)
        except (PatternError, BadToken) as error:
            raise _invalid(str(error)) from None
        events = [
            {
                "logStreamName": name,
                "timestamp": ms,
                "message": text,
                "ingestionTime": ms + 700,
                "eventId": _event_id(ms, name, index),
            }
            for ms, name, index, text in found
        ]
        return {"events": events, "searchedLogStreams": []} | (
            {"nextToken": token} if token else {}
        )

    def _group(self, asked: Document) -> Group:
        name = asked.get("logGroupName") or asked.get("logGroupIdentifier") or ""
        if name.startswith("arn:"):
            name = name.split(":log-group:", 1)[-1].removesuffix(":*")
        group = self._store.groups.get(name)
        if group is None:
            raise _missing("group")
        return group

    def _stream(self, group: Group, name: str) -> Stream:
        if name not in group.streams:
            raise _missing("stream")
        return group.streams[name]

    def _chosen(self, group: Group, asked: Document) -> dict[str, Stream]:
        names, prefix = asked.get("logStreamNames"), asked.get("logStreamNamePrefix")
        if names and prefix:
            raise _invalid("logStreamNamePrefix and logStreamNames are mutually exclusive.")
        if names:
            if len(names) > 100:
                raise _invalid("logStreamNames holds at most 100 names.")
            return {name: self._stream(group, name) for name in names}
        return {n: s for n, s in group.streams.items() if n.startswith(prefix or "")}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def _missing(what: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"The specified log {what} does not exist.")


def _limit(asked: Document) -> int:
    limit = int(asked.get("limit", MAX_EVENTS))
    if not 1 <= limit <= MAX_EVENTS:
        raise _invalid(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy "
            f"constraint: Member must have value less than or equal to {MAX_EVENTS}"
        )
    return limit


def _names_page(names: list[str], asked: Document, most: int) -> tuple[list[str], Document]:
    limit = min(int(asked.get("limit", most)), most)
    start = int(asked.get("nextToken") or 0)
    end = start + limit
    return names[start:end], {"nextToken": str(end)} if end < len(names) else {}


def _group_row(group: Group, region: str) -> Document:
    arn = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group.name}"
    return {
        "logGroupName": group.name,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "creationTime": 1_700_000_000_000,
        "metricFilterCount": 0,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }


def _stream_row(group: Group, name: str, region: str) -> Document:
    stream = group.streams[name]
    row: Document = {
        "logStreamName": name,
        "arn": f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group.name}:log-stream:{name}",
        "storedBytes": 0,
    }
    if len(stream):
        first, last = stream.at(0)[0], _last(stream)
        row |= {
            "creationTime": first,
            "firstEventTimestamp": first,
            "lastEventTimestamp": last,
            "lastIngestionTime": last + 700,
        }
    return row


def _last(stream: Stream) -> int:
    return stream.at(len(stream) - 1)[0] if len(stream) else 0


def _event_id(timestamp: int, stream: str, index: int) -> str:
    digest = hashlib.md5(f"{stream}/{index}".encode(), usedforsecurity=False).hexdigest()
    return f"{timestamp}{int(digest, 16):040d}"[:56]
