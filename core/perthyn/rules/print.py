"""print_rule: a stored rule in the reader's language, so that `parse` gives the same rule back."""

from __future__ import annotations

from collections.abc import Iterable

from perthyn.errors import PerthynError
from perthyn.rules.data import Clause, Figure, Group, Leaf, Matching, Measured, Money, Rule, Scalar, Value, Window, tidy
from perthyn.rules.keywords import RESERVED, word
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import FieldTerm, HistoryTerm, Scope, Words, aspirated, phrase
from perthyn.rules.tokens import tokens_of
from perthyn.text import CURRENCY_DECIMALS, CURRENCY_SIGNS


def print_rule(rule: Rule, schema: RuleSchema, language: str) -> str:
    """The rule's text form in a language. Raises `PerthynError` (``rules.name.unknown``) for an unknown name."""
    return _Printer(schema, language).root(tidy(rule), None)


class _Printer:
    def __init__(self, schema: RuleSchema, language: str) -> None:
        self.schema, self.language = schema, language

    def root(self, group: Group, scope: Scope | None) -> str:
        inner = self.clause(group, scope)
        plain = not group.not_ and len(group.rules) > 1
        return inner[1:-1] if plain else inner

    def clause(self, clause: Clause, scope: Scope | None) -> str:
        """One clause; a group of several is in brackets."""
        if isinstance(clause, Group):
            return self.group(clause, scope)
        if isinstance(clause, Matching):
            return self.matching(clause)
        if isinstance(clause, Measured):
            return self.measured(clause)
        if clause.field == "segment" and scope is None:
            name = self.schema.segment_name(str(clause.value), self.language)
            return f"{self.word('segment' if clause.operator == '=' else 'notSegment')} {quoted(name)}"
        return self.leaf(clause, scope or self.schema.contact)

    def group(self, group: Group, scope: Scope | None) -> str:
        if not group.rules:
            inner = self.word("everyone" if group.combinator == "and" else "nobody")
            return f"{self.word('not')} {inner}" if group.not_ else inner
        said = [self.clause(one, scope) for one in group.rules]
        if len(said) == 1 and not group.not_:
            return said[0]
        inner = f"({self.joined(said, group.combinator)})"
        return f"{self.word('not')} {inner}" if group.not_ else inner

    def joined(self, said: list[str], combinator: str) -> str:
        """With ``and`` or ``or`` between; in Welsh ``ac`` before a vowel, and the aspirate after ``a``."""
        text = said[0]
        for one in said[1:]:
            if combinator == "or" or self.language != "cy":
                text += f" {self.word(combinator)} {one}"
            else:
                vowel = phrase(one)[0][:1] in "aeiouwy" or one.startswith("nid ")
                text += f" ac {one}" if vowel else f" a {aspirated(one)}"
        return text

    # -- a field ---------------------------------------------------------------------------------------------------

    def leaf(self, leaf: Leaf, scope: Scope) -> str:
        term = self.schema.field(leaf.field, scope)
        if scope is self.schema.contact and term.name == "kind" and leaf.operator == "=":
            choice = next((one for one in term.choices if one.value == leaf.value), None)
            if choice is not None:
                return choice.words[self.language][0]
        said = self.named(term, scope)
        if term.kind == "flag" and leaf.operator == "=" and leaf.value is True:
            return said
        return f"{said} {self.test(leaf, term)}"

    def test(self, leaf: Leaf, term: FieldTerm) -> str:
        """The operator and its value."""
        name, value = leaf.operator, leaf.value
        if isinstance(value, Window):
            said = self.window(value)
            return said if name == "during" else f"{self.word('not')} {said}"
        if name in ("between", "notBetween") and isinstance(value, tuple):
            low, high = (self.scalar(one, term) for one in value)
            return f"{self.word(name)} {self.joined([low, high], 'and')}"
        if value is None:
            return self.word(name)
        whole = name in ("=", "!=", "in", "notIn", "was", "wasNot")
        return f"{self.word(name)} {self.value(value, term, whole)}"

    def value(self, value: Value, term: FieldTerm, whole: bool) -> str:
        if isinstance(value, tuple):
            return f"({', '.join(self.scalar(one, term, whole) for one in value)})"
        assert not isinstance(value, Window) and value is not None
        return self.scalar(value, term, whole)

    def scalar(self, value: Scalar, term: FieldTerm, whole: bool = True) -> str:
        if isinstance(value, bool):
            return self.word("true" if value else "false")
        if isinstance(value, Money):
            return money(value)
        if isinstance(value, int):
            return str(value)
        choice = next((one for one in term.choices if one.value == value), None) if whole else None
        if choice is None:
            return quoted(value) if term.choices or not plain_word(value) else value
        said = choice.words[self.language][0]
        tokens = tokens_of(said)
        if len(tokens) == 2 and tokens[0].word in RESERVED:  # "direction is in" would ask for a list
            return quoted(str(choice.value))
        return said if all(token.kind in ("word", "end") for token in tokens) else quoted(said)

    def named(self, term: FieldTerm, scope: Scope) -> str:
        """The first of its words that says this field and no other; else its stored name."""
        for said in (*term.words.get(self.language, ()), term.name):
            fields = [one for one in scope.phrases.get(phrase(said), ()) if isinstance(one, FieldTerm)]
            if fields == [term] and all(token.kind in ("word", "end") for token in tokens_of(said)):
                return said
        return quoted(term.name)

    # -- lists, histories, figures -----------------------------------------------------------------------------------

    def matching(self, clause: Matching) -> str:
        role = self.dated_role(clause)
        if role:
            return role
        mode, count = clause.match.mode, clause.match.threshold
        if clause.field in self.schema.lists:
            said = self.first(self.schema.lists[clause.field].words)
            where = self.where(clause.value, clause.field)
            parts = [self.word("no" if mode == "none" else "has"), said, where]
            return self.spaced([*parts, "" if mode in ("some", "none") else self.counted(mode, count)])
        history = self.schema.history(clause.field)
        window = "" if clause.window is None else self.window(clause.window)
        said, where = self.first(history.words), self.where(clause.value, history.record)
        if mode in ("some", "none"):
            return self.spaced([self.word("no") if mode == "none" else "", said, where, window or self.word("ever")])
        return self.spaced([said, where, self.counted(mode, count), window])

    def counted(self, mode: str, count: int | None) -> str:
        return f"{self.word({'atLeast': '>=', 'atMost': '<='}.get(mode, 'exactly'))} {count}"

    def dated_role(self, clause: Matching) -> str:
        """``member ends in next 60 days``, where the clause is just that."""
        group = clause.value
        if clause.field != "roles" or clause.match.mode != "some" or group is None or len(group.rules) != 2:
            return ""
        role, day = group.rules
        if group.not_ or group.combinator != "and" or not (isinstance(role, Leaf) and isinstance(day, Leaf)):
            return ""
        choices = self.schema.contact.fields["roles.role"].choices
        choice = next((one for one in choices if one.value == role.value), None)
        fits = (role.field, role.operator, day.operator) == ("role", "=", "during") and day.field in ("start", "end")
        if choice is None or not fits or not isinstance(day.value, Window):
            return ""
        return f"{choice.words[self.language][0]} {self.word(day.field + 's')} {self.window(day.value)}"

    def where(self, where: Group | None, scope: str) -> str:
        if where is None:
            return ""
        inner = self.clause(where, self.schema.scopes[scope])
        inner = inner if inner.startswith("(") and not where.not_ and len(where.rules) > 1 else f"({inner})"
        return f"{self.word('with')} {inner}"

    def figure(self, figure: Figure) -> str:
        """What is worked out, without its window."""
        if figure.what == "named":
            return self.first(self.schema.measure(figure.of).words)
        history = self.schema.history(figure.of)
        said = self.figure_name(figure, history)
        return self.spaced([said, self.where(figure.where, history.record)])

    def figure_name(self, figure: Figure, history: HistoryTerm) -> str:
        word_for = self.word("latest" if figure.what == "last" else figure.what)
        many, one = self.first(history.words), self.first(history.one)
        if figure.field and figure.field != "amount":
            scope = self.schema.scopes[history.record]
            return self.spaced([word_for, self.named(scope.fields[figure.field], scope), self.word("of"), many])
        if self.language == "cy" or figure.what in ("count", "days"):
            return f"{word_for} {many}"
        return f"{word_for} {self.word('of')} {many}" if figure.what == "sum" else f"{word_for} {one}"

    def measured(self, clause: Measured) -> str:
        figure = self.figure(clause.measure)
        window = "" if clause.measure.window is None else self.window(clause.measure.window)
        name = clause.operator.removeprefix("notIn").removeprefix("in")
        if name in ("Top", "Bottom", "Fifth"):
            return self.spaced([self.rank(clause.operator, name, clause.value), self.word("by"), figure, window])
        term = self.schema.figure_term(clause.measure)
        leaf = Leaf(field=term.name, operator=clause.operator, value=clause.value)
        return self.spaced([figure, self.test(leaf, term), window])

    def rank(self, operator: str, name: str, value: Value) -> str:
        if name == "Fifth":
            return f"{self.word(operator)} {value}"
        side = self.word(name.lower())
        return self.spaced([self.word(operator), f"{value}%", side])

    # -- time and words -----------------------------------------------------------------------------------------------

    def window(self, window: Window) -> str:
        for name in ("last", "next", "ago"):
            duration = getattr(window, name)
            if duration is not None:
                return self.span(name, int(duration[1:-1]), duration[-1])
        for name in ("since", "after", "until", "before", "on"):
            day = getattr(window, name)
            if day is not None:
                return f"{self.word(name)} {day.isoformat()}"
        if window.from_ is not None and window.to is not None:
            days = [window.from_.isoformat(), window.to.isoformat()]
            return f"{self.word('between')} {self.joined(days, 'and')}"
        if isinstance(window.year, int):
            return f"{self.word('year')} {window.year}"
        return self.word(f"{window.year} year")

    def span(self, name: str, count: int, unit: str) -> str:
        if name == "ago":
            return self.spaced([self.word(">"), str(count), self.unit(count, unit), self.word("ago")])
        return self.spaced([self.word(f"in {name}"), str(count), self.unit(count, unit), self.word(name)])

    def unit(self, count: int, unit: str) -> str:
        """Days, weeks, months or years after a number, in Welsh with the mutation that the number asks for."""
        if self.language != "cy":
            words = {"D": ("day", "days"), "W": ("week", "weeks"), "M": ("month", "months"), "Y": ("year", "years")}
            return words[unit][count != 1]
        if unit == "Y":
            return "flwyddyn" if count == 1 else "flynedd" if count == 2 else _years(count)
        return {"D": ("diwrnod", "ddiwrnod"), "W": ("wythnos",) * 2, "M": ("mis", "fis")}[unit][count == 2]

    def first(self, words: Words) -> str:
        return words[self.language][0]

    def word(self, name: str) -> str:
        return word(name, self.language)

    def spaced(self, parts: Iterable[str]) -> str:
        return " ".join(part for part in parts if part)


def _years(count: int) -> str:
    """Welsh years after 5, 7, 8, 9, 10 and most above are *mlynedd*, after 3, 4 and 6 *blynedd*."""
    return "blynedd" if count in (3, 4, 6) else "mlynedd"


def money(value: Money) -> str:
    """An amount as it is typed: ``£50``, ``£1234.50``, ``CHF 12.00``."""
    decimals = CURRENCY_DECIMALS.get(value.currency, 2)
    whole, part = divmod(abs(value.minor), 10**decimals)
    amount = f"{whole}.{part:0{decimals}}" if part else str(whole)
    sign = "-" if value.minor < 0 else ""
    known = CURRENCY_SIGNS.get(value.currency)
    return f"{sign}{known}{amount}" if known else f"{value.currency} {sign}{amount}"


def plain_word(text: str) -> bool:
    """Whether a text can stand without quotes: one word that means nothing else."""
    try:
        found = tokens_of(text)
    except PerthynError:
        return False
    return len(found) == 2 and found[0].kind == "word" and found[0].text == text and found[0].word not in RESERVED


def quoted(text: str) -> str:
    """A text in quotes, a quote in it doubled."""
    return '"' + text.replace('"', '""') + '"'
