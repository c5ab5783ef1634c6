"""By what a contact is recognised and found: match keys as 64-bit numbers, search words and who has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection

from perthyn.model import Contact
from perthyn.model.identity import match_keys, search_words
from perthyn_sql.dialect import fetched
from perthyn_sql.shelf import Placed
from perthyn_sql.words import chunks, marks, padded


def key_number(key: str) -> int:
    """64 bits of BLAKE2b (RFC 7693) of a match key, signed as SQL has them."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


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


def _differences(
    traces: Sequence[Trace], of: Callable[[Contact], set[str]]
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    gone, come = [], []
    for trace in traces:
        before = of(trace.before) if trace.before else set()
        after = of(trace.after) if trace.after else set()
        gone += [(text, trace.key) for text in before - after]
        come += [(text, trace.key) for text in after - before]
    return gone, come


def _keep_keys(connection: Connection, traces: Sequence[Trace]) -> None:
    gone, come = _differences(traces, match_keys)
    if gone:
        rows = [(key_number(text), contact) for text, contact in gone]
        connection.exec_driver_sql("DELETE FROM match_key_ WHERE key = ? AND contact = ?", rows)
    if come:
        rows = sorted((key_number(text), contact) for text, contact in come)
        connection.exec_driver_sql("INSERT INTO match_key_ (key, contact) VALUES (?, ?)", rows)


def _keep_words(connection: Connection, traces: Sequence[Trace], next_key: Callable[[], int]) -> None:
    gone, come = _differences(traces, search_words)
    ids = _word_ids(connection, {text for text, _ in gone} | {text for text, _ in come})
    new = [(next_key(), text) for text in sorted({text for text, _ in come} - ids.keys())]
    if new:
        connection.exec_driver_sql("INSERT INTO search_word_ (id, word) VALUES (?, ?)", new)
        ids.update((text, id) for id, text in new)
    if gone:
        rows = [(ids[text], contact) for text, contact in gone]
        connection.exec_driver_sql("DELETE FROM search_post_ WHERE word = ? AND contact = ?", rows)
    if come:
        rows = sorted((ids[text], contact) for text, contact in come)
        connection.exec_driver_sql("INSERT INTO search_post_ (word, contact) VALUES (?, ?)", rows)
    if gone:
        connection.exec_driver_sql(
            "DELETE FROM search_word_ WHERE id = ? AND NOT EXISTS"
            " (SELECT 1 FROM search_post_ WHERE search_post_.word = search_word_.id)",
            [(ids[text],) for text in {text for text, _ in gone}],
        )


def _word_ids(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunks(texts):
        values = padded(chunk)
        query = f"SELECT word, id FROM search_word_ WHERE word IN ({marks(values)})"
        found.update(fetched(connection, query, values))
    return found
