"""Contact: a person, a household or an organisation, and what belongs to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model.normal import email_key, phone_e164, postcode_key
from perthyn.model.record import Part, Record
from perthyn.model.values import About, Integer, Language, Text, Word

ContactKind = Literal["person", "household", "organisation"]


class Email(Part):
    """An e-mail address as it was written; not an identity, for families share one."""

    address: Annotated[Word, About("Email", "E-bost", personal="contact", folded=True)]
    preferred: Annotated[bool, About("Preferred", "Dewisol", kind="flag")] = False

    @property
    def key(self) -> str:
        return email_key(self.address)


class Phone(Part):
    """A phone number as written, with its E.164 form where it has one (made by `Phone.of`)."""

    number: Annotated[Word, About("Phone", "Ffôn", personal="contact")]
    e164: Annotated[Word | None, About("International number", "Rhif rhyngwladol", personal="contact")] = None
    preferred: Annotated[bool, About("Preferred", "Dewisol", kind="flag")] = False

    @classmethod
    def of(cls, number: str, region: str = "GB", preferred: bool = False) -> Phone:
        """The number as written with its E.164 form worked out for the default region."""
        return cls(number=number, e164=phone_e164(number, region) or None, preferred=preferred)

    @property
    def key(self) -> str:
        return self.e164 or "".join(letter for letter in self.number if letter.isalnum())


class Address(Part):
    """A postal address: its lines as written, and the parts that are asked for alone."""

    lines: Annotated[Text | None, About("Address", "Cyfeiriad", personal="contact")] = None
    town: Annotated[Word | None, About("Town", "Tref", personal="contact")] = None
    county: Annotated[Word | None, About("County", "Sir", personal="contact")] = None
    postcode: Annotated[Word | None, About("Postcode", "Cod post", personal="contact")] = None
    country: Annotated[Word | None, About("Country", "Gwlad", personal="contact")] = None
    preferred: Annotated[bool, About("Preferred", "Dewisol", kind="flag")] = False

    @property
    def postcode_key(self) -> str:
        return postcode_key(self.postcode or "")

    @property
    def key(self) -> str:
        first = (self.lines or self.town or self.country or "").partition("\n")[0]
        return f"{self.postcode_key}|{' '.join(first.casefold().split())}"


class Role(Part):
    """What somebody is to the organisation for a time: visitor, member, donor, volunteer, press, vip."""

    role: Annotated[Word, About("Role", "Rôl", kind="word")]
    level: Annotated[Word | None, About("Level", "Lefel", kind="word")] = None
    start: Annotated[date | None, About("From", "O", kind="date")] = None
    end: Annotated[date | None, About("Until", "Hyd", kind="date")] = None
    grace_days: Annotated[Integer, About("Days of grace", "Dyddiau gras", kind="integer")] = 0

    @property
    def key(self) -> str:
        return f"{self.role.casefold()}@{self.start or ''}"


class Relationship(Part):
    """A dated link to another contact, stored once for each side: household_member, works_for, partner, parent."""

    kind: Annotated[Word, About("Relationship", "Perthynas", kind="word")]
    other: Annotated[UUID, About("With", "Gyda", kind="id", personal="identity")]
    start: Annotated[date | None, About("From", "O", kind="date")] = None
    end: Annotated[date | None, About("Until", "Hyd", kind="date")] = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.other}"


class Tag(Part):
    """A word the organisation hangs on a contact."""

    tag: Annotated[Word, About("Tag", "Tag", kind="word")]

    @property
    def key(self) -> str:
        return " ".join(self.tag.casefold().split())


class ExternalId(Part):
    """The id by which an account elsewhere (`square:main-till`) knows this contact.

    `delivered`: a fingerprint of all that the account last said of it.
    """

    source: Annotated[Word, About("Source", "Ffynhonnell", kind="word", folded=False)]
    external: Annotated[Word, About("Id there", "Id yno", personal="identity", folded=False)]
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None

    @property
    def key(self) -> str:
        return f"{self.source}:{self.external}"


class Custom(Part):
    """The value of a field declared outside the core: ``own.shirt`` or a plugin's ``pretix.locale``.

    One of `text`, `number` and `day` is set, as the field's declaration says.
    """

    name: Annotated[Word, About("Field", "Maes", kind="word", folded=False)]
    text: Annotated[Text | None, About("Text", "Testun")] = None
    number: Annotated[Integer | None, About("Number", "Rhif", kind="integer")] = None
    day: Annotated[date | None, About("Date", "Dyddiad", kind="date")] = None

    @property
    def key(self) -> str:
        return self.name


class Contact(Record):
    """Somebody the organisation knows."""

    type_name: ClassVar[str] = "contact"

    kind: Annotated[ContactKind, About("Kind", "Math", kind="word", folded=False)] = "person"
    name: Annotated[Text | None, About("Name", "Enw", personal="identity")] = None
    title: Annotated[Word | None, About("Title", "Teitl", personal="identity")] = None
    given: Annotated[Word | None, About("First name", "Enw cyntaf", personal="identity")] = None
    family: Annotated[Word | None, About("Surname", "Cyfenw", personal="identity")] = None
    salutation: Annotated[Text | None, About("Salutation", "Cyfarchiad", personal="identity")] = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()
    language: Annotated[
        Language | None, About("Language wish", "Dewis iaith", kind="word", merge="newest", folded=False)
    ] = None
    language_asked: Annotated[
        date | None, About("Language asked on", "Gofynnwyd am iaith ar", kind="date", merge="newest")
    ] = None
    roles: tuple[Role, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    tags: tuple[Tag, ...] = ()
    custom: tuple[Custom, ...] = ()
    external_ids: tuple[ExternalId, ...] = ()
    age_band: Annotated[
        Literal["under 13", "13-17", "adult"] | None,
        About(
            "Age band", "Band oedran", kind="word", personal="special", right="child.read", folded=False,
            merge="strictest",
        ),
    ] = None  # fmt: skip
    age_noted: Annotated[date | None, About("Age noted on", "Nodwyd yr oedran ar", kind="date", right="child.read")] = (
        None
    )
    deceased: Annotated[bool, About("Deceased", "Wedi marw", kind="flag", personal="special", merge="strictest")] = (
        False
    )
    note: Annotated[Text | None, About("Note", "Nodyn", personal="note", right="note.read")] = None

    @property
    def shown_name(self) -> str:
        """The name as people write it; without one, the first address or number; never empty."""
        joined = self.name or " ".join(part for part in (self.title, self.given, self.family) if part)
        ways = (joined, *(email.address for email in self.emails), *(phone.number for phone in self.phones))
        return next((way for way in ways if way), str(self.id)[-6:])

    def preferred_email(self) -> Email | None:
        """The preferred e-mail address, else the first."""
        return next((email for email in self.emails if email.preferred), next(iter(self.emails), None))

    def preferred_address(self) -> Address | None:
        """The preferred postal address, else the first."""
        return next((one for one in self.addresses if one.preferred), next(iter(self.addresses), None))


class Redirect(Record):
    """Left where a merged contact was: its id is the old contact's, every look-up goes on to `to`."""

    type_name: ClassVar[str] = "redirect"

    to: Annotated[UUID, About("Now", "Nawr", kind="id")]
