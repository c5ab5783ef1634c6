from __future__ import annotations
from typing import Any
from sheets_emulator.cells import Fault, Value


def is_time(format: dict[str, Any] | None) -> bool:
    return bool(format) and format.get("numberFormat", {}).get("type") in ("DATE", "TIME", "DATE_TIME")


def shown(value: Value, format: dict[str, Any] | None, locale: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    return str(value)
