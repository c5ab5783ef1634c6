"""What comes in about people: their details, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from perthyn.model import Relationship, Role
from perthyn.model.values import Integer, Text, Word
from perthyn_web.api.shapes import At, Day, Flag, Given, Id, given

Line = Annotated[str, Field(min_length=1, max_length=500)]
Several = Annotated[list[Line], Field(max_length=100)]
Amount = Annotated[Integer, Field(description="In minor units (pence); negative for a refund.")]
Key = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


class AddressIn(Given):
    """A postal address."""

    lines: Text | None = None
    town: Word | None = None
    county: Word | None = None
    postcode: Word | None = None
    country: Word | None = None
    preferred: Flag = Field(False, description="Letters go there; no longer to the one that was preferred.")


class RoleIn(Given):
    """What somebody is to the organisation, for a time."""

    role: Word
    level: Word | None = None
    start: Day | None = None
    end: Day | None = None
    grace_days: Annotated[Integer, Field(ge=0, le=3660)] = 0


class RelationshipIn(Given):
    """A link to another contact, from this one's side."""

    kind: Word
    other: Id
    start: Day | None = None
    end: Day | None = None


class ContactIn(Given):
    """Details of somebody. E-mail addresses, numbers, tags, roles and custom fields are added to what is there."""

    kind: Literal["person", "household", "organisation"] | None = None
    name: Text | None = Field(None, description="The whole name, as people write it.")
    title: Word | None = None
    given: Word | None = None
    family: Word | None = None
    salutation: Text | None = None
    language: Literal["cy", "en", "both"] | None = Field(None, description="The language that they wish for.")
    age_band: Literal["under 13", "13-17", "adult"] | None = None
    age_noted: Day | None = None
    deceased: Flag | None = None
    note: Text | None = None
    emails: Several | None = None
    phones: Several | None = None
    preferred_email: Line | None = Field(None, description="The one that is written to; added where it is new.")
    preferred_phone: Line | None = Field(None, description="The one that is called first; added where it is new.")
    tags: Several | None = None
    address: AddressIn | None = None
    roles: Annotated[list[RoleIn], Field(max_length=50)] | None = None
    relationships: Annotated[list[RelationshipIn], Field(max_length=50)] | None = None
    custom: Annotated[dict[Key, Text | Integer | None], Field(max_length=100)] | None = Field(
        None, description="Custom fields by name; `own.something` is made where it is new."
    )


class Was(Given):
    """What whoever asks saw in fields that they set; null where there was nothing."""

    kind: Literal["person", "household", "organisation"] | None = None
    name: Text | None = None
    title: Word | None = None
    given: Word | None = None
    family: Word | None = None
    salutation: Text | None = None
    language: Literal["cy", "en", "both"] | None = None
    age_band: Literal["under 13", "13-17", "adult"] | None = None
    age_noted: Day | None = None
    deceased: Flag | None = None
    note: Text | None = None


class ContactEdit(ContactIn):
    """What is to be set, and what taken away; all else stays."""

    remove: Annotated[list[Key], Field(max_length=200)] = Field(
        default=[], description="Paths: `note`, `emails[mair@example.org]`, `tags[choir]`."
    )
    was: Was | None = None


class HappeningIn(Given):
    """Something that happened. Without a day it was today."""

    kind: Word
    day: Day | None = None
    at: At | None = None
    channel: Word | None = None
    direction: Literal["in", "out", "none"] | None = None
    amount: Amount | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    quantity: Integer | None = None
    party_size: Integer | None = None
    lead_days: Integer | None = None
    site: Word | None = None
    event: Word | None = None
    event_type: Word | None = None
    campaign: Word | None = None
    order: Word | None = None
    subject: Text | None = None
    text: Text | None = None
    private: Text | None = None
    source: Word | None = Field(None, description="The account it comes from: `till:main`. With `source_id`, once.")
    source_id: Word | None = None


class ConsentIn(Given):
    """What somebody said about being contacted. A yes needs a channel, a wording and how it was said."""

    decision: Literal["given", "refused", "withdrawn", "objected", "voided"]
    channels: list[Literal["email", "post", "phone", "sms"]] = Field(default=[], max_length=4)
    purpose: Literal["marketing", "fundraising"] = "marketing"
    on: Day | None = None
    how: Word | None = None
    wording: Text | None = None
    wording_version: Word | None = None
    language: Literal["cy", "en"] | None = None
    address: Word | None = None
    evidence: Text | None = None


class ObtainedIn(Given):
    """How an address of somebody was obtained."""

    channel: Literal["email", "post", "phone", "sms"]
    whom: Literal["person", "third_party"]
    connection: Literal["sale", "support", "interest", "other"]
    on: Day | None = None
    address: Word | None = None
    refusable: Flag = False
    subscriber: Literal["individual", "corporate"] = "individual"
    how: Word | None = None
    evidence: Text | None = None


_WORDS = {"emails": "email", "phones": "phone", "tags": "tag"}
_PLACE = {"lines": "address", "preferred": "preferred_address"}


def contact_values(body: ContactIn) -> dict[str, Any]:
    """What was sent, as `Crm.contact_values` takes it."""
    return dict(_values(given(body, "remove", "was")))


def plain_values(body: Was) -> dict[str, Any]:
    """What was seen, "" where there was nothing."""
    return {name: "" if value is None else value for name, value in given(body).items()}


def _values(sent: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in sent.items():
        match value:
            case None:
                continue
            case AddressIn():
                yield from ((_PLACE.get(part, part), one) for part, one in given(value).items() if one is not False)
            case dict():
                yield from value.items()
            case list() if name == "roles":
                yield name, tuple(Role.model_validate(one.model_dump()) for one in value)
            case list() if name == "relationships":
                yield name, tuple(Relationship.model_validate(one.model_dump()) for one in value)
            case _:
                yield _WORDS.get(name, name), value
