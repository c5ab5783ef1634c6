"""Doors: every route of the app as it finds them itself, an example for what stands in braces, what the store holds.

A new route needs nothing here unless what stands in its braces is of a new thing: then `examples` says which.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.routing import Mount

from perthyn.screens import joined
from perthyn_web.accounts.records import role_id, user_id
from perthyn_web.api.making import api_routes, rights_at
from perthyn_web.intake import keeping

from .conftest import Site
from .full_house import id_of

IN_BRACES = re.compile(r"\{(\w+)(?::\w+)?\}")
NOWHERE = UUID("00000000-0000-4000-8000-00000000dead")
MISSING: Mapping[type, Any] = {UUID: NOWHERE, int: 999, str: "nowhere"}
LAST = re.compile(
    r"remove|erase|end$|DELETE|drop|disable|sign-out|leave|undo|join|apart|settle|retry|replay|again|reset"
)
"""What takes something away is knocked at after the rest."""
EACH = 1 if os.environ.get("CI") == "true" else 8
"""CI knocks as everybody at every door; people's runs at each eighth."""


@dataclass(frozen=True, slots=True)
class Door:
    """A route: of the pages or of the API (`api`), with the right that it declares."""

    api: bool
    method: str
    path: str
    right: str

    def __str__(self) -> str:
        return f"{self.method} {'/api' if self.api else ''}{self.path}"

    @property
    def names(self) -> list[str]:
        """What stands in braces, each after what stands before it: ``contacts id``."""
        found = []
        for one in IN_BRACES.finditer(self.path):
            before = re.findall(r"/(\w[\w-]*)", self.path[: one.start()])
            found.append(f"{before[-1] if before else ''} {one[1]}")
        return found

    def at(self, values: Mapping[str, Any]) -> str:
        """The address with these values."""
        return ("/api" if self.api else "") + IN_BRACES.sub(lambda found: str(values[found[1]]), self.path)


def doors(site: Site) -> list[Door]:
    """All of them: those of every plugin's screens, and those of the API."""
    with site.desks() as crm:
        screens = joined(crm.screens()).screens
    found = [Door(False, method, one.path, one.right) for one in screens for method in one.methods]
    for route in api_routes(api_of(site)):
        found += [Door(True, method, route.path, right) for method in sorted(route.methods or ())
                  for right in rights_at(route)]  # fmt: skip
    return sorted(found, key=lambda one: (bool(LAST.search(str(one))), str(one)))


def some(found: Sequence[Door]) -> Sequence[Door]:
    """These doors in CI; in people's runs some of every sort."""
    return found[::EACH]


def api_of(site: Site) -> Any:
    """The API within the app."""
    return next(one.app for one in routes_of(site) if isinstance(one, Mount) and one.path == "/api")


def routes_of(site: Site) -> list[Any]:
    """All that the app itself answers."""
    return list(site.app.app.routes)


# -- examples --------------------------------------------------------------------------------------------------------

Thing = tuple[str, Any]
"""Whose it may be ("" for nobody's own), and one that is there, which others have made."""


def examples(site: Site) -> dict[str, Thing]:
    """By what stands in a path before the braces, and within them: ``contacts id``; pages and API share them."""
    with site.desks() as crm:
        intake = keeping.every(crm)[0].id
        batch = next(one.id for one in crm.changes(50) if one.reason == "furnished")
    return {
        "backups name": ("", "2026-11-22.age"),
        "campaigns id": ("", id_of("draft")),
        "changes id": ("batch", batch),
        "claims id": ("", id_of("claim")),
        "contacts id": ("", id_of("mair")),
        "enter token": ("", "a" * 64),
        "fields name": ("", "own.shirt"),
        "files number": ("", 1),
        "gifts id": ("", id_of("donation")),
        "history id": ("batch", batch),
        "import id": ("", intake),
        "imports id": ("", intake),
        "inbound id": ("", id_of("inbound")),
        "jobs id": ("", id_of("job")),
        "lists id": ("view", id_of("view other")),
        "messages id": ("", id_of("told")),
        "numbers name": ("", "visitors"),
        "numbers kind": ("", "csv"),
        "pair token": ("", "a" * 64),
        "pairs id": ("", id_of("pair")),
        "people name": ("", "visitors"),
        "plugins name": ("", "tickets"),
        "preview contact": ("", id_of("mair")),
        "relationships key": ("", f"parent:{id_of('ifan')}"),
        "roles id": ("", role_id("Door")),
        "roles name": ("", "Door"),
        "segments id": ("", id_of("hand")),
        "sessions id": ("session", id_of("session")),
        "sign-in name": ("", "google"),
        "stopped id": ("user", user_id("other")),
        "tablets id": ("", id_of("tablet")),
        "tokens id": ("", id_of("token")),
        "trends name": ("", "visits"),
        "users id": ("user", user_id("other")),
        "views id": ("view", id_of("view other")),
        "webhooks id": ("", id_of("hook")),
        "who id": ("user", user_id("other")),
    }


class Unexampled(AssertionError):
    """Routes of which nobody said what stands in their braces."""


def unexampled(all_doors: Iterable[Door], known: Mapping[str, Thing]) -> list[str]:
    """What is to be added to `examples`, and for which routes."""
    return [f"{one}: add {name!r} to doors.examples" for one in all_doors for name in one.names if name not in known]


def fills(door: Door, known: Mapping[str, Thing], own: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The ways to knock: "there" where nothing is in braces or it is nobody's own; "own", "other's"; "missing"."""
    if not door.names:
        yield "there", {}
        return
    things = {name.partition(" ")[2]: known[name] for name in door.names}
    others = {name: thing for name, (_, thing) in things.items()}
    mine = {name: own[whose] for name, (whose, _) in things.items() if whose in own}
    if mine:
        yield "own", others | mine
    yield ("other's" if mine else "there"), others
    yield "missing", {name: MISSING[type(one)] for name, one in others.items()}


# -- what the store holds ----------------------------------------------------------------------------------------------


class Contents:
    """What a folder holds, and whether it has changed. `apart`: tables that may."""

    def __init__(self, site: Site, *apart: str) -> None:
        self.folder, self.apart = site.folder, set(apart)
        self.records = sqlite3.connect(site.folder / "perthyn.sqlite")
        self._seen = self._version(), self.digest()

    def changed(self) -> list[str]:
        """The tables and files that have changed since this was last asked; most of the time one number tells."""
        version, files = self._version(), self._files()
        if version == self._seen[0] and files == self._seen[1]["files"]:
            return []
        before, self._seen = self._seen[1], (version, self.digest())
        return [name for name, mark in self._seen[1].items() if before.get(name) != mark]

    def digest(self) -> dict[str, str]:
        """A hash of each table, and of the files beside."""
        names = [one[0] for one in self.records.execute("select name from sqlite_master where type = 'table'")]
        made = {name: _hash(self.records.execute(f'select * from "{name}"').fetchall())
                for name in names if name not in self.apart}  # fmt: skip
        return made | {"files": self._files()}

    def _version(self) -> int:
        """Moves with each transaction that anybody else commits (https://sqlite.org/pragma.html#pragma_data_version)."""
        return int(self.records.execute("pragma data_version").fetchone()[0])

    def _files(self) -> str:
        def told(one: Path) -> tuple[str, int, int]:
            about = one.stat()
            return one.relative_to(self.folder).as_posix(), about.st_size, about.st_mtime_ns

        beside = (one for one in self.folder.rglob("*") if not one.name.startswith(("perthyn.sqlite", "perthyn.audit")))
        return _hash(sorted(told(one) for one in beside if one.is_file()))


def _hash(rows: list[Any]) -> str:
    return sha256(repr(rows).encode()).hexdigest()
