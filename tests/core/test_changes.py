"""Laws of changes, paths, blocks and the canonical form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from perthyn.changes import Batch, Block, Create, Delete, Edit, inverse
from perthyn.errors import PerthynError
from perthyn.model import (
    CORE_TYPES,
    Consent,
    Contact,
    Interaction,
    Part,
    Record,
    Tag,
    Takings,
    declared,
    parts,
    read_plain,
    split_path,
)
from perthyn.model.values import MAX_INTEGER
from perthyn.testing import MemoryStore
from perthyn.testing.rules_strategies import contacts_and_history

BLOCKS: tuple[type[Record], ...] = tuple(one for one in CORE_TYPES if not parts(one))
OWNERS = [UUID(int=n) for n in (1, 2)]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

# -- values of every kind, good and bad -----------------------------------------------------------------------

WORDS = ("visit", "Ŵyl", "a\nb", " x ", "y\u0302", "🐉", "x" * 500)
BAD = ("", "a\x00b", "a\ud800", "a\r", "x" * 501, "x" * 50_001, b"a", 7, True, 1.5, None, (), date(2026, 1, 1))
GOOD: dict[str, tuple[Any, ...]] = {
    "text": WORDS,
    "word": WORDS,
    "json": WORDS,
    "integer": (0, 1, -1, MAX_INTEGER, -MAX_INTEGER),
    "money": (0, -500, MAX_INTEGER),
    "date": (date(2024, 2, 29), date.min, date.max, "2026-03-01"),
    "instant": (NOON, NOON.replace(microsecond=123_999), datetime(1960, 1, 1, 0, 0, 0, 1000, UTC), "2026-03-01T12:00Z"),
    "flag": (True, False),
    "id": (*OWNERS, str(OWNERS[0])),
}
WRONG: dict[str, tuple[Any, ...]] = {
    "integer": (MAX_INTEGER + 1, -MAX_INTEGER - 1, 1.0, "5", float("inf"), float("nan")),
    "money": (MAX_INTEGER + 1, 1.0, "5"),
    "date": ("30/2", "2026-02-30", NOON, 0),
    "instant": (datetime(2026, 3, 1, 12), "2026-03-01", "noon", date(2026, 3, 1)),
    "flag": ("perhaps", 2),
    "id": ("x", UUID(int=3).hex[:-1], 5),
}


def _literals(annotation: Any) -> Iterator[str]:
    for inner in get_args(annotation):
        if isinstance(inner, str):
            yield inner
        yield from _literals(inner)


def values(record: type[Record], name: str, *, bad: bool) -> st.SearchStrategy[Any]:
    """Values for a field: its own words where it has some, good ones of its kind, and wrong ones where asked for."""
    info = record.model_fields[name]
    kind = declared(record)[name].kind
    good = tuple(_literals(info.annotation)) or (("GBP", "EUR") if name == "currency" else GOOD[kind])
    optional = () if info.is_required() or info.default is not None else (None,)
    chosen = st.sampled_from((*good, *optional))
    return chosen | st.sampled_from((*WRONG.get(kind, ()), *BAD)) if bad else chosen


@st.composite
def columns(draw: st.DrawFn, record: type[Record], *, bad: bool = True, least: int = 0) -> dict[str, list[Any]]:
    """Columns of some rows of a type: ids in order, required fields, some others; mostly good values."""
    size = draw(st.integers(least, 1 if least else 5))
    optional = [name for name, info in record.model_fields.items() if not info.is_required()]
    needed = [name for name in record.model_fields if name not in optional and name != "id"]
    chosen = draw(st.lists(st.sampled_from(optional), unique=True, max_size=8)) if optional else []
    drawn: dict[str, list[Any]] = {"id": [UUID(int=100 + n) for n in range(size)]}
    for name in (*needed, *chosen):
        wrong = bad and draw(st.integers(0, 5)) == 0
        drawn[name] = draw(st.lists(values(record, name, bad=wrong), min_size=size, max_size=size))
    return drawn


def rows(drawn: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(drawn, row, strict=True)) for row in zip(*drawn.values(), strict=True)]


def records(record: type[Record]) -> st.SearchStrategy[Record]:
    """Valid records of a type without parts."""
    filled = columns(record, bad=False, least=1)
    return filled.map(lambda drawn: record.model_validate(rows(drawn)[0]))


contacts = contacts_and_history(contacts=2, each=0).map(
    lambda found: next(one for one in found if isinstance(one, Contact))
)
any_record = st.one_of(contacts, *(records(one) for one in BLOCKS))
two_alike = st.one_of(*(st.tuples(one, one) for one in (contacts, *(records(one) for one in BLOCKS))))


# -- changes --------------------------------------------------------------------------------------------------


@given(contacts, contacts)
def test_the_inverse_of_an_edit_takes_it_back(one: Contact, other: Contact) -> None:
    edit = Edit("contact", one.id, difference(one, other))
    back = inverse(edit)
    assert isinstance(back, Edit)
    after = one.with_values({path: new for path, (_, new) in edit.values.items()})
    assert after.digest() == other.model_copy(update={"id": one.id}).digest()
    assert all(after.value_at(path) == expected for path, (expected, _) in back.values.items())
    assert after.with_values({path: new for path, (_, new) in back.values.items()}).digest() == one.digest()


@given(any_record, st.data())
def test_inverse_twice_is_the_change(record: Record, data: st.DataObject) -> None:
    paths = data.draw(st.lists(st.sampled_from(sorted(type(record).model_fields)), unique=True))
    edit = Edit(record.type_name, record.id, {path: (record.value_at(path), None) for path in paths})
    for change in (Create(record), Delete(record), edit):
        assert inverse(inverse(change)) == change  # type: ignore[arg-type]
        assert type(inverse(change)) is {Create: Delete, Delete: Create, Edit: Edit}[type(change)]


@given(contacts, contacts)
def test_a_store_takes_changes_back(one: Contact, other: Contact) -> None:
    """Applying a batch and then its inverse leaves every record as it was."""
    store = MemoryStore()
    edit = Edit("contact", one.id, difference(one, other))
    store.apply(Batch(UUID(int=1), "ann", NOON, changes=[Create(one)]))
    store.apply(Batch(UUID(int=2), "ann", NOON, changes=[edit]))
    store.apply(Batch(UUID(int=3), "ann", NOON, changes=[inverse(edit)]))
    assert store.get(Contact, [one.id])[one.id].digest() == one.digest()
    store.apply(Batch(UUID(int=4), "ann", NOON, changes=[inverse(Create(one))]))
    assert store.count_of(Contact) == 0


def difference(one: Contact, other: Contact) -> dict[str, tuple[Any, Any]]:
    """What an edit must say to make `other` of `one`: plain fields, and parts by their keys."""
    found = {name: (one.value_at(name), other.value_at(name)) for name in declared(Contact) if name != "id"}
    for name in parts(Contact):
        for key in {part.key for part in (*one.value_at(name), *other.value_at(name))}:
            found[f"{name}[{key}]"] = (one.value_at(f"{name}[{key}]"), other.value_at(f"{name}[{key}]"))
    return {path: pair for path, pair in found.items() if pair[0] != pair[1]}


# -- paths ----------------------------------------------------------------------------------------------------


@given(two_alike)
def test_what_is_put_at_a_path_is_found_there(two: tuple[Record, Record]) -> None:
    """And nothing else changes; putting back what was there gives the record again."""
    one, other = two
    for path in set(type(one).model_fields) - {"id"}:
        changed = one.with_values({path: other.value_at(path)})
        assert changed.value_at(path) == other.value_at(path)
        assert {name for name in type(one).model_fields if changed.value_at(name) != one.value_at(name)} <= {path}
        assert changed.with_values({path: one.value_at(path)}) == one


@given(contacts, st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20))
def test_parts_are_put_and_taken_by_key(contact: Contact, text: str) -> None:
    """Whatever the key holds; the other parts stay in their order."""
    tag = Tag(tag=text)
    path = f"tags[{tag.key}]"
    assert split_path(path) == ("tags", tag.key)
    put = contact.with_values({path: tag})
    others = [one for one in contact.tags if one.key != tag.key]
    assert put.value_at(path) == tag
    assert [one for one in put.tags if one.key != tag.key] == others
    taken = put.with_values({path: None})
    assert (taken.value_at(path), list(taken.tags)) == (None, others)


@given(any_record)
def test_plain_values_are_read_back(record: Record) -> None:
    """What a journal line keeps of a path makes the same value again."""
    for path in set(type(record).model_fields) - {"id"}:
        again = record.with_values({path: read_plain(type(record), path, record.plain_at(path))})
        assert again.digest() == record.digest()
    for name in parts(type(record)):
        for part in record.value_at(name):
            assert read_plain(type(record), f"{name}[{part.key}]", record.plain_at(f"{name}[{part.key}]")) == part


def test_a_path_that_is_not_there() -> None:
    contact = Contact(id=UUID(int=1))
    for path in ("nickname", "nickname[x]", ""):
        for asked in (lambda path=path: contact.value_at(path), lambda path=path: contact.with_values({path: None})):
            with pytest.raises(PerthynError) as caught:
                asked()
            assert caught.value.code == "record.path.unknown"


def test_a_path_that_stays() -> None:
    """An id, and a part under another key than its own."""
    contact = Contact(id=UUID(int=1), tags=(Tag(tag="a"),))
    for path, value in (("id", UUID(int=2)), ("tags[a]", Tag(tag="b"))):
        with pytest.raises(PerthynError) as caught:
            contact.with_values({path: value})
        assert caught.value.code == "record.path.fixed"


# -- blocks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", BLOCKS, ids=lambda one: one.type_name)
@given(data=st.data())
def test_a_block_takes_what_a_record_takes(record: type[Record], data: st.DataObject) -> None:
    """The same rows are refused, and the others become the same records (DECISIONS 5)."""
    drawn = data.draw(columns(record))
    expected: dict[int, Record] = {}
    for place, row in enumerate(rows(drawn)):
        try:
            expected[place] = record.model_validate(row)
        except ValidationError:
            continue
    block, wrong = Block.validated(record, drawn)
    assert set(wrong) == set(range(len(drawn["id"]))) - set(expected)
    assert all(field in drawn and problem for field, problem in wrong.values())
    assert block.size == len(expected)
    assert list(block.records()) == list(expected.values())


@pytest.mark.parametrize("record", [Interaction, Takings, Consent], ids=lambda one: one.type_name)
@given(data=st.data())
def test_a_block_is_stored_as_records_are(record: type[Record], data: st.DataObject) -> None:
    drawn = {**data.draw(columns(record)), "source_id": []}
    drawn["source_id"] = [f"row {n}" for n in range(len(drawn["id"]))]
    block, _ = Block.validated(record, drawn)
    stores = [MemoryStore(), MemoryStore()]
    people = [Create(Contact(id=id)) for id in OWNERS]
    batch = Batch(UUID(int=1), "ann", NOON, changes=people)
    stores[0].apply(replace(batch, blocks=[block]))
    stores[1].apply(replace(batch, changes=[*people, *map(Create, block.records())]))
    assert [list(store.scan(record)) for store in stores] == [list(block.records())] * 2
    assert stores[0].totals(OWNERS[0]) == stores[1].totals(OWNERS[0])


@given(st.lists(records(Interaction), min_size=1, max_size=4))
def test_a_block_of_records_is_those_records(given_: list[Record]) -> None:
    assert list(Block.of(given_).records()) == given_


@pytest.mark.parametrize(
    ("record", "given_"),
    [
        (Takings, {"id": [UUID(int=1)], "kind": ["visit"]}),
        (Takings, {"id": [UUID(int=1)], "kind": ["visit"], "day": [date.max, date.max]}),
        (Takings, {"id": [UUID(int=1)], "kind": ["visit"], "day": [date.max], "contact": [UUID(int=2)]}),
        (Takings, {}),
        (Contact, {"id": [UUID(int=1)]}),
    ],
    ids=["missing", "uneven", "unknown", "none", "with parts"],
)
def test_columns_that_make_no_block(record: type[Record], given_: dict[str, list[Any]]) -> None:
    with pytest.raises(PerthynError) as caught:
        Block.validated(record, given_)
    assert caught.value.code == "block.columns"
    assert caught.value.facts["type"] == record.type_name


# -- declarations, and the canonical form ---------------------------------------------------------------------

DECLARED: list[type[Record] | type[Part]] = [
    *CORE_TYPES, *dict.fromkeys(part for record in CORE_TYPES for part in parts(record).values()),
]  # fmt: skip


@pytest.mark.parametrize("record", DECLARED, ids=lambda one: one.__name__)
def test_every_field_is_declared(record: type[Record] | type[Part]) -> None:
    """No declaration, no field (DECISIONS 21); labels in both languages."""
    lists = set(parts(record)) if issubclass(record, Record) else set()
    assert set(declared(record)) == set(record.model_fields) - lists
    for about in declared(record).values():
        assert about.en.strip() and about.cy.strip() and about.right and about.retention


@pytest.mark.parametrize("record", DECLARED, ids=lambda one: one.__name__)
def test_integers_keep_to_the_value_domain(record: type[Record] | type[Part]) -> None:
    """Whole numbers within 2**53 and nothing that only looks like one (DECISIONS 17)."""
    least = {name: _sample(record, name) for name, info in record.model_fields.items() if info.is_required()}
    for name, about in declared(record).items():
        if about.kind in ("integer", "money"):
            assert getattr(record.model_validate({**least, name: MAX_INTEGER}), name) == MAX_INTEGER
            for wrong in (MAX_INTEGER + 1, -MAX_INTEGER - 1, 1.0, "1", True):
                with pytest.raises(ValidationError):
                    record.model_validate({**least, name: wrong})


def _sample(record: type[Record] | type[Part], name: str) -> Any:
    words = list(_literals(record.model_fields[name].annotation))
    return words[0] if words else GOOD[declared(record)[name].kind][0]


def test_owners_are_declared() -> None:
    for record in CORE_TYPES:
        assert not record.owner or declared(record)[record.owner].kind == "id"
        if record.source_named:
            assert {"source", "source_id", "delivered"} <= set(declared(record))
