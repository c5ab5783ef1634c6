"""Channel: how people are reached, and how what they do elsewhere arrives.

A channel delivers what it is handed and reads what comes in; it never decides whom to contact, and stores nothing
itself. What it reads it hands on as a `Delivery`: facts, each with the sender's own id, so that the same facts again
change nothing and newer ones revise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn.model import Interaction, Record

if TYPE_CHECKING:
    from perthyn.store import Store


WORDS = (
    *("channel.forged", "channel.unreadable", "channel.away", "channel.key.refused"),
    *("channel.letter.refused", "channel.letter.unsure"),
)
"""Codes whose words any channel may use, with its name as ``channel`` (and for a letter that was refused, what the
other side said as ``reply``)."""


# --- what a channel reads ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as a sender describes her.

    `values`: as a person would type them (``name``, ``given``, ``family``, ``email``, ``phone``, ``address``,
    ``town``, ``postcode``, ``country``, ``language``, ``kind`` ...; see `Crm.contact_values`). `external`: the sender's
    own id for her, if there is one. Somebody with neither an id, an e-mail address nor a phone number is nobody.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    external: str = ""


@dataclass(frozen=True, slots=True)
class Of:
    """In `Fact.values`: the id of the record that another fact, of this delivery or an earlier one, became.

    A request that names one which is still to come is read again until it is there, for two days.
    """

    source_id: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, was said or is so, as a sender tells it.

    `source_id`: the sender's own id of it, the same each time it is told. `values`: the fields of the record `type`, by
    name, whole numbers for money. `who`: somebody, or the id of a contact who is known; None: nobody knows, and an
    interaction becomes takings. `version`: the sender's last-modified or event time in ms; an older telling than the
    one that is stored is noted and not applied. A `type` of a plugin's own is ``source_named``.
    """

    source_id: str
    values: Mapping[str, Any]
    who: Somebody | UUID | None = None
    type: type[Record] = Interaction
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that can't be used, and why: it becomes a problem, with what came. `facts` hold no secret."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""
    contact: UUID | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Facts of one account, to be stored together: all or nothing.

    `source`: the account they come from (``pretix:castle``). `cursor`: where `Channel.fetch` is to go on next time,
    remembered with them; None leaves it as it is.
    """

    source: str
    facts: Sequence[Fact] = ()
    unread: Sequence[Unread] = ()
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent to the inbound door. `headers`: names in lower case. `body`: the bytes, whole, as they came."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A request that a channel has found to be true. `id`: the sender's own id of it, "" where it has none."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a channel may know while it works. `store`: for reading. `key`: the organisation's own, for signing tokens.

    `cursor`: what the last delivery of `fetch` left. `account`: which of its accounts is meant.
    """

    house: House
    account: str
    store: Store
    key: bytes
    cursor: str = ""


# --- what a channel delivers ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sender:
    """Who letters are from, as they say it themselves.

    `english`, `welsh`: the organisation's name. `postal`: its postal address. `reply_to`: where answers go.
    `public_url`: where a reader finds the pages of her letters, "" where there are none. `clicks`: whether it is noted
    who followed a link.
    """

    english: str = ""
    welsh: str = ""
    postal: str = ""
    reply_to: str = ""
    public_url: str = ""
    clicks: bool = False

    def name(self, language: str) -> str:
        """The organisation's name in a language, else in the other."""
        return (self.welsh or self.english) if language == "cy" else (self.english or self.welsh)

    def page(self, token: str) -> str:
        """Where the reader of a letter can say no, "" without a public address."""
        return f"{self.public_url}/p/{token}" if self.public_url else ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready to go. `text` and `html` say the same; `html` is "" for a channel without it.

    `message`: the id of its line in the ledger. `token`: names that line and can't be guessed; whoever shows it again
    (in an address, a link, a header) speaks of this message. `refuse_url`: where a reader can say no, "" where the
    organisation has no public address. `must_offer`: it must carry a simple way to refuse. `pictures`: PNG files that
    `html` shows, by the names that it calls them by: ``<img src="cid:NAME">``.
    """

    message: UUID
    token: str
    address: str
    name: str
    subject: str
    text: str
    html: str = ""
    language: str = "en"
    purpose: str = "marketing"
    campaign: str = ""
    must_offer: bool = True
    refuse_url: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said when it took a letter; `reference`: by what it knows it (a Message-ID)."""

    reply: str
    reference: str = ""


class Refused(PerthynError):
    """The other side refuses this letter, or this request is not what it says, for good. Nothing was taken.

    ``facts["dead"]``: True where it says that the address leads nowhere; nothing goes there then, until somebody
    writes from it.
    """


class NotNow(PerthynError):
    """Nothing was taken, and it may be later. `facts["after"]`: in so many seconds, if the other side said."""


class Unsure(PerthynError):
    """The letter was handed over, and nobody said whether it was taken. It is never sent again by itself."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much an account may send: so many in any 24 hours, so many in any 60 s; None: as many as there are."""

    a_day: int | None = None
    a_minute: int | None = None


class Outlet:
    """An open connection, over which one letter goes after the other. Closed when a sender stops."""

    def send(self, letter: Letter) -> Answer:
        """Hand one letter over. Raises `Refused`, `NotNow` or `Unsure`, and nothing else."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the connection."""


class Channel:
    """A way to reach people, or a place where things happen; a plugin offers instances by `offer_channels`.

    A whole one, which notes what a web form sends::

        from perthyn.channel import Channel, Delivery, Event, Fact, Somebody

        class Form(Channel):
            name = "form"
            title = ("Web form", "Ffurflen we")

            def accept(self, request, reach):
                return Event()

            def read(self, request, reach):
                said = dict(parse_qsl(request.body.decode()))
                who = Somebody({"name": said["name"], "email": said["email"]})
                yield Delivery("form:main", [Fact(said["id"], {"kind": "enquiry", "text": said["text"]}, who)])

    `name`: one word; its settings stand in the section of that name. `title`: in English and Welsh. `ways`: by which
    channels of the one door it delivers. `every`: how often `fetch` is due; None: it fetches nothing.
    """

    name: ClassVar[str] = ""
    title: ClassVar[tuple[str, str]] = ("", "")
    ways: ClassVar[tuple[str, ...]] = ()
    every: ClassVar[timedelta | None] = None

    def accounts(self, house: House) -> Sequence[str]:
        """The accounts that the settings name; ``main`` where its section is there and names none."""
        return ("main",) if self.name in house.sections else ()

    def outlet(self, reach: Reach) -> Outlet:
        """Open a connection to deliver over. Raises `NotNow`, or `PerthynError` where a setting is wrong."""
        raise NotImplementedError

    def live(self, reach: Reach) -> bool:
        """Whether what is handed to `outlet` leaves. If not, it is a rehearsal: the ledger is not touched."""
        return True

    def sender(self, reach: Reach) -> Sender:
        """Who letters of this account are from."""
        return Sender(reach.house.organisation, reach.house.organisation)

    def pace(self, reach: Reach) -> Pace:
        """How much may be sent."""
        return Pace()

    def accept(self, request: Request, reach: Reach) -> Event:
        """Find out, from the raw body and without asking anybody, that a request is what it says.

        Called while the sender waits; it costs a few ms at most. Raises `Refused` for one that is not.
        """
        raise Refused("channel.closed", channel=self.name)

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        """What a request that was accepted tells; called later, and again where it failed. Each delivery is stored.

        Raises `NotNow` to be called again later; with any other error the request is parked, for a person to see.
        """
        raise NotImplementedError

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        """What is new since `reach.cursor`, in pieces that are stored one by one, each with its own cursor.

        Killed between two of them it goes on where the last stored one says. Raises as `read` does.
        """
        return ()
