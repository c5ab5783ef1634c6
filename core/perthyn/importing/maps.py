"""Map files: what each column of a kind of file becomes, fixed for good (`--map FILE.toml`)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perthyn.errors import PerthynError, Unknown
from perthyn.importing.meanings import check_meaning
from perthyn.importing.plans import Understanding
from perthyn.text import nearest

_ABOUT = ("people", "happenings", "both")
_ORDERS = ("dmy", "mdy", "ymd", "serial")
_KEYS = ("source", "about", "known", "defaults", "columns")
_COLUMN_KEYS = ("becomes", "date_order", "decimal", "inverted")


@dataclass(frozen=True)
class MapColumn:
    """What a map says of one column; "" and None leave it to the cells."""

    becomes: str
    date_order: str = ""
    decimal: str = ""
    inverted: bool = False


@dataclass(frozen=True)
class MapFile:
    """A map: columns by header; whatever else is not said is found in the file as ever."""

    columns: Mapping[str, MapColumn]
    source: str = ""
    about: str = ""
    known: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)


def read_map(path: Path) -> MapFile:
    """Read a map file. Raises PerthynError ``import.map.*``; an unknown word comes with the nearest known one."""
    try:
        return map_from(path.read_text(encoding="utf-8-sig"), path.name)
    except OSError as error:
        raise PerthynError("import.map.missing", file=path.name) from error
    except UnicodeDecodeError as error:
        raise PerthynError("import.map.unreadable", file=path.name, detail=str(error)) from error


def map_from(text: str, name: str) -> MapFile:
    """The map of a map file's text; `name`: what to call it. Raises as `read_map` does."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, lists in lists in lists
        raise PerthynError("import.map.unreadable", file=name, detail=str(error)) from error
    _only(data, _KEYS, "")
    columns = _mapping(data, "columns")
    defaults = _mapping(data, "defaults")
    return MapFile(
        columns={header: _column(header, said) for header, said in columns.items()},
        source=_word(data, "source", ""),
        about=_chosen(_word(data, "about", ""), _ABOUT, "about"),
        known=_word(data, "known", ""),
        defaults={check_meaning(name, "defaults"): _word(defaults, name, "defaults") for name in defaults},
    )


def _column(header: str, said: Any) -> MapColumn:
    if isinstance(said, str):
        return MapColumn(check_meaning(said, header))
    if not isinstance(said, dict):
        raise PerthynError("import.map.value_wrong", key=header, value=str(said))
    _only(said, _COLUMN_KEYS, header)
    inverted = said.get("inverted", False)
    if not isinstance(inverted, bool):
        raise PerthynError("import.map.value_wrong", key="inverted", value=str(inverted))
    return MapColumn(
        check_meaning(_word(said, "becomes", header), header),
        _chosen(_word(said, "date_order", header), _ORDERS, "date_order"),
        _chosen(_word(said, "decimal", header), (".", ","), "decimal"),
        inverted,
    )


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise PerthynError("import.map.value_wrong", key=key, value=str(value))
    return value


def _word(data: Mapping[str, Any], key: str, _where: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise PerthynError("import.map.value_wrong", key=key, value=str(value))
    return value


def _only(data: Mapping[str, Any], known: tuple[str, ...], column: str) -> None:
    for key in data:
        if key not in known:
            raise Unknown("import.map.key_unknown", name=key, column=column, suggestion=nearest(key, known))


def _chosen(word: str, known: tuple[str, ...], key: str) -> str:
    if word and word not in known:
        raise Unknown("import.map.word_unknown", name=word, key=key, suggestion=nearest(word, known))
    return word


def write_map(understanding: Understanding) -> str:
    """The understanding of a file as the text of a map file, to be kept, changed and given with ``--map``."""
    lines = [
        f"source = {_quoted(understanding.source)}",
        f"about = {_quoted(understanding.about)}",
    ]
    if understanding.known:
        lines.append(f"known = {_quoted(understanding.known)}")
    lines += ["", "[defaults]"]
    lines += [f"{_quoted(name)} = {_quoted(word)}" for name, word in understanding.defaults.items()]
    lines += ["", "[columns]"]
    for plan in understanding.columns:
        said = [f"becomes = {_quoted(plan.becomes)}"]
        said += [f"date_order = {_quoted(plan.date_order)}"] if plan.date_order else []
        said += [f"decimal = {_quoted(plan.decimal)}"] if plan.decimal != "." else []
        said += ["inverted = true"] if plan.inverted else []
        value = "{ " + ", ".join(said) + " }" if len(said) > 1 else _quoted(plan.becomes)
        lines.append(f"{_quoted(plan.header)} = {value}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's too, but for the control sign U+007F."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
