"""Requests on what lies over cells: conditional formats, banding, the basic filter."""

from __future__ import annotations

from typing import Any

from sheets_emulator import masks, ranges, styles
from sheets_emulator.book import Book
from sheets_emulator.colours import both
from sheets_emulator.errors import invalid
from sheets_emulator.requests.ordering import sort
from sheets_emulator.sheet import Sheet


def _rule(book: Book, given: dict[str, Any]) -> tuple[Sheet, dict[str, Any]]:
    parts = [{"sheetId": 0, **one} for one in given.get("ranges", [])]
    if not parts:
        raise invalid("A conditional format rule must have at least one range")
    sheets = {ranges.of(book, one).sheet.id for one in parts}
    if len(sheets) > 1:
        raise invalid("All ranges in a conditional format rule must be on the same sheet")
    if "booleanRule" not in given and "gradientRule" not in given:
        raise invalid("A conditional format rule must have a boolean or gradient rule")
    rule = {**given, "ranges": parts}
    if "booleanRule" in given:
        boolean = given["booleanRule"]
        rule["booleanRule"] = {**boolean, "format": styles.kept(boolean.get("format", {})) or {}}
    return book.sheet(sheets.pop()), rule


def _shown(rule: dict[str, Any]) -> dict[str, Any]:
    return {**rule, "ranges": [ranges.answered(one) for one in rule["ranges"]]}


def _index(sheet: Sheet, index: int) -> int:
    if not 0 <= index < len(sheet.rules):
        raise invalid(f"No conditional format on sheet: {sheet.id} at index: {index}")
    return index


def add_rule(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, rule = _rule(book, given.get("rule", {}))
    index = int(given.get("index", 0))
    if index > len(sheet.rules):
        raise invalid(f"Cannot add a conditional format at index: {index}, there are {len(sheet.rules)}")
    sheet.rules.insert(index, rule)
    return {}


def update_rule(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    if "rule" in given:
        sheet, rule = _rule(book, given["rule"])
        index = _index(sheet, int(given.get("index", 0)))
        old, sheet.rules[index] = sheet.rules[index], rule
        reply = {"newRule": _shown(rule), "newIndex": index, "oldRule": _shown(old), "oldIndex": index}
    else:
        sheet = book.sheet(int(given.get("sheetId", 0)))
        index, new = _index(sheet, int(given.get("index", 0))), _index(sheet, int(given.get("newIndex", 0)))
        rule = sheet.rules.pop(index)
        sheet.rules.insert(new, rule)
        reply = {"newRule": _shown(rule), "newIndex": new, "oldRule": _shown(rule), "oldIndex": index}
    return {key: value for key, value in reply.items() if value != 0}


def delete_rule(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet = book.sheet(int(given.get("sheetId", 0)))
    return {"rule": _shown(sheet.rules.pop(_index(sheet, int(given.get("index", 0)))))}


def _banding(given: dict[str, Any]) -> dict[str, Any]:
    result = dict(given)
    for side in ("rowProperties", "columnProperties"):
        if side in given:
            colours = given[side]
            for name in ("headerColor", "firstBandColor", "secondBandColor", "footerColor"):
                colours = both(colours, name)
            result[side] = colours
    return result


def add_banding(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    new = given.get("bandedRange", {})
    place = {"sheetId": 0, **new.get("range", {})}
    span = ranges.of(book, place)
    if "rowProperties" not in new and "columnProperties" not in new:
        raise invalid("A banded range must have row or column properties")
    if any(ranges.span(span.sheet, one["range"]).meets(span) for one in span.sheet.banding):
        raise invalid(
            "You cannot add alternating background colors to a range that already has alternating background colors."
        )
    id = new.get("bandedRangeId") or book.fresh_id()
    if any(one["bandedRangeId"] == id for sheet in book.sheets for one in sheet.banding):
        raise invalid(f"A banded range with id {id} already exists.")
    kept = _banding({**new, "bandedRangeId": id, "range": place})
    span.sheet.banding.append(kept)
    return {"bandedRange": {**kept, "range": ranges.answered(place)}}


def _band(book: Book, id: int) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        for index, one in enumerate(sheet.banding):
            if one["bandedRangeId"] == id:
                return sheet, index
    raise invalid(f"No banded range with id: {id}")


def update_banding(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    all_paths = masks.paths(given.get("fields"))
    new = given.get("bandedRange", {})
    sheet, index = _band(book, new.get("bandedRangeId", 0))
    old = sheet.banding[index]
    changed = masks.merged(old, new, all_paths)
    changed["bandedRangeId"] = old["bandedRangeId"]
    changed["range"] = {"sheetId": 0, **changed.get("range", old["range"])}
    ranges.of(book, changed["range"])
    sheet.banding[index] = _banding(changed)
    return {}


def delete_banding(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, index = _band(book, given.get("bandedRangeId", 0))
    del sheet.banding[index]
    return {}


def set_filter(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    new = given.get("filter", {})
    span = ranges.of(book, new.get("range", {}))
    span.sheet.filter = {**new, "range": span.grid_range()}
    if new.get("sortSpecs") and span.height > 1:
        below = {**span.grid_range(), "startRowIndex": span.top + 1}
        sort(book, {"range": below, "sortSpecs": new["sortSpecs"]}, caller)
    return {}


def clear_filter(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    book.sheet(int(given.get("sheetId", 0))).filter = None
    return {}


KINDS = {
    "addConditionalFormatRule": add_rule,
    "updateConditionalFormatRule": update_rule,
    "deleteConditionalFormatRule": delete_rule,
    "addBanding": add_banding,
    "updateBanding": update_banding,
    "deleteBanding": delete_banding,
    "setBasicFilter": set_filter,
    "clearBasicFilter": clear_filter,
}
