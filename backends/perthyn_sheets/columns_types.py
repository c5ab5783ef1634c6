"""The columns of each record type: those of the core in an order made for people, a plugin's as it declares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from perthyn.model import About, CustomField, Happening, Kind, Record, declared
from perthyn.rules.terms import CHOICES, Choice, both
from perthyn_sheets.columns import Column, ColumnKind
from perthyn_sheets.notes import NOTES, noted

_UNSAID = {"source", "source_id", "source_version", "delivered"}
_KINDS: Mapping[str, ColumnKind] = {
    "integer": "number", "money": "money", "date": "date", "instant": "instant", "flag": "flag",
}  # fmt: skip
_WIDTHS: Mapping[ColumnKind, int] = {
    "text": 140, "number": 80, "money": 90, "date": 95, "instant": 140, "flag": 90, "choice": 110,
}  # fmt: skip


def _rows(*rows: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, both(en, cy)) for value, en, cy in rows)


YES_NO = _rows(("yes", "yes", "ydy"), ("no", "no", "nac ydy"))
WORDS: Mapping[tuple[str, str], tuple[Choice, ...]] = {
    ("contact", "language"): _rows(
        ("cy", "Welsh", "Cymraeg"), ("en", "English", "Saesneg"), ("both", "both", "y ddwy|dwyieithog")
    ),
    ("contact", "age_band"): _rows(
        ("under 13", "under 13", "dan 13"), ("13-17", "13-17", "13-17"), ("adult", "adult", "oedolyn")
    ),
    ("happening", "direction"): CHOICES["interaction", "direction"][:2],
    ("segment", "mode"): _rows(
        ("dynamic", "dynamic", "dynamig"), ("snapshot", "snapshot", "ciplun"), ("hand", "hand-picked", "dewis â llaw")
    ),
    ("problem", "state"): _rows(
        ("open", "open", "ar agor"),
        ("settled", "settled", "wedi'i ddatrys"),
        ("joined", "joined", "unwyd"),
        ("apart", "kept apart", "ar wahân"),
    ),
    ("consent", "decision"): (*CHOICES["consent", "decision"], Choice("voided", both("voided", "dirymwyd"))),
    ("consent", "purpose"): _rows(("marketing", "marketing", "marchnata")),
    ("suppression", "channel"): CHOICES["consent", "channel"],
    ("custom_field", "type"): _rows(
        ("text", "text", "testun"), ("number", "number", "rhif"), ("date", "date", "dyddiad")
    ),
}  # fmt: skip
"""The words for values that a column knows, where rules have none or say them in another way."""

ROLES = CHOICES["roles", "role"]
WHO = {"en": "Who", "cy": "Pwy"}
_HAPPENING = (
    "day", "contact", "kind", "subject", "amount", "currency", "quantity", "party_size", "channel", "direction",
    "event", "campaign", "site", "order", "text", "at",
)  # fmt: skip
_ADDRESS = ("lines", "town", "county", "postcode", "country")


def columns_of(record: type[Record], custom: Sequence[CustomField], kinds: Sequence[Kind]) -> tuple[Column, ...]:
    """The columns of a record type that people see, from the left."""
    if record.type_name == "contact":
        return _contact(record, custom)
    if record.type_name == "segment":
        return _segment(record)
    if record.type_name == "problem":
        return _problem(record)
    about = declared(record)
    if issubclass(record, Happening):
        chosen = [name for name in _HAPPENING if name in about]
        chosen += [name for name in about if name not in Happening.model_fields and name != record.owner]
    else:
        chosen = list(about)
    return tuple(_field(record, name, kinds) for name in chosen if _said(record, name, about[name]))


def _said(record: type[Record], name: str, about: About) -> bool:
    if name == record.owner:
        return True
    return about.kind not in ("id", "json") and not (record.source_named and name in _UNSAID)


def choices_of(record: type[Record], name: str, kinds: Sequence[Kind] = ()) -> tuple[Choice, ...]:
    """The values that a field is known to have, with their words; none where any text may stand."""
    if issubclass(record, Happening) and name == "kind":
        return tuple(Choice(one.name, {"en": one.en, "cy": one.cy}) for one in kinds)
    place = "happening" if issubclass(record, Happening) else record.type_name
    found = WORDS.get((place, name)) or CHOICES.get((place, name), ())
    return found or tuple(Choice(value, both(value, value)) for value in literal(record, name))


def literal(record: type[Record], name: str) -> tuple[str, ...]:
    """The only values that a field may have; none where others may stand there."""
    return _literal(record.model_fields[name].annotation)


def _literal(annotation: Any) -> tuple[str, ...]:
    args = get_args(annotation)
    if args and all(isinstance(one, str) for one in args):
        return args
    return next((found for one in args if (found := _literal(one))), ())


def _field(record: type[Record], name: str, kinds: Sequence[Kind], **more: Any) -> Column:
    """The column of a plain field."""
    about = declared(record)[name]
    if name == record.owner:
        return Column(name, WHO, noted("who"), width=180)
    choices = choices_of(record, name, kinds)
    kind: ColumnKind = "choice" if choices else _KINDS.get(about.kind, "text")
    if kind == "flag":
        choices = YES_NO
    said = {
        "headers": {"en": about.en, "cy": about.cy},
        "notes": noted(name if issubclass(record, Happening) and name in NOTES else kind),
        "kind": kind,
        "choices": choices,
        "width": _WIDTHS[kind],
        **more,
    }
    return Column(name, **said)


def _own(key: str, en: str, cy: str, kind: ColumnKind = "text", **more: Any) -> Column:
    """A column that is no plain field's."""
    note = more.pop("note", key)
    said = {"notes": noted(note), "width": _WIDTHS[kind], **more}
    return Column(key, {"en": en, "cy": cy}, kind=kind, **said)


def _contact(record: type[Record], custom: Sequence[CustomField]) -> tuple[Column, ...]:
    def field(name: str, **more: Any) -> Column:
        return _field(record, name, (), **more)

    labels = {"lines": ("Address", "Cyfeiriad"), "town": ("Town", "Tref"), "county": ("County", "Sir"),
              "postcode": ("Postcode", "Cod post"), "country": ("Country", "Gwlad")}  # fmt: skip
    return (
        field("name", notes=noted("contact.name"), width=190),
        _own("phones", "Phone", "Ffôn"),
        _own("emails", "Email", "E-bost", width=200),
        field("language", headers={"en": "Language", "cy": "Iaith"}, notes=noted("contact.language")),
        field("title", width=70),
        field("given"),
        field("family"),
        field("salutation"),
        *(_own(f"addresses.{name}", *labels[name], note="address") for name in _ADDRESS),
        _own("roles", "Roles", "Rolau"),
        _own("tags", "Tags", "Tagiau"),
        *map(custom_column, custom),
        field("kind", notes=noted("contact.kind")),
        field("age_band", notes=noted("contact.age_band")),
        field("deceased", notes=noted("contact.deceased")),
        field("note", notes=noted("contact.note"), width=280),
    )


def custom_column(one: CustomField) -> Column:
    """The column of a field that was declared outside the core."""
    kind: ColumnKind = "text" if one.type == "text" else one.type
    headers = {"en": one.label_en, "cy": one.label_cy or one.label_en}
    return Column(f"custom.{one.name}", headers, noted(kind), kind, width=_WIDTHS[kind])


def _segment(record: type[Record]) -> tuple[Column, ...]:
    return (
        _field(record, "name_en", (), width=200),
        _field(record, "name_cy", (), width=200),
        _field(record, "mode", (), notes=noted("segment.mode")),
        _own("rule", "Rule", "Rheol", note="segment.rule", width=380, wrapped=True),
        _field(record, "fixed_on", (), computed=True, notes=noted("computed")),
        _own("members", "Members", "Aelodau", "number", note="computed", computed=True),
        _own("counted_on", "Counted on", "Cyfrifwyd ar", "instant", note="computed", computed=True),
        _own("error", "What is wrong with the rule", "Beth sydd o'i le ar y rheol", note="computed", computed=True,
             width=320, wrapped=True),
    )  # fmt: skip


def _problem(record: type[Record]) -> tuple[Column, ...]:
    def mine(name: str, **more: Any) -> Column:
        return _field(record, name, (), computed=True, **{"notes": noted("computed"), **more})

    return (
        _own("what", "What is wrong", "Beth sydd o'i le", note="computed", computed=True, width=360, wrapped=True),
        _own("next", "What to do", "Beth i'w wneud", note="computed", computed=True, width=360, wrapped=True),
        mine("where", width=180),
        mine("row"),
        mine("column"),
        mine("raw", width=200),
        _field(record, "state", (), notes=noted("problem.state")),
        Column("contact", WHO, noted("computed"), computed=True, width=180),
        mine("at"),
    )
