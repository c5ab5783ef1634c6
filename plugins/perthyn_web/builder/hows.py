"""How: what can be said of a field, of what happened, of a list; and what each asks for in its turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perthyn.text import phrase


@dataclass(frozen=True, slots=True)
class How:
    """One way to go on after a subject. `label` and `group` are sentences marked by `phrase`.

    `asks`: "" for nothing, "text", "several" (texts), "choice" (one of the field's own), "choices", "number", "money",
    "two" (numbers or amounts), "percent", "fifth", "window". `timed`: whether a window narrows what is counted.
    """

    name: str
    label: str
    asks: str = ""
    group: str = ""
    timed: bool = False


def of_text(closed: bool, dated: bool, chosen: bool) -> Iterator[How]:
    """Of a text: `closed` has no values but its own, `dated` is a part that runs for a time, `chosen` has values."""
    one, several = ("choice", "choices") if closed else ("text", "several")
    yield How("=", phrase("is"), one)
    yield How("!=", phrase("is not"), one)
    yield How("in", phrase("is one of"), several)
    yield How("notIn", phrase("is none of"), several)
    if dated:
        yield How("was", phrase("is or was"), one)
        yield How("wasNot", phrase("never was"), one)
    if not closed:
        yield How("contains", phrase("contains"), "text")
        yield How("doesNotContain", phrase("does not contain"), "text")
        yield How("beginsWith", phrase("starts with"), "text")
        yield How("doesNotBeginWith", phrase("does not start with"), "text")
        yield How("endsWith", phrase("ends with"), "text")
        yield How("doesNotEndWith", phrase("does not end with"), "text")
    yield from KNOWN


KNOWN = (How("notNull", phrase("is known")), How("null", phrase("is not known")))
FLAG = (How("yes", phrase("yes, it is so")), How("no", phrase("no, it is not so")))
DAY = (How("during", phrase("was or will be"), "window"), How("notDuring", phrase("was not and will not be"), "window"),
       *KNOWN)  # fmt: skip
LIST = (How("some", phrase("there is one")), How("none", phrase("there is none")))
SEGMENT = (How("=", phrase("they are in it"), "segment"), How("!=", phrase("they are not in it"), "segment"))
OPERATORS = {">=": phrase("is at least"), "<=": phrase("is at most"), ">": phrase("is more than"),
             "<": phrase("is less than"), "=": phrase("is"), "!=": phrase("is not")}  # fmt: skip


def of_number(asks: str) -> Iterator[How]:
    """Of a number or an amount."""
    for name, label in OPERATORS.items():
        yield How(name, label, asks)
    yield How("between", phrase("is between"), "two")
    yield How("notBetween", phrase("is not between"), "two")
    yield from KNOWN


OFTEN, WHEN, MUCH = phrase("How often"), phrase("When"), phrase("How much")
COMPARED = phrase("Compared with everybody else")
COUNTED = (
    How("some", phrase("at least once"), "", OFTEN, True),
    How("none", phrase("never"), "", OFTEN, True),
    How("atLeast", phrase("at least so many times"), "number", OFTEN, True),
    How("atMost", phrase("at most so many times"), "number", OFTEN, True),
    How("exactly", phrase("exactly so many times"), "number", OFTEN, True),
)
"""Of things that happened."""
DAYS = (
    How("days >=", phrase("on at least so many days"), "number", OFTEN, True),
    How("days <=", phrase("on at most so many days"), "number", OFTEN, True),
    How("first during", phrase("for the first time"), "window", WHEN),
    How("first notDuring", phrase("not for the first time"), "window", WHEN),
    How("last during", phrase("most recently"), "window", WHEN),
    How("last notDuring", phrase("not most recently"), "window", WHEN),
)
"""Of those of them that have a day."""
MONEY = (
    How("sum >=", phrase("altogether at least"), "money", MUCH, True),
    How("sum <=", phrase("altogether at most"), "money", MUCH, True),
    How("largest >=", phrase("once at least"), "money", MUCH, True),
    How("largest <=", phrase("never more than"), "money", MUCH, True),
    How("average >=", phrase("on average at least"), "money", MUCH, True),
    How("average <=", phrase("on average at most"), "money", MUCH, True),
)
"""Of those of them that have an amount."""
RANKS = (
    How("count inTop", phrase("among those who did so most often: the top"), "percent", COMPARED, True),
    How("count inBottom", phrase("among those who did so least often: the bottom"), "percent", COMPARED, True),
)
MONEY_RANKS = (
    How("sum inTop", phrase("among those with the most altogether: the top"), "percent", COMPARED, True),
    How("sum inBottom", phrase("among those with the least altogether: the bottom"), "percent", COMPARED, True),
    How("sum inFifth", phrase("in which fifth by the total (5 is the highest)"), "fifth", COMPARED, True),
)


def of_measure(asks: str) -> Iterator[How]:
    """Of a number that a plugin works out."""
    for name, label in OPERATORS.items():
        yield How(name, label, asks, MUCH, True)
    yield How("inTop", phrase("among the highest: the top"), "percent", COMPARED, True)
    yield How("inBottom", phrase("among the lowest: the bottom"), "percent", COMPARED, True)


@dataclass(frozen=True, slots=True)
class When:
    """One sort of window. `asks`: "" for nothing, "span" (how many of what), "day", "days" (from, to), "year"."""

    name: str
    label: str
    asks: str = ""


EVER = When("", phrase("ever"))
WHENS = (
    When("last", phrase("in the last"), "span"),
    When("since", phrase("since"), "day"),
    When("from", phrase("between two days"), "days"),
    When("year this", phrase("this year")),
    When("year last", phrase("last year")),
    When("ago", phrase("longer ago than"), "span"),
    When("before", phrase("before"), "day"),
    When("after", phrase("after"), "day"),
    When("until", phrase("until"), "day"),
    When("on", phrase("on"), "day"),
    When("year", phrase("in the year"), "year"),
    When("next", phrase("in the next"), "span"),
)
UNITS = {"D": phrase("days"), "W": phrase("weeks"), "M": phrase("months"), "Y": phrase("years")}
NARROWS = {"=": phrase("is"), "!=": phrase("is not"), "contains": phrase("contains"), ">=": phrase("is at least"),
           "<=": phrase("is at most")}  # fmt: skip
"""What can be said of a field of the things that are counted."""
