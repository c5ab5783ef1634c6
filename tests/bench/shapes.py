"""The twelve shapes of segment that are measured: each as a closed rule, and in several ways written by hand in SQL.

By hand: EXISTS, IN or NOT IN, EXCEPT, and GROUP BY, on the rows with all their indexes; our summaries are not theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from people import AS_OF

from perthyn.rules.closed import All, AnyPart, Closed, Compare, Field, Measure, Not, OneOf

SINCE = date(2025, 4, 1)
YEAR = f"i.day BETWEEN {SINCE.toordinal()} AND {AS_OF.toordinal()}"
BORN = date(2024, 1, 1)
ALL = "SELECT c.id FROM contact c WHERE"
FROM = "FROM interaction i WHERE"
MINE = "i.contact = c.key_"


@dataclass(frozen=True)
class Shape:
    """A segment: its closed rule, and ways to write it by hand; ``{visit}`` is the id of a word."""

    name: str
    rule: Closed
    by_hand: Sequence[str]


def field(name: str, *values: str) -> Field:
    """The field is one of these texts."""
    return Field(name, OneOf(frozenset(values)))


def of(what: str, *kinds: str, since: date | None = None, field: str = "", currency: str = "") -> Measure:
    """A measure of interactions of these kinds until `AS_OF`."""
    return Measure("interaction", what, field, currency, frozenset(kinds), since=since, until=AS_OF)  # type: ignore[arg-type]


welsh = field("language", "cy")
member = AnyPart("roles", field("role", "member"))
often = Compare(of("count", "visit", since=SINCE), 3)
lately = Compare(of("count", "visit", since=SINCE), 1)
asked = Compare(of("count", "email", since=SINCE), 1)

EVER = f"(SELECT 1 {FROM} {MINE} AND i.kind = {{visit}} AND i.day <= {AS_OF.toordinal()})"
LATELY = f"(SELECT 1 {FROM} {MINE} AND i.kind = {{visit}} AND {YEAR})"
OFTEN = f"(SELECT count(*) {FROM} {MINE} AND i.kind = {{visit}} AND {YEAR}) >= 3"
OFTEN_SET = f"SELECT i.contact {FROM} i.kind = {{visit}} AND {YEAR} GROUP BY i.contact HAVING count(*) >= 3"
MEMBER = "(SELECT 1 FROM contact_roles r WHERE r.record_ = c.key_ AND r.role = {member})"
MEMBER_SET = "SELECT r.record_ FROM contact_roles r WHERE r.role = {member}"
GIVEN = f"i.kind = {{donation}} AND i.currency = {{GBP}} AND {YEAR}"


def grouped(chosen: str, having: str, more: str = "") -> str:
    """GROUP BY of one's choice, joined with the contacts."""
    return (
        f"SELECT c.id FROM (SELECT i.contact {FROM} {chosen} GROUP BY i.contact HAVING {having}) g"
        f" JOIN contact c ON c.key_ = g.contact {more}"
    )


SHAPES = (
    Shape("one attribute", welsh, [f"{ALL} c.language = {{cy}}"]),
    Shape(
        "two attributes",
        All((welsh, member)),
        [
            f"{ALL} c.language = {{cy}} AND EXISTS {MEMBER}",
            f"{ALL} c.language = {{cy}} AND c.key_ IN ({MEMBER_SET})",
            "SELECT c.id FROM contact_roles r JOIN contact c ON c.key_ = r.record_"
            " WHERE r.role = {member} AND c.language = {cy} GROUP BY c.id",
        ],
    ),
    Shape(
        "count in a window",
        often,
        [
            f"{ALL} {OFTEN}",
            f"{ALL} c.key_ IN ({OFTEN_SET})",
            grouped(f"i.kind = {{visit}} AND {YEAR}", "count(*) >= 3"),
        ],
    ),
    Shape(
        "count ever",
        Compare(of("count", "donation"), 3),
        [
            f"{ALL} (SELECT count(*) {FROM} {MINE} AND i.kind = {{donation}}) >= 3",
            grouped("i.kind = {donation}", "count(*) >= 3"),
        ],
    ),
    Shape(
        "not in a window",
        Not(lately),
        [
            f"{ALL} NOT EXISTS {LATELY}",
            f"{ALL} c.key_ NOT IN (SELECT i.contact {FROM} i.kind = {{visit}} AND {YEAR})",
            f"{ALL} c.key_ IN (SELECT key_ FROM contact EXCEPT SELECT i.contact {FROM} i.kind = {{visit}} AND {YEAR})",
        ],
    ),
    Shape(
        "never",
        Not(Compare(of("count", "visit"), 1)),
        [
            f"{ALL} NOT EXISTS {EVER}",
            f"{ALL} c.key_ NOT IN (SELECT i.contact {FROM} i.kind = {{visit}})",
            f"{ALL} c.key_ IN (SELECT key_ FROM contact EXCEPT SELECT i.contact {FROM} i.kind = {{visit}})",
        ],
    ),
    Shape(
        "sum in a window",
        Compare(of("sum", "donation", since=SINCE, field="amount", currency="GBP"), 5000),
        [
            f"{ALL} (SELECT sum(i.amount) {FROM} {MINE} AND {GIVEN}) >= 5000",
            f"{ALL} c.key_ IN (SELECT i.contact {FROM} {GIVEN} GROUP BY i.contact HAVING sum(i.amount) >= 5000)",
            grouped(GIVEN, "sum(i.amount) >= 5000"),
        ],
    ),
    Shape(
        "first in",
        Compare(of("first", "visit"), BORN, date(2024, 12, 31)),
        [
            f"{ALL} (SELECT min(i.day) {FROM} {MINE} AND i.kind = {{visit}})"
            f" BETWEEN {BORN.toordinal()} AND {date(2024, 12, 31).toordinal()}",
            grouped("i.kind = {visit}", f"min(i.day) BETWEEN {BORN.toordinal()} AND {date(2024, 12, 31).toordinal()}"),
        ],
    ),
    Shape(
        "last before",
        Compare(of("last", "donation"), None, BORN),
        [
            f"{ALL} (SELECT max(i.day) {FROM} {MINE} AND i.kind = {{donation}}) <= {BORN.toordinal()}",
            grouped("i.kind = {donation}", f"max(i.day) <= {BORN.toordinal()}"),
        ],
    ),
    Shape(
        "days",
        Compare(of("days", "visit", since=SINCE), 4),
        [
            f"{ALL} (SELECT count(DISTINCT i.day) {FROM} {MINE} AND i.kind = {{visit}} AND {YEAR}) >= 4",
            f"{ALL} c.key_ IN (SELECT i.contact {FROM} i.kind = {{visit}} AND {YEAR}"
            " GROUP BY i.contact HAVING count(DISTINCT i.day) >= 4)",
            grouped(f"i.kind = {{visit}} AND {YEAR}", "count(DISTINCT i.day) >= 4"),
        ],
    ),
    Shape(
        "asked and did not",
        All((asked, Not(lately))),
        [
            f"{ALL} EXISTS (SELECT 1 {FROM} {MINE} AND i.kind = {{email}} AND {YEAR}) AND NOT EXISTS {LATELY}",
            f"{ALL} c.key_ IN (SELECT i.contact {FROM} i.kind = {{email}} AND {YEAR})"
            f" AND c.key_ NOT IN (SELECT i.contact {FROM} i.kind = {{visit}} AND {YEAR})",
            grouped(f"i.kind = {{email}} AND {YEAR}", "count(*) >= 1", f"AND NOT EXISTS {LATELY}"),
        ],
    ),
    Shape(
        "segment within segment under NOT",
        All((welsh, Not(All((member, often))))),
        [
            f"{ALL} c.language = {{cy}} AND NOT (EXISTS {MEMBER} AND {OFTEN})",
            f"{ALL} c.language = {{cy}} AND NOT (c.key_ IN ({MEMBER_SET}) AND c.key_ IN ({OFTEN_SET}))",
            f"{ALL} c.language = {{cy}} AND c.key_ NOT IN ({OFTEN_SET} INTERSECT {MEMBER_SET})",
        ],
    ),
)
