"""Exports: the door decides a mailing; what goes out for analysis reads back the same; no cell is a formula."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.changes import Create, Delete
from perthyn.contacting.door import PURPOSES
from perthyn.crm import Actor, Crm
from perthyn.crm.exports import HEADS, OWN_EXPORT
from perthyn.crm.roles import RIGHTS
from perthyn.errors import Forbidden, PerthynError
from perthyn.importing.formulas import guarded, unguarded, unguarded_column
from perthyn.importing.headings import meaning_of
from perthyn.importing.returned import RETURNED, head_of
from perthyn.model import (
    Address,
    Consent,
    Contact,
    Custom,
    Email,
    ExternalId,
    Phone,
    Redirect,
    Relationship,
    Role,
    Tag,
)
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.testing import MemoryStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def crm(language: str = "en", rights: frozenset[str] = frozenset({"*"})) -> Crm:
    drawn = Random(7).randbytes
    return Crm(MemoryStore(), Plugins(), Settings(), lambda: NOW, drawn, Actor("tester", rights), language)


def holding(contacts: Sequence[Contact], consents: Sequence[Consent] = (), language: str = "en") -> Crm:
    made = crm(language)
    made.commit([Create(one) for one in (*contacts, *consents)])
    return made


def person(number: int, **values: object) -> Contact:
    return Contact.model_validate({"id": UUID(int=number), "name": f"Person {number}", **values})


def said(number: int, contact: Contact, channel: str, decision: str) -> Consent:
    return Consent.model_validate(
        {"id": UUID(int=1000 + number), "contact": contact.id, "channel": channel, "decision": decision,
         "at": NOW, "recorded": NOW}
    )  # fmt: skip


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


# --- formulas ------------------------------------------------------------------------------------------


@given(st.text() | st.text(alphabet="'=+-@\t\r\n a", max_size=5))
def test_no_guarded_text_is_a_formula_and_each_comes_back(text: str) -> None:
    assert not guarded(text).startswith(FORMULA)
    assert unguarded(guarded(text)) == text


@given(st.lists(st.text(alphabet="'=+-@\t\n ab", max_size=5)))
def test_a_column_is_unguarded_like_its_cells(column: list[str]) -> None:
    assert unguarded_column([guarded(one) for one in column]) == column
    assert unguarded_column(column) == [unguarded(one) for one in column]


def test_an_apostrophe_that_guards_nothing_stays() -> None:
    assert unguarded("'tis") == "'tis"
    assert guarded("O'Neill") == "O'Neill"


# --- a file reads back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HEADS)
def test_the_importer_knows_each_head_in_both_languages(name: str) -> None:
    head = HEADS[name]
    for word in (head.en, head.cy, f"{head.en} (2)", f"{head.cy} (3)"):
        assert OWN_EXPORT.meaning(word) == head.meaning
        assert head.meaning in RETURNED or meaning_of(word) == (head.meaning, False)


TEXT = st.text(alphabet="abŵŷé =+-@',;|0£\n\"Å·(†?", min_size=1, max_size=12).map(
    lambda text: "\n".join(line.strip() for line in text.splitlines() if line.strip())
)
WORDS = TEXT.map(lambda text: " ".join(text.split())).filter(bool)
MAYBE = st.none() | WORDS
DAYS = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
EMAILS = st.sampled_from([f"{name}@{place}" for name in ("sian", "d.o'r", "Mair+1") for place in ("A.cymru", "b.org")])
PHONES = st.sampled_from(
    ["07700 900123", "+44 7700 900124", "7700900125", "(01654) 700002", "+353 1 496 0000", "ask Dad; or Mam", "0044 x"]
)
IDS = st.integers(1, 4).map(lambda number: UUID(int=number))


def parts(items: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=most, unique_by=lambda one: one.key).map(tuple)


def phones() -> st.SearchStrategy[Phone]:
    """As they are made anywhere: read for Britain, read for another country, not read."""
    made = st.builds(Phone.of, PHONES, st.sampled_from(["GB", "IE"]), st.booleans())
    return made | st.builds(Phone, number=PHONES, preferred=st.booleans())


PLACES = st.builds(
    Address, lines=TEXT.filter(bool), town=MAYBE, county=MAYBE, country=MAYBE, preferred=st.booleans(),
    postcode=st.sampled_from([None, "SY20 8XX", "sy208xx", "LD6 5AA", "75001"]),
)  # fmt: skip
ROLES = st.builds(
    Role, role=st.sampled_from(["member", "volunteer", "press"]), level=MAYBE, start=DAYS, end=DAYS,
    grace_days=st.integers(0, 400),
)  # fmt: skip
LINKS = st.builds(
    Relationship, kind=st.sampled_from(["partner", "works_for"]), other=IDS, start=DAYS, end=DAYS
)  # fmt: skip
KNOWN = st.builds(
    ExternalId, source=st.sampled_from(["square:main", "perthyn", "a;b"]), external=WORDS,
    delivered=st.none() | st.integers(-(2**53), 2**53),
)  # fmt: skip
_NAMED = st.sampled_from(["own.crys", "own.nodyn_arall", "pretix.locale", "also.name"])
CUSTOM = (
    st.builds(Custom, name=_NAMED, text=TEXT.filter(bool))
    | st.builds(Custom, name=_NAMED, number=st.integers(-(2**53), 2**53))
    | st.builds(Custom, name=_NAMED, day=st.dates())
)


@st.composite
def people(draw: st.DrawFn) -> list[Contact]:
    """Some share name and e-mail and are kept apart all the same; relationships lead among them."""
    many = draw(st.integers(1, 4))
    links = parts(LINKS.filter(lambda one: one.other.int <= many), 2)
    return [
        Contact(
            id=UUID(int=number),
            kind=draw(st.sampled_from(["person", "household", "organisation"])),
            name=draw(MAYBE),
            title=draw(MAYBE),
            given=draw(st.sampled_from([None, "Siân", "Ysgol", "=1 (marw)"])),
            family=draw(MAYBE),
            salutation=draw(MAYBE),
            emails=draw(parts(st.builds(Email, address=EMAILS, preferred=st.booleans()))),
            phones=draw(st.lists(phones(), max_size=3, unique_by=lambda one: one.number).map(tuple)),
            addresses=draw(parts(PLACES)),
            language=draw(st.sampled_from([None, "cy", "en", "both"])),
            language_asked=draw(DAYS),
            roles=draw(parts(ROLES)),
            relationships=draw(links),
            tags=draw(parts(st.builds(Tag, tag=WORDS))),
            custom=tuple(sorted(draw(parts(CUSTOM)), key=head_of)),
            external_ids=draw(parts(KNOWN)),
            age_band=draw(st.sampled_from([None, "under 13", "13-17", "adult"])),
            age_noted=draw(DAYS),
            deceased=draw(st.booleans()),
            note=draw(st.none() | TEXT) or None,
        )
        for number in range(1, many + 1)
    ]


@settings(max_examples=60, deadline=None)
@given(people(), st.sampled_from([".csv", ".xlsx"]), st.sampled_from(["en", "cy"]))
def test_what_goes_out_for_analysis_reads_back_without_loss(made: list[Contact], form: str, language: str) -> None:
    """Every field of every contact; a store that is new to them gives ids of its own and remembers the old ones."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"pobl{form}"
        done = holding(made, language=language).export(file, "analysis")
        assert done.people == done.rows == len(made)
        other = crm()
        for understanding in other.understand(file):
            outcome = other.import_table(understanding)
            assert outcome.refused == 0 and outcome.people_new == len(made), outcome.problems
    back = list(other.store.scan(Contact))
    old = {one.id: UUID(one.external_ids[0].external) for one in back}
    assert {old[one.id]: as_it_went_out(one, old) for one in back} == {one.id: one for one in made}


def as_it_went_out(one: Contact, old: dict[UUID, UUID]) -> Contact:
    links = tuple(link.model_copy(update={"other": old[link.other]}) for link in one.relationships)
    assert one.external_ids[0].source == "perthyn"
    return one.model_copy(
        update={"id": old[one.id], "relationships": links, "external_ids": one.external_ids[1:]}
    )  # fmt: skip


def test_a_relationship_leads_to_whoever_the_other_is_here(tmp_path: Path) -> None:
    """Known here already, further down in the file, or nobody: that is said."""
    link = [Relationship(kind="parent", other=UUID(int=number)) for number in (2, 3, 9)]
    one, two, three = person(1, relationships=tuple(link)), person(2, emails=(Email(address="b@b.cymru"),)), person(3)
    holding([one, two, three]).export(tmp_path / "pobl.csv", "analysis")
    known = two.model_copy(update={"id": UUID(int=77)})
    other = holding([known])
    for turn in range(2):
        (understanding,) = other.understand(tmp_path / "pobl.csv")
        outcome = other.import_table(understanding)
        assert (outcome.people_new, outcome.problem_counts) == ((2, {"import.relationship.unknown": 1}), (0, {}))[turn]
    back = {one.name: one for one in other.store.scan(Contact)}
    assert [one.other for one in back["Person 1"].relationships] == [known.id, back["Person 3"].id]


def test_a_cell_of_pieces_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    holding([person(1, tags=(Tag(tag='5" pipe'),))]).export(tmp_path / "pobl.csv", "analysis")
    text = (tmp_path / "pobl.csv").read_text(encoding="utf-8-sig")
    assert '"""5"" pipe""' not in text
    file = tmp_path / "again.csv"
    file.write_text(text.replace('"""5"""" pipe"""', '"""5"" pipe"'), encoding="utf-8")
    other = crm()
    (understanding,) = other.understand(file)
    outcome = other.import_table(understanding)
    assert [(one.code, one.column) for one in outcome.problems] == [("import.pieces.unreadable", "Tags")]


@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_file_of_this_very_store_makes_nobody_new(language: str, tmp_path: Path) -> None:
    """Neither who has a name only nor who has become somebody else since."""
    one, two, other = person(1), person(2, custom=(Custom(name="own.crys", text="L"),)), person(3)
    made = holding([one, two, other], language=language)
    made.export(tmp_path / "pobl.csv", "analysis")
    made.commit([Delete(other), Create(Redirect(id=other.id, to=two.id))])
    for turn in range(2):
        (understanding,) = made.understand(tmp_path / "pobl.csv")
        assert understanding.known == "perthyn" and understanding.columns[-1].becomes == "own.crys"
        outcome = made.import_table(understanding)
        assert (outcome.people_new, outcome.refused) == (0, 0)
        assert turn == 0 or outcome.unchanged == 3
    assert made.store.count_of(Contact) == 2


def test_a_no_goes_out_and_comes_back_even_without_an_address(tmp_path: Path) -> None:
    one = person(1, phones=(Phone.of("07700 900123"),))
    holding([one], [said(1, one, "email", "refused")]).export(tmp_path / "pobl.csv", "analysis")
    assert rows(tmp_path / "pobl.csv")[0]["Email consent"] == "no"
    other = crm()
    for understanding in other.understand(tmp_path / "pobl.csv"):
        other.import_table(understanding)
    assert [(one.channel, one.decision) for one in other.store.scan(Consent)] == [("email", "refused")]


# --- a mailing --------------------------------------------------------------------------------------------


def test_a_mailing_holds_only_the_ways_the_door_allows(tmp_path: Path) -> None:
    ways = {"emails": (Email(address="a@b.cymru"),), "addresses": (Address(lines="1 Stryd", postcode="SY20 8XX"),)}
    yes, no, never, both = (person(number, **ways) for number in (1, 2, 3, 4))
    consents = [said(1, yes, "email", "given"), said(2, no, "email", "refused"), said(3, both, "post", "given"),
                said(4, both, "email", "given")]  # fmt: skip
    done = holding([yes, no, never, both], consents).export(tmp_path / "m.csv", "marketing", channels=("email", "post"))
    assert (done.people, done.rows, done.left_out) == (2, 2, 2)
    found = {row["Full name"]: (row["Email"], row["Address"]) for row in rows(tmp_path / "m.csv")}
    assert found == {"Person 1": ("a@b.cymru", ""), "Person 4": ("a@b.cymru", "1 Stryd")}
    assert done.decided["email"] == {"contact.consent": 2, "contact.said_no": 1, "contact.not_asked": 1}
    assert all(sum(spoke.values()) == 4 for spoke in done.decided.values())


def test_nobody_goes_out_for_fundraising_who_was_asked_about_nothing(tmp_path: Path) -> None:
    done = holding([person(1, emails=(Email(address="a@b.cymru"),))]).export(tmp_path / "m.csv", "fundraising")
    assert (done.people, done.left_out) == (0, 1)


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    done = holding([person(1)]).export(tmp_path / "m.csv", "analysis", dry_run=True)
    assert done.people == 1 and not list(tmp_path.iterdir())


# --- what can go wrong ------------------------------------------------------------------------------------


def refused(code: str, made: Crm, *args: object, **more: object) -> None:
    with pytest.raises(PerthynError) as caught:
        made.export(*args, **more)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_what_cannot_be_is_named_and_nothing_is_left_behind(tmp_path: Path) -> None:
    made = holding([person(1, note="x" * 40_000)])
    refused("export.purpose.unknown", made, tmp_path / "m.csv", "markting")
    refused("export.channel.unknown", made, tmp_path / "m.csv", "marketing", channels=("emial",))
    refused("export.format", made, tmp_path / "m.ods", "analysis")
    refused("export.excel.cell", made, tmp_path / "m.xlsx", "analysis")
    refused("export.unwritable", made, tmp_path / "nowhere" / "m.csv", "analysis")
    refused("export.unwritable", made, tmp_path / "nowhere" / "m.xlsx", "analysis")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("mine", encoding="utf-8")
    made = holding([person(1)])
    refused("export.there", made, file, "analysis")
    assert file.read_text(encoding="utf-8") == "mine"
    made.export(file, "analysis", replace=True)
    assert rows(file)[0]["Full name"] == "Person 1"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_for_no_purpose_is_a_file_made_by_whoever_may_not(tmp_path: Path, purpose: str) -> None:
    made = crm(rights=frozenset(one.name for one in RIGHTS) - {"contact.export"})
    with pytest.raises(Forbidden) as told:
        made.export(tmp_path / "m.csv", purpose)
    assert told.value.facts["right"] == "contact.export" and not any(tmp_path.iterdir())


def test_who_may_not_see_notes_may_not_export_them(tmp_path: Path) -> None:
    made = crm(rights=frozenset({"contact.export", "contact.read"}))
    with pytest.raises(Forbidden):
        made.export(tmp_path / "m.csv", "analysis")
