"""Developer metadata: on the spreadsheet, a tab, one row or one column; found again by id, key, value or place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_emulator.book import Book
from sheets_emulator.errors import invalid, not_found

MOST = 30_000  # characters of keys and values, of the spreadsheet and of each tab


def shown(one: Mapping[str, Any]) -> dict[str, Any]:
    """One as answers show it: a tab's id 0 is left out, an empty value too."""
    location = dict(one["location"])
    place = location.get("dimensionRange")
    if place:
        location["dimensionRange"] = {key: value for key, value in place.items() if key not in ("sheetId",) or value}
    answer = {**one, "location": location}
    if not answer.get("metadataValue"):
        answer.pop("metadataValue", None)
    return answer


def get(book: Book, number: int) -> dict[str, Any]:
    if number not in book.metadata:
        raise not_found()
    return shown(book.metadata[number])


def matching(book: Book, lookup: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All metadata that fits every part of a DeveloperMetadataLookup, in order of id.

    Raises:
        Refused: its parts contradict each other, or its place is not there.
    """
    _check(book, lookup)
    return [one for _, one in sorted(book.metadata.items()) if _fits(one, lookup)]


def _check(book: Book, lookup: Mapping[str, Any]) -> None:
    where = lookup.get("metadataLocation") or {}
    kind, strategy = lookup.get("locationType"), lookup.get("locationMatchingStrategy")
    member = next((name for name in ("spreadsheet", "sheetId", "dimensionRange") if name in where), None)
    whole = bool(where.get("spreadsheet"))
    if kind == "SPREADSHEET" and member is not None and not whole:
        raise invalid(f"Cannot limit by location type of SPREADSHEET for the location {member}")
    if strategy == "EXACT_LOCATION" and kind is not None:
        raise invalid(
            "The locationMatchingStrategy was specified as EXACT_LOCATION, but a locationType was also specified: "
            "lookups cannot limit by a location type when matching an exact location."
        )
    if strategy is not None and member is None:
        raise invalid(
            "A locationMatchingStrategy was specified, but no metadataLocation was specified: lookups must always "
            "specify a metadataLocation when specifying a locationMatchingStrategy."
        )
    if strategy == "INTERSECTING_LOCATION" and whole:
        raise invalid(
            "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was specified as INTERSECTING."
        )
    if member == "sheetId":
        book.sheet(where["sheetId"])
    if member == "dimensionRange":
        location_of(book, {"dimensionRange": where["dimensionRange"]})


def _fits(one: Mapping[str, Any], lookup: Mapping[str, Any]) -> bool:
    for name in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if name in lookup and one.get(name) != lookup[name]:
            return False
    location = one["location"]
    if "locationType" in lookup and location["locationType"] != lookup["locationType"]:
        return False
    where = lookup.get("metadataLocation")
    if not where:
        return True
    exact = lookup.get("locationMatchingStrategy") == "EXACT_LOCATION" or where.get("spreadsheet")
    return _same(location, where) if exact else _meets(location, where)


def _same(location: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    if where.get("spreadsheet"):
        return bool(location["locationType"] == "SPREADSHEET")
    if "dimensionRange" in where:
        return bool(location.get("dimensionRange") == _place(where["dimensionRange"]))
    return bool(location["locationType"] == "SHEET" and location.get("sheetId", 0) == where.get("sheetId", 0))


def _meets(location: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    place = location.get("dimensionRange")
    if "dimensionRange" not in where:
        tab = place.get("sheetId", 0) if place else location.get("sheetId", 0)
        return bool(location["locationType"] != "SPREADSHEET" and tab == where.get("sheetId", 0))
    asked = _place(where["dimensionRange"])
    if not place or place["sheetId"] != asked["sheetId"] or place["dimension"] != asked["dimension"]:
        return False
    return bool(place["startIndex"] < asked["endIndex"] and asked["startIndex"] < place["endIndex"])


def _place(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sheetId": given.get("sheetId", 0),
        "dimension": given.get("dimension"),
        "startIndex": given.get("startIndex", 0),
        "endIndex": given.get("endIndex", 1 << 40),
    }


def created(book: Book, given: Mapping[str, Any]) -> dict[str, Any]:
    """Add metadata to the book; an id may be chosen.

    Raises:
        Refused: no key, location or visibility, an id that is taken, a place that is not one row or column of a tab,
            or more text than the place may hold.
    """
    number = given.get("metadataId")
    if number is None:
        number = book.fresh_id()
        while number in book.metadata:
            number = book.fresh_id()
    elif number in book.metadata:
        raise invalid(
            f"Cannot add developer metadata with ID [{number}] because developer metadata with that ID already exists."
        )
    elif number < 1:
        raise invalid("Developer metadata ID must be positive")
    if not given.get("metadataKey"):
        raise invalid("Developer metadata must have a key")
    if given.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise invalid("Developer metadata visibility must be specified")
    one = {
        "metadataId": number,
        "metadataKey": given["metadataKey"],
        "metadataValue": given.get("metadataValue", ""),
        "location": location_of(book, given.get("location") or {}),
        "visibility": given["visibility"],
    }
    book.metadata[number] = one
    check_size(book)
    return one


def location_of(book: Book, given: Mapping[str, Any]) -> dict[str, Any]:
    """The location as it is kept, with its type."""
    if given.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "dimensionRange" in given:
        place = _place(given["dimensionRange"])
        sheet = book.sheet(place["sheetId"])
        if place["dimension"] not in ("ROWS", "COLUMNS"):
            raise invalid("The dimension must be ROWS or COLUMNS")
        size = sheet.row_count if place["dimension"] == "ROWS" else sheet.column_count
        if place["endIndex"] != place["startIndex"] + 1 or not 0 <= place["startIndex"] < size:
            raise invalid("Developer metadata dimension range must represent a single row or column in the sheet")
        return {"locationType": "ROW" if place["dimension"] == "ROWS" else "COLUMN", "dimensionRange": place}
    if "sheetId" in given:
        return {"locationType": "SHEET", "sheetId": book.sheet(given["sheetId"]).id}
    raise invalid("Developer metadata must have a location")


def check_size(book: Book) -> None:
    """Refuse more than 30,000 characters of keys and values on the spreadsheet, or on one tab."""
    sizes: dict[int | None, int] = {}
    for one in book.metadata.values():
        place = one["location"].get("dimensionRange") or one["location"]
        where = None if one["location"]["locationType"] == "SPREADSHEET" else place.get("sheetId", 0)
        sizes[where] = sizes.get(where, 0) + len(one["metadataKey"]) + len(one["metadataValue"])
    if max(sizes.values(), default=0) > MOST:
        raise invalid(f"Developer metadata may hold at most {MOST} characters for each sheet and for the spreadsheet.")


def of_sheet(book: Book, sheet_id: int, type: str = "SHEET") -> list[dict[str, Any]]:
    """What hangs on the tab itself."""
    return [
        shown(one)
        for one in book.metadata.values()
        if one["location"]["locationType"] == type and one["location"].get("sheetId", 0) == sheet_id
    ]


def copied(source: Any, sheet: Any) -> None:
    """Give a copy of a tab the developer metadata of the original, with ids of its own."""
    book, others = sheet.book, source.book.metadata
    for one in list(others.values()):
        location = one["location"]
        place = location.get("dimensionRange") or location
        if location["locationType"] == "SPREADSHEET" or place.get("sheetId", 0) != source.id:
            continue
        number = book.fresh_id()
        moved = {**place, "sheetId": sheet.id}
        where = {**location, "dimensionRange": moved} if "dimensionRange" in location else moved
        book.metadata[number] = {**one, "metadataId": number, "location": where}
