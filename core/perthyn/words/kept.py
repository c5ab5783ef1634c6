"""What plugins keep of a person, in words."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten

from perthyn.crm import Crm
from perthyn.model import Interaction, Record, declared
from perthyn.text import Translator
from perthyn.words.records import amount, label, named, value

BESIDE = ("id", "currency", "source", "source_id", "source_version", "delivered", "came_as")
"""Fields that say which record it is and where it came from, not what it says."""


def kept_words(crm: Crm, t: Translator, records: Iterable[Record]) -> dict[str, list[str]]:
    """What plugins keep of a person: the title of each type, and a line for each record with what it says.

    Left out: what is empty or as it always is, where it came from, and who it is of, unless the field names a record.
    """
    found: dict[str, list[str]] = {}
    for one in records:
        title = type(one).called[t.language == "cy"] or one.type_name
        told = [f"{label(t, type(one), name)}: {said}" for name, said in _kept_fields(crm, t, one)]
        found.setdefault(title, []).append(" · ".join(told))
    return found


def _kept_fields(crm: Crm, t: Translator, one: Record) -> Iterable[tuple[str, str]]:
    for name, about in declared(type(one)).items():
        given = getattr(one, name)
        usual = given == type(one).model_fields[name].default or name in BESIDE
        if given in (None, "", ()) or usual or (about.personal in ("identity", "contact") and not about.names):
            continue
        if about.names:
            other = crm.store.get(crm.store.types[about.names], [given]).get(given)
            money = amount(t, crm.seen(other)) if isinstance(other, Interaction) else ""
            yield name, " · ".join(filter(None, (named(crm, t, about.names, [given])[given], money)))
        elif about.kind == "money":
            yield name, t.money(given, getattr(one, "currency", None) or crm.settings.currency)
        elif about.kind == "word" and not about.folded:
            yield name, t(given) if given.isidentifier() else given
        elif about.kind != "id":
            yield name, shorten(value(t, given), 80, placeholder=" …")
