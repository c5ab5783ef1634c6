"""Search: what a person at the desk types, with slips and without accents."""

from __future__ import annotations

import pytest

from perthyn.changes import Delete, Edit
from perthyn.model import Address, Email, ExternalId, Phone, Tag
from perthyn.store import Store
from perthyn.testing.suite.base import StoreCases, numbered, person

PEOPLE = (
    person(1, "Siân Ŵyn-Jones", emails=(Email(address="sian.wyn@example.cymru"),), tags=(Tag(tag="Côr"),)),
    person(2, "Llewelyn Davies", addresses=(Address(town="Machynlleth", postcode="SY20 8XX"),)),
    person(3, "Llywelyn Davies", phones=(Phone.of("07700 900123"),)),
    person(4, "José O'Neill", given="José", family="O'Neill"),
    person(5, "Jo", external_ids=(ExternalId(source="till", external="C-77"),)),
    person(6, "100% Wool Ltd", kind="organisation"),
)  # fmt: skip


class SearchCases(StoreCases):
    """Who is found."""

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("siân", {1}), ("SIAN", {1}), ("wyn", {1}), ("ŵyn jones", {1}), ("jones, sian", {1}),
            ("machynlleth", {2}), ("sy208xx", {2}), ("llewelyn davies", {2, 3}), ("davies", {2, 3}),
            ("07700900123", {3}), ("447700900123", {3}), ("07700", {3}),
            ("sian.wyn@example.cymru", {1}), ("cor", {1}), ("c-77", {5}), ("neill", {4}), ("100", {6}),
        ],
    )  # fmt: skip
    def test_whole_words_and_beginnings(self, store: Store, typed: str, found: set[int]) -> None:
        """Names, towns, postcodes, numbers, addresses, tags and ids are found, accents and case aside."""
        self.add(store, *PEOPLE)
        assert set(store.search(typed)) == {numbered(number) for number in found}

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("davis", {2, 3}), ("daveis", {2, 3}), ("machinlleth", {2}), ("machynletth", {2}), ("macynleth", {2}),
            ("joes", {1, 4}), ("jos", {4}), ("sain", {1}), ("dvis", set()), ("07700900132", set()), ("sia n", set()),
            ("siam", {1}), ("sim", set()), ("wym", set()),
        ],
    )  # fmt: skip
    def test_slips(self, store: Store, typed: str, found: set[int]) -> None:
        """One slip from four letters on, two from eight, a swap of neighbours is one; digits forgive nothing."""
        self.add(store, *PEOPLE)
        assert set(store.search(typed)) == {numbered(number) for number in found}

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("davis mahc", {2}), ("lewelyn mac", {2}), ("davies mcah", {2}), ("machz", {2}), ("mahcy", {2}),
            ("maczz", set()), ("wool lmt", {6}), ("lmt", set()), ("wool tm", set()), ("nachynl", set()),
            ("mahc davis", set()), ("100 wool 1td", set()),
        ],
    )  # fmt: skip
    def test_a_slip_in_a_beginning(self, store: Store, typed: str, found: set[int]) -> None:
        """Where nobody answers, the last word of four letters, or three behind others, may begin with one slip."""
        self.add(store, *PEOPLE)
        assert set(store.search(typed)) == {numbered(number) for number in found}
        assert store.search(typed) == Store.search(store, typed)

    def test_a_beginning_is_forgiven_only_where_nobody_answers(self, store: Store) -> None:
        """Whoever answers as it stands is not joined by those who nearly do."""
        self.add(store, person(1, "Gareth Thomas"), person(2, "Gareth Tudur"), person(3, "Gareth Price"))
        assert store.search("garth tom") == [numbered(1)]
        self.add(store, person(4, "Gareth Tomos"))
        assert store.search("garth tom") == [numbered(4)]

    def test_the_nearest_come_first(self, store: Store) -> None:
        """The same before a beginning before a slip; then by id."""
        names = ["Davis", "Davies", "Daviesson", "Davies", "Davids"]
        self.add(store, *(person(1 + n, name) for n, name in enumerate(names)))
        assert store.search("davies") == [numbered(number) for number in (2, 4, 3, 1, 5)]

    def test_every_word_must_answer(self, store: Store) -> None:
        """More words find fewer people."""
        self.add(store, *PEOPLE)
        assert store.search("davies machynlleth") == [numbered(2)]
        assert store.search("davies nowhere") == []

    def test_nothing_typed_finds_nobody(self, store: Store) -> None:
        """Nor do spaces and commas alone."""
        self.add(store, *PEOPLE)
        assert store.search("") == store.search("  , ") == []

    def test_at_most_so_many(self, store: Store) -> None:
        """No more than the limit, the nearest of all."""
        self.add(store, *(person(n, "Ann Jonas") for n in range(1, 41)), person(50, "Ann Jones"))
        found = store.search("jones", limit=5)
        assert (len(found), found[0]) == (5, numbered(50))
        assert len(store.search("ann")) == 20

    def test_signs_are_signs(self, store: Store) -> None:
        """Signs that mean something to a database mean nothing here."""
        self.add(store, *PEOPLE)
        for typed in ("%", "_", "*", "'", '"', "' OR 1=1 --", "dav%", "d_vies*", "(", "\\"):
            assert len(store.search(typed)) < len(PEOPLE)
        assert store.search("%") == store.search("*") == store.search('"') == []

    def test_search_follows_an_edit(self, store: Store) -> None:
        """A new name is found, the old one no more."""
        self.add(store, *PEOPLE)
        self.write(store, Edit("contact", numbered(5), {"name": ("Jo", "Gwenllian")}))
        assert store.search("gwenllian") == [numbered(5)]
        assert numbered(5) not in store.search("jo")

    def test_search_follows_a_part(self, store: Store) -> None:
        """So with words of addresses, tags and the like."""
        self.add(store, *PEOPLE)
        old = PEOPLE[1].addresses[0]
        new = Address(town="Dolgellau", postcode="LL40 1AA")
        tag = Tag(tag="Xylophone")
        edit = {f"addresses[{old.key}]": (old, None), "tags[xylophone]": (None, tag)}
        self.write(store, Edit("contact", numbered(2), edit))
        self.write(store, Edit("contact", numbered(2), {f"addresses[{new.key}]": (None, new)}))
        assert store.search("machynlleth") == store.search("sy208xx") == []
        assert store.search("dolgellau") == store.search("ll401aa") == store.search("xylophone") == [numbered(2)]

    def test_search_forgets_the_deleted(self, store: Store) -> None:
        """A deleted contact is not found, one created again is."""
        self.add(store, *PEOPLE)
        self.write(store, Delete(PEOPLE[1]))
        assert store.search("davies") == [numbered(3)]
        self.add(store, PEOPLE[1])
        assert store.search("davies") == [numbered(2), numbered(3)]
