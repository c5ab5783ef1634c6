"""Hypothesis strategies for rules: organisations full of the classic traps, and rules that fall into them.

For whoever writes a backend or a plugin: the answers of a store must be those of `perthyn.rules.law`. Hypothesis
must be installed. What is drawn: null under NOT, folded twins (É and e, ŵ and w, ẞ and ss), wildcards of SQL, days on
either side of a window's edge, leap days, month ends, equal instants, both sides of London's summer time, refunds,
other currencies, negative averages, empty windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any as Anything
from typing import cast, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from perthyn.model import (
    CORE_TYPES,
    About,
    Address,
    Consent,
    Contact,
    Custom,
    Email,
    Ids,
    Interaction,
    Membership,
    Part,
    Phone,
    Record,
    Relationship,
    Role,
    Segment,
    Tag,
    declared,
    parts,
    to_wire,
)
from perthyn.rules.closed import (
    All,
    Any,
    AnyPart,
    Between,
    Closed,
    Compare,
    Field,
    Has,
    Known,
    Measure,
    Member,
    Not,
    OneOf,
    Test,
)
from perthyn.rules.facts import Facts
from perthyn.text import fold

AS_OF = date(2026, 3, 31)
"""The day the strategies turn around; a month end, two days into summer time."""

DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        "2023-03-31", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31", "2024-04-01", "2025-02-28",
        "2025-03-30", "2025-03-31", "2025-04-01", "2025-09-30", "2025-10-01", "2025-10-26", "2026-02-28",
        "2026-03-01", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01", "2026-05-30",
    )
)  # fmt: skip

INSTANTS = tuple(
    datetime.fromisoformat(instant).replace(tzinfo=UTC)
    for instant in (
        "2024-02-28T23:59:59.999", "2024-02-29T00:00", "2025-03-29T23:59:59.999", "2025-03-30T00:59:59.999",
        "2025-03-30T01:00", "2025-06-30T22:59:59.999", "2025-06-30T23:00", "2025-10-26T00:30", "2025-10-26T01:30",
        "2026-03-28T23:30", "2026-03-29T00:30", "2026-03-29T23:00", "2026-03-31T22:59:59.999", "2026-03-31T23:00",
    )
)  # fmt: skip

TEXTS = (
    "É", "e", "ŵ", "W", "ẞ", "ss", "SS", "ﬁ", "fi", "İ", "i", "ı", "Tŷ'n-y-Dŵr", "TY’N–Y–DWR", "100%", "a_b", "acb",
    "a\\b", "O'Neill", "Llan  fair", " llan\tfair ", "Ångström", "Σίσυφος", "ΣΊΣΥΦΟΣ", "名前", "\U0001f409",
)  # fmt: skip
AMOUNTS = (0, 1, -1, 2, -500, 499, 500, 501, 5000, -5000, 2**40)
NUMBERS = (0, 1, 2, 6, 7, 8, 30, 31, -1)
POSTCODES = ("SY20 8XX", "sy208xx", "SY2O 8XX", "SY20 9ZZ", "LL57", "H1 2AB")
KINDS_DRAWN = ("visit", "donation", "booking", "email", "no_show")
SEGMENTS = 2

London = ZoneInfo("Europe/London")


def texts() -> st.SearchStrategy[str]:
    """Texts with their folded twins."""
    return st.sampled_from(TEXTS)


def days() -> st.SearchStrategy[date]:
    """Days at the edges of windows that end on `AS_OF`, leap days, month ends, days yet to come."""
    return st.sampled_from(DAYS)


def maybe(strategy: st.SearchStrategy[Anything]) -> st.SearchStrategy[Anything]:
    """The strategy's values, or none."""
    return st.none() | strategy


@cache
def _none_or(values: tuple[Anything, ...]) -> st.SearchStrategy[Anything]:
    return st.sampled_from((None,) * (len(values) // 2) + values)


# -- an organisation ------------------------------------------------------------------------------------------


@st.composite
def contacts_and_history(draw: st.DrawFn, *, contacts: int = 5, each: int = 4) -> list[Record]:
    """Up to so many contacts with up to so many interactions each, consents and memberships; ids in order.

    The records stand in an order in which they can be created: segments, contacts, what contacts own.
    """
    ids = Ids(lambda: datetime(2026, 1, 1, tzinfo=UTC), bytes)
    segments = [Segment(id=ids(), name_en=f"Hand {n}", mode="hand") for n in range(SEGMENTS)]
    people: list[Contact] = []
    for _ in range(draw(st.integers(2, contacts))):
        people.append(draw(_contacts(ids, [one.id for one in people])))
    owned: list[Record] = []
    for person in people:
        owned += [draw(_interactions(ids, person)) for _ in range(draw(st.integers(0, each)))]
        owned += [draw(_consents(ids, person)) for _ in range(draw(st.integers(0, 2)))]
        owned += [
            Membership(id=ids(), contact=person.id, segment=segment.id, since=INSTANTS[0])
            for segment in segments
            if draw(st.booleans())
        ]
    return [*segments, *people, *owned]


@st.composite
def _contacts(draw: st.DrawFn, ids: Ids, others: Sequence[Anything]) -> Contact:
    links = st.builds(
        Relationship,
        kind=st.sampled_from(("household_member", "works_for")),
        other=st.sampled_from(others) if others else st.nothing(),
        start=_none_or(DAYS),
        end=_none_or(DAYS),
    )
    return Contact(
        id=ids(),
        kind=draw(st.sampled_from(("person", "person", "household", "organisation"))),
        name=draw(_none_or(TEXTS)),
        family=draw(_none_or(TEXTS)),
        emails=_unlike(draw(st.lists(_emails, max_size=2))),
        phones=_unlike(draw(st.lists(st.sampled_from((Phone.of("01654 700000"), Phone(number="ext 7"))), max_size=2))),
        addresses=_unlike(draw(st.lists(_addresses, max_size=2))),
        language=draw(st.sampled_from((None, "cy", "cy", "en", "both"))),
        language_asked=draw(_none_or(DAYS)),
        roles=_unlike(draw(st.lists(_roles, max_size=3))),
        relationships=_unlike(draw(st.lists(links, max_size=1))) if others else (),
        tags=_unlike(draw(st.lists(st.builds(Tag, tag=texts()), max_size=2))),
        custom=_unlike(draw(st.lists(_custom, max_size=2))),
        age_band=draw(st.sampled_from((None, "under 13", "13-17", "adult"))),
        deceased=draw(st.booleans()),
        note=draw(_none_or(TEXTS)),
    )


_emails = st.builds(
    Email, address=st.sampled_from(("A@Example.org", "a@example.org", "ŵ@example.org", "b_c@example.com"))
)
_addresses = st.builds(
    Address,
    lines=_none_or(TEXTS),
    town=_none_or(TEXTS),
    postcode=_none_or(POSTCODES),
    country=st.sampled_from((None, "Cymru")),
)
_roles = st.builds(
    Role,
    role=st.sampled_from(("member", "Member", "volunteer")),
    level=_none_or(TEXTS),
    start=_none_or(DAYS),
    end=_none_or(DAYS),
    grace_days=st.sampled_from((0, 1, 30)),
)
_custom = (
    st.builds(Custom, name=st.just("own.shirt"), text=texts())
    | st.builds(Custom, name=st.just("own.children"), number=st.sampled_from(NUMBERS))
    | st.builds(Custom, name=st.just("own.trained"), day=days())
)


@st.composite
def _interactions(draw: st.DrawFn, ids: Ids, person: Contact) -> Interaction:
    """An interaction of this contact; its day is that of its instant in London, or a day alone."""
    at = draw(_none_or(INSTANTS))
    money = draw(_none_or(AMOUNTS))
    id = ids()
    return Interaction(
        id=id,
        contact=person.id,
        source=draw(st.sampled_from((None, "till"))),
        source_id=str(id),
        kind=draw(st.sampled_from(KINDS_DRAWN)),
        channel=draw(st.sampled_from((None, "on site", "Website", "website"))),
        direction=draw(st.sampled_from(("in", "out", "none"))),
        at=at,
        day=draw(days()) if at is None else at.astimezone(London).date(),
        amount=money,
        currency=None if money is None else draw(st.sampled_from(("GBP", "GBP", "GBP", "EUR"))),
        quantity=draw(_none_or(NUMBERS)),
        party_size=draw(_none_or(NUMBERS)),
        lead_days=draw(_none_or(NUMBERS)),
        event_type=draw(_none_or(TEXTS)),
        campaign=draw(_none_or(TEXTS)),
    )


@st.composite
def _consents(draw: st.DrawFn, ids: Ids, person: Contact) -> Consent:
    return Consent(
        id=ids(),
        contact=person.id,
        channel=draw(st.sampled_from(("email", "post", "phone"))),
        decision=draw(st.sampled_from(("given", "unconfirmed", "refused", "withdrawn"))),
        at=draw(_none_or(INSTANTS)),
        recorded=draw(st.sampled_from(INSTANTS)),
        how=draw(_none_or(TEXTS)),
    )


def _unlike(found: list[Anything]) -> tuple[Anything, ...]:
    return tuple({part.key: part for part in found}.values())


# -- closed rules -----------------------------------------------------------------------------------------------


def closed_rules(records: Sequence[Record], *, types: Iterable[type[Record]] = CORE_TYPES) -> st.SearchStrategy[Closed]:
    """Closed rules about these records: every kind of node, values that occur and their neighbours."""
    segments = tuple(one.id for one in records if isinstance(one, Segment))
    return _closed_rules(segments, tuple(one for one in types if one.owner and one is not Membership))


@cache
def _closed_rules(segments: tuple[UUID, ...], owned: tuple[type[Record], ...]) -> st.SearchStrategy[Closed]:
    choices = [_fields(Contact), _any_parts(), *(_compares(one) for one in owned), _compares(Interaction)]
    if segments:
        choices.append(st.builds(Member, st.sampled_from(segments)))
    return _trees(st.one_of(choices))


@st.composite
def _trees(draw: st.DrawFn, leaf: st.SearchStrategy[Closed], depth: int = 2) -> Closed:
    shape = draw(st.integers(0, 9)) if depth else 0
    if shape <= 4:
        return draw(leaf)
    inner = _trees(leaf, depth - 1)
    if shape <= 6:
        return Not(draw(inner))
    parts_drawn = tuple(draw(inner) for _ in range(draw(st.sampled_from((2, 2, 2, 3, 1, 0)))))
    return All(parts_drawn) if shape == 7 else Any(parts_drawn)


@cache
def _any_parts() -> st.SearchStrategy[Closed]:
    lists = parts(Contact).items()
    return st.one_of([st.builds(AnyPart, st.just(name), _trees(_fields(part), 1)) for name, part in lists])


@cache
def _fields(about: type[Record] | type[Part]) -> st.SearchStrategy[Closed]:
    choices = [st.builds(Field, st.just(name), _tests(about, name, said)) for name, said in declared(about).items()]
    if issubclass(about, Part):
        choices.append(st.builds(Field, st.just("key"), _key_tests))
    if about is Address:
        choices.append(st.builds(Field, st.just("postcode_key"), _key_tests))
    if about is Role:
        choices.append(st.builds(Field, st.just("lapses"), _between(days())))
    if "day" in declared(about) and issubclass(about, Record):
        choices.append(st.builds(Field, st.just("month"), _between(st.integers(1, 12))))
        choices.append(st.builds(Field, st.just("weekday"), st.builds(OneOf, _sets(st.integers(1, 7)))))
    return cast(st.SearchStrategy[Closed], st.one_of(choices))


def _sets(values: st.SearchStrategy[Anything]) -> st.SearchStrategy[frozenset[Anything]]:
    return st.lists(values, min_size=0, max_size=4).map(frozenset)


def _between(values: st.SearchStrategy[Anything]) -> st.SearchStrategy[Test]:
    return cast(st.SearchStrategy[Test], st.builds(Between, maybe(values), maybe(values)))


_KEYS = (
    "a@example.org",
    "example",
    "+441654700000",
    "SY208XX",
    "SY20",
    "LL",
    "member@",
    "vip",
    "own.shirt",
    "e",
    "w",
    "",
)
_key_tests: st.SearchStrategy[Test] = st.one_of(
    st.just(Known()),
    st.builds(OneOf, _sets(st.sampled_from(_KEYS))),
    st.builds(Has, st.sampled_from(_KEYS), st.sampled_from(("in", "start", "end"))),
)


def _tests(about: type[Record] | type[Part], name: str, said: About) -> st.SearchStrategy[Test]:
    values: st.SearchStrategy[Anything]
    if said.kind == "date":
        values = days()
    elif said.kind == "instant":
        values = st.sampled_from([to_wire("instant", one) + step for one in INSTANTS for step in (-1, 0, 1)])
    elif said.kind in ("integer", "money"):
        values = st.sampled_from(AMOUNTS if said.kind == "money" else NUMBERS)
    elif said.kind == "flag":
        return st.builds(OneOf, _sets(st.booleans()))
    elif said.kind == "id":
        return st.just(Known())
    else:
        return _text_tests(about, name, said)
    return st.just(Known()) | _between(values) | st.builds(OneOf, _sets(values))


def _text_tests(about: type[Record] | type[Part], name: str, said: About) -> st.SearchStrategy[Test]:
    words = st.sampled_from((*TEXTS, *_words_of(about, name)))
    values = words.map(fold) if said.folded else words
    pieces = st.sampled_from((*TEXTS, "y-d", "%", "_", "\\", "'", "a", "", "org"))
    return st.one_of(
        st.just(Known()),
        st.builds(OneOf, _sets(values)),
        st.builds(Has, pieces.map(fold) if said.folded else pieces, st.sampled_from(("in", "start", "end"))),
    )


_WORDS = {
    "kind": ("person", "organisation", *KINDS_DRAWN, "household_member"),
    "role": ("member", "volunteer"),
    "name": ("own.shirt", "own.children"),
    "language": ("cy", "en", "both"),
    "channel": ("email", "post", "website"),
    "decision": ("given", "withdrawn", "refused"),
    "direction": ("in", "out"),
    "currency": ("GBP", "EUR"),
    "address": ("a@example.org",),
    "source": ("till",),
    "purpose": ("marketing",),
}


def _words_of(about: type[Record] | type[Part], name: str) -> tuple[str, ...]:
    literal = next((args for args in _literals(about.model_fields[name].annotation)), ())
    return (*_WORDS.get(name, ()), *literal) * 6


def _literals(annotation: Anything) -> list[tuple[str, ...]]:
    inner = get_args(annotation)
    if inner and all(isinstance(one, str) for one in inner):
        return [inner]
    return [found for one in inner for found in _literals(one)]


@cache
def measures(record: type[Record] = Interaction) -> st.SearchStrategy[Measure]:
    """Measures of what a contact owns of this type, with or without kinds, window, condition and currency."""
    known = declared(record)
    return _measures(record, _trees(_fields(record), 1), known.get("day", About("", "")).kind == "date")


@st.composite
def _measures(draw: st.DrawFn, record: type[Record], where: st.SearchStrategy[Closed], dated: bool) -> Measure:
    numbers = [name for name, said in declared(record).items() if said.kind in ("integer", "money")]
    possible = ["count", "count", *(["days", "first", "last"] if dated else [])]
    chosen = draw(st.sampled_from([*possible, *(["sum", "largest", "smallest", "average"] if numbers else [])]))
    field = draw(st.sampled_from(numbers)) if chosen in ("sum", "largest", "smallest", "average") else ""
    money = field and declared(record)[field].kind == "money"
    return Measure(
        record=record.type_name,
        what=cast(Anything, chosen),
        field=field,
        currency=draw(st.sampled_from(("GBP", "GBP", "EUR"))) if money else "",
        kinds=draw(maybe(_sets(st.sampled_from(KINDS_DRAWN)))) if record is Interaction else None,
        where=draw(where) if draw(st.integers(0, 2)) == 0 else None,
        since=draw(maybe(days())) if dated else None,
        until=draw(maybe(days())) if dated else None,
        day_field="day" if dated else "",
    )


@st.composite
def _compares(draw: st.DrawFn, record: type[Record]) -> Closed:
    wanted = draw(measures(record))
    if wanted.what in ("first", "last"):
        bounds: st.SearchStrategy[Anything] = days()
    elif wanted.what in ("count", "days"):
        bounds = st.sampled_from((0, 1, 1, 2, 2, 3))
    else:
        bounds = st.sampled_from((*AMOUNTS, *NUMBERS))
    low, high = draw(maybe(bounds)), draw(maybe(bounds))
    return Compare(wanted, low, high)


def facts_of(records: Iterable[Record]) -> list[Facts]:
    """What the law may look at for each contact among these records, in id order."""
    owned: dict[UUID, dict[str, list[Record]]] = {one.id: {} for one in records if isinstance(one, Contact)}
    for one in sorted(records, key=lambda one: one.id):
        if one.owner_id is not None:
            owned[one.owner_id].setdefault(one.type_name, []).append(one)
    found = []
    for person in sorted((one for one in records if isinstance(one, Contact)), key=lambda one: one.id):
        held = [cast(Membership, one).segment for one in owned[person.id].get("membership", [])]
        found.append(Facts(person, owned[person.id], frozenset(held)))
    return found


# -- were the answers worth comparing? ----------------------------------------------------------------------------


@dataclass
class Shares:
    """Counts how many answers were neither nobody nor everybody: a property that compares only those proves little."""

    asked: int = 0
    telling: int = 0

    def note(self, members: int, contacts: int) -> None:
        """An answer had so many members of so many contacts."""
        self.asked += 1
        self.telling += 0 < members < contacts

    @property
    def share(self) -> float:
        """Telling answers of all."""
        return self.telling / self.asked if self.asked else 0.0

    def __str__(self) -> str:
        return f"{self.telling} of {self.asked} answers were neither nobody nor everybody ({self.share:.0%})"


__all__ = [
    "AS_OF",
    "DAYS",
    "Shares",
    "closed_rules",
    "contacts_and_history",
    "days",
    "facts_of",
    "measures",
    "texts",
]
