"""Search: contacts by the words a person types, with slips, over the vocabulary of distinct words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from perthyn.text import fold
from perthyn_sql.base import OnSql
from perthyn_sql.words import chunks, marks, padded


class Search(OnSql):
    """The chapter of search."""

    def search(self, text: str, limit: int = 20) -> list[UUID]:
        asked = [word for word in fold(text).replace(",", " ").split() if word]
        if not asked:
            return []
        with self.reading() as connection:
            self.vocabulary.refresh(connection)
            likes = [self.vocabulary.like(word) for word in asked]
            # The rarest word first: what does not have it need not be looked at again.
            scores: dict[bytes, int] | None = None
            for like in sorted(likes, key=len):
                mine = _having(connection, like)
                if scores is None:
                    scores = mine
                else:
                    scores = {id: score + mine[id] for id, score in scores.items() if id in mine}
                if not scores:
                    return []
        best = sorted((-score, id) for id, score in (scores or {}).items())
        return [UUID(bytes=id) for _, id in best[:limit]]


def _having(connection: Connection, like: dict[str, int]) -> dict[bytes, int]:
    """Contacts that have one of these words, with the best closeness."""
    best: dict[bytes, int] = {}
    by_score: dict[int, list[str]] = defaultdict(list)
    for word, score in like.items():
        by_score[score].append(word)
    for score in sorted(by_score):
        for id in _contacts(connection, by_score[score]):
            best[id] = score
    return best


def _contacts(connection: Connection, words: Iterable[str]) -> Iterable[bytes]:
    for chunk in chunks(words):
        values = padded(chunk)
        rows = connection.exec_driver_sql(
            "SELECT c.id FROM search_word_ w JOIN search_post_ p ON p.word = w.id JOIN contact c ON c.key_ = p.contact"
            f" WHERE w.word IN ({marks(values)})",
            values,
        )
        for (id,) in rows:
            yield id
