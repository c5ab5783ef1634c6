"""A new mirror, made of what the sheet holds: on a new machine, or when another one changed what is known here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from perthyn.changes import Header, JournalLine
from perthyn.contents import BATCHES, JOURNAL, Chunk, Fence, Item, Kept
from perthyn.contents import Place as Reached
from perthyn.house import House
from perthyn.model import Record
from perthyn.model.ids import named_id
from perthyn.store import Store
from perthyn_sheets import trail
from perthyn_sheets.kept import Place, State
from perthyn_sheets.layout import HISTORY
from perthyn_sheets.layout import JOURNAL as JOURNAL_TAB
from perthyn_sheets.pending import pending_in
from perthyn_sheets.sheet import Sheet

AT_ONCE = 5000
BEGINNING = named_id("sheet beginning")
"""The kind of the batch that stands for all that is older than the history in the sheet."""
Opens = Callable[[str, Sequence[type[Record]]], Store]


def refill(
    place: Place,
    state: State,
    sheet: Sheet,
    old: Store,
    types: Sequence[type[Record]],
    opens: Opens,
    house: House,
    without: frozenset[UUID],
) -> tuple[str, int] | None:
    """Make a mirror of the sheet, with the history of the old one but `without` some batches.

    The old one is closed to writers for good. Answers the name of the file and the number of its last batch; None
    where another process has written to the old one since the sheet was told of it: nothing has happened then.
    """
    fence, held = Fence("moved", "mirror", "perthyn", house.clock(), "mirror"), old.fence
    if held is None or held.where != "mirror":
        old.set_fence(fence, held)
        if pending_in(old, state.shared, state.known).headers:
            old.set_fence(held, fence)
            return None
    name = _next_name(place.folder, state.mirror)
    fresh = opens(place.mirror(name), types)
    with old.contents() as contents:
        filling = fresh.filling(Fence("filling", "sheet", "perthyn", house.clock(), "mirror"), contents.types)
        headers = _headers(sheet, old, without, house)
        numbers = {header.id: header.number for header in headers}
        before = headers[0].number
        _put(filling.put, BATCHES, headers)
        history = trail.read_history(sheet.lines.get(HISTORY.key, []))
        erased = {*state.erased, *(mark for one in history for mark in one.erased)}
        renumbered = {header.number: numbers[header.id] for header in old.headers() if header.id in numbers}
        there: set[UUID] = set()
        for type_name, kind in contents.types.items():
            items: list[Kept]
            if type_name in sheet.lines:
                records = _records(kind, sheet, numbers, erased, house)
                there |= {record.id for record, _ in records}
                items = [Kept(record, numbers.get(made, before) if made else before) for record, made in records]
            else:  # local, or of a plugin that is not here
                items = [
                    Kept(one.record, renumbered.get(one.batch, before))
                    for chunk in contents.section(type_name)
                    for one in chunk.items
                    if isinstance(one, Kept) and (one.record.owner_id is None or one.record.owner_id in there)
                ]
                there |= {one.record.id for one in items}
            _put(filling.put, type_name, [*sorted(items, key=_id)])
        _put(filling.put, JOURNAL, list(_journal(sheet, old, numbers, there)))
    filling.finish()
    fresh.set_fence(None, fresh.fence)
    number = fresh.position()
    fresh.close()
    return name, number


def _put(put: Callable[[Chunk], None], section: str, items: Sequence[Item]) -> None:
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        put(Chunk(Reached(section, str(start + len(some))), some))


def _next_name(folder: Path, name: str) -> str:
    number = int(name.removeprefix("mirror-").removesuffix(".sqlite"))
    while (folder / f"mirror-{number}.sqlite").exists():
        number += 1
    return f"mirror-{number}.sqlite"


def _headers(sheet: Sheet, old: Store, without: frozenset[UUID], house: House) -> list[Header]:
    """Every batch that either knows, in order; first one for what is older than the sheet's history."""
    known = [header for header in old.headers() if header.id not in without][::-1]
    there = [one.header for one in trail.read_history(sheet.lines.get(HISTORY.key, []))]
    mine = {header.id for header in known}
    found = [*known, *(header for header in there if header.id not in mine)]
    if not any(header.id == BEGINNING for header in found):
        first = min((header.at for header in found), default=house.clock())
        found.insert(0, Header(BEGINNING, 0, "perthyn", first, "", "setting", {}, None, 0, 0, 0))
    return [replace(header, number=number) for number, header in enumerate(found, 1)]


def _records(
    kind: type[Record], sheet: Sheet, numbers: Mapping[UUID, int], erased: set[str], house: House
) -> list[tuple[Record, UUID | None]]:
    """The records of a tab as perthyn last wrote them, each once; rows of an unfinished batch are not there yet."""
    found: dict[UUID, tuple[Record, UUID | None]] = {}
    sources: set[tuple[str, str]] = set()
    for line in reversed(sheet.lines.get(kind.type_name, [])):
        try:
            record = kind.model_validate_json(line.form)
        except ValueError:
            continue
        source = (getattr(record, "source", None) or "", getattr(record, "source_id", None) or "")
        if line.id != record.id or record.id in found or (kind.source_named and all(source) and source in sources):
            continue
        made = trail.made_by(line.made)
        if any(trail.fingerprint(one) in erased for one in (record.id, record.owner_id) if one):
            continue
        if made not in numbers and trail.lately(line.made, house.clock()):
            continue
        sources.add(source)
        found[record.id] = (record, made)
    return [found[id] for id in sorted(found)]


def _journal(sheet: Sheet, old: Store, numbers: Mapping[UUID, int], kept: set[UUID]) -> Iterator[JournalLine]:
    """The lines of both, less those of people who were erased elsewhere."""
    mine = {header.id for header in old.headers()}
    lines = [line for line in old.journal() if line.batch in numbers]
    lines += [line for line in trail.read_journal(sheet.lines.get(JOURNAL_TAB.key, [])) if line.batch not in mine]
    deleted = {line.id for line in lines if line.action == "delete"}
    ordered = sorted(
        (replace(line, number=numbers[line.batch]) for line in lines if line.batch in numbers), key=_number
    )
    return (line for line in ordered if line.owner is None or line.owner in kept or line.owner in deleted)


def _id(item: Kept) -> UUID:
    return item.record.id


def _number(line: JournalLine) -> int:
    return line.number
