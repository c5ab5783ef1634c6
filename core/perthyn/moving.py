"""Moving: the contents of one store into another, and the proof that both hold the same.

Backups and restores stand on the same two: `transfer` fills, `compare` proves. Neither keeps more than a chunk of
either side in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import groupby
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict

from perthyn.changes import Header, JournalLine, uncollected
from perthyn.contents import Chunk, Contents, Filling, Item, Kept, canonicals, header_form, line_form

Tell = Callable[[int], None]
"""Is told how many more items are done."""

NAMED = 1000
"""So many differences are named; all are counted."""


class Said(BaseModel):
    """What can be kept in a report and read back: frozen, nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sum(Said):
    """How many items a section has, and the SHA-256 (hex) over the SHA-256 of each one's canonical form, in order."""

    count: int = 0
    sha256: str = sha256().hexdigest()


class Section(Said):
    """One section on both sides."""

    name: str
    source: Sum
    target: Sum


class Difference(Said):
    """An item that is not the same on both sides.

    `id`: a record's id, a batch's number, or ``number:place`` of a journal line within its batch. `what`: *missing*
    from the target, *extra* there, or *changed*. `fields`: name -> (value in the source, in the target) as JSON text,
    None for a field that is not there.
    """

    section: str
    id: str
    what: Literal["missing", "extra", "changed"]
    fields: Mapping[str, tuple[str | None, str | None]] = {}


class Proof(Said):
    """What a comparison found. `differing` counts all differences; `differences` names the first of them."""

    sections: tuple[Section, ...]
    differing: int = 0
    differences: tuple[Difference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both sides hold the same, item by item."""
        return self.differing == 0

    @property
    def count(self) -> int:
        """How many items the source has."""
        return sum(one.source.count for one in self.sections)


class Adding:
    """A `Sum` while its items come in."""

    def __init__(self) -> None:
        self._count = 0
        self._hash = sha256()

    def add(self, form: bytes) -> None:
        """One more item, by its canonical form."""
        self._count += 1
        self._hash.update(sha256(form).digest())

    @property
    def sum(self) -> Sum:
        """The sum so far."""
        return Sum(count=self._count, sha256=self._hash.hexdigest())


def nothing(_more: int) -> None:
    """For whom no progress is shown."""


# -- filling -----------------------------------------------------------------------------------------------------------


def transfer(source: Contents, filling: Filling, tell: Tell = nothing) -> dict[str, Sum] | None:
    """Put what the filling has not reached yet into it, then finish it.

    Answers the sum of each section as it was read, for `prove`; None where a part had been put in before. Raises what
    `Filling.put` raises; called again after that, or after a kill, it goes on.
    """
    begun = filling.reached
    sums: dict[str, Adding] = {}
    with uncollected():
        for chunk in source.chunks(begun):
            filling.put(chunk)
            if begun is None:
                _add(sums, chunk)
            tell(len(chunk.items))
    filling.finish()
    return None if begun else {name: one.sum for name, one in sums.items()}


def sums_of(contents: Contents, tell: Tell = nothing) -> dict[str, Sum]:
    """The sum of each section that has any items."""
    sums: dict[str, Adding] = {}
    with uncollected():
        for chunk in contents.chunks():
            _add(sums, chunk)
            tell(len(chunk.items))
    return {name: one.sum for name, one in sums.items()}


def _add(sums: dict[str, Adding], chunk: Chunk) -> None:
    adding = sums.setdefault(chunk.place.section, Adding())
    for form in canonicals(chunk.items):
        adding.add(form)


# -- comparing ---------------------------------------------------------------------------------------------------------


def prove(sums: Mapping[str, Sum] | None, source: Contents, target: Contents, tell: Tell = nothing) -> Proof:
    """`compare`, without reading a source again whose sums are known already, as long as the target's are the same."""
    if sums is not None and sums_of(target, tell) == sums:
        same = {name: sums.get(name, Sum()) for name in source.sizes()}
        return Proof(sections=tuple(Section(name=name, source=one, target=one) for name, one in same.items()))
    return compare(source, target, tell)


def compare(source: Contents, target: Contents, tell: Tell = nothing, named: int = NAMED) -> Proof:
    """Both sides item by item, in step. The source is read once, in its own order; the target section by section."""
    sections: list[Section] = []
    found: list[Difference] = []
    differing = 0
    for name, items, others in _sections(source, target):
        mine, theirs = Adding(), Adding()
        for one, other in _in_step(_keyed(items), _keyed(others)):
            if one is not None:
                mine.add(one[2])
            if other is not None:
                theirs.add(other[2])
            if one is None or other is None or one[2] != other[2]:
                differing += 1
                if len(found) < named:
                    found.append(_difference(name, one, other))
            tell(1)
        sections.append(Section(name=name, source=mine.sum, target=theirs.sum))
    return Proof(sections=tuple(sections), differing=differing, differences=tuple(found))


def _sections(source: Contents, target: Contents) -> Iterator[tuple[str, Iterable[Chunk], Iterable[Chunk]]]:
    """Each section that either side has, with its chunks on both."""
    names = [*source.sizes()]
    groups = groupby(source.chunks(), lambda chunk: chunk.place.section)
    at, chunks = next(groups, ("", iter(())))
    for name in names:
        yield name, chunks if name == at else (), target.section(name)
        if name == at:
            at, chunks = next(groups, ("", iter(())))
    for name in target.sizes():
        if name not in names:
            yield name, (), target.section(name)


Keyed = tuple[Any, Item, bytes]
"""An item, the key by which its section is sorted, and its canonical form."""


def _keyed(chunks: Iterable[Chunk]) -> Iterator[Keyed]:
    batch, line = 0, 0
    for chunk in chunks:
        for item, form in zip(chunk.items, canonicals(chunk.items), strict=True):
            if isinstance(item, Kept):
                yield item.record.id, item, form
            elif isinstance(item, Header):
                yield item.number, item, form
            else:
                batch, line = item.number, line + 1 if item.number == batch else 1
                yield (batch, line), item, form


def _in_step(one: Iterator[Keyed], other: Iterator[Keyed]) -> Iterator[tuple[Keyed | None, Keyed | None]]:
    """Items of the same key side by side; None where one side has none."""
    mine, theirs = next(one, None), next(other, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine[0] < theirs[0]):
            yield mine, None
            mine = next(one, None)
        elif mine is None or theirs[0] < mine[0]:
            yield None, theirs
            theirs = next(other, None)
        else:
            yield mine, theirs
            mine, theirs = next(one, None), next(other, None)


def _difference(section: str, one: Keyed | None, other: Keyed | None) -> Difference:
    key, item, _ = cast(Keyed, one or other)
    id = f"{key[0]}:{key[1]}" if isinstance(item, JournalLine) else str(key)
    if one is None or other is None:
        return Difference(section=section, id=id, what="extra" if one is None else "missing")
    mine, theirs = _form(one[1]), _form(other[1])
    names = [*mine, *(name for name in theirs if name not in mine)]
    fields = {name: (_text(mine, name), _text(theirs, name)) for name in names}
    changed = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    return Difference(section=section, id=id, what="changed", fields=changed)


def _form(item: Item) -> dict[str, Any]:
    if isinstance(item, Kept):
        return {"batch": item.batch, **item.record.plain()}
    return header_form(item) if isinstance(item, Header) else line_form(item)


def _text(form: Mapping[str, Any], name: str) -> str | None:
    return json.dumps(form[name], ensure_ascii=False, sort_keys=True) if name in form else None
