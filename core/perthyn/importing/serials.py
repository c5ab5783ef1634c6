"""What the number in a spreadsheet cell means: a number, or a day counted from 1900 (ECMA-376, 18.17.4)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | datetime | date | time | None


# Number formats that are dates or times without being spelled out in the file (ECMA-376, 18.8.30).
BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)), "d"),
    **dict.fromkeys((18, 19, 20, 21, *range(32, 36), 45, 47), "h"),
    22: "dh",
    46: "[h]",
}
QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
LAST_SERIAL = 2_958_466  # the day after 31 December 9999


def told(code: str) -> str:
    """What a number format shows: "d" a day, "h" a time, "dh" both, "[h]" hours counted, "" a number."""
    letters = QUOTED.sub("", code.split(";")[0]).lower().replace("am/pm", "h").replace("general", "")
    if "[" in letters:
        return "[h]"
    day = "y" in letters or "d" in letters or ("m" in letters and "h" not in letters and "s" not in letters)
    return ("d" if day else "") + ("h" if "h" in letters or "s" in letters else "")


def moment(serial: float, shown: str, epoch: datetime) -> Cell:
    """A day number as what its format shows; a number that is no day stays a number."""
    if shown == "[h]":
        minutes = round(serial * 1440)
        return f"{minutes // 60}:{minutes % 60:02}" if serial >= 0 else serial
    if not 0 <= serial < LAST_SERIAL:
        return serial
    if epoch is EPOCH and serial < 60 and shown != "h":
        serial += 1  # Lotus took 1900 for a leap year, and Excel keeps to it
    instant = epoch + timedelta(milliseconds=round(serial * 86_400_000))
    if shown == "h" and serial < 1:
        return instant.time()
    return instant if "h" in shown or serial % 1 else instant.date()


def number(text: str) -> int | float:
    """A number as Excel shows it, at most 15 digits: 0.30000000000000004 is 0.3, 1.07E+11 is whole."""
    if len(text) < 16 and "." not in text and "E" not in text and "e" not in text:
        return int(text)
    value = float(text) if len(text) < 17 else float(f"{float(text):.15g}")
    return int(value) if value.is_integer() and abs(value) < 1 << 53 else value
