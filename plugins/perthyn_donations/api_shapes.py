"""Shapes of the API of donations: what comes in, what goes out; money is in pence."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from perthyn_donations.records import Covers, Nature, Said

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(value: Any) -> Any:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a day is written like 2026-11-22")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Text = Annotated[str, Field(min_length=1, max_length=5_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]+$")]
Pence = Annotated[int, Field(ge=1, le=10**12, strict=True, description="In pence.")]
Key = Annotated[str, Field(min_length=8, max_length=100, pattern=r"^[!-~]+$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,70}\.ods$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class GiftIn(_In):
    """A gift. The same `key` again is the same gift."""

    key: Key
    amount: Pence
    day: Day | None = None
    channel: Word | None = None
    campaign: Word | None = None
    fund: Word | None = None
    nature: Nature = "gift"
    benefit: Pence | None = None
    pledge: UUID | None = None


class GiftEdit(_In):
    """What is noted of a gift; what is not named stays. `credit`: whoever else it is counted for."""

    fund: Word | None = None
    nature: Nature | None = None
    benefit: Pence | None = None
    normal: Pence | None = None
    claimed_by: Word | None = None
    credit: UUID | None = None
    pledge: UUID | None = None
    refund_of: UUID | None = None


class ThankedIn(_In):
    """Who has been thanked, and how."""

    contacts: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    how: Literal["letter", "email", "call", "meeting"]


class ConfirmIn(_In):
    """The day on which the written confirmation was sent."""

    day: Day


class DeclarationIn(_In):
    """A Gift Aid declaration, as it was made. Name and home are the contact's where none are given.

    `wording`: the words that explained it; without them those of the settings.
    """

    day: Day
    covers: Covers
    how: Literal["written", "online", "spoken"]
    wording: Text | None = None
    language: Literal["cy", "en"] | None = None
    title: Word | None = None
    given: Word | None = None
    family: Word | None = None
    house: Word | None = None
    address: Text | None = None
    postcode: Word | None = None
    overseas: bool = False
    evidence: Text | None = None


class EndIn(_In):
    """That declarations ended on a day; without `declaration`, all of that person."""

    why: Literal["cancelled", "died", "not_taxpayer", "voided"]
    day: Day
    declaration: UUID | None = None


class ClaimIn(_In):
    """A claim of all that can be claimed on. The same `name` again is the same claim.

    `expected`: pence that the plan said it holds; where that has changed, nothing is recorded (409).
    """

    name: FileName
    expected: Pence
    until: Day | None = None
    aggregate: Annotated[str, Field(max_length=35, pattern=r"^[ -~]*$")] = ""


class SentIn(_In):
    """On which day HMRC had it."""

    day: Day


class GiftOut(_Out):
    """A gift, and what Gift Aid says of it. Money in pence; `net`: what is left of it after refunds."""

    id: UUID
    contact: UUID
    day: date
    amount: int
    currency: str
    net: int
    claimed: int
    eligible: bool
    rule: str
    why: str
    fund: str | None = None
    nature: Nature = "gift"
    benefit: int | None = None
    normal: int | None = None
    claimed_by: str | None = None
    credit: UUID | None = None
    pledge: UUID | None = None
    refund_of: UUID | None = None


class Thanked(_Out):
    """How many people. `batch` takes it back."""

    count: int
    batch: UUID | None = None


class Gifts(_Out):
    """A page of gifts, the newest first; `next` leads to the one after it."""

    items: list[GiftOut]
    next: str | None = None


class GiftNoted(_Out):
    """That a gift is kept. `batch` takes it back; absent where it was kept before."""

    id: UUID
    contact: UUID
    day: date
    amount: int
    batch: UUID | None = None


class DeclarationOut(_Out):
    """A declaration, or that one ended (`said`)."""

    id: UUID
    contact: UUID
    said: Said
    day: date
    declaration: UUID | None = None
    covers: Covers | None = None
    how: str | None = None
    confirmed: date | None = None
    charity: str | None = None
    title: str | None = None
    given: str | None = None
    family: str | None = None
    house: str | None = None
    address: str | None = None
    postcode: str | None = None
    overseas: bool = False
    wording: str | None = None
    language: str | None = None


class Declarations(_Out):
    """All declarations of somebody, the oldest first."""

    items: list[DeclarationOut]


class Standing(_Out):
    """How Gift Aid stands. `take_up`: how many `of` the gifts that could be claimed on have a declaration."""

    gifts: int
    amount: int
    tax: int
    over_claimed: int
    take_up: int
    of: int


class ClaimPlan(_Out):
    """What a claim of today would hold: `amount` is what to expect of it. `held`: gifts that are left out."""

    until: date
    gifts: int
    amount: int
    tax: int
    over_claimed: int
    files: int
    held: int


class ClaimOut(_Out):
    """A claim. Money in pence."""

    id: UUID
    name: str
    at: datetime
    until: date
    files: int
    lines: int
    amount: int
    over_claimed: int
    sent: date | None = None
    dropped: date | None = None


class Claims(_Out):
    """All claims, the newest first."""

    items: list[ClaimOut]
