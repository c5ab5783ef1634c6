"""A small whole channel, and the town at its other side: what the suite is tried on, and what bugs are planted in.

Somebody rings the bell at the museum's door and says what they want: signed JSON. What was rung while nobody listened
is fetched; answers are called out of the window.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from perthyn.channel import (
    Answer,
    Channel,
    Delivery,
    Event,
    Fact,
    Letter,
    NotNow,
    Outlet,
    Reach,
    Refused,
    Request,
    Somebody,
    Unread,
    Unsure,
)
from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.model import Consent
from perthyn.testing.channel_suite import Arrived, Sample

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY, OTHER_KEY = "wermod-lwyd-a-saets", "the-town-hall-key"
PAGE = 2


@dataclass
class Town:
    """The other side. `rung`: while nobody listened; `heard`: letters; `mood`: what is wrong just now."""

    rung: list[dict[str, Any]] = field(default_factory=list)
    heard: list[Arrived] = field(default_factory=list)
    mood: str = ""

    @contextmanager
    def feeling(self, mood: str) -> Iterator[None]:
        self.mood = mood
        yield
        self.mood = ""

    def page(self, start: int) -> list[dict[str, Any]]:
        """Two ringings from a place on."""
        if self.mood in ("down", "hangs"):
            raise NotNow("channel.away", channel="bell")
        if self.mood == "revoked":
            raise PerthynError("channel.key.refused", channel="bell")
        if self.mood == "breaks" and start:
            raise NotNow("channel.away", channel="bell")
        return self.rung[start : start + PAGE]


class Window(Outlet):
    """An open window."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def send(self, letter: Letter) -> Answer:
        if "@" not in letter.address or not letter.address.isascii() or not letter.address.isprintable():
            raise Refused("channel.letter.refused", channel="bell", reply="550 who?")
        if letter.address.startswith("nobody") or self._town.mood == "refuses":
            raise Refused("channel.letter.refused", channel="bell", reply="550 not here")
        if self._town.mood == "later":
            raise NotNow("channel.away", channel="bell", after=60)
        subject = " ".join(letter.subject.split())
        raw = f"Subject: {subject}\nList-Unsubscribe: <{letter.refuse_url}>\n\n{letter.text}".encode()
        self._town.heard.append(Arrived(letter.address, subject, letter.text, raw))
        if self._town.mood == "unsure":
            raise Unsure("channel.letter.unsure", channel="bell")
        return Answer("250 heard", f"<{letter.message}@bell>")


class Bell(Channel):
    """The bell."""

    name = "bell"
    title = ("Bell", "Cloch")
    ways = ("email",)
    every = timedelta(minutes=10)

    def __init__(self, town: Town) -> None:
        self.town = town

    def outlet(self, reach: Reach) -> Outlet:
        reach.house.secret("bell", "key")
        return Window(self.town)

    def accept(self, request: Request, reach: Reach) -> Event:
        when = request.headers.get("x-bell-time", "")
        signature = request.headers.get("x-bell-signature", "")
        wanted = signed(reach.house.secret("bell", "key"), when, request.body)
        if not when.isdigit() or not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
            raise Refused("channel.forged", channel=self.name)
        if abs(request.at.timestamp() - int(when)) > 300:
            raise Refused("channel.forged", channel=self.name)
        return Event(_event(request.body))

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        yield self.told([_object(request.body)], reach)

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        reach.house.secret("bell", "key")
        place = int(reach.cursor) if reach.cursor.isascii() and reach.cursor.isdigit() and len(reach.cursor) < 9 else 0
        while ringings := self.town.page(place):
            place += len(ringings)
            yield self.told(ringings, reach, str(place))

    def told(self, ringings: Sequence[dict[str, Any]], reach: Reach, cursor: str | None = None) -> Delivery:
        """What some ringings tell."""
        facts, unread = [], []
        for one in ringings:
            if "id" in one and "at" in one:
                facts.append(self.fact(one))
            else:
                unread.append(Unread("channel.unreadable", {"channel": self.name}, json.dumps(one)))
        return Delivery(f"bell:{reach.account}", facts, unread, cursor)

    def fact(self, said: dict[str, Any]) -> Fact:
        """One ringing."""
        at = datetime.fromtimestamp(said["at"], UTC)
        who = Somebody({"name": said.get("name", ""), "email": said.get("email", "")}, said.get("card", ""))
        answer = {"yes": "given", "no": "withdrawn"}.get(said["says"])
        if answer:
            values = {
                "channel": "email", "decision": answer, "at": at, "how": "rang the bell", "language": "en",
                "wording": "May we write to you with news?" if answer == "given" else None,
            }  # fmt: skip
            return Fact(said["id"], values, who, Consent)
        values = {"kind": "enquiry", "at": at, "channel": "bell", "direction": "in", "text": said["says"]}
        if "paid" in said:
            values |= {"kind": "purchase", "amount": said["paid"], "currency": said["currency"]}
        return Fact(said["id"], values, who, version=said.get("version"))


def _object(body: bytes) -> dict[str, Any]:
    said = json.loads(body)
    if not isinstance(said, dict):
        raise PerthynError("channel.unreadable", channel="bell")
    return said


def _event(body: bytes) -> str:
    try:
        return str(json.loads(body).get("event", ""))
    except (ValueError, AttributeError, RecursionError):
        return ""


def signed(key: str, when: str, body: bytes) -> str:
    """What stands in the header."""
    return hmac.new(key.encode(), when.encode("utf-8", "replace") + b"." + body, sha256).hexdigest()


def ringing(said: Any, at: datetime = NOON, key: str = KEY) -> Request:
    """A request."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    when = str(int(at.timestamp()))
    headers = {"X-Bell-Time": when, "X-Bell-Signature": signed(key, when, body), "Content-Type": "application/json"}
    return Request("POST", "/bell/main", "", headers, body, at)


def said(id: str, says: str, minute: int = 0, **more: Any) -> dict[str, Any]:
    """What Siân says when she rings."""
    at = int((NOON + timedelta(minutes=minute)).timestamp())
    return {"id": id, "at": at, "name": "Siân Llŷr", "email": "sian@example.test", "says": says, **more}


HUW = {"name": "Huw Puw", "email": "huw@example.test", "card": "h-7"}
SAYINGS = [
    said("1", "Is it open on St David's Day?"),
    said("2", "yes", 1),
    said("3", "Two cups", 2, paid=450, currency="GBP", version=1, **HUW),
    said("3", "One cup", 3, paid=225, currency="GBP", version=2, **HUW),
    said("3-back", "Cold", 4, paid=-225, currency="GBP", **HUW),
    said("4", "Un cwpan", 5, paid=300, currency="EUR"),
]


class Plugin:
    """What offers it."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    @hookimpl
    def offer_channels(self) -> list[Channel]:
        return [self._bell]


def house(folder: Path) -> House:
    """A house with a bell."""
    keys = {("bell", "key"): KEY}
    return House(folder, lambda: NOON, lambda size: bytes(size), "Amgueddfa'r Dref", sections={"bell": {}},
                 secrets=lambda section, name: keys.get((section, name), ""))  # fmt: skip


def sample(folder: Path, bell: type[Bell] = Bell) -> Sample:
    """A bell, and all it is tried with."""
    town = Town(rung=[one for one in SAYINGS if one.get("version") != 2])
    channel = bell(town)
    minutes = [NOON + timedelta(minutes=number) for number in range(len(SAYINGS))]
    requests = [ringing({**one, "event": f"e{at:%M}"}, at) for one, at in zip(SAYINGS, minutes, strict=True)]
    return Sample(
        channel,
        house(folder),
        plugin=Plugin(channel),
        secrets=[KEY],
        people=["sian@example.test", "huw@example.test"],
        agreed=["sian@example.test"],
        requests=requests,
        forged=[ringing(SAYINGS[0], key=OTHER_KEY), ringing(SAYINGS[0], NOON - timedelta(days=1), "")],
        poison=[ringing({"rang": "and ran"}), ringing(b"[1, 2"), ringing(b"\xff\xfe"), ringing(b"[" * 100_000)],
        refusals=[ringing(said("5", "no", 9), NOON + timedelta(minutes=9))],
        naming=lambda name: ringing(said("6", "Croeso?", name=name)),
        fetches=True,
        addresses=["sian@example.test", "huw@example.test"],
        arrived=lambda: town.heard,
        bad_address="nobody@example.test",
        faults={mood: lambda mood=mood: town.feeling(mood) for mood in  # type: ignore[misc]
                ("down", "hangs", "revoked", "breaks", "refuses", "later", "unsure")},
    )  # fmt: skip
