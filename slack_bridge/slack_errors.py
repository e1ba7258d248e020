"""How Slack says no, and what that means: for good, or not now."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

# A message that Slack takes in a plainer form.
TOO_RICH = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")
MOST_RETRY_AFTER = 60.0
_PASSING = (
    "internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited",
    "team_added_to_org",
)  # fmt: skip
# Nothing of the message or channel: a person mends it, and then the same call works.
_TO_MEND = (
    "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive",
    "not_allowed_token_type", "org_login_required", "ekm_access_denied",
)  # fmt: skip
# Reading can be done without; a post that lacks its scope waits until it has it.
_POST, _SCOPE = "chat.postMessage", "missing_scope"
_TOO_MANY = ("ratelimited", "rate_limited")


class SlackRefused(Exception):
    """Slack will not do it however often it is asked; the text says what to mend."""

    def __init__(self, code: str, method: str, channel: str) -> None:
        self.code = code
        super().__init__(_told(code, method, channel))


class SlackUnavailable(Exception):
    """Slack did not answer in time, was overloaded, or failed: the same call may work later."""


class TryLater(Exception):
    """Not now; `after` is Slack's Retry-After, `maybe_done` that it may have been done."""

    def __init__(
        self, method: str, why: str, after: float = 0.0, *, maybe_done: bool = False
    ) -> None:
        super().__init__(why)
        self.method, self.after, self.maybe_done = method, after, maybe_done


def read_refusal(
    answer: object, method: str, channel: str
) -> SlackRefused | SlackUnavailable | TryLater:
    """What an answer that is not ok means; `answer` is the SDK's response.

    SlackUnavailable, so that nothing is lost meanwhile, where a person must mend the app first.
    """
    status = int(getattr(answer, "status_code", 0) or 0)
    data = getattr(answer, "data", None)
    code = str(data.get("error") or "") if isinstance(data, Mapping) else ""
    if status == 429 or code in _TOO_MANY:
        return TryLater(method, f"{method}: too many calls", _retry_after(answer))
    if status >= 500 or code in _PASSING or not code:
        why = f"{method}: Slack failed ({status} {code})"
        return TryLater(method, why, maybe_done=True)
    if code in _TO_MEND or (method, code) == (_POST, _SCOPE):
        return SlackUnavailable(_told(code, method, channel))
    return SlackRefused(code, method, channel)


def out_of_reach(error: BaseException) -> str:
    """That Slack could not be reached, why, and what to look at."""
    why = getattr(error, "reason", None) or error
    reason = str(getattr(why, "strerror", None) or why).splitlines()
    return _hints()["out_of_reach"].format(reason=(reason or [type(error).__name__])[0][:120])


def _told(code: str, method: str, channel: str) -> str:
    """Which call was refused, and what to do about it."""
    hint = _hints().get(code, "").format(channel=channel or "?")
    return f"Slack refused {method}: {code}" + (f"; {hint}" if hint else "")


def _retry_after(answer: object) -> float:
    headers = getattr(answer, "headers", None) or {}
    text = str(headers.get("Retry-After") or headers.get("retry-after") or "").strip()
    return min(float(text), MOST_RETRY_AFTER) if text.isdecimal() else 1.0


@cache
def _hints() -> Mapping[str, str]:
    return tomllib.loads(Path(__file__).with_name("slack_refusals.toml").read_text("utf-8"))
