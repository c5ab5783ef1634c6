"""Search: contacts by the words a person types, with slips, over the vocabulary of distinct words."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection

from perthyn.model.identity import asked_words
from perthyn_sql.base import OnSql
from perthyn_sql.dialect import fetched
from perthyn_sql.words import chunks, marks, padded

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
        found: list[UUID] = []
        for score in sorted(by_score, reverse=True):
            if len(found) < limit:
                found += _first_ids(connection, by_score[score], limit - len(found))
        return found


def _first_ids(connection: Connection, keys: list[int], limit: int) -> list[UUID]:
    """The first so many of the ids of these contacts: looked up when they are few, else met on a walk in id order."""
    if len(keys) <= MANY:
        ids = set()
        for values in map(padded, chunks(keys)):
            ids.update(fetched(connection, f"SELECT id FROM contact WHERE key_ IN ({marks(values)})", values))
        return [UUID(bytes=id) for (id,) in sorted(ids)[:limit]]
    wanted = set(keys)
    walk = connection.exec_driver_sql("SELECT id, key_ FROM contact ORDER BY id")
    found = list(islice((UUID(bytes=id) for id, key in walk if key in wanted), limit))
    walk.close()
    return found


def _having(connection: Connection, like: dict[int, list[int]], enough: int | None = None) -> dict[int, int]:
    """The keys of the contacts that have one of these words, with the best closeness; the closest first."""
    best: dict[int, int] = {}
    for score in sorted(like, reverse=True):
        if enough is not None and len(best) >= enough:
            break
        for values in map(padded, chunks(like[score])):
            rows = fetched(connection, f"SELECT contact FROM search_post_ WHERE word IN ({marks(values)})", values)
            best.update(dict.fromkeys({key for (key,) in rows} - best.keys(), score))
    return best
