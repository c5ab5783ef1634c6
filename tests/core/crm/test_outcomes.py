"""What came of a campaign: the report, the files for whoever sends it, and the files that come back."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from campaigning import Campaigning
from hypothesis import given
from hypothesis import strategies as st

from perthyn.channel import Letter, Refused
from perthyn.contacting.attribution import KINDS, Touch, credited
from perthyn.contacting.ledger import lines_of
from perthyn.errors import PerthynError
from perthyn.model import Address, Consent, Contact, Interaction, Problem, Screening


@pytest.fixture
def desk(office: Any) -> Campaigning:
    return Campaigning(office)


def test_the_report_adds_up(desk: Campaigning) -> None:
    office = desk.office
    ann, bet, cai = desk.reader("Ann Puw", language="cy"), desk.reader("Bet Puw"), desk.reader("Cai Puw")
    desk.reader("Neb Puw", yes=False)
    stranger = office.person("Dai Jones")

    def before(letter: Letter) -> None:
        if letter.name == "Cai Puw":
            raise Refused("smtp.refused", reply="550")

    desk.post.sink.before = before
    campaign = desk.opened(cost=5_000)
    desk.crm.send_on(campaign, "one")
    day = office.now.date()
    office.later(days=2)
    office.did(ann, "donation", day + timedelta(days=1), amount=10_000)
    office.did(ann, "donation", day + timedelta(days=2), amount=-2_000)
    office.did(bet, "purchase", day + timedelta(days=31), amount=999)
    office.did(bet, "donation", day - timedelta(days=1), amount=777)
    office.did(cai, "donation", day + timedelta(days=1), amount=555)
    office.did(stranger, "donation", day + timedelta(days=90), amount=1_500, campaign="Gwanwyn")
    office.till("purchase", day, amount=250, campaign="gwanwyn")
    office.did(bet, "bounce", day, campaign="gwanwyn", raw='{"kind": "hard"}')
    report = desk.crm.campaign_report(desk.now(campaign))
    whole = report.whole
    assert dict(whole.lines) == {"sent": 2, "failed": 1, "held": 1} and dict(report.held) == {"contact.not_asked": 1}
    assert (report.bounced(whole), whole.bounced_hard, report.delivered(whole)) == (1, 1, 1)
    assert report.response(whole, "clicked") is None, "not measured, which is not 0"
    assert dict(whole.income) == {"donation": 8_000 + 1_500, "purchase": 250} and report.outside == 1_750
    assert report.roi == (9_750 - 5_000) / 5_000
    assert sum(part.total for part in report.languages.values()) + report.outside == whole.total
    assert {name: part.sent for name, part in report.languages.items()} == {"cy": 1, "both": 1}
    welsh = desk.crm.add_segment("Welsh", None, "language is cy")[0]
    parts = desk.crm.campaign_report(desk.now(campaign), [welsh]).segments
    assert {name: (part.sent, part.total) for name, part in parts.items()} == {"Welsh": (1, 8_000), "": (1, 0)}


def test_the_last_campaign_before_it_has_the_income(desk: Campaigning) -> None:
    ann = desk.reader("Ann Puw")
    first = desk.opened("First")
    desk.crm.send_on(first, "one")
    desk.office.later(days=5)
    second = desk.opened("Second", cost=0)
    desk.crm.send_on(second, "one")
    desk.office.later(days=5)
    desk.office.did(ann, "donation", desk.office.now.date() - timedelta(days=7), amount=100, order="A")
    desk.office.did(ann, "donation", desk.office.now.date(), amount=2_000)
    desk.office.did(ann, "purchase", desk.office.now.date(), amount=300, campaign="FIRST")
    desk.office.did(ann, "donation", desk.office.now.date(), amount=-40, order="A")
    told = {one.code: desk.crm.campaign_report(desk.now(one)) for one in (first, second)}
    assert (told["first"].whole.total, told["second"].whole.total) == (360, 2_000)
    assert told["first"].whole.named == 300
    assert told["second"].roi is None, "no cost: no data"


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(-9_999, 9_999), st.sampled_from(["", "a", "b", "zz"]),
                       st.sampled_from(["", "o1", "o2"])), max_size=12),
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 60), st.integers(0, 40)), max_size=5),
)  # fmt: skip
def test_every_line_is_somebodys_or_nobodys_once(lines: list[Any], touches: list[Any]) -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    made = [
        Interaction(id=UUID(int=n), contact=UUID(int=99), kind=KINDS[n % 4], day=(start + timedelta(days=day)).date(),
                    amount=amount, currency="GBP", campaign=code or None, order=order or None)
        for n, (day, amount, code, order) in enumerate(lines)
    ]  # fmt: skip
    sent = [Touch(code, start + timedelta(days=day), days) for code, day, days in touches]
    found = list(credited(made, sent, {"a": "a", "b": "b", "c": "c"}, ZoneInfo("Europe/London")))
    assert sorted(one.line.id for one in found) == [one.id for one in made]
    assert all(one.campaign == one.line.campaign for one in found if one.line.campaign in ("a", "b"))
    for one in found:
        if one.campaign and not one.named and not one.line.order:
            mine = [touch for touch in sent if touch.campaign == one.campaign]
            assert any(touch.at.date() <= one.line.day <= touch.at.date() + timedelta(touch.days) for touch in mine)


# -- files ------------------------------------------------------------------------------------------------------


def read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as given:
        return list(csv.reader(given))


def at_home(desk: Campaigning, name: str, line: str = "1 Lle", **values: Any) -> Contact:
    address = Address(lines=line, town="Tre", postcode="SY23 1AA")
    return desk.reader(name, channel="post", addresses=(address,), **values)


def test_labels_are_one_for_each_household_and_handed_over_once(desk: Campaigning, tmp_path: Path) -> None:
    at_home(desk, "Ann Wyn"), at_home(desk, "Bob Wyn"), at_home(desk, "Cai Puw"), at_home(desk, "=cmd Wyn", "2 Lle")
    at_home(desk, "Neb Wyn", yes=False)
    campaign = desk.campaign(channel="post", household=True, letter_en=None, letter_cy=None)
    done = desk.crm.hand_over(campaign, "labels", tmp_path / "labels.csv")
    rows = read(tmp_path / "labels.csv")
    assert (done.rows, done.new, done.held) == (3, 3, {})
    assert sorted(row[0] for row in rows[1:]) == ["'=cmd Wyn", "Ann Wyn and Bob Wyn", "Cai Puw"]
    assert {one.state for one in lines_of(desk.crm.store, campaign.id)} == {"handed", "held"}
    assert desk.now(campaign).state == "sent"
    again = desk.crm.hand_over(desk.now(campaign), "labels", tmp_path / "more.csv")
    assert (again.rows, len(read(tmp_path / "more.csv"))) == (0, 1)
    same = desk.crm.hand_over(desk.now(campaign), "labels", tmp_path / "same.csv", again=True)
    assert (same.rows, same.new) == (3, 0) and sorted(read(tmp_path / "same.csv")) == sorted(rows)
    with pytest.raises(PerthynError, match=r"export.there"):
        desk.crm.hand_over(desk.now(campaign), "labels", tmp_path / "same.csv", again=True)


def test_whoever_withdraws_is_not_handed_over_again(desk: Campaigning, tmp_path: Path) -> None:
    ann = desk.reader("Ann Puw")
    desk.reader("Bet Puw")
    campaign = desk.campaign()
    desk.crm.hand_over(campaign, "mailchimp", tmp_path / "one.csv")
    rows = read(tmp_path / "one.csv")
    assert rows[0] == ["Email Address", "First Name", "Last Name", "Language"] and len(rows) == 3
    desk.crm.record_consent(ann.id, "withdrawn", ["email"])
    done = desk.crm.hand_over(desk.now(campaign), "mailchimp", tmp_path / "two.csv", again=True)
    assert (done.rows, dict(done.held)) == (1, {"contact.said_no": 1})


def test_letters_to_print_are_held_where_they_cant_be_written(desk: Campaigning, tmp_path: Path) -> None:
    at_home(desk, "Ann Wyn")
    at_home(desk, "Cai <b>Puw</b>", title="Dr")
    campaign = desk.campaign(channel="post", letter_en="{{ title }} <i>", letter_cy="{{ teitl }}")
    done = desk.crm.hand_over(campaign, "letters", tmp_path / "letters.html")
    text = (tmp_path / "letters.html").read_text(encoding="utf-8")
    assert (done.rows, dict(done.held)) == (1, {"letter.value.missing": 1})
    assert text.count("<article") == 1 and "<b>Puw" not in text and "<i>" not in text and text.endswith("</html>\n")


def test_what_the_mailer_says_comes_back_once(desk: Campaigning, tmp_path: Path) -> None:
    people = [desk.reader(f"{name} Puw", email=f"{name.lower()}@x.cymru") for name in ("Ann", "Bet", "Cai", "Dai")]
    campaign = desk.campaign()
    desk.crm.hand_over(campaign, "mailchimp", tmp_path / "out.csv")
    campaign = desk.now(campaign)
    back = tmp_path / "back.csv"
    back.write_text(
        "Email Address,Status,Clicks\nANN@x.cymru,Hard bounce,0\nbet@x.cymru,Unsubscribed,2\n"
        "cai@x.cymru,delivered,1\ndai@x.cymru,soft-bounce,0\nnobody@x.cymru,bounced,0\n",
        encoding="utf-8",
    )
    dry = desk.crm.take_results(campaign, back, dry_run=True)
    assert dry.receipt is None and not list(desk.crm.store.scan(Screening))
    done = desk.crm.take_results(campaign, back)
    assert done.noted == {"hard": 1, "unsubscribed": 1, "clicked": 2, "soft": 1}
    assert done.unknown == ["nobody@x.cymru"]
    report = desk.crm.campaign_report(campaign)
    assert (report.bounced(report.whole), report.whole.bounced_hard, report.delivered(report.whole)) == (2, 1, 2)
    assert [report.response(report.whole, name) for name in ("clicked", "unsubscribed", "replied")] == [2, 1, None]
    assert [one.contact for one in desk.crm.store.scan(Screening)] == [people[0].id]
    noes = [one.contact for one in desk.crm.store.scan(Consent) if one.decision == "withdrawn"]
    assert noes == [people[1].id] * 2
    assert [one.code for one in desk.crm.store.scan(Problem)] == ["campaign.results.stranger"]
    again = desk.crm.take_results(campaign, back)
    assert (again.noted, again.before, again.receipt) == ({}, 5, None)
    alone = tmp_path / "clicks.csv"
    alone.write_text("Email Address\ndai@x.cymru\n", encoding="utf-8")
    with pytest.raises(PerthynError, match=r"campaign.results.columns"):
        desk.crm.take_results(campaign, alone)
    assert desk.crm.take_results(campaign, alone, says="clicked").noted == {"clicked": 1}
    alone.write_text("Email Address,Status\ndai@x.cymru,who knows\n", encoding="utf-8")
    with pytest.raises(PerthynError, match=r"campaign.results.word"):
        desk.crm.take_results(campaign, alone)


def test_a_draft_can_be_undone_and_what_was_sent_cannot(desk: Campaigning) -> None:
    desk.reader("Ann Puw")
    draft = desk.campaign("Draft")
    crm = desk.crm
    assert not crm.undo(crm.batch("")).plan.kept and draft.id not in {one.id for one in crm.campaigns()}
    campaign = desk.opened()
    with pytest.raises(PerthynError, match=r"undo.sent"):
        crm.undo_plan(next(one for one in crm.store.headers() if one.kind == "ledger"))
    crm.send_on(campaign, "one")
    made = next(one for one in crm.store.headers() if one.kind == "campaign" and one.reason == "gwanwyn")
    assert {one.why for one in crm.undo_plan(made).kept} == {"never"}
