"""Reading: by id, by owner, all in order; whole pictures; redirects followed."""

from __future__ import annotations

import pytest

from perthyn.changes import Create, Delete, Edit
from perthyn.errors import Unknown
from perthyn.model import CORE_TYPES, Contact, Interaction, Membership, Redirect, Takings
from perthyn.store import Store
from perthyn.testing.suite.base import NOON, StoreCases, happened, ids, numbered, person, taken


class ReadingCases(StoreCases):
    """What is answered by id, by owner and in order."""

    def test_the_store_says_what_it_is(self, store: Store) -> None:
        """Its address, the types it was opened with in their order, and its currency."""
        assert store.address
        assert list(store.types.values()) == list(CORE_TYPES)
        assert all(name == type.type_name for name, type in store.types.items())
        assert len(store.currency) == 3

    def test_get_answers_those_that_exist(self, store: Store) -> None:
        """Unknown ids are left out, an id asked twice is answered once."""
        self.add(store, person(1), person(2))
        found = store.get(Contact, [numbered(2), numbered(9), numbered(2)])
        assert found == {numbered(2): person(2)}
        assert store.get(Contact, []) == {}

    def test_get_is_of_one_type(self, store: Store) -> None:
        """An id of another type is not answered."""
        self.add(store, person(1))
        assert store.get(Takings, [numbered(1)]) == {}

    def test_get_many(self, store: Store) -> None:
        """However many are asked for at once, from any iterable."""
        self.add(store, *(person(n, f"P{n}") for n in range(1, 1301)))
        found = store.get(Contact, (numbered(n) for n in range(1, 2601)))
        assert len(found) == 1300
        assert found[numbered(700)].name == "P700"

    def test_scan_in_id_order(self, store: Store) -> None:
        """All records of a type in id order, whenever they were written."""
        for number in (3, 1, 300, 2, 256):
            self.add(store, taken(number))
        assert ids(store.scan(Takings)) == [numbered(n) for n in (1, 2, 3, 256, 300)]

    def test_owned_types_are_scanned_in_id_order(self, store: Store) -> None:
        """In id order over all owners, too."""
        self.add(store, person(1), person(2))
        self.add(store, *(happened(n, person(1 + n % 2)) for n in (15, 12, 14, 11, 13)))
        assert ids(store.scan(Interaction)) == [numbered(n) for n in range(11, 16)]

    def test_scan_from_a_place_on(self, store: Store) -> None:
        """From the one after `after`, which need not exist."""
        self.add(store, *(taken(n) for n in (1, 2, 4, 5)))
        assert ids(store.scan(Takings, numbered(2))) == [numbered(4), numbered(5)]
        assert ids(store.scan(Takings, numbered(3))) == [numbered(4), numbered(5)]
        assert ids(store.scan(Takings, numbered(5))) == []

    def test_scan_from_a_place_on_of_an_owned_type(self, store: Store) -> None:
        """Also where a store keys a type by its owner."""
        self.add(store, person(1), person(2), *(happened(n, person(1 + n % 2)) for n in range(11, 16)))
        assert ids(store.scan(Interaction, numbered(13))) == [numbered(14), numbered(15)]

    def test_scan_is_one_picture(self, store: Store) -> None:
        """A scan under way sees nothing of what is written meanwhile."""
        before = [person(n, f"P{n}") for n in range(1, 701)]
        self.add(store, *before)
        scan = store.scan(Contact)
        seen = [next(scan)]
        self.write(
            store,
            Delete(before[1]),
            Edit("contact", numbered(650), {"name": ("P650", "new")}),
            Create(person(900)),
        )
        assert [*seen, *scan] == before
        assert store.count_of(Contact) == 700

    def test_a_scan_may_be_left(self, store: Store) -> None:
        """A scan that nobody reads to its end holds nothing up."""
        self.add(store, *(person(n) for n in range(1, 601)))
        next(store.scan(Contact))
        self.add(store, person(601))
        assert store.count_of(Contact) == 601

    def test_owned_is_sorted_by_owner_then_id(self, store: Store) -> None:
        """In the order of owners' ids, whatever the order asked in."""
        self.add(store, *(person(n) for n in (1, 2, 3)))
        self.add(store, *(happened(n, person(who)) for n, who in ((11, 3), (12, 1), (13, 3), (14, 1), (15, 2))))
        found = store.owned(Interaction, [numbered(3), numbered(1)])
        assert [(row.contact, row.id) for row in found] == [
            (numbered(who), numbered(n)) for who, n in ((1, 12), (1, 14), (3, 11), (3, 13))
        ]

    def test_owned_by_nobody(self, store: Store) -> None:
        """No contacts, unknown contacts, contacts without any: nothing. A type without owner: nothing."""
        self.add(store, person(1), taken(11))
        assert list(store.owned(Interaction, [])) == list(store.owned(Interaction, [numbered(1), numbered(9)])) == []
        assert list(store.owned(Takings, [numbered(1)])) == []

    def test_owned_by_a_contact_named_twice(self, store: Store) -> None:
        """Asked for twice, answered once."""
        self.add(store, person(1), happened(11, person(1)))
        assert ids(store.owned(Interaction, [numbered(1), numbered(1)])) == [numbered(11)]

    def test_owned_by_many(self, store: Store) -> None:
        """However many contacts are asked about at once."""
        self.add(store, *(person(n) for n in range(1, 1201)), *(happened(5000 + n, person(n)) for n in range(1, 1201)))
        found = list(store.owned(Interaction, [numbered(n) for n in range(1, 1201)]))
        assert ids(found) == [numbered(5000 + n) for n in range(1, 1201)]

    def test_counts_follow_every_write(self, store: Store) -> None:
        """The number of records of a type is right after each kind of change."""
        counts = []
        for changes in (
            [Create(person(1)), Create(person(2)), Create(taken(11))],
            [Edit("contact", numbered(1), {"note": (None, "x")})],
            [Delete(person(2))],
            [Create(person(2)), Delete(taken(11))],
        ):
            self.write(store, *changes)
            counts.append((store.count_of(Contact), store.count_of(Takings)))
        assert counts == [(2, 1), (2, 1), (1, 1), (2, 0)]

    def test_ids_by_their_ending(self, store: Store) -> None:
        """People may type the end of an id."""
        self.add(store, *(person(n) for n in (0xABC123, 0xFFC123, 0xABC124)))
        assert sorted(store.ending(Contact, "c123")) == [numbered(0xABC123), numbered(0xFFC123)]
        assert store.ending(Contact, "abc124") == [numbered(0xABC124)]
        assert store.ending(Contact, numbered(0xABC124).hex) == [numbered(0xABC124)]
        assert store.ending(Contact, "0abc12") == store.ending(Takings, "abc124") == []

    def test_an_odd_number_of_digits(self, store: Store) -> None:
        """An ending need not be whole bytes."""
        self.add(store, person(0xABC123), person(0xABC223))
        assert store.ending(Contact, "123") == [numbered(0xABC123)]

    def test_endings_know_no_wildcards(self, store: Store) -> None:
        """Signs that are no digits find nothing."""
        self.add(store, person(0xABC123))
        for ending in ("%", "_", "c1_3", "%123", "*", "C12-3", "'", "xyz"):
            assert store.ending(Contact, ending) == []

    def test_at_most_twenty_by_ending(self, store: Store) -> None:
        """Too short an ending is cut off at twenty."""
        self.add(store, *(person(n * 16 + 1) for n in range(1, 31)))
        assert len(store.ending(Contact, "1")) == 20

    def test_facts_of_everybody(self, store: Store) -> None:
        """Contacts in id order with all they own, by type and in id order, and their memberships."""
        member = Membership(id=numbered(21), contact=numbered(1), segment=numbered(9), since=NOON)
        self.add(store, person(2), person(1), happened(12, person(1)), happened(11, person(1)), member)
        first, second = store.facts()
        assert (first.contact, second.contact) == (person(1), person(2))
        assert ids(first.owned["interaction"]) == [numbered(11), numbered(12)]
        assert (first.segments, second.segments) == (frozenset([numbered(9)]), frozenset())
        assert list(second.owned.get("interaction", ())) == []

    def test_facts_of_some(self, store: Store) -> None:
        """Of these contacts only, in id order, each once; unknown ones left out."""
        self.add(store, *(person(n) for n in (1, 2, 3)), happened(11, person(2)))
        found = list(store.facts([numbered(3), numbered(2), numbered(9), numbered(3)]))
        assert [facts.contact.id for facts in found] == [numbered(2), numbered(3)]
        assert ids(found[0].owned["interaction"]) == [numbered(11)]
        assert list(store.facts([])) == []

    def test_facts_of_many(self, store: Store) -> None:
        """Beyond whatever chunk a store reads in, everybody comes once and with their own."""
        self.add(store, *(person(n) for n in range(1, 451)), *(happened(5000 + n, person(n)) for n in range(1, 451)))
        found = [(facts.contact.id, ids(facts.owned["interaction"])) for facts in store.facts()]
        assert found == [(numbered(n), [numbered(5000 + n)]) for n in range(1, 451)]

    def test_resolving_a_contact(self, store: Store) -> None:
        """A contact goes by its own id."""
        self.add(store, person(1))
        assert store.resolve(numbered(1)) == numbered(1)

    def test_resolving_follows_redirects(self, store: Store) -> None:
        """Through every merge."""
        self.add(store, person(3), Redirect(id=numbered(1), to=numbered(2)), Redirect(id=numbered(2), to=numbered(3)))
        assert store.resolve(numbered(1)) == numbered(3)

    def test_resolving_an_unknown_contact(self, store: Store) -> None:
        """``store.contact.unknown``, for an id never seen and for a redirect to nobody."""
        self.add(store, Redirect(id=numbered(1), to=numbered(2)))
        for number in (1, 9):
            with pytest.raises(Unknown) as caught:
                store.resolve(numbered(number))
            assert caught.value.code == "store.contact.unknown"

    def test_resolving_in_a_circle(self, store: Store) -> None:
        """Redirects in a circle end in an error, not in a loop."""
        self.add(store, Redirect(id=numbered(1), to=numbered(2)), Redirect(id=numbered(2), to=numbered(1)))
        with pytest.raises(Unknown):
            store.resolve(numbered(1))

    def test_looking_up_follows_no_redirect(self, store: Store) -> None:
        """`get` answers the ids as they are."""
        self.add(store, person(2), Redirect(id=numbered(1), to=numbered(2)))
        assert store.get(Contact, [numbered(1)]) == {}
