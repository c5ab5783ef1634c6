"""Field masks: `sheets(properties(title,sheetId),data/rowData)`, `sheets.properties.title`, `*`.

A mask becomes a tree `{"sheets": {"properties": {"title": None}}}`, where None is "and all below".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import Refused

Mask = dict[str, Any]
TOKENS = re.compile(r"\s*([A-Za-z0-9_$*-]+|[./(),])\s*")


class WrongMask(Exception):
    """A mask that can't be read or that names what is not there; the argument is the path."""


def parse(text: str) -> Mask:
    """The tree of a mask. Raises WrongMask."""
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = TOKENS.match(text, at)
        if not found:
            raise WrongMask(text)
        tokens.append(found[1])
        at = found.end()
    mask, rest = _several(tokens, text)
    if rest or not mask:
        raise WrongMask(text)
    return mask


def _several(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        tokens = _one(tokens, mask, text)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _one(tokens: list[str], mask: Mask, text: str) -> list[str]:
    if not tokens or tokens[0] in "./(),":
        raise WrongMask(text)
    name, tokens = tokens[0], tokens[1:]
    inner: Mask | None = None
    if tokens and tokens[0] in "./":
        inner = {}
        tokens = _one(tokens[1:], inner, text)
    elif tokens and tokens[0] == "(":
        inner, tokens = _several(tokens[1:], text)
        if not tokens or tokens[0] != ")":
            raise WrongMask(text)
        tokens = tokens[1:]
    _join(mask, name, inner)
    return tokens


def _join(mask: Mask, name: str, inner: Mask | None) -> None:
    if name not in mask:
        mask[name] = inner
    elif mask[name] is None or inner is None:
        mask[name] = None
    else:
        for key, below in inner.items():
            _join(mask[name], key, below)


def checked(mask: Mask, schemas: Mapping[str, Any], name: str, path: str = "") -> Mask:
    """The mask, if the schema `name` has all that it names. Raises WrongMask."""
    properties = schemas[name].get("properties", {})
    for key, inner in mask.items():
        here = f"{path}.{key}" if path else key
        if key == "*":
            if inner is not None:
                for spec in properties.values():
                    _below(inner, schemas, spec, here)
            continue
        if key not in properties:
            raise WrongMask(here)
        if inner is not None:
            _below(inner, schemas, properties[key], here)
    return mask


def _below(inner: Mask, schemas: Mapping[str, Any], spec: Mapping[str, Any], path: str) -> None:
    while spec.get("type") == "array":
        spec = spec["items"]
    if "$ref" in spec:
        checked(inner, schemas, spec["$ref"], path)
    elif spec.get("type") != "object":
        raise WrongMask(f"{path}.{next(iter(inner))}")


def masked(answer: Any, mask: Mask | None) -> Any:
    """What the mask lets through."""
    if mask is None:
        return answer
    if isinstance(answer, list):
        return [masked(item, mask) for item in answer]
    if not isinstance(answer, dict):
        return answer
    if "*" in mask:
        return {key: masked(item, mask[key] if key in mask else mask["*"]) for key, item in answer.items()}
    return {key: masked(item, mask[key]) for key, item in answer.items() if key in mask}


def asks(mask: Mask | None, *path: str) -> bool:
    """Whether the mask lets something at the path through: `asks(mask, "sheets", "data")`."""
    for step in path:
        if mask is None:
            return True
        if step not in mask and "*" not in mask:
            return False
        mask = mask[step] if step in mask else mask["*"]
    return True


def refused(text: str, path: str) -> Refused:
    """Sheets' answer to a mask `text` that names `path`, which is not there."""
    violation = {
        "field": text,
        "description": f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'.",
    }
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return Refused(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", details)
