"""Scores: how lately, how often and with how much money everybody came, each in fifths of all who came."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from perthyn.crm.reports import Reports
from perthyn.errors import Unknown
from perthyn.model import Contact, Interaction
from perthyn.rules.bind import fifths
from perthyn.rules.closed import All, Any, Closed, Compare, Measure
from perthyn.text import nearest

FIFTHS = 5
Cell = tuple[int, int, int]
"""Fifths of recency, frequency and money, each from 1 to 5, 5 the latest, the most often, the most."""
Range = tuple[int, int] | None
"""The lowest and the highest value that stand in a fifth; None where nobody does."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Everybody who has an interaction of these kinds (None: of any) until `as_of`, in fifths.

    `recency`, `frequency`, `money`: the range of each fifth, from the lowest; of days as ordinals, of how many, and
    of minor units of `currency`. `cells`: how many people stand in each that is not empty. A value stands in fifth
    1 + floor(5 * share of people below it): equal values share one, so fifths need not be equally large.
    """

    as_of: date
    kinds: frozenset[str] | None
    currency: str
    recency: Sequence[Range]
    frequency: Sequence[Range]
    money: Sequence[Range]
    cells: Mapping[Cell, int]

    @property
    def people(self) -> int:
        """How many there are."""
        return sum(self.cells.values())

    def measures(self) -> tuple[Measure, Measure, Measure]:
        """What recency, frequency and money are measured by."""
        return _measures(self.kinds, self.as_of, self.currency)

    def rule(self, cell: Cell) -> Closed:
        """Who stands in a cell, as a closed rule: the fifths are values, which stay when people change."""
        recency, frequency, money = self.measures()
        asked = ((recency, self.recency), (frequency, self.frequency), (money, self.money))
        parts: list[Closed] = [Compare(frequency, 1)]
        for (wanted, ranges), fifth in zip(asked, cell, strict=True):
            range = ranges[fifth - 1]
            if range is None:
                return Any(())
            low, high = map(date.fromordinal, range) if wanted is recency else range
            parts.append(Compare(wanted, low, high))
        return All(tuple(parts))


class Scoring(Reports):
    """What a person can ask of everybody's scores."""

    def scores(self, kinds: Iterable[str] = (), as_of: date | None = None) -> Scores:
        """Everybody's scores by interactions of these kinds (none named: of any) until `as_of` (today).

        Raises `Unknown` (``interaction.kind.unknown``).
        """
        self.check("report.read")
        self.check("money.read")
        chosen = frozenset(kinds) or None
        self._check_kinds(chosen or ())
        self.check_kinds(chosen)
        as_of, currency = as_of or self.today(), self.store.currency
        columns = [array("q") for _ in range(3)]
        for values in self.store.columns(_measures(chosen, as_of, currency), ids=False):
            for column, more in zip(columns, values, strict=True):
                column.extend(more)
        (recency, frequency, money), cells = _in_fifths(columns)
        return Scores(as_of, chosen, currency, recency, frequency, money, cells)

    def everybody(self, scores: Scores) -> Iterator[tuple[UUID, Cell]]:
        """Each contact's id and cell, in no order: the fifths are values, which stay when people change."""
        self.check("contact.read")
        self.check("money.read")
        self.check_kinds(scores.kinds)
        if not scores.cells:
            return
        fifths_of = [_Fifths(ranges) for ranges in (scores.recency, scores.frequency, scores.money)]
        for ids, *values in self.store.columns(scores.measures()):
            recency, frequency, money = (
                map(one.__getitem__, some) for one, some in zip(fifths_of, values, strict=True)
            )
            yield from zip(map(_id, ids), zip(recency, frequency, money, strict=True), strict=True)

    def people_of_cell(self, scores: Scores, cell: Cell) -> Iterator[Contact]:
        """The people in a cell, in id order."""
        return self.contacts_of(scores.rule(cell))

    def _check_kinds(self, asked: Iterable[str]) -> None:
        known = [one.name for one in self.kinds()]
        for kind in sorted(set(asked) - set(known)):
            raise Unknown(
                "interaction.kind.unknown", name=kind, suggestion=nearest(kind, known), known=", ".join(known)
            )


def _measures(kinds: frozenset[str] | None, as_of: date, currency: str) -> tuple[Measure, Measure, Measure]:
    kind = Interaction.type_name
    return (
        Measure(kind, "last", kinds=kinds, until=as_of),
        Measure(kind, "count", kinds=kinds, until=as_of),
        Measure(kind, "sum", "amount", currency, kinds, until=as_of),
    )


def _in_fifths(columns: Sequence[Sequence[int]]) -> tuple[list[list[Range]], dict[Cell, int]]:
    """Of each column the ranges of its fifths; and how many people stand in each cell, by lookups without a loop."""
    ranges: list[list[Range]] = []
    placed: list[Iterator[int]] = []
    for column in columns:
        spread = sorted(Counter(column).items())
        numbers = fifths(spread)
        ranges.append([_range(spread, numbers, number) for number in range(1, FIFTHS + 1)])
        fifth_of = dict(zip((value for value, _ in spread), numbers, strict=True))
        placed.append(map(fifth_of.__getitem__, column))
    return ranges, dict(sorted(Counter(zip(*placed, strict=True)).items()))


class _Fifths(dict[int, int]):
    """The fifth of each value, worked out when it is first asked for."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._lows = [(range[0], fifth) for fifth, range in enumerate(ranges, 1) if range is not None]

    def __missing__(self, value: int) -> int:
        _, fifth = max((one for one in self._lows if one[0] <= value), default=self._lows[0])
        self[value] = fifth
        return fifth


def _range(spread: Sequence[tuple[int, int]], numbers: Sequence[int], wanted: int) -> Range:
    first, end = bisect_left(numbers, wanted), bisect_right(numbers, wanted)
    return (spread[first][0], spread[end - 1][0]) if first < end else None


def _id(stored: bytes) -> UUID:
    return UUID(bytes=stored)
