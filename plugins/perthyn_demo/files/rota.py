"""The volunteers' rota: duties down, dates across, in two languages, saved in the Welsh code page."""

from __future__ import annotations

from datetime import date
from random import Random

from ..lines import Cell, Line, Mention, Sheet
from ..people import Cast, Shift

MONTHS = ("Ion", "Chwef", "Maw", "Ebr", "Mai", "Meh", "Gorff", "Awst", "Medi", "Hyd", "Tach", "Rhag")
FESTIVAL = (date(2026, 7, 11), date(2026, 7, 12))  # one merged cell a duty: the second day is left empty


def sheet(cast: Cast, random: Random) -> Sheet:
    days = sorted({shift.day for shift in cast.shifts})
    duties = list(dict.fromkeys(shift.duty for shift in cast.shifts))
    cells = {(shift.duty, shift.day): shift for shift in cast.shifts}
    lines = [
        Line(("ROTA GWIRFODDOLWYR 2026 - gwyrdd = wedi cadarnhau / green = confirmed",), "title"),
        Line(sort="blank", mess=("blank line",)),
        Line(("Dyletswydd", *(_heading(day) for day in days)), "header"),
    ]
    for duty in duties:
        lines.append(_line(duty, [cells[duty, day] for day in days]))
    mess = ("grid", "ISO-8859-14", "dates in two languages", "merged cells")
    return Sheet("rota.csv", "rota", tuple(lines), "iso8859-14", mess=mess)


def _heading(day: date) -> str:
    """Saturdays as the Welsh-speaking secretary writes them, Sundays as the other: "Sad 4 Ebr", "Sun 5/4"."""
    return f"Sad {day.day} {MONTHS[day.month - 1]}" if day.weekday() == 5 else f"Sun {day.day}/{day.month}"


def _line(duty: str, shifts: list[Shift]) -> Line:
    cells: list[Cell] = [duty]
    mentions: list[Mention] = []
    mess: list[str] = []
    for column, shift in enumerate(shifts, start=2):
        festival = shift.day in FESTIVAL
        written = ("ar gau (Gŵyl)" if shift.day == FESTIVAL[0] else "") if festival else shift.written
        cells.append(written)
        mess += [
            word for sign, word in (("/", "two in a cell"), ("(am)", "half a day"), ("?", "unknown")) if sign in written
        ]
        if not festival:
            mentions += [Mention((one.key,), name, source_id=name, column=column) for one, name in shift.people]
    return Line(tuple(cells), mentions=tuple(mentions), deepest=True, mess=tuple(dict.fromkeys(mess)))
