"""What became of an import, in counts that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perthyn.changes import Receipt
from perthyn.importing.matching import Changed
from perthyn.importing.plans import Understanding
from perthyn.model import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one table. Each of its `rows` (blank lines left out) is stored, unchanged, refused or set aside.

    `consents`: answers about being contacted that are newly heard, by decision. `changed`: fields of what was known
    before, the first 500 of `changed_fields`. `problems`: the first 1,000 of those that `problem_counts` counts by
    code. `noted`: cells that were mended or guessed, by code. `asides`: rows left out by rule, by code. `receipt`:
    None after a dry run, and where there was nothing to store. `seconds`: by stage.
    """

    file: str
    source: str
    understanding: Understanding
    rows: int
    stored: int
    unchanged: int
    refused: int
    aside: int
    people_new: int
    people_known: int
    interactions_new: int
    takings_new: int
    changed_fields: int
    changed: Sequence[Changed]
    suggestions: int
    contradictions: int
    consents: Mapping[str, int]
    problems: Sequence[Problem]
    problem_counts: Mapping[str, int]
    noted: Mapping[str, int]
    asides: Mapping[str, int]
    seconds: Mapping[str, float]
    receipt: Receipt | None = None
    refused_file: Path | None = None
