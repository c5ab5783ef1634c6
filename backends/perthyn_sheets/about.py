"""The tab that tells people what this sheet is, what is safe to do by hand, and when it was last in step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from perthyn.text import Translator


def about_rows(ts: Sequence[Translator], machine: str, in_step: datetime, zone: str) -> list[tuple[str, str]]:
    """The rows below the header, in each of the sheet's languages: what is spoken of, and what to know of it."""
    at = in_step.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return [row for t in ts for row in _rows(t, machine, at)]


def _rows(t: Translator, machine: str, at: str) -> list[tuple[str, str]]:
    return [
        (t("Last in step"), t("{at}, by {machine}", at=at, machine=machine)),
        (t("What this is"), t("The people of your organisation and what they did with you, kept by perthyn.")),
        (
            t("Who sees it"),
            t("Everybody who can open this Google Sheet sees all of it. Look at who it is shared with."),
        ),
        (
            t("Safe by hand"),
            t(
                "Edit cells, sort whole tabs, add rows anywhere, add columns and tabs of your own, use colours and "
                "filters, rename tabs and headers, move columns."
            ),
        ),
        (
            t("Better not"),
            t(
                "Do not sort some columns without the others, do not edit hidden columns, and do not delete people "
                "here who have a history: perthyn has commands for that, which can be undone."
            ),
        ),
        (t("When something can't be read"), t("It stays as you typed it, and the Problems tab says what is wrong.")),
        (t("When it is full"), t("perthyn move --to sqlite:///perthyn.sqlite takes everything along, with proof.")),
    ]
