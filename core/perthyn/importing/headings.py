"""The names people give to columns, in Welsh and English: heading -> meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator

from perthyn.text import fold

_NAMES: dict[str, str] = {
    "name": "name|full name|your name|contact|contact name|customer name|donor name|member name|volunteer|"
    "volunteer name|person|display name|names|enw|enw llawn|enw'r aelod|enw aelod|enwau|enw'r cyswllt|"
    "enw cwsmer|enw rhoddwr|gwirfoddolwr|cyswllt|attendee name|attendee|booked by|bwciwyd gan|who|pwy|"
    "visitor|visitor name|ymwelydd|supporter|supporter name|cefnogwr|member|aelod|donor|rhoddwr",
    "title": "title|salutation title|prefix|teitl|honorific",
    "given": "first name|firstname|first names|forename|forenames|given name|given names|given|christian name|"
    "fname|enw cyntaf|enw bedydd|enwau cyntaf|enw 1af|donor firstname|donor first name|first",
    "family": "last name|lastname|surname|family name|family|lname|second name|cyfenw|enw olaf|enw teuluol|"
    "donor lastname|donor last name|last",
    "email": "email|e mail|email address|e mail address|mail|emails|contact email|email 1|email 2|primary email|"
    "e bost|ebost|cyfeiriad e bost|cyfeiriad ebost|e byst|donor e mail|donor email|your email|customer email",
    "phone": "phone|telephone|tel|tel no|tel number|telephone number|phone number|phone no|mobile|mobile phone|"
    "mobile number|mob|home phone|work phone|landline|cell|contact number|phone 1|phone 2|ffon|rhif ffon|"
    "ffon symudol|symudol|rhif symudol|ffon cartref|ffon gwaith|teleffon|rhif teleffon|rhif cyswllt",
    "address": "address|address 1|address 2|address 3|address line 1|address line 2|address line 3|street|"
    "street address|street number|house number|house|postal address|home address|mailing address|addr|"
    "cyfeiriad|cyfeiriad 1|cyfeiriad 2|cyfeiriad 3|llinell 1|llinell 2|llinell 3|cyfeiriad post|stryd|"
    "cyfeiriad cartref|llinell cyfeiriad 1|llinell cyfeiriad 2|donor address line 1|donor address line 2",
    "town": "town|city|town city|town or city|post town|suburb|village|locality|tref|dinas|pentref|tref dinas|"
    "donor town|home city",
    "county": "county|state|region|province|sir|rhanbarth|donor county|home state",
    "postcode": "postcode|post code|zip|zip code|zipcode|postal code|cod post|codpost|cod postio|donor postcode|"
    "home zip|pcode|pc",
    "country": "country|nation|gwlad|country code|donor country|home country",
    "language": "language|preferred language|language preference|correspondence language|iaith|dewis iaith|"
    "iaith ohebu|iaith gohebu|iaith gohebiaeth|lang|cymraeg saesneg|welsh english|dewis o iaith",
    "tag": "tag|tags|tagiau|labels|keywords|categories|category|categori|categoriau|group|groups|interests|"
    "diddordebau|allweddeiriau|labeli",
    "note": "note|notes|nodyn|nodiadau|remarks|other|memo|nodiadau eraill|additional information|arall",
    "person_id": "person id|contact id|customer id|member id|member no|member number|membership number|"
    "membership no|membership id|supporter id|donor id|constituent id|rec id|record id|external id|"
    "external customer id|rhif aelod|rhif aelodaeth|rhif cyswllt unigryw|donor user id|volunteer id|urn",
    "role": "role|roles|rol|rolau|person type|contact role",
    "level": "level|membership type|membership level|member type|type of membership|lefel|lefel aelodaeth|"
    "math o aelodaeth|math aelodaeth|tier|grade|membership",
    "role_start": "joined|join date|date joined|joined on|member since|start date|start|from|ymuno|ymunodd|"
    "dyddiad ymuno|aelod ers|dechrau|dyddiad dechrau|since|started",
    "role_end": "renewal|renewal date|renewal due|renew|renews|expires|expiry|expiry date|expiration|end date|end|"
    "until|ends|valid until|membership ends|lapses|due|adnewyddu|dyddiad adnewyddu|adnewyddiad|dod i ben|"
    "dyddiad dod i ben|yn dod i ben|diwedd|dyddiad gorffen|gorffen|hyd at|renewal month|mis adnewyddu",
    "contact_kind": "contact kind|contact type|kind of contact|math o gyswllt|account type",
    "organisation": "organisation|organization|company|company name|employer|organisation name|institution|"
    "business|sefydliad|cwmni|enw'r sefydliad|enw'r cwmni|cyflogwr|school|ysgol|group name|enw'r grwp",
    "deceased": "deceased|died|wedi marw|marw|dead|is deceased",
    "birth_date": "date of birth|dob|birth date|birthdate|birthday|born|dyddiad geni|pen blwydd|penblwydd|ganwyd|dg",
    "consent_email": "email consent|consent email|email opt in|opt in|optin|email ok|ok to email|can we email|"
    "happy to email|marketing consent|marketing opt in|consent|newsletter|cydsyniad|cydsyniad e bost|"
    "cydsyniad ebost|caniatad e bost|caniatad ebost|caniatad|cylchlythyr|newyddlen|gdpr|gdpr consent|"
    "accepts marketing|email permission|mailing list|rhestr bostio|contact by email|email me",
    "consent_post": "post consent|consent post|ok to post|postal consent|post opt in|mail consent|contact by post|"
    "cydsyniad post|caniatad post|can we post",
    "consent_phone": "phone consent|consent phone|ok to call|telephone consent|contact by phone|cydsyniad ffon|"
    "caniatad ffon|can we call|phone opt in",
    "consent_sms": "sms consent|consent sms|text consent|ok to text|sms opt in|contact by sms|contact by text|"
    "cydsyniad testun|caniatad testun|cydsyniad neges destun",
    "consent_at": "consent date|date of consent|consent given|opt in date|optin time|dyddiad cydsyniad|gdpr date",
    "consent_wording": "consent wording|consent text|consent statement|geiriad cydsyniad",
    "gift_aid": "gift aid|giftaid|ga|gift aid declaration|gift aided|gad|rhodd cymorth|datganiad rhodd cymorth|rc|"
    "gift aid y n|is gift aid",
    "row_id": "id|transaction id|reference|ref|receipt|receipt number|receipt no|payment id|line id|ticket id|"
    "donation id|booking id|booking reference|booking ref|unique id|cyfeirnod|rhif derbynneb|rhif|cyf|"
    "rhif trafodyn|uid|uuid",
    "order": "order|order id|order number|order no|order #|order code|basket|rhif archeb|archeb|cod archeb|"
    "invoice number|invoice no|rhif anfoneb",
    "date": "date|day|transaction date|payment date|donation date|date of donation|date of gift|gift date|"
    "visit date|date of visit|date paid|paid on|order date|booking date|booked on|purchase date|created|"
    "created at|timestamp|when|dyddiad|diwrnod|dyddiad talu|dyddiad rhodd|dyddiad y rhodd|dyddiad ymweliad|"
    "dyddiad archebu|dyddiad archeb|pryd|date time|dyddiad ac amser|date received|dyddiad derbyn",
    "time": "time|time of day|amser|awr|transaction time|order time",
    "zone": "time zone|timezone|cylchfa amser|parth amser",
    "event_date": "event date|date of event|date attending|performance date|session date|slot|visit slot|"
    "dyddiad y digwyddiad|dyddiad digwyddiad|event start|event start date|dyddiad y perfformiad",
    "kind": "kind|interaction type|transaction type|activity|activity type|math o ryngweithiad|gweithgaredd",
    "amount": "amount|total|price|value|sum|gross|net amount|total paid|amount paid|order total|gift|gift amount|"
    "donation amount|cost|swm|cyfanswm|pris|gwerth|swm y rhodd|swm rhodd|swm a dalwyd|taliad|payment|"
    "amount gbp|total gbp|donation auth amount|donated|rhoddwyd|rhodd|donation|subscription|tanysgrifiad|fee paid",
    "currency": "currency|currency code|arian cyfred|arian|cod arian",
    "fee": "fee|fees|processing fee|fees paid|ffi|ffioedd|transaction fee|commission",
    "quantity": "quantity|qty|tickets|number of tickets|no of tickets|units|items|nifer|nifer tocynnau|tocynnau|"
    "sawl tocyn|count",
    "party_size": "party size|group size|how many|number of people|people|no of people|number in party|"
    "number in group|visitors|guests|maint y grwp|nifer o bobl|nifer yn y grwp|sawl un|faint|faint ohonoch|"
    "nifer ymwelwyr|ymwelwyr|party|adults and children",
    "event": "event|event name|exhibition|performance|show|digwyddiad|enw'r digwyddiad|arddangosfa|perfformiad",
    "event_type": "event type|type of event|event category|math o ddigwyddiad",
    "site": "site|location|venue|place|branch|shop|lle|lleoliad|safle|cangen",
    "campaign": "campaign|appeal|appeal name|fund|source code|ymgyrch|apel|enw'r apel|cronfa|campaign name",
    "channel": "channel|sales channel|source channel|payment method|method|how paid|sianel|dull talu|sut talwyd",
    "status": "status|state of order|payment status|order status|statws|cyflwr",
    "subject": "item|product|description|what|ticket type|product name|details|subject|eitem|cynnyrch|disgrifiad|"
    "math o docyn|beth|pwnc|ticket|tocyn|duty|dyletswydd|shift|sifft|task|tasg|item title|teitl yr eitem",
    "text": "comment|comments|feedback|message|review|your comments|sylw|sylwadau|adborth|neges|what you thought",
    "changed_at": "last changed|last modified|modified|updated|updated at|modified at|last updated|newidiwyd|"
    "diweddarwyd|dyddiad newid",
}

_AGAINST: dict[str, str] = {
    "consent_email": "do not email|no email|don't email|email opt out|opt out|opted out|unsubscribed|no newsletter|"
    "dim e bost|dim ebost|peidiwch ag e bostio|do not contact|no contact|dim cyswllt|no marketing|no mailings",
    "consent_post": "do not post|no post|do not mail|post opt out|dim post",
    "consent_phone": "do not call|do not phone|no phone|no calls|phone opt out|dim ffon|dim galwadau",
    "consent_sms": "do not text|do not sms|no sms|sms opt out|dim testun",
}

UNDECIDED: dict[str, str] = {
    "type": "type|math|types|mathau|person kind|class|dosbarth",
    "paid": "paid|talwyd|wedi talu|tal|payment made",
    "from": "where from|from where|home town|o ble|where are you from|where do you come from|o ble ydych chi",
}
"""Headings whose meaning rests on what stands below them or beside them: see `perthyn.importing.columns`."""


_ASKED = (
    (re.compile(r"gift aid|rhodd cymorth|uk taxpayer|trethdalwr"), "gift_aid"),
    (re.compile(r"e ?mail me|by e ?mail|newsletter|e bostiwch|drwy e bost|cylchlythyr|newyddlen"), "consent_email"),
    (re.compile(r"hear (?:of|about) us|clywed amdanom|dietary|access needs"), ""),
)
"""Questions that a form asks, as headings of four words and more."""


def heading_key(heading: str) -> str:
    """A heading for comparison: folded, punctuation and underscores to single spaces, " (2)" taken off."""
    plain = re.sub(r"\s\(\d+\)$", "", fold(heading))
    return " ".join(re.sub(r"[^\w'#]+|_", " ", plain).split())


def _by_key(table: dict[str, str]) -> dict[str, str]:
    return {name: meaning for meaning, names in table.items() for name in names.split("|")}


_MEANING = _by_key(_NAMES)
_INVERTED = _by_key(_AGAINST)
_UNDECIDED = _by_key(UNDECIDED)


def _readings(heading: str) -> Iterator[str]:
    """The whole heading, then its halves: ``Enw/Name``, ``Ffôn (Phone)``, ``Date - Dyddiad``."""
    yield heading_key(heading)
    halves = [heading_key(half) for half in re.split(r"[/|()\[\]\n:;?*]|\s[-–]\s", heading)]
    if len([half for half in halves if half]) >= 1:
        yield from (half for half in halves if half)


def meaning_of(heading: str) -> tuple[str, bool]:
    """(meaning, inverted) for a heading; "type", "paid" and "from" are undecided; ("", False) for none."""
    for key in _readings(heading):
        if key in _MEANING:
            return _MEANING[key], False
        if key in _INVERTED:
            return _INVERTED[key], True
        if key in _UNDECIDED:
            return _UNDECIDED[key], False
    key = heading_key(heading)
    if is_question(heading):
        return next((meaning for phrase, meaning in _ASKED if phrase.search(key)), ""), False
    return "", False


def is_question(heading: str) -> bool:
    """True for a heading long enough to be the wording of a question."""
    return len(heading.split()) >= 4


def is_known_heading(text: str) -> bool:
    """True for a text that people use as a column's name."""
    return meaning_of(text)[0] != ""
