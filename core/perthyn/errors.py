"""Errors as data: a stable code and the facts of the case.

What is wrong and what to do next are put into words where they are shown, in the asker's language
(`perthyn.text.Translator.error`). The same code stands in `--json`, in the API and in problem records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class PerthynError(Exception):
    """Something a person can act on.

    `code` is dotted and stable (``import.date.impossible``); `facts` are the values its sentences name.
    """

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code, facts)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({shown})"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.facts)


def _rebuild(kind: type[PerthynError], code: str, facts: dict[str, object]) -> PerthynError:
    return kind(code, **facts)


class Conflict(PerthynError):
    """An expected value no longer holds; facts: ``record``, ``path``, ``expected``, ``found``, ``actor``."""


class Stale(PerthynError):
    """The store changed between `prepare` and `apply`; prepare again and apply again."""


class Unknown(PerthynError):
    """A name or an id is not known; facts hold ``name`` and the nearest known ``suggestion`` (or "")."""


class Forbidden(PerthynError):
    """The actor lacks the right named in ``right``."""


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Around the import of a library that comes with an extra (``donations``): where it is missing, this is said.

    Raises `PerthynError` (``library.missing``).
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise PerthynError("library.missing", library=error.name or extra, extra=extra) from error


def why_not(found: Mapping[str, Any]) -> PerthynError:
    """What pydantic found wrong with a value (one of `ValidationError.errors()`), as a part of an error's words."""
    kind, limits = str(found["type"]), found.get("ctx", {})
    if "." in kind:  # of `values.invalid`
        return PerthynError(kind)
    match kind:
        case "string_pattern_mismatch":
            return PerthynError("record.why.signs")
        case "string_too_short" | "missing":
            return PerthynError("record.why.empty")
        case "string_too_long":
            return PerthynError("record.why.long", limit=limits["max_length"])
        case "literal_error":
            return PerthynError("record.why.choice", known=str(limits["expected"]).replace(" or ", ", "))
        case "greater_than_equal":
            return PerthynError("record.why.small", limit=limits["ge"])
        case "less_than_equal":
            return PerthynError("record.why.large", limit=limits["le"])
        case "int_type" | "int_parsing" | "int_from_float":
            return PerthynError("record.why.number")
        case "date_type" | "date_parsing" | "date_from_datetime_parsing":
            return PerthynError("record.why.day")
        case "json_invalid":
            return PerthynError("record.why.json")
    return PerthynError("record.why.kind")
