"""The expected answers, worked out from the cast and from lines not yet written: no file exists when this runs.

Two levels are told apart. *People* are the truth. *Contacts* are what an import that keeps to the policy below
makes of the rows, before anybody accepts a suggestion:

- the same contact iff the same id of the same source, or the same e-mail address and folded name, or the same
  phone number and folded name (case, accents, titles, punctuation and repeated spaces do not count);
- an address or a number alone never joins; a row with an address and no name is a contact of its own;
- same surname, same first name or initial, and same postcode suggest; so does an address or number shared by
  contacts whose names could be one person's (or one of which has no name).

The grid of the rota knows a volunteer by the short name alone; there it counts as the source's id.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from .lines import Line, Mention, Sheet, numbered
from .people import TODAY, Cast
from .trading import ADMISSION, LOST

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


def fold(text: str) -> str:
    """Case, accents, punctuation and repeated spaces away."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    letters = (sign for sign in bare if not unicodedata.combining(sign) and sign not in "'’.")
    return " ".join("".join(sign if sign.isalnum() else " " for sign in letters).split())


def tell(cast: Cast, sheets: Sequence[Sheet], seed: int) -> Truths:
    """Every expected answer."""
    rows = [(sheet, number, line) for sheet in sheets for number, line in numbered(sheet)]
    good = [(sheet, number, line) for sheet, number, line in rows if not line.unusable]
    contacts, mentions = _contacts(good)
    suggestions = tuple(_suggestions(contacts, mentions))
    named = {key for contact in contacts for key in contact.people}
    known = [one for one in cast.people if one.key in named]
    lines_of = _lines_of(contacts, good)
    member_rows = [line for sheet, _, line in good if sheet.source == "members" and line.mentions]
    member_keys = {key for line in member_rows for key in line.mentions[0].people}
    sums: dict[str, int] = defaultdict(int)
    for _, _, line in good:
        for mention in line.mentions[:1]:
            for key in mention.people:
                sums[key] += line.paid
    return Truths(
        as_of=TODAY,
        seed=seed,
        files={sheet.file: _counts(sheet) for sheet in sheets},
        people=sum(one.kind == "person" for one in known),
        organisations=sum(one.kind == "organisation" for one in known),
        households=len({one.home.key for one in known if one.kind == "person"}),
        member_households=len({one.home.key for one in known if one.key in member_keys}),
        members=len(member_keys),
        contacts=contacts,
        rows=_rows(rows),
        unusable=tuple((sheet.file, number, line.unusable) for sheet, number, line in rows if line.unusable),
        doubtful=tuple((sheet.file, number, line.doubtful) for sheet, number, line in rows if line.doubtful),
        listed_twice=tuple(_listed_twice(contacts, sheets)),
        same_lines=tuple(_same_lines(sheets)),
        suggestions=suggestions,
        unseen=tuple(_unseen(contacts, suggestions)),
        must_not_join=cast.apart,
        marked=_marked(cast),
        contradictions=tuple(
            (place, contacts[place].people[0])
            for place, lines in enumerate(lines_of)
            if {"yes", "no"} <= {line.says for line in lines}
        ),
        opt_outs=_opt_outs(good),
        donors=_donors(cast),
        negative_members={key: sums[key] for key in sorted(member_keys) if sums[key] < 0},
        gift_aid_blocked=tuple(_blocked(cast, good)),
        segments=_segments(contacts, lines_of, good),
        ticket_income=_ticket_income(cast),
        december=_december(cast, good),
        mess={sheet.file: _mess(sheet) for sheet in sheets},
    )


def _counts(sheet: Sheet) -> Counts:
    data = [line for line in sheet.lines if line.sort == "data"]
    usable = [line for line in data if not line.unusable]
    identified = sum(bool(line.mentions) for line in usable)
    tests = sum(line.test for line in usable)
    return Counts(len(data), identified, len(usable) - identified - tests, tests, len(data) - len(usable))


def _contacts(good: Sequence[tuple[Sheet, int, Line]]) -> tuple[tuple[Contact, ...], list[list[Mention]]]:
    """Rows joined by the policy, in the order of their first row; and what each contact is known by."""
    found: list[tuple[Place, Mention, str]] = [
        ((sheet.file, number, mention.column), mention, sheet.source)
        for sheet, number, line in good
        for mention in line.mentions
    ]
    parent = list(range(len(found)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    first_with: dict[tuple[str, ...], int] = {}
    for place, (_, mention, source) in enumerate(found):
        for key in _keys(mention, source):
            other = root(first_with.setdefault(key, place))
            mine = root(place)
            parent[max(other, mine)] = min(other, mine)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(found)):
        groups[root(place)].append(place)
    contacts = tuple(
        Contact(
            tuple(dict.fromkeys(key for place in group for key in found[place][1].people)),
            found[group[0]][1].kind,
            tuple(found[place][0] for place in group),
        )
        for group in groups.values()
    )
    return contacts, [[found[place][1] for place in group] for group in groups.values()]


def _keys(mention: Mention, source: str) -> Iterator[tuple[str, ...]]:
    name = fold(f"{mention.given} {mention.family}")
    if mention.source_id:
        yield "id", source, fold(mention.source_id)
    if mention.email and name:
        yield "email", mention.email.casefold(), name
    if mention.phone and name:
        yield "phone", mention.phone, name


def _suggestions(contacts: Sequence[Contact], mentions: Sequence[Sequence[Mention]]) -> Iterator[Suggestion]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, known in enumerate(mentions):
        if contacts[place].kind == "person":
            for why, value in dict.fromkeys(
                pair
                for one in known
                for pair in (("postcode", one.postcode), ("email", one.email.casefold()), ("phone", one.phone))
                if pair[1]
            ):
                groups[why, value].append(place)
    seen: set[tuple[int, int]] = set()
    for (why, _), places in groups.items():
        for first, second in combinations(places, 2):
            alike = any(_alike(one, other, why) for one in mentions[first] for other in mentions[second])
            if alike and (first, second) not in seen:
                seen.add((first, second))
                yield Suggestion(first, second, why, contacts[first].people == contacts[second].people)


def _alike(one: Mention, other: Mention, why: str) -> bool:
    """Whether two names could be one person's. No name fits any, but not by a postcode."""
    given, family = fold(one.given), fold(one.family)
    other_given, other_family = fold(other.given), fold(other.family)
    if not f"{given}{family}" or not f"{other_given}{other_family}":
        return why != "postcode"
    initial = given[:1] == other_given[:1] and 1 in (len(given), len(other_given))
    if family == other_family:
        return given == other_given or initial
    return why != "postcode" and given == other_given


def _unseen(contacts: Sequence[Contact], suggestions: Sequence[Suggestion]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Persons who stay several contacts even if every true suggestion is accepted."""
    parent = list(range(len(contacts)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    for one in suggestions:
        if one.same:
            low, high = sorted((root(one.first), root(one.second)))
            parent[high] = low
    of: dict[str, list[int]] = defaultdict(list)
    for place, contact in enumerate(contacts):
        if contact.kind == "person":
            of[contact.people[0]].append(place)
    for person, places in of.items():
        if len({root(place) for place in places}) > 1:
            yield person, tuple(places)


def _lines_of(contacts: Sequence[Contact], good: Sequence[tuple[Sheet, int, Line]]) -> list[list[Line]]:
    by_place = {(sheet.file, number): line for sheet, number, line in good}
    return [[by_place[file, row] for file, row, _ in contact.places] for contact in contacts]


def _rows(rows: Sequence[tuple[Sheet, int, Line]]) -> dict[str, dict[int, tuple[str, ...]]]:
    """file -> row -> person keys; unusable rows too: it is known whom they were about."""
    found: dict[str, dict[int, tuple[str, ...]]] = {sheet.file: {} for sheet, _, _ in rows}
    for sheet, number, line in rows:
        if line.mentions:
            found[sheet.file][number] = tuple(dict.fromkeys(key for one in line.mentions for key in one.people))
    return found


def _listed_twice(contacts: Sequence[Contact], sheets: Sequence[Sheet]) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    once = {sheet.file: sheet.source for sheet in sheets if sheet.source in ("mailchimp", "members")}
    for place, contact in enumerate(contacts):
        for source in ("mailchimp", "members"):
            rows = tuple(row for file, row, _ in contact.places if once.get(file) == source)
            if len(rows) > 1:
                yield place, source, rows


def _same_lines(sheets: Sequence[Sheet]) -> Iterator[tuple[str, int, int]]:
    for sheet in sheets:
        first: dict[tuple[object, ...], int] = {}
        for number, line in numbered(sheet):
            if "the same line again" in line.mess:
                yield sheet.file, number, first[line.cells]
            first.setdefault(line.cells, number)


def _marked(cast: Cast) -> dict[str, tuple[str, ...]]:
    marks: dict[str, list[str]] = defaultdict(list)
    for one in cast.people:
        for mark in sorted(one.marks):
            marks[mark].append(one.key)
    return {mark: tuple(marks[mark]) for mark in sorted(marks)}


def _opt_outs(good: Sequence[tuple[Sheet, int, Line]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for sheet, _, line in good:
        if line.says == "no":
            found[line.mentions[0].people[0]][sheet.file] = None
    return {key: tuple(files) for key, files in sorted(found.items())}


def _donors(cast: Cast) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for gift in cast.gifts:
        if gift.person is not None and gift.state == "completed" and not gift.spoilt:
            found[gift.person.key] += gift.pence
    return dict(sorted(found.items()))


def _blocked(cast: Cast, good: Sequence[tuple[Sheet, int, Line]]) -> Iterator[Blocked]:
    for one in cast.people:
        for mark in one.marks:
            if mark.startswith("gift-aid:"):
                sheet, row, line = next(
                    found for found in good if found[0].source == "paypal" and found[2].mentions[:1] and one.key in found[2].mentions[0].people
                )
                name = "".join({"ŵ": "w", "ŷ": "y", "Ŵ": "W", "Ŷ": "Y", "’": "'"}.get(sign, sign) for sign in one.name)
                yield Blocked(one.key, mark.partition(":")[2], (sheet.file, row, 0), line.paid, name)


def _segments(
    contacts: Sequence[Contact], lines_of: Sequence[Sequence[Line]], good: Sequence[tuple[Sheet, int, Line]]
) -> dict[str, Answer]:
    of: dict[str, list[Line]] = defaultdict(list)
    for _, _, line in good:
        for key in dict.fromkeys(key for one in line.mentions for key in one.people):
            of[key].append(line)
    questions = {
        "quiet givers": ("gave at least 3 times in the last 24 months, and no visit in the last 6 months", _quiet_giver),
        "stuck": (
            "one visit or purchase ever, more than 365 days ago; no membership, shift, or gift in 13 months;"
            " nothing heard in the last 180 days", _is_stuck,
        ),
        "readers who visited": ("subscribed in one file, no refusal in any, and at least one visit", _reader_who_came),
        "readers": ("subscribed in one file, no refusal in any", _reader),
        "lapsed patrons": ("a patron's membership that has ended", _lapsed_patron),
    }  # fmt: skip
    return {
        name: Answer(
            question,
            tuple(key for key in sorted(of) if rule(of[key])),
            tuple(place for place, lines in enumerate(lines_of) if rule(lines)),
        )
        for name, (question, rule) in questions.items()
    }


def _quiet_giver(lines: Sequence[Line]) -> bool:
    gifts = sum(line.gift is not None and date(2024, 11, 22) < line.gift[0] <= TODAY for line in lines)
    return gifts >= 3 and not any(line.visit is not None and date(2026, 5, 22) < line.visit <= TODAY for line in lines)


def _is_stuck(lines: Sequence[Line]) -> bool:
    days = {day for line in lines for day in (line.visit, line.bought) if day is not None}
    if len(days) != 1 or (TODAY - min(days)).days <= 365:
        return False
    given = any(line.gift is not None and line.gift[0] > date(2025, 10, 22) for line in lines)
    heard = max(line.seen for line in lines if line.seen is not None)
    return not given and not any(line.deepest for line in lines) and (TODAY - heard).days > 180


def _reader(lines: Sequence[Line]) -> bool:
    subscribed = any("OPTIN" or line for line in lines if line.says == "yes" and len(line.cells) == 12)
    return subscribed and not any(line.says == "no" for line in lines)


def _reader_who_came(lines: Sequence[Line]) -> bool:
    return _reader(lines) and any(line.visit is not None for line in lines)


def _lapsed_patron(lines: Sequence[Line]) -> bool:
    return any("Noddwr" in line.cells and not line.deepest for line in lines)


def _ticket_income(cast: Cast) -> dict[str, int]:
    once = list({id(one): one for one in cast.attendees}.values())
    orders = {one.order: one.order_pence for one in once}
    return {"true": sum(orders.values()), "line by line": sum(one.order_pence for one in cast.attendees)}


def _december(cast: Cast, good: Sequence[tuple[Sheet, int, Line]]) -> LostMonth:
    seen: dict[str, int] = defaultdict(int)
    for sheet, _, line in good:
        if sheet.source == "eventbrite" and line.visit and LOST[0] <= line.visit <= LOST[1]:
            seen[sheet.file] += 1
        if sheet.source == "visitor-book" and line.sort == "data" and str(line.cells[0]).endswith("/12/2025"):
            seen[sheet.file] += 1
    months: dict[str, int] = defaultdict(int)
    for sale in (*cast.sales, *cast.lost_sales):
        if sale.category == ADMISSION:
            months[f"{sale.at:%Y-%m}"] += sale.quantity
    return LostMonth(
        *LOST,
        lines=len(cast.lost_sales),
        visits=sum(sale.quantity for sale in cast.lost_sales if sale.category == ADMISSION),
        pence=sum(sale.quantity * sale.pence - sale.discount for sale in cast.lost_sales),
        seen=dict(seen),
        visits_by_month=dict(sorted(months.items())),
    )


def _mess(sheet: Sheet) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {mess: [0] for mess in sheet.mess}
    for number, line in numbered(sheet):
        for mess in line.mess:
            found.setdefault(mess, []).append(number)
    return {mess: tuple(places) for mess, places in found.items()}


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
