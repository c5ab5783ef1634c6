"""parse: a rule typed in English or Welsh, or in a mixture, to the rule as stored.

``and`` and ``or`` never mix without brackets: who reads the rule aloud should not have to know which binds closer.
"""

from __future__ import annotations

from perthyn.errors import PerthynError
from perthyn.rules.data import Clause, Figure, Group, Leaf, Match, Matching, Measured, Rule, Scalar, Value, tidy
from perthyn.rules.reader import Reader
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import Choice, FieldTerm, HistoryTerm, ListTerm, NamedMeasure, Scope, phrases_of
from perthyn.rules.tokens import unquoted
from perthyn.text import nearest

FIGURES = ("sum", "largest", "smallest", "average", "count", "days", "first", "latest")
RANKS = ("inTop", "inBottom", "inFifth", "notInTop", "notInBottom", "notInFifth")
STARTS = ("not", "no", "everyone", "nobody", "has", "was", "wasNot", "segment", "notSegment", *RANKS, *FIGURES)
TEXT = (
    "=", "!=", "contains", "doesNotContain", "beginsWith", "doesNotBeginWith", "endsWith", "doesNotEndWith",
    "in", "notIn", "was", "wasNot", "null", "notNull",
)  # fmt: skip
NUMBER = (">=", "<=", ">", "<", "exactly", "=", "!=", "between", "notBetween", "in", "notIn", "null", "notNull")
DAY = ("null", "notNull")
FLAG = ("=",)
_DEEPEST = 40

SAMPLE = {"en": ["person", "visits", "language"], "cy": ["unigolyn", "ymweliadau", "iaith"]}
"""What a rule may begin with, to show somebody who does not know."""


def parse(text: str, schema: RuleSchema, language: str = "en") -> Rule:
    """The rule that a text says. `language` is only that of the words offered in an error.

    Raises `PerthynError`: ``rules.text.unexpected``, ``.ended``, ``.unclosed``, ``.character``, ``.mixed``,
    ``.ambiguous``, ``.day``, ``.decimals``, ``.deep``, ``rules.segment.unknown``; each with the place
    (``place``, ``line``, ``column``, ``offset``, ``pointer``) and, where one is near, a ``suggestion``.
    """
    reading = _Grammar(text, schema, language)
    rule = tidy(reading.group(None))
    if reading.token.kind != "end":
        reading.fail(["and", "or"])
    return rule


class _Grammar(Reader):
    """The grammar, one method a phrase. `scope` is None for the contact, else that of a part or a record."""

    depth = 0

    # -- and, or, not, brackets ---------------------------------------------------------------------------------

    def group(self, scope: Scope | None) -> Clause:
        rules, joined = [self.clause(scope)], ""
        while self.sees("and", "or")[0]:
            place, name = self.token, self.keyword("and", "or")
            if joined and name != joined:
                raise self.error("rules.text.mixed", place)
            joined = name
            rules.append(self.clause(scope))
        return rules[0] if not joined else Group(combinator="and" if joined == "and" else "or", rules=tuple(rules))

    def clause(self, scope: Scope | None) -> Clause:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("rules.text.deep", self.token)
        found = self.bracket(scope) if self.sign("(") else self.start(scope)
        self.depth -= 1
        return found

    def bracket(self, scope: Scope | None) -> Clause:
        if self.sign(")"):
            self.at -= 1
            self.fail(["everyone"])
        found = self.group(scope)
        if not self.sign(")"):
            self.fail([")", "and", "or"])
        return found

    def start(self, scope: Scope | None) -> Clause:
        names = STARTS if scope is None else ("not", "everyone", "nobody")
        (keyword, length), (terms, size) = self.sees(*names), self.sees_term(scope or self.schema.contact)
        if not keyword or size > length:
            return self.term(scope) if terms else self.unknown(scope)
        self.at += length
        if keyword == "not":
            return Group(not_=True, rules=(self.clause(scope),))
        if keyword in ("everyone", "nobody"):
            return Group(combinator="and" if keyword == "everyone" else "or")
        if keyword in ("no", "has"):
            none = keyword == "no" or bool(self.keyword("no"))
            return self.owned("none" if none else "some")
        if keyword in ("was", "wasNot"):
            role = self.schema.contact.fields["roles.role"]
            return Leaf(field=role.name, operator="was" if keyword == "was" else "wasNot", value=self.text_value(role))
        if keyword in ("segment", "notSegment"):
            return Leaf(field="segment", operator="=" if keyword == "segment" else "!=", value=self.segment())
        if keyword in RANKS:
            return self.ranked(keyword, "Not" if keyword.startswith("not") else "")
        return self.compared(self.figure(keyword))

    def unknown(self, scope: Scope | None) -> Clause:
        self.fail(
            SAMPLE[self.language] if scope is None else list(scope.fields)[:8],
            self.names(scope or self.schema.contact) + self.schema.segment_names() * (scope is None),
        )

    # -- a name and what is said of it ------------------------------------------------------------------------------

    def term(self, scope: Scope | None) -> Clause:
        terms, length = self.sees_term(scope or self.schema.contact)
        self.at += length
        for meaning in terms:
            found = self.meaning(meaning)
            if found is not None:
                return found
        kinds = {one.kind for one in terms if isinstance(one, FieldTerm)}
        counted = any(isinstance(one, HistoryTerm) for one in terms)
        numbers = kinds & {"integer", "money"}
        expected = ([">=", "<=", "exactly", "ever", "in last"] if counted else []) + (
            ["in last", "since", "before"] if kinds & {"date", "instant"} else []
        )
        self.fail(expected or (NUMBER[:6] if numbers else [*TEXT[:4], *TEXT[-2:]]))

    def meaning(self, term: object) -> Clause | None:
        """What follows read as said of this meaning of a name, or None where it does not fit."""
        if isinstance(term, FieldTerm):
            return self.leaf(term)
        if isinstance(term, HistoryTerm):
            return self.history(term)
        if isinstance(term, ListTerm):
            return self.attempt(term, "some") if self.sees("with")[0] else None
        if isinstance(term, NamedMeasure):
            return self.compared(Figure(what="named", of=term.name))
        return self.choice(term) if isinstance(term, Choice) else None

    def leaf(self, term: FieldTerm) -> Leaf | None:
        if term.kind in ("date", "instant"):
            name = self.keyword(*DAY)
            if name:
                return Leaf(field=term.name, operator="null" if name == "null" else "notNull")
            return self.during(term)
        operators = NUMBER if term.kind in ("integer", "money") else FLAG if term.kind == "flag" else TEXT
        name = self.keyword(*operators)
        if not name:
            return Leaf(field=term.name, operator="=", value=True) if term.kind == "flag" else None
        operator = "=" if name == "exactly" else name
        return Leaf.model_validate({"field": term.name, "operator": operator, "value": self.value(term, name)})

    def during(self, term: FieldTerm) -> Leaf | None:
        negative = bool(self.keyword("not"))
        window = self.window()
        if window is None:
            return None
        return Leaf(field=term.name, operator="notDuring" if negative else "during", value=window)

    def value(self, term: FieldTerm, operator: str) -> Value:
        if operator in ("null", "notNull"):
            return None
        numbers = term.kind in ("integer", "money")
        whole = operator in ("=", "!=", "in", "notIn", "was", "wasNot")
        if operator in ("between", "notBetween"):
            low = self.number(term)
            if not self.keyword("and"):
                self.fail(["and"])
            return (low, self.number(term))
        if operator in ("in", "notIn"):
            return self.several(term)
        if term.kind == "flag":
            name = self.keyword("true", "false")
            return name == "true" if name else self.fail(["true", "false"])
        return self.number(term) if numbers else self.text_value(term, whole=whole)

    def several(self, term: FieldTerm) -> Value:
        if not self.sign("("):
            self.fail(["("])
        found: list[Scalar] = []
        while not self.sign(")"):
            if found and not self.sign(","):
                self.fail([",", ")"])
            numbers = term.kind in ("integer", "money")
            found.append(self.number(term) if numbers else self.text_value(term))
        return tuple(found)

    def choice(self, term: Choice) -> Clause | None:
        """``person``; ``member``; ``member ends in next 60 days``."""
        if term in self.schema.contact.fields["kind"].choices:
            return Leaf(field="kind", operator="=", value=term.value)
        role = Leaf(field="role", operator="=", value=term.value)
        name = self.keyword("starts", "ends")
        if not name:
            return Leaf(field="roles.role", operator="=", value=term.value)
        window = self.window()
        if window is None:
            self.fail(["in next", "in last", "before"])
        day = Leaf(field="start" if name == "starts" else "end", operator="during", value=window)
        return Matching(field="roles", match=Match(mode="some"), value=Group(rules=(role, day)))

    # -- histories and lists ------------------------------------------------------------------------------------

    def owned(self, mode: str) -> Clause:
        """After ``no`` and ``has``: a list or a history."""
        terms, length = self.sees_term(self.schema.contact)
        histories = [one for one in terms if isinstance(one, HistoryTerm)]
        lists = [one for one in terms if isinstance(one, ListTerm)]
        if not histories and not lists:
            known = [*phrases_of(self.schema.lists.values()), *phrases_of(self.schema.histories.values())]
            self.fail(["email", "visits"], [" ".join(words) for words in known])
        self.at += length
        # One word may be both (an e-mail address they have, e-mails they were sent): what follows tells.
        start = self.at
        spoken = self.keyword("ever") or self.window()
        self.at = start
        if lists and not (histories and spoken):
            found = self.attempt(lists[0], mode) if histories else self.matching(lists[0], mode)
            if found is not None:
                return found
        return self.matching(histories[0], mode)

    def attempt(self, term: ListTerm, mode: str) -> Matching | None:
        """The list, where what is said of it fits a list; else None, the place as it was."""
        start = self.at
        try:
            return self.matching(term, mode)
        except PerthynError:
            self.at = start
            return None

    def matching(self, term: HistoryTerm | ListTerm, mode: str, threshold: int | None = None) -> Matching:
        where = self.where(term.record if isinstance(term, HistoryTerm) else term.name)
        if mode == "?":
            mode, threshold = self.quantity()
        self.keyword("ever")
        window = self.window() if isinstance(term, HistoryTerm) and term.day_field else None
        match = Match.model_validate({"mode": mode, "threshold": threshold})
        return Matching(field=term.name, match=match, value=where, window=window)

    def history(self, term: HistoryTerm) -> Clause | None:
        after = self.keyword("first after", "last after")
        if after:
            return self.compared(self.figure_of("first" if after == "first after" else "last", term, ""))
        start = self.at
        spoken = self.keyword("with", "ever", ">=", "<=", ">", "<", "exactly") or self.window()
        self.at = start
        return self.matching(term, "?") if spoken else None

    def quantity(self) -> tuple[str, int | None]:
        start = self.at
        if self.window() is not None:
            self.at = start
            return "some", None
        name = self.keyword(">=", "<=", ">", "<", "exactly")
        if not name:
            return "some", None
        number = self.integer()
        self.keyword("times")
        number += (name == ">") - (name == "<")
        if number < 0:
            self.at -= 1
            self.fail(["1"])
        return {">=": "atLeast", ">": "atLeast", "<=": "atMost", "<": "atMost"}.get(name, "exactly"), number

    def where(self, name: str) -> Group | None:
        """``with (amount at least £50 and campaign is Roof)``; brackets may be left out where nothing is ambiguous."""
        if not self.keyword("with"):
            return None
        scope = self.schema.scopes[name]
        if self.sign("("):
            return tidy(self.bracket(scope))
        rules = [self.clause(scope)]
        while self.sees("and")[0] and self.continues(scope):
            self.keyword("and")
            rules.append(self.clause(scope))
        return tidy(Group(rules=tuple(rules)))

    def continues(self, scope: Scope) -> bool:
        """Whether what follows ``and`` is still about the record; ``rules.text.ambiguous`` where it may be either."""
        start = self.at
        self.keyword("and")
        token, inner, outer = self.token, self.sees_term(scope)[1], self.sees_term(self.schema.contact)[1]
        self.at = start
        if inner and inner == outer:
            raise self.error("rules.text.ambiguous", token)
        return inner > outer

    # -- figures ------------------------------------------------------------------------------------------------

    def figure(self, keyword: str) -> Figure:
        """After ``total``, ``first`` ...: of what."""
        what = "last" if keyword == "latest" else keyword
        self.keyword("of")
        history, length = self.history_ahead()
        if history is not None:
            self.at += length
            money = what in ("sum", "largest", "smallest", "average")
            return self.figure_of(what, history, "amount" if money else "")
        start = self.at
        for scope in {one.record: self.schema.scopes[one.record] for one in self.schema.histories.values()}.values():
            fields, length = self.sees_term(scope)
            self.at += length
            self.keyword("of")
            history, size = self.history_ahead()
            if length and history is not None and self.schema.scopes[history.record] is scope:
                self.at += size
                return self.figure_of(what, history, getattr(fields[0], "name", ""))
            self.at = start
        known = phrases_of(self.schema.histories.values())
        self.fail(["visits", "donations"], [" ".join(words) for words in known])

    def history_ahead(self) -> tuple[HistoryTerm | None, int]:
        terms, length = self.sees_term(self.schema.contact)
        return next((one for one in terms if isinstance(one, HistoryTerm)), None), length

    def figure_of(self, what: str, history: HistoryTerm, field: str) -> Figure:
        counted = what in ("count", "days", "first", "last")
        if field and (counted or field not in self.schema.scopes[history.record].fields):
            self.at -= 1
            self.fail(["visits", "donations"])
        where = self.where(history.record)
        return Figure.model_validate({"what": what, "of": history.name, "field": field, "where": where})

    def compared(self, figure: Figure) -> Measured:
        """What a figure must be, and its window."""
        term = self.schema.figure_term(figure)
        leaf = self.leaf(term)
        if leaf is None:
            self.fail(["in last", "since", "before"] if term.kind == "date" else [">=", "<=", "exactly", "between"])
        return Measured(measure=self.windowed(figure), operator=leaf.operator, value=leaf.value)

    def windowed(self, figure: Figure) -> Figure:
        self.keyword("ever")
        window = self.window() if figure.what not in ("first", "last") else None
        return figure.model_copy(update={"window": window})

    def ranked(self, keyword: str, negative: str) -> Measured:
        """``in top 10% by total of donations``; ``in fifth 4 by number of visits``."""
        operator = keyword[3:] if negative else keyword
        operator = operator[0].lower() + operator[1:]
        if operator != "inFifth":
            if self.token.kind not in ("percent", "number"):
                self.fail(["10%"])
            value = int(self.token.text.rstrip("% "))
            token = self.take()
            if token.kind == "number" and not self.keyword("percent"):
                self.fail(["percent"])
            side = self.keyword("top", "bottom")
            operator = {"top": "inTop", "bottom": "inBottom"}.get(side, operator)
        else:
            value = self.integer()
        if not self.keyword("by"):
            self.fail(["by"])
        name = self.keyword(*FIGURES)
        terms, length = self.sees_term(self.schema.contact)
        named = next((one for one in terms if isinstance(one, NamedMeasure)), None)
        if not name and named is None:
            self.fail(FIGURES[:5])
        self.at += 0 if name else length
        figure = self.figure(name) if name or named is None else Figure(what="named", of=named.name)
        operator = f"notIn{operator[2:]}" if negative else operator
        return Measured.model_validate({"measure": self.windowed(figure), "operator": operator, "value": value})

    # -- segments -----------------------------------------------------------------------------------------------

    def segment(self) -> str:
        token = self.token
        if token.kind not in ("string", "word", "number"):
            self.fail(['"…"'])
        name = unquoted(token) if token.kind == "string" else token.text
        segment = self.schema.segment_named(name)
        if segment is None:
            raise self.error(
                "rules.segment.unknown", token, name=name, suggestion=nearest(name, self.schema.segment_names())
            )
        self.at += 1
        return str(segment.id)
