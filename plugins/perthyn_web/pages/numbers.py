"""Numbers: how visits, income, people and segments went, as charts with their tables; the report, to print or keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from urllib.parse import urlencode

from perthyn.crm.reports import Number
from perthyn.crm.trends import STEPS, Trend, months_on
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Segment
from perthyn.screens import Reply, Screens, Sent, Shown, Visit
from perthyn.text import nearest, phrase
from perthyn_web.charts import FILES, Graph, figure, graph_of, picture, spec_of
from perthyn_web.numbers import said, segments_drawn, share

screens = Screens()
screens.entry("/numbers", phrase("Numbers"), "report.read", icon="chart-line", order=600)
LABELS = {
    "visits": phrase("Visits"),
    "income": phrase("Income"),
    "people": phrase("New and returning people"),
    "segments": phrase("Sizes of segments"),
}
STEP_LABELS = {"month": phrase("By month"), "quarter": phrase("By quarter"), "year": phrase("By year")}
PEOPLE = 200
"""How many people of a number are listed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a chart, its days and steps, whether beside the year before, and which segments."""

    chart: str
    since: date
    until: date
    step: str = "month"
    compare: bool = False
    segments: tuple[Segment, ...] | None = None

    def address(self, path: str = "/numbers", **changes: str | None) -> str:
        """The address that asks for this, with some of it changed; None takes a part out."""
        facts: dict[str, str | None] = {
            "chart": self.chart, "since": f"{self.since}", "until": f"{self.until}", "step": self.step,
            "compare": "yes" if self.compare else None, **changes,
        }  # fmt: skip
        pairs = [(name, value) for name, value in facts.items() if value is not None]
        pairs += [("segment", str(one.id)) for one in self.segments or ()] if facts["chart"] == "segments" else []
        return f"{path}?{urlencode(pairs)}"


@screens.get("/numbers", "report.read")
def numbers(visit: Visit) -> Reply:
    """One chart, with its table; the others a step away."""
    known = visit.crm.trends()
    trouble: dict[str, Exception] = {}
    try:
        asked = _asked(visit, known)
        drawn = figure(_graph(visit, asked), visit.t)
    except (Unknown, Forbidden):
        raise
    except PerthynError as error:
        trouble["since"] = error
        asked = _usual(visit, known)
        drawn = figure(_graph(visit, asked), visit.t)
    facts = {
        "asked": asked, "drawn": drawn, "files": list(FILES), "names": visit.query, "periods": _periods(visit, asked),
        "charts": [(asked.address(chart=name), visit.t(LABELS[name])) for name in known],
        "steps": [(name, visit.t(label)) for name, label in STEP_LABELS.items()],
        "segments": visit.crm.segments() if asked.chart == "segments" else [],
        "chosen": {one.id for one in asked.segments or ()},
    }  # fmt: skip
    return Shown("numbers/numbers.html", facts, trouble)


@screens.get("/numbers/{name}.{kind}", "report.read")
def file(visit: Visit, name: str, kind: str) -> Reply:
    """A chart as a file: its numbers (CSV), or the picture."""
    if kind != "csv" and kind not in FILES:
        raise Unknown("web.numbers.file", name=kind, suggestion=nearest(kind, FILES), known=", ".join(("csv", *FILES)))
    asked = replace(_asked(visit, visit.crm.trends()), chart=name)
    graph = _graph(visit, asked)
    called = f"perthyn-{name}-{asked.since}-{asked.until}.{kind}"
    if kind == "csv":
        return Sent(graph.csv(), "text/csv; charset=utf-8", called)
    body = picture(spec_of(graph, visit.t, "file"), graph.title, graph.summary, kind)
    return Sent(body, FILES[kind], called)


@screens.get("/numbers/report", "report.read")
def report(visit: Visit) -> Reply:
    """All charts and the numbers of the report on one page, to be printed or kept as PDF."""
    known = visit.crm.trends()
    asked = _asked(visit, known)
    drawn = [figure(_graph(visit, replace(asked, chart=name)), visit.t) for name in known]
    told = visit.crm.report(asked.since, asked.until)
    return Shown(
        "numbers/report.html",
        {
            "asked": asked,
            "figures": [one for one in drawn if one.graph.rows],
            "numbers": [_told(visit, n) for n in told],
        },
    )


@screens.get("/numbers/people/{name}", "contact.read")
def people(visit: Visit, name: str) -> Reply:
    """Whom a number of the report counts."""
    asked = _asked(visit, visit.crm.trends())
    number = visit.crm.number(name, asked.since, asked.until)
    found = list(islice(visit.crm.people_of(number), PEOPLE))
    return Shown(
        "numbers/people.html", {"asked": asked, "number": _told(visit, number), "found": found, "most": PEOPLE}
    )


def _graph(visit: Visit, asked: Asked) -> Graph:
    trend = _trend(visit, asked)
    earlier = replace(asked, since=year_back(asked.since), until=year_back(asked.until))
    return graph_of(trend, visit.t, _trend(visit, earlier) if asked.compare else None)


def _trend(visit: Visit, asked: Asked) -> Trend:
    segments = None
    if asked.chart == "segments":
        segments = asked.segments or segments_drawn(visit.crm)
    return visit.crm.trend(asked.chart, asked.since, asked.until, asked.step, segments)


def _usual(visit: Visit, known: list[str]) -> Asked:
    today = visit.crm.today()
    return Asked(visit.query.get("chart") or known[0], months_on(today, -11), today)


def _asked(visit: Visit, known: list[str]) -> Asked:
    """What the address asks for. Raises `PerthynError` (``web.numbers.day``) for a day that is none."""
    usual, query = _usual(visit, known), visit.query
    until = _day(query.get("until", ""), usual.until)
    since = _day(query.get("since", ""), months_on(until, -11) if until.year > 1 else until)
    step = query.get("step", "month")
    wanted = set(query.all("segment"))
    chosen = tuple(one for one in visit.crm.segments() if str(one.id) in wanted) if wanted else None
    return Asked(usual.chart, since, until, step, query.get("compare") == "yes", chosen)


def _day(text: str, usual: date) -> date:
    try:
        return date.fromisoformat(text) if text else usual
    except ValueError as error:
        raise PerthynError("web.numbers.day", text=text) from error


def _periods(visit: Visit, asked: Asked) -> list[tuple[str, str, bool]]:
    """Addresses of periods that are often asked for, each with its name, and whether it is the one shown."""
    today, t = visit.crm.today(), visit.t
    year = months_on(today, -((today.month - visit.crm.settings.year_starts) % STEPS["year"]))
    before = months_on(year, -12)
    wanted = (
        (t("The last twelve months"), months_on(today, -11), today, "month"),
        (t("This year"), year, today, "month"),
        (t("Last year"), before, date.fromordinal(year.toordinal() - 1), "month"),
        (t("The last five years"), months_on(year, -48), today, "year"),
    )
    shown = (asked.since, asked.until, asked.step)
    return [
        (asked.address(since=f"{since}", until=f"{until}", step=step), name, (since, until, step) == shown)
        for name, since, until, step in wanted
    ]


def _told(visit: Visit, number: Number) -> dict[str, object]:
    """A number of the report in words, with the address of its people where the person may see them."""
    t, crm = visit.t, visit.crm
    days = urlencode({"since": number.since or number.as_of, "until": number.as_of})
    has_people = crm.actor.may("contact.read") and (number.rule or number.name == "reachable")
    parts = [(t(label), said(number, part, t)) for label, part in number.parts]
    return {"label": t(number.label), "value": said(number, number.value, t), "share": share(number, t), "parts": parts,
            "name": number.name, "people": f"/numbers/people/{number.name}?{days}" if has_people else ""}  # fmt: skip


def year_back(day: date) -> date:
    """The same day of the year before; of 29 February the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February, or the first year there is
        return day.replace(year=max(day.year - 1, 1), day=28 if day.month == 2 else day.day)
