"""Measures of what a contact owns as SQL, from summaries where they decide and else from the rows themselves.

A comparison becomes a `Leaf`: a set of contacts, and whether the comparison holds inside that set or outside it
(a count of none is 0, so "at most 2" is all but those with 3 or more). The summary of a contact and kind has its
first and last day: it decides whenever all that it sums up lies within the window, and for `first`, `last` and
"at least one" often when it does not. Only what is left is asked of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from perthyn.model import Interaction
from perthyn.rules.closed import Compare, Measure
from perthyn_sql.compile_fields import Row, Terms, bounds, joined, whole
from perthyn_sql.summaries import ANY
from perthyn_sql.tables import RecordTable

CONTACT = "c.key_"
"""The key of the contact at hand, in every statement."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition on a contact as a set and at a point.

    `members`: SELECT of contact keys, never NULL, a key twice only if `repeats`; the leaf holds for those `inside`
    (or not inside) it.
    `point`: whether the contact at hand is in the set. `rows`: about how many rows the contact has in that set
    before they are counted; `row_cost`: microseconds to read one of them for the set; `point_cost`: to ask for one
    contact.
    """

    members: str
    inside: bool
    point: str
    rows: str
    row_cost: float
    point_cost: float
    repeats: bool = False


class Owned:
    """One measure of one record type, as SQL."""

    def __init__(self, wanted: Measure, about: RecordTable, terms: Terms, currency: str) -> None:
        self.wanted = wanted
        self.row = Row("i", about)
        self.terms = terms
        self.dialect = terms.dialect
        self.currency = currency
        self.table = self.row.table

    # -- the rows ---------------------------------------------------------------------------------------------

    @cached_property
    def conditions(self) -> list[str]:
        """What a row must pass to be seen, its kind aside."""
        wanted, row = self.wanted, self.row
        found = []
        if wanted.currency:
            found.append(f"{row.column('currency')} {self.terms.word('text', [wanted.currency])}")
        if wanted.since is not None or wanted.until is not None:
            day = wanted.day_field
            found.append(bounds(row.column(day), wanted.since, wanted.until) if day else "FALSE")
        if wanted.where is not None:
            found.append(self.terms.condition(wanted.where, row))
        return found

    @cached_property
    def kinds(self) -> str:
        """The comparison of a column with the kinds wanted, "" for any."""
        return "" if self.wanted.kinds is None else self.terms.word("text", self.wanted.kinds)

    @property
    def value(self) -> str:
        """The aggregate over the rows seen."""
        field, day = self.row.column(self.wanted.field), self.row.column(self.wanted.day_field)
        return {
            "count": "count(*)",
            "days": f"count(DISTINCT {day})" if self.wanted.day_field else "0",
            "first": f"min({day})" if self.wanted.day_field else "NULL",
            "last": f"max({day})" if self.wanted.day_field else "NULL",
            "sum": f"coalesce({self.dialect.total(field)}, 0)",
            "largest": f"max({field})",
            "smallest": f"min({field})",
            "average": _floored(self.dialect.total(field), f"count({field})"),
        }[self.wanted.what]

    def rows_of(self, contact: str, shown: str) -> str:
        """SELECT over the rows of one contact that are seen."""
        # Else the planner might walk all rows of that kind.
        kinds = [f'{self.dialect.unindexed}i."kind" {self.kinds}'] if self.kinds else []
        chosen = [f"i.{self.row.about.record.owner} = {contact}", *kinds, *self.conditions]  # type: ignore[union-attr]
        return f"(SELECT {shown} FROM {self.table} i WHERE {' AND '.join(chosen)})"

    def grouped(self, shown: str = "", having: str = "") -> str:
        """SELECT of the contacts with a row that is seen, and of what is to be `shown` of each."""
        owner = f"i.{self.row.about.record.owner}"  # type: ignore[union-attr]
        chosen = [f'i."kind" {self.kinds}'] * bool(self.kinds) + self.conditions
        where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
        return (
            f"SELECT {owner} AS contact{shown} FROM {self.table} i{where} GROUP BY {owner}"
            + (f" HAVING {having}" if having else "")
        )  # fmt: skip

    def by_day(self, having: str) -> str:
        """SELECT of the contacts of whose days with a row, ``d.day``, something holds; quicker than count(DISTINCT)."""
        owner, day = f"i.{self.row.about.record.owner}", self.row.column(self.wanted.day_field)  # type: ignore[union-attr]
        chosen = [f'i."kind" {self.kinds}'] * bool(self.kinds) + self.conditions
        where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
        days = f"SELECT DISTINCT {owner} AS contact, {day} AS day FROM {self.table} i{where}"
        return f"SELECT d.contact AS contact FROM ({days}) d GROUP BY d.contact HAVING {having}"

    # -- the summary --------------------------------------------------------------------------------------------

    @property
    def summed(self) -> bool:
        """Whether summaries keep this measure."""
        wanted = self.wanted
        if wanted.record != Interaction.type_name or wanted.where is not None or wanted.day_field != "day":
            return False
        if wanted.what == "sum":
            return wanted.field == "amount" and wanted.currency == self.currency
        additive = wanted.what in ("count", "first", "last") or (wanted.what == "days" and self.one_kind)
        return not wanted.currency and additive

    @property
    def summed_kinds(self) -> str:
        """The comparison of a summary's kind: with the kinds wanted, or with what stands for all together."""
        return self.kinds or f"= {ANY}"

    @property
    def one_kind(self) -> bool:
        """Whether each contact has one summary for it at most."""
        return self.summed_kinds.startswith("= ")

    def total(self, name: str, grouped: bool) -> str:
        """A column of the summary, over all kinds wanted where there are several."""
        if not grouped:
            return f"s.{name}"
        over = {"first": "min", "last": "max"}.get(name)
        return f"{over}(s.{name})" if over else self.dialect.total(f"s.{name}")

    @property
    def kept(self) -> str:
        """The summary's column for this measure."""
        return "amount" if self.wanted.what == "sum" else self.wanted.what

    def summaries_of(self, contact: str, shown: str) -> str:
        """SELECT over the summaries of one contact."""
        return f"(SELECT {shown} FROM summary_ s WHERE s.contact = {contact} AND s.kind {self.summed_kinds})"

    def value_of(self, contact: str) -> str:
        """The measure of one contact as a scalar."""
        rows = self.rows_of(contact, self.value)
        if not self.summed:
            return rows
        first, last, kept = (self.total(name, True) for name in ("first", "last", self.kept))
        within = self._within(first, last, self.wanted.what)
        known = kept if self.wanted.what in ("first", "last") else f"coalesce({kept}, 0)"
        decided = f"CASE WHEN count(*) = 0 OR ({within}) THEN {known} ELSE {rows} END" if within else known
        return self.summaries_of(contact, decided)

    @property
    def spread(self) -> str:
        """SELECT of each value and how many contacts with a row that is seen have it, ascending."""
        return (
            f"SELECT g.value, count(*) FROM ({self._values()}) g"
            " WHERE g.value IS NOT NULL GROUP BY g.value ORDER BY g.value"
        )

    def _values(self) -> str:
        """SELECT of the contacts with a row that is seen, and the value of each."""
        # Whether a sum of 0 stands for a row is not to be seen in a summary.
        if not self.summed or self.wanted.since is not None or self.wanted.what not in ("count", "days"):
            return self.grouped(f", {self.value} AS value")
        return summed_columns([self], ["value"])

    @property
    def everybody(self) -> Measure | None:
        """Whose summaries decide of whom it sees a record: alike for all such measures; None where rows must say."""
        wanted = self.wanted
        if not self.summed or wanted.since is not None:
            return None
        return Measure(wanted.record, "count", kinds=wanted.kinds, until=wanted.until)

    def summed_up(self, grouped: bool) -> str:
        """Its value from the summaries ``s`` of a contact who has such a record; rows are read where some are later."""
        value, until = self.total(self.kept, grouped), self.wanted.until
        if until is None or self.wanted.what == "first":
            return value
        rows = self.rows_of("s.contact", self.value)
        return f"CASE WHEN {self.total('last', grouped)} <= {whole(until)} THEN {value} ELSE {rows} END"

    def _within(self, first: str, last: str, what: str) -> str:
        """That all days that matter to `what` lie within the window; "" where there is no window."""
        since, until = self.wanted.since, self.wanted.until
        days = {"first": [first], "last": [last]}.get(what, [first, last])
        tests = [] if since is None else [f"{days[0]} >= {whole(since)}"]
        if until is not None:
            tests.append(f"{days[-1]} <= {whole(until)}")
        return " AND ".join(tests)


def summed_columns(measures: Sequence[Owned], names: Sequence[str]) -> str:
    """SELECT of the contacts with a row that measures of one `everybody` see, and of each measure by its name."""
    one = measures[0]
    grouped = not one.one_kind
    shown = "".join(f", {each.summed_up(grouped)} AS {name}" for each, name in zip(measures, names, strict=True))
    kinds = f"s.kind {one.summed_kinds}"
    begun = "TRUE" if one.wanted.until is None else f"{one.total('first', grouped)} <= {whole(one.wanted.until)}"
    chosen = f"{kinds} GROUP BY s.contact HAVING {begun}" if grouped else f"{kinds} AND {begun}"
    return f"SELECT s.contact AS contact{shown} FROM summary_ s WHERE {chosen}"


def decided_columns(measures: Sequence[Owned], names: Sequence[str]) -> str:
    """SELECT of the value of each measure, by its name, of everybody with a row that the first sees, never NULL.

    "" where summaries do not decide whom that is.
    """
    alike = {one.everybody for one in measures}
    if len(alike) != 1 or None in alike or measures[0].wanted.what == "sum":
        return ""
    return summed_columns(measures, names)


def columns(measures: Sequence[Owned]) -> str:
    """SELECT of the ids of everybody with a row that the first measure sees, and of the value of each."""
    places = [f"v{place}" for place in range(len(measures))]
    everybody = decided_columns(measures, places)
    if everybody:
        shown = ", ".join(f"g.{place}" for place in places)
        return f"SELECT c.id, {shown} FROM ({everybody}) g JOIN contact c ON {CONTACT} = g.contact"
    shown = ", ".join(one.value_of(CONTACT) for one in measures)
    return f"SELECT c.id, {shown} FROM contact c WHERE EXISTS {measures[0].rows_of(CONTACT, '1')}"


class Comparison:
    """A comparison of a measure as a `Leaf`, or as a constant."""

    def __init__(self, rule: Compare, owned: Owned) -> None:
        self.owned = owned
        self.low, self.high = rule.low, rule.high
        self.what = owned.wanted.what
        natural = self.what in ("count", "days")
        # Of no rows these measures are 0: where 0 will do, the set is that of the others.
        self.outside = (natural or self.what == "sum") and _holds(0, rule.low, rule.high)
        self.always = self.outside and rule.high is None and (rule.low is None or natural)
        some = (rule.low == 1 and rule.high is None) or (rule.high == 0 and self.outside)
        # The set is that of all contacts with a row that is seen.
        self.some = self.what == "count" and some

    def leaf(self) -> Leaf:
        """The set and how to ask it; of a comparison that always holds: the empty set's outside."""
        owned = self.owned
        if self.always:
            return Leaf("SELECT key_ AS contact FROM contact WHERE FALSE", False, "FALSE", "0", 0, 0)
        # A window that begins leaves most contacts undecided by their summaries: reading its rows is quicker.
        begins = owned.wanted.since is not None
        by_rows = not owned.summed or (begins and self.what != "last" and not self.some)
        point = self._member(CONTACT) if owned.summed else self._row_member(CONTACT)
        if by_rows:
            if self.what == "days" and owned.wanted.day_field:
                members = owned.by_day(self._test("count(d.day)"))
            else:
                members = owned.grouped(having="" if self.some else self._test(owned.value))
            return Leaf(members, not self.outside, point, owned.rows_of(CONTACT, "count(*)"), 0.4, 1.2)
        rows = owned.summaries_of(CONTACT, "count(*)")
        repeats = self.some and not owned.one_kind
        return Leaf(self._summary_set(), not self.outside, point, rows, 0.12, 0.9, repeats)

    def _test(self, value: str) -> str:
        """Whether a contact's value puts it into the set."""
        low, high = self.low, self.high
        if self.what == "average":
            # floor(sum / n) >= low is sum >= low * n; floor(sum / n) <= high is sum < (high + 1) * n.
            field = self.owned.row.column(self.owned.wanted.field)
            tests = [] if low is None else [f"sum({field}) >= {whole(low)} * count({field})"]
            if high is not None:
                tests.append(f"sum({field}) < {whole(high) + 1} * count({field})")
            return joined(tests or [f"count({field}) > 0"], True)
        return f"NOT ({bounds(value, low, high)})" if self.outside else bounds(value, low, high)

    def _row_member(self, contact: str) -> str:
        if self.some:
            return f"EXISTS {self.owned.rows_of(contact, '1')}"
        return self.owned.rows_of(contact, self._test(self.owned.value))

    def _summary_set(self) -> str:
        owned = self.owned
        kinds = f"s.kind {owned.summed_kinds}"
        if owned.one_kind or self.some:
            return f"SELECT s.contact AS contact FROM summary_ s WHERE {joined([kinds, *self._decided(False)], True)}"
        return (
            f"SELECT s.contact AS contact FROM summary_ s WHERE {kinds} GROUP BY s.contact"
            f" HAVING {joined(self._decided(True), True)}"
        )

    def _member(self, contact: str) -> str:
        """Whether one contact is in the set, by its summaries where they decide."""
        return self.owned.summaries_of(contact, joined(self._decided(True, contact), True))

    def _decided(self, grouped: bool, contact: str = "s.contact") -> Sequence[str]:
        """The conditions, on summaries, under which a contact is in the set."""
        owned, wanted = self.owned, self.owned.wanted
        first, last, kept = (owned.total(name, grouped) for name in ("first", "last", owned.kept))
        since = None if wanted.since is None else whole(wanted.since)
        until = None if wanted.until is None else whole(wanted.until)
        found = [] if since is None else [f"{last} >= {since}"]
        if until is not None:
            found.append(f"{first} <= {until}")
        begun = [] if since is None else [f"{first} >= {since}"]
        ended = [] if until is None else [f"{last} <= {until}"]
        if self.some and begun and ended:
            return [*found, joined([*begun, *ended, self._row_member(contact)], False)]
        if self.some:
            return found or [f"{kept} > 0"]
        test, left = self._test(kept), self._row_member(contact)
        within = joined({"first": begun, "last": ended}.get(self.what, [*begun, *ended]), True)
        if within == "TRUE":
            return [*found, f"({test})"]
        if self.what == "count" and not self.outside and self.high is None:
            # Who has too few in all has too few in the window.
            return [test, *found, f"({within} OR {left})"]
        return [*found, f"CASE WHEN {within} THEN {test} ELSE {left} END"]


def _holds(value: int, low: object, high: object) -> bool:
    return (low is None or whole(low) <= value) and (high is None or value <= whole(high))


def _floored(total: str, count: str) -> str:
    """`total` / `count` toward minus infinity, NULL of none; SQL's own division goes toward zero."""
    down = f"({total} - {count} + 1) / nullif({count}, 0)"
    return f"CASE WHEN {total} >= 0 THEN {total} / nullif({count}, 0) ELSE {down} END"
