"""Slack's request signature, v0: HMAC-SHA256 over the timestamp and the body as received."""

import hashlib
import hmac

WINDOW_SECONDS = 300


class SignatureWrong(Exception):
    """The request was not signed by Slack, or too long ago; the text says which."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Slack-Signature` for this body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def verify(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> None:
    """Raise SignatureWrong unless `body` was signed with `secret` within five minutes of `now`."""
    if not secret:
        raise SignatureWrong("SLACK_SIGNING_SECRET is empty, so nothing can be trusted")
    if not timestamp or not signature:
        raise SignatureWrong("the request carries no Slack signature")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureWrong("the signature's timestamp is no number")
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        age = int(now - int(timestamp))
        raise SignatureWrong(
            f"signed {age} s ago, over {WINDOW_SECONDS} s: replay or a wrong clock"
        )
    expected = sign(secret, timestamp, body).encode()
    if not hmac.compare_digest(expected, signature.encode(errors="replace")):
        raise SignatureWrong("the signature does not match SLACK_SIGNING_SECRET")
