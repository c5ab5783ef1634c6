"""Answers: what a message that came in becomes: a letter in somebody's story, a refusal, a dead address, a problem.

A refusal is taken from whoever seems to say it: an address that somebody else wrote in can hold back our letters, and
can't bring any. Everything else is believed of the address that the ledger wrote to, or that a contact has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from perthyn.channel import Delivery, Fact, Reach, Somebody, Unread
from perthyn.contacting.tokens import message_of
from perthyn.errors import Unknown
from perthyn.model import Campaign, Consent, Interaction, Message, Record, Screening
from perthyn.model.identity import email_alone_key
from perthyn.model.normal import email_key
from perthyn.model.values import MAX_TEXT
from perthyn_email.bounces import Judgement, judged
from perthyn_email.evidence import DELAYED, fails_again, is_given_up, noted
from perthyn_email.quoting import own_text
from perthyn_email.reading import Mail, addresses, header, parsed, text_of

PURPOSES = ("marketing", "fundraising")
_SHOWN = 4000
"""Characters of a message that a problem shows."""
_CUT, _UNREADABLE = "\n[…]", "unreadable"
_LONGEST = {"id": 300, "name": 200, "subject": 1000}


@dataclass(frozen=True, slots=True)
class Became:
    """What a message was found to be, and what follows. `settled`: nobody need read it."""

    judgement: Judgement
    facts: tuple[Fact, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def settled(self) -> bool:
        return self.judgement.kind not in ("reply", "other") and not self.unread

    def delivery(self, source: str, cursor: str) -> Delivery:
        """As it is stored."""
        return Delivery(source, self.facts, self.unread, cursor)


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A message, by whose id its facts are named. `line`: of the ledger, if it speaks of a letter of ours."""

    mail: Mail
    id: str
    at: datetime
    judgement: Judgement
    line: Message | None


class Answers:
    """Reads the messages of one mailbox, with what is known of the people."""

    def __init__(self, reach: Reach) -> None:
        section = reach.house.section("email")
        self._key, self._store, self._clock = reach.key, reach.store, reach.house.clock
        self._ours = {email_key(str(section[name])) for name in ("from", "reply_to", "bounce_to") if section.get(name)}

    def became(self, raw: bytes, at: datetime) -> Became:
        """What a whole message becomes, that arrived at an instant."""
        mail = parsed(raw)
        arrived = self._arrived(mail, raw, at)
        kind = arrived.judgement.kind
        if kind in ("hard", "soft"):
            return self._bounced(arrived)
        if kind in ("complaint", "unsubscribe"):
            return self._refused(arrived)
        if kind == "reply" and not self._by_us(mail):
            return self._written(arrived)
        if arrived.judgement.why == _UNREADABLE:
            return Became(arrived.judgement, unread=(Unread("email.message.unreadable", _named(mail)),))
        return Became(arrived.judgement)

    def became_huge(self, raw: bytes, at: datetime, size: int) -> Became:
        """What a message becomes of which only the headers were fetched. `size` in bytes."""
        mail = parsed(raw)
        arrived = self._arrived(mail, raw, at)
        if arrived.judgement.kind in ("complaint", "unsubscribe"):
            return self._refused(arrived)
        if arrived.judgement.kind == "auto" or self._by_us(mail):
            return Became(arrived.judgement)
        facts = {**_named(mail), "size": f"{size / 1_000_000:.1f} MB"}
        return Became(Judgement("other"), unread=(Unread("email.message.huge", facts),))

    def _arrived(self, mail: Mail, raw: bytes, at: datetime) -> _Arrived:
        try:
            judgement = judged(mail)
        except Exception:  # what nobody foresaw in one message must not close the mailbox for all that come after it
            judgement = Judgement("other", why=_UNREADABLE)
        named = header(mail, "Message-ID").strip()
        if not 3 <= len(named) <= _LONGEST["id"]:
            named = f"sha256:{sha256(raw).hexdigest()}"
        id = message_of(self._key, judgement.token)
        line = None if id is None else self._store.get(Message, [id]).get(id)
        return _Arrived(mail, named, min(at, self._clock()), judgement, line)  # a server's clock may be ahead of ours

    def _by_us(self, mail: Mail) -> bool:
        return any(email_key(address) in self._ours for _, address in addresses(mail, "From"))

    # -- whose it is ------------------------------------------------------------------------------------------

    def _holders(self, address: str) -> list[UUID]:
        """The contacts who have this address."""
        key = email_alone_key(address)
        return list(self._store.keyed([key]).get(key, ()))

    def _addressee(self, line: Message | None) -> UUID | None:
        """Whom our letter was for, under the id she goes by now; None where she is not there any more."""
        try:
            return None if line is None else self._store.resolve(line.contact)
        except Unknown:
            return None

    def _code(self, line: Message | None) -> str | None:
        """The word by which interactions name the letter's campaign."""
        campaign = None if line is None else self._store.get(Campaign, [line.campaign]).get(line.campaign)
        return None if campaign is None else campaign.code

    # -- what came back ---------------------------------------------------------------------------------------

    def _bounced(self, arrived: _Arrived) -> Became:
        """The bounce in the story of whom the letter was for; a dead address noted for all who have it."""
        told, addressee = arrived.judgement, self._addressee(arrived.line)
        given = arrived.line.address if arrived.line and arrived.line.address else ""
        where = [given] if given else list(told.addresses)
        holders = {address: self._holders(address) for address in where}
        if not where or (addressee is None and not any(holders.values())):
            facts = {"address": ", ".join(told.addresses), "status": told.status or told.why}
            return Became(told, unread=(Unread("email.bounce.nobody", facts, _shown(arrived.mail)),))
        made: list[Fact] = []
        for address, people in holders.items():
            for person in [addressee] if addressee else people:
                made.append(self._bounce(arrived, person, address))
            everybody = list(dict.fromkeys([*([addressee] if addressee else []), *people]))
            if everybody and (told.kind == "hard" or self._fails_again(arrived, everybody[0], address)):
                made += [self._screening(arrived, person, address, hit=True) for person in everybody]
        return Became(told, tuple(made))

    def _fails_again(self, arrived: _Arrived, person: UUID, address: str) -> bool:
        if arrived.judgement.why == DELAYED:
            return False
        return fails_again(self._store, person, address, arrived.at, arrived.line, arrived.id)

    def _bounce(self, arrived: _Arrived, person: UUID, address: str) -> Fact:
        told, line = arrived.judgement, arrived.line
        raw = noted(
            address=address, kind=told.kind, status=told.status, why=told.why, message=str(line.id) if line else ""
        )
        values = {
            "kind": "bounce", "channel": "email", "at": arrived.at, "campaign": self._code(line),
            "subject": f"{address}: {told.status} {told.why}".strip(), "raw": raw,
        }  # fmt: skip
        return _fact(arrived, person, values, "" if line else f" {_short(address)} {person}")

    def _screening(self, arrived: _Arrived, person: UUID, address: str, *, hit: bool) -> Fact:
        told = arrived.judgement
        said = f"{told.status} {told.why}".strip() if hit else "reply"
        values = {"list": "bounce", "address": address, "checked": arrived.at, "hit": hit, "reference": said}
        return _fact(arrived, person, values, f" bounce {_short(address)} {person}", Screening)

    # -- no more ----------------------------------------------------------------------------------------------

    def _refused(self, arrived: _Arrived) -> Became:
        """No more e-mails, for whom the letter was and for all who have the address that says so."""
        told, addressee = arrived.judgement, self._addressee(arrived.line)
        people = dict.fromkeys([*([addressee] if addressee else []), *self._all_holders(told.addresses)])
        if not people:
            facts = {"address": ", ".join(told.addresses)}
            return Became(told, unread=(Unread("email.stop.nobody", facts, _shown(arrived.mail)),))
        decision = "objected" if told.kind == "complaint" else "withdrawn"
        how = "complaint" if told.kind == "complaint" else told.why
        made = []
        for person in people:
            for purpose in PURPOSES:
                values = {
                    "channel": "email", "purpose": purpose, "decision": decision, "at": arrived.at, "how": how,
                    "evidence": arrived.id,
                }  # fmt: skip
                made.append(_fact(arrived, person, values, f" {purpose} {person}", Consent))
            text = _text(arrived.mail) if told.why in ("reply", "mailto") else None
            values = {
                "kind": "unsubscribe", "channel": "email", "direction": "in", "at": arrived.at, "text": text,
                "campaign": self._code(arrived.line), "raw": noted(address=", ".join(told.addresses), kind=told.kind),
            }  # fmt: skip
            made.append(_fact(arrived, person, values, f" {person}"))
        return Became(told, (*made, *(self._alive(arrived) if told.kind == "unsubscribe" else ())))

    def _all_holders(self, addresses: Iterable[str]) -> Iterator[UUID]:
        for address in addresses:
            yield from self._holders(address)

    # -- somebody writes --------------------------------------------------------------------------------------

    def _written(self, arrived: _Arrived) -> Became:
        mail, told = arrived.mail, arrived.judgement
        name, address = addresses(mail, "From")[0]
        holders, addressee = self._holders(address), self._addressee(arrived.line)
        who = self._writer(holders, addressee, Somebody({"name": name[: _LONGEST["name"]], "email": address}))
        known = who if isinstance(who, UUID) else None
        unread = []
        if told.why == "stop?":
            unread.append(Unread("email.stop.doubtful", _named(mail), _shown(mail), known))
        if who is None:
            unread.append(Unread("email.sender.several", _named(mail), _shown(mail)))
            return Became(told, unread=tuple(unread))
        answers = known and (arrived.line or header(mail, "In-Reply-To") or header(mail, "References"))
        values = {
            "kind": "email" if answers else "enquiry", "channel": "email", "direction": "in", "at": arrived.at,
            "subject": header(mail, "Subject")[: _LONGEST["subject"]] or None, "text": _text(mail),
            "campaign": self._code(arrived.line), "raw": noted(address=address),
        }  # fmt: skip
        made = [_fact(arrived, who, values)]
        return Became(told, (*made, *self._alive(arrived)), tuple(unread))

    def _alive(self, arrived: _Arrived) -> Iterator[Fact]:
        """That the address somebody writes from is no dead one, where it was held for one."""
        for _, address in addresses(arrived.mail, "From")[:1]:
            for person in self._holders(address):
                if is_given_up(self._store, person, address):
                    yield self._screening(arrived, person, address, hit=False)

    def _writer(self, holders: list[UUID], addressee: UUID | None, somebody: Somebody) -> UUID | Somebody | None:
        """By their address; else whom the letter that they answer was for; None where it could be several."""
        if len(holders) == 1:
            return holders[0]
        if addressee is not None:
            return addressee
        return None if holders else somebody


def _fact(
    arrived: _Arrived, who: UUID | Somebody, values: dict[str, Any], more: str = "", type: type[Record] = Interaction
) -> Fact:
    said = {name: value for name, value in values.items() if value not in (None, "")}
    return Fact(f"{arrived.id}{more}", said, who, type)


def _short(address: str) -> str:
    return sha256(email_key(address).encode("utf-8", "replace")).hexdigest()[:16]


def _text(mail: Mail) -> str | None:
    """What somebody wrote; what is longer than a store keeps is cut, and shows it."""
    text = own_text(text_of(mail)).strip()
    return (text if len(text) <= MAX_TEXT else text[: MAX_TEXT - len(_CUT)] + _CUT) or None


def _shown(mail: Mail) -> str:
    return text_of(mail)[:_SHOWN]


def _named(mail: Mail) -> dict[str, str]:
    return {"sender": header(mail, "From")[:300], "subject": header(mail, "Subject")[:300]}
