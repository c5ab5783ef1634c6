"""Twelve shapes of segment for all contacts, each against the fastest of several queries written by hand.

Both sides fetch the same ids, in order, from the same file: perthyn from the closed rule (compiled once, as for
any segment asked for twice), the other by the driver alone. The queries by hand are EXISTS, IN or NOT IN, and GROUP BY,
on the rows and, where a person could see that it answers, on the summary.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from common import Figure, options, turn_about
from people import AS_OF, data_file

from perthyn.model import CORE_TYPES
from perthyn.rules.closed import All, AnyPart, Closed, Compare, Field, Measure, Not, OneOf
from perthyn_sql import open_store

REACH = 1.2
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
SUMMED = "SELECT s.contact FROM summary_ s WHERE s.kind ="
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
            f"{ALL} c.key_ IN ({SUMMED} {{donation}} AND s.count >= 3)",
            grouped("i.kind = {donation}", "count(*) >= 3"),
            "SELECT c.id FROM summary_ s JOIN contact c ON c.key_ = s.contact"
            " WHERE s.kind = {donation} AND s.count >= 3",
        ],
    ),
    Shape(
        "not in a window",
        Not(lately),
        [
            f"{ALL} NOT EXISTS {LATELY}",
            f"{ALL} c.key_ NOT IN (SELECT i.contact {FROM} i.kind = {{visit}} AND {YEAR})",
            f"{ALL} c.key_ NOT IN ({SUMMED} {{visit}} AND s.last >= {SINCE.toordinal()})",
        ],
    ),
    Shape(
        "never",
        Not(Compare(of("count", "visit"), 1)),
        [
            f"{ALL} NOT EXISTS {EVER}",
            f"{ALL} c.key_ NOT IN (SELECT i.contact {FROM} i.kind = {{visit}})",
            f"{ALL} c.key_ NOT IN ({SUMMED} {{visit}})",
            f"{ALL} NOT EXISTS (SELECT 1 FROM summary_ s WHERE s.contact = c.key_ AND s.kind = {{visit}})",
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
            f"{ALL} c.key_ IN ({SUMMED} {{visit}} AND s.first BETWEEN {BORN.toordinal()}"
            f" AND {date(2024, 12, 31).toordinal()})",
            "SELECT c.id FROM summary_ s JOIN contact c ON c.key_ = s.contact WHERE s.kind = {visit}"
            f" AND s.first BETWEEN {BORN.toordinal()} AND {date(2024, 12, 31).toordinal()}",
        ],
    ),
    Shape(
        "last before",
        Compare(of("last", "donation"), None, BORN),
        [
            f"{ALL} (SELECT max(i.day) {FROM} {MINE} AND i.kind = {{donation}}) <= {BORN.toordinal()}",
            f"{ALL} c.key_ IN ({SUMMED} {{donation}} AND s.last <= {BORN.toordinal()})",
            grouped("i.kind = {donation}", f"max(i.day) <= {BORN.toordinal()}"),
            "SELECT c.id FROM summary_ s JOIN contact c ON c.key_ = s.contact WHERE s.kind = {donation}"
            f" AND s.last <= {BORN.toordinal()}",
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
            f"{ALL} c.key_ IN ({SUMMED} {{email}} AND s.last >= {SINCE.toordinal()})"
            f" AND c.key_ NOT IN ({SUMMED} {{visit}} AND s.last >= {SINCE.toordinal()})",
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


def run(args: argparse.Namespace) -> list[Figure]:
    """A ratio of CPU time for each shape."""
    path = data_file(args)
    store = open_store(f"sqlite:///{path.as_posix()}", CORE_TYPES, create=False)
    driver = sqlite3.connect(path)
    driver.execute("PRAGMA cache_size = -65536")
    words: Mapping[str, int] = dict(driver.execute("SELECT text, id FROM word_"))
    figures = []
    for shape in SHAPES:
        queries = [query.format_map(words) + " ORDER BY c.id" for query in shape.by_hand]

        def by_hand(query: str) -> list[bytes]:
            return [id for (id,) in driver.execute(query).fetchall()]

        answers = [store.select_ids(shape.rule), *map(by_hand, queries)]
        if any(one != answers[0] for one in answers):
            raise AssertionError(f"{shape.name}: {[len(one) for one in answers]}")
        doings = [lambda rule=shape.rule: store.select_ids(rule), *(lambda q=q: by_hand(q) for q in queries)]
        ours, *theirs = turn_about(doings, args.rounds)
        baseline = f"the fastest of {len(queries)} by hand ({min(theirs) * 1000:.1f} ms, {len(answers[0])} contacts)"
        figures.append(Figure(shape.name, ours / min(theirs), "x", baseline, REACH))
    driver.close()
    store.close()
    return figures


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))
