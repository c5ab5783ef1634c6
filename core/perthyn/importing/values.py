"""Columns of cells to columns of values: what every reader of values shares, and the plain ones.

A reader remembers each distinct cell, so that a column of a million cells costs a look-up a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Generic, Protocol, TypeVar

Cell = str | int | float | bool | datetime | date | time | None
Reason = tuple[str, dict[str, object]]
"""An error code and its facts."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_REMEMBERED = 50_000
MOST_CHARACTERS = 50_000


@dataclass
class Parsed(Generic[T]):
    """One column as read. Indexes are positions in `values`; a blank cell is None and not wrong."""

    values: list[T | None]
    wrong: dict[int, Reason] = field(default_factory=dict)
    """cells that can't be used: their row can't be stored as it is"""
    noted: dict[int, Reason] = field(default_factory=dict)
    """cells that were mended, guessed or left blank: the row is stored, and somebody should look"""


class Unreadable(Exception):
    """Raised by a cell's reader: the cell can't be used."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.reason: Reason = (code, facts)
        super().__init__(code, facts)


class Noted:
    """A value together with what somebody should know about it."""

    def __init__(self, value: object, code: str, /, **facts: object) -> None:
        self.value = value
        self.reason: Reason = (code, facts)


class Reader(Protocol[T_co]):
    """Reads one column, a stretch at a time."""

    def read(self, cells: Sequence[Cell]) -> Parsed[Any]: ...


class Memo(dict[Cell, Any], Generic[T]):
    """A reader that calls `one` once for each distinct cell.

    `one` gives the value, or `Noted`, or raises `Unreadable`. Memory is bounded.
    """

    def __init__(self, one: Callable[[Cell], T | Noted | None]) -> None:
        super().__init__()
        self._one = one
        self._wrong: dict[Cell, Reason] = {}
        self._noted: dict[Cell, Reason] = {}

    def __missing__(self, cell: Cell) -> T | None:
        value: Any = None
        if cell is not None and cell != "":
            try:
                value = self._one(cell)
            except Unreadable as unreadable:
                self._wrong[cell] = unreadable.reason
            if isinstance(value, Noted):
                self._noted[cell] = value.reason
                value = value.value
        self[cell] = value
        return value  # type: ignore[no-any-return]

    def read(self, cells: Sequence[Cell]) -> Parsed[T]:
        """Read cells; bools must have been made text before (1 and True are one key)."""
        if len(self) > _REMEMBERED:
            self.clear()
            self._wrong.clear()
            self._noted.clear()
        values: list[T | None] = list(map(self.__getitem__, cells))
        return Parsed(values, _at(cells, self._wrong), _at(cells, self._noted))


def _at(cells: Sequence[Cell], reasons: dict[Cell, Reason]) -> dict[int, Reason]:
    if not reasons:
        return {}
    return {index: reasons[cell] for index, cell in enumerate(cells) if cell in reasons}


def as_text(cell: Cell) -> str:
    """A cell as a person would have typed it: 45.0 is "45", a midnight is its day, None is ""."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MOJIBAKE = re.compile(
    "[ÂÃÄÅ][€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\x81\x8d\x8f\x90\x9d\xa0-\xbf]|â[€‚][€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\x9d\xa0-\xbf]"
)
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]")
_SUSPECT = re.compile("[\r?\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfffÂÃÄÅâ]")


def mend_mojibake(text: str) -> str:
    """UTF-8 that was once read as cp1252, put right piece by piece: ``LlÅ·n`` is ``Llŷn``.

    Only pieces that become Latin letters (to U+017F) or typographic signs change; whatever else
    stands in the text stays.
    """
    return _MOJIBAKE.sub(_mend_piece, text)


def _mend_piece(found: re.Match[str]) -> str:
    raw = b"".join(bytes([ord(sign)]) if 0x80 <= ord(sign) < 0x100 else sign.encode("cp1252") for sign in found[0])
    try:
        meant = raw.decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
    return meant if meant >= "\xa0" else found[0]


def one_text(cell: Cell) -> str | Noted | None:
    """One cell's text as `TextReader` gives it."""
    text = as_text(cell)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    mended = mend_mojibake(text).strip()
    if bad := _BAD.search(mended):
        raise Unreadable("import.text.control", sign=f"U+{ord(bad[0]):04X}")
    if len(mended) > MOST_CHARACTERS:
        raise Unreadable("import.text.too_long", most=MOST_CHARACTERS, length=len(mended))
    if mended != text:
        return Noted(mended, "import.text.mended", value=text, taken=mended)
    if _LOST.search(text) and "://" not in text:
        return Noted(text, "import.text.letter_lost", value=text)
    return text or None


class TextReader:
    """Text as written, trimmed. Refuses control characters, mends mojibake, flags a letter lost to "?"."""

    _suspect = _SUSPECT

    def __init__(self, one: Callable[[Cell], str | Noted | None] = one_text) -> None:
        self._memo: Memo[str] = Memo(one)

    def read(self, cells: Sequence[Cell]) -> Parsed[str]:
        try:
            joined = "\n".join(cells)  # type: ignore[arg-type]
            long = len(joined) > MOST_CHARACTERS and max(map(len, cells)) > MOST_CHARACTERS  # type: ignore[arg-type]
        except TypeError:
            return self._memo.read(cells)
        if long or self._suspect.search(joined):
            return self._memo.read(cells)
        return Parsed([text or None for text in map(str.strip, cells)])  # type: ignore[arg-type]


_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")


def _one_id(cell: Cell) -> str | Noted | None:
    text = as_text(cell).lstrip("'")
    if _ROUNDED.fullmatch(text):
        return Noted(None, "import.id.rounded", value=text)
    return one_text(text)


class IdReader(TextReader):
    """The sender's ids as text. ``1.07E+11`` names several things at once, so it becomes None, noted."""

    _suspect = re.compile(f"{_SUSPECT.pattern[:-1]}+']")

    def __init__(self) -> None:
        super().__init__(_one_id)


_COUNTS = {
    word: count
    for count, words in enumerate(
        (
            "none dim sero zero",
            "one un",
            "two dau dwy",
            "three tri tair",
            "four pedwar pedair",
            "five pump",
            "six chwech chwe",
            "seven saith",
            "eight wyth",
            "nine naw",
            "ten deg",
        )
    )
    for word in words.split()
}
_WHOLE = re.compile(r"[+-]?\d{1,15}(?:[.,]0+)?")


def _one_quantity(cell: Cell) -> int | Noted | None:
    text = as_text(cell).replace("−", "-")
    if _WHOLE.fullmatch(text):
        return int(re.split("[.,]", text)[0])
    if text.casefold() in _COUNTS:
        return _COUNTS[text.casefold()]
    if re.match(r"\d{1,4}\s*([+&]|and\b|a\b|ac\b|\()", text):
        total = sum(int(number) for number in re.findall(r"\d{1,4}", text))
        return Noted(total, "import.quantity.guessed", value=text, taken=total)
    raise Unreadable("import.quantity.unreadable", value=text)


def quantity_reader() -> Memo[int]:
    """Whole numbers; "two", "dau"; "2+dog" is 2 and "2+3" is 5, noted."""
    return Memo(_one_quantity)


def _one_tags(cell: Cell) -> tuple[str, ...] | Noted | None:
    text = one_text(cell)
    if isinstance(text, Noted):
        return Noted(split_tags(str(text.value)), text.reason[0], **text.reason[1])
    return split_tags(text) or None if text else None


def split_tags(text: str) -> tuple[str, ...]:
    """``"VIP","Cymraeg"`` or ``VIP; Cymraeg`` -> ("VIP", "Cymraeg"); each once, in order."""
    pieces = re.findall(r'"+([^"]+)"+|([^",;|]+)', text)
    named = (quoted.strip() or plain.strip() for quoted, plain in pieces)
    return tuple(dict.fromkeys(piece for piece in named if piece))


def tags_reader() -> Memo[tuple[str, ...]]:
    """Lists of tags in one cell."""
    return Memo(_one_tags)
