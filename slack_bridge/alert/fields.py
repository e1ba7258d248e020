"""Labels and their values in a message's pieces; quoted errors and prose are set apart."""

import re

from slack_bridge.alert.anchors import (
    BODIES,
    ENDERS,
    STRONG,
    Anchor,
    anchors,
    bare_label,
    rows_unfolded,
)
from slack_bridge.alert.flatten import Piece
from slack_bridge.alert.reading import Labelled, Reading
from slack_bridge.alert.slack_text import EMOJI, LINK_MARK, MARK, without_marks
from slack_bridge.alert.spoken import SPOKEN, spoken
from slack_bridge.alert.unfolding import joined, json_pieces
from slack_bridge.alert.vocabulary import Vocabulary, key

_ZONE = re.compile(r"[(（\[]([^()（）\[\]]{1,24})[)）\]]\s*$")
_TRACEBACK = re.compile(r"^\W{0,4}Traceback \(most recent call last\)")
# An exception's own line: `ValueError: x`, `> sqlalchemy.exc.OperationalError: (x) y`.
_RAISED = re.compile(
    r"^[\W_]{0,6}(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Timeout|Interrupt)(?:: |\()"
)
# A link with a text of its own is no part of an error.
_LINK_LINE = re.compile(f"^[^\\w{MARK}]*\\w[^{MARK}]{{0,60}}{LINK_MARK.pattern}\\W*$")
_ONLY_LINK = re.compile(f"^[^{MARK}:]{{0,60}}{LINK_MARK.pattern}\\W*$")
_ERROR_LINE = re.compile(
    r"\b\w*(Error|Exception)\b|Traceback|\bERROR\b|exit(ed)? (with )?code|returned a failure"
)
# `DAG: orders in task: load_x`
_DANGLING = re.compile(
    r"(?i)(?<=\S)\s+(?:in|on|at|of|and|with|na|no|en|em|im|dans|du|da|de|del|y|e|et|und|в|у)$"
)
_ZERO = re.compile(r"[\s*_`]*0\b(?!\.)")
MOST_FENCES = 40
MOST_FIRSTS = 3
_AFTER_ID = re.compile(r"^[^\w]*[\w.\-:+]+[`*_\"'\]]*\s*[)）,，。;；!！]+\s*(.*[^\W\d].*)$")


def read_fields(pieces: list[Piece], words: Vocabulary) -> Reading:
    """Read every piece; the order of the message is kept."""
    reading = Reading()
    for piece in joined(pieces, words):
        unfolded = None if piece.label or piece.quoted else json_pieces(piece.text, piece.place)
        for one in unfolded or [piece]:
            reading.firsts += _firsts(one)
            _Reader(one, words, reading).read()
    return reading.bounded()


def _firsts(piece: Piece) -> list[str]:
    """The lines that open a piece, with their labels, as they are written."""
    if piece.quoted or (piece.label and key(piece.label) not in SPOKEN):
        return []
    lines = [line for line in piece.text.split("```", 1)[0].split("\n")[:8] if line.strip()]
    return lines[:MOST_FIRSTS]


class _Reader:
    """Reads one piece, keeping track of the quoted text it stands in."""

    def __init__(self, piece: Piece, words: Vocabulary, reading: Reading) -> None:
        self.piece, self.words, self.out = piece, words, reading
        self.open: Anchor | None = None
        self.style: tuple[str, bool] = ("", False)
        self.quote: list[str] = []
        self.opened = False

    def read(self) -> None:
        if self.piece.quoted:
            self._body("exception", self.piece.text, "")
        elif self.piece.label:
            self._titled()
        else:
            self._fenced()

    def _titled(self) -> None:
        label = self.piece.label.strip()
        zone = _ZONE.search(label.rstrip(" :：*"))
        named = (
            self.words.labels.get(key(label.strip(" :：*_`")))
            or (self.words.labels.get(key(bare_label(label[: zone.start()]))) if zone else None)
            or self.words.labels.get(key(bare_label(label)))
        )
        if named in BODIES:
            self._body(named, self.piece.text.replace("```", ""), label)
        elif named:
            self._say(named, self.piece.text.replace("```", ""), label, zone[1] if zone else "")
        else:
            if label != "(button)":
                self.out.lines.append((self.piece.place, label))
            self._fenced()

    def _fenced(self) -> None:
        for number, text in enumerate(self.piece.text.split("```", MOST_FENCES)):
            if number % 2 == 0:
                self._lines(text)
            elif self.open is not None and self.open.field in BODIES:
                self._inside(text)
            elif entries := json_pieces(text, self.piece.place):
                self._close()
                for one in entries:
                    _Reader(one, self.words, self.out).read()
            else:
                self._code(text)
        self._close()

    def _code(self, text: str) -> None:
        """A fence that no label claims as an error: fields, an error all the same, or a name."""
        if self._is_fields(text):
            self._lines(text)
            self._close()
        elif self.open is not None:
            self._inside(text)
        elif _ERROR_LINE.search(text) or "\n" in text.strip():
            self._body("exception", text, "```")
        else:
            self.out.lines.append((self.piece.place, f"`{text.strip()}`"))
            if " " in text.strip():
                # The error perhaps, if nothing else is; no proof that there was one.
                self._body("fence", text, "```")

    def _inside(self, text: str) -> None:
        self.quote.append(text)
        self._close()

    def _is_fields(self, text: str) -> bool:
        for line in text.split("\n")[:40]:
            anchors = self._anchors(line)
            if anchors and anchors[0].field in BODIES:
                return False
            if any(a.field in STRONG for a in anchors):
                return True
        return False

    def _lines(self, text: str) -> None:
        for line in rows_unfolded(text.split("\n"), self.words):
            if self.open is not None and not self._ends(line):
                self.quote.append(line)
                self._next_line_value(line)
                continue
            self._close()
            if _TRACEBACK.match(line) or _RAISED.match(line):
                self.open, self.style = (
                    Anchor(0, 0, "exception", "Traceback", "", True),
                    ("", False),
                )
                self.quote = [line]
                continue
            self._line(line)

    def _next_line_value(self, line: str) -> None:
        # Only quoted text runs on; an id on the line after its label is one line long.
        if self.open is not None and self.open.field not in BODIES and line.strip():
            self._close()

    def _ends(self, line: str) -> bool:
        if _LINK_LINE.match(line):
            return True
        anchors = self._anchors(line)
        if not anchors or not anchors[0].first:
            return False
        if self._waits() and anchors[0].bare and anchors[0].field not in STRONG:
            # `Dag:` and, a line below, `etl`
            return False
        named = anchors[0].field
        if self.open is None or self.open.field not in BODIES:
            return True
        if self.open.field == "message" and named in ENDERS:
            return True
        same = _style(line) == self.style
        return same and (named in ENDERS or (self.style[1] and named != "message"))

    def _waits(self) -> bool:
        """Whether a label that names one thing has no value yet."""
        return (
            self.open is not None and self.open.field in STRONG and not "".join(self.quote).strip()
        )

    def _line(self, line: str) -> None:
        anchors = self._anchors(line)
        if not anchors:
            self.out.lines.append((self.piece.place, line))
            self._heading(line)
            return
        lead = line[: anchors[0].start].strip()
        # The picture of `❌ Failed: 0` tells nothing.
        if lead and not _ZERO.match(line[anchors[0].end :]):
            self.out.lines.append((self.piece.place, lead))
            self._heading(lead)
        for number, anchor in enumerate(anchors):
            stop = anchors[number + 1].start if number + 1 < len(anchors) else len(line)
            self._anchored(line, anchor, line[anchor.end : stop], last=number + 1 == len(anchors))

    def _anchored(self, line: str, anchor: Anchor, value: str, *, last: bool) -> None:
        if not last:
            value = _DANGLING.sub("", value.strip().rstrip("|,;·•/").strip())
        value = value.strip()
        if anchor.field in BODIES:
            self._start(line, anchor, value)
        elif value.strip(" *_`'\"|"):
            self._say(anchor.field, value, anchor.label, anchor.zone)
            self._rest(anchor.field, value)
        elif last:
            self._start(line, anchor, "")
        else:
            # `Dag failure - Tasks: load`
            self.out.lines.append((self.piece.place, anchor.label))
            self._heading(anchor.label)

    def _rest(self, named: str, value: str) -> None:
        """What follows an id after its label, `(DAG: x) failed`, is said as well."""
        if named in STRONG and (after := _AFTER_ID.match(without_marks(value))):
            self.out.lines.append((self.piece.place, after[1]))
            self._heading(after[1])

    def _start(self, line: str, anchor: Anchor, value: str) -> None:
        self._close()
        self.open, self.style = anchor, _style(line)
        self.quote = [value] if value else []

    def _close(self) -> None:
        if self.open is None:
            return
        text, anchor = "\n".join(self.quote).strip("\n"), self.open
        self.open, self.quote = None, []
        if anchor.field in BODIES:
            self._body(anchor.field, text, anchor.label)
        elif text.strip():
            self._say(anchor.field, text.strip(), anchor.label, anchor.zone)
        else:
            self.out.lines.append((self.piece.place, anchor.label))

    def _say(self, named: str, value: str, label: str, zone: str) -> None:
        for line, heading in spoken(named, value, label, self.words):
            self.out.lines.append((self.piece.place, line))
            self._heading(heading)
        self.out.labelled.append(Labelled(named, value, self.piece.place, label, zone))

    def _body(self, named: str, text: str, label: str) -> None:
        if named == "exception" and _ONLY_LINK.match(text.strip()):
            # `Error log: <url|open>` shows no error, it leads to one.
            self._say("log", text, label, "")
            return
        self.out.bodies.append(Labelled(named, text, self.piece.place, label))

    def _heading(self, line: str) -> None:
        if line.strip() and not self.opened:
            self.opened = True
            self.out.openers.append(line)
        if line.strip() and (self.piece.heading or not self.out.headings):
            self.out.headings.append(line)

    def _anchors(self, line: str) -> list[Anchor]:
        found = list(anchors(line, self.words))
        # `Task will retry: orders` is a sentence; a try is a number.
        return [
            a
            for a in found
            if a.field != "try_number" or not re.match(r"[\s*_`'\"]*[^\W\d]", line[a.end :])
        ]


def _style(line: str) -> tuple[str, bool]:
    text = EMOJI.sub("", line).strip()
    bullet = text[:1] if text[:1] in "•-–·■□●○▪►▶>◦+" else ""
    return bullet, text[len(bullet) :].lstrip().startswith("*")
