"""Screening: a file that says which of our numbers, names or addresses stand in a list of those who want no contact.

TPS, CTPS and MPS: each address held against the list is noted with the day, hit or not. A request through the
Fundraising Preference Service is an objection, and of whom we do not know, a suppression.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Receipt
from perthyn.contacting import address_hash
from perthyn.contacting.door import CHANNELS, FPS
from perthyn.contacting.suppression import addresses
from perthyn.crm.imports import Imports
from perthyn.crm.permission import Permission
from perthyn.errors import PerthynError, Unknown
from perthyn.importing.chunk import Chunk
from perthyn.importing.chunks import chunks
from perthyn.importing.people import names_of
from perthyn.importing.values_people import UNREAD
from perthyn.model import Consent, Contact, Screening, Suppression
from perthyn.model.identity import contact_name_key, name_key
from perthyn.model.normal import email_key, postcode_key
from perthyn.model.segment import SUPPRESSION_KEY
from perthyn.text import fold, nearest

LISTS = ("tps", "ctps", "fps", "mps")
CALLED = ("tps", "ctps")
HEADINGS = ("hit", "match", "matched", "listed", "on list", "result", "status", "flag", "screening result", "canlyniad",
            "ar y rhestr", "statws")  # fmt: skip
"""Folded headings of the column that says whether a row is a hit, beside those that name the list."""
YES = frozenset(
    (*("y", "yes", "true", "1", "x", "hit", "match", "matched", "listed", "suppress", "suppressed"),
     *("ie", "oes", "ydy", "ydyw", "tps", "ctps", "mps", "fps"))
)  # fmt: skip
NONE = frozenset(
    (*("", "n", "no", "false", "0", "clear", "clean", "no match", "not listed", "ok", "callable"),
     *("na", "nac oes", "nac ydy"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a list said, and when; `reference`: of the check, or of the requests."""

    list: str
    checked: datetime
    reference: str | None


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of it. `rows` of the file, `hits` among them, `people` of ours they are about, `unknown` rows about
    nobody we know, `unread` rows with nothing to tell anybody by, `noted` records written (0 the second time).
    """

    list: str
    checked: date
    rows: int
    hits: int
    people: int
    unknown: int
    unread: int
    noted: int
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says: by what somebody is told, and whether the list has it."""

    emails: tuple[str, ...]
    phones: tuple[str, ...]
    place: str
    name: str
    hit: bool

    @property
    def ways(self) -> list[tuple[str, str]]:
        """(channel, normalised address), as `contacting.suppression.addresses` has them."""
        found = [("email", one) for one in self.emails]
        found += [(channel, one) for one in self.phones for channel in ("phone", "sms")]
        return found + ([("post", f"{self.place}|{self.name}")] if self.place and self.name else [])

    def tells(self, list: str) -> bool:
        """Whether there is anything to tell somebody by."""
        if list in CALLED:
            return bool(self.phones)
        return bool(self.place and self.name) if list == "mps" else bool(self.ways)


@dataclass
class _Ours:
    """Our people by address and by post, and what is noted of them already."""

    by: dict[tuple[str, str], set[UUID]] = field(default_factory=lambda: defaultdict(set))
    names: dict[UUID, str] = field(default_factory=dict)
    noted: set[tuple[Any, ...]] = field(default_factory=set)
    key: bytes = b""


_Told = Sequence[tuple[Row, Mapping[UUID, set[str]]]]
"""Each row that tells somebody, and whom of ours, by which channels."""


class Screens(Imports, Permission):
    """What a person can do with lists of those who want no contact."""

    def screen(
        self,
        file: Path | str,
        list: str,
        on: date,
        *,
        reference: str | None = None,
        others_clear: bool = False,
        dry_run: bool = False,
    ) -> Screened:
        """Take in the answer of a list (`LISTS`) as of a day. Undoable, objections through the FPS aside.

        A file without a column that says hit or not holds hits only. `others_clear`: all our numbers were held against
        it, and those that the file does not name are not listed. Raises `Unknown` (``screening.list.unknown``),
        `PerthynError` (``screening.word.unknown``, ``screening.column.missing``, ``screening.clear``,
        ``screening.unread``, ``consent.future``) and what reading a file raises.
        """
        self.check("consent.write")
        self.check("import.write")
        if list not in LISTS:
            raise Unknown("screening.list.unknown", name=list, suggestion=nearest(list, LISTS), known=", ".join(LISTS))
        if others_clear and list not in CALLED:
            raise PerthynError("screening.clear", list=list)
        answer = Answer(list, self.moment(on, late=list == FPS), reference)
        rows: Sequence[Row | None] = [
            row for one in self.understand(file) for chunk in chunks(one) for row in _rows(chunk, list)
        ]
        ours = self._ours(list)
        ours.key = self._key(dry_run) if list == FPS else b""
        told = [(row, _theirs(row, ours, list)) for row in rows if row is not None and row.tells(list)]
        changes = [*(self._objections if list == FPS else self._screenings)(told, ours, answer)]
        if others_clear:
            if len(told) < len(rows):
                raise PerthynError("screening.unread", count=len(rows) - len(told))
            changes += self._noted(_others(told, ours), ours, answer)
        receipt = None
        if changes and not dry_run:
            facts = {"list": list, "checked": on.isoformat(), "rows": len(rows)}
            receipt = self.commit(changes, reason=Path(file).name, kind="screening", facts=facts)
        return Screened(
            list, on, len(rows), sum(row.hit for row, _ in told), len({id for _, ids in told for id in ids}),
            sum(not ids for _, ids in told), len(rows) - len(told), len(changes), receipt,
        )  # fmt: skip

    def _key(self, dry_run: bool) -> bytes:
        held = self.remembered(SUPPRESSION_KEY)
        if held is None and dry_run:
            return b""
        return self._suppression_key()

    def _ours(self, list: str) -> _Ours:
        ours = _Ours()
        for contact in self.store.scan(Contact):
            ours.names[contact.id] = contact_name_key(contact)
            for way in addresses(contact):
                ours.by[way].add(contact.id)
            for place in {one.postcode_key for one in contact.addresses if one.postcode}:
                ours.by["surname", f"{place}|{_surname(contact)}"].add(contact.id)
        if list == FPS:
            objections = (one for one in self.store.scan(Consent) if one.how == FPS)
            ours.noted = {(one.contact, one.channel, self._day(one.at)) for one in objections if one.at}
            ours.noted |= {(one.channel, one.address_hash) for one in self.store.scan(Suppression)}
        else:
            ours.noted = {
                (one.contact, one.list, one.address, one.checked, one.hit) for one in self.store.scan(Screening)
            }
        return ours

    def _screenings(self, told: _Told, ours: _Ours, answer: Answer) -> Iterator[Change]:
        found = (
            (id, address, row.hit)
            for row, theirs in told
            for id in sorted(theirs)
            for address in (row.phones if answer.list in CALLED else (f"{row.place}|{ours.names[id]}",))
            if answer.list not in CALLED or id in ours.by["phone", address]
        )
        return self._noted(found, ours, answer)

    def _noted(self, found: Iterable[tuple[UUID, str, bool]], ours: _Ours, answer: Answer) -> Iterator[Change]:
        for id, address, hit in found:
            mark = id, answer.list, address, answer.checked, hit
            if mark not in ours.noted:
                ours.noted.add(mark)
                said = {**asdict(answer), "id": self.ids(), "contact": id, "address": address, "hit": hit}
                yield Create(Screening.model_validate({**said, "recorded": self.clock(), "by": self.actor.name}))

    def _objections(self, told: _Told, ours: _Ours, answer: Answer) -> Iterator[Change]:
        for row, theirs in told:
            for id, channels in sorted(theirs.items()) if row.hit else ():
                for channel in sorted(channels):
                    mark = id, channel, self._day(answer.checked)
                    if mark not in ours.noted:
                        ours.noted.add(mark)
                        yield Create(self._objection(id, channel, answer))
            if row.hit and not any(channels >= set(CHANNELS) for channels in theirs.values()):
                yield from self._suppressions_of(row, ours)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _objection(self, id: UUID, channel: str, answer: Answer) -> Consent:
        said = {"id": self.ids(), "contact": id, "channel": channel, "decision": "objected", "at": answer.checked}
        said |= {"recorded": self.clock(), "how": FPS, "by": self.actor.name, "evidence": answer.reference}
        return Consent.model_validate(said)

    def _suppressions_of(self, row: Row, ours: _Ours) -> Iterator[Change]:
        """Whoever asked to be left alone is, also when we come to know them later."""
        for channel, address in row.ways:
            hashed = address_hash(ours.key, channel, address)
            if (channel, hashed) not in ours.noted:
                ours.noted.add((channel, hashed))
                said = {"id": self.ids(), "address_hash": hashed, "channel": channel, "why": FPS}
                yield Create(Suppression.model_validate({**said, "recorded": self.clock()}))


def _rows(chunk: Chunk, list: str) -> Iterator[Row | None]:
    """The rows of a file's chunk, None for one that can't be read.

    Raises `PerthynError` (``screening.word.unknown``, ``screening.column.missing``).
    """
    needed = {"phone"} if list in CALLED else {"postcode"} if list == "mps" else {"email", "phone", "postcode"}
    if not needed & chunk.cells.keys():
        raise PerthynError("screening.column.missing", list=list.upper())
    words = _answers(chunk, list)
    for index, row in enumerate(chunk.rows):
        word = fold(words[index]) if words is not None else "y"
        if word not in YES | NONE:
            raise PerthynError("screening.word.unknown", row=row, value=words[index] if words else "")
        said: dict[str, Any] = {}
        for meaning, columns in chunk.cells.items():
            values = [one.values[index] for one in columns]
            said[meaning] = tuple(one for one in values if one and not str(one).startswith(UNREAD))
        name = names_of({meaning: values for meaning, values in said.items() if values})
        yield Row(
            tuple(map(email_key, said.get("email", ()))),
            said.get("phone", ()),
            next(map(postcode_key, said.get("postcode", ())), ""),
            name_key(name["name"], name["given"], name["family"]),
            word in YES,
        )
    yield from [None] * len(chunk.refused)


def _others(told: _Told, ours: _Ours) -> Iterator[tuple[UUID, str, bool]]:
    """Our numbers that the file does not name, as not listed."""
    named = {number for row, _ in told for number in row.phones}
    for (channel, number), ids in list(ours.by.items()):
        if channel == "phone" and number.startswith("+") and number not in named:
            yield from ((id, number, False) for id in sorted(ids))


def _answers(chunk: Chunk, list: str) -> Sequence[str] | None:
    """The column that says hit or not; one that names the list goes before others. None where every row is a hit."""
    folded = {fold(head).replace("_", " "): head for head in chunk.texts}
    naming = [head for key, head in folded.items() if list in key.split()]
    asking = [head for key, head in folded.items() if key in HEADINGS]
    return next((chunk.texts[head] for head in (*naming, *asking)), None)


def _theirs(row: Row, ours: _Ours, list: str) -> dict[UUID, set[str]]:
    """Whom of ours a row is about, with the channels by which they were recognised; all, where the name agrees too."""
    found: dict[UUID, set[str]] = defaultdict(set)
    if list in CALLED:
        for number in row.phones:
            for id in ours.by.get(("phone", number), ()):
                found[id].add("phone")
        return found
    if row.hit:
        for id in ours.by.get(("surname", f"{row.place}|{_initialled(row.name)}"), ()) if row.place else ():
            found[id].add("post")
    for channel, address in row.ways:
        if list != "mps" or channel == "post":
            for id in ours.by.get((channel, address), ()):
                found[id].add(channel)
    for id, channels in found.items():
        if not row.name or _initialled(ours.names[id]) == _initialled(row.name):
            channels.update(CHANNELS)
    return found


def _surname(contact: Contact) -> str:
    return _initialled(contact_name_key(contact))


def _initialled(name: str) -> str:
    """First letter and last word of a folded name: "a jones" for Ann Jones and A. Jones."""
    words = name.split()
    return f"{words[0][0]} {words[-1]}" if words else ""
