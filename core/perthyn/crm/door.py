"""Door: what the one door says of the people in the store, with all that is recorded of them brought to it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from perthyn.contacting import Barred, Decision, Grounds, Known, may_contact
from perthyn.contacting.door import CHANNELS, CHILD, NO, RULES, said_at
from perthyn.contacting.grounds import GROUNDS
from perthyn.crm.segments import Segments
from perthyn.errors import Conflict
from perthyn.model import Consent, Contact, Obtained, Problem, Screening, Suppression
from perthyn.model.segment import SUPPRESSION_KEY


class Door(Segments):
    """What a person can ask of the one door."""

    def permissions(
        self, contact: Contact, purpose: str = "marketing", *, at: datetime | None = None
    ) -> dict[str, Decision]:
        """Per channel, what the one door says of a contact at an instant (now)."""
        self.check("contact.read")
        return self._decisions_seen(self.decided(contact, self.known([contact.id])[contact.id], purpose, at=at))

    def _decisions_seen(self, decisions: dict[str, Decision]) -> dict[str, Decision]:
        """The decisions as the actor may see them: that somebody is a child shows as that nothing permits it."""
        return {name: self._decision_seen(one) for name, one in decisions.items()}

    def _decision_seen(self, decision: Decision) -> Decision:
        return replace(decision, rule=self._rule_seen(decision.rule))

    def _rule_seen(self, rule: str) -> str:
        """A rule of the door as the actor may see it."""
        return RULES[-1].code if rule == CHILD and not self.actor.may("child.read") else rule

    def decided(
        self,
        contact: Contact,
        known: Known,
        purpose: str = "marketing",
        *,
        channels: Sequence[str] = CHANNELS,
        at: datetime | None = None,
    ) -> dict[str, Decision]:
        """The same for one of many, whose records have been asked for together (`known`).

        Now is no earlier than any "no" that is recorded: the clock of whoever recorded it may be ahead of ours.
        """
        self.check("contact.read")
        barred, grounds = self.barred(), self.grounds()
        shut, doubtful = barred.suppressed(contact), barred.contradicted(contact)
        at = at or max([self.clock(), *_noes(known)])
        return {
            channel: may_contact(
                contact, channel, purpose, at, consents=known.consents, obtained=known.obtained,
                screenings=known.screenings, suppressed=channel in shut, contradicted=channel in doubtful,
                grounds=grounds,
            )
            for channel in channels
        }  # fmt: skip

    def known(self, contacts: Collection[UUID]) -> dict[UUID, Known]:
        """All that is recorded of each of these contacts that the door looks at."""
        self.check("contact.read")
        consents: dict[UUID, list[Consent]] = {id: [] for id in contacts}
        obtained: dict[UUID, list[Obtained]] = {id: [] for id in contacts}
        screenings: dict[UUID, list[Screening]] = {id: [] for id in contacts}
        for said in self.store.owned(Consent, list(contacts)):
            consents[said.contact].append(said)
        for came in self.store.owned(Obtained, list(contacts)):
            obtained[came.contact].append(came)
        for check in self.store.owned(Screening, list(contacts)):
            screenings[check.contact].append(check)
        return {id: Known(consents[id], obtained[id], screenings[id]) for id in contacts}

    def grounds(self) -> Grounds:
        """What the organisation rests on beside consent."""
        self.check("contact.read")
        return self.kept(GROUNDS, lambda: Grounds.of(self.remembered(GROUNDS)))

    def barred(self) -> Barred:
        """What the one door must know beside the records; for many contacts, asked for once."""
        self.check("contact.read")
        return self.kept("barred", self._barred)

    def _barred(self) -> Barred:
        doubtful: dict[UUID, set[str]] = defaultdict(set)
        for id, problems in self._problems_of().items():
            told = [one for one in problems if one.code == "consent.contradiction"]
            doubtful[id].update(json.loads(one.facts or "{}").get("channel", "") for one in told)
        key = self.remembered(SUPPRESSION_KEY)
        listed = frozenset((one.channel, one.address_hash) for one in self.store.scan(Suppression))
        return Barred(None if key is None else bytes.fromhex(key), listed, dict(doubtful))

    def contradicted(self, contact: Contact) -> set[str]:
        """The channels about which files contradict each other, and nobody has settled it."""
        return self.barred().contradicted(contact)

    def suppressed(self, contact: Contact) -> set[str]:
        """The channels on which an address of this contact stands in the suppression list."""
        return self.barred().suppressed(contact)

    def _suppression_key(self) -> bytes:
        """The organisation's own key for hashes of addresses, made once, by whichever process is first."""
        held = self.remembered(SUPPRESSION_KEY)
        if held is None:
            change = self.remember(SUPPRESSION_KEY, self.random(32).hex())
            with suppress(Conflict):
                self.commit([change] if change else [], reason=SUPPRESSION_KEY, kind="setting")
            held = self.remembered(SUPPRESSION_KEY)
        return bytes.fromhex(str(held))

    def open_problems(self) -> list[Problem]:
        """Problems that nobody has settled."""
        self.check("problem.read")
        return list(map(self.seen, self._open_problems()))

    def _open_problems(self) -> list[Problem]:
        return self.kept("problems", lambda: [one for one in self.store.scan(Problem) if one.state == "open"])

    def _problems_of(self) -> dict[UUID, list[Problem]]:
        """The open problems of each contact, under the id it goes by now."""

        def gathered() -> dict[UUID, list[Problem]]:
            found: dict[UUID, list[Problem]] = defaultdict(list)
            now = self.redirects()
            for one in self._open_problems():
                for id in {now.get(id, id) for id in (one.contact, one.other) if id is not None}:
                    found[id].append(one)
            return dict(found)

        return self.kept("problems of", gathered)


def _noes(known: Known) -> Iterator[datetime]:
    """When somebody said no, and when an address was found not to be used."""
    yield from (said_at(one) for one in known.consents if one.decision in NO)
    yield from (one.checked for one in known.screenings if one.hit)
