"""`perthyn giftaid eligible|ask|claim|claims|adjust|small|check`: what can be claimed, and the claim itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import dry_run_option, json_option
from perthyn.contacting.words import CHANNEL
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.text import Translator
from perthyn.words.permission import rule_words
from perthyn.words.typed import typed_day
from perthyn_donations.books import Judged, books, take_up, tax
from perthyn_donations.checking import checked
from perthyn_donations.claims import Made, Plan, claim, marked, planned
from perthyn_donations.gifts import to_ask
from perthyn_donations.small import small
from perthyn_donations.words import CELL, cells, converted, giver, state, warnings, why

until_option = click.option("--until", help="Gifts up to this day, for example 5/4/2026; without it, today.")


@click.command()
@click.argument("who", required=False)
@json_option
@click.pass_context
def eligible(context: click.Context, who: str | None) -> None:
    """Show for each gift whether Gift Aid can be claimed on it, and why or why not; and how many have a declaration.

    Example: perthyn giftaid eligible "Siân Llŷr"

    With --json: gifts (id, contact, day, amount, net, claimed, eligible, rule, why, next), take_up.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    chosen = crm.who(who).id if who else None
    gifts = [one for one in books(crm).gifts if chosen is None or one.gift.contact == chosen]
    taken = take_up(gifts)
    if s.screen.data({"gifts": [_as_data(t, one) for one in gifts], "take_up": taken}):
        return
    rows: list[list[object]] = [
        [one.gift.id.hex[-6:], t.day(one.gift.day), giver(one), t.money(one.net, one.gift.currency or "GBP"),
         state(t, one),
         " ".join(filter(None, why(t, one.verdict)))]
        for one in gifts
    ]  # fmt: skip
    if not rows:
        s.screen.sentence(t("No gift is recorded."))
        return
    s.screen.table([t("Id"), t("Date"), t("Name"), t("Amount"), t("Gift Aid"), t("Why")], rows, "<<<><<")
    s.screen.facts(
        [
            (t("Gifts that could be claimed on"), t.number(taken.of_count)),
            (t("Of those, with a declaration"), t.number(taken.count)),
            (t("Their value"), t.money(taken.of_pence, "GBP")),
            (t("Of that, with a declaration"), t.money(taken.pence, "GBP")),
        ]
    )


def _as_data(t: Translator, one: Judged) -> dict[str, object]:
    wrong, step = why(t, one.verdict)
    return {
        "id": one.gift.id, "contact": one.gift.contact, "day": one.gift.day, "amount": one.gift.amount,
        "net": one.net, "claimed": one.claimed, "open": one.open, "eligible": one.verdict.yes, "rule": one.verdict.rule,
        "why": wrong, "next": step, "converted": one.donor.converted if one.donor else (),
    }  # fmt: skip


@click.command()
@json_option
@click.pass_context
def ask(context: click.Context) -> None:
    """Show whom to ask for a declaration, or for what is missing in one, and how they may be asked.

    Asking for what is missing is a service message; asking for a declaration is fundraising, and passes the one door.

    With --json: id, name, why, next, purpose, gifts, pence, and of each way: allowed, rule.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    found = to_ask(crm, books(crm))
    if s.screen.json:
        s.screen.data([
            {"id": one.contact.id, "name": one.contact.shown_name, "rule": one.rule, "purpose": one.purpose,
             "gifts": one.gifts, "pence": one.pence,
             "ways": {way: {"allowed": told.allowed, "rule": told.rule} for way, told in one.ways.items()}}
            for one in found
        ])  # fmt: skip
        return
    rows: list[list[object]] = []
    for one in found:
        ways = [t(CHANNEL[way]) for way, told in one.ways.items() if told.allowed]
        no = sorted({rule_words(t, told.rule) for told in one.ways.values()})
        rows.append([one.contact.id.hex[-6:], one.contact.shown_name, one.gifts, t.money(one.pence, "GBP"),
                     t.error(PerthynError(one.rule))[0].partition(":")[0],
                     ways or t("No: {why}", why=no[0])])  # fmt: skip
    if not rows:
        s.screen.sentence(t("There is nobody to ask."))
        return
    head = [t("Id"), t("Name"), t("Gifts"), t("Amount"), t("Why"), t("How they may be asked")]
    s.screen.table(head, rows, "<<>><<")


@click.command("claim")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@until_option
@click.option("--aggregate", default="", help="Put gifts under £30 together in rows with this description.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@dry_run_option
@json_option
@click.pass_context
def claim_(
    context: click.Context, file: Path | None, until: str | None, aggregate: str, replace: bool, dry_run: bool
) -> None:
    """Write all that can be claimed into HMRC's spreadsheet, and record it, so that nothing is claimed twice.

    With --dry-run each gift is explained: why it is in, why not, which letters were changed. FILE.ods holds 1,000
    rows; more go to FILE-2.ods, each of them a claim of its own at HMRC. The same command again writes the same files.

    Example: perthyn giftaid claim gift-aid-2026.ods --until 5/4/2026

    With --json: claim, files, again, rows, held, over_claimed.
    """
    s = session(context)
    crm = s.crm()
    day = typed_day(until, crm.today(), crm.settings.zone)
    if dry_run:
        _explain(s, crm, planned(crm, day, aggregate))
        return
    if file is None:
        raise click.UsageError(s.t("Give the name of the file, for example gift-aid.ods, or: --dry-run"))
    made, plan = claim(crm, file, day, aggregate, replace)
    if s.screen.json:
        s.screen.data({"claim": made.claim, "files": made.files, "again": made.again,
                       **(_plan_data(s.t, plan) if plan else {})})  # fmt: skip
        return
    _told(s, made)
    if plan is not None:
        _converted(s, plan)
        _warned(s, plan)
    elif planned(crm, day).places:
        s.screen.warning(s.t("Gifts wait that are not in it: choose another name for a new claim."))


def _explain(s: Session, crm: Crm, plan: Plan) -> None:
    """A dry run: each gift that is in, and each that is not."""
    t = s.t
    if s.screen.data(_plan_data(t, plan)):
        return
    s.screen.heading(t("What would be claimed"))
    rows: list[list[object]] = [
        [place.file, place.item, t.day(one.gift.day), giver(one), t.money(one.open, "GBP"),
         place.aggregated or cells(one.donor), why(t, one.verdict)[0]]
        for place in plan.places
        for one in place.gifts
    ]  # fmt: skip
    head = [t("File"), t("Item"), t("Date"), t("Name"), t("Amount"), t("In the file"), t("Why")]
    s.screen.table(head, rows, ">><<><<")
    _converted(s, plan)
    if plan.held:
        s.screen.heading(t("What is left out, and why"))
        rows = [[one.gift.id.hex[-6:], t.day(one.gift.day), giver(one), t.money(one.net, one.gift.currency or "GBP"),
                 *why(t, one.verdict)] for one in plan.held]  # fmt: skip
        head = [t("Id"), t("Date"), t("Name"), t("Amount"), t("Why"), t("What to do")]
        s.screen.table(head, rows, "<<<><<")
    s.screen.facts(
        [
            (t("Gifts to be claimed on"), t.money(plan.amount, "GBP")),
            (t("Tax to be had back"), t.money(tax(plan.amount), "GBP")),
            (t("Over-claimed before, to be paid back"), t.money(plan.over_claimed, "GBP")),
        ]
    )
    _warned(s, plan)
    s.screen.sentence(t("Nothing has been written."))


def _converted(s: Session, plan: Plan) -> None:
    """Every cell that is written otherwise than it was declared."""
    t = s.t
    if found := converted(plan):
        s.screen.heading(t("Written otherwise, since HMRC's check takes fewer letters"))
        rows: list[list[object]] = [[name, t(CELL[cell]), before, after or "–"] for name, cell, before, after in found]
        s.screen.table([t("Name"), t("Cell"), t("Declared"), t("In the file")], rows)


def _warned(s: Session, plan: Plan) -> None:
    for one in warnings(s.t, plan, tax(plan.amount)):
        s.screen.warning(one)


def _plan_data(t: Translator, plan: Plan) -> dict[str, object]:
    rows = [
        {"file": place.file, "item": place.item, "aggregated": place.aggregated, **_as_data(t, one)}
        for place in plan.places
        for one in place.gifts
    ]
    return {"rows": rows, "held": [_as_data(t, one) for one in plan.held], "amount": plan.amount,
            "tax": tax(plan.amount), "over_claimed": plan.over_claimed}  # fmt: skip


def _told(s: Session, made: Made) -> None:
    t = s.t
    if made.again:
        s.screen.sentence(t("This claim was recorded before; its files have been written again."))
    s.screen.facts(
        [
            (t("Files"), [str(one) for one in made.files]),
            (t("Gifts claimed on"), t.money(made.claim.amount, "GBP")),
            (t("Tax to be had back"), t.money(tax(made.claim.amount), "GBP")),
            (t("Over-claimed before, to be paid back"), t.money(made.claim.over_claimed, "GBP")),
        ]
    )
    s.screen.sentence(t("When HMRC has it: perthyn giftaid claims --sent {file}", file=made.claim.name))


@click.command()
@click.option("--sent", help="The claim of this file has been sent to HMRC.")
@click.option("--drop", help="The claim of this file will not be sent: all in it can be claimed again.")
@click.option("--on", help="The day it was sent; without it, today.")
@json_option
@click.pass_context
def claims(context: click.Context, sent: str | None, drop: str | None, on: str | None) -> None:
    """Show the claims, or note that one was sent, or that one will not be.

    With --json: each claim.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    if sent or drop:
        day: date | None = typed_day(on, crm.today(), crm.settings.zone)
        marked(crm, sent or drop or "", sent=day, drop=bool(drop) and not sent)
    found = books(crm).claims
    if s.screen.data(found):
        return
    rows: list[list[object]] = [
        [one.name, t.day(one.at.astimezone(crm.zone).date()), one.lines, t.money(one.amount, "GBP"),
         t.money(one.over_claimed, "GBP"),
         t("sent, {day}", day=one.sent) if one.sent else t("dropped") if one.dropped else t("not sent yet")]
        for one in found
    ]  # fmt: skip
    head = [t("File"), t("Made"), t("Lines"), t("Gifts"), t("Paid back"), t("State")]
    if not rows:
        s.screen.sentence(s.t("No claim has been made yet. See what one would hold: perthyn giftaid claim --dry-run"))
        return
    s.screen.table(head, rows, "<<>>><")


@click.command()
@json_option
@click.pass_context
def adjust(context: click.Context) -> None:
    """Show what was claimed and is not due any more: refunds after a claim, declarations taken back.

    The tax on it goes by itself into Box 2 of the next claim. A refund of which nobody knows the gift is shown too:
    say it with perthyn giftaid gift REFUND --refund-of GIFT

    With --json: owed (gift, claimed, due), over_claimed (tax in pence), unplaced.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    held = books(crm)
    owed = [one for one in held.gifts if one.open < 0]
    if s.screen.data({
        "owed": [{**_as_data(t, one), "due": one.claimed + one.open} for one in owed],
        "over_claimed": held.over_claimed,
        "unplaced": [{"id": one.id, "contact": one.contact, "day": one.day, "amount": one.amount}
                     for one in held.unplaced],
    }):  # fmt: skip
        return
    rows: list[list[object]] = [
        [one.gift.id.hex[-6:], t.day(one.gift.day), giver(one), t.money(one.claimed, "GBP"),
         t.money(one.claimed + one.open, "GBP"), "" if one.verdict.yes else why(t, one.verdict)[0]]
        for one in owed
    ]  # fmt: skip
    s.screen.table([t("Id"), t("Date"), t("Name"), t("Claimed"), t("Due"), t("Why")], rows, "<<<>><")
    s.screen.facts([(t("Tax over-claimed, for Box 2 of the next claim"), t.money(held.over_claimed, "GBP"))])
    if held.unplaced:
        s.screen.heading(t("Refunds of which nobody knows the gift"))
        s.screen.table([t("Id"), t("Date"), t("Amount")],
                       [[one.id.hex[-6:], t.day(one.day), t.money(one.amount or 0, one.currency or "GBP")]
                        for one in held.unplaced], "<<>")  # fmt: skip


@click.command("small")
@click.option("--year", type=click.IntRange(2013, 2099), help="The tax year that starts on 6 April of this year.")
@json_option
@click.pass_context
def small_(context: click.Context, year: int | None) -> None:
    """Show what the small donations scheme (GASDS) would bring: cash and contactless gifts of £30 and less.

    HMRC takes the sum on the claim itself, not in the spreadsheet.

    With --json: start, count, amount, over, claimed, last_day (pence).
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    found = small(crm, date(year, 4, 6) if year else None)
    if s.screen.data(found):
        return
    s.screen.facts(
        [
            (t("Tax year from"), found.start),
            (t("Small gifts"), t.number(found.count)),
            (t("Their sum"), t.money(found.amount, "GBP")),
            (t("Above £30, left out"), t.number(found.over)),
            (t("Gifts of that year in Gift Aid claims"), t.money(found.claimed, "GBP")),
            (t("The top-up can be claimed on"), t.money(found.usable, "GBP")),
            (t("Top-up"), t.money(found.top_up, "GBP")),
            (t("To be claimed by"), found.last_day),
        ]
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Check a Gift Aid spreadsheet by HMRC's rules, whoever wrote it.

    With --json: a list of code and facts, empty where all is well.
    """
    s = session(context)
    t = s.t
    found = checked(file, s.crm(passing=True).today())
    if not s.screen.data(found):
        for one in found:
            s.screen.sentence(" ".join(t.error(one)))
        if not found:
            s.screen.sentence(t("Nothing is wrong with it."))
    if found:
        context.exit(1)


CLAIMING: tuple[click.Command, ...] = (eligible, ask, claim_, claims, adjust, small_, check)
"""What `perthyn giftaid` has of these."""
