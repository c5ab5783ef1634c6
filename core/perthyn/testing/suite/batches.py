"""Batches: applied once, numbered, and remembered with who, when and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from perthyn.changes import Block, Create, Delete, Edit, Receipt
from perthyn.errors import Conflict
from perthyn.model import Contact, Interaction, Segment, Takings
from perthyn.store import Store
from perthyn.testing.suite.base import NOON, StoreCases, batch, happened, ids, numbered, one, person, taken


class BatchCases(StoreCases):
    """What becomes of a batch, and what the store remembers of it."""

    def test_an_empty_store_is_at_position_0(self, store: Store) -> None:
        """Nothing applied, nothing held."""
        assert store.position() == 0
        assert list(store.headers()) == []
        assert all(store.count_of(type) == 0 for type in store.types.values())

    def test_position_is_the_last_batchs_number(self, store: Store) -> None:
        """Batches are numbered from 1, without gaps."""
        numbers = [self.add(store, person(n)).number for n in (1, 2, 3)]
        assert (numbers, store.position()) == ([1, 2, 3], 3)

    def test_a_receipt_counts(self, store: Store) -> None:
        """A receipt tells how many records were created, edited and deleted."""
        self.add(store, person(1), person(2), person(3))
        receipt = self.write(
            store, Create(person(4)), Delete(person(1)), Delete(person(2)),
            Edit("contact", numbered(3), {"note": (None, "x")}),
        )  # fmt: skip
        assert (receipt.number, receipt.created, receipt.edited, receipt.deleted, receipt.again) == (2, 1, 1, 2, False)

    def test_a_receipt_counts_the_rows_of_blocks(self, store: Store) -> None:
        """Rows of blocks count as created."""
        receipt = self.write(store, Create(person(1)), blocks=[Block.of([taken(11), taken(12)])])
        assert receipt.created == 3

    def test_a_batch_is_applied_once(self, store: Store) -> None:
        """The same batch sent again changes nothing and answers its first receipt, with ``again``."""
        sent = batch("once", Create(person(1)), Create(happened(11, person(1))))
        first = self.send(store, sent)
        again = self.send(store, sent)
        assert again == replace(first, again=True)
        assert (store.position(), store.count_of(Contact), store.count_of(Interaction)) == (1, 1, 1)

    def test_an_edit_is_applied_once(self, store: Store) -> None:
        """An edit sent again is no conflict with itself."""
        self.add(store, person(1, "Ann"))
        sent = batch("edit", Edit("contact", numbered(1), {"name": ("Ann", "Bea")}))
        self.send(store, sent)
        assert self.send(store, sent).again
        assert len(list(store.journal())) == 1

    def test_a_batch_is_known_by_its_id_alone(self, store: Store) -> None:
        """A known id answers the first receipt whatever the batch holds now, and long after."""
        first = self.send(store, batch("x", Create(person(1))))
        self.add(store, person(2))
        again = self.send(store, batch("x", Create(person(3)), Create(person(4))))
        assert again == Receipt(first.batch, 1, 1, 0, 0, first.state, again=True)
        assert store.count_of(Contact) == 2

    def test_an_empty_batch_is_a_batch(self, store: Store) -> None:
        """A batch without changes is numbered and remembered like any other."""
        receipt = self.write(store)
        assert (receipt.number, receipt.created, store.position()) == (1, 0, 1)
        assert store.header(receipt.batch) is not None

    def test_a_header_holds_all_that_was_said(self, store: Store) -> None:
        """Actor, time, reason, kind, facts, what it undoes, and the counts."""
        first = self.add(store, person(1))
        at = datetime(2026, 7, 1, 9, 30, 15, 123_000, timezone(timedelta(hours=1)))
        facts = {"file": "ŵyl 2025.csv", "rows": 12, "kinds": {"visit": 3}, "list": ["a", 1, None], "ok": True}
        receipt = self.write(
            store, Create(person(2)), actor="Siân", at=at, reason="Mewnforio 'r ffeil", kind="import", facts=facts,
            undoes=first.batch,
        )  # fmt: skip
        header = store.header(receipt.batch)
        assert header is not None
        assert (header.id, header.number, header.actor, header.at) == (receipt.batch, 2, "Siân", at)
        assert (header.reason, header.kind, header.undoes) == ("Mewnforio 'r ffeil", "import", first.batch)
        assert dict(header.facts) == facts
        assert (header.created, header.edited, header.deleted) == (1, 0, 0)

    def test_headers_come_newest_first(self, store: Store) -> None:
        """The history begins with what happened last, equal instants or not."""
        for number in (1, 2, 3):
            self.add(store, person(number), reason=f"r{number}", at=NOON - timedelta(days=number))
        assert [header.reason for header in store.headers()] == ["r3", "r2", "r1"]

    def test_headers_from_a_place_on(self, store: Store) -> None:
        """History can be turned page by page, by number."""
        for number in range(1, 6):
            self.add(store, person(number))
        assert [header.number for header in store.headers(before=4)] == [3, 2, 1]
        assert list(store.headers(before=1)) == []

    def test_header_of_an_unknown_batch(self, store: Store) -> None:
        """An unknown batch has none."""
        self.add(store, person(1))
        assert store.header(numbered(99)) is None

    def test_one_header_is_as_in_the_list(self, store: Store) -> None:
        """One batch asked for alone is the same as in the list."""
        receipts = [self.add(store, person(number)) for number in (1, 2)]
        assert [store.header(receipt.batch) for receipt in reversed(receipts)] == list(store.headers())

    def test_changes_come_before_blocks(self, store: Store) -> None:
        """The rows of a block may belong to a contact that the same batch creates."""
        self.write(store, Create(person(1)), blocks=[Block.of([happened(11, person(1))])])
        assert ids(store.owned(Interaction, [numbered(1)])) == [numbered(11)]

    def test_changes_may_be_any_iterable(self, store: Store) -> None:
        """Changes and blocks need not be lists: they may be made as they are read."""

        class Many:
            def __iter__(self):  # type: ignore[no-untyped-def]
                return (Create(person(number)) for number in range(1, 1501))

        class Blocks:
            def __iter__(self):  # type: ignore[no-untyped-def]
                return (Block.of([taken(2000 + number)]) for number in range(5))

        receipt = self.send(store, replace(batch("many"), changes=Many(), blocks=Blocks()))
        assert (receipt.created, store.count_of(Contact), store.count_of(Takings)) == (1505, 1500, 5)

    def test_origin_is_the_creating_batch(self, store: Store) -> None:
        """Every record knows the batch that created it, however it came."""
        self.add(store, person(1))
        self.write(store, Create(person(2)), blocks=[Block.of([happened(11, person(1))])])
        assert store.origin(Contact, [numbered(1), numbered(2), numbered(3)]) == {numbered(1): 1, numbered(2): 2}
        assert store.origin(Interaction, [numbered(11)]) == {numbered(11): 2}

    def test_origin_stays_after_an_edit(self, store: Store) -> None:
        """An edit does not make a record anew."""
        self.add(store, person(1))
        self.write(store, Edit("contact", numbered(1), {"note": (None, "x"), "tags": ((), ())}))
        assert store.origin(Contact, [numbered(1)]) == {numbered(1): 1}

    def test_origin_of_a_record_created_again(self, store: Store) -> None:
        """A record that came back belongs to the batch that brought it back."""
        self.add(store, person(1))
        self.write(store, Delete(person(1)))
        assert store.origin(Contact, [numbered(1)]) == {}
        self.add(store, person(1))
        assert store.origin(Contact, [numbered(1)]) == {numbered(1): 3}

    def test_created_lists_what_a_batch_made(self, store: Store) -> None:
        """In the types' order, then by id; changes and blocks alike."""
        self.add(store, person(5))
        receipt = self.write(
            store, Create(Segment(id=numbered(4))), Create(person(2)), Create(person(1)),
            blocks=[Block.of([happened(13, person(1)), happened(12, person(1))])],
        )  # fmt: skip
        made = [(Contact, 1), (Contact, 2), (Interaction, 12), (Interaction, 13), (Segment, 4)]
        assert list(store.created(receipt.batch)) == [(type, numbered(number)) for type, number in made]
        assert dict(store.count_created(receipt.batch)) == Counter(type for type, _ in made)

    def test_created_leaves_out_what_has_gone(self, store: Store) -> None:
        """Only what still exists."""
        receipt = self.add(store, person(1), person(2))
        self.write(store, Delete(person(1)))
        assert list(store.created(receipt.batch)) == [(Contact, numbered(2))]

    def test_created_keeps_what_was_edited(self, store: Store) -> None:
        """What was edited since was still created by its batch."""
        receipt = self.add(store, person(1))
        self.write(store, Edit("contact", numbered(1), {"note": (None, "x")}))
        assert list(store.created(receipt.batch)) == [(Contact, numbered(1))]

    def test_created_by_an_unknown_batch(self, store: Store) -> None:
        """An unknown batch made nothing."""
        self.add(store, person(1))
        assert list(store.created(numbered(99))) == []
        assert not store.count_created(numbered(99))

    def test_ids_of_failed_batches_leave_no_gap(self, store: Store) -> None:
        """A refused batch uses up no number."""
        self.add(store, person(1))
        with pytest.raises(Conflict):
            self.add(store, person(1))
        assert self.add(store, person(2)).number == 2
        assert one(store, person(2)) == person(2)
