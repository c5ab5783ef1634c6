"""Store: the contract a backend fulfils.

A backend implements what is abstract here and may override the rest to be fast; the versions here are right, by
`perthyn.rules.law`. Everything a store answers is in terms of records and public ids; how it keeps them is its own
affair. `perthyn.testing.StoreSuite` holds every backend to this contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from perthyn.changes import Batch, Header, JournalLine, Receipt
from perthyn.contents import Contents, Fence, Filling
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact, Happening, Interaction, Membership, Record, Redirect
from perthyn.model.identity import asked_words, search_words
from perthyn.rules.closed import Closed, Compare, Measure
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches, measure

R = TypeVar("R", bound=Record)
LONGEST_BEGUN = 16
"""No name is longer: so long a word at most is looked for by a beginning with a slip in it."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """The record that a sender's (source, source_id) names, and its `delivered` fingerprint."""

    type: str
    id: UUID
    contact: UUID | None
    delivered: int | None


@dataclass(frozen=True, slots=True)
class Total:
    """All-time facts of one contact and kind. `amount` sums the store's own currency only, in minor units."""

    kind: str
    count: int
    amount: int
    first: date
    last: date
    days: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of a tally: the values grouped by, how many records, the sum, how many distinct contacts."""

    by: tuple[Any, ...]
    count: int
    amount: int
    contacts: int


class Store(ABC):
    """Where records live. One instance serves one thread at a time; several processes may share one store."""

    shares = False
    """Whether others see a batch only where its receipt says *shared*; otherwise everybody sees what is stored."""

    # -- what it is -----------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def address(self) -> str:
        """The URL it was opened by."""

    @property
    @abstractmethod
    def types(self) -> Mapping[str, type[Record]]:
        """The record types it was opened with, by name."""

    @property
    @abstractmethod
    def currency(self) -> str:
        """The organisation's currency, in which totals are kept."""

    @property
    def edition(self) -> str:
        """Another one where all was made anew from elsewhere, so that the history does not tell what has changed."""
        return ""

    @abstractmethod
    def position(self) -> int:
        """The number of the last batch applied; 0 for an empty store."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; a second call does nothing."""

    def notices(self) -> list[PerthynError]:
        """What a person must know of what was read or written just now: that it is not the newest, that it waits."""
        return []

    def look(self) -> None:
        """See what others did elsewhere, unless that was done just now; for what runs long. Nothing, for most."""
        return None

    # -- writing --------------------------------------------------------------------------------------------

    @abstractmethod
    def apply(self, batch: Batch) -> Receipt:
        """Apply a batch: all of it or nothing, once (a known batch id answers its first receipt with ``again``).

        Raises `Conflict` (``store.conflict``) where an expected value does not hold, a created id or
        (source, source_id) exists, or a deleted record differs; `Stale` for a ``distinct`` batch whose new contacts
        or sources somebody else has created since, and for one that rests on the position ``since`` where the store has
        moved on; `Unknown` for a record or type that is not there.
        """

    # -- reading --------------------------------------------------------------------------------------------

    def picture(self) -> AbstractContextManager[Any]:
        """What is read within, streams aside, is of one moment where the database can; for reading only, brief."""
        return nullcontext()

    @abstractmethod
    def get(self, type: type[R], ids: Iterable[UUID]) -> dict[UUID, R]:
        """The records of these ids, those that exist; redirects are not followed (see `resolve`)."""

    @abstractmethod
    def scan(self, type: type[R], after: UUID | None = None) -> Iterator[R]:
        """All records of a type in id order, from the one after `after`; one consistent picture."""

    @abstractmethod
    def owned(self, type: type[R], contacts: Sequence[UUID]) -> Iterator[R]:
        """The records of a type that belong to these contacts, sorted by (owner, id)."""

    @abstractmethod
    def recent(self, type: type[R], contact: UUID, limit: int, before: tuple[date, UUID] | None = None) -> list[R]:
        """A contact's happenings, newest day first (ties: greater id first), at most `limit`, before that place."""

    @abstractmethod
    def count_of(self, type: type[Record]) -> int:
        """How many records of a type there are."""

    @abstractmethod
    def sourced(self, source: str, source_ids: Iterable[str]) -> dict[str, Sourced]:
        """The records (of any source-named type) that this account's ids name, those that exist."""

    @abstractmethod
    def keyed(self, keys: Iterable[str]) -> dict[str, tuple[UUID, ...]]:
        """The contacts that have each match key (`perthyn.model.identity`), those found; each tuple sorted."""

    @abstractmethod
    def ending(self, type: type[Record], ending: str) -> list[UUID]:
        """At most 20 ids of a type whose hexadecimal form (no dashes, lower case) ends so."""

    @abstractmethod
    def origin(self, type: type[Record], ids: Iterable[UUID]) -> dict[UUID, int]:
        """The number of the batch that created each record."""

    # -- history --------------------------------------------------------------------------------------------

    @abstractmethod
    def headers(self, before: int | None = None) -> Iterator[Header]:
        """Batches, newest first, from the one numbered below `before`."""

    @abstractmethod
    def header(self, batch: UUID) -> Header | None:
        """One batch."""

    @abstractmethod
    def journal(
        self, *, batch: UUID | None = None, records: Iterable[UUID] | None = None, contact: UUID | None = None
    ) -> Iterator[JournalLine]:
        """Journal lines of a batch, of some records or of a contact and all it owns; in order of batch number."""

    @abstractmethod
    def created(self, batch: UUID) -> Iterator[tuple[type[Record], UUID]]:
        """What a batch created and still exists, in the types' order, then by id."""

    def count_created(self, batch: UUID) -> Mapping[type[Record], int]:
        """How much of each type a batch created and still exists."""
        return Counter(type for type, _ in self.created(batch))

    # -- as a whole -----------------------------------------------------------------------------------------

    @abstractmethod
    def contents(self) -> AbstractContextManager[Contents]:
        """Everything it holds as of one moment, for a backup or a move; others go on reading and writing."""

    @abstractmethod
    def filling(self, fence: Fence, types: Mapping[str, type[Record]]) -> Filling:
        """Begin to fill this empty store with records of these types (carried ones among them), or go on to.

        `fence` (*filling*) is set at the beginning; the same `mark` goes on where it stopped. Raises `PerthynError`:
        ``store.filling.full`` where there is something already, ``store.filling.other`` for another mark.
        """

    @property
    @abstractmethod
    def fence(self) -> Fence | None:
        """Why nobody may write now: `apply` raises ``store.fenced.moving``, ``.moved`` or ``.filling``."""

    @abstractmethod
    def set_fence(self, fence: Fence | None, instead: Fence | None) -> None:
        """Put a fence up, change it or take it away, where `instead` stands now.

        Raises `PerthynError` (``store.fenced.changed``) where another one does.
        """

    # -- derived, right and slow ----------------------------------------------------------------------------

    def resolve(self, id: UUID) -> UUID:
        """The id a contact now goes by: follows the redirects that merges left. Raises `Unknown`."""
        seen = {id}
        while id not in self.get(Contact, [id]):
            step = self.get(Redirect, [id]).get(id)
            if step is None or step.to in seen:
                raise Unknown("store.contact.unknown", name=str(id), suggestion="")
            id = step.to
            seen.add(id)
        return id

    def facts(self, ids: Iterable[UUID] | None = None) -> Iterator[Facts]:
        """Facts of these contacts, or of all, in id order; never more than a few hundred contacts in memory."""
        wanted = None if ids is None else sorted(set(ids))
        contacts = self.scan(Contact) if wanted is None else _found(self, wanted)
        owned_types = [one for one in self.types.values() if one.owner]
        while chunk := list(islice(contacts, 200)):
            mine: dict[UUID, dict[str, list[Record]]] = {one.id: defaultdict(list) for one in chunk}
            for type in owned_types:
                for record in self.owned(type, [one.id for one in chunk]):
                    owner = record.owner_id
                    if owner is not None:
                        mine[owner][type.type_name].append(record)
            for one in chunk:
                held = [m.segment for m in mine[one.id].get("membership", []) if isinstance(m, Membership)]
                yield Facts(one, dict(mine[one.id]), frozenset(held))

    def select(self, rule: Closed) -> Iterator[UUID]:
        """The contacts for whom a closed rule is true, in id order."""
        return (facts.contact.id for facts in self.facts() if matches(rule, facts))

    def count(self, rule: Closed) -> int:
        """How many contacts a closed rule is true for."""
        return sum(1 for _ in self.select(rule))

    def among(self, rule: Closed, contacts: Sequence[UUID]) -> set[UUID]:
        """Those of these contacts for whom the rule is true."""
        return {facts.contact.id for facts in self.facts(contacts) if matches(rule, facts)}

    def leaves(self, rules: Sequence[Closed], contact: UUID) -> list[bool]:
        """For one contact whether each rule (or leaf of one) is true."""
        facts = next(self.facts([contact]), None)
        return [facts is not None and matches(rule, facts) for rule in rules]

    def measures(self, wanted: Sequence[Measure], contact: UUID) -> list[int | date | None]:
        """For one contact the value of each measure."""
        facts = next(self.facts([contact]), None)
        return [None if facts is None else measure(one, facts) for one in wanted]

    def spread(self, wanted: Measure) -> list[tuple[int, int]]:
        """How a measure is spread: (value, how many contacts have it), ascending, contacts with a record only."""
        values: Counter[int] = Counter()
        for facts in self.facts():
            value = measure(wanted, facts)
            if isinstance(value, int) and _has_any(wanted, facts):
                values[value] += 1
        return sorted(values.items())

    def columns(self, wanted: Sequence[Measure], ids: bool = True) -> Iterator[Sequence[Sequence[Any]]]:
        """Everybody who has a record that the first measure sees: the ids if asked for, the values of each measure.

        Wire values (ids 16 bytes, days ordinals), column by column, many contacts at a time, in no order.
        """
        everybody = (facts for facts in self.facts() if _has_any(wanted[0], facts))
        while some := list(islice(everybody, 200)):
            first = [[facts.contact.id.bytes for facts in some]] if ids else []
            yield *first, *([_wire(measure(one, facts)) for facts in some] for one in wanted)

    def totals(self, contact: UUID) -> list[Total]:
        """All-time facts of a contact per kind of interaction, by kind."""
        lines: dict[str, list[Interaction]] = defaultdict(list)
        for one in self.owned(Interaction, [contact]):
            lines[one.kind].append(one)
        return [
            Total(
                kind,
                len(these),
                sum(one.amount or 0 for one in these if one.currency == self.currency),
                min(one.day for one in these),
                max(one.day for one in these),
                len({one.day for one in these}),
            )
            for kind, these in sorted(lines.items())
        ]

    def tally(
        self,
        type: type[Happening],
        by: Sequence[str] = (),
        *,
        kinds: Iterable[str] | None = None,
        since: date | None = None,
        until: date | None = None,
        currency: str = "",
    ) -> list[Tally]:
        """Count happenings grouped by fields (``month`` is the day's "YYYY-MM"), window ends included; sorted by group.

        `amount` sums the lines in `currency` only; `contacts` counts distinct owners (0 for takings).
        """
        chosen = None if kinds is None else set(kinds)
        groups: dict[tuple[Any, ...], list[Happening]] = defaultdict(list)
        for one in self.scan(type):
            if (chosen is None or one.kind in chosen) and _within(one.day, since, until):
                key = tuple(one.day.strftime("%Y-%m") if name == "month" else getattr(one, name) for name in by)
                groups[key].append(one)
        return [
            Tally(
                key,
                len(these),
                sum(one.amount or 0 for one in these if one.currency == currency),
                len({one.owner_id for one in these} - {None}),
            )
            for key, these in sorted(groups.items(), key=lambda item: [("" if v is None else str(v)) for v in item[0]])
        ]

    def search(self, text: str, limit: int = 20) -> list[UUID]:
        """Contacts whose search words answer to every word typed: the same, beginning so, or a slip away.

        Where nobody does, the last word may still be on its way: it may begin with a slip (`begins_nearly`).
        """
        asked = asked_words(text)
        found = self._answering(asked, closeness)
        if not found and may_be_begun(asked):
            found = self._answering(asked, lambda one, word: closeness(one, word) or int(begins_nearly(one, word)))
        return [id for _, id in sorted(found)[:limit]]

    def _answering(self, asked: Sequence[str], last: Callable[[str, str], int]) -> list[tuple[int, UUID]]:
        """Whoever answers to every word, and how well, the best lowest; `last`: how near a word is to the last one."""
        found = []
        near = [*(closeness for _ in asked[1:]), last]
        for contact in self.scan(Contact) if asked else ():
            words = search_words(contact)
            scores = [max((how(one, word) for word in words), default=0) for one, how in zip(asked, near, strict=True)]
            if all(scores):
                found.append((-sum(scores), contact.id))
        return found


def closeness(asked: str, word: str) -> int:
    """3 the same, 2 a beginning, 1 a slip away (one edit from four letters on, two from eight), 0 not alike.

    Edits are insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    """
    if asked == word:
        return 3
    if word.startswith(asked):
        return 2
    slips = slips_allowed(asked)
    if not slips or abs(len(word) - len(asked)) > slips:
        return 0
    from rapidfuzz.distance import OSA

    return int(OSA.distance(asked, word, score_cutoff=slips) <= slips)


def begins_nearly(asked: str, word: str) -> bool:
    """Whether a word of letters, `LONGEST_BEGUN` at most, begins with the letter asked for and then a slip away."""
    if word[:1] != asked[:1] or len(word) > LONGEST_BEGUN or not word.isalpha():
        return False
    from rapidfuzz.distance import OSA

    ends = range(len(asked) - 1, len(asked) + 2)
    return any(OSA.distance(asked, word[:end], score_cutoff=1) <= 1 for end in ends)


def may_be_begun(asked: Sequence[str]) -> bool:
    """Whether the last word is long enough to begin with a slip: four letters, three behind other words."""
    return bool(asked) and asked[-1].isalpha() and len(asked[-1]) >= (3 if len(asked) > 1 else 4)


def slips_allowed(asked: str) -> int:
    """How many slips a word of this length may hold; digits are taken as they are."""
    if any(letter.isdigit() for letter in asked):
        return 0
    return 2 if len(asked) >= 8 else 1 if len(asked) >= 4 else 0


def _found(store: Store, wanted: Sequence[UUID]) -> Iterator[Contact]:
    for start in range(0, len(wanted), 200):
        yield from (one for _, one in sorted(store.get(Contact, wanted[start : start + 200]).items()))


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)


def _wire(value: int | date | None) -> int | None:
    return value.toordinal() if isinstance(value, date) else value


def _has_any(wanted: Measure, facts: Facts) -> bool:
    counted = Measure(
        wanted.record, "count", "", wanted.currency, wanted.kinds, wanted.where, wanted.since, wanted.until,
        wanted.day_field,
    )  # fmt: skip
    return matches(Compare(counted, low=1), facts)
