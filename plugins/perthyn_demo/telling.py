"""Working the answers out: from the cast, and from lines that no file holds yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from .lines import Line, Sheet, numbered
from .people import TODAY, Cast
from .policy import join, suggest, unseen
from .trading import ADMISSION, LOST
from .truths import Answer, Blocked, Contact, Counts, LostMonth, Truths


def tell(cast: Cast, sheets: Sequence[Sheet], seed: int) -> Truths:
    """Every expected answer."""
    rows = [(sheet, number, line) for sheet in sheets for number, line in numbered(sheet)]
    good = [(sheet, number, line) for sheet, number, line in rows if not line.unusable]
    contacts, mentions = join(good)
    suggestions = tuple(suggest(contacts, mentions))
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
        unseen=tuple(unseen(contacts, suggestions)),
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
                    found
                    for found in good
                    if found[0].source == "paypal" and found[2].mentions[:1] and one.key in found[2].mentions[0].people
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
        "quiet givers": ("gave at least 3 times in the last 24 months, no visit in the last 6 months", _quiet_giver),
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
    return any(line.subscribed for line in lines) and not any(line.says == "no" for line in lines)


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
