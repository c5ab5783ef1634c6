"""Typed: days and amounts as people write them."""

from __future__ import annotations

from datetime import date
from typing import Any

from perthyn.errors import PerthynError
from perthyn.importing.values_dates import DateReader, DateStyle
from perthyn.importing.values_money import money_reader


def typed_day(text: str | None, today: date, zone: str) -> date | None:
    """A day as people type it: 12/3/2026, 2026-03-12, 12 Mawrth 2026. Raises what reading a file's days raises."""
    if not text:
        return None
    parsed = DateReader(DateStyle("dmy", today, zone)).read([text])
    return _one(parsed, text, "cli.day.unreadable")  # type: ignore[no-any-return]


def typed_amount(text: str | None, currency: str) -> int | None:
    """Money in minor units as people type it: 12.50, £12.50, (£3.50)."""
    if not text:
        return None
    return _one(money_reader(".", currency).read([text]), text, "cli.amount.unreadable")  # type: ignore[no-any-return]


def _one(parsed: Any, text: str, code: str) -> Any:
    if 0 in parsed.wrong or parsed.values[0] is None:
        raise PerthynError(code, value=text)
    return parsed.values[0]
