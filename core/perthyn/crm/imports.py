"""Imports: files as they are, understood, shown before they are taken in, and taken in whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from perthyn.changes import Change
from perthyn.crm.desk import Desk
from perthyn.crm.exports import OWN_EXPORT
from perthyn.errors import PerthynError
from perthyn.importing.consents import YesMeans
from perthyn.importing.identity import WHY, cells_digest
from perthyn.importing.maps import MapFile, map_from, read_map, write_map
from perthyn.importing.outcome import Outcome
from perthyn.importing.pipeline import import_table
from perthyn.importing.plans import Understanding
from perthyn.importing.refused import RefusedRow
from perthyn.importing.settling import TO_CORRECT
from perthyn.importing.tables import Table, called, is_address, open_tables
from perthyn.importing.understanding import understand

USUAL = "import.map."
"""The settings in the store that hold how files with certain columns are read; named after a digest of those."""
LONGEST_MAP = 40_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read, where a person knows better than the file: see `perthyn import --help`.

    `map`: a map file, or what would stand in one. `source`: the account the facts come from. `sheet`, `encoding`,
    `delimiter`: as in the file. `name`: what the file is called, where it is kept under another name.
    """

    map: Path | MapFile | None = None
    source: str = ""
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    name: str = ""


class Imports(Desk):
    """What a person can do with files."""

    def understand(self, file: Path | str, reading: Reading | None = None) -> Iterator[Understanding]:
        """What each table of a file, or at an address (text with ``://``), is taken to be.

        Sheets that hold no rows are left out, unless all are. Raises `PerthynError` ``import.file.*``,
        ``import.map.*``, ``import.address.*`` and what the address's backend raises.
        """
        self.check("import.read")
        reading = reading or Reading()
        map = read_map(reading.map) if isinstance(reading.map, Path) else reading.map
        if reading.source:
            map = replace(map or MapFile({}), source=reading.source)
        tables = self._tables(file, reading)
        known = [OWN_EXPORT, *self.plugins.offer("offer_known_exports")]
        empty: PerthynError | None = None
        found = 0
        for table in tables:
            try:
                understood = understand(table, known=known, map=map, today=self.today(), zone=self.settings.zone)
            except PerthynError as error:
                if error.code not in ("import.file.empty", "import.file.header_only") or len(tables) == 1:
                    raise
                empty = error
                continue
            found += 1
            yield understood
        if not found and empty is not None:
            raise empty

    def sheets(self, file: Path | str, reading: Reading | None = None) -> list[str]:
        """The names of a file's tables, "" for the one of a text file. Raises `PerthynError` ``import.file.*``."""
        self.check("import.read")
        return [one.sheet for one in self._tables(file, reading or Reading())]

    def usual_map(self, headers: Sequence[str]) -> MapFile | None:
        """How files with these columns are read here, where somebody has said so: see `keep_map`."""
        self.check("import.read")
        text = self.remembered(_usual(headers))
        with suppress(PerthynError):  # of another version, with words that are no more
            return map_from(text, USUAL) if text else None
        return None

    def keep_map(self, understanding: Understanding) -> None:
        """Have files with the same columns read as this one from now on, until somebody says otherwise."""
        self.check("import.write")
        text = write_map(understanding)
        change = self.remember(_usual(understanding.layout.headers), text) if len(text) < LONGEST_MAP else None
        if change is not None:
            self.commit([change], kind="setting", reason=USUAL)

    def _tables(self, file: Path | str, reading: Reading) -> list[Table]:
        if isinstance(file, str) and is_address(file):
            address = f"{file.partition('#')[0]}#{reading.sheet}" if reading.sheet else file
            found: list[Table] = self.plugins.tables(address)
            if not found:
                raise PerthynError("import.address.empty", address=file)
            return found
        with called(reading.name) as named:
            tables = open_tables(
                Path(file),
                readers=self.plugins.offer("offer_readers"),
                encoding=reading.encoding,
                delimiter=reading.delimiter,
                sheet=reading.sheet,
            )
        return [named(one) for one in tables]

    def import_table(
        self,
        understanding: Understanding,
        *,
        yes_means: YesMeans | None = None,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda rows: None,
        refused_to: Path | None = None,
        say: Callable[[PerthynError], str] = str,
        refused: Callable[[RefusedRow], None] = lambda one: None,
        ends: Callable[[UUID], Iterable[Change]] = lambda batch: (),
    ) -> Outcome:
        """Import a table as it was understood: all of it, or after an error or an interrupt none of it.

        See `perthyn.importing.pipeline.import_table` for what is told meanwhile, and for `ends`.

        A yes to being contacted is unconfirmed, and permits nothing, unless `yes_means` says what it was a yes to;
        a file that was imported before may be imported again to say so.
        Raises `PerthynError` (``import.yes.wording``) for a wording that says nothing.
        """
        self.check("import.write")
        if yes_means is not None:
            self.check("consent.write")
            if not yes_means.wording.strip():
                raise PerthynError("import.yes.wording")
        return import_table(
            self.store,
            understanding,
            ids=self.ids,
            clock=self.clock,
            zone=self.zone,
            actor=self.actor.name,
            apply=self.apply,
            yes_means=yes_means,
            dry_run=dry_run,
            progress=progress,
            refused_to=refused_to,
            say=say,
            refused=refused,
            ends=ends,
        )


def _usual(headers: Sequence[str]) -> str:
    named = sorted(one for one in headers if one != WHY)
    return f"{USUAL}{cells_digest(named, tuple(named))}"


def refused_name(table: Table, folder: Path) -> Path:
    """Where the rows to correct of a table are written: beside its file; of one at an address, in this folder."""
    if not table.address:
        return table.path.with_name(f"{table.path.stem}{TO_CORRECT}.csv")
    return folder / f"{table.path.stem}{TO_CORRECT}.csv"


def files_in(places: Sequence[str], endings: Sequence[str]) -> list[Path | str]:
    """The files and addresses meant: a folder stands for the files in it that can be read, a pattern for what fits it.

    Files of rows to correct are left out unless named. Raises `PerthynError` (``import.file.missing``).
    """
    found: list[Path | str] = []
    for given in places:
        place = Path(given)
        if is_address(given):
            found.append(given)
        elif place.is_dir():
            found += files_here(place, endings)
        elif any(sign in place.name for sign in "*?["):
            found += sorted(place.parent.glob(place.name))
        else:
            found.append(place)
    if not found:
        raise PerthynError("import.file.missing", file=", ".join(places))
    return found


def files_here(folder: Path, endings: Sequence[str]) -> list[Path]:
    """The files of a folder that can be read, but for those of rows to correct."""
    inside = [one for one in sorted(folder.iterdir()) if one.suffix.lower() in endings] if folder.is_dir() else []
    return [one for one in inside if f"{TO_CORRECT}." not in one.name]
