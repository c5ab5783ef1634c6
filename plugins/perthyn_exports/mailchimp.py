"""Mailchimp's audience, in its files: subscribed, unsubscribed, cleaned (addresses that bounced), never subscribed.

The columns tell them apart; who never subscribed (an order, an import) by the file's name only. Where the statuses
stand in one file, its column of them counts.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import KnownExport
from perthyn.text import fold

_COLUMNS = {
    "Email Address": "email",
    "First Name": "given",
    "Last Name": "family",
    "OPTIN_TIME": "date",
    "LAST_CHANGED": "changed_at",
    "EUID": "person_id",
    "NOTES": "note",
    "TAGS": "tag",
}
_REQUIRED = ("Email Address", "OPTIN_TIME", "LEID", "EUID")


_STATUS = ("Status", "Member Status", "Email Marketing Status", "Subscriber Status")
_SAYS = {"": "yes", "subscribed": "yes", "unsubscribed": "no"}
"""What a status proves; others (cleaned, non-subscribed, pending, archived) prove neither yes nor no."""


def subscribed(chunk: Chunk) -> None:
    """Each line is a sign-up, and says yes, unless its status says otherwise."""
    _sign_ups(chunk)
    chunk.put("consent_email", [_SAYS.get(fold(status)) for status in chunk.text(*_STATUS)])


def unsubscribed(chunk: Chunk) -> None:
    """Each line is a sign-up and, later, an unsubscription; it says no."""
    _sign_ups(chunk)
    _later(chunk, "unsubscribe")
    chunk.put("consent_email", ["no"] * len(chunk))


def cleaned(chunk: Chunk) -> None:
    """Each line is a sign-up and, later, a bounce; it says neither yes nor no."""
    _sign_ups(chunk)
    _later(chunk, "bounce")
    chunk.put("consent_at", [None] * len(chunk))


def _sign_ups(chunk: Chunk) -> None:
    chunk.put("kind", ["signup"] * len(chunk))
    chunk.put("row_id", [one and f"{one}:signup" for one in chunk.values("person_id")])
    if "UNSUB_TIME" not in chunk.texts and "CLEAN_TIME" not in chunk.texts:
        return
    changed = chunk.values("consent_at")
    days = chunk.values("date")
    zone = ZoneInfo(chunk.zone)
    for index, when in enumerate(changed):
        if days[index] is None and when:  # imported into Mailchimp: no sign-up is known
            days[index] = when.astimezone(zone).date()


def _later(chunk: Chunk, kind: str) -> None:
    zone = ZoneInfo(chunk.zone)
    when = chunk.values("consent_at")
    for index in chunk.again([index for index, moment in enumerate(when) if moment]):
        local = chunk.values("consent_at")[index].astimezone(zone)
        chunk.values("kind")[index] = kind
        chunk.values("date")[index] = local.date()
        if "time" in chunk.cells:
            chunk.values("time")[index] = local.time()
        person = chunk.values("person_id")[index]
        chunk.values("row_id")[index] = person and f"{person}:{kind}"


_DEFAULTS = {"kind": "signup", "channel": "email"}
SUBSCRIBED = KnownExport(
    name="mailchimp-subscribed",
    en="Mailchimp: subscribed",
    cy="Mailchimp: wedi tanysgrifio",
    source="mailchimp",
    required=_REQUIRED,
    absent=("UNSUB_TIME", "CLEAN_TIME"),
    columns={**_COLUMNS, "CONFIRM_TIME": "consent_at"},
    defaults=_DEFAULTS,
    date_order="mdy",
    shape=subscribed,
)
UNSUBSCRIBED = KnownExport(
    name="mailchimp-unsubscribed",
    en="Mailchimp: unsubscribed",
    cy="Mailchimp: wedi dad-danysgrifio",
    source="mailchimp",
    required=(*_REQUIRED, "UNSUB_TIME"),
    columns={**_COLUMNS, "UNSUB_TIME": "consent_at", "UNSUB_CAMPAIGN_TITLE": "campaign", "UNSUB_REASON": "text"},
    defaults=_DEFAULTS,
    date_order="mdy",
    shape=unsubscribed,
)
CLEANED = KnownExport(
    name="mailchimp-cleaned",
    en="Mailchimp: cleaned (bounced)",
    cy="Mailchimp: glanhawyd (dychwelwyd)",
    source="mailchimp",
    required=(*_REQUIRED, "CLEAN_TIME"),
    columns={**_COLUMNS, "CLEAN_TIME": "consent_at", "CLEAN_CAMPAIGN_TITLE": "campaign"},
    defaults=_DEFAULTS,
    date_order="mdy",
    shape=cleaned,
)
NONSUBSCRIBED = KnownExport(
    name="mailchimp-nonsubscribed",
    en="Mailchimp: never subscribed",
    cy="Mailchimp: heb danysgrifio erioed",
    source="mailchimp",
    required=("Email Address", "LEID", "EUID"),
    file="nonsubscribed",
    columns={name: _COLUMNS[name] for name in ("Email Address", "First Name", "Last Name", "EUID", "NOTES", "TAGS")},
)
