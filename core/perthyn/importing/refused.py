"""The refused rows as they were read, each with the reason: told, and written to a file to be imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from perthyn.errors import PerthynError
from perthyn.importing.formulas import guarded
from perthyn.importing.identity import WHY


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not stored: its number and cells as they stand in the file.

    `reasons`: what is wrong, each with the header of the column where it is; "" where no single cell is wrong.
    """

    row: int
    headers: Sequence[str]
    cells: Sequence[str]
    reasons: Sequence[tuple[str, PerthynError]]


class RefusedRows:
    """Writes refused rows to `path` (UTF-8 with BOM), which appears whole by `keep` or not at all.

    `tell` is told of each row.
    """

    def __init__(
        self,
        path: Path | None,
        say: Callable[[PerthynError], str],
        tell: Callable[[RefusedRow], None] = lambda one: None,
    ) -> None:
        self.path, self._say, self._tell = path, say, tell
        self._part = path.with_name(path.name + ".part") if path else None
        self._file: TextIO | None = None
        self._begun = False

    def write(self, one: RefusedRow) -> None:
        """One row with its reasons; an earlier "why" gives way to the new one."""
        self._tell(one)
        if self._part is None:
            return
        headers, cells = one.headers, one.cells
        why = "; ".join(self._say(error) for _, error in one.reasons)
        named = [place for place, header in enumerate(headers) if header != WHY]
        beyond = list(cells[len(headers) :])
        try:
            if self._file is None:
                self._file = self._part.open("w", encoding="utf-8-sig", newline="")
                self._begun = True
                csv.writer(self._file).writerow([*(headers[place] for place in named), WHY])
            kept = [guarded(cell) for cell in (*(cells[place] for place in named), *beyond)]
            csv.writer(self._file).writerow([*kept, why])
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self) -> None:
        """All rows are written; what can go wrong with the disk goes wrong before anything is stored."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise self._unwritable(error) from error
            finally:
                self._file = None

    def keep(self) -> Path | None:
        """Let the file appear; answers where it is, or None where no row was refused.

        Where somebody has the earlier one open (Windows), it appears beside it as ``name (2).csv``.
        """
        self.finish()
        if self.path is None or self._part is None or not self._begun:
            return None
        for number in range(1, 10):
            path = self.path if number == 1 else self.path.with_stem(f"{self.path.stem} ({number})")
            try:
                os.replace(self._part, path)
            except OSError:
                continue
            self._begun = False
            return path
        return self._part

    def drop(self) -> None:
        """Leave nothing behind; after `keep` it does nothing."""
        with suppress(OSError, PerthynError):
            self.finish()
        if self._begun and self._part is not None:
            with suppress(OSError):
                self._part.unlink(missing_ok=True)
            self._begun = False

    def _unwritable(self, error: OSError) -> PerthynError:
        reason = error.strerror or str(error)
        return PerthynError("import.refused.unwritable", file=str(self.path), reason=reason)
