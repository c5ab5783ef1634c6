"""What Gift Aid keeps: declarations, details of gifts, claims and their lines."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from perthyn.model.kinds import GIVING
from perthyn.model.record import Record
from perthyn.model.values import About, Instant, Integer, Text, Word
from perthyn.text import phrase

KEPT = "gift_aid"
"""The retention schedule: six years from the end of the accounting period of the last gift; while in use, longer."""

Said = Literal["made", "cancelled", "died", "not_taxpayer", "voided"]
Covers = Literal["gift", "past", "future", "both"]
Nature = Literal["gift", "sponsored", "admission", "purchase", "voucher"]
Undo = Literal["restore", "compensate", "never"]
CLAIMED = (
    "a claim ends by perthyn giftaid claims --drop FILE, as long as it is not sent",
    "daw hawliad i ben trwy perthyn giftaid claims --drop FFEIL, os nad yw wedi'i anfon",
)


class Declaration(Record):
    """That a donor pays tax and lets the charity claim; or, as a further record, that this no longer holds.

    `said`: *made*; *cancelled*, *not_taxpayer* (from `day` on), *died* (on `day`); *voided*: recording it was a
    mistake. An end names its `declaration`; without one it is of all the donor made. `day`: when it was made. `covers`:
    one `gift` (without one: those of that day), the four years past, the future, or both; the day itself always.
    `how`: written, online or spoken; a spoken one counts 30 days after its written confirmation was sent, `confirmed`.
    Name and home address are the donor's as declared: they never follow the contact's.
    """

    type_name: ClassVar[str] = "donations.declaration"
    seen_by: ClassVar[str] = GIVING
    called: ClassVar[tuple[str, str]] = ("Gift Aid declarations", "Datganiadau Rhodd Cymorth")
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True
    undo: ClassVar[Undo] = "compensate"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity", retention=KEPT)]
    said: Annotated[Said, About("Said", "Dywedwyd", kind="word", folded=False, retention=KEPT)] = "made"
    declaration: Annotated[UUID | None, About("Of the declaration", "O'r datganiad", kind="id", retention=KEPT)] = None
    day: Annotated[date, About("Date", "Dyddiad", kind="date", retention=KEPT)]
    covers: Annotated[Covers, About("Covers", "Yn cynnwys", kind="word", folded=False, retention=KEPT)] = "gift"
    gift: Annotated[UUID | None, About("For the gift", "Ar gyfer y rhodd", kind="id", retention=KEPT)] = None
    how: Annotated[Word | None, About("How", "Sut", kind="word", retention=KEPT)] = None
    confirmed: Annotated[
        date | None, About("Confirmation sent on", "Anfonwyd cadarnhad ar", kind="date", retention=KEPT)
    ] = None
    charity: Annotated[Word | None, About("Charity", "Elusen", retention=KEPT)] = None
    title: Annotated[Word | None, About("Title", "Teitl", personal="identity", retention=KEPT)] = None
    given: Annotated[Word | None, About("First name", "Enw cyntaf", personal="identity", retention=KEPT)] = None
    family: Annotated[Word | None, About("Surname", "Cyfenw", personal="identity", retention=KEPT)] = None
    house: Annotated[
        Word | None, About("House name or number", "Enw neu rif y tŷ", personal="contact", retention=KEPT)
    ] = None
    address: Annotated[Text | None, About("Home address", "Cyfeiriad cartref", personal="contact", retention=KEPT)] = (
        None
    )
    postcode: Annotated[Word | None, About("Postcode", "Cod post", personal="contact", retention=KEPT)] = None
    overseas: Annotated[bool, About("Lives abroad", "Yn byw dramor", kind="flag", retention=KEPT)] = False
    wording: Annotated[Text | None, About("Wording", "Geiriad", retention=KEPT)] = None
    wording_version: Annotated[Word | None, About("Wording's version", "Fersiwn y geiriad", retention=KEPT)] = None
    language: Annotated[
        Word | None, About("Language of the wording", "Iaith y geiriad", kind="word", retention=KEPT)
    ] = None
    evidence: Annotated[Text | None, About("Evidence", "Tystiolaeth", retention=KEPT)] = None
    recorded: Annotated[Instant | None, About("Recorded at", "Cofnodwyd ar", kind="instant", retention=KEPT)] = None
    by: Annotated[Word | None, About("Recorded by", "Cofnodwyd gan", kind="word", retention=KEPT)] = None
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False, retention=KEPT)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None

    @property
    def undo_rule(self) -> str:
        return "compensate" if self.said == "made" else "restore"

    def taken_back(self) -> dict[str, Any]:
        return {"said": "voided", "declaration": self.id}


class Gift(Record):
    """What is known of a gift beside the interaction that it is; all of it optional.

    `nature`: a *gift*; *sponsored*; *admission* paid as a gift, with the `normal` price or a year's right to come
    (`year_right`); a *purchase* (raffle, auction, shop); a *voucher* (CAF and others). `benefit`: what the donor gets
    for it, in pence. `claimed_by`: who claims the Gift Aid on it already. `asked`: what the donor answered when asked
    about Gift Aid then; a yes alone is no declaration. `refund_of`: the gift that this one, negative, takes back.
    `pledge`: the pledge that it pays a part of. `fund`, `plan` (of a recurring gift, at its source), `credit`: whoever
    else it is counted for.
    """

    type_name: ClassVar[str] = "donations.gift"
    seen_by: ClassVar[str] = GIVING
    called: ClassVar[tuple[str, str]] = ("What is noted of gifts", "Yr hyn a nodwyd am roddion")
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity", retention=KEPT)]
    interaction: Annotated[UUID, About("Gift", "Rhodd", kind="id", retention=KEPT, names="interaction")]
    fund: Annotated[Word | None, About("Fund", "Cronfa", kind="word", retention=KEPT)] = None
    plan: Annotated[Word | None, About("Regular gift", "Rhodd reolaidd", folded=False, retention=KEPT)] = None
    credit: Annotated[
        UUID | None, About("Counted for", "Cyfrifir i", kind="id", personal="identity", names="contact")
    ] = None
    pledge: Annotated[
        UUID | None, About("Pays the pledge", "Yn talu'r addewid", kind="id", retention=KEPT, names="interaction")
    ] = None
    nature: Annotated[Nature, About("What it is", "Beth ydyw", kind="word", folded=False, retention=KEPT)] = "gift"
    normal: Annotated[Integer | None, About("Normal price", "Pris arferol", kind="money", retention=KEPT)] = None
    year_right: Annotated[bool, About("Admission for a year", "Mynediad am flwyddyn", kind="flag", retention=KEPT)] = (
        False
    )
    benefit: Annotated[Integer | None, About("Benefits", "Buddion", kind="money", retention=KEPT)] = None
    claimed_by: Annotated[Word | None, About("Claimed by", "Hawlir gan", kind="word", retention=KEPT)] = None
    asked: Annotated[
        Literal["yes", "no"] | None,
        About("Gift Aid asked", "Gofynnwyd am Rodd Cymorth", kind="word", folded=False, retention=KEPT),
    ] = None
    refund_of: Annotated[
        UUID | None, About("Takes back", "Yn ad-dalu", kind="id", retention=KEPT, names="interaction")
    ] = None
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False, retention=KEPT)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


class Claim(Record):
    """One claim, recorded before its files are written. It counts until it is `dropped`, which it can be unless `sent`.

    `name`: of its first file. `amount`: the gifts, in pence. `over_claimed`: tax claimed before and to be paid back by
    this one (Box 2), in pence. `sha256`: of its files one after the other.
    """

    type_name: ClassVar[str] = "donations.claim"
    seen_by: ClassVar[str] = GIVING
    undo: ClassVar[Undo] = "never"
    stays: ClassVar[tuple[str, str]] = CLAIMED

    name: Annotated[Word, About("File", "Ffeil", folded=False, retention=KEPT)]
    at: Annotated[Instant, About("Made at", "Gwnaed ar", kind="instant", retention=KEPT)]
    by: Annotated[Word, About("Made by", "Gwnaed gan", kind="word", retention=KEPT)]
    until: Annotated[date, About("Gifts until", "Rhoddion hyd", kind="date", retention=KEPT)]
    files: Annotated[Integer, About("Files", "Ffeiliau", kind="integer", retention=KEPT)]
    lines: Annotated[Integer, About("Lines", "Llinellau", kind="integer", retention=KEPT)]
    amount: Annotated[Integer, About("Gifts", "Rhoddion", kind="money", right="money.read", retention=KEPT)]
    over_claimed: Annotated[
        Integer, About("Tax over-claimed", "Treth a or-hawliwyd", kind="money", right="money.read", retention=KEPT)
    ] = 0
    sha256: Annotated[Word, About("Fingerprint", "Ôl bys", folded=False, retention=KEPT)]
    sent: Annotated[date | None, About("Sent on", "Anfonwyd ar", kind="date", retention=KEPT)] = None
    dropped: Annotated[date | None, About("Dropped on", "Gollyngwyd ar", kind="date", retention=KEPT)] = None


class ClaimLine(Record):
    """What was claimed on one gift in one claim, and under which name and address, letter by letter.

    `amount`: pence of the gift; less than nothing where more had been claimed than is due: no row of the file, but a
    part of its Box 2. `file`, `item`: where it stands; the gifts of an aggregated row share one. Its id is made of the
    gift and how many lines that has already, so that two machines can't claim a gift twice.
    """

    type_name: ClassVar[str] = "donations.claim_line"
    seen_by: ClassVar[str] = GIVING
    called: ClassVar[tuple[str, str]] = ("In Gift Aid claims", "Mewn hawliadau Rhodd Cymorth")
    owner: ClassVar[str] = "contact"
    undo: ClassVar[Undo] = "never"
    stays: ClassVar[tuple[str, str]] = CLAIMED

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity", retention=KEPT)]
    claim: Annotated[UUID, About("Claim", "Hawliad", kind="id", retention=KEPT)]
    interaction: Annotated[UUID, About("Gift", "Rhodd", kind="id", retention=KEPT)]
    declaration: Annotated[UUID | None, About("Declaration", "Datganiad", kind="id", retention=KEPT)] = None
    file: Annotated[Integer, About("File", "Ffeil", kind="integer", retention=KEPT)] = 0
    item: Annotated[Integer, About("Item", "Eitem", kind="integer", retention=KEPT)] = 0
    day: Annotated[date, About("Date", "Dyddiad", kind="date", retention=KEPT)]
    amount: Annotated[
        Integer, About("Amount", "Swm", kind="money", personal="money", right="money.read", retention=KEPT)
    ]
    title: Annotated[Word | None, About("Title", "Teitl", personal="identity", retention=KEPT)] = None
    given: Annotated[Word | None, About("First name", "Enw cyntaf", personal="identity", retention=KEPT)] = None
    family: Annotated[Word | None, About("Surname", "Cyfenw", personal="identity", retention=KEPT)] = None
    house: Annotated[
        Word | None, About("House name or number", "Enw neu rif y tŷ", personal="contact", retention=KEPT)
    ] = None
    postcode: Annotated[Word | None, About("Postcode", "Cod post", personal="contact", retention=KEPT)] = None
    aggregated: Annotated[Word | None, About("Aggregated", "Cyfansymiol", retention=KEPT)] = None
    sponsored: Annotated[bool, About("Sponsored event", "Digwyddiad wedi'i noddi", kind="flag", retention=KEPT)] = False
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


class Kept(Record):
    """What the law has kept of a claimed gift when its donor is erased: the line, and what was declared; until a day.

    It belongs to nobody, and nothing but a claim looks at it. `until`: see `KEPT`; it goes by itself then.
    """

    type_name: ClassVar[str] = "donations.kept"
    seen_by: ClassVar[str] = GIVING
    undo: ClassVar[Undo] = "never"

    claim: Annotated[UUID, About("Claim", "Hawliad", kind="id", right="money.read", retention=KEPT)]
    file: Annotated[Integer, About("File", "Ffeil", kind="integer", right="money.read", retention=KEPT)] = 0
    item: Annotated[Integer, About("Item", "Eitem", kind="integer", right="money.read", retention=KEPT)] = 0
    day: Annotated[date, About("Date", "Dyddiad", kind="date", right="money.read", retention=KEPT)]
    amount: Annotated[
        Integer, About("Amount", "Swm", kind="money", personal="money", right="money.read", retention=KEPT)
    ]
    title: Annotated[Word | None, About("Title", "Teitl", personal="identity", right="money.read", retention=KEPT)] = (
        None
    )
    given: Annotated[
        Word | None, About("First name", "Enw cyntaf", personal="identity", right="money.read", retention=KEPT)
    ] = None
    family: Annotated[
        Word | None, About("Surname", "Cyfenw", personal="identity", right="money.read", retention=KEPT)
    ] = None
    house: Annotated[Word | None, About("House", "Tŷ", personal="contact", right="money.read", retention=KEPT)] = None
    postcode: Annotated[
        Word | None, About("Postcode", "Cod post", personal="contact", right="money.read", retention=KEPT)
    ] = None
    aggregated: Annotated[Word | None, About("Aggregated", "Cyfansymiol", right="money.read", retention=KEPT)] = None
    sponsored: Annotated[
        bool, About("Sponsored event", "Digwyddiad wedi'i noddi", kind="flag", right="money.read", retention=KEPT)
    ] = False
    declared: Annotated[
        Text | None, About("Declaration", "Datganiad", kind="json", personal="identity", right="money.read",
                           retention=KEPT, folded=False)
    ] = None  # fmt: skip
    until: Annotated[date, About("Kept until", "Cedwir hyd", kind="date", right="money.read", retention=KEPT)]


SHOWN = (
    phrase("yes"), phrase("no"), phrase("sponsored"), phrase("admission"), phrase("purchase"), phrase("voucher"),
    phrase("cancelled"), phrase("died"), phrase("not_taxpayer"), phrase("voided"), phrase("past"), phrase("future"),
    phrase("both"), phrase("late"), phrase("ended"), phrase("day"), phrase("week"), phrase("year"),
)  # fmt: skip
"""Words of records as a person's view shows them."""
TYPES: tuple[type[Record], ...] = (Gift, Declaration, Claim, ClaimLine, Kept)
"""Each before those that name it."""
