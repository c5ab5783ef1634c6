"""Erasing: one contact gone for good, journal included, while undo for others and all that is counted still work."""

from __future__ import annotations

from datetime import date

import pytest

from perthyn.changes import Create, Delete, Edit, Erase
from perthyn.errors import Conflict, Unknown
from perthyn.model import (
    Consent,
    Contact,
    Email,
    Interaction,
    Membership,
    Problem,
    Redirect,
    Relationship,
    Suppression,
    Tag,
)
from perthyn.model.identity import match_keys
from perthyn.store import Store
from perthyn.testing.suite.base import NOON, StoreCases, batch, happened, ids, numbered, one, paid, person, taken

ANN = person(1, "Ann Puw", emails=(Email(address="ann@x.cymru"),), tags=(Tag(tag="Xylophone"),))
BEA = person(2, "Bea Rees", emails=(Email(address="ann@x.cymru"),))


class ErasingCases(StoreCases):
    """What is left of somebody erased: nothing."""

    def test_erasing_takes_the_contact_and_all_it_owns(self, store: Store) -> None:
        """The contact, its interactions, consents and memberships; nobody else's."""
        self.add(
            store, ANN, BEA, happened(11, ANN), happened(12, BEA),
            Consent(id=numbered(13), contact=ANN.id, channel="email", decision="given", recorded=NOON),
            Membership(id=numbered(14), contact=ANN.id, segment=numbered(9), since=NOON),
        )  # fmt: skip
        receipt = self.write(store, Erase(ANN.id))
        assert receipt.deleted == 4
        assert [ids(store.scan(type)) for type in (Contact, Interaction, Consent, Membership)] == [
            [BEA.id], [numbered(12)], [], [],
        ]  # fmt: skip

    def test_erased_are_found_by_nothing(self, store: Store) -> None:
        """Neither by key nor by search nor by source nor by the end of their id; who shares a key still is."""
        self.add(store, ANN, BEA, happened(11, ANN, source="s", source_id="1"))
        self.write(store, Erase(ANN.id))
        assert store.keyed(match_keys(ANN)) == {"e\x1fann@x.cymru": (BEA.id,)}
        assert store.search("ann puw") == store.search("xylophone") == []
        assert store.sourced("s", ["1"]) == {}
        assert store.ending(Contact, ANN.id.hex[-8:]) == []
        assert (store.totals(ANN.id), store.recent(Interaction, ANN.id, 9)) == ([], [])

    def test_erasing_takes_journal_lines(self, store: Store) -> None:
        """No line is left of the contact, nor of what it owns or ever deleted; other lines stay."""
        self.add(store, ANN, BEA, happened(11, ANN), happened(12, ANN), happened(13, BEA))
        self.write(
            store,
            *(Edit("contact", who.id, {"note": (None, "x")}) for who in (ANN, BEA)),
            *(Edit("interaction", numbered(n), {"text": (None, "x")}) for n in (11, 13)),
            Delete(happened(12, ANN)),
        )
        self.write(store, Erase(ANN.id))
        assert [line.id for line in store.journal()] == [BEA.id, numbered(13)]
        assert list(store.journal(contact=ANN.id)) == list(store.journal(records=[ANN.id, numbered(11)])) == []

    def test_erasing_writes_no_line(self, store: Store) -> None:
        """There is nothing to put back: erasing leaves no before-image."""
        self.add(store, ANN)
        receipt = self.write(store, Erase(ANN.id))
        assert list(store.journal()) == list(store.journal(batch=receipt.batch)) == []

    def test_erasing_takes_lines_from_before_a_move(self, store: Store) -> None:
        """A record that came from somebody else is scrubbed of what was written under the other owner."""
        self.add(store, ANN, BEA, happened(11, BEA, text="secret"))
        self.write(store, Edit("interaction", numbered(11), {"text": ("secret", None)}))
        self.write(store, Edit("interaction", numbered(11), {"contact": (BEA.id, ANN.id)}))
        self.write(store, Erase(ANN.id))
        assert list(store.journal()) == []

    def test_erasing_takes_those_merged_into_it(self, store: Store) -> None:
        """The redirects that lead to a contact and the lines of who stood there go too: they are the same person."""
        self.add(store, ANN, BEA, person(3, "Cat"))
        self.write(store, Delete(ANN), Create(Redirect(id=ANN.id, to=BEA.id)))
        self.write(store, Delete(BEA), Create(Redirect(id=BEA.id, to=numbered(3))))
        self.write(store, Erase(numbered(3)))
        assert store.count_of(Redirect) == store.count_of(Contact) == 0
        assert list(store.journal()) == []

    def test_erasing_takes_problems_that_name_it(self, store: Store) -> None:
        """A problem about the contact, or about a pair with it, goes with its lines; one about others stays."""
        problems = [
            Problem(id=numbered(21), code="c.one", at=NOON, contact=ANN.id, raw="Ann Puw"),
            Problem(id=numbered(22), code="c.two", at=NOON, contact=BEA.id, other=ANN.id),
            Problem(id=numbered(23), code="c.three", at=NOON, contact=BEA.id),
        ]
        self.add(store, ANN, BEA, *problems)
        self.write(store, *(Edit("problem", problem.id, {"state": ("open", "done")}) for problem in problems))
        self.write(store, Erase(ANN.id))
        assert ids(store.scan(Problem)) == [numbered(23)]
        assert [line.id for line in store.journal()] == [numbered(23)]

    @pytest.mark.parametrize("field", ["contact", "other"])
    def test_erasing_takes_lines_of_deleted_problems(self, store: Store, field: str) -> None:
        """A problem that named the contact and was deleted before is kept in no line."""
        problem = Problem(id=numbered(21), code="c.one", at=NOON, raw="Ann Puw").model_copy(update={field: ANN.id})
        other = Problem(id=numbered(22), code="c.one", at=NOON, contact=BEA.id)
        self.add(store, ANN, BEA, problem, other)
        self.write(store, Delete(problem), Delete(other))
        self.write(store, Erase(ANN.id))
        assert [line.id for line in store.journal()] == [numbered(22)]

    def test_erasing_leaves_those_linked_intact(self, store: Store) -> None:
        """Somebody related to the contact keeps their record as it is."""
        bea = person(2, "Bea", relationships=(Relationship(kind="partner", other=ANN.id),))
        self.add(store, ANN, bea)
        self.write(store, Erase(ANN.id))
        assert one(store, bea) == bea

    def test_undo_for_others_still_works(self, store: Store) -> None:
        """Lines of others in the same batches stay, in order, and can be put back."""
        self.add(store, ANN, BEA)
        batch_of_both = self.write(store, *(Edit("contact", who.id, {"note": (None, "x")}) for who in (ANN, BEA)))
        self.write(store, Erase(ANN.id))
        (line,) = store.journal(batch=batch_of_both.batch)
        assert (line.id, dict(line.before)) == (BEA.id, {"note": None})
        self.write(store, Edit("contact", BEA.id, {"note": ("x", None)}))
        assert one(store, BEA) == BEA

    def test_batches_stay_in_the_history(self, store: Store) -> None:
        """Headers keep their numbers and counts; what a batch created no longer lists the erased."""
        receipt = self.add(store, ANN, BEA, happened(11, ANN))
        self.write(store, Erase(ANN.id), kind="erase")
        header = store.header(receipt.batch)
        assert header is not None and header.created == 3
        assert list(store.created(receipt.batch)) == [(Contact, BEA.id)]
        assert [header.number for header in store.headers()] == [2, 1]
        assert store.origin(Contact, [ANN.id]) == {}

    def test_takings_stay_when_somebody_is_erased(self, store: Store) -> None:
        """What is about nobody stays counted, and so do others' totals."""
        self.add(store, ANN, BEA, paid(11, ANN, 5), paid(12, BEA, 70), taken(13, amount=3, currency="GBP"))
        self.write(store, Erase(ANN.id))
        assert [total.amount for total in store.totals(BEA.id)] == [70]
        assert store.tally(Interaction, currency="GBP")[0].amount == 70
        assert store.count_of(type(taken(13))) == 1

    def test_suppressions_outlive_erasure(self, store: Store) -> None:
        """A hash of the address, written in the same batch, stays."""
        self.add(store, ANN)
        hashed = Suppression(id=numbered(21), address_hash="ab", channel="email", why="erased", recorded=NOON)
        self.write(store, Create(hashed), Erase(ANN.id))
        assert list(store.scan(Suppression)) == [hashed]

    def test_erasing_an_unknown_contact(self, store: Store) -> None:
        """Nobody there, nothing done: ``store.contact.unknown``; a second time too."""
        self.add(store, ANN, BEA)
        self.write(store, Erase(ANN.id))
        for number in (1, 9):
            with pytest.raises(Unknown) as caught:
                self.write(store, Erase(BEA.id), Erase(numbered(number)))
            assert caught.value.code == "store.contact.unknown"
        assert (store.position(), store.count_of(Contact)) == (2, 1)

    def test_erasing_is_all_or_nothing(self, store: Store) -> None:
        """A conflict after an erasure in the same batch brings everything back, lines and keys too."""
        self.add(store, ANN, BEA, happened(11, ANN, source="s", source_id="1"))
        self.write(store, Edit("contact", ANN.id, {"note": (None, "x")}))
        with pytest.raises(Conflict):
            self.write(store, Erase(ANN.id), Edit("contact", BEA.id, {"name": ("wrong", "x")}))
        assert len(list(store.journal())) == 1
        assert set(store.keyed(match_keys(ANN))) == match_keys(ANN)
        assert set(store.sourced("s", ["1"])) == {"1"}
        assert (one(store, ANN).value_at("note"), store.count_of(Interaction)) == ("x", 1)

    def test_erasing_is_applied_once(self, store: Store) -> None:
        """The same erasure sent again answers its receipt."""
        self.add(store, ANN)
        sent = batch("erase", Erase(ANN.id))
        self.send(store, sent)
        assert self.send(store, sent).again

    def test_an_erased_id_starts_afresh(self, store: Store) -> None:
        """A contact created under an erased id has nothing of the old."""
        self.add(store, ANN, paid(11, ANN, 5, date(2020, 1, 1)))
        self.write(store, Erase(ANN.id))
        self.add(store, Contact(id=ANN.id))
        assert one(store, ANN) == Contact(id=ANN.id)
        assert (store.totals(ANN.id), list(store.journal(contact=ANN.id))) == ([], [])
