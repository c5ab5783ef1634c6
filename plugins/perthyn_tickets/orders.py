"""Orders as pretix writes them (REST API, version 1), as far as perthyn reads them; amounts stay exact."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from perthyn_tickets.accounts import SLUG

Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG.pattern}$")]
Said = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
"""A text, "" for none."""
Names = Annotated[dict[str, Any], BeforeValidator(lambda value: value or {})]

PAID, CANCELED = "p", "c"
TAKEN = frozenset(("confirmed", "refunded"))
"""States of payments that came in, whatever became of them later."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Answer(_Part):
    """What somebody answered to a question; that of a box to tick is ``True`` or ``False``."""

    question: int
    answer: Said = ""
    question_identifier: Said = ""


class Checkin(_Part):
    """A ticket was scanned, going in or out."""

    datetime: AwareDatetime
    type: str = "entry"


class Person(_Part):
    """The fields in which pretix says who somebody is and where she lives."""

    company: Said = ""
    street: Said = ""
    zipcode: Said = ""
    city: Said = ""
    country: Said = ""
    state: Said = ""


class Buyer(Person):
    """Who an invoice goes to."""

    name: Said = ""
    name_parts: Names = {}


class Position(Person):
    """One line of an order: a ticket, a guidebook, a donation. `subevent`: for which day of a series."""

    positionid: int
    item: int
    price: Decimal
    attendee_name: Said = ""
    attendee_name_parts: Names = {}
    attendee_email: Said = ""
    subevent: int | None = None
    canceled: bool = False
    addon_to: int | None = None
    checkins: tuple[Checkin, ...] = ()
    answers: tuple[Answer, ...] = ()


class Fee(_Part):
    """A fee on top of the positions: for payment, shipping, or a cancellation."""

    id: int
    fee_type: Said = ""
    value: Decimal
    description: Said = ""
    canceled: bool = False


class Payment(_Part):
    """Money that was to come."""

    state: str
    amount: Decimal


class Refund(_Part):
    """Money that was to go back."""

    local_id: int
    state: str
    amount: Decimal
    created: AwareDatetime
    execution_date: AwareDatetime | None = None
    comment: Said = ""


class Order(_Part):
    """One order, whole. `status`: p paid, n pending, e expired, c cancelled."""

    code: Slug
    event: Slug
    status: str
    testmode: bool = False
    email: Said = ""
    phone: Said = ""
    locale: Said = ""
    datetime: AwareDatetime
    last_modified: AwareDatetime
    cancellation_date: AwareDatetime | None = None
    sales_channel: Said = "web"
    customer: Said = ""
    invoice_address: Buyer | None = None
    positions: tuple[Position, ...] = ()
    fees: tuple[Fee, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()

    @property
    def version(self) -> int:
        """When the shop last changed it, in ms. To pretix, money given back alone is no change of the order."""
        back = [one for refund in self.refunds for one in (refund.created, refund.execution_date) if one is not None]
        return round(max([self.last_modified, *back]).timestamp() * 1000)

    @property
    def came(self) -> Decimal:
        """The money that came in."""
        return sum((one.amount for one in self.payments if one.state in TAKEN), Decimal())

    @property
    def given_back(self) -> list[Refund]:
        """The refunds that were made, in their order."""
        done = [one for one in self.refunds if one.state == "done"]
        return sorted(done, key=lambda one: (returned_at(one), one.local_id))


def returned_at(refund: Refund) -> datetime:
    """When money went back."""
    return refund.execution_date or refund.created
