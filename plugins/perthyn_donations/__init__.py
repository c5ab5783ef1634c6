"""Donations: gifts from Stripe and others, and Gift Aid."""

from __future__ import annotations
