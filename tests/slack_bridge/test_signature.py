"""A signature made with no secret at all proves nothing."""

import pytest

from slack_bridge.receiving.signature import SignatureWrong, sign, verify


def test_an_empty_secret_trusts_nobody_not_even_its_own_signature() -> None:
    body, stamp = b'{"type": "event_callback"}', "1795316640"
    with pytest.raises(SignatureWrong, match="SLACK_SIGNING_SECRET is empty"):
        verify("", stamp, sign("", stamp, body), body, float(stamp))


def test_a_secret_s_own_signature_is_trusted_for_its_body_alone() -> None:
    stamp = "1795316640"
    signed = sign("s", stamp, b"one")
    verify("s", stamp, signed, b"one", float(stamp))
    with pytest.raises(SignatureWrong, match="does not match"):
        verify("s", stamp, signed, b"two", float(stamp))
