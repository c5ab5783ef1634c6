"""Errors as data: a stable code and the facts of the case.

What is wrong and what to do next are put into words where they are shown, in the asker's language
(`perthyn.text.Translator.error`). The same code stands in `--json`, in the API and in problem records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


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
