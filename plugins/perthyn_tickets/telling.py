"""Telling: what one order says happened, as facts; each with an id that its CSV export gives it too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.channel import Fact, Somebody
from perthyn.model import Interaction, Record
from perthyn.store import Store
from perthyn.text import CURRENCY_DECIMALS, fold
from perthyn_tickets.accounts import Account
from perthyn_tickets.asked import Asked, consents
from perthyn_tickets.catalogue import Catalogue
from perthyn_tickets.orders import CANCELED, PAID, TAKEN, Fee, Order, Position, returned_at
from perthyn_tickets.people import buyer_of, holder_of
from perthyn_tickets.words import all_said, kind_of, one_line, said

TICKET, CANCELLED = "ticket", ":cancelled"
"""The kind of holding a ticket that somebody else paid for."""
_CHANNELS = {"web": "website", "pretixpos": "on site", "boxoffice": "on site", "resellers": "ticket agent"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What an order is read with: the account, what its numbers mean, and the store as it is, for reading."""

    account: Account
    catalogue: Catalogue
    store: Store
    zone: ZoneInfo
    language: str

    def known(self, source_id: str) -> Record | None:
        """What the store has been told under an id of this account."""
        found = self.store.sourced(self.account.source, [source_id]).get(source_id)
        if found is None:
            return None
        ids: list[UUID] = [found.id]
        return self.store.get(self.store.types[found.type], ids).get(found.id)


@dataclass
class Telling:
    """One order. It tells nothing until it is paid, and of a test order never anything."""

    order: Order
    shelf: Shelf
    facts: list[Fact] = field(default_factory=list)

    def tell(self) -> list[Fact]:
        """All that it says. Raises `ValueError` for an amount that is not whole in its currency."""
        order = self.order
        if not self._counts():
            return []
        self._lines()
        for fee in order.fees:
            self._fee(fee)
        self._refunds()
        self._visits()
        self._consents()
        return self.facts

    def _counts(self) -> bool:
        """Whether money came, or nothing was to pay; or what was told once is taken back."""
        order = self.order
        if order.testmode or order.status not in (PAID, CANCELED):
            return False
        if order.status == PAID or any(one.state in TAKEN for one in order.payments):
            return True
        return any(self.shelf.known(self._id(one)) is not None for one in order.positions)

    @cached_property
    def _buyer(self) -> Somebody | None:
        return buyer_of(self.order)

    @cached_property
    def _event(self) -> Mapping[str, Any]:
        return self.shelf.catalogue.event(self.order.event)

    # -- lines: tickets, goods, donations -----------------------------------------------------------------------

    def _lines(self) -> None:
        order = self.order
        parties = self._parties()
        for position in order.positions:
            id, item = self._id(position), self.shelf.catalogue.item(order.event, position.item)
            amount, about = self._pence(position.price), self._about(position)
            values = {
                **about, "kind": self._kind(position), "subject": said(item.get("name"), self.shelf.language) or None,
                "amount": amount, "raw": _json(self._beside(position)),
            }  # fmt: skip
            ahead = self._days_ahead(position)
            self._add(id, {**values, **self._when(order.datetime), "party_size": parties.get(id), "lead_days": ahead})
            gone = position.canceled or order.status == CANCELED
            if gone:
                self._add(f"{id}{CANCELLED}", {**values, "amount": -amount, **self._undone(f"{id}{CANCELLED}")})
            holder = holder_of(position, order)
            if holder is not None and self._admits(position):
                ticket = {**about, "kind": TICKET, "subject": values["subject"], "quantity": 0 if gone else 1}
                self._add(f"{id}:{TICKET}", {**ticket, **self._when(order.datetime), "lead_days": ahead}, holder)

    def _fee(self, fee: Fee) -> None:
        if not fee.value:
            return
        order, id = self.order, f"{self.order.code}:fee:{fee.id}"
        subject = one_line(fee.description) or one_line(fee.fee_type)
        values = {**self._of_order(), "kind": "purchase", "subject": subject, "amount": self._pence(fee.value)}
        self._add(id, {**values, **self._when(order.datetime)})
        if fee.canceled or order.status == CANCELED:
            self._add(f"{id}{CANCELLED}", {**values, "amount": -values["amount"], **self._undone(f"{id}{CANCELLED}")})

    def _refunds(self) -> None:
        """What was given back beyond what was cancelled or made cheaper: that is taken back by its own lines.

        Of the money that came and went, as much is left as the lines are to add up to; the last refunds make up the
        difference.
        """
        order = self.order
        refunds = order.given_back
        back = sum((one.amount for one in refunds), Decimal())
        beyond = min(back, self._worth() - (order.came - back))
        for refund in reversed(refunds):
            part = max(Decimal(), min(refund.amount, beyond))
            beyond -= part
            id = f"{order.code}:refund:{refund.local_id}"
            if part or self.shelf.known(id) is not None:
                values = {**self._of_order(), "kind": self._kind_of_refund(), "amount": -self._pence(part)}
                beside = _json({"Refund": str(refund.amount), "Comment": refund.comment})
                self._add(id, {**values, **self._when(returned_at(refund)), "raw": beside})

    def _worth(self) -> Decimal:
        """What the lines of the order add up to without refunds."""
        if self.order.status == CANCELED:
            return Decimal()
        prices = [one.price for one in self.order.positions if not one.canceled]
        return sum((*prices, *(one.value for one in self.order.fees if not one.canceled)), Decimal())

    def _kind_of_refund(self) -> str:
        """Tickets are given back before goods, goods before donations."""
        kinds = {self._kind(one) for one in self.order.positions}
        return next((one for one in ("booking", "purchase", "membership", "donation") if one in kinds), "purchase")

    # -- who came -----------------------------------------------------------------------------------------------

    def _visits(self) -> None:
        """A visit for each day on which tickets were scanned going in: the buyer's party, and each holder her own.

        The first day's id says for which day the tickets were, as the CSV export does, and no day for an event that
        is no series; a later day's id says that day.
        """
        parties: dict[tuple[str, date | None], list[Position]] = {}
        holders: dict[str, Somebody] = {}
        for position in self.order.positions:
            if not self._admits(position):
                continue
            base, holder = self.order.code, holder_of(position, self.order)
            if holder is not None:
                base = self._id(position)
                holders[base] = holder
            parties.setdefault((base, self._day_of(position)), []).append(position)
        for (base, day), party in parties.items():
            self._visit(f"{base}:visit", day, party, holders.get(base))

    def _visit(self, base: str, day: date | None, party: list[Position], who: Somebody | None) -> None:
        came: dict[date, dict[int, datetime]] = {}
        for position in party:
            for scan in position.checkins:
                if scan.type == "entry":
                    first = came.setdefault(self._local(scan.datetime), {})
                    at = first.get(position.positionid, scan.datetime)
                    first[position.positionid] = min(at, scan.datetime)
        usual = day if day in came else min(came, default=None)
        for date_came, scans in came.items():
            named = (day or "") if date_came == usual else date_came
            values = {
                **self._about(party[0]), "kind": "visit", "party_size": len(scans),
                **self._when(min(scans.values())),
            }  # fmt: skip
            self._add(f"{base}:{named}" if named else base, values, who)

    def _parties(self) -> dict[str, int]:
        """How many were booked in for one day: said by the first of them, so that it is counted once."""
        parties: dict[int | None, list[str]] = {}
        for position in self.order.positions:
            if self._admits(position) and not position.canceled:
                parties.setdefault(position.subevent, []).append(self._id(position))
        return {ids[0]: len(ids) for ids in parties.values()}

    # -- what was asked -----------------------------------------------------------------------------------------

    def _consents(self) -> None:
        """What buyer and holders said, where it is not known yet: it was said once, and is not told otherwise."""
        spoke: dict[str, tuple[Somebody, list[Asked]]] = {}
        for position in self.order.positions:
            holder = holder_of(position, self.order)
            who, id = (holder, self._id(position)) if holder else (self._buyer, self.order.code)
            if who is not None:
                spoke.setdefault(id, (who, []))[1].extend(self._asked(position))
        for id, (who, asked) in spoke.items():
            told = consents(id, asked, self.order, who)
            self.facts += [one for one in told if self.shelf.known(one.source_id) is None]

    def _asked(self, position: Position) -> list[Asked]:
        catalogue, order = self.shelf.catalogue, self.order
        return [
            Asked.of(answer, catalogue.question(order.event, answer.question), order.locale, self.shelf.account.consent)
            for answer in position.answers
        ]

    def _beside(self, position: Position) -> dict[str, str]:
        """What has no field of its own, by the heads that the CSV export gives it."""
        beside = {"Attendee name": position.attendee_name, "Attendee email": position.attendee_email}
        beside |= {"Order locale": self.order.locale}
        for one in self._asked(position):
            beside[one.wording or one.identifier] = one.answer
            if one.meaning == "gift_aid":
                beside |= {"Gift Aid": one.ticked, "Gift Aid wording": one.wording, "Gift Aid language": one.language}
        return beside

    # -- small parts --------------------------------------------------------------------------------------------

    def _add(self, id: str, values: dict[str, Any], who: Somebody | None = None) -> None:
        if values.get("amount") is not None:
            values["currency"] = self._currency
        self.facts.append(Fact(id, values, who or self._buyer, Interaction, self.order.version))

    def _id(self, position: Position) -> str:
        return f"{self.order.code}-{position.positionid}"

    def _of_order(self) -> dict[str, Any]:
        name = said(self._event.get("name"), self.shelf.language)
        channel = _CHANNELS.get(self.order.sales_channel, one_line(self.order.sales_channel) or "website")
        event = {"event": name or self.order.event, "event_type": self._type(None) or None}
        return {"order": self.order.code, "channel": channel, **event}

    def _about(self, position: Position) -> dict[str, Any]:
        item = self.shelf.catalogue.item(self.order.event, position.item)
        type = self._type(position.subevent) or said(item.get("category"), self.shelf.language)
        return {**self._of_order(), "event_type": type or None}

    def _type(self, day: int | None) -> str:
        """The type of the event, as the settings or the shop call it."""
        told = self.shelf.account.types.get(self.order.event)
        return told or self.shelf.catalogue.happens(self.order.event, day).type

    def _kind(self, position: Position) -> str:
        item = self.shelf.catalogue.item(self.order.event, position.item)
        names = [*all_said(item.get("name")), *all_said(item.get("category"))]
        told = next((self.shelf.account.kinds[fold(one)] for one in names if fold(one) in self.shelf.account.kinds), "")
        return told or ("membership" if item.get("member") else kind_of(*names, admission=item.get("admission")))

    def _admits(self, position: Position) -> bool:
        """Whether it lets somebody in: by what the shop says of the product, or else by its words."""
        kind, item = self._kind(position), self.shelf.catalogue.item(self.order.event, position.item)
        return bool(item.get("admission", kind == "booking")) and kind != "donation"

    def _day_of(self, position: Position) -> date | None:
        """The day of a series that a position is for."""
        if position.subevent is None:
            return None
        return self.shelf.catalogue.happens(self.order.event, position.subevent).day

    def _days_ahead(self, position: Position) -> int | None:
        day = self.shelf.catalogue.happens(self.order.event, position.subevent).day
        ahead = None if day is None else (day - self._local(self.order.datetime)).days
        return ahead if ahead is not None and ahead >= 0 else None

    def _undone(self, id: str) -> dict[str, Any]:
        """When a line was cancelled: the order says when it was as a whole, not when a part was.

        What was told of that day stays; at first it is when money went back for it, or the order was changed.
        """
        order = self.order
        if order.cancellation_date is not None:
            return self._when(order.cancellation_date)
        known = self.shelf.known(id)
        if isinstance(known, Interaction):
            return {"at": known.at, "day": known.day}
        refunds = order.given_back
        return self._when(returned_at(refunds[0]) if refunds else order.last_modified)

    def _when(self, moment: datetime) -> dict[str, Any]:
        return {"at": moment, "day": self._local(moment)}

    def _local(self, moment: datetime) -> date:
        return moment.astimezone(self.shelf.zone).date()

    @cached_property
    def _currency(self) -> str:
        return self._event.get("currency") or self.shelf.store.currency

    def _pence(self, amount: Decimal) -> int:
        exact = amount.scaleb(CURRENCY_DECIMALS.get(self._currency, 2))
        if exact != exact.to_integral_value():
            raise ValueError(f"{amount} {self._currency}")
        return int(exact)


def _json(said: Mapping[str, str]) -> str | None:
    filled = {name: value for name, value in said.items() if value}
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":")) if filled else None


def numbered(orders: Iterable[Order]) -> dict[str, Order]:
    """Orders by their code; of one that stands twice, the newer telling."""
    found: dict[str, Order] = {}
    for order in orders:
        if order.code not in found or order.version >= found[order.code].version:
            found[order.code] = order
    return found
