"""Two at once on one store, whichever way they fall: what works once works once, and somebody is left in charge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from castle import GOOD, Castle, sqlite

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.store import Store
from perthyn_web.accounts import invitations, limits, sessions, signing_in, users

AT_ONCE = 4


@pytest.fixture
def castle(build: Callable[[str], Castle]) -> Castle:
    """On SQLite: each of those at once has the file open for itself."""
    return build("sqlite")


@pytest.fixture
def desks(castle: Castle) -> Iterator[list[Crm]]:
    """Several `Crm` on one file."""
    opened: list[Store] = [sqlite(castle.folder) for _ in range(AT_ONCE)]
    yield [castle.desk(one) for one in opened]
    for one in opened:
        one.close()


def at_once(desks: list[Crm], do: Callable[[Crm, int], Any]) -> list[Any]:
    """What each answers: its value, or the code of what it was refused with."""
    ready = Barrier(len(desks))

    def one(crm: Crm, number: int) -> Any:
        ready.wait()
        try:
            return do(crm, number)
        except PerthynError as error:
            return error.code

    with ThreadPoolExecutor(len(desks)) as pool:
        return list(pool.map(one, desks, range(len(desks))))


def test_a_link_is_used_once(castle: Castle, desks: list[Crm]) -> None:
    made, token = users.make(castle.crm, "mair", "", "volunteer")
    answers = at_once(desks, lambda crm, number: users.choose(crm, token, f"{GOOD} {number}").password)
    won = [one for one in answers if one and one.startswith("$argon2id$")]
    assert len(won) == 1 and castle.held(made).password == won[0], answers
    link = invitations.for_this_machine(castle.crm)
    answers = at_once(desks, lambda crm, number: bool(signing_in.at_this_machine(crm, link)))
    assert sorted(map(str, answers)) == ["True", *["invitation.wrong"] * (AT_ONCE - 1)]


def test_a_code_is_good_once(castle: Castle, desks: list[Crm]) -> None:
    user, codes = castle.with_second_step()
    for code in (castle.code(user), codes[0]):
        answers = at_once(desks, lambda crm, number, code=code: signing_in.sign_in(crm, "mair", GOOD, code).need)
        assert sorted(answers) == ["", *["sign_in.code"] * (AT_ONCE - 1)]


def test_ten_tries_are_ten_tries(castle: Castle, desks: list[Crm]) -> None:
    castle.user()
    id = limits.account("mair")

    def tries(crm: Crm, number: int) -> int:
        let = 0
        for _ in range(limits.MOST):
            try:
                limits.begin(crm, id, limits.source(f"10.0.0.{number}"))
            except PerthynError:
                continue
            let += 1
        return let

    assert sum(at_once(desks, tries)) <= limits.MOST
    assert sum(at_once(desks, tries)) == 0


def test_an_administrator_is_left(castle: Castle, desks: list[Crm]) -> None:
    bosses = [castle.user(f"boss-{number}", "administrator") for number in range(AT_ONCE)]
    answers = at_once(desks, lambda crm, number: users.disable(crm, bosses[number].id).sign_in)
    assert answers.count("user.last") == 1
    assert not users.nobody_yet(castle.crm)


def test_one_is_the_first(castle: Castle, desks: list[Crm]) -> None:
    token = users.first(castle.crm)
    at_once(desks, lambda crm, number: users.come_first(crm, token, f"boss-{number}", "", GOOD).sign_in)
    assert len(users.users(castle.crm)) == 1


def test_signed_out_here_is_signed_out_there(castle: Castle, desks: list[Crm]) -> None:
    user = castle.user()
    cookie = sessions.begin(desks[0], user, "browser")
    person = sessions.by_cookie(desks[1], cookie)
    assert person is not None and person.session is not None
    sessions.end(desks[2], person.session)
    assert [sessions.by_cookie(crm, cookie) for crm in desks] == [None] * AT_ONCE
