"""One endpoint for every AWS service: routes a signed call, applies faults, records it."""

import re
from collections.abc import Iterable

from sandbox.aws.errors import AwsError, denied, throttled
from sandbox.aws.moto_services import MotoServices
from sandbox.aws.service import Service
from sandbox.calls import CallLog
from sandbox.faults import Faults, Kind
from sandbox.http import HttpServer, Request, Response

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# SigV4's name of the service, where it is not boto3's.
SIGNING_NAMES = {"airflow": "mwaa", "monitoring": "cloudwatch"}


class AwsServer:
    """Real boto3 talks to `url` (AWS_ENDPOINT_URL); what is not ours, moto answers."""

    def __init__(self, services: Iterable[Service], faults: Faults, calls: CallLog) -> None:
        self._services = {service.name: service for service in services}
        self._moto = MotoServices()
        self._faults = faults
        self._calls = calls
        self._http = HttpServer(self._answer)
        self.url = self._http.url

    def start(self) -> None:
        self._http.start()

    def close(self) -> None:
        self._http.close()

    def _answer(self, request: Request) -> Response:
        scope = _SCOPE.search(request.headers.get("authorization", ""))
        if scope is None:
            return Response(403, b'{"message": "Missing Authentication Token"}')
        signed = scope["service"]
        name = SIGNING_NAMES.get(signed, signed)
        service = self._services.get(name) or self._moto.service(name)
        return self._call(service, request, scope["region"])

    def _call(self, service: Service, request: Request, region: str) -> Response:
        operation = service.operation(request)
        with self._calls.record(service.name, operation):
            try:
                self._fail(service.name, operation)
                return service.answer(operation, request, region)
            except AwsError as error:
                return service.refuse(error)

    def _fail(self, service: str, operation: str) -> None:
        kind: Kind | None = self._faults.of(service, operation)
        self._faults.wait(kind)
        if kind == "denied":
            raise denied(service, operation)
        if kind == "throttled":
            raise throttled(service)
