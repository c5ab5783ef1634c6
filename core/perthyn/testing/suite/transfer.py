"""Transfer: all that a store holds goes into another and is the same there; fences keep everybody else out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import takewhile
from random import Random

import pytest

from perthyn.changes import Create, Delete, Edit, Erase
from perthyn.contents import BATCHES, Chunk, Fence, Kept, Place
from perthyn.errors import PerthynError
from perthyn.history import plan_undo
from perthyn.model import CORE_TYPES, Contact, Ids, Interaction
from perthyn.moving import Proof, compare, prove, transfer
from perthyn.rules.closed import Compare, Measure
from perthyn.store import Store
from perthyn.testing.memory import MemoryStore
from perthyn.testing.suite.base import NOON, Opener, StoreCases, batch, happened, numbered, one, paid, person
from perthyn.testing.suite.plugin_types import PLUGIN_TYPES, Instalment, Note, Pledge, pledged
from perthyn.testing.suite.writing import WHOLE

FILLING = Fence("filling", "memory:", "ann", NOON, "mark-3")
MOVING = replace(FILLING, state="moving", where="elsewhere:")
PARTS = tuple(Instalment(due=date(2026, month, 1), amount=month) for month in (3, 1, 2))


def old_store() -> MemoryStore:
    """Three batches: records of every type; edits; a deletion, an edit and somebody new."""
    store = MemoryStore(PLUGIN_TYPES)
    people = [person(100 + n, f"Ann {n}") for n in range(7)]
    visits = [happened(200 + n, people[n % 7], source="till", source_id=str(n), quantity=n + 1) for n in range(9)]
    gifts = [paid(300 + n, people[n], 100 * n) for n in range(1, 4)]
    plugins = [Pledge(id=numbered(400), who=people[0].id, day=date(2026, 1, 1), instalments=PARTS),
               Note(id=numbered(401), text="Ŵ")]  # fmt: skip
    store.apply(batch("all", *map(Create, (*WHOLE, *people, *visits, *gifts, *plugins))))
    edits = [Edit("contact", one.id, {"name": (one.name, f"Bea {one.name}")}) for one in people[:4]]
    store.apply(batch("edits", *edits, reason="Ŵ", facts={"file": "x.csv"}))
    edit = Edit("interaction", visits[0].id, {"quantity": (1, 5)})
    store.apply(batch("gone", Delete(visits[8]), edit, Create(person(107, "Cat"))))
    return store


class TransferCases(StoreCases):
    """What becomes of the contents of one store in another."""

    @pytest.fixture
    def old(self) -> MemoryStore:
        """What is moved."""
        return old_store()

    @pytest.fixture
    def wide(self, open_store: Opener) -> Iterator[Store]:
        """A new, empty store with a plugin's types."""
        opened = open_store(PLUGIN_TYPES)
        yield opened
        opened.close()

    @pytest.fixture
    def new(self, wide: Store, old: MemoryStore) -> Store:
        """A store that was filled and opened to everybody."""
        self.moved(old, wide)
        return wide

    def moved(self, old: Store, new: Store) -> Proof:
        """All of it moved, and the fence taken down."""
        with old.contents() as contents:
            sums = transfer(contents, new.filling(FILLING, contents.types))
            with new.contents() as found:
                proof = prove(sums, contents, found)
        new.set_fence(None, new.fence)
        self.settle(new)
        return proof

    # -- the same there -----------------------------------------------------------------------------------------

    def test_contents_are_the_same_there_and_back(self, old: MemoryStore, new: Store) -> None:
        """From one store into this one and from this one into a third."""
        third = MemoryStore(PLUGIN_TYPES)
        assert self.moved(new, third).same
        with old.contents() as mine, new.contents() as theirs, third.contents() as back:
            assert compare(mine, theirs).same and compare(mine, back).same
            assert mine.sizes() == {**mine.sizes(), **theirs.sizes()}
            assert mine.position == theirs.position == 3

    def test_who_created_what_goes_along(self, old: MemoryStore, new: Store) -> None:
        """Origins, and what each batch created."""
        for header in old.headers():
            assert [(kind.type_name, id) for kind, id in new.created(header.id)] == [
                (kind.type_name, id) for kind, id in old.created(header.id)
            ]
        assert new.origin(Contact, [numbered(100)]) == {numbered(100): 1}

    def test_history_goes_along(self, old: MemoryStore, new: Store) -> None:
        """Headers and journal lines, word for word."""
        assert list(new.headers()) == list(old.headers())
        assert list(new.journal()) == list(old.journal())

    def test_what_is_derived_follows_a_transfer(self, old: MemoryStore, new: Store) -> None:
        """Match keys, search words, sources, totals and rules."""
        assert new.search("bea ann 2") == old.search("bea ann 2") != []
        assert new.sourced("till", ["0", "8"]) == old.sourced("till", ["0", "8"])
        asked = [numbered(100 + n) for n in range(7)]
        assert [new.totals(id) for id in asked] == [old.totals(id) for id in asked]
        given = Compare(Measure("interaction", "sum", "amount", "GBP", frozenset(["donation"])), low=200)
        assert list(new.select(given)) == list(old.select(given)) != []

    def test_undo_after_a_transfer(self, new: Store) -> None:
        """Batches of before are taken back by what the journal brought along."""
        ids = Ids(lambda: NOON, Random(1).randbytes)
        for number, name in ((3, "gone"), (2, "edits")):
            plan = plan_undo(new, batch(name).id, ids, NOON)
            self.send(new, plan.batch(batch(f"undo {number}").id, "ann"))
        assert one(new, person(100)) == person(100, "Ann 0")
        assert new.count_of(Interaction) == 9 + 3 + sum(isinstance(record, Interaction) for record in WHOLE)

    def test_writing_goes_on_after_a_transfer(self, new: Store) -> None:
        """New batches have new numbers, edits meet what came, a batch of before is known."""
        assert self.add(new, person(901), happened(902, person(901))).number == 4
        self.write(new, Edit("interaction", numbered(200), {"quantity": (5, 6)}))
        assert self.send(new, batch("edits")).again
        with pytest.raises(PerthynError, match=r"store\.exists"):
            self.add(new, happened(903, person(901), source="till", source_id="1"))

    # -- types whose plugin is not there ------------------------------------------------------------------------

    def test_types_of_an_absent_plugin_go_along(self, old: MemoryStore, store: Store) -> None:
        """They are carried through a store that does not know them, parts and all."""
        assert self.moved(old, store).same
        third = MemoryStore(PLUGIN_TYPES)
        assert self.moved(store, third).same
        assert one(third, pledged(400)) == one(old, pledged(400))

    def test_carried_types_are_there_again(self, old: MemoryStore, open_store: Opener) -> None:
        """With the plugin back, they are read and edited part by part, as ever."""
        if self.forgets:
            pytest.skip(self.forgets)
        with closing(open_store(CORE_TYPES)) as store:
            self.moved(old, store)
        with closing(open_store(PLUGIN_TYPES)) as store:
            assert one(store, pledged(400)) == one(old, pledged(400))
            self.write(store, Edit("test_pledge", numbered(400), {"instalments[2026-01-01]": (PARTS[1], None)}))
            assert one(store, pledged(400)).value_at("instalments") == (PARTS[0], PARTS[2])

    # -- broken off, and gone on with -----------------------------------------------------------------------------

    def test_contents_go_on_from_every_place(self, new: Store) -> None:
        """What comes after the place of a chunk is what came after it the first time."""
        with new.contents() as contents:
            chunks = list(contents.chunks())
            whole = [item for chunk in chunks for item in chunk.items]
            done = 0
            for chunk in chunks:
                done += len(chunk.items)
                assert [item for later in contents.chunks(chunk.place) for item in later.items] == whole[done:]

    def test_a_filling_goes_on_after_every_chunk(self, old: MemoryStore, open_store: Opener) -> None:
        """Dropped at every seam, and begun anew with the same mark."""
        store = open_store(PLUGIN_TYPES)
        with old.contents() as contents:
            while True:
                filling = store.filling(FILLING, contents.types)
                chunk = next(contents.chunks(filling.reached), None)
                if chunk is None:
                    break
                filling.put(chunk)
                assert filling.reached == chunk.place
                if not self.forgets:
                    store.close()
                    store = open_store(PLUGIN_TYPES)
            filling.finish()
            filling.finish()
            with store.contents() as found:
                assert compare(contents, found).same
        store.close()

    def test_a_chunk_goes_in_whole_or_not_at_all(self, old: MemoryStore, wide: Store) -> None:
        """One that can't be taken in leaves nothing of it, and the place where it was."""
        with old.contents() as contents:
            filling = wide.filling(FILLING, contents.types)
            for chunk in takewhile(lambda one: one.place.section in (BATCHES, "contact"), contents.chunks()):
                filling.put(chunk)
            before = filling.reached
            lost = [Kept(happened(901, person(100)), 1), Kept(happened(902, person(909)), 1)]
            with pytest.raises(PerthynError):
                filling.put(Chunk(Place("interaction", "902"), lost))
            assert (filling.reached, wide.count_of(Interaction)) == (before, 0)
            transfer(contents, filling)
            with wide.contents() as found:
                assert compare(contents, found).same

    def test_two_that_fill_at_once(self, old: MemoryStore, wide: Store) -> None:
        """The second to put finds that somebody else did."""
        with old.contents() as contents:
            first, second = (wide.filling(FILLING, contents.types) for _ in range(2))
            chunks = contents.chunks()
            first.put(next(chunks))
            with pytest.raises(PerthynError, match=r"store\.filling\.other"):
                second.put(next(contents.chunks()))
            first.put(next(chunks))

    # -- fences ---------------------------------------------------------------------------------------------------

    def test_only_an_empty_store_is_filled(self, store: Store) -> None:
        """Whether it was written to or moved away from."""
        self.add(store, person(1))
        for fence in (None, MOVING, replace(MOVING, state="moved")):
            store.set_fence(fence, store.fence)
            with pytest.raises(PerthynError, match=r"store\.filling\.full"):
                store.filling(FILLING, store.types)

    def test_one_mark_fills(self, wide: Store) -> None:
        """Another move, or another restore, is refused."""
        wide.filling(FILLING, wide.types)
        with pytest.raises(PerthynError, match=r"store\.filling\.other"):
            wide.filling(replace(FILLING, mark="other"), wide.types)

    @pytest.mark.parametrize("state", ["moving", "moved", "filling"])
    def test_a_fence_keeps_writers_out(self, state: str, store: Store) -> None:
        """Whatever it is there for; what is known already is answered, and reading goes on."""
        sent = batch("once", Create(person(1)))
        self.send(store, sent)
        fence = Fence(state, "elsewhere:", "ann", NOON, "m")  # type: ignore[arg-type]
        store.set_fence(fence, None)
        assert store.fence == fence
        with pytest.raises(PerthynError, match=rf"store\.fenced\.{state}"):
            self.add(store, person(2))
        assert store.apply(sent).again
        assert [found.id for found in store.scan(Contact)] == [numbered(1)]
        store.set_fence(None, fence)
        assert self.add(store, person(2)).number == 2

    def test_whoever_fills_writes_behind_the_fence(self, old: MemoryStore, wide: Store) -> None:
        """A store that is being filled says so to whoever else would write, and is empty no more."""
        with old.contents() as contents:
            filling = wide.filling(FILLING, contents.types)
            transfer(contents, filling)
            position = contents.position
        mine = batch("behind", Erase(person(100).id), Create(person(900, "Nia")))
        assert filling.apply(mine).number == position + 1
        assert filling.apply(mine).again and wide.position() == position + 1
        assert set(wide.get(Contact, [person(100).id, person(900).id])) == {person(900).id}
        with pytest.raises(PerthynError, match=r"store\.fenced\.filling"):
            wide.apply(batch("outside", Create(person(901))))

    def test_a_fence_is_changed_by_whom_knows_it(self, store: Store) -> None:
        """Whoever expects another one is refused."""
        store.set_fence(MOVING, None)
        for instead in (None, FILLING):
            with pytest.raises(PerthynError, match=r"store\.fenced\.changed"):
                store.set_fence(None, instead)
        assert store.fence == MOVING

    def test_a_fence_outlasts_closing(self, open_store: Opener) -> None:
        """It stands for every process."""
        if self.forgets:
            pytest.skip(self.forgets)
        with closing(open_store()) as first:
            first.set_fence(MOVING, None)
        with closing(open_store()) as second:
            assert second.fence == MOVING
