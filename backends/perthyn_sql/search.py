"""Search: contacts by the words a person types, with slips, over the vocabulary of distinct words.

What was typed is taken apart into words, and what is near to a word into tiers: the same, beginning so, a slip away.
One tier of each word at a time, those with the highest scores first, until there are enough: so that common words and
the many that merely begin alike are seldom read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, product
from uuid import UUID

from sqlalchemy import Connection

from perthyn.model.identity import asked_words
from perthyn.store import may_be_begun
from perthyn_sql.base import OnSql
from perthyn_sql.dialect import dialect_of, fetched, found, streamed
from perthyn_sql.vocabulary import Near

MANY = 1000
"""From how many equally close contacts on it is quicker to walk through them in id order than to look all up."""

PROBED = 8
"""Of how many words at most it is asked contact by contact whether she has one; of more, their contacts are a set."""

TIERS_AT_ONCE = 81
"""How many choices of a tier for each word are tried one by one; of more, each word's contacts are read whole."""


class Search(OnSql):
    """The chapter of search."""

    def search(self, text: str, limit: int = 20) -> list[UUID]:
        asked = asked_words(text)
        with self.reading() as connection:
            words = [self.vocabulary.like(connection, word) for word in asked]
            best = _best(connection, words, limit)
            if not best and may_be_begun(asked):
                begun = self.vocabulary.begun(connection, asked[-1])
                best = _best(connection, [*words[:-1], words[-1] + begun], limit) if begun else []
            return best


def _best(connection: Connection, words: Sequence[Sequence[Near]], limit: int) -> list[UUID]:
    """The first of those who have a word near to each that was asked for."""
    best: list[UUID] = []
    for keys in _by_closeness(connection, words) if words and all(words) else ():
        best += _first_ids(connection, keys, limit - len(best))
        if len(best) >= limit:
            break
    return best


def _by_closeness(connection: Connection, words: Sequence[Sequence[Near]]) -> Iterator[list[int]]:
    """The keys of the contacts that have a word near to each that was asked for, the closest together first."""
    chosen = list(product(*words)) if len(words) <= 4 else []
    if not chosen or len(chosen) > TIERS_AT_ONCE:
        yield from _whole(connection, words)
        return
    by_score = defaultdict(list)
    for tiers in chosen:
        by_score[sum(one.score for one in tiers)].append(tiers)
    seen: set[int] = set()
    held: dict[Near, int] = {}
    for score in sorted(by_score, reverse=True):
        keys = {key for tiers in by_score[score] for key in _having_all(connection, tiers, held)} - seen
        seen |= keys
        yield list(keys)


def _having_all(connection: Connection, tiers: Sequence[Near], held: dict[Near, int]) -> list[int]:
    """The keys of the contacts that have a word of each tier: of those of the rarest, who has the others too."""
    for one in tiers:
        if one not in held:
            query = f"SELECT count(*) FROM search_post_ WHERE word {one.condition}"
            held[one] = fetched(connection, query, one.values)[0][0] if len(tiers) > 1 else 0
    first, *others = sorted(tiers, key=held.__getitem__)
    where, values = [f"a.word {first.condition}"], [*first.values]
    unindexed = dialect_of(connection).unindexed
    for one in others:
        if one.words <= PROBED:
            mine = f"b.word {one.condition} AND b.contact = a.contact"
            where.append(f"EXISTS (SELECT 1 FROM search_post_ b WHERE {mine})")
        else:
            where.append(f"{unindexed}a.contact IN (SELECT contact FROM search_post_ WHERE word {one.condition})")
        values += one.values
    rows = fetched(connection, f"SELECT a.contact FROM search_post_ a WHERE {' AND '.join(where)}", values)
    return [key for (key,) in rows]


def _whole(connection: Connection, words: Sequence[Sequence[Near]]) -> Iterator[list[int]]:
    """The same for many words: the contacts of each word are read, and those who are among all of them kept."""
    scores: dict[int, int] | None = None
    for word in words:
        mine: dict[int, int] = {}
        for one in reversed(word):
            mine.update(dict.fromkeys(_having_all(connection, [one], {}), one.score))
        scores = mine if scores is None else {key: scores[key] + mine[key] for key in scores.keys() & mine.keys()}
    by_score = defaultdict(list)
    for key, score in (scores or {}).items():
        by_score[score].append(key)
    for score in sorted(by_score, reverse=True):
        yield by_score[score]


def _first_ids(connection: Connection, keys: Sequence[int], limit: int) -> list[UUID]:
    """The first so many of the ids of these contacts: looked up when they are few, else met on a walk in id order."""
    if len(keys) <= MANY:
        ids = set(found(connection, "SELECT id FROM contact WHERE key_ IN (*)", keys))
        return [UUID(bytes=id) for (id,) in sorted(ids)[:limit]]
    wanted = set(keys)
    walk = streamed(connection, "SELECT id, key_ FROM contact ORDER BY id")
    first = list(islice((UUID(bytes=id) for rows in walk for id, key in rows if key in wanted), limit))
    walk.close()
    return first
