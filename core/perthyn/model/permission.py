"""Consent and Suppression: what a person or an address said about being contacted. Records, not flags."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Integer, Text, Word

ContactChannel = Literal["email", "post", "phone", "sms"]
ConsentDecision = Literal["given", "unconfirmed", "refused", "withdrawn", "objected", "voided"]


class Consent(Record):
    """One thing said, once, immutable. A withdrawal is a new record; it is never undone.

    `unconfirmed`: an imported file reads as a yes, and no person has confirmed what the yes was to. `voided`: what
    was given before counts no more, since recording it was a mistake.
    `address`: an e-mail or number when it is about that address only. A refusal whose `how` is "merge" was not said
    but follows from a merge (the strictest wins), and goes when the merge is undone.
    """

    type_name: ClassVar[str] = "consent"
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    channel: Annotated[ContactChannel, About("Channel", "Sianel", kind="word", folded=False)]
    purpose: Annotated[Word, About("Purpose", "Diben", kind="word", folded=False)] = "marketing"
    decision: Annotated[ConsentDecision, About("Decision", "Penderfyniad", kind="word", folded=False)]
    at: Annotated[Instant | None, About("Said at", "Dywedwyd ar", kind="instant")] = None
    recorded: Annotated[Instant, About("Recorded at", "Cofnodwyd ar", kind="instant")]
    how: Annotated[Word | None, About("How", "Sut", kind="word")] = None
    by: Annotated[Word | None, About("Recorded by", "Cofnodwyd gan", kind="word")] = None
    wording: Annotated[Text | None, About("Wording", "Geiriad")] = None
    wording_version: Annotated[Word | None, About("Wording's version", "Fersiwn y geiriad")] = None
    language: Annotated[Word | None, About("Language of the wording", "Iaith y geiriad", kind="word")] = None
    address: Annotated[Word | None, About("For the address", "Ar gyfer y cyfeiriad", personal="contact")] = None
    evidence: Annotated[Text | None, About("Evidence", "Tystiolaeth")] = None
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None

    @property
    def undo_rule(self) -> str:
        if self.decision in ("refused", "withdrawn", "objected"):
            return "restore" if self.how == "merge" else "never"
        return "compensate" if self.decision == "given" else "restore"


class Suppression(Record):
    """An address that must not be used, as a keyed hash that outlives erasure."""

    type_name: ClassVar[str] = "suppression"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    address_hash: Annotated[Word, About("Hash of the address", "Stwnsh y cyfeiriad", folded=False)]
    channel: Annotated[ContactChannel, About("Channel", "Sianel", kind="word", folded=False)]
    why: Annotated[Word, About("Reason", "Rheswm", kind="word", folded=False)]
    recorded: Annotated[Instant, About("Recorded at", "Cofnodwyd ar", kind="instant")]
