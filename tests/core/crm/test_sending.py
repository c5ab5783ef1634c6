"""Sending: one letter to each, claimed before it leaves, whatever happens between."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from campaigning import Campaigning

from perthyn.changes import Edit
from perthyn.channel import Letter, NotNow, Pace, Refused, Unsure
from perthyn.contacting import address_hash
from perthyn.contacting.ledger import lines_of, message_id
from perthyn.contacting.tokens import message_of
from perthyn.errors import PerthynError
from perthyn.merging import merge_changes
from perthyn.model import Campaign, Contact, Interaction, Message, Relationship, Screening, Suppression
from perthyn.text import Translator


@pytest.fixture
def desk(office: Any) -> Campaigning:
    return Campaigning(office)


def states(desk: Campaigning, campaign: Campaign) -> dict[str, str]:
    """The state of each person's line, by name."""
    lines = list(lines_of(desk.crm.store, campaign.id))
    people = {one.id: one.name for one in desk.crm.store.scan(Contact)}
    return {people[one.contact]: one.state for one in lines}


def test_everybody_gets_one_letter_and_it_stands_in_their_story(desk: Campaigning) -> None:
    people = [desk.reader("Siân Llŷr", language="cy"), desk.reader("Huw Parry", language="en"), desk.reader("Eira Wyn")]
    held = desk.reader("Mair Rees", yes=False)
    campaign = desk.opened()
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.held, sent.waiting, sent.due, sent.why) == (3, 0, 0, None, None)
    assert sorted(desk.names()) == sorted(one.name for one in people)
    by_name = {one.name: one for one in desk.post.sink.taken}
    assert {name: one.language for name, one in by_name.items()} == {
        "Siân Llŷr": "cy", "Huw Parry": "en", "Eira Wyn": "both",
    }  # fmt: skip
    assert by_name["Siân Llŷr"].subject == "Newyddion i Siân" and "Do come" not in by_name["Siân Llŷr"].text
    assert by_name["Eira Wyn"].text.index("Dewch draw") < by_name["Eira Wyn"].text.index("Do come")
    key = desk.crm.token_key()
    assert all(one.must_offer and message_of(key, one.token) == one.message for one in by_name.values())
    told = list(desk.crm.store.owned(Interaction, [one.id for one in people]))
    assert [(one.kind, one.direction, one.campaign, one.source) for one in told] == [
        ("email", "out", "gwanwyn", "campaign:gwanwyn")
    ] * 3
    assert {one.source_id for one in told} == {str(message_id(campaign.id, one.id)) for one in people}
    assert states(desk, campaign) == {one.name: "sent" for one in people} | {held.name: "held"}
    assert desk.now(campaign).state == "sent"
    assert desk.crm.send_on(desk.now(campaign), "two").sent == 0, "and again: nothing"
    assert len(desk.post.sink.taken) == 3 and desk.post.sink.closed == 2


def test_the_ledger_is_made_once_and_says_who_is_held_and_why(desk: Campaigning) -> None:
    reader = desk.reader("Siân Llŷr")
    desk.reader("Huw Parry", yes=False)
    campaign = desk.campaign()
    first, again = desk.crm.freeze(campaign), desk.crm.freeze(campaign)
    assert (first.again, again.again, first.number) == (False, True, again.number)
    frozen = desk.now(campaign)
    assert (frozen.state, frozen.frozen_on) == ("sending", desk.office.now.date()) and '"is"' in frozen.rule
    lines = {one.contact: one for one in desk.crm.store.scan(Message)}
    assert len(lines) == 2 and lines[reader.id].evidence and lines[reader.id].rule == "contact.consent"
    assert {one.rule for one in lines.values() if one.state == "held"} == {"contact.not_asked"}
    desk.reader("Late Comer")
    desk.crm.send_on(frozen, "one")
    assert desk.names() == ["Siân Llŷr"], "who joins the segment later is not written to"


def test_a_campaign_is_not_sent_until_both_languages_exist(desk: Campaigning) -> None:
    desk.reader("Siân Llŷr")
    with pytest.raises(PerthynError, match=r"letter.missing"):
        desk.crm.freeze(desk.campaign("Unieithog", letter_en=None))
    one = desk.campaign("Welsh alone", letter_en=None, subject_en=None, languages="cy")
    desk.crm.freeze(one)
    desk.crm.send_on(desk.now(one), "one")
    assert [letter.language for letter in desk.post.sink.taken] == ["cy"]


def test_a_letter_of_ten_megabytes_is_refused_and_not_repeated(desk: Campaigning) -> None:
    with pytest.raises(PerthynError, match=r"campaign.value") as caught:
        desk.campaign("Mawr", letter_en="gair " * 2_000_000)
    assert len(str(caught.value.facts["value"])) < 100
    assert Translator("en").error(caught.value)[0].endswith("…: at most 50000 letters fit.")


def test_nobody_to_write_to_is_said_before_anything_is_stored(desk: Campaigning) -> None:
    desk.reader("Mair Rees", yes=False)
    with pytest.raises(PerthynError, match=r"campaign.nobody"):
        desk.crm.freeze(desk.campaign())
    assert not list(desk.crm.store.scan(Message))


@pytest.mark.parametrize("what", ["withdrawn", "suppressed", "died", "erased"])
def test_what_was_said_before_the_claim_wins(desk: Campaigning, what: str) -> None:
    people = [desk.reader(name) for name in ("Ann Puw", "Bet Puw", "Cai Puw")]
    campaign = desk.opened()
    order = [one.contact for one in lines_of(desk.crm.store, campaign.id)]
    last = next(one for one in people if one.id == order[2])
    other = desk.office.desk(seed=2)

    def between(letter: Letter) -> None:
        if len(desk.post.sink.taken) == 1:
            if what == "withdrawn":
                other.record_consent(last.id, "withdrawn", ["email"])
            elif what == "died":
                other.commit([Edit("contact", last.id, {"deceased": (False, True)})])
            elif what == "erased":
                other.erase(last.id)
            else:
                key = other._suppression_key()
                hashed = address_hash(key, "email", last.emails[0].address)
                values = {"id": other.ids(), "address_hash": hashed, "channel": "email", "why": "test"}
                desk.office.keep(Suppression(**values, recorded=desk.office.now))

    desk.post.sink.before = between
    sent = desk.crm.send_on(campaign, "one")
    assert sent.sent == 2 and last.name not in desk.names()


def test_a_refusal_is_for_good_and_what_is_unsure_is_never_sent_again(desk: Campaigning) -> None:
    for name in ("Ann Puw", "Bet Puw", "Cai Puw"):
        desk.reader(name)
    campaign = desk.opened()

    def before(letter: Letter) -> None:
        if letter.name == "Ann Puw":
            raise Refused("smtp.refused", reply="550 5.1.1 unknown")
        if letter.name == "Bet Puw":
            raise Unsure("smtp.unsure")

    desk.post.sink.before = before
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.failed, sent.unknown, sent.waiting) == (1, 1, 1, 0)
    assert states(desk, campaign) == {"Ann Puw": "failed", "Bet Puw": "unknown", "Cai Puw": "sent"}
    desk.post.sink.before = lambda letter: None
    assert desk.crm.send_on(desk.now(campaign), "one").sent == 0
    (line,) = desk.crm.unknown(campaign)
    desk.crm.resolve(desk.now(campaign), [line], sent=False)
    assert desk.crm.send_on(desk.now(campaign), "one").sent == 1 and desk.names() == ["Cai Puw", "Bet Puw"]
    with pytest.raises(PerthynError, match=r"campaign.none_unknown"):
        desk.crm.resolve(campaign, desk.crm.unknown(campaign), sent=True)


def test_an_address_that_leads_nowhere_is_held_by_the_next_campaign(desk: Campaigning) -> None:
    ann = desk.reader("Ann Puw", email="puw@x.cymru")
    desk.reader("Bet Puw")
    cai = desk.office.person("Cai Puw", "PUW@x.cymru")
    desk.post.paced = Pace(a_day=2)

    def before(letter: Letter) -> None:
        if letter.name == "Ann Puw":
            raise Refused("smtp.refused", reply="550 5.1.1 unknown", dead=True)

    desk.post.sink.before = before
    sent = desk.crm.send_on(desk.opened(), "one")
    assert (sent.sent, sent.failed) == (1, 1)
    kept = list(desk.crm.store.scan(Screening))
    assert {one.contact for one in kept} == {ann.id, cai.id}
    assert {(one.list, one.hit, one.address, one.reference) for one in kept} == {
        ("bounce", True, "puw@x.cymru", "550 5.1.1 unknown")
    }
    desk.post.sink.before = lambda letter: None
    summer = desk.opened("Haf")
    assert states(desk, summer)["Ann Puw"] == "held"
    assert {one.rule for one in lines_of(desk.crm.store, summer.id) if one.contact == ann.id} == {"contact.bounced"}
    sent = desk.crm.send_on(summer, "one")
    assert (sent.sent, sent.waiting) == (1, 0), "what is noted of an address is no letter, and takes nothing of the day"


def test_a_server_that_refuses_everything_burns_a_few_letters_and_not_the_campaign(desk: Campaigning) -> None:
    for letter in "ABCDEFGH":
        desk.reader(f"{letter}nn Puw")
    campaign = desk.opened()

    def closed(letter: Letter) -> None:
        raise Refused("smtp.refused", reply="554 5.7.1 your account is suspended")

    desk.post.sink.before = closed
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.failed, sent.waiting, sent.why.code) == (5, 3, "campaign.refused")
    assert desk.now(campaign).state == "paused"
    assert ("todo", "campaign.paused") in {(one.state, one.code) for one in desk.crm.checks()}
    with pytest.raises(PerthynError, match=r"campaign.not_sending"):
        desk.crm.send_on(desk.now(campaign), "one")
    desk.post.sink.before = lambda letter: None
    refused = desk.crm.refused(campaign)
    assert {one.reply for one in refused} == {"554 5.7.1 your account is suspended"}
    desk.crm.resolve(desk.now(campaign), refused, sent=False)
    assert desk.crm.send_on(desk.crm.resume(campaign), "one").sent == 8
    assert len(set(desk.names())) == 8 and desk.now(campaign).state == "sent"
    with pytest.raises(PerthynError, match=r"campaign.none_unknown"):
        desk.crm.resolve(campaign, refused and desk.crm.refused(campaign), sent=True)


def test_a_server_that_never_answers_leaves_a_few_unknown_and_not_all(desk: Campaigning) -> None:
    for letter in "ABCDEFGH":
        desk.reader(f"{letter}nn Puw")
    campaign = desk.opened()

    def silent(letter: Letter) -> None:
        raise Unsure("smtp.unsure", why="timed out")

    desk.post.sink.before = silent
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.unknown, sent.waiting, sent.why.code) == (3, 5, "campaign.unsure")
    assert desk.now(campaign).state == "paused"
    desk.post.sink.before = lambda letter: None
    assert desk.crm.send_on(desk.crm.resume(campaign), "one").sent == 5, "and none of the three again"


def test_dead_and_unreadable_addresses_in_a_row_are_no_reason_to_stop(desk: Campaigning) -> None:
    for letter in "ABCDEFGH":
        desk.reader(f"{letter}nn Puw")
    campaign = desk.opened()

    def dead(letter: Letter) -> None:
        raise Refused("smtp.refused", reply="550 5.1.1", dead=True) if letter.name < "E" else Refused("smtp.address")

    desk.post.sink.before = dead
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.failed, sent.waiting, sent.why) == (8, 0, None)


def test_refused_letters_of_a_campaign_that_is_over_can_be_sent_again(desk: Campaigning) -> None:
    for name in ("Ann Puw", "Bet Puw"):
        desk.reader(name)
    campaign = desk.opened()

    def before(letter: Letter) -> None:
        raise Refused("smtp.refused", reply="550 5.1.1", dead=letter.name == "Ann Puw")

    desk.post.sink.before = before
    assert desk.crm.send_on(campaign, "one").failed == 2 and desk.now(campaign).state == "sent"
    desk.post.sink.before = lambda letter: None
    desk.crm.resolve(desk.now(campaign), desk.crm.refused(campaign), sent=False)
    desk.crm.send_on(desk.now(campaign), "one")
    assert states(desk, campaign) == {"Ann Puw": "held", "Bet Puw": "sent"}, "the door still stands before the dead"


def test_whatever_the_other_side_says_can_be_kept(desk: Campaigning) -> None:
    for name in ("Ann Puw", "Bet Puw", "Cai Puw"):
        desk.reader(name)
    nasty = "550 \x00no\x1b[31m\ud800 such\r\nuser\x85 " + "x" * 2000

    def before(letter: Letter) -> None:
        if letter.name == "Ann Puw":
            raise Refused("smtp.refused", reply=nasty, dead=True)
        if letter.name == "Bet Puw":
            raise NotNow("smtp.later", reply=nasty)

    desk.post.sink.before = before
    desk.post.sink.says = nasty
    campaign = desk.opened()
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.failed, sent.later) == (1, 1, 1)
    for one in lines_of(desk.crm.store, campaign.id):
        assert one.reply is not None and one.reply.startswith("550 no [31m such user xxx") and len(one.reply) == 500


def test_a_person_says_that_an_unknown_one_went_out(desk: Campaigning) -> None:
    reader = desk.reader("Ann Puw")
    campaign = desk.opened()

    def before(letter: Letter) -> None:
        raise Unsure("smtp.unsure")

    desk.post.sink.before = before
    desk.crm.send_on(campaign, "one")
    desk.crm.resolve(desk.now(campaign), desk.crm.unknown(campaign), sent=True)
    assert states(desk, campaign) == {"Ann Puw": "sent"}
    assert [one.campaign for one in desk.crm.store.owned(Interaction, [reader.id])] == ["gwanwyn"]


def test_not_now_waits_and_three_in_a_row_stop_everything(desk: Campaigning) -> None:
    for letter in "ABCDEF":
        desk.reader(f"{letter}nn Puw")
    campaign = desk.opened()

    def busy(letter: Letter) -> None:
        raise NotNow("smtp.later", after=600)

    desk.post.sink.before = busy
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.later, sent.waiting) == (0, 3, 6) and sent.why.code == "smtp.later"
    assert sent.due == desk.office.now + timedelta(seconds=600)
    desk.post.sink.before = lambda letter: None
    assert desk.crm.send_on(campaign, "one").sent == 3, "those that were put off are not due"
    desk.office.later(seconds=601)
    assert desk.crm.send_on(campaign, "one").sent == 3
    assert {one.attempts for one in lines_of(desk.crm.store, campaign.id)} == {0, 1}


def test_a_connection_that_does_not_open_burns_nobody(desk: Campaigning) -> None:
    desk.reader("Ann Puw")
    campaign = desk.opened()

    def shut() -> None:
        raise NotNow("smtp.away")

    desk.post.opening = shut
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.waiting, sent.why.code) == (1, "smtp.away") and sent.due > desk.office.now
    assert {one.attempts for one in lines_of(desk.crm.store, campaign.id)} == {0}


def test_a_days_limit_spreads_a_campaign_over_days_whoever_sends(desk: Campaigning) -> None:
    for number in range(7):
        desk.reader(f"Ann{number} Puw")
    desk.post.paced = Pace(a_day=3)
    campaign = desk.opened()
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.waiting, sent.why.code) == (3, 4, "campaign.pace")
    assert sent.due == desk.office.now + timedelta(hours=24)
    assert desk.plug(desk.office.desk(seed=5)).send_on(campaign, "two").sent == 0, "another process counts the same"
    other = desk.opened("Haf")
    assert desk.crm.send_on(other, "one").sent == 0, "and another campaign"
    desk.office.later(hours=25)
    assert desk.crm.send_on(campaign, "one").sent == 3
    desk.office.later(hours=25)
    assert desk.crm.send_on(campaign, "one").sent == 1 and desk.now(campaign).state == "sent"


def test_a_minutes_limit_is_waited_for_where_one_can_wait(desk: Campaigning) -> None:
    for number in range(5):
        desk.reader(f"Ann{number} Puw")
    desk.post.paced = Pace(a_minute=2)
    campaign = desk.opened()
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        assert "claimed" not in {one.state for one in lines_of(desk.crm.store, campaign.id)}, "nothing is in hand"
        desk.office.later(seconds=int(seconds) + 1)

    assert desk.crm.send_on(campaign, "one", wait=wait).sent == 5 and len(waited) == 2
    assert desk.crm.send_on(desk.now(campaign), "one").why is None


def test_a_rehearsal_hands_letters_over_and_touches_no_ledger(desk: Campaigning) -> None:
    desk.reader("Ann Puw")
    desk.reader("Bet Puw", yes=False)
    desk.post.goes = False
    campaign = desk.campaign()
    before = desk.crm.store.position()
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.held, sent.rehearsal) == (1, 1, True) and desk.names() == ["Ann Puw"]
    assert not list(desk.crm.store.scan(Message)) and desk.now(campaign).state == "draft"
    assert desk.crm.store.position() - before <= 1, "the key of tokens, where there was none"


def test_what_a_dead_sender_had_in_hand_is_unknown(desk: Campaigning) -> None:
    for name in ("Ann Puw", "Bet Puw"):
        desk.reader(name)
    campaign = desk.opened()

    round_ = desk.crm.apply
    dead = False

    def apply(batch: Any) -> Any:
        if dead:
            raise PerthynError("store.gone")
        return round_(batch)

    desk.crm.apply = apply

    def die_for_good(letter: Letter) -> None:
        nonlocal dead
        dead = True
        raise SystemExit

    desk.post.sink.before = die_for_good
    with pytest.raises((SystemExit, PerthynError)):
        desk.crm.send_on(campaign, "one")
    del desk.crm.apply
    desk.post.sink.before = lambda letter: None
    assert sorted(states(desk, campaign).values()) == ["claimed", "waiting"]
    sent = desk.crm.send_on(campaign, "two")
    assert (sent.sent, sent.unknown) == (1, 0), "it may still be alive"
    assert desk.now(campaign).state == "sending"
    desk.office.later(minutes=20)
    sent = desk.crm.send_on(campaign, "two")
    assert (sent.sent, sent.unknown) == (0, 1) and len(desk.crm.unknown(campaign)) == 1
    assert desk.now(campaign).state == "sent" and len(desk.names()) == 1


def test_a_paused_campaign_lets_nothing_out(desk: Campaigning) -> None:
    for name in ("Ann Puw", "Bet Puw", "Cai Puw"):
        desk.reader(name)
    campaign = desk.opened()
    other = desk.office.desk(seed=2)
    desk.post.sink.before = lambda letter: desk.post.sink.taken or other.pause(campaign)
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.waiting, sent.why.code) == (1, 2, "campaign.paused")
    with pytest.raises(PerthynError, match=r"campaign.not_sending"):
        desk.crm.send_on(desk.now(campaign), "one")
    assert desk.crm.send_on(desk.crm.resume(campaign), "one").sent == 2


def test_two_who_became_one_get_one_letter(desk: Campaigning) -> None:
    ann, twin = desk.reader("Ann Puw", email="a@x.cymru"), desk.reader("Ann Puw", email="b@x.cymru")
    campaign = desk.opened()
    desk.crm.commit(merge_changes(desk.crm.store, desk.office.held(ann), desk.office.held(twin), {}), kind="merge")
    assert desk.crm.send_on(campaign, "one").sent == 1
    assert sorted(one.state for one in lines_of(desk.crm.store, campaign.id)) == ["held", "sent"]


# -- households -------------------------------------------------------------------------------------------------


def home(desk: Campaigning, *yes: bool) -> list[Any]:
    """A household: each of them, and whether she said yes."""
    names = ("Ann Wyn", "Bob Wyn", "Cai Wyn")
    people = [desk.reader(name, yes=said) for name, said in zip(names, yes, strict=False)]
    for one, other in pairwise(people):
        link = Relationship(kind="household_member", other=other.id)
        desk.crm.commit([Edit("contact", one.id, {f"relationships[{link.key}]": (None, link)})])
    return people


def test_one_for_a_household_speaks_to_all_who_may_be_contacted(desk: Campaigning) -> None:
    first, second, held = home(desk, True, True, False)
    desk.reader("Neb Arall")
    campaign = desk.opened(household=True)
    audience = desk.crm.audience(campaign)
    assert (audience.people, audience.letters, audience.covered) == (4, 2, 1)
    assert desk.crm.send_on(campaign, "one").sent == 2
    assert sorted(desk.names()) == ["Ann Wyn", "Neb Arall"]
    assert states(desk, campaign) == {"Ann Wyn": "sent", "Bob Wyn": "sent", "Cai Wyn": "held", "Neb Arall": "sent"}
    lines = {one.contact: one for one in lines_of(desk.crm.store, campaign.id)}
    assert lines[second.id].household == lines[first.id].id and lines[held.id].household is None
    letter = next(one for one in desk.post.sink.taken if one.name == "Ann Wyn")
    assert "Ann a Bob" in letter.text and "Ann and Bob" in letter.text


@pytest.mark.parametrize("who", [0, 1])
def test_whoever_of_a_household_says_no_is_out_of_it(desk: Campaigning, who: int) -> None:
    people = home(desk, True, True)
    campaign = desk.opened(household=True)
    desk.crm.record_consent(people[who].id, "withdrawn", ["email"])
    assert desk.crm.send_on(campaign, "one").sent == 1
    assert desk.names() == [people[1 - who].name]
    assert states(desk, campaign) == {people[who].name: "held", people[1 - who].name: "sent"}


def test_of_a_household_whose_speaker_is_refused_the_next_is_written_to(desk: Campaigning) -> None:
    home(desk, True, True)
    campaign = desk.opened(household=True)

    def before(letter: Letter) -> None:
        if letter.name == "Ann Wyn":
            raise Refused("smtp.refused", reply="550")

    desk.post.sink.before = before
    sent = desk.crm.send_on(campaign, "one")
    assert (sent.sent, sent.failed) == (1, 1) and states(desk, campaign) == {"Ann Wyn": "failed", "Bob Wyn": "sent"}


# -- by itself --------------------------------------------------------------------------------------------------


def test_what_is_left_is_sent_by_a_job_and_not_twice(desk: Campaigning) -> None:
    for number in range(4):
        desk.reader(f"Ann{number} Puw")
    desk.post.paced = Pace(a_day=3)
    campaign = desk.opened()

    def jobs() -> list[Any]:
        return [one for one in desk.crm.do_due("job-1") if one.name == "campaign.send"]

    assert jobs() == [], "whoever opened it sends it first"
    desk.office.later(minutes=16)
    (done,) = jobs()
    assert (done.outcome, done.code, len(desk.names())) == ("later", "campaign.waiting", 3)
    desk.office.later(hours=25)
    (done,) = jobs()
    assert (done.outcome, len(desk.names()), desk.now(campaign).state) == ("done", 4, "sent")
    assert not [one for one in desk.crm.jobs() if one.name == "campaign.send"]
