"""Sessions: a cookie answers who asks, and nobody once it has ended or run out; whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from castle import GOOD, Castle
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from perthyn.errors import PerthynError, Unknown
from perthyn.model import CORE_TYPES
from perthyn.testing import MemoryStore
from perthyn_web.accounts import invitations, sessions, signing_in, users
from perthyn_web.accounts.records import TYPES, Session, User

Kind = Literal["browser", "tablet"]


def test_a_cookie_says_who_asks_and_what_they_may(castle: Castle) -> None:
    user = castle.user()
    person = sessions.by_cookie(castle.crm, sessions.begin(castle.crm, user, "browser", "Firefox on Linux"))
    assert person is not None
    assert (person.id, person.name, person.role) == (user.id, "Mair", "volunteer")
    assert "contact.read" in person.rights and "money.read" not in person.rights
    assert sessions.by_cookie(castle.crm, "0" * 64) is None


def test_a_cookie_stands_nowhere(castle: Castle) -> None:
    token = sessions.begin(castle.crm, castle.user(), "browser")
    (kept,) = castle.store.scan(Session)
    assert token not in kept.canonical().decode() and len(bytes.fromhex(token)) == 32


def test_half_an_hour_unused_twelve_hours_in_all(castle: Castle) -> None:
    user = castle.user()
    unused, used = (sessions.begin(castle.crm, user, "browser") for _ in range(2))
    for _ in range(24):
        assert sessions.by_cookie(castle.crm, used) is not None
        castle.later(minutes=29, seconds=59)
    assert sessions.by_cookie(castle.crm, unused) is None
    castle.later(minutes=1)
    assert sessions.by_cookie(castle.crm, used) is None


def test_when_it_was_used_is_written_every_five_minutes(castle: Castle) -> None:
    token = sessions.begin(castle.crm, castle.user(), "browser")
    before = castle.store.position()
    for _ in range(60):
        castle.later(seconds=10)
        sessions.by_cookie(castle.crm, token)
    assert castle.store.position() - before == 2


def test_a_password_a_role_and_disabling_end_all_sign_ins_at_once(castle: Castle) -> None:
    castle.offered()
    user, boss = castle.user(), castle.user("boss", "administrator")
    person = sessions.by_cookie(castle.crm, sessions.begin(castle.crm, user, "browser"))
    assert person is not None
    ends: list[Callable[[], object]] = [
        lambda: users.change_password(castle.crm, person, GOOD, "pedwar llew a draig"),
        lambda: users.edit(castle.crm, user.id, role="manager"),
        lambda: users.reset(castle.crm, user.id),
        lambda: users.disable(castle.crm, user.id),
    ]
    other = sessions.begin(castle.crm, boss, "browser")
    for end in ends:
        held = [sessions.begin(castle.crm, castle.held(user), kind) for kind in ("browser", "tablet")]
        assert None not in [sessions.by_cookie(castle.crm, one) for one in held]
        end()
        assert [sessions.by_cookie(castle.crm, one) for one in held] == [None, None]
    users.enable(castle.crm, user.id)
    assert [sessions.by_cookie(castle.crm, one) for one in held] == [None, None]
    assert sessions.by_cookie(castle.crm, other) is not None


def test_whoever_proved_an_old_password_does_not_come_in_after_it_was_changed(castle: Castle) -> None:
    castle.offered()
    castle.user()
    proved = signing_in.sign_in(castle.crm, "mair", GOOD).user
    users.reset(castle.crm, proved.id)
    assert sessions.by_cookie(castle.crm, sessions.begin(castle.crm, proved, "browser")) is None


def test_ones_own_sign_ins_are_shown_and_ended_and_nobody_elses(castle: Castle) -> None:
    mair, elin = castle.user("mair"), castle.user("elin")
    here, there, hers = (sessions.begin(castle.crm, one, "browser") for one in (mair, mair, elin))
    person = sessions.by_cookie(castle.crm, here)
    theirs = sessions.by_cookie(castle.crm, hers)
    assert person is not None and theirs is not None and theirs.session is not None
    assert len(sessions.own(castle.crm, person)) == 2
    with pytest.raises(Unknown):
        sessions.end_own(castle.crm, person, theirs.session)
    assert sessions.end_others(castle.crm, person) == 1
    assert sessions.by_cookie(castle.crm, there) is None
    assert None not in (sessions.by_cookie(castle.crm, here), sessions.by_cookie(castle.crm, hers))


def test_a_tablet_lasts_half_a_day_unused_and_thirty_days_in_all(castle: Castle) -> None:
    token = sessions.begin(castle.crm, castle.user(), "tablet", "Chromium on Android")
    for _ in range(30 * 2 + 5):
        castle.later(hours=11, minutes=4)
        assert sessions.by_cookie(castle.crm, token) is not None
    castle.later(hours=1)
    assert sessions.by_cookie(castle.crm, token) is None
    token = sessions.begin(castle.crm, castle.user("elin"), "tablet")
    castle.later(hours=12)
    assert sessions.by_cookie(castle.crm, token) is None


def test_whoever_sits_at_the_machine_comes_in_by_its_link_once(castle: Castle) -> None:
    link = invitations.for_this_machine(castle.crm)
    person = sessions.by_cookie(castle.crm, signing_in.at_this_machine(castle.crm, link))
    assert person is not None and (person.id, person.rights) == (None, frozenset({"*"}))
    with pytest.raises(PerthynError):
        signing_in.at_this_machine(castle.crm, link)
    with pytest.raises(ValueError):
        sessions.begin(castle.crm, None, "browser")


def test_nothing_of_it_stands_in_the_history_or_can_be_undone(castle: Castle) -> None:
    user = castle.user()
    sessions.by_cookie(castle.crm, sessions.begin(castle.crm, user, "browser"))
    users.edit(castle.crm, user.id, role="manager")
    assert list(castle.crm.changes()) == []
    for header in castle.store.headers():
        assert all(line.before == {} for line in castle.store.journal(batch=header.id) if line.type != "setting")


class Cookies(RuleBasedStateMachine):
    """The law: a cookie answers its user exactly while nothing has ended it, said in the plainest way."""

    def __init__(self) -> None:
        super().__init__()
        self.castle = Castle(Path("."), MemoryStore((*CORE_TYPES, *TYPES)))
        self.users = [self._user(name) for name in ("mair", "elin")]
        self.live: dict[str, tuple[UUID, Kind, datetime]] = {}
        self.used: dict[str, datetime] = {}

    def _user(self, name: str) -> UUID:
        return users.make(self.castle.crm, name, name, "volunteer")[0].id

    def _held(self, id: UUID) -> User:
        return self.castle.store.get(User, [id])[id]

    def _all_of(self, id: UUID) -> list[str]:
        return [token for token, (user, _, _) in self.live.items() if user == id]

    @rule(who=st.integers(0, 1), kind=st.sampled_from(["browser", "tablet"]))
    def begin(self, who: int, kind: Kind) -> None:
        user = self._held(self.users[who])
        token = sessions.begin(self.castle.crm, user, kind)
        self.used[token] = self.castle.now
        if user.disabled is None:
            self.live[token] = user.id, kind, self.castle.now

    @rule(minutes=st.sampled_from([1, 4, 6, 24, 31, 60 * 7, 60 * 13, 60 * 24 * 29]))
    def wait(self, minutes: int) -> None:
        self.castle.later(minutes=minutes)

    @rule(who=st.integers(0, 1), how=st.sampled_from(["role", "reset", "disable", "enable"]))
    def change(self, who: int, how: str) -> None:
        crm, id = self.castle.crm, self.users[who]
        ends = how != "enable"
        if how == "role":
            before = self._held(id).role
            users.edit(crm, id, role="manager" if before == "volunteer" else "volunteer")
        elif how == "reset":
            users.reset(crm, id)
        elif how == "disable":
            users.disable(crm, id)
        else:
            users.enable(crm, id)
        if ends:
            for token in self._all_of(id):
                del self.live[token]

    @rule(data=st.data())
    def sign_out(self, data: st.DataObject) -> None:
        if self.live:
            token = data.draw(st.sampled_from(sorted(self.live)))
            person = sessions.by_cookie(self.castle.crm, token)
            self._asked(token, person is not None)
            if person is not None and person.session is not None:
                sessions.end(self.castle.crm, person.session)
            self.live.pop(token, None)

    @rule()
    def sweep(self) -> None:
        signing_in.sweep(self.castle.crm)

    @invariant()
    def every_cookie_answers_as_the_law_says(self) -> None:
        for token in list(self.used):
            self._asked(token, sessions.by_cookie(self.castle.crm, token) is not None)

    def _asked(self, token: str, answered: bool) -> None:
        held = self.live.get(token)
        if held is not None:
            _, kind, made = held
            unused, whole = sessions.SHORT[kind]
            since = self.castle.now - self.used[token]
            if since >= unused or self.castle.now - made >= whole:
                del self.live[token]
                held = None
        assert answered == (held is not None)
        if answered and self.castle.now - self.used[token] >= sessions.SEEN:
            self.used[token] = self.castle.now


TestCookies = Cookies.TestCase
TestCookies.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
