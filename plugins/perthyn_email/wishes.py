"""Wishes: what the reader of a letter says of further letters, on the page of its link or with one click."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from perthyn.channel import Delivery, Fact, Sender
from perthyn.contacting.letters import Letters
from perthyn.contacting.tokens import message_of
from perthyn.errors import Unknown
from perthyn.model import Campaign, Contact, Message
from perthyn.model.identity import email_alone_key
from perthyn_email.settings import SECTION

PURPOSES = ("marketing", "fundraising")
WORDING_VERSION = "preferences-1"
"""Raised with every change to what the page asks, so that it can be shown what somebody said yes to."""
SOURCE = f"{SECTION}:pages"
BY_MACHINE = timedelta(seconds=10)
"""A link followed so soon after the letter went was followed by a scanner."""
_MACHINES = re.compile(
    r"bot\b|crawl|spider|scan|preview|proxy|barracuda|mimecast|proofpoint|safelinks|symantec|trendmicro|zscaler|forti"
    r"|sophos|cisco|ironport|python|curl|wget|go-http|java/|okhttp|headless|monitor|facebookexternalhit|slack|whatsapp",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter was for, under the id she goes by now; which letter, of which campaign."""

    message: Message
    campaign: Campaign | None
    contact: Contact

    @property
    def purpose(self) -> str:
        """What the letter was for, among what can be refused."""
        found = self.campaign.purpose if self.campaign else PURPOSES[0]
        return found if found in PURPOSES else PURPOSES[0]

    @property
    def masked(self) -> str:
        """Her address, so that she knows it and nobody else learns it."""
        local, _, domain = (self.message.address or "").rpartition("@")
        return f"{local[:1]}…@{domain}" if domain else ""


def reader_of(crm: Any, token: str) -> Reader | None:
    """Whose token it is; None where it is nobody's, or she is not there any more."""
    id = message_of(crm.token_key(), token)
    message = None if id is None else crm.store.get(Message, [id]).get(id)
    if message is None:
        return None
    try:
        now = crm.store.resolve(message.contact)
    except Unknown:
        return None
    contact = crm.store.get(Contact, [now]).get(now)
    campaign = crm.store.get(Campaign, [message.campaign]).get(message.campaign)
    return None if contact is None else Reader(message, campaign, contact)


def allowed(crm: Any, contact: Contact) -> dict[str, bool]:
    """For which purposes she may be e-mailed, as of now."""
    return {purpose: crm.permissions(contact, purpose)["email"].allowed for purpose in PURPOSES}


def stop(crm: Any, reader: Reader, *, how: str, everywhere: bool = False) -> None:
    """No more mailings to her, and to all who have the address that says so; `everywhere`: by no other way either.

    It counts when this returns. Said twice it is written once.
    """
    for person in _all_of(crm, reader):
        contact = crm.store.get(Contact, [person])[person]
        said = crm.permissions(contact, reader.purpose)
        open_ways = [
            way for way, told in said.items() if told.rule != "contact.said_no" and (everywhere or way == "email")
        ]
        if open_ways:
            crm.record_consent(person, "withdrawn", open_ways, purpose=reader.purpose, **_how(reader, how))
    _noted(crm, reader, "unsubscribe", f"unsubscribe:{reader.message.id}", {"kind": "unsubscribe", "how": how})


def choose(crm: Any, reader: Reader, wanted: Sequence[str], wordings: Mapping[str, str], language: str) -> None:
    """Letters for these purposes and no others. `wordings`: what the page asked for each, in `language`.

    A no to one kind of mailing is a no to all (see the door's table), so what she keeps is a fresh yes after it.
    """
    now = allowed(crm, reader.contact)
    if not wanted:
        stop(crm, reader, how="preferences")
        return
    dropped = [purpose for purpose in PURPOSES if now[purpose] and purpose not in wanted]
    for purpose in dropped:
        crm.record_consent(reader.contact.id, "withdrawn", ["email"], purpose=purpose, **_how(reader, "preferences"))
    if dropped:
        _let_pass(crm)
    for purpose in wanted:
        if dropped or not now[purpose]:
            crm.record_consent(
                reader.contact.id, "given", ["email"], purpose=purpose, wording=wordings[purpose], language=language,
                wording_version=WORDING_VERSION, address=reader.message.address, **_how(reader, "preferences"),
            )  # fmt: skip


def wish_language(crm: Any, reader: Reader, language: str) -> None:
    """In which language she would like to be written to."""
    if language in ("cy", "en", "both") and reader.contact.language != language:
        crm.edit_contact(reader.contact.id, {"language": language})


def followed(crm: Any, reader: Reader, number: int, headers: Mapping[str, str], sender: Sender) -> str:
    """Where the letter's link of that number leads, "" where there is none; noted once, but not of machines."""
    if reader.campaign is None:
        return ""
    links = Letters(reader.campaign, sender=sender, today=crm.today(), fields=crm.letter_fields()).links
    if not 0 <= number < len(links):
        return ""
    if sender.clicks and not _by_machine(crm, reader, headers):
        about = {"link": links[number]}
        _noted(crm, reader, "click", f"click:{reader.message.id}:{number}", about)
    return links[number]


def _by_machine(crm: Any, reader: Reader, headers: Mapping[str, str]) -> bool:
    sent = reader.message.sent
    early = sent is None or crm.clock() - sent < BY_MACHINE
    ahead = "prefetch" in (headers.get("purpose", "") + headers.get("sec-purpose", "") + headers.get("x-moz", ""))
    agent = headers.get("user-agent", "")
    return early or ahead or not agent or _MACHINES.search(agent) is not None


def _all_of(crm: Any, reader: Reader) -> list[UUID]:
    key = email_alone_key(reader.message.address or "")
    holders = crm.store.keyed([key]).get(key, ()) if reader.message.address else ()
    return list(dict.fromkeys([reader.contact.id, *holders]))


def _how(reader: Reader, how: str) -> dict[str, Any]:
    return {"how": how, "evidence": f"message {reader.message.id}"}


def _noted(crm: Any, reader: Reader, kind: str, id: str, about: Mapping[str, Any]) -> None:
    values = {
        "kind": kind, "channel": "email", "direction": "in", "at": crm.clock(),
        "campaign": reader.campaign.code if reader.campaign else None,
        "raw": json.dumps(about, ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    crm.take_in(Delivery(SOURCE, [Fact(id, values, reader.contact.id, version=0)]))


def _let_pass(crm: Any) -> None:
    """Until the clock shows a later ms: a yes counts against a no only where it came after it."""
    start = crm.clock()
    for _ in range(50):
        if (crm.clock() - start) >= timedelta(milliseconds=2):
            return
        time.sleep(0.002)
