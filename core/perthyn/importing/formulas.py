"""Text that a spreadsheet would take for a formula: guarded when written to CSV, unguarded when read back.

Sources: OWASP, CSV injection. A guard is one apostrophe more than stood there, so that reading takes one away and
gives back exactly what was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would calculate it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The inverse of `guarded`."""
    return text[1:] if _GUARDED.match(text) else text


def unguarded_column(column: Sequence[str]) -> list[str]:
    """A column of texts without their guards; where none begins with an apostrophe, that costs one look."""
    if "\n'" not in "\n" + "\n".join(column):
        return list(column)
    return [unguarded(text) for text in column]
