"""Specs: a graph as Vega-Lite 5 (https://vega.github.io/schema/vega-lite/v5.json); nothing in it is fetched."""

from __future__ import annotations

import json
from typing import Any, Literal

from perthyn.text import Translator
from perthyn_web.charts.colours import GRID, GROUND, INK, SERIES, SOFT
from perthyn_web.charts.graph import Graph, Row, totals

Spec = dict[str, Any]
Width = Literal["wide", "narrow", "file", "letter"]
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDE, NARROW = 720, 340
ACROSS = {"wide": WIDE - 70, "file": WIDE - 70, "narrow": NARROW - 60, "letter": 460}
LABELS = {"wide": 14, "file": 14, "narrow": 6, "letter": 12}
"""How many places have their names at the axis."""
LEGEND = {"wide": 3, "file": 3, "narrow": 1, "letter": 2}
"""Columns of the legend."""


def spec_of(graph: Graph, t: Translator, width: Width = "wide") -> Spec:
    """The spec of a graph: as wide as a page, as a phone or as a letter by e-mail, or a file with its title."""
    build = {"stacked": _stacked, "multiples": _multiples, "bars": _bars}[graph.shape]
    spec = {"$schema": SCHEMA, **build(graph, t, width), "config": _config(graph, width), "background": None}
    if width in ("file", "letter"):
        spec |= {"background": GROUND, "padding": 20 if width == "file" else 10}
    if width == "file":
        spec["title"] = {"text": graph.title, "anchor": "start", "fontSize": 18, "offset": 14}
        if graph.before and not graph.adds:
            spec["title"] |= {"subtitle": graph.words["dashed"], "subtitleFontSize": 13, "subtitleColor": SOFT}
    return spec


def _stacked(graph: Graph, t: Translator, width: Width) -> Spec:
    """Bars, one on another; over them a dashed line of the year before."""
    rows = graph.drawn()
    names = [row.label for row in rows]
    legend = None if len(rows) < 2 else _legend(width)
    bars: Spec = {
        "data": {"values": _values(graph, rows, t)},
        "mark": {"type": "bar", "stroke": None, "cornerRadius": 1},
        "encoding": {
            "y": _axis_of(graph, {"stack": "zero"}),
            "color": {"field": "line", "type": "nominal", "legend": legend,
                      "scale": {"domain": names, "range": list(SERIES[: len(rows)])}},
            "order": {"field": "row", "type": "ordinal"},
            "description": {"field": "told"},
        },
    }  # fmt: skip
    layers = [bars, *(_before(graph, t, width) if graph.before else [])]
    high = 240 if width == "narrow" else 280
    return {"height": high, "width": ACROSS[width], "encoding": {"x": _places(graph, width)}, "layer": layers}


def _before(graph: Graph, t: Translator, width: Width) -> list[Spec]:
    told = Row(graph.words["before"], totals(graph.before))
    data = {"values": _values(graph, [told], t)}
    y = _axis_of(graph)
    shape = {"datum": told.label, "legend": {**_legend(width), "symbolFillColor": INK, "symbolStrokeColor": INK},
             "scale": {"domain": [told.label], "range": ["diamond"]}}  # fmt: skip
    return [
        {"data": data, "mark": {"type": "line", "aria": False, "color": INK, "strokeDash": [5, 4], "strokeWidth": 1.5},
         "encoding": {"y": y}},
        {"data": data, "mark": {"type": "point", "filled": True, "size": 55, "color": INK, "opacity": 1},
         "encoding": {"y": y, "shape": shape, "description": {"field": "told"}}},
    ]  # fmt: skip


def _multiples(graph: Graph, t: Translator, width: Width) -> Spec:
    """A small chart for each line, from zero, each on a scale of its own."""
    columns = 1 if width == "narrow" or len(graph.rows) == 1 else 2
    across = ACROSS[width] if columns == 1 else ACROSS[width] // 2 - 20
    before = {row.label: row for row in graph.before}
    return {"columns": columns, "spacing": {"row": 26, "column": 30},
            "concat": [_one(graph, row, before.get(row.label), t, width, across) for row in graph.rows]}  # fmt: skip


def _one(graph: Graph, row: Row, before: Row | None, t: Translator, width: Width, across: int) -> Spec:
    names = [row.label, graph.words["before"]]
    rows = [row] if before is None else [row, Row(names[1], before.values)]
    fewer: Width = "narrow" if across < WIDE // 2 else width
    dash = {"field": "row", "type": "ordinal", "legend": None, "scale": {"domain": [0, 1], "range": [[1, 0], [5, 4]]}}
    colour = {
        "field": "row",
        "type": "ordinal",
        "legend": None,
        "scale": {"domain": [0, 1], "range": [SERIES[0], SOFT]},
    }
    shape = {"field": "row", "type": "ordinal", "legend": None,
             "scale": {"domain": [0, 1], "range": ["circle", "diamond"]}}  # fmt: skip
    return {
        "width": across, "height": 120, "data": {"values": _values(graph, rows, t)},
        "title": {"text": row.label, "anchor": "start", "fontSize": 13, "limit": across, "offset": 8, "frame": "group"},
        "encoding": {"x": _places(graph, fewer, point=True), "y": _axis_of(graph, ticks=3), "color": colour},
        "layer": [
            {"mark": {"type": "line", "aria": False, "strokeWidth": 2}, "encoding": {"strokeDash": dash}},
            {"mark": {"type": "point", "filled": True, "size": 34, "opacity": 1},
             "encoding": {"shape": shape, "description": {"field": "told"}}},
        ],
    }  # fmt: skip


def _bars(graph: Graph, t: Translator, width: Width) -> Spec:
    """Bars that lie, each with its name before it and its number behind it."""
    row = graph.rows[0]
    narrow = width == "narrow"
    values = [{**one, "said": graph.said(value, t), "y": value or 0}
              for one, value in zip(_values(graph, [Row(row.label, tuple(v or 0 for v in row.values))], t), row.values,
                                    strict=True)]  # fmt: skip
    for one in values:
        one["told"] = t("{line}, {when}: {value}", line=row.label, when=one["place"], value=one["said"])
    axis = {"domain": False, "ticks": False, "labelLimit": 120 if narrow else 260, "labelPadding": 8}
    place = {"field": "place", "type": "nominal", "sort": None, "title": None, "axis": axis}
    many = {"field": "y", "type": "quantitative", "axis": None, "title": None}
    return {
        "data": {"values": values}, "width": (170 if narrow else 430), "height": {"step": 30},
        "encoding": {"y": place, "x": many},
        "layer": [
            {"mark": {"type": "bar", "color": SERIES[0], "height": 18, "cornerRadius": 1},
             "encoding": {"description": {"field": "told"}}},
            {"mark": {"type": "text", "aria": False, "align": "left", "dx": 6, "color": INK},
             "encoding": {"text": {"field": "said"}}},
        ],
    }  # fmt: skip


def _values(graph: Graph, rows: Any, t: Translator) -> list[Spec]:
    unit = 10**graph.decimals
    return [
        {"x": at, "place": place.name, "line": row.label, "row": number, "y": None if value is None else value / unit,
         "told": t("{line}, {when}: {value}", line=row.label, when=place.name, value=graph.said(value, t))}
        for number, row in enumerate(rows)
        for at, (place, value) in enumerate(zip(graph.places, row.values, strict=True))
    ]  # fmt: skip


def _places(graph: Graph, width: Width, point: bool = False) -> Spec:
    """The axis of places: the names of some where there are many, the year below its first."""
    every = -(-len(graph.places) // LABELS[width])
    named = range(0, len(graph.places), every)
    words = [[one.short, one.under] if one.under else one.short for one in graph.places]
    axis = {"labelExpr": f"{json.dumps(words, ensure_ascii=False)}[datum.value]", "values": list(named),
            "labelAngle": 0, "grid": False, "ticks": False, "labelPadding": 6, "labelLineHeight": 15,
            "labelOverlap": False}  # fmt: skip
    scale = {"type": "point", "padding": 0.3} if point else {"type": "band", "paddingInner": 0.28, "paddingOuter": 0.14}
    return {"field": "x", "type": "ordinal", "title": None, "axis": axis,
            "scale": {**scale, "domain": list(range(len(graph.places)))}}  # fmt: skip


def _axis_of(graph: Graph, more: Spec | None = None, ticks: int = 5) -> Spec:
    values = [abs(one or 0) for one in totals(graph.rows, 1)] or [0]
    fine = graph.decimals and max(values) < 5 * 10**graph.decimals
    axis = {"format": f"$,.{graph.decimals}f" if fine else "$,.0f" if graph.unit == "money" else ",.0f",
            "tickCount": ticks, "minExtent": 40, "ticks": False, "domain": False, "labelPadding": 8}  # fmt: skip
    if graph.unit != "money":
        axis["tickMinStep"] = 1
    return {"field": "y", "type": "quantitative", "title": None, "axis": axis, **(more or {})}


def _legend(width: Width) -> Spec:
    narrow = width == "narrow"
    return {"orient": "top", "title": None, "direction": "vertical" if narrow else "horizontal",
            "columns": LEGEND[width], "labelLimit": 300 if narrow else 230, "symbolSize": 140,
            "symbolType": "square", "columnPadding": 44, "symbolStrokeWidth": 0, "offset": 12}  # fmt: skip


def _config(graph: Graph, width: Width) -> Spec:
    legends = {"direction": "vertical", "margin": 4} if width == "narrow" else {"margin": 44}
    text = {"labelColor": SOFT, "labelFontSize": 12 if width == "narrow" else 13, "labelFont": "sans-serif"}
    return {
        "font": "sans-serif", "view": {"stroke": None},
        "axis": {**text, "gridColor": GRID, "domainColor": SOFT, "tickColor": SOFT, "aria": False},
        "legend": {**text, "labelColor": INK, "aria": False, "layout": {"top": legends}},
        "title": {"color": INK, "font": "sans-serif", "fontWeight": 600},
        "text": {"font": "sans-serif", "fontSize": 13},
        "locale": {"number": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": [graph.sign, ""]}},
    }  # fmt: skip
