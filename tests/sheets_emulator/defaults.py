"""What a new spreadsheet looks like."""

from __future__ import annotations

from typing import Any

_WHITE = {"red": 1, "green": 1, "blue": 1}
_ACCENTS = {
    "ACCENT1": (0.25882354, 0.52156866, 0.95686275),
    "ACCENT2": (0.91764706, 0.2627451, 0.20784314),
    "ACCENT3": (0.9843137, 0.7372549, 0.015686275),
    "ACCENT4": (0.20392157, 0.65882355, 0.3254902),
    "ACCENT5": (1, 0.42745098, 0.003921569),
    "ACCENT6": (0.27450982, 0.7411765, 0.7764706),
    "LINK": (0.06666667, 0.33333334, 0.8),
}


def cell_format() -> dict[str, Any]:
    """The format of a cell that nobody has formatted."""
    return {
        "backgroundColor": dict(_WHITE),
        "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
        "verticalAlignment": "BOTTOM",
        "wrapStrategy": "OVERFLOW_CELL",
        "textFormat": {
            "foregroundColor": {},
            "fontFamily": "arial,sans,sans-serif",
            "fontSize": 10,
            "bold": False,
            "italic": False,
            "strikethrough": False,
            "underline": False,
            "foregroundColorStyle": {"rgbColor": {}},
        },
        "backgroundColorStyle": {"rgbColor": dict(_WHITE)},
    }


def _theme() -> dict[str, Any]:
    colours = {"TEXT": {}, "BACKGROUND": dict(_WHITE)} | {
        name: dict(zip(("red", "green", "blue"), parts, strict=True)) for name, parts in _ACCENTS.items()
    }
    return {
        "primaryFontFamily": "Arial",
        "themeColors": [{"colorType": name, "color": {"rgbColor": rgb}} for name, rgb in colours.items()],
    }


def properties(title: str, locale: str, zone: str) -> dict[str, Any]:
    """SpreadsheetProperties of a new spreadsheet."""
    return {
        "title": title,
        "locale": locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": zone,
        "defaultFormat": cell_format(),
        "spreadsheetTheme": _theme(),
    }
