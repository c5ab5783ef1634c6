"""`perthyn sheets`: signing in to Google, and trying out what it does."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.errors import PerthynError
from perthyn_sheets.addresses import address_of, sheet_id
from perthyn_sheets.api import Api, open_api
from perthyn_sheets.kept import Place
from perthyn_sheets.members import members_tab
from perthyn_sheets.selfcheck import WORDS, selfcheck
from perthyn_sheets.store import in_sheet

SECTION = "sheets"


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
    section = s.settings.sections.get(SECTION, {})
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
    api = _api(s, "")
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
    return _api(s, found)


def _api(s: Session, sheet: str) -> Api:
    """The spreadsheet with this id ("" for one to be made), with whoever uses it told why there is a wait."""

    def tell(code: str, facts: Mapping[str, object]) -> None:
        s.screen.warning(s.t.error(PerthynError(code, **facts))[0])

    section = s.settings.sections.get(SECTION, {})
    return open_api(sheet, section, s.folder, Place(s.folder, sheet).quota, s.now, os.urandom, tell)
