"""The spool gives back what was put in, again and again, and leaves nothing behind."""

from __future__ import annotations

import os
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.changes import Block, Create, Edit
from perthyn.errors import PerthynError
from perthyn.importing.keytable import KeyTable
from perthyn.importing.seen import Seen
from perthyn.importing.spool import Pages, Spool, Staged, differences
from perthyn.model import Contact, Email, Setting, Tag, Takings

ONE = Contact(id=UUID(int=1), name="Siân Owen")


def setting(number: int) -> Create:
    return Create(Setting(id=UUID(int=number + 1), name=f"s{number}", value="1"))


def test_changes_and_blocks_come_back_in_order_and_again() -> None:
    many = [setting(number) for number in range(1_203)]
    block = Block(Takings, {"id": [b"1" * 16], "kind": ["purchase"], "day": [date(2026, 1, 1).toordinal()]}, 1)
    with Spool() as spool:
        for change in many:
            spool.add(change)
        spool.add_block(block)
        spool.stage(Staged(None, ONE))
        for _ in range(2):
            assert list(spool.changes) == [Create(ONE), *many]
            assert list(spool.blocks) == [block]


def test_two_readers_at_once_do_not_disturb_each_other() -> None:
    with Spool() as spool:
        for number in range(1_100):
            spool.add(setting(number))
        pairs = zip(spool.changes, spool.changes, strict=True)
        assert all(one == other for one, other in pairs)


def test_only_the_last_state_of_a_contact_becomes_a_change() -> None:
    fuller = ONE.with_values({"emails[s@example.org]": Email(address="s@example.org")})
    with Spool() as spool:
        new = spool.stage(Staged(None, ONE))
        spool.restage(new, Staged(None, fuller))
        known = spool.stage(Staged(ONE, ONE))
        spool.restage(known, Staged(ONE, fuller))
        assert spool.staged(new).after == fuller
        assert list(spool.changes) == [
            Create(fuller),
            Edit("contact", ONE.id, {"emails[s@example.org]": (None, Email(address="s@example.org"))}),
        ]


@pytest.mark.parametrize("at_hand", [0, 1, 10])
def test_contacts_come_back_from_memory_and_from_the_file_alike(at_hand: int) -> None:
    said = {
        "emails": [{"address": "a@example.org"}, {"address": "b@example.org", "preferred": True}],
        "roles": [{"role": "member", "start": date(2026, 1, 1)}],
        "relationships": [{"kind": "partner", "other": UUID(int=7)}],
        "custom": [{"name": "own.born", "day": date(1980, 2, 29)}],
        "age_noted": date(2026, 1, 1),
        "deceased": True,
    }
    people = [Contact.model_validate({"id": UUID(int=number + 1), **said}) for number in range(5)]
    with Spool(at_hand) as spool:
        numbers = [spool.stage(Staged(None, one)) for one in people]
        people[1] = people[1].with_values({"tags[vip]": Tag(tag="VIP")})
        spool.restage(numbers[1], Staged(None, people[1]))
        for _ in range(2):
            assert list(spool.changes) == [Create(one) for one in people]
        back = [spool.staged(number).after for number in numbers]
        assert [one.canonical() for one in back] == [one.canonical() for one in people]
        assert [list(one.__dict__) for one in back] == [list(one.__dict__) for one in people]


def test_a_contact_staged_as_it_was_is_no_change() -> None:
    with Spool() as spool:
        spool.stage(Staged(ONE, ONE))
        assert list(spool.changes) == []


def test_an_empty_spool_says_so() -> None:
    with Spool() as spool:
        assert spool.empty
        spool.add(setting(1))
        assert not spool.empty


def test_closing_twice_is_harmless() -> None:
    spool = Spool()
    spool.close()
    spool.close()


def test_a_full_disk_is_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages()

    class Full:
        def seek(self, place: int) -> None:
            pass

        def write(self, data: bytes) -> None:
            raise OSError(28, os.strerror(28))

        def close(self) -> None:
            pass

    pages.close()
    monkeypatch.setattr(pages, "_file", Full())
    with pytest.raises(PerthynError) as error:
        pages.write(b"x")
    assert error.value.code == "import.spool.failed"


def test_differences_lead_from_one_state_to_the_other() -> None:
    after = ONE.with_values({"name": None, "given": "Siân", "tags[vip]": Tag(tag="VIP")})
    values = differences(ONE, after)
    assert values == {"name": ("Siân Owen", None), "given": (None, "Siân"), "tags[vip]": (None, Tag(tag="VIP"))}
    assert ONE.with_values({path: new for path, (_, new) in values.items()}) == after


@given(st.dictionaries(st.text(max_size=8), st.integers(0, 2**32 - 1), max_size=300))
def test_the_key_table_is_a_dictionary(numbers: dict[str, int]) -> None:
    table = KeyTable()
    for key, number in numbers.items():
        assert table.get(key) is None
        assert table.setdefault(key, number) == number
    assert len(table) == len(numbers)
    for key, number in numbers.items():
        assert table.get(key) == number
        assert table.setdefault(key, 7) == number


def test_the_key_table_grows() -> None:
    table = KeyTable()
    for number in range(20_000):
        table.setdefault(f"k{number}", number)
    assert all(table.get(f"k{number}") == number for number in range(20_000))
    assert table.get("k20000") is None


@given(
    st.lists(st.dictionaries(st.integers(0, 2**64 - 1) | st.integers(0, 60), st.integers(0, 2**53), max_size=20)),
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 60)),
    st.integers(0, 30),
)
def test_what_was_seen_is_found_again(told: list[dict[int, int]], asked: list[int], recent: int) -> None:
    seen, all_told = Seen(recent), dict[int, int]()
    for some in told:
        fresh = {key: value for key, value in some.items() if key not in all_told}
        assert seen.find(some) == {key: all_told[key] for key in some if key in all_told}
        seen.add(fresh)
        all_told |= fresh
    keys = {*asked, *all_told}
    assert seen.find(keys) == all_told
