"""What a person does in the page: clicks, answers a modal, writes to the bot."""

import time
from dataclasses import dataclass
from typing import Any

from sandbox.slack.conversations import row
from sandbox.slack.delivery import Delivered, Delivery
from sandbox.slack.errors import SlackError
from sandbox.slack.others import Triggers, shown
from sandbox.slack.workspace import APP, BOT_USER, PERSON, TEAM, Message, Workspace

Json = dict[str, Any]  # Any: Slack's JSON as it travels


@dataclass
class People:
    """One engineer at a desk; each act reaches the app as Slack would send it."""

    workspace: Workspace
    delivery: Delivery
    triggers: Triggers

    def click(self, channel: str, ts: str, action_id: str, value: str = "") -> Delivered:
        """Press a button of a message. Raises SlackError when there is no such button."""
        with self.workspace.changed:
            message = self.workspace.messages.get(channel, {}).get(ts)
            found = _pressed(message.body, action_id, value) if message else None
            if message is None or found is None:
                raise SlackError("no_such_button")
            payload = self._clicked(message, found)
        return self.delivery.interaction(payload)

    def submit(self, view_id: str, values: Json) -> Delivered:
        """Send a modal off; `values` is {block_id: {action_id: {"type", "value"}}}."""
        with self.workspace.change():
            kept = self.workspace.views.pop(view_id, None)
        if kept is None:
            raise SlackError("not_found")
        view = shown(kept) | {"state": {"values": values}}
        return self.delivery.interaction({"type": "view_submission", **self._who(), "view": view})

    def dismiss(self, view_id: str) -> None:
        """Close a modal without an answer."""
        with self.workspace.change():
            self.workspace.views.pop(view_id, None)

    def write(self, channel: str, text: str, thread_ts: str = "") -> Delivered:
        """Write a message; `@de-agent` in it is a mention, which arrives twice as in Slack."""
        known = self.workspace.channels.get(channel)
        if known is None:
            raise SlackError("channel_not_found")
        said = text.replace("@de-agent", f"<@{BOT_USER}>")
        with self.workspace.change():
            thread = {"thread_ts": thread_ts} if thread_ts else {}
            body = {"user": PERSON, "team": TEAM, "text": said, **thread}
            message = self.workspace.add(channel, body)
        where = {"channel": channel, "channel_type": "im" if known.is_im else "channel"}
        event = {**message.body, **where, "event_ts": message.ts}
        if not self.delivery.reaches_an_app:
            return Delivered(0, 0)
        delivered = self.delivery.event(event)
        if f"<@{BOT_USER}>" in said and not known.is_im:
            self.delivery.event({**event, "type": "app_mention"})
        return delivered

    def _clicked(self, message: Message, action: Json) -> Json:
        place = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": False,
        }
        if message.is_reply:
            place["thread_ts"] = message.thread_ts
        name = self.workspace.channels[message.channel].name
        return {
            "type": "block_actions",
            **self._who(),
            "container": place,
            "channel": {"id": message.channel, "name": name},
            "message": row(self.workspace, message),
            "state": {"values": {}},
            "trigger_id": self.triggers.new(f"trigger.{self.workspace.new_id('')}"),
            "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
        }

    def _who(self) -> Json:
        user = {"id": PERSON, "username": "you", "name": "you", "team_id": TEAM}
        team = {"id": TEAM, "domain": "sandbox"}
        about = {"api_app_id": APP, "token": "sandbox", "is_enterprise_install": False}
        return {"user": user, "team": team, "enterprise": None, **about}


def _pressed(body: Json, action_id: str, value: str) -> Json | None:
    """The action of that button as a payload carries it."""
    for block in body.get("blocks", []):
        elements = [*block.get("elements", []), block.get("accessory") or {}]
        for element in elements:
            if element.get("action_id") == action_id:
                return {**_action(element, value), "block_id": block.get("block_id", "")}
    return None


def _action(element: Json, value: str) -> Json:
    action = {"action_id": element["action_id"], "type": element["type"]}
    if element["type"] == "feedback_buttons":
        return {**action, "value": value}
    return {**action, "text": element.get("text"), "value": element.get("value", value)}
