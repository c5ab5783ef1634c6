"""Donations: gifts from Stripe and others, and Gift Aid."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from perthyn.changes import Batch
from perthyn.channel import Channel
from perthyn.hooks import hookimpl
from perthyn.letter_fields import LetterField
from perthyn.model import Job, Record
from perthyn.rights import Right
from perthyn.store import Store
from perthyn.text import phrase
from perthyn.work import Work
from perthyn_donations import health, keeping, thanking, ticks
from perthyn_donations.plans import Plan
from perthyn_donations.records import TYPES
from perthyn_donations.stripe_channel import Stripe


@hookimpl
def offer_record_types() -> list[type[Record]]:
    """Details of gifts, regular gifts, declarations, claims and their lines."""
    return [Plan, *TYPES]


@hookimpl
def offer_channels() -> list[Channel]:
    """Where gifts come from."""
    return [Stripe()]


@hookimpl
def offer_letter_fields() -> list[LetterField]:
    """What a thank-you says of gifts."""
    return list(thanking.FIELDS)


@hookimpl
def offer_rights() -> list[Right]:
    """Who may note declarations, and who may claim."""
    having = frozenset({"manager", "fundraiser"})
    return [
        Right("gift_aid.write", phrase("Note Gift Aid declarations, and what a gift was."), "money", having),
        Right("gift_aid.claim", phrase("Claim Gift Aid."), "money", having),
    ]


@hookimpl
def offer_screens() -> list[Any]:
    """Gifts, pledges and Gift Aid in the web app."""
    from perthyn_donations.screens import SCREENS

    return list(SCREENS)


@hookimpl
def offer_api(may: Callable[[str], Any]) -> list[Any]:
    """Gifts, declarations and Gift Aid in the REST API; nothing where FastAPI is not installed."""
    if find_spec("fastapi") is None:
        return []
    from perthyn_donations.api import router

    return [router(may)]


@hookimpl
def offer_locale() -> list[Path]:
    """The words of gifts and of Gift Aid."""
    return [Path(__file__).parent / "locale"]


@hookimpl
def offer_jobs() -> list[Work]:
    """What keeps and lets go of what Gift Aid has to keep; what notes who ticked a box."""
    return [*keeping.WORKS, ticks.WORK]


@hookimpl
def ask_batch(batch: Batch, store: Store) -> list[Job] | None:
    """Whoever is erased: what the law has kept of claimed gifts is kept, and nothing else."""
    return keeping.jobs_for(batch, store)


@hookimpl
def offer_checks(store: Store) -> list[tuple[bool | None, str, dict[str, Any]]]:
    """What waits for a person in Gift Aid."""
    return list(health.checks(store))


@hookimpl
def offer_handover(store: Store) -> list[dict[str, tuple[str, str]]]:
    """The last Gift Aid claim."""
    return health.handover(store)
