"""Cell formats as Google keeps them: each colour in its old form and as a style."""

from __future__ import annotations

from typing import Any

from sheets_emulator import masks
from sheets_emulator.cells import Value
from sheets_emulator.colours import both


def kept(format: dict[str, Any]) -> dict[str, Any] | None:
    """A CellFormat with both forms of its colours; None if it says nothing."""
    if not format:
        return None
    result = both(format, "backgroundColor")
    if result.get("textFormat"):
        result["textFormat"] = both(result["textFormat"], "foregroundColor")
    if result.get("borders"):
        result["borders"] = {side: both(one, "color") for side, one in result["borders"].items()}
    return result


def changed(old: dict[str, Any] | None, new: dict[str, Any], all_paths: list[masks.Path]) -> dict[str, Any] | None:
    """A format after an update: whoever sets one form of a colour sets the other too."""
    base = old or {}
    for path in all_paths:
        base = _dropped(base, path)
    return kept(masks.merged(base, new, all_paths))


def _dropped(format: dict[str, Any], path: masks.Path) -> dict[str, Any]:
    if not path:
        return {}
    last = path[-1]
    twin = (
        last.removesuffix("Style") if last.endswith("ColorStyle") else f"{last}Style" if last.endswith("olor") else ""
    )
    if not twin:
        return format
    return masks.merged(format, {}, [(*path[:-1], twin)])


class Effective:
    """The formats that cells show: their own over the spreadsheet's, aligned by what they hold. Each made once."""

    def __init__(self, properties: dict[str, Any]) -> None:
        self._default = properties["defaultFormat"]
        self._font = {"fontFamily": properties["spreadsheetTheme"]["primaryFontFamily"]}
        self._made: dict[tuple[int, str], dict[str, Any]] = {}

    def of(self, format: dict[str, Any] | None, value: Value) -> dict[str, Any]:
        side = "CENTER" if isinstance(value, bool) else "RIGHT" if isinstance(value, int | float) else "LEFT"
        key = (id(format), side)
        if key not in self._made:
            self._made[key] = self._over(format or {}, side)
        return self._made[key]

    def _over(self, own: dict[str, Any], side: str) -> dict[str, Any]:
        default = self._default
        result = {**default, "horizontalAlignment": side, "hyperlinkDisplayType": "PLAIN_TEXT", **own}
        result["textFormat"] = {**default["textFormat"], **self._font, **own.get("textFormat", {})}
        if "padding" in own:
            result["padding"] = {**default["padding"], **own["padding"]}
        return result
