"""The tabs that belong in a sheet, made where they are missing; and how records are shown in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from perthyn.house import House
from perthyn.model import Contact, CustomField, Segment
from perthyn.rules import RuleSchema
from perthyn.store import Store
from perthyn.text import Translator
from perthyn_sheets.about import about_filled
from perthyn_sheets.api import Api
from perthyn_sheets.columns import TECHNICAL, piece_of
from perthyn_sheets.fences import unfenced
from perthyn_sheets.finding import LOCALE
from perthyn_sheets.kept import State
from perthyn_sheets.layout import ABOUT, HISTORY, JOURNAL, Tab, piece_column, tabs_for
from perthyn_sheets.making import add_columns, head_written, make_tab, marked_column, marked_tab
from perthyn_sheets.once import Once
from perthyn_sheets.sheet import BOOK_KEY, Sheet, Standing, read
from perthyn_sheets.shown import Shows

SPECIAL = {HISTORY.key: HISTORY, JOURNAL.key: JOURNAL, ABOUT.key: ABOUT}


class Manner(BaseModel):
    """How a sheet shows records, on whatever machine: written into it once. `sheet`: the id it was made as."""

    model_config = ConfigDict(frozen=True)

    sheet: str
    languages: tuple[str, ...]
    zone: str
    region: str
    currency: str


class Names:
    """The names of contacts, asked for some at a time and remembered while one sheet is looked at."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[UUID, str] = {}

    def __call__(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        wanted = [id for id in ids if id not in self._known]
        if wanted:
            self._known |= {id: one.shown_name for id, one in self._store.get(Contact, wanted).items()}
        return self._known

    def forget(self) -> None:
        """Ask anew from now on."""
        self._known.clear()


@dataclass
class Book:
    """One spreadsheet's tabs by key, and the way records are shown there.

    `said`: how the sheet is known to show them ("" where it was never read: as this machine would have it).
    `copied`: the id of the spreadsheet that this one is a copy of, once that was seen.
    """

    api: Api
    mirror: Store
    house: House
    said: str = ""
    tabs: dict[str, Tab] = field(init=False)
    shows: Shows = field(init=False)
    names: Names = field(init=False)
    manner: Manner = field(init=False)
    copied: str = field(init=False, default="")
    _heeded: tuple[Any, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        chosen = self.house.section("sheets").get("languages", ())
        self.manner = (
            Manner.model_validate_json(self.said)
            if self.said
            else Manner(
                sheet=self.api.sheet,
                languages=tuple(dict.fromkeys((self.house.language, *chosen))),
                zone=self.house.zone,
                region=self.house.region,
                currency=self.mirror.currency,
            )
        )
        self.use(self.mirror)

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of headers and lists; values are in the first."""
        return self.manner.languages

    def use(self, mirror: Store) -> None:
        """Go on with another mirror."""
        self.mirror = mirror
        self.names = Names(mirror)
        self._heeded = ()
        self.renew()

    def renew(self) -> None:
        """Heed the custom fields and segments that there are now."""
        custom, segments = tuple(self.mirror.scan(CustomField)), tuple(self.mirror.scan(Segment))
        today = self.house.clock().astimezone(ZoneInfo(self.manner.zone)).date()
        heeded = (custom, segments, today, self.manner)
        if heeded == self._heeded:
            return
        self._heeded = heeded
        schema = RuleSchema.build(
            self.mirror.types.values(),
            self.house.kinds,
            custom,
            self.house.measures,
            segments=segments,
            currency=self.manner.currency,
        )
        self.tabs = {**tabs_for(self.mirror.types, custom, self.house.kinds), **SPECIAL}
        self.shows = Shows(
            languages=self.languages,
            zone=self.manner.zone,
            region=self.manner.region,
            currency=self.manner.currency,
            kinds=self.house.kinds,
            custom=custom,
            names=self.names,
            schema=schema,
            t=Translator(self.languages[0], [LOCALE]),
            today=today,
        )

    def in_order(self, sheet: Sheet, once: Once) -> Sheet:
        """The sheet with every tab and column that belongs there: what is missing is made, and all is read anew.

        Raises what `Once.write` and `read` raise.
        """
        requests: list[dict[str, Any]] = []
        if sheet.of:
            self.manner = Manner.model_validate_json(sheet.of)
            if self.manner.sheet != self.api.sheet:
                self.copied = self.manner.sheet
                self.manner = self.manner.model_copy(update={"sheet": self.api.sheet})
                requests += [_unmarked_book(), _marked_book(self.manner)]
        else:
            requests.append(_marked_book(self.manner))
        self.names.forget()
        self.renew()
        requests += self._marked(sheet)
        lost = {key: self._lost(key, one) for key, one in sheet.standing.items()}
        lost = {key: columns for key, columns in lost.items() if columns}
        remade = sheet.missing(self.tabs)
        requests += self._tabs_made(remade, sheet)
        for key, columns in lost.items():
            requests += add_columns(
                self.tabs[key], columns, sheet.standing[key].sheet, _end(sheet.standing[key]), self.languages
            )
        if requests:
            state = once.place.read()
            anew = {key: tuple(one.key for one in columns) for key, columns in lost.items()}
            once.place.note(halfway=True, remade=(*state.remade, *remade), lost={**state.lost, **anew})
            once.write([*unfenced(), *requests])
            sheet = read(self.api, self.tabs)
        return _unfilled(sheet, once.place.read())

    def _marked(self, sheet: Sheet) -> list[dict[str, Any]]:
        """Marks for what was known by its headers only, and headers of ours that somebody wrote over or emptied."""
        requests: list[dict[str, Any]] = []
        for key, places in sheet.unmarked.items():
            one = sheet.standing[key]
            for place in places:
                requests.append(marked_tab(key, one.sheet) if place < 0 else
                                marked_column(key, one.columns[place], one.sheet, place))  # fmt: skip
        for key, one in sheet.standing.items():
            for place, name in enumerate(one.columns):
                said = one.headers[place] if place < len(one.headers) else ""
                column = piece_column(piece_of(name)) if piece_of(name) > 1 else self.tabs[key].column(name)
                ours = name in TECHNICAL and said != name
                if name and column is not None and (ours or not said):
                    requests.append(head_written(column, one.sheet, place, self.languages))
        return requests

    def _lost(self, key: str, standing: Standing) -> list[Any]:
        return [one for one in self.tabs[key].columns if one.key not in standing.columns]

    def _tabs_made(self, keys: Iterable[str], sheet: Sheet) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = []
        taken = sheet.titles
        for key in keys:
            number = free_number(sheet.numbers, self.house.random)
            sheet.numbers.add(number)
            tab = self.tabs[key]
            title = free_title(tab.title(self.languages), taken)
            taken.add(title)
            requests += make_tab(tab, self.languages, number, len(sheet.numbers) - 1, title)
            if key == ABOUT.key:
                requests += about_filled(number, self.translators)
        return requests

    @property
    def translators(self) -> list[Translator]:
        """One for each of the sheet's languages."""
        return [Translator(language, [LOCALE]) for language in self.languages]

    def another_form(self, key: str, standing: Standing, number: int) -> list[dict[str, Any]]:
        """Requests for one more column that holds a piece of long records."""
        return add_columns(
            self.tabs[key], [piece_column(number)], standing.sheet, len(standing.columns), self.languages
        )

    def header(self, tab: str, column: str) -> str:
        """What stands above a column."""
        found = self.tabs[tab].column(column)
        return found.header(self.languages) if found is not None else column


def _unfilled(sheet: Sheet, state: State) -> Sheet:
    """The sheet with what is known of tabs and columns that were made anew: they are empty by nobody's hand."""
    sheet.remade, sheet.heal, sheet.lost = {*state.remade}, {*state.lost}, dict(state.lost)
    for key, columns in state.lost.items():
        for line in sheet.lines.get(key, ()):
            line.unseen |= {*columns}
    return sheet


def _end(standing: Standing) -> int:
    """The place before our own columns, where new ones are put."""
    places = [place for place, key in enumerate(standing.columns) if key == "id"]
    return places[0] if places else len(standing.columns)


def free_number(taken: Iterable[int], random: Any) -> int:
    """A number for a new tab."""
    number = int.from_bytes(random(4)) & 0x7FFFFFFF
    return number if number and number not in taken else free_number(taken, random)


def free_title(title: str, taken: Iterable[str]) -> str:
    """The title for a new tab, with a number behind it where one has it."""
    used = {one.casefold() for one in taken}
    found, number = title, 1
    while found.casefold() in used:
        number += 1
        found = f"{title} {number}"
    return found


def _unmarked_book() -> dict[str, Any]:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataKey": BOOK_KEY}}}}


def _marked_book(manner: Manner) -> dict[str, Any]:
    metadata = {
        "metadataKey": BOOK_KEY,
        "metadataValue": manner.model_dump_json(),
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}
