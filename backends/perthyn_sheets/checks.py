"""What `perthyn doctor` says of a sheet that the records are in, and what whoever takes over must know of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction, Problem
from perthyn.text import LANGUAGES, Translator
from perthyn_sheets.finding import LOCALE
from perthyn_sheets.sending import letters_of
from perthyn_sheets.store import SheetsStore

Said = tuple[bool | None, str, dict[str, Any]]

CELLS = 10_000_000
"""What Google holds in one spreadsheet, empty cells included."""
MANY_CELLS, MANY_CONTACTS, MANY_INTERACTIONS = 8_000_000, 20_000, 100_000
"""From here on a sheet is slow for the people who have it open, or soon full."""
NAMED = 5


def what_is_well(store: SheetsStore) -> list[Said]:
    """Whether it is in step, who can open it, how full it is, which cells can't be read; without a network the rest."""
    asked: list[Said] = []
    hindered = store.hindered
    try:
        asked += [*_sharing(store), *_room(store)]
    except PerthynError as error:
        hindered = hindered or error
    asked += [(None, code, facts) for _, code, facts in store.api.checks]
    return [*_in_step(store, hindered), *asked, *_rows(store), *_problems(store)]


def _in_step(store: SheetsStore, hindered: PerthynError | None) -> Iterator[Said]:
    if hindered is not None:
        yield False, hindered.code, dict(hindered.facts)
    if hindered is not None or store.waiting:
        yield None, "sheets.health.behind", {"since": store.in_step, "waiting": store.waiting}
    else:
        yield True, "sheets.health.in_step", {"at": store.in_step, "address": store.address}


def _sharing(store: SheetsStore) -> Iterator[Said]:
    permissions = store.api.sharing()
    if permissions is None:
        return
    kinds = {str(one.get("type")) for one in permissions}
    if "anyone" in kinds:
        yield False, "sheets.health.link", {"address": store.address}
    domains = sorted(str(one.get("domain", "")) for one in permissions if one.get("type") == "domain")
    if domains:
        yield None, "sheets.health.domain", {"domains": domains}
    people = sorted(str(one["emailAddress"]) for one in permissions if one.get("emailAddress"))
    yield True, "sheets.health.seen_by", {"who": people, "count": len(people)}


def _room(store: SheetsStore) -> Iterator[Said]:
    cells = sum(
        grid.get("rowCount", 0) * grid.get("columnCount", 0)
        for grid in (one["properties"].get("gridProperties", {}) for one in store.api.tabs().get("sheets", ()))
    )
    facts = {"cells": f"{cells:,}", "most": f"{CELLS:,}", "percent": round(100 * cells / CELLS)}
    yield (None, "sheets.health.nearly_full", facts) if cells >= MANY_CELLS else (True, "sheets.health.room", facts)


def _rows(store: SheetsStore) -> Iterator[Said]:
    contacts, interactions = store.count_of(Contact), store.count_of(Interaction)
    if contacts >= MANY_CONTACTS or interactions >= MANY_INTERACTIONS:
        yield None, "sheets.health.large", {"contacts": f"{contacts:,}", "interactions": f"{interactions:,}"}


def _problems(store: SheetsStore) -> Iterator[Said]:
    found = [one for one in store.scan(Problem) if one.state == "open" and one.code.startswith("sheets.")]
    if found:
        named = [place_of(store, one) for one in found[:NAMED]]
        yield None, "sheets.health.problems", {"count": len(found), "where": [one for one in named if one]}


def place_of(store: SheetsStore, problem: Problem) -> str:
    """The tab and cell of a problem, as the browser names them: ``Contacts!C7``; the tab alone where there is none."""
    facts: Mapping[str, Any] = json.loads(problem.facts or "{}")
    tab = problem.where or str(facts.get("tab", ""))
    standing = next((one for one in store.kept.read().standing.values() if one.title == tab), None)
    key = str(facts.get("key", ""))
    at = standing.at(key) if standing is not None and key else None
    if not problem.row:
        return tab
    return f"{tab}!{letters_of(at) if at is not None else 'A'}{problem.row}"


# -- handing over -------------------------------------------------------------------------------------------------


def what_to_hand_over(store: SheetsStore) -> list[dict[str, tuple[str, str]]]:
    """Where the sheet is, by which file perthyn opens it, and what must be handed over with it."""
    try:
        account, file = store.api.key.email, str(store.api.key.file)
    except PerthynError as error:
        account, file = "", str(error.facts.get("file", ""))
    return [{language: _told(Translator(language, [LOCALE]), store.address, account, file) for language in LANGUAGES}]


def _told(t: Translator, address: str, account: str, file: str) -> tuple[str, str]:
    if account:
        return t("The Google Sheet"), t(
            "All records are in {address}. perthyn opens it as {account}, with the key in {file}. Make somebody who "
            "stays the owner of the sheet, and keep it shared with that account as Editor; with a new key in that file "
            "perthyn works on any machine.",
            address=address,
            account=account,
            file=file,
        )
    return t("The Google Sheet"), t(
        "All records are in {address}. perthyn opens it as whoever signed in, by way of {file}. Make somebody who "
        "stays the owner of the sheet; whoever takes over runs: perthyn sheets sign-in",
        address=address,
        file=file,
    )
