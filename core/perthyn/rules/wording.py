"""Wording: windows, numbers and values put into words, for sentences and reasons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from perthyn.rules.data import Figure, Money, Scalar, Window
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import FieldTerm, HistoryTerm, Words
from perthyn.text import Translator


class Wording:
    """Puts pieces of a rule into a reader's words; `t` is her translator."""

    def __init__(self, t: Translator, schema: RuleSchema) -> None:
        self.t, self.schema = t, schema

    def first(self, words: Words) -> str:
        """The printed words of a name."""
        return words[self.t.language][0]

    def named(self, term: FieldTerm) -> str:
        """A field by its label: that of a custom field rather than its stored name."""
        words = term.words.get(self.t.language, (term.name,))
        return words[-1] if term.custom else words[0]

    def several(self, parts: Iterable[str]) -> str:
        """Clauses one after the other."""
        return "; ".join(parts)

    def value(self, value: Scalar | date | None, term: FieldTerm | None = None) -> str:
        """A value: a well-known one in words, an amount with its sign, a day written out, none as not known."""
        match value:
            case None:
                return self.t("not known")
            case bool():
                return self.t("true") if value else self.t("false")
            case Money(minor=minor, currency=currency):
                return self.t.money(minor, currency)
            case int():
                return self.t.number(value)
            case date():
                return self.t.day(value)
        choice = next((one for one in term.choices if one.value == value), None) if term is not None else None
        return value if choice is None else choice.said(self.t)

    def needed(self, low: str | None, high: str | None) -> str:
        """``at least 3``, ``at most 2``, ``exactly 1``, ``between 2 and 5``, ``anything``; the bounds in words."""
        if low is None and high is None:
            return self.t("any")
        if high is None:
            return self.t("at least {low}", low=low)
        if low is None and high == "0":
            return self.t("none")
        if low is None:
            return self.t("at most {high}", high=high)
        return (
            self.t("exactly {low}", low=low) if low == high else self.t("between {low} and {high}", low=low, high=high)
        )

    def between(self, low: date | None, high: date | None) -> str:
        """Absolute days: ``from 1 April 2024 to 31 March 2026``."""
        if low is None and high is None:
            return ""
        if high is None:
            return self.t("from {low} on", low=low)
        if low is None:
            return self.t("up to {high}", high=high)
        return self.t("on {low}", low=low) if low == high else self.t("from {low} to {high}", low=low, high=high)

    def window(self, window: Window) -> str:
        """A window as it is said: ``in the last 24 months``."""
        for name in ("last", "next", "ago"):
            duration = getattr(window, name)
            if duration is not None:
                one, many = SPANS[name, duration[-1]]
                return self.t.n(one, many, int(duration[1:-1]))
        match window:
            case Window(since=date() as day):
                return self.t("since {day}", day=day)
            case Window(after=date() as day):
                return self.t("after {day}", day=day)
            case Window(until=date() as day):
                return self.t("until {day}", day=day)
            case Window(before=date() as day):
                return self.t("before {day}", day=day)
            case Window(on=date() as day):
                return self.t("on {low}", low=day)
            case Window(year="this"):
                return self.t("this year")
            case Window(year="last"):
                return self.t("last year")
            case Window(year=int() as year):
                return self.t("in {year}", year=str(year))
        return self.between(window.from_, window.to)

    def figure(self, figure: Figure, where: str) -> str:
        """What a figure works out: ``total of donations``."""
        if figure.what == "named":
            return self.first(self.schema.measure(figure.of).words)
        history = self.schema.history(figure.of)
        term = self.schema.scopes[history.record].fields.get(figure.field)
        plain = figure.field in ("", "amount") or term is None
        return self.worked_out(
            figure.what, self.things(history, where), "" if plain or term is None else self.named(term)
        )

    def worked_out(self, what: str, things: str, field: str) -> str:
        """``largest party size of visits``; without a field it is of the amount, or of the things themselves."""
        plain, of_field = FIGURES[what]
        return self.t(of_field, field=field, things=things) if field else self.t(plain, things=things)

    def things(self, history: HistoryTerm, where: str) -> str:
        """``donations``, ``donations (campaign is Roof)``."""
        many = self.first(history.words)
        return self.t("{things} ({where})", things=many, where=where) if where else many

    def within(self, said: str, window: str) -> str:
        """``donations, in the last 24 months``."""
        return self.t("{things}, {window}", things=said, window=window) if window else said


SPANS = {
    ("last", "D"): ("in the last day", "in the last {n} days"),
    ("last", "W"): ("in the last week", "in the last {n} weeks"),
    ("last", "M"): ("in the last month", "in the last {n} months"),
    ("last", "Y"): ("in the last year", "in the last {n} years"),
    ("next", "D"): ("in the next day", "in the next {n} days"),
    ("next", "W"): ("in the next week", "in the next {n} weeks"),
    ("next", "M"): ("in the next month", "in the next {n} months"),
    ("next", "Y"): ("in the next year", "in the next {n} years"),
    ("ago", "D"): ("more than a day ago", "more than {n} days ago"),
    ("ago", "W"): ("more than a week ago", "more than {n} weeks ago"),
    ("ago", "M"): ("more than a month ago", "more than {n} months ago"),
    ("ago", "Y"): ("more than a year ago", "more than {n} years ago"),
}
FIGURES = {
    "count": ("number of {things}", ""),
    "days": ("days of {things}", ""),
    "first": ("first of {things}", ""),
    "last": ("last of {things}", ""),
    "sum": ("total of {things}", "total {field} of {things}"),
    "largest": ("largest of {things}", "largest {field} of {things}"),
    "smallest": ("smallest of {things}", "smallest {field} of {things}"),
    "average": ("average of {things}", "average {field} of {things}"),
}
"""For each figure the sentence without a field and the one with."""
