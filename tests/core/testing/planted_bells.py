"""Bells with one classic bug each, and the case that catches it; collected by `test_planted_bells.py` alone."""

from __future__ import annotations

import html
import logging
import socket
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from bell import Bell, Town, Window, sample, signed

from perthyn.changes import Batch, Create
from perthyn.channel import Answer, Delivery, Event, Fact, Letter, NotNow, Outlet, Reach, Refused, Request, Unsure
from perthyn.errors import PerthynError
from perthyn.model import Consent, Contact
from perthyn.model.ids import named_id
from perthyn.testing.channel_suite import ChannelSuite, Sample

log = logging.getLogger("bell")


class Planted(Bell):
    """A bell with a bug."""

    caught_by: ClassVar[str] = ""

    def changed(self, fact: Fact, **values: Any) -> Fact:
        return replace(fact, values={**fact.values, **values})


# -- at the door ---------------------------------------------------------------------------------------------


class Trusting(Planted):
    """Whatever comes is true."""

    caught_by = "test_forged_requests_are_refused"

    def accept(self, request: Request, reach: Reach) -> Event:
        return Event()


class HalfSigned(Planted):
    """The last byte may be any."""

    caught_by = "test_one_changed_byte_is_found_out"

    def accept(self, request: Request, reach: Reach) -> Event:
        when, key = request.headers.get("x-bell-time", ""), reach.house.secret("bell", "key")
        bodies = (request.body[:-1] + bytes([last]) for last in range(256))
        if request.headers.get("x-bell-signature") not in {signed(key, when, body) for body in bodies}:
            raise Refused("channel.forged", channel="bell")
        return Event()


class Capital(Planted):
    """Headers are looked for as the sender writes them."""

    caught_by = "test_true_requests_are_accepted"

    def accept(self, request: Request, reach: Reach) -> Event:
        if "X-Bell-Signature" not in request.headers:
            raise Refused("channel.forged", channel="bell")
        return super().accept(request, reach)


class Punctual(Planted):
    """Clocks must agree to the minute."""

    caught_by = "test_clocks_five_minutes_off"

    def accept(self, request: Request, reach: Reach) -> Event:
        if abs(request.at.timestamp() - int(request.headers.get("x-bell-time") or 0)) > 60:
            raise Refused("channel.forged", channel="bell")
        return super().accept(request, reach)


class Choking(Planted):
    """The body is read before anybody looks whether it is true."""

    caught_by = "test_bodies_of_any_shape"

    def accept(self, request: Request, reach: Reach) -> Event:
        if "id" not in request.body.decode():
            raise Refused("channel.forged", channel="bell")
        return super().accept(request, reach)


class Asking(Planted):
    """It asks the other side while the sender waits."""

    caught_by = "test_nobody_is_asked"

    def accept(self, request: Request, reach: Reach) -> Event:
        socket.getaddrinfo("localhost", 80)
        return super().accept(request, reach)


class SameName(Planted):
    """All events have one name."""

    caught_by = "test_events_have_names_of_their_own"

    def accept(self, request: Request, reach: Reach) -> Event:
        super().accept(request, reach)
        return Event("event")


# -- reading -------------------------------------------------------------------------------------------------


class ByTheTime(Planted):
    """The id of a thing is when it came."""

    caught_by = "test_ids_do_not_rest_on_the_time"

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        for one in super().read(request, reach):
            yield replace(one, facts=[replace(fact, source_id=f"{request.at:%H%M%S}") for fact in one.facts])


class Addressed(Planted):
    """The id of a thing is whose it is."""

    caught_by = "test_every_fact_has_its_senders_id"

    def fact(self, said: dict[str, Any]) -> Fact:
        return replace(super().fact(said), source_id=f"{said.get('email')}:{said['id']}")


class Floating(Planted):
    """Money is a fraction."""

    caught_by = "test_money_is_whole_pence_and_names_its_currency"

    def fact(self, said: dict[str, Any]) -> Fact:
        fact = super().fact(said)
        return self.changed(fact, amount=fact.values["amount"] / 100) if "amount" in fact.values else fact


class Unzoned(Planted):
    """Times have no zone."""

    caught_by = "test_times_know_their_zone"

    def fact(self, said: dict[str, Any]) -> Fact:
        fact = super().fact(said)
        return self.changed(fact, at=fact.values["at"].replace(tzinfo=None))


class Unversioned(Planted):
    """What was told last is taken for the newest."""

    caught_by = "test_any_order_one_to_five_times"

    def fact(self, said: dict[str, Any]) -> Fact:
        return replace(super().fact(said), version=None)


class Remembering(Planted):
    """It keeps in mind what it has read."""

    caught_by = "test_it_keeps_nothing_of_what_it_reads"

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.seen: set[str] = set()

    def fact(self, said: dict[str, Any]) -> Fact:
        self.seen.add(said["id"])
        return super().fact(said)


class Writing(Planted):
    """It stores what it reads by itself."""

    caught_by = "test_reading_writes_nothing"

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        ann = Contact(id=named_id(request.body.decode(errors="replace")), name="Ann")
        reach.store.apply(Batch(named_id(f"batch {ann.id}"), "bell", request.at, changes=[Create(ann)]))
        return super().read(request, reach)


class Escaping(Planted):
    """Names are made fit for a web page."""

    caught_by = "test_a_name_is_kept_as_it_is"

    def fact(self, said: dict[str, Any]) -> Fact:
        return super().fact({**said, "name": html.escape(said.get("name", ""))})


class UnknownWords(Planted):
    """People are told of by words of its own."""

    caught_by = "test_people_are_told_by_words_that_are_known"

    def fact(self, said: dict[str, Any]) -> Fact:
        fact = super().fact(said)
        return replace(fact, who=replace(fact.who, values={**fact.who.values, "eMail": "x@y.test"}))  # type: ignore[union-attr,type-var]


# -- permission ------------------------------------------------------------------------------------------------


class Presuming(Planted):
    """A yes says neither to what nor how."""

    caught_by = "test_a_yes_says_to_what_and_how"

    def fact(self, said: dict[str, Any]) -> Fact:
        fact = super().fact(said)
        return self.changed(fact, wording=None) if fact.type is Consent else fact


class Deaf(Planted):
    """A no is a remark."""

    caught_by = "test_a_no_is_recorded"

    def fact(self, said: dict[str, Any]) -> Fact:
        return super().fact({**said, "says": said["says"].replace("no", "No, thank you")})


class Eager(Planted):
    """Who asks something has said yes to everything."""

    caught_by = "test_nothing_is_permitted_that_nobody_said"

    def told(self, ringings: Any, reach: Reach, cursor: str | None = None) -> Delivery:
        yes = [
            {**one, "id": f"{one['id']}-yes", "says": "yes"}
            for one in ringings
            if one.get("says", "yes") not in ("yes", "no")
        ]
        return super().told([*ringings, *yes], reach, cursor)


# -- secrets -----------------------------------------------------------------------------------------------------


class Chatty(Planted):
    """It logs what comes."""

    caught_by = "test_no_address_is_logged"

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        log.debug("read %r", request.body)
        return super().read(request, reach)


class Blabbing(Planted):
    """It logs its key."""

    caught_by = "test_no_secret_is_logged"

    def accept(self, request: Request, reach: Reach) -> Event:
        log.debug("checking with %s", reach.house.secret("bell", "key"))
        return super().accept(request, reach)


class Hoarding(Planted):
    """It keeps its key."""

    caught_by = "test_the_channel_does_not_hold_its_secrets"

    def accept(self, request: Request, reach: Reach) -> Event:
        self.key = reach.house.secret("bell", "key")
        return super().accept(request, reach)


class Blaming(Planted):
    """Its errors show its key."""

    caught_by = "test_no_secret_is_in_an_error"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        try:
            yield from super().fetch(reach)
        except PerthynError as error:
            raise type(error)(error.code, channel="bell", key=reach.house.secret("bell", "key")) from None


class OneLanguage(Planted):
    """It has a name in English only."""

    caught_by = "test_its_title_is_in_both_languages"
    title = ("Bell", "")


class Wordless(Planted):
    """Its errors have no words."""

    caught_by = "test_the_words_of_its_errors_are_in_both_languages"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        try:
            yield from super().fetch(reach)
        except NotNow:
            raise NotNow("bell.nobody.listens") from None


# -- fetching ------------------------------------------------------------------------------------------------------


class Hasty(Planted):
    """Its cursor is a piece ahead."""

    caught_by = "test_killed_after_each_piece"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        for one in super().fetch(reach):
            yield replace(one, cursor=str(int(one.cursor or 0) + 1))


class Endless(Planted):
    """It says nowhere where to go on."""

    caught_by = "test_the_last_piece_says_where_to_go_on"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        return [replace(one, cursor=None) for one in super().fetch(reach)]


class Silent(Planted):
    """When nobody answers there is nothing new."""

    caught_by = "test_what_passes_is_not_now"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        try:
            yield from super().fetch(reach)
        except NotNow:
            return


class Hopeful(Planted):
    """A key that was revoked will come right by itself."""

    caught_by = "test_a_key_that_was_revoked_is_said"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        try:
            yield from super().fetch(reach)
        except PerthynError as error:
            raise NotNow("channel.away", channel="bell") from error


class AllOrNothing(Planted):
    """It hands nothing on before it has everything."""

    caught_by = "test_what_was_fetched_before_it_broke_is_kept"

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        return list(super().fetch(reach))


# -- delivering ----------------------------------------------------------------------------------------------------


class Leaning(Window):
    """An open window, and somebody who leans out of it."""

    def __init__(self, bell: PlantedWindow) -> None:
        super().__init__(bell.town)
        self.bell = bell

    def send(self, letter: Letter) -> Answer:
        return self.bell.calls(letter, super().send)


class PlantedWindow(Planted):
    """A bell whose letters go wrong."""

    def outlet(self, reach: Reach) -> Outlet:
        return Leaning(self)

    def calls(self, letter: Letter, send: Any) -> Answer:
        raise NotImplementedError


class Resending(PlantedWindow):
    """What nobody knows is sent once more."""

    caught_by = "test_what_nobody_knows_is_unsure"

    def calls(self, letter: Letter, send: Any) -> Answer:
        try:
            return send(letter)  # type: ignore[no-any-return]
        except Unsure:
            return send(letter)  # type: ignore[no-any-return]


class Injected(PlantedWindow):
    """A subject may begin a header of its own."""

    caught_by = "test_names_and_subjects_put_nothing_in"

    def calls(self, letter: Letter, send: Any) -> Answer:
        answer: Answer = send(letter)
        last = self.town.heard[-1]
        self.town.heard[-1] = replace(last, raw=f"Subject: {letter.subject}\n".encode() + last.raw)
        return answer


class Insistent(PlantedWindow):
    """How to say no is left out."""

    caught_by = "test_how_to_say_no_arrives_with_it"

    def calls(self, letter: Letter, send: Any) -> Answer:
        return send(replace(letter, refuse_url="", text=letter.text.partition("http")[0]))  # type: ignore[no-any-return]


class Rendering(PlantedWindow):
    """Words are rendered a second time."""

    caught_by = "test_signs_that_mean_something_arrive_as_signs"

    def calls(self, letter: Letter, send: Any) -> Answer:
        return send(replace(letter, subject=letter.subject.replace("{{ 7*7 }}", "49")))  # type: ignore[no-any-return]


class Throwing(PlantedWindow):
    """It raises what its library raises."""

    caught_by = "test_an_odd_address_raises_nothing_else"

    def calls(self, letter: Letter, send: Any) -> Answer:
        letter.address.encode("ascii")
        return send(letter)  # type: ignore[no-any-return]


class Cutting(PlantedWindow):
    """A long letter is cut."""

    caught_by = "test_a_long_letter_arrives_whole"

    def calls(self, letter: Letter, send: Any) -> Answer:
        return send(replace(letter, text=letter.text[:65_536]))  # type: ignore[no-any-return]


class OftenAsked(Planted):
    """It asks the other side every second."""

    caught_by = "test_it_fetches_once_a_minute_at_most"
    every = timedelta(seconds=1)


def planted() -> dict[str, type[Planted]]:
    """The bugs, by name."""
    found: dict[str, type[Planted]] = {}
    waiting: list[type[Planted]] = [Planted]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.caught_by:
            found[one.__name__] = one
    return found


def suite_of(bell: type[Bell]) -> type[ChannelSuite]:
    """The whole suite, for this bell."""

    @pytest.fixture
    def made(self: ChannelSuite, tmp_path: Path) -> Sample:
        return sample(tmp_path, bell)

    return type(f"Test{bell.__name__}", (ChannelSuite,), {"sample": made})


for _bell in (Bell, *planted().values()):
    globals()[f"Test{_bell.__name__}"] = suite_of(_bell)
