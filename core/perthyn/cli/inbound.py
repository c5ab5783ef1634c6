"""`perthyn inbound`: what others sent, as it came, and what became of it."""

from __future__ import annotations

import json
from datetime import datetime

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.model import Inbound
from perthyn.text import phrase

STATES = {"waiting": phrase("waiting"), "done": phrase("read"), "parked": phrase("waits for you")}
SHOWN = 20_000
"""Characters of a body that are shown."""


@click.group(invoke_without_command=True)
@click.pass_context
def inbound(context: click.Context) -> None:
    """What others sent here during the last 30 days, and what became of it.

    Example: perthyn inbound
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@inbound.command("list")
@click.option("--parked", is_flag=True, help="Only what could not be read.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def list_(context: click.Context, parked: bool, limit: int) -> None:
    """List what came in, the newest first.

    Example: perthyn inbound list --parked

    With --json: a list of all of them: id, channel, account, event, came, state, code, why.
    """
    s = session(context)
    found = s.crm().inbox("parked" if parked else "")
    if s.screen.data([_json(one) for one in found]):
        return
    if not found:
        s.screen.sentence(s.t("Nothing has come in."))
        return
    rows = [
        [one.id.hex[-6:], f"{one.channel}:{one.account}", _came(s, one), s.t(STATES[one.state]), one.code]
        for one in found[:limit]
    ]
    s.screen.table([s.t("Id"), s.t("From"), s.t("Came"), s.t("State"), s.t("Problem")], rows, "<<<<<")
    if any(one.state == "parked" for one in found):
        s.screen.sentence(s.t("To see one: perthyn inbound show ID. To have it read again: perthyn inbound replay ID"))


@inbound.command()
@click.argument("inbound")
@json_option
@click.pass_context
def show(context: click.Context, inbound: str) -> None:
    """Show what came in, whole, by the end of its id.

    Example: perthyn inbound show 3fa2b1

    With --json: id, channel, account, event, came, state, code, why, headers, body (as text).
    """
    s = session(context)
    one, body = s.crm().inbound(inbound)
    headers = json.loads(one.headers or "{}")
    text = body.decode("utf-8", "backslashreplace")
    if s.screen.data({**_json(one), "headers": headers, "body": text}):
        return
    t = s.t
    s.screen.facts(
        [
            (t("From"), f"{one.channel}:{one.account}"),
            (t("Came"), _came(s, one)),
            (t("State"), t(STATES[one.state])),
            (t("Problem"), one.code),
            (t("Why"), one.why),
            *((name, value) for name, value in headers.items()),
        ]
    )
    s.screen.heading(t("As it came"))
    s.screen.sentence(text[:SHOWN])


@inbound.command()
@click.argument("inbound", nargs=-1, required=True)
@json_option
@click.pass_context
def replay(context: click.Context, inbound: tuple[str, ...]) -> None:
    """Have what came in read again, by the ends of ids. What it told before changes nothing.

    Example: perthyn inbound replay 3fa2b1

    With --json: a list: id, channel, account, event, came, state, code, why.
    """
    s = session(context)
    crm = s.crm()
    again = [crm.replay(one) for one in inbound]
    if not s.screen.data([_json(one) for one in again]):
        s.screen.sentence(s.t("It is to be read again. To have it done at once: perthyn once"))


def _json(one: Inbound) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("id", "channel", "account", "event", "came", "state", "code", "why")}


def _came(s: Session, one: Inbound) -> datetime:
    return one.came.astimezone(s.crm().zone)
