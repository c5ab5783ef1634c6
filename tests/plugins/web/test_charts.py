"""Charts: what is drawn is what the table says, in the reader's language, and nothing that strict rules refuse."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.crm.outcomes import Part, Report
from perthyn.crm.trends import Line, Trend, periods_of
from perthyn.errors import PerthynError
from perthyn.model import Campaign
from perthyn.text import Translator
from perthyn_web import HERE, charts
from perthyn_web.charts import Graph, campaign_graph, drawing, figure, graph_of, picture, spec_of, svg
from perthyn_web.charts.colours import GROUND, SERIES
from perthyn_web.charts.graph import SHORT, Place, Row

SVG = "{http://www.w3.org/2000/svg}"
EN, CY = (Translator(language, [HERE / "locale"]) for language in ("en", "cy"))
SINCE, UNTIL = date(2025, 12, 1), date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WIDTHS = ("wide", "narrow", "file")


def trend(name: str = "visits", lines: int = 2, step: str = "month", values: Any = None, **facts: Any) -> Trend:
    periods = periods_of(SINCE, UNTIL, step)
    some = values or [[(at + 1) * (line + 2) * 7 for at in range(len(periods))] for line in range(lines)]
    named = name in ("income", "segments")
    made = [
        Line(f"{at}", f"line {at}" if named else "by people we know", tuple(one), named) for at, one in enumerate(some)
    ]
    unit = {"income": "money", "visits": "visits"}.get(name, "people")
    facts.setdefault("currency", "GBP" if unit == "money" else "")
    return Trend(name, "Income" if name == "income" else "Visits", unit, step, periods, tuple(made),
                 stands=name == "segments", **facts)  # fmt: skip


def pictures(graph: Graph, t: Translator) -> Iterator[ET.Element]:
    for width in WIDTHS:
        spec = spec_of(graph, t, width)  # type: ignore[arg-type]
        yield ET.fromstring(svg(spec, graph.title, graph.summary))
        yield ET.fromstring(picture(spec, graph.title, graph.summary, "svg"))


def texts(root: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def told(root: ET.Element) -> list[str]:
    """What each mark says of itself."""
    return [one.text or "" for one in root.iter(f"{SVG}title")][1:]


def assert_strict(root: ET.Element) -> None:
    """Nothing that runs, loads, links or styles."""
    for one in root.iter():
        kind = one.tag.removeprefix(SVG)
        assert kind in {
            "svg",
            "g",
            "path",
            "rect",
            "line",
            "circle",
            "text",
            "tspan",
            "title",
            "desc",
            "defs",
            "pattern",
        }
        for name, value in one.attrib.items():
            bare = name.rpartition("}")[2]
            assert bare not in ("style", "class", "href", "src") and not bare.startswith("on"), name
            assert "url(" not in value or re.fullmatch(r"url\(#c[0-9a-f]{10}-[0-9a-f]{6}\)", value), value
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    used = {one[5:-1] for node in root.iter() for one in node.attrib.values() if one.startswith("url(#")}
    assert used <= set(ids)
    assert root.attrib["role"] == "img" and root.attrib["aria-labelledby"].split() == ids[:2]


# -- what is drawn is what the table says ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["visits", "income", "segments"])
@pytest.mark.parametrize("t", [EN, CY], ids=["en", "cy"])
def test_marks_say_what_the_table_and_the_file_say(name: str, t: Translator) -> None:
    source = trend(name)
    graph = graph_of(source, t)
    shown = figure(graph, t)
    expected = {
        t("{line}, {when}: {value}", line=row.label, when=place.name, value=graph.said(value, t))
        for row in graph.rows
        for place, value in zip(graph.places, row.values, strict=True)
    }
    for root in pictures(graph, t):
        assert_strict(root)
        assert set(told(root)) == expected
    rows = list(csv.reader(io.StringIO(graph.csv().decode("utf-8-sig"))))
    assert rows[0] == [graph.places_are, *shown.columns]
    for at, ((place, cells), row) in enumerate(zip(shown.table, rows[1:], strict=True)):
        values = [line.values[at] for line in source.lines]
        values += [sum(values)] if graph.adds else []
        assert list(cells) == [graph.said(value, t) for value in values]
        assert row == [place, *(f"{value / 100:.2f}" if name == "income" else str(value) for value in values)]


def test_bars_are_as_long_as_their_numbers() -> None:
    graph = graph_of(trend(lines=1, values=[[100, 50, 0, 25, *[0] * 8]]), EN)
    root = ET.fromstring(svg(spec_of(graph, EN), graph.title, graph.summary))
    high = {}
    for one in root.iter(f"{SVG}path"):
        said = one.findtext(f"{SVG}title")
        if said:
            up = [abs(float(step)) for step in re.findall(r"v(-?[\d.]+)", one.attrib["d"])]
            high[said] = max(up, default=0.0)
    tallest = high["by people we know, December 2025: 100"]
    assert tallest > 150
    assert high["by people we know, January 2026: 50"] == pytest.approx(tallest / 2, abs=3)
    assert high["by people we know, March 2026: 25"] == pytest.approx(tallest / 4, abs=3)


def test_the_rest_is_drawn_as_one_and_stands_apart_in_the_table() -> None:
    source = trend("income", lines=9)
    graph = graph_of(source, EN)
    drawn = graph.drawn()
    assert [row.label for row in drawn] == [*(f"line {at}" for at in range(5)), "the rest"]
    assert len(drawn) <= len(SERIES) and len(graph.columns()) == 10
    for at in range(12):
        assert sum(row.values[at] or 0 for row in drawn) == sum(line.values[at] or 0 for line in source.lines)


# -- in the reader's language -----------------------------------------------------------------------------------


def test_months_numbers_and_what_is_heard_are_welsh() -> None:
    graph = graph_of(trend("income"), CY, trend("income"))
    for root in pictures(graph, CY):
        axis = " ".join(texts(root))
        assert any(month in axis for month in ("Chwef", "Meh", "Gorff")) and not re.search(
            r"\b(Jun|Jul|Aug|Feb)\b", axis
        )
        assert root[0].text == "Incwm" and root[1].text == graph.summary
        assert any("Rhagfyr 2025: £" in one for one in told(root))
    assert graph.summary.startswith("Incwm, Rhagfyr 2025 – Tachwedd 2026: £")
    assert "Y flwyddyn cynt: £" in graph.summary
    assert graph.table()[-1][0] == "Tachwedd 2026 (rhan ohono)" and graph.columns()[-2:] == [
        "Cyfanswm",
        "Y flwyddyn cynt",
    ]


def test_a_summary_says_the_most_and_the_least() -> None:
    graph = graph_of(trend(lines=1, values=[[5, 9, 1, *[2] * 9]]), EN)
    assert graph.summary == (
        "Visits, December 2025 – November 2026: 33 in all. The most: 9 (January 2026). The least: 1 (February 2026)."
    )
    nothing = graph_of(trend(lines=1, values=[[0] * 12]), EN)
    assert nothing.empty and nothing.summary == "Visits, December 2025 – November 2026: nothing yet."
    assert figure(nothing, EN).wide == ""


def test_short_months_are_twelve_and_differ() -> None:
    assert all(len(set(SHORT[language])) == 12 for language in ("en", "cy"))


# -- a page with strict rules -----------------------------------------------------------------------------------


def test_a_page_gives_its_own_colours_and_a_file_keeps_ours() -> None:
    graph = graph_of(trend(lines=2), EN)
    spec = spec_of(graph, EN)
    shown, kept = svg(spec, "a", "b"), picture(spec, "a", "b", "svg").decode()
    assert "var(--chart-1,#6d2c57)" in shown and "currentColor" in shown and "font-family" not in shown
    assert not re.search(r'(?:fill|stroke)="#(?!ffffff)', shown)
    assert "var(" not in kept and SERIES[0] in kept and GROUND not in kept.partition("<defs")[0]
    assert "width=" not in shown.partition(">")[0] and "width=" in kept.partition(">")[0]


def test_series_differ_without_colour() -> None:
    graph = graph_of(trend("income", lines=6), EN)
    root = ET.fromstring(svg(spec_of(graph, EN), "a", "b"))
    drawn = [one.attrib["d"] for pattern in root.iter(f"{SVG}pattern") for one in pattern.iter(f"{SVG}path")]
    assert len(drawn) == len(set(drawn)) == 5  # the first is plain


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_stand_out_from_their_ground() -> None:
    for sheet, ground in (
        ("perthyn.css", "--paper"),
        ("dark.css", "--paper"),
        ("perthyn.css", "--card"),
        ("dark.css", "--card"),
    ):
        text = (HERE / "static" / sheet).read_text(encoding="utf-8")
        found = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6}|#[0-9a-f]{3})\b", text))
        behind = found[ground] if len(found[ground]) == 7 else "#" + "".join(2 * one for one in found[ground][1:])
        colours = [found[f"--chart-{place}"] for place in range(1, 7)]
        if sheet == "perthyn.css":
            assert tuple(colours) == SERIES
        for colour in colours:
            low, high = sorted([luminance(colour), luminance(behind)])
            assert (high + 0.05) / (low + 0.05) >= 3, (sheet, colour)


@pytest.mark.parametrize(
    "label", ["</svg><script>alert(1)</script>", '" onload="x', "{n} {x}", "=1+1", "a & b", "𓀀 ŵ\u202e"]
)
def test_a_name_is_only_ever_a_name(label: str) -> None:
    source = trend("segments", lines=1)
    source = replace(source, lines=(Line("1", label, source.lines[0].values, True),))
    graph = graph_of(source, EN, source)
    for root in pictures(graph, EN):
        assert_strict(root)
        assert any(one.startswith(f"{label}, ") for one in told(root))
    first = next(csv.reader(io.StringIO(graph.csv().decode("utf-8-sig"))))
    assert not any(cell.startswith("=") for cell in first)


VALUES = st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**53), 2**53))


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.lists(VALUES, min_size=60, max_size=60), max_size=8), places=st.integers(1, 60),
    shape=st.sampled_from(["stacked", "multiples", "bars"]), unit=st.sampled_from(["number", "money"]),
    before=st.booleans(), names=st.lists(st.text(st.characters(codec="utf-8", categories=("L", "P", "Z")), max_size=9),
                                         min_size=8, max_size=8, unique=True),
)  # fmt: skip
def test_odd_numbers_are_drawn_too(
    rows: list[list[int | None]], places: int, shape: Any, unit: str, before: bool, names: list[str]
) -> None:
    rows = rows[:1] or [[1] * 60] if shape == "bars" else rows
    cut = tuple(Row(name, tuple(row[:places])) for name, row in zip(names, rows, strict=False))
    graph = Graph("x", "Title", "Told.", shape, tuple(Place(f"p{at}", f"{at}") for at in range(places)), cut, "Where",
                  unit, "GBP" if unit == "money" else "", cut if before else (), shape != "multiples",
                  {"unknown": "?", "total": "Total", "before": "Before", "rest": "rest", "dashed": "-"})  # fmt: skip
    assert len(graph.table()) == places and all(len(values) == len(graph.columns()) for _, values in graph.table())
    if not graph.empty:
        assert_strict(ET.fromstring(svg(spec_of(graph, EN, "narrow"), graph.title, graph.summary)))


# -- drawing ----------------------------------------------------------------------------------------------------


def test_eight_threads_draw_what_one_does() -> None:
    graphs = [graph_of(trend(lines=1, values=[[at + 1, *range(11)]]), EN) for at in range(24)]
    specs = [spec_of(one, EN, "narrow") for one in graphs]
    with ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(lambda spec: svg(spec, "a", "b"), specs))
    drawing._for_a_page.cache_clear()
    assert at_once == [svg(spec, "a", "b") for spec in specs] and len(set(at_once)) == 24


def test_files_are_of_their_kind() -> None:
    graph = graph_of(trend(), CY)
    made = {kind: picture(spec_of(graph, CY, "file"), graph.title, graph.summary, kind) for kind in charts.FILES}
    assert made["png"].startswith(b"\x89PNG\r\n") and made["pdf"].startswith(b"%PDF-")
    assert ET.fromstring(made["svg"]).attrib["role"] == "img"
    assert "Ymweliadau" in texts(ET.fromstring(made["svg"]))


def test_nothing_is_fetched() -> None:
    spec = {"data": {"url": "http://127.0.0.1:9/x.csv"}, "mark": "bar", "encoding": {"x": {"field": "a"}}}
    with pytest.raises(ValueError, match="not allowed"):
        svg(spec, "a", "b")


def test_without_the_library_there_is_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    graph = graph_of(trend(), EN)
    shown = figure(graph, EN)
    assert shown.missing and shown.wide == "" and len(shown.table) == 12
    with pytest.raises(PerthynError) as refused:
        picture({"mark": "bar", "not": "drawn yet"}, "a", "b", "png")
    assert refused.value.code == "web.charts.extra"


def test_a_campaign_says_what_nobody_measured() -> None:
    campaign = Campaign(id=UUID(int=1), code="spring", name_en="Spring", name_cy="Gwanwyn", made=NOON)
    whole = Part(Counter(sent=120), responses=Counter(clicked=7))
    found = Report(campaign, UNTIL, "GBP", whole, {"nc": 3}, frozenset({"clicked"}), {}, {}, 0)
    graph = campaign_graph(found, CY)
    assert graph.title == "Gwanwyn" and "heb ei fesur" in graph.summary
    for root in pictures(graph, CY):
        assert_strict(root)
        assert {"120", "3", "7", "heb ei fesur"} <= set(texts(root))
    assert [values for _, values in graph.table()][:5] == [(120,), (3,), (None,), (None,), (7,)]
