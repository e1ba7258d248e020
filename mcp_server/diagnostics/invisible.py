"""Characters that are not seen but change what is: controls, colours, links of a terminal, bidi."""

import re

# A terminal's own: colours, cursor moves, and links, whose address nobody sees.
_TERMINAL = re.compile(
    r"\x1b\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\|\Z)|(?:\x1b\[|\x9b)[0-9;:?]{0,40}[ -/]{0,4}[@-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Soft hyphens, zero widths, what turns text around, tags: they hide words in words.
UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("[\u2028\u2029]")
# Halves of characters, which no encoding carries.
_HALVES = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """The text as it is seen; tabs and line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROL.sub("", _TERMINAL.sub("", text))
    return _HALVES.sub("\ufffd", _LINE_ENDS.sub(" ", UNSEEN.sub("", text)))
