"""Drive's search: the `q` of files.list, as `name = "x" and (trashed = false or 'me' in owners)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .clock import stamp
from .errors import DriveRefused
from .files import File

Test = Callable[[File], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z]+)|(?P<sign><=|>=|!=|=|<|>|\(|\)|\{|\}))"""
)
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
FLAGS: dict[str, Callable[[File], bool]] = {"trashed": lambda file: file.trashed, "starred": lambda file: file.starred}
TIMES: dict[str, Callable[[File], float]] = {
    "modifiedTime": lambda file: file.changed,
    "createdTime": lambda file: file.created,
}
TEXTS: dict[str, Callable[[File], str]] = {
    "name": lambda file: file.name,
    "fullText": lambda file: file.name,
    "mimeType": lambda file: file.mime,
}
SETS: dict[str, Callable[[File], list[str]]] = {
    "parents": lambda file: file.parents,
    "owners": lambda file: [file.owner],
    "writers": lambda file: [one.who for one in file.permissions.values() if file.may(one.who, "writer")],
    "readers": lambda file: [one.who for one in file.permissions.values()],
}


def invalid_value(parameter: str) -> DriveRefused:
    """Drive's 400 for a parameter that it can't read."""
    return DriveRefused(400, "invalid", "Invalid Value", location=parameter)


class _Reading:
    """One query, read from left to right."""

    def __init__(self, text: str, email: str) -> None:
        self._email = email
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if not found:
                raise invalid_value("q")
            kind = str(found.lastgroup)
            value = found[kind]
            self._tokens.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value))
            at = found.end()

    def whole(self) -> Test:
        test = self._either()
        if self._tokens:
            raise invalid_value("q")
        return test

    def _next(self, *values: str, kind: str | None = None) -> str:
        if not self._tokens:
            raise invalid_value("q")
        found, value = self._tokens.pop(0)
        if (values and (found == "text" or value not in values)) or (kind and found != kind):
            raise invalid_value("q")
        return value

    def _comes(self, value: str) -> bool:
        if self._tokens and self._tokens[0][0] != "text" and self._tokens[0][1] == value:
            self._tokens.pop(0)
            return True
        return False

    def _either(self) -> Test:
        tests = [self._both()]
        while self._comes("or"):
            tests.append(self._both())
        return lambda file: any(test(file) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._comes("and"):
            tests.append(self._one())
        return lambda file: all(test(file) for test in tests)

    def _one(self) -> Test:
        if self._comes("not"):
            inner = self._one()
            return lambda file: not inner(file)
        if self._comes("("):
            inner = self._either()
            self._next(")")
            return inner
        if not self._tokens:
            raise invalid_value("q")
        kind, value = self._tokens.pop(0)
        if kind == "text":
            self._next("in")
            return self._among(self._next(*SETS), value)
        if value == "sharedWithMe":
            if self._comes("="):
                self._next("true")
            return lambda file: file.owner.casefold() != self._email.casefold()
        return self._field(value)

    def _among(self, name: str, value: str) -> Test:
        wanted = self._email if value == "me" and name != "parents" else value
        return lambda file: wanted.casefold() in [one.casefold() for one in SETS[name](file)]

    def _field(self, name: str) -> Test:
        if name in SETS:
            self._next("in")
            return self._among(name, self._next(kind="text"))
        if name in FLAGS:
            sign, word = self._next("=", "!="), self._next("true", "false")
            return lambda file: COMPARED[sign](FLAGS[name](file), word == "true")
        if name in TIMES:
            sign, when = self._next(*COMPARED), self._next(kind="text")
            # as Drive writes instants: their text sorts as they do
            when = when if "." in when else when.rstrip("Z") + ".000Z"
            return lambda file: COMPARED[sign](stamp(TIMES[name](file)), when)
        if name in ("properties", "appProperties"):
            return self._property(name)
        if name not in TEXTS:
            raise invalid_value("q")
        sign, text = self._next("=", "!=", "contains"), self._next(kind="text")
        found = TEXTS[name]
        if sign == "contains":
            return lambda file: text.casefold() in found(file).casefold()
        return lambda file: COMPARED[sign](found(file).casefold(), text.casefold())

    def _property(self, name: str) -> Test:
        self._next("has")
        self._next("{")
        self._next("key")
        self._next("=")
        key = self._next(kind="text")
        self._next("and")
        self._next("value")
        self._next("=")
        value = self._next(kind="text")
        self._next("}")
        if name == "properties":
            return lambda file: file.properties.get(key) == value
        return lambda file: file.app_properties.get(key) == value


def query(text: str, email: str) -> Test:
    """The test that a query means for one caller. Raises Drive's 400."""
    return _Reading(text, email).whole()


ORDERS: dict[str, Callable[[File], Any]] = {
    "createdTime": lambda file: file.created,
    "modifiedTime": lambda file: file.changed,
    "modifiedByMeTime": lambda file: file.changed,
    "recency": lambda file: -file.changed,
    "viewedByMeTime": lambda file: file.changed,
    "folder": lambda file: file.mime != "application/vnd.google-apps.folder",
    "name": lambda file: file.name,
    "name_natural": lambda file: file.name.casefold(),
    "quotaBytesUsed": lambda file: 0,
    "starred": lambda file: not file.starred,
}


def ordered(files: list[File], order: str) -> list[File]:
    """Files by an `orderBy`; without one, what changed last comes first. Raises Drive's 400."""
    files = sorted(files, key=lambda file: -file.changed)
    for part in reversed([part.strip() for part in order.split(",") if part.strip()]):
        name, _, direction = part.partition(" ")
        if name not in ORDERS or direction.strip() not in ("", "desc", "asc"):
            raise invalid_value("orderBy")
        files = sorted(files, key=ORDERS[name], reverse=direction.strip() == "desc")
    return files
