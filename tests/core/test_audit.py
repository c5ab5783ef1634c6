"""The audit trail: whoever writes, it is one chain; whatever is done to its files is found; it holds no names."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.audit import Audit, Broken, Entry, Head, head_of, verify
from perthyn.errors import PerthynError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLANTED = 1_000


def noted(file: Path, count: int = 30, start: int = 0) -> Audit:
    """A trail with so many lines."""
    audit = Audit(file)
    for number in range(start, start + count):
        audit.note(NOON, "gwen", "contact.seen", ids=[UUID(int=number)])
    audit.close()
    return audit


def test_what_is_noted_is_read_the_newest_first(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "trail")
    assert audit.newest(5) == [] and audit.head() == Head() and verify(audit.file) == []
    audit.note(NOON, "Siân", "contact.seen", ids=[UUID(int=1)])
    audit.note(NOON, "Siân", "contact.exported", count=0, purpose="marketing", of="csv")
    assert not audit.file.exists(), "it waits, so that nobody waits for it"
    first = Entry(1, NOON, "Siân", "contact.seen", (str(UUID(int=1)),))
    second = Entry(2, NOON, "Siân", "contact.exported", (), 0, "marketing", "csv")
    assert audit.newest(5) == [second, first]
    assert audit.newest(1) == [second] and audit.newest(5, before=2) == [first] and audit.newest(5, before=1) == []
    audit.note(NOON, "Siân", "signed_in", now=True)
    assert b"signed_in" in audit.file.read_bytes() and verify(audit.file) == []


def test_a_long_trail_is_read_from_its_end(tmp_path: Path) -> None:
    audit = noted(tmp_path / "trail", 2_000)
    assert [one.number for one in audit.newest(1_500)] == list(range(2_000, 500, -1))
    assert [one.number for one in audit.newest(3, before=4)] == [3, 2, 1]


def test_it_is_written_without_anybody_asking(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "trail")
    audit.note(NOON, "gwen", "contact.seen")
    timer = audit._timer
    assert timer is not None and timer.daemon and timer.interval <= 1
    timer.join()
    assert verify(audit.file) == [] and len(audit.file.read_bytes().splitlines()) == 1


def test_many_threads_write_one_chain(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "trail")

    def write(who: int) -> None:
        other = Audit(audit.file) if who % 2 else audit
        for number in range(50):
            other.note(NOON, f"{who}", "contact.seen", count=number, now=number % 10 == 0)
        other.close()

    threads = [threading.Thread(target=write, args=(who,)) for who in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = audit.newest(1_000)
    assert verify(audit.file) == [] and len(found) == 300
    for who in range(6):
        assert [one.count for one in reversed(found) if one.who == str(who)] == list(range(50)), "in their order"


def test_many_processes_write_one_chain(tmp_path: Path) -> None:
    file = tmp_path / "trail"
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path; from perthyn.audit import Audit\n"
        "audit = Audit(Path(sys.argv[1]))\n"
        "for number in range(60): audit.note(datetime.now(UTC), sys.argv[2], 'contact.seen', count=number, now=True)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(file), str(who)]) for who in range(4)]
    assert [one.wait(60) for one in running] == [0] * 4
    assert verify(file) == [] and len(Audit(file).newest(1_000)) == 240


# -- what is done to it ------------------------------------------------------------------------------------------


def edited(lines: list[bytes], random: Random) -> list[bytes]:
    at = random.randrange(len(lines))
    place = random.randrange(len(lines[at]))
    other = bytes([(lines[at][place] + random.randrange(1, 256)) % 256])
    return [*lines[:at], lines[at][:place] + other + lines[at][place + 1 :], *lines[at + 1 :]]


def deleted(lines: list[bytes], random: Random) -> list[bytes]:
    at = random.randrange(len(lines))
    return lines[:at] + lines[at + random.randint(1, len(lines) - at) :]


def cut(lines: list[bytes], random: Random) -> list[bytes]:
    return lines[: random.randrange(len(lines))]


def reordered(lines: list[bytes], random: Random) -> list[bytes]:
    one, other = sorted(random.sample(range(len(lines)), 2))
    swapped = list(lines)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    return swapped


def doubled(lines: list[bytes], random: Random) -> list[bytes]:
    at = random.randrange(len(lines))
    return [*lines[: at + 1], lines[at], *lines[at + 1 :]]


@pytest.mark.parametrize("plant", [edited, deleted, cut, reordered, doubled])
def test_each_of_a_thousand_planted_changes_is_found(plant: Callable[..., list[bytes]], tmp_path: Path) -> None:
    file = noted(tmp_path / "trail").file
    lines = file.read_bytes().splitlines()
    random, missed = Random(6), []
    for _ in range(PLANTED):
        changed = plant(lines, random)
        file.write_bytes(b"".join(line + b"\n" for line in changed))
        if not verify(file):
            missed.append(changed)
    assert missed == []
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    assert verify(file) == []


@given(data=st.data())
def test_what_was_planted_is_found_though_more_was_written_since(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plant = data.draw(st.sampled_from([edited, deleted, cut, reordered, doubled]))
    file = noted(tmp_path_factory.mktemp("trail") / "trail", 8).file
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"".join(line + b"\n" for line in plant(lines, Random(data.draw(st.integers(0, 10_000))))))
    noted(file, data.draw(st.integers(1, 12)), start=100)
    assert verify(file)


def test_a_file_that_is_gone_is_missed(tmp_path: Path) -> None:
    audit = noted(tmp_path / "trail")
    end = audit.head()
    text = audit.file.read_bytes()
    audit.file.unlink()
    assert verify(audit.file) == [Broken(1, "missing")]
    audit.file.write_bytes(text)
    head_of(audit.file).unlink()
    assert verify(audit.file) == [Broken(30, "head")]
    audit.file.unlink()
    assert verify(audit.file) == [] and verify(audit.file, [(end.lines, end.hash)]) == [Broken(30, "sealed")]


def test_what_is_written_anew_is_found_by_what_the_store_remembers(tmp_path: Path) -> None:
    end = noted(tmp_path / "trail").head()
    forged = noted(tmp_path / "forged", 40, start=1)
    assert verify(forged.file) == []
    assert verify(forged.file, [(end.lines, end.hash)]) == [Broken(30, "sealed")]
    whole = noted(tmp_path / "trail", 5)
    assert verify(whole.file, [(end.lines, end.hash)]) == []


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_whoever_is_stopped_between_the_lines_and_their_head_leaves_no_doubt(tmp_path: Path) -> None:
    file = noted(tmp_path / "trail", 5).file
    before = head_of(file).read_bytes()
    noted(file, 5, start=5)
    head_of(file).write_bytes(before)
    assert verify(file) == []
    noted(file, 5, start=10)
    assert verify(file) == [] and Audit(file).head().lines == 15


def test_a_torn_line_is_named_and_the_next_one_follows_it(tmp_path: Path) -> None:
    file = noted(tmp_path / "trail", 5).file
    with file.open("ab") as out:
        out.write(b'{"at":"2026')
    assert verify(file) == [Broken(6, "unreadable")]
    noted(file, 5, start=10)
    assert verify(file) == [Broken(6, "unreadable")]
    assert [one.number for one in Audit(file).newest(20)] == [11, 10, 9, 8, 7, 5, 4, 3, 2, 1]


def test_what_can_not_be_written_waits_and_is_said_where_it_must_be(tmp_path: Path) -> None:
    file = tmp_path / "trail"
    file.mkdir()
    audit = Audit(file)
    audit.note(NOON, "gwen", "contact.seen")
    with pytest.raises(PerthynError) as error:
        audit.note(NOON, "gwen", "contact.exported", now=True)
    assert error.value.code == "audit.unwritable" and error.value.facts["file"] == str(file)
    file.rmdir()
    audit.close()
    assert [one.what for one in audit.newest(5)] == ["contact.exported", "contact.seen"] and verify(file) == []


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = noted(tmp_path / "trail").file
    if sys.platform != "win32":
        modes: list[Any] = [one.stat().st_mode & 0o777 for one in (file, head_of(file))]
        assert modes == [0o600, 0o600]
