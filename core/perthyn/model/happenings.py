"""Interaction and Takings: what happened between the organisation and a contact, or somebody nobody knows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.record import Record
from perthyn.model.values import About, Currency, Instant, Integer, Text, Word


class Happening(Record):
    """The fields that an interaction and takings share.

    `day` is the local date in the organisation's zone, computed once when stored; windows, first, last and days
    use it. `amount` is in minor units of `currency`, negative for a refund, and stands on leaf lines only; `order`
    groups lines. `lead_days`: from booking to the day. `source_version`: the sender's last-modified time in ms;
    `delivered`: a fingerprint of all that the sender last said, so that the same delivery again changes nothing.
    """

    source_named: ClassVar[bool] = True

    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    source_version: Annotated[Integer | None, About("Source's version", "Fersiwn y ffynhonnell", kind="integer")] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    kind: Annotated[Word, About("Kind", "Math", kind="word", folded=False)]
    channel: Annotated[Word | None, About("Channel", "Sianel", kind="word")] = None
    direction: Annotated[Literal["in", "out", "none"], About("Direction", "Cyfeiriad", kind="word", folded=False)] = (
        "none"
    )
    at: Annotated[Instant | None, About("Time", "Amser", kind="instant")] = None
    day: Annotated[date, About("Date", "Dyddiad", kind="date")]
    amount: Annotated[Integer | None, About("Amount", "Swm", kind="money", personal="money", right="money.read")] = None
    currency: Annotated[Currency | None, About("Currency", "Arian cyfred", kind="word", folded=False)] = None
    quantity: Annotated[Integer | None, About("Quantity", "Nifer", kind="integer")] = None
    party_size: Annotated[Integer | None, About("Party size", "Maint y grŵp", kind="integer")] = None
    lead_days: Annotated[Integer | None, About("Days ahead", "Dyddiau ymlaen llaw", kind="integer")] = None
    site: Annotated[Word | None, About("Site", "Safle", kind="word")] = None
    event: Annotated[Word | None, About("Event", "Digwyddiad", kind="word")] = None
    event_type: Annotated[Word | None, About("Event type", "Math o ddigwyddiad", kind="word")] = None
    campaign: Annotated[Word | None, About("Campaign", "Ymgyrch", kind="word")] = None
    order: Annotated[Word | None, About("Order", "Archeb", folded=False)] = None
    subject: Annotated[Text | None, About("What", "Beth", kind="word")] = None
    text: Annotated[Text | None, About("Comment", "Sylw", personal="note", right="note.read")] = None
    private: Annotated[Text | None, About("Private note", "Nodyn preifat", personal="note", right="note.private")] = (
        None
    )
    raw: Annotated[Text | None, About("As it came", "Fel y daeth", kind="json", right="raw.read", folded=False)] = None


class Interaction(Happening):
    """Anything that happened between a contact and the organisation. Its identity is (source, source_id)."""

    type_name: ClassVar[str] = "interaction"
    owner: ClassVar[str] = "contact"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


class Takings(Happening):
    """A line about nobody (94 % of till lines): counted, and never a person."""

    type_name: ClassVar[str] = "takings"
