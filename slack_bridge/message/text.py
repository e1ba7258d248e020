"""Foreign words made safe for Slack's mrkdwn: no mention, no link, no formatting of their own."""

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from mcp_server.diagnostics.redact import redact

# Where links may lead: consoles and Airflow web servers of AWS, Slack's own archives, and the
# sandbox on the reader's machine.
_HOSTS = re.compile(
    r"(?:[a-z0-9-]+\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)"
    r"|[a-z0-9.-]+\.airflow\.(?:[a-z0-9-]+\.)?(?:amazonaws\.com(?:\.cn)?|on\.aws)"
    r"|[a-z0-9.-]+\.[a-z0-9-]+\.airflow\.amazonaws\.com(?:\.cn)?"
)
_SLACK = re.compile(r"[a-z0-9-]+(?:\.enterprise)?\.slack\.com/archives/")
_LOOPBACK = re.compile(r"127\.0\.0\.1|localhost")
_URL = re.compile(r"https?://[!-~]{1,2000}")
_NUMBER = re.compile(
    r"[([]?(?:\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+]\d\d:\d\d)"
    r"|[+-]?\d+(?:[.,:/-]\d+){0,2}(?:%|Z|[a-z]{1,3})?)[)\]]?"
)
_WORD = re.compile(r"[(\[\"“]?[^\W\d_]+(?:['’-][^\W\d_]+)*['’]?[)\]\"”]?")  # noqa: RUF001 - typographic quotes are prose
_MARKS = frozenset("-·=/%…")
_IN_CODE = re.compile(r"(?<![^\s(\[])`([^`\s](?:[^`]{0,198}[^`\s])?)`(?=[.,;:!?)\]]{0,4}(?:\s|$))")
_AROUND = re.compile(
    r"(?P<before>[.,;:!?)\]]{0,4}(?=\s|$)|)(?P<inner>.*?)(?P<after>(?:(?<=\s)|^)[(\[]{1,2}|)"
)
_NEXT_SENTENCE = re.compile(r"(?<=[a-z)'\"])[.;] (?=[A-Z])")
_MENTION = re.compile(r"<(?=!(?:channel|here|everyone|group|subteam)|@[A-Z]|#C)")
_ANSI = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
MOST_PROSE = 600
# So many plain words stay in code with the brackets around them.
MOST_INSIDE = 8


def plain(text: str, most: int = MOST_PROSE) -> str:
    """One redacted line without control or invisible characters, of at most `most` characters."""
    # Redacted last: an invisible character must not part a key from its secret.
    line = redact("".join(_visible(char) for char in _ANSI.sub("", text)))
    return shorten(" ".join(line.split()), most)


def quoted(text: str, most: int = MOST_PROSE) -> str:
    """`plain` for rich text, where nothing is parsed; what would mention is broken all the same."""
    return _MENTION.sub("< ", plain(text, most))


def shorten(text: str, most: int) -> str:
    """Cut to `most` characters, at a word's end where one is near."""
    if len(text) <= most:
        return text
    cut = text[: max(most - 1, 0)]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > most * 2 // 3 else cut).rstrip() + "…"


def fewer_words(text: str, most: int) -> str:
    """The first `most` words, not ending in a small word such as "in an"."""
    words = text.split()
    if len(words) <= most:
        return text
    kept = words[:most]
    while len(kept) > most // 2 and len(kept[-1]) <= 4 and kept[-1].isalpha():
        kept.pop()
    return " ".join(kept) + " …"


def escaped(text: str) -> str:
    """Slack's three entities."""
    for char, entity in _ENTITIES:
        text = text.replace(char, entity)
    return text


def code(text: str, most: int = 200) -> str:
    """A code span of at most `most` characters: nothing inside it is parsed. Empty stays empty."""
    return fitted(_span, plain(text, most).replace("`", "'"), most)


def prose(text: str, most: int = MOST_PROSE, names: Collection[str] = ()) -> str:
    """A sentence of at most `most` characters whose technical words stand in code spans.

    Only words of letters and numbers are left outside code, so that nothing can format, link or
    mention: `@here`, `evil.com`, `*x*`, `<!channel>` and `:fire:` all become code. So do `names`,
    ids that look like plain words, and what stands in code already stays one span.
    """
    return fitted(partial(_marked, names), plain(text, most), most)


def sentence(text: str) -> str:
    """The text with a capital in front, unless it begins with an id."""
    first, _, _ = text.partition(" ")
    return text[:1].upper() + text[1:] if first.rstrip(":,.").isalpha() else text


def first_sentence(text: str) -> str:
    """What stands before the next sentence begins."""
    return _NEXT_SENTENCE.split(text, maxsplit=1)[0]


def paragraphs(text: str, most: int) -> str:
    """Several lines of prose; lines that no longer fit are left out."""
    kept: list[str] = []
    for line in text.splitlines():
        if made := prose(line, most):
            most -= len(made) + 1
            kept.append(made)
        if most < 80:
            break
    return "\n".join(kept)


def fitted(make: Callable[[str], str], text: str, most: int) -> str:
    """`make(text)`, with `text` cut until what is made fits: entities make it longer."""
    made = make(text)
    while len(made) > most and text:
        text = shorten(text, min(len(text) * most // len(made), len(text) - 1))
        made = make(text)
    return made


def _span(line: str) -> str:
    return f"`{escaped(line)}`" if line else ""


def _marked(names: Collection[str], line: str) -> str:
    """Spans that the text brings, whole; the rest word by word. A lone backtick is dropped."""
    parts = _IN_CODE.split(line)
    made = [_span(part) if at % 2 else _between(names, part) for at, part in enumerate(parts)]
    return "".join(made).strip()


def _between(names: Collection[str], text: str) -> str:
    """Prose around code spans: punctuation that touches one stays as it is."""
    found = _AROUND.fullmatch(text.replace("`", ""))
    if found is None:
        return _prose(names, text.replace("`", ""))
    inner = found["inner"]
    lead, tail = (" " if inner[:1] == " " else ""), (" " if inner[-1:] == " " else "")
    said = _prose(names, inner)
    return found["before"] + (f"{lead}{said}{tail}" if said else lead) + found["after"]


def _prose(names: Collection[str], line: str) -> str:
    out: list[str] = []
    span: list[str] = []
    words = line.split()
    for at, word in enumerate(words):
        core, tail = _parted(word)
        inside = bool(span) and _closes(span, words[at : at + MOST_INSIDE])
        if is_plain_word(core) and core not in names and not inside:
            out += [*_closed(span), escaped(core) + tail]
            continue
        span.append(word)
        # Inside brackets a comma or colon ends nothing.
        if tail and _is_balanced(" ".join(span)):
            out += _closed(span)
    return " ".join([*out, *_closed(span)])


def _closes(span: list[str], ahead: list[str]) -> bool:
    """Whether an open bracket of the span, as in `Error(1, 'no such file')`, is closed soon."""
    open_ones = " ".join(span)
    return not _is_balanced(open_ones) and any(
        _is_balanced(" ".join([open_ones, *ahead[: n + 1]])) for n in range(len(ahead))
    )


def is_trusted(url: str) -> bool:
    """True for https addresses of the AWS consoles, MWAA, Slack, and of this machine."""
    if not _URL.fullmatch(url) or any(char in url for char in "<>|\"'`\\"):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if _LOOPBACK.fullmatch(host):
        return True
    known = _HOSTS.fullmatch(host) or _SLACK.match(host + parts.path)
    return parts.scheme == "https" and known is not None


def link(url: str, words: str) -> str:
    """A mrkdwn link where the address is trusted, else the words alone; both made safe."""
    label = escaped(plain(words, 200)).replace("|", "/")
    return f"<{escaped(url)}|{label}>" if is_trusted(url) and label else prose(words)


def moment(iso: str) -> str:
    """A Slack date in the reader's own zone with a UTC fallback; other words become code."""
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return code(iso, 60)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if not 2000 <= at.year < 2200:
        return code(iso, 60)
    at = at.astimezone(UTC)
    fallback = at.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def _visible(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    # Format characters turn text around or hide in it; surrogates cannot be sent.
    return "" if kind in ("Cf", "Cs", "Co", "Cn") else char


def _parted(word: str) -> tuple[str, str]:
    core = word.rstrip(".,;:!?…")
    return (core, word[len(core) :]) if core else (word, "")


def is_plain_word(core: str) -> bool:
    """True for a word of letters or a number: nothing in it is technical or formats text."""
    return bool(_WORD.fullmatch(core) or _NUMBER.fullmatch(core)) or core in _MARKS


def _closed(span: list[str]) -> list[str]:
    """The words so far as one code span; punctuation and lone brackets around it stay outside."""
    if not span:
        return []
    core, tail = _parted(" ".join(span))
    span.clear()
    lead = core[:1] if core[:1] in ("(", "[") and not _is_balanced(core) else ""
    core = core.removeprefix(lead)
    if core[-1:] in (")", "]") and core.count(core[-1]) > core.count("(["[")]".index(core[-1])]):
        core, tail = core[:-1], core[-1] + tail
    return [f"{lead}{_span(core)}{tail}"] if core else [_span(lead + tail)]


def _is_balanced(text: str) -> bool:
    return all(text.count(left) <= text.count(right) for left, right in ("()", "[]", "{}"))
