"""What a file says of consent: a yes is unconfirmed, a no is a refusal; where files contradict each other, no holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from perthyn.changes import Create
from perthyn.importing.keytable import KeyTable
from perthyn.importing.matching import Answer, Asking
from perthyn.importing.people import CONSENTS
from perthyn.importing.problems import Problems
from perthyn.importing.spool import Spool
from perthyn.model import Consent, Ids
from perthyn.model.normal import email_key
from perthyn.store import Store

DECISIONS = {"yes": "unconfirmed", "no": "refused"}
_YES, _NO = 1, 2
_SAYS = {"given": _YES, "unconfirmed": _YES, "refused": _NO, "withdrawn": _NO, "objected": _NO}


@dataclass(frozen=True, slots=True)
class Statement:
    """A yes or a no of one person for one channel."""

    contact: UUID
    channel: str
    says: int
    consent: Consent
    row: int

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom it speaks of: the contact, and the address that several may share."""
        whole = [f"{self.channel}\x1f{self.contact.hex}"]
        if self.consent.address:
            whole.append(f"{self.channel}\x1f{email_key(self.consent.address)}")
        return tuple(whole)


class Consents:
    """Hears the statements of one import."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        problems: Problems,
        ids: Ids,
        source: str,
        defaults: Mapping[str, str],
        actor: str,
        at: datetime,
    ) -> None:
        self._store, self._spool, self._problems, self._ids = store, spool, problems, ids
        self._source, self._defaults, self._actor, self._at = source, defaults, actor, at
        self._heard = KeyTable()
        self._said = (KeyTable(), KeyTable())
        self.contradictions = 0

    def speaks(self, meanings: Iterable[str]) -> bool:
        """Whether a file says anything of consent."""
        return not CONSENTS.keys().isdisjoint({*meanings, *self._defaults})

    def hear(self, spoken: Sequence[tuple[Asking, Answer]]) -> None:
        """Spool what is newly said, and note what contradicts it in the store or in this file."""
        statements = [one for asking, answer in spoken for one in self._statements(asking, answer.id)]
        if not statements:
            return
        named = {one.consent.source_id or "": one for one in statements}
        known = self._store.sourced(self._source, named)
        fresh = [one for id, one in named.items() if id not in known and self._heard.get(id) is None]
        earlier = self._earlier(fresh)
        for one in fresh:
            self._heard.setdefault(one.consent.source_id or "", 0)
            self._spool.add(Create(one.consent))
            before = earlier.get(one.contact, 0)
            for subject in one.subjects:
                before |= earlier.get(subject, 0) | self._before(subject)
                self._said[one.says - 1].setdefault(subject, 0)
            if before | one.says == _YES | _NO:
                self._contradiction(one)

    def _before(self, subject: str) -> int:
        return sum(bit for bit, table in zip((_YES, _NO), self._said, strict=True) if table.get(subject) is not None)

    def _contradiction(self, one: Statement) -> None:
        self.contradictions += 1
        facts: dict[str, object] = {"channel": one.channel, "address": one.consent.address or ""}
        about = f"{one.contact}\x1f{one.channel}"
        self._problems.note("consent.contradiction", about, row=one.row, facts=facts, contact=one.contact)

    def _earlier(self, fresh: Sequence[Statement]) -> dict[Any, int]:
        """What the store has heard: subject -> yes, no or both. Those who share an address are asked too."""
        emails = {f"e\x1f{email_key(one.consent.address)}" for one in fresh if one.consent.address}
        sharing = self._store.keyed(emails)
        contacts = {one.contact for one in fresh}.union(*sharing.values())
        said: dict[Any, int] = {}
        for consent in self._store.owned(Consent, sorted(contacts)):
            says = _SAYS[consent.decision]
            subjects = [f"{consent.channel}\x1f{consent.contact.hex}"]
            if consent.address:
                subjects.append(f"{consent.channel}\x1f{email_key(consent.address)}")
            for subject in subjects:
                said[subject] = said.get(subject, 0) | says
        return said

    def _statements(self, asking: Asking, contact: UUID) -> Iterable[Statement]:
        said = asking.said
        for meaning, channel in CONSENTS.items():
            word = said[meaning][0] if meaning in said else self._defaults.get(meaning, "")
            if word in DECISIONS:
                yield self._statement(asking, contact, channel, word)

    def _statement(self, asking: Asking, contact: UUID, channel: str, word: str) -> Statement:
        said = asking.said
        at = said["consent_at"][0] if "consent_at" in said else None
        wording = said["consent_wording"][0] if "consent_wording" in said else self._defaults.get("consent_wording")
        addresses = said.get("email" if channel == "email" else "phone" if channel != "post" else "", ())
        told = "\x1f".join((_who(asking), channel, word, at.isoformat() if at else ""))
        consent = Consent(
            id=self._ids(),
            contact=contact,
            channel=channel,
            decision=DECISIONS[word],
            at=at,
            recorded=self._at,
            how="import",
            by=self._actor,
            wording=wording,
            address=addresses[0] if addresses else None,
            source=self._source,
            source_id=f"consent:{sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}",
        )
        return Statement(contact, channel, _YES if word == "yes" else _NO, consent, asking.row)


def _who(asking: Asking) -> str:
    """The person as this account knows her, whatever row says it."""
    if "person_id" in asking.said:
        return str(asking.said["person_id"][0])
    return next((key for key in asking.keys.decisive if not key.startswith("id\x1f")), asking.keys.external)
