"""What is noted of gifts stands with the giver and with whoever is credited; pledges say what has been paid."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from giftaid_stage import NOON, Charity, charity, memory

from perthyn.errors import PerthynError
from perthyn.merging import merge_changes
from perthyn.model import Contact, Job
from perthyn.text import Translator
from perthyn.words.kept import kept_words
from perthyn_donations.gifts import note_gift
from perthyn_donations.pledges import pledges
from perthyn_donations.thanking import WORDS
from perthyn_donations.ticks import WORK, ticked

__all__ = ["charity"]


def shown(charity: Charity, who: Contact, language: str = "en") -> dict[str, list[str]]:
    return kept_words(charity.crm, Translator(language, [WORDS]), charity.crm.show(who.id).records)


def test_fund_and_credit_stand_with_the_giver_and_with_whom_is_credited(charity: Charity) -> None:
    giver, asker, other = charity.person(), charity.person("Huw", "Parry"), charity.person("Neb", "Arall")
    gift = charity.gift(giver, 25_00, date(2026, 3, 3))
    note_gift(charity.crm, gift, {"fund": "Y to", "credit": asker.id})
    note_gift(charity.crm, charity.gift(giver, 1_00), {"fund": "Arall"})
    (credited,) = shown(charity, asker)["What is noted of gifts"]
    assert "Siân Llŷr: donation 3 March 2026 · £25.00" in credited and "Fund: Y to" in credited
    assert len(shown(charity, giver)["What is noted of gifts"]) == 2
    assert "Cyfrifir i: Huw Parry" in shown(charity, giver, "cy")["Yr hyn a nodwyd am roddion"][0]
    assert shown(charity, other) == {}
    crm = charity.crm
    kept = charity.person("Huw", "Parri")
    crm.commit(merge_changes(crm.store, kept, asker, {}), kind="merge")
    assert crm.show(kept.id).records == [one for one in crm.show(giver.id).records if getattr(one, "credit", None)]


def test_who_may_not_see_money_does_not_see_it_here(charity: Charity) -> None:
    giver = charity.person()
    note_gift(charity.crm, charity.gift(giver, 25_00), {"fund": "Y to"})
    charity.crm = charity.desk(7, "contact.read", "segment.read", "donation.read")
    (told,) = shown(charity, giver)["What is noted of gifts"]
    assert "£" not in told and "Y to" in told
    charity.crm = charity.desk(7, "contact.read", "segment.read", "money.read")
    assert "What is noted of gifts" not in shown(charity, giver)
    assert "Y to" not in repr(charity.crm.show(giver.id))


def test_a_pledge_and_what_has_been_paid_of_it(charity: Charity) -> None:
    giver, other = charity.person(), charity.person("Huw", "Parry")
    pledge = charity.gift(giver, 500_00, kind="pledge", subject="Roof")
    later = charity.gift(other, 30_00, date(2026, 4, 1), kind="pledge")
    for who, pence in ((giver, 100_00), (other, 50_00)):
        note_gift(charity.crm, charity.gift(who, pence), {"pledge": pledge.id})
    refund = charity.gift(giver, -20_00, date(2026, 5, 1))
    first = next(one for one in charity.books().gifts if one.net == 100_00)
    note_gift(charity.crm, refund, {"refund_of": first.gift.id})
    assert [(one.pledge, one.paid, one.open) for one in pledges(charity.crm)] == [
        (later, 0, 30_00), (pledge, 130_00, 370_00)
    ]  # fmt: skip
    assert [one.contact.id for one in pledges(charity.crm, other.id)] == [other.id]
    with pytest.raises(PerthynError, match=r"giftaid\.gift\.pledge"):
        note_gift(charity.crm, first.gift, {"pledge": refund.id})


@pytest.mark.parametrize(
    ("raw", "kind", "pence", "yes"),
    [
        ({"Gift Aid": "yes"}, "donation", 1_00, True),
        ({"Gift Aid": "no"}, "donation", 1_00, False),
        ({"Gift Aid": ""}, "donation", 1_00, False),
        ({"Gift Aid": "yes"}, "booking", 1_00, False),
        ({"Gift Aid": "yes"}, "donation", -1_00, False),
        (["Gift Aid"], "donation", 1_00, False),
        (None, "donation", 1_00, False),
    ],
)
def test_a_box_that_was_ticked(tmp_path: Any, raw: Any, kind: str, pence: int, yes: bool) -> None:
    stage = memory(tmp_path)
    gift = stage.gift(stage.person(), pence, kind=kind, raw=json.dumps(raw) if raw else None)
    assert ticked(gift) is yes


def test_a_tick_is_noted_once_and_is_no_declaration(charity: Charity) -> None:
    giver = charity.person()
    box = json.dumps({"Gift Aid": "yes"})
    gift, said_no, funded = (charity.gift(giver, pence, raw=box) for pence in (1_00, 2_00, 3_00))
    charity.noted(said_no, asked="no")
    charity.noted(funded, fund="Y to")
    job = Job(id=charity.crm.ids(), name=WORK.name, due=NOON)
    charity.crm.commit(list(WORK.run(charity.crm, job)))
    assert [(one.details and one.details.asked, one.verdict.rule) for one in charity.books().gifts] == [
        ("yes", "giftaid.undeclared"), ("no", "giftaid.said_no"), ("yes", "giftaid.undeclared")
    ]  # fmt: skip
    assert charity.judged(funded).details.fund == "Y to"  # type: ignore[union-attr]
    assert charity.judged(gift).open == 0
    assert list(WORK.run(charity.crm, job)) == []
