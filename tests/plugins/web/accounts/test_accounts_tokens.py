"""Tokens: they open what they were made for, never more than their maker may now, and nothing once they are over."""

from __future__ import annotations

import pytest
from castle import Castle
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.crm.roles import RIGHTS
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import CORE_TYPES
from perthyn.testing import MemoryStore
from perthyn_web.accounts import limits, tokens, users
from perthyn_web.accounts.records import TYPES, Token, user_id
from perthyn_web.accounts.rights import rights_of

NAMES = sorted({one.name for one in RIGHTS} - tokens.NEVER)


def opens(castle: Castle, shown: str, source: str = "10.0.0.1") -> frozenset[str] | None:
    person = tokens.by_token(castle.crm, f"Bearer {shown}", source)
    return None if person is None else person.rights


def test_without_more_it_only_reads_and_takes_nothing_out(castle: Castle) -> None:
    _, shown = tokens.new_token(castle.crm, "website")
    rights = opens(castle, shown) or frozenset()
    assert "contact.read" in rights and all(one.endswith(".read") for one in rights)
    assert not rights & {"user.read", "audit.read", "contact.export"}


def test_it_is_shown_once_and_stands_nowhere(castle: Castle) -> None:
    _, shown = tokens.new_token(castle.crm, "website")
    (kept,) = castle.store.scan(Token)
    assert shown not in kept.canonical().decode() and shown.removeprefix(tokens.PREFIX) not in repr(kept)


def test_it_lasts_a_year_at_most_and_ends_at_once(castle: Castle) -> None:
    for days in (0, -1, 366):
        with pytest.raises(PerthynError) as caught:
            tokens.new_token(castle.crm, "website", days=days)
        assert caught.value.code == "token.days"
    made, shown = tokens.new_token(castle.crm, "website", days=1)
    castle.later(hours=23, minutes=59)
    assert opens(castle, shown)
    castle.later(minutes=1)
    assert opens(castle, shown) is None
    made, shown = tokens.new_token(castle.crm, "till")
    tokens.end_token(castle.crm, made.id)
    assert opens(castle, shown) is None
    assert [one.name for one in tokens.tokens(castle.crm)] == ["till", "website"]


def test_what_no_token_may_have(castle: Castle) -> None:
    for right in ("*", "user.write", "contact.fly"):
        with pytest.raises(PerthynError) as caught:
            tokens.new_token(castle.crm, "x", frozenset({right}))
        assert caught.value.code == "role.rights"
    with pytest.raises(Forbidden):
        tokens.new_token(castle.desk(castle.store, "user.write"), "x", frozenset({"contact.read"}))


def test_it_goes_with_its_maker(castle: Castle) -> None:
    castle.user("boss", "administrator")
    maker = castle.user("mair", "manager")
    _, shown = tokens.new_token(castle.crm, "website", frozenset({"contact.read", "money.read"}), maker=maker.id)
    assert opens(castle, shown) == {"contact.read", "money.read"}
    users.edit(castle.crm, maker.id, role="volunteer")
    assert opens(castle, shown) == {"contact.read"}
    users.disable(castle.crm, maker.id)
    assert opens(castle, shown) is None
    users.enable(castle.crm, maker.id)
    assert opens(castle, shown) is None


def test_when_it_was_used_is_written_every_five_minutes(castle: Castle) -> None:
    made, shown = tokens.new_token(castle.crm, "website")
    before = castle.store.position()
    for _ in range(60):
        opens(castle, shown)
        castle.later(seconds=10)
    assert castle.store.position() - before == 2
    assert castle.store.get(Token, [made.id])[made.id].last is not None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic x", "x", "bearer perthyn_" + "0" * 64])
def test_wrong_ones_open_nothing_and_are_counted(castle: Castle, header: str) -> None:
    for _ in range(limits.MOST):
        assert tokens.by_token(castle.crm, header, "10.0.0.1") is None
    with pytest.raises(PerthynError) as caught:
        tokens.by_token(castle.crm, header, "10.0.0.1")
    assert caught.value.code == "sign_in.wait"
    assert tokens.by_token(castle.crm, header, "10.0.0.2") is None


@settings(max_examples=40, deadline=None)
@given(
    scope=st.sets(st.sampled_from(NAMES), min_size=1),
    roles=st.lists(st.sampled_from(["administrator", "manager", "marketing", "volunteer", "read_only"]), max_size=3),
)
def test_never_more_than_its_scope_nor_than_its_maker_may(
    tmp_path_factory: pytest.TempPathFactory, scope: set[str], roles: list[str]
) -> None:
    castle = Castle(tmp_path_factory.getbasetemp(), MemoryStore((*CORE_TYPES, *TYPES)))
    users.make(castle.crm, "boss", "", "administrator")
    users.make(castle.crm, "mair", "", "administrator")
    _, shown = tokens.new_token(castle.crm, "website", frozenset(scope), maker=user_id("mair"))
    for role in roles:
        users.edit(castle.crm, user_id("mair"), role=role)
        may = rights_of(castle.crm, role)
        assert opens(castle, shown) == (scope if "*" in may else scope & may)
