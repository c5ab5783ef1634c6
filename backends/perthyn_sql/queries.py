"""Questions by rule: who is in, how many, why; measures, totals and tallies, all by sets in the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain, repeat
from random import Random
from typing import Any
from uuid import UUID, SafeUUID

from sqlalchemy import Connection

from perthyn.changes import uncollected
from perthyn.model import Happening, from_wire
from perthyn.rules.closed import Closed, Measure
from perthyn.store import Tally, Total
from perthyn_sql.base import OnSql
from perthyn_sql.compile import Node, Plain, Plan, Sampled, Tree, at_point, leaves_of
from perthyn_sql.compile_fields import Row, Terms, bounds, joined, year_month
from perthyn_sql.compile_measures import CONTACT, Leaf, columns, decided_columns
from perthyn_sql.dialect import chunks, dialect_of, fetched, marks, padded, streamed
from perthyn_sql.tables import RecordTable

REMEMBERED = 1000
"""How many compiled statements and conditions are kept."""

SAMPLE = 256
"""How many contacts a plan is measured on."""

STREAMED = 5000
"""How many rows of a long answer are in memory at a time."""

AT_ONCE = 40
"""How many rules or measures stand in one statement."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A text with its parameters. `repeats`: whether it may give a row twice that is wanted once."""

    text: str
    values: Mapping[str, Any]
    repeats: bool = False


class Compiling:
    """What was compiled for a store, until it learns new words: a rule names words by their ids."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, Closed | Measure], Compiled] = {}
        self.sample: Sequence[int] = ()
        self.words = -1

    def renew(self, words: int) -> None:
        """Forget everything if the greatest id of a word is another."""
        if words != self.words or len(self.texts) > REMEMBERED:
            self.texts.clear()
            self.sample = ()
            self.words = words


class RuleQueries(OnSql):
    """The chapter of rules."""

    @cached_property
    def compiling(self) -> Compiling:
        """What was compiled so far."""
        return Compiling()

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        with self.reading() as connection:
            self.compiling.renew(self.once("words", _newest_word))
            yield connection

    # -- rules ------------------------------------------------------------------------------------------------

    def select(self, rule: Closed) -> Iterator[UUID]:
        return chain.from_iterable(map(uuids, chunks(self.select_ids(rule), STREAMED)))

    def select_ids(self, rule: Closed) -> list[bytes]:
        """The ids of `select` as they are stored, in order."""
        with self._asking() as connection:
            compiled = self._compiled(connection, "ids", rule)
            with uncollected():
                ids = dialect_of(connection).ids(connection, compiled.text, compiled.values)
        if compiled.repeats:
            ids = list(dict.fromkeys(ids))
        # They come nearly in order, which Python's sort makes use of.
        ids.sort()
        return ids

    def count(self, rule: Closed) -> int:
        with self._asking() as connection:
            return int(self._rows(connection, self._compiled(connection, "count", rule))[0][0])

    def among(self, rule: Closed, contacts: Sequence[UUID]) -> set[UUID]:
        found: set[UUID] = set()
        with self._asking() as connection:
            asked = self._compiled(connection, "point", rule)
            for chunk in chunks({id.bytes for id in contacts}):
                values = {f"i{place}": id for place, id in enumerate(padded(chunk))}
                text = f"SELECT c.id FROM contact c WHERE c.id IN (:{', :'.join(values)}) AND {asked.text}"
                found.update(_id(id) for (id,) in self._rows(connection, Compiled(text, {**asked.values, **values})))
        return found

    def leaves(self, rules: Sequence[Closed], contact: UUID) -> list[bool]:
        answers = self._of_contact("point", rules, contact)
        return [False] * len(rules) if answers is None else [bool(one) for one in answers]

    def measures(self, wanted: Sequence[Measure], contact: UUID) -> list[int | date | None]:
        answers = self._of_contact("value", wanted, contact)
        if answers is None:
            return [None] * len(wanted)
        return [_measured(one, value) for one, value in zip(wanted, answers, strict=True)]

    def spread(self, wanted: Measure) -> list[tuple[int, int]]:
        if wanted.what in ("first", "last"):
            return []
        with self._asking() as connection:
            rows = self._rows(connection, self._compiled(connection, "spread", wanted))
        return [(value, contacts) for value, contacts in rows]

    def columns(self, wanted: Sequence[Measure], ids: bool = True) -> Iterator[Sequence[Sequence[Any]]]:
        with self.database.apart() as connection:
            terms = self._terms(connection)
            tree = Tree(lambda name: self.shelves.named(name).about, terms, self.currency)
            measures = [tree.measure(one) for one in wanted]
            names = [f"v{place}" for place in range(len(wanted))]
            decided = "" if ids else decided_columns(measures, names)
            if decided:
                text = f"SELECT {', '.join(names)} FROM ({decided}) g"
                stream = terms.dialect.numbers(connection, text, terms.values, names)
            else:
                rows = streamed(connection, columns(measures), terms.values, STREAMED)
                stream = (list(zip(*some, strict=True))[0 if ids else 1 :] for some in rows)
            while True:
                with uncollected():
                    some = next(stream, ())
                if not some:
                    return
                yield some

    # -- totals -----------------------------------------------------------------------------------------------

    def totals(self, contact: UUID) -> list[Total]:
        day = date.fromordinal
        with self.reading() as connection:
            rows = fetched(
                connection,
                "SELECT w.text, s.count, s.amount, s.first, s.last, s.days FROM contact c"
                " JOIN summary_ s ON s.contact = c.key_ JOIN word_ w ON w.id = s.kind WHERE c.id = ?",
                (contact.bytes,),
            )
        return [
            Total(kind, count, amount, day(first), day(last), days)
            for kind, count, amount, first, last, days in sorted(tuple(row) for row in rows)
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
        about = self.shelves.of(type).about
        with self.reading() as connection:
            terms = self._terms(connection)
            row = Row("i", about)
            shown = [year_month(row.column("day")) if name == "month" else row.column(name) for name in by]
            chosen = [] if kinds is None else [f'i."kind" {terms.word("text", kinds)}']
            if since is not None or until is not None:
                chosen.append(bounds('i."day"', since, until))
            money = f'i."currency" {terms.word("text", [currency])}'
            amount = terms.dialect.total(f'CASE WHEN {money} THEN i."amount" END')
            owners = f"count(DISTINCT {row.column(type.owner)})" if type.owner else "0"
            text = (
                f"SELECT {''.join(f'{one}, ' for one in shown)}count(*),"
                f" coalesce({amount}, 0), {owners}"
                f" FROM {about.table.name} i WHERE {joined(chosen, True)}"
                + (f" GROUP BY {', '.join(str(place + 1) for place in range(len(shown)))}" if shown else "")
            )
            rows = self._rows(connection, Compiled(text, terms.values))
            lines = [Tally(self._group(connection, about, by, one), *one[len(by) :]) for one in rows]
        found = [line for line in lines if line.count]
        return sorted(found, key=lambda line: ["" if value is None else str(value) for value in line.by])

    def _group(self, connection: Connection, about: RecordTable, by: Sequence[str], values: Sequence[Any]) -> Any:
        return tuple(self._shown(connection, about, name, value) for name, value in zip(by, values, strict=False))

    def _shown(self, connection: Connection, about: RecordTable, name: str, value: Any) -> Any:
        if name == "month":
            return f"{value // 12:04}-{value % 12 + 1:02}"
        field = Row("i", about).field(name)
        if field is None or value is None:
            return value
        if field.kind == "word":
            self.words.load(connection, [value])
            return self.words.texts[value]
        return (
            self.shelves.named("contact").id_of(connection, value)
            if name == about.record.owner
            else from_wire(field.kind, value)
        )

    # -- compiling --------------------------------------------------------------------------------------------

    def _of_contact(self, form: str, asked: Sequence[Any], contact: UUID) -> list[Any] | None:
        """What each of these is for one contact; None for an unknown contact."""
        answers: list[Any] = []
        with self._asking() as connection:
            for chunk in chunks(asked, AT_ONCE):
                compiled = [self._compiled(connection, form, one) for one in chunk]
                values = {name: value for one in compiled for name, value in one.values.items()}
                text = f"SELECT {', '.join(one.text for one in compiled)} FROM contact c WHERE c.id = :id"
                rows = self._rows(connection, Compiled(text, {**values, "id": contact.bytes}))
                if not rows:
                    return None
                answers += rows[0]
        return answers

    def _compiled(self, connection: Connection, form: str, asked: Any) -> Compiled:
        known = self.compiling.texts.get((form, asked))
        if known is None:
            terms = self._terms(connection)
            repeats = False
            tree = Tree(lambda name: self.shelves.named(name).about, terms, self.currency)
            if form in ("value", "spread"):
                owned = tree.measure(asked)
                text = owned.value_of(CONTACT) if form == "value" else owned.spread
            elif form == "point":
                text = at_point(tree.node(asked))
            else:
                plan = self._plan(connection, tree.node(asked), terms)
                text, repeats = (plan.ids, plan.repeats) if form == "ids" else (plan.count, False)
            known = self.compiling.texts[form, asked] = Compiled(text, terms.values, repeats)
        return known

    def _terms(self, connection: Connection) -> Terms:
        def words(column: str, texts: Iterable[str]) -> list[int]:
            found: list[int] = []
            for chunk in chunks(texts):
                query = f"SELECT id FROM word_ WHERE {column} IN ({marks(chunk)})"
                found += connection.exec_driver_sql(query, tuple(chunk)).scalars()
            return found

        return Terms(dialect_of(connection), words)

    def _plan(self, connection: Connection, node: Node, terms: Terms) -> Plan:
        leaves = leaves_of(node)
        if len(leaves) < 2:
            return Plan(node, 0, {}, terms.dialect)
        contacts = int(connection.exec_driver_sql("SELECT count(*) FROM contact").scalar_one())
        sampled = self._sampled(connection, list(dict.fromkeys(leaves)), terms)
        return Plan(node, contacts, sampled, terms.dialect)

    def _sampled(
        self, connection: Connection, leaves: Sequence[Plain | Leaf], terms: Terms
    ) -> dict[Plain | Leaf, Sampled]:
        """What share of some contacts, drawn at random, each leaf holds for."""
        if not self.compiling.sample:
            self.compiling.sample = _drawn(connection)
        shown = []
        for leaf in leaves:
            said, rows = (leaf.text, "") if isinstance(leaf, Plain) else (leaf.point, leaf.rows)
            share = f"avg(CASE WHEN {said} THEN 1.0 ELSE 0.0 END)"
            shown += [share, f"avg({rows})" if rows else share]
        keys = ", ".join(str(key) for key in self.compiling.sample)
        text = f"SELECT {', '.join(shown)} FROM contact c WHERE {CONTACT} IN ({keys})"
        values = [float(one or 0) for one in self._rows(connection, Compiled(text, terms.values))[0]]
        return {leaf: Sampled(*values[place * 2 : place * 2 + 2]) for place, leaf in enumerate(leaves)}

    def _rows(self, connection: Connection, compiled: Compiled) -> Sequence[Sequence[Any]]:
        with uncollected():
            return fetched(connection, compiled.text, compiled.values)


def _drawn(connection: Connection) -> list[int]:
    """Keys of contacts, spread over all of them; the same for the same store."""
    low, high = connection.exec_driver_sql("SELECT min(key_), max(key_) FROM contact").one()
    if low is None:
        return [0]
    draw = Random(0)
    places = ", ".join(f"({draw.randint(low, high)})" for _ in range(SAMPLE))
    nearest = "(SELECT c.key_ FROM contact c WHERE c.key_ >= p.place ORDER BY c.key_ LIMIT 1)"
    rows = connection.exec_driver_sql(f"WITH p (place) AS (VALUES {places}) SELECT DISTINCT {nearest} FROM p")
    return sorted(key for (key,) in rows)


def _newest_word(connection: Connection) -> int:
    ((newest,),) = fetched(connection, "SELECT coalesce(max(id), 0) FROM word_")
    return int(newest)


def uuids(stored: Sequence[bytes]) -> list[UUID]:
    """The ids of these 16 bytes each: what `UUID` does without its checks, in a quarter of the time."""
    with uncollected():
        made = list(map(UUID.__new__, repeat(UUID, len(stored))))
        deque(map(_set_int, made, map(int.from_bytes, stored)), maxlen=0)
        deque(map(_set_safe, made, repeat(SafeUUID.unknown)), maxlen=0)
    return made


_set_int, _set_safe = (vars(UUID)[name].__set__ for name in ("int", "is_safe"))


def _id(stored: bytes) -> UUID:
    return UUID(bytes=stored)


def _measured(wanted: Measure, value: Any) -> int | date | None:
    return from_wire("date", value) if wanted.what in ("first", "last") else value  # type: ignore[no-any-return]
