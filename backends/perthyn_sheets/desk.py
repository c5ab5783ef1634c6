"""The desk: a second spreadsheet for volunteers, with a few fields of the people in it and an inbox for new ones.

What it shows is a closed list. The rows of its inbox have ids of their own and are imported like a file's: a row that
is read again changes nothing, one that somebody edited revises what it became, and every import can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.importing.maps import MapColumn, MapFile
from perthyn.importing.serials import Cell
from perthyn.importing.tables import Table
from perthyn.importing.understanding import understand
from perthyn.model import Address, Contact, Email, Phone, Problem, declared
from perthyn.text import Translator, fold, nearest, phrase
from perthyn_sheets.api import Api
from perthyn_sheets.book import Book
from perthyn_sheets.cells import Raw
from perthyn_sheets.columns import Column, ColumnKind, Tab
from perthyn_sheets.made_tabs import filled, tab_marked
from perthyn_sheets.making import make_tab
from perthyn_sheets.sheet import quoted
from perthyn_sheets.store import SheetsStore
from perthyn_sheets.tabs_import import cells_of

SETTING = "sheets.desk"
FIELDS = ("name", "phones", "emails", "language", "addresses.town", "addresses.postcode")
"""All that a desk may show: no gift, no note, no role, nothing that a right of its own guards."""
USUAL = ("name", "phones", "language")
RIGHT = "contact.read"
PARTS: Mapping[str, type[BaseModel]] = {"phones": Phone, "emails": Email, "addresses": Address}
PEOPLE, INBOX = "desk:people", "desk:inbox"
SOURCE = "desk"
"""The account that people and visits from the inbox come from."""

ROOM = 50
"""So many empty rows at least are below what was typed into the inbox."""

STATE, WHY, ID = "state", "why", "id"
ASKED: Mapping[str, tuple[str, str, ColumnKind]] = {
    "name": (phrase("Name"), "name", "text"),
    "phone": (phrase("Phone"), "phone", "text"),
    "email": (phrase("Email"), "email", "text"),
    "language": (phrase("Language"), "language", "text"),
    "day": (phrase("Visited on"), "date", "date"),
    "size": (phrase("How many came"), "party_size", "number"),
}
"""The columns of the inbox that people fill: header, what the importer makes of it, what it holds."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The spreadsheet's id, and the fields of contacts that it shows."""

    sheet: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """What came of the inbox: rows taken in just now, rows that are wrong."""

    taken_in: int = 0
    wrong: int = 0


def desk_of(crm: Crm) -> Desk | None:
    """The organisation's desk, if it has one."""
    said = crm.remembered(SETTING)
    return None if said is None else Desk(said["sheet"], tuple(said["fields"]))


def checked_fields(given: Sequence[str]) -> tuple[str, ...]:
    """The fields asked for, the name first. Raises `PerthynError` (``sheets.desk.field``) for one not to be shown."""
    for one in given:
        if one not in FIELDS or rights_of(one) != {RIGHT}:
            raise PerthynError("sheets.desk.field", field=one, suggestion=nearest(one, FIELDS), allowed=list(FIELDS))
    return tuple(dict.fromkeys(("name", *given)))


def rights_of(field: str) -> set[str]:
    """The rights that seeing a field asks for."""
    name, _, inner = field.partition(".")
    held = declared(PARTS.get(name, Contact))
    names = [inner] if inner else list(held) if name in PARTS else [name]
    return {held[one].right for one in names}


def serve(
    store: SheetsStore, crm: Crm, desk: Desk, api: Api, say: Callable[[str], Translator], t: Translator
) -> Served:
    """Take in what stands in the inbox, say beside each row what became of it, and renew the list of people.

    `api`: of the desk's spreadsheet. One or two calls when nothing has changed. Raises what `Api` raises.
    """
    book = Book(store.api, store.mirror, store.house, store.kept.read().manner)
    book.renew()
    kept = store.kept.folder / "desk.json"
    before = _kept(kept)
    version = api.version()
    served = Served()
    if version is None or version != before.get("version"):
        served = _inbox(store, crm, api, book.languages, say, t)
    rows = _people(crm, book, desk)
    digest = sha256(json.dumps([desk.sheet, desk.fields, rows], ensure_ascii=False).encode("utf-8")).hexdigest()
    if digest != before.get("people"):
        tab = _people_tab(book, desk, say)
        _, requests = filled(api, store.house, tab, rows, book.languages)
        api.write(requests)
    version = api.version() if served.taken_in or served.wrong or digest != before.get("people") else version
    kept.write_text(json.dumps({"version": version, "people": digest}), encoding="utf-8")
    return served


def _kept(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


# -- the people ---------------------------------------------------------------------------------------------------


def _people(crm: Crm, book: Book, desk: Desk) -> list[list[Raw]]:
    crm.check(RIGHT)
    people = (one for one in crm.store.scan(Contact) if not one.deceased)
    shown = ((fold(one.shown_name), book.shows.shown(one)) for one in people)
    return [[cells.get(key, "") for key in desk.fields] for _, cells in sorted(shown, key=lambda one: one[0])]


def _people_tab(book: Book, desk: Desk, say: Callable[[str], Translator]) -> Tab:
    columns = [column for key in desk.fields if (column := book.tabs["contact"].column(key)) is not None]
    plain = tuple(Column(one.key, one.headers, kind=one.kind, computed=True, width=one.width) for one in columns)
    return Tab(PEOPLE, _said(phrase("People"), book.languages, say), plain)


# -- the inbox ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """A row of the inbox: its number from 1, what people typed, its id, what was said beside it."""

    number: int
    cells: dict[str, Cell]
    id: str
    state: str
    why: str


def _inbox(
    store: SheetsStore, crm: Crm, api: Api, languages: tuple[str, ...], say: Callable[[str], Translator], t: Translator
) -> Served:
    found = tab_marked(api.tabs(), INBOX)
    if found is None:
        number = int.from_bytes(store.house.random(4)) & 0x3FFFFFFF
        made = make_tab(_inbox_tab(languages, say), languages, number, 0, say(languages[0])(phrase("Inbox")))
        api.write([*made, _more_rows(number)])
        return Served()
    number, rows = found.get("sheetId", 0), _rows(api, found["title"])
    named = _named(store, rows)
    requests = [_said_in(number, one.number, ID, [one.id]) for one in named]
    if rows and rows[-1].number + ROOM > found["gridProperties"]["rowCount"]:
        requests.append(_more_rows(number))
    if requests:
        api.write(requests)
    problems: dict[int, Problem] = {}
    taken = 0
    for about in ("people", "both"):
        chosen = [one for one in rows if (one.cells["day"] is not None) == (about == "both")]
        if chosen:
            taken += _taken(crm, chosen, about, problems, t)
    return _answered(api, number, _rows(api, found["title"]), rows, problems, taken, say(languages[0]))


def _more_rows(number: int) -> dict[str, Any]:
    return {"appendDimension": {"sheetId": number, "dimension": "ROWS", "length": 4 * ROOM}}


def _rows(api: Api, title: str) -> list[Row]:
    """The rows in which somebody typed something, wherever columns of theirs stand beyond ours."""
    (data,) = api.typed([quoted(title)])["sheets"][0]["data"]
    found = []
    for number, cells in cells_of(data):
        cells += [None] * (len(ASKED) + 3 - len(cells))
        typed = dict(zip(ASKED, cells, strict=False))
        state, why, id = ("" if one is None else str(one) for one in cells[len(ASKED) : len(ASKED) + 3])
        if number > 1 and any(cell is not None for cell in typed.values()):
            found.append(Row(number, typed, id, state, why))
    return found


def _named(store: SheetsStore, rows: Sequence[Row]) -> list[Row]:
    """The rows that have been given an id: those that had none, and copies of others."""
    known: set[str] = set()
    named = []
    for one in rows:
        if not one.id or one.id in known:
            one.id = store.house.random(8).hex()
            named.append(one)
        known.add(one.id)
    return named


def _taken(crm: Crm, rows: Sequence[Row], about: str, problems: dict[int, Problem], t: Translator) -> int:
    """Import some rows; how many were new or revised. What is wrong is added to `problems`, by row."""
    names = {key: meaning for key, (_, meaning, _) in ASKED.items() if about == "both" or key not in ("day", "size")}
    becomes = {ID: "person_id" if about == "people" else "row_id", **names}
    width = list(becomes)

    def source() -> Iterator[tuple[int, list[Cell]]]:
        yield 1, list(width)
        for one in rows:
            yield one.number, [one.id if key == ID else one.cells[key] for key in width]

    columns = {key: MapColumn(meaning, "dmy" if meaning == "date" else "") for key, meaning in becomes.items()}
    map = MapFile(columns, SOURCE, about, defaults={"kind": "visit"} if about == "both" else {})
    table = Table(Path("Inbox"), "", "Google Sheets", source)
    understood = understand(table, map=map, today=crm.today(), zone=crm.settings.zone)
    outcome = crm.import_table(understood, say=lambda error: " ".join(t.error(error)))
    for problem in outcome.problems:
        if problem.row is not None:
            problems.setdefault(problem.row, problem)
    return outcome.stored


def _answered(
    api: Api,
    number: int,
    now: Sequence[Row],
    rows: Sequence[Row],
    problems: Mapping[int, Problem],
    taken: int,
    t: Translator,
) -> Served:
    """Say beside each row, where it stands now, what became of it."""
    verdicts = {one.id: _verdict(problems.get(one.number), t) for one in rows}
    requests = []
    for one in now:
        verdict = verdicts.get(one.id)
        if verdict is not None and verdict != (one.state, one.why):
            requests.append(_said_in(number, one.number, STATE, list(verdict)))
    if requests:
        api.write(requests)
    return Served(taken, sum(_refused(one) for one in problems.values()))


def _verdict(problem: Problem | None, t: Translator) -> tuple[str, str]:
    if problem is None:
        return t("done"), ""
    facts = {name: fact for name, fact in json.loads(problem.facts or "{}").items() if name != "self"}
    why = " ".join(filter(None, t.error(PerthynError(problem.code, **facts))))
    return (t("to correct") if _refused(problem) else t("done")), why


def _refused(problem: Problem) -> bool:
    """Whether a row was not taken in for this, rather than taken in with a remark."""
    return "wrong" in json.loads(problem.facts or "{}")


def _said_in(number: int, row: int, column: str, said: Sequence[str]) -> dict[str, Any]:
    place = [*ASKED, STATE, WHY, ID].index(column)
    cells = [{"userEnteredValue": {"stringValue": one}} if one else {} for one in said]
    start = {"sheetId": number, "rowIndex": row - 1, "columnIndex": place}
    return {"updateCells": {"start": start, "fields": "userEnteredValue", "rows": [{"values": cells}]}}


def _inbox_tab(languages: tuple[str, ...], say: Callable[[str], Translator]) -> Tab:
    note = _said(phrase("One row for each new person or visit. A visit has a day."), languages, say)
    asked = [Column(key, _said(head, languages, say), note if key == "name" else {}, kind)
             for key, (head, _, kind) in ASKED.items()]  # fmt: skip
    told = [
        Column(STATE, _said(phrase("State"), languages, say), computed=True),
        Column(WHY, _said(phrase("What is wrong"), languages, say), computed=True, width=360),
        Column(ID, dict.fromkeys(languages, ID), computed=True, hidden=True),
    ]
    return Tab(INBOX, _said(phrase("Inbox"), languages, say), (*asked, *told))


def _said(words: str, languages: tuple[str, ...], say: Callable[[str], Translator]) -> dict[str, str]:
    return {language: say(language)(words) for language in languages}
