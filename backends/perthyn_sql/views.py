"""Views for reporting tools: one for each record type and list, with names that stay.

They are made from the declarations, whenever these or this file change, and hold what the records hold: words
spelled out, ids as text, days and instants as dates, money as a decimal number and, as ``<field>_minor``, in minor
units. Nothing of perthyn reads them. What ends in an underscore (integer keys, folds) is not in them, and nor are the
settings, which hold the key of the suppression list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError

from perthyn.errors import PerthynError
from perthyn.model import Contact, Happening, Interaction, Part, Record, Setting, declared
from perthyn.model.values import Kind
from perthyn_sql.plainly import PLAINLY, Plainly
from perthyn_sql.tables import Field, PartTable, RecordTable, Schema

VIEWS_VERSION = 1
"""Raise it with any change to what the views of the same declarations are."""

NAMES = {
    "contact": "contacts",
    "redirect": "redirects",
    "interaction": "interactions",
    "consent": "consents",
    "screening": "screenings",
    "suppression": "suppressions",
    "segment": "segments",
    "membership": "memberships",
    "problem": "problems",
    "custom_field": "custom_fields",
    "campaign": "campaigns",
    "message": "messages",
}
"""What follows ``report_`` where it is not the type's own name with its dot as two underscores."""

FIRST = {
    "emails": {"address": "email"},
    "phones": {"number": "phone"},
    "addresses": {"lines": "address", "town": "town", "county": "county", "postcode": "postcode", "country": "country"},
}
"""Of these lists of a contact the preferred item, else the first: its fields, and their names in the view."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a view: name, labels, kind of value (`Kind`), and the SQL that gives it."""

    name: str
    en: str
    cy: str
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """A view: its name, its columns, where its rows come from. `about`: the type (and list) it shows."""

    name: str
    about: str
    columns: tuple[Shown, ...]
    rows: str

    @property
    def statement(self) -> str:
        """What makes it."""
        shown = ",\n  ".join(f'{one.text} AS "{one.name}"' for one in self.columns)
        return f'CREATE VIEW "{self.name}" AS SELECT\n  {shown}\nFROM {self.rows}'


def views(schema: Schema, currency: str, dialect: str) -> Iterator[View]:
    """Every view of these tables. `currency`: the store's own; `dialect`: ``sqlite`` or ``postgresql``."""
    making = _Making(schema, PLAINLY[dialect], currency)
    for name, about in schema.records.items():
        if name == Setting.type_name or about.record.passes():
            continue
        yield making.of_records(about)
        for field, part in about.parts.items():
            yield making.of_parts(about, field, part)
    if Interaction.type_name in schema.records:
        yield making.of_totals()


def make_views(connection: Connection, schema: Schema, currency: str) -> None:
    """Make every view afresh; who was allowed to read one may read it still.

    Raises `PerthynError` (``store.views.used``) where somebody's own views stand on them.
    """
    allowed = _allowed(connection)
    drop_views(connection)
    made = list(views(schema, currency, connection.dialect.name))
    for one in made:
        connection.exec_driver_sql(one.statement)
    for view, reader in allowed:
        if view in {one.name for one in made}:
            connection.exec_driver_sql(f'GRANT SELECT ON "{view}" TO {reader}')


def drop_views(connection: Connection) -> None:
    """Take every view away: before columns are renamed, retyped or dropped.

    Raises `PerthynError` (``store.views.used``) where somebody's own views stand on them.
    """
    for name in sorted(inspect(connection).get_view_names()):
        if name.startswith("report_"):
            try:
                connection.exec_driver_sql(f'DROP VIEW "{name}"')
            except DatabaseError as error:
                raise PerthynError("store.views.used", view=name, why=str(error.orig)) from error


def _allowed(connection: Connection) -> list[tuple[str, str]]:
    """Our views and who else may read each, quoted; SQLite knows no readers."""
    if connection.dialect.name != "postgresql":
        return []
    return [
        (view, reader)
        for view, reader in connection.exec_driver_sql(
            "SELECT c.relname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()"
            " CROSS JOIN LATERAL aclexplode(c.relacl) a"
            " WHERE c.relkind = 'v' AND starts_with(c.relname, 'report_') AND a.privilege_type = 'SELECT'"
            " AND a.grantee <> c.relowner"
        )
    ]


class _Making:
    def __init__(self, schema: Schema, plainly: Plainly, currency: str) -> None:
        self.schema = schema
        self.plainly = plainly
        self.currency = f"'{currency}'"

    def of_records(self, about: RecordTable) -> View:
        """One row a record."""
        name = about.record.type_name
        columns = list(self._fields(about.record, about.fields))
        joins = [self._words(about.fields)]
        if about.owner is not None:
            joins.append(f' JOIN contact o ON o.key_ = t."{about.record.owner}"')
        if name == Contact.type_name:
            columns += self._first(about)
            columns.insert(1, Shown("shown_name", "Name as shown", "Enw fel y dangosir", "text", self._shown_name()))
            joins += [_first_of(field) for field in FIRST]
        # What happened is the long side of a join, and merged, so that an index may choose its rows.
        apart = "" if issubclass(about.record, Happening) else self.plainly.apart
        return View(_named(name), name, tuple(columns), f'"{about.table.name}" t{"".join(joins)}{apart}')

    def of_parts(self, about: RecordTable, field: str, part: PartTable) -> View:
        """One row an item of a list; its record's id stands in a column named ``contact``, or ``record``."""
        of_contact = about.record.type_name == Contact.type_name
        name = field if of_contact else f"{_named(about.record.type_name).removeprefix('report_')}__{field}"
        whose = Shown(
            *(("contact", "Contact", "Cyswllt") if of_contact else ("record", "Record", "Cofnod")),
            "id",
            self.plainly.id("r.id"),
        )
        rows = f'"{part.table.name}" t JOIN "{about.table.name}" r ON r.key_ = t.record_{self._words(part.fields)}'
        rows += self.plainly.apart
        columns = (whose, *self._fields(part.part, part.fields))
        return View(f"report_{name}", f"{about.record.type_name}.{field}", columns, rows)

    def of_totals(self) -> View:
        """One row a contact and kind of interaction."""
        plainly = self.plainly
        columns = (
            Shown("contact", "Contact", "Cyswllt", "id", plainly.id("o.id")),
            Shown("kind", "Kind", "Math", "word", "w.text"),
            Shown("count", "How many", "Sawl un", "integer", 't."count"'),
            Shown("amount", "Sum", "Swm", "money", plainly.decimal("t.amount", self.currency)),
            Shown("amount_minor", "Sum, in minor units", "Swm, mewn mân unedau", "integer", "t.amount"),
            Shown("currency", "Currency", "Arian cyfred", "word", self.currency),
            Shown("first", "First day", "Diwrnod cyntaf", "date", plainly.day('t."first"')),
            Shown("last", "Last day", "Diwrnod olaf", "date", plainly.day('t."last"')),
            Shown("days", "On how many days", "Ar sawl diwrnod", "integer", "t.days"),
        )
        rows = "summary_ t JOIN contact o ON o.key_ = t.contact JOIN word_ w ON w.id = t.kind"
        rows += plainly.apart
        return View("report_totals", "totals", columns, rows)

    def _fields(self, declaring: type[Record] | type[Part], fields: Iterable[Field]) -> Iterator[Shown]:
        fields = tuple(fields)
        labels = declared(declaring)
        owner = getattr(declaring, "owner", "")
        money = next((_word(one) for one in fields if one.name == "currency" and one.kind == "word"), self.currency)
        for one in fields:
            column = f't."{one.name}"'
            if one.name == owner:
                text = self.plainly.id("o.id")
            elif one.kind == "word":
                text = _word(one)
            elif one.kind == "money":
                text = self.plainly.decimal(column, money)
            else:
                text = self.plainly.shown(one.kind, column)
            en, cy = labels[one.name].en, labels[one.name].cy
            yield Shown(one.name, en, cy, one.kind, text)
            if one.kind == "money":
                en, cy = f"{en}, in minor units", f"{cy}, mewn mân unedau"
                yield Shown(f"{one.name}_minor", en, cy, "integer", column)

    def _words(self, fields: Iterable[Field]) -> str:
        words = (one for one in fields if one.kind == "word")
        return "".join(f' LEFT JOIN word_ "w_{one.name}" ON "w_{one.name}".id = t."{one.name}"' for one in words)

    def _first(self, about: RecordTable) -> Iterator[Shown]:
        for field, shown in FIRST.items():
            labels = declared(about.parts[field].part)
            for inner, name in shown.items():
                yield Shown(name, labels[inner].en, labels[inner].cy, "text", f'"{field}_"."{inner}"')

    def _shown_name(self) -> str:
        """As `Contact.shown_name`."""
        joined = " || ".join(f"coalesce(' ' || t.\"{part}\", '')" for part in ("title", "given", "family"))
        ending = f"substr({self.plainly.id('t.id')}, 31)"
        first = "(SELECT p.{} FROM {} p WHERE p.record_ = t.key_ ORDER BY p.place_ LIMIT 1)"
        email, phone = first.format("address", "contact_emails"), first.format("number", "contact_phones")
        ways = ("t.name", f"nullif(substr({joined}, 2), '')", email, phone, ending)
        return f"coalesce({', '.join(ways)})"


def _word(field: Field) -> str:
    return f'"w_{field.name}".text'


def _first_of(field: str) -> str:
    """The join of the preferred item of a contact's list, else the first."""
    table = f"contact_{field}"
    place = f"SELECT p.place_ FROM {table} p WHERE p.record_ = t.key_ ORDER BY p.preferred DESC, p.place_ LIMIT 1"
    return f' LEFT JOIN {table} "{field}_" ON "{field}_".record_ = t.key_ AND "{field}_".place_ = ({place})'


def _named(type: str) -> str:
    return f"report_{NAMES.get(type, type.replace('.', '__'))}"
