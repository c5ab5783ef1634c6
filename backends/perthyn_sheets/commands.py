"""`perthyn sheets`: signing in to Google, and trying out what it does."""

from __future__ import annotations

import os
import random
import time
from contextlib import closing

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.errors import PerthynError
from perthyn_sheets.addresses import address_of, sheet_id
from perthyn_sheets.api import Api
from perthyn_sheets.asking import api_of
from perthyn_sheets.desk import SETTING, USUAL, Desk, checked_fields, desk_of, serve
from perthyn_sheets.members import members_tab
from perthyn_sheets.selfcheck import WORDS, selfcheck
from perthyn_sheets.store import in_sheet


@click.group()
def sheets() -> None:
    """The records in a Google Sheet."""


@sheets.command("sign-in")
@click.option("--no-browser", is_flag=True, help="Show the address instead of opening it.")
@click.option("--only-made", is_flag=True, help="Ask for the sheets that perthyn makes, and for no others.")
@click.pass_context
def sign_in_(context: click.Context, no_browser: bool, only_made: bool) -> None:
    """Sign in to Google through the browser; for an OAuth client, whose secret lies beside perthyn.toml.

    A service account needs no signing in.

    Example: perthyn sheets sign-in
    """
    from perthyn_sheets.auth import MADE_SCOPES, PERSON_SCOPES, sign_in  # loads Google's libraries

    s = session(context)
    prompt = s.t("Sign in to Google at: {url}", url="{url}")
    scopes = MADE_SCOPES if only_made else PERSON_SCOPES
    section = s.settings.sections.get("sheets", {})
    file = sign_in(s.folder, section, scopes=scopes, open_browser=not no_browser, prompt=prompt)
    s.screen.sentence(s.t("You are signed in. What Google gave in return is kept in: {file}", file=file))


@sheets.command()
@click.argument("title")
@json_option
@click.pass_context
def new(context: click.Context, title: str) -> None:
    """Make an empty Google Sheet, as the person who signed in, who owns it then.

    Example: perthyn sheets new "Friends of Plas Brithwen"

    With --json: address.
    """
    s = session(context)
    api = api_of(s, "")
    try:
        address = address_of(api.create(title, f"en_{s.settings.region}", s.settings.zone))
    finally:
        api.close()
    if s.screen.data({"address": address}):
        return
    s.screen.sentence(s.t("The sheet {title} has been made: {address}", title=title, address=address))
    s.screen.sentence(s.t("To keep the records in it: perthyn init --store {address}", address=address))


@sheets.command()
@click.argument("segment")
@json_option
@click.pass_context
def members(context: click.Context, segment: str) -> None:
    """Make a tab in the sheet with the people of a segment, and for each why she or he is in it; or renew it.

    What is typed in that tab is gone when it is renewed, and is never read.

    Example: perthyn sheets members "Lapsed givers"

    With --json: address, count.
    """
    s = session(context)
    crm = s.crm()
    store, found = in_sheet(crm.store), crm.segment(segment)
    with s.screen.progress(found.name(s.t.language)) as tell:
        number, count = members_tab(store, crm, found, s.in_language, tell)
    address = f"{store.address}#gid={number}"
    if s.screen.data({"address": address, "count": count}):
        return
    s.screen.sentence(s.t.n("{n} person is in the tab: {address}", "{n} people are in the tab: {address}", count,
                            address=address))  # fmt: skip


@sheets.command()
@click.option("--fields", help="What it shows of each person, with commas between, for example: name,phones,language")
@click.option("--to", help="The address of an empty sheet; without it perthyn makes one for whoever signed in.")
@json_option
@click.pass_context
def desk(context: click.Context, fields: str | None, to: str | None) -> None:
    """Give volunteers a sheet of their own: a few fields of the people, and an inbox for new people and visits.

    It shows no gifts and no notes, and can be shared with people who must not see these. What is typed in its inbox
    is taken in by perthyn sync, which says beside each row what became of it; wrong rows can be corrected there.

    Example: perthyn sheets desk --fields name,phones,language --to https://docs.google.com/spreadsheets/d/1AbC...

    With --json: address, fields.
    """
    s = session(context)
    crm = s.crm()
    store, before = in_sheet(crm.store), desk_of(crm)
    asked = tuple(one.strip() for one in fields.split(",")) if fields else before.fields if before else USUAL
    shown = checked_fields(asked)
    sheet = sheet_id(to) if to else before.sheet if before else _made(s)
    if sheet is None:
        raise PerthynError("sheets.address", address=to)
    if sheet == store.api.sheet:
        raise PerthynError("sheets.desk.same", address=store.address)
    chosen = Desk(sheet, shown)
    with closing(api_of(s, sheet)) as api:
        serve(store, crm, chosen, api, s.in_language, s.t)
    change = crm.remember(SETTING, {"sheet": sheet, "fields": list(shown)})
    if change is not None:
        crm.commit([change], kind="setting", reason=SETTING)
    if s.screen.data({"address": address_of(sheet), "fields": shown}):
        return
    s.screen.sentence(s.t("The desk is at: {address}", address=address_of(sheet)))
    s.screen.sentence(s.t("It shows of each person: {fields}", fields=", ".join(shown)))
    t = s.t
    said = t("Share it with whoever is at the desk. What they type in its inbox comes in with: perthyn sync")
    s.screen.sentence(said)


def _made(s: Session) -> str:
    """The id of a new sheet."""
    with closing(api_of(s, "")) as api:
        title = s.t("Desk of {name}", name=s.settings.organisation)
        return api.create(title, f"en_{s.settings.region}", s.settings.zone)


@sheets.command("selfcheck")
@click.argument("address")
@json_option
@click.pass_context
def selfcheck_(context: click.Context, address: str) -> None:
    """See whether Google does what perthyn expects of it, on a spreadsheet that may be written to.

    Everything happens in a tab of its own, which is deleted at the end. It takes a minute or two. Ends with exit
    code 1 when something differs.

    Example: perthyn sheets selfcheck https://docs.google.com/spreadsheets/d/1AbC...

    With --json: a list: probe, assumed, found, detail, same.
    """
    s = session(context)
    api, second = _opened(s, address), _opened(s, address)
    try:
        found = selfcheck(api, second, random.Random(os.urandom(8)), time.monotonic, time.sleep)
    finally:
        api.close()
        second.close()
    if not s.screen.data([one.told() for one in found]):
        head = [s.t("What was tried"), s.t("Expected"), s.t("Google"), s.t("Detail")]
        rows = [[s.t(WORDS[one.probe]), s.t(WORDS[one.assumed]), s.t(WORDS[one.found]), one.detail] for one in found]
        s.screen.table(head, rows, "<<<<")
        count = sum(not one.same for one in found)
        s.screen.sentence(
            s.t.n("{n} thing differs from what perthyn expects.", "{n} things differ from what perthyn expects.", count)
        )
    if not all(one.same for one in found):
        context.exit(1)


def _opened(s: Session, address: str) -> Api:
    """The spreadsheet at an address."""
    found = sheet_id(address)
    if found is None:
        raise PerthynError("sheets.address", address=address)
    return api_of(s, found)
