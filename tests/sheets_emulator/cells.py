"""A cell, what may stand in it, and both directions of Google's CellData."""

from __future__ import annotations

import json
import sys
from typing import Any, ClassVar

from sheets_emulator.errors import invalid

LONGEST = 50_000  # characters in a cell


class Fault:
    """An error value: `kind` as the API calls it (DIVIDE_BY_ZERO), and what to say."""

    __slots__ = ("kind", "message")
    NAMES: ClassVar[dict[str, str]] = {
        "DIVIDE_BY_ZERO": "#DIV/0!", "N_A": "#N/A", "NAME": "#NAME?", "REF": "#REF!", "VALUE": "#VALUE!",
        "NUM": "#NUM!", "NULL_VALUE": "#NULL!", "ERROR": "#ERROR!", "LOADING": "Loading...",
    }  # fmt: skip

    def __init__(self, kind: str, message: str = "") -> None:
        self.kind = kind
        self.message = message

    def __str__(self) -> str:
        return self.NAMES.get(self.kind, "#ERROR!")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and other.kind == self.kind

    def __hash__(self) -> int:
        return hash(self.kind)


class Formula:
    """A formula as it was entered, with its `=`."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Value = None | str | float | bool | Fault
Entered = None | str | float | bool | Formula | Fault


class Cell:
    """One cell. Never changed once it stands in a row: replaced, so that a batch can be taken back."""

    __slots__ = ("entered", "format", "note", "rule", "runs")

    def __init__(
        self,
        entered: Entered = None,
        format: dict[str, Any] | None = None,
        note: str | None = None,
        rule: dict[str, Any] | None = None,
        runs: list[dict[str, Any]] | None = None,
    ) -> None:
        self.entered = entered
        self.format = format
        self.note = note
        self.rule = rule
        self.runs = runs

    @property
    def blank(self) -> bool:
        return self.entered is None and not (self.format or self.note or self.rule)

    def having(self, entered: Entered) -> Cell:
        """The same cell with another content; text runs go with the old one."""
        return Cell(entered, self.format, self.note, self.rule)


EMPTY = Cell()


def entered_of(data: dict[str, Any]) -> Entered:
    """The content that an ExtendedValue states; None for an empty one."""
    if not data:
        return None
    for kind, value in data.items():
        if kind == "stringValue":
            return checked(value) if value != "" else None
        if kind == "numberValue":
            return double(value)
        if kind == "boolValue":
            return value  # type: ignore[no-any-return]
        if kind == "formulaValue":
            return Formula(checked(value if value.startswith("=") else f"={value}"))
        if kind == "errorValue":
            raise invalid("ExtendedValue errorValue is read-only.")
    return None


def checked(text: str) -> str:
    """The text, if it fits into a cell.

    Raises:
        Refused: it is longer than 50,000 characters.
    """
    if len(text) > LONGEST:
        raise invalid(f"Your input contains more than the maximum of {LONGEST} characters in a single cell.")
    return text


def extended(value: Entered) -> dict[str, Any]:
    """The ExtendedValue of a content."""
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": number(value)}
    if isinstance(value, Formula):
        return {"formulaValue": value.text}
    if isinstance(value, Fault):
        return {"errorValue": {"type": value.kind, "message": value.message}}
    return {}


def number(value: float) -> float | int:
    """JSON's form of a number: whole ones without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value


def double(value: float) -> float | int:
    """A number as a cell keeps it: a whole one of more than 53 bits loses its last digits.

    Raises:
        Refused: it is too large for a cell.
    """
    if abs(value) > sys.float_info.max:
        raise invalid("Invalid JSON payload received. Number is too large.")
    return int(float(value)) if isinstance(value, int) and abs(value) > 2**53 else value


def raw(value: Any) -> Entered:
    """What valueInputOption RAW stores for one JSON value."""
    if isinstance(value, str):
        return checked(value) if value else None
    return value if value is None or isinstance(value, bool) else double(value)


def spelled(value: Any, pad: str = "") -> str:
    """A JSON value as protocol buffers are printed, which is how a refusal shows it."""
    if isinstance(value, list):
        inside = "".join(f"{pad}  values {{\n{spelled(one, pad + '    ')}{pad}  }}\n" for one in value)
        return f"{pad}list_value {{\n{inside}{pad}}}\n"
    if isinstance(value, dict):
        inside = "".join(
            f"{pad}  fields {{\n{pad}    key: {json.dumps(name, ensure_ascii=False)}\n"
            f"{pad}    value {{\n{spelled(one, pad + '      ')}{pad}    }}\n{pad}  }}\n"
            for name, one in value.items()
        )
        return f"{pad}struct_value {{\n{inside}{pad}}}\n"
    if value is None:
        return f"{pad}null_value: NULL_VALUE\n"
    kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
    shown = float(value) if kind == "number" else value
    return f"{pad}{kind}_value: {json.dumps(shown, ensure_ascii=False)}\n"
