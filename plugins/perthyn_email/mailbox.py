"""Mailbox: what has arrived there since last time, read over IMAP (RFC 9051) and left as people left it.

A message's place is its UID, good as long as the folder's UIDVALIDITY is the same; after another one everything of the
last month is read again, which changes nothing, since facts are known by their Message-ID.
"""

from __future__ import annotations

import imaplib
import json
import re
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from perthyn.channel import Delivery, NotNow, Reach
from perthyn.errors import PerthynError, needs
from perthyn.house import House
from perthyn.text import nearest
from perthyn_email.answers import Answers, Became
from perthyn_email.bounces import Judgement
from perthyn_email.settings import FOR_READING, HERE, SECTION

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

LARGEST = 10_000_000
"""Bytes; of a larger message the headers are read."""
AT_FIRST = timedelta(days=30)
"""How far back a folder is read that has not been read before."""
MOST = 2_000
"""Messages that one fetch reads; the next one goes on."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ARRIVED = re.compile(rb'INTERNALDATE "\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"RFC822\.SIZE (\d+)")
_PASSING = re.compile(r"UNAVAILABLE|INUSE|LIMIT|SERVERBUG|temporar|too many", re.IGNORECASE)


class MailboxSettings(BaseModel):
    """The settings of ``[email]`` that begin with ``mailbox_``, without it; the password is a secret of that name.

    `security`: how the connection is kept from others. `move`: the folder into which messages go that nobody need read;
    "" leaves all where they are. `timeout`: seconds. `certificates`: a file of authorities to trust.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    folder: str = "INBOX"
    move: str = ""
    timeout: Annotated[float, Field(gt=0)] = 60
    certificates: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a folder has been read. `moving`: the last one may still have to be moved."""

    validity: int = 0
    uid: int = 0
    moving: bool = False

    @classmethod
    def of(cls, cursor: str) -> Place:
        """From what was remembered; the beginning where that can't be read."""
        with suppress(ValueError, TypeError, KeyError):
            kept = json.loads(cursor)
            return cls(int(kept["validity"]), int(kept["uid"]), kept.get("moving") is True)
        return cls()

    def cursor(self) -> str:
        """To be remembered."""
        return json.dumps({"validity": self.validity, "uid": self.uid, "moving": self.moving})


def mailbox_settings(house: House) -> MailboxSettings:
    """Which mailbox is read. Raises `PerthynError` (``email.setting.missing``, ``.unknown``, ``.value``, ``.open``)."""
    section = house.section(SECTION)
    said = {name.removeprefix(FOR_READING): value for name, value in section.items() if name.startswith(FOR_READING)}
    for name in said:
        if name not in MailboxSettings.model_fields:
            known = [f"{FOR_READING}{one}" for one in MailboxSettings.model_fields]
            raise PerthynError("email.setting.unknown", name=f"{FOR_READING}{name}", suggestion=nearest(name, known))
    if not said.get("host"):
        raise PerthynError("email.setting.missing", name=f"{FOR_READING}host")
    said.setdefault("user", section.get("user", ""))
    try:
        made = MailboxSettings.model_validate(said)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = f"{FOR_READING}{wrong['loc'][0]}"
        raise PerthynError("email.setting.value", name=name, why=wrong["msg"]) from error
    if made.security == "none" and made.host not in HERE:
        raise PerthynError("email.setting.open", host=made.host)
    return made


def fetch_mail(reach: Reach) -> Iterator[Delivery]:
    """What has arrived since `reach.cursor`: one delivery for each message that says something, oldest first.

    Nothing is marked as read. Raises `NotNow` (``email.mailbox.unreachable``) and `PerthynError`
    (``email.mailbox.login``, ``email.mailbox.folder``, ``email.mailbox.answer``, ``secret.missing``).
    """
    settings = mailbox_settings(reach.house)
    source = f"{SECTION}:{reach.account}"
    with _open(reach.house, settings) as box, _told(settings):
        place = _continued(box, Place.of(reach.cursor), settings)
        read = Answers(reach)
        start = place
        for uid in _new(box, place, reach.house.clock()):
            became = _became(box, uid, read)
            moving = bool(settings.move) and became.settled
            place = Place(place.validity, uid, moving)
            if became.facts or became.unread or moving:
                yield became.delivery(source, place.cursor())
                start = place
            if moving:
                box.move([str(uid)], settings.move)
        if place != start or place.cursor() != reach.cursor:
            yield Delivery(source, cursor=Place(place.validity, place.uid).cursor())


def reached(house: House) -> None:
    """Open the mailbox and close it again. Raises as `fetch_mail` does."""
    with _open(house, mailbox_settings(house)):
        pass


def _continued(box: BaseMailBox, place: Place, settings: MailboxSettings) -> Place:
    """The place where this folder is to be read on, once it is open; what was to be moved is moved."""
    validity = _validity(box)
    if place.validity != validity:
        return Place(validity)
    if place.moving and settings.move:
        box.move([str(place.uid)], settings.move)
    return Place(validity, place.uid)


def _validity(box: BaseMailBox) -> int:
    told = box.client.response("UIDVALIDITY")[1]
    return int(told[0]) if told and told[0] else 1


def _new(box: BaseMailBox, place: Place, now: datetime) -> Sequence[int]:
    """UIDs above the place, in their order (``*`` names the last message even where it is below)."""
    if place.uid:
        wanted = f"UID {place.uid + 1}:*"
    else:
        since = (now - AT_FIRST).astimezone(UTC)
        wanted = f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
    return sorted(uid for uid in map(int, box.uids(wanted, charset=None)) if uid > place.uid)[:MOST]


def _became(box: BaseMailBox, uid: int, read: Answers) -> Became:
    """What the message with this UID becomes; nothing where it has gone meanwhile."""
    about = _one(box, uid, "(UID RFC822.SIZE INTERNALDATE)")[1]
    if about is None:
        return Became(Judgement("other"))
    found = _SIZE.search(about)
    size = int(found[1]) if found else 0
    if size > LARGEST:
        return read.became_huge(_one(box, uid, "(UID BODY.PEEK[HEADER])")[0], _instant(about), size)
    return read.became(_one(box, uid, "(UID BODY.PEEK[])")[0], _instant(about))


def _one(box: BaseMailBox, uid: int, parts: str) -> tuple[bytes, bytes | None]:
    """(what was asked for, what is said about it) of one message; None where there is none."""
    kind, told = box.client.uid("FETCH", str(uid), parts)
    if kind != "OK":
        raise imaplib.IMAP4.error(_said(told))
    body, about = b"", b""
    for piece in told:
        if isinstance(piece, tuple):
            about, body = about + piece[0], piece[1]
        elif isinstance(piece, bytes):
            about += piece
    found = _UID.search(about)
    return (body, about) if found and int(found[1]) == uid else (b"", None)


def _instant(about: bytes) -> datetime:
    """When the server took the message."""
    found = _ARRIVED.search(about)
    if found is None:
        raise imaplib.IMAP4.error("INTERNALDATE")
    day, month, year, hour, minute, second, sign, hours, minutes = (one.decode("ascii") for one in found.groups())
    away = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    local = timezone(away)
    return datetime(
        int(year), _MONTHS.index(month.title()) + 1, int(day), int(hour), int(minute), int(second), tzinfo=local
    )


# -- the connection ----------------------------------------------------------------------------------------------


@contextmanager
def _open(house: House, settings: MailboxSettings) -> Iterator[BaseMailBox]:
    """The folder, open: for reading only, unless messages are to be moved."""
    with needs("email"):
        from imap_tools import MailboxFolderSelectError, MailboxLoginError

    password = house.secrets(SECTION, f"{FOR_READING}password") or house.secret(SECTION, "password")
    facts = {"host": settings.host, "user": settings.user}
    with _told(settings):
        box = _connected(settings)
    with closing(_Ending(box)):
        try:
            with _told(settings):
                plain = f"{settings.user}{password}".isascii()
                (box.login if plain else box.login_utf8)(settings.user, password, initial_folder=None)
        except (MailboxLoginError, imaplib.IMAP4.error) as error:
            raise _refused(error, facts) from error
        try:
            with _told(settings):
                box.folder.set(settings.folder, readonly=not settings.move)
                if settings.move and not box.folder.exists(settings.move):
                    box.folder.create(settings.move)
                    box.folder.set(settings.folder)
        except MailboxFolderSelectError as error:
            raise PerthynError("email.mailbox.folder", folder=settings.folder, **facts) from error
        yield box


def _refused(error: Exception, facts: dict[str, str]) -> PerthynError:
    said = str(error)
    if _PASSING.search(said) and "AUTHENTICATIONFAILED" not in said:
        return NotNow("email.mailbox.unreachable", why=said[:200], **facts)
    return PerthynError("email.mailbox.login", **facts)


def _connected(settings: MailboxSettings) -> BaseMailBox:
    from imap_tools import MailBox, MailBoxUnencrypted

    context = ssl.create_default_context(cafile=settings.certificates or None)
    if settings.security == "tls":
        return MailBox(settings.host, settings.port, settings.timeout, ssl_context=context)
    box = MailBoxUnencrypted(settings.host, settings.port, settings.timeout)
    if settings.security == "starttls":
        try:
            box.client.starttls(context)
        except BaseException:
            box.client.shutdown()
            raise
    return box


@dataclass(frozen=True, slots=True)
class _Ending:
    """Says good-bye, to whoever still listens."""

    box: BaseMailBox

    def close(self) -> None:
        with suppress(Exception):  # whatever a lost connection brings: all that counted has been stored
            self.box.logout()
        with suppress(OSError):
            self.box.client.shutdown()


@contextmanager
def _told(settings: MailboxSettings) -> Iterator[None]:
    """A line that is down or slow is one error, for later; an answer that makes no sense is another."""
    from imap_tools import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

    try:
        yield
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        facts = {"host": settings.host, "user": settings.user, "why": str(error)[:200] or type(error).__name__}
        raise NotNow("email.mailbox.unreachable", **facts) from error
    except (MailboxLoginError, MailboxFolderSelectError):
        raise
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise PerthynError("email.mailbox.answer", host=settings.host, why=str(error)[:200]) from error


def _said(told: Iterable[object]) -> str:
    return " ".join(one.decode("utf-8", "replace") for one in told if isinstance(one, bytes))[:200]
