"""Freeze a store of the present version, to be opened by every later one (tests/backends/test_frozen_stores.py).

    python tests/tools/freeze.py NUMBER [FOLDER] [postgresql://... PG_DUMP]

writes ``sqlite-NUMBER.sqlite.gz`` (and ``postgresql-NUMBER.sql.gz``, a plain dump of the empty database named, which
is filled for it) with a ``.json`` beside each: what the store held, as hashes. A frozen store is never written again.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Annotated, Any, ClassVar
from uuid import UUID

from perthyn.changes import Create, Edit
from perthyn.contents import Kept, canonical
from perthyn.crm import Actor, Crm
from perthyn.model import (
    CORE_TYPES,
    About,
    Address,
    Consent,
    Contact,
    Custom,
    CustomField,
    Email,
    ExternalId,
    Interaction,
    Part,
    Phone,
    Problem,
    Record,
    Relationship,
    Role,
    Setting,
    Suppression,
    Tag,
    Takings,
)
from perthyn.model.values import Integer, Text, Word
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn_sql import open_store

FOLDER = Path(__file__).parents[1] / "fixtures" / "stores"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LANGUAGES = ("cy", "en", "both", None)


class Visit(Part):
    """When somebody looked at what is lent."""

    on: Annotated[date, About("On", "Ar", kind="date")]
    found: Annotated[Word | None, About("Found", "Canfod", kind="word")] = None

    @property
    def key(self) -> str:
        return self.on.isoformat()


class Loan(Record):
    """A plugin's own type: owned, named by a source, with a list of parts."""

    type_name: ClassVar[str] = "frozen.loan"
    owner: ClassVar[str] = "lender"
    source_named: ClassVar[bool] = True

    lender: Annotated[UUID, About("Lender", "Benthyciwr", kind="id", personal="identity")]
    thing: Annotated[Text, About("Thing", "Peth")]
    since: Annotated[date | None, About("Since", "Ers", kind="date")] = None
    worth: Annotated[Integer | None, About("Worth", "Gwerth", kind="money", personal="money")] = None
    visits: tuple[Visit, ...] = ()
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None


TYPES: tuple[type[Record], ...] = (*CORE_TYPES, Loan)


class Office:
    """Who works in the store while it is filled."""

    def __init__(self, store: Store) -> None:
        self.now = NOON
        self.crm = Crm(store, Plugins(), Settings(), lambda: self.now, Random(3).randbytes, Actor("gwen"), "en")

    def keep(self, *records: Record) -> None:
        """Put records there, a day later."""
        self.now += timedelta(days=1)
        self.crm.commit([Create(one) for one in records], kind="import", reason="Ffeil o'r ŵyl")


def fill(store: Store) -> None:
    """All that a store may hold: every type, every kind of part, every way to change something."""
    office = Office(store)
    crm = office.crm
    people = [_person(crm, n) for n in range(40)]
    field = CustomField(id=crm.ids(), name="own.shirt", label_en="Shirt", label_cy="Crys")
    office.keep(field, *people, *(one for n, person in enumerate(people) for one in _happened(crm, n, person)))
    office.keep(*(_said(crm, n, person) for n, person in enumerate(people) if n % 3 == 0))
    office.keep(*(_loan(crm, n, people[n]) for n in range(0, 40, 7)))
    office.keep(
        Suppression(id=crm.ids(), address_hash="ab" * 32, channel="email", why="bounce", recorded=NOON),
        Setting(id=crm.ids(), name="frozen.kept", value='{"a":1}'),
        Problem(id=crm.ids(), code="import.date.impossible", where="till.csv", row=3, column="Date", raw="30/2",
                facts='{"value":"30/2"}', at=NOON),
        Problem(id=crm.ids(), code="duplicate.possible", contact=people[4].id, other=people[5].id, at=NOON,
                facts='{"by":"name"}'),
        *(Takings(id=crm.ids(), kind="purchase", day=NOON.date(), amount=n, currency="GBP", source="till",
                  source_id=f"t{n}") for n in range(1, 6)),
    )  # fmt: skip
    crm.add_segment("Friends", "Cyfeillion", "person and donations at least 1")
    crm.add_segment("Welsh then", "Cymraeg bryd hynny", "person and language is cy", mode="snapshot")
    crm.add_segment("By hand", "Â llaw", "", mode="hand", contacts=[one.id for one in people[:5]])
    crm.join(crm.pairs()[0])
    crm.edit_contact(people[1].id, {"name": "Ŵena Newydd", "email": "newydd@example.org", "tag": "Côr"}, ["language"])
    crm.edit_contact(people[2].id, {"name": "Gwall"})
    crm.undo(crm.batch())
    visit = next(store.owned(Interaction, [people[3].id]))
    crm.commit([Edit("interaction", visit.id, {"text": (visit.text, "Wedi'i newid"), "site": (visit.site, "Tŵr")})])
    loan = next(store.scan(Loan))
    crm.commit([Edit("frozen.loan", loan.id, {"thing": (loan.thing, "Llun arall"),
                                              f"visits[{loan.visits[0].key}]": (loan.visits[0], None)})])  # fmt: skip
    crm.remove_segment(crm.add_segment("Gone", "Wedi mynd", "person")[0])
    crm.erase(people[12].id)


def _person(crm: Crm, n: int) -> Contact:
    return Contact(
        id=crm.ids(), kind=("person", "household", "organisation")[0 if n % 8 else n % 3], name=f"Siân Llŷr {n}",
        title="Dr" if n % 5 == 0 else None, given="Siân", family=f"Llŷr {n}", salutation="Annwyl Siân",
        emails=(Email(address=f"sian{n}@example.org", preferred=True), Email(address=f"Ŵ{n}@example.org")),
        phones=(Phone.of(f"01654 7000{n:02}"),),
        addresses=(Address(lines=f"{n} Heol Maengwyn", town="Machynlleth", postcode="SY20 8DT", country="Cymru"),),
        language=LANGUAGES[n % 4], language_asked=date(2026, 1, 1) if n % 2 else None,
        roles=(Role(role="member", level="gold", start=date(2025, 1, 1), end=date(2026, 1, 1), grace_days=14),),
        relationships=(Relationship(kind="partner", other=UUID(int=n + 1), start=date(2020, 2, 29)),),
        tags=(Tag(tag="Gŵyl"), Tag(tag=f"tag {n % 3}")), custom=(Custom(name="own.shirt", text="M"),),
        external_ids=(ExternalId(source="pretix:castle", external=f"A{n}", delivered=n),),
        age_band="adult" if n % 2 else None, age_noted=date(2026, 1, 2), deceased=n == 39, note="Nodyn\nar ddwy linell",
    )  # fmt: skip


def _happened(crm: Crm, n: int, person: Contact) -> Iterator[Interaction]:
    yield Interaction(
        id=crm.ids(), contact=person.id, kind="donation", channel="web", direction="in", at=NOON - timedelta(hours=n),
        day=NOON.date() - timedelta(days=n), amount=500 + n, currency="GBP", quantity=1, party_size=2, lead_days=3,
        site="Castell", event="Gŵyl", event_type="festival", campaign="Apêl", order=f"o{n}", subject="Rhodd",
        text="Diolch", raw='{"x":"y"}', source="till", source_id=f"d{n}", source_version=n, delivered=n,
    )  # fmt: skip
    yield Interaction(id=crm.ids(), contact=person.id, kind="visit", day=date(2024, 2, 29) + timedelta(days=n))


def _said(crm: Crm, n: int, person: Contact) -> Consent:
    return Consent(
        id=crm.ids(), contact=person.id, channel="email", decision=("given", "withdrawn", "objected")[n % 9 // 3],
        at=NOON, recorded=NOON, how="form", by="gwen", wording="Cewch anfon", wording_version="2", language="cy",
        address=f"sian{n}@example.org", evidence="papur", source="forms", source_id=f"c{n}", delivered=n,
    )  # fmt: skip


def _loan(crm: Crm, n: int, person: Contact) -> Loan:
    visits = tuple(Visit(on=date(2026, month, 1), found="iawn") for month in (3, 1, 2))
    return Loan(id=crm.ids(), lender=person.id, thing=f"Llun {n}", since=date(2020, 1, 1), worth=10_000, visits=visits,
                source="loans", source_id=str(n), delivered=n)  # fmt: skip


def told(store: Store) -> dict[str, Any]:
    """What a store holds: its position, a hash and a count of every section, the members of every segment then."""
    sections: dict[str, list[bytes]] = {"batches": [canonical(one) for one in reversed(list(store.headers()))]}
    for name, type in store.types.items():
        records = list(store.scan(type))
        made = store.origin(type, [one.id for one in records])
        sections[name] = [canonical(Kept(one, made[one.id])) for one in records]
    sections["journal"] = [canonical(one) for one in store.journal()]
    office = Office(store)
    office.now = NOON + timedelta(days=30)
    return {
        "position": store.position(),
        "versions": {name: type.version for name, type in store.types.items()},
        "sections": {name: {"count": len(all), "sha256": sha256(b"\n".join(all)).hexdigest()}
                     for name, all in sections.items()},
        "members": {one.name("en"): [str(who.id) for who in office.crm.members(one)] for one in office.crm.segments()},
    }  # fmt: skip


def freeze(name: str, whole: bytes, about: dict[str, Any], folder: Path = FOLDER) -> None:
    """Keep a store for ever. Raises `FileExistsError` where one of this name was kept already."""
    packed, beside = folder / f"{name}.gz", folder / f"{name.partition('.')[0]}.json"
    for file in (packed, beside):
        if file.exists():
            raise FileExistsError(f"{file} is frozen: it is never written again; take the next number")
    packed.write_bytes(gzip.compress(whole, mtime=0))
    beside.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def filled(url: str) -> dict[str, Any]:
    """Fill an empty store; answers what it holds."""
    with closing(open_store(url, TYPES)) as store:
        fill(store)
        return told(store)


def main(number: str, folder: str = str(FOLDER), url: str = "", pg_dump: str = "pg_dump") -> None:
    """Freeze a store of the present version on SQLite and, where an empty database is named, on PostgreSQL."""
    if url:
        about = filled(url)
        dumped = subprocess.run(
            [pg_dump, "--no-owner", "--no-privileges", "--rows-per-insert=100", url], check=True, capture_output=True
        )
        freeze(f"postgresql-{number}.sql", dumped.stdout, about, Path(folder))
        return
    with TemporaryDirectory() as temporary:
        file = Path(temporary) / "a.sqlite"
        about = filled(f"sqlite:///{file.as_posix()}")
        freeze(f"sqlite-{number}.sqlite", file.read_bytes(), about, Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
