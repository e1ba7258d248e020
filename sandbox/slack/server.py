"""A local Slack that the real slack_sdk talks to, with a page that shows its channels."""

import json
from collections.abc import Callable, Mapping

from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import HttpServer, Request, Response
from sandbox.slack import chat, conversations, others
from sandbox.slack.arguments import Json, read_arguments, read_token
from sandbox.slack.delivery import Delivered, Delivery
from sandbox.slack.errors import SlackError, denied, ratelimited
from sandbox.slack.limits import Limits
from sandbox.slack.people import People
from sandbox.slack.socket import SocketMode
from sandbox.slack.web import Page
from sandbox.slack.workspace import Workspace

BOT_TOKEN = "xoxb-sandbox"  # noqa: S105 - opens nothing but this sandbox
APP_TOKEN = "xapp-sandbox"  # noqa: S105 - opens nothing but this sandbox
SECRET = "sandbox-signing-secret"  # noqa: S105 - opens nothing but this sandbox
Method = Callable[[Workspace, Json], Json]


class SlackServer:
    """Web API under `api_url`, page at `url`, events through `delivery`, state in `workspace`."""

    def __init__(
        self,
        clock: Clock | None = None,
        faults: Faults | None = None,
        calls: CallLog | None = None,
        limits: Limits | None = None,
        *,
        port: int = 0,
    ) -> None:
        self.workspace = Workspace(clock or Clock())
        self.limits = limits or Limits()
        self.delivery = Delivery(SECRET, SocketMode())
        triggers = others.Triggers()
        self.people = People(self.workspace, self.delivery, triggers)
        self._faults = faults or Faults()
        self._calls = calls or CallLog()
        self._page = Page(self.workspace, self.people)
        self._methods = {**METHODS, "views.open": others.open_view(triggers)}
        self._http = HttpServer(self._answer, port=port)
        self.url = self._http.url
        self.api_url = f"{self.url}/api/"

    def start(self) -> None:
        self._http.start()

    def close(self) -> None:
        """Let waiting pages and pending deliveries go, then close the ports."""
        self.delivery.closing.set()
        self._page.close()
        self.delivery.socket.close()
        self._http.close()

    def deliver(self, event: Mapping[str, object]) -> Delivered:
        """Post somebody else's message (an alert) and send its event; returns when taken."""
        self.workspace.put(event)
        return self.delivery.event(event)

    def _answer(self, request: Request) -> Response:
        if not request.path.startswith("/api/"):
            return self._page.answer(request)
        method = request.path.removeprefix("/api/").strip("/")
        with self._calls.record("slack", method):
            try:
                body = {"ok": True, **self._called(method, request)}
            except SlackError as refusal:
                return refusal.response()
        return Response(200, json.dumps(body).encode(), "application/json; charset=utf-8")

    def _called(self, method: str, request: Request) -> Json:
        self._fail(method)
        said = read_arguments(request)
        self._authorise(method, read_token(request, said))
        self.limits.check(method, str(said.get("channel") or ""))
        if method == "apps.connections.open":
            return {"url": self.delivery.socket.open()}
        if method not in self._methods:
            raise SlackError("unknown_method", {"req_method": method})
        return self._methods[method](self.workspace, said)

    def _fail(self, method: str) -> None:
        kind = self._faults.of("slack", method)
        self._faults.wait(kind)
        if kind == "denied":
            raise denied(method)
        if kind == "throttled":
            raise ratelimited(1)
        if kind == "hang":
            raise SlackError("service_unavailable", status=503)

    def _authorise(self, method: str, token: str) -> None:
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if not token:
            raise SlackError("not_authed")
        if token != wanted:
            other = token in (APP_TOKEN, BOT_TOKEN)
            raise SlackError("not_allowed_token_type" if other else "invalid_auth")


METHODS: Mapping[str, Method] = {
    "auth.test": others.auth_test,
    "api.test": lambda workspace, said: {"args": said},
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.permalink,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "conversations.info": conversations.info,
    "conversations.list": conversations.list_all,
    "conversations.join": conversations.join,
    "reactions.add": others.react,
    "reactions.remove": others.unreact,
    "reactions.get": others.reactions,
    "users.info": others.users_info,
    "bots.info": others.bots_info,
    "views.update": others.update_view,
    "assistant.threads.setStatus": others.set_status,
}
