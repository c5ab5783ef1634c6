"""`perthyn campaign report`: who got it, what came back, what it brought; each number with what it is a share of."""

from __future__ import annotations

from pathlib import Path

import click

from perthyn.cli.campaign_chart import chart
from perthyn.cli.campaign_words import held_table
from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.contacting.words import CREDITED, LANGUAGE, RESPONSE
from perthyn.crm import Crm
from perthyn.crm.outcome_words import measured, numbers
from perthyn.crm.outcomes import OTHERS, RESPONSES, Part, Report
from perthyn.errors import PerthynError
from perthyn.text import Translator
from perthyn.words.records import kind_word


@click.command()
@click.argument("name")
@click.option("--by", "segments", metavar="SEGMENT", multiple=True, help="By segment, in this order; may be repeated.")
@click.option("--chart", "drawn", type=click.Path(), help="Draw it to this .svg file, in both languages.")
@json_option
@click.pass_context
def report(context: click.Context, name: str, segments: tuple[str, ...], drawn: str | None) -> None:
    """What came of a campaign: sent, held, came back, answered, income and return, by language and by segment.

    What nothing measures is said to be not measured; it is never 0. Money is net of refunds.

    Example: perthyn campaign report spring-news --by "Members" --chart spring.svg

    With --json: campaign, as_of, currency, whole, held, measured, languages, segments, outside, roi, rule (money is in
    pence; a response that is not measured is null).
    """
    s = session(context)
    crm = s.crm()
    found = crm.campaign_report(crm.campaign(name), [crm.segment(one) for one in segments])
    if drawn:
        _draw(Path(drawn), found)
    if s.screen.data(_json(s.t, found)):
        return
    _show(s, crm, found)
    if drawn:
        s.screen.sentence(s.t("Drawn: {file}", file=drawn))


def _draw(file: Path, found: Report) -> None:
    try:
        file.write_text(chart(found), encoding="utf-8")
    except OSError as error:
        raise PerthynError("export.unwritable", file=str(file), why=error.strerror or str(error)) from error


def _part_json(found: Report, part: Part) -> dict[str, object]:
    return {
        "lines": dict(part.lines), "sent": part.sent, "covered": part.covered, "delivered": found.delivered(part),
        **{name: found.response(part, name) for name in RESPONSES}, "bounced_hard": part.bounced_hard,
        "income": dict(part.income), "total": part.total, "named": part.named, "buyers": part.buyers,
    }  # fmt: skip


def _json(t: Translator, found: Report) -> dict[str, object]:
    one = found.campaign
    return {
        "campaign": {"id": one.id, "code": one.code, "state": one.state, "channel": one.channel, "cost": one.cost},
        "as_of": found.as_of, "currency": found.currency, "whole": _part_json(found, found.whole),
        "held": found.held, "measured": sorted(found.measured),
        "languages": {name: _part_json(found, part) for name, part in found.languages.items()},
        "segments": {name: _part_json(found, part) for name, part in found.segments.items()},
        "outside": found.outside, "roi": found.roi, "rule": t(CREDITED, days=one.income_days),
    }  # fmt: skip


def _show(s: Session, crm: Crm, found: Report) -> None:
    t = s.t
    one = found.campaign
    s.screen.heading(t("{name}, as of {day}", name=one.name(t.language), day=found.as_of))
    s.screen.table([t("What"), t("Number"), t("Share")], [list(row) for row in numbers(t, found)], "<><")
    held_table(s, found.held)
    s.screen.heading(t("Income"))
    kinds = crm.kinds()
    rows: list[list[object]] = [
        [kind_word(t, kinds, kind, 2), t.money(amount, found.currency)] for kind, amount in found.whole.income.items()
    ]
    rows.append([t("Together"), t.money(found.whole.total, found.currency)])
    rows.append([t("of it, names the campaign"), t.money(found.whole.named, found.currency)])
    rows.append([t("of it, from people it did not write to"), t.money(found.outside, found.currency)])
    rows.append([t("Cost"), t("no data") if one.cost is None else t.money(one.cost, found.currency)])
    rows.append([t("Return: (income - cost) / cost"), t("no data") if found.roi is None else f"{found.roi:.0%}"])
    s.screen.table([t("What"), t("Amount")], rows, "<>")
    s.screen.sentence(t(CREDITED, days=one.income_days))
    languages = {t(LANGUAGE[name]): part for name, part in found.languages.items()}
    for title, parts in ((t("By language"), languages), (t("By segment"), found.segments)):
        if parts:
            s.screen.heading(title)
            _table_of(s, found, {t("others") if name == OTHERS else name: part for name, part in parts.items()})


def _table_of(s: Session, found: Report, parts: dict[str, Part]) -> None:
    t = s.t
    head = [t("Which"), t("Sent"), t("Delivered"), *(t(RESPONSE[name]) for name in RESPONSES[1:]), t("Income")]
    rows: list[list[object]] = [
        [name, part.sent, measured(t, found.delivered(part)),
         *(measured(t, found.response(part, one)) for one in RESPONSES[1:]), t.money(part.total, found.currency)]
        for name, part in parts.items()
    ]  # fmt: skip
    s.screen.table(head, rows, "<" + ">" * (len(head) - 1))


COMMANDS: tuple[click.Command, ...] = (report,)
"""What `perthyn campaign` has of these."""
