"""By what a contact is recognised and found: match keys as 64-bit numbers, search words and who has them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import repeat
from operator import itemgetter
from struct import unpack

from sqlalchemy import Connection

from perthyn.model import Contact
from perthyn.model.identity import match_keys, search_words
from perthyn_sql.dialect import done, found, put, take
from perthyn_sql.shelf import Placed


def key_number(key: str) -> int:
    """64 bits of BLAKE2b (RFC 7693) of a match key, signed as SQL has them."""
    return key_numbers([key])[0]


def key_numbers(keys: Sequence[str]) -> tuple[int, ...]:
    """`key_number` of each."""
    digests = [blake2b(key.encode(), digest_size=8).digest() for key in keys]
    return unpack(f">{len(digests)}q", b"".join(digests))


@dataclass(frozen=True, slots=True)
class Trace:
    """A contact's integer key with its state before and after; None where there is none."""

    key: int
    before: Contact | None
    after: Contact | None

    @classmethod
    def of(cls, before: Placed[Contact] | None, after: Placed[Contact] | None) -> Trace:
        """Of a contact's places; one of them is there."""
        key = next(one.key for one in (before, after) if one is not None)
        return cls(key, before.record if before else None, after.record if after else None)


def keep_findable(connection: Connection, traces: Sequence[Trace], next_key: Callable[[], int]) -> None:
    """Bring match keys and search words from the contacts' states before to those after."""
    _keep_keys(connection, traces)
    _keep_words(connection, traces, next_key)


@dataclass(slots=True)
class _Held:
    """Texts and the contacts that have them, place by place."""

    texts: list[str] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)

    def add(self, texts: Collection[str], contact: int) -> None:
        self.texts += texts
        self.contacts += repeat(contact, len(texts))

    def rows(self, numbers: Iterable[int]) -> list[tuple[int, int]]:
        """A number for each text, with its contact, in the order of the numbers: neighbours are written together."""
        return sorted(zip(numbers, self.contacts, strict=True), key=itemgetter(0))


def _differences(traces: Sequence[Trace], of: Callable[[Contact], set[str]]) -> tuple[_Held, _Held]:
    gone, come = _Held(), _Held()
    for trace in traces:
        if trace.before and trace.after:
            before, after = of(trace.before), of(trace.after)
            gone.add(before - after, trace.key)
            come.add(after - before, trace.key)
        elif trace.before:
            gone.add(of(trace.before), trace.key)
        elif trace.after:
            come.add(of(trace.after), trace.key)
    return gone, come


def _keep_keys(connection: Connection, traces: Sequence[Trace]) -> None:
    gone, come = _differences(traces, match_keys)
    if gone.texts:
        take(connection, "match_key_", ("key", "contact"), gone.rows(key_numbers(gone.texts)))
    if come.texts:
        put(connection, "match_key_", ("key", "contact"), come.rows(key_numbers(come.texts)))


def _keep_words(connection: Connection, traces: Sequence[Trace], next_key: Callable[[], int]) -> None:
    gone, come = _differences(traces, search_words)
    lost, won = set(gone.texts), set(come.texts)
    ids = _word_ids(connection, lost | won)
    new = [(next_key(), text) for text in sorted(won - ids.keys())]
    if new:
        put(connection, "search_word_", ("id", "word"), new)
        ids.update([(text, id) for id, text in new])
    if gone.texts:
        take(connection, "search_post_", ("word", "contact"), gone.rows([ids[text] for text in gone.texts]))
    if come.texts:
        put(connection, "search_post_", ("word", "contact"), come.rows([ids[text] for text in come.texts]))
    if lost:
        unused = "NOT EXISTS (SELECT 1 FROM search_post_ WHERE search_post_.word = search_word_.id)"
        done(connection, f"DELETE FROM search_word_ WHERE {unused} AND id IN (*)", [ids[text] for text in lost])


def _word_ids(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    return dict(found(connection, "SELECT word, id FROM search_word_ WHERE word IN (*)", texts))
