"""Limits: who has failed ten times within a quarter of an hour waits, by the account and by the address they came from.

Each try is written down before it is looked at, and taken away again when it was right: any number of tries at once, in
any number of processes, are counted. The names that do not exist are counted like those that do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from perthyn.changes import Change, Create, Delete
from perthyn.crm import Crm
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model.ids import named_id
from perthyn_web.accounts.noting import changed, keep
from perthyn_web.accounts.records import Failures

MOST = 10
WITHIN = timedelta(minutes=15)
ATTEMPTS = 30
"""How often a try is written down anew because another has been written at the same moment."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try, as it was written down: when (ms), and under which ids."""

    at: int
    ids: tuple[UUID, ...]


def account(name: str) -> UUID:
    """What the failures of an account are kept under. `name`: its id, or the id it would have."""
    return named_id(f"web.failures\x1faccount\x1f{name}")


def source(address: str) -> UUID:
    """What the failures from an address are kept under: of IPv6 the first 64 bits, which one house has."""
    with suppress(ValueError):
        found = ip_address(address)
        if isinstance(found, IPv6Address):
            address = str(found.ipv4_mapped or f"{int(found) >> 64:x}")
    return named_id(f"web.failures\x1faddress\x1f{address}")


def begin(crm: Crm, *ids: UUID) -> Try:
    """Write a try down as failed. Raises `PerthynError` (``sign_in.wait``, minutes) where there were too many."""
    for _ in range(ATTEMPTS):
        at = int(crm.clock().timestamp() * 1000)
        held = crm.store.get(Failures, ids)
        changes: list[Change] = []
        for id in ids:
            times = _recent(held.get(id), at)
            if len(times) >= MOST:
                left = WITHIN.total_seconds() - (at - times[-MOST]) / 1000
                raise PerthynError("sign_in.wait", minutes=max(1, -int(-left // 60)))
            text = json.dumps([*times, at])
            changes.append(changed(held[id], times=text) if id in held else Create(Failures(id=id, times=text)))
        with suppress(Conflict, Unknown):
            keep(crm, changes, Failures.type_name)
            return Try(at, ids)
    raise PerthynError("sign_in.wait", minutes=1)


def was_right(crm: Crm, tried: Try, *forgiven: UUID) -> None:
    """Take a try away again; of those `forgiven` all tries."""
    for _ in range(ATTEMPTS):
        held = crm.store.get(Failures, tried.ids)
        changes: list[Change] = []
        for id, one in held.items():
            times = [] if id in forgiven else _without(json.loads(one.times), tried.at)
            changes.append(changed(one, times=json.dumps(times)) if times else Delete(one))
        with suppress(Conflict, Unknown):
            if changes:
                keep(crm, changes, Failures.type_name)
            return


def old(crm: Crm) -> Sequence[Failures]:
    """Those that count no more."""
    at = int(crm.clock().timestamp() * 1000)
    return [one for one in crm.store.scan(Failures) if not _recent(one, at)]


def _recent(held: Failures | None, at: int) -> list[int]:
    times: list[int] = [] if held is None else json.loads(held.times)
    return [one for one in times if at - one < WITHIN.total_seconds() * 1000]


def _without(times: list[int], one: int) -> list[int]:
    if one in times:
        times.remove(one)
    return times
