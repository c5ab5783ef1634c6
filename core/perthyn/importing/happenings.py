"""Cells to interactions and takings, column by column: no record is made for a row on this path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from json.encoder import encode_basestring
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from perthyn.importing.chunk import Chunk
from perthyn.importing.identity import WHY
from perthyn.importing.people import PERSON
from perthyn.importing.problems import printable
from perthyn.model import to_wire

T = TypeVar("T")
Columns = dict[str, list[Any]]

ATTENDED = frozenset(("visit", "no_show", "shift"))
"""Kinds whose day is the day of the event, however long before it was booked."""
_SAME = ("quantity", "party_size", "order", "subject", "text")
_WORDS = ("channel", "site", "event", "event_type", "campaign")
_TELLING = ("amount", "kind", "order", "row_id", *_SAME, *_WORDS)
_BESIDE = ("fee", "status", "gift_aid", "zone")
"""Meanings without a field of their own: they are kept beside the record."""


def pick(column: Sequence[T], places: Sequence[int] | None) -> list[T]:
    """Some of a column's values, or all."""
    return list(column) if places is None else [column[place] for place in places]


class Happenings:
    """Reads the happenings of one file. `zone`: the organisation's; `currency`: of amounts that name none."""

    def __init__(self, defaults: Mapping[str, str], zone: ZoneInfo, currency: str) -> None:
        self._defaults = defaults
        self._days = LocalDays(zone)
        self._currency = defaults.get("currency") or currency

    def days(self, chunk: Chunk) -> list[date | None]:
        """The day of each row: when it happened, or was booked; None where the row names none."""
        said, event = chunk.values("date"), chunk.values("event_date")
        if "event_date" not in chunk.cells:
            return said
        attended = [kind in ATTENDED for kind in self._kinds(chunk)]
        return [(e or d) if at else (d or e) for d, e, at in zip(said, event, attended, strict=True)]

    def tells(self, chunk: Chunk) -> set[int]:
        """The places of rows that say something happened, whether or not they say when."""
        columns = [parsed.values for name in _TELLING for parsed in chunk.cells.get(name, ())]
        return {place for column in columns for place, value in enumerate(column) if value is not None}

    def _kinds(self, chunk: Chunk) -> list[str]:
        usual = self._defaults.get("kind", "note")
        return [kind or usual for kind in chunk.values("kind")]

    def columns(self, chunk: Chunk, days: list[date | None], places: Sequence[int] | None) -> tuple[Columns, Columns]:
        """(columns to be checked, columns in wire form) of some rows, all of which have a day."""
        said: Columns = {"kind": pick(self._kinds(chunk), places)}
        for name in (*_SAME, *_WORDS):
            if name in chunk.cells:
                said[name] = pick(chunk.values(name), places)
            elif name in _WORDS and name in self._defaults:
                said[name] = [self._defaults[name]] * len(said["kind"])
        if "amount" in chunk.cells:
            said["amount"] = pick(chunk.values("amount"), places)
            currencies = pick(chunk.values("currency"), places)
            usual = self._currency
            pairs = zip(said["amount"], currencies, strict=True)
            said["currency"] = [None if amount is None else named or usual for amount, named in pairs]
        made: Columns = {}
        chosen = pick(days, places)
        if "time" in chunk.cells:
            made["at"], made["day"] = self._times(chunk, chosen, places)
        else:
            made["day"] = self._days.ordinals(chosen)
        if "event_date" in chunk.cells and "date" in chunk.cells:
            booked, event = pick(chunk.values("date"), places), pick(chunk.values("event_date"), places)
            made["lead_days"] = [
                (after - before).days if before and after and after >= before else None
                for before, after in zip(booked, event, strict=True)
            ]
        if "changed_at" in chunk.cells:
            made["source_version"] = [to_wire("instant", one) for one in pick(chunk.values("changed_at"), places)]
        return said, made

    def _times(
        self, chunk: Chunk, days: list[date | None], places: Sequence[int] | None
    ) -> tuple[list[int | None], list[int]]:
        times = pick(chunk.values("time"), places)
        zones = pick(chunk.values("zone"), places) if "zone" in chunk.cells else [None] * len(times)
        if any(zones):
            return self._days.instants_of_zones(days, times, zones)
        return self._days.instants(days, times), self._days.ordinals(days)

    def raw(self, chunk: Chunk, places: Sequence[int] | None, nobody: bool) -> list[str | None] | None:
        """What is kept beside each record as JSON; None where no column is. `nobody`: people's cells too."""
        kept = [header for header in chunk.headers.get("keep", ()) if header != WHY]
        for meaning in (*_BESIDE, *(PERSON if nobody else ())):
            if meaning in chunk.cells:
                kept += chunk.headers.get(meaning, ())
        columns = [_pieces(header, pick(chunk.texts[header], places)) for header in kept if header in chunk.texts]
        unread = self._unread(chunk, places, set(kept))
        if unread:
            columns.append(unread)
        if not columns:
            return None
        rows = [",".join(filter(None, row)) for row in zip(*columns, strict=True)]
        if not "".join(rows).isprintable():
            rows = [printable(row) for row in rows]
        return [f"{{{row}}}" if row else None for row in rows]

    def _unread(self, chunk: Chunk, places: Sequence[int] | None, kept: set[str]) -> list[str]:
        """The cells that could not be read, of rows that are stored all the same."""
        found: dict[int, list[str]] = {}
        for finding in chunk.noted:
            if finding.header not in kept and finding.value:
                piece = f"{encode_basestring(finding.header)}:{encode_basestring(finding.value)}"
                found.setdefault(finding.row, []).append(piece)
        return [",".join(found.get(row, ())) for row in pick(chunk.rows, places)] if found else []


def _pieces(header: str, cells: list[str]) -> list[str]:
    mark = encode_basestring(header) + ":"
    return [mark + encode_basestring(cell) if cell else "" for cell in cells]


class LocalDays:
    """Days and instants of a zone, each distinct day worked out once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._ordinals = _Ordinals()
        self._midnights: dict[date, tuple[int, bool]] = {}
        self._clocks: dict[time, int] = {}
        self._zones: dict[str, ZoneInfo] = {}

    def ordinals(self, days: Sequence[date | None]) -> list[int]:
        """Days as blocks carry them."""
        return list(map(self._ordinals.__getitem__, days))

    def instants(self, days: Sequence[date | None], times: Sequence[time | None]) -> list[int | None]:
        """Milliseconds since 1970 of local times; None where there is no time."""
        found: list[int | None] = []
        for day, clock in zip(days, times, strict=True):
            if clock is None or day is None:
                found.append(None)
                continue
            known = self._midnights.get(day)
            if known is None:
                known = self._midnights[day] = self._midnight(day)
            start, plain = known
            found.append(start + self._clock(clock) if plain else _instant(day, clock, self._zone))
        return found

    def instants_of_zones(
        self, days: Sequence[date | None], times: Sequence[time | None], zones: Sequence[str | None]
    ) -> tuple[list[int | None], list[int]]:
        """The same where rows name their zones; then also the day that it was here."""
        instants: list[int | None] = []
        ordinals: list[int] = []
        for day, clock, named in zip(days, times, zones, strict=True):
            instant = None
            if day is not None and clock is not None:
                instant = _instant(day, clock, self._named(named or ""))
                day = datetime.fromtimestamp(instant / 1000, UTC).astimezone(self._zone).date()
            instants.append(instant)
            ordinals.append(self._ordinals[day])
        return instants, ordinals

    def _midnight(self, day: date) -> tuple[int, bool]:
        """The instant of a day's beginning, and whether the day has one offset from end to end."""
        start = datetime.combine(day, time(), self._zone)
        end = datetime.combine(day + timedelta(days=1), time(), self._zone) if day < date.max else start
        return int(start.timestamp()) * 1000, start.utcoffset() == end.utcoffset()

    def _clock(self, clock: time) -> int:
        known = self._clocks.get(clock)
        if known is None:
            seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
            known = self._clocks[clock] = seconds * 1000 + clock.microsecond // 1000
        return known

    def _named(self, name: str) -> ZoneInfo:
        """The zone of an IANA name; the organisation's for any other word."""
        if name not in self._zones:
            try:
                self._zones[name] = ZoneInfo(name) if "/" in name or name == "UTC" else self._zone
            except (KeyError, ValueError, OSError):
                self._zones[name] = self._zone
        return self._zones[name]


class _Ordinals(dict[Any, int]):
    def __missing__(self, day: date | None) -> int:
        self[day] = number = day.toordinal() if day else 0
        return number


def _instant(day: date, clock: time, zone: ZoneInfo) -> int:
    milliseconds: int = to_wire("instant", datetime.combine(day, clock, zone))
    return milliseconds
