"""The functions that formulas may call. Whatever is not here is `#NAME?`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sheets_emulator import formats, parsing
from sheets_emulator.cells import Fault, Formula, Value

if TYPE_CHECKING:
    from sheets_emulator.sheet import Sheet


class Stopped(Exception):
    """A formula comes to an error."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(kind, message)


class Block:
    """Cells that a formula speaks of; `value_of` works each out."""

    def __init__(
        self, value_of: Callable[..., Value], sheet: Sheet, top: int, left: int, bottom: int, right: int
    ) -> None:
        self.value_of, self.sheet = value_of, sheet
        self.top, self.left, self.bottom, self.right = top, left, bottom, right

    @property
    def size(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    def at(self, down: int, across: int) -> Value:
        return self.value_of(self.sheet, self.top + down, self.left + across)

    def filled(self) -> Iterator[Value]:
        """The values of all cells that hold something, row by row."""
        for index in range(self.top, min(self.bottom, len(self.sheet.rows))):
            row = self.sheet.rows[index]
            for column in sorted(row) if row else ():
                if self.left <= column < self.right and row and row[column].entered is not None:
                    yield self.value_of(self.sheet, index, column, row[column])

    def formulas(self) -> Iterator[tuple[Sheet, int, int]]:
        """The places of the formulas among them."""
        for index in range(self.top, min(self.bottom, len(self.sheet.rows))):
            row = self.sheet.rows[index]
            if row and row.formulas:
                for column, cell in row.items():
                    if self.left <= column < self.right and type(cell.entered) is Formula:
                        yield self.sheet, index, column

    def only(self) -> Value:
        if self.size != 1:
            raise Stopped("VALUE", "An array value could not be found.")
        return self.at(0, 0)


Given = Value | Block


def number(value: Value, place: str = "Parameter") -> float:
    """A value as a number: empty is 0, texts that look like one count, others are `#VALUE!`; `place` says where."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if value is None or value == "":
        return 0
    if isinstance(value, Fault):
        raise Stopped(value.kind, value.message)
    found = parsing.typed(value, None, "en_US")[0]
    if isinstance(found, int | float) and not isinstance(found, bool):
        return found
    raise Stopped("VALUE", f"{place} expects number values. But '{value}' is a text and cannot be coerced to a number.")


def text(value: Value) -> str:
    if isinstance(value, Fault):
        raise Stopped(value.kind, value.message)
    return formats.shown(value, None, "en_US")


def truth(value: Value) -> bool:
    if isinstance(value, str):
        if value.upper() in ("TRUE", "FALSE"):
            return value.upper() == "TRUE"
        raise Stopped("VALUE", f"Parameter expects boolean values. But '{value}' is a text.")
    return bool(number(value))


def comparable(left: Value, right: Value) -> tuple[Any, Any]:
    """Both as something that compares: numbers before texts before booleans; an empty cell is like the other side."""
    if left is None:
        left = _empty_like(right)
    if right is None:
        right = _empty_like(left)
    return _rank(left), _rank(right)


def _empty_like(other: Value) -> Value:
    return "" if isinstance(other, str) else False if isinstance(other, bool) else 0


def _rank(value: Value) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def _all(args: tuple[Given, ...]) -> Iterator[tuple[Value, bool]]:
    """(value, was written in the formula itself) of all that is given."""
    for one in args:
        if isinstance(one, Block):
            for value in one.filled():
                yield value, False
        else:
            yield one, True


def numbers(args: tuple[Given, ...]) -> list[float]:
    """The numbers in blocks, texts and booleans there passed over; arguments written out must be numbers."""
    found = []
    for value, direct in _all(args):
        if isinstance(value, Fault):
            raise Stopped(value.kind, value.message)
        if direct:
            found.append(number(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(value)
    return found


def _one(given: Given) -> Value:
    found = given.only() if isinstance(given, Block) else given
    if isinstance(found, Fault):
        raise Stopped(found.kind, found.message)
    return found


def _sum(*args: Given) -> Value:
    total = sum(numbers(args))
    return int(total) if isinstance(total, float) and total.is_integer() and abs(total) < 1e15 else total


def _average(*args: Given) -> Value:
    found = numbers(args)
    if not found:
        raise Stopped("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return sum(found) / len(found)


def _count(*args: Given) -> Value:
    return sum(1 for value, _ in _all(args) if isinstance(value, int | float) and not isinstance(value, bool))


def _counta(*args: Given) -> Value:
    return sum(1 for value, _ in _all(args) if value is not None)


def _countblank(block: Given) -> Value:
    if not isinstance(block, Block):
        return int(block in (None, ""))
    return block.size - sum(1 for value in block.filled() if value != "")


def criterion(wanted: Value) -> Callable[[Value], bool]:
    """The test that a criterion such as `>5`, `a*` or 3 means."""
    if not isinstance(wanted, str):
        return lambda value: type(value) is not str and value == wanted
    match = re.match(r"(<>|<=|>=|=|<|>)?(.*)", wanted, re.DOTALL)
    assert match
    sign, rest = match[1] or "=", match[2]
    asked = parsing.typed(rest, None, "en_US")[0]
    if isinstance(asked, int | float) and not isinstance(asked, bool):
        tests: dict[str, Callable[[Any], bool]] = {
            "=": lambda one: one == asked, "<>": lambda one: one != asked, "<": lambda one: one < asked,
            ">": lambda one: one > asked, "<=": lambda one: one <= asked, ">=": lambda one: one >= asked,
        }  # fmt: skip
        test = tests[sign]
        if sign == "<>":
            return lambda value: not isinstance(value, int | float) or test(value)
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and test(value)
    pattern = re.compile(
        "".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in rest), re.I | re.DOTALL
    )
    if sign == "<>":
        return lambda value: not (isinstance(value, str) and pattern.fullmatch(value))
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def _countif(block: Given, wanted: Given) -> Value:
    test = criterion(_one(wanted))
    return sum(1 for value, _ in _all((block,)) if test(value))


def _sumif(block: Given, wanted: Given, summed: Given = None) -> Value:
    test = criterion(_one(wanted))
    if not isinstance(block, Block):
        raise Stopped("N_A", "Argument must be a range.")
    to = summed if isinstance(summed, Block) else block
    total = 0.0
    for down in range(min(block.bottom - block.top, len(block.sheet.rows) - block.top)):
        for across in range(block.right - block.left):
            if test(block.at(down, across)):
                value = to.at(down, across)
                total += value if isinstance(value, int | float) and not isinstance(value, bool) else 0
    return int(total) if total.is_integer() else total


def _vlookup(wanted: Given, block: Given, column: Given, ordered: Given = True) -> Value:
    if not isinstance(block, Block):
        raise Stopped("N_A", "Argument must be a range.")
    key = _one(wanted)
    across = int(number(_one(column))) - 1
    if not 0 <= across < block.right - block.left:
        raise Stopped("REF", "VLOOKUP evaluates to an out of bounds range.")
    best = None
    for down in range(min(block.bottom - block.top, len(block.sheet.rows) - block.top)):
        left, right = comparable(block.at(down, 0), key)
        if left == right and not truth(_one(ordered)):
            return block.at(down, across)
        if truth(_one(ordered)) and left[0] == right[0] and left <= right:
            best = down
    if best is None:
        raise Stopped("N_A", f"Did not find value '{text(key)}' in VLOOKUP evaluation.")
    return block.at(best, across)


def _hyperlink(url: Given, label: Given = None) -> Value:
    return text(_one(url)) if label is None else _one(label)


def _na() -> Value:
    raise Stopped("N_A", "Value not available.")


def _round(value: Given, places: Given = 0) -> Value:
    scale = 10 ** int(number(_one(places)))
    scaled = abs(number(_one(value))) * scale
    found = int(scaled + 0.5) / scale
    found = -found if number(_one(value)) < 0 else found
    return int(found) if found == int(found) else found


def _on_text(call: Callable[[str], Value]) -> Callable[[Given], Value]:
    return lambda given: call(text(_one(given)))


MANY = 255
KNOWN: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "SUM": (1, MANY, _sum),
    "COUNT": (1, MANY, _count),
    "COUNTA": (1, MANY, _counta),
    "COUNTBLANK": (1, 1, _countblank),
    "COUNTIF": (2, 2, _countif),
    "SUMIF": (2, 3, _sumif),
    "AVERAGE": (1, MANY, _average),
    "MIN": (1, MANY, lambda *args: min(numbers(args), default=0)),
    "MAX": (1, MANY, lambda *args: max(numbers(args), default=0)),
    "CONCATENATE": (1, MANY, lambda *args: "".join(text(value) for value, _ in _all(args))),
    "AND": (1, MANY, lambda *args: all(truth(value) for value, _ in _all(args))),
    "OR": (1, MANY, lambda *args: any(truth(value) for value, _ in _all(args))),
    "NOT": (1, 1, lambda given: not truth(_one(given))),
    "HYPERLINK": (1, 2, _hyperlink),
    "VLOOKUP": (3, 4, _vlookup),
    "NA": (0, 0, _na),
    "TRUE": (0, 0, lambda: True),
    "FALSE": (0, 0, lambda: False),
    "ROUND": (1, 2, _round),
    "LEN": (1, 1, _on_text(len)),
    "UPPER": (1, 1, _on_text(str.upper)),
    "LOWER": (1, 1, _on_text(str.lower)),
    "TRIM": (1, 1, _on_text(lambda one: " ".join(one.split()))),
}
