"""Ledger: one line for each person of a campaign; how lines are named, made, and told apart."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from perthyn.changes import Block
from perthyn.contacting.door import Decision
from perthyn.model import Campaign, Contact, Interaction, Message, declared, to_wire
from perthyn.model.ids import named_id
from perthyn.store import Store

OUT = ("sent", "handed")
"""States of a line whose letter has gone out."""
GONE = (*OUT, "claimed", "unknown")
"""States of a line whose letter has, or may have, gone out."""
IN_HOUSEHOLD = "campaign.household"
"""Rule of a line that another line of the same household speaks for."""
_LOW = (1 << 80) - 1
KIND_OF = {"email": "email", "post": "letter", "phone": "call", "sms": "note"}
"""What kind of interaction a message by a channel is."""


def message_id(campaign: UUID, contact: UUID) -> UUID:
    """The id of a campaign's line for a contact: the same wherever it is made, so there is one.

    Its first 48 bits are the campaign's alone, so that the lines of a campaign stand together in id order.
    """
    first = named_id(f"campaign\x1f{campaign}").int >> 80 << 80
    return UUID(int=first | named_id(f"message\x1f{campaign}\x1f{contact}").int & _LOW)


def lines_of(store: Store, campaign: UUID, after: UUID | None = None) -> Generator[Message]:
    """The ledger's lines of a campaign in id order, from the one after `after`; whoever stops early closes it."""
    first = named_id(f"campaign\x1f{campaign}").int >> 80 << 80
    for one in store.scan(Message, after or UUID(int=first)):
        if one.id.int > first | _LOW:
            return
        if one.campaign == campaign:
            yield one


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the ledger is to say of a contact, worked out before it is stored.

    `ties`: what is the same for all who live together; "" parts are none. `speaker`: the contact whose line speaks for
    this one.
    """

    contact: UUID
    decision: Decision
    language: str
    ties: tuple[str, ...] = ()
    speaker: UUID | None = None

    @property
    def goes(self) -> bool:
        """Whether a letter goes to this very contact."""
        return self.decision.allowed and self.speaker is None


def evidence_of(decision: Decision) -> str | None:
    """The ids of the records that a decision rests on, as JSON."""
    return json.dumps([str(one.id) for one in decision.evidence]) if decision.evidence else None


def language_for(campaign: Campaign, contact: Contact) -> str:
    """In which language a contact is written to: the recorded one; both, where nobody knows."""
    return (contact.language or "both") if campaign.languages == "both" else campaign.languages


def block_of(campaign: Campaign, lines: Iterable[Line]) -> Block:
    """The lines as they are stored: waiting, or held by a rule."""
    made = list(lines)
    wire = {name: about.kind for name, about in declared(Message).items()}
    columns: dict[str, list[Any]] = {
        "id": [message_id(campaign.id, one.contact) for one in made],
        "contact": [one.contact for one in made],
        "campaign": [campaign.id] * len(made),
        "channel": [campaign.channel] * len(made),
        "state": ["waiting" if one.decision.allowed else "held" for one in made],
        "language": [one.language for one in made],
        "address": [one.decision.address or None for one in made],
        "rule": [one.decision.rule for one in made],
        "evidence": [evidence_of(one.decision) for one in made],
        "household": [one.speaker and message_id(campaign.id, one.speaker) for one in made],
    }
    return Block(
        Message, {name: [to_wire(wire[name], value) for value in column] for name, column in columns.items()}, len(made)
    )


def in_households(lines: Sequence[Line]) -> list[Line]:
    """The same lines, where of all who live together and may be contacted one speaks for the others.

    She is the one who has been known longest. Where they want different languages, she gets both. Whoever may not be
    contacted is covered by nobody's letter.
    """
    by_id = {one.contact: one for one in lines}
    for some in _together([one for one in lines if one.decision.allowed]):
        first, *others = sorted(some, key=lambda one: one.contact)
        languages = {one.language for one in some}
        by_id[first.contact] = replace(first, language=languages.pop() if len(languages) == 1 else "both")
        by_id |= {one.contact: replace(one, speaker=first.contact) for one in others}
    return list(by_id.values())


def _together(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that share a tie, or are tied through others; those of one alone are left out."""
    head: dict[str, str] = {}

    def root(tie: str) -> str:
        while head.setdefault(tie, tie) != tie:
            head[tie] = tie = head[head[tie]]
        return tie

    for line in lines:
        for tie in line.ties[1:]:
            head[root(tie)] = root(line.ties[0])
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if line.ties:
            groups.setdefault(root(line.ties[0]), []).append(line)
    return [some for some in groups.values() if len(some) > 1]


def interaction_of(campaign: Campaign, line: Message, sent: datetime, about: dict[str, Any]) -> Interaction:
    """What stands in the person's story: that a letter of the campaign went out. `about`: its id and day."""
    kind = KIND_OF[campaign.channel]
    subject = campaign.subject_cy if line.language == "cy" else campaign.subject_en
    values: dict[str, Any] = {
        "contact": line.contact, "kind": kind, "channel": campaign.channel, "direction": "out", "at": sent,
        "campaign": campaign.code, "source": f"campaign:{campaign.code}", "source_id": str(line.id),
        "subject": subject or campaign.subject_cy or campaign.code, **about,
    }  # fmt: skip
    return Interaction.model_validate(values)
