"""Delivering: what is going out is sent, each answer is held against what was meant, and what was missed put right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from perthyn.contents import Fence
from perthyn.errors import PerthynError
from perthyn_sheets import sending
from perthyn_sheets.about import in_step_told
from perthyn_sheets.book import Book
from perthyn_sheets.causes import number_taken
from perthyn_sheets.columns import piece_key
from perthyn_sheets.fences import FENCE_MARKER, read_fence, unfenced
from perthyn_sheets.kept import State
from perthyn_sheets.layout import ABOUT
from perthyn_sheets.mending import Then, mended
from perthyn_sheets.once import Once
from perthyn_sheets.sending import Outgoing, Parcel
from perthyn_sheets.sheet import FENCE_KEY, Sheet, Standing, book_mark, grids


class Missed(Exception):
    """Rows or columns had been moved when a write arrived; what it did is put right."""


class Fenced(Exception):
    """A fence stands around the sheet."""

    def __init__(self, fence: Fence) -> None:
        super().__init__(fence)
        self.fence = fence


class Delivery:
    """Sends what is going out to one sheet. `sheet`: as it was read just before; None where nothing was read."""

    def __init__(self, once: Once, book: Book, sheet: Sheet | None) -> None:
        self._once, self._book, self._sheet = once, book, sheet

    def send(self, standing: Mapping[str, Standing], outgoing: Outgoing, trail: Outgoing) -> State:
        """Send it in as few writes as hold it, the history with the last; answers the state thereafter.

        Raises `Missed`, `Fenced`, `Already` and what `Api` raises.
        """
        longest = {key: sending.longest(rows) for key, rows in {**outgoing.new, **trail.new}.items()}
        for key, changes in outgoing.changed.items():
            longest[key] = max(longest.get(key, 1), sending.longest(one.cells for one in changes))
        standing = self._wide_enough(standing, longest)
        zone = self._book.manner.zone
        for parcel in sending.parcels(outgoing, self._book.tabs, standing, zone, trail):
            self._deliver(standing, parcel)
            standing = {key: one.model_copy(update={"rows": one.rows + parcel.rows.get(key, 0)})
                        for key, one in standing.items()}  # fmt: skip
        return self._once.place.note(standing=standing)

    def _wide_enough(self, standing: Mapping[str, Standing], longest: Mapping[str, int]) -> dict[str, Standing]:
        """Add columns for records longer than any before."""
        standing = dict(standing)
        requests: list[dict[str, Any]] = []
        for key, pieces in longest.items():
            while len(standing[key].forms) < pieces:
                one, number = standing[key], len(standing[key].forms) + 1
                name = piece_key(number)
                requests += self._book.another_form(key, one, number)
                standing[key] = one.model_copy(
                    update={"columns": (*one.columns, name), "headers": (*one.headers, name)}
                )
        if requests:
            self._once.write(requests)
        return standing

    def _deliver(self, standing: Mapping[str, Standing], parcel: Parcel) -> None:
        tabs = self._book.tabs
        try:
            answer = self._once.write(
                [*unfenced(), *parcel.requests, *self._in_step(standing)],
                ranges=sending.looked_at(parcel, tabs, standing),
                fields=sending.ANSWER,
            )
        except PerthynError as error:
            if number_taken(error) == FENCE_MARKER:
                self._once.place.note(flight=None)
                fence = read_fence(book_mark(self._once.api.book(), FENCE_KEY))
                if fence is not None:
                    raise Fenced(fence) from error
            raise
        wrong = sending.missed(parcel, tabs, standing, answer.book)
        if wrong:
            self._mend(standing, parcel, wrong)
            self._once.place.note(standing={})
            raise Missed

    def _in_step(self, standing: Mapping[str, Standing]) -> list[dict[str, Any]]:
        """What the tab about the sheet says of this very write."""
        about, once = standing.get(ABOUT.key), self._once
        column = about.at("says") if about is not None else None
        if about is None or column is None:
            return []
        now, machine, manner = once.house.clock(), once.place.read().machine, self._book.manner
        return in_step_told(about.sheet, column, self._book.translators, now, manner.zone, machine)

    def _mend(self, standing: Mapping[str, Standing], parcel: Parcel, wrong: Iterable[str]) -> None:
        """Take the write back where it fell beside its rows, and out of the history, so that it is sent once more."""
        missed = {*wrong}
        now = grids(self._once.api, self._book.tabs, {key: standing[key].sheet for key in parcel.tabs})
        requests = []
        for key in sorted(parcel.tabs & set(now)):
            grid = self._sheet.grids.get(key) if self._sheet is not None else None
            before = Then(standing[key], grid) if grid is not None else None
            if key in missed or self._book.tabs[key].type is None:
                requests += mended(parcel, key, key in missed, before, Then(*now[key]))
        if requests:
            self._once.write(requests)
