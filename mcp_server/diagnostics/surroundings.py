"""Where in a log a line stands: which attempt, in a traceback, after the end, beside what."""

from mcp_server.diagnostics import shapes
from mcp_server.diagnostics.lines import Line


class Surroundings:
    """Follows a log line by line; what it says is true of the line that was followed last."""

    def __init__(self) -> None:
        self.seen = 0
        self.attempt = 0
        self.succeeded: set[int] = set()
        self.over = False
        self.dbt = False
        self.importing = False
        self.in_frames = False
        self.aside = False
        self.on_page = 0
        self._indent = 0
        self._code_next = False
        self._driver_seen = -shapes.NEAR
        self._ending: tuple[int | None, int | None] | None = None
        self._exceptions_since = 0
        self._was_over = False

    @property
    def near_driver(self) -> bool:
        """True where a database driver's frames stand just above."""
        return self.seen - self._driver_seen < shapes.NEAR

    @property
    def ending(self) -> bool:
        """True in the block in which Airflow prints what ended the task."""
        return self._ending is not None

    @property
    def just_driver(self) -> bool:
        """True where the last line is itself a driver's frame."""
        return self._driver_seen == self.seen

    def follow(self, line: Line, text: str, *, anything_found: bool) -> bool:
        """Take in the next line; True when it begins another attempt."""
        self.seen += 1
        self.over = self.over or self._was_over
        if text.strip():
            self._frames(text)
        marked = any(mark in text for mark in shapes.MARKS)
        is_new = marked and anything_found and bool(shapes.ATTEMPT.search(text))
        if is_new:
            self._next_attempt()
        elif marked or self._ending:
            self._end(line, text)
        if marked:
            self._tools(text)
        return is_new

    def exception(self) -> None:
        """An exception was read: the frames above it were its own."""
        self.aside = False
        self._exceptions_since += 1

    def _next_attempt(self) -> None:
        self.attempt += 1
        self.over = self._was_over = False
        self._ending = None

    def _end(self, line: Line, text: str) -> None:
        place = (line.number, line.timestamp_ms)
        if shapes.OVER.search(text):
            self._was_over = True  # the line itself may be all that tells of the failure
        elif shapes.SUCCESS.search(text):
            self.succeeded.add(self.attempt)
        elif shapes.ENDS.match(text):
            self._ending, self._exceptions_since = place, 0
        elif self._ending and line.is_record and place != self._ending:
            self.over = self._was_over = self.over or self._exceptions_since > 0
            self._ending = None

    def _frames(self, text: str) -> None:
        if shapes.CODE_PLACE.match(text):
            self.in_frames, self._indent, self._code_next = True, _indent(text), True
            if shapes.DRIVER.search(text):
                self._driver_seen = self.seen
            self.aside = self.aside or bool(shapes.ASIDE.search(text))
            self.on_page += bool(shapes.PAGE_FRAME.match(text))
        elif self.in_frames and _indent(text) <= self._indent:
            # Pasted text lost its indentation: below a place stands code all the same.
            self.in_frames = self._code_next and not shapes.EXCEPTION.match(text)
        if not self.in_frames or _indent(text) > self._indent:
            self._code_next = False
        if text.startswith("Task failed"):
            self.on_page = 0

    def _tools(self, text: str) -> None:
        if "dbt" in text and (
            "Running with dbt" in text or "dbt invocation" in text or "dbtRunner" in text
        ):
            self.dbt = True
        if shapes.RUNNING.search(text):
            self.importing = False
        elif not self.importing and shapes.IMPORTING.search(text):
            self.importing = True


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
