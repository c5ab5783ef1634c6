"""What perthyn's own export says of somebody beyond what other files say: read back as it stood, nothing mended.

A cell may hold a part of a contact as pieces (``member; gold; 2024-04-01; ; 30``), in the order of the part's fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from perthyn.importing.names import PersonName
from perthyn.importing.values import Cell, Memo, Noted, Parsed, Reader, Unreadable, as_text
from perthyn.importing.values_people import UNREAD, email_reader, phone_reader
from perthyn.model import Address, Contact, Custom, ExternalId, Part, Relationship, Role

CUSTOM = "custom."
"""`custom.<head>`: a custom field outside `own.`, or one that holds numbers or days, under its head in an export."""
PIECES = (*("further_role", "further_address", "relationship", "known_as"), *("preferred", "phone_e164"))
RETURNED = (*("salutation", "language_asked", "age_band", "age_noted", "grace_days", "preferred_address"), *PIECES)
"""Meanings that only perthyn's own export has."""
_TYPES = {"number": "integer", "date": "date"}
_HEAD = re.compile(r"(?P<name>[^\s.]+\.\S.*?)(?:: (?P<type>number|date))?")
_PIECE = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",;|]*))\s*(?:([,;|])|\Z)')
_WHOLE = re.compile(r"[+-]?\d{1,16}")


# --- cells --------------------------------------------------------------------------------------------------


def joined(pieces: Sequence[object]) -> str:
    """Pieces as one cell; None is blank, and what could be taken for a sign between pieces is quoted."""
    return "; ".join(_quoted("" if one is None else str(one)) for one in pieces)


def _quoted(text: str) -> str:
    plain = text == text.strip() and not any(sign in text for sign in ',;|"')
    return text if plain else '"' + text.replace('"', '""') + '"'


def pieces(text: str) -> tuple[str, ...]:
    """The inverse of `joined`, with commas and bars as good as semicolons. Raises `Unreadable`."""
    found: list[str] = []
    at = 0
    while True:
        piece = _PIECE.match(text, at)
        if piece is None:
            raise Unreadable("import.pieces.unreadable", value=text)
        found.append(piece[2].strip() if piece[1] is None else piece[1].replace('""', '"'))
        if not piece[3]:
            return tuple(found)
        at = piece.end()


def head_of(custom: Custom) -> str:
    """The head under which a custom field goes out."""
    kind = "number" if custom.number is not None else "date" if custom.day is not None else ""
    return f"{custom.name}: {kind}" if kind else custom.name


def custom_of_head(head: str) -> str:
    """The meaning of a head that is a custom field's; "" for any other."""
    return f"{CUSTOM}{head}" if _HEAD.fullmatch(head) else ""


def reads_custom(meaning: str) -> str:
    """The kind of value under ``custom.<head>``."""
    found = _HEAD.fullmatch(meaning.removeprefix(CUSTOM))
    return _TYPES.get(found["type"] or "", "text") if found else "text"


def verbatim_reader(kind: str) -> Reader[Any] | None:
    """The reader of cells that perthyn wrote itself; None where they are read like anybody's."""
    one = _VERBATIM.get(kind)
    return None if one is None else Memo(one())


def pieces_reader() -> Memo[tuple[str, ...]]:
    """Cells of pieces."""
    return Memo(lambda cell: pieces(as_text(cell)))


class WrittenDays:
    """Days as perthyn writes them, however far away; others as the column's own reader has them."""

    def __init__(self, reader: Reader[date]) -> None:
        self._reader = reader

    def read(self, cells: Sequence[Cell]) -> Parsed[date]:
        written = [date.fromisoformat(cell) if isinstance(cell, str) and _is_day(cell) else None for cell in cells]
        parsed: Parsed[date] = self._reader.read(
            [cell if day is None else None for cell, day in zip(cells, written, strict=True)]
        )
        parsed.values = [day or other for day, other in zip(written, parsed.values, strict=True)]
        return parsed


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-01-31") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def integer_reader() -> Memo[int]:
    """Whole numbers, and nothing else."""

    def one(cell: Cell) -> int:
        text = as_text(cell)
        if not _WHOLE.fullmatch(text):
            raise Unreadable("import.quantity.unreadable", value=text)
        return int(text)

    return Memo(one)


def _email() -> Any:
    known = email_reader()

    def one(cell: Cell) -> str | Noted | None:
        parsed = known.read((cell,))
        if parsed.wrong:
            code, facts = parsed.wrong[0]
            raise Unreadable(code, **facts)
        return as_text(cell) if parsed.values[0] is not None and not parsed.noted else _again(parsed)

    return one


def _phone() -> Any:
    """A number that could not be read when it was stored is no news."""
    known = phone_reader()

    def one(cell: Cell) -> str:
        return known.read((cell,)).values[0] or f"{UNREAD}{as_text(cell)}"

    return one


def _again(parsed: Any) -> Noted | None:
    code, facts = parsed.noted.get(0, ("", {}))
    return Noted(parsed.values[0], code, **facts) if code else None


def _text() -> Any:
    return as_text


def _name() -> Any:
    return lambda cell: PersonName(as_text(cell))


def _tags() -> Any:
    return lambda cell: tuple(one for one in pieces(as_text(cell)) if one)


_VERBATIM = {"text": _text, "postcode": _text, "name": _name, "email": _email, "phone": _phone, "tags": _tags}


# --- contacts -----------------------------------------------------------------------------------------------


def returned(said: Mapping[str, Sequence[Any]], found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a contact, as far as `found`, with what only perthyn's own export says put over them."""
    fields: dict[str, Any] = {}
    for name in ("salutation", "language_asked", "age_band", "age_noted"):
        if name in said:
            fields[name] = said[name][0]
    preferred = {one for cells in said.get("preferred", ()) for one in cells}
    fields["emails"] = [{**dict(one), "preferred": one.address in preferred} for one in found["emails"]]
    numbers = dict(_pairs([one for cells in said.get("phone_e164", ()) for one in cells]))
    fields["phones"] = [
        {**dict(one), "preferred": one.number in preferred, "e164": numbers.get(one.number, one.e164)}
        for one in found["phones"]
    ]
    fields["addresses"] = _addresses(said, found["addresses"])
    fields["roles"] = _roles(said, found["roles"])
    fields["relationships"] = _told(Relationship, said.get("relationship", ()))
    fields["external_ids"] = _once([*found["external_ids"], *_told(ExternalId, said.get("known_as", ()))])
    fields["custom"] = sorted([*found["custom"], *_customs(said)], key=head_of)
    return fields


def _addresses(said: Mapping[str, Sequence[Any]], found: Sequence[Address]) -> list[Any]:
    first = said.get("preferred_address", ("no",))[0] == "yes"
    return [
        *({**dict(one), "preferred": first} for one in found),
        *_told(Address, said.get("further_address", ())),
    ]


def _roles(said: Mapping[str, Sequence[Any]], found: Sequence[Role]) -> list[Any]:
    grace = said.get("grace_days", (0,))[0]
    return [*({**dict(one), "grace_days": grace} for one in found), *_told(Role, said.get("further_role", ()))]


def _told(part: type[Part], cells: Sequence[Sequence[str]]) -> list[Part]:
    """Parts of their pieces. Raises pydantic's `ValidationError`."""
    names = list(part.model_fields)
    return [
        part.model_validate({name: _typed(name, one) for name, one in zip(names, pieces, strict=False) if one})
        for pieces in cells
    ]


def told_of(part: Part) -> str:
    """A part as a cell of pieces."""
    values = [getattr(part, name) for name in type(part).model_fields]
    return joined(["yes" if one is True else None if one is False else one for one in values])


def _typed(name: str, piece: str) -> object:
    if name in ("grace_days", "delivered") and _WHOLE.fullmatch(piece):
        return int(piece)
    return piece == "yes" if name == "preferred" else piece


def _pairs(pieces: Sequence[str]) -> list[tuple[str, str | None]]:
    return [(number, e164 or None) for number, e164 in zip(pieces[::2], pieces[1::2], strict=False)]


def _customs(said: Mapping[str, Sequence[Any]]) -> list[Custom]:
    found = []
    for meaning, values in said.items():
        head = _HEAD.fullmatch(meaning.removeprefix(CUSTOM)) if meaning.startswith(CUSTOM) else None
        if head is not None:
            value = values[0]
            field = "day" if isinstance(value, date) else "number" if isinstance(value, int) else "text"
            found.append(Custom.model_validate({"name": head["name"], field: value}))
    return found


def _once(parts: Sequence[Any]) -> list[Any]:
    held: dict[str, Any] = {}
    for one in parts:
        held.setdefault(one.key, one)
    return list(held.values())


def whole_contact(found: Mapping[str, Any], said: Mapping[str, Sequence[Any]]) -> Contact:
    """A contact of `found` and of what is said beyond it. Raises pydantic's `ValidationError`."""
    over = returned(said, found)
    return Contact.model_validate({**found, **{name: _plain(value) for name, value in over.items()}})


def _plain(value: Any) -> Any:
    return [dict(one) if isinstance(one, BaseModel) else one for one in value] if isinstance(value, list) else value
