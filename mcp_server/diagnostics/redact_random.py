"""Whether a word looks drawn at random, as keys are, or made of words, as names and paths are."""

import re
from base64 import b64decode
from binascii import Error
from itertools import pairwise

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAMED_AFTER_A_DIGIT = re.compile(
    r"(?i)(?:sha|md|utf|base|oauth|pbkdf|scrypt|argon|aes|ora|v)[-_]?\d"
)
_SPECIAL = frozenset("!@#$%^&*?+~")


def is_mixed(word: str) -> bool:
    """Both cases and digits, changing about as often as chance would: no name, path or hex hash."""
    counts = [sum(map(kind, word)) for kind in (str.isupper, str.islower, str.isdigit)]
    if min(counts[:2]) < max(len(word) // 8, 1) or counts[2] < 2:
        return False
    return _changes(word) >= 0.4 * len(word)


def is_keyed(word: str) -> bool:
    """Digits and letters in 16 characters or more, but no UUID and no number."""
    has = [any(map(kind, word)) for kind in (str.isdigit, str.isalpha)]
    return len(word) >= 16 and all(has) and not _UUID.fullmatch(word) and word.isascii()


def is_strong(word: str) -> bool:
    """What a person would call a password: digits or signs among letters."""
    if _NAMED_AFTER_A_DIGIT.match(word) or not any(c.isalpha() for c in word[1:]):
        return False
    digit = any(c.isdigit() for c in word)
    signs = any(c in _SPECIAL for c in word.rstrip("!?*"))
    return (digit and (signs or is_both_cases(word))) or (signs and is_both_cases(word))


def is_both_cases(word: str) -> bool:
    """Upper and lower case letters."""
    return any(c.isupper() for c in word) and any(c.islower() for c in word)


def is_pair(word: str) -> bool:
    """Base64 of `user:password`."""
    try:
        return b":" in b64decode(word, validate=True)
    except (Error, ValueError):
        return False


def _changes(word: str) -> int:
    kinds = ["u" if c.isupper() else "l" if c.islower() else c.isdigit() for c in word]
    return sum(a != b for a, b in pairwise(kinds))
