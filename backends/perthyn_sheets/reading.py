"""Reading: one cell as an amount, a day, a choice ..., by the readers of the import. Each raises `Mistyped`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from perthyn.importing.values import Memo, Noted, Unreadable, quantity_reader
from perthyn.importing.values_dates import DateStyle, read_clock
from perthyn.importing.values_money import currency_named, currency_reader, decimal_sign, money_reader
from perthyn.importing.values_people import contact_kind_reader, language_reader, yes_no_word
from perthyn.model.values import MAX_INTEGER
from perthyn.text import fold
from perthyn_sheets.cells import Mistyped, Raw, decimals, moment_of, text_of
from perthyn_sheets.columns import Column
from perthyn_sheets.shown import Shows

_LAST_SERIAL = 2_958_466
_FIRST_SERIAL = 61
_WHOLE = re.compile(r"[+-]?\d{1,16}")
_CLOCK = re.compile(r"\d{1,2}((?:[:.]\d{2}){1,2}\s*([ap]\.?m\.?|yb|yh)?|\s*([ap]\.?m\.?|yb|yh))", re.IGNORECASE)


def _read(reader: Memo[Any], text: str) -> tuple[Any, str]:
    """What a reader of the import makes of a text, and the code of what is wrong or to be noted about it."""
    parsed = reader.read((text,))
    wrong, noted = parsed.wrong.get(0), parsed.noted.get(0)
    return (None, wrong[0]) if wrong else (parsed.values[0], noted[0] if noted else "")


# -- numbers ------------------------------------------------------------------------------------------------------


def whole_of(raw: Raw) -> int:
    """A whole number: ``3``, ``"1,200"`` is none, ``"dau"`` is 2."""
    found: Any = None
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        found = int(raw) if float(raw).is_integer() else None
    elif isinstance(raw, str):
        text = raw.strip().replace("−", "-")
        found, said = (int(text), "") if _WHOLE.fullmatch(text) else _read(quantity_reader(), text)
        found = None if said else found
    if found is None or abs(found) > MAX_INTEGER:
        raise Mistyped("sheets.cell.number", value=text_of(raw))
    assert isinstance(found, int)
    return found


def amount_of(raw: Raw, currency: str) -> int:
    """An amount in minor units: ``12.5``, ``"£12.50"``, ``"(3.50)"``, ``"12,50"``."""
    places, text = decimals(currency), text_of(raw).strip()
    plain = _decimal(text) if not isinstance(raw, bool) else None
    if plain is not None:
        minor = plain.scaleb(places)
        if minor != minor.to_integral_value():
            raise Mistyped("sheets.cell.fraction", value=text)
        found: Any = int(minor)
    elif places == 2 or currency in ("JPY", "KRW", "ISK"):
        found, _ = _read(money_reader(decimal_sign([text]), currency), text)
    else:
        found = None
    if found is None or abs(found) > MAX_INTEGER:
        raise Mistyped("sheets.cell.amount", value=text)
    return int(found)


def _decimal(text: str) -> Decimal | None:
    if not re.fullmatch(r"[+-]?\d{1,19}(?:\.\d{1,17})?(?:[eE][+-]?\d{1,2})?", text, re.ASCII):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def currency_in_amount(text: str) -> str:
    """The currency that an amount names: of ``€12`` EUR; "" where it names none."""
    return currency_named([text])


def currency_of(raw: Raw) -> str:
    """An ISO 4217 code; ``£``, ``€`` and ``$`` are GBP, EUR and USD."""
    found, _ = _read(currency_reader(), text_of(raw).strip())
    if not isinstance(found, str):
        raise Mistyped("sheets.cell.not_currency", value=text_of(raw))
    return found


# -- days and instants --------------------------------------------------------------------------------------------


def _style(shows: Shows) -> DateStyle:
    return DateStyle("dmy", shows.today, shows.zone, "near")


def day_of(raw: Raw, shows: Shows) -> date:
    """A day: a spreadsheet's number of it, or a text as people write days; first the day, then the month."""
    if (moment := _by_serial(raw)) is not None:
        return moment.date()
    text = text_of(raw).strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        day = _style(shows).day(raw if isinstance(raw, int | float) and not isinstance(raw, bool) else text)
    except (Unreadable, OverflowError, ValueError) as error:
        raise _no_day(error, text) from None
    return day.value if isinstance(day, Noted) else day  # type: ignore[return-value]


def _no_day(error: Exception, text: str) -> Mistyped:
    code = error.reason[0] if isinstance(error, Unreadable) else ""
    if code in ("import.date.impossible", "import.date.other_order"):
        return Mistyped("sheets.cell.no_such_day", value=text)
    return Mistyped("sheets.cell.date", value=text)


def _by_serial(raw: Raw) -> datetime | None:
    """The moment that a spreadsheet's number stands for; None for what is none, such as 20260301."""
    if isinstance(raw, str | bool) or not _FIRST_SERIAL <= raw < _LAST_SERIAL:
        return None
    return moment_of(raw)


def moment_in(raw: Raw, shows: Shows) -> datetime:
    """An instant: a day's number with a fraction, or a text; by the organisation's clock where it names no zone."""
    if (moment := _by_serial(raw)) is not None:
        return instant_of(moment, shows)
    text = text_of(raw).strip()
    try:
        return instant_of(datetime.fromisoformat(text), shows)
    except ValueError:
        pass
    try:
        return instant_of(_style(shows).moment(text), shows)
    except (Unreadable, OverflowError, ValueError) as error:
        raise _no_day(error, text) from None


def instant_of(moment: datetime, shows: Shows) -> datetime:
    """The instant of a moment, in whole milliseconds; by the organisation's clock where it names no zone."""
    there = moment if moment.tzinfo else moment.replace(tzinfo=shows.clock)
    try:
        there = there.astimezone(UTC)
        there.astimezone(shows.clock)
    except OverflowError:
        raise Mistyped("sheets.cell.date", value=moment.isoformat(" ")) from None
    return there.replace(microsecond=there.microsecond // 1000 * 1000)


def clock_alone(raw: Raw) -> time | None:
    """A time of day without a day: a fraction of a day, or ``14:30``; None for anything else."""
    if isinstance(raw, float) and 0 <= raw < 1:
        found = moment_of(raw)
        return found.time() if found else None
    if not isinstance(raw, str) or not _CLOCK.fullmatch(raw.strip()):
        return None
    try:
        return read_clock(raw.strip(), raw).replace(tzinfo=None)
    except Unreadable:
        raise Mistyped("sheets.cell.time", value=raw) from None


# -- words --------------------------------------------------------------------------------------------------------


def choice_of(column: Column, text: str) -> str:
    """The value that a word means, in either language; "" where it means none."""
    said = fold(text)
    if said == "":
        return ""
    for one in column.choices:
        words = (one.value, *(word for words in one.words.values() for word in words))
        if text.strip() == one.value or said in map(fold, words):
            return one.value
    if column.key == "language":
        return _read(language_reader(), text.strip())[0] or ""
    if column.key == "kind" and any(one.value == "person" for one in column.choices):
        return _read(contact_kind_reader(), text.strip())[0] or ""
    return ""


def yes_no_of(raw: Raw) -> bool:
    """Yes or no: a ticked box, or a word of either language."""
    said = {"yes": True, "no": False}.get(yes_no_word(text_of(raw)))
    if said is None:
        raise Mistyped("sheets.cell.flag", value=text_of(raw))
    return said
