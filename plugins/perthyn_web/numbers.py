"""Numbers in words, alike on the page, on paper and by e-mail."""

from __future__ import annotations

from perthyn.crm import Crm, Number
from perthyn.errors import PerthynError
from perthyn.model import Segment
from perthyn.text import Translator

SEGMENTS = 6
"""How many segments are drawn unless more are asked for."""


def said(number: Number, value: int, t: Translator) -> str:
    """A value of a number of the report, or of one of its parts."""
    return t.money(value, number.currency) if number.unit == "money" else t.number(value)


def share(number: Number, t: Translator) -> str:
    """How much of what it is; "" where there is nothing to divide by."""
    return t("{share}% {whole}", share=round(100 * number.share), whole=t(number.whole_label)) if number.share else ""


def segments_drawn(crm: Crm) -> list[Segment]:
    """The segments whose rules the person may see and perthyn understands, as many as are drawn."""
    found = []
    for one in crm.segments():
        try:
            crm.closed(one)
        except PerthynError:
            continue
        found.append(one)
    return found[:SEGMENTS]
