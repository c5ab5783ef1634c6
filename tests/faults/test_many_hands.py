"""Several processes on one store: nothing acknowledged is lost or doubled, no error is shown, a conflict is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import Outcome, appending, editing_apart, writing

pytestmark = pytest.mark.slow

HANDS = 4
"""`tests/bench/many_hands.py` has twice as many, and a thousand writes each."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{(tmp_path / 'a.db').as_posix()}"


def settled(outcome: Outcome, times: int) -> None:
    assert (outcome.lost, outcome.doubled, outcome.uninvited, outcome.errors) == ([], [], [], {})
    assert outcome.kept == HANDS * times


def test_what_many_write_at_once_is_all_there_once(url: str) -> None:
    outcome = writing(url, HANDS, 15)
    settled(outcome, 15)
    assert outcome.conflicts == 0


def test_of_many_who_edit_one_field_each_is_kept_or_told_both_values(url: str) -> None:
    outcome = appending(url, HANDS, 10, records=2)
    settled(outcome, 10)
    assert outcome.conflicts > 0, "nobody met anybody, so nothing was tried"
    assert outcome.unnamed == 0


def test_edits_of_different_fields_do_not_conflict(url: str) -> None:
    outcome = editing_apart(url, HANDS, 10, records=2)
    settled(outcome, 10)
    assert outcome.conflicts == 0
