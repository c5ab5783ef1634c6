"""Once: writes that reach a sheet exactly once, whoever is killed when and whatever becomes of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from perthyn.house import House
from perthyn_sheets.answers import Already, Answer
from perthyn_sheets.api import Api
from perthyn_sheets.kept import Marker, Place, State

MARKERS, MARKED = 64, timedelta(minutes=15)
"""So many markers of ours stay in the sheet, and all that are younger: a write may be late, but not by as much."""


@dataclass
class Once:
    """The marker of a write is on record (`State.flight`) before it is sent, until its answer was read.

    A write that finds one on record uses that: either the earlier one had reached the sheet, or it can't any more.
    """

    place: Place
    api: Api
    house: House
    _mine: Marker | None = field(init=False, default=None)

    def begin(self) -> State:
        """Have a marker on record: from now on nothing is sent before it is known what became of this."""
        state = self.place.read()
        if state.flight is not None:
            return state
        number = int.from_bytes(self.house.random(4)) & 0x7FFFFFFF or 1
        self._mine = Marker(number=number, text=self.house.random(12).hex(), at=self.house.clock())
        return self.place.keep(state.model_copy(update={"flight": self._mine}))

    def write(self, requests: Sequence[dict[str, Any]], **asked: Any) -> Answer:
        """Write with the marker on record; `asked` as `Api.write` has it.

        Raises what `Api.write` raises: `Already` where the write on record, this one or an earlier one, was applied
        and its answer lost.
        """
        state = self.begin()
        marker = state.flight
        assert marker is not None
        old = [one for one in state.markers if one.at < self.house.clock() - MARKED]
        old = old[: max(0, len(state.markers) - MARKERS)]
        try:
            answer = self.api.write(
                [*_without(old), *requests], marker=marker.number, marker_value=marker.text, **asked
            )
        except Already:
            self._landed(state, marker)
            raise
        self._landed(state, marker, old)
        return answer

    def settle(self) -> bool:
        """Have nothing on record: an earlier write has reached the sheet, or can't any more. Answers whether one was.

        Raises what `Api.write` raises but `Already`.
        """
        there = self.place.read().flight is not None
        if there:
            with suppress(Already):
                self.write([])
        return there

    def surely(self, requests: Sequence[dict[str, Any]]) -> None:
        """Write, whatever was on record before. Raises what `Api.write` raises but `Already`."""
        while True:
            marker = self.begin().flight
            try:
                self.write(requests)
                return
            except Already:
                if marker == self._mine:
                    return

    def seen(self, markers: Iterable[int]) -> None:
        """The sheet was read, and these were there."""
        state = self.place.read()
        if state.flight is not None and state.flight.number in set(markers):
            self._landed(state, state.flight)

    def _landed(self, state: State, marker: Marker, gone: Sequence[Marker] = ()) -> None:
        markers = tuple(one for one in (*state.markers, marker) if one not in gone)
        self.place.keep(state.model_copy(update={"flight": None, "markers": markers, "version": ""}))


def _without(markers: Iterable[Marker]) -> list[dict[str, Any]]:
    return [
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": one.number}}}}
        for one in markers
    ]
