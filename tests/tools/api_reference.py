"""The page of the REST API, made from its own description: every route with its right, what goes in, what comes out."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perthyn.cli.session import Session
from perthyn_door.desks import Desks
from perthyn_web.api.making import make_api
from perthyn_web.showing import Showing
from perthyn_web.visiting import Reception

HEAD = """\
How to use it: [the REST API](../howto/rest-api.md). All addresses stand below `/api`; the whole description, with every
field, is at `/api/openapi.json`, and to try it out at `/api/docs`. Lists come a page at a time (`limit`, `cursor`).
Every refusal is a [problem with a code](errors.md)."""


def described() -> dict[str, Any]:
    """The OpenAPI document of perthyn as it is installed."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "perthyn.toml").write_text("", encoding="utf-8")
        with Session({}, folder, "en", folder, True, False) as session:
            session.crm(create=True)
            desks = Desks(session.another)
            try:
                showing = Showing([], [], [], [])
                found: dict[str, Any] = make_api(Reception(desks, showing), showing).openapi()
            finally:
                desks.close()
    return found


def page(made: str) -> str:
    """The page as it should be. `made`: the line that says it is made."""
    api = described()
    areas: dict[str, list[str]] = defaultdict(list)
    for path, methods in api["paths"].items():
        for method, about in methods.items():
            areas[about["tags"][0]].append(_row(method, path, about))
    parts = [f"# The REST API\n\n{made}", HEAD]
    for area, rows in areas.items():
        table = "| | right | what it does | in | out |\n|---|---|---|---|---|\n" + "\n".join(rows)
        parts += [f"## {area.capitalize()}", table]
    return "\n\n".join(parts) + "\n"


def _row(method: str, path: str, about: dict[str, Any]) -> str:
    asked = ", ".join(f"`{one['name']}`" for one in about.get("parameters", ()) if one["in"] == "query")
    sent = " ".join(_names(about.get("requestBody", {}).get("content", {})))
    given = " ".join(_names(next(iter(about["responses"].values())).get("content", {})))
    going_in = "; ".join(filter(None, (asked, sent)))
    cells = (f"`{method.upper()} {path}`", f"`{about['x-right']}`", about["summary"], going_in, given)
    return "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |"


def _names(content: dict[str, Any]) -> Iterator[str]:
    for kind, about in content.items():
        schema = about.get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2] or (kind if kind != "application/json" else "")
        if name:
            yield f"`{name}`"
