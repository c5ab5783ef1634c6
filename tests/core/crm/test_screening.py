"""Lists held against ours: hits and misses are noted with their day, once; an FPS request is an objection."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from perthyn.crm.screening import Screened
from perthyn.errors import PerthynError
from perthyn.model import Address, Consent, Contact, Phone, Screening, Suppression

Office = Any  # the class stands in conftest.py
DAY = date(2026, 11, 10)
PLACE = (Address(lines="1 Stryd Fawr", postcode="SY23 1AA"),)


def screened(office: Office, text: str, list: str = "tps", on: date = DAY, **more: Any) -> Screened:
    file = office.folder / "answer.csv"
    file.write_text(text, encoding="utf-8")
    done: Screened = office.crm.screen(file, list, on, **more)
    return done


def called(office: Office, name: str, number: str) -> Contact:
    made: Contact = office.person(name, phones=(Phone.of(number),))
    return made


def rule(office: Office, one: Contact, channel: str = "phone") -> str:
    return str(office.crm.permissions(one)[channel].rule.partition(".")[2])


@pytest.fixture
def three(office: Office) -> list[Contact]:
    """Three who may be called, were their numbers checked."""
    office.crm.rest_on({"calls": True, "post": True})
    return [called(office, f"P{n}", f"01970 10000{n}") for n in range(3)]


@pytest.mark.parametrize(
    "text",
    [
        "Phone,TPS\n01970 100000,Y\n+44 1970 100001,N\n",
        "Number,Result\n01970100000,HIT\n01970100001,CLEAR\n",
        "Rhif ffôn;Ar y rhestr\n01970 100000;ydy\n01970 100001;\n",
        "CTPS,TPS,Telephone\nN,1,01970 100000\nY,0,01970 100001\n",
    ],
)
def test_each_number_is_noted_with_what_the_list_says(office: Office, three: list[Contact], text: str) -> None:
    done = screened(office, text, reference="T-7")
    assert (done.rows, done.hits, done.people, done.unknown, done.unread, done.noted) == (2, 1, 2, 0, 0, 2)
    assert [rule(office, one) for one in three] == ["tps", "calls", "unchecked"]
    (one,) = office.store.owned(Screening, [three[0].id])
    assert (one.list, one.address, one.hit, one.reference, one.by) == ("tps", "+441970100000", True, "T-7", "gwen")
    assert one.checked == datetime(2026, 11, 10, tzinfo=ZoneInfo("Europe/London")), "strict: the day's first moment"


def test_a_file_without_such_a_column_holds_hits(office: Office, three: list[Contact]) -> None:
    done = screened(office, "Phone\n01970 100000\n01970 999999\nno number\n")
    assert (done.rows, done.hits, done.people, done.unknown, done.unread, done.noted) == (3, 2, 1, 1, 1, 1)
    assert [rule(office, one) for one in three] == ["tps", "unchecked", "unchecked"]
    assert screened(office, "Phone\n01970 100000\n", others_clear=True).noted == 2
    assert [rule(office, one) for one in three] == ["tps", "calls", "calls"]


def test_the_second_time_changes_nothing_and_undo_takes_it_back(office: Office, three: list[Contact]) -> None:
    text = "Phone,TPS\n01970 100000,Y\n01970 100001,N\n"
    before = office.everything()
    assert screened(office, text, dry_run=True).noted == 2 and office.everything() == before
    first = screened(office, text)
    kept = office.everything()
    again = screened(office, text)
    assert (again.noted, again.receipt) == (0, None) and office.everything() == kept
    header = office.crm.batch(str(first.receipt.number)) if first.receipt else None
    assert header is not None and header.kind == "screening" and header.facts["list"] == "tps"
    office.crm.undo(header)
    assert office.everything() == before
    assert rule(office, three[0]) == "unchecked"


def test_a_check_is_old_after_28_days(office: Office, three: list[Contact]) -> None:
    screened(office, "Phone,TPS\n01970 100000,N\n", on=date(2026, 10, 26))
    assert rule(office, three[0]) == "calls"
    office.later(days=1)
    assert rule(office, three[0]) == "unchecked"
    screened(office, "Phone,TPS\n01970 100000,N\n", on=date(2026, 11, 23))
    assert rule(office, three[0]) == "calls"


def test_a_yes_to_calls_is_above_the_list(office: Office, three: list[Contact]) -> None:
    screened(office, "Phone\n01970 100000\n")
    office.said(three[0], "given", "phone")
    assert rule(office, three[0]) == "consent"


def test_mps_is_by_name_and_place(office: Office) -> None:
    office.crm.rest_on({"post": True})
    sian, huw = office.person("Siân Llŷr", addresses=PLACE), office.person("Huw Llŷr", addresses=PLACE)
    away = office.person("Siân Llŷr", addresses=(Address(lines="2 Lle", postcode="LL57 2DG"),))
    done = screened(office, 'Name,Postcode\n"Mrs S Llyr",sy231aa\nAnn Jones,SY23 1AA\n', "mps")
    assert (done.people, done.unknown, done.noted) == (1, 1, 1)
    assert [rule(office, one, "post") for one in (sian, huw, away)] == ["mps", "post", "post"]


# -- the Fundraising Preference Service -----------------------------------------------------------------------------


def test_a_request_is_an_objection_by_every_way(office: Office) -> None:
    sian = office.person("Siân Llŷr", "s@x.cymru", phones=(Phone.of("01970 123456"),), addresses=PLACE)
    office.said(sian, "given", at=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
    text = "Name,Email,Postcode,Reference\nSian Llyr,S@X.cymru,,F-1\n"
    done = screened(office, text, "fps", reference="batch 3")
    assert (done.people, done.noted) == (1, 4)
    assert {one.rule for one in office.crm.permissions(sian, "fundraising").values()} == {"contact.fps"}
    assert {one.evidence for one in office.store.scan(Consent) if one.how == "fps"} == {"batch 3"}
    assert screened(office, text, "fps").noted == 0
    with pytest.raises(PerthynError):
        office.crm.undo(office.crm.batch())
    office.crm.erase(sian.id)
    assert rule(office, office.person("Another", "s@x.cymru"), "email") == "suppressed"


def test_at_a_shared_address_the_other_keeps_the_other_ways(office: Office) -> None:
    sian = office.person("Siân Llŷr", "llyr@x.cymru", addresses=PLACE)
    huw = office.person("Huw Llŷr", "llyr@x.cymru", addresses=PLACE)
    for one in (sian, huw):
        for channel in ("email", "post"):
            office.said(one, "given", channel, at=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
    screened(office, "Name,Email\nSiân Llŷr,llyr@x.cymru\n", "fps")
    assert [rule(office, sian, way) for way in ("email", "post")] == ["fps", "fps"]
    assert [rule(office, huw, way) for way in ("email", "post")] == ["fps", "consent"]


def test_who_shares_an_address_with_somebody_of_ours_is_kept_in_mind(office: Office) -> None:
    office.person("Huw Llŷr", "llyr@x.cymru")
    screened(office, "Name,Email,Phone\nSiân Llŷr,llyr@x.cymru,01970 123456\nS Morgan,llyr@x.cymru,\n", "fps")
    sian = office.person("Siân Llŷr", phones=(Phone.of("01970 123456"),))
    assert office.crm.suppressed(sian) == {"phone", "sms"}


def test_a_yes_on_the_day_of_the_request_is_no_later_yes(office: Office) -> None:
    sian = office.person("Siân", "s@x.cymru")
    office.said(sian, "given", at=datetime(2026, 11, 10, 9, tzinfo=ZoneInfo("UTC")))
    screened(office, "Email\ns@x.cymru\n", "fps")
    assert rule(office, sian, "email") == "fps"
    office.said(sian, "given", at=datetime(2026, 11, 11, 9, tzinfo=ZoneInfo("UTC")))
    assert rule(office, sian, "email") == "consent"
    today = office.now.date()
    assert screened(office, "Email\ns@x.cymru\n", "fps", on=today).noted == 4
    office.later(hours=1)
    assert screened(office, "Email\ns@x.cymru\n", "fps", on=today).noted == 0


def test_whom_we_do_not_know_we_will_not_ask(office: Office) -> None:
    text = "Name,Email,Phone,Postcode\nAnn Jones,ann@x.cymru,01970 123456,SY23 1AA\n"
    assert screened(office, text, "fps", dry_run=True).noted == 4 and not list(office.store.scan(Suppression))
    done = screened(office, text, "fps")
    assert (done.people, done.unknown, done.noted) == (0, 1, 4)
    assert {one.why for one in office.store.scan(Suppression)} == {"fps"}
    ann = office.person("ann jones", "Ann@x.cymru", phones=(Phone.of("+44 1970 123456"),), addresses=PLACE)
    assert office.crm.suppressed(ann) == {"email", "phone", "sms", "post"}
    assert screened(office, text, "fps").noted == 4, "now we know her, and she has objected"


# -- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "list", "more", "code"),
    [
        ("Phone,TPS\n01970 100000,perhaps\n", "tps", {}, "screening.word.unknown"),
        ("Name,Email\nAnn,ann@x.cymru\n", "tps", {}, "screening.column.missing"),
        ("Phone\n01970 100000\n", "abc", {}, "screening.list.unknown"),
        ("Name,Postcode\nAnn,SY23 1AA\n", "mps", {"others_clear": True}, "screening.clear"),
        ("Phone\n01970 100000\nno number\n", "tps", {"others_clear": True}, "screening.unread"),
        ("Phone\n01970 100000\n", "tps", {"on": date(2026, 12, 1)}, "consent.future"),
        ("", "tps", {}, "import.file.empty"),
    ],
)
def test_what_cannot_be_understood_is_refused_whole(
    office: Office, text: str, list: str, more: dict[str, Any], code: str
) -> None:
    called(office, "P0", "01970 100000")
    before = office.everything()
    with pytest.raises(PerthynError) as told:
        screened(office, text, list, **more)
    assert told.value.code == code and office.everything() == before


def test_doctor_says_when_the_lists_are_too_old(office: Office, three: list[Contact]) -> None:
    def said() -> list[str]:
        return [one.code for one in office.crm.checks() if one.code.startswith("health.screening")]

    assert said() == ["health.screening.never"]
    screened(office, "Phone,TPS\n01970 100001,N\n", on=date(2026, 1, 5))
    assert said() == ["health.screening.old"]
    screened(office, "Phone,TPS\n01970 100001,N\n")
    assert said() == ["health.screening.well"]
    office.crm.rest_on({"calls": False})
    assert said() == []
