"""Requests on protected ranges."""

from __future__ import annotations

from typing import Any

from sheets_emulator import masks, ranges
from sheets_emulator.book import Book
from sheets_emulator.errors import invalid
from sheets_emulator.sheet import Sheet


def add(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    new = given.get("protectedRange", {})
    sheet, place = _place(book, new)
    id = new.get("protectedRangeId") or book.fresh_id()
    if any(one["protectedRangeId"] == id for each in book.sheets for one in each.protected):
        raise invalid(f"A protected range with id {id} already exists.")
    editors = {name: value for name, value in new.get("editors", {}).items() if value}
    asked = dict(editors)
    editors["users"] = list(dict.fromkeys([*editors.get("users", []), caller]))
    kept = {"protectedRangeId": id, **place}
    kept |= {
        name: new[name] for name in ("namedRangeId", "description", "warningOnly", "unprotectedRanges") if new.get(name)
    }
    kept["editors"] = editors
    sheet.protected.append(kept)
    return {"protectedRange": shown(book, kept, caller) | {"editors": asked}}


def _place(book: Book, new: dict[str, Any]) -> tuple[Sheet, dict[str, Any]]:
    if "namedRangeId" in new:
        if new["namedRangeId"] not in book.names:
            raise invalid(f"No named range with id: {new['namedRangeId']}")
        place = book.names[new["namedRangeId"]]["range"]
    elif "range" in new:
        place = {"sheetId": 0, **new["range"]}
    else:
        raise invalid("Must specify a range or a named range")
    return ranges.of(book, place).sheet, {"range": place}


def shown(book: Book, one: dict[str, Any], caller: str) -> dict[str, Any]:
    """As an answer: the range of its name if it has one; `requestingUserCanEdit` for who asks."""
    answer = {**one, "range": ranges.answered(ranges.protected_range(book, one))}
    editors = answer.pop("editors", {})
    if one.get("warningOnly") or caller == book.owner or caller in editors.get("users", []):
        answer["requestingUserCanEdit"] = True
    return answer | {"editors": editors}


def _found(book: Book, id: int) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        for index, one in enumerate(sheet.protected):
            if one["protectedRangeId"] == id:
                return sheet, index
    raise invalid(f"No protected range with id: {id}")


def _may_change(book: Book, one: dict[str, Any], caller: str) -> None:
    editors = one.get("editors", {}).get("users", [])
    if not one.get("warningOnly") and caller != book.owner and caller not in editors:
        raise invalid(ranges.PROTECTED)


def update(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    all_paths = masks.paths(given.get("fields"))
    new = given.get("protectedRange", {})
    sheet, index = _found(book, new.get("protectedRangeId", 0))
    old = sheet.protected[index]
    _may_change(book, old, caller)
    if masks.below(all_paths, "range"):
        if ranges.of(book, new.get("range", {})).sheet is not sheet:
            raise invalid("A protected range cannot move to another sheet.")
        new = {**new, "range": {"sheetId": 0, **new.get("range", {})}}
    changed = masks.merged(old, new, [path for path in all_paths if path[0] != "protectedRangeId"])
    sheet.protected[index] = {**changed, "protectedRangeId": old["protectedRangeId"]}
    sheet.protected[index].setdefault("editors", {})
    return {}


def delete(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, index = _found(book, given.get("protectedRangeId", 0))
    _may_change(book, sheet.protected[index], caller)
    del sheet.protected[index]
    return {}


KINDS = {"addProtectedRange": add, "updateProtectedRange": update, "deleteProtectedRange": delete}
