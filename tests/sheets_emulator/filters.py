"""DataFilters: the parts of a book that an A1 range, a GridRange or developer metadata names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_emulator import metadata, ranges
from sheets_emulator.book import Book
from sheets_emulator.errors import invalid
from sheets_emulator.ranges import Span


def spans(book: Book, wanted: Mapping[str, Any], word: str = "grid") -> list[Span]:
    """The spans that a DataFilter selects.

    Raises:
        Refused: the filter names nothing, or a range that is not there.
    """
    if "a1Range" in wanted:
        return [ranges.named(book, wanted["a1Range"])]
    if "gridRange" in wanted:
        return [ranges.of(book, wanted["gridRange"], word)]
    if "developerMetadataLookup" in wanted:
        found = metadata.matching(book, wanted["developerMetadataLookup"])
        return [span for one in found if (span := _span(book, one["location"]))]
    raise invalid("A data filter must specify exactly one of: developerMetadataLookup, a1Range, gridRange")


def _span(book: Book, location: Mapping[str, Any]) -> Span | None:
    if location["locationType"] == "SPREADSHEET":
        return None
    place = location.get("dimensionRange")
    if not place:
        sheet = book.sheet(location.get("sheetId", 0))
        return Span(sheet, 0, 0, sheet.row_count, sheet.column_count)
    sheet = book.sheet(place.get("sheetId", 0))
    if place["dimension"] == "ROWS":
        return Span(sheet, place["startIndex"], 0, place["endIndex"], sheet.column_count)
    return Span(sheet, 0, place["startIndex"], sheet.row_count, place["endIndex"])


def selected(book: Book, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The developer metadata that a DataFilter selects: by lookup, or all that lies within a range."""
    if "developerMetadataLookup" in wanted:
        return metadata.matching(book, wanted["developerMetadataLookup"])
    found = spans(book, wanted)
    return [one for one in book.metadata.values() if any(_within(one["location"], span) for span in found)]


def _within(location: Mapping[str, Any], span: Span) -> bool:
    place = location.get("dimensionRange")
    if not place or place.get("sheetId", 0) != span.sheet.id:
        return False
    if place["dimension"] == "ROWS":
        return (
            span.left == 0 and span.right >= span.sheet.column_count and span.top <= place["startIndex"] < span.bottom
        )
    return span.top == 0 and span.bottom >= span.sheet.row_count and span.left <= place["startIndex"] < span.right


def search(book: Book, body: Mapping[str, Any]) -> dict[str, Any]:
    """`developerMetadata:search`: each match once, with the filters that found it."""
    found: dict[int, list[Any]] = {}
    for wanted in body.get("dataFilters", []):
        for one in selected(book, wanted):
            found.setdefault(one["metadataId"], []).append(wanted)
    matched = [{"developerMetadata": metadata.get(book, number), "dataFilters": by} for number, by in found.items()]
    return {"matchedDeveloperMetadata": matched} if matched else {}
