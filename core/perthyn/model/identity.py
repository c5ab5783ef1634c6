"""By what a contact is recognised and found: match keys and search words, computed here for every backend alike."""

from __future__ import annotations

import re
from functools import lru_cache

from perthyn.model.contact import Contact
from perthyn.model.normal import email_key, postcode_key
from perthyn.text import fold

_BETWEEN = re.compile(r"[^\w']+")
_LETTER = re.compile(r"[^\W\d_]|@")
_POSTCODE = re.compile(r"\b([A-Za-z]{1,2}[0-9][A-Za-z0-9]?)\s+([0-9][A-Za-z]{2})\b")
_NOT_WORD = re.compile(r"[^\w]+")
_NOT_DIGIT = re.compile(r"\D+")
KEYS_VERSION = 2
BY_ROW, BY_NAME = "row:", "name:"
"""How the ids begin by which an import names those whom a file names no further; nobody looks for them."""
_REMEMBERED = 16_384
"""Names and texts whose keys are remembered: the same few come again and again, and twice for each contact."""
_LONG = 200
"""Texts longer than this are not remembered."""


def name_key(name: str | None, given: str | None = None, family: str | None = None) -> str:
    """The folded name two records must share: first name and surname where both are known, else the whole name."""
    whole = f"{given} {family}" if given and family else name or given or family or ""
    return _name_of(whole) if len(whole) <= _LONG else _plain(whole)


def _plain(name: str) -> str:
    """A name's folded words alone."""
    return _NOT_WORD.sub(" ", fold(name)).strip()


_name_of = lru_cache(maxsize=_REMEMBERED)(_plain)


def contact_name_key(contact: Contact) -> str:
    """`name_key` of a contact."""
    return name_key(contact.name, contact.given, contact.family)


def id_key(source: str, external: str) -> str:
    """The decisive key of a sender's id for a person."""
    return f"id\x1f{source}\x1f{external}"


def email_name_key(address: str, name: str) -> str:
    """The decisive key of an e-mail address together with a folded name ("" where neither record has one)."""
    return f"en\x1f{email_key(address)}\x1f{name}"


def email_alone_key(address: str) -> str:
    """The suggesting key of an e-mail address alone: who has it, whatever they are called."""
    return f"e\x1f{email_key(address)}"


def phone_name_key(e164: str, name: str) -> str:
    """The decisive key of a phone number together with a folded name."""
    return f"pn\x1f{e164}\x1f{name}"


def surname_postcode_key(given: str | None, family: str | None, postcode: str) -> str:
    """The suggesting key: surname, first letter of the first name, postcode; "" where a part is missing."""
    initial = fold(given or "")[:1]
    if not (initial and family and postcode):
        return ""
    return f"sp\x1f{fold(family)}\x1f{initial}\x1f{postcode_key(postcode)}"


def decisive_keys(contact: Contact) -> set[str]:
    """Keys of which one shared is enough to be the same contact: source id, e-mail + name, phone + name.

    A phone without a name decides nothing.
    """
    name = contact_name_key(contact)
    keys = [id_key(one.source, one.external) for one in contact.external_ids]
    keys += [email_name_key(email.address, name) for email in contact.emails]
    if name:
        keys += [phone_name_key(phone.e164, name) for phone in contact.phones if phone.e164]
    return set(keys)


def suggesting_keys(contact: Contact) -> set[str]:
    """Keys that make a pair worth a look and never join: e-mail alone, phone alone, surname + initial + postcode."""
    keys = [email_alone_key(email.address) for email in contact.emails]
    keys += [f"p\x1f{phone.e164}" for phone in contact.phones if phone.e164]
    given, family = contact.given, contact.family
    if given and family:
        keys += [surname_postcode_key(given, family, one.postcode) for one in contact.addresses if one.postcode]
    return {key for key in keys if key}


def match_keys(contact: Contact) -> set[str]:
    """All keys that a store keeps for a contact."""
    return decisive_keys(contact) | suggesting_keys(contact)


def search_words(contact: Contact) -> set[str]:
    """The folded words by which a person at the desk may look for a contact."""
    words: set[str] = set()
    texts = [contact.name, contact.given, contact.family, *[tag.tag for tag in contact.tags]]
    for address in contact.addresses:
        texts.append(address.town)
        if address.postcode:
            words.add(address.postcode_key.casefold())
    for text in texts:
        if text:
            words.update(_words_of(text) if len(text) <= _LONG else _split(text))
    for email in contact.emails:
        key = email.key
        words.add(key)
        words.update(_split(key.partition("@")[0]))
    for phone in contact.phones:
        digits = _NOT_DIGIT.sub("", phone.e164 or phone.number)
        words.update((digits, "0" + digits[2:]) if digits.startswith("44") else (digits,))
    for one in contact.external_ids:
        if not one.external.startswith((BY_ROW, BY_NAME)):
            words.update((fold(one.external), *_split(one.external)))
    words.discard("")
    return words


def asked_words(text: str) -> list[str]:
    """The words of what somebody types at the desk, split as `search_words` splits what is kept.

    An e-mail address stays whole, a British postcode and a phone number are one word however they are spaced.
    """
    squeezed = fold(_POSTCODE.sub(lambda found: found[1] + found[2], text))
    if not _LETTER.search(squeezed):
        digits = _NOT_DIGIT.sub("", squeezed)
        return [digits] if digits else []
    words: list[str] = []
    for word in squeezed.replace(",", " ").split():
        words += [word] if "@" in word else [one.replace("'", "") for one in _BETWEEN.split(word)]
    return [word for word in words if word]


def _split(text: str) -> list[str]:
    """The folded words of a text: ``Tŷ'n-y-coed`` is tyn, y, coed, and ty and n too."""
    folded = fold(text)
    words = _BETWEEN.split(folded)
    if "'" in folded:
        words += [piece for word in words if "'" in word for piece in word.split("'")]
        words = [word.replace("'", "") for word in words]
    return words


_words_of = lru_cache(maxsize=_REMEMBERED)(_split)
