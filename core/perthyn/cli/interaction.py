"""`perthyn interaction`: note what happened."""

from __future__ import annotations

from typing import Any

import click

from perthyn.cli.session import session
from perthyn.cli.shown import json_option
from perthyn.words.records import happened
from perthyn.words.typed import typed_amount, typed_day


@click.group()
def interaction() -> None:
    """Note what happened."""


@interaction.command()
@click.argument("who")
@click.argument("kind")
@click.option("--on", "day", help="The day, for example 12/3/2026 or 12 Mawrth 2026; without it, today.")
@click.option("--amount", help="The money, for example £12.50.")
@click.option("--party-size", type=click.IntRange(1), help="How many people came.")
@click.option("--quantity", type=int, help="How many things.")
@click.option("--subject", help="What it was about.")
@click.option("--event", help="The event.")
@click.option("--site", help="The place.")
@click.option("--campaign", help="The campaign.")
@click.option("--channel", help="How it came: desk, phone, web.")
@click.option("--text", help="A comment.")
@json_option
@click.pass_context
def add(context: click.Context, /, who: str, day: str | None, amount: str | None, **given: Any) -> None:
    """Note a visit, a donation, a call or anything else that happened.

    Example: perthyn interaction add "Siân Llŷr" donation --amount £20 --on 12/3/2026

    With --json: the interaction as it was stored.
    """
    s = session(context)
    crm = s.crm(create=True)
    contact = crm.who(who)
    values = dict(given)
    values["day"] = typed_day(day, crm.today(), crm.settings.zone)
    values["amount"] = typed_amount(amount, crm.settings.currency)
    made, receipt = crm.add_interaction(contact.id, values)
    if not s.screen.data(made):
        what = happened(s.t, crm.kinds(), made)
        s.screen.sentence(s.t("Noted for {name}, {day}: {what}", name=contact.shown_name, day=made.day, what=what))
        s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))
