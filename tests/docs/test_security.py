"""The page of what guards the records: each promise is there, and what is said to hold it is there too."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| S")]


def test_each_promise_stands_there_once_with_what_holds_it() -> None:
    assert [row[0] for row in ROWS] == [f"S{number}" for number in range(1, 26)]
    for row in ROWS:
        assert len(row) == 6 and row[3], row[0]
        assert row[5] or "`tests/" in row[3], f"{row[0]}: neither held by a test nor said to be left"


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", PAGE)
    assert len(named) > 40
    missing = sorted({one for one in named if not (ROOT / one).is_file()})
    assert not missing, missing
