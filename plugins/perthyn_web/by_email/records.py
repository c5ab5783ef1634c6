"""What is kept of who has the numbers sent to them; it stays on this machine, as accounts do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.ids import named_id
from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Text, Word
from perthyn_web.accounts.records import READ

Every = Literal["week", "month"]
EVERY: Mapping[str, Every | None] = {"week": "week", "month": "month", "never": None}
Outcome = Literal["sent", "rehearsed", "unknown", "refused"]


class Wish(Record):
    """That a user has the numbers sent to them. The id is made of the user's.

    `address`: where to, as they typed it. `every`: how often, None: no more. `language`: in which they asked. `due`:
    when the next is to go. `last`: what became of the last one, of which `at` and `said` (by the mail server) tell.
    `token`: of the system that asked for somebody; the letters tell no more than it may see, and end with it. `wanted`:
    a JSON list of the milliseconds at which a letter was wanted at once during the last day.
    """

    type_name: ClassVar[str] = "web.numbers"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    user: Annotated[UUID, About("User", "Defnyddiwr", kind="id", personal="identity", right=READ)]
    address: Annotated[Word, About("Email", "E-bost", personal="contact", folded=False, right=READ)]
    every: Annotated[Every | None, About("How often", "Pa mor aml", kind="word", folded=False, right=READ)] = None
    language: Annotated[Literal["cy", "en"], About("Language", "Iaith", kind="word", folded=False, right=READ)] = "en"
    due: Annotated[Instant | None, About("Next", "Nesaf", kind="instant", right=READ)] = None
    last: Annotated[Outcome | None, About("Last", "Diwethaf", kind="word", folded=False, right=READ)] = None
    at: Annotated[Instant | None, About("Last at", "Diwethaf am", kind="instant", right=READ)] = None
    said: Annotated[Text | None, About("Answer", "Ateb", folded=False, right=READ)] = None
    token: Annotated[UUID | None, About("Token", "Tocyn", kind="id", right=READ)] = None
    wanted: Annotated[
        Text | None, About("Wanted at once", "Eisiau ar unwaith", kind="json", folded=False, right=READ)
    ] = None


TYPES: tuple[type[Record], ...] = (Wish,)


def wish_id(user: UUID) -> UUID:
    """The id of a user's wish."""
    return named_id(f"web.numbers\x1f{user}")
