"""`perthyn contact may|said|obtained|grounds`: whether somebody may be contacted, and what that rests on."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.contacting import Decision
from perthyn.contacting.door import CHANNELS, MAILING
from perthyn.contacting.grounds import Grounds
from perthyn.contacting.words import CHANNEL, MATTERS
from perthyn.crm import Crm, View
from perthyn.crm.permission import SAYING
from perthyn.model import Consent, Obtained, Record, Screening
from perthyn.text import Translator, phrase
from perthyn.words.permission import CONNECTION, consent_words, obtained_words, rule_step, rule_words, screening_words
from perthyn.words.typed import typed_day

ASKED = (*MAILING, "service")
GROUND = {
    "charity": phrase("We are a charity"),
    "sales": phrase("The commercial soft opt-in: we tell buyers about similar things of ours"),
    "support": phrase("The charitable soft opt-in: we tell supporters about our charity's purpose"),
    "post": phrase("Our legitimate interest, for letters"),
    "calls": phrase("Our legitimate interest, for calls to numbers held against TPS or CTPS"),
    "companies": phrase("Our legitimate interest, for emails and texts to companies"),
}
by_option = click.option("--by", "channels", type=click.Choice(CHANNELS), multiple=True, help="By which way.")
on_option = click.option("--on", "on", help="The day, for example 12/3/2026; without it, now.")
how_option = click.option("--how", help="How: paper form, phone, web form ...")
evidence_option = click.option("--evidence", help="Where it can be seen: a box, a file, a link.")


@click.command()
@click.argument("who")
@json_option
@click.pass_context
def may(context: click.Context, who: str) -> None:
    """Show whether a person may be contacted, for what and how, by which rule, and what would change it.

    Example: perthyn contact may "Siân Llŷr"

    With --json: a list of purpose, channel, allowed, rule, why, next, address, must_offer, evidence.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    asked = [(purpose, channel, decision) for purpose in ASKED
             for channel, decision in crm.permissions(one, purpose).items()]  # fmt: skip
    if s.screen.json:
        s.screen.data([_as_data(s.t, *row) for row in asked])
        return
    t = s.t
    s.screen.heading(one.shown_name)
    rows: list[list[object]] = [
        [t(MATTERS[purpose]), t(CHANNEL[channel]), t("allowed") if told.allowed else t("not allowed"),
         f"{rule_words(t, told.rule)} {rule_step(t, told.rule)}",
         "; ".join(_rests(t, one, crm.zone) for one in told.evidence)]
        for purpose, channel, told in asked
    ]  # fmt: skip
    s.screen.table([t("For"), t("How"), t("May we?"), t("Why, and what next"), t("It rests on")], rows)


def _as_data(t: Translator, purpose: str, channel: str, told: Decision) -> dict[str, object]:
    return {
        "purpose": purpose, "channel": channel, "allowed": told.allowed, "rule": told.rule,
        "why": rule_words(t, told.rule), "next": rule_step(t, told.rule), "address": told.address,
        "must_offer": told.must_offer, "evidence": [{"type": one.type_name, **one.plain()} for one in told.evidence],
    }  # fmt: skip


def show_permission(crm: Crm, s: Session, view: View) -> None:
    """How somebody may be written to for marketing, and all that is recorded about it."""
    t = s.t
    _show_answers(s, view)
    records: list[tuple[str, Record]] = [
        *((t("Said"), one) for one in sorted(view.consents, key=lambda one: one.recorded)),
        *((t("Came to us"), one) for one in sorted(view.obtained, key=lambda one: one.at)),
        *((t("Checked"), one) for one in sorted(view.screenings, key=lambda one: one.checked)),
    ]
    s.screen.facts((label, _rests(t, one, crm.zone)) for label, one in records)


def _show_answers(s: Session, view: View) -> None:
    """What the door says of marketing, by each way."""
    s.screen.facts((s.t(CHANNEL[channel]), _answer(s.t, told)) for channel, told in view.permission.items())


def _answer(t: Translator, told: Decision) -> str:
    why = rule_words(t, told.rule)
    return t("Yes: {why}", why=why) if told.allowed else t("No: {why}", why=why)


def _rests(t: Translator, one: Record, zone: ZoneInfo) -> str:
    if isinstance(one, Consent):
        return consent_words(t, one, zone)
    if isinstance(one, Obtained):
        return obtained_words(t, one, zone)
    return screening_words(t, one, zone) if isinstance(one, Screening) else ""


@click.command()
@click.argument("who")
@click.argument("decision", type=click.Choice(SAYING))
@by_option
@click.option("--for", "purpose", type=click.Choice(MAILING), default="marketing", show_default=True, help="For what.")
@on_option
@how_option
@click.option("--wording", help="The words they said yes to.")
@click.option("--wording-version", help="Which version of the words.")
@click.option("--wording-language", "language", type=click.Choice(["cy", "en"]), help="The language of the words.")
@click.option("--address", help="When it is about one address or number only.")
@evidence_option
@json_option
@click.pass_context
def said(
    context: click.Context, /, who: str, decision: str, channels: tuple[str, ...], purpose: str, on: str | None,
    **told: Any,
) -> None:  # fmt: skip
    """Write down what a person said: yes (given), no (refused), a yes taken back (withdrawn), an objection.

    A yes needs --by, --wording and --how. A no without --by is for every way, and can't be undone; a yes that was
    recorded by mistake is taken back with: voided.

    Example: perthyn contact said "Siân Llŷr" given --by email --how "paper form" --wording "Send me news by email"

    With --json: the change: batch, number, created, edited, deleted, state, again.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    day = typed_day(on, crm.today(), crm.settings.zone)
    given = {name: value for name, value in told.items() if value}
    receipt = crm.record_consent(one.id, decision, channels, purpose=purpose, on=day, **given)
    if not s.screen.data(receipt):
        s.screen.sentence(s.t("Written down: {name} ({id}).", name=one.shown_name, id=one.id.hex[-6:]))
        _show_answers(s, crm.show(one.id))


@click.command()
@click.argument("who")
@click.option("--by", "channel", type=click.Choice(CHANNELS), required=True, help="What the address is for.")
@click.option("--from", "whom", type=click.Choice(["person", "third_party"]), required=True, help="Who gave it to us.")
@click.option("--in", "connection", type=click.Choice(list(CONNECTION)), required=True, help="In connection with what.")
@click.option("--could-refuse/--could-not-refuse", "refusable", default=False, help="Whether they could refuse then.")
@click.option("--company", is_flag=True, help="The line or mailbox is a company's (not a sole trader's).")
@click.option("--address", help="Which address or number; without it, the one we use.")
@on_option
@how_option
@evidence_option
@json_option
@click.pass_context
def obtained(
    context: click.Context, /, who: str, channel: str, whom: str, connection: str, refusable: bool, company: bool,
    on: str | None, **told: Any,
) -> None:  # fmt: skip
    """Write down how an address or number came to us: what a soft opt-in rests on. Undoable.

    Example: perthyn contact obtained "Siân Llŷr" --by email --from person --in support --could-refuse --on 3/3/2026

    With --json: what was written down.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    day = typed_day(on, crm.today(), crm.settings.zone)
    given = {name: value for name, value in told.items() if value}
    given |= {"refusable": refusable, "subscriber": "corporate" if company else "individual"}
    made, receipt = crm.record_obtained(one.id, channel, whom, connection, on=day, **given)
    if not s.screen.data(made):
        s.screen.sentence(s.t("Written down: {name} ({id}).", name=one.shown_name, id=one.id.hex[-6:]))
        s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))
        _show_answers(s, crm.show(one.id))


@click.command()
@click.option("--use", multiple=True, type=click.Choice(list(GROUND)), help="Rest on this from now on.")
@click.option("--stop", multiple=True, type=click.Choice(list(GROUND)), help="Rest on this no longer.")
@json_option
@click.pass_context
def grounds(context: click.Context, use: tuple[str, ...], stop: tuple[str, ...]) -> None:
    """Show or decide what you rest on beside a person's yes; each is no until you say so.

    For the last three, weigh your interest against theirs first and keep that in writing. A soft opt-in asks for a way
    to refuse in every message.

    Example: perthyn contact grounds --use charity --use support

    With --json: each of them, true or false.
    """
    s = session(context)
    t = s.t
    crm = s.crm()
    wanted = {**dict.fromkeys(use, True), **dict.fromkeys(stop, False)}
    now, receipt = crm.rest_on(wanted) if wanted else (crm.grounds(), None)
    if s.screen.data(now.plain()):
        return
    _show_grounds(s, now)
    if receipt is not None:
        s.screen.sentence(t("To take it back: perthyn undo {number}", number=receipt.number))


def _show_grounds(s: Session, now: Grounds) -> None:
    t = s.t
    rows: list[list[object]] = [
        [name, t("in use") if on else t("not in use"), t(GROUND[name])] for name, on in now.plain().items()
    ]
    s.screen.table([t("Ground"), t("Now"), t("What it is")], rows)


COMMANDS: tuple[click.Command, ...] = (may, said, obtained, grounds)
"""What `perthyn contact` has of these."""
