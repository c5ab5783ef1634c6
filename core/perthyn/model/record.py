"""Record and Part: what every kind of record shares, and how a field of it is named by a path."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from perthyn.errors import PerthynError
from perthyn.model.values import About, plain

if TYPE_CHECKING:
    from perthyn.model.steps import Step


class Part(BaseModel):
    """One item of a list that belongs to a record (an e-mail address of a contact), known by its natural `key`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def key(self) -> str:
        """What tells this part from its siblings; stable while the part is the same thing in the world."""
        raise NotImplementedError

    @model_validator(mode="before")
    @classmethod
    def _empty_is_none(cls, data: Any) -> Any:
        return _without_empty(data)


class Record(BaseModel):
    """A frozen record with an id made by us (UUIDv7).

    Raises `PerthynError` (``record.part.twice``) where two parts of a list have one key.

    `type_name`: its name in stores, rules and files. `owner`: the field that names the contact it belongs to, or
    "". `source_named`: (source, source_id) is its identity, and `delivered` a fingerprint of what the source last said;
    it has these three fields. `undo`: what undo may do to it. `scope`: shared by all machines or local to one.
    `seen_by`: the right to know that there is such a record at all, beside what its fields ask for; "" for none.
    `called`: what they are called, in English and Welsh, where a person's view lists it; "" for its name.
    `stays`: why undo leaves one whose `undo` is *never*, in both languages, too. `version`: of its declaration.
    `steps`: how records of earlier versions become this one (`perthyn.model.steps`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type_name: ClassVar[str]
    called: ClassVar[tuple[str, str]] = ("", "")
    stays: ClassVar[tuple[str, str]] = ("", "")
    owner: ClassVar[str] = ""
    seen_by: ClassVar[str] = ""
    source_named: ClassVar[bool] = False
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "restore"
    scope: ClassVar[Literal["shared", "local"]] = "shared"
    version: ClassVar[int] = 1
    steps: ClassVar[tuple[Step, ...]] = ()

    id: Annotated[UUID, About("Id", "Id", kind="id", folded=False)]

    @model_validator(mode="before")
    @classmethod
    def _empty_is_none(cls, data: Any) -> Any:
        return _without_empty(data)

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        for name in parts(type(self)):
            held = getattr(self, name)
            if len(held) > 1 and len({part.key for part in held}) < len(held):
                twice = next(one for one, count in Counter(part.key for part in held).items() if count > 1)
                raise PerthynError("record.part.twice", type=self.type_name, field=name, key=twice)
        return self

    @property
    def undo_rule(self) -> str:
        """`restore`, `compensate` or `never` for this very record; a withdrawal answers otherwise than a consent."""
        return self.undo

    def taken_back(self) -> dict[str, Any] | None:
        """For a record whose undo is a further one (`compensate`): what that says otherwise; None: it just stays."""
        return None

    @classmethod
    def passes(cls) -> bool:
        """Whether records of the type are of this machine and this moment: nothing of them is kept to be undone."""
        return cls.scope == "local" and cls.undo == "never"

    @property
    def owner_id(self) -> UUID | None:
        """The contact that this record belongs to; a contact belongs to itself."""
        if not self.owner:
            return None
        owner: UUID = getattr(self, self.owner)
        return owner

    # -- paths -------------------------------------------------------------------------------------------

    def value_at(self, path: str) -> Any:
        """The value at ``field`` or ``field[key]`` (a Part or None). Raises `PerthynError` for an unknown path."""
        field, key = split_path(path)
        if field not in type(self).model_fields:
            raise PerthynError("record.path.unknown", type=self.type_name, path=path)
        value = getattr(self, field)
        if key is None:
            return value
        return next((part for part in value if part.key == key), None)

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """A validated copy with new values at the paths given; None at ``field[key]`` removes that part.

        Raises `PerthynError`: ``record.path.unknown``; ``record.path.fixed`` for ``id``, or for a part that is to
        stand under another key than its own (it could not be taken back).
        """
        data = {name: getattr(self, name) for name in type(self).model_fields}
        for path, value in values.items():
            field, key = split_path(path)
            if field not in data:
                raise PerthynError("record.path.unknown", type=self.type_name, path=path)
            if field == "id" or (isinstance(value, Part) and value.key != key):
                raise PerthynError("record.path.fixed", type=self.type_name, path=path)
            if key is None:
                data[field] = value
                continue
            kept = list(data[field])
            place = next((i for i, part in enumerate(kept) if part.key == key), len(kept))
            kept[place : place + 1] = [] if value is None else [value]
            data[field] = tuple(kept)
        return type(self).model_validate(data)

    # -- canonical form (DECISIONS 24) --------------------------------------------------------------------

    def plain(self) -> dict[str, Any]:
        """The record as JSON can hold it; none and empty omitted; lists of parts sorted by their own JSON."""
        return {name: _plain(value) for name, value in self if value is not None and value != ()}

    def plain_at(self, path: str) -> Any:
        """The value at a path as JSON can hold it."""
        return _plain(self.value_at(path))

    def canonical(self) -> bytes:
        """UTF-8 JSON, keys sorted, no spaces."""
        return _sorted_json(self.plain()).encode()

    def digest(self) -> bytes:
        """SHA-256 of the canonical form."""
        return sha256(self.canonical()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return plain(dict(value))
    if isinstance(value, tuple):
        # Not by their key, which nobody knows while the plugin that declares them is not here.
        return sorted((plain(dict(part)) for part in value), key=_sorted_json)
    return plain(value)


def same_plain(one: Any, other: Any) -> bool:
    """Whether two plain values are the same; the parts of a list have no order."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(_sorted_json, one)) == sorted(map(_sorted_json, other))
    return bool(one == other)


def _sorted_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _without_empty(data: Any) -> Any:
    if isinstance(data, dict) and "" in data.values():
        return {name: None if value == "" else value for name, value in data.items()}
    return data


def split_path(path: str) -> tuple[str, str | None]:
    """``emails[a@b]`` to ("emails", "a@b"); ``name`` to ("name", None)."""
    if path.endswith("]") and "[" in path:
        field, _, rest = path.partition("[")
        return field, rest[:-1]
    return path, None


@cache
def declared(record: type[Record] | type[Part]) -> dict[str, About]:
    """The declaration of each plain field (lists of parts left out), in order."""
    found = {}
    for name, field in record.model_fields.items():
        about = next((item for item in field.metadata if isinstance(item, About)), None)
        if about is not None and part_of(record, name) is None:
            found[name] = about
    return found


@cache
def part_of(record: type[Record] | type[Part], name: str) -> type[Part] | None:
    """The Part class of a list field, or None for a plain field."""
    for inner in _types_in(record.model_fields[name].annotation):
        if isinstance(inner, type) and issubclass(inner, Part):
            return inner
    return None


@cache
def parts(record: type[Record]) -> dict[str, type[Part]]:
    """The list fields of a record with their Part classes, in order."""
    found = {name: part_of(record, name) for name in record.model_fields}
    return {name: part for name, part in found.items() if part is not None}


def _types_in(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (tuple, list, Union, UnionType, Annotated):
        for inner in get_args(annotation):
            yield from _types_in(inner)
    else:
        yield annotation


M = TypeVar("M", bound=BaseModel)


_put_values, _put_given, _put_extra, _put_private = (BaseModel.__dict__[name].__set__ for name in BaseModel.__slots__)


def trusted(model: type[M], values: dict[str, Any]) -> M:
    """The model of values that were validated before, every field given in the model's own order.

    What `BaseModel.model_construct` does, without its search for defaults and aliases: half a microsecond, not ten.
    """
    one = object.__new__(model)
    _put_values(one, values)
    _put_given(one, _all_given(model))
    _put_extra(one, None)
    _put_private(one, None)
    return one


@cache
def _all_given(model: type[BaseModel]) -> set[str]:
    """The names of all fields: one set for all models of a class, since frozen models never add to it."""
    return set(model.model_fields)


def read_plain(record: type[Record], path: str, value: Any) -> Any:
    """A journal image's JSON value as the model's value at that path: a Part, a tuple of them or a plain value."""
    field, key = split_path(path)
    part = part_of(record, field)
    if part is None:
        return field_adapter(record, field).validate_python(value)
    if key is not None:
        return None if value is None else part.model_validate(value)
    return tuple(part.model_validate(item) for item in value or ())


@cache
def field_adapter(record: type[Record] | type[Part], name: str, many: bool = False) -> TypeAdapter[Any]:
    """Checks a value, or a list of values, by a field's own type."""
    info = record.model_fields[name]
    annotation: Any = info.annotation
    for item in info.metadata:
        annotation = Annotated[annotation, item]
    return TypeAdapter(list[annotation] if many else annotation)
