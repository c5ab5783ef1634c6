"""Terms: the names a rule may use, with their words in both languages, and the words for well-known values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from perthyn.rules.data import Figure
from perthyn.text import Translator, fold

Words = Mapping[str, tuple[str, ...]]
"""Language -> the words for a thing; the first is printed, all are understood."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A well-known value of a field, and its words.

    `name`: what a sentence calls it, where the text form has a code.
    """

    value: str
    words: Words
    name: Words | None = None

    def said(self, t: Translator) -> str:
        """What a sentence calls it; a value that has no words of its own may have some in a catalogue."""
        said = (self.name or self.words)[t.language][0]
        return t(said) if said == self.value else said


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """A field that a rule may test.

    `kind`: as `About.kind`. `list`: the contact's list that it is a part of, or "". `dated`: that part has a start
    and an end, and counts while it runs. `custom`: declared outside the core. `closed`: no values but `choices`.
    `form`: how it is matched where that is not by folding: "postcode", "email" or "phone".
    """

    name: str
    words: Words
    kind: str
    folded: bool = True
    choices: tuple[Choice, ...] = ()
    closed: bool = False
    list: str = ""
    field: str = ""
    dated: bool = False
    custom: bool = False
    form: str = ""
    right: str = "contact.read"


@dataclass(frozen=True, slots=True)
class ListTerm:
    """A list of the contact's own: ``emails``, ``roles``."""

    name: str
    words: Words


@dataclass(frozen=True, slots=True)
class HistoryTerm:
    """Records a contact owns: a kind of interaction, a family of kinds, all of them, or another type.

    `words` name many, `one` names a single one. `kinds`: as in `Measure`. `day_field`: "" where they have no day.
    """

    name: str
    words: Words
    one: Words
    record: str
    kinds: frozenset[str] | None = None
    day_field: str = "day"


@dataclass(frozen=True, slots=True)
class NamedMeasure:
    """A measure that a plugin names: an expression of the rule language with its words."""

    name: str
    words: Words
    figure: Figure


Term = FieldTerm | ListTerm | HistoryTerm | NamedMeasure | Choice
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields of one place: the contact, a part of a list, a record it owns."""

    fields: Mapping[str, FieldTerm]
    phrases: Mapping[Phrase, tuple[Term, ...]] = field(repr=False)

    @classmethod
    def of(cls, fields: Iterable[FieldTerm], others: Iterable[Term] = ()) -> Scope:
        """The scope of these fields; `others` are further terms that can be said there."""
        named = {one.name: one for one in fields}
        return cls(named, phrases_of([*named.values(), *others]))


def phrases_of(terms: Iterable[Term]) -> dict[Phrase, tuple[Term, ...]]:
    """Every way to say each term, folded; a mutated Welsh form only where nothing else is said so."""
    found: dict[Phrase, tuple[Term, ...]] = {}
    soft: dict[Phrase, tuple[Term, ...]] = {}
    for term in terms:
        for phrase in dict.fromkeys(_said(term)):
            found[phrase] = (*found.get(phrase, ()), term)
        for phrase in dict.fromkeys(form for one in _welsh(term) for form in mutated(one)):
            soft[phrase] = (*soft.get(phrase, ()), term)
    return {**soft, **found}


def phrase(text: str) -> Phrase:
    """Words as they are compared."""
    return tuple(fold(text).split())


def _said(term: Term) -> Iterator[Phrase]:
    name = term.value if isinstance(term, Choice) else term.name
    yield phrase(name)
    if "_" in name:
        yield phrase(name.replace("_", " "))
    for words in _all_words(term):
        for said in words.values():
            yield from (phrase(one) for one in said)


def _welsh(term: Term) -> Iterator[Phrase]:
    for words in _all_words(term):
        yield from (phrase(one) for one in words.get("cy", ()))


def _all_words(term: Term) -> tuple[Words, ...]:
    return (term.words, term.one) if isinstance(term, HistoryTerm) else (term.words,)


_MUTATIONS = {
    "p": ("b", "mh", "ph"), "t": ("d", "nh", "th"), "c": ("g", "ngh", "ch"), "b": ("f", "m"), "d": ("dd", "n"),
    "g": ("", "ng"), "m": ("f",), "ll": ("l",), "rh": ("r",),
}  # fmt: skip
"""Soft, nasal and aspirate forms of first letters (facts: any Welsh grammar's table of mutations)."""


def mutated(words: Phrase) -> Iterator[Phrase]:
    """The forms that a Welsh phrase takes after words that mutate it: ``cwynion`` gives ``gwynion``, ``chwynion``."""
    if not words:
        return
    first = words[0]
    if first[:2] in ("ch", "dd", "ff", "ng", "ph", "th"):
        return
    start = first[:2] if first[:2] in ("ll", "rh") else first[:1]
    for form in _MUTATIONS.get(start, ()):
        yield (form + first[len(start) :], *words[1:])


def aspirated(text: str) -> str:
    """A phrase as it stands after ``a`` (and): p, t and c become ph, th and ch."""
    hard = text[:1].lower() in ("p", "t", "c") and text[1:2].lower() != "h"
    return text[0] + "h" + text[1:] if hard else text


def both(en: str, cy: str) -> Words:
    """Words from lists separated by ``|``."""
    return {"en": tuple(en.split("|")), "cy": tuple(cy.split("|"))}


def _choices(*rows: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, both(en, cy)) for value, en, cy in rows)


_CHANNELS = _choices(
    ("email", "email", "e-bost"), ("post", "post", "post"), ("phone", "phone", "ffôn"), ("sms", "sms|text", "neges")
)
_LANGUAGES = (
    Choice("cy", both("cy|Welsh", "cy|Cymraeg"), both("Welsh", "Cymraeg")),
    Choice("en", both("en|English", "en|Saesneg"), both("English", "Saesneg")),
    Choice("both", both("both", "y ddwy|dwyieithog"), both("both languages", "y ddwy iaith")),
)
CHOICES: Mapping[tuple[str, str], tuple[Choice, ...]] = {
    ("contact", "kind"): _choices(
        ("person", "person|people", "unigolyn|unigolion|person"),
        ("household", "household|households", "aelwyd|aelwydydd"),
        ("organisation", "organisation|organisations|organization", "sefydliad|sefydliadau"),
    ),
    ("contact", "language"): _LANGUAGES,
    ("message", "language"): _LANGUAGES,
    ("roles", "role"): _choices(
        ("visitor", "visitor", "ymwelydd"),
        ("member", "member", "aelod"),
        ("donor", "donor", "rhoddwr"),
        ("volunteer", "volunteer", "gwirfoddolwr"),
        ("press", "press", "y wasg|wasg"),
        ("vip", "vip", "pwysigyn"),
    ),
    ("relationships", "kind"): _choices(
        ("household_member", "household member", "aelod o'r aelwyd"),
        ("works_for", "works for", "yn gweithio i"),
        ("partner", "partner", "partner"),
        ("parent", "parent", "rhiant"),
    ),
    ("interaction", "direction"): _choices(("in", "in", "i mewn"), ("out", "out", "allan"), ("none", "none", "dim")),
    ("consent", "channel"): _CHANNELS,
    ("message", "channel"): _CHANNELS,
    ("obtained", "channel"): _CHANNELS,
    ("obtained", "whom"): _choices(
        ("person", "person|the person", "unigolyn|yr unigolyn"), ("third_party", "third party", "trydydd parti")
    ),
    ("obtained", "connection"): _choices(
        ("sale", "sale", "gwerthiant"),
        ("support", "support", "cefnogaeth"),
        ("interest", "interest", "diddordeb"),
        ("other", "other", "arall"),
    ),
    ("obtained", "subscriber"): _choices(
        ("individual", "individual", "unigol"), ("corporate", "corporate", "corfforaethol")
    ),
    ("consent", "decision"): _choices(
        ("given", "given", "rhoddwyd"),
        ("unconfirmed", "unconfirmed", "heb ei gadarnhau"),
        ("refused", "refused", "gwrthodwyd"),
        ("withdrawn", "withdrawn", "tynnwyd yn ôl"),
        ("objected", "objected", "gwrthwynebwyd"),
    ),
}  # fmt: skip

FAMILIES: Mapping[str, Words] = {
    "attend": both("attending|attended|anything attended", "mynychu|unrhyw beth a fynychwyd"),
    "buy": both("buying|bought|anything bought", "prynu|unrhyw beth a brynwyd"),
    "give": both("giving|gave|anything given", "rhoi|unrhyw beth a roddwyd"),
    "join": both("joining|joined", "ymuno"),
    "respond": both("responding|responded|any response", "ymateb|unrhyw ymateb"),
    "receive": both("receiving|received|anything received", "derbyn|unrhyw beth a dderbyniwyd"),
    "talk": both("talking|talked|any talk", "sgwrsio|unrhyw sgwrs"),
    "ask": both("asking|asked|anything asked", "gofyn|unrhyw beth a ofynnwyd"),
}
INTERACTIONS = both("interactions|anything", "rhyngweithiadau|unrhyw beth"), both("interaction", "rhyngweithiad")
ENGAGED = both("engagement|anything engaged", "ymgysylltu|ymgysylltiad")
CONTACT_WORDS: Mapping[str, Words] = {
    "language": both("language|language wish", "iaith|dewis iaith"),
    "language_asked": both("language asked", "dyddiad gofyn am iaith"),
    "age_noted": both("age noted", "dyddiad nodi oedran"),
}
"""Words for fields of the contact that say them better in a sentence than their labels do."""
MONTH, WEEKDAY = both("month", "mis"), both("weekday|day of the week", "diwrnod yr wythnos")
ACTIVE = both("active|current", "cyfredol|gweithredol")
PART_FIELDS: Mapping[str, str] = {
    "emails": "address", "phones": "number", "addresses": "lines town county postcode country", "roles": "role level",
    "relationships": "kind", "tags": "tag", "external_ids": "source external",
}  # fmt: skip
"""The fields of the contact's lists that can be said without naming the list."""
LISTS: Mapping[str, Words] = {
    "emails": both("email|emails|email address", "e-bost|e-byst|cyfeiriad e-bost"),
    "phones": both("phone|phones|phone number", "ffôn|rhif ffôn"),
    "addresses": both("address|addresses|postal address", "cyfeiriad|cyfeiriadau|cyfeiriad post"),
    "roles": both("role|roles", "rôl|rolau"),
    "relationships": both("relationship|relationships", "perthynas|perthnasau"),
    "tags": both("tag|tags", "tag|tagiau"),
    "external_ids": both("external id|external ids", "id allanol|idau allanol"),
}
