"""What an order is read with where nothing was told before: the recorded products, no server and no store."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from perthyn_tickets.accounts import Account
from perthyn_tickets.catalogue import Happens


class Catalogue:
    def event(self, slug: str) -> dict[str, Any]:
        return {"name": "House", "currency": "GBP"}

    def item(self, event: str, id: int) -> dict[str, Any]:
        return {"name": "Adult", "admission": True}

    def question(self, event: str, id: int) -> dict[str, Any]:
        return {}

    def happens(self, event: str, day: int | None) -> Happens:
        return Happens(None, "")


class Shelf:
    account = Account("tickets", "https://shop.example.org", "castle")
    catalogue = Catalogue()
    zone, language = ZoneInfo("Europe/London"), "en"

    def known(self, source_id: str) -> None:
        return None
