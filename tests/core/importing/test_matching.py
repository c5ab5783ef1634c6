"""Who a row is about: the policy, against the store and within one file, alike."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.contacting import may_contact
from perthyn.importing.consents import YesMeans
from perthyn.model import Consent, CustomField, Problem

PEOPLE = ["First name", "Last name", "Email", "Phone", "Postcode"]
JANE = ["Jane", "Davies", "jane@example.org", "01632 960001", "SY20 8XX"]


def suggestions(desk: Any) -> list[Problem]:
    return [one for one in desk.store.scan(Problem) if one.code == "duplicate.possible"]


SAME = [
    (["Jane", "Davies", "JANE@example.org", "", ""], "e-mail and name"),
    (["JÂNE", "davies", "jane@example.org", "", ""], "e-mail and folded name"),
    (["Jane", "Davies", "", "+44 1632 960001", ""], "phone and name"),
    (["Jane", "Davies", "other@example.org", "01632960001", ""], "phone and name, another e-mail"),
]
OTHERS = [
    (["John", "Davies", "jane@example.org", "", ""], False, "the same e-mail, another first name: family"),
    (["Jane", "Owen", "jane@example.org", "", ""], True, "the same e-mail, another surname: married"),
    (["J", "Davies", "jane@example.org", "", ""], True, "the same e-mail, an initial"),
    (["Jaen", "Davies", "jane@example.org", "", ""], True, "the same e-mail, a slip of the finger"),
    (["", "", "jane@example.org", "", ""], True, "the e-mail alone"),
    (["Ann", "Owen", "", "01632 960001", ""], False, "the same phone, another name"),
    (["Jane", "Owen", "", "01632 960001", ""], True, "the same phone, another surname"),
    (["J.", "Davies", "", "", "sy208xx"], True, "surname, initial and postcode"),
    (["Jane", "Davies", "", "", "sy208xx"], True, "surname, first name and postcode"),
    (["John", "Davies", "", "", "sy208xx"], False, "surname and postcode, another first name"),
    (["Jane", "Davies", "", "", ""], False, "the name alone"),
    (["Mary", "Davies", "", "", "SY20 8XX"], False, "surname and postcode"),
    (["Jane", "Davies", "jane+a@example.org", "", "SY1 1AA"], False, "a plus-address and another place"),
]


@pytest.mark.parametrize("together", [True, False], ids=["one file", "two files"])
@pytest.mark.parametrize(("row", "why"), SAME, ids=[why for _, why in SAME])
def test_the_same_person(desk: Any, together: bool, row: list[str], why: str) -> None:
    if together:
        desk.bring([PEOPLE, JANE, row])
    else:
        desk.bring([PEOPLE, JANE], source="one")
        outcome = desk.bring([PEOPLE, row], source="two")
        assert (outcome.people_new, outcome.people_known) == (0, 1)
    (contact,) = desk.contacts()
    assert contact.family == "Davies"
    assert not suggestions(desk)


@pytest.mark.parametrize("together", [True, False], ids=["one file", "two files"])
@pytest.mark.parametrize(("row", "suggested", "why"), OTHERS, ids=[why for _, _, why in OTHERS])
def test_somebody_else(desk: Any, together: bool, row: list[str], suggested: bool, why: str) -> None:
    if together:
        desk.bring([PEOPLE, JANE, row])
    else:
        desk.bring([PEOPLE, JANE], source="one")
        desk.bring([PEOPLE, row], source="two")
    assert len(desk.contacts()) == 2
    pairs = suggestions(desk)
    assert len(pairs) == suggested
    if pairs:
        assert {pairs[0].contact, pairs[0].other} == {one.id for one in desk.contacts()}


def test_somebody_who_gains_an_address_is_compared_anew(desk: Any) -> None:
    rows = [["J.", "Davies", "", "", "SY20 8XX"], ["Jane", "Davies", "jane@example.org", "", ""]]
    desk.bring([PEOPLE, *rows], source="one")
    assert not suggestions(desk)
    desk.bring([PEOPLE, ["Jane", "Davies", "jane@example.org", "", "SY20 8XX"]], source="two")
    assert len(desk.contacts()) == 2
    (pair,) = suggestions(desk)
    assert {pair.contact, pair.other} == {one.id for one in desk.contacts()}


def test_each_of_a_familys_names_is_compared_with_who_shares_its_address(desk: Any) -> None:
    rows = [[name, "Davies", "home@example.org", "", ""] for name in ("Huw", "Cian", "Mari", "C.")]
    desk.bring([PEOPLE, *rows])
    (pair,) = suggestions(desk)
    named = {one.id: one.given for one in desk.contacts()}
    assert {named[pair.contact], named[pair.other]} == {"Cian", "C."}


def test_the_senders_id_decides_before_anything_else(desk: Any) -> None:
    header = ["Customer ID", *PEOPLE]
    desk.bring([header, ["7", *JANE]], source="till")
    desk.bring([header, ["7", "Jane", "Owen", "jane.owen@example.org", "", ""]], source="till")
    (contact,) = desk.contacts()
    assert {one.key for one in contact.emails} == {"jane@example.org", "jane.owen@example.org"}
    assert contact.family == "Owen", "the account that had said it before says it anew"


def test_an_id_is_good_within_its_account_only(desk: Any) -> None:
    header = ["Customer ID", "First name", "Last name"]
    desk.bring([header, ["7", "Jane", "Davies"]], source="till")
    desk.bring([header, ["7", "Ann", "Owen"]], source="tickets")
    assert len(desk.contacts()) == 2


def test_gaps_are_filled_and_contradictions_are_kept_and_shown(desk: Any) -> None:
    header = [*PEOPLE, "Language", "Town"]
    desk.bring([header, ["Jane", "Davies", "jane@example.org", "", "", "Cymraeg", ""]], source="one")
    outcome = desk.bring(
        [header, ["Jane", "Davies", "jane@example.org", "01632 960001", "SY20 8XX", "English", "Machynlleth"]],
        source="two",
    )
    (contact,) = desk.contacts()
    assert contact.language == "cy"
    assert contact.phones[0].number == "01632 960001"
    assert contact.addresses[0].town == "Machynlleth"
    assert {line.path.partition("[")[0] for line in outcome.changed} == {"phones", "addresses"}
    (problem,) = (one for one in desk.store.scan(Problem) if one.code == "import.value.differs")
    assert problem.contact == contact.id
    assert '"kept":"cy"' in (problem.facts or "")


def test_a_row_with_only_a_phone_is_refused(desk: Any) -> None:
    outcome = desk.bring([PEOPLE, JANE, ["", "", "", "01632 960009", "SY1 1AA"]])
    assert (outcome.stored, outcome.refused) == (1, 1)
    assert outcome.problem_counts == {"import.person.unidentifiable": 1}
    (problem,) = desk.store.scan(Problem)
    assert problem.row == 3
    assert "01632 960009" in (problem.raw or "")


def test_a_line_about_nobody_is_takings(desk: Any) -> None:
    outcome = desk.bring(
        "Date,Amount,Item,Customer name\n01/05/2026,£3.50,Tea,\n02/05/2026,£8.00,Ticket,Gwen Lloyd\n", name="till.csv"
    )
    assert (outcome.takings_new, outcome.interactions_new, outcome.people_new) == (1, 1, 1)
    (taking,) = desk.takings()
    assert (taking.amount, taking.subject) == (350, "Tea")


def test_a_name_alone_is_one_person_within_its_account(desk: Any) -> None:
    lines = "Date,Amount,Customer name\n01/05/2026,£3.50,Gwen Lloyd\n02/05/2026,£8.00,gwen lloyd\n"
    desk.bring(lines, source="till")
    desk.bring("Date,Amount,Customer name\n03/05/2026,£1.00,Gwen Lloyd\n", source="till")
    desk.bring("Date,Amount,Customer name\n03/05/2026,£1.00,Gwen Lloyd\n", source="fair")
    assert len(desk.contacts()) == 2
    assert sorted(sum(1 for one in desk.interactions() if one.contact == who.id) for who in desk.contacts()) == [1, 3]


def test_father_and_son_of_one_name_and_address_stay_two(desk: Any) -> None:
    row = ["John", "Owen", "", "", "SY20 8XX"]
    desk.bring([PEOPLE, row, row])
    assert len(desk.contacts()) == 2
    assert len(suggestions(desk)) == 1


def test_a_person_twice_under_one_id_is_one_and_stays_as_she_is(desk: Any) -> None:
    rows = [
        ["Member no", "First name", "Last name", "Email"],
        ["7", "Jane", "Davies", "jane@example.org"],
        ["7", "Jayne", "Davies", "jayne@example.org"],
    ]
    desk.bring(rows, source="members")
    (before,) = desk.contacts()
    again = desk.bring(rows, source="members")
    assert (again.stored, again.unchanged) == (0, 2)
    turned = desk.bring([rows[0], rows[2], rows[1]], source="members")
    assert (turned.stored, turned.unchanged) == (0, 2)
    assert desk.contacts() == [before]
    assert before.given == "Jane"
    assert len(before.emails) == 2


def test_everything_a_file_says_of_a_person_is_kept(desk: Any) -> None:
    desk.bring(
        "Title,First name,Last name,Email,Tags,Language,Date of birth,Deceased,Notes,Organisation,Shirt\n"
        'Dr,Siân,Owen,sian@example.org,"VIP; Ffrind",Cymraeg,03/04/2012,no,Likes tea,Clwb Rygbi,Large\n',
        becomes={"Shirt": "own.shirt", "Date of birth": "birth_date"},
        defaults={"role": "member"},
    )
    (contact,) = desk.contacts()
    assert (contact.title, contact.given, contact.family, contact.language) == ("Dr", "Siân", "Owen", "cy")
    assert {one.tag for one in contact.tags} == {"VIP", "Ffrind"}
    assert contact.age_band == "13-17"
    assert contact.age_noted is not None
    assert (contact.deceased, contact.note) == (False, "Likes tea")
    assert [one.role for one in contact.roles] == ["member"]
    assert {one.name: one.text for one in contact.custom} == {"own.shirt": "Large", "own.organisation": "Clwb Rygbi"}
    assert {one.name for one in desk.store.scan(CustomField)} == {"own.shirt", "own.organisation"}


def test_a_group_is_an_organisation(desk: Any) -> None:
    desk.bring("Name,Email\nMerched y Wawr Brithwen,myw@example.org\n")
    (contact,) = desk.contacts()
    assert (contact.kind, contact.name) == ("organisation", "Merched y Wawr Brithwen")


CONSENT = ["First name", "Last name", "Email", "Email consent"]


def test_a_yes_is_unconfirmed_and_a_no_is_a_refusal(desk: Any) -> None:
    desk.bring(
        [CONSENT, ["Jane", "Davies", "j@example.org", "Yes"], ["Ann", "Owen", "a@example.org", "Na"],
         ["Gwen", "Lloyd", "g@example.org", "?"], ["Mair", "Lloyd", "m@example.org", ""]]
    )  # fmt: skip
    said = {one.address: (one.decision, one.channel) for one in desk.store.scan(Consent)}
    assert said == {"j@example.org": ("unconfirmed", "email"), "a@example.org": ("refused", "email")}


@pytest.mark.parametrize("first", ["Yes", "No"])
@pytest.mark.parametrize("name", ["Davies", "Owen"], ids=["the same person", "the same address"])
def test_a_yes_in_one_file_and_a_no_in_another_is_a_contradiction(desk: Any, first: str, name: str) -> None:
    other = "No" if first == "Yes" else "Yes"
    desk.bring([CONSENT, ["Jane", "Davies", "j@example.org", first]], source="one")
    outcome = desk.bring([CONSENT, ["Jane", name, "j@example.org", other]], source="two")
    assert outcome.contradictions == 1
    again = desk.bring([CONSENT, ["Jane", name, "j@example.org", other]], source="two")
    assert again.receipt is None
    assert sum(one.code == "consent.contradiction" for one in desk.store.scan(Problem)) == 1


def test_what_a_wife_says_at_a_shared_address_contradicts_nobody(desk: Any) -> None:
    desk.bring([CONSENT, ["Jane", "Davies", "j@example.org", "Yes"]], source="one")
    outcome = desk.bring([CONSENT, ["John", "Davies", "j@example.org", "No"]], source="two")
    assert outcome.contradictions == 0


@pytest.mark.parametrize("together", [True, False], ids=["one file", "two files"])
def test_a_no_without_a_name_contradicts_whoever_has_the_address(desk: Any, together: bool) -> None:
    yes, no = ["Jane", "Davies", "j@example.org", "Yes"], ["", "", "j@example.org", "No"]
    if together:
        desk.bring([CONSENT, yes, no])
    else:
        desk.bring([CONSENT, yes], source="one")
        desk.bring([CONSENT, no], source="two")
    (problem,) = (one for one in desk.store.scan(Problem) if one.code == "consent.contradiction")
    assert {problem.contact, problem.other} == {one.id for one in desk.contacts()}


HAPPENED = "Date,First name,Last name,Email,Email consent\n01/05/2026,Jane,Davies,j@example.org,Yes\n"


@pytest.mark.parametrize("file", ["people", "happenings"])
@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_a_yes_counts_once_somebody_says_what_it_means(desk: Any, file: str, later: bool) -> None:
    rows = [CONSENT, ["Jane", "Davies", "j@example.org", "Yes"]] if file == "people" else HAPPENED
    means = YesMeans("Send me the newsletter", "en")
    if later:
        assert desk.bring(rows, source="one").consents == {"unconfirmed": 1}
    outcome = desk.bring(rows, source="one", yes_means=means)
    assert (outcome.consents, outcome.contradictions) == ({"given": 1}, 0)
    (given,) = (one for one in desk.store.scan(Consent) if one.decision == "given")
    assert (given.wording, given.language, given.by) == ("Send me the newsletter", "en", "somebody")
    (contact,) = desk.contacts()
    assert may_contact(contact, "email", "marketing", desk.clock(), consents=[given]).allowed
    assert desk.bring(rows, source="one", yes_means=means).receipt is None
    assert desk.bring(rows, source="one").consents.get("given") is None
    assert len(list(desk.store.scan(Consent))) == 1 + later


def test_the_same_yes_twice_is_no_contradiction(desk: Any) -> None:
    desk.bring([CONSENT, ["Jane", "Davies", "j@example.org", "Yes"]], source="one")
    outcome = desk.bring([CONSENT, ["Jane", "Davies", "j@example.org", "Y"]], source="two")
    assert outcome.contradictions == 0
    assert desk.store.count_of(Consent) == 2
