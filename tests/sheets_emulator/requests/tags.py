"""Requests on developer metadata and on named ranges."""

from __future__ import annotations

import re
from typing import Any

from sheets_emulator import a1, filters, masks, metadata, ranges
from sheets_emulator.book import Book
from sheets_emulator.errors import invalid

_NAME = re.compile(r"[^\W\d]\w{0,249}")


def create_metadata(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    return {"developerMetadata": metadata.shown(metadata.created(book, given.get("developerMetadata", {})))}


def update_metadata(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    all_paths = masks.paths(given.get("fields"), {"metadataKey", "metadataValue", "location", "visibility"})
    new = given.get("developerMetadata", {})
    found = {
        one["metadataId"]: one for wanted in given.get("dataFilters", []) for one in filters.selected(book, wanted)
    }
    if not found:
        raise invalid("No developer metadata was found that matches the data filters.")
    for number, one in found.items():
        changed = masks.merged(one, new, [path for path in all_paths if path != ("location",)])
        if masks.below(all_paths, "location") and "location" in new:
            changed["location"] = metadata.location_of(book, new["location"])
        changed.setdefault("metadataValue", "")
        book.metadata[number] = {**changed, "metadataId": number}
    metadata.check_size(book)
    return {"developerMetadata": [metadata.shown(book.metadata[number]) for number in found]}


def delete_metadata(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    found = filters.selected(book, given.get("dataFilter", {}))
    if not found and book.switches.delete_metadata_needs_match:
        raise invalid("No developer metadata was found that matches the data filter.")
    for one in found:
        del book.metadata[one["metadataId"]]
    return {"deletedDeveloperMetadata": [metadata.shown(one) for one in found]} if found else {}


def _check_name(book: Book, name: str, own: str | None) -> None:
    if not _NAME.fullmatch(name) or a1.area(name) is not None or name.lower() in ("true", "false"):
        raise invalid(f"Invalid name: {name}")
    for id, one in book.names.items():
        if id != own and one["name"].casefold() == name.casefold():
            raise invalid(f"Cannot add named range with name {name}, a named range with that name already exists.")


def add_name(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    new = given.get("namedRange", {})
    _check_name(book, new.get("name", ""), None)
    ranges.of(book, new.get("range", {}))
    id = new.get("namedRangeId") or str(book.fresh_id())
    if id in book.names:
        raise invalid(f"Cannot add named range with ID {id}, a named range with that ID already exists.")
    book.names[id] = {"namedRangeId": id, "name": new["name"], "range": {"sheetId": 0, **new.get("range", {})}}
    book.touched()
    return {"namedRange": shown_name(book.names[id])}


def shown_name(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "range": ranges.answered(one["range"])}


def update_name(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    all_paths = masks.paths(given.get("fields"), {"name", "range", "namedRangeId"})
    new = given.get("namedRange", {})
    id = new.get("namedRangeId", "")
    if id not in book.names:
        raise invalid(f"No named range with id: {id}")
    if masks.below(all_paths, "name"):
        _check_name(book, new.get("name", ""), id)
    if masks.below(all_paths, "range"):
        ranges.of(book, new.get("range", {}))
        new = {**new, "range": {"sheetId": 0, **new.get("range", {})}}
    book.names[id] = {**masks.merged(book.names[id], new, all_paths), "namedRangeId": id}
    book.touched()
    return {}


def delete_name(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    id = given.get("namedRangeId", "")
    if id not in book.names:
        raise invalid(f"No named range with id: {id}")
    del book.names[id]
    book.touched()
    return {}


KINDS = {
    "createDeveloperMetadata": create_metadata,
    "updateDeveloperMetadata": update_metadata,
    "deleteDeveloperMetadata": delete_metadata,
    "addNamedRange": add_name,
    "updateNamedRange": update_name,
    "deleteNamedRange": delete_name,
}
