"""Backups as an organisation lives with them: made while others work, restored elsewhere, with the key from paper."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from perthyn.backups.reading import Backup
from perthyn.cli.main import run
from perthyn.contents import Kept
from perthyn.model import CORE_TYPES, Contact
from perthyn.moving import compare
from perthyn_sql import open_store

KNOWN = {one.type_name: one for one in CORE_TYPES}
PEOPLE = "First name,Surname,Email,Email consent\nSiân,Llŷr,sian@plas.example,yes\nDafydd,Owen,dafydd@plas.example,no\n"
Perthyn = Callable[..., tuple[int, str, str]]

WRITER = """
    import sys, time
    from datetime import UTC, date, datetime
    from uuid import UUID
    from perthyn.changes import Batch, Create
    from perthyn.model import CORE_TYPES, Contact, Interaction
    from perthyn_sql import open_store

    store = open_store(sys.argv[1], CORE_TYPES)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for turn in range(1, 100_000):
        contact = Contact(id=UUID(int=turn * 4), name=f"Writer {turn}")
        did = Interaction(id=UUID(int=turn * 4 + 1), contact=contact.id, kind="visit", day=date(2026, 1, 1))
        store.apply(Batch(UUID(int=turn * 4 + 2), "writer", noon, changes=[Create(contact), Create(did)]))
        if turn == 20:
            print("writing", flush=True)
        time.sleep(0.02)
"""


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("PERTHYN_USER", "mair")
    monkeypatch.setenv("PERTHYN_BACKUP_KEY", str(tmp_path / "keys" / "plas.key"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    (tmp_path / "plas").mkdir()
    monkeypatch.chdir(tmp_path / "plas")

    def ask(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        told = capsys.readouterr()
        assert code != 70 and "Traceback" not in told.out + told.err, told.err
        return code, told.out, told.err

    return ask


@pytest.fixture
def plas(perthyn: Perthyn) -> Perthyn:
    """An organisation with a backup beside its folder."""
    assert perthyn("init", "--organisation", "Plas Brithwen", "--language", "en")[0] == 0
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    perthyn("import", "people.csv")
    code, out, err = perthyn("backup", "../b.age")
    assert code == 0 and "is whole" in out and "perthyn backup key --print" in err
    return perthyn


def refused(told: tuple[int, str, str]) -> str:
    assert told[0] == 1
    return str(json.loads(told[2])["error"]["code"])


def names(address: str) -> list[str]:
    with closing(open_store(address, CORE_TYPES, create=False)) as store:
        return sorted(one.shown_name for one in store.scan(Contact))


def test_made_while_another_process_writes_it_is_one_moment(perthyn: Perthyn) -> None:
    assert perthyn("init", "--language", "en")[0] == 0
    command = [sys.executable, "-c", textwrap.dedent(WRITER), "sqlite:///perthyn.sqlite"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        try:
            for number in range(4):
                code, _, err = perthyn("backup", f"../{number}.gz", "--plain")
                assert code == 0 and "not encrypted" in err
            assert writer.poll() is None
        finally:
            writer.kill()
    position = 0
    for number in range(4):
        backup = Backup(Path(f"../{number}.gz"), [], KNOWN)
        made = Counter(item.batch for _, item in backup.items() if isinstance(item, Kept))
        headers = [item for section, item in backup.items() if section == "batches"]
        assert [one.number for one in headers] == list(range(1, backup.position + 1))  # type: ignore[union-attr]
        assert all(made[one.number] == one.created for one in headers if one.actor == "writer")  # type: ignore[union-attr]
        assert backup.sizes()["contact"] == backup.sizes()["interaction"] > 0
        assert backup.position > position
        position = backup.position
        assert perthyn("restore", f"../{number}.gz", "--to", f"sqlite:///r{number}.sqlite", "--yes")[0] == 0
        with closing(open_store(f"sqlite:///r{number}.sqlite", CORE_TYPES)) as store, store.contents() as there:
            different = [one for one in compare(backup, there).differences if one.section not in ("setting", "journal")]
            assert [(one.section, one.what) for one in different] == [("batches", "extra")]  # the note of the restore


def test_a_disaster_and_the_sheet_of_paper(plas: Perthyn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = plas("backup", "key", "--print")[1]
    assert json.loads(plas("backup", "key", "--print", "--json")[1])["sheet"].strip() == sheet.strip()
    assert "TAFLEN ADFER: Plas Brithwen" in sheet and "RECOVERY SHEET: Plas Brithwen" in sheet
    key = " ".join(sheet[sheet.index("AGE-SECRET") : sheet.index("\n\nage1")].split())
    monkeypatch.setenv("PERTHYN_BACKUP_KEY", str(tmp_path / "another machine" / "plas.key"))
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    assert refused(plas("restore", "../b.age", "--json")) == "backup.key.missing"
    monkeypatch.setattr(sys, "stdin", io.StringIO(key[:-1] + ("Q" if key[-1] == "P" else "P") + "\n"))
    assert refused(plas("backup", "key", "--take", "--json")) == "backup.key.mistyped"
    monkeypatch.setattr(sys, "stdin", io.StringIO(key.lower() + "\n"))
    assert plas("backup", "key", "--take")[0] == 0
    code, out, _ = plas("restore", "../b.age")
    assert code == 0 and "Records: sqlite:///" in out
    assert names("sqlite:///perthyn.sqlite") == ["Dafydd Owen", "Siân Llŷr"]
    assert 'organisation = "Plas Brithwen"' in Path("perthyn.toml").read_text(encoding="utf-8")
    code, out, _ = plas("--lang", "cy", "restore", "../b.age")
    assert code == 0 and "Yr union gopi hwn" in out


def test_a_new_folder_without_a_name_finds_the_key_on_this_computer(
    perthyn: Perthyn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PERTHYN_BACKUP_KEY")
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_names, **_ways: tmp_path / "keys")
    assert perthyn("init", "--organisation", "Plas Brithwen", "--language", "en")[0] == 0
    assert perthyn("backup", "../b.age")[0] == 0 and (tmp_path / "keys" / "plas-brithwen.key").exists()
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    assert perthyn("backup", "verify", "../b.age")[0] == 0
    assert perthyn("restore", "../b.age")[0] == 0


def test_who_is_erased_after_the_backup_stays_erased(plas: Perthyn) -> None:
    assert plas("contact", "erase", "Dafydd Owen", "--yes")[0] == 0
    code, out, _ = plas("restore", "../b.age", "--dry-run", "--json")
    told = json.loads(out)
    assert code == 0 and told["done"] is False and told["respected"]["erased"] == 1
    assert names("sqlite:///perthyn.sqlite") == ["Siân Llŷr"]  # a rehearsal changes nothing
    assert refused(plas("restore", "../b.age", "--json")) == "cli.confirm.needed"
    code, out, _ = plas("restore", "../b.age", "--yes")
    assert code == 0 and "people erased 1" in out
    assert names(f"sqlite:///{next(Path().glob('*-restored-*.sqlite'))}") == ["Siân Llŷr"]
    code, _, err = plas("--at", ".", "contact", "find", "Dafydd", "--json")
    assert code == 0 or "unknown" in err
    assert "stays in" not in plas("doctor")[1]
    assert "Imported" in plas("undo", "--dry-run")[1]  # somebody's work, not the note of the restore


def test_a_rehearsal_needs_no_place_to_go(plas: Perthyn) -> None:
    settings = Path("perthyn.toml")
    settings.write_text('store = "postgresql://perthyn@127.0.0.1:1/perthyn"\n', encoding="utf-8")
    assert refused(plas("restore", "../b.age", "--json")) == "restore.to.needed"
    code, out, _ = plas("restore", "../b.age", "--dry-run")
    assert code == 0 and "--to ADDRESS" in out


def test_without_the_refusals_it_goes_on_only_when_told(plas: Perthyn) -> None:
    for one in (Path("perthyn.refusals"), Path("../perthyn.refusals")):
        one.unlink()
    assert refused(plas("restore", "../b.age", "--json")) == "restore.refusals.missing"
    code, _, err = plas("--lang", "cy", "restore", "../b.age", "--yes")
    assert code == 0 and "Nid oes perthyn.refusals" in err


def test_what_is_wrong_is_said_in_both_languages(
    plas: Perthyn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path("../b.age").read_bytes()
    Path("../b.age").write_bytes(whole[: len(whole) // 2])
    assert "damaged or cut off" in plas("restore", "../b.age", "--yes")[2]
    assert "ddifrodi" in plas("--lang", "cy", "backup", "verify", "../b.age")[2]
    Path("../b.age").write_bytes(whole)
    assert refused(plas("backup", "../b.age", "--json")) == "backup.exists"
    assert plas("backup", "../b.age", "--yes")[0] == 0
    for one in ("perthyn.sqlite", "perthyn.toml", "people.csv"):
        there = Path(one).read_bytes()
        assert refused(plas("backup", one, "--yes", "--json")) == "backup.other"
        assert Path(one).read_bytes() == there
    assert refused(plas("backup", "verify", "people.csv", "--json")) == "backup.foreign"
    assert refused(plas("backup", "verify", "nothing.age", "--json")) == "backup.missing"
    key = Path(os.environ["PERTHYN_BACKUP_KEY"])
    if os.name != "nt":
        key.chmod(0o644)
        assert "chmod 600" in plas("backup", "verify", "../b.age")[2]
        key.chmod(0o600)
    monkeypatch.setenv("PERTHYN_BACKUP_KEY", str(tmp_path / "other.key"))
    assert plas("backup", "other.age")[0] == 0  # makes another key
    assert refused(plas("backup", "verify", "../b.age", "--json")) == "backup.key.wrong"


def test_the_doctor_says_when_it_was_last_done(plas: Perthyn) -> None:
    def codes() -> dict[str, Any]:
        return {one["code"]: one for one in json.loads(plas("doctor", "--json")[1])}

    assert {"health.backup.well", "health.restore.never"} <= codes().keys()
    assert plas("backup", "verify", "../b.age")[0] == 0
    assert "health.restore.never" in codes()
    assert plas("restore", "../b.age", "--dry-run")[0] == 0
    assert codes()["health.restore.well"]["facts"]["by"] == "mair"


def test_a_server_can_back_up_without_the_secret(
    plas: Perthyn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = json.loads(plas("backup", "key", "--json")[1])["public"]
    with Path("perthyn.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'backup_to = ["{public}"]\n')
    kept = os.environ["PERTHYN_BACKUP_KEY"]
    monkeypatch.setenv("PERTHYN_BACKUP_KEY", str(tmp_path / "server.key"))
    code, out, _ = plas("backup", "../c.age")
    assert code == 0 and "kept elsewhere" in out and not (tmp_path / "server.key").exists()
    monkeypatch.setenv("PERTHYN_BACKUP_KEY", kept)
    assert plas("backup", "verify", "../c.age")[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
def test_a_full_disk_is_said_and_leaves_nothing_half(plas: Perthyn) -> None:
    limited = """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))  # SQLite needs half of it beside its file
        from perthyn.cli.main import run
        sys.exit(run(sys.argv[1:]))
    """
    people = "".join(f"Person {number},p{number}@plas.example\n" for number in range(2000))
    Path("more.csv").write_text(f"Name,Email\n{people}", encoding="utf-8")
    assert plas("import", "more.csv")[0] == 0
    before = sorted(Path("..").iterdir())
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(limited), "backup", "../full.age", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 1 and "backup.unwritable" in done.stderr, done.stderr
    assert sorted(Path("..").iterdir()) == before


def test_onto_another_backend(plas: Perthyn, postgres_url: str) -> None:
    code, out, err = plas("restore", "../b.age", "--to", postgres_url, "--yes")
    assert code == 0, err
    assert "they are the same" in out
    found = json.loads(plas("contact", "find", "Siân", "--json")[1])
    assert [one["name"] or one["given"] for one in found] and "postgres" in Path("perthyn.toml").read_text(
        encoding="utf-8"
    )
    code, _, err = plas("--at", ".", "backup", "../from-server.age")
    assert code == 0, err
    assert plas("restore", "../from-server.age", "--to", "sqlite:///back.sqlite", "--yes")[0] == 0
    assert names("sqlite:///back.sqlite") == ["Dafydd Owen", "Siân Llŷr"]
