"""`perthyn plugin new` makes what works, with its tests; `plugin try` shows what would be stored, and stores none."""

from __future__ import annotations

import hmac
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run
from perthyn.plugins import Plugins

TOLD = {"id": "17", "at": "2026-11-22T12:00:00Z", "name": "Siân Llŷr", "email": "sian@x.cymru", "text": "Shwmae"}
Perthyn = Callable[..., tuple[int, str, str]]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    """A command in an organisation's folder: (exit code, what it says, what it complains of)."""
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "perthyn.toml").write_text("", encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def its_tests(where: Path, *arguments: str) -> str:
    """What pytest says of a new plugin's own tests."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    ran = subprocess.run(command, cwd=where, capture_output=True, encoding="utf-8", errors="replace")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_a_new_file_passes_its_own_tests(perthyn: Perthyn, tmp_path: Path) -> None:
    assert perthyn("plugin", "new", "shop", "--channel")[0] == 0
    passed = its_tests(tmp_path, "plugins/_test_shop.py")
    assert int(passed.split(" passed")[0].split()[-1]) >= 60


@pytest.mark.slow
def test_a_new_folder_passes_its_own_tests(perthyn: Perthyn, tmp_path: Path) -> None:
    assert perthyn("plugin", "new", "town_hall", "--channel", "--folder")[0] == 0
    place = tmp_path / "perthyn-town_hall"
    its_tests(place)
    project = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["perthyn.plugins"] == {"town_hall": "perthyn_town_hall"}
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=place, check=True, capture_output=True)
    assert len(list((place / "dist").glob("*.whl"))) == 1


def test_a_new_file_is_loaded_and_its_tests_are_not(perthyn: Perthyn, tmp_path: Path) -> None:
    code, said, _ = perthyn("plugin", "new", "shop", "--channel")
    assert code == 0 and "shop.py" in said and "pytest" in said
    plugins = Plugins.find(tmp_path / "plugins", among=[])
    assert [(one.name, one.broken) for one in plugins.loaded] == [("shop", "")]
    assert [one.name for one in plugins.offer("offer_channels")] == ["shop"]


@pytest.mark.parametrize("name", ["Shop", "tŷ", "two words", "../out", "class", ""])
def test_a_name_that_can_not_be_one(perthyn: Perthyn, tmp_path: Path, name: str) -> None:
    code, _, complaint = perthyn("plugin", "new", name, "--channel")
    assert code and "small letters" in complaint and not (tmp_path / "plugins").exists()


def test_what_is_there_is_not_written_over(perthyn: Perthyn, tmp_path: Path) -> None:
    perthyn("plugin", "new", "shop", "--channel")
    (tmp_path / "plugins" / "shop.py").write_text("mine = True\n", encoding="utf-8")
    code, _, complaint = perthyn("plugin", "new", "shop", "--channel")
    assert code and "there already" in complaint
    assert (tmp_path / "plugins" / "shop.py").read_text(encoding="utf-8") == "mine = True\n"


def test_a_name_that_an_installed_plugin_has_is_refused(perthyn: Perthyn, tmp_path: Path) -> None:
    code, _, complaint = perthyn("plugin", "new", "tickets", "--channel")
    assert code and "perthyn plugin list" in complaint and not (tmp_path / "plugins").exists()


@pytest.fixture
def shop(perthyn: Perthyn, tmp_path: Path) -> Path:
    perthyn("plugin", "new", "shop", "--channel")
    (tmp_path / "sample.json").write_text(json.dumps(TOLD), encoding="utf-8")
    return tmp_path / "plugins" / "shop.py"


def tried(perthyn: Perthyn, shop: Path, *more: str) -> Any:
    code, said, complaint = perthyn("plugin", "try", str(shop), "--with", "sample.json", "--json", *more)
    assert code == 0, complaint
    return json.loads(said)


def test_what_a_plugin_would_store_is_shown_and_nothing_is_stored(perthyn: Perthyn, shop: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    code, said, _ = perthyn("plugin", "try", str(shop), "--with", "sample.json")
    assert code == 0 and "Siân Llŷr" in said and "Shwmae" in said and "Nothing was stored" in said
    told = tried(perthyn, shop)
    assert [one["name"] for one in told["contacts"]] == ["Siân Llŷr"]
    assert [(one["source_id"], one["source"]) for one in told["facts"]] == [("17", "shop:main")]
    assert (told["created"], told["unread"], told["problems"]) == (1, 0, [])
    assert [one for one in sorted(tmp_path.rglob("*")) if "__pycache__" not in one.parts] == before


def test_what_can_not_be_used_is_shown_as_a_problem(perthyn: Perthyn, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_text(json.dumps({**TOLD, "at": "2026-11-22T12:00:00"}), encoding="utf-8")
    told = tried(perthyn, shop)
    assert (told["created"], told["unread"], [one["code"] for one in told["problems"]]) == (0, 1, ["record.value"])
    (tmp_path / "sample.json").write_text("{", encoding="utf-8")
    code, _, complaint = perthyn("plugin", "try", str(shop), "--with", "sample.json")
    assert code and "JSONDecodeError" in complaint and "perthyn inbound" not in complaint


def test_a_signature_is_looked_at_where_there_is_one(
    perthyn: Perthyn, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTHYN_SHOP__KEY", "k")
    good = hmac.new(b"k", (tmp_path / "sample.json").read_bytes(), sha256).hexdigest()
    assert tried(perthyn, shop, "--header", f"X-Signature: {good}")["created"] == 1
    code, _, complaint = perthyn("plugin", "try", str(shop), "--with", "sample.json", "--header", "X-Signature: 00")
    assert code and "not signed" in complaint


def test_a_file_without_a_channel_says_so(perthyn: Perthyn, shop: Path) -> None:
    shop.write_text("", encoding="utf-8")
    code, _, complaint = perthyn("plugin", "try", str(shop), "--with", "sample.json")
    assert code and "offers no channel" in complaint
