"""`perthyn report`: eight numbers, each with its denominator and day, and everybody's scores; all open to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice

import click

from perthyn.cli.output import Screen
from perthyn.cli.session import Session, session
from perthyn.cli.shown import contact_head, contact_row, json_option
from perthyn.crm.reports import NAMES, Number
from perthyn.crm.scores import FIFTHS, Scores
from perthyn.model import Contact
from perthyn.text import Translator
from perthyn.words.typed import typed_day


@click.group(invoke_without_command=True)
@click.option("--as-of", help="The day it is worked out for; without it, today.")
@click.option("--since", help="The first day counted; without it, a year before.")
@click.option("--open", "opened", metavar="NUMBER", help="Show the people one number counts, by its name.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def report(context: click.Context, as_of: str | None, since: str | None, opened: str | None, limit: int) -> None:
    """Eight numbers about visits, income, members and who can be reached, each with what it is a share of.

    Example: perthyn report --since 1/4/2025 --as-of 31/3/2026

    With --json: a list: name, label, whole_label, value, whole, as_of, since, unit, currency (money is in pence),
    parts, rule, share. With --open: the people, each with all fields, and no limit.
    """
    if context.invoked_subcommand:
        return
    s = session(context)
    crm = s.crm()
    zone, today = crm.settings.zone, crm.today()
    first, last = typed_day(since, today, zone), typed_day(as_of, today, zone)
    if opened:
        _show_people(s, crm.people_of(crm.number(opened, first, last)), limit)
        return
    numbers = crm.report(first, last)
    if s.screen.data([_json(one) for one in numbers]):
        return
    _show(s.t, s.screen, numbers)


@report.command()
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind of interaction; can be repeated.")
@click.option("--as-of", help="The day it is worked out for; without it, today.")
@click.option(
    "--open", "opened", nargs=3, type=click.IntRange(1, FIFTHS), metavar="RECENCY FREQUENCY MONEY",
    help="Show the people of one cell, by its three fifths.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def scores(
    context: click.Context, kinds: Sequence[str], as_of: str | None, opened: tuple[int, int, int] | None, limit: int
) -> None:
    """How lately, how often and with how much money everybody came, in fifths: 5 is the latest, most often, most.

    Example: perthyn report scores --kind donation --open 5 5 5

    With --json: as_of, kinds, currency, people, the ranges of the five fifths of recency, frequency and money (in
    pence), and cells: how many people have each three fifths. With --open: the people, each with all fields, no limit.
    """
    s = session(context)
    crm = s.crm()
    found = crm.scores(kinds, typed_day(as_of, crm.today(), crm.settings.zone))
    if opened:
        _show_people(s, crm.people_of_cell(found, opened), limit)
    elif not s.screen.data(_scores_json(found)):
        _show_scores(s.t, s.screen, found)


def _scores_json(found: Scores) -> dict[str, object]:
    cells = [
        {"recency": recency, "frequency": frequency, "money": money, "people": people}
        for (recency, frequency, money), people in found.cells.items()
    ]
    return {
        "as_of": found.as_of, "kinds": sorted(found.kinds or ()), "currency": found.currency, "people": found.people,
        "recency": [one and tuple(map(date.fromordinal, one)) for one in found.recency],
        "frequency": found.frequency, "money": found.money, "cells": cells,
    }  # fmt: skip


def _show_scores(t: Translator, screen: Screen, found: Scores) -> None:
    fifths = range(FIFTHS, 0, -1)
    screen.sentence(t.n("{n} person, as of {day}", "{n} people, as of {day}", found.people, day=found.as_of))
    ranges = [
        [
            fifth,
            _range(t, [t.day(date.fromordinal(day)) for day in found.recency[fifth - 1] or ()]),
            _range(t, [t.number(count) for count in found.frequency[fifth - 1] or ()]),
            _range(t, [t.money(amount, found.currency) for amount in found.money[fifth - 1] or ()]),
        ]
        for fifth in fifths
    ]
    screen.table([t("Fifth"), t("Recency"), t("Frequency"), t("Money")], ranges, "<<<<")
    rows: list[list[object]] = []
    for recency in fifths:
        for frequency in fifths:
            people = [found.cells.get((recency, frequency, money), 0) for money in fifths]
            if any(people):
                rows.append([recency, frequency, *map(t.number, people)])
    heads = [t("Money: {fifth}", fifth=money) for money in fifths]
    screen.table([t("Recency"), t("Frequency"), *heads], rows, "<<" + ">" * FIFTHS)


def _range(t: Translator, ends: Sequence[str]) -> str:
    return t("{since} to {until}", since=ends[0], until=ends[1]) if ends else ""


def _show_people(s: Session, people: Iterable[Contact], limit: int) -> None:
    if s.screen.data(people):
        return
    shown = list(islice(people, limit + 1))
    s.screen.table(contact_head(s.t), [contact_row(s.t, one) for one in shown[:limit]])
    if len(shown) > limit:
        s.screen.sentence(s.t("There are more; show them with: --limit"))


def _json(one: Number) -> dict[str, object]:
    fields = {name: getattr(one, name) for name in Number.__dataclass_fields__}
    return {**fields, "share": one.share}


def _show(t: Translator, screen: Screen, numbers: list[Number]) -> None:
    rows: list[list[object]] = []
    for one in numbers:
        rows.append([t(one.label), _value(t, one, one.value), _share(t, one), _window(t, one), one.name])
        rows += [[f"  {t(what)}", _value(t, one, value), "", "", ""] for what, value in one.parts]
    screen.table([t("What"), t("Number"), t("Share"), t("When"), t("Name")], rows, "<><<<")
    screen.sentence(t("The people of one: perthyn report --open NAME. Names: {names}", names=list(NAMES)))


def _value(t: Translator, one: Number, value: int) -> str:
    return t.money(value, one.currency) if one.unit == "money" else t.number(value)


def _share(t: Translator, one: Number) -> str:
    if one.whole is None:
        return ""
    if one.share is None:
        return t("no data")
    share = f"{one.share:.0%}"
    return t("{share} {of_what} ({whole})", share=share, of_what=t(one.whole_label), whole=t.number(one.whole))


def _window(t: Translator, one: Number) -> str:
    if one.since is None:
        return t("on {day}", day=one.as_of)
    return t("{since} to {until}", since=one.since, until=one.as_of)
