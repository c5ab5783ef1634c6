"""Donations: gifts from Stripe and others, and Gift Aid."""

from __future__ import annotations

from pathlib import Path

from perthyn.channel import Channel
from perthyn.hooks import hookimpl
from perthyn.model import Record
from perthyn_donations.plans import Plan
from perthyn_donations.records import Claim, ClaimLine, Declaration, Gift
from perthyn_donations.stripe_channel import Stripe


@hookimpl
def offer_record_types() -> list[type[Record]]:
    """Declarations, details of gifts, plans, claims."""
    return [Declaration, Gift, Plan, Claim, ClaimLine]


@hookimpl
def offer_channels() -> list[Channel]:
    """Where gifts come from."""
    return [Stripe()]


@hookimpl
def offer_locale() -> list[Path]:
    """The words of gifts and of Gift Aid."""
    return [Path(__file__).parent / "locale"]
