"""Undo: what goes back, what stays, and that undoing an undo is redo."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.changes import Batch, Change, Create, Delete, Edit, Erase
from perthyn.errors import PerthynError
from perthyn.history import plan_undo
from perthyn.merging import merge_changes
from perthyn.model import Consent, Contact, Email, Ids, Interaction, Phone, Redirect, Relationship, Tag
from perthyn.store import Store
from perthyn.testing.memory import MemoryStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Book:
    """A store with short ways to write in it."""

    def __init__(self) -> None:
        self.store: Store = MemoryStore()
        self.numbers = count(1)
        self.ids = Ids(lambda: NOW, os.urandom)

    def do(self, *changes: Change, kind: str = "edit") -> UUID:
        id = UUID(int=next(self.numbers), version=4)
        self.store.apply(Batch(id, "gwen", NOW, kind=kind, changes=changes))
        return id

    def undo(self, batch: UUID) -> tuple[UUID, list[tuple[str, str]]]:
        plan = plan_undo(self.store, batch, self.ids, NOW)
        id = UUID(int=next(self.numbers), version=4)
        self.store.apply(plan.batch(id, "gwen"))
        return id, [(one.path or one.type, one.why) for one in plan.kept]

    def contact(self, name: str = "Siân", **values: object) -> Contact:
        return Contact.model_validate({"id": self.ids(), "name": name, **values})

    def now(self, contact: Contact) -> Contact | None:
        return self.store.get(Contact, [contact.id]).get(contact.id)

    def everything(self) -> dict[str, list[bytes]]:
        return {name: [one.canonical() for one in self.store.scan(type)] for name, type in self.store.types.items()}


@pytest.fixture
def book() -> Book:
    return Book()


def visit(book: Book, contact: Contact, **values: object) -> Interaction:
    return Interaction.model_validate(
        {"id": book.ids(), "contact": contact.id, "kind": "visit", "day": date(2026, 5, 1), **values}
    )


def consent(book: Book, contact: Contact, decision: str) -> Consent:
    return Consent.model_validate(
        {"id": book.ids(), "contact": contact.id, "channel": "email", "decision": decision, "recorded": NOW}
    )


def test_undoing_an_import_takes_all_it_created(book: Book) -> None:
    sian = book.contact()
    batch = book.do(Create(sian), Create(visit(book, sian)), kind="import")
    _, kept = book.undo(batch)
    assert kept == []
    assert not any(book.everything().values())


def test_what_somebody_changed_later_stays(book: Book) -> None:
    sian = book.contact()
    book.do(Create(sian))
    first = book.do(Edit("contact", sian.id, {"name": ("Siân", "Siân Jones"), "note": (None, "till")}))
    book.do(Edit("contact", sian.id, {"name": ("Siân Jones", "Siân Rees")}))
    _, kept = book.undo(first)
    after = book.now(sian)
    assert after is not None and after.name == "Siân Rees" and after.note is None
    assert kept == [("name", "changed")]


def test_a_contact_with_a_later_visit_stays_and_names_the_batch(book: Book) -> None:
    sian, huw = book.contact(), book.contact("Huw")
    batch = book.do(Create(sian), Create(huw), kind="import")
    book.do(Create(visit(book, sian)))
    plan = plan_undo(book.store, batch, book.ids, NOW)
    assert [(one.id, one.why, one.by) for one in plan.kept] == [(sian.id, "rests", 2)]
    book.undo(batch)
    assert book.now(sian) is not None and book.now(huw) is None


def test_a_no_is_never_undone_and_keeps_its_contact(book: Book) -> None:
    sian = book.contact()
    batch = book.do(Create(sian), Create(consent(book, sian, "withdrawn")), Create(visit(book, sian)), kind="import")
    _, kept = book.undo(batch)
    assert ("consent", "never") in kept and book.now(sian) is not None
    assert list(book.store.scan(Interaction)) == []


def test_a_consent_of_a_contact_that_stays_is_voided_by_a_further_record(book: Book) -> None:
    sian = book.contact()
    book.do(Create(sian))
    batch = book.do(Create(consent(book, sian, "given")))
    book.undo(batch)
    assert sorted(one.decision for one in book.store.scan(Consent)) == ["given", "voided"]


def test_a_consent_goes_with_its_contact(book: Book) -> None:
    sian = book.contact()
    batch = book.do(Create(sian), Create(consent(book, sian, "given")))
    book.undo(batch)
    assert not any(book.everything().values())


def test_an_erasure_is_not_undone(book: Book) -> None:
    sian = book.contact()
    book.do(Create(sian))
    batch = book.do(Erase(sian.id), kind="erase")
    with pytest.raises(PerthynError) as refused:
        plan_undo(book.store, batch, book.ids, NOW)
    assert refused.value.code == "undo.never"


def test_undo_with_nothing_left_to_take_back_says_so(book: Book) -> None:
    sian = book.contact()
    book.do(Create(sian))
    first = book.do(Edit("contact", sian.id, {"name": ("Siân", "A")}))
    book.do(Edit("contact", sian.id, {"name": ("A", "B")}))
    with pytest.raises(PerthynError) as refused:
        book.undo(first)
    assert refused.value.code == "undo.nothing"


def test_merging_and_undoing_takes_two_apart_again(book: Book) -> None:
    sian = book.contact(emails=(Email(address="s@example.org"),), tags=(Tag(tag="VIP"),))
    twin = book.contact("S. Jones", phones=(Phone.of("07700 900123"),), deceased=False, note="moved")
    friend = book.contact("Huw", relationships=(Relationship(kind="partner", other=twin.id),))
    twin = twin.with_values({"relationships": (Relationship(kind="partner", other=friend.id),)})
    book.do(Create(sian), Create(twin), Create(friend))
    book.do(Create(visit(book, twin)), Create(visit(book, sian)))
    before = book.everything()
    batch = book.do(*merge_changes(book.store, sian, twin, {"name": "both"}), kind="merge")
    assert book.store.resolve(twin.id) == sian.id
    assert {one.contact for one in book.store.scan(Interaction)} == {sian.id}
    merged = book.now(sian)
    assert merged is not None and merged.note == "moved" and merged.value_at("custom[also.name]").text == "S. Jones"
    huw = book.now(friend)
    assert huw is not None and [one.other for one in huw.relationships] == [sian.id]
    _, kept = book.undo(batch)
    assert kept == [] and book.everything() == before
    assert list(book.store.scan(Redirect)) == []


@pytest.mark.parametrize(
    "mine, theirs, stays",
    [
        (("cy", date(2020, 1, 1)), ("en", date(2024, 1, 1)), ("en", date(2024, 1, 1))),
        (("cy", date(2024, 1, 1)), ("en", date(2020, 1, 1)), ("cy", date(2024, 1, 1))),
        (("cy", None), ("en", date(2020, 1, 1)), ("en", date(2020, 1, 1))),
        (("cy", None), ("en", None), ("cy", None)),
        ((None, None), ("en", None), ("en", None)),
    ],
)
def test_the_newest_word_on_the_language_stays(book: Book, mine: tuple, theirs: tuple, stays: tuple) -> None:
    sian = book.contact(language=mine[0], language_asked=mine[1])
    twin = book.contact(language=theirs[0], language_asked=theirs[1])
    book.do(Create(sian), Create(twin))
    book.do(*merge_changes(book.store, sian, twin, {}), kind="merge")
    after = book.now(sian)
    assert after is not None and (after.language, after.language_asked) == stays


FIELDS = ("name", "note", "title")


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[int, str, str | None]]:
    """(which contact, path, new value) one after another."""
    value = st.one_of(st.none(), st.sampled_from(["a", "b", "ŵ"]))
    return draw(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(FIELDS), value), max_size=12))


def _apply(book: Book, people: list[Contact], steps: Iterable[tuple[int, str, str | None]]) -> UUID | None:
    values: dict[UUID, dict[str, tuple[object, object]]] = {}
    for which, path, value in steps:
        one = book.now(people[which])
        assert one is not None
        if one.value_at(path) != value:
            values.setdefault(one.id, {})[path] = (one.value_at(path), value)
    changes = [Edit("contact", id, pairs) for id, pairs in values.items()]
    return book.do(*changes) if changes else None


@given(edits(), edits())
def test_undo_then_undo_of_the_undo_is_where_we_were(
    first: list[tuple[int, str, str | None]], later: list[tuple[int, str, str | None]]
) -> None:
    book = Book()
    people = [book.contact(name) for name in "xyz"]
    book.do(*(Create(one) for one in people))
    before = book.everything()
    batch = _apply(book, people, first)
    if batch is None:
        return
    written = book.everything()
    undone, kept = book.undo(batch)
    assert kept == [] and book.everything() == before
    book.undo(undone)
    assert book.everything() == written
    _apply(book, people, later)
    touched = book.everything()
    try:
        book.undo(undone)
    except PerthynError as error:
        assert error.code == "undo.nothing"
        assert book.everything() == touched


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
def test_deleting_and_undoing_brings_the_very_record_back(names: list[str]) -> None:
    book = Book()
    people = [book.contact(name, tags=(Tag(tag=name),)) for name in names]
    book.do(*(Create(one) for one in people), *(Create(visit(book, one)) for one in people))
    before = book.everything()
    gone = [Delete(one) for one in book.store.scan(Interaction)] + [Delete(one) for one in people]
    batch = book.do(*gone)
    assert not any(book.everything().values())
    book.undo(batch)
    assert book.everything() == before
