"""Tables made from the declarations of record types: one a type, one a list of parts, and the store's own.

What ends in an underscore is the store's own and not a declared field:

- a record's table is named by its type, with a column for every plain field, `key_` (an integer that never leaves the
  store) and `batch_` (the number of the batch that created it). The field that names its owner holds the contact's
  `key_`; a record with an owner is kept beside its siblings: primary key (owner, `key_`).
- a list of parts has the table ``<type>_<list>``: `record_` (the record's `key_`), `place_` (its place in the list),
  `key_` (`Part.key`, text), and `postcode_key_` where the part has that property.
- a folded text has a second column ``<field>_fold``; a field of kind "word" holds the id of a row of `word_`.

Values are wire values (`perthyn.model.to_wire`): ids 16 bytes, days ordinals, instants ms, flags 0/1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from perthyn.model import Happening, Part, Record, declared, parts
from perthyn.model.values import Kind

Whole = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere; SQLite's own name for it makes a primary key the row's address."""

Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that no collation orders or compares: what is compared is folded by us."""

TYPES: Mapping[str, TypeEngine[Any] | type[TypeEngine[Any]]] = {"text": Words, "json": Words, "id": LargeBinary}

INDEXED_PARTS = {"role": "role", "tag": "tag", "postcode_key_": "postcode", "external": "external"}
"""Columns of parts that rules ask for often, with the word in the index's name."""

INDEXED = {"membership": "segment"}
"""Columns of records by which rules ask for their owners."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A declared field: how it is stored, its column and, of a folded text, the column of the folded form."""

    name: str
    kind: Kind
    folded: bool
    column: Column[Any]
    fold: Column[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PartTable:
    """The table of one list of parts."""

    part: type[Part]
    table: Table
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RecordTable:
    """The table of one record type, its plain fields (`id` among them) and the tables of its lists."""

    record: type[Record]
    table: Table
    fields: tuple[Field, ...]
    parts: Mapping[str, PartTable]

    @property
    def owner(self) -> Column[Any] | None:
        """The column of the owning contact's `key_`, if the type has an owner."""
        return self.table.c[self.record.owner] if self.record.owner else None

    def tables(self) -> Iterator[PartTable | RecordTable]:
        """Itself and its lists."""
        yield self
        yield from self.parts.values()


class Schema:
    """Every table of a store opened with these record types."""

    def __init__(self, types: Iterable[type[Record]]) -> None:
        self.metadata = MetaData()
        self.records: dict[str, RecordTable] = {one.type_name: _record_table(one, self.metadata) for one in types}
        self._own_tables()

    def _own_tables(self) -> None:
        def table(name: str, *columns: Column[Any] | Index, rows: bool = True) -> Table:
            return Table(name, self.metadata, *columns, sqlite_with_rowid=rows)

        # Every text of kind "word", once, with its folded form.
        self.word = table("word_", _key("id"), _text("text", unique=True), _text("fold", index=True))
        # All-time facts of a contact by kind of interaction; `amount` in the store's currency only. Kept by kind,
        # since rules ask for all contacts with some kind; the index finds those of one contact.
        self.summary = table(
            "summary_", _key("kind"), _key("contact"), _whole("count"), _whole("amount"), _whole("first"),
            _whole("last"), _whole("days"), Index("summary_contact", "contact"), rows=False,
        )  # fmt: skip
        # What a sender's (source, source_id) names: a record of `type` (a word) and its owner, if it has one.
        self.source_key = table(
            "source_key_", _key("source"), Column("source_id", Words, primary_key=True), _whole("type"),
            _whole("contact", nullable=True), _whole("key"), rows=False,
        )  # fmt: skip
        # 64 bits of each match key; each folded word one may search for, and who has it.
        self.match_key = table("match_key_", _key("key"), _key("contact"), rows=False)
        self.search_word = table("search_word_", _key("id"), _text("word", unique=True))
        self.search_post = table("search_post_", _key("word"), _key("contact"), rows=False)
        # Who did what when, and before-images.
        self.batch = table(
            "batch_", _key("number"), _blob("id", unique=True), _text("actor"), _whole("at"), _text("reason"),
            _text("kind"), _text("facts"), _blob("undoes", nullable=True), _whole("created"), _whole("edited"),
            _whole("deleted"),
        )  # fmt: skip
        self.journal = table(
            "journal_", _key("batch"), _key("seq"), _text("type"), _blob("record", index=True),
            _blob("owner", nullable=True, index=True), _text("action"), _text("before"), _whole("version"), rows=False,
        )  # fmt: skip
        # What the store must remember of itself, and the declaration of every type it ever held.
        self.meta = table("meta_", Column("name", Words, primary_key=True), _text("value"), rows=False)
        self.record_type = table(
            "record_type_", Column("name", Words, primary_key=True), _whole("version"), _text("fields"), rows=False
        )

    @cached_property
    def words(self) -> tuple[Column[Any], ...]:
        """Every column that holds the id of a word."""
        held = [
            field.column
            for record in self.records.values()
            for one in record.tables()
            for field in one.fields
            if field.kind == "word"
        ]
        return (*held, self.summary.c.kind, self.source_key.c.source, self.source_key.c.type)


@lru_cache(maxsize=8)
def schema_of(types: tuple[type[Record], ...]) -> Schema:
    """The tables for these record types, which never change: every store that is opened with the same has these."""
    return Schema(types)


def _key(name: str) -> Column[Any]:
    return Column(name, Whole, primary_key=True, autoincrement=False)


def _whole(name: str, nullable: bool = False) -> Column[Any]:
    return Column(name, Whole, nullable=nullable)


def _text(name: str, unique: bool | None = None, index: bool | None = None) -> Column[Any]:
    return Column(name, Words, nullable=False, unique=unique, index=index)


def _blob(name: str, nullable: bool = False, unique: bool | None = None, index: bool | None = None) -> Column[Any]:
    return Column(name, LargeBinary, nullable=nullable, unique=unique, index=index)


def _record_table(record: type[Record], metadata: MetaData) -> RecordTable:
    name, owner = record.type_name, record.owner
    fields = tuple(_fields(record, owner))
    own: list[Column[Any]] = [_key("key_"), _whole("batch_")]
    # The owner stands first, so that it leads the primary key.
    columns = sorted(_columns(fields), key=lambda column: column.name != owner)
    indexes = [Index(f"{name}_batch", "batch_")]
    if owner and name in INDEXED:
        indexes.append(Index(f"{name}_{INDEXED[name]}", INDEXED[name], owner))
    if issubclass(record, Happening):
        totalled = ("amount", "currency")
        if owner:
            indexes += [Index(f"{name}_day", owner, "day", "kind", *totalled)]
        indexes += [Index(f"{name}_kind", "kind", "day", *([owner] if owner else []), *totalled)]
    table = Table(name, metadata, *columns[:1], *own, *columns[1:], *indexes, sqlite_with_rowid=not owner)
    lists = {field: _part_table(name, field, part, metadata) for field, part in parts(record).items()}
    return RecordTable(record, table, fields, lists)


def _part_table(record: str, field: str, part: type[Part], metadata: MetaData) -> PartTable:
    name = f"{record}_{field}"
    fields = tuple(_fields(part))
    own = [_key("record_"), _key("place_"), _text("key_")]
    if hasattr(part, "postcode_key"):
        own.append(Column("postcode_key_", Words, nullable=True))
    columns: list[Column[Any]] = [*own, *_columns(fields)]
    indexes = [
        Index(f"{name}_{INDEXED_PARTS[column.name]}", column.name, "record_")
        for column in columns
        if column.name in INDEXED_PARTS
    ]
    return PartTable(part, Table(name, metadata, *columns, *indexes, sqlite_with_rowid=False), fields)


def _fields(record: type[Record] | type[Part], owner: str = "") -> Iterator[Field]:
    for name, about in declared(record).items():
        kind = TYPES.get(about.kind, Whole)
        if name == owner:
            column = _key(name)
        else:
            column = Column(name, kind, nullable=name != "id", unique=True if name == "id" else None)
        folded = about.folded and about.kind in ("text", "word")
        fold = Column(f"{name}_fold", Words) if folded and about.kind == "text" else None
        yield Field(name, about.kind, folded, column, fold)


def _columns(fields: Iterable[Field]) -> Iterator[Column[Any]]:
    for field in fields:
        yield field.column
        if field.fold is not None:
            yield field.fold
