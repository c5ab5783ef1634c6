"""Ticketing: what pretix knows of orders, and files of other box offices."""

from __future__ import annotations
