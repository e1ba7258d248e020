"""The threads as they grow: what to print of each new or edited message."""

from collections.abc import Iterator

from sandbox.slack.blocks_plain import message_plain
from sandbox.slack.view import around_of
from sandbox.slack.workspace import Message, Workspace, by_ts


class Watch:
    """Yields lines for what changed since the last look; an edit shows only its new lines."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: dict[tuple[str, str], list[str]] = {}

    def news(self, seconds: float) -> Iterator[str]:
        """Lines to print now, `seconds` after the alert."""
        with self._workspace.changed:
            around = around_of(self._workspace)
            messages = [
                m for channel in self._workspace.messages.values() for m in channel.values()
            ]
            shown = [(m, message_plain(m.body, around)) for m in sorted(messages, key=by_ts)]
        for message, lines in shown:
            yield from self._news_of(message, lines, seconds)

    def _news_of(self, message: Message, lines: list[str], seconds: float) -> Iterator[str]:
        key = (message.channel, message.ts)
        before = self._seen.get(key)
        self._seen[key] = lines
        if before == lines:
            return
        indent = "    " if message.is_reply else ""
        new = lines if before is None else [line for line in lines if line not in before]
        if before is None:
            yield f"{indent}{self._workspace.author(message)}  ({seconds:.1f} s)"
        elif new:
            yield f"{indent}{self._workspace.author(message)} edits  ({seconds:.1f} s)"
        yield from (f"{indent}  {line}".rstrip() for line in new)


def thread_lines(workspace: Workspace, channel: str, ts: str) -> Iterator[str]:
    """A whole thread as it stands."""
    with workspace.changed:
        around = around_of(workspace)
        for message in workspace.thread(channel, ts):
            indent = "    " if message.is_reply else ""
            edited = "  (edited)" if "edited" in message.body else ""
            yield f"{indent}{workspace.author(message)}{edited}"
            lines = message_plain(message.body, around)
            yield from (f"{indent}  {line}".rstrip() for line in lines)
