"""An organisation on a store in memory, with a campaign that has gone out, and the messages that come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from perthyn.changes import Create
from perthyn.channel import Reach
from perthyn.contacting.tokens import token
from perthyn.crm import Actor, Crm, TakenIn
from perthyn.house import House
from perthyn.model import Campaign, Consent, Contact, Email, Interaction, Message, Problem, Record, Screening
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_email.answers import Answers, Became

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"k" * 32
OURS = {"from": "news@castell.example", "bounce_to": "bounces@castell.example"}


@dataclass
class Office:
    """What comes in is taken in at once, as `fetch` does it."""

    store: Store = field(default_factory=MemoryStore)
    now: datetime = NOON
    section: dict[str, Any] = field(default_factory=lambda: dict(OURS))
    secrets: Callable[[str, str], str] = lambda section, name: "secret"
    crm: Crm = field(init=False)

    def __post_init__(self) -> None:
        actor = Actor("gwen", frozenset({"*"}))
        self.crm = Crm(self.store, Plugins(), Settings(), lambda: self.now, Random(7).randbytes, actor, "en")

    def reach(self, cursor: str = "") -> Reach:
        house = House(
            Path("."), lambda: self.now, lambda n: bytes(n), sections={"email": self.section}, secrets=self.secrets
        )
        return Reach(house, "main", self.store, KEY, cursor)

    def keep(self, *records: Record) -> None:
        self.crm.commit([Create(one) for one in records], kind="import")

    def person(self, name: str, *emails: str) -> Contact:
        made = Contact(id=self.crm.ids(), name=name, emails=tuple(Email(address=one) for one in emails))
        self.keep(made)
        return made

    def sent(self, person: Contact, days_ago: int = 1, code: str = "") -> Message:
        """A letter of a campaign of its own that went to the first address of somebody."""
        campaign = Campaign(id=self.crm.ids(), code=code or f"news-{days_ago}", made=self.now)
        line = Message(
            id=self.crm.ids(), contact=person.id, campaign=campaign.id, channel="email", state="sent",
            address=person.emails[0].address, sent=self.now - timedelta(days=days_ago),
        )  # fmt: skip
        self.keep(campaign, line)
        return line

    def comes(self, raw: str | bytes, line: Message | None = None) -> Became:
        """A message arrives now; ``{TOKEN}`` in it is the token of a letter."""
        if isinstance(raw, str):
            raw = raw.replace("{TOKEN}", token(KEY, line.id) if line else "none").encode("utf-8", "surrogateescape")
        became = Answers(self.reach()).became(raw, self.now)
        self.took = self.take(became)
        return became

    def take(self, became: Became) -> TakenIn:
        return self.crm.take_in(became.delivery("email:main", "1"))

    # -- what is stored ---------------------------------------------------------------------------------------

    def of(self, person: Contact | UUID, kind: str = "") -> list[Interaction]:
        id = person if isinstance(person, UUID) else person.id
        return [one for one in self.store.owned(Interaction, [id]) if kind in ("", one.kind)]

    def consents(self, person: Contact) -> Sequence[Consent]:
        return list(self.store.owned(Consent, [person.id]))

    def screenings(self, person: Contact) -> Sequence[Screening]:
        return list(self.store.owned(Screening, [person.id]))

    def problems(self) -> list[str]:
        return sorted(one.code for one in self.store.scan(Problem) if one.state == "open")

    def rule(self, person: Contact, purpose: str = "marketing") -> str:
        held = self.store.get(Contact, [person.id])[person.id]
        return self.crm.permissions(held, purpose)["email"].rule


def bounce(status: str = "5.1.1", action: str = "failed", to: str = "mair@cartref.example", id: str = "<b1@mx>") -> str:
    """A report (RFC 3464) about a letter of ours."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.castell.example\nTo: bounces+{TOKEN}@castell.example\n"
        f"Message-ID: {id}\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n--B\n\nsee below\n'
        f"--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {to}\n"
        f"Action: {action}\nStatus: {status}\n\n--B--\n"
    )


def writes(
    text: str, sender: str = "Mair Evans <mair@cartref.example>", subject: str = "Re: News", id: str = "<r1@cartref>"
) -> str:
    """An answer to a letter of ours."""
    return (
        f"From: {sender}\nTo: news@castell.example\nSubject: {subject}\nMessage-ID: {id}\n"
        f"In-Reply-To: <{{TOKEN}}@castell.example>\n\n{text}\n"
    )
