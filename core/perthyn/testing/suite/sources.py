"""Sources: a sender's id names one record, so that a delivery repeated is recognised."""

from __future__ import annotations

from perthyn.changes import Create, Delete, Edit
from perthyn.model import Consent, Contact, ExternalId, Interaction, Record
from perthyn.store import Sourced, Store
from perthyn.testing.suite.base import NOON, StoreCases, happened, numbered, person, taken


class SourceCases(StoreCases):
    """What (source, source_id) finds."""

    def test_sourced_records_of_every_type(self, store: Store) -> None:
        """Interactions, takings and consents are found alike, with type, owner and fingerprint."""
        consent = Consent(
            id=numbered(13), contact=numbered(1), channel="email", decision="given", recorded=NOON, source="s",
            source_id="3", delivered=-9,
        )  # fmt: skip
        visit = happened(11, person(1), source="s", source_id="1", delivered=2**53)
        self.add(store, person(1), visit, taken(12, source="s", source_id="2"), consent)
        assert store.sourced("s", ["1", "2", "3", "4"]) == {
            "1": Sourced("interaction", numbered(11), numbered(1), 2**53),
            "2": Sourced("takings", numbered(12), None, None),
            "3": Sourced("consent", numbered(13), numbered(1), -9),
        }

    def test_a_source_id_is_of_its_source(self, store: Store) -> None:
        """Two accounts may use the same ids."""
        self.add(store, taken(11, source="a", source_id="1"), taken(12, source="b", source_id="1"))
        assert store.sourced("a", ["1"])["1"].id == numbered(11)
        assert store.sourced("b", ["1"])["1"].id == numbered(12)
        assert store.sourced("c", ["1"]) == store.sourced("a", []) == {}

    def test_source_ids_are_exact(self, store: Store) -> None:
        """No folding, no trimming, no numbers: ids are compared as written."""
        written = ["1", "01", "a", "A", "é", "e\u0301", "x ", "x", "1.0"]
        self.add(store, *(taken(11 + n, source="s", source_id=id) for n, id in enumerate(written)))
        found = store.sourced("s", [*written, "É", " x"])
        assert {id: said.id for id, said in found.items()} == {id: numbered(11 + n) for n, id in enumerate(written)}

    def test_sources_are_exact(self, store: Store) -> None:
        """So are the names of accounts."""
        self.add(store, taken(11, source="Till", source_id="1"), taken(12, source="till", source_id="1"))
        assert store.sourced("Till", ["1"])["1"].id == numbered(11)
        assert store.sourced("TILL", ["1"]) == {}

    def test_half_a_name_is_none(self, store: Store) -> None:
        """A source without an id, or an id without a source, names nothing and stands in nobody's way."""
        records: list[Record] = [taken(11, source="s"), taken(12, source="s"), taken(13, source_id="1")]
        self.add(store, *records, taken(14, source_id="1"))
        assert store.sourced("s", ["", "1"]) == {}

    def test_many_source_ids(self, store: Store) -> None:
        """However many are asked for at once."""
        self.add(store, *(taken(n, source="s", source_id=str(n)) for n in range(1, 1301)))
        assert len(store.sourced("s", [str(n) for n in range(2600)])) == 1300

    def test_a_deleted_record_is_not_found_by_its_source(self, store: Store) -> None:
        """What is gone is not known by its source, and the id is free again."""
        line = taken(11, source="s", source_id="1")
        self.add(store, line)
        self.write(store, Delete(line))
        assert store.sourced("s", ["1"]) == {}
        self.add(store, taken(12, source="s", source_id="1"))
        assert store.sourced("s", ["1"])["1"].id == numbered(12)

    def test_an_edited_source_id(self, store: Store) -> None:
        """A new id at the source is known, the old one no more."""
        self.add(store, taken(11, source="s", source_id="1"))
        self.write(store, Edit("takings", numbered(11), {"source_id": ("1", "2")}))
        assert set(store.sourced("s", ["1", "2"])) == {"2"}
        self.write(store, Edit("takings", numbered(11), {"source_id": ("2", None)}))
        assert store.sourced("s", ["1", "2"]) == {}

    def test_an_edited_fingerprint(self, store: Store) -> None:
        """The fingerprint told is that of the last delivery taken in."""
        self.add(store, taken(11, source="s", source_id="1", delivered=1))
        self.write(store, Edit("takings", numbered(11), {"delivered": (1, 2), "amount": (None, 5)}))
        assert store.sourced("s", ["1"])["1"].delivered == 2

    def test_the_owner_told_is_the_owner_now(self, store: Store) -> None:
        """After a record has moved, its source names the new owner."""
        self.add(store, person(1), person(2), happened(11, person(1), source="s", source_id="1"))
        self.write(store, Edit("interaction", numbered(11), {"contact": (numbered(1), numbered(2))}))
        assert store.sourced("s", ["1"])["1"].contact == numbered(2)

    def test_a_till_line_recognised(self, store: Store) -> None:
        """Once a till line has become somebody's, its source names the interaction."""
        line = taken(11, source="s", source_id="1")
        self.add(store, person(1), line)
        self.write(store, Delete(line), Create(happened(12, person(1), source="s", source_id="1")))
        assert store.sourced("s", ["1"])["1"] == Sourced("interaction", numbered(12), numbered(1), None)

    def test_a_contacts_external_id_is_no_source_id(self, store: Store) -> None:
        """A contact's id elsewhere is a match key, and an order may have the same."""
        self.add(store, person(1, external_ids=(ExternalId(source="s", external="1"),)))
        assert store.sourced("s", ["1"]) == {}
        self.add(store, happened(11, person(1), source="s", source_id="1"))
        assert store.sourced("s", ["1"])["1"].type == Interaction.type_name
        assert store.count_of(Contact) == 1
