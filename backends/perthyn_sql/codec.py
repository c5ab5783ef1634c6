"""Records to rows and rows to records, by columns: values are turned a column at a time, never a row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from perthyn.model import to_wire
from perthyn.model.record import trusted
from perthyn.model.values import Kind
from perthyn.text import fold
from perthyn_sql.tables import Field
from perthyn_sql.words import Words

M = TypeVar("M", bound=BaseModel)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wired(fields: Iterable[Field], records: Sequence[BaseModel]) -> dict[str, Sequence[Any]]:
    """The plain fields of some records or parts as columns of wire values."""
    values = [one.__dict__ for one in records]
    return {field.name: _wire_column(field.kind, [one[field.name] for one in values]) for field in fields}


def _wire_column(kind: Kind, column: list[Any]) -> list[Any]:
    if kind in ("id", "date", "instant", "flag") and any(value is not None for value in column):
        return [to_wire(kind, value) for value in column]
    return column


def words_in(fields: Iterable[Field], columns: Mapping[str, Sequence[Any]]) -> set[str | None]:
    """The distinct texts of the columns of kind "word"."""
    found: set[str | None] = set()
    for field in fields:
        if field.kind == "word":
            found.update(columns[field.name])
    return found


def stored(fields: Iterable[Field], columns: Mapping[str, Sequence[Any]], words: Words) -> Iterator[Sequence[Any]]:
    """Columns of wire values as the table's columns, in the order of `names`; `words` knows all the words."""
    ids = words.ids
    for field in fields:
        column = columns[field.name]
        yield [ids[value] for value in column] if field.kind == "word" else column
        if field.fold is not None:
            folds = {value: None if value is None else fold(value) for value in set(column)}
            yield [folds[value] for value in column]


def names(fields: Iterable[Field]) -> list[str]:
    """The names of the columns that `stored` makes."""
    return [column.name for field in fields for column in (field.column, field.fold) if column is not None]


def models(
    model: type[M], fields: Sequence[Field], rows: Sequence[Sequence[Any]], words: Words, connection: Connection
) -> list[M]:
    """Rows of wire values (words as ids), in the order of `fields`, as models; lists of parts are empty.

    They are not validated again: they were when they were stored (a property test holds the two equal).
    """
    if not rows:
        return []
    columns = []
    for field, column in zip(fields, zip(*rows, strict=True), strict=True):
        if field.kind == "word":
            words.load(connection, column)
        columns.append(READ.get(field.kind, _as_is)(column, words))
    keys = [field.name for field in fields]
    # In the model's own order of fields, in which they are shown and written out.
    blank: dict[str, Any] = dict.fromkeys(model.model_fields, ())
    return [trusted(model, blank | dict(zip(keys, values, strict=True))) for values in zip(*columns, strict=True)]


def _as_is(column: Sequence[Any], _words: Words) -> Sequence[Any]:
    return column


def _texts(column: Sequence[Any], words: Words) -> Sequence[Any]:
    texts = words.texts
    return [texts[value] for value in column]


def _ids(column: Sequence[Any], _words: Words) -> Sequence[Any]:
    return [None if value is None else UUID(bytes=value) for value in column]


def _days(column: Sequence[Any], _words: Words) -> Sequence[Any]:
    day = date.fromordinal
    return [None if value is None else day(value) for value in column]


def _instants(column: Sequence[Any], _words: Words) -> Sequence[Any]:
    return [None if value is None else _EPOCH + timedelta(milliseconds=value) for value in column]


def _flags(column: Sequence[Any], _words: Words) -> Sequence[Any]:
    return [None if value is None else bool(value) for value in column]


READ: Mapping[Kind, Callable[[Sequence[Any], Words], Sequence[Any]]] = {
    "word": _texts,
    "id": _ids,
    "date": _days,
    "instant": _instants,
    "flag": _flags,
}
