"""What one AWS service is to the server: a way to name a call and to answer it."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from sandbox.aws.errors import AwsError, as_json, as_xml
from sandbox.http import Request, Response

# Wire documents: whatever JSON the SDK sends or reads.
Document = dict[str, Any]
Operation = Callable[[Document, str], Document]


def when(value: object) -> datetime | None:
    """A time as a protocol carried it (epoch seconds, ISO 8601 or parsed) as aware UTC."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


class Service(Protocol):
    """`name` is boto3's client name, as it stands in faults and in the call log."""

    name: str

    def operation(self, request: Request) -> str: ...

    def answer(self, operation: str, request: Request, region: str) -> Response: ...

    def refuse(self, error: AwsError) -> Response: ...


class JsonService:
    """A service of the JSON protocol: the operation stands in X-Amz-Target."""

    def __init__(self, name: str, operations: Mapping[str, Operation]) -> None:
        self.name = name
        self._operations = operations

    def operation(self, request: Request) -> str:
        return request.headers.get("x-amz-target", "").rpartition(".")[2]

    def answer(self, operation: str, request: Request, region: str) -> Response:
        if operation not in self._operations:
            raise _unknown(self.name, operation)
        document = self._operations[operation](json.loads(request.body or b"{}"), region)
        content_type = request.headers.get("content-type", "application/x-amz-json-1.1")
        body = json.dumps(document, default=_json_value).encode()
        return Response(200, body, content_type)

    def refuse(self, error: AwsError) -> Response:
        return as_json(error)


def _json_value(value: object) -> object:
    """Times and bytes as the JSON protocol carries them."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no JSON for {type(value).__name__}")


class QueryService:
    """A service of the query protocol: form in, XML out. Lists are `(member name, items)`."""

    def __init__(self, name: str, operations: Mapping[str, Operation]) -> None:
        self.name = name
        self._operations = operations

    def operation(self, request: Request) -> str:
        return str(_form(request).get("Action", ""))

    def answer(self, operation: str, request: Request, region: str) -> Response:
        if operation not in self._operations:
            raise _unknown(self.name, operation)
        document = self._operations[operation](_form(request), region)
        return Response(200, _xml(operation, document).encode(), "text/xml")

    def refuse(self, error: AwsError) -> Response:
        return as_xml(error)


def _unknown(service: str, operation: str) -> AwsError:
    return AwsError(
        "UnknownOperationException", f"the sandbox's {service} does not know {operation!r}", 404
    )


def _form(request: Request) -> Document:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _xml(operation: str, document: Document) -> str:
    return (
        f"<{operation}Response><{operation}Result>{_members(document)}</{operation}Result>"
        f"<ResponseMetadata><RequestId>sandbox</RequestId></ResponseMetadata></{operation}Response>"
    )


def _members(document: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in document.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, tuple):
        name, items = value
        return _items(name, items)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


def _items(name: str, items: Sequence[object]) -> str:
    return "".join(f"<{name}>{_value(item)}</{name}>" for item in items)
