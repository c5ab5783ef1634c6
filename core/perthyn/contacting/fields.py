"""Fields: the few names that may stand in a letter, and what each says of one person in one language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from perthyn.channel import Sender
from perthyn.errors import PerthynError, Unknown
from perthyn.importing.names import split_name
from perthyn.model import Contact
from perthyn.text import MONTHS, nearest

if TYPE_CHECKING:
    from jinja2 import nodes

EXAMPLE = '{{ %s or "..." }}'
_OTHERWISE = re.compile(
    r"(?<![{\\])\{(?!\{)[ \t]*([^\W\d][\w -]{0,60}?)[ \t]*(?:(?:\bor\b|\|)[^{}\n]*)?\}|\*\|[A-Z][^|*\n]*\|\*"
)
"""What other programs would fill, and would go out as it stands: ``{ first_name }``, Mailchimp's ``*|FNAME|*``."""
Said = Mapping[tuple[str, str], Mapping[UUID, str]]
"""What plugins say in their fields: (a field's name, "cy" or "en") -> contact -> text."""


@dataclass(frozen=True, slots=True)
class Reader:
    """To whom a letter speaks: a contact, and who else of the household is meant; in one language.

    `said`: what plugins say of them.
    """

    contact: Contact
    others: Sequence[Contact]
    language: str
    sender: Sender
    today: date
    said: Said = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What a field says, on one line; a plugin's only what it says alike of everybody whom the letter speaks to."""
        if name in FIELDS:
            return " ".join(FIELDS[name](self).split())
        told = {self.said[name, self.language].get(one.id, "") for one in (self.contact, *self.others)}
        return " ".join(told.pop().split()) if len(told) == 1 else ""

    def each(self, part: Callable[[Contact], str | None]) -> str:
        """A part of everyone's name, joined in the language's way; "" where somebody has none."""
        said = [part(one) or "" for one in (self.contact, *self.others)]
        return joined(list(dict.fromkeys(said)), self.language) if all(said) else ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place to be filled: by the first of these fields that has a value, else by `fallback`; None: by nothing."""

    names: tuple[str, ...]
    fallback: str | None = None

    def filled(self, reader: Reader) -> str:
        """What stands there for one reader, on one line. Raises `PerthynError` (``letter.value.missing``)."""
        for name in self.names:
            if value := reader.value(name):
                return value
        if self.fallback is None:
            raise PerthynError(
                "letter.value.missing", field=self.names[0], name=reader.contact.shown_name,
                example=EXAMPLE % self.names[0],
            )  # fmt: skip
        return self.fallback


def joined(words: Sequence[str], language: str) -> str:
    """``A, B a C``: Welsh *a* is *ac* before a vowel, and does not mutate names (field.md, 6.1 and 6.2)."""
    if len(words) < 2:
        return "".join(words)
    last = words[-1]
    welsh = "ac" if last[:1].casefold() in "aeiouwyâêîôûŵŷáéíóúẃýàèìòùẁỳäëïöüẅÿ" else "a"
    return f"{', '.join(words[:-1])} {welsh if language == 'cy' else 'and'} {last}"


def _name(contact: Contact) -> str:
    return contact.name or " ".join(part for part in (contact.title, contact.given, contact.family) if part)


def _parts(contact: Contact) -> tuple[str, str, str]:
    """Title, first name and surname: as recorded, else as the whole name says them; initials are none."""
    title, given, family = contact.title or "", contact.given or "", contact.family or ""
    if contact.name and contact.kind == "person" and not (given and family):
        said = split_name(contact.name)
        if said.kind == "person":
            title, given, family = title or said.title, given or _whole_words(said.given), family or said.family
    return title, given if _whole_words(given) else "", family


def _whole_words(given: str) -> str:
    return " ".join(word for word in given.split() if len(word.strip(".")) > 1)


def _formal(contact: Contact) -> str:
    """How she is greeted: as recorded, else by her first name, else ``Mrs Jones``, else her whole name."""
    title, given, family = _parts(contact)
    titled = f"{title} {family}" if title and family else ""
    return _without_greeting(contact.salutation or "") or given or titled or _name(contact)


GREETINGS = ("dear ", "annwyl ", "hello ", "helo ", "hi ")


def _without_greeting(salutation: str) -> str:
    """Recorded as "Dear Mrs Jones," it serves in both languages as "Mrs Jones"."""
    bare = salutation.strip().rstrip(",").strip()
    found = next((word for word in GREETINGS if bare.casefold().startswith(word)), "")
    return bare[len(found) :].strip()


def _salutation(reader: Reader) -> str:
    """Everybody can be greeted: whose name is not known is a friend."""
    many = reader.contact.kind != "person"
    greeted = _without_greeting(reader.contact.salutation or "") if many else reader.each(_formal)
    if reader.language == "cy":
        return f"Annwyl {greeted or ('gyfeillion' if many or reader.others else 'gyfaill')}"
    return f"Dear {greeted or ('friends' if many or reader.others else 'friend')}"


def _town(reader: Reader) -> str:
    address = reader.contact.preferred_address()
    return (address.town if address else None) or ""


def _today(reader: Reader) -> str:
    day = reader.today
    return f"{day.day} {MONTHS[reader.language][day.month - 1]} {day.year}"


Field = Callable[[Reader], str]

IN_BOTH: Mapping[tuple[str, str], Field] = {
    ("salutation", "cyfarchiad"): _salutation,
    ("name", "enw"): lambda reader: reader.each(_name),
    ("first_name", "enw_cyntaf"): lambda reader: reader.each(lambda one: _parts(one)[1]),
    ("surname", "cyfenw"): lambda reader: reader.each(lambda one: _parts(one)[2]),
    ("title", "teitl"): lambda reader: reader.each(lambda one: _parts(one)[0]),
    ("town", "tref"): _town,
    ("organisation", "sefydliad"): lambda reader: reader.sender.name(reader.language),
    ("today", "heddiw"): _today,
}
"""Each field by its English and its Welsh name; either may be written in either letter."""

FIELDS: Mapping[str, Field] = {name: field for names, field in IN_BOTH.items() for name in names}


# --- reading a template --------------------------------------------------------------------------------------


def parsed(source: str, part: str, known: Collection[str] = FIELDS) -> list[str | Place]:
    """A template as words and places: ``{{ first_name or "friend" }}``, and nothing else.

    The grammar is Jinja2's; nothing of it is run. What stands in a place is looked up here and put in as it is, so
    that no value is ever read as a template. `part`: which text it is, for errors. `known`: the names of all fields.
    Raises `PerthynError` (``letter.unreadable``, ``letter.not_a_field``, ``letter.field.braces``), `Unknown`
    (``letter.field.unknown``).
    """
    from jinja2 import TemplateSyntaxError, nodes
    from jinja2.sandbox import SandboxedEnvironment

    try:
        tree = SandboxedEnvironment(keep_trailing_newline=True).parse(source)
    except TemplateSyntaxError as error:
        raise PerthynError("letter.unreadable", part=part, line=error.lineno, example=EXAMPLE % "first_name") from error
    except RecursionError as error:
        raise PerthynError("letter.unreadable", part=part, line=1, example=EXAMPLE % "first_name") from error
    pieces: list[str | Place] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            raise PerthynError("letter.not_a_field", part=part, line=statement.lineno, example=EXAMPLE % "first_name")
        pieces += [
            one.data if isinstance(one, nodes.TemplateData) else _place(one, part, known)
            for one in statement.nodes
        ]  # fmt: skip
    _refuse_otherwise(source, part, known)
    return pieces


def _refuse_otherwise(source: str, part: str, known: Collection[str]) -> None:
    """Raises `PerthynError` for what was meant as a field, and is written otherwise."""
    for found in _OTHERWISE.finditer(source):
        name = "_".join((found[1] or "").lower().split())
        if found[1] and " " in found[1] and name not in known:
            continue  # words between braces, and no field
        line, meant = source.count("\n", 0, found.start()) + 1, name if name in known else "first_name"
        raise PerthynError("letter.field.braces", part=part, line=line, found=found[0], example=EXAMPLE % meant)


def _place(wanted: nodes.Node, part: str, known: Collection[str]) -> Place:
    from jinja2 import nodes

    chosen: list[nodes.Node] = [wanted]
    while isinstance(chosen[0], nodes.Or):
        chosen[:1] = [chosen[0].left, chosen[0].right]
    *names, last = chosen
    fallback = last.value if isinstance(last, nodes.Const) and isinstance(last.value, str) and names else None
    if fallback is None:
        names = chosen
    for one in names:
        if not isinstance(one, nodes.Name):
            raise PerthynError("letter.not_a_field", part=part, line=wanted.lineno, example=EXAMPLE % "first_name")
        if one.name not in known:
            raise Unknown(
                "letter.field.unknown", part=part, line=wanted.lineno, name=one.name,
                suggestion=nearest(one.name, known), known=", ".join(known),
            )  # fmt: skip
    return Place(tuple(one.name for one in names if isinstance(one, nodes.Name)), fallback)
