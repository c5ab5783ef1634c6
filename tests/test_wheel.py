"""The wheel: whatever is in the folders of its packages is in it, and nothing else; its names can be installed."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LEFT_OUT = {"__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace")
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def packaged() -> set[str]:
    """Every file of the packages, as it should be named in the wheel."""
    found = set()
    for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        root = (ROOT / package).parent
        files = (one for one in (ROOT / package).rglob("*") if one.is_file() and not LEFT_OUT & set(one.parts))
        found |= {one.relative_to(root).as_posix() for one in files}
    return found


def about(wheel: zipfile.ZipFile, name: str) -> str:
    """A file of the wheel's own ``dist-info``."""
    (path,) = [one for one in wheel.namelist() if one.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode("utf-8")


def test_folders_and_wheel_hold_the_same_files(wheel: zipfile.ZipFile) -> None:
    inside = {one for one in wheel.namelist() if ".dist-info/" not in one}
    assert inside == packaged()


@pytest.mark.parametrize(
    "needed",
    ["perthyn/py.typed", "perthyn/locale/cy/LC_MESSAGES/perthyn.mo", "perthyn/locale/cy/LC_MESSAGES/messages.mo",
     "perthyn/testing/suite/__init__.py", "perthyn_sql/__init__.py", "perthyn_web/accounts/common/passwords.txt",
     "perthyn_web/accounts/common/LICENSE"],
)  # fmt: skip
def test_what_must_be_in_it(wheel: zipfile.ZipFile, needed: str) -> None:
    assert needed in wheel.namelist()


def test_entry_points_lead_to_what_is_in_it(wheel: zipfile.ZipFile) -> None:
    points = configparser.ConfigParser(delimiters=["="])
    points.optionxform = str  # type: ignore[assignment,method-assign]
    points.read_string(about(wheel, "entry_points.txt"))
    declared = {group: dict(names) for group, names in PROJECT["project"]["entry-points"].items()}
    assert {group: dict(points[group]) for group in points.sections()} == {
        **declared, "console_scripts": PROJECT["project"]["scripts"]
    }  # fmt: skip
    for group in points.sections():
        for name, target in points[group].items():
            module = target.partition(":")[0].replace(".", "/")
            there = {f"{module}.py", f"{module}/__init__.py"} & set(wheel.namelist())
            assert there, f"{group}: {name} leads to {target}, which is not in the wheel"


def test_every_licence_is_in_it(wheel: zipfile.ZipFile) -> None:
    """Ours, that of HMRC's spreadsheet, and those of what the web app shows with, each with its text."""
    said = message_from_string(about(wheel, "METADATA"))
    packages = tomllib.loads((ROOT / "plugins/perthyn_web/vendor.toml").read_text(encoding="utf-8"))["package"]
    named = set(said["License-Expression"].split(" AND "))
    assert named == {"MIT", "Apache-2.0"} | {one["licence"] for one in packages}
    texts = [about(wheel, f"licenses/{name}") for name in said.get_all("License-File") or []]
    assert len(texts) == 2 + len(packages) and "MIT License" in texts[0] and "Apache License" in texts[1]


def test_it_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    said = message_from_string(about(wheel, "METADATA"))
    assert (said["Name"], said["Requires-Python"]) == ("perthyn", ">=3.11")
    assert "perthyn" in str(said.get_payload())
    needed = {one.split(">")[0] for one in said.get_all("Requires-Dist") or [] if "extra ==" not in one}
    assert {"click", "tzdata", "pydantic", "sqlalchemy"} <= needed
    assert not needed & {"pytest", "mypy", "babel"}, "what is for development only is an extra"
