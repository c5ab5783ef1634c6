"""What stands in cells says what the record says: shown, read back by the values API, and typed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.model import (
    CORE_TYPES,
    KINDS,
    Address,
    Contact,
    Custom,
    CustomField,
    Email,
    Interaction,
    Phone,
    Record,
    Role,
    Segment,
    Tag,
)
from perthyn.rules import RuleSchema, parse, rule_json
from perthyn.testing.rules_strategies import contacts_and_history, texts
from perthyn.testing.suite.texts import NAUGHTY
from perthyn_sheets.cells import is_broken, joined, pieces_of, split, units
from perthyn_sheets.layout import PIECE, record_cells, tabs_for
from perthyn_sheets.shown import Raw, Shows
from perthyn_sheets.typed import typed

CUSTOM = (
    CustomField(id=UUID(int=1), name="own.shirt", label_en="Shirt"),
    CustomField(id=UUID(int=2), name="own.children", label_en="Children", type="number"),
    CustomField(id=UUID(int=3), name="own.trained", label_en="Trained on", label_cy="Hyfforddwyd ar", type="date"),
)
TYPES = {one.type_name: one for one in CORE_TYPES}
TABS = tabs_for(TYPES, CUSTOM, KINDS)
SCHEMA = RuleSchema.build(CORE_TYPES, KINDS, CUSTOM)
NOBODY = UUID(int=99)


def shows(language: str = "en", names: Mapping[UUID, str] | None = None) -> Shows:
    return Shows((language,), custom=CUSTOM, names=names or {}, schema=SCHEMA, today=date(2026, 3, 31))


def nobody(text: str) -> list[UUID]:
    return []


def as_read(raw: Raw) -> Raw:
    """A cell as the values API gives it back: numbers without a fraction may come as whole ones."""
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def contact(**values: Any) -> Contact:
    return Contact(id=UUID(int=7), **values)


def put(record: Record, key: str, raw: Raw, **more: Any) -> Record:
    """The record after somebody typed in one cell; fails where the cell is not understood."""
    found = typed(TABS[record.type_name], record, {key: raw}, shows(**more), nobody)
    assert found.wrong == []
    return record.with_values(found.values)


# -- laws -----------------------------------------------------------------------------------------------------------


@given(contacts_and_history(), st.sampled_from(("en", "cy")))
def test_cells_read_back_are_the_same(records: list[Record], language: str) -> None:
    """And typing what stands there already changes nothing."""
    names = {one.id: one.shown_name for one in records if isinstance(one, Contact)}
    looks = shows(language, names)
    for record in records:
        tab = TABS[record.type_name]
        shown = looks.shown(record)
        assert list(shown) == [one.key for one in tab.visible]
        for column in tab.visible:
            assert looks.same(column, shown[column.key], as_read(shown[column.key]))
        cells = {key: as_read(raw) for key, raw in shown.items()}
        owner = record.owner_id
        found = typed(tab, record, cells, looks, lambda text, owner=owner: [owner] if owner else [])
        assert found.wrong == []
        kept = found.values
        if isinstance(record, Contact) and record.name is None:
            kept = {name: value for name, value in kept.items() if name != "name"}  # put together from its parts
        assert record.with_values(kept) == record


@given(contacts_and_history(contacts=3, each=0), st.sampled_from(("en", "cy")))
def test_the_order_of_parts_says_nothing(records: list[Record], language: str) -> None:
    for record in records:
        again = type(record).model_validate_json(record.canonical())
        assert shows(language).shown(again) == shows(language).shown(record)


WHOLE = ("name", "language", "title", "given", "family", "salutation", "kind", "age_band", "deceased", "note", "tags",
         "emails", "custom.own.shirt", "custom.own.children", "custom.own.trained", "addresses.town",
         "addresses.lines", "addresses.postcode", "addresses.country")  # fmt: skip


@given(contacts_and_history(contacts=3, each=2), st.sampled_from(("en", "cy")))
def test_a_cell_copied_to_another_row_says_the_same_there(records: list[Record], language: str) -> None:
    looks = shows(language)
    people = [one for one in records if isinstance(one, Contact)]
    for one, other in pairwise(people):
        cells, other = looks.shown(one), other.with_values({"addresses": other.addresses[:1]})
        for key in WHOLE:
            if key == "kind" or cells[key] != "":
                after = put(other, key, as_read(cells[key]), language=language)
                assert looks.shown(after)[key] == cells[key], key
    happened = [one for one in records if isinstance(one, Interaction)]
    for left, right in pairwise(happened):
        cells = looks.shown(left)
        for key in ("day", "kind", "quantity", "party_size", "channel", "direction", "campaign", "at"):
            if cells[key] != "":
                after = put(right, key, as_read(cells[key]), language=language)
                assert after.value_at(key) == left.value_at(key), key
        if cells["amount"] != "" and cells["currency"] != "":
            found = {key: as_read(cells[key]) for key in ("amount", "currency")}
            values = typed(TABS["interaction"], right, found, looks, nobody).values
            assert values == {"amount": left.amount, "currency": left.currency}


allowed = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(n) for n in (*range(32), *range(127, 160))]),
    min_size=1,
    max_size=30,
) | st.sampled_from(("a\nb", "\ttab", "a;b", '"', '";"', "; ", "a, b", "'07", "=1+1", "1e9", "TRUE", "2026-01-01"))


@given(st.lists(allowed, max_size=5))
def test_a_list_in_one_cell(pieces: list[str]) -> None:
    assert split(joined(pieces)) == pieces


@given(st.text(max_size=40))
def test_whatever_is_typed_as_a_list_is_read(text: str) -> None:
    assert all(split(text))


@given(allowed.filter(lambda text: not is_broken(text)))
def test_any_text_comes_back_from_every_text_cell(text: str) -> None:
    for key in ("name", "title", "note", "addresses.lines", "addresses.town", "custom.own.shirt", "salutation"):
        after = put(contact(), key, text)
        assert shows().shown(after)[key] == text, key
    assert put(contact(), "tags", shows().shown(contact(tags=(Tag(tag=text),)))["tags"]).tags == (Tag(tag=text),)


@given(st.integers(-(2**53), 2**53), st.sampled_from(("GBP", "EUR", "JPY", "BHD", None)))
def test_every_amount_comes_back(minor: int, currency: str | None) -> None:
    one = Interaction(id=UUID(int=1), contact=NOBODY, kind="visit", day=date(2026, 1, 1), amount=minor, quantity=minor)
    one = one.with_values({"currency": currency})
    cells = {key: as_read(raw) for key, raw in shows().shown(one).items() if key in ("amount", "quantity")}
    again = typed(TABS["interaction"], one.with_values({"amount": 1, "quantity": 1}), cells, shows(), nobody)
    assert again.wrong == [] and again.values == {"amount": minor, "quantity": minor}


@given(st.dates(), st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)))
def test_every_day_and_every_instant_comes_back(day: date, moment: datetime) -> None:
    at = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    one = contact(custom=(Custom(name="own.trained", day=day),))
    assert put(contact(), "custom.own.trained", as_read(shows().shown(one)["custom.own.trained"])) == one
    happened = Interaction(id=UUID(int=1), contact=NOBODY, kind="visit", day=date(2026, 1, 1), at=at)
    blank = happened.with_values({"at": None})
    assert put(blank, "at", as_read(shows().shown(happened)["at"])).value_at("at") == at


@given(st.dates(), st.sampled_from(("Pacific/Kiritimati", "Pacific/Niue", "Europe/London")), st.times())
def test_the_ends_of_the_calendar_in_every_zone(day: date, zone: str, clock: time) -> None:
    for one in (day, date.min, date.max):
        at = datetime.combine(one, clock.replace(microsecond=0), UTC)
        looks = Shows(zone=zone)
        happened = Interaction(id=UUID(int=1), contact=NOBODY, kind="visit", day=date(2026, 1, 1), at=at)
        cell = looks.shown(happened)["at"]
        found = typed(TABS["interaction"], happened.with_values({"at": None}), {"at": cell}, looks, nobody)
        assert found.values.get("at") == at or found.wrong[0].code == "sheets.cell.date"
        typed(TABS["interaction"], happened, {"day": one.isoformat()}, looks, nobody)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(2, 9))
def test_pieces_hold_no_more_than_they_may(text: str, most: int) -> None:
    pieces = pieces_of(text, most)
    assert "".join(pieces) == text and all(units(piece) <= most for piece in pieces)
    assert all(pieces) or pieces == [""]


@pytest.mark.parametrize("name", sorted(NAUGHTY))
def test_naughty_strings(name: str) -> None:
    """In each kind of cell: shown as they are, the same when read, and typed into another row they are themselves."""
    text = NAUGHTY[name]
    who = contact(
        name=text, given=text, note=text, tags=(Tag(tag=text),), roles=(Role(role=text),),
        emails=(Email(address=text),), phones=(Phone(number=text),), custom=(Custom(name="own.shirt", text=text),),
        addresses=(Address(lines=text, town=text, postcode=text),),
    )  # fmt: skip
    cells = shows().shown(who)
    tab = TABS["contact"]
    assert all(shows().same(column, cells[column.key], cells[column.key]) for column in tab.visible)
    assert typed(tab, who, cells, shows(), nobody).values.items() <= {
        **{name: getattr(who, name) for name in type(who).model_fields}, "age_noted": None
    }.items()  # fmt: skip
    for key in ("name", "given", "note", "tags", "custom.own.shirt", "addresses.lines", "addresses.town"):
        assert shows().shown(put(contact(), key, cells[key]))[key] == cells[key], key
    happened = Interaction(id=UUID(int=1), contact=NOBODY, kind="visit", day=date(2026, 1, 1), subject=text, text=text)
    for key in ("subject", "text", "event", "campaign", "order"):
        assert put(happened, key, text).value_at(key) == text


def test_the_longest_text_shows_its_beginning_and_can_not_be_typed_over() -> None:
    for text in ("x" * 50_000, "ŵ" * 50_000):
        assert shows().shown(contact(note=text))["note"] == text
    long = contact(note="🐉" * 50_000)
    cell = shows().shown(long)["note"]
    assert isinstance(cell, str) and units(cell) <= 50_000 and cell.endswith("…")
    found = typed(TABS["contact"], long, {"note": "short"}, shows(), nobody)
    assert found.values == {} and found.wrong[0].code == "sheets.cell.long"
    assert len(record_cells(long.canonical())) == 4
    assert "".join(record_cells(long.canonical())).encode() == long.canonical()
    assert all(units(one) <= PIECE for one in record_cells(long.canonical()))


@given(texts())
def test_a_rule_is_shown_in_words_and_read_from_them(text: str) -> None:
    for language in ("en", "cy"):
        rule = rule_json(parse("volunteer and not language is cy", SCHEMA))
        segment = Segment(id=UUID(int=4), name_en=text, rule=rule)
        cell = shows(language).shown(segment)["rule"]
        assert isinstance(cell, str) and not cell.startswith("{")
        assert put(Segment(id=UUID(int=5), name_en="x"), "rule", cell, language=language).value_at("rule") == rule
