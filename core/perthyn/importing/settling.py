"""Problems about refused rows are settled when the row, corrected, is taken in.

A row is known again by its cells other than those that were wrong: in the file of rows to correct wherever it stands,
in the file itself where it stood.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from pathlib import Path

from perthyn.changes import Edit
from perthyn.importing.chunk import Chunk
from perthyn.importing.identity import WHY, cells_digest
from perthyn.importing.spool import Spool
from perthyn.model import Problem
from perthyn.store import Store

CORRECTED = "corrected"
"""The state of a problem whose row has been taken in since."""
TO_CORRECT = ".to-correct"
"""In the name of a file of rows to correct, after the name of the file they came from."""


def rest_of(headers: Sequence[str], cells: Sequence[str], wrong: Container[str]) -> str:
    """By what a refused row is known again: a digest of its cells that were not wrong."""
    kept = [place for place, header in enumerate(headers) if header != WHY and header not in wrong]
    return cells_digest([headers[place] for place in kept], tuple(cells[place] for place in kept if place < len(cells)))


class Settling:
    """The open problems of a file's refused rows, and which of them an import settles."""

    def __init__(self, store: Store, spool: Spool, file: Path) -> None:
        self._spool = spool
        stem, self._corrections, _ = file.stem.partition(TO_CORRECT)
        self._open: dict[tuple[str, ...], dict[str, list[Problem]]] = {}
        self._rows: set[int | None] = set()
        for one in store.scan(Problem):
            if one.state == "open" and one.code.startswith("import.") and _stem(one.where) == stem:
                facts = json.loads(one.facts or "{}")
                if "rest" in facts:
                    self._open.setdefault(tuple(facts["wrong"]), {}).setdefault(facts["rest"], []).append(one)
                    self._rows.add(one.row)

    def take(self, chunk: Chunk, refused: Container[int], stored: Container[int]) -> None:
        """Spool the settling of what the rows of a chunk had been refused for, now that they are taken in.

        In the file itself only a row that is stored anew settles: one like it may have been there all along.
        """
        if not self._open:
            return
        headers = list(chunk.texts)
        for place, row in enumerate(chunk.rows):
            if place in refused or not (self._corrections or (row in self._rows and place in stored)):
                continue
            cells = tuple(column[place] for column in chunk.texts.values())
            for wrong, rests in self._open.items():
                self._settle(rests.get(rest_of(headers, cells, wrong), []), row)

    def _settle(self, found: list[Problem], row: int) -> None:
        """Of problems of rows that are alike but for what was wrong, those of one row."""
        meant = [one for one in found if self._corrections or one.row == row]
        for one in [one for one in meant if (one.where, one.row) == (meant[0].where, meant[0].row)]:
            found.remove(one)
            self._spool.add(Edit(Problem.type_name, one.id, {"state": ("open", CORRECTED)}))


def _stem(where: str | None) -> str:
    """The name without ending of the file where a problem stood."""
    return Path((where or "").partition(", ")[0]).stem.partition(TO_CORRECT)[0]
