"""Graph: what is to be seen, in the reader's words: lines of numbers by place, and what they say in a sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from perthyn.crm.trends import Line, Period, Trend
from perthyn.text import CURRENCY_DECIMALS, CURRENCY_SIGNS, MONTHS, Translator

Value = int | None
SHORT = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "cy": ("Ion", "Chwef", "Maw", "Ebr", "Mai", "Meh", "Gorff", "Awst", "Medi", "Hyd", "Tach", "Rhag"),
}
SHOWN = 5
"""How many lines are drawn apart where they are stacked; the rest are drawn as one, and stand apart in the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `values` by place, in whole or minor units."""

    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the axis: its name, as it stands there (`short`, below it `under`), and in the table (`full`)."""

    name: str
    short: str
    under: str = ""
    full: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A chart in the reader's words. `shape`: how it is drawn; `summary`: the whole of it in sentences.

    `unit`: "number" or "money" (minor units of `currency`). `before`: the same a year earlier, row by row.
    `adds`: whether the rows of a place add up. `places_are`: what the places are, above the table's first column.
    """

    name: str
    title: str
    summary: str
    shape: Literal["stacked", "multiples", "bars"]
    places: tuple[Place, ...]
    rows: tuple[Row, ...]
    places_are: str
    unit: str = "number"
    currency: str = ""
    before: tuple[Row, ...] = ()
    adds: bool = True
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value for row in (*self.rows, *self.before) for value in row.values)

    @property
    def decimals(self) -> int:
        """How many decimals the currency has; 0 where it is not money."""
        return CURRENCY_DECIMALS.get(self.currency, 2) if self.unit == "money" else 0

    @property
    def sign(self) -> str:
        """What stands before an amount."""
        return CURRENCY_SIGNS.get(self.currency, f"{self.currency} ") if self.unit == "money" else ""

    def said(self, value: Value, t: Translator) -> str:
        """A value in words: a number, an amount, or that nobody knows."""
        if value is None:
            return self.words["unknown"]
        return t.money(value, self.currency) if self.unit == "money" else t.number(value)

    def drawn(self) -> tuple[Row, ...]:
        """The rows that are drawn: where they are stacked, those beyond `SHOWN` as one."""
        if self.shape != "stacked" or len(self.rows) <= SHOWN + 1:
            return self.rows
        return (*self.rows[:SHOWN], Row(self.words["rest"], totals(self.rows[SHOWN:])))

    def columns(self) -> list[str]:
        """The heads of the table's columns after the first."""
        heads = [row.label for row in self.rows]
        if self.adds and len(self.rows) != 1:
            heads.append(self.words["total"])
        if self.before and self.adds:
            heads.append(self.words["before"])
        elif self.before:
            heads += [f"{row.label} – {self.words['before']}" for row in self.before]
        return heads

    def table(self) -> list[tuple[str, tuple[Value, ...]]]:
        """The rows of the table: the place in full, and a value for each column."""
        columns = [row.values for row in self.rows]
        if self.adds and len(self.rows) != 1:
            columns.append(totals(self.rows, len(self.places)))
        if self.before:
            columns += [totals(self.before)] if self.adds else [row.values for row in self.before]
        return [(place.full or place.name, tuple(one[at] for one in columns)) for at, place in enumerate(self.places)]

    def csv(self) -> bytes:
        """The table as a file: amounts in whole units with their decimals, unknown values empty (RFC 4180)."""
        out = io.StringIO()
        lines = csv.writer(out)
        lines.writerow([_harmless(one) for one in (self.places_are, *self.columns())])
        for name, values in self.table():
            lines.writerow([_harmless(name), *(self._plain(value) for value in values)])
        return ("\ufeff" + out.getvalue()).encode()

    def _plain(self, value: Value) -> str:
        if value is None or not self.decimals:
            return "" if value is None else str(value)
        whole, part = divmod(abs(value), 10**self.decimals)
        return f"{'-' if value < 0 else ''}{whole}.{part:0{self.decimals}}"


def graph_of(trend: Trend, t: Translator, before: Trend | None = None) -> Graph:
    """A trend in the reader's words, beside that of the year before where it is given."""
    rows = tuple(_row(line, len(trend.periods), t) for line in trend.lines)
    earlier: tuple[Row, ...] = ()
    if before is not None:
        by_name = {line.name: line for line in before.lines}
        named = [by_name[line.name] for line in trend.lines if line.name in by_name] if trend.stands else before.lines
        earlier = tuple(_row(line, len(trend.periods), t) for line in named)
    graph = Graph(
        trend.name, t(trend.label), "", "multiples" if trend.stands else "stacked",
        tuple(_place(one, trend.step, t) for one in trend.periods), rows,
        {"month": t("Month"), "quarter": t("Quarter"), "year": t("Year")}[trend.step],
        "money" if trend.unit == "money" else "number", trend.currency, earlier, not trend.stands, _words(t),
    )  # fmt: skip
    return replace(graph, summary=summary(graph, t))


def summary(graph: Graph, t: Translator) -> str:
    """The whole of a trend in sentences."""
    first, last = graph.places[0].name, graph.places[-1].name
    if graph.empty:
        return t("{title}, {first} – {last}: nothing yet.", title=graph.title, first=first, last=last)
    if not graph.adds:
        told = [
            t("{name}: {start} at the beginning ({first}), {end} at the end ({last}).", name=row.label,
              start=graph.said(row.values[0], t), end=graph.said(row.values[-1], t), first=first, last=last)
            for row in graph.rows
        ]  # fmt: skip
        return " ".join(told)
    sums = [value or 0 for value in totals(graph.rows, len(graph.places))]
    most, least = (sums.index(end(sums)) for end in (max, min))
    told = [
        t("{title}, {first} – {last}: {total} in all. The most: {most} ({top}). The least: {least} ({bottom}).",
          title=graph.title, first=first, last=last, total=graph.said(sum(sums), t), most=graph.said(sums[most], t),
          top=graph.places[most].name, least=graph.said(sums[least], t), bottom=graph.places[least].name)
    ]  # fmt: skip
    if graph.before:
        told.append(t("The year before: {total}.", total=graph.said(sum(v or 0 for v in totals(graph.before)), t)))
    return " ".join(told)


def totals(rows: Sequence[Row], length: int = 0) -> tuple[Value, ...]:
    """The sum of the rows at each place."""
    return tuple(sum(one or 0 for one in some) for some in zip(*(row.values for row in rows), strict=True)) or (
        (0,) * length
    )


def _words(t: Translator) -> dict[str, str]:
    return {
        "total": t("Total"), "before": t("The year before"), "rest": t("the rest"), "unknown": t("not known"),
        "dashed": t("The dashed line is the year before."),
    }  # fmt: skip


def _place(period: Period, step: str, t: Translator) -> Place:
    since, until = period.since, period.until
    if step == "month":
        month, year = since.month - 1, since.year
        facts = {"month": MONTHS[t.language][month], "year": year}
        full = t("{month} {year} (a part of it)", **facts) if period.partly else ""
        return Place(t("{month} {year}", **facts), SHORT[t.language][month], str(year) if month == 0 else "", full)
    name = t("{since} – {until}", since=since, until=until)
    if step == "year":
        return Place(name, str(until.year) if since.year == until.year else f"{since.year}–{until.year % 100:02}")
    return Place(name, SHORT[t.language][since.month - 1], str(since.year))


def _row(line: Line, length: int, t: Translator) -> Row:
    """A line with as many values as there are places: the year before may have a period more or less."""
    return Row(line.label if line.named else t(line.label), (*line.values, *([None] * length))[:length])


def _harmless(cell: str) -> str:
    """A name that a spreadsheet would take for a formula is told apart by an apostrophe (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
