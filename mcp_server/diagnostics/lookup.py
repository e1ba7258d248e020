"""Which of many texts stand in another, at a cost that does not grow with their number."""

from collections.abc import Iterable, Iterator

from ahocorasick_rs import AhoCorasick


class Lookup:
    """Texts to look for; case matters."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known = tuple(dict.fromkeys(texts))
        self._texts = AhoCorasick(self._known)

    def held(self, text: str) -> set[str]:
        """Those that stand in the text."""
        return set(self._texts.find_matches_as_strings(_whole(text), overlapping=True))

    def any_in(self, text: str) -> bool:
        """Whether one of them does at all."""
        return bool(self._texts.find_matches_as_indexes(_whole(text)))

    def places(self, text: str) -> Iterator[tuple[int, str]]:
        """(place, which) for each that stands in the text, wherever it does."""
        for which, start, _ in self._texts.find_matches_as_indexes(_whole(text), overlapping=True):
            yield start, self._known[which]


def _whole(text: str) -> str:
    """As long a text without halves of surrogate pairs (JSON spells them): no UTF-8 holds them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
