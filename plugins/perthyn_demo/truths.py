"""The expected answers, as records. They are worked out (`telling`) before any file exists.

Two levels are told apart. *People* are the truth. *Contacts* are what an import that keeps to the policy
(`policy`) makes of the rows, before anybody accepts a suggestion.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

Place = tuple[str, int, int]  # file, row, column (0 but in a grid)


@dataclass(frozen=True)
class Counts:
    """Of one file: rows = identified + anonymous + tests + unusable (headers, titles, blanks, totals apart)."""

    rows: int
    identified: int
    anonymous: int
    tests: int
    unusable: int


@dataclass(frozen=True)
class Contact:
    """One contact an import should make: whom it is about, and the rows that make it."""

    people: tuple[str, ...]
    kind: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Suggestion:
    """Two contacts (by position in `contacts`) that may be one person; `same` is the truth of it."""

    first: int
    second: int
    why: str  # postcode | email | phone
    same: bool


@dataclass(frozen=True)
class Answer:
    """Who belongs to a segment: as people, and as contacts before any suggestion is accepted."""

    question: str
    people: tuple[str, ...]
    contacts: tuple[int, ...]


@dataclass(frozen=True)
class Blocked:
    """A gift that cannot go to HMRC as it stands. `name` is what the claim must say."""

    person: str
    reason: str
    place: Place
    pence: int
    name: str


@dataclass(frozen=True)
class LostMonth:
    """What December's lost till export held, and who was seen that month elsewhere."""

    first: date
    last: date
    lines: int
    visits: int
    pence: int
    seen: dict[str, int]
    visits_by_month: dict[str, int]


@dataclass(frozen=True)
class Truths:
    """Everything known about the demonstration. Written as `truths.json` beside the files."""

    as_of: date
    seed: int
    files: dict[str, Counts]
    people: int
    organisations: int
    households: int
    member_households: int
    members: int
    contacts: tuple[Contact, ...]
    rows: dict[str, dict[int, tuple[str, ...]]]
    unusable: tuple[tuple[str, int, str], ...]
    doubtful: tuple[tuple[str, int, str], ...]
    listed_twice: tuple[tuple[int, str, tuple[int, ...]], ...]  # contact, source, rows: exact duplicates
    same_lines: tuple[tuple[str, int, int], ...]  # file, row, the row it repeats
    suggestions: tuple[Suggestion, ...]
    unseen: tuple[tuple[str, tuple[int, ...]], ...]  # person, contacts that no suggestion connects
    must_not_join: tuple[tuple[str, str, str], ...]
    marked: dict[str, tuple[str, ...]]  # "d-jones", "deceased", "under-18" ... -> person keys
    contradictions: tuple[tuple[int, str], ...]  # contact, person
    opt_outs: dict[str, tuple[str, ...]]  # person -> files that say no
    donors: dict[str, int]  # person -> pence given, paid in full
    negative_members: dict[str, int]  # person -> pence, below nothing
    gift_aid_blocked: tuple[Blocked, ...]
    segments: dict[str, Answer]
    ticket_income: dict[str, int]  # "true" pence; "line by line": what a sum over attendee lines would say
    december: LostMonth
    mess: dict[str, dict[str, tuple[int, ...]]]  # file -> mess -> rows (0: the file as a whole)

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str)
        (folder / "truths.json").write_text(text + "\n", encoding="utf-8", newline="\n")
