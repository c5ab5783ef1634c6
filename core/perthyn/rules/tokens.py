"""Tokens of the text form: words, numbers, amounts, days, quoted text and signs, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from perthyn.errors import PerthynError
from perthyn.text import CURRENCY_DECIMALS, CURRENCY_SIGNS, fold

_AMOUNT = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_SIGNS = "|".join(re.escape(sign) for sign in sorted(CURRENCY_SIGNS.values(), key=len, reverse=True))
_PATTERN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<string>"(?:[^"]|"")*"|“[^”]*”)
  | (?P<day>\d{{4}}-\d\d-\d\d(?![\w-])|\d{{1,2}}/\d{{1,2}}/\d{{4}}(?![\w/]))
  | (?P<money>-?(?:{_SIGNS})\s?{_AMOUNT})
  | (?P<percent>\d+\s?%)
  | (?P<number>-?\d+(?:\.\d+)?(?![\w.@/+&'’-]*\w))
  | (?P<word>\w+(?:[.\-@+&/'’]+\w+)*)
  | (?P<sign>[(),]|!=|<=|>=|[<>=&])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: word, number, money, percent, day, string, sign or end. `offset` counts characters from 0."""

    kind: str
    text: str
    offset: int

    @property
    def word(self) -> str:
        """How a word or sign is compared; other tokens are no words."""
        return fold(self.text) if self.kind in ("word", "sign") else ""


def tokens_of(text: str) -> list[Token]:
    """The tokens, the last of kind "end". Raises `PerthynError` (``rules.text.character``, ``rules.text.unclosed``)."""
    found, place = [], 0
    while place < len(text):
        match = _PATTERN.match(text, place)
        if match is None:
            code = "rules.text.unclosed" if text[place] in '"“' else "rules.text.character"
            raise PerthynError(code, found=text[place], text=text, **where(text, place))
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], place))
        place = match.end()
    return [*found, Token("end", "", len(text))]


def where(text: str, offset: int) -> dict[str, object]:
    """The place of an error: `line` and `column` from 1, `offset` from 0, `pointer` the line with a mark below."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].partition("\n")[0]
    column = offset - start
    number = text.count("\n", 0, offset) + 1
    return {"place": f"{number}:{column + 1}", "line": number, "column": column + 1, "offset": offset,
            "pointer": f"{line}\n{' ' * column}^"}  # fmt: skip


def unexpected(text: str, token: Token, expected: list[str], suggestion: str) -> NoReturn:
    """Raises ``rules.text.unexpected`` at this token, with what could stand there."""
    code = "rules.text.ended" if token.kind == "end" else "rules.text.unexpected"
    raise PerthynError(
        code, found=token.text, expected=expected, suggestion=suggestion, text=text, **where(text, token.offset)
    )


def unquoted(token: Token) -> str:
    """The text that a token of quoted text stands for."""
    return token.text[1:-1].replace('""', '"') if token.text[0] == '"' else token.text[1:-1]


def minor_units(written: str, currency: str) -> int | None:
    """An amount as written (``1,234.50``) in minor units, or None where it has more decimals than the currency."""
    sign = -1 if written.startswith("-") else 1
    whole, _, part = written.lstrip("-").replace(",", "").partition(".")
    decimals = CURRENCY_DECIMALS.get(currency, 2)
    if len(part) > decimals:
        return None
    return sign * int(whole + part.ljust(decimals, "0"))
