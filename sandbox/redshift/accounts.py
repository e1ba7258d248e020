"""Who may log in: fixed users, and those whom the credential services made for a while."""

import hashlib
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from sandbox.clock import Clock

LIFETIME = timedelta(seconds=900)


class Accounts:
    """Database users with their passwords; temporary ones end as GetClusterCredentials says."""

    def __init__(self, clock: Clock, users: Mapping[str, str]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._users: dict[str, list[tuple[str, datetime | None]]] = {
            user: [(password, None)] for user, password in users.items()
        }

    def issue(self, user: str, lifetime: timedelta = LIFETIME) -> tuple[str, datetime]:
        """A temporary password and when it expires."""
        password, until = secrets.token_urlsafe(24), self._clock.now() + lifetime
        with self._lock:
            self._users.setdefault(user, []).append((password, until))
        return password, until

    def accepts(self, user: str, salt: bytes, answer: bytes) -> bool:
        """Whether an md5 answer to this salt proves one of the user's passwords."""
        with self._lock:
            known = list(self._users.get(user, ()))
        now = self._clock.now()
        return any(
            _md5_answer(user, password, salt) == answer
            for password, until in known
            if until is None or now < until
        )


def _md5_answer(user: str, password: str, salt: bytes) -> bytes:
    inner = hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()
    outer = hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()
    return b"md5" + outer.encode()
