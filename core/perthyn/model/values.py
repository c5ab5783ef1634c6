"""The value domain every backend keeps, and the declaration each field carries.

Text holds no NUL, control character (tab and newline aside) or lone surrogate, at most 50,000 characters, and
is never normalised; an empty text is none. Integers lie within 2**53 either way; there are no floats. Instants
are aware and in whole milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

MAX_TEXT = 50_000
MAX_INTEGER = 2**53
_ALLOWED = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"


def invalid(code: str) -> PydanticCustomError:
    """What a validator raises, so that `errors.why_not` finds the code of its words again."""
    return PydanticCustomError(code, "{code}", {"code": code})  # type: ignore[arg-type, unused-ignore]


def _to_milliseconds(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise invalid("record.why.instant")
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=_ALLOWED)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_ALLOWED)]
Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER, strict=True)]
Instant = Annotated[datetime, AfterValidator(_to_milliseconds)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Language = Literal["cy", "en", "both"]

Kind = Literal["text", "word", "integer", "money", "date", "instant", "flag", "id", "json"]
"""How a field is stored, compared and shown. A *word* is text drawn from few distinct values."""

Personal = Literal["none", "identity", "contact", "behaviour", "money", "special", "note"]
Merge = Literal["keep", "newest", "union", "strictest", "never"]


@dataclass(frozen=True, slots=True)
class About:
    """What a field declares of itself; a field without it fails a test.

    `en`, `cy`: its labels. `kind`: see `Kind`. `personal`: its personal-data class. `right`: what an actor needs
    to see it. `retention`: the schedule it follows. `merge`: what happens when two contacts become one.
    `folded`: compared by `perthyn.text.fold`. `export`: its column name in a file, "" for the field's own name.
    `names`: of an id, the type of the record that it is of ("contact"); that person's view shows this record, too.
    """

    en: str
    cy: str
    kind: Kind = "text"
    personal: Personal = "none"
    right: str = "contact.read"
    retention: str = "supporter"
    merge: Merge = "keep"
    folded: bool = True
    export: str = ""
    names: str = ""


def to_wire(kind: Kind, value: Any) -> Any:
    """A field's value as a plain int, str, bytes or None: UUID 16 bytes, instant ms, date its ordinal, flag 0/1."""
    if value is None:
        return None
    if kind == "id":
        return value.bytes
    if kind == "date":
        return value.toordinal()
    if kind == "instant":
        return int(value.timestamp() * 1000 + (0.5 if value.timestamp() >= 0 else -0.5))
    if kind == "flag":
        return int(value)
    return value


def from_wire(kind: Kind, value: Any) -> Any:
    """The inverse of `to_wire`."""
    if value is None:
        return None
    if kind == "id":
        return UUID(bytes=bytes(value))
    if kind == "date":
        return date.fromordinal(value)
    if kind == "instant":
        seconds, milliseconds = divmod(value, 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)
    if kind == "flag":
        return bool(value)
    return value


def plain(value: Any) -> Any:
    """A value as canonical JSON can hold it (DECISIONS 24): ids and days as text, instants ``...Z`` in ms."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item not in (None, "", (), [])}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
