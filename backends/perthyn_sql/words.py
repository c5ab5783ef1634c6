"""Words: every text of kind "word" once, known by a small integer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import TypeVar

from sqlalchemy import Connection

from perthyn.text import fold

T = TypeVar("T")

CHUNK = 500
"""How many values stand in one IN list."""

REMEMBERED = 200_000
"""How many words are kept in memory at most, a block's own aside."""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def padded(values: Sequence[T]) -> tuple[T, ...]:
    """The values filled up with the last one to one of few lengths, so that few statements are ever prepared."""
    length = next((size for size in (1, 8, 64) if len(values) <= size), CHUNK)
    return (*values, *repeat(values[-1], length - len(values)))


def marks(values: Sequence[object]) -> str:
    """``?,?,?`` for a list of parameters."""
    return ",".join("?" * len(values))


class Words:
    """Ids of words and words of ids, remembered; words do not change, and an id never names another word."""

    def __init__(self) -> None:
        self.ids: dict[str | None, int | None] = {}
        self.texts: dict[int | None, str | None] = {}
        self.forget()

    def forget(self) -> None:
        """Remember nothing: after a roll-back, and when an erasure has taken words away."""
        self.ids.clear()
        self.texts.clear()
        self.ids[None] = self.texts[None] = None

    def find(self, connection: Connection, words: Iterable[str | None]) -> None:
        """Have `ids` know those of these words that the store has; for writing only: others may erase."""
        if len(self.ids) > REMEMBERED:
            self.forget()
        self._remember(connection, "text", {word for word in words if word not in self.ids})

    def load(self, connection: Connection, ids: Iterable[int | None]) -> None:
        """Have `texts` know these ids."""
        if len(self.texts) > REMEMBERED:
            self.forget()
        self._remember(connection, "id", {id for id in ids if id not in self.texts})

    def learn(self, connection: Connection, words: Iterable[str | None], next_key: Callable[[], int]) -> None:
        """Have `ids` know all these words: those that are new to the store are added to it."""
        asked = set(words)
        self.find(connection, asked)
        new = [(next_key(), word, fold(word)) for word in asked if word is not None and word not in self.ids]
        if new:
            connection.exec_driver_sql("INSERT INTO word_ (id, text, fold) VALUES (?, ?, ?)", new)
            self._note((id, text) for id, text, _ in new)

    def _remember(self, connection: Connection, column: str, wanted: set[object]) -> None:
        for chunk in chunks(wanted):
            values = padded(chunk)
            found = connection.exec_driver_sql(
                f"SELECT id, text FROM word_ WHERE {column} IN ({marks(values)})", values
            )
            self._note((id, text) for id, text in found)

    def _note(self, words: Iterable[tuple[int, str]]) -> None:
        for id, text in words:
            self.ids[text] = id
            self.texts[id] = text
