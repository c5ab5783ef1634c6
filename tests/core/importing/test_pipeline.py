"""The import of one table: counts, what each cell becomes, what is refused, all or nothing."""

from __future__ import annotations

import gc
import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from perthyn.changes import Batch, Create, Receipt
from perthyn.errors import PerthynError, Stale
from perthyn.importing import preparing, refused
from perthyn.model import Contact, Interaction, Phone, Problem, Setting

BOOKINGS = (
    "Order no,Booked on,Time,Event date,First name,Last name,Email,Party size,Amount,Event,Dietary needs\n"
    "A1,01/03/2026,14:05,29/03/2026,Jane,Davies,jane@example.org,4,£32.00,Gŵyl,none\n"
    "A2,29/03/2026,09:30,29/03/2026,Siân,Owen,sian@example.org,1,£8.00,Gŵyl,\n"
)
MEANS = {
    "Order no": "row_id",
    "Booked on": "date",
    "Time": "time",
    "Event date": "event_date",
    "Party size": "party_size",
    "Event": "event",
    "Dietary needs": "keep",
}


def booked(desk: Any, rows: str = BOOKINGS, **options: Any) -> Any:
    options = {"source": "tickets", "becomes": MEANS, "defaults": {"kind": "booking"}} | options
    return desk.bring(rows, **options)


def test_each_cell_of_a_booking_has_its_place(desk: Any) -> None:
    booked(desk)
    one = next(one for one in desk.interactions() if one.source_id == "A1")
    assert (one.kind, one.day, one.amount, one.currency) == ("booking", date(2026, 3, 1), 3200, "GBP")
    assert (one.party_size, one.lead_days, one.event) == (4, 28, "Gŵyl")
    assert one.at == datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
    assert json.loads(one.raw or "") == {"Dietary needs": "none"}
    assert (one.source, one.contact) == ("tickets", next(c for c in desk.contacts() if c.given == "Jane").id)


def test_the_clock_goes_forward_and_the_day_stays(desk: Any) -> None:
    booked(desk)
    one = next(one for one in desk.interactions() if one.source_id == "A2")
    assert one.at == datetime(2026, 3, 29, 8, 30, tzinfo=UTC), "summer time has begun at one in the night"
    assert (one.day, one.lead_days) == (date(2026, 3, 29), 0)


def test_a_zone_named_in_the_row_decides_the_day_here(desk: Any) -> None:
    desk.bring(
        "Ref,Date,Time,Zone,Email,Amount\nA,01/07/2026,23:30,America/New_York,j@example.org,£1\n",
        becomes={"Ref": "row_id", "Zone": "zone", "Date": "date", "Time": "time"},
        source="web",
    )
    (one,) = desk.interactions()
    assert one.at == datetime(2026, 7, 2, 3, 30, tzinfo=UTC)
    assert one.day == date(2026, 7, 2)


def test_a_visit_is_on_the_day_of_the_event(desk: Any) -> None:
    booked(desk, defaults={"kind": "visit"})
    assert {one.day for one in desk.interactions()} == {date(2026, 3, 29)}


def test_the_outcome_adds_up_and_is_the_batchs_facts(desk: Any) -> None:
    rows = BOOKINGS + (
        "A3,30/02/2026,,01/04/2026,Ann,Owen,ann@example.org,1,£8.00,Gŵyl,\n"
        "\n"
        "A4,02/03/2026,,01/04/2026,Ann,Owen,ann@example.org,1,free,Gŵyl,\n"
        "A5,02/03/2026,,01/04/2026,,,,2,£16.00,Gŵyl,\n"
        "Total,,,,,,,,£64.00,,\n"
    )
    outcome = booked(desk, rows)
    assert (outcome.rows, outcome.stored, outcome.unchanged, outcome.refused, outcome.aside) == (6, 3, 0, 2, 1)
    assert (outcome.people_new, outcome.interactions_new, outcome.takings_new) == (2, 2, 1)
    (header,) = desk.store.headers()
    assert (header.kind, header.actor, header.reason) == ("import", "somebody", "list.csv")
    assert {name: header.facts[name] for name in ("rows", "stored", "refused", "aside")} == {
        "rows": 6, "stored": 3, "refused": 2, "aside": 1,
    }  # fmt: skip
    assert outcome.receipt.created == header.created


def test_each_wrong_cell_names_row_column_and_reason(desk: Any) -> None:
    rows = BOOKINGS + "A3,30/02/2026,,01/04/2026,Ann,Owen,ann@example.org,1,free,Gŵyl,\n"
    booked(desk, rows)
    found = {(one.where, one.row, one.column, one.raw, one.code) for one in desk.store.scan(Problem)}
    assert found == {
        ("list.csv", 4, "Booked on", "30/02/2026", "import.date.impossible"),
        ("list.csv", 4, "Amount", "free", "import.amount.unreadable"),
    }


def test_an_unreadable_phone_does_not_lose_its_row(desk: Any) -> None:
    outcome = desk.bring("Date,Name,Email,Phone,Amount\n01/05/2026,Jane Davies,j@example.org,ask Gwen,£3\n")
    (one,) = desk.interactions()
    assert outcome.stored == 1
    assert json.loads(one.raw or "") == {"Phone": "ask Gwen"}
    assert [person.phones for person in desk.store.scan(Contact)] == [(Phone(number="ask Gwen"),)]
    (problem,) = desk.store.scan(Problem)
    assert (problem.code, problem.row, problem.column, problem.raw) == (
        "import.phone.unreadable",
        2,
        "Phone",
        "ask Gwen",
    )


def test_a_word_that_is_not_understood_is_one_problem_however_often_it_stands(desk: Any) -> None:
    rows = "".join(f"0{day}/05/2026,Jane Davies,j@example.org,Gwibdaith\n" for day in range(1, 9))
    outcome = desk.bring("Date,Name,Email,Kind\n" + rows)
    assert outcome.noted == {"import.kind.unknown": 8}
    assert outcome.problem_counts == {"import.kind.unknown": 1}


def test_a_line_without_a_day_is_refused_unless_it_only_names_somebody(desk: Any) -> None:
    outcome = desk.bring(
        "Date,Name,Email,Amount\n,Jane Davies,j@example.org,£3\n,Ann Owen,a@example.org,\n01/05/2026,,,£1\n"
    )
    assert (outcome.stored, outcome.refused) == (2, 1)
    assert outcome.problem_counts == {"import.date.missing": 1}
    assert [one.shown_name for one in desk.contacts()] == ["Ann Owen"]


def test_what_no_field_may_hold_refuses_the_row_with_the_field(desk: Any) -> None:
    long = "x" * 501
    outcome = desk.bring(f"Date,Name,Email,Event,Amount\n01/05/2026,Jane Davies,j@example.org,{long},£3\n")
    assert (outcome.stored, outcome.refused, outcome.people_new) == (0, 1, 0)
    (problem,) = desk.store.scan(Problem)
    assert problem.code == "import.cell.refused"
    assert '"field":"event"' in (problem.facts or "")


def test_an_id_that_comes_again_with_other_content_is_refused_and_with_the_same_is_not(desk: Any) -> None:
    lines = BOOKINGS.splitlines(keepends=True)
    outcome = booked(desk, BOOKINGS + lines[1] + lines[1].replace("32.00", "40.00"))
    assert (outcome.stored, outcome.unchanged, outcome.refused) == (2, 1, 1)
    assert outcome.problem_counts == {"import.row.id_repeated": 1}


# -- rows to correct ------------------------------------------------------------------------------------------


def test_refused_rows_are_written_corrected_and_imported_without_doubling(desk: Any, tmp_path: Path) -> None:
    bad = BOOKINGS + 'A3,30/02/2026,,01/04/2026,Ann,"Owen, ŵ",ann@example.org,1,£8.00,Gŵyl,"a ""b"""\n'
    path = tmp_path / "to-correct.csv"
    outcome = booked(desk, bad, refused_to=path, say=lambda error: error.code)
    assert outcome.refused_file == path
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    text = path.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == BOOKINGS.splitlines()[0] + ",why"
    assert text.splitlines()[1].endswith(",import.date.impossible")
    corrected = booked(desk, text.replace("30/02", "28/02"), name="to-correct.csv")
    assert (corrected.rows, corrected.stored, corrected.refused) == (1, 1, 0)
    whole = booked(desk, bad.replace("30/02", "28/02"))
    assert (whole.stored, whole.unchanged) == (0, 3)


def test_rows_without_ids_keep_their_identity_through_the_file_to_correct(desk: Any, tmp_path: Path) -> None:
    till = "Date,Item,Amount\n01/05/2026,Tea,£3.50\n31/04/2026,Tea,£3.50\n"
    path = tmp_path / "to-correct.csv"
    desk.bring(till, source="till", refused_to=path)
    fixed = path.read_text(encoding="utf-8-sig").replace("31/04", "30/04")
    desk.bring(fixed, name="to-correct.csv", source="till")
    whole = desk.bring(till.replace("31/04", "30/04"), source="till")
    assert (whole.stored, whole.unchanged) == (0, 2)
    assert len(desk.takings()) == 2


def test_a_corrected_row_settles_what_it_was_refused_for(desk: Any, tmp_path: Path) -> None:
    bad = BOOKINGS + (
        "A3,30/02/2026,,01/04/2026,Ann,Owen,ann@example.org,1,free,Gŵyl,\n"
        "A4,31/02/2026,,01/04/2026,Ann,Owen,ann@example.org,1,£8.00,Gŵyl,\n"
    )
    path = tmp_path / "list.to-correct.csv"
    booked(desk, bad, refused_to=path)
    assert states(desk) == {(4, "open"): 2, (5, "open"): 1}
    half = path.read_text(encoding="utf-8-sig").replace("30/02", "28/02")
    booked(desk, half, name=path.name)
    assert states(desk)[4, "open"] >= 2  # the amount is wrong still
    booked(desk, half.replace("free", "£8.00"), name=path.name)
    assert states(desk)[4, "open"] == 0
    assert states(desk)[5, "open"] == 1
    other = BOOKINGS + "B1,01/03/2026,,01/04/2026,Huw,Ifan,h@example.org,1,£8.00,Gŵyl,\n" * 2
    booked(desk, other)
    assert states(desk)[5, "open"] == 1  # another row that stands there now
    outcome = booked(desk, bad.replace("31/02", "28/02"))
    assert outcome.stored == 1
    assert states(desk)[5, "corrected"] == 1


def test_of_two_rows_that_are_alike_one_correction_settles_one(desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "till.to-correct.csv"
    till = "Date,Item,Amount\n01/05/2026,Tea,£3.50\n31/04/2026,Tea,£3.50\n32/04/2026,Tea,£3.50\n"
    desk.bring(till, name="till.csv", source="till", refused_to=path)
    one = "".join(path.read_text(encoding="utf-8-sig").replace("31/04", "30/04").splitlines(keepends=True)[:2])
    desk.bring(one, name=path.name, source="till")
    assert sorted(problem.state for problem in desk.store.scan(Problem)) == ["corrected", "open"]


def states(desk: Any) -> Counter[tuple[int | None, str]]:
    return Counter(
        (one.row, one.state) for one in desk.store.scan(Problem) if "unreadable" in one.code or "impossible" in one.code
    )


def test_without_refused_rows_no_file_is_written(desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "to-correct.csv"
    assert booked(desk, refused_to=path).refused_file is None
    assert not list(tmp_path.glob("to-correct*"))


# -- all or nothing -------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_and_stores_nothing(desk: Any, tmp_path: Path) -> None:
    dry = booked(desk, dry_run=True, refused_to=tmp_path / "no.csv")
    assert (dry.stored, dry.people_new, dry.receipt) == (2, 2, None)
    assert desk.store.position() == 0
    assert not desk.contacts()
    real = booked(desk)
    assert (real.stored, real.people_new) == (dry.stored, dry.people_new)


def test_an_interrupt_while_reading_leaves_nothing(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "CHUNK", 1)

    def interrupt(rows: int) -> None:
        if rows == 2:
            raise KeyboardInterrupt

    bad = BOOKINGS.replace("01/03/2026", "30/02/2026")
    with pytest.raises(KeyboardInterrupt):
        booked(desk, bad, progress=interrupt, refused_to=tmp_path / "no.csv")
    assert desk.store.position() == 0
    assert not list(tmp_path.glob("no.csv*"))
    assert gc.isenabled()
    assert booked(desk).stored == 2


def test_an_error_in_the_middle_of_applying_leaves_nothing(desk: Any) -> None:
    def torn(batch: Batch) -> Receipt:
        def blocks() -> Any:
            yield from batch.blocks
            raise PerthynError("store.full")

        return desk.store.apply(Batch(batch.id, batch.actor, batch.at, changes=batch.changes, blocks=blocks()))

    with pytest.raises(PerthynError):
        booked(desk, apply=torn)
    assert desk.store.position() == 0
    assert not desk.contacts()
    assert not desk.interactions()


def test_what_somebody_else_stored_meanwhile_is_prepared_again(desk: Any) -> None:
    jane = Contact(id=desk.ids(), given="Jane", family="Davies", emails=({"address": "jane@example.org"},))
    attempts = []

    def late(batch: Batch) -> Receipt:
        attempts.append(batch.id)
        if len(attempts) == 1:
            desk.store.apply(Batch(desk.ids(), "other", desk.clock(), changes=[Create(jane)]))
        return desk.store.apply(batch)

    outcome = booked(desk, apply=late)
    assert len(attempts) == 2
    assert (outcome.people_new, outcome.people_known) == (1, 1)
    assert len(desk.contacts()) == 2


def test_a_store_that_never_rests_is_given_up_after_three_times(desk: Any) -> None:
    attempts = []

    def stale(batch: Batch) -> Receipt:
        attempts.append(batch.id)
        raise Stale("store.stale")

    with pytest.raises(Stale):
        booked(desk, apply=stale)
    assert len(attempts) == 3


def test_chunks_make_no_difference(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"{day:02}/05/2026,Jane Davies,j{day % 3}@example.org,£{day}\n" for day in range(1, 29))
    monkeypatch.setattr(preparing, "CHUNK", 5)
    told: list[int] = []
    outcome = desk.bring("Date,Name,Email,Amount\n" + rows, progress=told.append)
    assert told == [0, 5, 10, 15, 20, 25, 28]
    assert (outcome.stored, outcome.people_new, len(desk.contacts())) == (28, 3, 3)
    assert len({one.id for one in desk.interactions()}) == 28


def test_blocks_hold_what_the_model_would_take(desk: Any) -> None:
    """Every row of a block made by the import is a valid record, the same as when read back."""
    seen: list[Interaction] = []

    def looked_at(batch: Batch) -> Receipt:
        for block in batch.blocks:
            seen.extend(one for one in block.records() if isinstance(one, Interaction))
        return desk.store.apply(batch)

    booked(desk, apply=looked_at)
    assert sorted(seen, key=lambda one: one.id) == desk.interactions()


def test_an_import_leaves_other_records_alone(desk: Any) -> None:
    setting = Setting(id=desk.ids(), name="zone", value='"Europe/London"')
    desk.store.apply(Batch(desk.ids(), "me", desk.clock(), changes=[Create(setting)]))
    booked(desk)
    assert list(desk.store.scan(Setting)) == [setting]


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_stored(desk: Any, tmp_path: Path) -> None:
    with pytest.raises(PerthynError) as error:
        booked(desk, BOOKINGS.replace("01/03/2026", "30/02/2026"), refused_to=tmp_path / "no" / "such.csv")
    assert error.value.code == "import.refused.unwritable"
    assert desk.store.position() == 0


def test_a_file_to_correct_that_somebody_has_open_gets_a_second_name(
    desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = refused.os.replace

    def held(old: Path, new: Path) -> None:
        if new.name == "to-correct.csv":
            raise PermissionError(13, "held")
        replace(old, new)

    monkeypatch.setattr(refused.os, "replace", held)
    path = tmp_path / "to-correct.csv"
    outcome = booked(desk, BOOKINGS.replace("01/03/2026", "30/02/2026"), refused_to=path)
    assert outcome.refused_file == tmp_path / "to-correct (2).csv"
    assert outcome.refused_file.exists()
