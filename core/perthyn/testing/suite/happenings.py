"""Recent happenings: the timeline, newest first, page by page."""

from __future__ import annotations

from datetime import date, timedelta

from perthyn.changes import Delete, Edit
from perthyn.model import Interaction
from perthyn.store import Store
from perthyn.testing.suite.base import DAY, StoreCases, happened, ids, numbered, person


class HappeningCases(StoreCases):
    """The order and the pages of a timeline."""

    def test_newest_first(self, store: Store) -> None:
        """By day, newest first, whatever the order of writing."""
        self.add(store, person(1))
        days = {11: 0, 12: 5, 13: -3, 14: 400}
        self.add(store, *(happened(n, person(1), day=DAY + timedelta(days=step)) for n, step in days.items()))
        assert ids(store.recent(Interaction, numbered(1), 10)) == [numbered(n) for n in (14, 12, 11, 13)]

    def test_equal_days_by_greater_id(self, store: Store) -> None:
        """On one day the greater id comes first."""
        self.add(store, person(1), *(happened(n, person(1)) for n in (12, 14, 11, 13)))
        assert ids(store.recent(Interaction, numbered(1), 10)) == [numbered(n) for n in (14, 13, 12, 11)]

    def test_a_page_holds_at_most_its_limit(self, store: Store) -> None:
        """No more than the limit; none when none is asked for."""
        self.add(store, person(1), *(happened(n, person(1)) for n in range(11, 21)))
        assert ids(store.recent(Interaction, numbered(1), 3)) == [numbered(n) for n in (20, 19, 18)]
        assert store.recent(Interaction, numbered(1), 0) == []

    def test_pages_join_without_gap_or_repeat(self, store: Store) -> None:
        """Each page goes on from the last place of the one before, in the middle of a day too."""
        rows = [happened(11 + n, person(1), day=DAY + timedelta(days=n // 4)) for n in range(12)]
        self.add(store, person(1), *rows)
        pages: list[Interaction] = []
        place = None
        while page := store.recent(Interaction, numbered(1), 5, place):
            pages += page
            place = (page[-1].day, page[-1].id)
        assert pages == rows[::-1]

    def test_from_a_place_that_is_no_record(self, store: Store) -> None:
        """The place to go on from need not exist."""
        self.add(store, person(1), happened(11, person(1)), happened(15, person(1)))
        assert ids(store.recent(Interaction, numbered(1), 5, (DAY, numbered(13)))) == [numbered(11)]
        assert store.recent(Interaction, numbered(1), 5, (date(2020, 1, 1), numbered(13))) == []

    def test_only_their_own(self, store: Store) -> None:
        """Nobody else's happenings, and nothing for somebody unknown."""
        self.add(store, person(1), person(2), happened(11, person(1)), happened(12, person(2)))
        assert ids(store.recent(Interaction, numbered(1), 10)) == [numbered(11)]
        assert store.recent(Interaction, numbered(9), 10) == []

    def test_the_timeline_follows_edits(self, store: Store) -> None:
        """A corrected day takes its new place; a deleted row leaves none."""
        self.add(store, person(1), *(happened(n, person(1)) for n in (11, 12, 13)))
        self.write(
            store,
            Edit("interaction", numbered(11), {"day": (DAY, DAY + timedelta(days=1))}),
            Delete(happened(12, person(1))),
        )
        assert ids(store.recent(Interaction, numbered(1), 10)) == [numbered(11), numbered(13)]

    def test_the_timeline_follows_its_owner(self, store: Store) -> None:
        """A row that has moved stands in the new owner's timeline only."""
        self.add(store, person(1), person(2), happened(11, person(1)))
        self.write(store, Edit("interaction", numbered(11), {"contact": (numbered(1), numbered(2))}))
        assert store.recent(Interaction, numbered(1), 10) == []
        assert ids(store.recent(Interaction, numbered(2), 10)) == [numbered(11)]

    def test_rows_come_whole(self, store: Store) -> None:
        """A timeline holds the records themselves."""
        row = happened(11, person(1), text="Diolch", amount=-5, currency="GBP", event="Ŵyl")
        self.add(store, person(1), row)
        assert store.recent(Interaction, numbered(1), 1) == [row]
