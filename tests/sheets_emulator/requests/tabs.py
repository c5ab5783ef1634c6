"""Requests on tabs and on the spreadsheet: add, delete, duplicate, rename, order, hide, freeze, colour."""

from __future__ import annotations

from typing import Any

from sheets_emulator import masks, metadata, references, shifting
from sheets_emulator.book import Book
from sheets_emulator.colours import both
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.sheet import Sheet

GRID = ("frozenRowCount", "frozenColumnCount", "hideGridlines", "rowGroupControlAfter", "columnGroupControlAfter")
BOOK = {
    "title", "locale", "timeZone", "autoRecalc", "defaultFormat", "iterativeCalculationSettings", "spreadsheetTheme",
    "importFunctionsExternalUrlAccessAllowed",
}  # fmt: skip
LOOKS = ("hidden", "tabColor", "tabColorStyle", "rightToLeft")


def properties(sheet: Sheet) -> dict[str, Any]:
    """SheetProperties as answers show them: what is false or 0 is left out, the tab's id and index never."""
    return {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": sheet.book.sheets.index(sheet),
        "sheetType": sheet.kind,
        "gridProperties": {
            "rowCount": sheet.row_count,
            "columnCount": sheet.column_count,
            **{name: sheet.grid[name] for name in GRID if sheet.grid.get(name)},
        },
        **{name: sheet.looks[name] for name in LOOKS if sheet.looks.get(name)},
    }


def add(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    new = given.get("properties", {})
    id = new.get("sheetId")
    if id is None:
        id = book.fresh_id()
    elif id < 0:
        raise invalid("Sheet ID cannot be negative")
    elif any(one.id == id for one in book.sheets):
        raise invalid(f"A sheet with the id {id} already exists.")
    if new.get("sheetType", "GRID") != "GRID":
        raise Refused(501, "UNIMPLEMENTED", f"The emulator does not know tabs of type {new['sheetType']}")
    grid = new.get("gridProperties", {})
    title = new.get("title") or _free_title(book, "Sheet", len(book.sheets) + 1)
    _check_title(book, title, None)
    sheet = Sheet(book, id, title, grid.get("rowCount", 1000), grid.get("columnCount", 26))
    if sheet.row_count < 1 or sheet.column_count < 1:
        raise invalid("A sheet must have at least one row and one column")
    index = new.get("index", len(book.sheets))
    if index > len(book.sheets):
        raise invalid(f"Sheet index: {index} must be between 0 and {len(book.sheets)}")
    book.sheets = [*book.sheets[:index], sheet, *book.sheets[index:]]
    book.check_size()
    sheet.grid = {name: grid[name] for name in GRID if name in grid}
    sheet.looks = both({name: new[name] for name in LOOKS if name in new}, "tabColor")
    return {"properties": properties(sheet)}


def _free_title(book: Book, stem: str, number: int) -> str:
    while book.titled(f"{stem}{number}"):
        number += 1
    return f"{stem}{number}"


def _check_title(book: Book, title: str, own: Sheet | None) -> None:
    taken = book.titled(title)
    if taken is not None and taken is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if not title:
        raise invalid("Sheet names cannot be empty.")
    if len(title) > 100:
        raise invalid("Sheet names cannot be longer than 100 characters.")


def update(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    new = given.get("properties", {})
    all_paths = masks.paths(given.get("fields"), {"sheetId", "title", "index", "sheetType", "gridProperties", *LOOKS})
    sheet = book.sheet(int(new.get("sheetId", 0)), word="sheet")
    if masks.below(all_paths, "title") and ("title" in new or ("title",) in all_paths):
        _rename(sheet, new.get("title", ""))
    grid = masks.below(all_paths, "gridProperties")
    if grid and "gridProperties" in new:
        _regrid(sheet, new["gridProperties"], grid)
    looks = [path for path in all_paths if path[0] in LOOKS]
    if ("*",) in all_paths:
        looks = [(name,) for name in LOOKS]
    if looks:
        _relook(sheet, new, looks)
    if masks.below(all_paths, "index") and "index" in new:
        _place(sheet, int(new["index"]))
    return {}


def _rename(sheet: Sheet, title: str) -> None:
    _check_title(sheet.book, title, sheet)
    if title != sheet.title:
        references.renamed(sheet, sheet.title, title)
        sheet.title = title
        sheet.book.touched()


def _regrid(sheet: Sheet, new: dict[str, Any], all_paths: list[masks.Path]) -> None:
    old = {"rowCount": sheet.row_count, "columnCount": sheet.column_count, **sheet.grid}
    grid = masks.merged(old, new, all_paths)
    rows, columns = grid.get("rowCount", sheet.row_count), grid.get("columnCount", sheet.column_count)
    if rows < 1 or columns < 1:
        raise invalid("A sheet must have at least one row and one column")
    for name, size, word in (("frozenRowCount", rows, "rows"), ("frozenColumnCount", columns, "columns")):
        if grid.get(name, 0) >= size:
            raise invalid(f"You can't freeze all visible {word} on the sheet.")
    if rows < sheet.row_count:  # what stood there is deleted, with all that hangs on it
        shifting.delete(sheet, "ROWS", rows, sheet.row_count)
    if columns < sheet.column_count:
        shifting.delete(sheet, "COLUMNS", columns, sheet.column_count)
    sheet.grow(rows, columns)
    sheet.grid = {name: grid[name] for name in GRID if grid.get(name)}


def _relook(sheet: Sheet, new: dict[str, Any], looks: list[masks.Path]) -> None:
    for path in looks:
        if path[0].startswith("tabColor"):
            sheet.looks.pop("tabColor", None)
            sheet.looks.pop("tabColorStyle", None)
    sheet.looks = both(masks.merged(sheet.looks, new, looks), "tabColor")
    if all(one.looks.get("hidden") for one in sheet.book.sheets):
        raise invalid("You can't hide all the sheets in a document.")


def _place(sheet: Sheet, index: int) -> None:
    """Before the tab that stands at `index` now: that is how Google counts it."""
    book = sheet.book
    if not 0 <= index <= len(book.sheets):
        raise invalid(f"Sheet index: {index} must be between 0 and {len(book.sheets)}")
    old = book.sheets.index(sheet)
    rest = [one for one in book.sheets if one is not sheet]
    at = index - 1 if index > old else index
    book.sheets = [*rest[:at], sheet, *rest[at:]]


def delete(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet = book.sheet(int(given.get("sheetId", 0)), word="sheet")
    rest = [one for one in book.sheets if one is not sheet]
    if not any(not one.looks.get("hidden") for one in rest):
        raise invalid("You can't remove all the visible sheets in a document.")
    book.sheets = rest
    book.names = {id: one for id, one in book.names.items() if one["range"].get("sheetId", 0) != sheet.id}
    for number, one in list(book.metadata.items()):
        place = one["location"].get("dimensionRange") or one["location"]
        if one["location"]["locationType"] != "SPREADSHEET" and place.get("sheetId", 0) == sheet.id:
            del book.metadata[number]
    references.lost(book, sheet.title)
    book.touched()
    return {}


def duplicate(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    source = book.sheet(int(given.get("sourceSheetId", 0)), word="sheet")
    id = given.get("newSheetId")
    if id is None:
        id = book.fresh_id()
    elif any(one.id == id for one in book.sheets):
        raise invalid(f"A sheet with the id {id} already exists.")
    title = given.get("newSheetName") or copied_title(book, source.title)
    _check_title(book, title, None)
    sheet = source.copy(book, id, title)
    for one in (*sheet.protected, *sheet.banding):
        name = "protectedRangeId" if "protectedRangeId" in one else "bandedRangeId"
        one[name] = book.fresh_id()
    index = int(given.get("insertSheetIndex", 0))
    book.sheets = [*book.sheets[:index], sheet, *book.sheets[index:]]
    book.check_size()
    metadata.copied(source, sheet)
    return {"properties": properties(sheet)}


def copied_title(book: Book, title: str) -> str:
    """ "Copy of X", or "Copy of X 2" if that is taken."""
    name = f"Copy of {title}"
    return name if not book.titled(name) else _free_title(book, f"{name} ", 2)


def update_book(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    all_paths = masks.paths(given.get("fields"), BOOK)
    new = given.get("properties", {})
    if masks.below(all_paths, "title") and not new.get("title") and ("*",) not in all_paths:
        raise invalid("Spreadsheet title cannot be empty")
    if ("*",) in all_paths:
        all_paths = [(name,) for name in new]
    locale = new.get("locale")
    if locale is not None and (len(locale) < 2 or not locale.replace("_", "").replace("-", "").isalnum()):
        raise invalid(f"Unsupported locale: {locale}")
    book.properties = masks.merged(book.properties, new, all_paths)
    book.touched()
    return {}


KINDS = {
    "addSheet": add,
    "updateSheetProperties": update,
    "deleteSheet": delete,
    "duplicateSheet": duplicate,
    "updateSpreadsheetProperties": update_book,
}
