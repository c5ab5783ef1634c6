"""Permission by hand: what was said, how details came, what the organisation rests on; and who is reached then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from perthyn.changes import Create
from perthyn.contacting import Decision
from perthyn.contacting.door import CHANNELS, MAILING
from perthyn.crm import Actor, Crm
from perthyn.crm.pairs import PAIR
from perthyn.errors import PerthynError
from perthyn.importing.consents import YesMeans
from perthyn.model import Address, Consent, Contact, Email, Obtained, Phone, Problem, Record, Screening
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.testing import MemoryStore

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MARCH = date(2026, 3, 3)
PLACE = (Address(lines="1 Stryd Fawr", postcode="SY23 1AA"),)
BARS = {f"contact.{one}" for one in ("deceased", "suppressed", "child", "contradiction", "fps", "said_no")}


def rules(office: Office, contact: Contact, purpose: str = "marketing") -> dict[str, str]:
    told = office.crm.permissions(contact, purpose)
    return {channel: ("+" if one.allowed else "-") + one.rule.partition(".")[2] for channel, one in told.items()}


# -- what was said ------------------------------------------------------------------------------------------------


def test_a_yes_is_written_down_whole(office: Office) -> None:
    sian = office.person(email="s@x.cymru")
    office.crm.record_consent(
        sian.id, "given", ["email"], on=MARCH, how="paper form", wording="Hoffwn glywed.", wording_version="2",
        language="cy", evidence="box 4",
    )  # fmt: skip
    (one,) = office.store.owned(Consent, [sian.id])
    assert (one.decision, one.purpose, one.how, one.by) == ("given", "marketing", "paper form", "gwen")
    assert (one.wording, one.wording_version, one.language, one.evidence) == ("Hoffwn glywed.", "2", "cy", "box 4")
    assert one.at is not None and one.at.astimezone(office.crm.zone).date() == MARCH and one.recorded == office.now
    assert rules(office, sian)["email"] == "+consent" and rules(office, sian, "fundraising")["email"] == "-not_asked"


@pytest.mark.parametrize("missing", ["channels", "wording", "how"])
def test_a_yes_that_could_not_be_shown_is_refused(office: Office, missing: str) -> None:
    sian = office.person(email="s@x.cymru")
    said = {"channels": ["email"], "wording": "News?", "how": "phone"}
    del said[missing]
    with pytest.raises(PerthynError) as told:
        office.crm.record_consent(sian.id, "given", **said)
    assert told.value.code == "consent.yes.bare"


def test_a_no_is_for_every_way_and_stays(office: Office) -> None:
    sian = office.person(email="s@x.cymru", phones=(Phone.of("01970 123456"),), addresses=PLACE)
    office.crm.record_consent(sian.id, "given", CHANNELS, how="phone", wording="News?")
    assert set(rules(office, sian).values()) == {"+consent"}
    office.later(days=1)
    office.crm.record_consent(sian.id, "objected", how="at the desk")
    for purpose in MAILING:
        assert set(rules(office, sian, purpose).values()) == {"-said_no"}
    assert set(rules(office, sian, "service").values()) == {"+service"}
    with pytest.raises(PerthynError):
        office.crm.undo(office.crm.batch())
    assert set(rules(office, sian).values()) == {"-said_no"}


def test_of_a_yes_and_a_no_on_one_day_the_no_holds(office: Office) -> None:
    sian = office.person(email="s@x.cymru")
    office.crm.record_consent(sian.id, "withdrawn", on=MARCH)
    office.crm.record_consent(sian.id, "given", ["email"], on=MARCH, how="form", wording="News?")
    assert rules(office, sian)["email"] == "-said_no"


@pytest.mark.parametrize(
    ("decision", "more", "code"),
    [
        ("given", {"on": date(2027, 1, 1), "channels": ["email"], "how": "x", "wording": "y"}, "consent.future"),
        ("perhaps", {}, "consent.decision.unknown"),
        ("refused", {"purpose": "analysis"}, "export.purpose.unknown"),
        ("refused", {"channels": ["pigeon"]}, "export.channel.unknown"),
        ("refused", {"evidence": "\x00"}, "record.value"),
    ],
)
def test_what_cannot_be_is_refused(office: Office, decision: str, more: dict[str, Any], code: str) -> None:
    sian = office.person(email="s@x.cymru")
    with pytest.raises(PerthynError) as told:
        office.crm.record_consent(sian.id, decision, **more)
    assert told.value.code == code
    assert list(office.store.scan(Consent)) == []


# -- how details came, and what is rested on -----------------------------------------------------------------------


def test_the_charitable_soft_opt_in_from_the_desk(office: Office) -> None:
    sian = office.person(email="s@x.cymru")
    made, receipt = office.crm.record_obtained(sian.id, "email", "person", "support", on=MARCH, refusable=True)
    assert (made.address, made.by, made.subscriber) == ("s@x.cymru", "gwen", "individual")
    assert rules(office, sian, "fundraising")["email"] == "-not_asked", "soft opt-ins are off until somebody says so"
    grounds, _ = office.crm.rest_on({"charity": True, "support": True})
    assert grounds.support and rules(office, sian, "fundraising")["email"] == "+supported"
    assert rules(office, sian)["email"] == "-not_asked"
    view = office.crm.show(sian.id)
    assert list(view.obtained) == [made]
    assert office.crm.dossier(sian.id)["obtained"] == [made.plain()]
    office.crm.undo(office.crm.batch())
    assert rules(office, sian, "fundraising")["email"] == "-not_asked", "the ground is taken back"
    assert office.crm.rest_on({"post": False}) == (office.crm.grounds(), None), "nothing has changed"
    assert receipt.created == 1


def test_the_charitable_soft_opt_in_needs_a_charity(office: Office) -> None:
    with pytest.raises(PerthynError) as told:
        office.crm.rest_on({"support": True})
    assert told.value.code == "grounds.charity"
    with pytest.raises(PerthynError) as told:
        office.crm.rest_on({"pots": True})
    assert told.value.facts["suggestion"] == "post"


def test_the_day_before_the_law_is_a_day_too_early(office: Office) -> None:
    sian, huw = office.person(email="s@x.cymru"), office.person("Huw", email="h@x.cymru")
    office.crm.rest_on({"charity": True, "support": True})
    for one, day in ((sian, date(2026, 2, 5)), (huw, date(2026, 2, 4))):
        office.crm.record_obtained(one.id, "email", "person", "interest", on=day, refusable=True)
    assert rules(office, sian, "fundraising")["email"] == "+supported"
    assert rules(office, huw, "fundraising")["email"] == "-short"


def test_details_need_an_address(office: Office) -> None:
    sian = office.person()
    with pytest.raises(PerthynError) as told:
        office.crm.record_obtained(sian.id, "email", "person", "sale")
    assert told.value.code == "contact.no_address"


def test_an_export_holds_what_the_door_let_out_and_nothing_else(office: Office, tmp_path: Path) -> None:
    """Soft opt-in, legitimate interest and a list's hits, each seen in the file for a mailing."""
    office.crm.rest_on({"charity": True, "support": True, "post": True, "calls": True})
    people = [
        office.person(f"P{n}", f"p{n}@x.cymru", phones=(Phone.of(f"01970 10000{n}"),),
                      addresses=(Address(lines=f"{n} Lle", postcode="SY23 1AA"),))
        for n in range(6)
    ]  # fmt: skip
    for one in people[:2]:
        office.crm.record_obtained(one.id, "email", "person", "support", refusable=True)
    office.said(people[1], "objected")
    for one, hit in ((people[2], True), (people[3], False)):
        office.keep(check(office.crm, one, "tps", one.phones[0].e164, hit))
    office.keep(check(office.crm, people[4], "mps", "SY231AA|p4", True))
    file = tmp_path / "out.csv"
    office.crm.export(file, "fundraising")
    text = file.read_text(encoding="utf-8-sig")
    assert [n for n in range(6) if f"p{n}@x.cymru" in text] == [0]
    assert [n for n in range(6) if f"97010000{n}" in text] == [3]
    assert [n for n in range(6) if f"{n} Lle" in text] == [0, 1, 2, 3, 5]
    assert office.crm.number("reachable").value == 0, "that is of marketing"


def check(crm: Crm, one: Contact, list: str, address: str | None, hit: bool, days: int = 0) -> Screening:
    at = crm.clock()
    return Screening.model_validate(
        {"id": crm.ids(), "contact": one.id, "list": list, "address": address, "hit": hit, "recorded": at,
         "checked": at - timedelta(days=days)}
    )  # fmt: skip


# -- P20: merges ---------------------------------------------------------------------------------------------------


def drawn(crm: Crm, random: Random) -> tuple[Contact, list[Record]]:
    """Somebody at random, with records that may allow and may bar."""
    emails = random.sample(["a@x.cymru", "b@x.cymru"], random.randint(0, 2))
    numbers = random.sample(["01970 123456", "01970 654321"], random.randint(0, 2))
    one = Contact(
        id=crm.ids(), name=random.choice(["Siân Llŷr", "S Llyr"]), emails=tuple(Email(address=e) for e in emails),
        phones=tuple(Phone.of(n) for n in numbers), addresses=PLACE if random.random() < 0.7 else (),
        age_band=random.choice([None, None, None, "adult", "13-17"]), deceased=random.random() < 0.1,
    )  # fmt: skip
    now = crm.clock()
    kept: list[Record] = []
    for _ in range(random.randint(0, 3)):
        at = random.choice([None, now - timedelta(days=random.randint(0, 5))])
        kept.append(Consent.model_validate(
            {"id": crm.ids(), "contact": one.id, "channel": random.choice(CHANNELS), "purpose": random.choice(MAILING),
             "decision": random.choice(["given", "given", "unconfirmed", "voided", "refused", "objected"]), "at": at,
             "recorded": now - timedelta(days=random.randint(0, 5)), "how": random.choice([None, "fps"])}
        ))  # fmt: skip
    ways = [("email", first) for first in emails[:1]] + [("phone", first) for first in numbers[:1]]
    for channel, address in random.sample(ways, random.randint(0, len(ways))):
        kept.append(Obtained.model_validate(
            {"id": crm.ids(), "contact": one.id, "channel": channel, "address": address,
             "at": now - timedelta(days=random.choice([1, 400])), "recorded": now,
             "whom": random.choice(["person", "person", "third_party"]), "refusable": random.random() < 0.8,
             "connection": random.choice(["sale", "support", "interest"]),
             "subscriber": random.choice(["individual", "individual", "corporate"])}
        ))  # fmt: skip
    held = [("tps", first.e164) for first in one.phones[:1]] + [("mps", "SY231AA|sian llyr")]
    for list, address in random.sample(held, random.randint(0, len(held))):
        kept.append(
            check(crm, one, list, address, random.random() < 0.3, 0 if list == "mps" else random.choice([0, 3, 40]))
        )
    return one, kept


def doors(crm: Crm, one: Contact) -> dict[tuple[str, str], Decision]:
    return {(channel, purpose): told for purpose in MAILING for channel, told in crm.permissions(one, purpose).items()}


def test_a_merge_reaches_nobody_who_could_not_be_reached() -> None:
    """P20: what one of them barred stays barred; what is allowed after was allowed to one, at that very address."""
    random, yes = Random(20), 0
    for _ in range(1_000):
        crm = Crm(MemoryStore(), Plugins(), Settings(), lambda: NOON, random.randbytes, Actor("gwen"))
        crm.rest_on(dict.fromkeys(("charity", "sales", "support", "post", "calls", "companies"), True))
        people = [drawn(crm, random) for _ in range(2)]
        two = [one for one, _ in people]
        problem = Problem(id=crm.ids(), code=PAIR, contact=two[0].id, other=two[1].id, at=crm.clock())
        crm.commit([Create(one) for one in (*two, *(one for _, kept in people for one in kept), problem)])
        if random.random() < 0.2:  # somebody of that name and place was erased, and had said no
            forgotten = Contact(id=crm.ids(), name="S Llyr", addresses=PLACE)
            crm.commit([Create(forgotten)])
            crm.record_consent(forgotten.id, "objected")
            crm.erase(forgotten.id)
        before = [doors(crm, one) for one in two]
        stays = random.choice(two)
        crm.join(crm.pairs()[0], into=stays.id)
        for way, told in doors(crm, crm.store.get(Contact, [stays.id])[stays.id]).items():
            if told.allowed:
                yes += 1
                assert_lawful(told, [side[way] for side in before])
    assert yes > 500, "the draw reaches both answers"


def assert_lawful(told: Decision, sides: list[Decision]) -> None:
    """What may be done with two who have become one, by what might be done with each."""
    assert not any(side.rule in BARS for side in sides), (told, sides)
    if told.rule == "contact.consent":  # it is of a person: one had said yes, and had no address
        assert any(side.allowed or side.rule == "contact.no_address" for side in sides), (told, sides)
    else:
        assert not any(side.rule == "contact.mps" for side in sides), (told, sides)
        assert told.address in [side.address for side in sides if side.allowed], (told, sides)


def test_a_list_s_hit_of_the_time_when_two_were_one_is_of_both(office: Office) -> None:
    left, right = (office.person("Siân", addresses=PLACE) for _ in range(2))
    office.crm.rest_on({"post": True})
    office.keep(Problem(id=office.crm.ids(), code=PAIR, contact=left.id, other=right.id, at=office.now))
    receipt = office.crm.join(office.crm.pairs()[0])
    office.keep(check(office.crm, left, "mps", "SY231AA|sian", True))
    office.crm.undo(office.crm.batch(str(receipt.number)))
    assert {rules(office, one)["post"] for one in (left, right)} == {"-mps"}


# -- P7: whoever was erased and comes again --------------------------------------------------------------------------

NAMES = ("{g} {f}", "{f}, {g}", "  {g}   {f} ", "{G} {F}", "{g} {F}")
EMAILS = ("{e}", "{E}", " {e} ", "{E} ")
PHONES = ("01970 {n}", "+44 1970 {n}", "(01970) {n}", "0044 1970 {n}", "01970{n}")
CODES = ("SY23 1{l}", "sy231{l2}", "SY231{l}", " sy23  1{l2} ")


def spellings(n: int) -> list[tuple[str, str, str, str]]:
    """One person in twenty spellings."""
    letters = chr(65 + n % 26) + chr(65 + n // 26)
    said = {
        "g": f"Siân{n}", "f": "Llŷr", "G": f"SIAN{n}", "F": "LLYR", "e": f"sian{n}@plas.example",
        "E": f"SIAN{n}@Plas.EXAMPLE", "n": f"{200000 + n}", "l": letters, "l2": letters.lower(),
    }  # fmt: skip
    return [tuple(one.format(**said) for one in (NAMES[k % 5], EMAILS[k % 4], PHONES[k % 5], CODES[k % 4]))
            for k in range(20)]  # type: ignore[misc]  # fmt: skip


def test_who_was_erased_is_not_reached_however_they_are_written(sqlite: Office) -> None:
    gone = 20
    for n in range(gone):
        name, email, phone, code = spellings(n)[0]
        one = sqlite.person(name, email, phones=(Phone.of(phone),), addresses=(Address(lines="1 Lle", postcode=code),))
        sqlite.crm.record_consent(one.id, "objected")
        sqlite.crm.erase(one.id)
    rows = [spelling for n in range(gone) for spelling in spellings(n)]
    rows += [(f"Huw{n} Puw", f"huw{n}@plas.example", f"01970 4{n:05}", "SY23 1ZZ") for n in range(200)]
    head = "Name,Email,Phone,Address,Postcode,Email consent,Post consent,Phone consent,SMS consent\n"
    lines = [f'"{name}",{email},{phone},1 Lle,{code},yes,yes,yes,yes' for name, email, phone, code in rows]
    file = sqlite.folder / "again.csv"
    file.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    for understanding in sqlite.crm.understand(file):
        sqlite.crm.import_table(understanding, yes_means=YesMeans("News by all ways"))
    reached = {one.id: rules(sqlite, one) for one in sqlite.store.scan(Contact)}
    others = {one.id for one in sqlite.store.scan(Contact) if (one.name or one.given or "").startswith("Huw")}
    assert len(others) == 200 and len(reached) > 200
    assert {rule for id in others for rule in reached[id].values()} == {"+consent"}, "0 of 200 wrongly blocked"
    theirs = {rule for id, told in reached.items() if id not in others for rule in told.values()}
    assert theirs == {"-suppressed"}, "0 of 400 rows about 20 people who asked to be forgotten"


def test_a_no_counts_though_the_clock_of_whoever_wrote_it_down_is_ahead(office: Office) -> None:
    """It was committed, so it was said: a claim that comes after it must not go by its own slower clock."""
    sian = office.person(email="sian@example.org")
    office.said(sian, "given")
    assert office.crm.permissions(sian)["email"].allowed
    office.said(sian, "withdrawn", at=office.now + timedelta(seconds=2))
    assert not office.crm.permissions(sian)["email"].allowed
    assert office.crm.permissions(sian, at=office.now)["email"].allowed, "of an instant, what was said by then"
