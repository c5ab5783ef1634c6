"""What formulas come to. Worked out when read, remembered until anything changes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from sheets_emulator import formats, functions, grammar
from sheets_emulator.cells import Cell, Fault, Formula, Value
from sheets_emulator.functions import Block, Stopped
from sheets_emulator.grammar import Tree
from sheets_emulator.sheet import Sheet

Key = tuple[int, int, int]

_RUNNING = object()
_UNKNOWN = object()
_FAULTS = {text: kind for kind, text in Fault.NAMES.items()}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_NAMES = {"+": "ADD", "-": "MINUS", "*": "MULTIPLY", "/": "DIVIDE", "^": "POW"}


def value(sheet: Sheet, row: int, column: int, cell: Cell | None = None) -> Value:
    """The effective value of a cell."""
    cell = sheet.at(row, column) if cell is None else cell
    entered = cell.entered
    if not isinstance(entered, Formula):
        return entered
    seen: dict[Key, Any] = sheet.book.seen
    known = seen.get((sheet.id, row, column), _UNKNOWN)
    if known is _UNKNOWN:
        known = _settled(sheet, row, column)
    return Fault("REF", "Circular dependency detected.") if known is _RUNNING else known


def _settled(sheet: Sheet, row: int, column: int) -> Value:
    """Work a formula out, those that it needs first: without recursion, since chains may be as long as a tab."""
    seen: dict[Key, Any] = sheet.book.seen
    stack = [(sheet, row, column)]
    while stack:
        own, at_row, at_column = stack[-1]
        key = (own.id, at_row, at_column)
        entered = own.at(at_row, at_column).entered
        assert isinstance(entered, Formula)
        if key not in seen:
            seen[key] = _RUNNING
            stack += [one for one in _needed(own, entered.text) if (one[0].id, one[1], one[2]) not in seen]
        else:
            stack.pop()
            if seen[key] is _RUNNING:
                seen[key] = Reckoning(own, at_row, at_column).result(entered.text)
    return seen[(sheet.id, row, column)]  # type: ignore[no-any-return]


def _needed(sheet: Sheet, text: str) -> Iterator[tuple[Sheet, int, int]]:
    """The formulas that a formula speaks of."""
    try:
        trees = [grammar.tree(text)]
    except grammar.Unreadable:
        return
    while trees:
        tree = trees.pop()
        if tree[0] in ("ref", "name"):
            try:
                block = Reckoning(sheet, 0, 0).of(tree)
            except Stopped:
                continue
            if isinstance(block, Block):
                yield from block.formulas()
        else:
            trees += grammar.parts(tree)


def link(sheet: Sheet, row: int, column: int, cell: Cell) -> str:
    """The address of a cell whose formula is a HYPERLINK; empty for others."""
    assert isinstance(cell.entered, Formula)
    try:
        tree = grammar.tree(cell.entered.text)
        if tree[:2] != ("call", "HYPERLINK"):
            return ""
        return str(Reckoning(sheet, row, column).single(tree[2][0]))
    except (grammar.Unreadable, Stopped, IndexError):
        return ""


class Reckoning:
    """One formula being worked out, at its place."""

    def __init__(self, sheet: Sheet, row: int, column: int) -> None:
        self.sheet, self.row, self.column = sheet, row, column
        self.book = sheet.book

    def result(self, text: str) -> Value:
        try:
            found = self.single(grammar.tree(text))
        except grammar.Unreadable:
            return Fault("ERROR", "Formula parse error.")
        except Stopped as stopped:
            return stopped.fault
        return 0 if found is None else found

    def of(self, tree: Tree) -> Value | Block:
        """The value of a part, or the block of cells that it names."""
        kind = tree[0]
        if kind in ("number", "text"):
            return tree[1]  # type: ignore[no-any-return]
        if kind == "blank":
            return None
        if kind == "error":
            raise Stopped(_FAULTS.get(tree[1], "REF"), "Reference does not exist.")
        if kind == "ref":
            return self._block(tree[1], tree[2])
        if kind == "name":
            return self._named(tree[1])
        if kind == "call":
            return self._call(tree[1], tree[2])
        if kind in ("negative", "positive", "percent"):
            number = functions.number(self.single(tree[1]))
            return {"negative": -number, "positive": number, "percent": number / 100}[kind]
        return self._signed(kind, self.single(tree[1]), self.single(tree[2]))

    def single(self, tree: Tree) -> Value:
        """The value of a part where only one will do."""
        found = self.of(tree)
        if isinstance(found, Block):
            found = found.only()
        if isinstance(found, Fault):
            raise Stopped(found.kind, found.message)
        return found

    def _block(self, tab: str | None, area: Any) -> Block:
        sheet = self.sheet if tab is None else self.book.titled(tab)
        if sheet is None or area is None:
            raise Stopped("REF", f"Unresolved sheet name '{tab}'." if sheet is None else "Reference does not exist.")
        bottom = sheet.row_count if area.bottom is None else area.bottom
        right = sheet.column_count if area.right is None else area.right
        top, left = area.top or 0, area.left or 0
        if top >= sheet.row_count or left >= sheet.column_count:
            raise Stopped("REF", "Reference does not exist.")
        return Block(value, sheet, top, left, min(bottom, sheet.row_count), min(right, sheet.column_count))

    def _named(self, name: str) -> Value | Block:
        if name.upper() in ("TRUE", "FALSE"):
            return name.upper() == "TRUE"
        for one in self.book.names.values():
            if one["name"].casefold() == name.casefold():
                sheet, place = self.book.sheet(one["range"].get("sheetId", 0)), one["range"]
                return Block(
                    value,
                    sheet,
                    place.get("startRowIndex", 0),
                    place.get("startColumnIndex", 0),
                    place.get("endRowIndex", sheet.row_count),
                    place.get("endColumnIndex", sheet.column_count),
                )
        raise Stopped("NAME", f"Unknown range name: '{name.upper()}'.")

    def _call(self, name: str, args: tuple[Tree, ...]) -> Value | Block:
        if name in ("IF", "IFERROR", "IFNA"):
            return self._choice(name, args)
        if name in ("ROW", "COLUMN"):
            block = self.of(args[0]) if args else None
            if isinstance(block, Block):
                return (block.top if name == "ROW" else block.left) + 1
            return (self.row if name == "ROW" else self.column) + 1
        if name in ("TODAY", "NOW"):
            now = formats.serial(self.book.clock().replace(tzinfo=None))
            return int(now) if name == "TODAY" else now
        function = functions.KNOWN.get(name)
        if function is None:
            raise Stopped("NAME", f"Unknown function: '{name}'.")
        least, most, call = function
        if not least <= len(args) <= most:
            raise Stopped("N_A", f"Wrong number of arguments to {name}.")
        return call(*[self.of(one) for one in args])

    def _choice(self, name: str, args: tuple[Tree, ...]) -> Value | Block:
        if name == "IF":
            if not 2 <= len(args) <= 3:
                raise Stopped("N_A", "Wrong number of arguments to IF.")
            if functions.truth(self.single(args[0])):
                return self.of(args[1])
            return self.of(args[2]) if len(args) == 3 else False
        try:
            return self.single(args[0])
        except Stopped as stopped:
            if name == "IFNA" and stopped.fault.kind != "N_A":
                raise
            return self.of(args[1]) if len(args) > 1 else ""

    def _signed(self, sign: str, left: Value, right: Value) -> Value:
        if sign == "&":
            return functions.text(left) + functions.text(right)
        if sign in _COMPARE:
            return _COMPARE[sign](*functions.comparable(left, right))
        name = _NAMES[sign]
        one = functions.number(left, f"Function {name} parameter 1")
        other = functions.number(right, f"Function {name} parameter 2")
        if sign == "/":
            if other == 0:
                raise Stopped("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
            return _whole(one / other)
        try:
            found = {"+": operator.add, "-": operator.sub, "*": operator.mul, "^": operator.pow}[sign](one, other)
        except (OverflowError, ZeroDivisionError):
            raise Stopped("NUM", "Result is out of range.") from None
        if isinstance(found, complex):
            raise Stopped("NUM", "Result is no real number.")
        return _whole(found)


def _whole(found: float) -> float:
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 1e15 else found
