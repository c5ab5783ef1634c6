"""Stores with one classic bug each, and the case of the suite that catches it: they show that the suite can fail.

Each is a `MemoryStore` but for its docstring's fault. `caught_by` names a case that passes for `MemoryStore` and must
not pass here; no two bugs name the same case. `tests/core/testing/test_planted.py` runs them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar, TypeVar
from unittest.mock import patch
from uuid import UUID

from perthyn.changes import Batch, Block, Delete, Edit, Receipt
from perthyn.contents import Chunk, Contents, Fence, Filling, Item, Kept
from perthyn.model import Contact, Interaction, Record, split_path
from perthyn.rules import closed, law
from perthyn.rules.closed import Closed
from perthyn.store import Sourced, Total
from perthyn.testing.memory import MemoryStore, Writing
from perthyn.testing.memory_contents import MemoryContents, MemoryFilling

R = TypeVar("R", bound=Record)


class Planted(MemoryStore):
    """A store with a bug. `writing`: how it takes in a batch."""

    caught_by: ClassVar[str] = ""
    writing: ClassVar[type[Writing]] = Writing

    def _writing(self, batch: Batch) -> Writing:
        self.last = self.writing(self.state, batch)
        return self.last


# -- batches --------------------------------------------------------------------------------------------------


class HalfDone(Planted):
    """A conflict leaves what stood before it in its batch."""

    caught_by = "test_a_conflict_leaves_nothing_of_its_batch"

    def apply(self, batch: Batch) -> Receipt:
        try:
            return super().apply(batch)
        except Exception:
            self.state = self.last.state
            raise


class TwiceApplied(Planted):
    """A batch sent again is applied again."""

    caught_by = "test_an_edit_is_applied_once"

    def apply(self, batch: Batch) -> Receipt:
        self.state.receipts.clear()
        return super().apply(batch)


class Overwriting(Planted):
    """Whatever stands there now is overwritten."""

    caught_by = "test_value_that_no_longer_holds"

    class writing(Writing):
        def edit(self, edit: Edit) -> None:
            there = self.there(edit.type, edit.id)
            super().edit(replace(edit, values={p: (there.value_at(p), new) for p, (_, new) in edit.values.items()}))


class LostSiblings(Planted):
    """An edit of one part loses the other parts of its list."""

    caught_by = "test_edit_of_a_part_keeps_its_siblings"

    class writing(Writing):
        def put(self, record: Record) -> None:
            edited = [split_path(path)[0] for one in _edits(self.batch, record.id) for path in one if "[" in path]
            lists = {name: getattr(record, name)[-1:] for name in edited}
            super().put(record.model_copy(update=lists))


class EmptyDefaults(Planted):
    """A column left out of a block is filled with something else than the field's default."""

    caught_by = "test_columns_left_out_have_their_defaults"

    def apply(self, batch: Batch) -> Receipt:
        return super().apply(replace(batch, blocks=[self._filled(block) for block in batch.blocks]))

    def _filled(self, block: Block) -> Block:
        known: Mapping[str, list[Any]] = {"direction": ["in"] * block.size} if "kind" in block.columns else {}
        return replace(block, columns={**known, **block.columns})


class MovedOrigin(Planted):
    """A record seems to be created by the batch that last changed it."""

    caught_by = "test_origin_stays_after_an_edit"

    class writing(Writing):
        def edit(self, edit: Edit) -> None:
            super().edit(edit)
            self.state.origins[edit.type, edit.id] = self.number


# -- the journal, and erasing ---------------------------------------------------------------------------------


class AfterImages(Planted):
    """The journal keeps what was written instead of what was there."""

    caught_by = "test_an_edit_writes_what_was_before"

    class writing(Writing):
        def write_line(self, record: Record, action: str, before: Mapping[str, Any]) -> None:
            now = self.held(record.type_name).get(record.id, record)
            super().write_line(record, action, {path: now.plain_at(path) for path in before})


class ErasedInJournal(Planted):
    """Erasing leaves the journal lines of what the contact owned."""

    caught_by = "test_erasing_takes_journal_lines"

    class writing(Writing):
        def erase(self, contact: UUID) -> None:
            lines = [line for line in self.state.journal if line.owner == contact != line.id]
            super().erase(contact)
            self.state.journal += lines


class ErasedAsOther(Planted):
    """Erasing forgets whom the contact was before a merge."""

    caught_by = "test_erasing_takes_those_merged_into_it"

    class writing(Writing):
        def selves(self, contact: UUID) -> set[UUID]:
            return {contact}


# -- what is kept beside the records --------------------------------------------------------------------------


class StaleKeys(Planted):
    """Match keys stay as they were when the contact was created."""

    caught_by = "test_keys_follow_an_edit"

    class writing(Writing):
        def edit(self, edit: Edit) -> None:
            keys = dict(self.state.keys)
            super().edit(edit)
            self.state.keys = keys


class StaleSources(Planted):
    """A deleted record is still found by its source."""

    caught_by = "test_a_deleted_record_is_not_found_by_its_source"

    def apply(self, batch: Batch) -> Receipt:
        gone = [one.record for one in batch.changes if isinstance(one, Delete)]
        self.gone = {**getattr(self, "gone", {}), **{getattr(one, "source_id", None): one for one in gone}}
        return super().apply(batch)

    def sourced(self, source: str, source_ids: Iterable[str]) -> dict[str, Sourced]:
        asked = list(source_ids)
        gone = getattr(self, "gone", {})
        stale = {id: Sourced(gone[id].type_name, gone[id].id, None, None) for id in asked if id in gone}
        return stale | super().sourced(source, asked)


class NeverMovedOn(Planted):
    """What has been written since does not matter."""

    caught_by = "test_since_and_somebody_wrote"

    def apply(self, batch: Batch) -> Receipt:
        return super().apply(replace(batch, since=None))


class StaleCount(Planted):
    """The number of records is counted once and never again."""

    caught_by = "test_counts_follow_every_write"

    def count_of(self, type: type[Record]) -> int:
        counts: dict[str, int] = self.__dict__.setdefault("counts", {})
        return counts.setdefault(type.type_name, super().count_of(type))


class NoRefunds(Planted):
    """A sum leaves negative amounts out."""

    caught_by = "test_refunds_lower_a_sum"

    def totals(self, contact: UUID) -> list[Total]:
        refunds = [one for one in self.owned(Interaction, [contact]) if (one.amount or 0) < 0]
        return [
            replace(total, amount=total.amount - sum(one.amount or 0 for one in refunds if one.kind == total.kind))
            for total in super().totals(contact)
        ]


class AnyCurrency(Planted):
    """A sum adds pounds to euros."""

    caught_by = "test_one_currency_is_summed"

    def totals(self, contact: UUID) -> list[Total]:
        lines = list(self.owned(Interaction, [contact]))
        return [
            replace(total, amount=sum(one.amount or 0 for one in lines if one.kind == total.kind))
            for total in super().totals(contact)
        ]


# -- values ---------------------------------------------------------------------------------------------------


class UtcDay(Planted):
    """The day is worked out from the instant, in UTC."""

    caught_by = "test_day_is_kept_apart_from_time"

    class writing(Writing):
        def put(self, record: Record) -> None:
            at = getattr(record, "at", None)
            super().put(record.model_copy(update={"day": at.date()}) if at and hasattr(record, "day") else record)


class WholeSeconds(Planted):
    """Instants lose their milliseconds."""

    caught_by = "test_instants_keep_their_milliseconds"

    class writing(Writing):
        def put(self, record: Record) -> None:
            at = getattr(record, "at", None)
            super().put(record.model_copy(update={"at": at.replace(microsecond=0)}) if at else record)


class Composed(Planted):
    """Texts are normalised in silence."""

    caught_by = "test_forms_of_one_letter_stay_apart"

    class writing(Writing):
        def put(self, record: Record) -> None:
            texts = {name: value for name, value in record if isinstance(value, str)}
            super().put(record.model_copy(update={n: unicodedata.normalize("NFC", t) for n, t in texts.items()}))


# -- reading --------------------------------------------------------------------------------------------------


class MovingScan(Planted):
    """A scan sees what is written while it is under way."""

    caught_by = "test_scan_is_one_picture"

    def scan(self, type: type[R], after: UUID | None = None) -> Iterator[R]:
        while (found := next(super().scan(type, after), None)) is not None:
            yield found
            after = found.id


class UnsteadyDays(Planted):
    """Happenings of one day come in the order of their ids."""

    caught_by = "test_equal_days_by_greater_id"

    def recent(self, type: type[R], contact: UUID, limit: int, before: tuple[date, UUID] | None = None) -> list[R]:
        found: list[Any] = list(super().recent(type, contact, limit, before))
        return sorted(sorted(found, key=lambda one: one.id), key=lambda one: one.day, reverse=True)


class WildEnding(Planted):
    """The end of an id is compared as a database's pattern."""

    caught_by = "test_endings_know_no_wildcards"

    def ending(self, type: type[Record], ending: str) -> list[UUID]:
        pattern = re.compile(re.escape(ending).replace("%", ".*").replace("_", ".") + "$")
        return [one.id for one in self.scan(type) if pattern.search(one.id.hex)][:20]


# -- rules ----------------------------------------------------------------------------------------------------


class Bent(Planted):
    """A store that selects by another rule than it was asked."""

    def bend(self, rule: Closed) -> Closed:
        raise NotImplementedError

    def select(self, rule: Closed) -> Iterator[UUID]:
        return super().select(self.bend(rule))


class NotOverNull(Bent):
    """NOT of a field leaves out those of whom it is not known."""

    caught_by = "test_not_takes_in_the_unknown"

    def bend(self, rule: Closed) -> Closed:
        match rule:
            case closed.Not(closed.Field(name)):
                return closed.All((rule, closed.Field(name, closed.Known())))
        return rule


class LateWindow(Bent):
    """A window leaves out its first day."""

    caught_by = "test_a_window_holds_its_first_day"

    def bend(self, rule: Closed) -> Closed:
        return _with_window(rule, lambda since, until: (since and since + timedelta(days=1), until))


class EarlyWindow(Bent):
    """A window leaves out its last day."""

    caught_by = "test_a_window_holds_its_last_day"

    def bend(self, rule: Closed) -> Closed:
        return _with_window(rule, lambda since, until: (since, until and until - timedelta(days=1)))


class LowerCase(Planted):
    """Texts are compared in lower case only."""

    caught_by = "test_folded_twins_are_equal"

    def select(self, rule: Closed) -> Iterator[UUID]:
        with patch.object(law, "fold", str.lower):
            return iter(list(super().select(rule)))


class OnlyTheKnown(Planted):
    """Those without any record are left out, even where none are asked for."""

    caught_by = "test_none_is_an_answer"

    def select(self, rule: Closed) -> Iterator[UUID]:
        owners = {one.contact for one in self.scan(Interaction)}
        return (id for id in super().select(rule) if id in owners or not isinstance(rule, closed.Compare))


class NearestLast(Planted):
    """A search answers in the order of ids."""

    caught_by = "test_the_nearest_come_first"

    def search(self, text: str, limit: int = 20) -> list[UUID]:
        return sorted(super().search(text, self.count_of(Contact)))[:limit]


# -- transfers ------------------------------------------------------------------------------------------------


class Unfenced(Planted):
    """Whoever writes does not look at the fence."""

    caught_by = "test_a_fence_keeps_writers_out"

    def apply(self, batch: Batch) -> Receipt:
        return self.applied(batch)


class Careless(MemoryFilling):
    """Goes by what it was told when it was opened."""

    def put(self, chunk: Chunk) -> None:
        self._seen = self.reached
        super().put(chunk)


class TwoFillers(Planted):
    """Two that fill at once do not notice each other."""

    caught_by = "test_two_that_fill_at_once"

    def filling(self, fence: Fence, types: Mapping[str, type[Record]]) -> Filling:
        super().filling(fence, types)
        return Careless(self)


class AllByTheFirst(MemoryFilling):
    """Notes the first batch as what created every record."""

    def put(self, chunk: Chunk) -> None:
        super().put(replace(chunk, items=[_by_the_first(item) for item in chunk.items]))


class LostOrigins(Planted):
    """All that was moved seems to come from the first batch."""

    caught_by = "test_who_created_what_goes_along"

    def filling(self, fence: Fence, types: Mapping[str, type[Record]]) -> Filling:
        super().filling(fence, types)
        return AllByTheFirst(self)


class LeftBehind(Planted):
    """Records of a type whose plugin is not there are left behind."""

    caught_by = "test_types_of_an_absent_plugin_go_along"

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        yield MemoryContents(self.state.copy(), self.types)


def _by_the_first(item: Item) -> Item:
    return replace(item, batch=1) if isinstance(item, Kept) else item


Window = tuple[date | None, date | None]


def _with_window(rule: Closed, change: Callable[[date | None, date | None], Window]) -> Closed:
    if isinstance(rule, closed.Compare):
        since, until = change(rule.measure.since, rule.measure.until)
        return replace(rule, measure=replace(rule.measure, since=since, until=until))
    return rule


def _edits(batch: Batch, id: UUID) -> Sequence[Mapping[str, Any]]:
    return [one.values for one in batch.changes if isinstance(one, Edit) and one.id == id]


def planted() -> dict[str, type[Planted]]:
    """Every planted bug by the name of its class."""
    found = {name: one for name, one in globals().items() if isinstance(one, type) and issubclass(one, Planted)}
    return {name: one for name, one in found.items() if one.caught_by}
