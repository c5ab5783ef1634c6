"""The journal: what each batch changed, as it was before; enough to take anything back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from perthyn.changes import Block, Create, Delete, Edit, JournalLine
from perthyn.model import Contact, Email, Inbound, Interaction, Record, Tag, read_plain
from perthyn.store import Store
from perthyn.testing.suite.base import NOON, StoreCases, happened, ids, numbered, one, paid, person, taken
from perthyn.testing.suite.writing import SIAN, WHOLE


class JournalCases(StoreCases):
    """What the journal holds, and how it is asked."""

    def test_creating_writes_no_line(self, store: Store) -> None:
        """A created record carries its batch's number and costs no line, nor does a row of a block."""
        self.write(store, Create(person(1)), blocks=[Block.of([taken(11)])])
        assert list(store.journal()) == []

    def test_an_edit_writes_what_was_before(self, store: Store) -> None:
        """A line holds the values before, never those after."""
        self.add(store, person(1, "Ann", note="old"))
        receipt = self.write(store, Edit("contact", numbered(1), {"name": ("Ann", "Bea"), "note": ("old", None)}))
        line = JournalLine(
            receipt.batch, 2, "contact", numbered(1), numbered(1), "edit", {"name": "Ann", "note": "old"}, 1
        )
        assert [_said(found) for found in store.journal()] == [_said(line)]

    def test_unknown_before_is_none(self, store: Store) -> None:
        """A field that was unknown and a part that was not there are None in the line."""
        self.add(store, person(1, None))
        edit = {"name": (None, "Ann"), "tags[choir]": (None, Tag(tag="choir"))}
        self.write(store, Edit("contact", numbered(1), edit))
        assert _before(store) == [{"name": None, "tags[choir]": None}]

    def test_a_removed_part_is_kept_whole(self, store: Store) -> None:
        """A part taken away is in the line as it was."""
        self.add(store, SIAN)
        role = SIAN.roles[0]
        self.write(store, Edit("contact", SIAN.id, {f"roles[{role.key}]": (role, None)}))
        (before,) = _before(store)
        assert read_plain(Contact, f"roles[{role.key}]", before[f"roles[{role.key}]"]) == role

    def test_a_whole_list_before(self, store: Store) -> None:
        """A list replaced at once is in the line part by part."""
        self.add(store, SIAN)
        self.write(store, Edit("contact", SIAN.id, {"emails": (SIAN.emails, ())}))
        (before,) = _before(store)
        assert set(read_plain(Contact, "emails", before["emails"])) == set(SIAN.emails)

    def test_values_before_are_canonical(self, store: Store) -> None:
        """Days, instants and ids stand in lines as text, flags and numbers as they are."""
        at = datetime(2026, 7, 1, 9, 30, 15, 7_000, UTC)
        visit = paid(11, SIAN, -50, at=at, came_as=numbered(7))
        self.add(store, SIAN, visit)
        paths = ("at", "day", "amount", "came_as", "channel")
        new = {"at": None, "day": date(2024, 2, 29), "amount": 1, "came_as": None, "channel": "web"}
        self.write(
            store,
            Edit("interaction", visit.id, {path: (visit.value_at(path), new[path]) for path in paths}),
            Edit("contact", SIAN.id, {"deceased": (True, False)}),
        )
        written = {
            "at": "2026-07-01T09:30:15.007Z", "day": "2026-03-01", "amount": -50, "came_as": str(numbered(7)),
            "channel": None,
        }  # fmt: skip
        assert _before(store) == [written, {"deceased": True}]

    def test_a_deleted_record_is_kept_whole(self, store: Store) -> None:
        """Of each core type: what was deleted can be made again from its line, what passes aside."""
        self.add(store, *WHOLE)
        owned_first = sorted(WHOLE, key=lambda record: isinstance(record, Contact))
        self.write(store, *map(Delete, owned_first))
        lines = {(line.type, line.id): line for line in store.journal()}
        assert len(lines) == len(WHOLE)
        for record in WHOLE:
            line = lines[record.type_name, record.id]
            assert (line.action, line.before) == ("delete", {} if record.passes() else record.plain())
            assert record.passes() or _again(type(record), line).digest() == record.digest()

    def test_what_passes_leaves_a_line_without_its_values(self, store: Store) -> None:
        """A job, or what came in, is not kept in the journal when it is gone: nobody takes it back."""
        came = Inbound(id=numbered(11), channel="form", account="main", event="1", why="secret", came=NOON)
        self.add(store, came)
        self.write(store, Edit("inbound", came.id, {"why": ("secret", None)}))
        self.write(store, Delete(came.with_values({"why": None})))
        assert [(line.id, line.action, line.before) for line in store.journal()] == [
            (came.id, "edit", {}), (came.id, "delete", {}),
        ]  # fmt: skip

    def test_a_line_names_the_owner(self, store: Store) -> None:
        """The owning contact; a contact names itself, and takings nobody."""
        self.add(store, person(1), happened(11, person(1)), taken(12))
        self.write(
            store,
            Edit("contact", numbered(1), {"note": (None, "x")}),
            Edit("interaction", numbered(11), {"text": (None, "x")}),
            Edit("takings", numbered(12), {"text": (None, "x")}),
        )
        assert [line.owner for line in store.journal()] == [numbered(1), numbered(1), None]

    def test_a_deleted_records_line_names_its_owner(self, store: Store) -> None:
        """What was deleted can still be found by whose it was."""
        self.add(store, person(1), happened(11, person(1)))
        self.write(store, Delete(happened(11, person(1))), Delete(person(1)))
        assert [line.id for line in store.journal(contact=numbered(1))] == [numbered(11), numbered(1)]

    def test_lines_of_one_batch(self, store: Store) -> None:
        """The journal can be asked by batch; an unknown one has no lines."""
        self.add(store, person(1), person(2))
        receipts = [self.write(store, Edit("contact", numbered(n), {"note": (None, "x")})) for n in (1, 2)]
        assert [line.id for line in store.journal(batch=receipts[1].batch)] == [numbered(2)]
        assert list(store.journal(batch=numbered(99))) == []

    def test_lines_of_some_records(self, store: Store) -> None:
        """The journal can be asked by records; none asked for, none answered."""
        self.add(store, *(person(n) for n in (1, 2, 3)))
        self.write(store, *(Edit("contact", numbered(n), {"note": (None, "x")}) for n in (3, 1, 2)))
        assert {line.id for line in store.journal(records=[numbered(1), numbered(3)])} == {numbered(1), numbered(3)}
        assert list(store.journal(records=[])) == []

    def test_lines_of_many_records(self, store: Store) -> None:
        """However many are asked for at once."""
        self.add(store, *(person(n) for n in range(1, 1301)))
        self.write(store, *(Edit("contact", numbered(n), {"note": (None, "x")}) for n in range(1, 1301)))
        assert len(list(store.journal(records=[numbered(n) for n in range(1, 1301)]))) == 1300

    def test_lines_of_a_contact_and_its_own(self, store: Store) -> None:
        """The history of a contact holds its interactions' lines too, and nobody else's."""
        self.add(store, person(1), person(2), happened(11, person(1)), happened(12, person(2)))
        self.write(
            store,
            Edit("contact", numbered(2), {"note": (None, "x")}),
            Edit("interaction", numbered(11), {"text": (None, "x")}),
            Edit("interaction", numbered(12), {"text": (None, "x")}),
            Edit("contact", numbered(1), {"note": (None, "x")}),
        )
        assert {line.id for line in store.journal(contact=numbered(1))} == {numbered(1), numbered(11)}

    def test_lines_come_in_order(self, store: Store) -> None:
        """In the order of batches, and within a batch of its changes."""
        self.add(store, person(1, "a"), person(2))
        self.write(store, Edit("contact", numbered(1), {"name": ("a", "b")}))
        self.write(
            store,
            Edit("contact", numbered(2), {"note": (None, "x")}),
            Edit("contact", numbered(1), {"name": ("b", "c")}),
        )
        self.write(store, Edit("contact", numbered(1), {"name": ("c", "d")}))
        assert [line.number for line in store.journal()] == [2, 3, 3, 4]
        assert [line.before["name"] for line in store.journal(records=[numbered(1)])] == ["a", "b", "c"]

    def test_edits_can_be_taken_back_from_the_journal(self, store: Store) -> None:
        """Putting the values of a contact's lines back, newest first, gives the record as it was created."""
        self.add(store, SIAN)
        steps: list[dict[str, Any]] = [
            {"name": (SIAN.name, "S"), "emails[sian@example.cymru]": (SIAN.emails[0], None)},
            {"emails[new@x]": (None, Email(address="new@x")), "name": ("S", None), "deceased": (True, False)},
            {"emails[new@x]": (Email(address="new@x"), Email(address="NEW@x")), "tags": (SIAN.tags, ())},
        ]
        for step in steps:
            self.write(store, Edit("contact", SIAN.id, step))
        found = one(store, SIAN)
        for line in reversed(list(store.journal(records=[SIAN.id]))):
            found = found.with_values({path: read_plain(Contact, path, value) for path, value in line.before.items()})
        assert found.digest() == SIAN.digest()

    def test_a_moved_record_remembers_whose_it_was(self, store: Store) -> None:
        """A new owner is an edit like any other: the line holds the old one."""
        self.add(store, person(1), person(2), happened(11, person(1)))
        self.write(store, Edit("interaction", numbered(11), {"contact": (numbered(1), numbered(2))}))
        assert _before(store) == [{"contact": str(numbered(1))}]
        assert ids(store.owned(Interaction, [numbered(2)])) == [numbered(11)]

    def test_lines_carry_the_declarations_version(self, store: Store) -> None:
        """So that an image can pass the same upgrade steps as the records."""
        self.add(store, person(1))
        self.write(store, Edit("contact", numbered(1), {"note": (None, "x")}))
        assert [line.version for line in store.journal()] == [Contact.version]


def _before(store: Store) -> list[dict[str, object]]:
    return [dict(line.before) for line in store.journal()]


def _said(line: JournalLine) -> tuple[object, ...]:
    return (line.batch, line.number, line.type, line.id, line.owner, line.action, dict(line.before), line.version)


def _again(type: type[Record], line: JournalLine) -> Record:
    """The record of a delete line; plain forms leave out what is empty, and pydantic reads the rest."""
    values = {path: read_plain(type, path, value) for path, value in line.before.items()}
    return type.model_validate(values)
