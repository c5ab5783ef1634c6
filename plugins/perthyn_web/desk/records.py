"""What is kept of the tablets at the desk; it stays on this machine."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Text, Word
from perthyn_web.accounts.records import READ, WRITE


class Tablet(Record):
    """A tablet that was paired. The id is made of its cookie's token by SHA-256.

    `session`: the sign-in of whoever is at it now; a tap on another name ends it.
    """

    type_name: ClassVar[str] = "web.tablet"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    name: Annotated[Word, About("Name", "Enw", right=READ)]
    made: Annotated[Instant, About("Paired at", "Parwyd ar", kind="instant", right=READ)]
    seen: Annotated[Instant, About("Last used", "Defnyddiwyd ddiwethaf", kind="instant", right=READ)]
    session: Annotated[UUID | None, About("Sign-in", "Mewngofnodiad", kind="id", right=READ)] = None
    ended: Annotated[Instant | None, About("Ended at", "Daeth i ben", kind="instant", right=READ)] = None


class Pin(Record):
    """The few digits by which somebody takes over at the desk. The id is made of the user's."""

    type_name: ClassVar[str] = "web.pin"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    user: Annotated[UUID, About("User", "Defnyddiwr", kind="id", personal="identity", right=READ)]
    hash: Annotated[Text, About("Hash", "Hash", folded=False, right=WRITE)]


TYPES: tuple[type[Record], ...] = (Tablet, Pin)
