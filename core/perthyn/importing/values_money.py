"""Amounts of money to whole minor units (pence), never by way of a binary fraction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from perthyn.importing.values import Cell, Memo, Noted, Unreadable, as_text

_SIGNS = {"£": "GBP", "€": "EUR", "$": "USD", "US$": "USD"}
_WITHOUT_PENCE = frozenset(("JPY", "KRW", "ISK", "CLP", "VND", "XAF", "XOF"))
_MOST = 2**53
_SHAPE = re.compile(
    r"(?P<before>[£€$]|US\$|[A-Z]{3})?\s*(?P<sign>[-+])?\s*(?P<between>[£€$])?\s*"
    r"(?P<digits>\d[\d.,'’\s]*|[.,]\d+)\s*(?P<after>[£€$]|[A-Z]{3}|p)?(?P<late>-)?"
)
_PLAIN = re.compile(r"([£€$]?)(\d{1,9})\.(\d\d)", re.ASCII)
"""As most amounts are written, which needs no second look."""
_POINT = re.compile(r"(?:\d+|\d{1,3}(?:[,'’\s]\d{3})+)?(?:\.\d*)?")
_COMMA = re.compile(r"(?:\d+|\d{1,3}(?:[.'’\s]\d{3})+)?(?:,\d*)?")


def money_reader(decimal: str = ".", currency: str = "") -> Memo[int]:
    """Minor units: ``£1,234.50`` is 123450, ``(£3.50)`` and ``3.50-`` are -350, ``50p`` is 50.

    `decimal`: "." or "," for the whole column (`decimal_sign` finds it). `currency`: the column's ISO code;
    a cell that names another is wrong. "" takes any, since another column says which.
    """
    pence = 1 if currency in _WITHOUT_PENCE else 100

    def one(cell: Cell) -> int | Noted | None:
        if pence == 100 and decimal == "." and type(cell) is str and (plain := _PLAIN.fullmatch(cell)):
            named = _SIGNS.get(plain[1], currency)
            if not currency or named == currency:
                return int(plain[2] + plain[3])
        text = as_text(cell).lstrip("'").replace("−", "-").replace("–", "-").strip()
        if text in ("-", ""):
            return None
        bracketed = text.startswith("(") and text.endswith(")")
        inner = text[1:-1].strip() if bracketed else text
        before_sign = inner.startswith(("-", "+"))
        shape = _SHAPE.fullmatch(inner[1:].strip() if before_sign else inner)
        if shape is None:
            raise Unreadable("import.amount.unreadable", value=text)
        named = _named(shape)
        if named and currency and named != currency:
            raise Unreadable("import.amount.currency", value=text, found=named, expected=currency)
        typed = not isinstance(cell, str)
        amount = _minor(shape["digits"], "." if typed else decimal, 1 if shape["after"] == "p" else pence, text)
        negative = bracketed or inner.startswith("-") or shape["sign"] == "-" or shape["late"] == "-"
        return -amount if negative else amount

    return Memo(one)


def _named(shape: re.Match[str]) -> str:
    for part in ("before", "between", "after"):
        if shape[part] and shape[part] != "p":
            return _SIGNS.get(shape[part], shape[part])
    return ""


def _minor(digits: str, decimal: str, pence: int, text: str) -> int:
    digits = digits.strip()
    if not (_POINT if decimal == "." else _COMMA).fullmatch(digits):
        raise Unreadable("import.amount.unreadable", value=text)
    thousands = ",'’" if decimal == "." else ".'’"
    plain = re.sub(rf"[{thousands}\s]", "", digits).replace(",", ".")
    amount = Decimal(plain) * pence
    whole = int(amount)
    if whole != amount:
        raise Unreadable("import.amount.fraction", value=text)
    if whole >= _MOST:
        raise Unreadable("import.amount.too_big", value=text)
    return whole


def decimal_sign(cells: Iterable[Cell]) -> str:
    """ "," where the column writes 1.234,50 or 12,5 and nothing speaks against it; "." otherwise."""
    commas = points = 0
    for cell in cells:
        if isinstance(cell, str):
            text = cell.strip(" £€$()-+'")
            commas += bool(re.fullmatch(r"\d{1,3}(\.\d{3})*,\d{1,2}|\d+,\d{1,2}", text))
            points += bool(re.fullmatch(r"\d{1,3}(,\d{3})*\.\d{1,2}|\d+\.\d{1,2}|\d{1,3}(,\d{3})+", text))
    return "," if commas and not points else "."


def currency_named(cells: Iterable[Cell]) -> str:
    """The one currency whose sign or code stands in the cells, or "" for none or several."""
    found = {
        _SIGNS.get(sign, sign)
        for cell in cells
        if isinstance(cell, str)
        for sign in re.findall(r"[£€$]|\b[A-Z]{3}\b", cell)
    }
    return found.pop() if len(found) == 1 else ""


def _one_currency(cell: Cell) -> str | Noted | None:
    text = as_text(cell)
    code = _SIGNS.get(text, text.upper())
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise Unreadable("import.currency.unreadable", value=text)
    return code


def currency_reader() -> Memo[str]:
    """ISO 4217 codes; £, € and $ are GBP, EUR and USD."""
    return Memo(_one_currency)
