"""`perthyn giftaid declare|end|confirm|declarations|gift`: declarations, and what is known of a gift."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import dry_run_option, json_option
from perthyn.crm import Crm
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact, Interaction
from perthyn.text import Translator
from perthyn.words.kept import kept_words
from perthyn.words.records import amount, label
from perthyn.words.typed import typed_amount, typed_day
from perthyn_donations import declaring
from perthyn_donations.claim_commands import CLAIMING
from perthyn_donations.gifts import note_gift
from perthyn_donations.letters import confirmation
from perthyn_donations.pledges import pledges
from perthyn_donations.records import Declaration
from perthyn_donations.words import COVERS, HOW, SAID, home, wording

on_option = click.option("--on", "on", help="The day, for example 12/3/2026; without it, today.")


@click.group()
def giftaid() -> None:
    """Gift Aid: declarations, what can be claimed and why not, and HMRC's spreadsheet."""


@giftaid.command()
@click.argument("who", required=False)
@click.option("--from", "file", type=click.Path(dir_okay=False, path_type=Path), help="A file of declarations.")
@on_option
@click.option("--covers", type=click.Choice(declaring.COVERS), help="One gift, four years back, from then on, or both.")
@click.option("--how", type=click.Choice(declaring.HOW), help="How it was made.")
@click.option("--wording", help="The words that explained it; without them, those of the settings.")
@click.option("--wording-version", help="Which version of the words.")
@click.option("--wording-language", "language", type=click.Choice(["cy", "en"]), help="The language of the words.")
@click.option("--title", help="The donor's title as declared.")
@click.option("--given", help="The first name as declared; without it, the contact's.")
@click.option("--family", help="The surname as declared; without it, the contact's.")
@click.option("--house", help="The house's name or number, where it does not begin the address.")
@click.option("--address", help="The home address as declared; without it, the contact's.")
@click.option("--postcode", help="The postcode as declared.")
@click.option("--abroad", "overseas", is_flag=True, help="The donor lives outside the UK.")
@click.option("--confirmed", help="Of a spoken one: the day its written confirmation was sent.")
@click.option("--charity", help="The charity it names; without it, ours.")
@click.option("--evidence", help="Where it can be seen: a box, a file, a link.")
@dry_run_option
@json_option
@click.pass_context
def declare(
    context: click.Context, /, who: str | None, file: Path | None, on: str | None, dry_run: bool, **told: Any
) -> None:
    """Write down that a person lets us claim Gift Aid: one declaration, or those of a file.

    It needs a first name or initial and a surname, a home address, what it covers, how it was made and the words that
    explained it. A file has columns such as name, address, postcode, date, covers, method, wording; each row that
    lacks something is named, and not written down. A column "Gift Aid: yes" of another file is no declaration.

    Example: perthyn giftaid declare "Siân Llŷr" --covers both --how written --wording "I am a UK taxpayer ..."

    With --json: the declaration; of a file: rows, made, there, refused, receipt.
    """
    s = session(context)
    crm = s.crm()
    if (who is None) == (file is None):
        raise click.UsageError(s.t("Give one person, or a file with: --from"))
    given = {name: value for name, value in told.items() if value}
    given.setdefault("wording", wording(crm, given.get("language", s.t.language)))
    if file is not None:
        _from_file(s, crm, file, str(given["wording"] or ""), dry_run)
        return
    if given.get("confirmed"):
        given["confirmed"] = typed_day(given["confirmed"], crm.today(), crm.settings.zone)
    one = crm.who(who or "")
    made, receipt = declaring.declare(crm, one, _day(crm, on), dry_run, **given)
    if s.screen.data(made):
        return
    if receipt is not None:
        s.screen.sentence(s.t("Written down: {name} ({id}).", name=one.shown_name, id=one.id.hex[-6:]))
    s.screen.facts(_told(s.t, made))
    if receipt is None:
        s.screen.sentence(s.t("Nothing has been written.") if dry_run else s.t("It had been written down before."))
        return
    if declaring.unconfirmed(made):
        s.screen.sentence(s.t("It counts 30 days after you have sent its written confirmation: "
                              "perthyn giftaid confirm"))  # fmt: skip
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


def _from_file(s: Session, crm: Crm, file: Path, wording: str, dry_run: bool) -> None:
    done = declaring.declare_from(crm, file, wording, dry_run)
    if s.screen.data(done):
        return
    t = s.t
    s.screen.facts(
        [
            (t("Rows"), t.number(done.rows)),
            (t("Declarations written down"), t.number(0 if dry_run else done.made)),
            (t("Would be written down"), t.number(done.made) if dry_run else None),
            (t("There already"), t.number(done.there)),
            (t("Refused"), t.number(len(done.refused))),
        ]
    )
    rows = [[number, *t.error(error)] for number, error in done.refused]
    if rows:
        s.screen.table([t("Row"), t("What is wrong"), t("What to do")], rows)
    if done.receipt is not None:
        s.screen.sentence(t("To take it back: perthyn undo {number}", number=done.receipt.number))


def _day(crm: Crm, text: str | None) -> date:
    return typed_day(text, crm.today(), crm.settings.zone) or crm.today()


@giftaid.command("end")
@click.argument("who")
@click.option("--why", type=click.Choice(declaring.ENDS), required=True, help="Why it no longer holds.")
@on_option
@click.option("--which", help="One declaration, by the end of its id; without it, all of that person.")
@json_option
@click.pass_context
def end_(context: click.Context, who: str, why: str, on: str | None, which: str | None) -> None:
    """Write down that somebody's declarations ended: cancelled, died, pays no tax; or that one was a mistake.

    Gifts before that day stay covered, but for a mistake, and for a spoken declaration taken back within 30 days.

    Example: perthyn giftaid end "Siân Llŷr" --why cancelled --on 3/3/2026

    With --json: what was written down.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    named = _which(crm, which, declaring.declarations(crm, one.id)) if which else None
    made, receipt = declaring.end(crm, one, why, _day(crm, on), named)
    if s.screen.data(made):
        return
    s.screen.sentence(s.t("Written down: {name} ({id}).", name=one.shown_name, id=one.id.hex[-6:]))
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


def _which(crm: Crm, ending: str, among: list[Declaration]) -> Declaration:
    found = [one for one in among if one.id.hex.endswith(ending.lower().replace("-", ""))]
    if len(found) != 1:
        raise Unknown("giftaid.end.unknown", name=ending, suggestion="")
    return found[0]


@giftaid.command()
@click.argument("who")
@on_option
@click.option("--letter", type=click.Path(dir_okay=False, path_type=Path), help="Write the letter to this text file.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@json_option
@click.pass_context
def confirm(context: click.Context, who: str, on: str | None, letter: Path | None, replace: bool) -> None:
    """Write the confirmation of a spoken declaration, and note that it was sent; 30 days later it counts.

    The letter is in the person's language; where that is not known, in both.

    Example: perthyn giftaid confirm "Siân Llŷr" --letter sian.txt

    With --json: the declarations that are confirmed.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    waiting = declaring.to_confirm(crm, one)
    if letter is not None:
        languages = (one.language,) if one.language in ("cy", "en") else ("cy", "en")
        day = _day(crm, on)
        texts = [confirmation(s.in_language(name), each, day) for each in waiting for name in languages]
        _write_letter(letter, "\n\n".join(texts), replace)
    confirmed, _ = declaring.confirm(crm, one, _day(crm, on))
    if not s.screen.data(confirmed):
        s.screen.sentence(s.t("Written down: {name} ({id}).", name=one.shown_name, id=one.id.hex[-6:]))
        if letter is not None:
            s.screen.sentence(s.t("The letter is in: {file}", file=str(letter)))


def _write_letter(file: Path, text: str, replace: bool) -> None:
    try:
        with file.open("w" if replace else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise PerthynError("giftaid.claim.there", file=str(file)) from None
    except OSError as error:
        raise PerthynError("giftaid.claim.unwritable", file=str(file), why=error.strerror or str(error)) from error


@giftaid.command("declarations")
@click.argument("who", required=False)
@json_option
@click.pass_context
def declarations_(context: click.Context, who: str | None) -> None:
    """Show the declarations of one person, or of all, and how they ended.

    Example: perthyn giftaid declarations "Siân Llŷr"

    With --json: each record.
    """
    s = session(context)
    crm = s.crm()
    found = declaring.declarations(crm, crm.who(who).id if who else None)
    if s.screen.data(found):
        return
    t = s.t
    names = {one.id: one.shown_name for one in _contacts(crm, found)}
    rows: list[list[object]] = [
        [one.id.hex[-6:], names.get(one.contact, ""), t.day(one.day), t(SAID[one.said]),
         t(COVERS[one.covers]) if one.said == "made" else "", t(HOW[one.how]) if one.how in HOW else one.how,
         home(one)]
        for one in found
    ]  # fmt: skip
    if not rows:
        s.screen.sentence(t("No declaration has been written down. Whom to ask: perthyn giftaid ask"))
        return
    s.screen.table([t("Id"), t("Name"), t("Date"), t("What"), t("Covers"), t("How"), t("Home address")], rows)


def _contacts(crm: Crm, found: list[Declaration]) -> list[Contact]:
    return list(crm.store.get(Contact, {one.contact for one in found}).values())


def _told(t: Translator, one: Declaration) -> list[tuple[str, object]]:
    """A declaration in lines; nothing that it lacks."""
    facts: list[tuple[str, object]] = [
        (label(t, Declaration, "day"), one.day), (label(t, Declaration, "covers"), t(COVERS[one.covers])),
        (label(t, Declaration, "how"), t(HOW[one.how]) if one.how in HOW else one.how),
    ]  # fmt: skip
    names = ("charity", "title", "given", "family", "house", "address", "postcode", "wording")
    return facts + [(label(t, Declaration, name), getattr(one, name)) for name in names]


@giftaid.command()
@click.argument("id")
@click.option("--fund", help="What it is for.")
@click.option("--nature", type=click.Choice(["gift", "sponsored", "admission", "purchase", "voucher"]),
              help="What it is: a raffle, an auction or a sale is a purchase; a CAF gift a voucher.")  # fmt: skip
@click.option("--normal-price", "normal", help="Of admission paid as a gift: the normal price.")
@click.option("--year-right", is_flag=True, help="It gives the right to come for twelve months.")
@click.option("--benefit", help="What the donor gets for it, in money.")
@click.option("--claimed-by", help="Who else claims the Gift Aid on it.")
@click.option("--refund-of", help="The gift that this one takes back, by the end of its id.")
@click.option("--credit", metavar="WHO", help="Whom else it is counted for: who asked for it, or gave by others.")
@click.option("--pledge", help="The pledge that it pays a part of, by the end of its id.")
@json_option
@click.pass_context
def gift(
    context: click.Context, /, id: str, refund_of: str | None, credit: str | None, pledge: str | None, **told: Any
) -> None:
    """Note what a gift is, what it is for and whom it is counted for; for Gift Aid that may decide.

    Its id stands in: perthyn giftaid eligible

    Example: perthyn giftaid gift 3f9a1c --fund Roof --credit "Huw Parry"

    With --json: what is noted of it.
    """
    s = session(context)
    crm = s.crm()
    found = _happened(crm, id)
    given = {name: value for name, value in told.items() if value}
    for name in {"normal", "benefit"} & given.keys():
        given[name] = typed_amount(given[name], "GBP")
    if refund_of:
        given["refund_of"] = _happened(crm, refund_of).id
    if credit:
        given["credit"] = crm.who(credit).id
    if pledge:
        given["pledge"] = _happened(crm, pledge).id
    made, receipt = note_gift(crm, found, given)
    if s.screen.data(made):
        return
    t = s.t
    for lines in kept_words(crm, t, [made]).values():
        for line in lines:
            s.screen.sentence(line)
    if receipt is not None:
        s.screen.sentence(t("To take it back: perthyn undo {number}", number=receipt.number))


@giftaid.command("pledges")
@click.argument("who", required=False)
@json_option
@click.pass_context
def pledges_(context: click.Context, who: str | None) -> None:
    """Show pledges, of one person or of all, and what has been paid of each.

    A gift pays a pledge where that is noted: perthyn giftaid gift GIFT --pledge PLEDGE

    Example: perthyn giftaid pledges "Siân Llŷr"

    With --json: pledge, contact, paid and open of each.
    """
    s = session(context)
    crm = s.crm()
    found = pledges(crm, crm.who(who).id if who else None)
    if s.screen.data([{"pledge": one.pledge, "contact": one.contact.id, "paid": one.paid, "open": one.open}
                      for one in found]):  # fmt: skip
        return
    t = s.t
    rows = [
        [one.pledge.id.hex[-6:], one.contact.shown_name, one.pledge.day, one.pledge.subject, amount(t, one.pledge),
         t.money(one.paid, one.pledge.currency or "GBP"), t.money(one.open, one.pledge.currency or "GBP")]
        for one in found
    ]  # fmt: skip
    head = [t("Id"), t("Name"), t("Date"), t("What for"), t("Amount"), t("Paid"), t("To come")]
    s.screen.table(head, rows, "<<<<>>>")


def _happened(crm: Crm, ending: str) -> Interaction:
    found = crm.store.ending(Interaction, ending.lower().replace("-", ""))
    if len(found) != 1:
        raise Unknown("giftaid.gift.unknown", name=ending, suggestion="")
    return crm.store.get(Interaction, found)[found[0]]


for _one in CLAIMING:
    giftaid.add_command(_one)
