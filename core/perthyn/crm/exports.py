"""Exports: people written to a file, for a purpose; a mailing passes the one door, person by person."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from perthyn.contacting import Decision, Known
from perthyn.contacting.door import CHANNELS, NO, PURPOSES, Case, said_at
from perthyn.crm.people import People
from perthyn.errors import PerthynError, Unknown
from perthyn.importing.formulas import guarded
from perthyn.importing.people import OWN_SOURCE
from perthyn.importing.plans import KnownExport
from perthyn.importing.returned import head_of, joined, told_of
from perthyn.importing.values_people import UNREAD, phone_reader
from perthyn.model import Address, Contact, Custom, Phone, Role, Segment
from perthyn.rules import Rule
from perthyn.text import nearest

CHUNK = 500
EXCEL_ROWS, EXCEL_CELL = 1_048_576, 32_767


class Column(NamedTuple):
    """A column's head in both languages, and what it means to the importer (`perthyn.importing.meanings`)."""

    en: str
    cy: str
    meaning: str


HEADS: Mapping[str, Column] = {
    "id": Column("Contact id", "Rhif cyswllt unigryw", "person_id"),
    "kind": Column("Contact kind", "Math o gyswllt", "contact_kind"),
    "title": Column("Title", "Teitl", "title"),
    "given": Column("First name", "Enw cyntaf", "given"),
    "family": Column("Surname", "Cyfenw", "family"),
    "name": Column("Full name", "Enw llawn", "name"),
    "language": Column("Language", "Iaith", "language"),
    "email": Column("Email", "E-bost", "email"),
    "phone": Column("Phone", "Ffôn", "phone"),
    "sms": Column("Mobile", "Ffôn symudol", "phone"),
    "lines": Column("Address", "Cyfeiriad", "address"),
    "town": Column("Town", "Tref", "town"),
    "county": Column("County", "Sir", "county"),
    "postcode": Column("Postcode", "Cod post", "postcode"),
    "country": Column("Country", "Gwlad", "country"),
    "role": Column("Role", "Rôl", "role"),
    "level": Column("Level", "Lefel", "level"),
    "start": Column("Start date", "Dyddiad dechrau", "role_start"),
    "end": Column("End date", "Dyddiad gorffen", "role_end"),
    "tags": Column("Tags", "Tagiau", "tag"),
    "deceased": Column("Deceased", "Wedi marw", "deceased"),
    "consent_email": Column("Email consent", "Cydsyniad e-bost", "consent_email"),
    "consent_post": Column("Post consent", "Cydsyniad post", "consent_post"),
    "consent_phone": Column("Phone consent", "Cydsyniad ffôn", "consent_phone"),
    "consent_sms": Column("SMS consent", "Cydsyniad testun", "consent_sms"),
    "note": Column("Note", "Nodyn", "note"),
    "salutation": Column("Salutation", "Cyfarchiad", "salutation"),
    "language_asked": Column("Language asked on", "Gofynnwyd am iaith ar", "language_asked"),
    "age_band": Column("Age band", "Band oedran", "age_band"),
    "age_noted": Column("Age noted on", "Nodwyd yr oedran ar", "age_noted"),
    "grace_days": Column("Days of grace", "Dyddiau gras", "grace_days"),
    "further_role": Column("Further role", "Rôl arall", "further_role"),
    "preferred_address": Column("Preferred address", "Cyfeiriad dewisol", "preferred_address"),
    "further_address": Column("Further address", "Cyfeiriad arall", "further_address"),
    "preferred": Column("Preferred emails and phones", "E-byst a ffonau dewisol", "preferred"),
    "phone_e164": Column("International numbers", "Rhifau rhyngwladol", "phone_e164"),
    "relationship": Column("Relationship", "Perthynas", "relationship"),
    "known_as": Column("Id elsewhere", "Rhif mewn man arall", "known_as"),
}
OWN_EXPORT = KnownExport(
    name="perthyn",
    en="people exported by perthyn",
    cy="pobl a allforiwyd gan perthyn",
    source=OWN_SOURCE,
    required=tuple(f"{HEADS[name].en}|{HEADS[name].cy}" for name in ("id", "kind", "name", "family")),
    columns={f"{one.en}|{one.cy}": one.meaning for one in HEADS.values()},
    recognise=True,
    own=True,
)
"""A file that `Exports.export` wrote, known again when it comes back: people are found by their ids."""
_WHO = ("id", "kind", "title", "given", "family", "name")
_PLACE = ("lines", "town", "county", "postcode", "country")
_TERM = ("role", "level", "start", "end")
_SOME = frozenset(
    (
        *("salutation", "language_asked", "age_band", "age_noted", "preferred", "phone_e164", "preferred_address"),
        *("grace_days", "further_address", "further_role", "relationship", "known_as"),
    )
)
"""Columns that stand only in the file of somebody who has such a thing."""

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `decided`: per channel, how often each rule of the door spoke; `left_out`: people not in it."""

    file: str
    purpose: str
    people: int
    rows: int
    left_out: int
    decided: Mapping[str, Mapping[str, int]]
    columns: Sequence[str]


@dataclass
class _Shape:
    """Which columns the file needs: worked out in a first reading, so that the second can stream."""

    heads: list[str]
    language: str

    def head(self, name: str) -> str:
        bare, _, number = name.partition("#")
        column = HEADS.get(bare)
        word = bare if column is None else column.cy if self.language == "cy" else column.en
        return f"{word} ({number})" if number else word


@dataclass
class _Count:
    people: int = 0
    rows: int = 0
    left_out: int = 0
    decided: dict[str, Counter[str]] = field(default_factory=dict)


class Exports(People):
    """What a person can do with files that go out."""

    def export(
        self,
        file: Path,
        purpose: str,
        *,
        segment: Segment | None = None,
        rule: Rule | None = None,
        channels: Iterable[str] = (),
        replace: bool = False,
        dry_run: bool = False,
    ) -> Exported:
        """Write the contacts of a segment or of a rule (all without) to a ``.csv`` or ``.xlsx`` file.

        There is one row for each person. For *analysis* all that is known goes out, so that perthyn reads the file
        back without loss. For every other purpose only the ways by which `may_contact` allows that purpose (of
        `channels`; all without); who may not be contacted by any is left out and counted. The file appears whole or
        not at all; with `dry_run` not at all.

        Raises `Unknown` (``export.purpose.unknown``, ``export.channel.unknown``), `PerthynError`
        (``export.format``, ``export.there``, ``export.unwritable``, ``export.excel.rows``, ``export.excel.cell``).
        """
        self.check("contact.export")
        chosen = tuple(channels) or CHANNELS
        _known(purpose, PURPOSES, "export.purpose.unknown")
        for channel in chosen:
            _known(channel, CHANNELS, "export.channel.unknown")
        if file.suffix.lower() not in _WRITERS:
            raise PerthynError("export.format", file=str(file))
        if file.exists() and not replace:
            raise PerthynError("export.there", file=str(file))
        closed = self.closed(segment) if segment is not None else None if rule is None else self.close(rule)
        contacts = None if closed is None else list(self.store.select(closed))
        if purpose == "analysis":
            self.check_all_fields()
            shape, make = self._whole_shape(contacts), self._whole
        else:
            shape, make = self._mailing_shape(chosen), self._mailing(purpose, chosen)
        count = _Count()
        rows = self._rows(contacts, make, count, shown=not dry_run)
        if dry_run:
            for _ in rows:
                pass
        else:
            with appearing(file) as part:
                _WRITERS[file.suffix.lower()](part, shape, rows)
        decided = {channel: dict(spoke.most_common()) for channel, spoke in count.decided.items()}
        if not dry_run:
            self.note("contact.exported", count=count.people, purpose=purpose, now=True)
        names = [shape.head(name) for name in shape.heads]
        return Exported(str(file), purpose, count.people, count.rows, count.left_out, decided, names)

    def _contacts(self, chosen: Sequence[UUID] | None) -> Iterator[list[Contact]]:
        if chosen is None:
            everybody = self.store.scan(Contact)
            while some := list(islice(everybody, CHUNK)):
                yield some
            return
        for start in range(0, len(chosen), CHUNK):
            ids = chosen[start : start + CHUNK]
            found = self.store.get(Contact, ids)
            yield [found[id] for id in ids if id in found]

    def _rows(
        self, chosen: Sequence[UUID] | None, make: Callable[..., list[Cells]], count: _Count, shown: bool
    ) -> Iterator[Cells]:
        for some in self._contacts(chosen):
            known = self.known([one.id for one in some])
            for contact in some:
                rows = make(contact, known[contact.id], count)
                if rows and shown:
                    self.shows([contact.id])
                count.people += bool(rows)
                count.left_out += not rows
                count.rows += len(rows)
                yield from rows

    # -- a mailing: one row for each person, by the ways that are allowed ------------------------------------------

    def _mailing_shape(self, channels: Sequence[str]) -> _Shape:
        ways = {"email": ["email"], "post": list(_PLACE), "phone": ["phone"], "sms": ["sms"]}
        heads = [*_WHO, "language", *(name for channel in channels for name in ways[channel])]
        return _Shape(heads, self.language)

    def _mailing(self, purpose: str, channels: Sequence[str]) -> Callable[..., list[Cells]]:
        def row(contact: Contact, known: Known, count: _Count) -> list[Cells]:
            asked = self.decided(contact, known, purpose, channels=channels)
            cells: Cells = {}
            for channel in channels:
                count.decided.setdefault(channel, Counter())[self._rule_seen(asked[channel].rule)] += 1
                if asked[channel].allowed:
                    cells |= _way(contact, channel, asked[channel])
            return [_who(contact) | {"language": contact.language or ""} | cells] if cells else []

        return row

    # -- everything, to be read back ---------------------------------------------------------------------------

    def _whole_shape(self, chosen: Sequence[UUID] | None) -> _Shape:
        """Columns for what everybody may have, and those for what somebody has."""
        most: Counter[str] = Counter()
        custom: dict[str, None] = {}
        for some in self._contacts(chosen):
            for one in some:
                for name, cells in _told(one).items():
                    most[name] = max(most[name], len(cells))
                custom.update(dict.fromkeys(map(head_of, one.custom)))
        heads = [*_WHO, "salutation", "language", "language_asked", "email", "phone", "phone_e164", "preferred"]
        heads += [*_PLACE, "preferred_address", "further_address", *_TERM, "grace_days", "further_role"]
        heads += ["relationship", "tags", "age_band", "age_noted", "deceased"]
        heads += [*(f"consent_{channel}" for channel in CHANNELS), "note", "known_as"]
        shown = [name for head in heads for name in _several(head, max(most[head], head not in _SOME))]
        return _Shape([*shown, *sorted(custom)], self.language)

    def _whole(self, contact: Contact, known: Known, count: _Count) -> list[Cells]:
        row = _who(contact) | {"language": contact.language or "", "note": contact.note or ""}
        row |= {"tags": joined([one.tag for one in contact.tags]) if contact.tags else ""}
        row |= {"deceased": "yes" if contact.deceased else ""}
        row |= _place(contact.addresses[0]) if contact.addresses else {}
        row |= _term(contact.roles[0]) if contact.roles else {}
        for name, cells in _told(contact).items():
            row |= dict(zip(_several(name, len(cells)), cells, strict=True))
        row |= {head_of(one): _custom(one) for one in contact.custom}
        shut = self.suppressed(contact)
        for channel in CHANNELS:
            case = Case(contact, channel, "marketing", self.clock(), known.consents, channel in shut)
            row[f"consent_{channel}"] = _answer(case)
        return [row]


def _told(one: Contact) -> dict[str, list[str]]:
    """The cells of what some people have and others have not, or have several of; what nobody has gets no column."""
    preferred = [
        *(way.address for way in one.emails if way.preferred),
        *(way.number for way in one.phones if way.preferred),
    ]
    numbers = [(phone.number, phone.e164) for phone in one.phones if not _reads_back(phone)]
    single = {
        "salutation": one.salutation,
        "language_asked": one.language_asked,
        "age_band": one.age_band,
        "age_noted": one.age_noted,
        "preferred": joined(preferred),
        "phone_e164": joined([text for pair in numbers for text in pair]),
        "preferred_address": "yes" if one.addresses and one.addresses[0].preferred else None,
        "grace_days": one.roles[0].grace_days if one.roles else None,
    }
    return {
        **{name: [str(value)] for name, value in single.items() if value},
        "email": [way.address for way in one.emails],
        "phone": [way.number for way in one.phones],
        "further_address": [told_of(part) for part in one.addresses[1:]],
        "further_role": [told_of(part) for part in one.roles[1:]],
        "relationship": [told_of(part) for part in one.relationships],
        "known_as": [told_of(part) for part in one.external_ids],
    }


def _reads_back(phone: Phone) -> bool:
    """Whether the importer finds the same E.164 form in the number as written; most are seen without the library."""
    digits = "".join(filter(str.isdigit, phone.number))
    if phone.e164 and phone.e164 in (f"+{digits}", f"+44{digits[1:]}") and phone.number[0] in "+0":
        return True
    found = phone_reader().read((phone.number,)).values[0]
    return phone.e164 == (None if found is None or found.startswith(UNREAD) else found)


def _known(name: str, names: Sequence[str], code: str) -> None:
    if name not in names:
        raise Unknown(code, name=name, suggestion=nearest(name, names), known=", ".join(names))


def _answer(case: Case) -> str:
    """The yes or no that stands, whether or not there is an address for it; a contradiction is a no."""
    no = next(iter(case.said(*NO)), None)
    later = no and any(yes.at is not None and yes.at > said_at(no) for yes in case.yeses())
    if case.suppressed or (no and not later):
        return "no"
    return "yes" if case.yeses() or case.said("unconfirmed") else ""


def _custom(one: Custom) -> str:
    return str(one.number if one.number is not None else one.day or one.text or "")


def _several(name: str, count: int) -> list[str]:
    return [name if number == 1 else f"{name}#{number}" for number in range(1, count + 1)]


def _who(one: Contact) -> Cells:
    return {name: str(getattr(one, name) or "") for name in _WHO}


def _way(contact: Contact, channel: str, decision: Decision) -> Cells:
    if channel == "post":
        address = contact.preferred_address()
        return _place(address) if address else {}
    return {channel: decision.address}


def _place(one: Address) -> Cells:
    return {name: getattr(one, name) or "" for name in _PLACE}


def _term(one: Role) -> Cells:
    return {name: str(getattr(one, name) or "") for name in _TERM}


# --- files -----------------------------------------------------------------------------------------------


@contextmanager
def appearing(file: Path) -> Iterator[Path]:
    """A file beside `file` that takes its place when all went well."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.open("wb").close()  # that it can't be written is known before anything is read
        yield part
        part.replace(file)
    except OSError as error:
        raise PerthynError("export.unwritable", file=str(file), why=error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _write_csv(part: Path, shape: _Shape, rows: Iterable[Cells]) -> None:
    """UTF-8 with its mark, so that Excel shows ŵ; CRLF (RFC 4180); what looks like a formula is guarded."""
    with part.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([guarded(shape.head(name)) for name in shape.heads])
        writer.writerows([guarded(row.get(name, "")) for name in shape.heads] for row in rows)


def _write_xlsx(part: Path, shape: _Shape, rows: Iterable[Cells]) -> None:
    """One sheet of texts, a row at a time; no cell is a formula or a link."""
    import xlsxwriter

    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book: Any = xlsxwriter.Workbook(str(part), plain)
    try:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for at, name in enumerate(shape.heads):
            sheet.write_string(0, at, shape.head(name))
        for number, row in enumerate(rows, 1):
            if number >= EXCEL_ROWS:
                raise PerthynError("export.excel.rows", most=EXCEL_ROWS - 1)
            for at, name in enumerate(shape.heads):
                text = row.get(name, "")
                if len(text.encode("utf-16-le")) > 2 * EXCEL_CELL:
                    raise PerthynError("export.excel.cell", contact=row["id"], column=shape.head(name), most=EXCEL_CELL)
                if text:
                    sheet.write_string(number, at, text)
    finally:
        _closed(book)


def _closed(book: Any) -> None:
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


_WRITERS: Mapping[str, Callable[[Path, _Shape, Iterable[Cells]], None]] = {".csv": _write_csv, ".xlsx": _write_xlsx}
