"""About: what perthyn is, whose work comes with it, how it is used, and what each person chooses for their device."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perthyn.screens import EVERYBODY, SIGNED_IN, Reply, Screens, Shown, Visit, Went
from perthyn.text import LANGUAGES

screens = Screens()
THEMES = ("auto", "light", "dark")
VENDOR = Path(__file__).parents[1] / "vendor.toml"


@screens.get("/about", SIGNED_IN)
def about(visit: Visit) -> Reply:
    """What this is, and whose work comes with it."""
    return Shown("about/index.html", {"version": version("perthyn"), "packages": vendored()})


@screens.get("/about/accessibility", SIGNED_IN)
def accessibility(visit: Visit) -> Reply:
    """What people with disabilities can count on."""
    return Shown("about/accessibility.html")


@screens.get("/about/shortcuts", SIGNED_IN)
def shortcuts(visit: Visit) -> Reply:
    """What keys do, and the way to switch them off (WCAG 2.2, 2.1.4)."""
    return Shown("about/shortcuts.html")


@screens.get("/about/style", SIGNED_IN)
def style(visit: Visit) -> Reply:
    """Every part of a page, in use."""
    people = [("Angharad Llwyd", True, 12500), ("Dafydd ap Gwilym", True, 0), ("Joan Smith", False, 4000),
              ("Siân Tŷ Newydd", True, 250000), ("Winifred Okafor", False, 1250)]  # fmt: skip
    return Shown("style.html", {"example": {"day": date(2026, 3, 1), "people": people}})


@screens.post("/language", EVERYBODY)
def language(visit: Visit) -> Reply:
    """Go on in the other language, at the same place."""
    return _kept(visit, "language", LANGUAGES)


@screens.post("/theme", EVERYBODY)
def theme(visit: Visit) -> Reply:
    """Light, dark, or as the device has it."""
    return _kept(visit, "theme", THEMES)


@screens.post("/shortcuts", SIGNED_IN)
def switch_shortcuts(visit: Visit) -> Reply:
    """Keys that do something: on or off."""
    return _kept(visit, "shortcuts", ("on", "off"), "/about/shortcuts")


def vendored() -> list[dict[str, Any]]:
    """What `vendor.toml` says: name, version, licence, home, and `text`, the file that holds the licence."""
    packages = tomllib.loads(VENDOR.read_text(encoding="utf-8"))["package"]
    return [{**one, "text": next(path for path in one["sha256"] if path.endswith("/LICENSE"))} for one in packages]


def _kept(visit: Visit, name: str, known: tuple[str, ...], to: str = "/") -> Reply:
    wish = visit.form.get(name, "")
    return Went(visit.form.get("to", to), cookies={name: wish} if wish in known else {})
