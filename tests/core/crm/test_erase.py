"""Erasure: nothing of her is left, what she did is still counted, and her no is still heard."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Create, Delete, Edit
from perthyn.errors import PerthynError
from perthyn.merging import merge_changes
from perthyn.model import (
    Address,
    Consent,
    Contact,
    Custom,
    ExternalId,
    Interaction,
    Phone,
    Problem,
    Relationship,
    Setting,
    Suppression,
    Tag,
    Takings,
)
from perthyn.model.identity import match_keys, search_words

Office = Any  # the class stands in conftest.py
CANARIES = tuple(f"zanari{letter}" for letter in "abcdefghijkl")
A, B, C, D, E, F, G, H, J, K, L, M = CANARIES


def whole(office: Office) -> Contact:
    """Somebody of whom all there is holds a canary, also what was said of her before and by those merged into her."""
    crm = office.crm
    sian = office.person(
        f"Siân {A}", f"{B}@plas.example", given="Siân", family=A, note=f"likes {C}",
        phones=(Phone.of("07700 900123"),), addresses=(Address(lines=f"1 {D} Street", postcode="SY20 8XX"),),
        tags=(Tag(tag=E),), custom=(Custom(name="own.x", text=F),), external_ids=(ExternalId(source="p", external=G),),
    )  # fmt: skip
    given = {"amount": 500, "source": "till", "source_id": H, "order": H, "event": "Fair"}
    office.did(sian, "donation", **given, text=M, raw=f'{{"x":"{M}"}}')
    office.said(sian, "withdrawn", evidence=J, address=f"{J}@plas.example")
    crm.edit_contact(sian.id, {"name": f"Siân {K}"})
    crm.edit_contact(sian.id, {"name": f"Siân {A}"}, ["note"])
    twin = office.person(f"Twin {L}", f"{L}@plas.example", note=L)
    crm.commit(merge_changes(office.store, office.held(sian), twin, {}), kind="merge")
    office.keep(
        Problem(id=UUID(int=5), code="c.one", contact=twin.id, raw=L, at=office.now),
        Problem(id=UUID(int=6), code="c.two", raw=f"{A}; {B}@plas.example; 30/2/2024", at=office.now),
        Problem(id=UUID(int=7), code="c.three", raw="somebody@else.example", at=office.now),
    )
    return office.held(sian)


@pytest.fixture
def sian(office: Office) -> Contact:
    return whole(office)


def test_nothing_of_her_is_left(office: Office, sian: Contact) -> None:
    huw = office.person("Huw", "huw@plas.example")
    office.did(huw)
    kept = office.held(huw)
    keys, words = match_keys(sian), search_words(sian)
    _, gone = office.crm.erase(sian.id)
    assert gone == {"contact": 1, "interaction": 1, "consent": 1}
    assert list(office.store.scan(Contact)) == [kept]
    assert office.store.keyed(keys) == {}
    assert all(sian.id not in office.store.search(word) for word in words)
    assert list(office.store.journal(contact=sian.id)) == list(office.store.journal(records=[sian.id])) == []
    assert [one.id for one in office.store.scan(Problem)] == [UUID(int=7)]
    headers = list(office.store.headers())
    held = [*office.everything().values(), [repr(one).encode() for one in headers]]
    held += [[repr(one).encode() for one in office.store.journal(batch=header.id)] for header in headers]
    for canary in CANARIES:
        assert not [one for some in held for one in some if canary.encode() in one], canary
    with pytest.raises(PerthynError):
        office.crm.undo_plan(office.crm.batch(str(office.store.position())))


def test_no_byte_of_her_is_left_in_the_files(sqlite: Office) -> None:
    sian = whole(sqlite)
    files = [one for one in sqlite.folder.iterdir() if one.name.startswith("perthyn.sqlite")]
    before = b"".join(one.read_bytes() for one in files)
    assert all(canary.encode() in before for canary in CANARIES[:8]), "the scan can find them"
    sqlite.crm.erase(sian.id)
    for file in sqlite.folder.iterdir():
        data = file.read_bytes().lower()
        assert not [one for one in CANARIES if one.encode() in data or one.encode("utf-16-le") in data], file.name


def test_what_she_did_is_still_counted(office: Office, sian: Contact) -> None:
    office.till("donation", amount=300)
    office.did(sian, "visit", date(2025, 5, 1), site="Castle", party_size=3)

    def totals() -> dict[Any, tuple[int, int]]:
        found: dict[Any, tuple[int, int]] = {}
        for kind in (Interaction, Takings):
            for one in office.store.tally(kind, ["kind", "month", "site", "event"], currency="GBP"):
                count, amount = found.get(one.by, (0, 0))
                found[one.by] = (count + one.count, amount + one.amount)
        return found

    before = totals()
    assert len(before) == 3
    office.crm.erase(sian.id)
    assert totals() == before
    for one in office.store.scan(Takings):
        assert (one.text, one.raw, one.source, one.source_id, one.order, one.delivered) == (None,) * 6


def test_a_till_line_recognised_later_leaves_nothing(office: Office) -> None:
    huw = office.person("Huw")
    line = office.till(amount=500, source="till", source_id="1", raw='{"card":"zanaria"}', text="zanaria")
    told = {name: getattr(line, name) for name in type(line).model_fields}
    office.crm.commit([Delete(line), Create(Interaction(**told, contact=huw.id))], kind="import")
    office.crm.erase(huw.id)
    lines = [repr(one) for header in office.store.headers() for one in office.store.journal(batch=header.id)]
    assert "zanaria" not in "".join(lines) and "zanaria" not in repr(office.everything())


def test_others_are_left_intact_but_for_what_linked_them_to_her(office: Office) -> None:
    sian = office.person()
    huw = office.person("Huw", relationships=(Relationship(kind="partner", other=sian.id),), note="Siân's")
    both = office.person("Mair", tags=(Tag(tag="x"),))
    office.crm.edit_contact(sian.id, {"relationships": (Relationship(kind="parent", other=both.id),)})
    office.crm.erase(sian.id)
    assert office.held(huw) == huw.model_copy(update={"relationships": ()}), "though she had no link to him herself"
    assert office.held(both) == both


def test_undoing_other_batches_still_works(office: Office) -> None:
    office.bring("Name,Email\nSiân Llŷr,s@x.cymru\nHuw Puw,h@x.cymru\n")
    imported = office.crm.batch()
    sian, huw = office.crm.who("s@x.cymru"), office.crm.who("h@x.cymru")
    office.crm.edit_contact(huw.id, {"relationships": (Relationship(kind="partner", other=sian.id),)})
    linked = office.crm.batch()
    office.crm.add_segment("Both", None, "", mode="hand", contacts=[sian.id, huw.id])
    office.crm.remove_segment(office.crm.segment("Both"))
    removed = office.crm.batch()
    office.did(sian, "donation", amount=500)
    office.crm.commit([Delete(one) for one in office.store.owned(Interaction, [sian.id])])
    deleted = office.crm.batch()
    office.crm.erase(sian.id)
    office.crm.undo(removed)
    assert [one.id for one in office.crm.members(office.crm.segment("Both"))] == [huw.id]
    for batch in (linked, deleted):
        with pytest.raises(PerthynError) as told:
            office.crm.undo(batch)
        assert told.value.code == "undo.nothing"
    office.crm.undo(office.crm.batch())
    office.crm.undo(imported)
    assert list(office.store.scan(Contact)) == []


# --- her no ------------------------------------------------------------------------------------------------

SPELLINGS = ("S@x.cymru", "s@X.CYMRU", " s@x.cymru ")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_her_no_is_still_heard_when_she_comes_again(office: Office, spelling: str) -> None:
    sian = office.person(email="s@x.cymru", phones=(Phone.of("07700 900123"),))
    office.said(sian, "withdrawn")
    office.said(sian, "given", "phone")
    office.crm.erase(sian.id)
    assert {one.channel for one in office.store.scan(Suppression)} == {"email"}, "by phone she had said yes"
    added, _ = office.crm.add_contact({"name": "Other", "email": spelling})
    office.bring(f'Name,Email,Email consent\nSiân Again,"{spelling}",yes\n')
    again = office.crm.who("Siân Again")
    for one in (added, again):
        office.later(days=1)
        office.said(one, "given")
        told = office.crm.show(one.id).permission["email"]
        assert (told.allowed, told.rule) == (False, "contact.suppressed")
    other = office.person("Huw", "huw@x.cymru")
    office.said(other, "given")
    assert office.crm.show(other.id).permission["email"].allowed


def test_a_no_about_an_address_that_she_left_is_still_heard(office: Office) -> None:
    sian = office.person(email="new@x.cymru")
    office.said(sian, "objected", address="Old@x.cymru")
    office.crm.erase(sian.id)
    again = office.person(email="old@x.cymru")
    assert office.crm.suppressed(again) == {"email"}


def test_post_is_known_by_place_and_name(office: Office) -> None:
    place = Address(lines="1 Stryd Fawr")
    sian = office.person(addresses=(place,))
    office.said(sian, "refused", "post")
    office.crm.erase(sian.id)
    assert office.crm.suppressed(office.person("sian llyr", addresses=(place,))) == {"post"}
    assert office.crm.suppressed(office.person(addresses=(Address(lines="9 Heol y Bont"),))) == set()


def test_who_said_yes_in_the_end_or_nothing_is_not_blocked(office: Office) -> None:
    sian = office.person(email="s@x.cymru")
    office.said(sian, "refused")
    office.later(days=1)
    office.said(sian, "given")
    office.crm.erase(sian.id)
    office.crm.erase(office.person(email="t@x.cymru").id)
    assert list(office.store.scan(Suppression)) == []


def test_the_key_is_made_once_and_never_taken_back(office: Office) -> None:
    for at in range(2):
        sian = office.person(email="s@x.cymru")
        office.said(sian, "refused")
        office.desk(seed=at + 2).erase(sian.id)
    (key,) = office.store.scan(Setting)
    made = next(one for one in office.store.headers() if one.kind == "setting")
    with pytest.raises(PerthynError) as told:
        office.crm.undo(made)
    assert told.value.code == "undo.nothing"
    assert list(office.store.scan(Setting)) == [key]
    other = office.desk(seed=9)
    setting = other.remember("zone", "Europe/London")
    other.commit([setting])
    with pytest.raises(PerthynError):
        office.crm.commit([setting])
    assert len(list(office.store.scan(Suppression))) == 1, "the same no is listed once"


def test_a_contradiction_is_a_no_that_outlives_her(office: Office) -> None:
    sian = office.person(email="s@x.cymru")
    told = Problem(
        id=UUID(int=5), code="consent.contradiction", contact=sian.id, at=office.now, facts='{"channel":"email"}'
    )
    office.keep(told)
    office.said(sian, "given")
    office.crm.erase(sian.id)
    assert office.crm.suppressed(office.person(email="s@x.cymru")) == {"email"}


def test_erasing_by_an_old_id_erases_the_one_it_became(office: Office) -> None:
    sian, twin = office.person(email="s@x.cymru"), office.person("Twin")
    office.crm.commit([Edit("contact", twin.id, {"note": (None, "x")})])
    office.crm.commit(merge_changes(office.store, sian, office.held(twin), {}))
    office.crm.erase(twin.id)
    assert not any(one for name, one in office.everything().items() if name != "takings")
    assert list(office.store.scan(Consent)) == []


def test_a_list_whose_key_is_lost_lets_nobody_through(office: Office) -> None:
    sian = office.person(email="s@x.cymru")
    office.said(sian, "refused")
    office.crm.erase(sian.id)
    office.crm.commit([Delete(one) for one in office.store.scan(Setting)])
    huw = office.person("Huw", "huw@x.cymru")
    office.said(huw, "given")
    assert office.crm.show(huw.id).permission["email"].rule == "contact.suppressed"


def test_what_would_go_is_what_goes_and_is_no_handing_out(office: Office) -> None:
    sian = whole(office)
    told: list[str] = []
    crm = office.desk("contact.erase")
    crm.note = lambda what, **_: told.append(what)  # type: ignore[method-assign]
    would = crm.would_go(sian.id)
    assert not told and would
    held = office.crm.dossier(sian.id)
    assert would == {name: len(held[name]) for name in held if name in office.crm.store.types and name != "contact"}
    _, gone = office.crm.erase(sian.id)
    assert {**would, "contact": 1} == {"problem": would["problem"], **gone}
