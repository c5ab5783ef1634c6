"""Match keys: by what a contact is recognised, kept in step with every change of it."""

from __future__ import annotations

from perthyn.changes import Delete, Edit
from perthyn.model import Address, Contact, Email, ExternalId, Phone
from perthyn.model.identity import id_key, match_keys
from perthyn.store import Store
from perthyn.testing.suite.base import StoreCases, numbered, one, person
from perthyn.testing.suite.writing import SIAN

ALL_WAYS = person(
    1, "Siân Puw", given="Siân", family="Puw", emails=(Email(address="S@x.cymru"),),
    phones=(Phone.of("07700 900123"),), addresses=(Address(postcode="sy20 8xx"),),
    external_ids=(ExternalId(source="mailchimp", external="7"),),
)  # fmt: skip


class KeyCases(StoreCases):
    """What match keys find."""

    def test_every_key_finds_its_contact(self, store: Store) -> None:
        """All keys of a contact, decisive and suggesting, lead to it."""
        self.add(store, ALL_WAYS, SIAN.model_copy(update={"id": numbered(2), "phones": ()}))
        keys = match_keys(ALL_WAYS)
        assert len(keys) == 6
        assert store.keyed(keys) == dict.fromkeys(keys, (numbered(1),))

    def test_unknown_keys_are_left_out(self, store: Store) -> None:
        """Keys that nobody has are not answered."""
        self.add(store, ALL_WAYS)
        assert store.keyed(["e\x1fnobody@x", "", id_key("mailchimp", "8")]) == store.keyed([]) == {}

    def test_shared_keys_find_everybody(self, store: Store) -> None:
        """Families share an address: all who have a key are told, in id order."""
        for number in (3, 1, 2):
            self.add(store, person(number, f"P{number}", emails=(Email(address="f@x.cymru"),)))
        assert store.keyed(["e\x1ff@x.cymru"]) == {"e\x1ff@x.cymru": (numbered(1), numbered(2), numbered(3))}

    def test_a_key_twice_over_finds_once(self, store: Store) -> None:
        """Somebody with two addresses under one postcode has its key once."""
        addresses = (Address(lines="a", postcode="SY20 8XX"), Address(lines="b", postcode="sy208xx"))
        ann = person(1, given="Ann", family="Puw", addresses=addresses)
        self.add(store, ann)
        assert set(store.keyed(match_keys(ann)).values()) == {(numbered(1),)}

    def test_keys_follow_an_edit(self, store: Store) -> None:
        """After an edit of any field a key is made of, the old keys find nobody and the new ones do."""
        self.add(store, ALL_WAYS)
        new = Email(address="new@x.cymru")
        edit = {
            "name": ("Siân Puw", "Siân Rees"), "family": ("Puw", "Rees"),
            "emails[s@x.cymru]": (ALL_WAYS.emails[0], None), "emails[new@x.cymru]": (None, new),
        }  # fmt: skip
        self.write(store, Edit("contact", numbered(1), edit))
        now = match_keys(one(store, ALL_WAYS))  # type: ignore[arg-type]
        assert set(store.keyed(match_keys(ALL_WAYS) | now)) == now
        assert len(now - match_keys(ALL_WAYS)) == 4

    def test_keys_follow_each_kind_of_part(self, store: Store) -> None:
        """Taking parts away one by one takes their keys away and no others."""
        self.add(store, ALL_WAYS)
        for name in ("phones", "addresses", "external_ids", "emails"):
            (part,) = getattr(one(store, ALL_WAYS), name)
            self.write(store, Edit("contact", numbered(1), {f"{name}[{part.key}]": (part, None)}))
            now = match_keys(one(store, ALL_WAYS))  # type: ignore[arg-type]
            assert set(store.keyed(match_keys(ALL_WAYS))) == now, name

    def test_keys_stay_after_other_edits(self, store: Store) -> None:
        """An edit of a field no key is made of leaves the keys."""
        self.add(store, ALL_WAYS)
        self.write(store, Edit("contact", numbered(1), {"note": (None, "x")}))
        assert set(store.keyed(match_keys(ALL_WAYS))) == match_keys(ALL_WAYS)

    def test_keys_go_with_their_contact(self, store: Store) -> None:
        """A deleted contact is found by no key; somebody who shares one still is."""
        other = person(2, "Bea", emails=(Email(address="s@x.cymru"),))
        self.add(store, ALL_WAYS, other)
        self.write(store, Delete(ALL_WAYS))
        assert store.keyed(match_keys(ALL_WAYS)) == {"e\x1fs@x.cymru": (numbered(2),)}

    def test_keys_come_back_with_their_contact(self, store: Store) -> None:
        """A contact created again is found again."""
        self.add(store, ALL_WAYS)
        self.write(store, Delete(ALL_WAYS))
        self.add(store, ALL_WAYS)
        assert set(store.keyed(match_keys(ALL_WAYS))) == match_keys(ALL_WAYS)

    def test_many_keys(self, store: Store) -> None:
        """However many keys are asked for at once."""
        self.add(store, *(person(n, f"P{n}", emails=(Email(address=f"p{n}@x"),)) for n in range(1, 701)))
        found = store.keyed(f"e\x1fp{n}@x" for n in range(1500))
        assert found == {f"e\x1fp{n}@x": (numbered(n),) for n in range(1, 701)}
        assert store.count_of(Contact) == 700
