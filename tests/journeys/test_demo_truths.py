"""The demonstration's files are imported as they are and held to the answers that were written before the files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.importing.consents import YesMeans
from perthyn.model import Consent, Contact, Interaction, Problem, Record, Takings
from perthyn.model.identity import decisive_keys
from perthyn_demo.truths import Place, Truths

QUIET = {
    "en": "person and donations at least 3 in last 24 months and no visits in last 6 months",
    "cy": "unigolyn a rhoddion o leiaf 3 yn y 24 mis diwethaf a dim ymweliadau yn y 6 mis diwethaf",
}
YES = "consents with (decision is unconfirmed and source is mailchimp) at least 1"
READERS = f"{YES} and no consents with decision is refused"
STUCK = (
    "days of visits exactly 1 and last visit before 2025-11-22 and no purchases and no donations in last 13 months "
    "and role is not member and no shifts and no engagement in last 180 days"
)
SEGMENTS = [
    ("quiet givers", QUIET["en"]),
    ("quiet givers", QUIET["cy"]),
    ("readers", READERS),
    ("readers who visited", f"{READERS} and visits at least 1"),
    ("stuck", STUCK),
    ("lapsed patrons", "role is not member and has roles with level is Noddwr"),
]
UNUSABLE = {
    "date": "import.date.impossible",
    "amount": "import.amount.unreadable",
    "month first": "import.date.other_order",
}


@pytest.fixture(scope="session")
def contacts(brithwen: Any, truths: Truths) -> list[UUID]:
    """The store's contact for each of the truths', in their order."""
    found = []
    for one in truths.contacts:
        whose = [brithwen.whose[place] for place in one.places if place in brithwen.whose]
        (contact,) = set.intersection(*whose)
        found.append(contact)
    return found


@pytest.fixture(scope="session")
def of_person(contacts: list[UUID], truths: Truths) -> dict[str, set[UUID]]:
    """The contacts that each true person became; a household is its people's together."""
    found: dict[str, set[UUID]] = defaultdict(set)
    for contact, one in zip(contacts, truths.contacts, strict=True):
        for person in one.people:
            found[person].add(contact)
    return found


# -- rows -----------------------------------------------------------------------------------------------------


def test_every_row_is_counted_once(brithwen: Any, truths: Truths) -> None:
    for file, counts in truths.files.items():
        (one,) = brithwen.outcomes[file]
        assert one.refused == counts.unusable, file
        codes = Counter(one.asides)
        no_data = codes["import.row.totals"] + codes["import.row.header"]
        if file == "rota.csv":
            shifts = sum(place[0] == file for contact in truths.contacts for place in contact.places)
            assert (one.stored, one.interactions_new, one.refused) == (shifts, shifts, 0)
            continue
        assert one.rows - no_data == counts.rows, file
        assert codes["exports.row.test"] == counts.tests, file
        assert one.takings_new + codes["exports.row.inside"] == counts.anonymous, file
        left_out = sum(name == file for name, _, _ in truths.same_lines) + codes["exports.row.unpaid"]
        assert one.stored == counts.identified + one.takings_new - left_out, file


def test_unusable_rows_are_refused_with_file_row_and_reason(brithwen: Any, truths: Truths) -> None:
    assert brithwen.refused == {(file, row) for file, row, _ in truths.unusable}
    told = {(one.where, one.row): one for one in brithwen.crm.store.scan(Problem) if one.row is not None}
    for file, row, why in truths.unusable:
        problem = told[file, row]
        assert problem.code == UNUSABLE[why]
        assert problem.column
        assert problem.raw


def test_doubtful_cells_are_shown_and_their_rows_kept(brithwen: Any, truths: Truths) -> None:
    told = {(one.where.partition(",")[0], one.row) for one in brithwen.crm.store.scan(Problem) if one.where and one.row}
    doubtful = {(file, row) for file, row, _ in truths.doubtful}
    assert doubtful.isdisjoint(brithwen.refused)
    (book,) = brithwen.outcomes["visitor-book.csv"]
    assert len(doubtful - told) == book.noted["import.quantity.guessed"] == 1, '"2+dog" is two, which is counted'


def test_the_same_line_twice_counts_once(brithwen: Any, truths: Truths) -> None:
    assert {(file, row) for file, row, _ in truths.same_lines} <= brithwen.aside


# -- people ---------------------------------------------------------------------------------------------------


def test_people_households_and_organisations(brithwen: Any, truths: Truths) -> None:
    found = Counter(one.kind for one in brithwen.contacts())
    assert found == Counter(one.kind for one in truths.contacts)
    assert found["organisation"] == truths.organisations


def test_every_row_is_about_the_right_person(brithwen: Any, truths: Truths, contacts: list[UUID]) -> None:
    assert len(set(contacts)) == len(contacts) == len(brithwen.contacts())
    kinds = {one.id: one.kind for one in brithwen.contacts()}
    for contact, one in zip(contacts, truths.contacts, strict=True):
        assert kinds[contact] == one.kind
        missing = [place for place in one.places if contact not in brithwen.whose.get(place, ())]
        assert {place[:2] for place in missing} <= brithwen.aside, one
    rows: dict[tuple[str, int], set[str]] = defaultdict(set)
    for (file, row, _), found in brithwen.whose.items():
        about = {contacts.index(contact) for contact in found}
        rows[file, row] |= {person for number in about for person in truths.contacts[number].people}
    for (file, row), people in rows.items():
        assert people == set(truths.rows[file][row]), (file, row)


def test_exact_duplicates_are_joined(brithwen: Any, truths: Truths, contacts: list[UUID]) -> None:
    files = {"members": ["members.xlsx"], "mailchimp": [name for name in truths.files if "newsletter" in name]}
    for number, source, rows in truths.listed_twice:
        found = [brithwen.whose[file, row, 0] for file in files[source] for row in rows]
        assert contacts[number] in set.union(*found)
        told = [place for place in truths.contacts[number].places if place[0] in files[source]]
        assert all(brithwen.whose[place] == {contacts[number]} for place in told)


def test_fuzzy_duplicates_are_suggested_and_nobody_else(brithwen: Any, truths: Truths, contacts: list[UUID]) -> None:
    number = {contact: place for place, contact in enumerate(contacts)}
    pairs = brithwen.crm.pairs()
    found = {tuple(sorted((number[one.left.id], number[one.right.id]))): one.reason for one in pairs}
    assert len(pairs) == len(found)
    words = {"postcode": "name and postcode", "email": "email", "phone": "phone"}
    assert found == {tuple(sorted((one.first, one.second))): words[one.why] for one in truths.suggestions}


def test_six_pairs_are_never_joined(truths: Truths, of_person: dict[str, set[UUID]]) -> None:
    assert len(truths.must_not_join) == 6
    for one, other, why in truths.must_not_join:
        assert of_person[one]
        assert of_person[one].isdisjoint(of_person[other]), why
    assert len(truths.marked["d-jones"]) == 7
    for one, other in combinations(truths.marked["d-jones"], 2):
        assert of_person[one].isdisjoint(of_person[other])


# -- permission -----------------------------------------------------------------------------------------------


def test_contradictions_are_shown_and_mean_no(brithwen: Any, truths: Truths, contacts: list[UUID]) -> None:
    shown = [one.contact for one in brithwen.crm.store.scan(Problem) if one.code == "consent.contradiction"]
    assert len(truths.contradictions) == 12
    assert Counter(shown) == Counter(contacts[number] for number, _ in truths.contradictions)


def test_who_said_no_anywhere_is_sent_nothing(
    build: Callable[[str], Any], files: Path, truths: Truths, contacts: list[UUID], brithwen: Any
) -> None:
    """Even where every yes of every file is stated to be to the newsletter."""
    house = build("memory")
    for name in truths.files:
        house.bring(files / name, yes_means=YesMeans("Anfonwch y cylchlythyr ataf", "cy"))
    for name in truths.files:
        house.look(files / name)
    says: dict[UUID, set[str]] = defaultdict(set)
    for consent in house.crm.store.scan(Consent):
        says[consent.contact].add(consent.decision)
    allowed = {one.id for one in house.crm.people_of(house.crm.number("reachable"))}
    no = {id for id, said in says.items() if "refused" in said}
    assert no.isdisjoint(allowed)
    told = {
        (file, contact)
        for person, where in truths.opt_outs.items()
        for one in truths.contacts
        if person in one.people
        for place in one.places
        for file in where
        if place[0] == file
        for contact in house.whose.get(place, ())
    }
    assert {contact for _, contact in told} == no
    assert len(allowed) > 700
    assert not list(brithwen.crm.people_of(brithwen.crm.number("reachable"))), "without a wording nobody has said yes"


# -- money and segments ---------------------------------------------------------------------------------------


def test_donors_totals(brithwen: Any, truths: Truths, of_person: dict[str, set[UUID]]) -> None:
    found = {person: brithwen.total(list(of_person[person]), "donation") for person in truths.donors}
    assert found == truths.donors


def test_ticket_income_is_not_counted_line_by_line(brithwen: Any, truths: Truths) -> None:
    happened: Iterable[Interaction | Takings] = [
        *brithwen.crm.store.scan(Interaction),
        *brithwen.crm.store.scan(Takings),
    ]
    assert sum(one.amount or 0 for one in happened if one.source == "eventbrite") == truths.ticket_income["true"]


def test_december_is_missing_from_the_till_and_nowhere_else(brithwen: Any, truths: Truths) -> None:
    lost = truths.december
    seen: Counter[str] = Counter()
    for type in (Interaction, Takings):
        for one in brithwen.crm.store.scan(type):
            if one.kind == "visit" and lost.first <= one.day <= lost.last:
                seen[one.source] += 1
    assert seen == Counter({"eventbrite": lost.seen["eventbrite.csv"], "visitors": lost.seen["visitor-book.csv"]})


def test_members_who_cost_more_than_they_brought(
    brithwen: Any, truths: Truths, of_person: dict[str, set[UUID]]
) -> None:
    """The membership fee stands in a column without a day, so it is no income yet: what they were paid back is."""
    fee = 3000
    found = brithwen.rule("role is member and total of interactions less than 0")
    owed = {
        person: sum(brithwen.total(list(of_person[person]), kind) for kind in ("purchase", "donation")) + fee
        for person in truths.negative_members
    }
    assert owed == truths.negative_members
    assert found == set.union(*(of_person[person] for person in truths.negative_members))


@pytest.mark.parametrize(("name", "rule"), SEGMENTS)
def test_segments(brithwen: Any, truths: Truths, contacts: list[UUID], name: str, rule: str) -> None:
    expected = {contacts[number] for number in truths.segments[name].contacts}
    assert expected
    assert brithwen.rule(rule) == expected


def test_why_somebody_is_a_quiet_giver(build: Callable[[str], Any], files: Path, truths: Truths) -> None:
    house = build("memory")
    house.bring(files / "justgiving.csv")
    segment, _ = house.crm.add_segment("Quiet givers", "Rhoddwyr tawel", QUIET["en"])
    members = list(house.crm.members(segment))
    assert members
    for contact in house.contacts():
        standing = house.crm.why(segment, contact)
        assert standing.member == (contact in members)
        assert standing.because is not None


def test_notes_on_people(brithwen: Any, truths: Truths, of_person: dict[str, set[UUID]]) -> None:
    """Who has died, in whichever file it stands, and nobody else."""
    dead = {one.id for one in brithwen.contacts() if one.deceased}
    (person,) = truths.marked["deceased"]
    assert len(dead) == 1
    assert dead < of_person[person], "the newsletter's contact of the same man is suggested, not joined"


# -- again, in another order, and back ---------------------------------------------------------------------------


def test_a_second_import_changes_nothing(build: Callable[[str], Any], files: Path, truths: Truths) -> None:
    house = build("sqlite")
    for name in truths.files:
        house.bring(files / name)
    position, before = house.crm.store.position(), _everything(house)
    for name in truths.files:
        (again,) = house.bring(files / name)
        assert (again.stored, again.receipt, again.changed_fields) == (0, None, 0), name
        assert (again.people_new, again.interactions_new, again.takings_new) == (0, 0, 0), name
        assert again.unchanged == again.rows - again.refused - again.aside
    assert house.crm.store.position() == position
    assert _everything(house) == before


@settings(max_examples=5)
@given(order=st.permutations(range(9)))
def test_files_in_any_order_give_the_same_people(
    build: Callable[[str], Any], files: Path, truths: Truths, brithwen: Any, order: list[int]
) -> None:
    """A row that has both an address and a number may come after two contacts that have one each: then the two are a
    pair, and once joined the people are the same. Nobody is ever joined who is not in the usual order."""
    names = [name for name in truths.files if name != "till.csv"]
    house = build("memory")
    for number in order:
        house.bring(files / names[number])
    for name in names:
        house.look(files / name)
    pairs = {frozenset((one.left.id, one.right.id)) for one in house.crm.pairs()}
    same = _sharing_a_decisive_key(house.contacts())
    assert same <= pairs
    expected = {frozenset(one for one in places if one[0] != "till.csv") for places in brithwen.people()}
    assert _joined(house, same) == expected - {frozenset()}


def test_undoing_an_import_leaves_the_refusals_and_all_else_as_before(
    build: Callable[[str], Any], files: Path, truths: Truths
) -> None:
    house = build("memory")
    others = [name for name in truths.files if name not in ("newsletter-unsubscribed.csv", "till.csv")]
    for name in others:
        house.bring(files / name)
    before = _everything(house)
    (outcome,) = house.bring(files / "newsletter-unsubscribed.csv")
    refusals = {one.id: one for one in house.crm.store.scan(Consent) if one.id not in before}
    assert len(refusals) == outcome.rows
    house.crm.undo(house.crm.store.header(outcome.receipt.batch))
    after = _everything(house)
    for id in refusals:
        assert after[id]["decision"] == "refused"
        assert after[id]["contact"] in {str(one.id) for one in house.contacts()}
    kept = {id: one for id, one in after.items() if id in before}
    assert kept == before
    left = Counter(one.type_name for one in _records(house) if one.id not in before)
    assert left["consent"] == len(refusals)
    assert left["interaction"] == left["takings"] == 0
    assert left["contact"] == len({one.contact for one in refusals.values()} - before.keys())


def test_undoing_every_import_leaves_nothing_but_the_refusals(
    build: Callable[[str], Any], files: Path, truths: Truths
) -> None:
    house = build("memory")
    names = [name for name in truths.files if name != "till.csv"]
    receipts = [house.bring(files / name)[0].receipt for name in names]
    for receipt in reversed(receipts):
        house.crm.undo(house.crm.store.header(receipt.batch))
    left = Counter(one.type_name for one in _records(house))
    assert left["interaction"] == left["takings"] == 0
    refused = [one for one in house.crm.store.scan(Consent) if one.decision == "refused"]
    assert left["consent"] == len(refused)
    assert left["contact"] == len({one.contact for one in refused})


def _records(house: Any) -> Iterable[Record]:
    for type in house.crm.store.types.values():
        yield from house.crm.store.scan(type)


def _everything(house: Any) -> dict[UUID, Any]:
    return {one.id: one.plain() for one in _records(house)}


def _sharing_a_decisive_key(contacts: list[Contact]) -> set[frozenset[UUID]]:
    having: dict[str, list[UUID]] = defaultdict(list)
    for one in contacts:
        for key in decisive_keys(one):
            having[key].append(one.id)
    return {frozenset(pair) for ids in having.values() for pair in combinations(ids, 2)}


def _joined(house: Any, pairs: set[frozenset[UUID]]) -> set[frozenset[Place]]:
    """People as their places, once these pairs are joined."""
    group: dict[UUID, set[UUID]] = {}
    for pair in pairs:
        together = set().union(*(group.get(id, {id}) for id in pair))
        group.update(dict.fromkeys(together, together))
    found: dict[frozenset[UUID], set[Place]] = defaultdict(set)
    for place, contacts in house.whose.items():
        for contact in contacts:
            found[frozenset(group.get(contact, {contact}))].add(place)
    return {frozenset(places) for places in found.values()}
