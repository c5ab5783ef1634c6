"""A Google Sheet that people go on editing by hand, through gspread: a mirror on this machine, and both in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.model import Record
from perthyn.store import Store
from perthyn_sheets.addresses import address_of, sheet_id
from perthyn_sheets.api import open_api
from perthyn_sheets.kept import Place
from perthyn_sheets.store import SheetsStore


@hookimpl
def answer_store(
    url: str,
    types: Sequence[type[Record]],
    house: House | None,
    opens: Callable[[str, Sequence[type[Record]]], Store],
) -> SheetsStore | None:
    """The store at the address of a Google Sheet, as a browser shows it."""
    sheet = sheet_id(url)
    if sheet is None:
        return None
    if house is None:
        raise PerthynError("sheets.alone", address=address_of(sheet))
    return open_sheet(sheet, types, house, opens)


@hookimpl
def offer_locale() -> list[Path]:
    """The words of our errors."""
    return [Path(__file__).with_name("locale")]


def open_sheet(
    sheet: str,
    types: Sequence[type[Record]],
    house: House,
    opens: Callable[[str, Sequence[type[Record]]], Store],
) -> SheetsStore:
    """The store in a spreadsheet; its tabs are made where there are none. Raises `PerthynError` ``sheets.*``."""
    place = Place(house.folder, sheet)
    api = open_api(sheet, house.section("sheets"), house.folder, place.quota, house.clock, house.random)
    known = place.known
    store = SheetsStore(api, place, types, house, opens)
    store.look()
    if not known and store.outcome.why is not None:
        store.close()
        place.forget()
        raise store.outcome.why
    return store
