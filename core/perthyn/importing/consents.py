"""What a file says of consent: a no is a refusal; a yes counts once somebody has said what it was a yes to.

Where files contradict each other, no holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from perthyn.changes import Create
from perthyn.importing.keytable import KeyTable
from perthyn.importing.matching import Answer, Asking
from perthyn.importing.people import CONSENTS, names_of
from perthyn.importing.problems import Problems
from perthyn.importing.spool import Spool
from perthyn.importing.values_people import UNREAD
from perthyn.model import Consent, Contact, Ids
from perthyn.model.normal import email_key
from perthyn.store import Store
from perthyn.text import fold

DECISIONS = {"yes": "unconfirmed", "no": "refused"}
PURPOSES = ("marketing", "fundraising")
"""What a yes in a file may have been to; a no is to both."""
_YES, _NO = 0, 1
_SAYS = {"given": _YES, "unconfirmed": _YES, "refused": _NO, "withdrawn": _NO, "objected": _NO}


@dataclass(frozen=True, slots=True)
class YesMeans:
    """What the people of a file said yes to, as the person at the keyboard states it: the wording, its language.

    `purposes`: those it was about; none: the one that the file's kind is for.
    """

    wording: str
    language: str | None = None
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A yes or a no of one person for one channel. `called`: her first name, folded; "" where no name is known.

    `twins`: of a yes that is given, the id it has unconfirmed; of an unconfirmed one, the ids it may have given.
    """

    says: int
    consent: Consent
    row: int | None
    called: str
    twins: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.consent.source_id or ""


class Consents:
    """Hears the statements of one import. `confirming`: a yes of this file is given, to a wording that is known."""

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
        yes_means: YesMeans | None = None,
    ) -> None:
        self._store, self._spool, self._problems, self._ids = store, spool, problems, ids
        self._source, self._defaults, self._actor, self._at = source, defaults, actor, at
        self._yes_means = yes_means
        self._heard = KeyTable()
        self._said = _Said()
        self.counts: Counter[str] = Counter()
        """decision -> how many were newly said"""

    @property
    def confirming(self) -> bool:
        return self._yes_means is not None

    def speaks(self, meanings: Iterable[str]) -> bool:
        """Whether a file says anything of consent."""
        return not CONSENTS.keys().isdisjoint({*meanings, *self._defaults})

    def hear(self, spoken: Sequence[tuple[Asking, Answer]]) -> None:
        """Spool what is newly said, and note what contradicts it in the store or in this file."""
        statements = [one for asking, answer in spoken for one in self._statements(asking, answer.id)]
        if not statements:
            return
        named = {one.id: one for one in statements}
        known = self._store.sourced(self._source, {*named, *(id for one in statements for id in one.twins)})
        fresh = [one for id, one in named.items() if id not in known and self._heard.get(id) is None]
        fresh = [one for one in fresh if self.confirming or known.keys().isdisjoint(one.twins)]
        earlier = self._earlier(fresh)
        for one in fresh:
            self._heard.setdefault(one.id, 0)
            self._spool.add(Create(one.consent))
            self.counts[one.consent.decision] += 1
            contrary = _NO if one.says == _YES else _YES
            for subject in _asked(one.consent, one.called):
                other = earlier.get(contrary, subject) or self._said.get(contrary, subject)
                if other is not None and known.keys().isdisjoint(one.twins):
                    self._contradiction(one, other)
                    break
            self._said.add(one.says, one.consent, one.called)

    def _contradiction(self, one: Statement, other: UUID) -> None:
        contact, channel = one.consent.contact, one.consent.channel
        facts: dict[str, object] = {"channel": channel, "address": one.consent.address or ""}
        about = f"{contact}\x1f{channel}"
        other_one = None if other == contact else other
        self._problems.note("consent.contradiction", about, row=one.row, facts=facts, contact=contact, other=other_one)

    def _earlier(self, fresh: Sequence[Statement]) -> _Said:
        """What the store has heard of these people and of those who share an address with them."""
        emails = {f"e\x1f{email_key(one.consent.address)}" for one in fresh if one.consent.address}
        contacts = {one.consent.contact for one in fresh}.union(*self._store.keyed(emails).values())
        known = self._store.get(Contact, contacts)
        said = _Said()
        for consent in self._store.owned(Consent, sorted(known)):
            if consent.decision in _SAYS:
                contact = known[consent.contact]
                said.add(_SAYS[consent.decision], consent, _called(contact.given, contact.family, contact.name))
        return said

    def _statements(self, asking: Asking, contact: UUID) -> Iterator[Statement]:
        said = asking.said
        for meaning, channel in CONSENTS.items():
            word = said[meaning][0] if meaning in said else self._defaults.get(meaning, "")
            if word in DECISIONS:
                told = str(said["consent_purpose"][0]) if "consent_purpose" in said else ""
                usual = (told if told in PURPOSES else self._defaults.get("consent_purpose", PURPOSES[0]),)
                confirmed = self._yes_means.purposes if self._yes_means is not None and word == "yes" else ()
                for purpose in confirmed or usual:
                    yield self._statement(asking, contact, channel, word, purpose)

    def _statement(self, asking: Asking, contact: UUID, channel: str, word: str, purpose: str) -> Statement:
        said = asking.said
        at = said["consent_at"][0] if "consent_at" in said else None
        wording = said["consent_wording"][0] if "consent_wording" in said else self._defaults.get("consent_wording")
        decision, language = DECISIONS[word], None
        id = _id(asking, channel, word, at)
        twins: tuple[str, ...] = ()
        if word == "yes":
            twins = tuple(_id(asking, channel, _given(one), at) for one in PURPOSES)
            if self._yes_means is not None:
                decision, wording, language = "given", self._yes_means.wording, self._yes_means.language
                id, twins = _id(asking, channel, _given(purpose), at), (id,)
        addresses = said.get("email" if channel == "email" else "phone" if channel != "post" else "", ())
        consent = Consent.model_validate(
            {
                "id": self._ids(), "contact": contact, "channel": channel, "purpose": purpose, "decision": decision,
                "at": at, "recorded": self._at, "how": "import", "by": self._actor, "wording": wording,
                "language": language, "address": addresses[0].removeprefix(UNREAD) if addresses else None,
                "source": self._source, "source_id": id,
            }
        )  # fmt: skip
        names = names_of(said)
        called = _called(names["given"], names["family"], names["name"])
        return Statement(_YES if word == "yes" else _NO, consent, asking.row, called, twins)


class _Said:
    """Who said yes and who said no, by every key under which a statement is remembered."""

    def __init__(self) -> None:
        self._tables = (KeyTable(), KeyTable())
        self._contacts = bytearray()

    def add(self, says: int, consent: Consent, called: str) -> None:
        for key in _remembered(consent, called):
            self._tables[says].setdefault(key, len(self._contacts) // 16)
        self._contacts += consent.contact.bytes

    def get(self, says: int, key: str) -> UUID | None:
        number = self._tables[says].get(key)
        return None if number is None else UUID(bytes=bytes(self._contacts[16 * number : 16 * number + 16]))


def _remembered(consent: Consent, called: str) -> list[str]:
    """The person; and at the address, anybody, and who is called so."""
    whole, at = _keys(consent)
    return [whole, f"{at}*", f"{at}={called}"] if at else [whole]


def _asked(consent: Consent, called: str) -> list[str]:
    """Whose word may contradict it: the same person's; at the address, that of who is called so or not named.

    What a wife says is no contradiction to her husband's word; whoever is not named may be either.
    """
    whole, at = _keys(consent)
    if not at:
        return [whole]
    return [whole, f"{at}={called}", f"{at}="] if called else [whole, f"{at}*"]


def _keys(consent: Consent) -> tuple[str, str]:
    at = f"{consent.channel}\x1f{email_key(consent.address)}\x1f" if consent.address else ""
    return f"{consent.channel}\x1f{consent.contact.hex}", at


def _called(given: str | None, family: str | None, name: str | None) -> str:
    return fold(given or family or name or "")


def _given(purpose: str) -> str:
    """How a given yes is named in its id; one to marketing as it always was."""
    return "given" if purpose == PURPOSES[0] else f"given:{purpose}"


def _id(asking: Asking, channel: str, word: str, at: datetime | None) -> str:
    told = "\x1f".join((_who(asking), channel, word, at.isoformat() if at else ""))
    return f"consent:{sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _who(asking: Asking) -> str:
    """The person as this account knows her, whatever row says it."""
    if "person_id" in asking.said:
        return str(asking.said["person_id"][0])
    return next((key for key in asking.keys.decisive if not key.startswith("id\x1f")), asking.keys.external)
