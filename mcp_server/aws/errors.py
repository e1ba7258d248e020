"""What went wrong at AWS, said in this project's errors; AWS's own words are redacted and cut."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mcp_server.diagnostics.redact import redact
from mcp_server.errors import (
    AccessDenied,
    BadRequest,
    DiagnosticError,
    NotConfigured,
    NotFound,
    Unavailable,
)

READ_SECONDS = 10
SAID_CHARACTERS = 300
# IAM's prefix of the actions, where it is not boto3's name of the service.
_IAM_PREFIX = {"mwaa": "airflow"}
_SERVICE = {
    "mwaa": "MWAA",
    "logs": "CloudWatch Logs",
    "cloudwatch": "CloudWatch",
    "cloudtrail": "CloudTrail",
    "redshift": "Redshift",
    "redshift-data": "The Redshift Data API",
    "redshift-serverless": "Redshift Serverless",
    "secretsmanager": "Secrets Manager",
}
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "UnauthorizedException",
        "NotAuthorized",
    }
)
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "InvalidAccessKeyId",
    }
)
_TOO_LARGE = re.compile(r"(?i)response.{0,40}(?:payload|size|too large)|payload size")
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist")
_ACTION = re.compile(r"perform:? (?P<action>[a-z][a-z0-9-]*:\w+)(?: on resource: (?P<on>\S+))?")
_CALLER = re.compile(r"User: (arn:\S+)")
_CREDENTIALS_HELP = (
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or run "
    "`aws sso login`; in Lambda the function's role is used."
)


class AnswerTooLarge(Unavailable):
    """Airflow's answer is larger than the way to it lets through; less at once may pass."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as an error text names it: boto3's service, the API's operation, and on what."""

    service: str
    operation: str
    resource: str = ""
    region: str = ""

    @property
    def action(self) -> str:
        """The IAM action, which is the operation but for a few prefixes."""
        return f"{_IAM_PREFIX.get(self.service, self.service)}:{self.operation}"

    @property
    def place(self) -> str:
        return _SERVICE.get(self.service, self.service)

    @property
    def on(self) -> str:
        return f" on {self.resource}" if self.resource else ""


def code_of(error: BaseException | None) -> str:
    """AWS's code of an error (or of the AWS error that it came from), "" when it has none."""
    return str(_error_part(error).get("Code", ""))


def said_by(error: BaseException | None) -> str:
    """AWS's own message, redacted, one line, cut."""
    text = str(_error_part(error).get("Message", "")) or str(error or "")
    return " ".join(redact(text).split())[:SAID_CHARACTERS]


def as_diagnostic(error: Exception, asked: Asked) -> DiagnosticError:
    """The error that a caller is shown for a botocore error (network, credentials, service)."""
    if isinstance(error, DiagnosticError):
        return error
    if _response(error):
        return _refused(error, asked)
    return _not_sent(error, asked)


def _refused(error: Exception, asked: Asked) -> DiagnosticError:
    """The service answered, with an error."""
    code, said = code_of(error), said_by(error)
    status = _status(error)
    if code in THROTTLED or status == 429:
        return Unavailable(
            f"{asked.place} throttled {asked.operation}{asked.on} again and again. "
            "Wait a minute, or ask for a shorter time or fewer things at once."
        )
    if code in _CREDENTIALS:
        return NotConfigured(f"AWS does not accept the credentials: {said}. {_CREDENTIALS_HELP}")
    if code in _DENIED or status == 403:
        return AccessDenied(denied_text(said, asked))
    if _MISSING.search(code) or status == 404:
        return NotFound(
            f"{asked.resource or asked.operation} was not found: {said} "
            f"Check the name{_in_region(asked)}."
        )
    if code == "ValidationException" and _TOO_LARGE.search(said):
        return AnswerTooLarge(f"{asked.place} does not pass on so large an answer: {said}.")
    if status >= 500:
        return Unavailable(
            f"{asked.place} failed to answer {asked.operation}{asked.on}: {said}. Try again later."
        )
    return BadRequest(
        f"{asked.place} did not accept {asked.operation}{asked.on}: {code}: {said}. "
        "Change the argument it names."
    )


def denied_text(said: str, asked: Asked) -> str:
    """Who lacks what on what: from AWS's message, or else from the call."""
    named, caller = _ACTION.search(said), _CALLER.search(said)
    action = named["action"] if named else asked.action
    on = (named["on"] or "").rstrip(".,") if named else ""
    resource = on or asked.resource
    text = (
        f"This role{f' ({caller[1]})' if caller else ''} lacks {action}"
        f"{f' on {resource}' if resource else ''}. Whoever keeps its IAM policy can allow it."
    )
    if named and "explicit deny" not in said:
        return text
    return f"{text} {asked.place} said: {said}"


def _not_sent(error: Exception, asked: Asked) -> DiagnosticError:
    """No answer came: credentials, settings or the network."""
    kind = type(error).__name__
    if kind == "NoRegionError":
        return NotConfigured("No AWS region is set. Set AWS_REGION to that of the environment.")
    if _about_credentials(kind):
        return NotConfigured(f"No usable AWS credentials: {said_by(error)}. {_CREDENTIALS_HELP}")
    if "Validation" in kind or kind.startswith(("Param", "Unknown", "Missing", "Invalid")):
        return BadRequest(f"{asked.operation}{asked.on} cannot be asked so: {said_by(error)}")
    if "ReadTimeout" in kind:
        return Unavailable(
            f"{asked.place} did not answer {asked.operation}{asked.on} within {READ_SECONDS} s. "
            "Try again later, or ask for less."
        )
    return Unavailable(
        f"{asked.place} cannot be reached for {asked.operation}{asked.on}: {said_by(error)}. "
        f"Check the network, the VPC endpoint and the region{_in_region(asked)}."
    )


def _about_credentials(kind: str) -> bool:
    return any(
        word in kind for word in ("Credential", "Profile", "SSO", "Token", "AssumeRole", "Login")
    )


def _in_region(asked: Asked) -> str:
    return f" (region {asked.region})" if asked.region else ""


def _response(error: BaseException | None) -> Mapping[str, object]:
    """The `response` of botocore's ClientError, of the error itself or of its cause."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, Mapping) and "Error" in response:
            return response
        error = error.__cause__
    return {}


def _error_part(error: BaseException | None) -> Mapping[str, object]:
    part = _response(error).get("Error")
    return part if isinstance(part, Mapping) else {}


def _status(error: BaseException | None) -> int:
    meta = _response(error).get("ResponseMetadata")
    return int(meta.get("HTTPStatusCode") or 0) if isinstance(meta, Mapping) else 0


def is_passing(error: Exception) -> bool:
    """Whether the same call may well succeed a moment later: throttled, 5xx, connection lost."""
    kind = type(error).__name__
    if _response(error):
        return code_of(error) in THROTTLED or _status(error) == 429 or _status(error) >= 500
    return kind in {"ConnectionClosedError", "ResponseStreamingError", "IncompleteReadError"}
