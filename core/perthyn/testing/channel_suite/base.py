"""What the cases stand on: what an adopter hands in, a desk to take things in at, and short ways to compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import pytest

from perthyn.channel import Channel, Delivery, Fact, Letter, Of, Reach, Request
from perthyn.crm import Actor, Crm, TakenIn, record_types
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.model import Consent, Contact, Kind, Problem, Record
from perthyn.model.ids import named_id
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing.memory import MemoryStore

Fault = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter as the other side got it. `raw`: all of it, headers too, as it came."""

    address: str
    subject: str
    text: str
    raw: bytes = b""


@dataclass(frozen=True)
class Sample:
    """A channel, and what it is tried with. What is left out is not tried, and the case says so.

    `channel`: a new one, whose other side is yours to play. `house`: with its settings and secrets. `plugin`: the
    module that offers it. `secrets`: words that must not be seen anywhere. `people`: e-mail addresses (or names) of
    those whom it tells of, `agreed`: those among them who say yes to being written to.

    What comes in: `requests`, all true, each another event, in the order they happened; `forged` ones; `poison` ones,
    true but of no use; `refusals`, true ones in which `people[0]` says no. `signed`: a changed body is found out.
    `naming(name)`: a true request about somebody called so.

    What is fetched: `fetches`, whether there is anything. What goes out: `addresses` at which letters arrive, and
    `arrived()`, those that did; `bad_address`, one that the other side refuses.

    `faults`: what may go wrong at the other side, each a function that answers a context in which it does. Of fetching:
    *down*, *hangs*, *revoked* (the key), *breaks* (after the first delivery). Of delivering: *refuses*, *later*,
    *unsure* (taken, and nobody said so). `their_loggers`: names of loggers that are the other side's.
    """

    channel: Channel
    house: House
    account: str = "main"
    plugin: object = None
    secrets: Sequence[str] = ()
    people: Sequence[str] = ()
    agreed: Sequence[str] = ()
    requests: Sequence[Request] = ()
    forged: Sequence[Request] = ()
    poison: Sequence[Request] = ()
    refusals: Sequence[Request] = ()
    signed: bool = True
    naming: Callable[[str], Request] | None = None
    fetches: bool = False
    addresses: Sequence[str] = ()
    arrived: Callable[[], Sequence[Arrived]] | None = None
    bad_address: str = ""
    faults: Mapping[str, Fault] = field(default_factory=dict)
    their_loggers: Sequence[str] = ()


class Clock:
    """The time at the desk."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


class Offering:
    """Offers this very channel, and whatever else its plugin offers."""

    def __init__(self, channel: Channel, plugin: object) -> None:
        self._channel, self._plugin = channel, plugin

    def _also(self, hook: str) -> list[Any]:
        return list(getattr(self._plugin, hook)()) if hasattr(self._plugin, hook) else []

    @hookimpl
    def offer_channels(self) -> list[Channel]:
        return [self._channel]

    @hookimpl
    def offer_record_types(self) -> list[type[Record]]:
        return self._also("offer_record_types")

    @hookimpl
    def offer_kinds(self) -> list[Kind]:
        return self._also("offer_kinds")

    @hookimpl
    def offer_locale(self) -> list[Any]:
        return self._also("offer_locale")


class ChannelCases:
    """What all cases share. `not_for`: cases that a channel can't be held to, each with the reason."""

    not_for: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def sample(self) -> Sample:
        """To be given by the adopting class."""
        raise NotImplementedError("a channel suite needs a fixture sample")

    @pytest.fixture(autouse=True)
    def _spared(self, request: pytest.FixtureRequest) -> None:
        reason = self.not_for.get(request.node.originalname)
        if reason:
            pytest.skip(reason)

    @pytest.fixture
    def clock(self, sample: Sample) -> Clock:
        """Starts when the last request of the sample came."""
        return Clock(max((one.at for one in (*sample.requests, *sample.refusals)), default=sample.house.clock()))

    @pytest.fixture
    def desk(self, sample: Sample, clock: Clock) -> Crm:
        """An empty store, and somebody who takes things in."""
        return new_desk(sample, clock)

    @pytest.fixture
    def requests(self, sample: Sample) -> list[Request]:
        """The true requests, as the door hands them on."""
        if not sample.requests:
            pytest.skip("it takes no requests")
        return [at_the_door(one) for one in sample.requests]

    @pytest.fixture
    def deliveries(self, sample: Sample, desk: Crm) -> list[Delivery]:
        """All that the requests, and else the first fetching, tell."""
        found = told(sample, desk)
        if not found:
            pytest.skip("it takes nothing in")
        return found

    @pytest.fixture
    def facts(self, deliveries: list[Delivery]) -> list[Fact]:
        """All that is told, one by one."""
        return [fact for delivery in deliveries for fact in delivery.facts]


# --- the desk ---------------------------------------------------------------------------------------------------


def new_desk(sample: Sample, clock: Clock, store: Store | None = None, seed: int = 1) -> Crm:
    """Somebody at a store: an empty one unless given."""
    house = replace(sample.house, clock=clock)
    plugins = Plugins(house=house)
    plugins.add(Offering(sample.channel, sample.plugin), "sample")
    store = MemoryStore(record_types(plugins)) if store is None else store
    settings = Settings(zone=house.zone, region=house.region)
    return Crm(store, plugins, settings, clock, Random(seed).randbytes, Actor("suite"))


def reach(sample: Sample, desk: Crm, cursor: str = "") -> Reach:
    """What the channel is told."""
    return replace(desk.reach(sample.channel.name, sample.account), cursor=cursor)


def at_the_door(request: Request) -> Request:
    """A request as the door hands it on: the names of its headers in lower case."""
    return replace(request, headers={name.lower(): value for name, value in request.headers.items()})


def read(sample: Sample, desk: Crm, request: Request) -> list[Delivery]:
    """What a true request tells."""
    request = at_the_door(request)
    sample.channel.accept(request, reach(sample, desk))
    return list(sample.channel.read(request, reach(sample, desk)))


def told(sample: Sample, desk: Crm) -> list[Delivery]:
    """All that the requests tell; of a channel that takes none, what is fetched."""
    if sample.requests:
        return [one for request in sample.requests for one in read(sample, desk, request)]
    return list(sample.channel.fetch(reach(sample, desk))) if sample.fetches else []


def names_others(deliveries: Iterable[Delivery]) -> bool:
    """Whether facts name other facts: what names something that has not come is a problem until it is sent again."""
    return any(isinstance(value, Of) for one in deliveries for fact in one.facts for value in fact.values.values())


def take(desk: Crm, deliveries: Iterable[Delivery]) -> list[TakenIn]:
    """Store deliveries, one after the other."""
    return [desk.take_in(one) for one in deliveries]


def letter(address: str, number: int = 1, **over: Any) -> Letter:
    """A letter in both languages."""
    said: dict[str, Any] = {
        "message": named_id(f"letter {number}"),
        "token": f"token-{number:04}-of-this-letter",
        "name": "Siân Llŷr",
        "subject": f"Cylchlythyr rhif {number}",
        "text": f"Annwyl Siân,\n\nTŷ ŵy – newyddion, number {number}.\n\nhttps://example.test/r/token-{number:04}\n",
        "language": "cy",
        "refuse_url": f"https://example.test/r/token-{number:04}",
    }
    return Letter(address=address, **{**said, **over})


# --- comparing --------------------------------------------------------------------------------------------------


def summary(store: Store) -> list[str]:
    """All that is stored of people and facts, without the ids that were made for it and the time it was taken in."""
    names = dict(_names(store))
    lines = [f"contact {names[one.id]} {_without(one.plain(), names)}" for one in store.scan(Contact)]
    for type in store.types.values():
        if type.source_named:
            lines += [f"{type.type_name} {names[one.id]} {_without(one.plain(), names)}" for one in store.scan(type)]
    lines += [f"problem {one.code} {one.facts} {one.raw}" for one in store.scan(Problem) if one.state == "open"]
    return sorted(lines)


def _names(store: Store) -> Iterator[tuple[UUID, str]]:
    for one in store.scan(Contact):
        yield one.id, json.dumps([one.name, sorted(mail.key for mail in one.emails)], ensure_ascii=False)
    for type in store.types.values():
        if type.source_named:
            for record in store.scan(type):
                yield record.id, f"{getattr(record, 'source', '')}/{getattr(record, 'source_id', '')}"


def _without(plain: dict[str, Any], names: Mapping[UUID, str]) -> str:
    called = {str(id): name for id, name in names.items()}
    kept = {name: value for name, value in plain.items() if name not in ("id", "recorded", "delivered")}
    return json.dumps(_renamed(kept, called), ensure_ascii=False, sort_keys=True)


def _renamed(value: Any, called: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(item, called) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, called) for item in value]
    return called.get(value, value) if isinstance(value, str) else value


def everything(store: Store) -> list[bytes]:
    """All records of a store, in their canonical form."""
    return [one.canonical() for type in store.types.values() for one in store.scan(type)]


def found(desk: Crm, who: str) -> Contact | None:
    """The one contact of an e-mail address or a name, if there is one."""
    return next(iter(desk.find(who, limit=1)), None)


def allowed(desk: Crm, who: str) -> bool:
    """Whether somebody may be sent marketing by e-mail."""
    contact = found(desk, who)
    return contact is not None and desk.show(contact.id).permission["email"].allowed


def consents(store: Store) -> list[Consent]:
    """All that was said about being contacted."""
    return list(store.scan(Consent))
