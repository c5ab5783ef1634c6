"""Job and Inbound: what is to be done, and what came in, as it came. Both stay on the machine that has them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from perthyn.model.record import Part, Record
from perthyn.model.values import About, Instant, Integer, Text, Word

JobState = Literal["waiting", "parked"]
InboundState = Literal["waiting", "done", "parked"]


class Job(Record):
    """One thing to be done, committed with the data it follows from; gone, with its effects, when it has been done.

    `name`: which `perthyn.work.Work` does it. `about`: of what (an account, a campaign). `facts`: canonical JSON.
    `due`: not before. While a worker has it in hand, until `until`, nobody else takes it. *parked*: it failed for good
    with the error `code` and `why`, and waits for a person.
    """

    type_name: ClassVar[str] = "job"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    name: Annotated[Word, About("Job", "Gorchwyl", kind="word", folded=False)]
    about: Annotated[Word | None, About("About", "Am", folded=False)] = None
    facts: Annotated[Text | None, About("Facts", "Ffeithiau", kind="json", personal="note", folded=False)] = None
    state: Annotated[JobState, About("State", "Cyflwr", kind="word", folded=False)] = "waiting"
    due: Annotated[Instant, About("Due", "I'w wneud o", kind="instant")]
    attempts: Annotated[Integer, About("Attempts", "Ymdrechion", kind="integer")] = 0
    worker: Annotated[Word | None, About("In hand of", "Yn nwylo", kind="word", folded=False)] = None
    until: Annotated[Instant | None, About("In hand until", "Mewn llaw tan", kind="instant")] = None
    code: Annotated[Word | None, About("Problem", "Problem", kind="word", folded=False)] = None
    why: Annotated[Text | None, About("Why", "Pam", personal="note", folded=False)] = None


class Piece(Part):
    """A piece of a body, in its order: base64 of the compressed bytes, cut where the value domain ends a text."""

    number: Annotated[Integer, About("Number", "Rhif", kind="integer")]
    text: Annotated[Text, About("Text", "Testun", personal="note", folded=False)]

    @property
    def key(self) -> str:
        return str(self.number)


class Inbound(Record):
    """What somebody sent to the inbound door, as it came; kept 30 days. The same event again is the same record.

    `event`: the sender's own id of it, else a hash of the body. `headers`: canonical JSON of those that tell something,
    never a secret. *parked*: reading it failed with `code` and `why`; it can be read again.
    """

    type_name: ClassVar[str] = "inbound"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    channel: Annotated[Word, About("Channel", "Sianel", kind="word", folded=False)]
    account: Annotated[Word, About("Account", "Cyfrif", kind="word", folded=False)]
    event: Annotated[Word, About("Event", "Digwyddiad", folded=False)]
    path: Annotated[Text | None, About("Path", "Llwybr", folded=False)] = None
    headers: Annotated[Text | None, About("Headers", "Penynnau", kind="json", folded=False)] = None
    body: tuple[Piece, ...] = ()
    came: Annotated[Instant, About("Came at", "Daeth ar", kind="instant")]
    state: Annotated[InboundState, About("State", "Cyflwr", kind="word", folded=False)] = "waiting"
    code: Annotated[Word | None, About("Problem", "Problem", kind="word", folded=False)] = None
    why: Annotated[Text | None, About("Why", "Pam", personal="note", folded=False)] = None
