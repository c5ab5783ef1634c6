"""Many hands on one store: processes that write at once, and that edit the same records at once.

Each hand is a process of its own and says what the store has acknowledged; afterwards a checker holds that against
what is there. An edit appends a word to a text, so that a word that was acknowledged and is not there was lost, and
two of one were doubled; an edit that was answered with a conflict is made again on what is there by then.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from itertools import count, pairwise
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Create, Edit
from perthyn.errors import Conflict, PerthynError
from perthyn.model import CORE_TYPES, Contact, Interaction, Tag
from perthyn.model.ids import Ids
from perthyn.store import Store
from perthyn_sql import open_store

OWN_FIELDS = ("name", "given", "family", "salutation")
"""A plain field for each of the first hands, which no other hand edits."""
TRIES, BREATH = 1200, 0.05
"""How often a hand that insists tries one write, and how many seconds it waits between."""


@dataclass
class Told:
    """What one hand says: the words that were acknowledged, its conflicts, errors by code, seconds of each write."""

    kept: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    """When each of them was, by this machine's monotonic clock, in seconds."""
    conflicts: int = 0
    unnamed: int = 0
    """Conflicts that do not name both values."""
    errors: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


# -- one hand ---------------------------------------------------------------------------------------------------


class Hand:
    """One process: number `hand` of those that work on the store at once."""

    def __init__(self, store: Store, hand: int, enough: threading.Event) -> None:
        self._store = store
        self._hand = hand
        self._enough = enough
        self._ids = Ids(lambda: datetime.now(UTC), os.urandom)
        self.told = Told()

    def write(self, times: int, _records: int) -> None:
        """Add a contact and a visit, again and again."""
        for turn in range(times):
            contact = Contact(id=self._ids(), name=f"{self._hand}-{turn}")
            visit = Interaction(id=self._ids(), contact=contact.id, kind="visit", day=date(2026, 1, 1))
            self._applied([Create(contact), Create(visit)], contact.name or "")

    def append(self, times: int, records: int) -> None:
        """Append a word to the note of one of the records, again after a conflict."""
        draw = random.Random(self._hand)
        for turn in range(times):
            id, word = UUID(int=draw.randrange(records) + 1), f"{self._hand}-{turn}"
            while not self._applied([self._appended(id, word)], word):
                pass

    def _appended(self, id: UUID, word: str) -> Edit:
        note = self._store.get(Contact, [id])[id].note
        return Edit("contact", id, {"note": (note, f"{note or ''} {word}".strip())})

    def edit_apart(self, times: int, records: int) -> None:
        """Edit a field and add a tag that no other hand touches, on records that all edit."""
        for turn in range(times):
            id, word = UUID(int=turn % records + 1), f"{self._hand}-{turn}"
            contact = self._store.get(Contact, [id])[id]
            values: dict[str, Any] = {f"tags[{word}]": (None, Tag(tag=word))}
            for name in OWN_FIELDS[self._hand : self._hand + 1]:
                values[name] = (getattr(contact, name), word)
            self._applied([Edit("contact", id, values)], word)

    def insist(self, _times: int, _records: int) -> None:
        """Add contacts until it is enough, each again until it is acknowledged, as a person would do it."""
        for turn in count():
            word = f"{self._hand}-{turn}"
            batch = self._batch([Create(Contact(id=self._ids(), name=word))])
            for _ in range(TRIES):
                self._tried(batch, word)
                if self.told.kept[-1:] == [word]:
                    break
                time.sleep(BREATH)
            else:
                return
            if self._enough.is_set():
                return

    def _applied(self, changes: list[Any], word: str) -> bool:
        return self._tried(self._batch(changes), word)

    def _batch(self, changes: list[Any]) -> Batch:
        return Batch(self._ids(), f"hand {self._hand}", datetime.now(UTC), changes=changes)

    def _tried(self, batch: Batch, word: str) -> bool:
        """Apply a batch; answers whether it is settled, one way or the other."""
        start = time.monotonic()
        try:
            self._store.apply(batch)
            self.told.kept.append(word)
            self.told.at.append(time.monotonic())
        except Conflict as conflict:
            self.told.conflicts += 1
            facts = conflict.facts
            self.told.unnamed += not {"expected", "found"} <= facts.keys() or facts["expected"] == facts["found"]
            return False
        except PerthynError as error:
            self.told.errors.append(error.code)
        finally:
            self.told.waits.append(time.monotonic() - start)
        return True


# -- all hands --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all hands did, held against what is there."""

    kept: int
    lost: list[str]
    doubled: list[str]
    uninvited: list[str]
    """Words that are there and that no hand was told of."""
    conflicts: int
    unnamed: int
    errors: Mapping[str, int]
    waits: list[float]
    seconds: float

    @property
    def p99(self) -> float:
        """Seconds that 99 of 100 writes stay below."""
        return sorted(self.waits)[int(len(self.waits) * 0.99)]


def writing(url: str, hands: int, times: int) -> Outcome:
    """So many hands add contacts at once."""
    open_store(url, CORE_TYPES).close()
    told, seconds = _all_hands(url, "write", hands, times)
    with closing(open_store(url, CORE_TYPES)) as store:
        there = [one.name or "" for one in store.scan(Contact)]
        visits = Counter(one.contact for one in store.scan(Interaction))
        assert set(visits.values()) <= {1} and len(visits) == len(there), "a batch is whole"
    return _held(told, there, seconds)


def appending(url: str, hands: int, times: int, records: int) -> Outcome:
    """So many hands append to the notes of a few records at once."""
    _people(url, records)
    told, seconds = _all_hands(url, "append", hands, times, records)
    with closing(open_store(url, CORE_TYPES)) as store:
        notes = {one.id: one.note or "" for one in store.scan(Contact)}
        for id, note in notes.items():
            _one_after_the_other(store, id, note)
    return _held(told, " ".join(notes.values()).split(), seconds)


def editing_apart(url: str, hands: int, times: int, records: int) -> Outcome:
    """So many hands edit different fields of the same records at once."""
    _people(url, records)
    told, seconds = _all_hands(url, "edit_apart", hands, times, records)
    with closing(open_store(url, CORE_TYPES)) as store:
        contacts = list(store.scan(Contact))
    for one in contacts:
        for hand, name in enumerate(OWN_FIELDS[:hands]):
            words = [tag.tag for tag in one.tags if tag.tag.startswith(f"{hand}-")]
            newest = max(words, key=lambda word: int(word.partition("-")[2]), default=None)
            assert getattr(one, name) == newest, "the field holds what its hand wrote last"
    return _held(told, [tag.tag for one in contacts for tag in one.tags], seconds)


def insisting(url: str, hands: int, meanwhile: Callable[[], object]) -> tuple[Outcome, list[list[float]]]:
    """So many hands add contacts, whatever befalls the store meanwhile; and when each hand had one acknowledged."""
    open_store(url, CORE_TYPES).close()
    told, seconds = _all_hands(url, "insist", hands, 0, meanwhile=meanwhile)
    with closing(open_store(url, CORE_TYPES)) as store:
        there = [one.name or "" for one in store.scan(Contact)]
    return _held(told, there, seconds), [one.at for one in told]


def _one_after_the_other(store: Store, id: UUID, note: str) -> None:
    """The history of a note: each edit found what the one before it had left, and added one word."""
    befores = [str(line.before["note"] or "") for line in store.journal(records=[id]) if "note" in line.before]
    for before, after in pairwise([*befores, note]):
        words = after.split()
        assert words[:-1] == before.split(), f"{after!r} was written over {before!r}"


def _people(url: str, records: int) -> None:
    with closing(open_store(url, CORE_TYPES)) as store:
        people = [Contact(id=UUID(int=number + 1)) for number in range(records)]
        store.apply(Batch(UUID(int=1), "bench", datetime.now(UTC), changes=[Create(one) for one in people]))


def _held(told: Iterable[Told], there: list[str], seconds: float) -> Outcome:
    told = list(told)
    kept = [word for one in told for word in one.kept]
    counted = Counter(there)
    return Outcome(
        len(kept),
        sorted(set(kept) - counted.keys()),
        sorted(word for word, count in counted.items() if count > 1),
        sorted(counted.keys() - set(kept)),
        sum(one.conflicts for one in told),
        sum(one.unnamed for one in told),
        Counter(code for one in told for code in one.errors),
        [wait for one in told for wait in one.waits],
        seconds,
    )


def _all_hands(
    url: str, doing: str, hands: int, times: int, records: int = 1, meanwhile: Callable[[], object] = lambda: None
) -> tuple[list[Told], float]:
    """Start the hands, let them begin together, hear what they say."""
    command = [
        sys.executable,
        __file__,
        "--url",
        url,
        "--doing",
        doing,
        "--times",
        str(times),
        "--records",
        str(records),
    ]
    running = [
        subprocess.Popen(
            [*command, "--hand", str(hand)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        for hand in range(hands)
    ]
    for one in running:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    start = time.monotonic()
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    meanwhile()
    said = [one.communicate()[0] for one in running]
    seconds = time.monotonic() - start
    assert [one.returncode for one in running] == [0] * hands
    return [Told(**json.loads(one)) for one in said], seconds


def main() -> None:
    """One hand."""
    parser = argparse.ArgumentParser()
    for name in ("--url", "--doing"):
        parser.add_argument(name)
    for name in ("--hand", "--times", "--records"):
        parser.add_argument(name, type=int)
    args = parser.parse_args()
    with closing(open_store(args.url, CORE_TYPES)) as store:
        enough = threading.Event()
        hand = Hand(store, args.hand, enough)
        print("ready", flush=True)
        sys.stdin.readline()
        threading.Thread(target=lambda: (sys.stdin.read(), enough.set()), daemon=True).start()
        getattr(hand, args.doing)(args.times, args.records)
    print(json.dumps(asdict(hand.told)))


if __name__ == "__main__":
    main()
