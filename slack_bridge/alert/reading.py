"""What the pieces of a message say, before it is weighed."""

from dataclasses import dataclass, field

from slack_bridge.alert.bounds import both_ends

MOST_LABELLED = 80


@dataclass(frozen=True)
class Labelled:
    """A label's value as written, and where; `zone` is what stood in brackets after the label."""

    field: str
    value: str
    place: str
    label: str = ""
    zone: str = ""


@dataclass
class Reading:
    """What the pieces say: labelled values, lines that are the notifier's own, and quoted text."""

    labelled: list[Labelled] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Labelled] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    openers: list[str] = field(default_factory=list)
    firsts: list[str] = field(default_factory=list)

    def bounded(self) -> "Reading":
        """Keep a bounded number of characters to search, whatever the message's length; itself."""
        self.lines = both_ends([*self.lines], lambda said: len(said[1]))
        self.headings = both_ends(self.headings, len)
        self.openers = both_ends(self.openers, len)
        self.firsts = both_ends(self.firsts, len)
        if len(self.labelled) > MOST_LABELLED:
            half = MOST_LABELLED // 2
            self.labelled = self.labelled[:half] + self.labelled[-half:]
        return self
