"""`perthyn duplicates`: pairs that may be one person; joined field by field, or kept apart for good."""

from __future__ import annotations

import click

from perthyn.cli.output import Screen
from perthyn.cli.session import session
from perthyn.cli.shown import contact_head, contact_row, dry_run_option, json_option, pairs
from perthyn.crm.pairs import Pair
from perthyn.errors import PerthynError
from perthyn.model import Contact
from perthyn.text import Translator, phrase
from perthyn.words.records import label, value

WHY = {
    "email": phrase("the same email"),
    "phone": phrase("the same phone"),
    "name and postcode": phrase("the same surname, initial and postcode"),
    "id": phrase("the same id at the source"),
}


@click.group()
def duplicates() -> None:
    """Pairs that may be one person."""


@duplicates.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List the pairs we are unsure of, with the reason.

    Example: perthyn duplicates list

    With --json: a list of pairs: pair, left, right, reason, differ (field: the two values).
    """
    s = session(context)
    found = s.crm().pairs()
    if s.screen.data([_json(one) for one in found]):
        return
    if not found:
        s.screen.sentence(s.t("There is no pair to decide about."))
        return
    for one in found:
        _show(s.t, s.screen, one)
    s.screen.sentence(s.t.n("{n} pair to decide about.", "{n} pairs to decide about.", len(found)))
    s.screen.sentence(s.t("One person: perthyn duplicates join PAIR. Two people: perthyn duplicates apart PAIR"))


def _json(one: Pair) -> dict[str, object]:
    differ = {name: list(both) for name, both in one.differ.items()}
    return {"pair": one.problem.id, "left": one.left, "right": one.right, "reason": one.reason, "differ": differ}


def _show(t: Translator, screen: Screen, one: Pair) -> None:
    why = t(WHY[one.reason]) if one.reason in WHY else one.reason
    screen.heading(t("Pair {pair}: {why}", pair=one.problem.id.hex[-6:], why=why))
    left, right = contact_row(t, one.left), contact_row(t, one.right)
    rows = [[head, a, b] for head, a, b in zip(contact_head(t), left, right, strict=True)]
    differ = {name: both for name, both in one.differ.items() if name != "name"}
    rows += [[label(t, Contact, name), value(t, a), value(t, b)] for name, (a, b) in differ.items()]
    screen.table([t("Field"), t("First"), t("Second")], rows, "<<<")


@duplicates.command()
@click.argument("pair")
@click.option("--take", multiple=True, metavar="FIELD=other|both", help="Whose value stays where the two differ.")
@click.option("--into", "second", is_flag=True, help="The second stays, not the first.")
@dry_run_option
@json_option
@click.pass_context
def join(context: click.Context, pair: str, take: tuple[str, ...], second: bool, dry_run: bool) -> None:
    """Make one contact of a pair. The first stays and keeps its values, unless you say otherwise; undoable.

    Example: perthyn duplicates join 3fa2b1 --take name=other --take given=both

    With --json: the contact they became.
    """
    s = session(context)
    crm = s.crm()
    found = crm.pair(pair)
    choices = pairs(take)
    for name, choice in choices.items():
        if choice not in ("keep", "other", "both"):
            raise PerthynError("duplicates.take.unknown", field=name, choice=str(choice))
    if dry_run:
        _show(s.t, s.screen, found)
        s.screen.sentence(s.t("Nothing has been written."))
        return
    stays = found.right if second else found.left
    receipt = crm.join(found, choices, into=stays.id)
    became = crm.store.get(Contact, [stays.id])[stays.id]
    if not s.screen.data(became):
        s.screen.sentence(s.t("They are one now: {name} ({id}).", name=became.shown_name, id=became.id.hex[-6:]))
        s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


@duplicates.command()
@click.argument("pair")
@json_option
@click.pass_context
def apart(context: click.Context, pair: str) -> None:
    """Keep a pair apart: they are two people. It is remembered and not asked again.

    Example: perthyn duplicates apart 3fa2b1

    With --json: the change: batch, number, created, edited, deleted, state, again.
    """
    s = session(context)
    crm = s.crm()
    found = crm.pair(pair)
    receipt = crm.keep_apart(found)
    if s.screen.data(receipt):
        return
    s.screen.sentence(s.t("Kept apart: {left} and {right}.", left=found.left.shown_name, right=found.right.shown_name))
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))
