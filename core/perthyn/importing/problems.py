"""The problems an import leaves for a person to look at: each once, however often the same file is imported."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from uuid import UUID

from perthyn.changes import Create
from perthyn.importing.spool import Spool
from perthyn.model import Problem
from perthyn.model.ids import named_id
from perthyn.model.values import plain
from perthyn.store import Store

SHOWN = 1_000
"""Problems that an outcome carries along; all are counted and all are kept in the store."""
MENDED = frozenset(
    (
        *("import.phone.zero_mended", "import.postcode.mended", "import.postcode.shape", "import.text.mended"),
        *("import.date.other_order_taken", "import.date.year_guessed", "import.quantity.guessed"),
        "import.email.with_words",
    )
)
"""What was put right and lost nothing: counted, and no problem."""
_RAW = 2_000
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Problems:
    """Gathers problems, and spools those that the store has not got yet.

    A problem's id is made of what it is about (RFC 9562, version 8), so that the same problem is found again; one
    that somebody has settled stays settled.
    """

    def __init__(self, store: Store, spool: Spool, source: str, where: str, at: datetime) -> None:
        self._store, self._spool = store, spool
        self._source, self._where, self._at = source, where[-500:], at
        self._waiting: dict[UUID, Problem] = {}
        self.counts: Counter[str] = Counter()
        self.shown: list[Problem] = []

    def note(
        self,
        code: str,
        about: str,
        *,
        row: int | None = None,
        column: str = "",
        raw: str = "",
        facts: dict[str, object] | None = None,
        contact: UUID | None = None,
        other: UUID | None = None,
        everywhere: bool = False,
        most: int = _RAW,
    ) -> None:
        """One problem. `about`: what makes it the same problem another time (a row's id, a pair of contacts).

        `everywhere`: it is the same problem from whatever account it is noticed. `most`: signs kept of `raw`.
        """
        told = "\x1f".join(("" if everywhere else self._source, code, about, column))
        problem = Problem(
            id=named_id(told),
            code=code,
            where=self._where,
            row=row,
            column=column[:500] or None,
            raw=fit(raw, most) or None,
            facts=_said(facts or {}),
            contact=contact,
            other=other,
            at=self._at,
        )
        if problem.id in self._waiting:
            return
        self.counts[code] += 1
        self._waiting[problem.id] = problem
        if len(self.shown) < SHOWN:
            self.shown.append(problem)

    def flush(self) -> None:
        """Spool what was gathered since, but for what the store knows."""
        known = self._store.get(Problem, list(self._waiting)) if self._waiting else {}
        for id, problem in self._waiting.items():
            if id not in known:
                self._spool.add(Create(problem))
        self._waiting = {}


def printable(text: str) -> str:
    """The text with the signs that no record may hold replaced."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def fit(raw: str, most: int = _RAW) -> str:
    """A cell as a problem can show it: printable, and cut where it is very long."""
    return printable(raw[:most])


def _said(facts: dict[str, object]) -> str | None:
    told = {name: fit(value) if isinstance(value, str) else _simple(value) for name, value in facts.items()}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if told else None


def _simple(value: object) -> object:
    value = plain(value)
    return value if isinstance(value, int | float | list | dict | None) else fit(str(value))
