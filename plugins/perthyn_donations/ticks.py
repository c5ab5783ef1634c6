"""Ticks: donors who ticked a Gift Aid box where they paid; noted as their answer, which is no declaration.

A ticket shop keeps what its box said beside the donation (`Interaction.raw`), under ``Gift Aid``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from perthyn.changes import Change, Create, Edit
from perthyn.crm import Crm
from perthyn.model import Interaction, Job
from perthyn.work import Work
from perthyn_donations.books import GIVING, donors, theirs
from perthyn_donations.records import Gift

BOX = "Gift Aid"


def ticked(one: Interaction) -> bool:
    """Whether the donor ticked the box with this very gift. A box left empty says nothing."""
    if one.kind != GIVING or (one.amount or 0) <= 0 or f'"{BOX}"' not in (one.raw or ""):
        return False
    beside = json.loads(one.raw or "{}")
    return isinstance(beside, dict) and beside.get(BOX) == "yes"


def note(crm: Crm, job: Job) -> Iterator[Change]:
    """The answers that are not noted yet; what a person noted stays."""
    known = {one.interaction: one for one in crm.store.scan(Gift)}
    for one in filter(ticked, theirs(crm, donors(crm))):
        gift = known.get(one.id)
        if gift is None:
            yield Create(Gift(id=crm.ids(), contact=one.contact, interaction=one.id, asked="yes"))
        elif gift.asked is None:
            yield Edit("donations.gift", gift.id, {"asked": (None, "yes")})


WORK = Work(
    "donations.ticks", ("Note who ticked Gift Aid", "Nodi pwy a diciodd Rhodd Cymorth"), note, every=timedelta(days=1)
)
