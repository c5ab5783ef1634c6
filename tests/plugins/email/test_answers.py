"""What a message becomes: a letter in somebody's story, a refusal, a dead address, or a problem for a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bounce_collection import all_of_them
from office import NOON, Office, bounce, writes

from perthyn.model import Consent, Contact, Interaction, Screening
from perthyn_email.answers import Answers

MAIR = "mair@cartref.example"


@pytest.fixture
def office() -> Office:
    return Office()


def consented(office: Office, name: str = "Mair Evans", *emails: str) -> Contact:
    person = office.person(name, *(emails or (MAIR,)))
    said = {"channel": "email", "decision": "given", "wording": "Yes", "how": "form", "recorded": NOON}
    for purpose in ("marketing", "fundraising"):
        at = NOON - timedelta(days=30)
        office.keep(Consent(id=office.crm.ids(), contact=person.id, purpose=purpose, at=at, **said))
    assert office.rule(person) == office.rule(person, "fundraising") == "contact.consent"
    return person


# --- what came back ---------------------------------------------------------------------------------------------


def test_a_hard_bounce_stands_in_the_story_and_holds_the_address(office: Office) -> None:
    mair = consented(office)
    office.comes(bounce(), office.sent(mair, code="spring"))
    (told,) = office.of(mair, "bounce")
    assert (told.campaign, told.channel, told.subject) == ("spring", "email", f"{MAIR}: 5.1.1 unknown")
    (dead,) = office.screenings(mair)
    assert (dead.list, dead.hit, dead.address, dead.reference, dead.checked) == (
        "bounce",
        True,
        MAIR,
        "5.1.1 unknown",
        NOON,
    )
    assert office.rule(mair) == office.rule(mair, "service") == "contact.bounced"
    assert office.problems() == []


def test_the_same_bounce_again_changes_nothing(office: Office) -> None:
    mair = consented(office)
    line = office.sent(mair)
    office.comes(bounce(), line)
    before = office.store.position()
    office.comes(bounce(), line)
    assert office.took.unchanged == 2 and office.took.created == 0
    assert len(office.of(mair, "bounce")) == len(office.screenings(mair)) == 1
    assert office.store.position() <= before + 1  # the cursor at most


def test_a_dead_address_is_noted_for_all_who_have_it(office: Office) -> None:
    mair, dai = consented(office), consented(office, "Dai Evans")
    office.comes(bounce(), office.sent(mair))
    assert office.rule(mair) == office.rule(dai) == "contact.bounced"
    assert len(office.of(mair, "bounce")) == 1 and office.of(dai, "bounce") == []


def test_a_bounce_is_of_the_address_that_was_written_to_not_of_the_one_in_the_report(office: Office) -> None:
    mair = consented(office)
    office.comes(bounce(to="forwarded@elsewhere.example"), office.sent(mair))
    assert office.rule(mair) == "contact.bounced"


def test_another_address_of_the_same_person_is_not_held(office: Office) -> None:
    mair = consented(office, "Mair Evans", "new@cartref.example", MAIR)
    office.comes(bounce(to=MAIR, id="<x@mx>"))
    assert office.screenings(mair)[0].address == MAIR
    assert office.rule(mair) == "contact.consent"


@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "4.4.7", "5.7.1"])
def test_a_soft_bounce_holds_nothing(office: Office, status: str) -> None:
    mair = consented(office)
    office.comes(bounce(status), office.sent(mair))
    assert len(office.of(mair, "bounce")) == 1
    assert office.screenings(mair) == [] and office.rule(mair) == "contact.consent"


def test_four_soft_ones_in_a_row_end_an_address(office: Office) -> None:
    mair = consented(office)
    for number, days in enumerate((40, 30, 20, 10)):
        assert office.screenings(mair) == []
        office.comes(bounce("4.2.2", id=f"<s{number}@mx>"), office.sent(mair, days))
    assert office.screenings(mair)[0].hit and office.rule(mair) == "contact.bounced"


def test_a_letter_that_came_through_begins_a_new_row(office: Office) -> None:
    mair = consented(office)
    for number, days in enumerate((50, 40, 30, 20, 10)):
        line = office.sent(mair, days)
        if days != 20:
            office.comes(bounce("4.2.2", id=f"<s{number}@mx>"), line)
    assert office.screenings(mair) == []


def test_an_answer_from_there_begins_a_new_row(office: Office) -> None:
    mair = consented(office)
    for number, days in enumerate((40, 30, 20)):
        office.comes(bounce("4.2.2", id=f"<s{number}@mx>"), office.sent(mair, days))
    office.now = NOON - timedelta(days=15)
    office.comes(writes("Diolch"))
    office.now = NOON
    office.comes(bounce("4.2.2", id="<s9@mx>"), office.sent(mair, 10))
    assert office.screenings(mair) == []


def test_a_letter_counts_once_and_a_late_one_not_at_all(office: Office) -> None:
    mair = consented(office)
    line = office.sent(mair, 9)
    for number in range(5):
        office.comes(bounce("4.2.2", id=f"<s{number}@mx>"), line)
    for number, days in enumerate((8, 7, 6)):
        office.comes(bounce("4.4.1", "delayed", id=f"<d{number}@mx>"), office.sent(mair, days))
    assert len(office.of(mair, "bounce")) == 8 and office.screenings(mair) == []


def test_a_later_letter_that_may_still_come_back_does_not_end_the_row(office: Office) -> None:
    mair = consented(office)
    lines = [office.sent(mair, days) for days in (40, 30, 20, 10)]
    office.sent(mair, 1)
    for number, line in enumerate(lines):
        office.comes(bounce("4.2.2", id=f"<s{number}@mx>"), line)
    assert office.screenings(mair)[0].hit


def test_an_answer_from_a_dead_address_opens_it_again(office: Office) -> None:
    mair = consented(office)
    office.comes(bounce(), office.sent(mair))
    office.now += timedelta(days=1)
    office.comes(writes("Mae'r cyfeiriad yn gweithio eto!"))
    assert [one.hit for one in office.screenings(mair)] == [True, False]
    assert office.rule(mair) == "contact.consent"
    office.now += timedelta(days=1)
    office.comes(writes("Eto", id="<r2@cartref>"))
    assert len(office.screenings(mair)) == 2


def test_a_stop_from_a_dead_address_opens_it_for_what_is_no_marketing(office: Office) -> None:
    mair = consented(office)
    office.comes(bounce(), office.sent(mair))
    office.now += timedelta(days=1)
    office.comes(writes("STOP"))
    assert (office.rule(mair), office.rule(mair, "service")) == ("contact.said_no", "contact.service")


def test_an_automatic_answer_opens_nothing(office: Office) -> None:
    mair = consented(office)
    office.comes(bounce(), office.sent(mair))
    office.now += timedelta(days=1)
    office.comes(writes("Allan o'r swyddfa", subject="Ateb awtomatig: News"))
    assert office.rule(mair) == "contact.bounced" and office.of(mair, "email") == []


def test_a_bounce_for_somebody_unknown_is_a_problem_and_nothing_else(office: Office) -> None:
    office.comes(bounce(to="who@nobody.example"))
    assert office.problems() == ["email.bounce.nobody"]
    assert office.store.count_of(Contact) == office.store.count_of(Interaction) == office.store.count_of(Screening) == 0


def test_a_forged_token_names_nobody(office: Office) -> None:
    mair = consented(office)
    line = office.sent(mair)
    office.comes(bounce(to="who@nobody.example").replace("{TOKEN}", "a" * 48), line)
    assert office.screenings(mair) == [] and office.problems() == ["email.bounce.nobody"]


# --- no more ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["STOP", "DAD-DANYSGRIFIO\n\n> Helo"])
def test_stop_is_a_withdrawal_for_both_purposes(office: Office, text: str) -> None:
    mair = consented(office)
    office.comes(writes(text), office.sent(mair, code="spring"))
    assert office.rule(mair) == office.rule(mair, "fundraising") == "contact.said_no"
    no = [one for one in office.consents(mair) if one.decision == "withdrawn"]
    assert {one.purpose for one in no} == {"marketing", "fundraising"}
    assert {(one.how, one.evidence, one.at, one.wording_version) for one in no} == {
        ("reply", "<r1@cartref>", NOON, None)
    }
    (told,) = office.of(mair)
    assert (told.kind, told.campaign, told.direction) == ("unsubscribe", "spring", "in")
    assert office.rule(mair, "service") == "contact.service"


def test_the_same_stop_again_changes_nothing(office: Office) -> None:
    mair = consented(office)
    line = office.sent(mair)
    office.comes(writes("STOP"), line)
    office.comes(writes("STOP"), line)
    assert office.took.created == 0 and len(office.consents(mair)) == 4 and office.problems() == []


def test_the_address_that_every_letter_names_is_enough(office: Office) -> None:
    mair = consented(office)
    mail = "From: other@work.example\nTo: unsubscribe+{TOKEN}@castell.example\nMessage-ID: <u@x>\nSubject: x\n\n"
    office.comes(mail, office.sent(mair))
    assert office.rule(mair) == "contact.said_no"
    assert {one.how for one in office.consents(mair) if one.decision == "withdrawn"} == {"mailto"}


def test_so_is_the_subject_that_a_mail_program_fills_in(office: Office) -> None:
    mair = consented(office)
    mail = "From: other@work.example\nTo: news@castell.example\nMessage-ID: <u@x>\nSubject: DAD-DANYSGRIFIO {TOKEN}\n\n"
    office.comes(mail, office.sent(mair))
    assert office.rule(mair) == "contact.said_no"


def test_a_server_whose_clock_is_ahead_stops_letters_now(office: Office) -> None:
    mair = consented(office)
    office.take(Answers(office.reach()).became(writes("STOP").encode(), NOON + timedelta(minutes=5)))
    assert office.rule(mair) == "contact.said_no"


def test_stop_counts_for_all_who_have_the_address(office: Office) -> None:
    mair, dai = consented(office), consented(office, "Dai Evans")
    office.comes(writes("STOP", id="<u@x>"), office.sent(mair))
    assert office.rule(mair) == office.rule(dai) == "contact.said_no"


def test_stop_from_nobody_known_is_a_problem(office: Office) -> None:
    office.comes(writes("STOP", "who@nobody.example"))
    assert office.problems() == ["email.stop.nobody"] and office.store.count_of(Contact) == 0


def test_a_doubtful_stop_is_kept_as_a_letter_and_shown_to_a_person(office: Office) -> None:
    mair = consented(office)
    office.comes(writes("Please stop sending the paper copy, e-mail is fine."), office.sent(mair))
    assert office.problems() == ["email.stop.doubtful"] and office.rule(mair) == "contact.consent"
    assert office.of(mair, "email")[0].text == "Please stop sending the paper copy, e-mail is fine."


def test_please_dont_stop_is_neither(office: Office) -> None:
    mair = consented(office)
    office.comes(writes("Please don't stop sending these!"), office.sent(mair))
    assert office.problems() == [] and office.rule(mair) == "contact.consent"


def test_a_complaint_is_an_objection(office: Office) -> None:
    mair = consented(office)
    arf = next(one for one in all_of_them() if one.name == "arf-rfc5965").raw.decode()
    office.comes(arf.replace("abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop", "{TOKEN}"), office.sent(mair))
    assert {one.decision for one in office.consents(mair)} == {"given", "objected"}
    assert office.rule(mair) == office.rule(mair, "fundraising") == "contact.said_no"


# --- somebody writes --------------------------------------------------------------------------------------------


def test_an_answer_is_a_letter_in_the_story(office: Office) -> None:
    mair = consented(office)
    quoted = "On Mon, 2 Nov 2026 at 10:15, Castell <news@castell.example> wrote:\n> Helo"
    said = f"Diolch! Ydych chi ar agor ddydd Sul?\n\n{quoted}"
    office.comes(writes(said), office.sent(mair, code="spring"))
    (told,) = office.of(mair)
    assert (told.kind, told.direction, told.channel, told.campaign) == ("email", "in", "email", "spring")
    assert (told.subject, told.text, told.at) == ("Re: News", "Diolch! Ydych chi ar agor ddydd Sul?", NOON)
    assert (told.source, told.source_id) == ("email:main", "<r1@cartref>")


def test_somebody_known_who_writes_of_her_own_asks_something(office: Office) -> None:
    mair = consented(office)
    office.comes(f"From: {MAIR}\nMessage-ID: <q@c>\nSubject: Parcio\n\nOes lle i barcio?\n")
    assert [one.kind for one in office.of(mair)] == ["enquiry"]


def test_an_answer_from_another_address_is_of_whom_the_letter_was_for(office: Office) -> None:
    mair = consented(office)
    office.comes(writes("Diolch", "m.evans@gwaith.example"), office.sent(mair))
    assert [one.text for one in office.of(mair)] == ["Diolch"] and office.store.count_of(Contact) == 1


def test_an_answer_of_somebody_else_who_is_known_is_hers(office: Office) -> None:
    mair, non = consented(office), consented(office, "Non", "non@cartref.example")
    office.comes(writes("Fi sy'n ateb", "non@cartref.example"), office.sent(mair))
    assert office.of(mair) == [] and len(office.of(non, "email")) == 1


def test_of_several_who_share_an_address_the_letter_tells_whose_it_is(office: Office) -> None:
    mair, dai = consented(office), consented(office, "Dai Evans")
    office.comes(writes("Diolch"), office.sent(dai))
    assert office.of(mair) == [] and len(office.of(dai, "email")) == 1
    office.comes(writes("Pwy ydw i?", id="<r9@c>"))
    assert office.problems() == ["email.sender.several"]


def test_somebody_new_who_writes_becomes_a_contact_who_asked(office: Office) -> None:
    sender = "=?utf-8?q?Si=C3=A2n_Ll=C5=B7r?= <sian@llyr.example>"
    office.comes(f"From: {sender}\nMessage-ID: <n@l>\nSubject: Priodas\n\nGawn ni briodi yno?\n")
    (sian,) = office.store.scan(Contact)
    assert (sian.name, sian.emails[0].address) == ("Siân Llŷr", "sian@llyr.example")
    assert [(one.kind, one.text) for one in office.of(sian)] == [("enquiry", "Gawn ni briodi yno?")]
    assert office.rule(sian) == "contact.not_asked"


@pytest.mark.parametrize(
    "extra", ["List-Id: <x.y>", "Precedence: bulk", "Auto-Submitted: auto-generated", "X-Spam-Flag: YES"]
)
def test_what_was_sent_to_many_makes_nobody(office: Office, extra: str) -> None:
    office.comes(f"From: a@shop.example\nMessage-ID: <n@l>\n{extra}\nSubject: Sale\n\nBuy\n")
    assert office.store.count_of(Contact) == 0 and office.problems() == []


@pytest.mark.parametrize("extra", ["List-Id: <x.y>", "X-Spam-Flag: YES"])
def test_an_answer_to_a_letter_of_ours_counts_however_it_came(office: Office, extra: str) -> None:
    mair = consented(office)
    office.comes(f"{extra}\n" + writes("STOP"), office.sent(mair))
    assert office.rule(mair) == "contact.said_no"


def test_our_own_letters_are_not_answers(office: Office) -> None:
    office.comes("From: News@Castell.example\nMessage-ID: <n@l>\nSubject: x\n\nHelo\n")
    assert office.store.count_of(Contact) == 0


def test_a_long_text_is_cut_and_shows_it(office: Office) -> None:
    mair = consented(office)
    office.comes(writes("a" * 60_000), office.sent(mair))
    text = office.of(mair)[0].text or ""
    assert len(text) == 50_000 and text.endswith("\n[…]")


def test_a_message_without_an_id_is_still_known_again(office: Office) -> None:
    mair = consented(office)
    line = office.sent(mair)
    mail = writes("Diolch").replace("Message-ID: <r1@cartref>\n", "")
    office.comes(mail, line)
    office.comes(mail, line)
    assert len(office.of(mair)) == 1 and (office.of(mair)[0].source_id or "").startswith("sha256:")


def test_names_and_subjects_can_hold_anything(office: Office) -> None:
    office.comes(b"From: {{7*7}} \x00\x1b <x@y.example>\nSubject: a\x00b\r\n c\nMessage-ID: <i\x01d@x>\n\nh\x00i\n")
    (made,) = office.store.scan(Contact)
    assert made.name == "{{7*7}}" and [one.text for one in office.of(made)] == ["hi"]


@pytest.mark.parametrize("one", all_of_them(), ids=lambda one: one.name)
def test_every_message_of_the_collection_can_be_stored(office: Office, one: object) -> None:
    became = office.comes(one.raw)  # type: ignore[attr-defined]
    assert len({fact.source_id for fact in became.facts}) == len(became.facts)
    assert office.took.unread == len(became.unread)


def test_settled_is_what_nobody_need_read(office: Office) -> None:
    mair = consented(office)
    line = office.sent(mair)
    assert office.comes(bounce(), line).settled and office.comes(writes("STOP"), line).settled
    assert not office.comes(writes("Diolch", id="<z@c>"), line).settled
    assert not office.comes(bounce(to="x@y.example", id="<y@mx>")).settled
