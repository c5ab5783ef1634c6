"""Somebody, as a sender describes her, read as the cells of a file are: with the same care, and the same doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from perthyn.channel import Somebody
from perthyn.importing.meanings import OWN
from perthyn.importing.names import name_reader
from perthyn.importing.people import PHONE_WRITTEN, Said, is_identifiable
from perthyn.importing.problems import MENDED
from perthyn.importing.returned import CUSTOM, integer_reader
from perthyn.importing.values import Cell, Memo, Reader, Reason, TextReader, Unreadable, as_text, tags_reader
from perthyn.importing.values_people import (
    UNREAD,
    contact_kind_reader,
    email_reader,
    language_reader,
    phone_reader,
    postcode_reader,
)

_CALLED = {"kind": "contact_kind"}
_TEXTS = (
    *("given", "family", "organisation", "title", "address", "town", "county", "country", "note", "role", "level"),
    "salutation",
    "person_id",
)
_DAYS = ("role_start", "role_end", "birth_date", "language_asked")
_HEADS = {"number": ": number", "date": ": date"}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that could not be used, or not as it came."""

    field: str
    value: str
    reason: Reason


class Described:
    """Reads what senders say of people. `custom`: the declared custom fields with their types."""

    def __init__(self, region: str, custom: Mapping[str, str]) -> None:
        self._custom = custom
        text = TextReader()
        self._readers: dict[str, Reader[Any]] = {
            **dict.fromkeys(_TEXTS, text),
            **dict.fromkeys(_DAYS, Memo(_one_day)),
            "name": name_reader(),
            "email": email_reader(),
            "phone": phone_reader(region),
            "postcode": postcode_reader(),
            "language": language_reader(),
            "contact_kind": contact_kind_reader(),
            "tag": tags_reader(),
        }

    def read(self, somebody: Somebody) -> tuple[Said, list[Doubt]]:
        """What is said, by meaning, and what of it is doubtful; what can't be read is left out."""
        said: Said = {}
        doubts: list[Doubt] = []
        for name, cell in _cells({**somebody.values, "person_id": somebody.external}):
            meaning, reader = self._reader(name)
            if reader is None:
                doubts.append(Doubt(name, as_text(cell), ("contact.field.unknown", {"name": name, "suggestion": ""})))
                continue
            parsed = reader.read((cell,))
            reason = parsed.wrong.get(0) or parsed.noted.get(0)
            if reason and reason[0] not in MENDED:
                doubts.append(Doubt(name, as_text(cell), reason))
            value = parsed.values[0]
            if value is not None:
                said.setdefault(meaning, []).append(value)
                if meaning == "phone":
                    said.setdefault(PHONE_WRITTEN, []).append(as_text(cell))
        return said, doubts

    def _reader(self, name: str) -> tuple[str, Reader[Any] | None]:
        meaning = _CALLED.get(name, name)
        if meaning in self._readers:
            return meaning, self._readers[meaning]
        if OWN.fullmatch(name) and self._custom.get(name, "text") == "text":
            return name, self._readers["note"]
        if name in self._custom:
            kind = self._custom[name]
            reader = {"number": integer_reader(), "date": self._readers["birth_date"]}.get(kind, self._readers["note"])
            return f"{CUSTOM}{name}{_HEADS.get(kind, '')}", reader
        return meaning, None


def is_known_by(said: Said) -> bool:
    """Whether somebody can be known again: by an id, an e-mail address, or a phone number together with a name."""
    if said.keys() & {"person_id", "email"}:
        return True
    return is_identifiable(said) and any(not one.startswith(UNREAD) for one in said.get("phone", ()))


def _cells(values: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    for name, value in values.items():
        for one in value if isinstance(value, list | tuple) else (value,):
            if one is not None and as_text(one):
                yield name, one if not isinstance(one, bool) else as_text(one)


def _one_day(cell: Cell) -> date:
    """A day, told as such or as ``2026-11-22``."""
    text = as_text(cell)
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Unreadable("import.date.unreadable", value=text) from None
