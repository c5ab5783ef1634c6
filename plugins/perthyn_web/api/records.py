"""What the API keeps: the answers to requests that carry a key, for a day, so that none is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from perthyn.model import Piece, Record
from perthyn.model.values import About, Instant, Integer, Word

KEPT = timedelta(hours=24)


class KeptAnswer(Record):
    """The answer to one request with an ``Idempotency-Key``. The id is made of who asked and the key.

    `asked`: SHA-256 of route and body. `status`: 0 while it is being done. `etag`: the answer's. `made`: when it came.
    `body`: none of an answer that holds a secret.
    """

    type_name: ClassVar[str] = "web.answer"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    asked: Annotated[Word, About("What was asked", "Beth a ofynnwyd", folded=False, right="user.write")]
    status: Annotated[Integer, About("Status", "Statws", kind="integer", right="user.write")] = 0
    etag: Annotated[Word | None, About("Version", "Fersiwn", folded=False, right="user.write")] = None
    body: tuple[Piece, ...] = ()
    made: Annotated[Instant, About("Came at", "Daeth ar", kind="instant", right="user.write")]
