"""Search: contacts by the words a person types, with slips, over the vocabulary of distinct words."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection

from perthyn.model.identity import asked_words
from perthyn_sql.base import OnSql
from perthyn_sql.dialect import found, streamed

MANY = 1000
"""From how many equally close contacts on it is quicker to walk through them in id order than to look all up."""


class Search(OnSql):
    """The chapter of search."""

    def search(self, text: str, limit: int = 20) -> list[UUID]:
        asked = asked_words(text)
        with self.reading() as connection:
            self.vocabulary.refresh(connection)
            likes = [self.vocabulary.like(word) for word in asked]
            if not asked or not all(likes):
                return []
            # Of a single word, what is less close is not asked for once there is enough.
            scores = _having(connection, likes[0], limit if len(likes) == 1 else None)
            for like in likes[1:]:
                mine = _having(connection, like)
                scores = {key: score + mine[key] for key, score in scores.items() if key in mine}
            return self._best(connection, scores, limit)

    def _best(self, connection: Connection, scores: dict[int, int], limit: int) -> list[UUID]:
        """The ids of the best scores, equal ones in id order; ids are looked up no further than needed."""
        by_score = defaultdict(list)
        for key, score in scores.items():
            by_score[score].append(key)
        best: list[UUID] = []
        for score in sorted(by_score, reverse=True):
            if len(best) < limit:
                best += _first_ids(connection, by_score[score], limit - len(best))
        return best


def _first_ids(connection: Connection, keys: list[int], limit: int) -> list[UUID]:
    """The first so many of the ids of these contacts: looked up when they are few, else met on a walk in id order."""
    if len(keys) <= MANY:
        ids = set(found(connection, "SELECT id FROM contact WHERE key_ IN (*)", keys))
        return [UUID(bytes=id) for (id,) in sorted(ids)[:limit]]
    wanted = set(keys)
    walk = streamed(connection, "SELECT id, key_ FROM contact ORDER BY id")
    first = list(islice((UUID(bytes=id) for rows in walk for id, key in rows if key in wanted), limit))
    walk.close()
    return first


def _having(connection: Connection, like: dict[int, list[int]], enough: int | None = None) -> dict[int, int]:
    """The keys of the contacts that have one of these words, with the best closeness; the closest first."""
    best: dict[int, int] = {}
    for score in sorted(like, reverse=True):
        if enough is not None and len(best) >= enough:
            break
        rows = found(connection, "SELECT contact FROM search_post_ WHERE word IN (*)", like[score])
        best.update(dict.fromkeys({key for (key,) in rows} - best.keys(), score))
    return best
