"""How each database turns stored values (`perthyn.model.to_wire`) into what a reporting tool expects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from perthyn.model.values import Kind
from perthyn.text import CURRENCY_DECIMALS


class Plainly(ABC):
    """SQL for a stored value, given as SQL; NULL stays NULL."""

    sorts: ClassVar[Mapping[Kind, str]]
    """What each kind of field is in a view, in the database's words."""

    apart: ClassVar[str]
    """At the end of a view: has it worked out by itself where it is joined to another."""

    @abstractmethod
    def id(self, value: str) -> str:
        """16 bytes as a UUID's text, small letters with dashes."""

    @abstractmethod
    def day(self, value: str) -> str:
        """A proleptic Gregorian ordinal (1 is 0001-01-01, as `date.fromordinal`) as a date."""

    @abstractmethod
    def instant(self, value: str) -> str:
        """Milliseconds since 1970 as an instant in UTC."""

    @abstractmethod
    def flag(self, value: str) -> str:
        """0 or 1 as false or true."""

    @abstractmethod
    def decimal(self, value: str, currency: str) -> str:
        """Minor units of a currency (SQL for its ISO 4217 code) as a decimal number."""

    def shown(self, kind: Kind, value: str) -> str:
        """A value of this kind, money and words aside."""
        if kind not in ("id", "date", "instant", "flag"):
            return value
        return {"id": self.id, "date": self.day, "instant": self.instant, "flag": self.flag}[kind](value)


class OnSqlite(Plainly):
    """SQLite has neither dates nor decimals: days and instants are ISO 8601 text, amounts its floating numbers.

    Two views joined by their ids as text would be one loop in another: it makes an index for a join by columns, but
    not by expressions. A view with a LIMIT is never merged with what asks it
    (https://www.sqlite.org/optoverview.html#subquery_flattening), so that its ids are columns.
    """

    sorts: ClassVar[Mapping[Kind, str]] = {
        "id": "TEXT", "date": "TEXT", "instant": "TEXT", "flag": "INTEGER", "money": "REAL", "integer": "INTEGER",
        "text": "TEXT", "word": "TEXT", "json": "TEXT",
    }  # fmt: skip

    apart = " LIMIT -1"

    def id(self, value: str) -> str:
        pieces = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        text = " || '-' || ".join(f"substr(hex({value}), {at}, {many})" for at, many in pieces)
        return f"nullif(lower({text}), '----')"

    def day(self, value: str) -> str:
        # Julian day 1721425.5 is the midnight that begins 0001-01-01 (https://www.sqlite.org/lang_datefunc.html).
        return f"date({value} + 1721424.5)"

    def instant(self, value: str) -> str:
        # By whole numbers: %f of a fraction may be a millisecond off.
        rest = f"(({value} % 1000 + 1000) % 1000)"
        return (
            f"strftime('%Y-%m-%dT%H:%M:%S', ({value} - {rest}) / 1000, 'unixepoch') || '.'"
            f" || substr('00' || {rest}, -3) || 'Z'"
        )

    def flag(self, value: str) -> str:
        return value

    def decimal(self, value: str, currency: str) -> str:
        other = " ".join(f"WHEN '{code}' THEN {10**places}.0" for code, places in CURRENCY_DECIMALS.items())
        return f"{value} / CASE {currency} {other} ELSE 100.0 END"


class OnPostgres(Plainly):
    """PostgreSQL has a type for each."""

    sorts: ClassVar[Mapping[Kind, str]] = {
        "id": "text", "date": "date", "instant": "timestamptz", "flag": "boolean", "money": "numeric",
        "integer": "bigint", "text": "text", "word": "text", "json": "text",
    }  # fmt: skip

    apart = ""

    def id(self, value: str) -> str:
        return f"CAST(CAST(encode({value}, 'hex') AS uuid) AS text)"

    def day(self, value: str) -> str:
        return f"DATE '0001-01-01' + CAST({value} - 1 AS integer)"

    def instant(self, value: str) -> str:
        # Seconds and the rest apart: an interval is multiplied in floating numbers, which hold these exactly.
        return (
            f"TIMESTAMPTZ '1970-01-01 00:00:00+00' + ({value} / 1000) * INTERVAL '1 second'"
            f" + mod({value}, 1000) * INTERVAL '1 millisecond'"
        )

    def flag(self, value: str) -> str:
        return f"{value} <> 0"

    def decimal(self, value: str, currency: str) -> str:
        other = "".join(f"WHEN '{c}' THEN {_numeric(value, places)} " for c, places in CURRENCY_DECIMALS.items())
        return f"CASE {currency} {other}ELSE {_numeric(value, 2)} END"


def _numeric(value: str, places: int) -> str:
    return f"round(CAST({value} AS numeric) / {10**places}, {places})"


PLAINLY: Mapping[str, Plainly] = {"sqlite": OnSqlite(), "postgresql": OnPostgres()}
