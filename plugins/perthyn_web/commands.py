"""`perthyn user` and `perthyn token`: who may come into the web app, and which systems."""

from __future__ import annotations

from typing import Any

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.crm.roles import ROLE_TITLES
from perthyn.errors import PerthynError
from perthyn_web.accounts import invitations, tokens, users
from perthyn_web.accounts.records import Token, User
from perthyn_web.accounts.tokens import LONGEST
from perthyn_web.by_email import keeping
from perthyn_web.by_email.records import EVERY, Wish

SHOWN = ("sign_in", "name", "role", "language", "made", "last", "disabled")
"""What is told of a user; hashes are nobody's to see."""


@click.group()
def user() -> None:
    """Who may come into the web app: people, their roles, a way in for whoever has forgotten a password."""


@user.command()
@click.argument("name")
@click.option("--role", required=True, help="What they may do, such as volunteer, manager or administrator.")
@click.option("--shown", default="", help="Their name as others see it, when it is not the sign-in name.")
@click.option("--language", type=click.Choice(["cy", "en"]), help="The language they are shown.")
@json_option
@click.pass_context
def add(context: click.Context, name: str, role: str, shown: str, language: str | None) -> None:
    """Let somebody in: make an account, and a link by which they choose a password. It works once, for seven days.

    Example: perthyn user add mair@castell.example --role volunteer --shown "Mair Jones"

    With --json: the user (as perthyn user list has it), link.
    """
    s = session(context)
    made, token = users.make(s.crm(), name, shown, role, "cy" if language == "cy" else "en" if language else "")
    _link(s, made, token)


@user.command("list")
@json_option
@click.pass_context
def list_users(context: click.Context) -> None:
    """List everybody who may come in, and who no longer may.

    Example: perthyn user list

    With --json: a list: sign_in, name, role, language, made, last, disabled, second_step.
    """
    s = session(context)
    found = users.users(s.crm())
    if s.screen.data([_told(one) for one in found]):
        return
    if not found:
        s.screen.sentence(s.t("Nobody may come in yet. The first: perthyn user add NAME --role administrator"))
        return
    rows = [
        [
            one.sign_in,
            one.name,
            _role(s, one.role),
            s.t("Set up") if one.totp else s.t("Not set up"),
            one.last,
            one.disabled,
        ]
        for one in found
    ]
    s.screen.table(
        [s.t("Sign-in name"), s.t("Name"), s.t("Role"), s.t("Second step"), s.t("Last sign-in"), s.t("Disabled since")],
        rows,
        "<<<<<<",
    )


@user.command()
@click.argument("name")
@click.argument("role")
@json_option
@click.pass_context
def role(context: click.Context, name: str, role: str) -> None:
    """Give somebody another role. They sign in anew.

    Example: perthyn user role mair@castell.example manager

    With --json: the user.
    """
    s = session(context)
    crm = s.crm()
    now = users.edit(crm, users.named(crm, name).id, role=role)
    if not s.screen.data(_told(now)):
        s.screen.sentence(s.t("{name} has the role {role} from now on.", name=now.name, role=_role(s, now.role)))


@user.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Let them in again.")
@json_option
@click.pass_context
def disable(context: click.Context, name: str, off: bool) -> None:
    """Let somebody in no more, from this moment. What they did stays, with their name.

    Example: perthyn user disable mair@castell.example

    With --json: the user.
    """
    s = session(context)
    crm = s.crm()
    there = users.named(crm, name)
    now = users.enable(crm, there.id) if off else users.disable(crm, there.id)
    if s.screen.data(_told(now)):
        return
    if off:
        s.screen.sentence(s.t("{name} may come in again.", name=now.name))
    else:
        s.screen.sentence(s.t("{name} may come in no more.", name=now.name))


@user.command()
@click.argument("name")
@click.option("--second-step", is_flag=True, help="Take the second step away too: the phone is lost.")
@json_option
@click.pass_context
def reset(context: click.Context, name: str, second_step: bool) -> None:
    """Make a link by which somebody chooses a new password; the old one counts no more. It works once, for a day.

    Example: perthyn user reset mair@castell.example

    With --json: the user, link.
    """
    s = session(context)
    crm = s.crm()
    there = users.named(crm, name)
    _link(s, there, users.reset(crm, there.id, second_step=second_step))


@user.command()
@click.argument("name")
@click.option("--every", type=click.Choice(["week", "month", "never"]), help="How often they are sent.")
@click.option("--address", default="", help="Where to; without it, where they go now.")
@click.option("--now", is_flag=True, help="Send those of the last week or month that is over at once.")
@json_option
@click.pass_context
def numbers(context: click.Context, name: str, every: str | None, address: str, now: bool) -> None:
    """Have somebody sent the numbers by email, as far as their role sees them; or show what they are sent.

    Example: perthyn user numbers mair@castell.example --every month --address mair@castell.example

    With --json: every, address, language, due, last, at, said.
    """
    s = session(context)
    crm = s.crm()
    who = users.named(crm, name)
    wish = keeping.wish_of(crm, who.id)
    if every or address:
        keeping.check_reader(crm, who)
        often = EVERY[every] if every else wish.every if wish else None
        wish = keeping.ask(crm, who.id, address or (wish.address if wish else ""), often, who.language or "")
    if now and wish is None:
        raise PerthynError("web.numbers.nowhere", name=who.name)
    if now and wish is not None:
        keeping.check_reader(crm, who)
        keeping.ask_now(crm, wish)
    if not s.screen.data(_of_numbers(wish)):
        s.screen.sentence(_numbers_said(s, who, wish))
        if now and wish is not None:
            s.screen.sentence(s.t("The numbers are on their way to {address}.", address=wish.address))


@click.group()
def token() -> None:
    """Which other systems may come in, and what they may do."""


@token.command("new")
@click.argument("name")
@click.option("--rights", default="", help="What it may do, with commas between; without it, what only reads.")
@click.option("--days", type=int, default=LONGEST.days, show_default=True, help="How long it works.")
@json_option
@click.pass_context
def new_token(context: click.Context, name: str, rights: str, days: int) -> None:
    """Make a token by which another system signs in. It is shown once: keep it where that system keeps its secrets.

    Example: perthyn token new website --rights contact.read,contact.write --days 90

    With --json: name, rights, expires, token.
    """
    s = session(context)
    wanted = frozenset(rights.replace(",", " ").split())
    made, shown = tokens.new_token(s.crm(), name, wanted, days)
    if not s.screen.data({**_of_token(s, made), "token": shown}):
        s.screen.sentence(shown)
        s.screen.sentence(s.t("It is shown this once. It opens: {rights}", rights=", ".join(made.rights.split())))


@token.command("list")
@json_option
@click.pass_context
def list_tokens(context: click.Context) -> None:
    """List the tokens that were made, those that still work first.

    Example: perthyn token list

    With --json: a list: id, name, rights, made, expires, last, ended, works.
    """
    s = session(context)
    found = tokens.tokens(s.crm())
    if s.screen.data([_of_token(s, one) for one in found]):
        return
    if not found:
        s.screen.sentence(s.t("No other system may come in. To let one in: perthyn token new NAME"))
        return
    rows = [
        [one.id.hex[-6:], one.name, ", ".join(one.rights.split()), one.expires, one.last, _works(s, one)]
        for one in found
    ]
    head = [s.t("Id"), s.t("Name"), s.t("Rights"), s.t("Until"), s.t("Last used"), s.t("State")]
    s.screen.table(head, rows, "<<<<<<")


@token.command("end")
@click.argument("name")
@json_option
@click.pass_context
def end_token(context: click.Context, name: str) -> None:
    """End a token, by its name or the end of its id, from this moment.

    Example: perthyn token end website

    With --json: the token.
    """
    s = session(context)
    crm = s.crm()
    found = tokens.named(crm, name)
    tokens.end_token(crm, found.id)
    if not s.screen.data(_of_token(s, tokens.named(crm, found.id.hex))):
        s.screen.sentence(s.t("The token {name} works no more.", name=found.name))


def _link(s: Session, who: User, token: str) -> None:
    base = str(s.crm().house.section("web").get("address", "")).rstrip("/")
    link = base + invitations.path(token)
    if not s.screen.data({**_told(who), "link": link}):
        s.screen.sentence(s.t("Hand this link to {name}; it works once:", name=who.name))
        s.screen.sentence(link)
        if not base:
            s.screen.sentence(s.t("Put the address that perthyn start shows before it."))


def _told(one: User) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in SHOWN}, "second_step": one.totp is not None}


def _of_numbers(wish: Wish | None) -> dict[str, Any]:
    names = ("address", "language", "due", "last", "at", "said")
    found = {name: getattr(wish, name) if wish else None for name in names}
    return {"every": (wish.every if wish else None) or "never", **found}


def _numbers_said(s: Session, who: User, wish: Wish | None) -> str:
    if wish is None or wish.every is None:
        return s.t("{name} is sent no numbers.", name=who.name)
    if wish.every == "week":
        return s.t("{name} is sent the numbers each week, to {address}.", name=who.name, address=wish.address)
    return s.t("{name} is sent the numbers each month, to {address}.", name=who.name, address=wish.address)


def _of_token(s: Session, one: Token) -> dict[str, Any]:
    return {**one.model_dump(exclude={"user"}), "rights": one.rights.split(), "works": tokens.counts(s.crm(), one)}


def _works(s: Session, one: Token) -> str:
    return s.t("Works") if tokens.counts(s.crm(), one) else s.t("Works no more")


def _role(s: Session, role: str) -> str:
    return s.t(ROLE_TITLES[role]) if role in ROLE_TITLES else role
