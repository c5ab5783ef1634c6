"""What a person or an address said about being contacted, how the address came to us, which lists it was held against.

Records, not flags.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Integer, Text, Word

ContactChannel = Literal["email", "post", "phone", "sms"]
ConsentDecision = Literal["given", "unconfirmed", "refused", "withdrawn", "objected", "voided"]
From = Literal["person", "third_party"]
Connection = Literal["sale", "support", "interest", "other"]
Subscriber = Literal["individual", "corporate"]
ScreeningList = Literal["tps", "ctps", "mps", "bounce"]


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

    def taken_back(self) -> dict[str, Any]:
        return {"decision": "voided"}


class Obtained(Record):
    """How one address or number of a contact came to us, immutable: what the soft opt-ins rest on (PECR 22(3), 22(3A)).

    `whom`: the person, who gave it to us directly, or a third party (our own trading company is one). `connection`: a
    sale or negotiations for one; support given or offered to the charitable purpose; interest shown in it.
    `refusable`: a simple way to refuse was offered then. `subscriber`: whose line or mailbox it is; companies and
    other bodies with legal personality are corporate, sole traders and partnerships are not.
    """

    type_name: ClassVar[str] = "obtained"
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    channel: Annotated[ContactChannel, About("Channel", "Sianel", kind="word", folded=False)]
    address: Annotated[Word, About("For the address", "Ar gyfer y cyfeiriad", personal="contact")]
    at: Annotated[Instant, About("Obtained at", "Cafwyd ar", kind="instant")]
    whom: Annotated[From, About("Obtained from", "Cafwyd gan", kind="word", folded=False)]
    connection: Annotated[Connection, About("In connection with", "Mewn cysylltiad â", kind="word", folded=False)]
    refusable: Annotated[bool, About("Could refuse then", "Gellid gwrthod ar y pryd", kind="flag")] = False
    subscriber: Annotated[Subscriber, About("Subscriber", "Tanysgrifiwr", kind="word", folded=False)] = "individual"
    recorded: Annotated[Instant, About("Recorded at", "Cofnodwyd ar", kind="instant")]
    how: Annotated[Word | None, About("How", "Sut", kind="word")] = None
    by: Annotated[Word | None, About("Recorded by", "Cofnodwyd gan", kind="word")] = None
    evidence: Annotated[Text | None, About("Evidence", "Tystiolaeth")] = None
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


class Screening(Record):
    """That a number, or a name at an address, was held against a list of those who want no calls or no post.

    `list`: the Telephone Preference Service, its corporate list, or the Mailing Preference Service; *bounce*: what the
    mail servers say of an e-mail address (a hit: nothing arrives there). `address`: the number (E.164), postcode and
    folded name, or e-mail address. `checked`: what the list said is as of then. A request through the
    Fundraising Preference Service is none of these: it is an objection (`Consent`).
    """

    type_name: ClassVar[str] = "screening"
    owner: ClassVar[str] = "contact"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    list: Annotated[ScreeningList, About("List", "Rhestr", kind="word", folded=False)]
    address: Annotated[Word, About("For the address", "Ar gyfer y cyfeiriad", personal="contact")]
    checked: Annotated[Instant, About("Checked at", "Gwiriwyd ar", kind="instant")]
    hit: Annotated[bool, About("Is on the list", "Ar y rhestr", kind="flag")]
    reference: Annotated[Word | None, About("Reference", "Cyfeirnod")] = None
    recorded: Annotated[Instant, About("Recorded at", "Cofnodwyd ar", kind="instant")]
    by: Annotated[Word | None, About("Recorded by", "Cofnodwyd gan", kind="word")] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


class Suppression(Record):
    """An address that must not be used, as a keyed hash that outlives erasure."""

    type_name: ClassVar[str] = "suppression"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    address_hash: Annotated[Word, About("Hash of the address", "Stwnsh y cyfeiriad", folded=False)]
    channel: Annotated[ContactChannel, About("Channel", "Sianel", kind="word", folded=False)]
    why: Annotated[Word, About("Reason", "Rheswm", kind="word", folded=False)]
    recorded: Annotated[Instant, About("Recorded at", "Cofnodwyd ar", kind="instant")]
