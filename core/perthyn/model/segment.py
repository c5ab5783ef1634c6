"""Segment and Membership: a named group, and who stands in it by hand or since a snapshot."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Integer, Text, Word

SUPPRESSION_KEY = "suppression.key"
TOKEN_KEY = "token.key"
SegmentMode = Literal["dynamic", "snapshot", "hand"]


class Segment(Record):
    """A name and a rule. `rule` is the rule's data form as canonical JSON; a hand-picked one may have none.

    *dynamic* keeps itself up to date; *snapshot* was worked out on `fixed_on` and stays; *hand* is hand-picked.
    """

    type_name: ClassVar[str] = "segment"

    name_en: Annotated[Word | None, About("Name (English)", "Enw (Saesneg)")] = None
    name_cy: Annotated[Word | None, About("Name (Welsh)", "Enw (Cymraeg)")] = None
    mode: Annotated[SegmentMode, About("Mode", "Modd", kind="word", folded=False)] = "dynamic"
    rule: Annotated[Text | None, About("Rule", "Rheol", kind="json", folded=False)] = None
    fixed_on: Annotated[date | None, About("Fixed on", "Pennwyd ar", kind="date")] = None

    def name(self, language: str) -> str:
        """The name in the reader's language, else in the other."""
        first, second = (self.name_cy, self.name_en) if language == "cy" else (self.name_en, self.name_cy)
        return first or second or str(self.id)[-6:]


class Membership(Record):
    """That a contact stands in a hand-picked or snapshot segment."""

    type_name: ClassVar[str] = "membership"
    owner: ClassVar[str] = "contact"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    segment: Annotated[UUID, About("Segment", "Segment", kind="id")]
    since: Annotated[Instant, About("Since", "Ers", kind="instant")]
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


class Setting(Record):
    """One thing the store must remember of itself: the organisation's zone, its keys, what was asked once."""

    type_name: ClassVar[str] = "setting"

    name: Annotated[Word, About("Setting", "Gosodiad", folded=False)]
    value: Annotated[Text, About("Value", "Gwerth", kind="json", folded=False)]

    @property
    def undo_rule(self) -> str:
        """Without their keys the suppression list lets everybody through, and no link in a letter sent is known."""
        return "never" if self.name in (SUPPRESSION_KEY, TOKEN_KEY) else self.undo


class Problem(Record):
    """Something a person must look at: a refused row, a suggested pair, a contradiction, an overruled cell.

    `where`: file, sheet and row as text. `facts`: canonical JSON of what the code's sentences name. `state`: open,
    or how it ended. `contact` and `other` are the contacts it is about.
    """

    type_name: ClassVar[str] = "problem"

    code: Annotated[Word, About("Problem", "Problem", kind="word", folded=False)]
    state: Annotated[Word, About("State", "Cyflwr", kind="word", folded=False)] = "open"
    where: Annotated[Word | None, About("Where", "Ble")] = None
    row: Annotated[Integer | None, About("Row", "Rhes", kind="integer")] = None
    column: Annotated[Word | None, About("Column", "Colofn")] = None
    raw: Annotated[Text | None, About("As it came", "Fel y daeth", personal="note", right="raw.read", folded=False)] = (
        None
    )
    facts: Annotated[Text | None, About("Facts", "Ffeithiau", kind="json", personal="note", folded=False)] = None
    contact: Annotated[UUID | None, About("Contact", "Cyswllt", kind="id", personal="identity")] = None
    other: Annotated[UUID | None, About("Other contact", "Cyswllt arall", kind="id", personal="identity")] = None
    at: Annotated[Instant, About("Noticed at", "Sylwyd ar", kind="instant")]


class CustomField(Record):
    """The declaration of a custom field of contacts; only declared fields stand in rules."""

    type_name: ClassVar[str] = "custom_field"

    name: Annotated[Word, About("Field", "Maes", folded=False)]
    type: Annotated[Literal["text", "number", "date"], About("Type", "Math", kind="word", folded=False)] = "text"
    label_en: Annotated[Word, About("Label (English)", "Label (Saesneg)")]
    label_cy: Annotated[Word | None, About("Label (Welsh)", "Label (Cymraeg)")] = None
    personal: Annotated[Word, About("Personal-data class", "Dosbarth data personol", kind="word")] = "behaviour"
    right: Annotated[Word, About("Right", "Hawl", kind="word", folded=False)] = "contact.read"
