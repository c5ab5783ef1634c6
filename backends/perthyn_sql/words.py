"""Words: every text of kind "word" once, known by a small integer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from perthyn.text import fold
from perthyn_sql.dialect import found, put

REMEMBERED = 200_000
"""How many words are kept in memory at most, a block's own aside."""


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
            put(connection, "word_", ("id", "text", "fold"), new)
            self._note((id, text) for id, text, _ in new)

    def _remember(self, connection: Connection, column: str, wanted: set[object]) -> None:
        if wanted:
            self._note(found(connection, f"SELECT id, text FROM word_ WHERE {column} IN (*)", wanted))

    def _note(self, words: Iterable[tuple[int, str]]) -> None:
        for id, text in words:
            self.ids[text] = id
            self.texts[id] = text
