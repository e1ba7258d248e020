"""Errors as AWS words and shapes them, in the three protocols that the SDK reads."""

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from sandbox.http import Response

ACCOUNT = "123456789012"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/de-agent-diagnostic/local"
# IAM's name of the actions, where it is not the client's.
ACTION_PREFIX = {"mwaa": "airflow"}


class AwsError(Exception):
    """A refusal by the service; `extra` members stand beside the message."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.extra = dict(extra or {})


def denied(service: str, operation: str) -> AwsError:
    """What a role without the permission gets."""
    action = f"{ACTION_PREFIX.get(service, service)}:{operation}"
    code = (
        "AccessDenied" if service in {"redshift", "s3", "sqs", "sts"} else "AccessDeniedException"
    )
    return AwsError(
        code,
        f"User: {CALLER} is not authorized to perform: {action} because no identity-based policy "
        f"allows the {action} action",
        403 if code == "AccessDenied" or service in {"mwaa", "lambda"} else 400,
    )


def throttled(service: str) -> AwsError:
    """What a caller over its rate gets."""
    if service in {"redshift", "cloudwatch", "sts"}:
        return AwsError("Throttling", "Rate exceeded", 400)
    return AwsError("ThrottlingException", "Rate exceeded", 429 if service == "mwaa" else 400)


def as_json(error: AwsError) -> Response:
    """Both JSON protocols: the code stands in a header and in `__type`."""
    body = {"__type": error.code, "message": error.message, "Message": error.message, **error.extra}
    headers = {"x-amzn-ErrorType": error.code, "x-amzn-query-error": f"{error.code};Sender"}
    return Response(error.status, json.dumps(body).encode(), "application/x-amz-json-1.1", headers)


def as_xml(error: AwsError) -> Response:
    """The query protocol."""
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        "<RequestId>sandbox</RequestId></ErrorResponse>"
    )
    return Response(error.status, body.encode(), "text/xml")
