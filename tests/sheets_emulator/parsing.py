from __future__ import annotations
from typing import Any
from sheets_emulator.cells import Entered, Formula, checked


def typed(value: Any, format: dict[str, Any] | None, locale: str) -> tuple[Entered, dict[str, Any] | None]:
    if not isinstance(value, str):
        return value, None
    if value == "":
        return None, None
    if value.startswith("=") and len(value) > 1:
        return Formula(value), None
    try:
        return float(value) if "." in value else int(value), None
    except ValueError:
        return checked(value), None
