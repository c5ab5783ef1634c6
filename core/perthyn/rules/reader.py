"""Reader: a place in the tokens of a rule's text, and the small things read there, from keywords to values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NoReturn

from perthyn.errors import PerthynError
from perthyn.rules.data import Money, Window
from perthyn.rules.keywords import KEYWORDS, PHRASES, RESERVED, word
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import FieldTerm, Phrase, Scope, Term, phrase, phrases_of
from perthyn.rules.tokens import Token, minor_units, tokens_of, unexpected, unquoted, where
from perthyn.text import CURRENCY_DECIMALS, CURRENCY_SIGNS, MONTHS, fold, nearest

_LONGEST = 8
_MONTHS = {fold(name): number for months in MONTHS.values() for number, name in enumerate(months, 1)}
_WELSH_LAST = frozenset(phrase(one) for one in KEYWORDS["in last"]["cy"])


class Reader:
    """Reads forward through a rule's text; `at` is the place, and may be set back."""

    def __init__(self, text: str, schema: RuleSchema, language: str) -> None:
        self.text, self.schema, self.language = text, schema, language
        self.tokens = tokens_of(text)
        self.at = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def fail(self, expected: Iterable[str], known: Iterable[str] = ()) -> NoReturn:
        """The next token can't stand here; `expected` are keyword names or samples, `known` words it may be near to."""
        shown = [word(one, self.language) if one in KEYWORDS else one for one in expected]
        unexpected(self.text, self.token, shown, self._near([*known, *shown]))

    def _near(self, known: list[str]) -> str:
        """The known word or phrase most like what comes next, or ""."""
        if self.token.kind not in ("word", "string"):
            return ""
        ahead = self.words(3) or (unquoted(self.token),)
        found = (nearest(" ".join(ahead[:size]), known) for size in range(1, len(ahead) + 1))
        return next((one for one in found if one), "")

    def error(self, code: str, token: Token, **facts: object) -> PerthynError:
        """An error at a token."""
        return PerthynError(code, found=token.text, text=self.text, **facts, **where(self.text, token.offset))

    def take(self) -> Token:
        """The next token, passed."""
        token = self.token
        self.at += 1
        return token

    def sign(self, text: str) -> bool:
        """Passes this sign if it comes next."""
        found = self.token.kind == "sign" and self.token.text == text
        self.at += found
        return found

    def words(self, size: int) -> Phrase:
        """The next so many words as they are compared; shorter where something else comes."""
        found: list[str] = []
        for token in self.tokens[self.at : self.at + size]:
            if not token.word:
                break
            found.append(token.word)
        return tuple(found)

    # -- keywords and names --------------------------------------------------------------------------------------

    def sees(self, *names: str) -> tuple[str, int]:
        """Which of these keywords comes next (the longest way to say one) and of how many words; ("", 0) for none."""
        ahead = self.words(_LONGEST)
        found = [(len(p), name) for name in names for p in PHRASES[name][:99] if ahead[: len(p)] == p]
        length = max((length for length, _ in found), default=0)
        return next((name for size, name in found if size == length), ""), length

    def keyword(self, *names: str) -> str:
        """Passes whichever of these keywords comes next; "" for none."""
        name, length = self.sees(*names)
        self.at += length
        return name

    def sees_term(self, scope: Scope) -> tuple[tuple[Term, ...], int]:
        """What the longest name that comes next can mean in this scope, and of how many words it is."""
        if self.token.kind == "string" and unquoted(self.token) in scope.fields:
            return (scope.fields[unquoted(self.token)],), 1
        ahead = self.words(_LONGEST)
        for length in range(len(ahead), 0, -1):
            if ahead[:length] in scope.phrases:
                return scope.phrases[ahead[:length]], length
        return (), 0

    def names(self, *scopes: Scope) -> list[str]:
        """Every way to say a name there, for suggestions."""
        return [" ".join(words) for scope in scopes for words in scope.phrases]

    # -- days and windows ------------------------------------------------------------------------------------------

    def day(self) -> date | None:
        """A day: ``2025-03-01``, ``1/3/2025``, ``1 March 2025``; None where none comes. Raises ``rules.text.day``."""
        token = self.token
        if token.kind == "day":
            self.at += 1
            parts = [int(one) for one in token.text.replace("/", "-").split("-")]
            return self._day(token, *(parts if "-" in token.text else parts[::-1]))
        ahead = self.tokens[self.at : self.at + 3]
        if [one.kind for one in ahead] == ["number", "word", "number"] and ahead[1].word in _MONTHS:
            self.at += 3
            return self._day(token, int(ahead[2].text), _MONTHS[ahead[1].word], int(ahead[0].text))
        return None

    def _day(self, token: Token, year: int, month: int, day: int) -> date:
        try:
            return date(year, month, day)
        except ValueError:
            raise self.error("rules.text.day", token) from None

    def window(self) -> Window | None:
        """A window if one comes next."""
        start = self.at
        found = self._year() or self._span() or self._ago() or self._days()
        if found is None:
            self.at = start
        return found

    def _year(self) -> Window | None:
        name = self.keyword("this year", "last year")
        if name:
            return Window(year="this" if name == "this year" else "last")
        start = self.at
        if self.keyword("year") and self.token.kind == "number" and len(self.token.text) == 4:
            year = int(self.take().text)
            if 1000 <= year <= 9998:
                return Window(year=year)
        self.at = start
        return None

    def _span(self) -> Window | None:
        start = self.at
        name = self.keyword("in last", "in next")
        if name:
            welsh = tuple(one.word for one in self.tokens[start : self.at]) in _WELSH_LAST
            numbered = self.token.kind == "number"
            duration = self._duration()
            if numbered and not duration:
                self.at += 1
                self.fail(["D", "W", "M", "Y"], [" ".join(one) for unit in "DWMY" for one in PHRASES[unit]])
            if welsh and duration:
                name = self.keyword("last", "next")
            if name and duration:
                return Window(next=duration) if name.endswith("next") else Window(last=duration)
        self.at = start
        return None

    def _ago(self) -> Window | None:
        start = self.at
        duration = self._duration() if self.keyword(">") else None
        if duration and self.keyword("ago"):
            return Window(ago=duration)
        self.at = start
        return None

    def _duration(self) -> str | None:
        start = self.at
        number = self.take().text if self.token.kind == "number" else "1"
        unit = self.keyword("D", "W", "M", "Y")
        if unit and number.isdigit() and 1 <= int(number) <= 9999:
            return f"P{int(number)}{unit}"
        self.at = start
        return None

    def _days(self) -> Window | None:
        start = self.at
        name = self.keyword("since", "after", "until", "before", "on", "between")
        day = self.day() if name else None
        if day is not None and name == "between":
            if not self.keyword("and"):
                self.fail(["and"])
            to = self.day()
            if to is None:
                self.fail(["2025-12-31"])
            return Window(from_=day, to=to)
        if day is not None:
            return Window(**{name: day})
        self.at = start
        return None

    # -- values ----------------------------------------------------------------------------------------------------

    def integer(self, expected: str = "3") -> int:
        """A whole number."""
        if self.token.kind != "number" or "." in self.token.text:
            self.fail([expected])
        return int(self.take().text)

    def number(self, term: FieldTerm) -> int | Money:
        """A whole number or, for a field of money, an amount; without a sign it is in the organisation's currency."""
        return self.money() if term.kind == "money" else self.integer()

    def money(self) -> Money:
        """An amount: ``£50``, ``CHF 12.50``, ``50``."""
        token, currency = self.take(), self.schema.currency
        if token.kind == "word" and len(token.text) == 3 and token.text.isupper() and self.token.kind == "number":
            currency, token = token.text, self.take()
        written = token.text
        if token.kind == "money":
            code, sign = next((c, s) for c, s in sorted(CURRENCY_SIGNS.items(), reverse=True) if s in written)
            currency, written = code, written.replace(sign, "").replace(" ", "")
        elif token.kind != "number":
            self.at -= 1
            self.fail(["£50"])
        minor = minor_units(written, currency)
        if minor is None:
            raise self.error("rules.text.decimals", token, decimals=CURRENCY_DECIMALS.get(currency, 2))
        return Money(minor=minor, currency=currency)

    def text_value(self, term: FieldTerm, *, whole: bool = True) -> str:
        """A word or quoted text; where the `whole` value is meant, also the word for a well-known one."""
        chosen = self._choice(term) if whole else None
        if chosen is not None:
            return chosen
        token = self.token
        known = [one for choice in term.choices for one in choice.words[self.language]]
        if token.kind == "string" and not (whole and term.closed):
            return unquoted(self.take())
        if whole and term.closed:
            self.fail(
                known[:12], [said for choice in term.choices for words in choice.words.values() for said in words]
            )
        if token.kind in ("number", "day") or (token.kind == "word" and token.word not in RESERVED):
            return self.take().text
        self.fail([*known[:6], '"…"'], known)

    def _choice(self, term: FieldTerm) -> str | None:
        phrases = phrases_of(term.choices)
        if self.token.kind == "string":
            found = phrases.get(phrase(unquoted(self.token)), ()) if term.closed else ()
            length = 1
        else:
            ahead = self.words(_LONGEST)
            length = next((size for size in range(len(ahead), 0, -1) if ahead[:size] in phrases), 0)
            found = phrases[ahead[:length]] if length else ()
        values = {one.value for one in found if not isinstance(one, FieldTerm) and hasattr(one, "value")}
        if len(values) != 1:
            return None
        self.at += length
        return str(values.pop())
