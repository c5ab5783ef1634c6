"""Whole files: what they are about, where they come from, and their rows as typed columns."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest

from perthyn.errors import PerthynError
from perthyn.importing.tables import open_tables
from perthyn.importing.understanding import (
    Chunk,
    MapFile,
    Understanding,
    chunks,
    read_map,
    understand,
    write_map,
)

TODAY = date(2026, 11, 22)


def understood(path: Path, text: str, map: MapFile | None = None, encoding: str = "utf-8") -> Understanding:
    path.write_text(text, encoding=encoding)
    return understand(open_tables(path)[0], map=map, today=TODAY)


def only(understanding: Understanding) -> Chunk:
    (chunk,) = chunks(understanding)
    return chunk


def members(folder: Path) -> Path:
    import xlsxwriter

    path = folder / "Members 2026 (final).xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("Aelodau")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    page.write(0, 0, "CYFEILLION PLAS BRITHWEN")
    page.write(1, 0, "diweddarwyd gan Eirlys")
    header = ("Enw/Name", "Cyfeiriad", "Cod Post", "Ffôn", "Type", "Paid", "Renewal", "GA?", "Nodiadau")
    page.write_row(2, 0, header)
    rows = (
        ("Mr & Mrs D Jones", "1 Y Stryd", "sy20 8xx", 7700900123, "Teulu", 30, "13/03/2027", "Ie", ""),
        ("Jones, D.", "2 Y Stryd", "SY2O 8XX", "01632 960001", "Unigolyn", 20, "Mawrth", "?", "hen ffrind"),
        ("Ifor Rees (wedi marw)", "", "", "", "Unigolyn", "", "", "", ""),
    )
    for number, row in enumerate(rows, start=3):
        page.write_row(number, 0, row)
    page.write_datetime(5, 6, datetime(2026, 3, 31), day)
    page.write_row(6, 0, ("CYFANSWM", "", "", "", "", 50))
    book.close()
    return path


def test_the_home_made_members_list(tmp_path: Path) -> None:
    understanding = understand(open_tables(members(tmp_path))[0], today=TODAY)
    assert understanding.about == "people"
    assert understanding.source == "members"
    assert understanding.defaults == {"role": "member"}
    assert [plan.becomes for plan in understanding.columns] == [
        "name", "address", "postcode", "phone", "level", "keep", "role_end", "gift_aid", "note",
    ]  # fmt: skip
    assert "import.note.no_day" in {note.code for note in understanding.notes}
    chunk = only(understanding)
    assert chunk.rows == [4, 5, 6]
    assert [name.kind for name in chunk.values("name")] == ["household", "person", "person"]
    assert chunk.values("role_end") == [date(2027, 3, 13), date(2027, 3, 31), date(2026, 3, 31)]
    assert chunk.values("phone") == ["+447700900123", "+441632960001", None]
    assert chunk.values("postcode") == ["SY20 8XX", "SY20 8XX", None]
    assert chunk.values("gift_aid") == ["yes", "unknown", None]
    assert chunk.values("deceased") == [None, None, "yes"]
    assert chunk.raw == {"Paid": ["30", "20", ""]}
    assert [(aside.row, aside.code) for aside in chunk.aside] == [(7, "import.row.totals")]
    assert {(found.row, found.code) for found in chunk.noted} == {
        (4, "import.phone.zero_mended"),
        (5, "import.postcode.mended"),
        (5, "import.date.month_only"),
    }


DONATIONS = """Dyddiad,Swm,Enw,E-bost,Neges
4/4/2026 10:30,£5.00,Siân Evans,sian@example.org,
30/2/2026,£5.00,Llŷr Rees,llyr@example.org,Diolch
13/4/2026,free,Llŷr Rees,llyr@example.org,

14/4/2026,"£1,000",,,
"""


def test_each_row_ends_in_the_columns_or_refused(tmp_path: Path) -> None:
    understanding = understood(tmp_path / "rhoddion.csv", DONATIONS)
    assert (understanding.about, understanding.source) == ("both", "donations")
    assert understanding.defaults == {"currency": "GBP", "kind": "donation"}
    chunk = only(understanding)
    assert chunk.rows == [2, 6]
    assert chunk.values("amount") == [500, 100_000]
    assert chunk.values("date") == [date(2026, 4, 4), date(2026, 4, 14)]
    assert chunk.values("time") == [time(10, 30), None]
    assert [(one.row, one.header, one.code, one.value) for one in chunk.wrong] == [
        (3, "Dyddiad", "import.date.impossible", "30/2/2026"),
        (4, "Swm", "import.amount.unreadable", "free"),
    ]
    assert chunk.refused[3] == ("30/2/2026", "£5.00", "Llŷr Rees", "llyr@example.org", "Diolch")
    assert next(chunk.identity()) == ("4/4/2026 10:30", "£5.00", "Siân Evans", "sian@example.org", "")


def test_chunks_are_of_the_size_asked_for_and_lose_nothing(tmp_path: Path) -> None:
    rows = "".join(f"P{number},Siân Evans,s{number}@example.org\n" for number in range(25))
    understanding = understood(tmp_path / "list.csv", "ID,Name,Email\n" + rows)
    parts = list(chunks(understanding, size=10))
    assert [len(part) for part in parts] == [10, 10, 5]
    assert [number for part in parts for number in part.rows] == list(range(2, 27))
    assert parts[2].values("person_id")[-1] == "P24"


def test_a_file_of_unknown_kind_has_a_source_that_its_name_does_not_change(tmp_path: Path) -> None:
    text = "Name,Email\nSiân Evans,sian@example.org\n"
    first = understood(tmp_path / "abc.csv", text).source
    assert first == understood(tmp_path / "xyz 2.csv", text).source
    assert first.startswith("people-")


def test_the_order_of_dates_is_read_on_for(tmp_path: Path) -> None:
    early = "1/2/2026,£1.00\n" * 1500
    known = understood(tmp_path / "a.csv", "Date,Amount\n" + early + "2/13/2026,£1.00\n")
    assert known.columns[0].date_order == "mdy"
    open_still = understood(tmp_path / "b.csv", "Date,Amount\n" + early)
    assert open_still.columns[0].date_order == "dmy"
    assert "import.note.day_first_assumed" in {note.code for note in open_still.notes}


def test_a_rota_is_unfolded(tmp_path: Path) -> None:
    text = "Rota 2026\n\nDyletswydd,Sad 4 Ebr,Sun 5/4,Sad 11 Ebr\nDrws,Siân/Gwen,Gwen (am),?\nSiop,,ar gau,Aled\n"
    understanding = understood(tmp_path / "rota.csv", text)
    assert (understanding.about, understanding.source) == ("both", "volunteers")
    assert understanding.defaults == {"kind": "shift", "role": "volunteer"}
    chunk = only(understanding)
    assert [name.whole for name in chunk.values("name")] == ["Siân", "Gwen", "Gwen", "Aled"]
    assert chunk.values("date") == [date(2026, 4, 4), date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 11)]
    assert chunk.values("subject") == ["Drws", "Drws", "Drws", "Siop"]
    assert chunk.values("text") == [None, None, "am", None]


def test_a_map_fixes_what_was_understood(tmp_path: Path) -> None:
    first = understood(tmp_path / "a.csv", DONATIONS)
    path = tmp_path / "map.toml"
    path.write_text(write_map(first).replace('"Neges" = "text"', '"Neges" = "own.neges"'), encoding="utf-8")
    again = understood(tmp_path / "a.csv", DONATIONS, map=read_map(path))
    assert [plan.becomes for plan in again.columns] == ["date", "amount", "name", "email", "own.neges"]
    assert (again.source, again.about, again.defaults) == (first.source, first.about, first.defaults)
    assert only(again).values("own.neges") == [None, None]


def test_a_map_keeps_the_identity_of_rows(tmp_path: Path) -> None:
    first = understood(tmp_path / "a.csv", DONATIONS)
    path = tmp_path / "map.toml"
    path.write_text('[columns]\n"Neges" = "ignore"\n', encoding="utf-8")
    before = list(only(first).identity())
    again = understood(tmp_path / "a.csv", DONATIONS, map=read_map(path))
    assert list(only(again).identity()) == before


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ('[columns]\n"E-bost" = "emial"', "import.map.meaning_unknown", "email"),
        ('[colums]\n"E-bost" = "email"', "import.map.key_unknown", "columns"),
        ('about = "poeple"', "import.map.word_unknown", "people"),
        ('[columns]\n"A" = { becomes = "date", date_order = "dmyy" }', "import.map.word_unknown", "dmy"),
        ('[columns]\n"A" = 3', "import.map.value_wrong", None),
        ("[columns", "import.map.unreadable", None),
    ],
)
def test_maps_that_are_refused(tmp_path: Path, text: str, code: str, suggestion: str | None) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PerthynError) as refused:
        read_map(path)
    assert refused.value.code == code
    assert refused.value.facts.get("suggestion") == suggestion


def test_a_map_for_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('[columns]\n"E-bots" = "email"', encoding="utf-8")
    with pytest.raises(PerthynError) as refused:
        understood(tmp_path / "a.csv", DONATIONS, map=read_map(path))
    assert (refused.value.code, refused.value.facts["suggestion"]) == ("import.map.column_missing", "E-bost")


def test_a_no_in_a_column_of_addresses_counts(tmp_path: Path) -> None:
    text = (
        "Date,How many,Email?\n13/4/2026,2,sian@example.org\n13/4/2026,1,no thanks\n13/4/2026,2+dog,gwen@example.org\n"
    )
    understanding = understood(tmp_path / "visitor book.csv", text)
    assert (understanding.about, understanding.defaults["kind"]) == ("both", "visit")
    chunk = only(understanding)
    assert chunk.values("consent_email") == [None, "no", None]
    assert chunk.values("party_size") == [2, 1, 2]


def test_a_day_alone_does_not_make_a_list_of_people_tell_of_visits(tmp_path: Path) -> None:
    text = "Name,Email,Date,Comments,Gift Aid\nSiân Evans,sian@example.org,13/4/2026,Diolch,Ie\n"
    plain = understood(tmp_path / "list.csv", text)
    assert (plain.about, plain.defaults) == ("people", {})
    assert understood(tmp_path / "cwynion.csv", text).defaults == {"kind": "complaint"}
