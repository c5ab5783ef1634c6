"""Channels: the ways to reach people that plugins offer, and what each may know while it works."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from perthyn.channel import Channel, Reach
from perthyn.crm.desk import Desk
from perthyn.errors import Conflict, Unknown
from perthyn.house import House
from perthyn.model.segment import TOKEN_KEY
from perthyn.pages import Pages
from perthyn.text import nearest

CURSOR = "cursor"
"""Settings of that name, a dot, a channel, a dot and an account say where its fetching goes on."""


def cursor_setting(channel: str, account: str) -> str:
    """The name of the setting that says where fetching from an account goes on."""
    return f"{CURSOR}.{channel}.{account}"


class Channels(Desk):
    """What is asked of channels."""

    def channels(self) -> dict[str, Channel]:
        """The channels that plugins offer, by name; of two that share one, the one that was offered first."""
        self.check("channel.read")
        return self._channels()

    def _channels(self) -> dict[str, Channel]:
        found: dict[str, Channel] = {}
        for one in self.plugins.offer("offer_channels"):
            found.setdefault(one.name, one)
        return found

    def channel(self, name: str) -> Channel:
        """One channel. Raises `Unknown` (``channel.unknown``)."""
        known = self.channels()
        if name not in known:
            raise Unknown("channel.unknown", name=name, suggestion=nearest(name, known))
        return known[name]

    def pages(self) -> dict[str, Pages]:
        """The pages that plugins offer, by prefix; of two that share one, those that were offered first."""
        self.check("channel.read")
        found: dict[str, Pages] = {}
        for one in self.plugins.offer("offer_pages"):
            found.setdefault(one.prefix, one)
        return found

    def screens(self) -> list[Any]:
        """What plugins show in the web app (`perthyn.screens.Screens`), in the order of the plugins."""
        self.check("channel.read")
        return self.plugins.offer("offer_screens")

    def routers(self, may: Callable[[str], Any]) -> list[Any]:
        """What plugins add to the REST API; `may(right)` is the dependency that they guard each route by."""
        self.check("channel.read")
        return self.plugins.offer("offer_api", may=may)

    def accounts(self) -> list[tuple[Channel, str]]:
        """Every account of every channel, in their order."""
        self.check("channel.read")
        return self._accounts()

    def _accounts(self) -> list[tuple[Channel, str]]:
        """The same for what rests on it and asks a right of its own: a letter says who sends it."""
        return [(one, account) for one in self._channels().values() for account in one.accounts(self.house)]

    def sources_fetched(self) -> list[tuple[str, str, timedelta | None]]:
        """Each account of each channel, by their names, and how often it is fetched from; None: it sends by itself."""
        self.check("health.read")
        offered: list[Channel] = self.plugins.offer("offer_channels")
        return [(one.name, account, one.every) for one in offered for account in one.accounts(self.house)]

    def reach(self, channel: str, account: str) -> Reach:
        """What a channel may know while it works for one of its accounts."""
        self.check("channel.read")
        return self._reach(channel, account)

    def _reach(self, channel: str, account: str) -> Reach:
        cursor = self.remembered(cursor_setting(channel, account)) or ""
        return Reach(self.house, account, self.store, self._token_key(), cursor)

    @property
    def house(self) -> House:
        """The organisation, as backends and channels know it; its secrets are known to the face that made it."""
        if self.plugins.house is not None:
            return self.plugins.house
        s = self.settings
        return House(
            s.folder, self.clock, self.random, s.organisation, s.language or self.language, s.zone, s.region,
            self.actor.name, s.sections,
        )  # fmt: skip

    def token_key(self) -> bytes:
        """The organisation's own key for what stands in links and addresses, made once, by whichever is first."""
        self.check("channel.read")
        return self._token_key()

    def _token_key(self) -> bytes:
        held = self.kept(TOKEN_KEY, lambda: self.remembered(TOKEN_KEY))
        if held is None:
            change = self.remember(TOKEN_KEY, self.random(32).hex())
            with suppress(Conflict):
                self.commit([change] if change else [], reason=TOKEN_KEY, kind="setting")
            held = self.remembered(TOKEN_KEY)
        return bytes.fromhex(str(held))
