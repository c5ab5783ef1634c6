"""Figure: a graph as a page shows it, drawn and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perthyn.text import Translator
from perthyn_web.charts.drawing import can_draw, svg
from perthyn_web.charts.graph import Graph
from perthyn_web.charts.specs import Width, spec_of

WIDTHS: tuple[Width, ...] = ("wide", "narrow")


@dataclass(frozen=True, slots=True)
class Figure:
    """A graph as a page shows it: two pictures, of which the reader's width decides; "" where none can be drawn.

    `columns` and `table`: the same numbers in words. `missing`: whether charts can't be drawn here.
    """

    graph: Graph
    wide: Markup
    narrow: Markup
    columns: Sequence[str]
    table: Sequence[tuple[str, Sequence[str]]]
    missing: bool = False


def figure(graph: Graph, t: Translator) -> Figure:
    """A graph drawn for a page, in its two widths, and its table."""
    able = can_draw()
    wide, narrow = (
        svg(spec_of(graph, t, width), graph.title, graph.summary) if able and not graph.empty else Markup("")
        for width in WIDTHS
    )
    table = [(name, [graph.said(value, t) for value in values]) for name, values in graph.table()]
    return Figure(graph, wide, narrow, graph.columns(), table, not able)
