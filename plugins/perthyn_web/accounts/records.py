"""What is kept of those who come in. All of it stays on this machine, and no image of it is kept in the history.

Nothing here opens a door by itself: of a password, a link, a token or a recovery code there is a hash, of the secret in
somebody's phone app only a part (`perthyn_web.accounts.totp`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.ids import Random, named_id
from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Integer, Text, Word
from perthyn.text import fold

Scope = Literal["shared", "local"]
Undo = Literal["restore", "compensate", "never"]
SessionKind = Literal["browser", "tablet", "machine"]
Purpose = Literal["first", "user", "password", "link", "pair", "machine", "code", "set_up", "elsewhere"]
READ, WRITE = "user.read", "user.write"
"""The rights to see and to change who may come in."""


class User(Record):
    """Somebody who may come in. The id is made of the sign-in name, which is theirs for good.

    `password`: its Argon2id hash. `totp`: the nonce of the secret in their phone app, `totp_next` of one not yet
    confirmed, `totp_step`: the last time step whose code was used. `recovery`: JSON list of hashes of codes. `epoch`:
    sign-ins begun in an earlier one have ended; it grows with each change of password, role or second step.
    """

    type_name: ClassVar[str] = "web.user"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    sign_in: Annotated[Word, About("Sign-in name", "Enw mewngofnodi", personal="identity", right=READ)]
    name: Annotated[Word, About("Name", "Enw", personal="identity", right=READ)]
    role: Annotated[Word, About("Role", "Rôl", kind="word", folded=False, right=READ)]
    language: Annotated[
        Literal["cy", "en"] | None, About("Language", "Iaith", kind="word", folded=False, right=READ)
    ] = None
    password: Annotated[Text | None, About("Password's hash", "Hash y cyfrinair", folded=False, right=WRITE)] = None
    totp: Annotated[Word | None, About("Second step", "Ail gam", folded=False, right=WRITE)] = None
    totp_next: Annotated[
        Word | None, About("Second step, not confirmed", "Ail gam, heb ei gadarnhau", folded=False, right=WRITE)
    ] = None
    totp_step: Annotated[Integer, About("Last code", "Cod diwethaf", kind="integer", right=WRITE)] = 0
    recovery: Annotated[
        Text | None, About("Recovery codes' hashes", "Hashiau'r codau adfer", kind="json", folded=False, right=WRITE)
    ] = None
    epoch: Annotated[Integer, About("Epoch", "Cyfnod", kind="integer", right=READ)] = 0
    made: Annotated[Instant, About("Made at", "Gwnaed ar", kind="instant", right=READ)]
    last: Annotated[
        Instant | None,
        About("Last sign-in", "Mewngofnodwyd ddiwethaf", kind="instant", personal="behaviour", right=READ),
    ] = None
    disabled: Annotated[Instant | None, About("Disabled since", "Analluogwyd ers", kind="instant", right=READ)] = None


class Role(Record):
    """A role of the organisation's own. `rights`: names, with spaces between. The id is made of the English name."""

    type_name: ClassVar[str] = "web.role"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    en: Annotated[Word, About("Name in English", "Enw Saesneg", right=READ)]
    cy: Annotated[Word, About("Name in Welsh", "Enw Cymraeg", right=READ)]
    rights: Annotated[Text | None, About("Rights", "Hawliau", folded=False, right=READ)] = None


class Session(Record):
    """One sign-in, on one device. The id is made of the cookie's token by SHA-256: it leads to no cookie.

    `user`: whose, None for whoever sits at the machine itself (`kind` *machine*). `epoch`: the user's, then. `seen`:
    when it was last used, within five minutes. `device`: in words (``Chromium on Android``).
    """

    type_name: ClassVar[str] = "web.session"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    user: Annotated[UUID | None, About("User", "Defnyddiwr", kind="id", personal="identity", right=READ)] = None
    epoch: Annotated[Integer, About("Epoch", "Cyfnod", kind="integer", right=READ)] = 0
    kind: Annotated[SessionKind, About("Kind", "Math", kind="word", folded=False, right=READ)] = "browser"
    device: Annotated[Word | None, About("Device", "Dyfais", personal="behaviour", right=READ)] = None
    made: Annotated[Instant, About("Since", "Ers", kind="instant", personal="behaviour", right=READ)]
    seen: Annotated[
        Instant, About("Last used", "Defnyddiwyd ddiwethaf", kind="instant", personal="behaviour", right=READ)
    ]
    ended: Annotated[Instant | None, About("Ended at", "Daeth i ben", kind="instant", right=READ)] = None


class Token(Record):
    """What another system signs in with. The id is made of it by SHA-256.

    `rights`: names, with spaces between; it never opens more than its maker may now.
    """

    type_name: ClassVar[str] = "web.token"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    name: Annotated[Word, About("Name", "Enw", right=READ)]
    user: Annotated[UUID | None, About("Made by", "Gwnaed gan", kind="id", personal="identity", right=READ)] = None
    rights: Annotated[Text, About("Rights", "Hawliau", folded=False, right=READ)]
    made: Annotated[Instant, About("Made at", "Gwnaed ar", kind="instant", right=READ)]
    expires: Annotated[Instant, About("Expires", "Yn dod i ben", kind="instant", right=READ)]
    last: Annotated[Instant | None, About("Last used", "Defnyddiwyd ddiwethaf", kind="instant", right=READ)] = None
    ended: Annotated[Instant | None, About("Ended at", "Daeth i ben", kind="instant", right=READ)] = None


class Invitation(Record):
    """A link that works once. The id is made of its token by SHA-256.

    `purpose`: the *first* administrator; a new *user*; a new *password*; to *link* an account elsewhere; to *pair* a
    tablet; to let in whoever sits at the *machine*; the *code* or the *set_up* of the second step, between password and
    sign-in; a try to come in from *elsewhere*, noted when it has been used. `epoch`: the user's, then: it counts no
    longer when theirs has grown.
    """

    type_name: ClassVar[str] = "web.invitation"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    purpose: Annotated[Purpose, About("Purpose", "Diben", kind="word", folded=False, right=READ)]
    user: Annotated[UUID | None, About("User", "Defnyddiwr", kind="id", personal="identity", right=READ)] = None
    epoch: Annotated[Integer, About("Epoch", "Cyfnod", kind="integer", right=READ)] = 0
    by: Annotated[Word, About("Made by", "Gwnaed gan", right=READ)]
    expires: Annotated[Instant, About("Expires", "Yn dod i ben", kind="instant", right=READ)]
    used: Annotated[Instant | None, About("Used at", "Defnyddiwyd ar", kind="instant", right=READ)] = None


class Linked(Record):
    """An account elsewhere that opens a user's. The id is made of who signs there and of its number there.

    `provider`: google, microsoft.
    """

    type_name: ClassVar[str] = "web.linked"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    user: Annotated[UUID, About("User", "Defnyddiwr", kind="id", personal="identity", right=READ)]
    provider: Annotated[Word, About("Where", "Ble", kind="word", folded=False, right=READ)]
    made: Annotated[Instant, About("Linked at", "Cysylltwyd ar", kind="instant", right=READ)]


class Reading(Record):
    """How many people a user, or another system, has looked at on a day. The id is made of both.

    `count`: different ones, as far as they were told apart. `stopped`: when there were too many; `decided`: what
    whoever lets people in has said since.
    """

    type_name: ClassVar[str] = "web.reading"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    who: Annotated[UUID, About("Who", "Pwy", kind="id", personal="identity", right=READ)]
    day: Annotated[date, About("Day", "Diwrnod", kind="date", personal="behaviour", right=READ)]
    count: Annotated[Integer, About("People", "Pobl", kind="integer", personal="behaviour", right=READ)] = 0
    stopped: Annotated[Instant | None, About("Stopped at", "Stopiwyd am", kind="instant", right=READ)] = None
    decided: Annotated[
        Literal["allowed", "kept"] | None, About("Decided", "Penderfyniad", kind="word", folded=False, right=READ)
    ] = None


class Failures(Record):
    """The newest failed sign-ins of one account or from one address: a JSON list of milliseconds."""

    type_name: ClassVar[str] = "web.failures"
    scope: ClassVar[Scope] = "local"
    undo: ClassVar[Undo] = "never"

    times: Annotated[Text, About("Times", "Amserau", kind="json", folded=False, right=WRITE)]


TYPES: tuple[type[Record], ...] = (Role, User, Session, Token, Invitation, Linked, Reading, Failures)
"""Each before those that name it."""


def user_id(sign_in: str) -> UUID:
    """The id of the user of that sign-in name, however it is written."""
    return named_id(f"web.user\x1f{fold(sign_in)}")


def role_id(name: str) -> UUID:
    """The id of the role of that English name, however it is written."""
    return named_id(f"web.role\x1f{fold(name)}")


def linked_id(issuer: str, sub: str) -> UUID:
    """The id of what links the account of that number, given by whoever signs there."""
    return named_id(f"web.linked\x1f{issuer}\x1f{sub}")


def reading_id(who: UUID, day: date) -> UUID:
    """The id of what somebody has looked at on a day."""
    return named_id(f"web.reading\x1f{who}\x1f{day}")


def secret_id(kind: type[Record], token: str) -> UUID:
    """The id of what a token opens: 122 bits of its SHA-256, from which nobody comes back to the token."""
    return named_id(f"{kind.type_name}\x1f{token}")


def new_secret(random: Random) -> str:
    """A token of 256 random bits, as 64 hexadecimal digits."""
    return random(32).hex()
