"""Dates, times and instants as people and machines write them, in Welsh and English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from perthyn.importing.month_names import month_in, weekday_in
from perthyn.importing.values import Cell, Memo, Noted, Parsed, Unreadable, as_text

Lean = Literal["past", "coming", "near"]
"""Which year a date without one is taken in."""

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s,]+(?P<rest>\d.*))?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SLASHED = re.compile(r"(\d{1,2})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(\d{4}|\d{2})(?:[T\s,]+(?P<rest>\d.*))?")
_SHORT = re.compile(r"(\d{1,2})[/.-](\d{1,2})")
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2}))?(?:[:.](\d{2}))?(?:[.,](\d{1,6})\d*)?\s*(?P<half>[ap]\.?m\.?|yb|yh)?\s*"
    r"(?P<zone>Z|UTC|GMT|BST|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[T,\s]+\Z")
_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True)
class DateStyle:
    """How a column's dates are read: `order` "dmy", "mdy", "ymd" or "serial"."""

    order: str
    today: date
    zone: str = "Europe/London"
    lean: Lean = "past"

    def day(self, cell: Cell) -> date | Noted:
        """One cell's day; raises Unreadable ``import.date.*``."""
        if isinstance(cell, datetime):
            return self._local(cell).date()
        if isinstance(cell, date):
            return cell
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return self._number(cell)
        text = as_text(cell)
        if found := _ISO.fullmatch(text):
            if found["rest"]:
                return self.moment(text).date()
            return _day(int(found[1]), int(found[2]), int(found[3]), text)
        if found := _SLASHED.fullmatch(text):
            return self._slashed(found, text)
        if text.isdecimal() and len(text) in (5, 8):
            return self._number(int(text))
        return self._worded(text)

    def _number(self, number: int | float) -> date:
        whole = int(number)
        if found := _COMPACT.fullmatch(str(whole)):
            return _day(int(found[1]), int(found[2]), int(found[3]), str(whole))
        if 366 <= whole <= 109_575:  # 1901 to 2199
            return _EPOCH + timedelta(days=whole)
        raise Unreadable("import.date.unreadable", value=as_text(number))

    def _slashed(self, found: re.Match[str], text: str) -> date:
        first, second, year = int(found[1]), int(found[2]), self._year(found[3])
        day, month = (second, first) if self.order == "mdy" else (first, second)
        if month > 12 >= day:
            raise Unreadable("import.date.other_order", value=text)
        return _day(year, month, day, text)

    def _year(self, written: str) -> int:
        """Two digits: the century that ends at most 20 years ahead of today."""
        year = int(written)
        if len(written) == 4:
            return year
        century = self.today.year // 100 * 100
        return century + year if century + year <= self.today.year + 20 else century - 100 + year

    def _worded(self, text: str) -> date | Noted:
        bare = re.split(r"\d{1,2}:\d{2}", text)[0]
        words = re.findall(r"[^\W\d_]+", bare)
        month, weekday = month_in(words), weekday_in(words)
        numbers = re.findall(r"\d+", bare)
        if found := _SHORT.search(bare):
            first, second = int(found[1]), int(found[2])
            day, month = (second, first) if self.order == "mdy" else (first, second)
            return self._guess_year(day, month, weekday, text)
        if not month or len(numbers) > 2:
            raise Unreadable("import.date.unreadable", value=text)
        if len(numbers) == 2:
            day, year = sorted(numbers, key=len) if len(numbers[0]) == 4 else numbers
            return _day(self._year(year), month, int(day), text)
        if numbers and (len(numbers[0]) == 4 or "'" in bare):
            return self._month_only(month, self._year(numbers[0]), text)
        if numbers:
            return self._guess_year(int(numbers[0]), month, weekday, text)
        years = (self.today.year - 1, self.today.year, self.today.year + 1)
        year = self._nearest({year: self._month_day(month, year) for year in years})
        return self._month_only(month, year, text)

    def _month_day(self, month: int, year: int) -> date:
        """A month stands for its last day where something ends (`coming`), else for its first."""
        if self.lean != "coming":
            return date(year, month, 1)
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)

    def _month_only(self, month: int, year: int, text: str) -> Noted:
        _day(year, month, 1, text)
        taken = self._month_day(month, year)
        return Noted(taken, "import.date.month_only", value=text, taken=taken)

    def _guess_year(self, day: int, month: int, weekday: int | None, text: str) -> Noted:
        found: dict[int, date] = {}
        for year in range(self.today.year - 1, self.today.year + 2):
            try:
                found[year] = _day(year, month, day, text)
            except Unreadable:
                continue
        if not found:
            _day(self.today.year, month, day, text)
        agreeing = {year: taken for year, taken in found.items() if taken.weekday() == weekday}
        year = self._nearest(agreeing or found)
        return Noted(found[year], "import.date.year_guessed", value=text, taken=found[year])

    def _nearest(self, found: dict[int, date]) -> int:
        fitting = {
            year: day
            for year, day in found.items()
            if self.lean == "near" or (day >= self.today) == (self.lean == "coming")
        }
        chosen = fitting or found
        return min(chosen, key=lambda year: abs((chosen[year] - self.today).days))

    def moment(self, cell: Cell) -> datetime:
        """One cell's local date and time in `zone` (naive); a bare day is its midnight."""
        if isinstance(cell, datetime):
            return self._local(cell)
        if isinstance(cell, float):
            return datetime.combine(self._number(cell), time(0)) + timedelta(seconds=round(cell % 1 * 86_400))
        text = as_text(cell)
        found = _ISO.fullmatch(text) or _SLASHED.fullmatch(text)
        if found and found["rest"]:
            clock = read_clock(found["rest"], text)
            day = self.day(_BETWEEN.sub("", text[: found.start("rest")]))
            assert isinstance(day, date)
            return self._local(datetime.combine(day, clock))
        day = self.day(cell)
        return datetime.combine(day.value if isinstance(day, Noted) else day, time(0))  # type: ignore[arg-type]

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            return moment
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


def _day(year: int, month: int, day: int, text: str) -> date:
    if not 1800 <= year <= 2199:
        raise Unreadable("import.date.far", value=text)
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise Unreadable("import.date.impossible", value=text) from None


def read_clock(text: str, whole: str) -> time:
    """``14:22``, ``2.22 pm``, ``14:22:05Z``; raises Unreadable ``import.time.unreadable``."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None or (found[2] is None and found["half"] is None):
        raise Unreadable("import.time.unreadable", value=whole)
    hour, half = int(found[1]), (found["half"] or "").replace(".", "").casefold()
    if half in ("pm", "yh") and hour < 12:
        hour += 12
    if half in ("am", "yb") and hour == 12:
        hour = 0
    micro = int((found[4] or "0").ljust(6, "0"))
    try:
        return time(hour, int(found[2] or 0), int(found[3] or 0), micro, _offset(found["zone"]))
    except ValueError:
        raise Unreadable("import.time.unreadable", value=whole) from None


def _offset(zone: str | None) -> tzinfo | None:
    """Raises `ValueError` for one that no clock has."""
    if not zone:
        return None
    if zone.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if zone.upper() == "BST":
        return datetime.strptime("+0100", "%z").tzinfo
    return datetime.strptime(zone.replace(":", ""), "%z").tzinfo


def instant_reader(style: DateStyle) -> Memo[datetime]:
    """Aware UTC instants in whole milliseconds; what names no zone was meant in `style.zone`."""
    zone = ZoneInfo(style.zone)

    def one(cell: Cell) -> datetime:
        moment = style.moment(cell).replace(tzinfo=zone).astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    return Memo(one)


def time_reader(style: DateStyle) -> Memo[time]:
    """Times of day; of a date with a time, its time; a bare date has none."""

    def one(cell: Cell) -> time | None:
        if isinstance(cell, time):
            return cell
        if isinstance(cell, float) and 0 <= cell < 1:
            return (datetime.min + timedelta(seconds=round(cell * 86_400))).time()
        text = as_text(cell)
        if isinstance(cell, str) and not has_day(text):
            return read_clock(text, text).replace(tzinfo=None)
        moment = style.moment(cell)
        return moment.time() if moment.time() != time(0) else None

    return Memo(one)


def has_day(text: str) -> bool:
    """True for a text that begins with a numeric date."""
    return bool(_ISO.fullmatch(text) or _SLASHED.fullmatch(text))


def has_clock(cell: Cell) -> bool:
    """True for a date that carries a time of day."""
    if isinstance(cell, datetime):
        return cell.time() != time(0)
    found = (_ISO.fullmatch(cell) or _SLASHED.fullmatch(cell)) if isinstance(cell, str) else None
    return bool(found and found["rest"])


class DateReader:
    """Days, in the order decided for the column.

    A cell that can only be read the other way round is wrong: ``import.date.other_order`` (a tablet was reset).
    So is an ambiguous one beside it, up to the next that is surely in the column's order, since nobody can
    tell which way it was meant: ``import.date.order_doubtful``.
    """

    def __init__(self, style: DateStyle) -> None:
        self._memo: Memo[date] = Memo(style.day)
        self._turned = False

    def read(self, cells: Sequence[Cell]) -> Parsed[date]:
        parsed = self._memo.read(cells)
        turned = {i for i, reason in parsed.wrong.items() if reason[0] == "import.date.other_order"}
        if turned or self._turned:
            self._doubt(cells, parsed, turned)
        return parsed

    def _doubt(self, cells: Sequence[Cell], parsed: Parsed[date], turned: set[int]) -> None:
        waiting: list[int] = []
        for index, cell in enumerate(cells):
            parts = numeric_parts(cell)
            if parts is None or parts[0] == parts[1]:
                continue
            if max(parts) <= 12:
                waiting.append(index)
                continue
            beside = self._turned or index in turned
            self._turned = index in turned
            for doubtful in waiting if beside else ():
                self._refuse(cells, parsed, doubtful)
            waiting.clear()
        for doubtful in waiting if self._turned else ():
            self._refuse(cells, parsed, doubtful)

    def _refuse(self, cells: Sequence[Cell], parsed: Parsed[date], index: int) -> None:
        parsed.values[index] = None
        parsed.wrong[index] = ("import.date.order_doubtful", {"value": as_text(cells[index])})


def numeric_parts(cell: Cell) -> tuple[int, int] | None:
    """The two leading numbers of ``4/13/2026``; None for any other cell."""
    found = _SLASHED.fullmatch(cell) if isinstance(cell, str) else None
    return (int(found[1]), int(found[2])) if found else None
