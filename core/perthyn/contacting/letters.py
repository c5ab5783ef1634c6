"""Letters: the words of a campaign, put together for one person after the other.

What a letter is made of is read once; what is known of a person is put in as it is, and never read as a template, as
Markdown or as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from html import escape

from perthyn.channel import Sender
from perthyn.contacting import letterhead
from perthyn.contacting.door import MAILING
from perthyn.contacting.fields import FIELDS, Place, Reader, Said, parsed
from perthyn.contacting.marks import CLOSE, GO, GONE, OPEN, PRIVATE, Marked
from perthyn.errors import PerthynError
from perthyn.letter_fields import LetterField
from perthyn.model import Campaign, Contact
from perthyn.text import Translator

LARGEST = 1_000_000
"""A letter has so many characters at most, its text and its HTML each."""

_SLOT = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}|{GO}([0-9]+){GONE}")


@dataclass(frozen=True, slots=True)
class Written:
    """A letter to one person. `text` and `html` say the same."""

    subject: str
    text: str
    html: str


class Form:
    """A text with slots, taken apart once: filling it is one join."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str] = []
        self._slots: list[tuple[int, str]] = []
        end = 0
        for found in _SLOT.finditer(text):
            self._pieces += [text[end : found.start()], ""]
            self._slots.append((len(self._pieces) - 1, found[1] if found[2] is None else f"go{found[2]}"))
            end = found.end()
        self._pieces.append(text[end:])

    def filled(self, value: Callable[[str], str]) -> str:
        """The text, with `value(slot)` in each slot. Raises `PerthynError` (``letter.long``)."""
        pieces = self._pieces.copy()
        for at, slot in self._slots:
            pieces[at] = value(slot)
        if sum(map(len, pieces)) > LARGEST:
            raise PerthynError("letter.long", most=LARGEST)
        return "".join(pieces)


class Words:
    """What a campaign says in one language: a template's places, each under a slot ``cy3``, and the Markdown around."""

    def __init__(self, subject: str, letter: str, language: str, known: Collection[str] = FIELDS) -> None:
        self.language = language
        self._known = known
        self.places: dict[str, Place] = {}
        self.subject = " ".join(self._slotted(subject, f"subject_{language}").split())
        self.body = Marked(self._slotted(letter, f"letter_{language}"), f"letter_{language}")

    @property
    def names(self) -> list[str]:
        """The fields that stand in it."""
        return [name for place in self.places.values() for name in place.names]

    def _slotted(self, source: str, part: str) -> str:
        return "".join(self._slots(parsed(source.translate(PRIVATE), part, self._known)))

    def _slots(self, pieces: Sequence[str | Place]) -> Iterator[str]:
        for piece in pieces:
            if isinstance(piece, str):
                yield piece
                continue
            slot = f"{self.language}{len(self.places)}"
            self.places[slot] = piece
            yield f"{OPEN}{slot}{CLOSE}"


class Letters:
    """The letters of one campaign. `today`: the day that stands in them, in the organisation's zone.

    `fields`: those that plugins add.
    """

    def __init__(self, campaign: Campaign, *, sender: Sender, today: date, fields: Sequence[LetterField] = ()) -> None:
        self.campaign = campaign
        self._sender = sender
        self._today = today
        self._added = {name: one for one in reversed(fields) for name in one.name if name not in FIELDS}
        self._form = cache(self._formed)

    def problems(self) -> list[PerthynError]:
        """All that keeps this campaign from being sent: what is not written, can't be read, or is not said.

        Codes: ``letter.missing``, ``letter.subject.missing``, ``letter.unreadable``, ``letter.not_a_field``,
        ``letter.field.unknown``, ``letter.field.braces``, ``letter.field.in_link``, ``letter.link``, ``letter.image``,
        ``letter.sender.bare``.
        """
        asked = ("cy", "en") if self.campaign.languages == "both" else (self.campaign.languages,)
        found: list[PerthynError] = []
        for language in asked:
            subject, letter = self._said(language)
            found += [] if letter.strip() else [PerthynError("letter.missing", language=language)]
            found += [] if subject.strip() else [PerthynError("letter.subject.missing", language=language)]
        for language in ("cy", "en"):
            try:
                self._worded(language)
            except PerthynError as error:
                found.append(error)
        if self._offers and not (self._sender.name("en") and self._sender.postal and self._sender.reply_to):
            found.append(PerthynError("letter.sender.bare"))
        return found

    def written(
        self, contact: Contact, language: str, *, token: str, refuse_url: str = "",
        household: Sequence[Contact] = (), said: Said | None = None,
    ) -> Written:  # fmt: skip
        """The letter to a contact in "cy", "en" or "both", which is Welsh first; in the other where it is not written.

        `token`, `refuse_url`: as in `perthyn.channel.Letter`. `household`: the others whom it speaks to as well.
        `said`: what plugins say of them all, in the fields that are `asked`.
        Raises `PerthynError`: ``letter.value.missing`` where nobody knows what stands in a place and the letter says
        nothing instead, so that this letter is to be held; ``letter.long``; and what `problems` tells.
        """
        languages = self._languages(language)
        places = {slot: place for one in languages for slot, place in self._words[one].places.items()}
        readers = {one: Reader(contact, household, one, self._sender, self._today, said or {}) for one in languages}
        values = {slot: place.filled(readers[slot[:2]]) for slot, place in places.items()}
        values |= {"token": token, "refuse": refuse_url}
        values |= {f"go{n}": f"{self._sender.page(token)}/go/{n}" for n in range(len(self.counted))}
        subject, text, html = self._form(languages, bool(refuse_url))
        marked = {slot: escape(value) for slot, value in values.items()}
        title = subject.filled(values.__getitem__)
        return Written(title, text.filled(values.__getitem__), html.filled(marked.__getitem__))

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The web addresses in both letters, each once, Welsh first: its number is its place here."""
        said = [link for language in self._written for link in self._words[language].body.links]
        return tuple(dict.fromkeys(said))

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The links that lead by the organisation's own pages, to be counted."""
        return self.links if self._sender.clicks and self._sender.public_url else ()

    @cached_property
    def asked(self) -> Mapping[tuple[str, str], LetterField]:
        """The plugins' fields in these letters: (name, language of the letter) -> field."""
        names = [(name, language) for language in self._written for name in self._words[language].names]
        return {(name, language): self._added[name] for name, language in names if name in self._added}

    def _said(self, language: str) -> tuple[str, str]:
        one = self.campaign
        subject, letter = (one.subject_cy, one.letter_cy) if language == "cy" else (one.subject_en, one.letter_en)
        return subject or "", letter or ""

    @cached_property
    def _words(self) -> dict[str, Words]:
        return {language: self._worded(language) for language in ("cy", "en")}

    def _worded(self, language: str) -> Words:
        return Words(*self._said(language), language, (*FIELDS, *self._added))

    @property
    def _written(self) -> tuple[str, ...]:
        return tuple(language for language in ("cy", "en") if self._said(language)[1].strip())

    @property
    def _offers(self) -> bool:
        return self.campaign.purpose in MAILING

    def _languages(self, wished: str) -> tuple[str, ...]:
        there = self._written
        if not there:
            raise PerthynError("letter.missing", language=wished)
        return (wished,) if wished in there else there

    def _formed(self, languages: tuple[str, ...], page: bool) -> tuple[Form, Form, Form]:
        words = [self._words[language] for language in languages]
        feet = {
            language: letterhead.foot(
                self._sender, self.campaign.purpose, language, Translator(language), offers=self._offers, page=page
            )
            for language in languages
        }
        subject = " / ".join(dict.fromkeys(one.subject for one in words if one.subject))
        text = f"\n\n{'-' * 40}\n\n".join(one.body.text() for one in words)
        text += "\n\n-- \n" + "\n\n".join("\n".join(lines) for lines in feet.values()) + "\n"
        html = letterhead.framed(
            escape(subject),
            [(one.language, one.body.html(self.counted)) for one in words],
            [(one, letterhead.as_html(lines, self._sender, one)) for one, lines in feet.items()],
        )
        return Form(subject), Form(text), Form(html)
