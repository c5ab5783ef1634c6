"""A Google Sheet that people go on editing by hand, through gspread: a mirror on this machine, and both in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.model import Record
from perthyn.store import Store
from perthyn_sheets.addresses import address_of, sheet_id
from perthyn_sheets.api import open_api
from perthyn_sheets.checks import what_is_well, what_to_hand_over
from perthyn_sheets.kept import Place
from perthyn_sheets.sheet import BOOK_KEY, book_mark
from perthyn_sheets.store import SheetsStore
from perthyn_sheets.tabs_import import tables_at

S = TypeVar("S")


@hookimpl
def answer_store(
    url: str,
    types: Sequence[type[Record]],
    create: bool,
    house: House | None,
    opens: Callable[[str, Sequence[type[Record]]], Store],
) -> SheetsStore | None:
    """The store at the address of a Google Sheet, as a browser shows it."""
    sheet = sheet_id(url)
    if sheet is None:
        return None
    if house is None:
        raise PerthynError("sheets.alone", address=address_of(sheet))
    return open_sheet(sheet, types, create, house, opens)


@hookimpl
def answer_address(url: str) -> str | None:
    """The short address of a Google Sheet, whichever tab the browser was at."""
    sheet = sheet_id(url)
    return None if sheet is None else address_of(sheet)


@hookimpl
def answer_tables(url: str, house: House | None) -> list[Any] | None:
    """The tabs of a Google Sheet that people made."""
    sheet = sheet_id(url)
    if sheet is None:
        return None
    if house is None:
        raise PerthynError("sheets.alone", address=address_of(sheet))
    place = Place(house.folder, sheet)
    with closing(open_api(sheet, house.section("sheets"), house.folder, place.quota, house.clock, house.random)) as api:
        return tables_at(api, url)


@hookimpl
def offer_cautions(url: str) -> list[tuple[str, dict[str, Any]]]:
    """Who sees what is in a Google Sheet."""
    sheet = sheet_id(url)
    return [] if sheet is None else [("sheets.seen_by_all", {"address": address_of(sheet)})]


@hookimpl
def offer_checks(store: Store) -> list[tuple[bool | None, str, dict[str, Any]]]:
    """What is well and what is not with the sheet that the records are in."""
    return _ours(store, what_is_well)


@hookimpl
def offer_handover(store: Store) -> list[dict[str, tuple[str, str]]]:
    """What somebody who takes over must know of the sheet that the records are in."""
    return _ours(store, what_to_hand_over)


def _ours(store: Store, say: Callable[[SheetsStore], list[S]]) -> list[S]:
    """What is said of a store in a sheet; nothing of any other."""
    return say(store) if isinstance(store, SheetsStore) else []


@hookimpl
def offer_locale() -> list[Path]:
    """The words of our errors."""
    return [Path(__file__).with_name("locale")]


def open_sheet(
    sheet: str,
    types: Sequence[type[Record]],
    create: bool,
    house: House,
    opens: Callable[[str, Sequence[type[Record]]], Store],
    look: bool = True,
) -> SheetsStore:
    """The store in a spreadsheet; with `create` its tabs are made where there are none.

    `look`: see at once what people did in it.

    Raises `PerthynError` ``sheets.*``; ``store.missing`` for a sheet that holds no records yet.
    """
    place = Place(house.folder, sheet)
    api = open_api(sheet, house.section("sheets"), house.folder, place.quota, house.clock, house.random)
    known = place.known
    if not known and not create and not book_mark(api.tabs(), BOOK_KEY):
        api.close()
        raise PerthynError("store.missing", path=address_of(sheet))
    store = SheetsStore(api, place, types, house, opens)
    if look:
        store.look()
    if not known and store.outcome.why is not None:
        store.close()
        place.forget()
        raise store.outcome.why
    return store
