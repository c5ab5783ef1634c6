"""`perthyn plugin try`: what a plugin would store of a request; nothing is stored."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from perthyn.channel import Channel, Request
from perthyn.cli.passing import passing_folder, passing_url
from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.crm import Crm, TakenIn, record_types
from perthyn.errors import PerthynError
from perthyn.model import Contact, Problem, Record, declared, parts
from perthyn.plugins import Plugins, load_file

_LEFT_OUT = ("id", "contact", "delivered")
_COUNTED = ("created", "revised", "unchanged", "older", "unread")


@click.command("try")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--with", "body", type=click.File("rb"), required=True, help="A file with what is sent, as it would come."
)
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header of it, a signature for one.")
@click.option("--account", default="", help="The account that it is sent to.")
@json_option
@click.pass_context
def try_(context: click.Context, file: Path, body: Any, headers: Sequence[str], account: str) -> None:
    """Show which contacts, facts and problems a plugin would make of what is sent to it. Nothing is stored.

    Without a header it is taken for true; with one the plugin looks first whether it is.

    Example: perthyn plugin try plugins/shop.py --with sample.json

    With --json: contacts, facts, problems, each a list of records; created, revised, unchanged, older, unread.
    """
    s = session(context)
    module = load_file(file)
    plugins = Plugins.find(s.settings.plugins_folder, off=[*s.settings.off, file.stem])
    plugins.add(module, file.stem, str(file), "file")
    channel = _channel(module, file)
    house = s.plugins.house
    assert house is not None
    plugins.house = replace(house, sections={**house.sections, channel.name: house.section(channel.name)})
    account = account or next(iter(channel.accounts(plugins.house)), "main")
    given = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in headers)}
    request = Request("POST", f"/in/{channel.name}/{account}", "", given, body.read(), s.now())
    folder = passing_folder()
    url, currency = passing_url(folder), s.settings.currency
    with folder, closing(plugins.open_store(url, record_types(plugins), currency, True)) as store:
        crm = Crm(store, plugins, s.settings, s.now, os.urandom, s.actor, s.language)
        _show(s, crm, [*_taken(crm, channel, account, request)])


def _channel(module: object, file: Path) -> Channel:
    """The channel that a plugin offers, alone."""
    alone = Plugins()
    alone.add(module, file.stem, str(file), "file")
    offered = alone.offer("offer_channels")
    if alone.loaded[0].broken:
        raise PerthynError("plugin.broken", plugin=file.stem, origin=str(file), why=alone.loaded[0].broken)
    if not offered:
        raise PerthynError("plugin.try.none", file=file)
    found: Channel = offered[0]
    return found


def _taken(crm: Crm, channel: Channel, account: str, request: Request) -> Iterator[TakenIn]:
    """What becomes of each delivery, in a store that goes again."""
    reach = crm.reach(channel.name, account)
    try:
        if request.headers:
            channel.accept(request, reach)
        for delivery in channel.read(request, reach):
            yield crm.take_in(delivery)
    except PerthynError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise PerthynError("plugin.try.unreadable", channel=channel.name, why=why) from error


def _show(s: Session, crm: Crm, taken: Sequence[TakenIn]) -> None:
    """What would be stored."""
    contacts = list(crm.store.scan(Contact))
    facts = [one for type in crm.store.types.values() if type.source_named for one in crm.store.scan(type)]
    problems = list(crm.store.scan(Problem))
    counts = {name: sum(getattr(one, name) for one in taken) for name in _COUNTED}
    said: dict[str, Sequence[Record]] = {"contacts": contacts, "facts": facts, "problems": problems}
    if s.screen.data({name: [one.plain() for one in some] for name, some in said.items()} | counts):
        return
    t, names = s.t, {one.id: one.shown_name for one in contacts}
    if contacts:
        s.screen.heading(t("Contacts"))
        for contact in contacts:
            s.screen.facts([*_fields(contact, s.language), *_parts(contact)])
    if facts:
        s.screen.heading(t("What is told"))
        for one in facts:
            whose = names.get(one.owner_id, "") if one.owner_id else t("nobody")
            s.screen.facts([(t("What"), one.type_name), (t("Whose"), whose), *_fields(one, s.language)])
    if problems:
        s.screen.heading(t("Problems"))
        for problem in problems:
            told = PerthynError(problem.code, **json.loads(problem.facts or "{}"))
            s.screen.facts([(problem.code, " ".join(t.error(told))), (t("As it came"), problem.raw or "")])
    s.screen.sentence(t("Nothing was stored: this is what would be."))


def _fields(record: Record, language: str) -> Iterator[tuple[str, object]]:
    """The fields that are filled, by their labels."""
    for name, about in declared(type(record)).items():
        value = getattr(record, name)
        if name not in _LEFT_OUT and value not in (None, False):
            yield about.cy if language == "cy" else about.en, value


def _parts(contact: Contact) -> Iterator[tuple[str, object]]:
    """E-mail addresses, phones and the like, one a line."""
    for name in parts(Contact):
        for part in getattr(contact, name):
            yield name, ", ".join(str(value) for value in dict(part).values() if value not in (None, False, 0))
