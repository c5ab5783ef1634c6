"""sentence: a whole rule read aloud, in the reader's language."""

from __future__ import annotations

from perthyn.rules.data import Clause, Group, Leaf, Matching, Measured, Rule, Window, tidy
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import FieldTerm, Scope
from perthyn.rules.wording import Wording
from perthyn.text import Translator, capital

SAID = {
    "=": "{field} is {value}",
    "!=": "{field} is not {value} (or not known)",
    "in": "{field} is one of {value}",
    "notIn": "{field} is none of {value} (or not known)",
    "null": "{field} is not known",
    "notNull": "{field} is known",
    "contains": "{field} contains “{value}”",
    "doesNotContain": "{field} does not contain “{value}” (or is not known)",
    "beginsWith": "{field} starts with “{value}”",
    "doesNotBeginWith": "{field} does not start with “{value}” (or is not known)",
    "endsWith": "{field} ends with “{value}”",
    "doesNotEndWith": "{field} does not end with “{value}” (or is not known)",
    "was": "{field} is or was {value}",
    "wasNot": "{field} never was {value} (or not known)",
    ">=": "{field} is at least {value}",
    "<=": "{field} is at most {value}",
    ">": "{field} is more than {value}",
    "<": "{field} is less than {value}",
    "between": "{field} is between {low} and {high}",
    "notBetween": "{field} is not between {low} and {high} (or not known)",
    "during": "{field}: {value}",
    "notDuring": "{field}: not {value} (or not known)",
}
RANKS = {
    "inTop": "in the top {value}% by {figure}",
    "notInTop": "not in the top {value}% by {figure}",
    "inBottom": "in the bottom {value}% by {figure}",
    "notInBottom": "not in the bottom {value}% by {figure}",
    "inFifth": "in fifth {value} of 5 (5 the highest) by {figure}",
    "notInFifth": "not in fifth {value} of 5 (5 the highest) by {figure}",
}
GROUPS = {
    ("and", False): "all of these ({clauses})",
    ("or", False): "any of these ({clauses})",
    ("and", True): "not all of these ({clauses})",
    ("or", True): "none of these ({clauses})",
}
COUNTS = {
    "some": "{things}: at least one",
    "none": "{things}: none",
    "atLeast": "{things}: at least {count}",
    "atMost": "{things}: at most {count}",
    "exactly": "{things}: exactly {count}",
}


def sentence(rule: Rule, translator: Translator, schema: RuleSchema) -> str:
    """The rule as one sentence. Raises `PerthynError` (``rules.name.unknown``) for a name that is not known."""
    said = _Sentences(translator, schema).clause(tidy(rule), schema.contact)
    return translator("{sentence}.", sentence=capital(said))


class _Sentences(Wording):
    def clause(self, clause: Clause, scope: Scope) -> str:
        if isinstance(clause, Group):
            return self.group(clause, scope)
        if isinstance(clause, Matching):
            return self.matching(clause)
        if isinstance(clause, Measured):
            return self.measured(clause)
        if clause.field == "segment" and scope is self.schema.contact:
            name = self.schema.segment_name(str(clause.value), self.t.language)
            inside = clause.operator == "="
            return self.t("in the segment “{name}”" if inside else "not in the segment “{name}”", name=name)
        term = self.schema.field(clause.field, scope)
        if term.kind == "flag":
            return self.named(term) if clause.value is True else self.t("not {field}", field=self.named(term))
        return self.said(clause, term, self.named(term))

    def group(self, group: Group, scope: Scope) -> str:
        if not group.rules:
            everyone = (group.combinator == "and") != group.not_
            return self.t("everyone") if everyone else self.t("nobody")
        said = [self.clause(one, scope) for one in group.rules]
        if len(said) == 1:
            return self.t("not ({clauses})", clauses=said[0]) if group.not_ else said[0]
        return self.t(GROUPS[group.combinator, group.not_], clauses=self.several(said))

    def said(self, leaf: Leaf, term: FieldTerm, field: str) -> str:
        """An operator and its value said of a field or figure."""
        value = leaf.value
        if isinstance(value, Window):
            return self.t(SAID[leaf.operator], field=field, value=self.window(value))
        if leaf.operator in ("between", "notBetween") and isinstance(value, tuple):
            low, high = (self.value(one, term) for one in value)
            return self.t(SAID[leaf.operator], field=field, low=low, high=high)
        several = [self.value(one, term) for one in (value if isinstance(value, tuple) else (value,))]
        return self.t(SAID[leaf.operator], field=field, value=", ".join(several))

    def where(self, where: Group | None, scope: str) -> str:
        return "" if where is None else self.clause(where, self.schema.scopes[scope])

    def matching(self, clause: Matching) -> str:
        if clause.field in self.schema.lists:
            things, where = self.first(self.schema.lists[clause.field].words), self.where(clause.value, clause.field)
            things = self.t("{things} ({where})", things=things, where=where) if where else things
        else:
            history = self.schema.history(clause.field)
            things = self.things(history, self.where(clause.value, history.record))
        window = "" if clause.window is None else self.window(clause.window)
        count = clause.match.threshold
        return self.t(COUNTS[clause.match.mode], things=self.within(things, window), count=count)

    def measured(self, clause: Measured) -> str:
        figure = clause.measure
        record = "" if figure.what == "named" else self.schema.history(figure.of).record
        said = self.figure(figure, self.where(figure.where, record))
        said = self.within(said, "" if figure.window is None else self.window(figure.window))
        if clause.operator in RANKS:
            return self.t(RANKS[clause.operator], value=clause.value, figure=said)
        term = self.schema.figure_term(figure)
        return self.said(Leaf(field=term.name, operator=clause.operator, value=clause.value), term, said)
