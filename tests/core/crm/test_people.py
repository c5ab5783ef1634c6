"""People: who is meant, what is shown, what may be written of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from perthyn.errors import PerthynError, Unknown
from perthyn.merging import merge_changes
from perthyn.model import Address, Contact, Custom, CustomField, Email, ExternalId, Phone, Problem, Relationship, Role

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOON.date()


def refused(code: str, call: Any, *values: Any, **named: Any) -> PerthynError:
    with pytest.raises(PerthynError) as told:
        call(*values, **named)
    assert told.value.code == code
    return told.value


# --- who ---------------------------------------------------------------------------------------------------


def test_one_is_meant_by_ending_name_or_address(office: Office) -> None:
    sian = office.person("Siân Llŷr", "Sian@Plas.example", given="Siân", family="Llŷr")
    office.person("Huw Siân Puw", "huw@plas.example")
    for text in (sian.id.hex[-6:], str(sian.id), sian.id.hex.upper(), "Siân Llŷr", " SIAN LLYR ", "sian@plas.EXAMPLE"):
        assert office.crm.who(text) == sian, text
    assert office.crm.who("Llyrr") == sian, "a slip is forgiven where only one can be meant"


def test_whoever_shares_a_name_or_an_address_is_asked_for(office: Office) -> None:
    some = [office.person("Ann Puw", "puw@plas.example"), office.person("Ann Puw"), office.person("Bob Puw")]
    for text, count in (("Ann Puw", 2), ("puw", 3)):
        told = refused("contact.several", office.crm.who, text)
        assert told.facts["count"] == count
        assert all(one.id.hex[-6:] in str(told.facts["contacts"]) for one in some[:count])
    office.person("Cai Puw", "puw@plas.example")
    refused("contact.several", office.crm.who, "puw@plas.example")


def test_nobody_is_meant_by_what_nobody_is_called(office: Office) -> None:
    office.person()
    for text in ("Gwenllian", "abcdef", "0" * 32, "nobody@plas.example", ""):
        with pytest.raises(Unknown):
            office.crm.who(text)


def test_old_names_of_merged_contacts_lead_to_the_one_they_became(office: Office) -> None:
    sian, twin, third = office.person(), office.person("S. Llŷr"), office.person("Sian L")
    office.crm.commit(merge_changes(office.store, twin, third, {}))
    office.crm.commit(merge_changes(office.store, sian, office.held(twin), {}))
    for old in (twin.id, third.id):
        assert office.crm.who(str(old)).id == office.crm.who(old.hex[-8:]).id == sian.id
        assert office.crm.show(old).contact.id == sian.id
        assert office.crm.edit_contact(old, {"title": "Dr"})[0].id == sian.id
        assert office.crm.add_interaction(old, {"kind": "call"})[0].contact == sian.id
        assert office.crm.dossier(old)["contact"]["id"] == str(sian.id)


# --- show --------------------------------------------------------------------------------------------------


def test_the_view_is_complete(office: Office) -> None:
    huw = office.person("Huw")
    sian = office.person(
        email="s@plas.example",
        relationships=(Relationship(kind="partner", other=huw.id),),
        external_ids=(ExternalId(source="pretix:castle", external="7"),),
    )
    for at in range(60):
        office.did(sian, day=date(2025, 1, 1 + at % 20), source="square:till", source_id=str(at))
    gift = office.did(sian, "donation", date(2026, 3, 1), amount=500)
    office.did(sian, "donation", date(2026, 3, 2), amount=-200)
    yes = office.said(sian, "given")
    pair = Problem(id=UUID(int=5), code="duplicate.possible", contact=huw.id, other=sian.id, at=NOON)
    shut = Problem(id=UUID(int=6), code="import.row.older", contact=sian.id, at=NOON, state="settled")
    office.keep(pair, shut)
    dynamic, _ = office.crm.add_segment("Givers", None, "donations at least 2")
    hand, _ = office.crm.add_segment("Friends", None, "", mode="hand", contacts=[sian.id])
    view = office.crm.show(sian.id)
    assert view.contact == sian
    totals = {one.kind: (one.count, one.amount, one.days) for one in view.totals}
    assert totals == {"visit": (60, 0, 20), "donation": (2, 300, 2)}
    assert (len(view.timeline), view.more) == (50, 12)
    assert gift in view.timeline[:2]
    assert (view.first, view.last) == (date(2025, 1, 1), date(2026, 3, 2))
    assert view.consents == [yes]
    assert view.permission["email"].allowed and view.permission["email"].evidence == (yes,)
    assert view.permission["post"].rule == "contact.no_address"
    assert view.others == {huw.id: "Huw"}
    assert view.problems == [pair]
    assert view.sources == ["pretix:castle", "square:till"]
    assert {one.segment.id: one.member for one in view.standings} == {dynamic.id: True, hand.id: True}


def test_a_view_of_nothing(office: Office) -> None:
    view = office.crm.show(office.person().id)
    assert (view.first, view.last, view.more, view.timeline, view.totals) == (None, None, 0, [], [])
    refused("store.contact.unknown", office.crm.show, UUID(int=1))


def test_problems_of_those_who_were_merged_are_shown(office: Office) -> None:
    sian, twin, huw = office.person(), office.person("S. Llŷr"), office.person("Huw")
    told = Problem(id=UUID(int=5), code="duplicate.possible", contact=twin.id, other=huw.id, at=NOON)
    no = Problem(id=UUID(int=6), code="consent.contradiction", contact=twin.id, at=NOON, facts='{"channel":"email"}')
    office.keep(told, no)
    office.crm.commit(merge_changes(office.store, sian, twin, {}))
    assert office.crm.show(sian.id).problems == [told, no]
    assert office.crm.contradicted(sian) == {"email"}
    assert [(one.left.id, one.right.id) for one in office.crm.pairs()] == [(sian.id, huw.id)]
    held = office.crm.dossier(sian.id)["problem"]
    assert held == [told.plain(), no.plain()]


# --- add and edit ------------------------------------------------------------------------------------------


def test_a_contact_is_added_from_words(office: Office) -> None:
    added, receipt = office.crm.add_contact(
        {
            "name": "Siân Llŷr", "email": ["s@plas.example", "S@Plas.example", "t@plas.example"],
            "phone": "07700 900123", "tag": ["VIP", "vip"], "address": "1 Stryd Fawr", "postcode": "sy20 8xx",
            "language": "cy", "note": "",
        }
    )  # fmt: skip
    assert added == office.held(added) and receipt.created == 1
    assert [one.address for one in added.emails] == ["s@plas.example", "t@plas.example"]
    assert added.phones == (Phone(number="07700 900123", e164="+447700900123"),)
    assert [one.tag for one in added.tags] == ["VIP"]
    assert added.addresses == (Address(lines="1 Stryd Fawr", postcode="sy20 8xx"),)
    assert (added.language, added.language_asked, added.note) == ("cy", TODAY, None)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"email": "sian"}, "contact.email.invalid"),
        ({"email": "a@b@c"}, "contact.email.invalid"),
        ({"language": "french"}, "record.value"),
        ({"name": "a\x00b"}, "record.value"),
        ({"phone": "0\x00"}, "record.value"),
        ({"phone": "  "}, "record.value"),
        ({"kind": "cat"}, "record.value"),
        ({"tag": " "}, "record.value"),
        ({"nane": "Siân"}, "contact.field.unknown"),
        ({"id": str(UUID(int=1))}, "contact.field.unknown"),
        ({"emails": [{"address": "nonsense"}]}, "contact.field.unknown"),
        ({"emails": (Address(lines="1"),)}, "contact.field.unknown"),
        ({"roles": "member"}, "contact.field.unknown"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_written(office: Office, values: dict[str, Any], code: str) -> None:
    sian = office.person()
    before = office.store.position()
    refused(code, office.crm.add_contact, {"name": "x", **values})
    refused(code, office.crm.edit_contact, sian.id, values)
    assert office.store.position() == before


def test_a_field_that_is_not_known_is_met_with_the_nearest(office: Office) -> None:
    told = refused("contact.field.unknown", office.crm.add_contact, {"langauge": "cy"})
    assert told.facts["suggestion"] == "language"


def test_parts_are_added_filled_and_taken_away(office: Office) -> None:
    sian = office.person(
        emails=(Email(address="s@plas.example", preferred=True), Email(address="old@plas.example")),
        addresses=(Address(lines="1 Stryd Fawr", town="Tywyn", postcode="SY20 8XX"),),
        note="at the till",
    )
    after, receipt = office.crm.edit_contact(
        sian.id,
        {"email": ["S@plas.example", "new@plas.example"], "address": "1 Stryd Fawr", "postcode": "sy208xx",
         "county": "Gwynedd", "roles": (Role(role="member"),)},
        remove=["emails[old@plas.example]", "note"],
    )  # fmt: skip
    assert receipt is not None and after == office.held(sian)
    assert [(one.address, one.preferred) for one in after.emails] == [
        ("S@plas.example", True), ("new@plas.example", False)]  # fmt: skip
    assert [(one.town, one.county) for one in after.addresses] == [("Tywyn", "Gwynedd")]
    assert after.note is None and [one.role for one in after.roles] == ["member"]
    assert office.crm.edit_contact(sian.id, {"email": "new@plas.example"}, ["tags[vip]"]) == (after, None)
    office.crm.undo(office.crm.batch())
    assert office.held(sian) == sian
    for path in ("id", "kind", "emails", "nonsense"):
        with pytest.raises(PerthynError):
            office.crm.edit_contact(sian.id, {}, [path])


def test_two_parts_with_one_key_are_refused_by_the_model(office: Office) -> None:
    twice = (Email(address="a@b.cymru"), Email(address="A@B.cymru"))
    told = refused("record.part.twice", office.person, emails=twice)
    assert told.facts == {"type": "contact", "field": "emails", "key": "a@b.cymru"}


def test_an_import_makes_one_of_two_spellings(office: Office) -> None:
    office.bring("Name,Email,Email 2,Phone,Mobile\nSiân Llŷr,S@b.cymru,s@B.cymru,07700 900123,+447700900123\n")
    office.bring("Name,Email,Email 2\nSiân Llŷr,s@b.CYMRU,S@B.cymru\n", "other.csv")
    (sian,) = office.store.scan(Contact)
    assert len(sian.emails) == len(sian.phones) == 1


def test_what_happened_is_noted(office: Office) -> None:
    sian, huw = office.person(), office.person("Huw")
    made, _ = office.crm.add_interaction(sian.id, {"kind": "donation", "amount": 500, "text": None})
    assert (made.contact, made.day, made.currency) == (sian.id, TODAY, "GBP")
    told = refused("interaction.kind.unknown", office.crm.add_interaction, sian.id, {"kind": "vist"})
    assert told.facts["suggestion"] == "visit"
    for name in ("id", "contact", "came_as"):
        values = {"kind": "visit", name: str(huw.id)}
        refused("record.path.fixed", office.crm.add_interaction, sian.id, values)
    refused("record.value", office.crm.add_interaction, sian.id, {"kind": "visit", "colour": "red"})
    assert list(office.store.owned(type(made), [huw.id])) == []


# --- what an actor may not see -----------------------------------------------------------------------------


def test_no_field_is_shown_to_whom_it_is_not_for(office: Office) -> None:
    office.keep(CustomField(id=UUID(int=3), name="own.health", label_en="Health", right="health.read"))
    ill = Custom(name="own.health", text="CANARY")
    sian = office.person("Siân Llŷr", "s@plas.example", note="CANARY", custom=(ill,))
    twin = office.person("Siân Llyr", "t@plas.example", note="CANARY 2")
    office.did(sian, "donation", amount=123456, text="CANARY", source="till", source_id="1")
    office.keep(Problem(id=UUID(int=5), code="duplicate.possible", contact=sian.id, other=twin.id, at=NOON))
    office.crm.edit_contact(sian.id, {"note": "CANARY 3", "salutation": "Siân"})
    office.crm.add_segment("Rich", None, "total of donations at least £100")
    office.crm.add_segment("All", None, "has email")
    crm = office.desk("contact.read", "contact.write", "history.read", "segment.read")
    header = crm.batch(str(next(one.number for one in office.store.headers() if one.kind == "edit")))
    shown: list[Any] = [
        crm.find("Siân"), crm.who("s@plas.example"), crm.who(sian.id.hex), crm.show(sian.id), crm.history(sian.id),
        crm.detail(header), crm.pairs(), list(crm.members(crm.segment("All"))), crm.changes(),
        crm.edit_contact(sian.id, {"title": "Dr"}),
    ]  # fmt: skip
    for one in shown:
        assert "CANARY" not in repr(one) and "123456" not in repr(one)
    assert [one.segment.name("en") for one in crm.show(sian.id).standings] == ["All"]
    assert office.held(sian).note == "CANARY 3", "what is not shown is still there"
    seer = office.desk("contact.read", "segment.read", "note.read", "money.read", "donation.read", "health.read")
    assert repr(seer.show(sian.id)).count("CANARY") == 3
