"""Known exports: files of tills, mailers and donation pages recognised without a map."""

from __future__ import annotations

from pathlib import Path

from perthyn.hooks import hookimpl
from perthyn.importing.plans import KnownExport
from perthyn_exports.eventbrite import ATTENDEES
from perthyn_exports.justgiving import DONATIONS
from perthyn_exports.mailchimp import CLEANED, NONSUBSCRIBED, SUBSCRIBED, UNSUBSCRIBED
from perthyn_exports.paypal import ACTIVITY
from perthyn_exports.square import ITEMS

KNOWN: tuple[KnownExport, ...] = (
    ITEMS, ATTENDEES, SUBSCRIBED, UNSUBSCRIBED, CLEANED, NONSUBSCRIBED, DONATIONS, ACTIVITY,
)  # fmt: skip


@hookimpl
def offer_known_exports() -> list[KnownExport]:
    """The exports this plugin knows."""
    return list(KNOWN)


@hookimpl
def offer_locale() -> list[Path]:
    """The words of the rows these exports leave out."""
    return [Path(__file__).parent / "locale"]
