"""`perthyn report`: eight numbers, each with its denominator and day; each opens to its people."""

from __future__ import annotations

from itertools import islice

import click

from perthyn.cli.output import Screen
from perthyn.cli.session import session
from perthyn.cli.shown import contact_head, contact_row, json_option, typed_day
from perthyn.crm.reports import NAMES, Number
from perthyn.text import Translator


@click.command()
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
    s = session(context)
    crm = s.crm()
    zone, today = crm.settings.zone, crm.today()
    first, last = typed_day(since, today, zone), typed_day(as_of, today, zone)
    if opened:
        people = crm.people_of(crm.number(opened, first, last))
        if s.screen.data(people):
            return
        shown = list(islice(people, limit + 1))
        s.screen.table(contact_head(s.t), [contact_row(s.t, one) for one in shown[:limit]])
        if len(shown) > limit:
            s.screen.sentence(s.t("There are more; show them with: --limit"))
        return
    numbers = crm.report(first, last)
    if s.screen.data([_json(one) for one in numbers]):
        return
    _show(s.t, s.screen, numbers)


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
