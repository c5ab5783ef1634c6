"""Values as they are compared: text folded, postcodes, e-mail addresses and phone numbers in their matching form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Anything

from perthyn.errors import PerthynError
from perthyn.model import Phone
from perthyn.model.normal import email_key, postcode_key
from perthyn.rules.closed import Between, Has, Known, OneOf, Test
from perthyn.rules.data import Leaf, Money
from perthyn.rules.terms import FieldTerm
from perthyn.text import fold, nearest

_WHERE: dict[str, Anything] = {"contains": "in", "beginsWith": "start", "endsWith": "end"}
_NUMBERS = {"=", "<", "<=", ">", ">=", "between", "in"}
_NO_CURRENCY: frozenset[str] = frozenset()


def test_of(term: FieldTerm, name: str, leaf: Leaf, place: str) -> tuple[str, Test, frozenset[Anything]]:
    """(field name, test, currency of the amounts) for a positive operator other than `during`.

    Raises `PerthynError`: ``rules.operator.unfit``, ``rules.value.unfit``, ``rules.value.unknown``,
    ``rules.currency.mixed``.
    """
    if leaf.operator == "notNull":
        return name, Known(), _NO_CURRENCY
    if term.kind in ("integer", "money"):
        return name, *_number(term, leaf, place)
    if term.kind == "flag" and leaf.operator == "=" and isinstance(leaf.value, bool):
        return name, OneOf(frozenset({leaf.value})), _NO_CURRENCY
    if term.kind in ("text", "word"):
        return *_text(term, name, leaf, place), _NO_CURRENCY
    raise PerthynError("rules.operator.unfit", place=place, name=term.name, operator=leaf.operator)


# -- numbers and money ----------------------------------------------------------------------------------------------


def _number(term: FieldTerm, leaf: Leaf, place: str) -> tuple[Test, frozenset[Anything]]:
    if leaf.operator not in _NUMBERS:
        raise PerthynError("rules.operator.unfit", place=place, name=term.name, operator=leaf.operator)
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    wanted = 2 if leaf.operator == "between" else len(given) if leaf.operator == "in" else 1
    values, currency = _plain_numbers(term, leaf, place)
    if len(values) != wanted:
        raise PerthynError("rules.value.unfit", place=place, name=term.name, value=leaf.value)
    return _between(leaf.operator, values), currency


def _between(operator: str, values: list[int]) -> Test:
    first, last = (values[0], values[-1]) if values else (0, 0)
    match operator:
        case "=" | "in":
            return OneOf(frozenset(values))
        case "<":
            return Between(high=first - 1)
        case "<=":
            return Between(high=first)
        case ">":
            return Between(low=first + 1)
        case ">=":
            return Between(low=first)
        case _:
            return Between(first, last)


def _plain_numbers(term: FieldTerm, leaf: Leaf, place: str) -> tuple[list[int], frozenset[Anything]]:
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    wanted = Money if term.kind == "money" else int
    if not all(isinstance(one, wanted) and not isinstance(one, bool) for one in given):
        raise PerthynError("rules.value.unfit", place=place, name=term.name, value=leaf.value)
    currencies = frozenset(one.currency for one in given if isinstance(one, Money))
    if len(currencies) > 1:
        raise PerthynError("rules.currency.mixed", place=place, name=term.name, currencies=sorted(currencies))
    return [one.minor if isinstance(one, Money) else int(one) for one in given], currencies  # type: ignore[arg-type]


# -- text -----------------------------------------------------------------------------------------------------------


def _text(term: FieldTerm, name: str, leaf: Leaf, place: str) -> tuple[str, Test]:
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) != len(given) or (isinstance(leaf.value, tuple) != (leaf.operator == "in")):
        raise PerthynError("rules.value.unfit", place=place, name=term.name, value=leaf.value)
    equal = leaf.operator in ("=", "in") or (leaf.operator == "was" and term.dated)
    if not equal and leaf.operator not in _WHERE:
        raise PerthynError("rules.operator.unfit", place=place, name=term.name, operator=leaf.operator)
    if equal and term.closed:
        _known_values(term, texts, place)
    keyed = _keyed(term, equal)
    if keyed is not None:
        name, form = keyed
    else:
        form = fold if term.folded else str
    forms = [form(one) for one in texts]
    return name, OneOf(frozenset(forms)) if equal else Has(forms[0], _WHERE[leaf.operator])


def _known_values(term: FieldTerm, texts: list[str], place: str) -> None:
    values = [one.value for one in term.choices]
    for text in texts:
        if text not in values:
            raise PerthynError(
                "rules.value.unknown", place=place, name=term.name, value=text, suggestion=nearest(text, values)
            )


def _keyed(term: FieldTerm, equal: bool) -> tuple[str, Callable[[str], str]] | None:
    """The computed name and the form of fields that are compared by their matching form rather than folded."""
    if term.form == "postcode":
        return "postcode_key", postcode_key
    if equal and term.form == "email":
        return "key", email_key
    if equal and term.form == "phone":
        return "key", lambda text: Phone.of(text).key if text else ""
    return None
