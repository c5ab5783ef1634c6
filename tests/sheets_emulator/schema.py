"""Bodies held against Google's own description of its APIs.

Each schema of a discovery document is compiled into two functions: a fast one that says "exactly as it should be" and,
for what is not, a slow one that reads as Google's JSON reader does (null is absent, snake_case names and numbers as
text are understood) and collects what is wrong in Google's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import Refused

Plain = Callable[[Any], bool]
INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)
ONE_OF = {
    "Request": ("kind", ""),
    "ExtendedValue": ("value", ""),
    "ConditionValue": ("value", ""),
    "DataFilter": ("filter", ""),
    "ColorStyle": ("kind", ""),
    "UpdateCellsRequest": ("area", "start range"),
    "FindReplaceRequest": ("scope", "range sheetId allSheets"),
    "PasteDataRequest": ("kind", "delimiter html"),
    "DeveloperMetadataLocation": ("location", "spreadsheet sheetId dimensionRange"),
}
"""Schemas of which one field at most may be set, or one of these (a discovery document does not tell), with Google's
name for it."""
SHOWN = {"string": "TYPE_STRING", "boolean": "TYPE_BOOL", "double": "TYPE_DOUBLE", "float": "TYPE_FLOAT"}


def snake(name: str) -> str:
    """`updateCells` -> `update_cells`: Google's errors name fields so."""
    return re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), name)


class Schemas:
    """The schemas of one API. `lenient` ones ignore names that they do not know, as Drive does."""

    def __init__(self, document: Mapping[str, Any], package: str, *, lenient: bool = False) -> None:
        self.schemas: Mapping[str, Any] = document["schemas"]
        self._package = package
        self._lenient = lenient
        self._fast: dict[str, Plain] = {}
        self._names: dict[str, dict[str, str]] = {}

    def read(self, name: str, body: Any, inside: str = "") -> Any:
        """The body as `name` describes it, in its plain form. Raises the 400 that lists what is wrong.

        `inside` is the field of the method's whole request that the body is.
        """
        if body is None:
            return {}
        if not isinstance(body, dict):
            raise violations([("", _unknown("", inside, "Root element must be a message."))])
        if self._plain({"$ref": name})(body):
            return body
        wrong: list[tuple[str, str]] = []
        body = self._slow({"$ref": name}, body, inside, wrong)
        if wrong:
            raise violations(wrong)
        return body

    def _plain(self, spec: Mapping[str, Any]) -> Plain:
        if "$ref" in spec:
            return self._object(spec["$ref"])
        kind = spec.get("type")
        if kind == "array":
            leaf, each = self._leaf(spec["items"]), self._plain(spec["items"])
            if leaf:
                return lambda value: type(value) is list and all(type(item) is leaf for item in value)
            return lambda value: type(value) is list and all(map(each, value))
        if kind == "object":
            return lambda value: type(value) is dict
        if kind == "integer":
            return lambda value: type(value) is int and value in INT32
        if kind == "number":
            return lambda value: type(value) is float or type(value) is int
        if "enum" in spec:
            words = frozenset(spec["enum"])
            return lambda value: type(value) is str and value in words
        if kind == "any":
            return lambda value: True
        leaf = self._leaf(spec) or str
        return lambda value: type(value) is leaf

    @staticmethod
    def _leaf(spec: Mapping[str, Any]) -> type | None:
        """The type that is all there is to check."""
        if spec.get("type") == "boolean":
            return bool
        return str if spec.get("type") == "string" and "enum" not in spec and spec.get("format") != "int64" else None

    def _object(self, name: str) -> Plain:
        if name in self._fast:
            return self._fast[name]
        fields: dict[str, tuple[type | None, Plain]] = {}
        alone = self._alone(name)

        def plain(value: Any) -> bool:
            if type(value) is not dict or (alone and len(value) > 1 and len(alone.intersection(value)) > 1):
                return False
            for key, item in value.items():
                rule = fields.get(key)
                if rule is None or (type(item) is not rule[0] and (rule[0] is not None or not rule[1](item))):
                    return False
            return True

        self._fast[name] = plain
        for key, spec in self.schemas[name].get("properties", {}).items():
            fields[key] = (self._leaf(spec), self._plain(spec))
        return plain

    def _alone(self, name: str) -> frozenset[str]:
        """The fields of which one at most may be set."""
        if name not in ONE_OF:
            return frozenset()
        return frozenset(ONE_OF[name][1].split() or self.schemas[name].get("properties", {}))

    def _slow(self, spec: Mapping[str, Any], value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        if "$ref" in spec:
            return self._message(spec["$ref"], value, path, wrong)
        kind = spec.get("type")
        if kind == "any" or self._plain(spec)(value):
            return value
        if kind == "array" and isinstance(value, list):
            return [self._slow(spec["items"], item, f"{path}[{at}]", wrong) for at, item in enumerate(value)]
        shown = SHOWN.get(spec.get("format", ""), SHOWN.get(str(kind), ""))
        if kind == "integer" or spec.get("format") == "int64":
            number = _integer(value, INT64 if spec.get("format") == "int64" else INT32)
            if number is not None:
                return number if kind == "integer" else str(number)
            shown = "TYPE_" + spec["format"].upper()
        elif kind == "number" and isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                pass
        elif "enum" in spec:
            if type(value) is int and value in range(len(spec["enum"])):
                return spec["enum"][value]
            field = path.rpartition(".")[2].partition("[")[0]
            shown = f"type.googleapis.com/{self._package}.{field.title().replace('_', '')}"
        elif kind == "array":
            shown = "type.googleapis.com/google.protobuf.ListValue"
        if isinstance(value, list):
            parent, _, field = path.rpartition(".")
            wrong.append((parent, _unknown(field, parent, "Proto field is not repeating, cannot start list.")))
        else:
            wrong.append((path, f"Invalid value at '{path}' ({shown}), {json.dumps(value)}"))
        return value

    def _message(self, name: str, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        if not isinstance(value, dict):
            kind = f"type.googleapis.com/{self._package}.{name}"
            wrong.append((path, f"Invalid value at '{path}' ({kind}), {json.dumps(value)}"))
            return value
        properties = self.schemas[name].get("properties", {})
        names = self._names.setdefault(name, {snake(key): key for key in properties} | {key: key for key in properties})
        found: dict[str, Any] = {}
        alone = self._alone(name)
        for given, item in value.items():
            key = names.get(given)
            if key is None:
                if not self._lenient:
                    wrong.append((path, _unknown(given, path, "Cannot find field.")))
            elif item is not None:
                if key in alone and not alone.isdisjoint(found):
                    wrong.append(
                        (
                            path,
                            f"Invalid value at '{path}' (oneof), oneof field '{ONE_OF[name][0]}' is already set. "
                            f"Cannot set '{given}'",
                        )
                    )
                inner = f"{path}.{snake(key)}" if path else snake(key)
                found[key] = self._slow(properties[key], item, inner, wrong)
        return found


def _integer(value: Any, allowed: range) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number == (float(value) if isinstance(value, float) else number) and number in allowed else None


def _unknown(name: str, path: str, why: str) -> str:
    at = f" at '{path}'" if path else ""
    return f'Invalid JSON payload received. Unknown name "{name}"{at}: {why}'


def violations(wrong: list[tuple[str, str]]) -> Refused:
    """The 400 that lists (field, what is wrong with it)."""
    listed = [{"field": field, "description": text} if field else {"description": text} for field, text in wrong]
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": listed}]
    return Refused(400, "INVALID_ARGUMENT", "\n".join(text for _, text in wrong), details)
