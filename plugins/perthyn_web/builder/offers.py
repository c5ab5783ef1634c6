"""Offers: what somebody may choose from while they put a rule together: only what they may see, in their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from perthyn.crm import Crm
from perthyn.errors import Forbidden
from perthyn.model import Contact, Segment
from perthyn.rules import Measure, NamedMeasure, RuleSchema
from perthyn.rules.terms import FieldTerm, HistoryTerm, ListTerm, Words
from perthyn.text import Translator, capital, fold, phrase
from perthyn_web.builder.hows import (
    COUNTED,
    DAY,
    DAYS,
    EVER,
    FLAG,
    LIST,
    MONEY,
    MONEY_RANKS,
    NARROWS,
    RANKS,
    SEGMENT,
    WHENS,
    How,
    When,
    of_measure,
    of_number,
    of_text,
)

HAPPENED, SORTS, ABOUT = phrase("What happened"), phrase("What happened, of several sorts"), phrase("Who they are")
REACHED, WORKED_OUT, OWN = phrase("How they are reached"), phrase("Worked out"), phrase("Your own fields")
OTHER, SEGMENTS = phrase("What is on record"), phrase("Other segments")
HIDDEN = frozenset({"record:interaction", "record:message", "external_ids.source", "external_ids.external"})
"""Names that say nothing to somebody at a desk; in a rule that has them they are shown."""
TECHNICAL = frozenset({"source", "source_id", "source_version", "delivered", "kind", "at", "day", "currency", "order"})
"""Fields of what happened that are not offered for narrowing: a window says when."""
MANY = 5_000
"""So many people are looked at for the tags, towns and levels that are in use."""
SUGGESTED = 40
_FIRST = ("kind", "language", "roles.role", "tags.tag", "addresses.town", "addresses.postcode", "age_band")


@dataclass(frozen=True, slots=True)
class Offered:
    """A choice of a list: its value in the form, and its words."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What `crm`'s actor may choose from, in the words of `t`."""

    crm: Crm
    t: Translator

    @property
    def schema(self) -> RuleSchema:
        """All names that there are."""
        return self.crm.schema()

    def subjects(self) -> list[tuple[str, list[Offered]]]:
        """What a line may be about, in groups."""
        fields = [one for one in self.schema.contact.fields.values() if self._may_field(one)]
        plain = [one for one in fields if not one.custom and not _reaches(one)]
        histories = [one for one in self.schema.histories.values() if one.name not in HIDDEN and self._may_history(one)]
        happened = [one for one in histories if one.name.startswith("kind:")]
        sorts = [one for one in histories if one.name.startswith("family:") or one.name == "engaged"]
        records = [one for one in histories if one.name.startswith("record:")]
        named = [one for one in self.schema.measures.values() if self._may_measure(one)]
        reached = [one for one in self.schema.lists.values() if one.name in ("emails", "phones", "addresses")]
        groups = (
            (HAPPENED, [Offered(f"history {one.name}", self.first(one.words)) for one in happened]),
            (ABOUT, [Offered(f"field {one.name}", self.named(one)) for one in sorted(plain, key=_place)]),
            (REACHED, [Offered(f"list {one.name}", self.first(one.words)) for one in reached]
             + [Offered(f"field {one.name}", self.named(one)) for one in fields if _reaches(one)]),
            (SORTS, [Offered(f"history {one.name}", self.first(one.words)) for one in sorts]),
            (WORKED_OUT, [Offered(f"measure {one.name}", self.first(one.words)) for one in named]),
            (OTHER, [Offered(f"history {one.name}", self.first(one.words)) for one in records]),
            (OWN, [Offered(f"field {one.name}", self.named(one)) for one in fields if one.custom]),
            (SEGMENTS, [Offered("segment", self.t("in a segment"))] if self.segments else []),
        )  # fmt: skip
        return [(self.t(title), some) for title, some in groups if some]

    def hows(self, what: str) -> list[tuple[str, list[How]]]:
        """What can be said of a subject, in groups; the first of all is where one begins."""
        grouped: dict[str, list[How]] = {}
        for one in self._hows(what):
            grouped.setdefault(one.group and self.t(one.group), []).append(one)
        return list(grouped.items())

    def how(self, what: str, name: str) -> How | None:
        """That one of them; where there is none of that name the first."""
        found = list(self._hows(what))
        return next((one for one in found if one.name == name), found[0] if found else None)

    def whens(self, what: str, how: How) -> Sequence[When]:
        """The windows that a line may have; none where there is no day."""
        subject, history = self.subject(what)
        if how.asks == "window":
            return WHENS
        dated = isinstance(subject, NamedMeasure) or (history is not None and history.day_field)
        return (EVER, *WHENS) if how.timed and dated else ()

    def values(self, what: str) -> list[Offered]:
        """The values of a field that has its own, or the segments there are."""
        if what == "segment":
            return [Offered(str(one.id), one.name(self.t.language)) for one in self.segments]
        term, _ = self.subject(what)
        choices = term.choices if isinstance(term, FieldTerm) else ()
        return [Offered(one.value, capital(one.said(self.t))) for one in choices]

    def suggestions(self, what: str) -> list[str]:
        """What is in use in a field that takes any words: the most frequent first."""
        term, _ = self.subject(what)
        if not isinstance(term, FieldTerm) or term.closed or not (term.list in ("tags", "roles") or _place_of(term)):
            return []
        own = [one.label for one in self.values(what)]
        return list(dict.fromkeys([*own, *self._in_use(term.list, term.field)]))[:SUGGESTED]

    def narrows(self, what: str) -> list[Offered]:
        """The fields by which what is counted may be narrowed."""
        _, history = self.subject(what)
        if history is None:
            return []
        fields = self.schema.scopes[history.record].fields.values()
        wanted = (one for one in fields if one.name not in TECHNICAL and one.kind not in ("date", "instant", "flag"))
        return [Offered(one.name, self.named(one)) for one in wanted if self._may_field(one)]

    def narrow_hows(self, what: str, name: str) -> list[Offered]:
        """What can be said of such a field."""
        _, history = self.subject(what)
        term = None if history is None else self.schema.scopes[history.record].fields.get(name)
        numbers = term is not None and term.kind in ("integer", "money")
        names = (">=", "<=", "=") if numbers else ("=", "!=") if term and term.closed else ("=", "!=", "contains")
        return [Offered(one, self.t(NARROWS[one])) for one in names]

    def narrow_values(self, what: str, name: str) -> list[Offered]:
        """The values that such a field has of its own."""
        _, history = self.subject(what)
        term = None if history is None else self.schema.scopes[history.record].fields.get(name)
        return [Offered(one.value, capital(one.said(self.t))) for one in term.choices] if term else []

    def subject(self, what: str) -> tuple[FieldTerm | ListTerm | NamedMeasure | None, HistoryTerm | None]:
        """What a choice's ``what`` names: a field, list or measure, or a history."""
        subject, _, name = what.partition(" ")
        if subject == "history":
            return None, self.schema.histories.get(name)
        places: Mapping[str, Mapping[str, FieldTerm | ListTerm | NamedMeasure]] = {
            "field": self.schema.contact.fields, "list": self.schema.lists, "measure": self.schema.measures
        }  # fmt: skip
        return places.get(subject, {}).get(name), None

    @property
    def segments(self) -> list[Segment]:
        """The segments that a rule of theirs may name."""
        return [one for one in self.crm.segments() if self._may_segment(one)]

    def named(self, term: FieldTerm) -> str:
        """A field's label."""
        words = term.words[self.t.language]
        return capital(words[-1] if term.custom else words[0])

    def first(self, words: Words) -> str:
        """The printed words of a name."""
        return capital(words[self.t.language][0])

    def _hows(self, what: str) -> Iterable[How]:
        term, history = self.subject(what)
        if what == "segment":
            return SEGMENT
        if history is not None:
            return self._of_happened(history)
        if isinstance(term, ListTerm):
            return LIST
        if isinstance(term, NamedMeasure):
            kind = self.schema.figure_term(term.figure).kind
            return of_measure("money" if kind == "money" else "number")
        if term is None:
            return ()
        if term.kind == "flag":
            return FLAG
        if term.kind in ("date", "instant"):
            return DAY
        if term.kind in ("integer", "money"):
            return of_number("money" if term.kind == "money" else "number")
        return of_text(term.closed, term.dated, bool(term.choices))

    def _of_happened(self, history: HistoryTerm) -> Iterator[How]:
        amount = self.schema.scopes[history.record].fields.get("amount")
        money = amount is not None and self._may_field(amount)
        yield from COUNTED
        yield from DAYS if history.day_field else ()
        yield from MONEY if money else ()
        yield from RANKS
        yield from MONEY_RANKS if money else ()

    def _may_field(self, term: FieldTerm) -> bool:
        return self.crm.actor.may(term.right) and term.name not in HIDDEN

    def _may_history(self, history: HistoryTerm) -> bool:
        asked = self.schema.rights_of(Measure(history.record, "count", kinds=history.kinds))
        return all(map(self.crm.actor.may, asked))

    def _may_measure(self, measure: NamedMeasure) -> bool:
        figure = measure.figure
        while figure.what == "named" and figure.of in self.schema.measures:
            figure = self.schema.measures[figure.of].figure
        history = self.schema.histories.get(figure.of)
        if history is None or not self._may_history(history):
            return False
        field = self.schema.scopes[history.record].fields.get(figure.field)
        return field is None or self._may_field(field)

    def _may_segment(self, segment: Segment) -> bool:
        try:
            return self.crm.broken(segment) is None
        except Forbidden:
            return False

    def _in_use(self, parts: str, field: str) -> list[str]:
        def counted() -> list[str]:
            found: Counter[str] = Counter()
            for contact in islice(self.crm.store.scan(Contact), MANY):
                found.update(filter(None, (getattr(part, field) for part in getattr(contact, parts))))
            return [name for name, _ in found.most_common(SUGGESTED)]

        return self.crm.kept(f"in use {parts}.{field}", counted)


def _reaches(term: FieldTerm) -> bool:
    return term.list in ("emails", "phones")


def _place_of(term: FieldTerm) -> bool:
    return term.name in ("addresses.town", "addresses.county", "addresses.country")


def _place(term: FieldTerm) -> tuple[int, str]:
    return (_FIRST.index(term.name) if term.name in _FIRST else len(_FIRST), fold(term.name))
