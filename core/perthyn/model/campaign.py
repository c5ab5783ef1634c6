"""Campaign and Message: what is sent to a segment, and one line of the ledger for each person it is sent to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.permission import ContactChannel
from perthyn.model.record import Record
from perthyn.model.values import About, Currency, Instant, Integer, Language, Text, Word

CampaignState = Literal["draft", "sending", "paused", "sent"]
MessageState = Literal["waiting", "claimed", "sent", "handed", "held", "failed", "unknown"]


class Campaign(Record):
    """A letter in both languages to the people of a segment, for one purpose, at a cost.

    `code`: the short word that stands in `Interaction.campaign`. `segment` is worked out when sending begins, and then
    `rule` is the closed rule it was and `frozen_on` the day. `languages`: in which it must be written before it may
    go. `household`: one for all who live together. `cost` in minor units of `currency`; `income_days`: how long after
    a message what its reader gives or buys counts as its income.
    """

    type_name: ClassVar[str] = "campaign"

    code: Annotated[Word, About("Campaign", "Ymgyrch", kind="word")]
    name_en: Annotated[Word | None, About("Name (English)", "Enw (Saesneg)")] = None
    name_cy: Annotated[Word | None, About("Name (Welsh)", "Enw (Cymraeg)")] = None
    channel: Annotated[ContactChannel, About("Channel", "Sianel", kind="word", folded=False)] = "email"
    purpose: Annotated[Word, About("Purpose", "Diben", kind="word", folded=False)] = "marketing"
    state: Annotated[CampaignState, About("State", "Cyflwr", kind="word", folded=False)] = "draft"
    segment: Annotated[UUID | None, About("Segment", "Segment", kind="id")] = None
    rule: Annotated[Text | None, About("Rule", "Rheol", kind="json", folded=False)] = None
    frozen_on: Annotated[date | None, About("Worked out on", "Cyfrifwyd ar", kind="date")] = None
    languages: Annotated[Language, About("Languages", "Ieithoedd", kind="word", folded=False)] = "both"
    household: Annotated[bool, About("One for a household", "Un i bob aelwyd", kind="flag")] = False
    subject_en: Annotated[Text | None, About("Subject (English)", "Pwnc (Saesneg)")] = None
    subject_cy: Annotated[Text | None, About("Subject (Welsh)", "Pwnc (Cymraeg)")] = None
    letter_en: Annotated[Text | None, About("Letter (English)", "Llythyr (Saesneg)")] = None
    letter_cy: Annotated[Text | None, About("Letter (Welsh)", "Llythyr (Cymraeg)")] = None
    cost: Annotated[Integer | None, About("Cost", "Cost", kind="money", right="money.read")] = None
    currency: Annotated[Currency | None, About("Currency", "Arian cyfred", kind="word", folded=False)] = None
    income_days: Annotated[Integer, About("Days of income", "Dyddiau incwm", kind="integer")] = 30
    made: Annotated[Instant, About("Made at", "Gwnaed ar", kind="instant")]
    by: Annotated[Word | None, About("Made by", "Gwnaed gan", kind="word")] = None

    @property
    def undo_rule(self) -> str:
        """What has gone out is not taken back."""
        return "restore" if self.state == "draft" else "never"

    def name(self, language: str) -> str:
        """The name in the reader's language, else in the other, else its code."""
        first, second = (self.name_cy, self.name_en) if language == "cy" else (self.name_en, self.name_cy)
        return first or second or self.code


class Message(Record):
    """One line of the ledger: one message of a campaign to one person. Its id is made of both, so there is one.

    *waiting*: to be sent, not before `due`. *claimed*: a sender (`worker`) has it in hand, since `claimed`. *sent*: the
    channel took it, at `sent`, and answered `reply`. *handed*: it went out in a file, for somebody else to send.
    *held*: `rule` says why not. *failed*: the channel refused it for good. *unknown*: whoever had it in hand stopped;
    it may or may not have gone, and only a person decides what becomes of it. `rule`: what the one door answered, or
    why it is held; `evidence`: the ids of the records that rests on. `household`: whose message speaks for this one.
    """

    type_name: ClassVar[str] = "message"
    owner: ClassVar[str] = "contact"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    campaign: Annotated[UUID, About("Campaign", "Ymgyrch", kind="id")]
    channel: Annotated[ContactChannel, About("Channel", "Sianel", kind="word", folded=False)]
    state: Annotated[MessageState, About("State", "Cyflwr", kind="word", folded=False)] = "waiting"
    language: Annotated[Language, About("Language", "Iaith", kind="word", folded=False)] = "both"
    address: Annotated[Text | None, About("To the address", "I'r cyfeiriad", personal="contact")] = None
    rule: Annotated[Word | None, About("Rule", "Rheol", kind="word", folded=False)] = None
    evidence: Annotated[Text | None, About("Evidence", "Tystiolaeth", kind="json", folded=False)] = None
    household: Annotated[UUID | None, About("In the message of", "Yn neges", kind="id", personal="identity")] = None
    due: Annotated[Instant | None, About("Not before", "Nid cyn", kind="instant")] = None
    attempts: Annotated[Integer, About("Attempts", "Ymdrechion", kind="integer")] = 0
    worker: Annotated[Word | None, About("In hand of", "Yn nwylo", kind="word", folded=False)] = None
    claimed: Annotated[Instant | None, About("Taken in hand at", "Cymerwyd mewn llaw ar", kind="instant")] = None
    sent: Annotated[Instant | None, About("Sent at", "Anfonwyd ar", kind="instant")] = None
    reply: Annotated[Text | None, About("Answer", "Ateb", folded=False)] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None
