"""Refusals that came by the sheet: kept where a restore looks for them, before the mirror has them (DECISIONS 31)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID

from perthyn.backups.refusals import FILE, Refusals
from perthyn.changes import Batch, Change, Create, Erase
from perthyn.errors import PerthynError, Unknown
from perthyn.house import House
from perthyn.model import Contact, Record, Redirect
from perthyn.store import Store
from perthyn_sheets.trail import Told, fingerprint


def applied(batch: Batch, mirror: Store, house: House) -> None:
    """Apply a batch of people's to the mirror; if it can't be, what it refuses does not count.

    Raises what `Store.apply` raises, and `PerthynError` (``refusals.unwritable``).
    """
    refusals = _refusals(house)
    try:
        mirror.apply(refusals.watching(batch, lambda: _redirects(mirror)))
    except PerthynError:
        if mirror.header(batch.id) is None:
            refusals.take_back(batch.id)
        raise


def heard(told: Sequence[Told], made: Iterable[Record], mirror: Store, house: House) -> None:
    """Keep what other machines refused. `made`: the records that they made. Raises `PerthynError`."""
    changes: list[Change] = [Create(one) for one in made]
    erased = {mark for one in told for mark in one.erased}
    if erased:
        changes += [Erase(one.id) for one in mirror.scan(Contact) if fingerprint(one.id) in erased]
    if told and changes:
        header = told[-1].header
        batch = Batch(header.id, header.actor, header.at, changes=changes)
        list(_refusals(house).watching(batch, lambda: _redirects(mirror)).changes)


def _refusals(house: House) -> Refusals:
    return Refusals(house.folder / FILE)


def _redirects(mirror: Store) -> dict[UUID, UUID]:
    """The old ids of merged contacts, each with the id that it goes by now."""
    found = {}
    for one in list(mirror.scan(Redirect)):
        with suppress(Unknown):  # erased since
            found[one.id] = mirror.resolve(one.id)
    return found
