"""Strangers' distributions: their entry points are read as they declare them, and do no harm when they are broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from perthyn.entries import Entry, entries
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES
from perthyn.plugins import Plugins

OFFER = "from perthyn.hooks import hookimpl\n\n@hookimpl\ndef offer_locale():\n    return ['words']\n"
STRANGER = """\
[console_scripts]
stranger = stranger:main

[perthyn.plugins]
stranger = stranger_till
half = stranger_half:plugin [extra]

[perthyn.backends]
drawer = stranger_till

[perthyn.commands]
count-drawer = stranger_till:command
"""


def install(site: Path) -> Path:
    """A distribution as an installer leaves it."""
    site.mkdir()
    about = site / "stranger_till-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger-till\nVersion: 2.5\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(STRANGER, encoding="utf-8")
    (site / "stranger_till.py").write_text(OFFER, encoding="utf-8")
    (site / "stranger_half.py").write_text("import a_library_nobody_has\n", encoding="utf-8")
    return site


def test_entry_points_are_read_as_their_distribution_says(tmp_path: Path) -> None:
    site = install(tmp_path / "site")
    assert entries([str(tmp_path / "nowhere"), str(site), str(site)]) == [
        Entry("perthyn.backends", "drawer", "stranger_till", "stranger_till 2.5"),
        Entry("perthyn.commands", "count-drawer", "stranger_till:command", "stranger_till 2.5"),
        Entry("perthyn.plugins", "half", "stranger_half:plugin", "stranger_till 2.5"),
        Entry("perthyn.plugins", "stranger", "stranger_till", "stranger_till 2.5"),
    ]


def test_other_peoples_broken_distributions_do_no_harm(tmp_path: Path) -> None:
    site = install(tmp_path / "site")
    for name, content in {
        "junk": b"\xff\xfe perthyn \x00",
        "lines": b"[perthyn.plugins\n# a = b\n=\nperthyn\n",
    }.items():
        (site / f"{name}-1.dist-info").mkdir()
        (site / f"{name}-1.dist-info" / "entry_points.txt").write_bytes(content)
    (site / "empty-1.dist-info").mkdir()
    assert {one.distribution for one in entries([str(site)])} == {"stranger_till 2.5"}


def test_a_stranger_comes_in_by_the_same_door(tmp_path: Path) -> None:
    """In a process of its own, with the distribution on the path."""
    site = install(tmp_path / "site")
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "from perthyn.plugins import Plugins\n"
        "plugins = Plugins.find()\n"
        "words = list(map(str, plugins.offer('offer_locale')))\n"
        "print(json.dumps([words, [(one.name, one.origin, one.broken) for one in plugins.loaded]]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(site)], capture_output=True, encoding="utf-8", check=True, cwd=tmp_path
    )
    words, loaded = json.loads(said.stdout)
    assert "words" in words
    told = {name: (origin, broken) for name, origin, broken in loaded}
    assert told["stranger"] == ("stranger_till 2.5", "")
    assert told["half"] == ("stranger_till 2.5", "ModuleNotFoundError: No module named 'a_library_nobody_has'")
    assert told["exports"][0].startswith("perthyn ") and told["exports"][1] == ""


def test_backends_load_when_their_scheme_is_opened() -> None:
    known = [Entry("perthyn.backends", "drawer", "a_backend_nobody_has", "drawers 1.0")]
    plugins = Plugins.find(among=known)
    assert plugins.loaded == []
    for _ in range(2):
        with pytest.raises(PerthynError) as broken:
            plugins.open_store("drawer:top", CORE_TYPES, "GBP", True)
        assert broken.value.code == "plugin.broken"
        assert (broken.value.facts["plugin"], broken.value.facts["origin"]) == ("drawer", "drawers 1.0")
    assert len(plugins.loaded) == 1
