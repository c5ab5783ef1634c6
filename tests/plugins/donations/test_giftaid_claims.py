"""Claims: each gift once, whoever is killed when; refunds afterwards; files of 1,000; no money lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from giftaid_stage import NOON, Charity, charity, memory
from hypothesis import given
from hypothesis import strategies as st

import perthyn_donations.claims as claiming
from perthyn.errors import PerthynError
from perthyn_donations.books import take_up, tax
from perthyn_donations.checking import checked
from perthyn_donations.claims import claim, marked, planned
from perthyn_donations.gifts import note_gift, to_ask
from perthyn_donations.letters import thanks
from perthyn_donations.records import Claim, ClaimLine
from perthyn_donations.small import small

TODAY = NOON.date()
__all__ = ["charity"]


def donor(charity: Charity, given: str = "Siân", family: str = "Llŷr", **declared: Any) -> Any:
    who = charity.person(given, family)
    charity.declared(who, given=given, family=family, **declared)
    return who


def refused(charity: Charity, file: Path, **more: Any) -> str:
    with pytest.raises(PerthynError) as error:
        claim(charity.crm, file, **more)
    return error.value.code


def test_a_claim_and_the_same_again(charity: Charity, tmp_path: Path) -> None:
    gift = charity.gift(donor(charity, "Gŵyn", "ap Gwilym"), 100_00)
    charity.gift(charity.person("Neb", "Arall"), 50_00)
    file = tmp_path / "a.ods"
    made, plan = claim(charity.crm, file)
    assert plan is not None and not made.again
    assert (made.claim.amount, made.claim.lines, made.claim.files) == (100_00, 1, 1)
    assert checked(file, TODAY) == []
    (line,) = charity.store.scan(ClaimLine)
    assert (line.given, line.family, line.house, line.postcode) == ("Gwyn", "ap Gwilym", "12", "SY20 8XC")
    assert (line.interaction, line.amount, line.claim) == (gift.id, 100_00, made.claim.id)
    before = file.read_bytes()
    file.unlink()
    again, plan = claim(charity.crm, file)
    assert again.again and plan is None and again.claim.id == made.claim.id
    assert file.read_bytes() == before
    assert charity.store.count_of(ClaimLine) == 1
    assert refused(charity, tmp_path / "b.ods") == "giftaid.claim.nothing"
    assert charity.judged(gift).claimed == 100_00


def test_killed_between_record_and_file(charity: Charity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    charity.gift(donor(charity), 100_00)
    file = tmp_path / "a.ods"

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(claiming, "_appear", killed)
        with pytest.raises(KeyboardInterrupt):
            claim(charity.crm, file)
    assert charity.store.count_of(Claim) == 1 and not file.exists()
    made, _ = claim(charity.desk(2), file)
    assert made.again and checked(file, TODAY) == []
    assert charity.store.count_of(Claim) == charity.store.count_of(ClaimLine) == 1


@pytest.mark.parametrize("at", range(1, 7))
def test_killed_at_each_step_of_writing(
    charity: Charity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Three files, each of them written whole, synced and renamed; killed at one of these steps."""
    who = donor(charity)
    for _ in range(5):
        charity.gift(who, 10_00)
    monkeypatch.setattr(claiming, "MOST_ROWS", 2)
    calls = 0

    def killed(real: Any) -> Any:
        def step(*given: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                raise KeyboardInterrupt
            return real(*given)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(claiming.os, "fsync", killed(claiming.os.fsync))
        patch.setattr(Path, "replace", killed(Path.replace))
        with pytest.raises(KeyboardInterrupt):
            claim(charity.crm, tmp_path / "a.ods")
    whole = {one.name: one.read_bytes() for one in tmp_path.glob("a*.ods")}
    assert all(checked(one, TODAY) == [] for one in tmp_path.glob("a*.ods")), "no half file"
    made, _ = claim(charity.desk(2), tmp_path / "a.ods")
    assert made.again and len(made.files) == 3
    assert all((tmp_path / name).read_bytes() == content for name, content in whole.items())
    assert sum(one.amount for one in charity.store.scan(ClaimLine)) == 50_00


def test_killed_before_the_record(charity: Charity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    charity.gift(donor(charity), 100_00)
    with monkeypatch.context() as patch:
        patch.setattr(type(charity.store), "apply", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            claim(charity.crm, tmp_path / "a.ods")
    assert charity.store.count_of(Claim) == 0 and not list(tmp_path.glob("*.ods"))
    assert not claim(charity.crm, tmp_path / "a.ods")[0].again


def test_two_at_once_claim_once(charity: Charity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's claim is committed after ours was planned."""
    charity.gift(donor(charity), 100_00)
    plans = []

    def planned_late(crm: Any, *given: Any) -> Any:
        plan = planned(crm, *given)
        plans.append(plan)
        if len(plans) == 1:
            claim(charity.desk(7), tmp_path / "theirs.ods")
        return plan

    monkeypatch.setattr(claiming, "planned", planned_late)
    assert refused(charity, tmp_path / "ours.ods") == "giftaid.claim.nothing"
    assert [one.amount for one in charity.store.scan(ClaimLine)] == [100_00]


def test_what_stands_in_the_way(charity: Charity, tmp_path: Path) -> None:
    charity.gift(donor(charity), 100_00)
    other = tmp_path / "a.ods"
    other.write_text("somebody's", encoding="utf-8")
    assert refused(charity, tmp_path / "a.xlsx") == "giftaid.claim.suffix"
    assert refused(charity, other) == "giftaid.claim.there"
    assert charity.store.count_of(Claim) == 0, "nothing is recorded that can't be written"
    assert refused(charity, tmp_path / "b.ods", aggregate="x" * 36) == "giftaid.aggregate"
    assert refused(charity, tmp_path / "b.ods", until=date(2026, 2, 28)) == "giftaid.claim.nothing"
    assert claim(charity.crm, other, replace=True)[0].claim.amount == 100_00


def test_refunds_before_and_after_a_claim(charity: Charity, tmp_path: Path) -> None:
    who = donor(charity)
    whole = charity.gift(who, 100_00, source="stripe:main", source_id="a", order="a")
    charity.gift(who, -30_00, date(2026, 3, 5), source="stripe:main", source_id="ar", order="a")
    gone = charity.gift(who, 20_00, source="stripe:main", source_id="b", order="b")
    charity.gift(who, -20_00, date(2026, 3, 5), source="stripe:main", source_id="br", order="b")
    assert [charity.judged(one).open for one in (whole, gone)] == [70_00, 0]
    assert charity.judged(gone).verdict.rule == "giftaid.refunded"
    claim(charity.crm, tmp_path / "a.ods")
    # more is paid back after the claim
    charity.gift(who, -10_01, date(2026, 4, 5), source="stripe:main", source_id="ar2", order="a")
    held = charity.books()
    assert (charity.judged(whole).open, held.over_claimed) == (-10_01, 250)
    assert refused(charity, tmp_path / "b.ods") == "giftaid.claim.nothing", "Box 2 needs a claim to be taken from"
    charity.gift(who, 80_00, date(2026, 5, 1))
    made, _ = claim(charity.crm, tmp_path / "b.ods")
    assert (made.claim.over_claimed, made.claim.amount) == (250, 80_00)
    assert charity.books().over_claimed == 0, "it is paid back once"
    import python_calamine

    sheet = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "b.ods")).get_sheet_by_index(0)
    assert sheet.to_python(skip_empty_area=False)[16][3] == 2.5


def test_a_refund_that_names_nothing_waits_for_a_person(charity: Charity) -> None:
    who = donor(charity)
    gift = charity.gift(who, 100_00)
    refund = charity.gift(who, -100_00, date(2026, 4, 1))
    assert [one.id for one in charity.books().unplaced] == [refund.id]
    with pytest.raises(PerthynError):
        note_gift(charity.crm, gift, {"refund_of": refund.id})
    note_gift(charity.crm, refund, {"refund_of": gift.id})
    assert charity.judged(gift).verdict.rule == "giftaid.refunded" and not charity.books().unplaced


def test_a_declaration_taken_back_after_the_claim(charity: Charity, tmp_path: Path) -> None:
    who = charity.person()
    spoken = charity.declared(who, day=date(2026, 9, 1), how="spoken", confirmed=date(2026, 9, 2))
    gift = charity.gift(who, 100_00, date(2026, 9, 1))
    claim(charity.crm, tmp_path / "a.ods")
    charity.keep(spoken.model_copy(update={"id": charity.crm.ids(), "said": "voided", "declaration": spoken.id}))
    assert (charity.judged(gift).open, charity.books().over_claimed) == (-100_00, 25_00)


def test_one_who_dies_later_pays_nothing_back(charity: Charity, tmp_path: Path) -> None:
    who = donor(charity)
    gift = charity.gift(who, 100_00)
    claim(charity.crm, tmp_path / "a.ods")
    charity.crm.edit_contact(who.id, {"deceased": True})
    assert (charity.judged(gift).verdict.rule, charity.judged(gift).open) == ("giftaid.death_undated", 0)
    refund = charity.gift(who, -30_00, date(2026, 6, 1))
    note_gift(charity.crm, refund, {"refund_of": gift.id})
    assert charity.judged(gift).open == -30_00, "but what goes back is paid back, whatever the rule"
    charity.now = charity.now.replace(year=2031)
    assert charity.judged(gift).open == -30_00


def test_dropped_and_sent(charity: Charity, tmp_path: Path) -> None:
    charity.gift(donor(charity), 100_00)
    claim(charity.crm, tmp_path / "a.ods")
    marked(charity.crm, "a.ods", drop=True)
    made, _ = claim(charity.crm, tmp_path / "b.ods")
    assert made.claim.amount == 100_00, "what was in a claim that never went can be claimed again"
    marked(charity.crm, "b.ods", sent=date(2026, 11, 20))
    with pytest.raises(PerthynError) as error:
        marked(charity.crm, "b.ods", drop=True)
    assert error.value.code == "giftaid.claim.sent"


def test_undo_leaves_a_claim(charity: Charity, tmp_path: Path) -> None:
    charity.gift(donor(charity), 100_00)
    claim(charity.crm, tmp_path / "a.ods")
    plan = charity.crm.undo_plan(next(charity.store.headers()))
    assert not any(plan.removes.values()) and {one.why for one in plan.kept} == {"never"}


def test_1001_gifts_make_two_files(charity: Charity, tmp_path: Path) -> None:
    who = donor(charity)
    first = charity.gift(who, 5_00, date(2025, 5, 1), kind="donation")
    charity.keep(*(first.model_copy(update={"id": charity.crm.ids(), "day": date(2026, 1, 1)}) for _ in range(1_000)))
    made, _ = claim(charity.crm, tmp_path / "big.ods")
    assert [one.name for one in made.files] == ["big.ods", "big-2.ods"]
    assert all(checked(one, TODAY) == [] for one in made.files)
    assert made.claim.amount == 1_001 * 5_00
    lines = list(charity.store.scan(ClaimLine))
    assert {(one.file, one.item) for one in lines} == {*((1, n) for n in range(1, 1_001)), (2, 1)}


def test_aggregated_and_sponsored(charity: Charity, tmp_path: Path) -> None:
    for number in range(40):
        charity.gift(donor(charity, "A", f"Llŷr{number}"), 29_99, date(2026, 3, 1 + number % 20))
    runner = donor(charity, "Rhedwr", "Cyflym")
    for pence in (500_00, 500_01):
        charity.noted(charity.gift(runner, pence, date(2026, 4, 1)), nature="sponsored")
    made, plan = claim(charity.crm, tmp_path / "a.ods", aggregate="Casgliad Gŵyl")
    assert plan is not None and checked(tmp_path / "a.ods", TODAY) == []
    assert [(place.aggregated, len(place.gifts)) for place in plan.places] == [
        ("", 1), ("", 1), ("Casgliad Gwyl", 33), ("Casgliad Gwyl", 7)]  # fmt: skip
    lines = [one for one in charity.store.scan(ClaimLine) if not one.aggregated]
    assert sorted((one.amount, one.sponsored) for one in lines) == [(500_00, True), (500_01, False)]
    assert made.claim.amount == 40 * 29_99 + 1_000_01


GIFTS = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(1, 2_000_00), st.dates(date(2020, 1, 1), date(2026, 11, 22)),
        st.sampled_from(["", "purchase", "sponsored", "voucher"]), st.integers(0, 2_500_00),
    ),
    max_size=12,
)  # fmt: skip


@given(GIFTS, st.booleans())
def test_no_money_is_lost(tmp_path_factory: pytest.TempPathFactory, gifts: Any, together: bool) -> None:
    """What came in is claimed, or held with a reason, or was paid back: to the penny."""
    folder = tmp_path_factory.mktemp("claim")
    charity = memory(folder)
    people = [
        donor(charity), donor(charity, "Gŵyn", "O’Brien", address="x" * 40), charity.person("Neb", "Heb"),
        donor(charity, "Ծ", "Ճ"), charity.person("Cwmni", "Cyf", kind="organisation"),
        donor(charity, "A", "B", covers="past", day=date(2024, 1, 1)),
    ]  # fmt: skip
    came = back = 0
    for number, (who, pence, day, nature, returned) in enumerate(gifts):
        gift = charity.gift(people[who], pence, day, source="s", order=str(number))
        if nature:
            charity.noted(gift, nature=nature)
        if returned:
            back += min(pence, returned)
            charity.gift(people[who], -min(pence, returned), day, source="s", order=str(number))
        came += pence
    plan = planned(charity.crm, None, "Casgliad" if together else "")
    left = sum(one.net for one in plan.held)
    assert plan.amount + left == came - back
    assert all(one.verdict.rule != "giftaid.eligible" for one in plan.held)
    if plan.places:
        made, _ = claim(charity.crm, folder / "a.ods", None, "Casgliad" if together else "")
        assert sum(one.amount for one in charity.store.scan(ClaimLine)) == made.claim.amount == plan.amount
        assert checked(folder / "a.ods", TODAY) == []
        assert not planned(charity.crm).places


def test_take_up_and_whom_to_ask(charity: Charity) -> None:
    charity.gift(donor(charity), 100_00)
    charity.gift(charity.person("Neb", "Heb"), 300_00)
    half = charity.person("Hanner", "Datganiad")
    charity.declared(half, address=None)
    charity.gift(half, 10_00)
    charity.gift(charity.person("Cwmni", "Cyf", kind="organisation"), 1_000_00)
    found = take_up(charity.books().gifts)
    assert (found.count, found.of_count, found.pence, found.of_pence) == (1, 3, 100_00, 410_00)
    first, second = to_ask(charity.crm, charity.books())
    assert (first.contact.family, first.purpose, first.rule) == ("Heb", "fundraising", "giftaid.undeclared")
    assert not any(told.allowed for told in first.ways.values()), "asking for one is fundraising: nobody said yes"
    assert (second.contact.family, second.purpose, second.rule) == ("Datganiad", "service", "giftaid.incomplete")
    assert second.ways["post"].allowed


def test_who_moved_is_asked_again_and_still_counts(charity: Charity) -> None:
    who = donor(charity)
    gift = charity.gift(who, 10_00)
    assert to_ask(charity.crm, charity.books()) == []
    charity.crm.edit_contact(
        who.id, {"address": "1 Lle", "postcode": "LL32 8LD"}, remove=[f"addresses[{who.addresses[0].key}]"]
    )
    (asked,) = to_ask(charity.crm, charity.books())
    assert (asked.rule, asked.purpose, asked.gifts) == ("giftaid.moved", "service", 1)
    assert charity.judged(gift).verdict.yes


def test_one_donor_is_not_aggregated_with_herself(charity: Charity, tmp_path: Path) -> None:
    one, other = donor(charity), donor(charity, "Gwen", "Huws")
    for who, count in ((one, 3), (other, 1)):
        for _ in range(count):
            charity.gift(who, 5_00)
    plan = planned(charity.crm, None, "Casgliad")
    assert sorted((place.aggregated, len(place.gifts)) for place in plan.places) == [("", 1), ("", 1), ("Casgliad", 2)]
    assert {gift.gift.contact for gift in plan.places[-1].gifts} == {one.id, other.id}


def test_small_donations(charity: Charity, tmp_path: Path) -> None:
    for day, pence, channel in [
        (date(2025, 4, 6), 30_00, "cash"), (date(2026, 4, 5), 29_00, "contactless"), (date(2025, 4, 5), 5_00, "cash"),
        (date(2026, 4, 6), 5_00, "cash"), (date(2025, 7, 1), 30_01, "cash"), (date(2025, 7, 1), 5_00, "website"),
    ]:  # fmt: skip
        charity.box(pence, day, channel)
    found = small(charity.crm)
    assert (found.start, found.count, found.amount, found.over) == (date(2025, 4, 6), 2, 59_00, 1)
    assert (found.usable, found.last_day) == (0, date(2028, 4, 5)), "nothing claimed by Gift Aid, nothing to match"
    charity.gift(donor(charity), 4_00, date(2025, 7, 1), channel="cash")
    assert small(charity.crm).amount == 63_00, "in cash and not claimed: it counts here"
    claim(charity.crm, tmp_path / "a.ods")
    found = small(charity.crm)
    assert (found.amount, found.claimed, found.usable, found.top_up) == (59_00, 4_00, 40_00, 10_00)


def test_the_pieces_of_a_thank_you(charity: Charity) -> None:
    crm = charity.crm
    gift = charity.gift(donor(charity), 10_02)
    charity.noted(gift, fund="Y to")
    other = charity.gift(charity.person("Neb", "Heb"), 10_00)
    from perthyn.text import Translator

    told = thanks(Translator("en"), charity.judged(gift))
    assert (told["amount"], told["fund"]) == ("£10.02", "Y to") and "£2.51" in told["gift_aid"]
    assert thanks(Translator("en"), charity.judged(other))["gift_aid"] == "", "a thank-you asks for nothing"
    assert crm.actor.name == "gwen"


@pytest.mark.parametrize(("pence", "due"), [(0, 0), (1, 0), (2, 1), (6, 2), (100, 25), (10_01, 250), (10_02, 251)])
def test_tax(pence: int, due: int) -> None:
    assert tax(pence) == due


def test_rights(charity: Charity, tmp_path: Path) -> None:
    desk = charity.desk(3, "contact.read", "money.read", "donation.read")
    planned(desk)
    with pytest.raises(PerthynError) as error:
        claim(desk, tmp_path / "a.ods")
    assert error.value.code == "right.missing"
    with pytest.raises(PerthynError):
        planned(charity.desk(3, "contact.read", "donation.read"))
    with pytest.raises(PerthynError):
        planned(charity.desk(3, "contact.read", "money.read"))
