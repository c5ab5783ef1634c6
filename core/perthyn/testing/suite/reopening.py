"""Reopening: what was stored is there after the store was closed and opened again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from perthyn.changes import Block, Create, Edit
from perthyn.model import CORE_TYPES, Contact
from perthyn.model.identity import match_keys
from perthyn.store import Store
from perthyn.testing.suite.base import Opener, StoreCases, batch, happened, numbered, one, paid, person, taken
from perthyn.testing.suite.plugin_types import PLUGIN_TYPES, Note, Pledge, pledged
from perthyn.testing.suite.writing import SIAN, WHOLE


class ReopeningCases(StoreCases):
    """What a closed store keeps."""

    @pytest.fixture
    def reopen(self, open_store: Opener) -> Opener:
        """The opener, for stores that keep what they were given."""
        if self.forgets:
            pytest.skip(self.forgets)
        return open_store

    def test_closing_twice(self, open_store: Opener) -> None:
        """A second close does nothing."""
        opened = open_store()
        self.add(opened, person(1))
        opened.close()
        opened.close()

    def test_records_are_there_again(self, reopen: Opener) -> None:
        """Every record of every core type, whole."""
        self._written(reopen, lambda store: self.add(store, *WHOLE))
        with closing(reopen()) as store:
            assert [one(store, record) for record in WHOLE] == list(WHOLE)

    def test_history_is_there_again(self, reopen: Opener) -> None:
        """Position, headers, lines and origins."""

        def write(store: Store) -> None:
            self.add(store, person(1, "Ann"))
            self.write(store, Edit("contact", numbered(1), {"name": ("Ann", "Bea")}), reason="Ŵ")

        self._written(reopen, write)
        with closing(reopen()) as store:
            assert store.position() == 2
            assert [header.reason for header in store.headers()] == ["Ŵ", ""]
            assert [dict(line.before) for line in store.journal()] == [{"name": "Ann"}]
            assert store.origin(Contact, [numbered(1)]) == {numbered(1): 1}

    def test_what_was_derived_is_there_again(self, reopen: Opener) -> None:
        """Keys, search words, sources and totals."""
        rows = [paid(31, SIAN, 500, source="s", source_id="1")]
        self._written(reopen, lambda store: self.write(store, Create(SIAN), blocks=[Block.of(rows)]))
        with closing(reopen()) as store:
            assert set(store.keyed(match_keys(SIAN))) == match_keys(SIAN)
            assert store.search("machynleth") == [SIAN.id]
            assert set(store.sourced("s", ["1"])) == {"1"}
            assert [total.amount for total in store.totals(SIAN.id)] == [500]

    def test_a_batch_is_known_again(self, reopen: Opener) -> None:
        """A batch sent again after a restart is not applied twice."""
        sent = batch("once", Create(person(1)), Create(happened(11, person(1))))
        self._written(reopen, lambda store: self.send(store, sent))
        with closing(reopen()) as store:
            assert self.send(store, sent).again
            assert store.position() == 1

    def test_a_refused_batch_has_left_nothing(self, reopen: Opener) -> None:
        """Nothing of it appears after a restart either."""

        def write(store: Store) -> None:
            self.add(store, person(1))
            with pytest.raises(Exception, match=r"store\.exists"):
                self.add(store, person(2), taken(11), person(1))

        self._written(reopen, write)
        with closing(reopen()) as store:
            assert [found.id for found in store.scan(Contact)] == [numbered(1)]
            assert store.position() == 1

    def test_writing_goes_on(self, reopen: Opener) -> None:
        """Numbers go on where they stood, and edits meet what was stored before."""
        self._written(reopen, lambda store: self.add(store, SIAN))
        with closing(reopen()) as store:
            assert self.write(store, Edit("contact", SIAN.id, {"name": (SIAN.name, "S")})).number == 2
            assert self.add(store, happened(31, SIAN, channel="Web"), taken(32, channel="web")).number == 3

    def test_two_open_stores_see_each_other(self, reopen: Opener) -> None:
        """What one has written, another that is open already reads."""
        with closing(reopen()) as first, closing(reopen()) as second:
            self.add(first, person(1, "Ann"))
            assert one(second, person(1)) == person(1, "Ann")
            self.write(second, Edit("contact", numbered(1), {"name": ("Ann", "Gwenllian")}))
            assert (first.position(), first.search("gwenlian")) == (2, [numbered(1)])
            with pytest.raises(Exception, match=r"store\.conflict"):
                self.write(first, Edit("contact", numbered(1), {"name": ("Ann", "Cat")}))

    def test_a_plugin_may_come_later(self, reopen: Opener) -> None:
        """A store opened with further types takes their records beside what it holds."""
        self._written(reopen, lambda store: self.add(store, person(1)))
        with closing(reopen(PLUGIN_TYPES)) as store:
            self.add(store, pledged(11), Note(id=numbered(12)))
            assert [found.id for found in store.owned(Pledge, [numbered(1)])] == [numbered(11)]

    def test_records_of_an_absent_plugin_are_carried(self, reopen: Opener) -> None:
        """Opened without the plugin and with it again, its records are all there."""
        with closing(reopen(PLUGIN_TYPES)) as store:
            self.add(store, person(1), pledged(11, group="Côr"))
        with closing(reopen(CORE_TYPES)) as store:
            self.add(store, person(2))
        with closing(reopen(PLUGIN_TYPES)) as store:
            assert one(store, pledged(11)) == pledged(11, group="Côr")

    def _written(self, reopen: Opener, write: Callable[[Store], object]) -> None:
        with closing(reopen()) as store:
            write(store)
