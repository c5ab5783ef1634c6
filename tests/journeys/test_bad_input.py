"""Whatever is put in: a clear message with the next step, an exit code that is not 0, and nothing half done."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import perthyn_sql.sqlite
from perthyn.cli.main import run
from perthyn.hooks import Hooks
from perthyn.importing import spool
from perthyn.importing.preparing import Preparation
from perthyn_sql.store import SqlStore

GOOD = "First name,Surname,Email\nSiân,Llŷr,sian@example.org\nDafydd,Owen,dafydd@example.org\n"
GIFTS = "Name,Email,Date,Amount\nSiân Llŷr,sian@example.org,01/02/2026,£20.00\n"
WAITS = 3  # the exit code where rows wait to be corrected


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Perthyn = Callable[..., Said]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    """Runs a command in a folder of its own; no traceback may be seen."""
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)

    def ask(*arguments: str) -> Said:
        code = run(list(arguments))
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        assert code != 70, told.err
        return Said(code, told.out, told.err)

    return ask


def held(perthyn: Perthyn) -> tuple[int, int]:
    """How many contacts and how many changes the store holds; both 0 where there is none yet."""
    if not Path("perthyn.sqlite").exists():
        return 0, 0
    with closing(sqlite3.connect("perthyn.sqlite")) as store:
        return tuple(store.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("contact", "batch_"))  # type: ignore[return-value]


def in_words(perthyn: Perthyn, *arguments: str, code: int = 1) -> None:
    """The same said to a person, in both languages: what is wrong, and what to do next."""
    for language, word in (("en", "Error: "), ("cy", "Gwall: ")):
        told = perthyn("--lang", language, *arguments)
        assert told.code == code
        lines = told.err.strip().splitlines()
        start = next(at for at, line in enumerate(lines) if line.startswith(word))
        assert len(lines) > start + 1, "there is no next step"
        assert "{" not in told.err


# -- files that can't be read ---------------------------------------------------------------------------------

UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("list.csv", b"", "import.file.empty"),
    "only spaces": ("list.csv", b" \n\n \n", "import.file.empty"),
    "header only": ("list.csv", GOOD.partition("\n")[0].encode(), "import.file.header_only"),
    "a picture": ("list.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20, "import.file.format"),
    "binary": ("list.csv", bytes(range(256)) * 50, "import.file.binary"),
    "a document": ("list.pdf", b"%PDF-1.7\n" + b"1 0 obj\n" * 50, "import.file.format"),
    "a workbook that is none": ("list.xlsx", b"PK\x03\x04" + b"\x01\x02" * 400, "import.file.damaged"),
    "50 MB in one cell": (
        "list.csv",
        b'First name,Surname,Email\nJane,"' + b"x" * 50_000_000 + b'",j@example.org\n',
        "import.file.cell_too_long",
    ),
    "NUL bytes": ("list.csv", GOOD.replace("Dafydd", "Daf\0ydd").encode(), "import.file.nul"),
    "a quote that never closes": (
        "list.csv",
        ('First name,Surname,Email\nJane,"Davies,j@example.org\n' + "Ann,Owen,a@example.org\n" * 50).encode(),
        "import.file.quote_open",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_read(case: str, perthyn: Perthyn) -> None:
    name, content, code = UNREADABLE[case]
    Path(name).write_bytes(content)
    Path("good.csv").write_text(GOOD, encoding="utf-8")
    told = perthyn("import", name, "good.csv", "--json")
    assert told.code == 1
    (unread,) = told.json["unread"]
    assert (unread["code"], unread["file"]) == (code, name)
    assert unread["wrong"] and unread["next"]
    assert [one["people_new"] for one in told.json["imports"]] == [2], "the others go on"
    before = held(perthyn)
    in_words(perthyn, "import", name)
    assert held(perthyn) == before
    assert sorted(one.name for one in Path().iterdir() if "correct" in one.name or "part" in one.name) == []


def test_a_workbook_named_csv_is_read_for_what_it_is(perthyn: Perthyn) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook("list.csv") as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(line.split(",") for line in GOOD.splitlines()):
            sheet.write_row(row, 0, cells)
    told = perthyn("import", "list.csv", "--json")
    assert told.code == 0
    assert told.json["imports"][0]["people_new"] == 2


def test_text_named_xlsx_is_read_for_what_it_is(perthyn: Perthyn) -> None:
    Path("list.xlsx").write_text(GOOD, encoding="utf-8")
    told = perthyn("import", "list.xlsx", "--json")
    assert told.code == 0
    assert told.json["imports"][0]["people_new"] == 2


def test_a_file_that_is_written_while_it_is_read(perthyn: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("list.csv").write_text(GOOD + "Ann,Owen,ann@example.org\n" * 6_000, encoding="utf-8")
    take = Preparation._take

    def and_meanwhile(preparation: Preparation, chunk: Any) -> None:
        with open("list.csv", "a", encoding="utf-8") as file:
            file.write("Ann,Owen,ann@example.org\n")
        take(preparation, chunk)

    monkeypatch.setattr(Preparation, "_take", and_meanwhile)
    told = perthyn("import", "list.csv", "--json")
    assert (told.code, told.json["unread"][0]["code"]) == (1, "import.file.changed")
    assert held(perthyn)[0] == 0


# -- rows that can't be used ----------------------------------------------------------------------------------

ROWS = {
    "a ragged row": (GOOD + "Ann,Owen,ann@example.org,more,and more\n", "import.row.ragged"),
    "a row with only a phone": (
        "First name,Surname,Phone\nSiân,Llŷr,01632 960001\nDafydd,Owen,\n,,01632 960009\n",
        "import.person.unidentifiable",
    ),
    "30 February": (GIFTS + "Siân Llŷr,sian@example.org,30/02/2026,£5.00\n", "import.date.impossible"),
    "an amount of free": (GIFTS + "Siân Llŷr,sian@example.org,02/02/2026,free\n", "import.amount.unreadable"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_row_that_cannot_be_used_waits_and_the_rest_is_taken_in(case: str, perthyn: Perthyn) -> None:
    text, code = ROWS[case]
    Path("list.csv").write_text(text, encoding="utf-8")
    told = perthyn("import", "list.csv", "--json")
    (one,) = told.json["imports"]
    assert told.code == WAITS
    assert (one["refused"], one["problems"]) == (1, {code: 1})
    assert one["rows"] == one["stored"] + one["unchanged"] + one["refused"] + one["aside"]
    waiting = Path(one["refused_file"]).read_text(encoding="utf-8-sig").splitlines()
    assert len(waiting) == 2
    assert waiting[0].endswith(",why")
    problems = perthyn("problems", "list", "--json").json
    assert [(one["code"], one["where"], one["row"]) for one in problems] == [(code, "list.csv", len(text.splitlines()))]
    assert all(one["wrong"] and one["next"] for one in problems)


def test_two_columns_of_one_name_are_both_kept(perthyn: Perthyn) -> None:
    Path("list.csv").write_text(
        "First name,Surname,Email,Email\nSiân,Llŷr,sian@example.org,gwaith@example.org\n", encoding="utf-8"
    )
    told = perthyn("import", "list.csv", "--json")
    assert told.code == 0
    columns = {plan["column"]: plan["becomes"] for plan in told.json["imports"][0]["understood"]["columns"]}
    assert columns["Email"] == columns["Email (2)"] == "email"
    assert "gwaith@example.org" in perthyn("contact", "show", "Llŷr").out


# -- the store and the disk ------------------------------------------------------------------------------------


@pytest.fixture
def filled(perthyn: Perthyn) -> Perthyn:
    Path("good.csv").write_text(GOOD, encoding="utf-8")
    assert perthyn("import", "good.csv").code == 0
    Path("more.csv").write_text(
        "First name,Surname,Email,Notes\n" + "".join(f"Ann,Owen{n},a{n}@example.org,{'x' * 900}\n" for n in range(900)),
        encoding="utf-8",
    )
    return perthyn


def refused(told: Said) -> str:
    """The code of the error, of the command or of its one file."""
    error = json.loads(told.err)["error"] if told.err else told.json["unread"][0]
    assert error["wrong"] and error["next"]
    return str(error["code"])


def test_a_full_disk_where_the_store_is(filled: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(filled)
    small = f"PRAGMA max_page_count = {os.path.getsize('perthyn.sqlite') // 4096 + 8}"
    with monkeypatch.context() as full:
        full.setattr(perthyn_sql.sqlite, "PRAGMAS", (*perthyn_sql.sqlite.PRAGMAS, small))
        told = filled("import", "more.csv", "--json")
        assert (told.code, refused(told)) == (1, "store.full")
        in_words(filled, "import", "more.csv")
    assert held(filled) == before
    assert filled("import", "more.csv").code == 0, "once there is room, the same command finishes it"
    assert held(filled) == (902, before[1] + 1)


def test_a_full_disk_where_an_import_is_prepared(filled: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(filled)
    whole = spool.TemporaryFile

    class Full:
        """A file on a disk that has no room."""

        def __init__(self, **given: Any) -> None:
            self._file = whole(**given)

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    monkeypatch.setattr(spool, "TemporaryFile", Full)
    monkeypatch.setattr(spool, "_ROWS_AT_HAND", 0)
    Path("gifts.csv").write_text(GIFTS, encoding="utf-8")
    told = filled("import", "gifts.csv", "--json")
    assert (told.code, refused(told)) == (1, "import.spool.failed")
    in_words(filled, "import", "gifts.csv")
    assert held(filled) == before


def test_a_database_from_a_newer_version(filled: Perthyn) -> None:
    before = held(filled)
    with closing(sqlite3.connect("perthyn.sqlite")) as store, store:
        store.execute("UPDATE meta_ SET value = '999' WHERE name = 'schema'")
    for line in (["contact", "find", "Llŷr"], ["import", "more.csv"]):
        told = filled(*line, "--json")
        assert (told.code, refused(told)) == (1, "store.newer")
        in_words(filled, *line)
    assert held(filled) == before


def test_a_locked_database(filled: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(filled)
    monkeypatch.setattr(SqlStore.__init__, "__kwdefaults__", {"wait": 1})
    with closing(sqlite3.connect("perthyn.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        told = filled("import", "more.csv", "--json")
        assert (told.code, refused(told)) == (1, "store.locked")
        other.execute("ROLLBACK")
    assert held(filled) == before
    assert filled("import", "more.csv").code == 0


def test_a_database_that_is_none(perthyn: Perthyn) -> None:
    Path("perthyn.sqlite").write_bytes(b"this is no database " * 500)
    Path("good.csv").write_text(GOOD, encoding="utf-8")
    told = perthyn("import", "good.csv", "--json")
    assert (told.code, refused(told)) == (1, "store.foreign")
    assert Path("perthyn.sqlite").read_bytes() == b"this is no database " * 500


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="a folder's permissions are another matter on Windows")
def test_a_folder_without_write_permission(perthyn: Perthyn) -> None:
    Path("good.csv").write_text(GOOD, encoding="utf-8")
    mine = os.geteuid()
    modes = {one: one.stat().st_mode for one in Path.cwd().parents if one.name.startswith(("pytest-", "popen-"))}
    os.chmod(".", 0o555)
    for one in modes:
        os.chmod(one, 0o755)
    try:
        if mine == 0:  # nothing is forbidden to the administrator
            os.seteuid(65534)
        told = perthyn("import", "good.csv", "--json")
        assert told.code == 1
        assert refused(told) in ("store.readonly", "store.unopened")
        in_words(perthyn, "import", "good.csv")
    finally:
        os.seteuid(mine)
        os.chmod(".", 0o755)
        for one, mode in modes.items():
            os.chmod(one, mode)
    assert sorted(one.name for one in Path().iterdir()) == ["good.csv"]


# -- rules and plugins ------------------------------------------------------------------------------------------


def test_an_unknown_field_in_a_rule(filled: Perthyn) -> None:
    before = held(filled)
    told = filled("segment", "add", "Welsh speakers", "langage is cy", "--json")
    assert told.code == 1
    error = json.loads(told.err)["error"]
    assert error["facts"]["suggestion"] == "language"
    assert "langage" in error["wrong"]
    assert error["next"]
    in_words(filled, "segment", "add", "Welsh speakers", "langage is cy")
    assert held(filled) == before


@pytest.mark.parametrize("hook", [name for name in vars(Hooks) if name.startswith(("answer", "offer", "ask", "tell"))])
def test_a_plugin_that_raises_in_a_hook_is_named_and_the_import_is_whole_or_not_at_all(
    hook: str, filled: Perthyn
) -> None:
    before = held(filled)
    Path("plugins").mkdir()
    Path("plugins/culprit.py").write_text(
        f"from perthyn.hooks import hookimpl\n\n\n@hookimpl\ndef {hook}():\n    raise RuntimeError('dim gobaith')\n",
        encoding="utf-8",
    )
    told = filled("import", "more.csv")
    if hook.startswith("ask"):
        assert told.code == 1
        assert "culprit" in told.err
        assert held(filled) == before
        return
    assert told.code == 0
    assert held(filled) == (902, before[1] + 1)
    asked = (
        "offer_record_types", "offer_kinds", "offer_measures", "offer_known_exports", "offer_readers", "offer_locale",
        "tell_applied",
    )  # fmt: skip
    assert ("culprit" in told.err) == (hook in asked)


def test_a_plugin_file_that_is_broken_is_named_and_the_rest_goes_on(filled: Perthyn) -> None:
    Path("plugins").mkdir()
    Path("plugins/culprit.py").write_text("def broken(:\n", encoding="utf-8")
    told = filled("import", "more.csv")
    assert told.code == 0
    assert "culprit" in told.err
    assert filled("doctor").code == 1
