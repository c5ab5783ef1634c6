"""Taking in what channels read: people recognised, facts once, the newest telling, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid4

import pytest

from perthyn.changes import Batch, Delete, Edit, Receipt
from perthyn.channel import Delivery, Fact, Of, Somebody, Unread
from perthyn.crm import Actor, Crm
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.model import (
    CORE_TYPES,
    About,
    Consent,
    Contact,
    CustomField,
    Interaction,
    Job,
    Problem,
    Record,
    Screening,
    Setting,
    Takings,
)
from perthyn.model.values import Integer, Word
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.text import Translator
from perthyn_sql import open_store

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIAN = Somebody({"name": "Siân Llŷr", "email": "sian@x.cymru", "phone": "01970 623111"}, "c1")
SHOP = "shop:main"


def told(id: str, who: Any = SIAN, version: int | None = None, **values: Any) -> Fact:
    """A purchase."""
    return Fact(id, {"kind": "purchase", "at": NOON, **values}, who, version=version)


def comes(*facts: Fact, source: str = SHOP, **more: Any) -> Delivery:
    return Delivery(source, facts, **more)


def stored(office: Office, type: type[Any] = Interaction) -> dict[str, Any]:
    return {one.source_id: one for one in office.store.scan(type)}


def problems(office: Office, state: str = "open") -> list[Problem]:
    return [one for one in office.store.scan(Problem) if one.state == state]


def codes(office: Office) -> list[str]:
    return sorted(one.code for one in problems(office))


def people(office: Office) -> list[Contact]:
    return list(office.store.scan(Contact))


# --- people -------------------------------------------------------------------------------------------------


def test_a_fact_and_its_person_are_stored_in_one_batch(office: Office) -> None:
    taken = office.crm.take_in(comes(told("1", amount=1200, version=3)))
    (sian,), one = people(office), stored(office)["1"]
    assert (taken.created, taken.unread) == (1, 0) and taken.receipt is not None
    assert (sian.name, sian.given, sian.emails[0].address) == ("Siân Llŷr", "Siân", "sian@x.cymru")
    assert sian.phones[0].e164 == "+441970623111" and sian.external_ids[0].external == "c1"
    assert (one.contact, one.amount, one.currency, one.source_version) == (sian.id, 1200, "GBP", 3)
    header = office.store.header(taken.receipt.batch)
    assert (header.kind, header.reason, header.facts["created"]) == ("channel", SHOP, 1)
    assert office.store.position() == 1


def test_the_same_again_changes_nothing(office: Office) -> None:
    office.crm.take_in(comes(told("1")))
    before = office.everything()
    again = office.crm.take_in(comes(told("1")))
    assert (again.receipt, again.unchanged, again.created) == (None, 1, 0) and office.everything() == before


def test_people_are_recognised_by_id_then_email_and_name_then_phone_and_name(office: Office) -> None:
    office.crm.take_in(comes(told("1")))
    for number, who in enumerate(
        [
            Somebody({"name": "S. Llyr"}, "c1"),
            Somebody({"name": "sian llyr", "email": "SIAN@x.cymru"}),
            Somebody({"given": "Siân", "family": "Llŷr", "phone": "+44 1970 623111"}),
        ]
    ):
        office.crm.take_in(comes(told(f"again {number}", who)))
    assert len(people(office)) == 1 and len(stored(office)) == 4


def test_an_email_alone_joins_nobody_and_makes_a_suggestion(office: Office) -> None:
    office.crm.take_in(comes(told("1")))
    office.crm.take_in(comes(told("2", Somebody({"name": "Siân Prys", "email": "sian@x.cymru"}))))
    office.crm.take_in(comes(told("3", Somebody({"name": "Huw Llŷr", "email": "sian@x.cymru"}))))
    assert len(people(office)) == 3
    assert [one.code for one in problems(office)] == ["duplicate.possible"]
    assert len(office.crm.pairs()) == 1


def test_two_facts_of_one_delivery_about_one_person_make_one_contact(office: Office) -> None:
    mine = Somebody({"name": "Siân Llŷr", "email": "sian@x.cymru", "postcode": "sy231aa"})
    office.crm.take_in(comes(told("1"), told("2", mine), told("3", Somebody(dict(SIAN.values), "c1"))))
    (sian,) = people(office)
    assert {one.contact for one in stored(office).values()} == {sian.id} and sian.addresses[0].postcode == "SY23 1AA"


def test_what_is_new_about_somebody_known_is_added_and_what_a_person_wrote_is_kept(office: Office) -> None:
    sian = office.person(email="sian@x.cymru")
    office.crm.edit_contact(sian.id, {"language": "cy"})
    who = Somebody(
        {"name": "Siân Llŷr", "email": ["sian@x.cymru", "llyr@y.cymru"], "language": "English", "town": "Tywyn"}, "c9"
    )
    office.crm.take_in(comes(told("1", who)))
    now = office.held(sian)
    assert [one.address for one in now.emails] == ["sian@x.cymru", "llyr@y.cymru"]
    assert (now.language, now.addresses[0].town, now.external_ids[0].external) == ("cy", "Tywyn", "c9")
    (offered,) = problems(office)
    assert offered.contact == sian.id and json.loads(offered.facts)["said"] == "en"


def test_a_part_that_a_person_took_away_stays_away(office: Office) -> None:
    office.crm.take_in(comes(told("1")))
    (sian,) = people(office)
    office.crm.edit_contact(sian.id, {}, remove=["phones[+441970623111]"])
    office.crm.take_in(comes(told("2")))
    assert office.held(sian).phones == () and codes(office) == ["import.kept.hand"]


def test_merged_contacts_are_followed(office: Office) -> None:
    office.crm.take_in(comes(told("1"), told("2", Somebody({"name": "S Llŷr", "email": "sian@x.cymru"}, "c2"))))
    one, other = sorted(people(office), key=lambda contact: contact.external_ids[0].external)
    office.crm.join(office.crm.pairs()[0], into=one.id)
    office.crm.take_in(comes(told("3", other.id), told("4", Somebody({"name": "S Llŷr"}, "c2"))))
    assert {line.contact for line in stored(office).values()} == {one.id}


def test_nobody_makes_takings_that_keep_what_was_said(office: Office) -> None:
    taken = office.crm.take_in(comes(told("1", None, amount=300), told("2", Somebody({"name": "A visitor"}))))
    assert taken.created == 2 and not people(office) and not stored(office)
    assert json.loads(stored(office, Takings)["2"].raw) == {"name": "A visitor"}
    assert office.crm.take_in(comes(told("1", None, amount=300))).unchanged == 1


def test_takings_move_when_somebody_is_known(office: Office) -> None:
    office.crm.take_in(comes(told("1", None, version=2, amount=300)))
    (till,) = stored(office, Takings).values()
    assert office.crm.take_in(comes(told("1", version=1, amount=200))).revised == 1
    (one,) = stored(office).values()
    assert not stored(office, Takings) and (one.id, one.amount) == (till.id, 300)
    undone = office.crm.undo(office.crm.batch())
    assert undone and len(stored(office, Takings)) == 1


def test_an_unreadable_address_is_told_and_the_rest_is_taken(office: Office) -> None:
    who = Somebody({"name": "Siân Llŷr", "email": "sian at x", "phone": "01970 623111", "shoe": "7"})
    taken = office.crm.take_in(comes(told("1", who)))
    assert taken.created == 1 and people(office)[0].emails == ()
    assert codes(office) == ["contact.field.unknown", "import.email.unreadable"]


def test_custom_fields(office: Office) -> None:
    office.keep(
        CustomField(id=uuid4(), name="shop.points", label_en="Points", type="number"),
        CustomField(id=uuid4(), name="shop.since", label_en="Since", type="date"),
    )
    values = {**SIAN.values, "own.shirt": "XL", "shop.points": 12, "shop.since": date(2020, 1, 2), "tag": ["a", "b"]}
    office.crm.take_in(comes(told("1", Somebody(values, "c1"))))
    (sian,) = people(office)
    held = {one.name: (one.text, one.number, one.day) for one in sian.custom}
    assert held == {
        "own.shirt": ("XL", None, None), "shop.points": (None, 12, None), "shop.since": (None, None, date(2020, 1, 2)),
    }  # fmt: skip
    assert "own.shirt" in {one.name for one in office.store.scan(CustomField)} and len(sian.tags) == 2


def test_somebody_who_was_erased_is_new_when_she_comes_again(office: Office) -> None:
    office.crm.take_in(comes(told("1")))
    (sian,) = people(office)
    office.crm.erase(sian.id)
    office.crm.take_in(comes(told("2", sian.id, text="secret")))
    (gone,) = problems(office)
    assert (gone.code, gone.raw) == ("delivery.contact.gone", None) and "secret" not in str(office.everything())
    office.crm.take_in(comes(told("3")))
    (again,) = people(office)
    assert again.id != sian.id and not office.crm.show(again.id).permission["email"].allowed


# --- facts --------------------------------------------------------------------------------------------------


def test_newer_revises_older_does_not(office: Office) -> None:
    office.crm.take_in(comes(told("1", version=5, amount=1000, text="a")))
    assert office.crm.take_in(comes(told("1", version=7, amount=900, text="a"))).revised == 1
    older = office.crm.take_in(comes(told("1", version=6, amount=800, text="b")))
    assert (older.older, older.receipt) == (1, None)
    same = office.crm.take_in(comes(told("1", version=7, amount=1)))
    assert (same.unchanged, same.receipt) == (1, None)
    one = stored(office)["1"]
    assert (one.amount, one.source_version) == (900, 7)
    assert [dict(line.before)["amount"] for line in office.store.journal(records=[one.id])] == [1000]


def test_what_a_person_edited_is_kept_and_the_other_offered(office: Office) -> None:
    office.crm.take_in(comes(told("1", version=1, amount=1000, subject="Tea")))
    one = stored(office)["1"]
    office.crm.commit([Edit("interaction", one.id, {"subject": ("Tea", "Te")})])
    assert office.crm.take_in(comes(told("1", version=2, amount=900, subject="Coffee"))).revised == 1
    now = stored(office)["1"]
    assert (now.subject, now.amount) == ("Te", 900) and codes(office) == ["import.kept.hand"]
    assert json.loads(problems(office)[0].facts)["said"] == "Coffee"


def test_the_day_is_the_organisations(office: Office) -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    office.crm.take_in(comes(told("1", at=late), told("2", at=late, day=date(2026, 7, 4))))
    assert [one.day for one in stored(office).values()] == [date(2026, 7, 1), date(2026, 7, 4)]


def test_another_currency_stays_what_it_is(office: Office) -> None:
    office.crm.take_in(comes(told("1", amount=500, currency="EUR")))
    assert stored(office)["1"].currency == "EUR"
    assert office.crm.show(people(office)[0].id).totals[0].amount == 0


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (Fact("x", {"kind": "juggling", "at": NOON}, SIAN), "interaction.kind.unknown"),
        (Fact("x", {"kind": "visit"}, SIAN), "record.value"),
        (Fact("x", {"kind": "visit", "at": NOON, "amount": 1.5}, SIAN), "record.value"),
        (Fact("x", {"kind": "visit", "at": NOON, "text": "a\x00b"}, SIAN), "record.value"),
        (Fact("x", {"kind": "visit", "at": NOON, "txt": "a"}, SIAN), "record.value"),
        (Fact("x", {"kind": "visit", "at": NOON, "contact": uuid4()}, SIAN), "record.path.fixed"),
        (Fact("x", {"kind": "visit", "at": NOON}, SIAN, type=Setting), "delivery.fact.type"),
        (Fact("", {"kind": "visit", "at": NOON}, SIAN), "delivery.fact.nameless"),
        (Fact("\ud800", {"kind": "visit", "at": NOON}, SIAN), "delivery.fact.nameless"),
        (Fact("x", {"decision": "given", "channel": "email"}, None, type=Consent), "delivery.contact.missing"),
        (Fact("x", {"kind": "visit", "at": NOON, "site": Of("nowhere")}, SIAN), "delivery.fact.of"),
        (Fact("x", {"kind": "visit", "at": NOON}, UUID(int=7)), "delivery.contact.gone"),
    ],
)  # fmt: skip
def test_one_bad_fact_is_kept_as_a_problem_and_stops_no_other(office: Office, fact: Fact, code: str) -> None:
    taken = office.crm.take_in(comes(told("1"), fact, told("2")))
    assert (taken.created, taken.unread) == (2, 1) and codes(office) == [code]
    assert code == "delivery.contact.gone" or json.loads(problems(office)[0].raw)["values"]
    assert office.crm.take_in(comes(told("1"), fact, told("2"))).receipt is None


@pytest.mark.parametrize(
    ("values", "language", "why"),
    [
        ({"at": datetime(2026, 6, 30, 23, 30)}, "cy", "mae angen cylchfa amser ar eiliad"),
        ({"at": NOON, "amount": 1.5}, "en", "it must be a whole number."),
    ],
)
def test_it_is_said_what_is_wrong_with_a_fact(office: Office, values: dict[str, Any], language: str, why: str) -> None:
    office.crm.take_in(comes(Fact("x", {"kind": "visit", "day": NOON.date(), **values}, SIAN)))
    [one] = problems(office)
    assert why in Translator(language).error(PerthynError(one.code, **json.loads(one.facts)))[0]


def test_a_bad_fact_that_comes_right_settles_its_problem(office: Office) -> None:
    office.crm.take_in(comes(Fact("1", {"kind": "juggling", "at": NOON}, SIAN, version=4)))
    office.crm.take_in(comes(told("1", version=3)))
    assert codes(office) == ["interaction.kind.unknown"]
    office.crm.take_in(comes(told("1", version=5)))
    assert not problems(office) and len(problems(office, "corrected")) == 1
    office.crm.take_in(comes(Fact("1", {"kind": "juggling", "at": NOON}, SIAN, version=6)))
    assert codes(office) == ["interaction.kind.unknown"]


def test_what_the_channel_could_not_read_is_a_problem_once(office: Office) -> None:
    sian = office.person()
    unread = Unread("channel.body.unreadable", {"why": "no JSON"}, "{" * 9_000, sian.id)
    for _ in range(2):
        assert office.crm.take_in(comes(unread=[unread])).unread == 1
    (one,) = problems(office)
    assert (one.raw, one.contact, one.where) == ("{" * 9_000, sian.id, SHOP)


def test_line_ends_of_web_forms(office: Office) -> None:
    office.crm.take_in(comes(told("1", text="one\r\ntwo")))
    assert stored(office)["1"].text == "one\ntwo"


class Pass(Record):
    """A season ticket, as a plugin may declare it."""

    type_name: ClassVar[str] = "shop.pass"
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    bought: Annotated[UUID | None, About("Bought by", "Prynwyd drwy", kind="id")] = None
    level: Annotated[Word, About("Level", "Lefel", kind="word")]
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id", "Id", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    uses: Annotated[Integer | None, About("Uses", "Defnydd", kind="integer")] = None


def test_records_of_a_plugin_and_ids_of_other_facts(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{(tmp_path / 'p.sqlite').as_posix()}", (*CORE_TYPES, Pass))
    crm = Crm(store, Plugins(), Settings(), lambda: NOON, Random(1).randbytes, Actor("gwen"))

    def one(id: str, of: str, **values: Any) -> Fact:
        return Fact(id, {"level": "gold", "bought": Of(of), **values}, SIAN, type=Pass)

    taken = crm.take_in(comes(one("p1", "1"), told("1"), one("p2", "p1"), one("p3", "bad"), one("p4", "p3")))
    assert (taken.created, taken.unread) == (3, 2)
    held = {found.source_id: found for found in store.scan(Pass)}
    order = next(store.scan(Interaction))
    assert held["p1"].bought == order.id and held["p2"].bought == held["p1"].id and set(held) == {"p1", "p2"}
    assert crm.take_in(comes(one("p1", "1"))).receipt is None
    assert crm.take_in(comes(one("p1", "1", uses=3))).revised == 1
    assert crm.take_in(comes(Fact("p1", {"kind": "visit", "at": NOON}, SIAN))).unread == 1
    store.close()


def test_a_screening_has_no_source_and_is_still_stored_once(office: Office) -> None:
    values = {"list": "bounce", "address": "sian@x.cymru", "checked": NOON, "hit": True}
    fact = Fact("m1 bounce", values, SIAN, type=Screening)
    first, again = office.crm.take_in(comes(fact)), office.crm.take_in(comes(fact, told("1")))
    (held,) = office.store.scan(Screening)
    assert (held.contact, held.hit, held.by, held.recorded) == (people(office)[0].id, True, "gwen", NOON)
    assert (first.created, again.unchanged, again.created) == (1, 1, 1)
    other = Fact("m2 bounce", {**values, "hit": False}, SIAN, type=Screening)
    assert office.crm.take_in(comes(other, source="shop:other")).created == 1
    nobody = office.crm.take_in(comes(Fact("m3 bounce", values, None, type=Screening)))
    assert nobody.unread == 1 and office.store.count_of(Screening) == 2


# --- consents -----------------------------------------------------------------------------------------------


def consent(id: str, decision: str, **values: Any) -> Fact:
    return Fact(id, {"decision": decision, "channel": "email", "at": NOON, **values}, SIAN, type=Consent)


def test_a_yes_counts_with_its_wording_and_how_and_a_no_at_once(office: Office) -> None:
    office.crm.take_in(comes(consent("1", "given"), consent("2", "given", wording="News?")))
    assert [one.decision for one in stored(office, Consent).values()] == ["unconfirmed", "unconfirmed"]
    (sian,) = people(office)
    assert not office.crm.show(sian.id).permission["email"].allowed
    office.crm.take_in(comes(consent("3", "given", wording="News?", how="web form")))
    assert office.crm.show(sian.id).permission["email"].allowed
    office.later(days=1)
    office.crm.take_in(comes(consent("4", "withdrawn", at=office.now)))
    assert not office.crm.show(sian.id).permission["email"].allowed


def test_what_was_said_once_is_not_said_otherwise_by_the_same_id(office: Office) -> None:
    office.crm.take_in(comes(consent("1", "withdrawn"), consent("1", "withdrawn")))
    taken = office.crm.take_in(comes(consent("1", "given", wording="News?", how="web form")))
    assert (taken.unread, codes(office)) == (1, ["delivery.fact.fixed"])
    assert [one.decision for one in stored(office, Consent).values()] == ["withdrawn"]


# --- jobs, others at work, many ---------------------------------------------------------------------------------


def test_the_end_of_a_job_commits_with_what_it_brought(office: Office) -> None:
    job = Job(id=uuid4(), name="fetch", due=NOON)
    office.keep(job)
    office.crm.take_in(comes(told("1")), [Delete(job)])
    assert not list(office.store.scan(Job)) and office.store.position() == 2
    with pytest.raises((Conflict, Unknown)):
        office.crm.take_in(comes(told("2")), [Delete(job)])
    assert "2" not in stored(office)


def test_an_end_that_does_not_hold_is_not_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(id=uuid4(), name="fetch", due=NOON, attempts=1)
    office.keep(job)
    tries = []
    apply = office.crm.apply
    monkeypatch.setattr(office.crm, "apply", lambda batch: tries.append(batch) or apply(batch))
    with pytest.raises(Conflict):
        office.crm.take_in(comes(told("1")), [Edit("job", job.id, {"attempts": (0, 1)})])
    assert len(tries) == 1 and not stored(office)


def meanwhile(office: Office, monkeypatch: pytest.MonkeyPatch, *happens: Callable[[], object]) -> None:
    """Let something happen in the store between the preparing and the applying of a delivery."""
    waiting, apply = list(happens), office.crm.apply

    def later(batch: Batch) -> Receipt:
        if waiting:
            waiting.pop(0)()
        return apply(batch)

    monkeypatch.setattr(office.crm, "apply", later)


def test_somebody_else_takes_in_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    other = office.desk(seed=2)
    meanwhile(office, monkeypatch, lambda: other.take_in(comes(told("1"), told("2"))))
    taken = office.crm.take_in(comes(told("1"), told("3")))
    assert (taken.created, taken.unchanged) == (1, 1)
    assert len(people(office)) == 1 and set(stored(office)) == {"1", "2", "3"}


def test_somebody_edits_the_person_meanwhile(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    sian, other = office.person(email="sian@x.cymru"), office.desk(seed=2)
    meanwhile(office, monkeypatch, lambda: other.edit_contact(sian.id, {"phone": "01970 623111", "note": "x"}))
    office.crm.take_in(comes(told("1")))
    assert len(office.held(sian).phones) == 1 and len(office.held(sian).external_ids) == 1


def test_who_is_always_overtaken_gives_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.crm, "apply", lambda batch: (_ for _ in ()).throw(Stale("store.stale")))
    with pytest.raises(Stale):
        office.crm.take_in(comes(told("1")))
    assert not people(office)


def test_a_thousand_facts_cost_as_many_calls_as_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("keyed", "sourced", "get", "journal"):
        call = getattr(office.store, name)
        counted = lambda *given, _call=call, _name=name, **named: calls.append(_name) or _call(*given, **named)  # noqa: E731
        monkeypatch.setattr(office.store, name, counted)

    def cost(count: int, version: int) -> int:
        calls.clear()
        whose = [Somebody({"name": f"Person {n}", "email": f"p{n}@x.cymru"}, f"p{n}") for n in range(count)]
        facts = [told(f"{count}.{n}", whose[n], version, amount=version) for n in range(count)]
        office.crm.take_in(comes(*facts))
        return len(calls)

    assert cost(1_000, 1) <= cost(2, 1) and cost(1_000, 2) <= cost(2, 2)
