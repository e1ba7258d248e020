"""Which MWAA environment an alert means: its address, its words, its channel's setting, or any."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from slack_bridge.log import log_line


class Known(Protocol):
    """The environments that the tools can read. Both raise whatever their backend raises."""

    async def names(self) -> Sequence[str]: ...

    async def host(self, name: str) -> str:
        """The host of the environment's web server."""


class Environments:
    """`channels` maps channel ids to environment names; what is known is asked once."""

    def __init__(self, channels: Mapping[str, str], known: Known | None) -> None:
        self._channels, self._known = channels, known
        self._names: tuple[str, ...] = ()
        self._hosts: dict[str, str] = {}
        self._asking = asyncio.Lock()

    async def meant(self, alert: Mapping[str, Any], channel: str) -> tuple[str, ...]:
        """The one it means, or all that are known when nothing tells; () when none is known."""
        names = await self._all()
        if len(names) == 1:
            return names
        hosts = await self._of_hosts(names) if alert.get("log_url") else {}
        by_host = hosts.get(_host(str(alert.get("log_url") or "")), "")
        hint = str(alert.get("environment_hint") or "")
        said = by_host or (hint if hint in names else "") or self._channels.get(channel, "")
        return (said,) if said else names

    async def _all(self) -> tuple[str, ...]:
        if self._known is None or self._names:
            return self._names
        async with self._asking:
            try:
                self._names = tuple(await self._known.names())
            except Exception as error:  # noqa: BLE001 - every backend's own; the tools will say which
                log_line("environments not known", error=f"{type(error).__name__}: {error!s:.300}")
        return self._names

    async def _of_hosts(self, names: Sequence[str]) -> Mapping[str, str]:
        """Environment by host; those whose host cannot be had are asked again next time."""
        async with self._asking:
            new = [name for name in names if name not in self._hosts.values()]
            for name, host in zip(new, await asyncio.gather(*map(self._host_of, new)), strict=True):
                if host:
                    self._hosts[host] = name
        return self._hosts

    async def _host_of(self, name: str) -> str:
        if self._known is None:
            return ""
        try:
            return _host(f"https://{await self._known.host(name)}")
        except Exception as error:  # noqa: BLE001 - as above
            log_line("environment's host not known", environment=name, error=type(error).__name__)
            return ""


def channel_environments(pairs: Sequence[str]) -> dict[str, str]:
    """`C012=prod,C034=dev` as DE_AGENT_CHANNEL_ENVIRONMENTS says it; raises ValueError."""
    parted = [
        (channel.strip(), name.strip()) for channel, _, name in (p.partition("=") for p in pairs)
    ]
    if not all(channel and name for channel, name in parted):
        raise ValueError("expected CHANNEL=ENVIRONMENT pairs, comma separated")
    return dict(parted)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
