"""What a column of somebody's file may become: the closed vocabulary of the importer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from perthyn.errors import Unknown
from perthyn.importing.returned import reads_custom
from perthyn.text import nearest


@dataclass(frozen=True)
class Meaning:
    """One word of the vocabulary: how its cells are read, whom it speaks of, what people call it."""

    name: str
    reads: str
    """the kind of value: see `perthyn.importing.readers.reader_for`"""
    about: str
    """"people", "happenings" or "" (says nothing about what the file is about)"""
    en: str
    cy: str
    repeatable: bool = False


def _table(*meanings: Meaning) -> Mapping[str, Meaning]:
    return MappingProxyType({meaning.name: meaning for meaning in meanings})


_P, _H = "people", "happenings"

MEANINGS: Mapping[str, Meaning] = _table(
    Meaning("name", "name", _P, "name", "enw"),
    Meaning("title", "text", _P, "title", "teitl"),
    Meaning("given", "text", _P, "first name", "enw cyntaf"),
    Meaning("family", "text", _P, "surname", "cyfenw"),
    Meaning("email", "email", _P, "email", "e-bost", True),
    Meaning("phone", "phone", _P, "phone", "ffôn", True),
    Meaning("address", "text", _P, "address", "cyfeiriad", True),
    Meaning("town", "text", _P, "town", "tref"),
    Meaning("county", "text", _P, "county", "sir"),
    Meaning("postcode", "postcode", _P, "postcode", "cod post"),
    Meaning("country", "text", _P, "country", "gwlad"),
    Meaning("language", "language", _P, "language", "iaith"),
    Meaning("tag", "tags", _P, "tag", "tag", True),
    Meaning("note", "text", _P, "note", "nodyn", True),
    Meaning("person_id", "id", _P, "the sender's id of the person", "rhif y person gan yr anfonwr"),
    Meaning("role", "text", _P, "role", "rôl"),
    Meaning("level", "text", _P, "level of the role", "lefel y rôl"),
    Meaning("role_start", "date", _P, "role begins", "rôl yn dechrau"),
    Meaning("role_end", "date", _P, "role ends", "rôl yn gorffen"),
    Meaning("contact_kind", "contact_kind", _P, "kind of contact", "math o gyswllt"),
    Meaning("organisation", "text", _P, "organisation", "sefydliad"),
    Meaning("deceased", "yes_no", _P, "deceased", "wedi marw"),
    Meaning("birth_date", "date", _P, "date of birth", "dyddiad geni"),
    Meaning("consent_email", "yes_no", _P, "consent to email", "cydsyniad i e-bost"),
    Meaning("consent_post", "yes_no", _P, "consent to post", "cydsyniad i bost"),
    Meaning("consent_phone", "yes_no", _P, "consent to calls", "cydsyniad i alwadau"),
    Meaning("consent_sms", "yes_no", _P, "consent to text messages", "cydsyniad i negeseuon testun"),
    Meaning("consent_at", "instant", "", "when consent was asked", "pryd y gofynnwyd am gydsyniad"),
    Meaning("consent_wording", "text", "", "wording of the consent", "geiriad y cydsyniad"),
    Meaning("consent_purpose", "text", "", "purpose of the consent", "diben y cydsyniad"),
    Meaning("gift_aid", "yes_no", _P, "Gift Aid", "Rhodd Cymorth"),
    Meaning("row_id", "id", "", "the sender's id of the line", "rhif y llinell gan yr anfonwr"),
    Meaning("order", "id", _H, "order", "archeb"),
    Meaning("date", "date", _H, "date", "dyddiad"),
    Meaning("time", "time", "", "time", "amser"),
    Meaning("zone", "text", "", "time zone", "cylchfa amser"),
    Meaning("event_date", "date", _H, "date of the event", "dyddiad y digwyddiad"),
    Meaning("kind", "kind", _H, "kind", "math"),
    Meaning("amount", "money", _H, "amount", "swm"),
    Meaning("currency", "currency", "", "currency", "arian cyfred"),
    Meaning("fee", "money", "", "fee", "ffi"),
    Meaning("quantity", "quantity", _H, "quantity", "nifer"),
    Meaning("party_size", "quantity", _H, "party size", "maint y grŵp"),
    Meaning("event", "text", _H, "event", "digwyddiad"),
    Meaning("event_type", "text", _H, "type of event", "math o ddigwyddiad"),
    Meaning("site", "text", _H, "place", "lle"),
    Meaning("campaign", "text", _H, "campaign", "ymgyrch"),
    Meaning("channel", "text", _H, "channel", "sianel"),
    Meaning("status", "text", "", "status", "statws"),
    Meaning("subject", "text", _H, "subject", "pwnc"),
    Meaning("text", "text", _H, "comment", "sylw"),
    Meaning("changed_at", "instant", "", "last changed", "newidiwyd ddiwethaf"),
    Meaning("salutation", "text", _P, "salutation", "cyfarchiad"),
    Meaning("language_asked", "date", _P, "day the language was asked", "dyddiad gofyn am yr iaith"),
    Meaning("age_band", "text", _P, "age band", "band oedran"),
    Meaning("age_noted", "date", _P, "day the age band was noted", "dyddiad nodi'r band oedran"),
    Meaning("grace_days", "integer", _P, "days of grace of the role", "dyddiau gras y rôl"),
    Meaning("further_role", "pieces", _P, "further role", "rôl arall", True),
    Meaning("further_address", "pieces", _P, "further address", "cyfeiriad arall", True),
    Meaning("preferred", "pieces", _P, "preferred emails and phones", "e-byst a ffonau dewisol"),
    Meaning("preferred_address", "yes_no", _P, "address is preferred", "cyfeiriad dewisol"),
    Meaning("phone_e164", "pieces", _P, "international numbers", "rhifau rhyngwladol"),
    Meaning("relationship", "pieces", _P, "relationship", "perthynas", True),
    Meaning("known_as", "pieces", _P, "id elsewhere", "rhif mewn man arall", True),
    Meaning("keep", "text", "", "kept as it is", "cedwir fel y mae", True),
    Meaning("ignore", "text", "", "left out", "gadewir allan", True),
)

OWN = re.compile(r"own\.[a-z][a-z0-9_]{0,39}")
"""`own.<name>`: a field that the organisation declares itself."""


def is_meaning(word: str) -> bool:
    """True for a word of the vocabulary or an `own.<name>`."""
    return word in MEANINGS or OWN.fullmatch(word) is not None


def check_meaning(word: str, column: str) -> str:
    """Give `word` back, or raise Unknown ``import.map.meaning_unknown`` with the nearest known one."""
    if not is_meaning(word):
        raise Unknown("import.map.meaning_unknown", name=word, column=column, suggestion=nearest(word, MEANINGS))
    return word


def reads(word: str) -> str:
    """The kind of value cells of this meaning hold (own fields: "text")."""
    return MEANINGS[word].reads if word in MEANINGS else reads_custom(word)


def repeatable(word: str) -> bool:
    """True where several columns of one file may carry this meaning."""
    return word in MEANINGS and MEANINGS[word].repeatable
