"""The truth of the demonstration, as records: who there is, and what each of them did.

Nothing here knows of a file. Money is whole pence; days are local calendar days. A `key` names one true person
for good; it stands in `truths.json` and nowhere in the messy files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

TODAY = date(2026, 11, 22)  # the fixed day of the demonstration


@dataclass(frozen=True)
class Home:
    """One dwelling: the people who name it as theirs are one household."""

    key: str
    line: str
    town: str
    county: str
    postcode: str  # "" abroad


@dataclass(frozen=True)
class Person:
    """One true person (or, where `kind` says so, organisation)."""

    key: str
    given: str
    family: str  # "" for a person of a single name
    email: str
    home: Home
    phone: str = ""  # as dialled in the United Kingdom, digits only
    kind: str = "person"  # person | organisation
    language: str = "en"  # cy | en
    marks: frozenset[str] = frozenset()  # what was planted on purpose: "d-jones", "deceased", ...

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class Subscription:
    """One address on the newsletter's list, with the name the list holds (often none)."""

    person: Person
    state: str  # subscribed | unsubscribed | cleaned
    given: str
    family: str
    email: str  # as typed
    joined: datetime
    changed: datetime
    tags: tuple[str, ...] = ()
    mess: str = ""


@dataclass(frozen=True)
class Membership:
    """One line of the members' sheet: one person, or a household under a joint name."""

    people: tuple[Person, ...]
    written: str  # the name as the secretary writes it
    kind: str  # Unigolyn | Ar y cyd | Teulu | Noddwr | Iau | Grŵp
    paid: int
    renewal: date | str
    gift_aid: str  # as written: Y, Yes, Ie, x, ✓, ?, blank
    given: str = ""  # the name a careful reader takes from `written`; both empty: as written
    family: str = ""
    phone: str = ""
    email: str = ""
    note: str = ""
    mess: tuple[str, ...] = ()
    doubtful: str = ""  # the column of a cell nobody can read for certain


@dataclass(frozen=True)
class Gift:
    """Money given. `via` is justgiving or paypal; `spoilt` names what makes the row unusable."""

    person: Person | None
    day: date
    pence: int
    via: str
    state: str = "completed"  # completed | pending | refund (money paid back, negative) | purchase
    subject: str = ""
    spoilt: str = ""
    given: str = ""  # the name then, where it was another
    family: str = ""
    donor_id: str = ""
    mess: str = ""


@dataclass(frozen=True)
class Occasion:
    """An event one books for."""

    name: str
    day: date
    pence: int
    ticket: str


@dataclass(frozen=True)
class Attendee:
    """One line of an order: who, and how it went."""

    person: Person | None  # None: a test order
    occasion: Occasion
    order: str
    booked: datetime
    status: str  # Checked In | Attending | Not Attending | Refunded
    order_pence: int  # of the whole order
    given: str = ""
    family: str = ""
    email: str = ""
    postcode: str = ""
    phone: str = ""
    quantity: int = 1
    ticket: str = ""
    mess: str = ""


@dataclass(frozen=True)
class Sale:
    """One line rung up at the till."""

    at: datetime
    basket: int
    customer: Person | None
    category: str
    item: str
    sku: str
    quantity: int  # negative for a refund
    pence: int  # each
    discount: int = 0
    device: str = "iPad 1"
    customer_id: str = ""
    customer_name: str = ""
    note: str = ""


@dataclass(frozen=True)
class Shift:
    """One cell of the volunteers' rota."""

    day: date
    duty: str
    written: str
    people: tuple[tuple[Person, str], ...]  # who, and the short name written


@dataclass(frozen=True)
class Entry:
    """One line of the visitor book."""

    day: date
    place: str
    party: str
    comment: str
    email: str
    person: Person | None = None
    mess: str = ""


@dataclass(frozen=True)
class Cast:
    """Everybody, and everything they did. `lost_sales` are December's: rung up, then the file was lost."""

    people: tuple[Person, ...]
    subscriptions: tuple[Subscription, ...]
    memberships: tuple[Membership, ...]
    gifts: tuple[Gift, ...]
    attendees: tuple[Attendee, ...]
    sales: tuple[Sale, ...]
    lost_sales: tuple[Sale, ...]
    shifts: tuple[Shift, ...]
    entries: tuple[Entry, ...]
    answers: dict[tuple[str, str], str] = field(default_factory=dict)  # (person key, file) -> Yes | No | ""
    apart: tuple[tuple[str, str, str], ...] = ()  # (key, key, why): pairs that must never be joined
