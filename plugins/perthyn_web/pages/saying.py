"""Saying: a person in the words of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from perthyn.model import Contact, Interaction, Kind, Role
from perthyn.rules.law import lapses
from perthyn.text import Translator, phrase

ROLES: Mapping[str, str] = {
    "visitor": phrase("Visitor"),
    "member": phrase("Member"),
    "donor": phrase("Donor"),
    "volunteer": phrase("Volunteer"),
    "press": phrase("Press"),
    "vip": phrase("VIP"),
}
LANGUAGES: Mapping[str, str] = {"cy": phrase("Welsh"), "en": phrase("English"), "both": phrase("Both languages")}
KINDS: Mapping[str, str] = {
    "person": phrase("Person"),
    "household": phrase("Household"),
    "organisation": phrase("Organisation"),
}
RELATIONS: Mapping[str, str] = {
    "household_member": phrase("Member of the household"),
    "works_for": phrase("Works for"),
    "partner": phrase("Partner"),
    "parent": phrase("Parent"),
    "employs": phrase("Employs"),
    "child": phrase("Child"),
}
FAMILIES: Mapping[str, tuple[str, str]] = {
    "attend": (phrase("Visits and shifts"), "ticket"),
    "buy": (phrase("Bookings and purchases"), "shopping-bag"),
    "give": (phrase("Gifts"), "hand-heart"),
    "join": (phrase("Membership"), "star"),
    "respond": (phrase("Answers"), "mail-check"),
    "receive": (phrase("What we sent"), "mail"),
    "talk": (phrase("Talks and notes"), "message-square"),
    "ask": (phrase("Questions and complaints"), "circle-question-mark"),
}
"""What each family of kinds is called, and its sign."""
ICONS = {"call": "phone", "note": "file-text", "bounce": "triangle-alert", "complaint": "circle-alert"}
FIRSTS: Mapping[str, str] = {
    "visit": phrase("First visit"),
    "booking": phrase("First booking"),
    "purchase": phrase("First purchase"),
    "donation": phrase("First gift"),
    "membership": phrase("First membership"),
    "shift": phrase("First shift"),
    "signup": phrase("Signed up"),
}
"""The steps of a journey, by the kind that each begins with."""
DOINGS: Mapping[str, str] = {
    "tag": phrase("Add a tag"),
    "untag": phrase("Take a tag away"),
    "language": phrase("Set the language"),
    "role": phrase("Add a role"),
    "segment": phrase("Put into a hand-picked segment"),
}
"""What can be done to many people at once."""


def choices(t: Translator, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and words, for a list to choose from."""
    return [(name, t(said)) for name, said in words.items()]


def word(t: Translator, words: Mapping[str, str], name: str | None) -> str:
    """The word for a name; the name itself where nobody has given it one."""
    return t(words[name]) if name in words and name else name or ""


def role(t: Translator, one: Role) -> str:
    """A role and its level."""
    return " · ".join(filter(None, (word(t, ROLES, one.role.casefold()) or one.role, one.level)))


def holds(one: Role, today: date) -> bool:
    """Whether a role is had on a day."""
    return not (one.start and one.start > today) and not (one.end and lapses(one.end, one.grace_days) < today)


def roles_now(t: Translator, contact: Contact, today: date) -> list[str]:
    """The roles that somebody has today, each once."""
    return list(dict.fromkeys(role(t, one) for one in contact.roles if holds(one, today)))


def place(contact: Contact) -> str:
    """Town, else postcode."""
    address = contact.preferred_address()
    return "" if address is None else address.town or address.postcode or ""


def ways(contact: Contact) -> list[str]:
    """The place, phone and email by which one tells a person from another of the same name."""
    email = contact.preferred_email()
    phone = next((one for one in contact.phones if one.preferred), next(iter(contact.phones), None))
    found = [one for one in (place(contact), phone and phone.number, email and email.address) if one]
    return [one for one in found if one != contact.shown_name]


def initials(contact: Contact) -> str:
    """Two letters at most, for the round sign beside a name."""
    words = [one for one in contact.shown_name.split() if one[:1].isalpha()]
    return "".join(one[0] for one in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


def family_of(kinds: Iterable[Kind], name: str) -> str:
    """The family of a kind; "" of one that nobody declares now."""
    return next((one.family for one in kinds if one.name == name), "")


def icon_of(kinds: Iterable[Kind], one: Interaction) -> str:
    """The sign of something that happened."""
    return ICONS.get(one.kind) or FAMILIES.get(family_of(kinds, one.kind), ("", "circle-check"))[1]


def address_lines(one: Any) -> list[str]:
    """A postal address, line by line."""
    lines = (one.lines or "").splitlines()
    rest = [part for part in (one.town, one.county, one.postcode, one.country) if part and part not in lines]
    return [*lines, *rest]
