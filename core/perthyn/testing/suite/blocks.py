"""Blocks: many records in columns, with the same outcome as one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from perthyn.changes import Block, Create
from perthyn.model import Consent, Happening, Interaction, Membership, Record, Takings, from_wire, parts, to_wire
from perthyn.store import Store
from perthyn.testing.suite.base import DAY, NOON, StoreCases, batch, happened, numbered, one, paid, person, taken
from perthyn.testing.suite.writing import WHOLE


class BlockCases(StoreCases):
    """The bulk path."""

    def test_a_block_is_its_records(self, store: Store) -> None:
        """Every core type without parts comes back from a block as it went in, all its fields set."""
        first, *rest = WHOLE
        others = [one for one in rest if not parts(type(one))]
        self.write(store, Create(first), blocks=[Block.of([record]) for record in others])
        assert [one(store, record) for record in others] == others

    def test_columns_left_out_have_their_defaults(self, store: Store) -> None:
        """A field without a column has the model's default, which need not be none."""
        columns: dict[str, list[Any]] = {"id": [numbered(11).bytes], "kind": ["purchase"], "day": [DAY.toordinal()]}
        self.write(store, blocks=[Block(Takings, columns, 1)])
        assert one(store, taken(11)) == taken(11)
        assert one(store, taken(11)).value_at("direction") == "none"

    def test_default_purpose_of_a_consent(self, store: Store) -> None:
        """The defaults of other types too: a consent's purpose."""
        columns: dict[str, list[Any]] = {
            "id": [numbered(11).bytes], "contact": [numbered(1).bytes], "channel": ["email"], "decision": ["given"],
            "recorded": [to_wire("instant", NOON)],
        }  # fmt: skip
        self.write(store, Create(person(1)), blocks=[Block(Consent, columns, 1)])
        (found,) = store.owned(Consent, [numbered(1)])
        assert (found.purpose, found.at, found.recorded) == ("marketing", None, NOON)

    def test_columns_with_gaps(self, store: Store) -> None:
        """Known and unknown values may alternate in a column."""
        lines = [taken(11 + n, amount=n * 100 if n % 2 else None, site="Tŷ" if n % 3 else None) for n in range(6)]
        self.write(store, blocks=[Block.of(lines)])
        assert list(store.scan(Takings)) == lines

    def test_wire_values(self, store: Store) -> None:
        """Days come as ordinals, instants as milliseconds, ids as 16 bytes."""
        at = datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC)
        columns: dict[str, list[Any]] = {
            "id": [numbered(11).bytes], "kind": ["visit"], "contact": [numbered(1).bytes],
            "day": [date(1969, 12, 31).toordinal()], "at": [-1], "came_as": [numbered(7).bytes],
        }  # fmt: skip
        self.write(store, Create(person(1)), blocks=[Block(Interaction, columns, 1)])
        expected = happened(11, person(1), day=date(1969, 12, 31), at=at, came_as=numbered(7))
        assert one(store, expected) == expected
        assert from_wire("instant", -1) == at

    def test_validated_columns(self, store: Store) -> None:
        """`Block.validated` makes of model values what a store takes; what is wrong is left out and named."""
        columns: dict[str, list[Any]] = {
            "id": [numbered(11), numbered(12), numbered(13)], "kind": ["purchase"] * 3, "day": [DAY] * 3,
            "amount": [100, 2**60, -100], "currency": ["GBP"] * 3, "site": ["", "Tŷ", None],
        }  # fmt: skip
        block, wrong = Block.validated(Takings, columns)
        self.write(store, blocks=[block])
        kept = [taken(11, amount=100, currency="GBP"), taken(13, amount=-100, currency="GBP")]
        assert list(store.scan(Takings)) == kept
        assert {row: field for row, (field, _) in wrong.items()} == {1: "amount"}

    def test_an_empty_block(self, store: Store) -> None:
        """A block without rows changes nothing."""
        receipt = self.write(store, blocks=[Block(Takings, {"id": [], "kind": [], "day": []}, 0)])
        assert (receipt.created, store.count_of(Takings)) == (0, 0)

    def test_a_long_block(self, store: Store) -> None:
        """Rows beyond any limit of parameters in one statement."""
        lines = [taken(100 + n, DAY - timedelta(days=n % 400), amount=n, currency="GBP") for n in range(2500)]
        self.write(store, blocks=[Block.of(lines)])
        assert list(store.scan(Takings)) == lines

    def test_blocks_of_several_types(self, store: Store) -> None:
        """A batch may hold blocks of different types, and several of one type."""
        blocks = [
            Block.of([happened(11, person(1))]), Block.of([taken(12)]), Block.of([happened(13, person(1))]),
            Block.of([Membership(id=numbered(14), contact=numbered(1), segment=numbered(9), since=NOON)]),
        ]  # fmt: skip
        self.write(store, Create(person(1)), blocks=blocks)
        assert [store.count_of(type) for type in (Interaction, Takings, Membership)] == [2, 1, 1]

    def test_a_block_is_applied_once(self, store: Store) -> None:
        """A batch with blocks sent again changes nothing."""
        sent = batch("block", blocks=[Block.of([taken(11, source="till", source_id="1")])])
        self.send(store, sent)
        assert self.send(store, sent).again
        assert store.count_of(Takings) == 1

    def test_rows_of_a_block_belong_to_their_batch(self, store: Store) -> None:
        """A batch lists the rows of its blocks as created."""
        receipt = self.write(store, blocks=[Block.of([taken(12), taken(11)])])
        assert list(store.created(receipt.batch)) == [(Takings, numbered(11)), (Takings, numbered(12))]
        assert store.origin(Takings, [numbered(11)]) == {numbered(11): receipt.number}

    def test_rows_of_a_block_are_found_by_source(self, store: Store) -> None:
        """(source, source_id) is bound for rows as for records, and a row without one binds nothing."""
        rows = [happened(11, person(1), source="till", source_id="1", delivered=5), happened(12, person(1))]
        self.write(store, Create(person(1)), blocks=[Block.of(rows)])
        found = store.sourced("till", ["1", "2"])
        assert {id: (said.id, said.contact, said.delivered) for id, said in found.items()} == {
            "1": (numbered(11), numbered(1), 5)
        }

    def test_rows_of_a_block_count_in_totals(self, store: Store) -> None:
        """Totals, recent happenings and tallies know rows of blocks as well as records."""
        rows: list[Record] = [paid(11, person(1), 500), paid(12, person(1), -200, date(2026, 3, 2))]
        self.write(store, Create(person(1)), Create(paid(13, person(1), 1000)), blocks=[Block.of(rows)])
        (total,) = store.totals(numbered(1))
        assert (total.count, total.amount, total.days) == (3, 1300, 2)
        assert [found.id for found in store.recent(Interaction, numbered(1), 2)] == [numbered(12), numbered(13)]
        assert [line.amount for line in store.tally(Interaction, currency="GBP")] == [1300]

    def test_words_are_kept_as_written(self, store: Store) -> None:
        """Values that fold alike stay as each was written."""
        words = ["Web", "web", "WEB", "wéb", "web "]
        lines: list[Happening] = [taken(11 + n, channel=word, site=word) for n, word in enumerate(words)]
        self.write(store, blocks=[Block.of(lines)])
        assert [line.channel for line in store.scan(Takings)] == words

    def test_a_block_may_be_any_order_of_ids(self, store: Store) -> None:
        """Rows need not come in id order, nor by contact."""
        rows = [happened(n, person(1 + n % 2)) for n in (14, 11, 13, 12)]
        self.write(store, Create(person(1)), Create(person(2)), blocks=[Block.of(rows)])
        assert list(store.scan(Interaction)) == sorted(rows, key=lambda row: row.id)
        assert [row.id for row in store.owned(Interaction, [numbered(1)])] == [numbered(12), numbered(14)]
