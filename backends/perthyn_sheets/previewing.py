"""Previewing: what people did in the sheet, compared as a sync would, with nothing taken in and nothing sent."""

from __future__ import annotations

from perthyn.changes import Change
from perthyn.errors import PerthynError
from perthyn.model.ids import Ids
from perthyn_sheets import finding, trail
from perthyn_sheets.book import Book
from perthyn_sheets.layout import HISTORY
from perthyn_sheets.merging import Merge
from perthyn_sheets.pending import pending_in
from perthyn_sheets.sheet import read
from perthyn_sheets.store import SheetsStore


def would_take_in(store: SheetsStore) -> list[Change]:
    """The changes that the next sync would take in. Two calls.

    Raises what reading raises, and `PerthynError` (``sheets.stopped.*``) where it would stop and ask.
    """
    state, house = store.kept.read(), store.house
    book = Book(store.api, store.mirror, house, state.manner)
    sheet = read(store.api, book.tabs)
    history = trail.read_history(sheet.lines.get(HISTORY.key, []))
    told = [one for one in history if store.mirror.header(one.header.id) is None]
    pending = pending_in(store.mirror, state.shared, state.known)
    erased = {*state.erased, *(mark for one in history for mark in one.erased)}
    ids, find = Ids(house.clock, house.random), finding.finder(store.mirror)
    found = Merge(
        store.mirror, sheet, book.tabs, book.shows, pending, told, state.vanished, erased, ids, find, house.clock(), ""
    ).merged()  # fmt: skip
    if found.stop is not None:
        code, facts = found.stop
        raise PerthynError(code, **facts)
    return found.changes
