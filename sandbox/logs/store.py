"""The world's log groups and their streams."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.logs.streams import Event, ListStream, Stream


@dataclass
class Group:
    """A log group: its streams by name."""

    name: str
    streams: dict[str, Stream] = field(default_factory=dict)


class LogStore:
    """Groups by name; a test or a story may add to it while the world runs."""

    def __init__(self, groups: Mapping[str, Mapping[str, list[Event]]] | None = None) -> None:
        self.groups: dict[str, Group] = {}
        for group, streams in (groups or {}).items():
            self.add_group(group)
            for stream, events in streams.items():
                self.add(group, stream, ListStream(events))

    def add_group(self, name: str) -> Group:
        """Add an empty group, or find the one there is."""
        return self.groups.setdefault(name, Group(name))

    def add(self, group: str, stream: str, events: Stream) -> None:
        """Add a stream, or replace the one of that name."""
        self.add_group(group).streams[stream] = events
