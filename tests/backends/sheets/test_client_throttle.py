"""The share of a minute's requests: over time, over processes, over accidents."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn_sheets.throttle import FAR, MINUTE, Throttle

LIMIT = 5


class Time:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        """Let it go on."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def throttle(tmp_path: Path, time: Time) -> Throttle:
    return Throttle(tmp_path / "quota.sqlite", {"reads": LIMIT, "writes": LIMIT}, time)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 40), min_size=1, max_size=60))
def test_no_minute_holds_more_than_the_limit_wherever_it_begins(pauses: list[float]) -> None:
    time = Time()
    sent: list[float] = []
    with TemporaryDirectory() as folder:
        throttle = Throttle(Path(folder) / "quota.sqlite", {"reads": LIMIT}, time)
        for pause in pauses:
            time.pass_(pause)
            time.pass_(throttle.take("reads", FAR))
            sent.append(time.now.timestamp())
    for first, last in zip(sent, sent[LIMIT:], strict=False):
        assert last - first >= MINUTE - 1e-3


def test_a_pause_is_no_longer_than_it_must_be(throttle: Throttle, time: Time) -> None:
    for _ in range(LIMIT):
        assert throttle.take("writes", 0) == 0
        time.pass_(1)
    assert throttle.take("writes", 100) == pytest.approx(MINUTE - LIMIT)


def test_reads_and_writes_are_counted_apart(throttle: Throttle) -> None:
    for _ in range(LIMIT):
        throttle.take("writes", 0)
    assert throttle.take("reads", 0) == 0
    assert (throttle.used("reads"), throttle.used("writes")) == (1, LIMIT)


def test_who_asks_first_goes_first(throttle: Throttle) -> None:
    pauses = [throttle.take("reads", FAR) for _ in range(3 * LIMIT)]
    assert pauses == sorted(pauses)
    assert pauses == pytest.approx([0.0] * LIMIT + [MINUTE] * LIMIT + [2 * MINUTE] * LIMIT)


def test_who_will_not_wait_so_long_takes_no_place(throttle: Throttle, time: Time) -> None:
    for _ in range(LIMIT):
        throttle.take("reads", 0)
    assert throttle.take("reads", 10) == pytest.approx(MINUTE)
    time.pass_(MINUTE)
    assert [throttle.take("reads", 0) for _ in range(LIMIT)] == [0] * LIMIT


def test_when_google_refuses_nobody_goes_before_the_time(throttle: Throttle, time: Time) -> None:
    throttle.shut("reads", 30)
    assert throttle.take("reads", 100) == pytest.approx(30)
    assert throttle.take("writes", 0) == 0
    time.pass_(31)
    assert throttle.take("reads", 0) == 0
    assert throttle.used("reads") == 2


def test_a_clock_that_was_wrong_locks_nobody_out(throttle: Throttle, time: Time) -> None:
    time.pass_(10 * 365 * 24 * 3600)
    for _ in range(LIMIT):
        throttle.take("reads", 0)
    time.now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert throttle.take("reads", 0) == 0


def test_a_damaged_file_is_begun_anew(throttle: Throttle, tmp_path: Path) -> None:
    (tmp_path / "quota.sqlite").write_bytes(b"what a disk left behind" * 100)
    assert throttle.take("reads", 0) == 0
    assert throttle.used("reads") == 1


def test_a_file_that_cant_be_used_is_named(tmp_path: Path, time: Time) -> None:
    (tmp_path / "quota.sqlite").mkdir()
    with pytest.raises(PerthynError) as caught:
        Throttle(tmp_path / "quota.sqlite", {"reads": 1}, time).take("reads", 0)
    assert caught.value.code == "sheets.quota.file"
    assert caught.value.facts["file"] == str(tmp_path / "quota.sqlite")


PROCESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from perthyn_sheets.throttle import Throttle
throttle = Throttle(Path(sys.argv[1]), {"reads": 10}, lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))
for _ in range(20):
    print(round(throttle.take("reads", 600)), flush=True)
"""


def test_processes_share_the_minute(tmp_path: Path) -> None:
    """Three processes at once, at a time that stands still: each minute ahead holds ten places, no more, no fewer."""
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "quota.sqlite")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [one.communicate(timeout=60)[0].split() for one in running]
    assert [one.returncode for one in running] == [0, 0, 0]
    assert Counter(int(pause) for one in told for pause in one) == {60 * minute: 10 for minute in range(6)}


def test_a_process_that_dies_leaves_a_place_that_passes(throttle: Throttle, time: Time, tmp_path: Path) -> None:
    dying = "import os, sys; sys.stdout.flush(); os._exit(9)"
    program = PROCESS.replace("range(20)", "range(10)") + dying
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "quota.sqlite")], stdout=subprocess.PIPE)
    assert done.returncode == 9
    assert throttle.used("reads") == 10
    assert throttle.take("reads", 600) > 0
    time.pass_(MINUTE + 1)
    assert throttle.take("reads", 0) == 0
