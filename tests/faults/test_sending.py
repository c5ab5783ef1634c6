"""Whoever is killed when, nobody is mailed twice; and no claim comes after a withdrawal."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
import sending

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="senders are forked, which Windows can't")


@pytest.mark.parametrize(
    ("people", "kills", "least"),
    [(60, 10, 1), pytest.param(1000, 200, 100, marks=pytest.mark.whole)],
    ids=["some", "all"],
)
def test_nobody_is_mailed_twice_whoever_is_killed_when(tmp_path: Path, people: int, kills: int, least: int) -> None:
    trial = sending.Trial(tmp_path, people)
    trial.begin()
    dead = sending.killed_again_and_again(trial, kills, seed=people)
    lines = trial.lines()
    left = trial.left()
    assert [address for address, times in left.items() if times > 1] == [], "nobody twice"
    states = Counter(one.state for one in lines)
    assert set(states) <= {"sent", "unknown", "claimed"} and states["sent"] + states["unknown"] <= people
    lost = [one for one in lines if one.state in ("unknown", "claimed")]
    assert max(Counter(one.worker for one in lost).values(), default=0) <= 1, "at most one unknown for each sender"
    assert {one.address for one in lines if one.state == "sent"} <= set(left), "what is said to be sent has left"
    assert dead >= least and len(lost) <= dead  # a quick machine has sent all before so many were killed
    print(f"{dead} killed, {len(lost)} unknown, {sum(left.values())} of {people} left, 0 twice")


@pytest.mark.parametrize(
    ("people", "noes"), [(300, 60), pytest.param(10_000, 1_000, marks=pytest.mark.whole)], ids=["some", "all"]
)
def test_no_letter_is_claimed_after_its_reader_said_no(tmp_path: Path, people: int, noes: int) -> None:
    trial = sending.Trial(tmp_path, people)
    trial.begin()
    said = sending.raced_by_withdrawals(trial, noes, seed=people)
    claimed = sending.claims(trial)
    late = {address for address, number in said.items() if claimed.get(address, 0) > number}
    assert len(said) == noes and late == set()
    left = trial.left()
    assert set(left) == set(claimed) and max(left.values()) == 1
    held = [one for one in trial.lines() if one.state == "held"]
    assert {one.address for one in held} == set(said) - set(claimed)
    print(f"{len(said)} said no, {len(held)} of them before their letter, {len(left)} letters left, 0 late")
