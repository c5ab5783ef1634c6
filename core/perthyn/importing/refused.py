"""The file of rows to correct: the refused rows as they were read, each with the reason, to be imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from perthyn.errors import PerthynError
from perthyn.importing.formulas import guarded
from perthyn.importing.identity import WHY


class RefusedRows:
    """Writes refused rows to `path` (UTF-8 with BOM), which appears whole by `keep` or not at all."""

    def __init__(self, path: Path | None, say: Callable[[PerthynError], str]) -> None:
        self.path, self._say = path, say
        self._part = path.with_name(path.name + ".part") if path else None
        self._file: TextIO | None = None

    def write(self, headers: Sequence[str], cells: Sequence[str], reasons: Sequence[PerthynError]) -> None:
        """One row with its reasons; an earlier "why" gives way to the new one."""
        if self._part is None:
            return
        why = "; ".join(map(self._say, reasons))
        named = [place for place, header in enumerate(headers) if header != WHY]
        beyond = list(cells[len(headers) :])
        try:
            if self._file is None:
                self._file = self._part.open("w", encoding="utf-8-sig", newline="")
                csv.writer(self._file).writerow([*(headers[place] for place in named), WHY])
            kept = [guarded(cell) for cell in (*(cells[place] for place in named), *beyond)]
            csv.writer(self._file).writerow([*kept, why])
        except OSError as error:
            self.drop()
            raise PerthynError("import.refused.unwritable", file=str(self.path), reason=error.strerror) from error

    def keep(self) -> Path | None:
        """Let the file appear; answers where it is, or None where no row was refused."""
        if self._file is None or self._part is None or self.path is None:
            return None
        self._file.close()
        self._file = None
        try:
            os.replace(self._part, self.path)
        except OSError as error:
            raise PerthynError("import.refused.unwritable", file=str(self.path), reason=error.strerror) from error
        return self.path

    def drop(self) -> None:
        """Leave nothing behind; after `keep` it does nothing."""
        if self._file is not None and self._part is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)
