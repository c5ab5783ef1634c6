"""Letter: the numbers of a week or month beside those before it, and how the last twelve months went, with charts.

It says what the page says, by the same figures; what its reader may not see is not there, and nobody is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from uuid import UUID

from perthyn.contacting import letterhead
from perthyn.crm import Crm, Memo, Number
from perthyn.crm.trends import months_on
from perthyn.text import Translator, phrase
from perthyn_web.by_email.periods import Span, before
from perthyn_web.by_email.records import Every, Wish
from perthyn_web.charts import can_draw, graph_of, picture, spec_of
from perthyn_web.numbers import said, segments_drawn, share

KNOWN = phrase("by people we know")
SANS = "font-family: Arial, Helvetica, sans-serif;"
TABLE = f"width: 100%; border-collapse: collapse; margin: 0 0 26px; {SANS} line-height: 1.4;"
MANY = 5
"""With more columns than this a table is set smaller."""
CELL = "padding: 6px 0 6px 10px; border-bottom: 1px solid #b9b2a5; vertical-align: top;"
FIRST = "padding: 6px 0; border-bottom: 1px solid #b9b2a5; vertical-align: top;"


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers in words: `heads` of the columns, of which the first says what; a row whose name begins with a tab is a
    part of the one above it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the letter: a table, with what it says in a sentence and its chart (PNG) where it has them."""

    table: Table
    told: str = ""
    png: bytes = b""


def memo_of(crm: Crm, t: Translator, id: UUID, wish: Wish, name: str, every: Every, span: Span) -> Memo:
    """The letter to a user, for whom `crm` acts."""
    with crm.one_picture():
        parts = [*_totals(crm, t, every, span), *_charts(crm, t, span)]
    subject = t("Numbers from {since} to {until}", since=span.since, until=span.until)
    intro = t("As they stood in perthyn on {at}.", at=crm.clock().astimezone(crm.zone))
    feet = _feet(crm, t, wish)
    pictures = {f"chart{place}.{id.hex}@perthyn": part.png for place, part in enumerate(parts) if part.png}
    text, html = _text(subject, intro, parts, feet), _html(subject, intro, parts, feet, pictures, t)
    return Memo(id, wish.address, name, subject, text, html, t.language, pictures)


def _totals(crm: Crm, t: Translator, every: Every, span: Span) -> Iterator[Part]:
    """The report's numbers: those of a period beside the one before, then how things stand."""
    numbers = crm.report(span.since, span.until)
    earlier = before(every, span)
    spans = [(one, crm.number(one.name, earlier.since, earlier.until)) for one in numbers if one.since is not None]
    rows = [row for now, then in spans for row in _rows(now, then, t)]
    if rows and every == "week":
        yield Part(Table(t("The week beside the one before"), ("", t("That week"), t("The week before")), rows))
    elif rows:
        yield Part(Table(t("The month beside the one before"), ("", t("That month"), t("The month before")), rows))
    standing = [(t(one.label), said(one, one.value, t), share(one, t)) for one in numbers if one.since is None]
    if standing:
        yield Part(Table(t("How things stood on {day}", day=span.until), ("", t("Number"), t("Share")), standing))


def _rows(now: Number, then: Number, t: Translator) -> Iterator[Sequence[str]]:
    """A number and what it is made of. Of visits all come first: those by people we know are a part of them."""
    value, earlier, parts, before_it = now.value, then.value, dict(now.parts), dict(then.parts)
    label = now.label
    if now.name == "visits":
        parts, before_it = {KNOWN: value, **parts}, {KNOWN: earlier, **before_it}
        label, value, earlier = phrase("Visits"), now.whole or 0, then.whole or 0
    yield t(label), said(now, value, t), said(now, earlier, t)
    for name in {**parts, **before_it}:
        yield f"\t{t(name)}", said(now, parts.get(name, 0), t), said(now, before_it.get(name, 0), t)


def _charts(crm: Crm, t: Translator, span: Span) -> Iterator[Part]:
    """The charts of the page, over the twelve months that end with the period."""
    for name in crm.trends():
        segments = segments_drawn(crm) if name == "segments" else None
        graph = graph_of(crm.trend(name, months_on(span.until, -11), span.until, "month", segments), t)
        if not graph.rows:
            continue
        rows = [(place, *(graph.said(value, t) for value in values)) for place, values in graph.table()]
        drawn = can_draw() and not graph.empty
        png = picture(spec_of(graph, t, "letter"), graph.title, graph.summary, "png") if drawn else b""
        yield Part(Table(graph.title, (graph.places_are, *graph.columns()), rows), graph.summary, png)


# -- how it is written -----------------------------------------------------------------------------------------------


def _feet(crm: Crm, t: Translator, wish: Wish) -> list[tuple[str, str]]:
    """Where to look further, why it came and how to stop it: sentences, each with the address that it leads to."""
    base = str(crm.house.section("web").get("address", "")).rstrip("/")
    why = {
        "week": t("You get this each week because you asked for it."),
        "month": t("You get this each month because you asked for it."),
    }.get(wish.every or "", t("You get this once because you asked for it."))
    if not base:
        return [(why, ""), (t("To change or stop it, open Numbers in perthyn, and there By email."), "")]
    stop = t("Change or stop it")
    return [(t("See the numbers in perthyn"), f"{base}/numbers"), (why, ""), (stop, f"{base}/numbers/by-email")]


def _text(subject: str, intro: str, parts: Sequence[Part], feet: Sequence[tuple[str, str]]) -> str:
    lines = [subject, "=" * len(subject), "", intro]
    for one in parts:
        lines += ["", "", one.table.title, "-" * len(one.table.title), *([one.told, ""] if one.told else [])]
        for row in one.table.rows:
            named = zip(one.table.heads[1:], row[1:], strict=True)
            words = "; ".join(f"{head}: {value}" if head else value for head, value in named if value)
            lines.append(f"{row[0].replace(chr(9), '    ')} – {words}")
    lines += ["", "", "-- ", *(f"{words}: {address}" if address else words for words, address in feet)]
    return "\n".join(lines) + "\n"


def _html(
    subject: str, intro: str, parts: Sequence[Part], feet: Sequence[tuple[str, str]], pictures: Mapping[str, bytes],
    t: Translator,
) -> str:  # fmt: skip
    named = {png: name for name, png in pictures.items()}
    body = [f"<h1>{escape(subject)}</h1>\n<p>{escape(intro)}</p>\n"]
    for one in parts:
        body.append(f"<h2>{escape(one.table.title)}</h2>\n")
        if one.told:
            body.append(f'<p style="{SANS} font-size: 15px; line-height: 1.5;">{escape(one.told)}</p>\n')
        if one.png:
            alt = t("{title}: a chart of the numbers in the table below it", title=one.table.title)
            body.append(
                f'<p><img src="cid:{named[one.png]}" alt="{escape(alt)}" width="528"'
                ' style="display: block; width: 100%; max-width: 528px; height: auto; border: 0;"></p>\n'
            )
        body.append(_table(one.table))
    below = "".join(
        f'<p><a href="{escape(address)}">{escape(words)}</a></p>\n' if address else f"<p>{escape(words)}</p>\n"
        for words, address in feet
    )
    return letterhead.framed(escape(subject), [(t.language, "".join(body))], [(t.language, below)])


def _table(table: Table) -> str:
    heads = "".join(
        f'<th scope="col" align="{"right" if place else "left"}" style="{CELL if place else FIRST} font-size: 12px;">'
        f"{escape(head)}</th>"
        if head else f'<td style="{FIRST}"></td>'
        for place, head in enumerate(table.heads)
    )  # fmt: skip
    rows = []
    for name, *values in table.rows:
        indent = " padding-left: 16px;" if name.startswith("\t") else ""
        first = f'<th scope="row" align="left" style="{FIRST} font-weight: normal;{indent}">{escape(name.strip())}</th>'
        cells = "".join(f'<td align="right" style="{CELL}">{escape(value)}</td>' for value in values)
        rows.append(f"<tr>{first}{cells}</tr>\n")
    size = 14 if len(table.heads) <= MANY else 12
    return (
        f'<div style="overflow-x: auto;">\n<table style="{TABLE} font-size: {size}px;" '
        f'aria-label="{escape(table.title)}">\n<tr>{heads}</tr>\n{"".join(rows)}</table></div>\n'
    )
