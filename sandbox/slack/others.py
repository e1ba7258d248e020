"""auth, users, bots, reactions, views and the assistant's status."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.slack.arguments import Json, needed
from sandbox.slack.chat import channel_of, message_of
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.validate import check_blocks
from sandbox.slack.workspace import APP, BOT, BOT_NAME, BOT_USER, TEAM, View, Workspace

TRIGGER_SECONDS = 3.0


@dataclass
class Triggers:
    """Trigger ids of clicks: each opens one view, within three seconds."""

    clock: Callable[[], float] = time.monotonic
    made: dict[str, float] = field(default_factory=dict)

    def new(self, name: str) -> str:
        self.made[name] = self.clock()
        return name

    def take(self, name: str) -> None:
        """Use a trigger. Raises SlackError when unknown, used or too old."""
        at = self.made.pop(name, None)
        if at is None:
            raise SlackError("invalid_trigger_id")
        if self.clock() - at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")


def auth_test(workspace: Workspace, said: Json) -> Json:
    """auth.test."""
    return {
        "url": "https://sandbox.slack.com/",
        "team": "Sandbox",
        "team_id": TEAM,
        "user": BOT_NAME,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "app_id": APP,
        "is_enterprise_install": False,
    }


def users_info(workspace: Workspace, said: Json) -> Json:
    """users.info."""
    (user,) = needed(said, ("user",))
    name = workspace.names.get(user)
    if name is None or not user.startswith("U"):
        raise SlackError("user_not_found")
    profile = {"display_name": name, "real_name": name}
    about = {"is_bot": user == BOT_USER, "deleted": False, "tz": "Etc/UTC", "profile": profile}
    return {"user": {"id": user, "team_id": TEAM, "name": name, "real_name": name, **about}}


def bots_info(workspace: Workspace, said: Json) -> Json:
    """bots.info."""
    bot = str(said.get("bot") or BOT)
    if bot != BOT:
        raise SlackError("bot_not_found")
    return {
        "bot": {"id": BOT, "app_id": APP, "name": BOT_NAME, "user_id": BOT_USER, "deleted": False}
    }


def react(workspace: Workspace, said: Json) -> Json:
    """reactions.add."""
    name, ts = needed(said, ("name", "timestamp"))
    message = message_of(workspace, channel_of(workspace, said), ts)
    with workspace.change():
        users = message.reactions.setdefault(name.strip(":"), [])
        if BOT_USER in users:
            raise SlackError("already_reacted")
        users.append(BOT_USER)
    return {}


def unreact(workspace: Workspace, said: Json) -> Json:
    """reactions.remove."""
    name, ts = needed(said, ("name", "timestamp"))
    message = message_of(workspace, channel_of(workspace, said), ts)
    with workspace.change():
        users = message.reactions.get(name.strip(":"), [])
        if BOT_USER not in users:
            raise SlackError("no_reaction")
        users.remove(BOT_USER)
        if not users:
            del message.reactions[name.strip(":")]
    return {}


def reactions(workspace: Workspace, said: Json) -> Json:
    """reactions.get of a message."""
    (ts,) = needed(said, ("timestamp",))
    message = message_of(workspace, channel_of(workspace, said), ts)
    found = [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items()]
    body = {**message.body, **({"reactions": found} if found else {})}
    return {"type": "message", "channel": message.channel, "message": body}


def set_status(workspace: Workspace, said: Json) -> Json:
    """assistant.threads.setStatus; an empty status clears it."""
    _, ts = needed(said, ("channel_id", "thread_ts"))
    channel = channel_of(workspace, {"channel": said["channel_id"]})
    message = message_of(workspace, channel, ts)
    with workspace.change():
        message.status = str(said.get("status") or "")
    return {}


def open_view(triggers: Triggers) -> Callable[[Workspace, Json], Json]:
    """views.open, which spends a trigger id."""

    def opened(workspace: Workspace, said: Json) -> Json:
        view = _view(said)
        triggers.take(str(said.get("trigger_id") or ""))
        with workspace.change():
            kept = View(workspace.new_id("V"), view, workspace.new_ts())
            workspace.views[kept.id] = kept
        return {"view": shown(kept)}

    return opened


def update_view(workspace: Workspace, said: Json) -> Json:
    """views.update by view_id or external_id; a hash that is not the last one is refused."""
    view = _view(said)
    with workspace.change():
        kept = _kept(workspace, said)
        if said.get("hash") and said["hash"] != kept.hash:
            raise SlackError("hash_conflict")
        kept.view, kept.hash = view, workspace.new_ts()
    return {"view": shown(kept)}


def shown(view: View) -> Json:
    """A view as Slack returns it and sends it to the app."""
    state = {"values": view.view.get("state", {}).get("values", {})}
    return {**view.view, "id": view.id, "hash": view.hash, "team_id": TEAM, "state": state}


def _kept(workspace: Workspace, said: Json) -> View:
    named = str(said.get("view_id") or ""), str(said.get("external_id") or "")
    for view in workspace.views.values():
        if view.id == named[0] or (named[1] and view.view.get("external_id") == named[1]):
            return view
    raise SlackError("not_found")


def _view(said: Json) -> Json:
    view = said.get("view")
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise invalid_arguments("missing required field: view")
    if not view.get("title") and view["type"] == "modal":
        raise invalid_arguments("missing required field: title [json-pointer:/view]")
    if len(str((view.get("title") or {}).get("text", ""))) > 24:
        raise invalid_arguments("must be less than 25 characters [json-pointer:/view/title/text]")
    check_blocks(view.get("blocks") or [], surface="modal")
    return view
