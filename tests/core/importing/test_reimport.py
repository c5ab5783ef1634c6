"""Importing again: nothing twice, only what is new, and what a person has edited stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.changes import Batch, Edit
from perthyn.history import plan_undo
from perthyn.model import Consent, Interaction, Problem, Takings
from perthyn.text import fold

HEADER = ["Date", "Item", "Amount", "First name", "Last name", "Email", "Phone", "Email consent"]
BOOKING = "Ref,Date,Name,Email,Amount,Comment,Updated\n"
MEANS = {"Ref": "row_id", "Updated": "changed_at", "Comment": "text"}


def book(desk: Any, *rows: str, **options: Any) -> Any:
    return desk.bring(BOOKING + "".join(row + "\n" for row in rows), source="web", becomes=MEANS, **options)


def edit(desk: Any, record: Any, **values: Any) -> None:
    pairs = {name: (getattr(record, name), after) for name, after in values.items()}
    desk.store.apply(Batch(desk.ids(), "Gwen", desk.clock(), changes=[Edit(record.type_name, record.id, pairs)]))


# -- the same, more, in another order -------------------------------------------------------------------------

people = st.sampled_from(
    [
        ("Jane", "Davies", "jane@example.org", "01632 960001", "Yes"),
        ("jane", "DAVIES", "Jane@Example.org", "", "No"),
        ("John", "Davies", "jane@example.org", "", ""),
        ("Siân", "Owen", "", "01632 960002", "Yes"),
        ("Sian", "Owen", "sian@example.org", "01632 960002", ""),
        ("Gwen", "", "", "", ""),
        ("", "", "", "", ""),
        ("", "", "", "01632 960009", ""),
        ("", "", "news@example.org", "", "No"),
    ]
)
lines = st.builds(
    lambda day, item, amount, person: [day, item, amount, *person],
    st.sampled_from(["01/05/2026", "02/05/2026", "30/02/2026", "31/12/2025", ""]),
    st.sampled_from(["Tea", "Te a chacen gri", "Ticket", ""]),
    st.sampled_from(["£3.50", "£8.00", "(£3.50)", "free", ""]),
    people,
)
tables = st.lists(lines, min_size=1, max_size=14)
OPTIONS: dict[str, Any] = {
    "source": "till",
    "about": "both",
    "becomes": dict(
        zip(
            HEADER,
            ["date", "subject", "amount", "given", "family", "email", "phone", "consent_email"],
            strict=True,
        )
    ),
    "defaults": {"kind": "purchase"},
}


def picture(desk: Any) -> dict[str, Any]:
    """What the store holds of the world: without ids, and a name as whoever spelled it first, folded."""
    named = {one.id: fold(one.shown_name) for one in desk.contacts()}
    return {
        "people": Counter(
            (named[one.id], tuple(sorted(part.key for part in (*one.emails, *one.phones)))) for one in desk.contacts()
        ),
        "lines": Counter((one.day, one.subject, one.amount, named[one.contact]) for one in desk.interactions()),
        "takings": Counter((one.day, one.subject, one.amount) for one in desk.takings()),
        "consents": Counter((one.decision, one.address and one.address.casefold()) for one in desk.store.scan(Consent)),
    }


@given(tables)
def test_importing_twice_changes_nothing(fresh_desk: Callable[[], Any], rows: list[list[str]]) -> None:
    with fresh_desk() as desk:
        first = desk.bring([HEADER, *rows], **OPTIONS)
        before = [list(desk.store.scan(type)) for type in desk.store.types.values()]
        second = desk.bring([HEADER, *rows], **OPTIONS)
        assert (second.stored, second.refused) == (0, first.refused)
        assert second.unchanged == first.stored + first.unchanged
        assert second.receipt is None
        assert [list(desk.store.scan(type)) for type in desk.store.types.values()] == before


def _say_anything(rows: list[list[str]]) -> bool:
    """Whether a file of these rows holds more than its header."""
    return any(cell.strip() for row in rows for cell in row)


@given(tables, st.integers(0, 14), st.integers(0, 14))
def test_overlapping_exports_add_only_what_is_new(
    fresh_desk: Callable[[], Any], rows: list[list[str]], end: int, start: int
) -> None:
    """Distinct lines in two exports that share some leave what one export of all would leave."""
    rows = list({tuple(row): row for row in rows}.values())
    start = min(start, end)
    with fresh_desk() as desk, fresh_desk() as other:
        if _say_anything(rows[:end]):
            desk.bring([HEADER, *rows[:end]], **OPTIONS)
        if _say_anything(rows[start:]):
            desk.bring([HEADER, *rows[start:]], **OPTIONS)
        other.bring([HEADER, *rows], **OPTIONS)
        assert picture(desk)["takings"] == picture(other)["takings"]
        assert picture(desk) == picture(other)


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_shuffled_rows_store_the_same_lines_and_change_nothing_after(
    fresh_desk: Callable[[], Any], rows: list[list[str]], random: Any
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    with fresh_desk() as desk, fresh_desk() as other:
        one = desk.bring([HEADER, *rows], **OPTIONS)
        two = other.bring([HEADER, *shuffled], **OPTIONS)
        assert (one.stored, one.refused, one.takings_new) == (two.stored, two.refused, two.takings_new)
        assert picture(desk)["takings"] == picture(other)["takings"]
        again = desk.bring([HEADER, *shuffled], **OPTIONS)
        assert (again.stored, again.receipt) == (0, None)


unlike = st.lists(
    st.builds(
        lambda who, extra: [who, "Davies", f"{who.casefold()}@example.org", *extra],
        st.sampled_from(["Jane", "John", "Mair", "JANE", "Siân"]),
        st.tuples(st.sampled_from(["", "01632 960001", "01632 960002"]), st.sampled_from(["", "VIP", "Ffrind"])),
    ),
    min_size=1,
    max_size=10,
)


@given(unlike, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_shuffled_people_are_the_same_people(fresh_desk: Callable[[], Any], rows: list[list[str]], random: Any) -> None:
    header = ["First name", "Last name", "Email", "Phone", "Tags"]
    shuffled = list(rows)
    random.shuffle(shuffled)
    with fresh_desk() as desk, fresh_desk() as other:
        desk.bring([header, *rows], source="list")
        other.bring([header, *shuffled], source="list")
        told = [
            Counter(
                (one.emails[0].key, frozenset(p.key for p in one.phones), frozenset(tag.key for tag in one.tags))
                for one in store.contacts()
            )
            for store in (desk, other)
        ]
        assert told[0] == told[1]


def test_two_equal_till_lines_stay_two(desk: Any) -> None:
    till = "Date,Item,Amount\n01/05/2026,Tea,£3.50\n01/05/2026,Tea,£3.50\n"
    assert desk.bring(till, source="till").stored == 2
    again = desk.bring(till + "01/05/2026,Tea,£3.50\n", source="till")
    assert (again.stored, again.unchanged) == (1, 2)


def test_moved_and_added_columns_do_not_make_new_rows(desk: Any) -> None:
    desk.bring("Date,Item,Amount\n01/05/2026,Tea,£3.50\n", source="till")
    moved = desk.bring("Amount,Date,Item,New\n£3.50,01/05/2026,Tea,\n", source="till")
    assert moved.takings_new == 0
    assert len(desk.takings()) == 1


def test_a_corrected_map_doubles_nothing_and_mends_what_it_read_wrong(desk: Any) -> None:
    rows = "Date,Thing,Amount\n01/05/2026,Tea,£3.50\n"
    desk.bring(rows, source="till", becomes={"Thing": "event"})
    mended = desk.bring(rows, source="till", becomes={"Thing": "subject"})
    (one,) = desk.takings()
    assert one.subject == "Tea"
    assert mended.stored == 1


# -- the sender changed a row ---------------------------------------------------------------------------------


def test_a_row_delivered_with_changes_is_edited_field_by_field(desk: Any) -> None:
    book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,")
    outcome = book(desk, "A,01/05/2026,Jane Davies,j@example.org,£9,late,")
    (one,) = desk.interactions()
    assert (one.amount, one.text) == (900, "late")
    assert (outcome.stored, outcome.interactions_new) == (1, 0)
    assert {(line.path, line.before, line.after) for line in outcome.changed} == {
        ("amount", 800, 900),
        ("text", None, "late"),
    }
    (line,) = desk.store.journal(records=[one.id])
    assert line.before["amount"] == 800
    assert book(desk, "A,01/05/2026,Jane Davies,j@example.org,£9,late,").receipt is None


def test_what_a_person_edited_since_is_kept_and_shown(desk: Any) -> None:
    book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,")
    edit(desk, desk.interactions()[0], amount=850)
    outcome = book(desk, "A,02/05/2026,Jane Davies,j@example.org,£9,,")
    (one,) = desk.interactions()
    assert (one.amount, one.day) == (850, date(2026, 5, 2))
    assert outcome.problem_counts == {"import.kept.hand": 1}
    (problem,) = desk.store.scan(Problem)
    assert '"said":"900"' in (problem.facts or "")


def test_an_older_version_is_noted_and_not_applied(desk: Any) -> None:
    book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,2026-05-03 10:00")
    outcome = book(desk, "A,01/05/2026,Jane Davies,j@example.org,£7,,2026-05-02 10:00")
    assert desk.interactions()[0].amount == 800
    assert (outcome.unchanged, outcome.problem_counts) == (1, {"import.row.older": 1})
    newer = book(desk, "A,01/05/2026,Jane Davies,j@example.org,£6,,2026-05-04 10:00")
    assert (newer.stored, desk.interactions()[0].amount) == (1, 600)


def test_somebody_recognised_later_gets_the_line(desk: Any) -> None:
    book(desk, "A,01/05/2026,,,£8,,")
    (taking,) = desk.takings()
    book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,")
    (one,) = desk.interactions()
    assert not desk.takings()
    assert (one.id, one.amount, one.source_id) == (taking.id, 800, "A")
    assert book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,").receipt is None


def test_a_line_that_names_somebody_else_now_stays_where_it_is_and_is_shown(desk: Any) -> None:
    book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,")
    outcome = book(desk, "A,01/05/2026,Ann Owen,a@example.org,£8,,")
    assert desk.interactions()[0].contact == desk.contact("Jane Davies").id
    assert outcome.problem_counts == {"import.row.other_person": 1}


MEMBERS = "Member no,First name,Last name,Email,Phone,Language,Notes\n"


def test_a_member_delivered_anew_is_edited_but_not_where_a_person_has_been(desk: Any) -> None:
    desk.bring(MEMBERS + "7,Jane,Davies,j@example.org,,Saesneg,\n", source="members")
    (jane,) = desk.contacts()
    edit(desk, jane, language="both")
    outcome = desk.bring(MEMBERS + "7,Jane,Owen,j@example.org,01632 960001,Cymraeg,Moved\n", source="members")
    (jane,) = desk.contacts()
    assert (jane.family, jane.language, jane.note) == ("Owen", "both", "Moved")
    assert jane.phones[0].e164 == "+441632960001"
    assert (outcome.stored, outcome.people_new) == (1, 0)
    assert outcome.problem_counts == {"import.kept.hand": 1}
    again = desk.bring(MEMBERS + "7,Jane,Owen,j@example.org,01632 960001,Cymraeg,Moved\n", source="members")
    assert again.receipt is None


def test_an_email_a_person_took_away_does_not_come_back(desk: Any) -> None:
    desk.bring(MEMBERS + "7,Jane,Davies,j@example.org,,,\n", source="members")
    (jane,) = desk.contacts()
    path = "emails[j@example.org]"
    change = Edit("contact", jane.id, {path: (jane.emails[0], None)})
    desk.store.apply(Batch(desk.ids(), "Gwen", desk.clock(), changes=[change]))
    desk.bring(MEMBERS + "7,Jane,Davies,j@example.org,,,New\n", source="members")
    (jane,) = desk.contacts()
    assert (jane.emails, jane.note) == ((), "New")


def test_an_undone_import_can_be_imported_again(desk: Any) -> None:
    first = book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,", "B,30/02/2026,Ann Owen,,£8,,")
    undo = plan_undo(desk.store, first.receipt.batch, ids=desk.ids, at=desk.clock())
    desk.store.apply(undo.batch(desk.ids(), "Gwen"))
    assert not desk.contacts()
    again = book(desk, "A,01/05/2026,Jane Davies,j@example.org,£8,,", "B,30/02/2026,Ann Owen,,£8,,")
    assert (again.stored, again.refused, again.people_new) == (1, 1, 1)
    assert [desk.store.count_of(type) for type in (Interaction, Takings, Problem)] == [1, 0, 1]
