"""Watching: whoever looks at far more people than they usually do in a day is stopped, and an administrator is told.

A thief with somebody's sign-in or another system's token takes many people at once; the work of a day does not. Counted
are the different people who were shown, by whatever page, list, search, export or answer of the API. Whoever greets
visitors is shown a dozen of the same name for each of them, so each visitor whom they note lets them see more (measured
with the demonstration: 50 visitors looked up, 610 people shown). Whom somebody has looked at stays in this process, and
goes when the day is over; how many there were is written down now and then, so of a process that is stopped a few are
forgotten, and after it the same person may count twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import takewhile
from statistics import median
from threading import Lock
from typing import Literal
from uuid import UUID

from perthyn.changes import Change, Create
from perthyn.crm import Crm
from perthyn.crm.arrivals import GREETED
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.screens import Person
from perthyn_web.accounts import sessions
from perthyn_web.accounts.noting import changed, keep, note, speaking_as
from perthyn_web.accounts.records import Reading, Token, User, reading_id
from perthyn_web.accounts.rights import check_within, rights_of

FEWEST = 900
"""So many people in a day stop nobody, unless ``[web] people_a_day`` says another number."""
EACH = 20
"""So many more for each visitor whom somebody has noted at the desk today: a whole list of those who answer to a name.

A thief could note visits that never were; everybody sees those, and they lead no further than `BUSIEST`.
"""
BUSIEST = 10
"""So many times the fewest, at most, are seen by greeting."""
TIMES = 5
"""So many times what is usual stops somebody."""
USUAL = 28
"""Days of which the median says what is usual; those on which nobody was looked at do not count."""
MOST = 1 << 53
"""Of whoever was let look on."""
WRITTEN = 100
"""How many more people there are before they are written down."""
KEPT = timedelta(days=60)
TOKEN = "token"


@dataclass
class _Today:
    """What one of them has looked at today. `before`: people counted before; `greets`: by which name."""

    who: UUID
    day: date
    usual: int
    most: int
    greets: str
    before: int = 0
    people: set[UUID] = field(default_factory=set)
    written: int = 0
    too_many: bool = False

    @property
    def count(self) -> int:
        return self.before + len(self.people)


class Watch:
    """Counts, for as long as the app runs. `fewest`: as `FEWEST`."""

    def __init__(self, fewest: int = FEWEST) -> None:
        self.fewest = fewest
        self._held: dict[UUID, _Today] = {}
        self._guard = Lock()

    def over(self, crm: Crm, person: Person) -> Callable[[UUID], None] | None:
        """What is told of each person who is shown to somebody (`perthyn.crm.Desk.watch`).

        It raises `PerthynError` (``reading.stopped``) where there are too many. None for whoever sits at the machine
        itself, who has the records anyway, and where all people are invented.
        """
        who = whose(person)
        if who is None or crm.settings.training:
            return None
        held: _Today | None = None

        def shown(id: UUID) -> None:
            nonlocal held
            if held is None:
                held = self._today(crm, who, "" if person.role == TOKEN else person.name)
            if id not in held.people:
                self._more(crm, held, id)

        return shown

    def _today(self, crm: Crm, who: UUID, greets: str) -> _Today:
        day, held = crm.today(), self._held.get(who)
        if held is not None and held.day == day:
            return held
        ids = {reading_id(who, day - timedelta(days=ago)): ago for ago in range(USUAL + 1)}
        readings = crm.store.get(Reading, ids)
        usual = [one.count for id, one in readings.items() if ids[id] and one.count]
        now = readings.get(reading_id(who, day))
        count = now.count if now else 0
        most = max(self.fewest, int(TIMES * median(usual)) if usual else 0)
        with self._guard:
            held = self._held.get(who)
            if held is None or held.day != day:
                self._held = {id: one for id, one in self._held.items() if one.day >= day}
                held = self._held[who] = _Today(who, day, most, most, greets, count, written=count)
        return held

    def _more(self, crm: Crm, held: _Today, id: UUID) -> None:
        if held.count >= held.most:
            earned = held.usual + EACH * _greeted(crm, held)
            held.most = max(held.most, min(earned, BUSIEST * self.fewest))
        with self._guard:
            if held.count < held.most:
                held.people.add(id)
                return
        if _reading(crm, held.who, held.day, "allowed") is None:
            held.too_many = True
            raise PerthynError("reading.stopped", count=held.count, most=held.most)
        held.most = MOST
        held.people.add(id)

    def settle(self, crm: Crm, person: Person) -> None:
        """After a request: stop whoever has looked at too many, at once; write down how many there were, if need be."""
        who = whose(person)
        held = self._held.get(who) if who else None
        if held is None or not (held.too_many or held.count - held.written >= WRITTEN):
            return
        stopping, held.too_many = held.too_many, False
        there = _reading(crm, held.who, held.day)
        stopping = stopping and (there is None or there.stopped is None)
        stopped = crm.clock() if stopping else there.stopped if there else None
        made = there or Reading(id=reading_id(held.who, held.day), who=held.who, day=held.day)
        now = made.with_values({"count": held.count, "stopped": stopped})
        change: Change = changed(made, count=held.count, stopped=stopped) if there else Create(now)
        with suppress(Conflict, Unknown):  # another request has just written it
            keep(crm, [change], Reading.type_name)
            held.written = held.count
            if stopping:
                _stop(crm, person, held, stopped)


def _greeted(crm: Crm, held: _Today) -> int:
    """How many visits somebody has noted at the desk today."""
    if not held.greets:
        return 0
    today = takewhile(lambda one: one.at.astimezone(crm.zone).date() >= held.day, crm.store.headers())
    return sum(one.reason == GREETED and one.actor == held.greets for one in today)


def _stop(crm: Crm, person: Person, held: _Today, at: datetime | None) -> None:
    """End the sign-in, or the token: that at the very moment that is noted, by which it is known to have ended so."""
    note(speaking_as(crm, person.name), "reading.stopped", who=held.who)
    if person.session is None:
        return
    if person.role != TOKEN:
        sessions.end(crm, person.session)
        return
    there = crm.store.get(Token, [person.session]).get(person.session)
    if there is not None and there.ended is None:
        keep(crm, [changed(there, ended=at)], Token.type_name)
        note(crm, "token.ended", token=there.id)


# -- for whoever minds who may come in -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody who was stopped, by name; a token is another system's."""

    reading: Reading
    name: str
    token: bool


def stopped(crm: Crm) -> list[Stopped]:
    """Those who were stopped and of whom nobody has decided, the latest first."""
    crm.check("user.write")
    found: list[Reading] = crm.kept(
        "web.readings stopped", lambda: [one for one in crm.store.scan(Reading) if _open(one)]
    )
    users = crm.store.get(User, {one.who for one in found})
    tokens = crm.store.get(Token, {one.who for one in found})
    names = {id: one.name for id, one in users.items()} | {id: one.name for id, one in tokens.items()}
    told = [Stopped(one, names.get(one.who, "-"), one.who in tokens) for one in found]
    return sorted(told, key=lambda one: str(one.reading.stopped), reverse=True)


def decide(crm: Crm, id: UUID, decided: Literal["allowed", "kept"]) -> Stopped:
    """Let somebody look on for the rest of the day (a token works again), or leave it at that.

    A token that ended in another way stays ended. Raises `Unknown` (``reading.unknown``) for what is none of `stopped`;
    `Forbidden` for letting on whoever may more than the actor.
    """
    crm.check("user.write")
    one = next((one for one in stopped(crm) if one.reading.id == id), None)
    if one is None:
        raise Unknown("reading.unknown", name=id.hex[-6:], suggestion="")
    changes: list[Change] = [changed(one.reading, decided=decided)]
    token = crm.store.get(Token, [one.reading.who]).get(one.reading.who)
    if decided == "allowed":
        user = crm.store.get(User, [one.reading.who]).get(one.reading.who)
        check_within(crm, rights_of(crm, user.role) if user else frozenset(token.rights.split() if token else ()))
        if token is not None and token.ended == one.reading.stopped:
            changes.append(changed(token, ended=None))
    keep(crm, changes, Reading.type_name)
    if decided == "allowed":
        note(crm, "reading.allowed", who=one.reading.who)
    else:
        note(crm, "reading.kept", who=one.reading.who)
    return one


def settled(crm: Crm, ids: Iterable[UUID]) -> list[Change]:
    """What ends them for good changes too: of those that were stopped it is decided."""
    whose = set(ids)
    return [changed(one, decided="kept") for one in crm.store.scan(Reading) if one.who in whose and _open(one)]


def old(crm: Crm) -> Iterator[Reading]:
    """Those that say nothing any more of what is usual."""
    return (one for one in crm.store.scan(Reading) if one.day < crm.today() - KEPT)


def _open(one: Reading) -> bool:
    return one.stopped is not None and one.decided is None


def _reading(crm: Crm, who: UUID, day: date, decided: str = "") -> Reading | None:
    id = reading_id(who, day)
    found = crm.store.get(Reading, [id]).get(id)
    return found if found is not None and decided in ("", found.decided) else None


def whose(person: Person) -> UUID | None:
    """Whose doings these are: a person's, by their account, or a token's; None for the machine itself."""
    return person.session if person.role == TOKEN else person.id
