"""Text objects and the small checks that every block shares."""

from collections.abc import Iterator, Mapping, Sized

Found = tuple[str, str]  # JSON pointer, what is wrong there


def missing(at: str, thing: Mapping[str, object], *names: str) -> Iterator[Found]:
    """Name each required member that is not there or empty."""
    for name in names:
        if not thing.get(name):
            yield at, f"missing required field: {name}"


def too_long(at: str, text: object, most: int) -> Iterator[Found]:
    """Text over its limit."""
    if isinstance(text, str) and len(text) > most:
        yield at, f"must be less than {most + 1} characters"


def too_many(at: str, items: Sized, most: int) -> Iterator[Found]:
    """A list over its limit."""
    if len(items) > most:
        yield at, f"no more than {most} items allowed"


def check_text(at: str, text: object, most: int, *, plain: bool = False) -> Iterator[Found]:
    """A text object: its type, and 1 to `most` characters."""
    if not isinstance(text, Mapping):
        yield at, "must be an object"
        return
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in allowed:
        yield f"{at}/type", f"must be one of {', '.join(allowed)}"
    said = text.get("text")
    if not isinstance(said, str):
        yield at, "missing required field: text"
    elif not said:
        yield f"{at}/text", "must be more than 0 characters"
    yield from too_long(f"{at}/text", said, most)
    if text.get("type") == "mrkdwn" and "emoji" in text:
        yield at, "invalid additional property: emoji"
