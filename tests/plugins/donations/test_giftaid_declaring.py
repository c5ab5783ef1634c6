"""Declarations by hand and by file, how they end and are taken back; what is kept when a donor is erased."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from giftaid_stage import NOON, WORDS, Charity, charity

from perthyn.channel import Delivery, Fact, Of, Somebody
from perthyn.errors import PerthynError
from perthyn.merging import merge_changes
from perthyn.model import Address, Contact, Custom, Email, Interaction, Job
from perthyn.text import Translator
from perthyn_donations import health
from perthyn_donations.checking import checked
from perthyn_donations.claims import claim
from perthyn_donations.declaring import confirm, declarations, declare, declare_from, end
from perthyn_donations.keeping import forget
from perthyn_donations.letters import confirmation
from perthyn_donations.records import ClaimLine, Declaration, Gift, Kept

TODAY = NOON.date()
MADE = {"covers": "both", "how": "written", "wording": WORDS}
__all__ = ["charity"]


def code(call: Any, *given: Any, **more: Any) -> str:
    with pytest.raises(PerthynError) as error:
        call(*given, **more)
    return error.value.code


def test_by_hand_from_what_is_known(charity: Charity) -> None:
    who = charity.person("", "", name="Mr Gŵyn ap Gwilym")
    made, _ = declare(charity.crm, who, date(2026, 1, 1), **MADE)
    assert (made.title, made.given, made.family) == ("Mr", "Gŵyn", "ap Gwilym")
    assert (made.charity, made.postcode, made.address) == ("Plas Brithwen", "SY20 8XC", "12 Stryd Fawr\nBrithwen")
    charity.crm.edit_contact(who.id, {"address": "1 Lle Arall"})
    assert declarations(charity.crm, who.id)[0].address == "12 Stryd Fawr\nBrithwen", "as declared, for ever"


@pytest.mark.parametrize(
    ("who", "said", "refused"),
    [
        ({}, {"wording": ""}, "giftaid.declare.missing"),
        ({}, {"how": "fax"}, "giftaid.declare.word"),
        ({}, {"covers": "all"}, "giftaid.declare.word"),
        ({}, {"postcode": "nowhere", "address": "1 Lle"}, "giftaid.postcode"),
        ({"addresses": ()}, {}, "giftaid.house.missing"),
        ({"addresses": (Address(lines="Heol y Bont", postcode="SY20 8XC"),)}, {}, "giftaid.house.missing"),
        ({"given": None}, {}, "giftaid.name.missing"),
        ({"given": None, "family": None, "name": "Cher"}, {}, "giftaid.name.missing"),
        ({"kind": "organisation"}, {}, "giftaid.declare.person"),
        ({"kind": "household"}, {}, "giftaid.declare.person"),
        ({"given": "Siân & Gwilym"}, {}, "giftaid.declare.couple"),
    ],
)
def test_what_the_law_asks_for(charity: Charity, who: dict[str, Any], said: dict[str, Any], refused: str) -> None:
    one = charity.person(**who)
    assert code(declare, charity.crm, one, date(2026, 1, 1), **{**MADE, **said}) == refused
    assert code(declare, charity.crm, one, date(2026, 11, 23), **MADE)
    assert charity.store.count_of(Declaration) == 0


def test_letters_without_a_plain_form_hold_the_gift_not_the_declaration(charity: Charity) -> None:
    who = charity.person("Ծովինար", "Պետրոսյան")
    declare(charity.crm, who, date(2026, 1, 1), **MADE)
    assert charity.judged(charity.gift(who, 10_00)).verdict.rule == "giftaid.letters"


def test_undo_is_a_further_record(charity: Charity) -> None:
    who = charity.person()
    gift = charity.gift(who, 10_00)
    declare(charity.crm, who, date(2026, 1, 1), **MADE)
    charity.crm.undo(next(charity.store.headers()))
    assert [one.said for one in declarations(charity.crm, who.id)] == ["made", "voided"]
    assert charity.judged(gift).verdict.rule == "giftaid.undeclared"
    declare(charity.crm, who, date(2026, 1, 1), **MADE)
    assert charity.judged(gift).verdict.yes, "a new one counts"


def test_ends(charity: Charity) -> None:
    who = charity.person()
    assert code(end, charity.crm, who, "cancelled", TODAY) == "giftaid.end.none"
    first, _ = declare(charity.crm, who, date(2025, 1, 1), **MADE)
    second, _ = declare(charity.crm, who, date(2026, 1, 1), **{**MADE, "covers": "future"})
    assert code(end, charity.crm, who, "voided", TODAY) == "giftaid.end.which"
    end(charity.crm, who, "voided", TODAY, first)
    early, late = (charity.gift(who, 10_00, date(year, 6, 1)) for year in (2025, 2026))
    assert [charity.judged(one).verdict.yes for one in (early, late)] == [False, True]
    _, receipt = end(charity.crm, who, "cancelled", date(2026, 5, 1))
    assert not charity.judged(late).verdict.yes and second.id
    charity.crm.undo(charity.store.header(receipt.batch))
    assert charity.judged(late).verdict.yes, "an end is taken back as anything else"


def test_a_merge_brings_the_declaration_along(charity: Charity) -> None:
    one, other = charity.person(), charity.person()
    gift = charity.gift(one, 10_00)
    charity.declared(other)
    assert not charity.judged(gift).verdict.yes
    charity.crm.commit(merge_changes(charity.store, one, other, {}), kind="merge")
    assert charity.judged(gift).verdict.yes


def test_the_same_declaration_is_written_down_once(charity: Charity) -> None:
    who = charity.person()
    planned, _ = declare(charity.crm, who, date(2026, 1, 1), dry_run=True, **MADE)
    assert planned.address and charity.store.count_of(Declaration) == 0
    made, receipt = declare(charity.crm, who, date(2026, 1, 1), **MADE)
    assert declare(charity.crm, who, date(2026, 1, 1), **MADE) == (made, None)
    assert declare(charity.crm, who, date(2026, 1, 1), **MADE, house="14", postcode="SY20 8XC")[1] is not None
    assert receipt is not None
    charity.crm.undo(charity.store.header(receipt.batch))
    assert declare(charity.crm, who, date(2026, 1, 1), **MADE)[1] is not None, "that one was a mistake"


def test_spoken_and_its_letter(charity: Charity) -> None:
    who = charity.person(language="cy")
    made, _ = declare(charity.crm, who, date(2026, 1, 1), **{**MADE, "how": "spoken"})
    assert [found[1] for found in health.checks(charity.store)] == ["giftaid.health.waiting"]
    for language in ("cy", "en"):
        letter = confirmation(Translator(language, [Path(health.__file__).parent / "locale"]), made, date(2026, 1, 5))
        for needed in ("Plas Brithwen", "Siân Llŷr", "12 Stryd Fawr, Brithwen, SY20 8XC", WORDS, "30", "2026"):
            assert needed in letter
        assert ("Annwyl Siân Llŷr" if language == "cy" else "5 January 2026") in letter
    confirmed, _ = confirm(charity.crm, who, date(2026, 1, 5))
    assert len(confirmed) == 1 and confirm(charity.crm, who, TODAY) == ([], None)
    assert charity.judged(charity.gift(who, 10_00)).verdict.yes and not list(health.checks(charity.store))


# -- files -----------------------------------------------------------------------------------------------------------

FILE = """Enw,E-bost,Cyfeiriad cartref,Cod post,Dyddiad y datganiad,Yn cynnwys,Dull,Geiriad
Siân Llŷr,sian@example.org,12 Stryd Fawr,SY20 8XC,1/3/2026,pob un,papur,Rwy'n talu treth
Mr & Mrs D Jones,jones@example.org,1 Lle,SY20 8XC,1/3/2026,pob un,papur,Rwy'n talu treth
Gwen Huws,gwen@example.org,Heol y Bont,SY20 8XC,1/3/2026,pob un,papur,Rwy'n talu treth
Gwen Huws,gwen@example.org,4 Heol y Bont,SY20 8XC,31/2/2026,pob un,papur,Rwy'n talu treth
Gwen Huws,gwen@example.org,,,1/3/2026,pob un,papur,Rwy'n talu treth
Gwen Huws,gwen@example.org,4 Heol y Bont,SY20 8XC,1/3/2026,rywbryd,papur,Rwy'n talu treth
Gwen Huws,gwen@example.org,4 Heol y Bont,SY20 8XC,1/3/2026,dyfodol,papur,
Neb Yma,neb@example.org,4 Heol y Bont,SY20 8XC,1/3/2026,dyfodol,papur,Rwy'n talu treth
"""


def test_a_file_of_declarations(charity: Charity, tmp_path: Path) -> None:
    for given, family, email in (("Siân", "Llŷr", "sian"), ("Gwen", "Huws", "gwen")):
        charity.person(given, family, emails=(Email(address=f"{email}@example.org"),))
    file = tmp_path / "datganiadau.csv"
    file.write_text(FILE, encoding="utf-8")
    assert declare_from(charity.crm, file, dry_run=True).made == 1
    assert charity.store.count_of(Declaration) == 0
    done = declare_from(charity.crm, file)
    assert (done.rows, done.made, done.there) == (8, 1, 0)
    assert [(row, error.code.removeprefix("giftaid.")) for row, error in done.refused] == [
        (3, "declare.couple"), (4, "house.missing"), (5, "declare.day"), (6, "declare.home"), (7, "declare.word"),
        (8, "declare.missing"), (9, "declare.nobody"),
    ]  # fmt: skip
    (made,) = charity.store.scan(Declaration)
    assert (made.family, made.covers, made.how, made.wording) == ("Llŷr", "both", "written", "Rwy'n talu treth")
    again = declare_from(charity.crm, file, wording=WORDS)
    assert (again.made, again.there) == (1, 1), "the same again is there; the row without words has some now"


@pytest.mark.parametrize("yes", ["Y", "Yes", "Ie", "x", "✓", "?", "TRUE", ""])
def test_a_column_that_says_yes_is_no_declaration(charity: Charity, tmp_path: Path, yes: str) -> None:
    file = tmp_path / "members.csv"
    file.write_text(f"Enw,Cyfeiriad,Cod Post,Paid,GA?\nSiân Llŷr,12 Stryd,SY20 8XC,£30,{yes}\n", encoding="utf-8")
    for understanding in charity.crm.understand(file):
        charity.crm.import_table(understanding)
    assert charity.store.count_of(Contact) == 1
    assert charity.store.count_of(Declaration) == charity.store.count_of(Gift) == 0
    (who,) = charity.store.scan(Contact)
    if yes not in ("", "?"):
        assert any(isinstance(one, Custom) and one.name == "own.gift_aid" for one in who.custom), "kept as a note"
    assert not charity.judged(charity.gift(who, 10_00)).verdict.yes
    assert code(declare_from, charity.crm, file) == "giftaid.declare.columns"


def test_a_channel_delivers_a_gift_its_details_and_a_declaration(charity: Charity) -> None:
    who = Somebody({"name": "Siân Llŷr", "email": "sian@example.org"}, "c1")
    said = {"day": date(2026, 3, 1), "covers": "gift", "gift": Of("g1"), "how": "online", "given": "Siân",
            "family": "Llŷr", "house": "12", "postcode": "sy208xc", "charity": "Plas", "wording": WORDS}  # fmt: skip
    gift = {"kind": "donation", "day": date(2026, 3, 1), "amount": 10_00, "currency": "GBP"}
    facts = [
        Fact("g1", gift, who), Fact("g1:gift", {"interaction": Of("g1"), "fund": "Y to"}, who, Gift),
        Fact("g1:declaration", said, who, Declaration),
    ]  # fmt: skip
    charity.crm.take_in(Delivery("shop:main", facts))
    (one,) = charity.books().gifts
    assert one.verdict.yes and one.details is not None and one.details.fund == "Y to"
    assert one.donor is not None and one.donor.postcode == "SY20 8XC"
    charity.crm.take_in(Delivery("shop:main", facts))
    assert charity.store.count_of(Declaration) == 1


# -- erasing ---------------------------------------------------------------------------------------------------------


def test_erasing_a_donor_keeps_what_the_law_asks_for(charity: Charity, tmp_path: Path) -> None:
    who, other = charity.person(), charity.person("Neb", "Heb")
    declare(charity.crm, who, date(2026, 1, 1), **MADE)
    charity.gift(who, 100_00, text="canary")
    charity.gift(who, 5_00, kind="visit")
    declare(charity.crm, other, date(2026, 1, 1), **MADE)
    file = tmp_path / "a.ods"
    claim(charity.crm, file)
    before = file.read_bytes()
    charity.crm.erase(other.id)
    assert not [one for one in charity.store.scan(Job) if one.name == "donations.keep"], "nothing was claimed of them"
    charity.crm.erase(who.id)
    assert charity.store.count_of(ClaimLine) == charity.store.count_of(Declaration) == 0
    assert charity.store.count_of(Interaction) == 0
    list(charity.crm.do_due("test"))
    (kept,) = charity.store.scan(Kept)
    assert (kept.family, kept.house, kept.postcode, kept.amount, kept.day) == (
        "Llyr", "12", "SY20 8XC", 100_00, date(2026, 3, 1))  # fmt: skip
    assert kept.until == date(2032, 12, 31) and WORDS in (kept.declared or "") and "canary" not in (kept.declared or "")
    file.unlink()
    claim(charity.crm, file)
    assert file.read_bytes() == before and checked(file, TODAY) == [], "the claim can still be shown"
    assert ("giftaid.health.kept" in [found[1] for found in health.checks(charity.store)]) is True
    job = Job(id=charity.crm.ids(), name="donations.forget", due=NOON)
    assert forget(charity.crm, job) == []
    charity.now = charity.now.replace(year=2032, month=12, day=31)
    assert forget(charity.crm, job) == []
    charity.now = charity.now.replace(year=2033, month=1, day=1)
    assert len(forget(charity.crm, job)) == 1


def test_handover_names_no_donor(charity: Charity, tmp_path: Path) -> None:
    assert health.handover(charity.store) == []
    who = charity.person()
    declare(charity.crm, who, date(2026, 1, 1), **MADE)
    charity.gift(who, 100_00)
    claim(charity.crm, tmp_path / "a.ods")
    (told,) = health.handover(charity.store)
    assert "a.ods" in told["cy"][1] and "Llŷr" not in str(told)
    assert [found[1] for found in health.checks(charity.store)] == ["giftaid.health.unsent"]


def test_benefits_count_with_those_of_earlier_gifts_of_the_year(charity: Charity) -> None:
    """ITA 418(3), (4): not with those of later ones, and not with those of another tax year."""
    who = charity.person()
    charity.declared(who)
    days = date(2026, 4, 5), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 1), date(2026, 6, 1)
    gifts = [charity.gift(who, 40_000_00, day) for day in days]
    for gift in gifts:
        charity.noted(gift, benefit=1_250_00)
    assert [charity.judged(one).verdict.yes for one in gifts] == [True, True, True, False, False]
