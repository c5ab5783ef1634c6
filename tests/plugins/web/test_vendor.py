"""What other people made: as it is written down, with its licence, and small enough to be loaded on an old tablet."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import perthyn_web

WEB = Path(perthyn_web.__file__).parent
STATIC = WEB / "static"
PACKAGES = tomllib.loads((WEB / "vendor.toml").read_text(encoding="utf-8"))["package"]
LICENCES = {"MIT", "0BSD", "ISC", "OFL-1.1", "Apache-2.0"}
FIRST_LOAD = 120 * 1024


def test_every_file_is_as_it_was_written_down() -> None:
    for package in PACKAGES:
        for path, kept in package["sha256"].items():
            assert hashlib.sha256((STATIC / path).read_bytes()).hexdigest() == kept, f"{path} is not as it was brought"


def test_nothing_else_has_slipped_in() -> None:
    written = {path for package in PACKAGES for path in package["sha256"]}
    there = {one.relative_to(STATIC).as_posix() for one in (STATIC / "vendor").rglob("*") if one.is_file()}
    assert there == written - {"icons.svg"}, "run tests/tools/vendor.py; delete what it no longer brings"


def test_every_package_has_a_licence() -> None:
    for package in PACKAGES:
        folder = f"vendor/{package['name']}-{package['version']}/"
        assert package["licence"] in LICENCES, package["name"]
        assert f"{folder}LICENSE" in package["sha256"], f"{package['name']} came without its licence"
        assert all(path.startswith(folder) or path == "icons.svg" for path in package["sha256"])


def test_the_first_load_is_small() -> None:
    later = ("swagger-ui", "LICENSE")
    files = [one for one in STATIC.rglob("*") if one.is_file() and not any(word in one.as_posix() for word in later)]
    sizes = {one.name: len(gzip.compress(one.read_bytes(), 6)) for one in files}
    assert sum(sizes.values()) <= FIRST_LOAD, sizes
    assert len((STATIC / "perthyn.js").read_bytes()) <= 6 * 1024


def test_every_icon_that_is_named_is_there() -> None:
    there = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    sources = [
        *WEB.rglob("*.html"),
        *WEB.rglob("*.py"),
        *WEB.parent.glob("*/*.py"),
        *WEB.parent.glob("*/templates/**/*.html"),
    ]
    named = r'(?:\bicon(?:_name)?=|\bicon\()"([a-z0-9-]+)"'
    for path in sources:
        for name in re.findall(named, path.read_text(encoding="utf-8")):
            assert name in there, f"{path.name} names the icon {name!r}: add it in tests/tools/vendor.py"
