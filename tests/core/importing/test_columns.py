"""Columns by their names in two languages, by their company, and by what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from perthyn.errors import Unknown
from perthyn.importing import headings
from perthyn.importing.columns import Sample, plan_columns
from perthyn.importing.headings import heading_key, meaning_of
from perthyn.importing.meanings import MEANINGS, check_meaning

TODAY = date(2026, 11, 22)


def plans(**columns: Sequence[object]) -> dict[str, str]:
    """What each column becomes, by header ("_" for a blank)."""
    headers = [header.replace("_", " ") for header in columns]
    sample = Sample([list(cells) for cells in columns.values()], TODAY, "Europe/London")
    found, _ = plan_columns(headers, sample)
    return {plan.header: plan.becomes for plan in found}


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("Enw/Name", "name"), ("Enw cyntaf", "given"), ("Cyfenw", "family"), ("E-bost", "email"), ("EBOST", "email"),
        ("E-mail address:", "email"), ("Ffôn", "phone"), ("Rhif ffôn symudol (Mobile)", "phone"),
        ("Cod Post", "postcode"), ("Cyfeiriad 2", "address"), ("Dyddiad", "date"), ("Swm (£)", "amount"),
        ("Nodiadau", "note"), ("Iaith", "language"), ("Adnewyddu", "role_end"), ("GA?", "gift_aid"),
        ("rec_id", "person_id"), ("date_of_birth", "birth_date"), ("How many", "party_size"), ("Order #", "order"),
        ("I am a UK taxpayer: claim Gift Aid on my donation", "gift_aid"),
        ("Email me news of the house (you can opt out at any time)", "consent_email"),
        ("Hoffech chi dderbyn ein newyddlen?", "consent_email"),
        ("Device Name", ""), ("(C)", ""), ("How did you hear of us?", ""),
    ],
)  # fmt: skip
def test_headings(heading: str, meaning: str) -> None:
    assert meaning_of(heading) == (meaning, False)


def test_headings_that_ask_the_contrary() -> None:
    assert meaning_of("Do not email") == ("consent_email", True)
    assert meaning_of("Dim post") == ("consent_post", True)


def test_the_headings_are_in_order() -> None:
    tables = (headings._NAMES, headings._AGAINST, headings.UNDECIDED)
    names = [name for table in tables for words in table.values() for name in words.split("|")]
    assert len(names) == len(set(names))
    assert [name for name in names if heading_key(name) != name] == []
    assert headings._NAMES.keys() <= MEANINGS.keys()


def test_enw_beside_cyfenw_is_the_first_name() -> None:
    assert plans(Enw=["Siân"], Cyfenw=["Evans"]) == {"Enw": "given", "Cyfenw": "family"}
    assert plans(Enw=["Siân Evans"]) == {"Enw": "name"}


def test_type_and_paid_rest_on_their_company_and_content() -> None:
    assert plans(Enw=["A B"], Math=["Teulu"], Adnewyddu=["1/3/2027"])["Math"] == "level"
    assert plans(Enw=["A B"], Type=["Organisation", "Household"])["Type"] == "contact_kind"
    assert plans(Enw=["A B"], Type=["Member", "Volunteer"])["Type"] == "role"
    assert plans(Dyddiad=["1/3/2026"], Math=["rhodd"], Swm=["5"])["Math"] == "kind"
    assert plans(Enw=["A B"], Paid=["Y", "N"])["Paid"] == "keep"
    assert plans(Enw=["A B"], Paid=["£30", "£25.00"])["Paid"] == "amount"
    assert plans(Enw=["A B"], Paid=["1/2/2026", "13/2/2026"])["Paid"] == "date"


def test_a_name_that_its_cells_deny_is_kept_as_text() -> None:
    assert plans(Email=["yes", "no", "x"], Enw=["A B", "C D", "E F"])["Email"] == "keep"
    assert plans(Date=["Open day 1", "Open day 2"])["Date"] == "keep"
    assert plans(Member=["Y", "N"], Email=["a@b.test"])["Member"] == "keep"


def test_columns_without_a_name_are_known_by_content() -> None:
    found = plans(
        A=["Siân Evans", "D. Jones"],
        B=["sian@example.org", "d@example.org"],
        C=["SY20 8XX", "LL1 1AA"],
        D=["07700 900123", "01632 960000"],
        E=["4/4/2026", "13/4/2026"],
        F=["£4.00", "£5.50"],
        G=["one", "two"],
    )
    assert list(found.values()) == ["keep", "email", "postcode", "phone", "date", "amount", "keep"]
    sample = Sample([["Siân Evans", "Llŷr ap Gwilym"]], TODAY, "Europe/London")
    assert plan_columns(["(A)"], sample)[0][0].becomes == "name"


def test_only_one_column_may_claim_a_meaning_that_is_not_repeatable() -> None:
    found = plans(Date=[], Dyddiad=["1/2/2026"], Phone=["07700 900123"], Mobile=["07700 900124"])
    assert found == {"Date": "keep", "Dyddiad": "date", "Phone": "phone", "Mobile": "phone"}


def test_a_word_outside_the_vocabulary_is_refused_with_the_nearest() -> None:
    assert check_meaning("own.shirt_size", "Crys") == "own.shirt_size"
    with pytest.raises(Unknown) as refused:
        check_meaning("emial", "E-bost")
    assert refused.value.code == "import.map.meaning_unknown"
    assert refused.value.facts["suggestion"] == "email"
