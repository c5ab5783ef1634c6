"""The methods of Google's APIs, read from the discovery documents that ship with google-api-python-client."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

from .schema import Schemas, violations

FEEDS = "https://spreadsheets.google.com/feeds"
INSIDE = {
    "sheets.spreadsheets.create": "spreadsheet",
    "sheets.spreadsheets.values.update": "data",
    "sheets.spreadsheets.values.append": "data",
}
"""Methods whose body is a field of the whole request, as Google's errors tell."""
READING_POSTS = ("getByDataFilter", "batchGetByDataFilter", "search")


@dataclass(frozen=True)
class Method:
    """One method: `name` is its id ("sheets.spreadsheets.values.get"), `quota` what a call is charged to."""

    service: str
    name: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Any]
    request: str | None
    response: str | None
    scopes: frozenset[str]
    quota: str
    upload: bool = False
    inside: str = ""


@dataclass(frozen=True)
class Call:
    """A method with the parts of the path that was asked, decoded. `rest` is what follows the spreadsheet's id."""

    method: Method
    parts: Mapping[str, str]
    rest: str


class Api:
    """All routes, and the schemas of both services."""

    def __init__(self) -> None:
        sheets, drive = _document("sheets.v4"), _document("drive.v3")
        self.schemas = {
            "sheets": Schemas(sheets, "google.apps.sheets.v4"),
            "drive": Schemas(drive, "google.apps.drive.v3", lenient=True),
        }
        self._common = frozenset(sheets["parameters"]) | {"$.xgafv", "upload_id"}
        self._methods = [*_methods(sheets, "sheets"), *_methods(drive, "drive"), _converting(drive)]
        self._methods.sort(key=lambda method: (method.pattern.groups, -len(method.pattern.pattern)))

    def find(self, verb: str, path: str) -> Call | None:
        """The method that a raw path means."""
        for method in self._methods:
            if method.verb == verb and (found := method.pattern.fullmatch(path)):
                parts = {key: unquote(part) for key, part in found.groupdict().items()}
                after = path[found.end("spreadsheetId") :] if "spreadsheetId" in parts else ""
                return Call(method, parts, unquote(after))
        return None

    def query(self, method: Method, query: Mapping[str, list[str]]) -> None:
        """Hold the query against the method: names (Drive ignores strange ones), words, numbers. Raises Refused."""
        wrong: list[tuple[str, str]] = []
        for name, values in query.items():
            spec = method.parameters.get(name)
            if spec is None:
                if name not in self._common and method.service == "sheets":
                    text = f'Unknown name "{name}": Cannot bind query parameter.'
                    tail = f" Field '{name}' could not be found in request message."
                    wrong.append(("", f"Invalid JSON payload received. {text}{tail}"))
            elif not _good(spec, values[-1]):
                kind = "TYPE_" + str(spec.get("format", spec.get("type"))).upper().replace("BOOLEAN", "BOOL")
                if "enum" in spec:
                    kind = f"type.googleapis.com/google.apps.sheets.v4.{name[0].upper()}{name[1:]}"
                wrong.append((name, f"Invalid value at '{_snake(name)}' ({kind}), \"{values[-1]}\""))
        if wrong:
            raise violations(wrong)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), name)


def _good(spec: Mapping[str, Any], value: str) -> bool:
    if "enum" in spec:
        return value in spec["enum"]
    if spec["type"] == "boolean":
        return value.lower() in ("true", "false", "1", "0", "")
    return spec["type"] != "integer" or re.fullmatch(r"-?\d+", value) is not None


def _document(name: str) -> Mapping[str, Any]:
    shipped = resources.files("googleapiclient").joinpath("discovery_cache", "documents", f"{name}.json")
    document: Mapping[str, Any] = json.loads(shipped.read_text(encoding="utf-8"))
    return document


def _methods(document: Mapping[str, Any], service: str) -> list[Method]:
    found = []

    def walk(resource: Mapping[str, Any]) -> None:
        for spec in resource.get("methods", {}).values():
            path = f"/{document['servicePath']}{spec.get('flatPath', spec['path'])}"
            found.append(_method(service, spec, path))
            if "mediaUpload" in spec:
                found.append(_method(service, spec, spec["mediaUpload"]["protocols"]["simple"]["path"], upload=True))
        for inner in resource.get("resources", {}).values():
            walk(inner)

    walk(document)
    return found


def _method(service: str, spec: Mapping[str, Any], path: str, *, upload: bool = False) -> Method:
    scopes = set(spec.get("scopes", ()))
    if service == "sheets":
        scopes.add(FEEDS)
    read = spec["httpMethod"] == "GET" or spec["id"].rpartition(".")[2] in READING_POSTS
    return Method(
        service,
        spec["id"],
        spec["httpMethod"],
        re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))),
        spec.get("parameters", {}),
        spec.get("request", {}).get("$ref"),
        spec.get("response", {}).get("$ref"),
        frozenset(scopes),
        "drive" if service == "drive" else "read" if read else "write",
        upload,
        INSIDE.get(spec["id"], ""),
    )


def _converting(drive: Mapping[str, Any]) -> Method:
    """Drive v2's upload that converts a CSV file into an existing spreadsheet: the only v2 call that gspread makes."""
    spec = dict(
        drive["resources"]["files"]["methods"]["update"], httpMethod="PUT", id="drive.files.convert", response={}
    )
    return _method("drive", spec, "/upload/drive/v2/files/{fileId}", upload=True)


@lru_cache(maxsize=1)
def api() -> Api:
    """The APIs, read once a process."""
    return Api()
