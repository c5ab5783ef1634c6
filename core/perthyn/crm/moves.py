"""Moves: all records into another store, proved before anything is switched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Literal
from uuid import UUID

from perthyn.contents import Contents, Fence, Filling
from perthyn.crm.segments import Segments
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Segment, plain
from perthyn.moving import Adding, Proof, Said, Sum, Tell, nothing, prove, transfer
from perthyn.settings import Settings, keep_password, password_in, without_password, write_settings, write_whole
from perthyn.store import Store

RATE = 6_000
"""Records a second that are moved and proved on a small machine, to say how long it may take."""

NAMED = 1000
"""So many members of a segment that are on one side only are named."""


class Members(Said):
    """Who is in a segment on both sides. `broken`: the code of the error for which nobody is, or ""."""

    id: str
    name: str
    source: Sum
    target: Sum
    broken: tuple[str, str] = ("", "")
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the same people are in it, or it is broken for the same reason."""
        return self.source == self.target and self.broken[0] == self.broken[1]


class Report(Said):
    """What can be kept of a move: who, when, from where to where, what was compared and whether it was the same."""

    mark: str
    by: str
    at: datetime
    source: str
    target: str
    as_of: date
    result: Literal["same", "different"]
    proof: Proof
    segments: tuple[Members, ...]


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a move would do. `state`: whether the target would be made, is empty, or has a part of it already."""

    source: str
    target: str
    state: Literal["new", "empty", "begun"]
    sizes: dict[str, int]

    @property
    def count(self) -> int:
        """How many records, batches and lines of the journal."""
        return sum(self.sizes.values())

    @property
    def seconds(self) -> int:
        """About how long it would take."""
        return 1 + self.count // RATE


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is done. `report` and its `file` are None where all but the switch was done before."""

    target: str
    report: Report | None
    file: Path | None


class Moves(Segments):
    """What a person can do to move the records into another store."""

    def move_plan(self, to: str) -> MovePlan:
        """What a move would do. Nothing is changed. Raises what `move` raises before it begins."""
        settings = self._settings_moved(to)
        with self.store.contents() as contents:
            sizes = contents.sizes()
        state: Literal["new", "empty", "begun"] = "new"
        try:
            url = to if password_in(to) else settings.store_url
            with closing(self._target_at(url, create=False)) as target:
                state = self._target_state(target)
        except PerthynError as error:
            if error.code != "store.missing":
                raise
        return MovePlan(self.settings.address, settings.address, state, sizes)

    def move(self, to: str, file: Path | None = None, *, switch: bool = True, tell: Tell = nothing) -> Moved:
        """Move all records to the store at this URL; called again after a kill, it goes on where it was.

        `file`: where to keep the report, in the organisation's folder when nothing is said. `switch`: have
        ``perthyn.toml`` name the new store when all is proved. Until then nothing is switched; from then on the old
        store refuses to be written to. Raises `PerthynError`: ``move.different`` (the report names what is),
        ``move.same``, ``move.other``, ``move.report.unwritable``, ``store.fenced.moved``, what opening and filling
        the new store raise.
        """
        settings = self._settings_moved(to)
        with closing(self._target_at(to if password_in(to) else settings.store_url, create=True)) as target:
            keep_password(self.settings.folder, to)  # one that lets us in
            fence = self.store.fence
            report = None
            if fence is None or fence.state != "moved":
                fence = self._source_fenced(fence, settings.address, target)
                file = file or _report_file(self.settings.folder, self.today(), fence.mark)
                report = self._filled_and_proved(fence, target, file, tell)
                fence = self._source_changed(replace(fence, state="moved"), fence)
            self._let_in(target, fence.mark)
        if switch:
            write_settings(self.settings.folder, {"store": settings.store})
        return Moved(settings.address, report, file if report else None)

    def stop_move(self) -> Fence:
        """Take down the fence of a move that was broken off; the old store is written to as before.

        Raises `PerthynError` (``move.none``) where none is under way.
        """
        self.check("store.move")
        fence = self.store.fence
        if fence is None or fence.state != "moving":
            raise PerthynError("move.none")
        self.store.set_fence(None, fence)
        return fence

    # -- before ---------------------------------------------------------------------------------------------

    def _settings_moved(self, to: str) -> Settings:
        """The settings with the new store. Raises `Forbidden`, or `PerthynError` where the source may not go there."""
        self.check("store.move")
        self.check_all_fields()
        settings = self.settings.model_copy(update={"store": self.plugins.address(without_password(to))})
        if settings.address == self.plugins.address(self.settings.address):
            raise PerthynError("move.same", address=settings.address)
        fence = self.store.fence
        if fence is not None and fence.where != settings.address:
            raise fence.refusal if fence.state != "moving" else PerthynError("move.other", where=fence.where)
        return settings

    def _target_at(self, url: str, create: bool) -> Store:
        types = tuple(self.store.types.values())
        store: Store = self.plugins.open_store(url, types, self.settings.currency, create)
        return store

    def _target_state(self, target: Store) -> Literal["empty", "begun"]:
        """Raises `PerthynError` (``store.filling.full``, ``store.filling.other``) where it can't be moved to."""
        fence = target.fence
        if fence is not None and fence.state == "filling":
            if not self._move_goes_on(fence, self.store.position()):
                raise PerthynError("store.filling.other", where=fence.where)
            return "begun"
        if fence is not None or target.position():
            raise PerthynError("store.filling.full", address=without_password(target.address))
        return "empty"

    def _source_fenced(self, fence: Fence | None, where: str, target: Store) -> Fence:
        """The fence of this move around the source: the one of a run that was killed, or a new one.

        A mark ends with the source's position: where that is the same, what a failed run has moved stays good.
        """
        if fence is not None:
            return fence
        position = self.store.position()
        begun = target.fence
        mark = f"{self.random(8).hex()}-{position}"
        if begun is not None and self._move_goes_on(begun, position):
            mark = begun.mark
        return self._source_changed(Fence("moving", where, self.actor.name, self.clock(), mark), None)

    def _move_goes_on(self, begun: Fence, position: int) -> bool:
        """Whether a store's fence is that of a move which began with what is in the source now."""
        return (begun.state, begun.where) == ("filling", self.settings.address) and begun.mark.endswith(f"-{position}")

    def _source_changed(self, fence: Fence, instead: Fence | None) -> Fence:
        """Change the source's fence; answers it as the store keeps it."""
        self.store.set_fence(fence, instead)
        return self.store.fence or fence

    def _let_in(self, target: Store, mark: str) -> None:
        """Let writers into the new store."""
        fence = target.fence
        if fence is not None and (fence.state, fence.mark) == ("filling", mark):
            target.set_fence(None, fence)

    # -- filling and proving ----------------------------------------------------------------------------------

    def _filled_and_proved(self, fence: Fence, target: Store, file: Path, tell: Tell) -> Report:
        """Fill the target and prove it; if that fails the source's fence goes, the target's stays."""
        filling = None
        try:
            with self.store.contents() as contents:
                filling = self._target_filling(fence, target, contents)
                sums = transfer(contents, filling, tell)
                with target.contents() as moved:
                    proof = prove(sums, contents, moved, tell)
            report = self._move_report(fence, target, proof)
            _keep(report, file)
            if report.result == "different":
                raise _different(report, file)
        except BaseException as error:
            code = error.code if isinstance(error, PerthynError) else ""
            if filling is None or code != "store.filling.other":  # else another run of the same move goes on
                with suppress(PerthynError):
                    self.store.set_fence(None, fence)
            raise
        return report

    def _target_filling(self, fence: Fence, target: Store, contents: Contents) -> Filling:
        there = target.fence
        if there is not None and there.mark == fence.mark and there.state == "moving":
            raise PerthynError("move.same", address=fence.where)
        own = replace(fence, state="filling", where=self.settings.address)
        return target.filling(own, contents.types)

    def _move_report(self, fence: Fence, target: Store, proof: Proof) -> Report:
        as_of = self.today()
        there = replace(self, store=target)
        segments = tuple(_members(self, there, one, as_of) for one in self.segments())
        return Report(
            mark=fence.mark,
            by=fence.by,
            at=fence.at,
            source=self.settings.address,
            target=fence.where,
            as_of=as_of,
            result="same" if proof.same and all(one.same for one in segments) else "different",
            proof=proof,
            segments=segments,
        )


# --- the report ------------------------------------------------------------------------------------------------


def _report_file(folder: Path, day: date, mark: str) -> Path:
    """Where a move of this day keeps its report: beside those of others, in place of its own."""
    for number in count(1):
        file = folder / f"perthyn-move-{plain(day)}{f'-{number}' if number > 1 else ''}.json"
        if not file.exists() or f'"mark": "{mark}"' in file.read_text(encoding="utf-8", errors="replace")[:200]:
            break
    return file


def _keep(report: Report, file: Path) -> None:
    try:
        write_whole(file, report.model_dump_json(indent=2) + "\n", secret=True)
    except OSError as error:
        raise PerthynError("move.report.unwritable", file=str(file), why=error.strerror or str(error)) from error


def _different(report: Report, file: Path) -> PerthynError:
    """What differs, counted, and the first of it named."""
    segments = [one.name for one in report.segments if not one.same]
    named = [f"{one.section} {one.id} ({', '.join(one.fields) or one.what})" for one in report.proof.differences[:3]]
    return PerthynError(
        "move.different", count=report.proof.differing + len(segments), what=[*named, *segments[:3]], file=str(file)
    )


# --- segments on both sides ------------------------------------------------------------------------------------


def _members(here: Segments, there: Segments, segment: Segment, as_of: date) -> Members:
    """Who is in a segment here and there on a day."""
    name, id = segment.name(here.language), str(segment.id)
    selects = [_select(side, segment, as_of) for side in (here, there)]
    broken = tuple(one.code if isinstance(one, PerthynError) else "" for one in selects)
    sums = [Sum() if isinstance(one, PerthynError) else _sum(one()) for one in selects]
    found = Members(id=id, name=name, source=sums[0], target=sums[1], broken=(broken[0], broken[1]))
    if found.same:
        return found
    mine, theirs = (set() if isinstance(one, PerthynError) else set(one()) for one in selects)
    missing, extra = (tuple(map(str, sorted(ids)[:NAMED])) for ids in (mine - theirs, theirs - mine))
    return found.model_copy(update={"missing": missing, "extra": extra})


def _select(side: Segments, segment: Segment, as_of: date) -> Callable[[], Iterator[UUID]] | PerthynError:
    """Gives the members, or why the segment is broken."""
    try:
        closed = side.closed(segment, as_of)
    except Forbidden:
        raise
    except PerthynError as error:
        return error
    return lambda: side.store.select(closed)


def _sum(ids: Iterator[UUID]) -> Sum:
    adding = Adding()
    for id in ids:
        adding.add(id.bytes)
    return adding.sum
