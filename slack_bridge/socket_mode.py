"""Socket Mode: events over a socket that we open, so that no address must be public."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from slack_bridge import sdk_log
from slack_bridge.log import log_line
from slack_bridge.receiver import Receiver, Response
from slack_bridge.settings import Settings
from slack_bridge.slack_errors import out_of_reach


class SocketRefused(Exception):
    """Slack would not open the socket; the text says what to mend."""


def connect(settings: Settings, receiver: Receiver) -> SocketModeClient:
    """Open the socket and answer what comes, as the HTTP side would.

    What cannot be handed over is not acknowledged, so Slack sends it again.
    """
    base_url = settings.slack_api_url or WebClient.BASE_URL
    web = WebClient(settings.slack_bot_token, base_url=base_url, logger=sdk_log.of_calls())
    client = SocketModeClient(settings.slack_app_token, web_client=web, logger=sdk_log.of_socket())

    def listen(socket: BaseSocketModeClient, request: SocketModeRequest) -> None:
        if answered(receiver, request).status < 300:
            socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(listen)
    try:
        client.connect()
    except (SlackClientError, OSError) as error:
        client.close()
        raise SocketRefused(f"apps.connections.open with SLACK_APP_TOKEN: {_why(error)}") from error
    return client


def _why(error: Exception) -> str:
    """One line, and what to do."""
    if not isinstance(error, SlackApiError):
        return out_of_reach(error)
    code = str(error.response.get("error") or "refused")
    return f"Slack answered {code}; make an app-level token (xapp-...) with connections:write"


def answered(receiver: Receiver, request: SocketModeRequest) -> Response:
    """What the receiver makes of one socket request; logged as a line."""
    notes: dict[str, object] = {"retry": request.retry_attempt, "by": "socket"}
    if request.type == "events_api":
        response = receiver.event(request.payload, notes)
    elif request.type == "interactive":
        response = receiver.interaction(request.payload, notes)
    else:
        notes["why"] = f"requests of type {request.type!s:.40} ask nothing of us"
        response = Response(200)
    log_line("received", status=response.status, **notes)
    return response
