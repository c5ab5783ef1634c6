"""RuleSchema: everything a rule may name, from the record types, kinds, custom fields and measures there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.model import About, Contact, CustomField, Kind, Membership, Part, Record, Segment, declared, parts
from perthyn.model.kinds import rights_of_kinds
from perthyn.rules.closed import Measure
from perthyn.rules.data import Figure
from perthyn.rules.terms import (
    ACTIVE,
    CHOICES,
    CONTACT_WORDS,
    ENGAGED,
    FAMILIES,
    INTERACTIONS,
    LISTS,
    MONTH,
    PART_FIELDS,
    WEEKDAY,
    Choice,
    FieldTerm,
    HistoryTerm,
    ListTerm,
    NamedMeasure,
    Scope,
    Term,
    Words,
    both,
)
from perthyn.text import fold, nearest

SEGMENT = FieldTerm("segment", both("segment", "segment"), "segment")
_UNSAID = {"id", "json"}


@dataclass(frozen=True, slots=True)
class RuleSchema:
    """Names, by place, with labels and words in en and cy.

    `contact`: the contact's own fields, one-word part fields (``addresses.town``) and custom fields. `lists` and
    `histories` by stored name, each with a scope of its own in `scopes` (by list or record type). `segments`: those
    whose names can be typed. `kinds`: of interactions. `records`: the right that a record type asks for, by its name.
    `currency`: of an amount typed without a sign, and of money where none is named.
    """

    contact: Scope
    lists: Mapping[str, ListTerm]
    histories: Mapping[str, HistoryTerm]
    scopes: Mapping[str, Scope]
    measures: Mapping[str, NamedMeasure]
    segments: tuple[Segment, ...]
    currency: str
    kinds: tuple[Kind, ...]
    records: Mapping[str, str]

    @classmethod
    def build(
        cls,
        types: Iterable[type[Record]],
        kinds: Iterable[Kind],
        custom_fields: Iterable[CustomField] = (),
        measures: Iterable[NamedMeasure] = (),
        *,
        segments: Iterable[Segment] = (),
        currency: str = "GBP",
    ) -> RuleSchema:
        """The schema of an organisation's record types, kinds, custom fields, named measures and segments."""
        types, kinds = list(types), list(kinds)
        owned = [one for one in types if one.owner and one is not Membership]
        lists = {name: ListTerm(name, _list_words(name)) for name in parts(Contact) if name != "custom"}
        histories = {one.name: one for one in _histories(owned, kinds)}
        named = {one.name: one for one in measures}
        fields = [*_contact_fields(), *(_custom(one) for one in custom_fields)]
        scopes = {name: Scope.of(_part_fields(name, parts(Contact)[name])) for name in lists}
        scopes |= {one.type_name: Scope.of(_record_fields(one, kinds)) for one in owned}
        sayable: list[Term] = [*lists.values(), *histories.values(), *named.values()]
        sayable += [*CHOICES["contact", "kind"], *CHOICES["roles", "role"]]
        contact = Scope.of(fields, sayable)
        rights = {one.type_name: one.seen_by for one in types if one.seen_by}
        return cls(contact, lists, histories, scopes, named, tuple(segments), currency, tuple(kinds), rights)

    def field(self, name: str, scope: Scope, place: str = "") -> FieldTerm:
        """The field of that stored name. Raises `PerthynError` (``rules.name.unknown``)."""
        if name not in scope.fields:
            raise unknown(name, scope.fields, place)
        return scope.fields[name]

    def history(self, name: str, place: str = "") -> HistoryTerm:
        """The history of that stored name. Raises `PerthynError` (``rules.name.unknown``)."""
        if name not in self.histories:
            raise unknown(name, [*self.histories, *self.lists], place)
        return self.histories[name]

    def measure(self, name: str, place: str = "") -> NamedMeasure:
        """The measure of that name. Raises `PerthynError` (``rules.name.unknown``)."""
        if name not in self.measures:
            raise unknown(name, self.measures, place)
        return self.measures[name]

    def figure_term(self, figure: Figure, place: str = "") -> FieldTerm:
        """A figure's value as a term: what it may be compared with. Raises `PerthynError` (``rules.name.unknown``)."""
        if figure.what == "named":
            return self.figure_term(self.measure(figure.of, place).figure, place)
        history = self.history(figure.of, place)
        if figure.field:
            return self.field(figure.field, self.scopes[history.record], place)
        return FieldTerm(figure.what, {}, "date" if figure.what in ("first", "last") else "integer")

    def rights_of(self, wanted: Measure) -> dict[str, str]:
        """Each right that counting these records needs, their fields aside, with the kind or type that asks for it."""
        if wanted.record == "interaction":
            return rights_of_kinds(self.kinds, wanted.kinds)
        return {self.records[wanted.record]: wanted.record} if wanted.record in self.records else {}

    def segment_named(self, text: str) -> Segment | None:
        """The one segment of that name in either language, or of that id or the end of one (six characters or more)."""
        named = [one for one in self.segments if fold(text) in _names(one)]
        ends = text.casefold().replace("-", "")
        by_id = [one for one in self.segments if len(ends) >= 6 and one.id.hex.endswith(ends)]
        found = named or by_id
        return found[0] if len(found) == 1 else None

    def segment_name(self, id: str, language: str) -> str:
        """How that segment is named in a rule: its name where that is only its own, else its id."""
        segment = next((one for one in self.segments if str(one.id) == id), None)
        if segment is None:
            return id
        name = segment.name(language)
        return name if self.segment_named(name) == segment else id

    def segment_names(self) -> list[str]:
        """Every name of every segment."""
        return [name for one in self.segments for name in (one.name_en, one.name_cy) if name]


def unknown(name: str, known: Iterable[str], place: str) -> PerthynError:
    """The error for a name that is not understood."""
    return PerthynError("rules.name.unknown", name=name, place=place, suggestion=nearest(name, known))


def _names(segment: Segment) -> set[str]:
    return {fold(name) for name in (segment.name_en, segment.name_cy) if name}


def segment_id(value: object) -> UUID | None:
    """The id in a rule's value, or None where it is none."""
    try:
        return UUID(str(value))
    except ValueError:
        return None


# -- fields -----------------------------------------------------------------------------------------------------


_FORMS = {("addresses", "postcode"): "postcode", ("emails", "address"): "email", ("phones", "number"): "phone"}


def _field(name: str, about: About, place: str, annotation: Any, **more: Any) -> FieldTerm:
    literal = _literal(annotation)
    choices = CHOICES.get((place, name.rpartition(".")[2]), ())
    if literal and not choices:
        choices = tuple(Choice(one, both(one, one)) for one in literal)
    words = {"en": (about.en.lower(),), "cy": (about.cy.lower(),)}
    form = _FORMS.get((place, name.rpartition(".")[2]), "")
    return FieldTerm(
        name, words, about.kind, about.folded, choices, bool(literal), form=form, right=about.right, **more
    )


def _literal(annotation: Any) -> tuple[str, ...]:
    inner = get_args(annotation)
    if inner and all(isinstance(one, str) for one in inner):
        return inner
    return next((found for one in inner if (found := _literal(one))), ())


def _fields(about: type[Record] | type[Part], place: str) -> list[FieldTerm]:
    said = declared(about).items()
    return [
        _field(name, one, place, about.model_fields[name].annotation) for name, one in said if one.kind not in _UNSAID
    ]


def _contact_fields() -> list[FieldTerm]:
    found = [replace(one, words=CONTACT_WORDS.get(one.name, one.words)) for one in _fields(Contact, "contact")]
    for name, wanted in PART_FIELDS.items():
        part = parts(Contact)[name]
        for field in wanted.split():
            about, annotation = declared(part)[field], part.model_fields[field].annotation
            dated = {"start", "end"} <= set(declared(part))
            found.append(_field(f"{name}.{field}", about, name, annotation, list=name, field=field, dated=dated))
    return found


def _custom(one: CustomField) -> FieldTerm:
    kind = {"text": "text", "number": "integer", "date": "date"}[one.type]
    # The stored name is printed, since it is nobody's but this field's; the labels are understood.
    words = {"en": (one.name, one.label_en), "cy": (one.name, one.label_cy or one.label_en)}
    column = {"text": "text", "number": "number", "date": "day"}[one.type]
    return FieldTerm(one.name, words, kind, list="custom", field=column, custom=True, right=one.right)


def _part_fields(name: str, part: type[Part]) -> list[FieldTerm]:
    found = _fields(part, name)
    if {"start", "end"} <= set(declared(part)):
        found.append(FieldTerm("active", ACTIVE, "flag"))
    return found


def _record_fields(record: type[Record], kinds: Iterable[Kind]) -> list[FieldTerm]:
    found = _fields(record, record.type_name)
    if record.type_name == "interaction":
        choices = tuple(Choice(one.name, {"en": one.en, "cy": one.cy}) for one in kinds)
        found = [one if one.name != "kind" else replace(one, choices=choices, closed=True) for one in found]
    if "day" in declared(record):
        found += [FieldTerm("month", MONTH, "integer"), FieldTerm("weekday", WEEKDAY, "integer")]
    return found


def _list_words(name: str) -> Words:
    return LISTS.get(name) or both(name, name)


# -- histories --------------------------------------------------------------------------------------------------


def _histories(owned: Iterable[type[Record]], kinds: Iterable[Kind]) -> list[HistoryTerm]:
    found = []
    kinds = list(kinds)
    for one in kinds:
        many: Words = {"en": one.en[::-1], "cy": one.cy[::-1]}
        single: Words = {"en": one.en[:1], "cy": one.cy[:1]}
        found.append(HistoryTerm(f"kind:{one.name}", many, single, "interaction", frozenset({one.name})))
    for family in dict.fromkeys(one.family for one in kinds):
        words = FAMILIES.get(family) or both(family, family)
        of = frozenset(one.name for one in kinds if one.family == family)
        found.append(HistoryTerm(f"family:{family}", words, words, "interaction", of))
    engaged = frozenset(one.name for one in kinds if one.engaged)
    found.append(HistoryTerm("engaged", ENGAGED, ENGAGED, "interaction", engaged))
    for record in owned:
        day = declared(record).get("day")
        many, single = _record_words(record)
        dated = "day" if day is not None and day.kind == "date" else ""
        found.append(HistoryTerm(f"record:{record.type_name}", many, single, record.type_name, None, dated))
    return found


def _record_words(record: type[Record]) -> tuple[Words, Words]:
    if record.type_name == "interaction":
        return INTERACTIONS
    if record.type_name == "consent":
        return both("consents", "cydsyniadau"), both("consent", "cydsyniad")
    if record.type_name == "obtained":
        return both("details obtained", "manylion a gafwyd"), both("detail obtained", "manylyn a gafwyd")
    if record.type_name == "screening":
        return both("screenings", "sgriniadau"), both("screening", "sgriniad")
    name = record.type_name.replace("_", " ").replace(".", " ")
    return both(f"{name}s|{name}", name), both(name, name)
