"""The page of numbers: what it shows is what was counted apart, for whoever may see it; files; whom a number counts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import date
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from perthyn.model import Interaction, Takings

Site = Any  # the class stands in conftest.py
YEAR = "since=2025-10-01&until=2026-09-30"


def table(page: str) -> list[list[str]]:
    """The cells of the only table."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    return [[unescape(re.sub(r"<[^>]*>", "", one)).strip() for one in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)]
            for row in rows]  # fmt: skip


def lines(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def test_the_table_the_file_and_an_independent_count_agree(site: Site) -> None:
    client = site.as_role("manager")
    head, *rows = table(client.get(f"/numbers?chart=visits&{YEAR}").text)
    assert head == ["Month", "by people we know", "by people we do not know", "Total"]
    counted: Counter[tuple[str, type]] = Counter()
    for kind in (Interaction, Takings):
        for one in site.crm.store.scan(kind):
            if one.kind == "visit" and date(2025, 10, 1) <= one.day <= date(2026, 9, 30):
                counted[f"{one.day:%Y-%m}", kind] += 1
    months = [f"{2025 + (9 + n) // 12}-{(9 + n) % 12 + 1:02}" for n in range(12)]
    expected = [[counted[month, Interaction], counted[month, Takings]] for month in months]
    assert [[int(cell.replace(",", "")) for cell in row[1:]] for row in rows] == [[a, b, a + b] for a, b in expected]
    assert rows[0][0] == "October 2025" and sum(map(sum, expected)) > 1000
    kept = lines(client.get(f"/numbers/visits.csv?{YEAR}").content)
    assert [row[1:] for row in kept[1:]] == [[str(a), str(b), str(a + b)] for a, b in expected]


def test_income_in_the_chart_is_that_of_the_report(site: Site) -> None:
    kept = lines(site.as_role("manager").get(f"/numbers/income.csv?{YEAR}").content)
    pence = sum(round(float(row[-1]) * 100) for row in kept[1:])
    assert pence == site.crm.number("income", date(2025, 10, 1), date(2026, 9, 30)).value > 0


@pytest.mark.parametrize("chart", ["visits", "income", "people", "segments"])
@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_chart_is_drawn_beside_its_table(site: Site, chart: str, language: str) -> None:
    answer = site.as_role("manager", language).get(f"/numbers?chart={chart}&{YEAR}&compare=yes&step=quarter")
    assert answer.status_code == 200
    drawn = re.findall(r"<svg xmlns.*?</svg>", answer.text, re.S)
    assert len(drawn) == 2
    for one in drawn:
        assert ET.fromstring(one).attrib["role"] == "img"
    assert "style=" not in answer.text and "<style" not in answer.text
    assert ("Chwarter" if language == "cy" else "Quarter") == table(answer.text)[0][0]
    assert len(table(answer.text)) == 5
    ids = re.findall(r'\bid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))


def test_the_year_before_stands_beside(site: Site) -> None:
    client = site.as_role("manager")
    now = lines(client.get(f"/numbers/visits.csv?{YEAR}&compare=yes").content)
    then = lines(client.get("/numbers/visits.csv?since=2024-10-01&until=2025-09-30").content)
    assert now[0][-1] == "The year before"
    assert [row[-1] for row in now[1:]] == [row[-1] for row in then[1:]]


def test_the_period_that_is_shown_is_marked(site: Site) -> None:
    client = site.as_role("manager")
    marked = re.compile(r'<a href="([^"]*)" aria-current="true">([^<]*)</a>')
    (first,) = marked.findall(periods(client.get("/numbers").text))
    assert first[1] == "The last twelve months"
    others = re.findall(r'<a href="([^"]*since=[^"]*)">This year</a>', client.get("/numbers").text)
    assert [name for _, name in marked.findall(periods(client.get(unescape(others[0])).text))] == ["This year"]
    page = periods(client.get("/numbers?since=2024-10-01&until=2025-03-31").text)
    assert not marked.findall(page) and "Choose other days" in page


def periods(page: str) -> str:
    return page[page.index('<div class="periods">') : page.index("<figure") if "<figure" in page else None]


def test_files_and_what_is_none(site: Site) -> None:
    client = site.as_role("manager")
    for kind, type in (("png", "image/png"), ("svg", "image/svg+xml"), ("pdf", "application/pdf")):
        answer = client.get(f"/numbers/people.{kind}?{YEAR}")
        assert answer.status_code == 200 and answer.headers["content-type"] == type
        assert f"perthyn-people-2025-10-01-2026-09-30.{kind}" in answer.headers["content-disposition"]
    for address, status in (
        ("/numbers/people.doc", 404), ("/numbers/nothing.csv", 404), ("/numbers?chart=nothing", 404),
        ("/numbers?step=week", 404), ("/numbers?since=tomorrow", 422),
        ("/numbers?since=2030-01-01&until=2020-01-01", 422),
        ("/numbers?since=1500-01-01", 422), ("/numbers?until=9999-12-31", 422), ("/numbers?until=0001-01-01", 422),
        ("/numbers?compare=yes&since=2024-02-29&until=2024-02-29", 200), ("/numbers?chart=segments&segment=x", 200),
    ):  # fmt: skip
        assert client.get(address).status_code == status, address


def test_the_report_is_one_page_and_its_numbers_open(site: Site) -> None:
    client = site.as_role("manager")
    page = client.get(f"/numbers/report?{YEAR}")
    assert page.status_code == 200 and page.text.count("<svg xmlns") == 8
    ids = re.findall(r'\bid="([^"]+)"', page.text)
    assert len(ids) == len(set(ids))
    address = unescape(re.findall(r'href="(/numbers/people/visitors[^"]*)"', page.text)[0])
    people = client.get(address)
    count = site.crm.number("visitors", date(2025, 10, 1), date(2026, 9, 30)).value
    assert 0 < len(re.findall(r'href="/contacts/[0-9a-f-]{36}"', people.text)) == min(count, 200)


@pytest.mark.parametrize("role", ["front_of_house", "volunteer"])
def test_whoever_may_see_no_numbers_is_shown_none(site: Site, role: str) -> None:
    client = site.as_role(role)
    for address in ("/numbers", "/numbers/report", "/numbers/visits.csv", "/numbers/people/visitors"):
        assert client.get(address).status_code == 403, address


@pytest.mark.parametrize("role", ["marketing", "read_only"])
def test_what_one_may_not_see_is_not_there(site: Site, role: str) -> None:
    client = site.as_role(role)
    page, report = client.get("/numbers").text, client.get(f"/numbers/report?{YEAR}").text
    assert "chart=visits" in page and "chart=income" not in page
    assert "£" not in page + report and "Income" not in report
    assert client.get("/numbers?chart=income").status_code == 403
    assert client.get("/numbers/income.csv").status_code == 403
    assert client.get("/numbers/people/income").status_code == 403


def test_an_empty_house_says_so(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    for chart in ("visits", "income", "people", "segments"):
        page = client.get(f"/numbers?chart={chart}")
        assert page.status_code == 200 and "<svg xmlns" not in page.text
    assert client.get("/numbers/report").status_code == 200
    for kind in ("csv", "png"):
        assert client.get(f"/numbers/segments.{kind}").status_code == 200
