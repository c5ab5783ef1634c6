"""A tab of a spreadsheet as a picture (SVG), drawn as a browser shows it from what the emulator of Google Sheets holds.

Letters above, numbers at the left, hidden columns left out, bold heads with the corner mark of their notes, the lists'
chips, the line of what is frozen, people's colours, and the tabs below. The ground is white, whatever the page's is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape, quoteattr

sys.path.insert(0, str(Path(__file__).parents[1]))

from sheets_emulator import formats, formulas
from sheets_emulator.cells import Cell
from sheets_emulator.sheet import WIDTH, Sheet

ROW, LINE, HEAD, GUTTER, STRIP = 26, 17, 22, 38, 36
"""Heights of a row, of a further line in it and of the letters above, width of the numbers at the left, height of the
tabs below; in pixels."""
NARROW, BROAD = 5.5, 7
"""Width of a letter, so that all that can be seen is written, and that a wrapped line stays within its cell."""
STYLE = """\
text { font: 13px Arial, "Liberation Sans", Helvetica, sans-serif; fill: #202124 }
.bold { font-weight: bold } .grey { fill: #5f6368; text-anchor: middle; font-size: 11px } .number { text-anchor: end }
.tab { text-anchor: middle }
.line { stroke: #e1e3e6 } .frozen { stroke: #b0b4b9; stroke-width: 3 } .bar { fill: #f8f9fa } .mark { fill: #5f6368 }
.chip { fill: #e8eaed } .arrow { fill: none; stroke: #5f6368; stroke-width: 1.5 } .here { fill: #d3e3fd }
.edge { fill: none; stroke: #c4c7cc }"""


def picture(tab: Sheet, *, rows: int, width: int = 1150) -> str:
    """The upper left part of a tab, `rows` of it, as a window of `width` pixels shows it."""
    columns = list(_columns(tab, width))
    tops = [HEAD]
    for row in range(min(rows, tab.row_count)):
        lines = max(len(_lines(tab, row, at, wide)) for at, _, wide in columns)
        tops.append(tops[-1] + ROW + (lines - 1) * LINE)
    bottom = tops[-1]
    height = bottom + STRIP
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f"aria-label={quoteattr(tab.title)}>",
        f"<style>{STYLE}</style>",
        f'<clipPath id="all"><rect width="{width}" height="{height}" rx="6"/></clipPath><g clip-path="url(#all)">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path class="bar" d="M0 0H{width}V{HEAD}H{GUTTER}V{bottom}H0z"/>',
    ]
    for at, left, wide in columns:
        drawn += _column(tab, at, left, wide, tops)
    for row, top in enumerate(tops[:-1]):
        drawn.append(f'<text class="grey" x="{GUTTER // 2}" y="{top + 17}">{row + 1}</text>')
    drawn += _grid(tab, columns, tops, width)
    drawn += _tabs(tab, bottom, width)
    drawn.append(f'</g><rect class="edge" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="6"/></svg>')
    return "\n".join(drawn) + "\n"


def _columns(tab: Sheet, width: int) -> Iterator[tuple[int, int, int]]:
    """(place, left edge, width) of each column that the window shows, the last cut off by its edge."""
    left = GUTTER
    for at in range(tab.column_count):
        looks = tab.column_looks.get(at, {})
        if not looks.get("hiddenByUser") and left < width:
            wide = looks.get("pixelSize", WIDTH)
            yield at, left, wide
            left += wide


def _column(tab: Sheet, at: int, left: int, wide: int, tops: list[int]) -> Iterator[str]:
    name = chr(65 + at) if at < 26 else f"A{chr(65 + at - 26)}"
    yield f'<clipPath id="c{at}"><rect x="{left}" width="{wide}" height="{tops[-1]}"/></clipPath>'
    yield f'<text class="grey" x="{left + wide // 2}" y="15">{name}</text><g clip-path="url(#c{at})">'
    for row, (top, bottom) in enumerate(pairwise(tops)):
        colour = _colour(tab.at(row, at))
        if colour:
            yield f'<rect x="{left}" y="{top}" width="{wide}" height="{bottom - top}" fill="{colour}"/>'
        yield from _cell(tab, row, at, left, wide, top)
    yield "</g>"


def _lines(tab: Sheet, row: int, at: int, wide: int) -> list[str]:
    """What is shown in a cell: one line, cut off where it can't be seen, or several where the cell wraps."""
    cell = tab.at(row, at)
    text = formats.shown(formulas.value(tab, row, at, cell), cell.format, tab.book.locale).replace("\n", " ")
    if (cell.format or {}).get("wrapStrategy") == "WRAP":
        return wrap(text, int((wide - 10) / BROAD)) or [""]
    return [text[: int((wide - (30 if cell.rule else 0)) / NARROW) + 1]]


def _cell(tab: Sheet, row: int, at: int, left: int, wide: int, top: int) -> Iterator[str]:
    cell = tab.at(row, at)
    value = formulas.value(tab, row, at, cell)
    lines = _lines(tab, row, at, wide)
    start = left + 5
    if cell.rule:
        if lines[0]:
            yield f'<rect class="chip" x="{left + 3}" y="{top + 4}" width="{wide - 6}" height="{ROW - 8}" rx="9"/>'
            start = left + 12
        yield f'<path class="arrow" d="M{left + wide - 18} {top + 11}l4 4l4 -4"/>'
    bold = ' class="bold"' if (cell.format or {}).get("textFormat", {}).get("bold") else ""
    for number, line in enumerate(lines if lines[0] else ()):
        foot = top + 18 + number * LINE
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f'<text class="number" x="{left + wide - 5}" y="{foot}">{escape(line)}</text>'
        else:
            yield f'<text{bold} x="{start}" y="{foot}">{escape(line)}</text>'
    if cell.note:
        yield f'<path class="mark" d="M{left + wide} {top}v7l-7 -7z"/>'


def _colour(cell: Cell) -> str:
    """The ground that somebody gave a cell, "" for none."""
    given = (cell.format or {}).get("backgroundColor")
    if not given:
        return ""
    return "#" + "".join(f"{round(255 * given.get(one, 0)):02x}" for one in ("red", "green", "blue"))


def _grid(tab: Sheet, columns: list[tuple[int, int, int]], tops: list[int], width: int) -> Iterator[str]:
    across = "".join(f"M0 {top}H{width}" for top in tops)
    down = "".join(f"M{left} 0V{tops[-1]}" for _, left, _ in columns)
    yield f'<path class="line" d="{across}{down}"/>'
    frozen = tab.grid.get("frozenRowCount", 0)
    if frozen:
        yield f'<path class="frozen" d="M0 {tops[frozen]}H{width}"/>'
    last = [left + wide for at, left, wide in columns if at < tab.grid.get("frozenColumnCount", 0)]
    if last:
        yield f'<path class="frozen" d="M{last[-1]} 0V{tops[-1]}"/>'


def _tabs(tab: Sheet, top: int, width: int) -> Iterator[str]:
    """The tabs that are not hidden; the one that is shown in blue."""
    yield f'<rect class="bar" y="{top}" width="{width}" height="{STRIP}"/>'
    left = 12
    for one in tab.book.sheets:
        if one.looks.get("hidden"):
            continue
        wide = 24 + round(7.2 * len(one.title))
        if one is tab:
            yield f'<rect class="here" x="{left}" y="{top}" width="{wide}" height="{STRIP}"/>'
        bold = " bold" if one is tab else ""
        yield f'<text class="tab{bold}" x="{left + wide // 2}" y="{top + 22}">{escape(one.title)}</text>'
        left += wide
