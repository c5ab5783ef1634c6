"""Conflicts: what does not fit is refused whole, and the refusal says what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from perthyn.changes import Batch, Block, Change, Create, Delete, Edit
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.model import Contact, Email, ExternalId, Interaction, Phone, Record, Tag, Takings
from perthyn.store import Store
from perthyn.testing.suite.base import DAY, NOON, StoreCases, batch, happened, numbered, one, person, taken
from perthyn.testing.suite.writing import SIAN


class ConflictCases(StoreCases):
    """What a store refuses, and that a refused batch leaves no trace."""

    def refused(self, store: Store, error: type[Exception], *changes: Change, **about: Any) -> Any:
        """The batch is refused with this error and nothing at all has changed; answers the error."""
        before = _everything(store)
        with pytest.raises(error) as caught:
            self.write(store, *changes, **about)
        assert _everything(store) == before
        return caught.value

    def test_value_that_no_longer_holds(self, store: Store) -> None:
        """An edit whose expected value is not there is refused with ``store.conflict``."""
        self.add(store, person(1, "Ann"))
        error = self.refused(store, Conflict, Edit("contact", numbered(1), {"name": ("Bea", "Cat")}))
        assert error.code == "store.conflict"

    def test_conflict_names_path_and_both_values(self, store: Store) -> None:
        """A conflict says which record and path, what was expected and what was found."""
        self.add(store, person(1, "Ann"))
        facts = self.refused(store, Conflict, Edit("contact", numbered(1), {"name": ("Bea", "Cat")})).facts
        assert str(facts["record"]) == str(numbered(1))
        assert (facts["path"], facts["expected"], facts["found"]) == ("name", "Bea", "Ann")

    def test_conflict_names_who_wrote_the_other_value(self, store: Store) -> None:
        """A conflict names the last actor who changed that very field."""
        self.add(store, person(1, "Ann"), actor="ann")
        self.write(store, Edit("contact", numbered(1), {"name": ("Ann", "Bea")}), actor="bea")
        self.write(store, Edit("contact", numbered(1), {"note": (None, "x")}), actor="cat")
        late = Edit("contact", numbered(1), {"name": ("Ann", "Dee")})
        assert self.refused(store, Conflict, late, actor="dee").facts["actor"] == "bea"

    def test_conflict_with_a_value_never_edited_names_its_creator(self, store: Store) -> None:
        """Where nobody has edited the field, the actor is whoever created the record."""
        self.add(store, person(1, "Ann"), actor="bea")
        late = Edit("contact", numbered(1), {"name": (None, "Dee")})
        assert self.refused(store, Conflict, late, actor="dee").facts["actor"] == "bea"

    def test_a_conflict_leaves_nothing_of_its_batch(self, store: Store) -> None:
        """What stands before the conflict in the batch has not happened either."""
        self.add(store, person(1, "Ann"), happened(11, person(1)))
        self.refused(
            store,
            Conflict,
            Create(person(2)),
            Edit("contact", numbered(1), {"note": (None, "x")}),
            Delete(happened(11, person(1))),
            Edit("contact", numbered(1), {"name": ("nobody", "Bea")}),
        )

    def test_a_conflict_in_a_block_leaves_nothing(self, store: Store) -> None:
        """A row that cannot be takes the whole batch with it, changes and blocks."""
        self.add(store, person(1), happened(11, person(1)))
        rows = Block.of([happened(12, person(1)), happened(11, person(1))])
        self.refused(store, Conflict, Create(person(2)), blocks=[rows])

    def test_one_stale_path_of_two_changes_neither(self, store: Store) -> None:
        """An edit is taken whole or not at all."""
        self.add(store, person(1, "Ann"))
        self.refused(store, Conflict, Edit("contact", numbered(1), {"note": (None, "x"), "name": ("Z", "Y")}))

    def test_changes_that_fail_while_read_leave_nothing(self, store: Store) -> None:
        """Where reading the batch itself breaks off, nothing has happened."""

        class Broken(Exception):
            pass

        class Breaking:
            def __iter__(self) -> Iterator[Change]:
                yield Create(person(1))
                raise Broken

        with pytest.raises(Broken):
            store.apply(Batch(numbered(99), "ann", NOON, changes=Breaking()))
        assert (store.position(), store.count_of(Contact)) == (0, 0)

    def test_refused_batch_can_be_sent_again(self, store: Store) -> None:
        """A refused batch id is not used up."""
        first = batch("x", Edit("contact", numbered(1), {"name": ("Ann", "Bea")}))
        with pytest.raises(Unknown):
            store.apply(first)
        self.add(store, person(1, "Ann"))
        assert not self.send(store, first).again
        assert one(store, person(1)).value_at("name") == "Bea"

    def test_part_changed_since(self, store: Store) -> None:
        """A part that is not as expected is a conflict."""
        self.add(store, SIAN)
        old = SIAN.emails[1]
        assert not old.preferred
        wrong = old.model_copy(update={"preferred": True})
        self.refused(store, Conflict, Edit("contact", SIAN.id, {f"emails[{old.key}]": (wrong, None)}))

    def test_part_added_since(self, store: Store) -> None:
        """A part where none was expected is a conflict."""
        self.add(store, person(1, tags=(Tag(tag="Choir"),)))
        self.refused(store, Conflict, Edit("contact", numbered(1), {"tags[choir]": (None, Tag(tag="choir"))}))

    def test_part_removed_since(self, store: Store) -> None:
        """A part that is no longer there is a conflict."""
        self.add(store, person(1))
        self.refused(store, Conflict, Edit("contact", numbered(1), {"tags[choir]": (Tag(tag="choir"), None)}))

    def test_spelling_is_part_of_the_expected_value(self, store: Store) -> None:
        """Expected values are compared as written: no folding, no trimming."""
        self.add(store, person(1, "Tŷ"))
        for near in ("tŷ", "Ty", "Tŷ ", "Ty\u0302"):
            self.refused(store, Conflict, Edit("contact", numbered(1), {"name": (near, "x")}))

    def test_created_id_that_is_there(self, store: Store) -> None:
        """An id can be created once: ``store.exists``."""
        self.add(store, person(1, "Ann"))
        assert self.refused(store, Conflict, Create(person(1, "Bea"))).code == "store.exists"

    def test_one_id_created_twice_in_a_batch(self, store: Store) -> None:
        """Nor twice in one batch."""
        self.refused(store, Conflict, Create(person(1, "Ann")), Create(person(1, "Ann")))

    def test_source_id_that_is_there(self, store: Store) -> None:
        """One (source, source_id) names one record: ``store.exists``."""
        self.add(store, person(1), happened(11, person(1), source="till", source_id="1"))
        again = happened(12, person(1), source="till", source_id="1")
        assert self.refused(store, Conflict, Create(again)).code == "store.exists"

    def test_source_id_twice_in_a_batch(self, store: Store) -> None:
        """Nor may one batch bring a source's id twice."""
        self.refused(store, Conflict, *(Create(taken(n, source="till", source_id="1")) for n in (11, 12)))

    def test_source_id_of_another_type(self, store: Store) -> None:
        """A source's id names one record over all types: a line is takings or an interaction, never both."""
        self.add(store, person(1), taken(11, source="till", source_id="1"))
        self.refused(store, Conflict, Create(happened(12, person(1), source="till", source_id="1")))

    def test_source_id_taken_by_an_edit(self, store: Store) -> None:
        """An edit cannot take a source's id that names another record."""
        self.add(store, taken(11, source="till", source_id="1"), taken(12, source="till", source_id="2"))
        self.refused(store, Conflict, Edit("takings", numbered(12), {"source_id": ("2", "1")}))

    def test_deleting_what_has_changed(self, store: Store) -> None:
        """A record is deleted only as it was seen."""
        self.add(store, person(1, "Ann"))
        self.write(store, Edit("contact", numbered(1), {"note": (None, "x")}))
        assert self.refused(store, Conflict, Delete(person(1, "Ann"))).facts["path"] == "note"

    def test_deleting_what_has_changed_in_a_part(self, store: Store) -> None:
        """Parts count too when a record is deleted."""
        self.add(store, person(1, tags=(Tag(tag="a"), Tag(tag="b"))))
        self.refused(store, Conflict, Delete(person(1, tags=(Tag(tag="a"),))))

    def test_deleting_a_contact_that_owns_something(self, store: Store) -> None:
        """A contact goes only when nothing belongs to it any more: ``store.contact.owns``."""
        self.add(store, person(1), happened(11, person(1)))
        assert self.refused(store, Conflict, Delete(person(1))).code == "store.contact.owns"

    def test_a_contact_goes_after_its_records(self, store: Store) -> None:
        """Owned records first, then the contact, in one batch."""
        self.add(store, person(1), happened(11, person(1)))
        self.write(store, Delete(happened(11, person(1))), Delete(person(1)))
        assert store.count_of(Contact) == store.count_of(Interaction) == 0

    def test_edit_of_a_record_that_is_not_there(self, store: Store) -> None:
        """Editing nothing is an error that names the id."""
        error = self.refused(store, Unknown, Edit("contact", numbered(1), {"name": (None, "x")}))
        assert (error.code, error.facts["name"]) == ("store.record.unknown", str(numbered(1)))

    def test_delete_of_a_record_that_is_not_there(self, store: Store) -> None:
        """Deleting nothing is an error."""
        assert self.refused(store, Unknown, Delete(person(1))).code == "store.record.unknown"

    def test_edit_of_an_unknown_type(self, store: Store) -> None:
        """A type the store was not opened with is an error that names it."""
        error = self.refused(store, Unknown, Edit("contakt", numbered(1), {"name": (None, "x")}))
        assert (error.code, error.facts["name"], error.facts["suggestion"]) == (
            "store.type.unknown",
            "contakt",
            "contact",
        )

    def test_create_of_an_unknown_type(self, store: Store) -> None:
        """Records of a plugin that is not there are refused, not dropped."""

        class Kite(Record):
            type_name = "kite"

        assert self.refused(store, Unknown, Create(Kite(id=numbered(1)))).code == "store.type.unknown"

    def test_edit_of_an_unknown_path(self, store: Store) -> None:
        """A path that the type does not have is an error that names it."""
        self.add(store, person(1))
        error = self.refused(store, PerthynError, Edit("contact", numbered(1), {"nickname": (None, "x")}))
        assert (error.code, error.facts["path"]) == ("record.path.unknown", "nickname")

    def test_edit_of_what_stays(self, store: Store) -> None:
        """Neither an id nor a part's key can be edited: ``record.path.fixed``; it could not be taken back."""
        self.add(store, person(1))
        for path, value in (("id", numbered(2)), ("tags[choir]", Tag(tag="band"))):
            edit = Edit("contact", numbered(1), {path: (person(1).value_at(path), value)})
            assert self.refused(store, PerthynError, edit).code == "record.path.fixed"

    def test_interaction_of_nobody(self, store: Store) -> None:
        """An owned record needs its contact to be there: ``store.contact.unknown``."""
        assert self.refused(store, Unknown, Create(happened(11, person(1)))).code == "store.contact.unknown"

    def test_block_of_nobody(self, store: Store) -> None:
        """So do the rows of a block."""
        self.add(store, person(1))
        rows = Block.of([happened(11, person(1)), happened(12, person(2))])
        assert self.refused(store, Unknown, blocks=[rows]).code == "store.contact.unknown"

    def test_moving_to_nobody(self, store: Store) -> None:
        """An edit cannot hand a record to a contact that is not there."""
        self.add(store, person(1), happened(11, person(1)))
        self.refused(store, Unknown, Edit("interaction", numbered(11), {"contact": (numbered(1), numbered(2))}))

    def test_edit_to_a_value_outside_the_domain(self, store: Store) -> None:
        """An edit is held to the same value domain as a record."""
        self.add(store, person(1, "Ann"), taken(11))
        errors = (ValidationError, PerthynError)
        for text in ("a\x00b", "a\ud800b", "x" * 50_001, 7):
            self.refused(store, errors, Edit("contact", numbered(1), {"name": ("Ann", text)}))  # type: ignore[arg-type]
        wrong: list[tuple[str, Any, Any]] = [
            ("amount", None, 2**53 + 1), ("amount", None, 1.5), ("day", DAY, None), ("kind", "purchase", None),
        ]  # fmt: skip
        for path, was, value in wrong:
            self.refused(store, errors, Edit("takings", numbered(11), {path: (was, value)}))  # type: ignore[arg-type]


class DistinctCases(ConflictCases):
    """A distinct batch creates nobody whom the store already knows."""

    def test_distinct_and_same_email_and_name(self, store: Store) -> None:
        """E-mail and name of a known contact, however spelt, make a distinct batch stale."""
        self.add(store, person(1, "Siân Puw", emails=(Email(address="s@x.cymru"),)))
        twin = person(2, "SIAN  PUW", emails=(Email(address="S@X.CYMRU"),))
        assert self.refused(store, Stale, Create(twin), distinct=True).code == "store.stale"

    def test_distinct_and_same_phone_and_name(self, store: Store) -> None:
        """So do phone and name."""
        self.add(store, person(1, "Siân Puw", phones=(Phone.of("07700 900123"),)))
        self.refused(store, Stale, Create(person(2, "Sian Puw", phones=(Phone.of("+44 7700 900123"),))), distinct=True)

    def test_distinct_and_same_external_id(self, store: Store) -> None:
        """So does the id at a source, whatever the name."""
        known = (ExternalId(source="mailchimp", external="7"),)
        self.add(store, person(1, "Ann", external_ids=known))
        self.refused(store, Stale, Create(person(2, "Bea", external_ids=known)), distinct=True)

    def test_distinct_and_same_source_id(self, store: Store) -> None:
        """A row that somebody else has stored since makes a distinct batch stale, not conflicting."""
        self.add(store, taken(11, source="till", source_id="1"))
        self.refused(store, Stale, Create(taken(12, source="till", source_id="1")), distinct=True)

    def test_distinct_rows_of_a_block(self, store: Store) -> None:
        """The rows of a block are held to it too."""
        self.add(store, taken(11, source="till", source_id="1"))
        rows = Block.of([taken(12, source="till", source_id="2"), taken(13, source="till", source_id="1")])
        self.refused(store, Stale, blocks=[rows], distinct=True)

    def test_distinct_lets_families_share_an_address(self, store: Store) -> None:
        """E-mail alone decides nothing."""
        self.add(store, person(1, "Ann", emails=(Email(address="f@x.cymru"),)))
        self.add(store, person(2, "Bea", emails=(Email(address="f@x.cymru"),)), distinct=True)
        assert store.count_of(Contact) == 2

    def test_distinct_after_the_twin_has_gone(self, store: Store) -> None:
        """A deleted contact stands in nobody's way."""
        ann = person(1, "Ann", emails=(Email(address="a@x.cymru"),))
        self.add(store, ann)
        self.write(store, Delete(ann))
        self.add(store, person(2, "Ann", emails=(Email(address="a@x.cymru"),)), distinct=True)
        assert store.count_of(Contact) == 1

    def test_distinct_lets_a_row_be_made_anew(self, store: Store) -> None:
        """A source's id set free by the batch itself may be taken again by it."""
        line = taken(11, source="till", source_id="1")
        self.add(store, person(1), line)
        row = happened(12, person(1), source="till", source_id="1")
        self.write(store, Delete(line), Create(row), distinct=True)
        assert store.sourced("till", ["1"])["1"].id == row.id

    def test_other_batches_may_create_twins(self, store: Store) -> None:
        """Only a distinct batch minds twins."""
        for number in (1, 2):
            self.add(store, person(number, "Ann", emails=(Email(address="a@x.cymru"),)))
        assert store.count_of(Contact) == 2

    def test_since_and_somebody_wrote(self, store: Store) -> None:
        """A batch that rests on an earlier position is stale, whatever has been written since; nothing is stored."""
        self.add(store, person(1, "Ann"))
        seen = store.position()
        self.add(store, person(2, "Bea"))
        assert self.refused(store, Stale, Create(person(3, "Cat")), since=seen).code == "store.moved_on"

    def test_since_and_nobody_wrote(self, store: Store) -> None:
        """It is applied where nothing has, and answers its first receipt ever after."""
        self.add(store, person(1, "Ann"))
        sent = batch("since", Create(person(2, "Bea")), since=store.position())
        assert not self.send(store, sent).again
        assert self.send(store, sent).again


def _everything(store: Store) -> list[Any]:
    """All that can be seen of a store, to tell that nothing has changed."""
    contacts = list(store.scan(Contact))
    keys = store.keyed(["e\x1ff@x.cymru", "e\x1fa@x.cymru", "e\x1fs@x.cymru"])
    sources = {source: store.sourced(source, ["1", "2"]) for source in ("till", "form")}
    totals = [store.totals(one.id) for one in contacts]
    records = [list(store.scan(type)) for type in (Contact, Interaction, Takings)]
    counts = [store.count_of(type) for type in store.types.values()]
    tallies = store.tally(Interaction, ["kind"], until=date.max)
    return [
        store.position(),
        records,
        counts,
        list(store.journal()),
        list(store.headers()),
        keys,
        sources,
        totals,
        tallies,
    ]
