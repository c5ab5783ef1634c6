"""Selfcheck: what perthyn expects of Google and could not learn from its documents, tried on a real spreadsheet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from perthyn.errors import PerthynError
from perthyn.text import phrase
from perthyn_sheets.answers import Already
from perthyn_sheets.api import Api

WORDS: Mapping[str, str] = {
    "column metadata": phrase("The book's frame is asked for: metadata of columns"),
    "answer with cells": phrase("A write that asks for the cells after it"),
    "rows under the header": phrase("Rows inserted under the header and filled, by two programs at once"),
    "same marker twice": phrase("A batch sent twice, with its number in front"),
    "marker rolls back": phrase("The rest of a batch that was refused for its number"),
    "strict dropdown": phrase("A word that a strict dropdown lacks, written by a program"),
    "sort and row metadata": phrase("Metadata of a row, when the rows are sorted"),
    "text column": phrase("0123 typed into a column of plain text"),
    "metadata not there": phrase("Deleting metadata that is not there"),
    "version": phrase("Drive's version after a change"),
    "large batch": phrase("A batch of several megabytes"),
    "given": phrase("given"),
    "not given": phrase("not given"),
    "all there": phrase("all there"),
    "some lost": phrase("some lost"),
    "known refusal": phrase("refused in the known words"),
    "other refusal": phrase("refused in other words"),
    "accepted": phrase("accepted"),
    "refused": phrase("refused"),
    "nothing applied": phrase("nothing applied"),
    "something applied": phrase("something applied"),
    "stays": phrase("stays in its place"),
    "moves": phrase("moves with the cells"),
    "kept": phrase("kept as typed"),
    "changed": phrase("changed"),
    "another at once": phrase("another at once"),
    "another later": phrase("another later"),
    "the same": phrase("the same"),
    "can't be asked": phrase("can't be asked"),
}
"""What was tried and what may come of it, in words."""

ROWS, MEGABYTES = 20, (3, 9)
PATIENCE = 10
"""Seconds that we wait for Drive to notice a change."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one trial: what we assume and what was found, as keys of `WORDS`."""

    probe: str
    assumed: str
    found: str
    detail: str = ""

    @property
    def same(self) -> bool:
        """Whether Google does as we assume."""
        return self.assumed == self.found

    def told(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {**asdict(self), "same": self.same}


class Bench:
    """A tab of our own in the spreadsheet, and what is done there. `second` is another connection to it."""

    def __init__(self, api: Api, second: Api, random: Random) -> None:
        self.api = api
        self.second = second
        self.sheet = random.randrange(1, 2**31)
        self.title = f"perthyn selfcheck {self.sheet}"
        self._random = random
        self._numbers: list[int] = []

    def number(self) -> int:
        """A number for metadata; what bears it is deleted at the end."""
        self._numbers.append(self._random.randrange(1, 2**31))
        return self._numbers[-1]

    def begin(self) -> None:
        """Make the tab."""
        size = {"rowCount": 100, "columnCount": 10}
        made = {"sheetId": self.sheet, "title": self.title, "gridProperties": size}
        self.api.write([{"addSheet": {"properties": made}}])

    def end(self) -> None:
        """Delete the tab, and what was left in the spreadsheet itself."""
        there = {one["metadataId"] for one in self.api.book().get("developerMetadata", ())}
        forget = [_forget(number) for number in self._numbers if number in there]
        self.api.write([*forget, {"deleteSheet": {"sheetId": self.sheet}}])

    def cells(self) -> list[list[Any]]:
        """All cells of the tab."""
        return self.api.values([f"'{self.title}'"])[0]

    def area(self, row: int, column: int, rows: int = 1, columns: int = 1) -> dict[str, int]:
        """A GridRange of the tab."""
        return {"sheetId": self.sheet, "startRowIndex": row, "endRowIndex": row + rows,
                "startColumnIndex": column, "endColumnIndex": column + columns}  # fmt: skip

    def put(self, row: int, column: int, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
        """A request that writes these texts."""
        start = {"sheetId": self.sheet, "rowIndex": row, "columnIndex": column}
        filled = [{"values": [{"userEnteredValue": {"stringValue": text}} for text in line]} for line in rows]
        return {"updateCells": {"start": start, "rows": filled, "fields": "userEnteredValue"}}

    def tag(self, dimension: str, place: int) -> tuple[int, dict[str, Any]]:
        """A request that marks a row or a column, with the number it gives."""
        number = self.number()
        where = {"sheetId": self.sheet, "dimension": dimension, "startIndex": place, "endIndex": place + 1}
        made = {"metadataId": number, "metadataKey": "perthyn.selfcheck", "metadataValue": str(number)}
        made |= {"location": {"dimensionRange": where}, "visibility": "DOCUMENT"}
        return number, {"createDeveloperMetadata": {"developerMetadata": made}}


def selfcheck(
    api: Api, second: Api, random: Random, seconds: Callable[[], float], sleep: Callable[[float], None]
) -> list[Finding]:
    """Try everything, in a tab that is deleted at the end whatever happens.

    `second`: another connection to the same spreadsheet. `seconds`: a clock for measuring. Raises what `Api` raises
    while the tab is made or deleted; a trial that fails otherwise is a finding.
    """
    bench = Bench(api, second, random)
    bench.begin()
    try:
        found = [one for name in PROBES for one in _tried(name, bench)]
        return [*found, *_version(bench, seconds, sleep), *_large(bench, seconds)]
    finally:
        bench.end()


def _tried(name: str, bench: Bench) -> Iterator[Finding]:
    try:
        yield from PROBES[name](bench)
    except PerthynError as error:
        yield Finding(name, "accepted", "refused", _reason(error))


def _columns(bench: Bench) -> Iterator[Finding]:
    number, tag = bench.tag("COLUMNS", 3)
    bench.api.write([tag])
    ours = [one for one in bench.api.book()["sheets"] if one["properties"]["sheetId"] == bench.sheet]
    found = [place for data in ours[0].get("data", ()) for place, column in enumerate(data.get("columnMetadata", ()))
             for one in column.get("developerMetadata", ()) if one["metadataId"] == number]  # fmt: skip
    yield Finding("column metadata", "given", "given" if found == [3] else "not given")


def _answer(bench: Bench) -> Iterator[Finding]:
    answer = bench.api.write([bench.put(0, 0, [["ID", "Name"]])], ranges=[f"'{bench.title}'!A1:B1"])
    grids = [one.get("data", [{}])[0] for one in answer.book.get("sheets", ())]
    texts = [cell.get("userEnteredValue", {}).get("stringValue") for grid in grids
             for row in grid.get("rowData", ()) for cell in row.get("values", ())]  # fmt: skip
    yield Finding("answer with cells", "given", "given" if texts == ["ID", "Name"] else "not given")


def _racing(bench: Bench) -> Iterator[Finding]:
    refusals: list[str] = []

    def fill(api: Api, who: str) -> None:
        under = {"sheetId": bench.sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
        try:
            for at in range(ROWS // 2):
                request = {"insertDimension": {"range": under, "inheritFromBefore": False}}
                api.write([request, bench.put(1, 0, [[f"{who}{at}", "row"]])], marker=numbers.pop(), marker_value=who)
        except PerthynError as error:
            refusals.append(str(error))

    numbers = [bench.number() for _ in range(ROWS)]
    beside = threading.Thread(target=fill, args=(bench.second, "b"))
    beside.start()
    fill(bench.api, "a")
    beside.join()
    there = sorted(row[0] for row in bench.cells()[1:] if row and str(row[0])[:1] in "ab" and row[1:] == ["row"])
    wanted = sorted(f"{who}{at}" for who in "ab" for at in range(ROWS // 2))
    yield Finding(
        "rows under the header", "all there", "all there" if there == wanted else "some lost", " ".join(refusals)
    )


def _twice(bench: Bench) -> Iterator[Finding]:
    number = bench.number()
    bench.api.write([bench.put(0, 5, [["first"]])], marker=number, marker_value="once")
    detail = ""
    try:
        bench.api.write([bench.put(0, 5, [["second"]])], marker=number, marker_value="once")
        found = "accepted"
    except Already as known:
        found, detail = "known refusal", str(_reason(known.__cause__))
    except PerthynError as error:
        found, detail = "other refusal", _reason(error)
    yield Finding("same marker twice", "known refusal", found, detail)
    stands = bench.cells()[0][5]
    yield Finding(
        "marker rolls back", "nothing applied", "nothing applied" if stands == "first" else "something applied"
    )


def _strict(bench: Bench) -> Iterator[Finding]:
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "yes"}, {"userEnteredValue": "no"}]}
    rule = {"condition": condition, "strict": True, "showCustomUi": True}
    bench.api.write([{"setDataValidation": {"range": bench.area(30, 6), "rule": rule}}])
    try:
        bench.api.write([bench.put(30, 6, [["maybe"]])])
        yield Finding("strict dropdown", "accepted", "accepted")
    except PerthynError as error:
        yield Finding("strict dropdown", "accepted", "refused", _reason(error))


def _sorted(bench: Bench) -> Iterator[Finding]:
    number, tag = bench.tag("ROWS", 40)
    order = {"range": bench.area(40, 7, 3), "sortSpecs": [{"dimensionIndex": 7, "sortOrder": "ASCENDING"}]}
    bench.api.write([bench.put(40, 7, [["c"], ["a"], ["b"]]), tag, {"sortRange": order}])
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataId": number}}]}
    answer = bench.api.post("/developerMetadata:search", lookup, kind="reads")
    found = answer["matchedDeveloperMetadata"][0]["developerMetadata"]["location"]["dimensionRange"]["startIndex"]
    yield Finding("sort and row metadata", "stays", "stays" if found == 40 else "moves", str(found))


def _typed(bench: Bench) -> Iterator[Finding]:
    text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    fields = "userEnteredFormat.numberFormat"
    bench.api.write([{"repeatCell": {"range": bench.area(50, 8), "cell": text, "fields": fields}}])
    place = f"'{bench.title}'!I51"
    body = {"valueInputOption": "USER_ENTERED", "data": [{"range": place, "values": [["0123"]]}]}
    bench.api.post("/values:batchUpdate", body, kind="writes")
    found = bench.cells()[50][8]
    yield Finding("text column", "kept", "kept" if found == "0123" else "changed", repr(found))


def _forgotten(bench: Bench) -> Iterator[Finding]:
    try:
        bench.api.write([_forget(bench.number())])
        yield Finding("metadata not there", "accepted", "accepted")
    except PerthynError as error:
        yield Finding("metadata not there", "accepted", "refused", _reason(error))


def _version(bench: Bench, seconds: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[Finding]:
    before = bench.api.version()
    if before is None:
        why = "; ".join(_reason(facts["why"]) for _, _, facts in bench.api.checks)
        yield Finding("version", "another at once", "can't be asked", why)
        return
    bench.api.write([bench.put(60, 0, [["a change"]])])
    start = seconds()
    found, waited = "another at once", 0.0
    while bench.api.version() == before:
        waited = seconds() - start
        found = "another later"
        if waited > PATIENCE:
            found = "the same"
            break
        sleep(1)
    yield Finding("version", "another at once", found, f"{waited:.1f} s")


def _large(bench: Bench, seconds: Callable[[], float]) -> Iterator[Finding]:
    cells = 10
    for size in MEGABYTES:
        line = ["ŵ" * 500] * cells
        rows = size * 1_000_000 // (cells * 1050)
        start = seconds()
        grow = {"appendDimension": {"sheetId": bench.sheet, "dimension": "ROWS", "length": rows}}
        try:
            bench.api.write([grow, bench.put(70, 0, [line] * rows)], marker=bench.number(), marker_value="large")
            found, detail = "accepted", ""
        except PerthynError as error:
            found, detail = "refused", _reason(error)
        yield Finding("large batch", "accepted", found, f"{size} MB, {seconds() - start:.1f} s {detail}".strip())


PROBES: Mapping[str, Callable[[Bench], Iterator[Finding]]] = {
    "column metadata": _columns,
    "answer with cells": _answer,
    "rows under the header": _racing,
    "same marker twice": _twice,
    "strict dropdown": _strict,
    "sort and row metadata": _sorted,
    "text column": _typed,
    "metadata not there": _forgotten,
}


def _forget(number: int) -> dict[str, Any]:
    lookup = {"developerMetadataLookup": {"metadataId": number}}
    return {"deleteDeveloperMetadata": {"dataFilter": lookup}}


def _reason(error: object) -> str:
    facts: Mapping[str, object] = getattr(error, "facts", {})
    return str(facts.get("reason", error))
