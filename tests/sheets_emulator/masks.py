"""Masks that say which fields of a request are meant: `title,gridProperties(rowCount,columnCount)`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sheets_emulator.errors import invalid

Path = tuple[str, ...]
NONE_LISTED = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"


def paths(fields: str | None, known: Collection[str] = ()) -> list[Path]:
    """The paths of a mask, in its order.

    Raises:
        Refused: there is none, or one begins with a name that is not `known` (if anything is).
    """
    found = _list(re.findall(r"[A-Za-z_*][A-Za-z0-9_]*|[().,/]", fields or ""))[0]
    if not found:
        raise invalid(NONE_LISTED)
    for path in found:
        if known and path[0] != "*" and path[0] not in known:
            raise invalid(f"Invalid field: {path[0]}")
    return found


def _list(tokens: list[str]) -> tuple[list[Path], list[str]]:
    found: list[Path] = []
    while tokens and tokens[0] != ")":
        if tokens[0] == ",":
            tokens = tokens[1:]
            continue
        path: list[str] = []
        while tokens and tokens[0] not in ",()":
            if tokens[0] not in "./":
                path.append(_camel(tokens[0]))
            tokens = tokens[1:]
        if tokens and tokens[0] == "(":
            inner, tokens = _list(tokens[1:])
            tokens = tokens[1:]
            found += [(*path, *one) for one in inner]
        else:
            found.append(tuple(path))
    return found, tokens


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def below(all_paths: list[Path], name: str) -> list[Path] | None:
    """The paths under one field: [()] if the field is meant whole, None if it is not meant at all."""
    found = [path[1:] if path[0] == name else () for path in all_paths if path[0] in (name, "*")]
    return found or None


def merged(old: dict[str, Any] | None, new: dict[str, Any] | None, all_paths: list[Path]) -> dict[str, Any]:
    """`old` with the fields of the mask as in `new`; a field that `new` lacks is taken out."""
    result = dict(old or {})
    for path in all_paths:
        if path in ((), ("*",)):
            result = dict(new or {})
            continue
        head, rest = path[0], path[1:]
        given = (new or {}).get(head)
        if rest and rest != ("*",):
            inner = merged(result.get(head), given, [rest])
            if inner:
                result[head] = inner
            else:
                result.pop(head, None)
        elif given is None:
            result.pop(head, None)
        else:
            result[head] = given
    return result
