"""What a thank-you says of gifts, in each reader's own language."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from giftaid_stage import Charity, charity

from perthyn.crm import Actor
from perthyn.errors import Forbidden, PerthynError
from perthyn.settings import Settings
from perthyn_donations.thanking import FIELDS

__all__ = ["charity"]


def said(charity: Charity, name: str, who: UUID, language: str = "en") -> str:
    (field,) = [one for one in FIELDS if name in one.name]
    return field.values(charity.crm, [who], language).get(who, "")


def test_the_last_gift_and_what_gift_aid_adds_to_it(charity: Charity) -> None:
    donor = charity.person()
    charity.declared(donor)
    charity.gift(donor, 10_00, date(2026, 3, 1))
    last = charity.gift(donor, 25_00, date(2026, 11, 3))
    charity.noted(last, fund="Y to")
    charity.gift(donor, 4_00, date(2025, 12, 31))
    everything = {one.name[0]: said(charity, one.name[1], donor.id, "cy") for one in FIELDS}
    assert everything == {
        "last_gift": "£25.00",
        "last_gift_day": "3 Tachwedd 2026",
        "last_gift_fund": "Y to",
        "gift_aid": "Gan eich bod yn talu treth yn y DU ac yn gadael inni hawlio Rhodd Cymorth, "
        "mae eich rhodd yn werth £6.25 yn fwy inni.",
        "given_this_year": "£35.00",
    }
    assert said(charity, "last_gift_day", donor.id) == "3 November 2026"
    assert "worth £6.25 more" in said(charity, "gift_aid", donor.id)


def test_nothing_is_said_where_there_is_nothing_to_say(charity: Charity) -> None:
    donor, nobody = charity.person(), charity.person("Neb", "Heb")
    raffle = charity.gift(donor, 5_00, date(2026, 11, 2))
    charity.noted(raffle, nature="purchase")
    back = charity.gift(donor, 50_00, date(2026, 11, 1), order="A1", source="till")
    charity.gift(donor, -50_00, date(2026, 11, 4), order="A1", source="till")
    charity.gift(donor, 7_00, date(2026, 12, 1))  # a day to come
    assert said(charity, "last_gift", donor.id) == "" and back.id
    charity.gift(donor, 3_00, date(2025, 5, 1))
    assert said(charity, "last_gift", donor.id) == "£3.00", "what the store says now, not what it said before"
    for name in ("last_gift_fund", "gift_aid", "given_this_year"):
        assert said(charity, name, donor.id) == "", "undeclared: a thank-you does not ask"
    assert all(said(charity, one.name[0], nobody.id) == "" for one in FIELDS)


def test_the_year_is_the_organisations(charity: Charity) -> None:
    charity.settings = Settings(organisation="Plas", year_starts=4)
    charity.crm = charity.desk(seed=3)
    donor = charity.person()
    charity.gift(donor, 1_00, date(2026, 3, 31))
    charity.gift(donor, 2_00, date(2026, 4, 1))
    charity.gift(donor, 9_00, date(2026, 5, 1), currency="EUR")
    charity.gift(donor, 4_00, date(2026, 6, 1))
    assert said(charity, "given_this_year", donor.id) == "£6.00"


def test_who_may_not_see_money_writes_no_thank_you(charity: Charity) -> None:
    donor = charity.person()
    charity.gift(donor, 1_00)
    charity.crm = charity.desk(4, "contact.read")
    with pytest.raises(PerthynError, match=r"money\.read"):
        said(charity, "last_gift", donor.id)


def test_what_was_looked_up_for_one_is_not_told_to_another(charity: Charity) -> None:
    donor = charity.person()
    charity.gift(donor, 25_00, date(2026, 11, 3))
    assert said(charity, "last_gift", donor.id) == "£25.00"
    writer = charity.crm.acting(Actor("nia", frozenset({"contact.read", "campaign.read"})), "en")
    for field in FIELDS:
        with pytest.raises(Forbidden):
            field.values(writer, [donor.id], "en")
