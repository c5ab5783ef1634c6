"""The demonstration: its files are the same from run to run, as messy as promised, and its answers are true.

The recounts here read the written files with the standard library only, by rules of their own.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from python_calamine import load_workbook

from perthyn.errors import PerthynError
from perthyn_demo.command import demo
from perthyn_demo.generate import SEED, generate, invent, sheets_of
from perthyn_demo.telling import tell
from perthyn_demo.truths import Truths

FORMS = {"rota.csv": ("iso8859-14", ","), "visitor-book.csv": ("cp1252", ";")}
AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brithwen") / "files"


@pytest.fixture(scope="module")
def truths(folder: Path) -> Truths:
    return generate(folder)


def rows_of(folder: Path, file: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by header) of a text file; headers repeated below, blank lines and empty rows left out."""
    encoding, delimiter = FORMS.get(file, ("utf-8-sig", ","))
    with (folder / file).open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        header: list[str] | None = None
        before = 0
        for cells in reader:
            start, before = before + 1, reader.line_num
            if header is None:
                header = cells
            elif any(cells) and cells != header:
                yield start, dict(zip(header, cells, strict=True))


def members_of(folder: Path) -> Iterator[tuple[int, list[object]]]:
    sheet = load_workbook(str(folder / "members.xlsx")).get_sheet_by_index(0).to_python(skip_empty_area=False)
    for number, cells in enumerate(sheet, start=1):
        if number > 3 and cells[1] and "TOTAL" not in str(cells[1]):
            yield number, list(cells)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


# --- the same from run to run ------------------------------------------------------------------------


def test_the_same_bytes_whatever_the_hash_seed(folder: Path, truths: Truths, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from perthyn_demo.generate import generate; generate(Path(sys.argv[1]))"
    )
    again = tmp_path / "again"
    env = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", code, str(again)], check=True, env=env)
    assert hashes(again) == hashes(folder)
    assert len(hashes(folder)) == 11


def test_another_seed_is_another_house(folder: Path, truths: Truths, tmp_path: Path) -> None:
    other = generate(tmp_path, seed=7)
    assert other.contacts != truths.contacts
    assert hashes(tmp_path)["till.csv"] != hashes(folder)["till.csv"]


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3, 4])
def test_the_planted_answers_hold_for_any_seed(seed: int) -> None:
    random = Random(seed)
    cast = invent(random)
    answers = tell(cast, sheets_of(cast, random), seed)
    assert set(answers.segments["stuck"].people) == set(answers.marked["stuck"])
    assert len(answers.segments["stuck"].contacts) == 9
    as_contacts = {answers.contacts[place].people[0] for place in answers.segments["quiet givers"].contacts}
    assert as_contacts == set(answers.marked["quiet-giver"])
    assert set(answers.segments["quiet givers"].people) == as_contacts | set(answers.marked["married"])
    assert answers.segments["lapsed patrons"].people == answers.marked["lapsed-patron"]
    assert set(answers.negative_members) == set(answers.marked["negative"])
    assert {person for _, person in answers.contradictions} == set(answers.marked["contradiction"])
    assert len(answers.contradictions) == 12
    assert len(answers.gift_aid_blocked) == 4
    assert len(answers.marked["d-jones"]) == 7
    assert (answers.members, answers.member_households) == (320, 240)
    for contact in answers.contacts:
        assert len(contact.people) == (2 if contact.kind == "household" else 1)
    wrong = [one for one in answers.suggestions if not one.same]
    apart = {frozenset(pair[:2]) for pair in answers.must_not_join}
    assert len(apart) == 6
    assert {
        frozenset(answers.contacts[one.first].people + answers.contacts[one.second].people) for one in wrong
    } <= apart, "only planted pairs are suggested wrongly"


# --- the counts, counted again from the files --------------------------------------------------------


def test_counts_add_up(truths: Truths) -> None:
    for file, counts in truths.files.items():
        assert counts.rows == counts.identified + counts.anonymous + counts.tests + counts.unusable, file
    named = sum(counts.identified for file, counts in truths.files.items() if file != "till.csv")
    assert 1_350 <= named <= 1_500
    assert sum(counts.rows for file, counts in truths.files.items() if file.startswith("newsletter")) == 900
    till = truths.files["till.csv"]
    assert 8_500 <= till.rows <= 9_500
    assert 0.93 <= till.anonymous / (till.anonymous + till.identified) <= 0.95


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%d/%m/%Y")
    except ValueError:
        return text.isdigit()  # a serial of a spreadsheet
    return True


def _recount(folder: Path, file: str) -> tuple[int, int, int, int, int]:
    """rows, identified, anonymous, tests, unusable."""
    found: Counter[str] = Counter()
    for _, row in rows_of(folder, file):
        day = row.get("Date") or row.get("Donation Date")
        amount = row.get("Donation Auth Amount", "0")
        name = row.get("Customer ID") or row.get("Email Address") or row.get("Donor E-mail") or row.get("Email")
        if file == "paypal.csv":
            name = row["Name"]
        if file == "visitor-book.csv":
            name = row["Email?"] if "@" in row["Email?"] else ""
        if (day and not _is_day(day)) or not re.fullmatch(r"[\d.]+", amount):
            found["unusable"] += 1
        elif row.get("First Name") == "Test":
            found["test"] += 1
        else:
            found["named" if name else "nobody"] += 1
    return sum(found.values()), found["named"], found["nobody"], found["test"], found["unusable"]


def test_a_recount_of_each_file_agrees(folder: Path, truths: Truths) -> None:
    for file, counts in truths.files.items():
        if file.endswith(".csv") and file != "rota.csv":
            expected = (counts.rows, counts.identified, counts.anonymous, counts.tests, counts.unusable)
            assert _recount(folder, file) == expected, file
    assert sum(1 for _ in members_of(folder)) == truths.files["members.xlsx"].rows


def test_rows_about_the_same_address_and_name_are_one_contact(folder: Path, truths: Truths) -> None:
    contact_of = {place[:2]: number for number, one in enumerate(truths.contacts) for place in one.places}
    columns = {
        "eventbrite.csv": ("Email", "First Name", "Surname"),
        "justgiving.csv": ("Donor E-mail", "Donor FirstName", "Donor LastName"),
        "newsletter-subscribed.csv": ("Email Address", "First Name", "Last Name"),
        "newsletter-unsubscribed.csv": ("Email Address", "First Name", "Last Name"),
    }
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for file, (email, given, family) in columns.items():
        for number, row in rows_of(folder, file):
            name = " ".join(f"{row[given]} {row[family]}".split()).lower()
            if name and row[email] and (file, number) in contact_of:
                found[row[email].lower(), name].add(contact_of[file, number])
    assert len(found) > 600
    assert all(len(numbers) == 1 for numbers in found.values())


def test_the_rows_of_a_person_name_that_person(folder: Path, truths: Truths) -> None:
    """Keys end with the person's name: most rows can be checked against it by eye, and here."""
    checked = 0
    for number, row in rows_of(folder, "eventbrite.csv"):
        for key in truths.rows["eventbrite.csv"].get(number, ()):
            given = row["First Name"].strip().lower()
            if given.isascii() and given.isalpha():
                assert key.split("-")[1].startswith(given), (number, key)
                checked += 1
    assert checked > 100
    crew = {number: keys for number, keys in truths.rows["rota.csv"].items()}
    assert len(crew) == 5
    assert len({key for keys in crew.values() for key in keys}) == 30


def test_givers_totals_recounted(folder: Path, truths: Truths) -> None:
    totals: dict[str, int] = defaultdict(int)
    for number, row in rows_of(folder, "justgiving.csv"):
        if (keys := truths.rows["justgiving.csv"].get(number)) and _is_day(row["Donation Date"]):
            amount = row["Donation Auth Amount"]
            if amount[0].isdigit():
                totals[keys[0]] += int(amount.replace(".", ""))
    for number, row in rows_of(folder, "paypal.csv"):
        if row["Type"] == "Donation Payment" and row["Status"] == "Completed":
            totals[truths.rows["paypal.csv"][number][0]] += int(row["Gross"].replace(".", "").replace(",", ""))
    assert dict(totals) == truths.donors


def test_an_orders_total_counts_once(folder: Path, truths: Truths) -> None:
    each, once, naive = {}, 0, 0
    for _, row in rows_of(folder, "eventbrite.csv"):
        pence = int(row["Total Paid"].replace(".", ""))
        naive += pence
        if row["Order #"] == "1.07E+11":
            once += pence  # orders of one: the number is lost, the money is not
        else:
            each[row["Order #"]] = pence
    assert truths.ticket_income == {"true": once + sum(each.values()), "line by line": naive}


def test_quiet_givers_recounted_from_the_files(folder: Path, truths: Truths) -> None:
    gifts: Counter[str] = Counter()
    came: set[str] = set()
    for number, row in rows_of(folder, "justgiving.csv"):
        text, keys = row["Donation Date"], truths.rows["justgiving.csv"].get(number, ())
        if not _is_day(text) or not row["Donation Auth Amount"][0].isdigit():
            continue
        serial = date(1899, 12, 30) + timedelta(days=int(text)) if text.isdigit() else None
        day = serial or datetime.strptime(text, "%d/%m/%Y").date()
        gifts.update(keys if date(2024, 11, 22) < day <= AS_OF else ())
    for number, row in rows_of(folder, "paypal.csv"):
        if row["Type"] == "Donation Payment" and row["Status"] == "Completed":
            gifts.update(truths.rows["paypal.csv"][number])
    for number, row in rows_of(folder, "eventbrite.csv"):
        if row["Attendee Status"] == "Checked In" and row["Event Start Date"] > "2026-05-22":
            came.update(truths.rows["eventbrite.csv"].get(number, ()))
    assert {key for key, count in gifts.items() if count >= 3} - came == set(truths.segments["quiet givers"].people)


# --- the mess is there -------------------------------------------------------------------------------

VISIBLE = [
    ("till.csv", rb"\(\xc2\xa33\.50\)"),
    ("till.csv", rb",Refund,"),
    ("till.csv", rb'"\xc2\xa31,250\.00"'),
    ("till.csv", rb"\r\n06/13/2026,"),
    ("till.csv", rb"\r\n13/06/2026,"),
    ("till.csv", rb"\r\nDate,Time,"),
    ("till.csv", rb"Member entry,1,[^\r]*\xc2\xa30\.00"),
    ("eventbrite.csv", rb"^\xef\xbb\xbfOrder #"),
    ("eventbrite.csv", rb"1\.07E\+11"),
    ("eventbrite.csv", rb"Test,Test,"),
    ("eventbrite.csv", rb"\xc2\xa0,"),
    ("eventbrite.csv", rb",Not Attending,"),
    ("eventbrite.csv", rb",Refunded,"),
    ("eventbrite.csv", rb"Merched y Wawr,Brithwen"),
    ("newsletter-subscribed.csv", rb'"""VIP"",""Cymraeg"""'),
    ("newsletter-subscribed.csv", rb"\+plas@"),
    ("newsletter-subscribed.csv", rb"@example\.org,,,"),
    ("newsletter-subscribed.csv", rb"@[A-Z.]+EXAMPLE\.ORG|@EXAMPLE\.ORG"),
    ("newsletter-unsubscribed.csv", rb",\d\d/(1[3-9]|2\d)/20\d\d \d\d:\d\d (AM|PM),"),
    ("justgiving.csv", "Å·".encode()),
    ("justgiving.csv", rb"\r\n4\d{4},"),
    ("justgiving.csv", rb"\r\n31/09/2026,"),
    ("justgiving.csv", rb",ugain punt,"),
    ("justgiving.csv", rb",Anonymous,"),
    ("justgiving.csv", rb"\r\n\r\n"),
    ("justgiving.csv", rb",[A-Z]{2}\dO \d[A-Z]{2},"),
    ("justgiving.csv", rb",[a-z]{2}\d+ \d[a-z]{2},"),
    ("justgiving.csv", rb",[A-Z]{2}\d+[A-Z]{2},"),
    ("paypal.csv", rb",Pending,"),
    ("paypal.csv", rb'"-1,234\.50"'),
    ("paypal.csv", rb",Subscription Fee,"),
    ("rota.csv", rb"Ll\xber"),
    ("rota.csv", rb"Sad 4 Ebr,Sun 5/4"),
    ("rota.csv", rb"\w/\w"),
    ("rota.csv", rb" \(am\)"),
    ("rota.csv", rb",\?,"),
    ("visitor-book.csv", rb"Pen Ll\?n"),
    ("visitor-book.csv", rb"2\+dog"),
    ("visitor-book.csv", rb";\"?=HYPERLINK"),
    ("visitor-book.csv", rb";yes please"),
    ("visitor-book.csv", rb"gwych;\n"),
    ("visitor-book.csv", rb"\r\n;;;;\r\n"),
]


@pytest.mark.parametrize(("file", "sign"), VISIBLE)
def test_the_mess_can_be_seen(folder: Path, truths: Truths, file: str, sign: bytes) -> None:
    data = (folder / file).read_bytes()
    if file == "rota.csv" and sign == rb"Ll\xber":
        sign = b"Ll" + "ŷ".encode("iso8859-14") + b"r"
    assert re.search(sign, data), sign


def test_the_members_sheet_is_home_made(folder: Path, truths: Truths) -> None:
    sheet = load_workbook(str(folder / "members.xlsx")).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [bool(row[0]) for row in sheet[:3]] == [True, True, True]
    assert sheet[2].count("Ffôn") == 2
    assert sheet[-1][1] == "CYFANSWM / TOTAL"
    rows = [cells for _, cells in members_of(folder)]
    assert sheet[-1][8] == sum(float(str(row[8])) for row in rows)
    column = {name: [row[place] for row in rows] for place, name in enumerate(sheet[2])}
    assert {"Y", "Yes", "Ie", "x", "✓", "?", "", "N", "Na"} <= set(column["GA?"])
    assert "Mr & Mrs D Jones" in column["Enw/Name"]
    assert "Jones, D." in column["Enw/Name"]
    assert any("(wedi marw)" in str(name) for name in column["Enw/Name"])
    assert "Mawrth" in column["Renewal"]
    assert {date, str} <= {type(cell) for cell in column["Renewal"]}
    assert any(isinstance(cell, float) and cell < 10**10 for row in rows for cell in row[4:6]), "the lost nought"
    from zipfile import ZipFile

    with ZipFile(folder / "members.xlsx") as book:
        assert b'hidden="1"' in book.read("xl/worksheets/sheet1.xml")
        assert b"<f>SUM(" in book.read("xl/worksheets/sheet1.xml")


def test_every_unusable_row_is_there_with_its_reason(folder: Path, truths: Truths) -> None:
    reasons = Counter(reason for _, _, reason in truths.unusable)
    assert set(reasons) == {"month first", "date", "amount"}
    rows = {file: dict(rows_of(folder, file)) for file in ("till.csv", "justgiving.csv")}
    for file, number, reason in truths.unusable:
        row = rows[file][number]
        if reason == "month first":
            assert row["Date"] == "06/13/2026"
        elif reason == "date":
            assert row["Donation Date"] == "31/09/2026"
        else:
            assert row["Donation Auth Amount"] == "ugain punt"


def test_decembers_dip_is_a_lost_file(folder: Path, truths: Truths) -> None:
    months: Counter[str] = Counter()
    for _, row in rows_of(folder, "till.csv"):
        if row["Category"].startswith("Mynediad") and _is_day(row["Date"]):
            months[row["Date"][3:]] += int(row["Qty"])
    assert months["11/2025"] > 0 and months["12/2025"] == 0 and months["01/2026"] > 0
    assert truths.december.visits > months["11/2025"]
    assert set(truths.december.seen) == {"eventbrite.csv", "visitor-book.csv"}
    assert 10_500 <= sum(truths.december.visits_by_month.values()) <= 11_500


def test_gift_aid_names_are_what_hmrc_would_keep(folder: Path, truths: Truths) -> None:
    reasons = {one.reason: one for one in truths.gift_aid_blocked}
    assert set(reasons) == {"no declaration", "company", "abroad", "letters"}
    assert reasons["letters"].name == "Gwyn Ellis"
    rows = dict(rows_of(folder, "paypal.csv"))
    assert rows[reasons["letters"].place[1]]["Name"] == "Gŵyn Ellis"
    others = [
        row["Name"]
        for row in rows.values()
        if row["Type"] == "Donation Payment"
        and row["Name"].encode("latin-1", "ignore").decode("latin-1") != row["Name"]
    ]
    assert others == ["Gŵyn Ellis"]


# --- nobody real -------------------------------------------------------------------------------------


def test_nothing_looks_like_a_real_address_number_or_postcode(folder: Path, truths: Truths) -> None:
    texts = {}
    for path in sorted(folder.glob("*.csv")):
        texts[path.name] = path.read_text(encoding=FORMS.get(path.name, ("utf-8-sig",))[0])
    texts["members.xlsx"] = "\n".join(
        "\n".join(str(int(cell)) if isinstance(cell, float) else str(cell) for cell in cells[2:])
        for _, cells in members_of(folder)
    )
    for file, text in texts.items():
        for host in re.findall(r"@([\w.-]+)", text):
            assert re.fullmatch(r"([a-z]+\.)?example\.org", host.lower()), (file, host)
        if file != "till.csv":
            for inward in re.findall(r"\b(?:SY|LD|LL|CF)[\dO]{1,2} ?(\d[A-Z]{2})\b", text.upper()):
                assert set(inward) & set("CIKMOV"), (file, inward)
    numbers = re.findall(
        r"(?:\+44 ?|\b0|\b)((?:1632|7700|2920) ?\d[\d ]{5,7})", texts["members.xlsx"] + texts["eventbrite.csv"]
    )
    plain = ["".join(number.split()) for number in numbers]
    assert len(plain) > 100
    drama = re.compile(r"1632960\d{3}|7700900\d{3}|2920180\d{3}")
    assert [number for number in plain if not drama.fullmatch(number)] == []


# --- written down, and the command -------------------------------------------------------------------


def test_the_answers_are_written_beside_the_files(folder: Path, truths: Truths) -> None:
    written = json.loads((folder / "truths.json").read_text(encoding="utf-8"))
    assert written["people"] == truths.people
    assert written["as_of"] == "2026-11-22"
    assert len(written["contacts"]) == len(truths.contacts)
    assert written["rows"]["till.csv"] == {str(row): list(keys) for row, keys in truths.rows["till.csv"].items()}


def test_the_command_writes_and_says_so(truths: Truths, tmp_path: Path) -> None:
    result = CliRunner().invoke(demo, [str(tmp_path / "new")], catch_exceptions=False)
    assert result.exit_code == 0
    assert f"{truths.people:,}" in result.output
    assert (tmp_path / "new" / "members.xlsx").stat().st_size > 10_000


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(PerthynError) as caught:
        CliRunner().invoke(demo, [str(tmp_path / "file" / "under")], catch_exceptions=False)
    assert caught.value.code == "demo.folder.not_written"
