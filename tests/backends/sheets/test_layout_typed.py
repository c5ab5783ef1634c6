"""What people type, and what it means: words of both languages, numbers that lost a zero, cells that can't be read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.model import (
    CORE_TYPES,
    KINDS,
    Address,
    Contact,
    Custom,
    CustomField,
    Email,
    Interaction,
    Phone,
    Record,
    Role,
    Segment,
    Tag,
    Takings,
)
from perthyn.rules import RuleSchema
from perthyn.testing.suite.texts import NAUGHTY
from perthyn.text import Translator
from perthyn_sheets import typed as module
from perthyn_sheets.layout import tabs_for
from perthyn_sheets.shown import Raw, Shows
from perthyn_sheets.typed import Typed, typed

LEFT_OPEN = re.compile(r"\{(value|most|sign|known|count|expected|why)\}")
LOCALE = Path(module.__file__).with_name("locale")
CUSTOM = (
    CustomField(id=UUID(int=2), name="own.children", label_en="Children", type="number"),
    CustomField(id=UUID(int=3), name="own.trained", label_en="Trained on", type="date"),
)
TABS = tabs_for({one.type_name: one for one in CORE_TYPES}, CUSTOM, KINDS)
SCHEMA = RuleSchema.build(CORE_TYPES, KINDS, CUSTOM)
T = Translator("en", [LOCALE])
SHOWS = Shows(("en", "cy"), custom=CUSTOM, schema=SCHEMA, t=T, today=date(2026, 3, 31))
SIAN, GWEN, OTHER = UUID(int=0xABC), UUID(int=0xDEF), UUID(int=0x123)
NAMES = {"Siân Jones": [SIAN, GWEN], "Gwen": [GWEN], "sian@example.org": [SIAN]}


def who(text: str) -> list[UUID]:
    return NAMES.get(text, [])


def contact(**values: Any) -> Contact:
    return Contact(id=SIAN, **values)


def visit(**values: Any) -> Interaction:
    return Interaction.model_validate({"id": OTHER, "contact": SIAN, "kind": "visit", "day": "2026-03-01", **values})


def cells(record: Record, **raw: Raw) -> Typed:
    return typed(TABS[record.type_name], record, {key.replace("__", "."): one for key, one in raw.items()}, SHOWS, who)


def anew(tab: str, **raw: Raw) -> Typed:
    return typed(TABS[tab], None, {key.replace("__", "."): one for key, one in raw.items()}, SHOWS, who)


def wrong(found: Typed) -> dict[str, str]:
    for one in found.wrong:  # each has its words
        said, step = T.error(PerthynError(one.code, **one.facts))
        assert said and step and said != one.code and not LEFT_OPEN.search(f"{said} {step}"), one
    return {one.column: one.code.removeprefix("sheets.cell.") for one in found.wrong}


# -- words and numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        ("language", "cy", "cy"),
        ("language", "Cymraeg", "cy"),
        ("language", " welsh ", "cy"),
        ("language", "Y ddwy", "both"),
        ("language", "", None),
        ("kind", "aelwyd", "household"),
        ("kind", "Cwmni", "organisation"),
        ("age_band", "dan 13", "under 13"),
        ("age_band", "13-17", "13-17"),
        ("deceased", True, True),
        ("deceased", "ydy", True),
        ("deceased", "Nac ydy", False),
        ("deceased", "", False),
        ("note", 45.0, "45"),
        ("note", True, "TRUE"),
        ("note", "a\r\nb", "a\nb"),
        ("title", "", None),
    ],
)
def test_a_contacts_fields(column: str, raw: Raw, value: Any) -> None:
    found = cells(contact(language="en", kind="person", title="Dr"), **{column: raw})
    assert wrong(found) == {} and found.values[column] == value


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        ("kind", "ymweliad", "visit"),
        ("kind", "Donations", "donation"),
        ("kind", "no_show", "no_show"),
        ("day", 46082, date(2026, 3, 1)),
        ("day", "1/3/2026", date(2026, 3, 1)),
        ("day", "1 Mawrth 2026", date(2026, 3, 1)),
        ("day", "2026-03-01", date(2026, 3, 1)),
        ("day", 20260301, date(2026, 3, 1)),
        ("day", "1754-06-02", date(1754, 6, 2)),
        ("quantity", 3.0, 3),
        ("quantity", "dau", 2),
        ("quantity", "-4", -4),
        ("direction", "allan", "out"),
        ("direction", "", "none"),
        ("channel", "website", "website"),
        ("currency", "€", "EUR"),
        ("currency", "gbp", "GBP"),
        ("contact", "sian@example.org", SIAN),
        ("contact", "Gwen", GWEN),
        ("contact", "Siân Jones", SIAN),
        ("order", 12.0, "12"),
    ],
)
def test_an_interactions_fields(column: str, raw: Raw, value: Any) -> None:
    found = cells(visit(quantity=1), **{column: raw})
    assert wrong(found) == {} and found.values[column] == value


@pytest.mark.parametrize(
    ("raw", "currency", "minor"),
    [(12.5, "GBP", 1250), (0.1 + 0.2, "GBP", 30), ("£1,234.50", "GBP", 123450), ("(3.50)", "GBP", -350),
     ("12,50", "EUR", 1250), (1200, "JPY", 1200), (1.234, "BHD", 1234), ("50p", "GBP", 50),
     ("90071992547409.92", "GBP", 2**53), ("1e3", "GBP", 100000)],
)  # fmt: skip
def test_amounts(raw: Raw, currency: str, minor: int) -> None:
    assert cells(visit(currency=currency), amount=raw).values == {"amount": minor}


def test_an_amount_brings_its_currency_where_there_is_none() -> None:
    assert cells(visit(), amount=5).values == {"amount": 500, "currency": "GBP"}
    assert cells(visit(), amount="€5").values == {"amount": 500, "currency": "EUR"}
    assert cells(visit(), amount=500, currency="JPY").values == {"amount": 500, "currency": "JPY"}
    assert cells(visit(amount=3), amount=5).values == {"amount": 500}
    assert cells(visit(amount=3), amount="€5").values == {"amount": 500, "currency": "EUR"}
    assert wrong(cells(visit(currency="GBP"), amount="€5")) == {"amount": "currency"}


def test_another_currency_leaves_the_number_that_people_see() -> None:
    assert cells(visit(amount=1200, currency="GBP"), currency="JPY").values == {"currency": "JPY", "amount": 12}
    odd = cells(visit(amount=1250, currency="GBP"), currency="JPY")
    assert odd.values == {} and wrong(odd) == {"currency": "fraction"}


def test_what_can_not_be_read_changes_nothing_and_hinders_no_other_cell() -> None:
    found = cells(
        visit(), day="30/2/2026", kind="xyz", quantity="many", amount="10/3", contact="Siân Jo", at="25:99",
        currency="pounds", event="#REF!", campaign="Loading...", subject="Cream tea",
    )  # fmt: skip
    assert wrong(found) == {
        "day": "no_such_day", "kind": "kind", "quantity": "number", "amount": "amount", "contact": "who_unknown",
        "at": "time", "currency": "not_currency", "event": "broken", "campaign": "broken",
    }  # fmt: skip
    assert found.values == {"subject": "Cream tea"}
    found = cells(visit(), day="soon", kind="", contact="", amount=3.333, party_size=2.5, at="never", day_=1)
    assert wrong(found) == {
        "day": "date", "kind": "empty", "contact": "empty", "amount": "fraction", "party_size": "number", "at": "date",
    }  # fmt: skip
    found = cells(contact(), language="klingon", kind="", deceased="perhaps", given="x" * 501, note="a\x07b")
    assert wrong(found) == {
        "language": "choice", "kind": "empty", "deceased": "flag", "given": "too_long", "note": "sign"
    }  # fmt: skip
    assert wrong(cells(contact(), note="🐉" * 25_001)) == {"note": "too_long"}
    two = {"Siân Jones": [SIAN, GWEN]}
    found = typed(TABS["interaction"], visit(contact=OTHER), {"contact": "Siân Jones"}, SHOWS, lambda text: two[text])
    assert wrong(found) == {"contact": "who_several"}


def test_columns_that_perthyn_works_out_are_not_read() -> None:
    assert cells(Segment(id=OTHER, name_en="A"), members=7, error="x", counted_on=3, name_cy="B").values == {
        "name_cy": "B"
    }


# -- times ----------------------------------------------------------------------------------------------------------


def test_a_day_and_its_time_go_together() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert cells(visit(at=noon), day="1/4/2026").values == {
        "day": date(2026, 4, 1), "at": datetime(2026, 4, 1, 11, tzinfo=UTC)
    }  # fmt: skip
    assert cells(visit(), at="14:30").values == {"at": datetime(2026, 3, 1, 14, 30, tzinfo=UTC),
                                                "day": date(2026, 3, 1)}  # fmt: skip
    assert cells(visit(), at=0.25).values["at"] == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert cells(visit(), at=46113.5).values == {"at": datetime(2026, 4, 1, 11, tzinfo=UTC), "day": date(2026, 4, 1)}
    found = anew("interaction", at="2.30 pm", day="1/7/2026", kind="visit", contact="Gwen")
    assert found.values["at"] == datetime(2026, 7, 1, 13, 30, tzinfo=UTC)
    assert wrong(anew("takings", at="14:30")) == {"at": "time_alone"}


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = (datetime(2025, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1))
    one, two = (SHOWS.shown(visit(at=at))["at"] for at in (first, second))
    assert isinstance(one, float) and two == "2025-10-26 01:30:00+00:00"
    assert [cells(visit(), at=raw).values["at"] for raw in (one, two)] == [first, second]


# -- people ---------------------------------------------------------------------------------------------------------

WORK = Email(address="Sian@example.org", preferred=True)
HOME = Email(address="home@example.org")
MOBILE = Phone.of("07700 900123", preferred=True)


def test_emails_that_are_still_named_keep_what_is_known_of_them() -> None:
    one = contact(emails=(WORK, HOME))
    assert SHOWS.shown(one)["emails"] == "Sian@example.org; home@example.org"
    assert cells(one, emails="home@example.org, sian@example.org; new@example.org").values["emails"] == (
        HOME, Email(address="sian@example.org", preferred=True), Email(address="new@example.org"),
    )  # fmt: skip
    assert cells(one, emails="").values == {"emails": ()}
    assert cells(one, emails="home@example.org\nSian@example.org").values == {"emails": (WORK, HOME)}
    assert wrong(cells(one, emails="home@example.org; not one")) == {"emails": "email"}
    assert cells(one, emails="a@example.org; A@example.org").values == {"emails": (Email(address="a@example.org"),)}


def test_a_phone_number_that_lost_its_zero() -> None:
    assert cells(contact(), phones=7700900123).values["phones"] == (Phone.of("07700900123"),)
    assert cells(contact(phones=(MOBILE,)), phones=7700900123.0).values["phones"] == (MOBILE,)
    assert wrong(cells(contact(), phones=77009)) == {"phones": "phone"}
    assert cells(contact(), phones=447700900123).values["phones"] == (Phone.of("+447700900123"),)
    (as_text,) = cells(contact(), phones="7700900123").values["phones"]
    assert as_text == Phone(number="7700900123", e164="+447700900123")
    (spaced,) = cells(contact(phones=(MOBILE,)), phones="07700900 123").values["phones"]
    assert spaced == Phone(number="07700900 123", e164=MOBILE.e164, preferred=True)
    assert cells(contact(), phones="01654 700000 / 07700 900123").values["phones"] == (
        Phone.of("01654 700000"), Phone.of("07700 900123"),
    )  # fmt: skip
    assert cells(contact(), phones="ask for Gwen").values["phones"] == (Phone(number="ask for Gwen"),)
    assert cells(contact(), phones="+33 1 42 68 53 00").values["phones"][0].e164 == "+33142685300"


def test_roles_that_are_still_named_keep_their_years() -> None:
    gold = Role(role="member", level="gold", start=date(2024, 4, 1))
    before = Role(role="member", start=date(2020, 4, 1), end=date(2021, 3, 31))
    one = contact(roles=(gold, before, Role(role="Bellringer")))
    welsh = Shows(("cy",), today=date(2026, 3, 31))
    assert welsh.shown(one)["roles"] == "Bellringer; aelod"
    found = typed(TABS["contact"], one, {"roles": "aelod; gwirfoddolwr; Clochydd"}, welsh, who)
    assert found.values["roles"] == (gold, before, Role(role="volunteer"), Role(role="Clochydd"))


def test_tags_with_semicolons_and_line_breaks() -> None:
    tags = (Tag(tag="a; b"), Tag(tag="two\nlines"), Tag(tag='5" pipe'), Tag(tag="VIP"))
    shown = SHOWS.shown(contact(tags=tags))["tags"]
    assert set(cells(contact(), tags=shown).values["tags"]) == set(tags)
    assert cells(contact(tags=tags), tags='VIP, Cymraeg; 5" pipe').values["tags"] == (
        Tag(tag="VIP"), Tag(tag="Cymraeg"), Tag(tag='5" pipe'),
    )  # fmt: skip


def test_the_address_that_is_shown_is_the_one_that_changes() -> None:
    town, farm = Address(lines="1 High St", town="Aber"), Address(lines="Tŷ'n-y-Dŵr", town="Bala", county="Gwynedd")
    assert SHOWS.shown(contact(addresses=(farm, town)))["addresses.town"] == "Aber"
    assert cells(contact(addresses=(farm, town)), addresses__town="Zennor").values["addresses"] == (
        farm, Address(lines="1 High St", town="Zennor", preferred=True),
    )  # fmt: skip
    one = contact(addresses=(farm,))
    after = one.with_values(cells(one, addresses__lines="", addresses__town="", addresses__county="").values)
    assert after.addresses == ()
    new = cells(contact(), addresses__postcode="SY20 8XX", addresses__country="Cymru").values
    assert new == {"addresses": (Address(postcode="SY20 8XX", country="Cymru"),)}
    assert wrong(cells(contact(addresses=(farm, town)), addresses__lines="Tŷ'n-y-Dŵr")) == {"addresses.lines": "twice"}


def test_custom_fields_by_their_type() -> None:
    one = contact(custom=(Custom(name="own.children", number=1), Custom(name="own.other", text="kept")))
    assert cells(one, custom__own__children=2).values["custom"] == (
        Custom(name="own.children", number=2), Custom(name="own.other", text="kept"),
    )  # fmt: skip
    assert cells(one, custom__own__children="").values["custom"] == (Custom(name="own.other", text="kept"),)
    assert cells(contact(), custom__own__trained="1/3/26").values["custom"][0].day == date(2026, 3, 1)
    assert wrong(cells(one, custom__own__children=1.5, custom__own__trained="x")) == {
        "custom.own.children": "number", "custom.own.trained": "date"
    }  # fmt: skip


def test_a_wish_typed_today_was_asked_today() -> None:
    assert cells(contact(language="cy"), language="en").values == {"language": "en", "language_asked": SHOWS.today}
    assert cells(contact(age_band="adult"), age_band="").values == {"age_band": None, "age_noted": None}
    assert cells(contact(language="cy"), language="Cymraeg").values == {"language": "cy"}


def test_a_new_row() -> None:
    found = anew("contact", name="Mr & Mrs D Jones", phones=7700900123, tags="  ", language="cy")
    assert found.wrong == [] and found.values == {
        "name": "Mr & Mrs D Jones", "title": "Mr & Mrs", "given": "D", "family": "Jones", "kind": "household",
        "phones": (Phone.of("07700900123"),), "language": "cy", "language_asked": SHOWS.today,
    }  # fmt: skip
    plain = anew("contact", name="Gwen Jones", family="Davies").values
    assert plain == {"name": "Gwen Jones", "family": "Davies"}
    assert anew("contact", name="Ann Lee (wedi marw)").values["deceased"] is True
    row = anew("interaction", contact="Gwen", kind="Rhodd", day=46082, amount=12.34)
    assert Interaction.model_validate({"id": OTHER, **row.values}).amount == 1234
    till = anew("takings", kind="purchase", day="1/3/2026", amount=3, quantity=2).values
    assert Takings.model_validate({"id": OTHER, **till}).currency == "GBP"


# -- rules ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_typed_in_either_language_and_a_wrong_one_says_why() -> None:
    segment = Segment(id=OTHER, name_en="Volunteers", rule=None)
    english, welsh = (cells(segment, rule=text).values["rule"] for text in ("volunteer", "gwirfoddolwr"))
    assert english == welsh
    assert SHOWS.shown(segment.with_values({"rule": english}))["rule"] == "role is volunteer"
    found = cells(segment, rule="volunteer and and", mode="ciplun")
    assert wrong(found) == {"rule": "rule"} and found.values == {"mode": "snapshot"}
    assert found.wrong[0].facts["why"]
    assert cells(segment, rule="").values == {"rule": None}
    broken = segment.with_values({"rule": '{"rules":[{"field":"gone","operator":"=","value":1}]}'})
    assert cells(segment, rule=SHOWS.shown(broken)["rule"]).values["rule"]


# -- whatever there is ----------------------------------------------------------------------------------------------

ODD = ("0001-01-01", "9999-12-31", "31/12/9999 23:59", "0001-01-01 00:00+14:00", "25:61", "-", "{", "{}", "(", "1e99",
       "£", "½", "٣", "1/1", "Mai", "'", ";", '"', "a@b", "+", "+44", "=1+1", "#REF!", " ", "\t", "\n",
       "x" * 60_000)  # fmt: skip
ANYTHING = (
    st.text(max_size=20) | st.sampled_from(ODD) | st.sampled_from(sorted(NAUGHTY.values())) | st.booleans()
    | st.integers(-(10**18), 10**18) | st.integers(-800_000, 3_000_000)
    | st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1, 1)
)  # fmt: skip
FULL = contact(emails=(WORK,), phones=(MOBILE,), addresses=(Address(town="Bala"),), roles=(Role(role="vip"),))
HELD: tuple[Record, ...] = (FULL, visit(at=datetime(2026, 3, 1, tzinfo=UTC), amount=5), Segment(id=OTHER, name_en="A"))


@given(ANYTHING, st.sampled_from(HELD))
def test_whatever_is_typed_is_understood_or_told(raw: Raw, record: Record) -> None:
    """Nothing raises; what is understood is a record that every store keeps, and its cells say it again."""
    for column in TABS[record.type_name].visible:
        found = cells(record, **{column.key: raw})
        wrong(found)
        assert not (found.wrong and found.values)
        after = record.with_values(found.values)
        shown = SHOWS.shown(after)
        if column.key not in ("emails", "phones", "tags", "roles") and not found.wrong:
            again = typed(TABS[record.type_name], after, {column.key: shown[column.key]}, SHOWS, who)
            assert after.with_values(again.values) == after, column.key
        new = anew(record.type_name, **{column.key: raw})
        wrong(new)
