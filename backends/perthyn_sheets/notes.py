"""The notes on the heads: a sentence or two for whoever types there, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from os import path

from perthyn.text import LANGUAGES, Translator, phrase

WORDS = path.join(path.dirname(__file__), "locale")

NOTES: Mapping[str, str] = {
    "text": phrase("Any text. perthyn keeps it as you write it."),
    "number": phrase("A whole number."),
    "money": phrase("An amount, such as 12.50. A refund begins with a minus sign."),
    "date": phrase("A day, such as 1/3/2026: first the day, then the month."),
    "instant": phrase("A day and a time, such as 1/3/2026 14:30."),
    "flag": phrase("Yes or no."),
    "choice": phrase("Choose from the list. Both languages are understood."),
    "computed": phrase("perthyn works this out. What is typed here is put back."),
    "who": phrase("The name of the contact. In a new row: the name, e-mail address or the end of the contact's id."),
    "kind": phrase("What happened: choose from the list. Both languages are understood."),
    "at": phrase("The time of day, where it is known; with a day or without."),
    "currency": phrase("Three letters, such as GBP. Empty means the organisation's own currency."),
    "contact.name": phrase("The whole name, as it is to be written."),
    "contact.language": phrase("The language in which this person wishes to be written to."),
    "contact.kind": phrase("Whether this is a person, a household or an organisation."),
    "contact.age_band": phrase("Under 13, 13-17 or adult. Leave it empty where it is not known."),
    "contact.deceased": phrase("Yes where the person has died: nobody writes to them again."),
    "contact.note": phrase("Anything worth knowing. Everybody who can open this sheet can read it."),
    "phones": phrase("One number or several, with a semicolon between them."),
    "emails": phrase("One address or several, with a semicolon between them."),
    "address": phrase("Of the preferred address, else of the first."),
    "roles": phrase("What this person is to you, such as member or volunteer, with a semicolon between them."),
    "tags": phrase("Words of your own, with a semicolon between them."),
    "segment.mode": phrase("Dynamic keeps itself up to date; a snapshot stays as it was; hand-picked has no rule."),
    "segment.rule": phrase("Who belongs to it, in words. If a rule is not understood, the reason stands beside it."),
    "problem.state": phrase("Choose settled when it has been dealt with."),
}


@cache
def _translators() -> Mapping[str, Translator]:
    return {language: Translator(language, [WORDS]) for language in LANGUAGES}


def noted(name: str) -> Mapping[str, str]:
    """The note of that name, by language."""
    return {language: t(NOTES[name]) for language, t in _translators().items()}
