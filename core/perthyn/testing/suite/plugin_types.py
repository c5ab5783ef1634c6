"""Record types that plugins declare: kept, owned, journalled and asked about like the core's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

import pytest

from perthyn.changes import Block, Create, Delete, Edit, Erase
from perthyn.errors import Conflict, Unknown
from perthyn.model import CORE_TYPES, About, Happening, Interaction, Part, Record
from perthyn.model.values import Instant, Integer, Text, Word
from perthyn.rules.closed import Between, Compare, Field, Measure, Not, OneOf
from perthyn.store import Sourced, Store
from perthyn.testing.suite.base import DAY, NOON, Opener, StoreCases, ids, numbered, one, person


class Instalment(Part):
    """One payment promised."""

    due: Annotated[date, About("Due", "Yn ddyledus", kind="date")]
    amount: Annotated[Integer, About("Amount", "Swm", kind="money", personal="money")]
    select: Annotated[Word | None, About("Way", "Ffordd", kind="word")] = None

    @property
    def key(self) -> str:
        return self.due.isoformat()


class Pledge(Record):
    """A promise of money: an owner, a list of parts, a source, a day of its own, and names that SQL reserves."""

    type_name: ClassVar[str] = "test_pledge"
    owner: ClassVar[str] = "who"
    source_named: ClassVar[bool] = True
    version: ClassVar[int] = 3

    who: Annotated[UUID, About("Who", "Pwy", kind="id")]
    group: Annotated[Word, About("Group", "Grŵp", kind="word")] = "none"
    order: Annotated[Text | None, About("Order", "Trefn")] = None
    day: Annotated[date, About("Made on", "Gwnaed ar", kind="date")]
    amount: Annotated[Integer | None, About("Amount", "Swm", kind="money")] = None
    currency: Annotated[Word | None, About("Currency", "Arian", kind="word", folded=False)] = None
    kept: Annotated[bool, About("Kept", "Cadwyd", kind="flag")] = False
    at: Annotated[Instant | None, About("Time", "Amser", kind="instant")] = None
    instalments: tuple[Instalment, ...] = ()
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id there", "Id yno", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None


class Reading(Happening):
    """A counter at the door: happenings about nobody, of a plugin's own type."""

    type_name: ClassVar[str] = "test_reading"


class Note(Record):
    """Nothing but text, local to one machine."""

    type_name: ClassVar[str] = "test_note"
    scope: ClassVar = "local"

    text: Annotated[Text | None, About("Text", "Testun")] = None


PLUGIN_TYPES: tuple[type[Record], ...] = (*CORE_TYPES, Pledge, Reading, Note)


def pledged(number: int, **fields: object) -> Pledge:
    """A pledge of contact 1."""
    return Pledge.model_validate({"id": numbered(number), "who": numbered(1), "day": DAY, **fields})


class PluginTypeCases(StoreCases):
    """What a store does for types it has never heard of."""

    @pytest.fixture
    def wide(self, open_store: Opener) -> Iterator[Store]:
        """A store opened with a plugin's types."""
        opened = open_store(PLUGIN_TYPES)
        yield opened
        opened.close()

    def test_plugin_records_come_back_whole(self, wide: Store) -> None:
        """With every field and part."""
        parts = tuple(Instalment(due=date(2026, n, 1), amount=-n, select="cash" if n % 2 else None) for n in (3, 1, 2))
        records = [
            pledged(
                11, group="Grŵp", order="by 'name'", amount=-5, currency="GBP", kept=True, at=NOON, instalments=parts,
                source="s", source_id="1", delivered=9,
            ),
            Note(id=numbered(12), text="x"), Note(id=numbered(13)),
            Reading(id=numbered(14), kind="counter", day=DAY, quantity=12),
        ]  # fmt: skip
        self.add(wide, person(1), *records)
        assert [one(wide, record) for record in records] == records
        assert list(wide.types.values()) == list(PLUGIN_TYPES)

    def test_plugin_records_are_edited_part_by_part(self, wide: Store) -> None:
        """Fields and parts of plugin records are paths like any other."""
        first, second = (Instalment(due=date(2026, n, 1), amount=n) for n in (1, 2))
        self.add(wide, person(1), pledged(11, instalments=(first,)))
        edit = {
            "instalments[2026-01-01]": (first, None), "instalments[2026-02-01]": (None, second), "group": ("none", "g"),
        }  # fmt: skip
        self.write(wide, Edit("test_pledge", numbered(11), edit))
        assert one(wide, pledged(11)) == pledged(11, instalments=(second,), group="g")
        (line,) = wide.journal()
        assert (line.owner, line.version, line.before["group"]) == (numbered(1), 3, "none")

    def test_plugin_records_conflict(self, wide: Store) -> None:
        """Expected values are held to, and owners must be there."""
        self.add(wide, person(1), pledged(11, amount=1))
        with pytest.raises(Conflict):
            self.write(wide, Edit("test_pledge", numbered(11), {"amount": (2, 3)}))
        with pytest.raises(Unknown):
            self.add(wide, pledged(12, who=numbered(2)))
        with pytest.raises(Conflict):
            self.write(wide, Delete(person(1)))

    def test_plugin_records_are_owned(self, wide: Store) -> None:
        """By whatever field their type names as owner."""
        self.add(wide, person(1), person(2), pledged(11), pledged(12, who=numbered(2)), pledged(13))
        assert ids(wide.owned(Pledge, [numbered(1)])) == [numbered(11), numbered(13)]
        assert ids(wide.recent(Pledge, numbered(1), 1)) == [numbered(13)]

    def test_plugin_records_are_found_by_source(self, wide: Store) -> None:
        """A plugin's type may have source ids too."""
        self.add(wide, person(1), pledged(11, source="s", source_id="1", delivered=4))
        assert wide.sourced("s", ["1"]) == {"1": Sourced("test_pledge", numbered(11), numbered(1), 4)}

    def test_plugin_records_in_blocks(self, wide: Store) -> None:
        """Types without parts take blocks."""
        readings = [Reading(id=numbered(11 + n), kind="counter", day=DAY, quantity=n) for n in range(3)]
        self.write(wide, blocks=[Block.of(readings)])
        assert list(wide.scan(Reading)) == readings

    def test_plugin_happenings_are_tallied(self, wide: Store) -> None:
        """A plugin's happenings are counted by tally, and are nobody's interactions."""
        self.add(wide, *(Reading(id=numbered(11 + n), kind="counter", day=DAY, site="Tŷ") for n in range(3)))
        (line,) = wide.tally(Reading, ["site"])
        assert (line.by, line.count, line.contacts) == (("Tŷ",), 3, 0)
        assert wide.tally(Interaction) == []

    def test_rules_speak_of_plugin_records(self, wide: Store) -> None:
        """Counts and sums of owned plugin records, in a window and under a condition."""
        self.add(wide, *(person(n) for n in (1, 2, 3)))
        self.add(
            wide, pledged(11, amount=500, currency="GBP", group="Côr"), pledged(12, amount=-100, currency="GBP"),
            pledged(13, who=numbered(2), amount=50, currency="EUR", kept=True),
        )  # fmt: skip
        summed = Compare(Measure("test_pledge", "sum", "amount", "GBP"), low=400)
        choir = Compare(Measure("test_pledge", "count", where=Field("group", OneOf(frozenset(["cor"])))), low=1)
        kept = Compare(Measure("test_pledge", "count", where=Field("kept", OneOf(frozenset([True])))), low=1)
        late = Compare(Measure("test_pledge", "count", since=date(2026, 3, 2)), low=1)
        dear = Compare(Measure("test_pledge", "count", where=Field("amount", Between(100, None))), low=1)
        assert list(wide.select(summed)) == list(wide.select(choir)) == list(wide.select(dear)) == [numbered(1)]
        assert list(wide.select(Not(summed))) == [numbered(2), numbered(3)]
        assert (list(wide.select(kept)), list(wide.select(late))) == ([numbered(2)], [])

    def test_plugin_records_are_in_the_facts(self, wide: Store) -> None:
        """The law sees them by their type's name."""
        self.add(wide, person(1), pledged(11))
        (facts,) = wide.facts()
        assert ids(facts.owned["test_pledge"]) == [numbered(11)]

    def test_plugin_records_are_erased(self, wide: Store) -> None:
        """With their owner, lines and all."""
        self.add(wide, person(1), person(2), pledged(11), pledged(12, who=numbered(2)), Note(id=numbered(13)))
        self.write(wide, *(Edit("test_pledge", numbered(n), {"order": (None, "x")}) for n in (11, 12)))
        self.write(wide, Erase(numbered(1)))
        assert ids(wide.scan(Pledge)) == [numbered(12)]
        assert [line.id for line in wide.journal()] == [numbered(12)]
        assert wide.count_of(Note) == 1

    def test_created_names_plugin_records(self, wide: Store) -> None:
        """After the core's types, in the order the store was opened with."""
        receipt = self.write(wide, Create(Note(id=numbered(9))), Create(person(1)), Create(pledged(11)))
        assert [type.type_name for type, _ in wide.created(receipt.batch)] == ["contact", "test_pledge", "test_note"]
