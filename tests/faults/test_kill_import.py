"""The real command killed at some moment of an import: all is stored or nothing, and a second run finishes it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perthyn.model import CORE_TYPES, Interaction
from perthyn_sql import open_store

ROWS = 4_000
COMMAND = "import sys; from perthyn.cli.main import main; main(sys.argv[1:])"


def command(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PERTHYN_AT": str(folder), "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def write(file: Path) -> None:
    lines = ["Reference,Date,First name,Surname,Email,Kind,Amount"]
    lines += [
        f"R{n},{n % 28 + 1:02}/05/2024,Siân,Jones {n % 997},s{n % 997}@example.org,donation,£{n % 50}.50"
        for n in range(ROWS)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def stored(folder: Path) -> int:
    """How many interactions are stored; the file must be whole."""
    file = folder / "perthyn.sqlite"
    if not file.exists():
        return 0
    store = open_store(f"sqlite:///{file.as_posix()}", CORE_TYPES)
    try:
        assert store.position() in (0, 1)
        return store.count_of(Interaction)
    finally:
        store.close()


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds that the undisturbed command takes."""
    folder = tmp_path_factory.mktemp("whole")
    write(folder / "rows.csv")
    start = time.monotonic()
    assert command(folder, "import", "rows.csv").wait() == 0
    assert stored(folder) == ROWS
    return time.monotonic() - start


@pytest.mark.parametrize("part", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
def test_a_killed_import_is_whole_or_nothing_and_a_second_run_finishes_it(
    part: float, whole_run: float, tmp_path: Path
) -> None:
    write(tmp_path / "rows.csv")
    running = command(tmp_path, "import", "rows.csv")
    time.sleep(whole_run * part * random.uniform(0.95, 1.05))
    running.kill()
    running.wait()
    assert stored(tmp_path) in (0, ROWS)
    assert command(tmp_path, "import", "rows.csv").wait() == 0
    assert stored(tmp_path) == ROWS
