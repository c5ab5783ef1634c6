"""Holdings: all that is held on a person, shown whole or erased."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Edit, Erase, Header, JournalLine, Receipt
from perthyn.contacting import Case, address_hash, refusal
from perthyn.contacting.door import CHANNELS, MAILING, NO
from perthyn.contacting.suppression import addresses
from perthyn.crm.past import sees_line
from perthyn.crm.people import People
from perthyn.merging import related_to
from perthyn.model import Consent, Contact, Interaction, Problem, Record, Suppression, Takings
from perthyn.text import fold


class Holdings(People):
    """What a person can do with all that is held on somebody."""

    def dossier(self, id: UUID) -> dict[str, Any]:
        """All that is held on a contact, as JSON can hold it: records of every type, history, who touched it."""
        self.check("contact.dossier")
        self.check_all_fields()
        contact = self._contact(id)
        id = contact.id
        held: dict[str, Any] = {"contact": contact.plain()}
        for name, type in self.store.types.items():
            if type.owner:
                records = [one.plain() for one in self.store.owned(type, [id])]
                if records:
                    held[name] = records
        held["problem"] = [one.plain() for one in self._problems_about(contact)]
        held["permission"] = {
            channel: {"allowed": one.allowed, "rule": one.rule} for channel, one in self.permissions(contact).items()
        }
        held["history"] = [
            {"when": header.at.isoformat(), "who": header.actor, "why": header.reason, "kind": header.kind,
             "type": line.type, "action": line.action, "before": dict(line.before)}
            for line, header in self.history(id)
        ]  # fmt: skip
        self.note("contact.handed_out", ids=[id], now=True)
        return {name: value for name, value in held.items() if value}

    def history(self, id: UUID) -> list[tuple[JournalLine, Header]]:
        """What was changed of a contact, those merged into it and all they own, oldest first, by which batch."""
        self.check("contact.read")
        headers: dict[UUID, Header | None] = {}
        lines = []
        for one in sorted(self.selves(self.redirects().get(id, id))):
            for line in self.store.journal(contact=one):
                if line.batch not in headers:
                    headers[line.batch] = self.store.header(line.batch)
                header = headers[line.batch]
                if header is not None and sees_line(self, line):
                    lines.append((self.seen_line(line), header))
        return sorted(lines, key=lambda line: line[0].number)

    def changed_last(self, id: UUID, limit: int) -> list[Header]:
        """The last changes of a contact and all they own, as far as the actor may see them, the newest first."""
        self.check("contact.read")
        found: dict[UUID, Header] = {}
        lines = (line for one in self.selves(self.redirects().get(id, id)) for line in self.store.journal(contact=one))
        for line in sorted(lines, key=lambda line: line.number, reverse=True):
            if len(found) == limit:
                break
            if line.batch not in found and sees_line(self, line):
                header = self.store.header(line.batch)
                if header is not None:
                    found[line.batch] = header
        return list(found.values())

    def would_go(self, id: UUID) -> dict[str, int]:
        """How many records of each type would go with a contact who is erased; nothing of what they say is shown."""
        self.check("contact.erase")
        contact = self._contact(id)
        counted = {
            name: sum(1 for _ in self.store.owned(type, [contact.id]))
            for name, type in self.store.types.items()
            if type.owner
        }
        counted["problem"] = sum(1 for _ in self._problems_about(contact))
        return {name: count for name, count in counted.items() if count}

    def _problems_about(self, contact: Contact) -> Iterator[Problem]:
        """The problems that name a contact, by id or by an address."""
        selves, words = self.selves(contact.id), _addresses(contact)
        for one in self.store.scan(Problem):
            if {one.contact, one.other} & selves or _mentions(one, words):
                yield one

    def erase(self, id: UUID) -> tuple[Receipt, dict[str, int]]:
        """Remove a contact everywhere, the journal included; what it did stays in the totals, about nobody.

        Every "no" that stands goes on as keyed hashes of its addresses. Answers the receipt and how many records went.
        """
        self.check("contact.erase")
        contact = self._contact(id)
        gone: dict[str, int] = {"contact": 1}
        changes = self._suppressions(contact)
        for name, type in self.store.types.items():
            if type.owner:
                owned: list[Record] = list(self.store.owned(type, [contact.id]))
                gone[name] = len(owned)
                changes += [Create(_nobody(self, one)) for one in owned if isinstance(one, Interaction)]
        selves = self.selves(contact.id)
        words = _addresses(contact) | _whole_names(contact)
        for problem in self.store.scan(Problem):
            if {problem.contact, problem.other} == {None} and _mentions(problem, words):
                changes.append(Edit("problem", problem.id, {"contact": (None, contact.id)}))  # so that it goes as well
        changes += _unlink(self, selves)
        changes.append(Erase(contact.id))
        receipt = self.commit(changes, kind="erase")
        self.note("contact.erased", ids=[contact.id], now=True)
        return receipt, {name: count for name, count in gone.items() if count}

    def _suppressions(self, contact: Contact) -> list[Change]:
        """What keeps each "no" of a contact alive when it is gone."""
        said = list(self.store.owned(Consent, [contact.id]))
        stop = set(self.contradicted(contact))
        for channel in CHANNELS:
            cases = (Case(contact, channel, purpose, self.clock(), said) for purpose in MAILING)
            if all(map(refusal, cases)):
                stop.add(channel)
        ways = set(addresses(contact))
        ways |= {(one.channel, one.address) for one in said if one.address and one.decision in NO}
        if not stop & {channel for channel, _ in ways}:
            return []
        key = self._suppression_key()
        hashed = {(channel, address_hash(key, channel, address)) for channel, address in ways if channel in stop}
        hashed -= {(one.channel, one.address_hash) for one in self.store.scan(Suppression)}
        return [Create(_suppression(self, channel, one)) for channel, one in sorted(hashed)]


def _suppression(desk: People, channel: str, hashed: str) -> Suppression:
    return Suppression.model_validate(
        {"id": desk.ids(), "address_hash": hashed, "channel": channel, "why": "erased", "recorded": desk.clock()}
    )


def _nobody(desk: People, one: Interaction) -> Takings:
    """What happened, without anything that says to whom."""
    kept = ("kind", "channel", "direction", "day", "amount", "currency", "quantity", "party_size", "lead_days", "site",
            "event", "event_type", "campaign")  # fmt: skip
    return Takings.model_validate({"id": desk.ids(), **{name: getattr(one, name) for name in kept}})


def _unlink(desk: People, selves: set[UUID]) -> list[Change]:
    """Take the relationships away that others have with a contact about to go."""
    changes: list[Change] = []
    others = set(desk.store.select(related_to(selves))) - selves
    for _, other in sorted(desk.store.get(Contact, others).items()):
        links = {f"relationships[{one.key}]": (one, None) for one in other.relationships if one.other in selves}
        changes.append(Edit("contact", other.id, links))
    return changes


def _addresses(contact: Contact) -> set[str]:
    """Folded words of which one is enough to tell that a text is about a contact."""
    return {fold(one.address) for one in contact.emails} | {fold(one.number) for one in contact.phones}


def _whole_names(contact: Contact) -> set[str]:
    """The folded names of a contact, those of two words or more."""
    names = {contact.name or "", f"{contact.given or ''} {contact.family or ''}", f"{contact.given}; {contact.family}"}
    return {fold(one) for one in names if len(one.split()) > 1}


def _mentions(problem: Problem, words: set[str]) -> bool:
    said = fold(f"{problem.raw or ''} {problem.facts or ''}")
    return any(word in said for word in words)
