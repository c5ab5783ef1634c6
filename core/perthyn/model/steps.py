"""Steps: how records of an earlier version of their type become records of this one (DECISIONS 22).

A record type whose declaration changes in a way that is more than a new type, field that may be unknown, or index,
raises its `version` and says how its records follow::

    version: ClassVar[int] = 3
    steps: ClassVar[tuple[Step, ...]] = (
        Rename(2, "group", "choir"),
        Retype(3, "instalments.amount", lambda pounds: pounds * 100),
    )

A step works on plain forms, as `Record.plain` makes them: ids, days and instants are texts, what is unknown is
missing. It is also taken by journal images, so that what was done before an upgrade can be undone after it, and by
restored backups. Of an edit only the paths it touched are there (``name``, ``emails[a@b]``), each with its value
before, None for none.

A field is named ``field``; ``list.field`` is a field of every part of a list. The functions given are pure and
total: no clock, no randomness, no look elsewhere, an answer for every value that the earlier version kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perthyn.errors import PerthynError
from perthyn.model.record import Record, split_path

Plain = dict[str, Any]
"""A plain record; or the image of an edit: path -> plain value before it."""


@dataclass(frozen=True)
class Step(ABC):
    """One step `to` a version; steps are taken in the order in which a type declares them."""

    to: int

    @abstractmethod
    def record(self, plain: Plain) -> Plain:
        """A whole plain record (or part), a step further."""

    @abstractmethod
    def edit(self, image: Plain) -> Plain:
        """The image of an edit, a step further."""


@dataclass(frozen=True)
class _FieldStep(Step):
    """A step about one field. An image holds it as a path of its own, or inside the parts at a list's paths."""

    field: str

    @abstractmethod
    def _step(self, plain: Plain, name: str, *, whole: bool) -> Plain:
        """Values by name, a step further. `whole`: nothing is missing but what is unknown."""

    def record(self, plain: Plain) -> Plain:
        listed, _, inner = self.field.rpartition(".")
        if not listed:
            return self._step(plain, inner, whole=True)
        return {**plain, listed: self._parts(plain[listed], inner)} if listed in plain else plain

    def edit(self, image: Plain) -> Plain:
        listed, _, inner = self.field.rpartition(".")
        if not listed:
            return self._step(image, inner, whole=False)
        return {path: self._parts(value, inner) if split_path(path)[0] == listed else value
                for path, value in image.items()}  # fmt: skip

    def _parts(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self._step(part, name, whole=True) for part in value]
        return value if value is None else self._step(value, name, whole=True)


@dataclass(frozen=True)
class Rename(_FieldStep):
    """A field (or a list) goes by another name; `new` is without the list's."""

    new: str

    def _step(self, plain: Plain, name: str, *, whole: bool) -> Plain:
        def renamed(path: str) -> str:
            field, key = split_path(path)
            return path if field != name else self.new if key is None else f"{self.new}[{key}]"

        return {renamed(path): value for path, value in plain.items()}


@dataclass(frozen=True)
class Retype(_FieldStep):
    """A known value becomes another; `convert` may answer None for unknown."""

    convert: Callable[[Any], Any]

    def _step(self, plain: Plain, name: str, *, whole: bool) -> Plain:
        if plain.get(name) is None:
            return plain
        return _put(plain, {name: self.convert(plain[name])}, whole)


@dataclass(frozen=True)
class Split(_FieldStep):
    """A field's known value becomes those of other, new fields: `part` answers the values that are known by name."""

    into: tuple[str, ...]
    part: Callable[[Any], Mapping[str, Any]]

    def _step(self, plain: Plain, name: str, *, whole: bool) -> Plain:
        if name not in plain:
            return plain
        rest = {path: value for path, value in plain.items() if path != name}
        known = {} if plain[name] is None else self.part(plain[name])
        return _put(rest, {new: known.get(new) for new in self.into}, whole)


@dataclass(frozen=True)
class Fill(_FieldStep):
    """A value for every record that has none: `value` is given the plain record, of an edit what it held (`get`)."""

    value: Callable[[Mapping[str, Any]], Any]

    def _step(self, plain: Plain, name: str, *, whole: bool) -> Plain:
        there = plain.get(name) is not None if whole else plain.get(name, plain) is not None
        return plain if there else _put(plain, {name: self.value(plain)}, whole)


@dataclass(frozen=True)
class Remove(_FieldStep):
    """A field (or a list) is kept no longer."""

    def _step(self, plain: Plain, name: str, *, whole: bool) -> Plain:
        return {path: value for path, value in plain.items() if split_path(path)[0] != name}


@dataclass(frozen=True)
class Rekey(Step):
    """The key of a list's parts is another after the steps before: `key` makes it of the earlier key."""

    listed: str
    key: Callable[[str], str]

    def record(self, plain: Plain) -> Plain:
        return plain

    def edit(self, image: Plain) -> Plain:
        def rekeyed(path: str) -> str:
            field, key = split_path(path)
            return path if key is None or field != self.listed else f"{field}[{self.key(key)}]"

        return {rekeyed(path): value for path, value in image.items()}


@dataclass(frozen=True)
class Rework(Step):
    """Whatever the others don't say, by two functions: one of whole plain records, one of images of edits."""

    of_record: Callable[[Plain], Plain]
    of_edit: Callable[[Plain], Plain]

    def record(self, plain: Plain) -> Plain:
        return self.of_record(plain)

    def edit(self, image: Plain) -> Plain:
        return self.of_edit(image)


def _put(plain: Plain, values: Mapping[str, Any], whole: bool) -> Plain:
    """With these values; of a whole record what is unknown is left out."""
    together = {**plain, **values}
    return {name: value for name, value in together.items() if value is not None} if whole else together


def steps_from(record: type[Record], version: int) -> tuple[Step, ...]:
    """The steps from a version to this one. Raises `PerthynError` (``record.newer``) for a later version."""
    if version > record.version:
        raise PerthynError("record.newer", type=record.type_name, found=version, known=record.version)
    return tuple(step for step in record.steps if version < step.to <= record.version)


def upgraded(record: type[Record], plain: Mapping[str, Any], version: int) -> Plain:
    """The plain form of a record of an earlier version, as this version has it; not yet validated.

    Raises `PerthynError` (``record.newer``).
    """
    taken = dict(plain)
    for step in steps_from(record, version):
        taken = step.record(taken)
    return taken


def upgraded_image(record: type[Record], action: str, before: Mapping[str, Any], version: int) -> Plain:
    """The same of a journal line's image (`perthyn.changes.JournalLine`): of an edit by path, else of a whole record.

    Raises `PerthynError` (``record.newer``).
    """
    if action != "edit" and before:
        return upgraded(record, before, version)
    image = dict(before)
    for step in steps_from(record, version):
        image = step.edit(image)
    return image
