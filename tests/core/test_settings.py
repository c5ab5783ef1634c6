"""Settings: read from ``perthyn.toml`` and the environment, written without losing what a person put there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.settings import DEFAULT_STORE, FILE, Settings, find_folder, read_settings, write_settings


def organisation(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_nothing_needs_configuring(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, {})
    assert settings == Settings(folder=tmp_path)
    assert (settings.store, settings.currency, settings.zone, settings.region) == (
        DEFAULT_STORE, "GBP", "Europe/London", "GB"
    )  # fmt: skip
    assert settings.store_url == f"sqlite:///{(tmp_path / 'perthyn.sqlite').resolve().as_posix()}"
    assert settings.plugins_folder == tmp_path / "plugins"


def test_the_file_is_read_and_the_environment_has_the_last_word(tmp_path: Path) -> None:
    organisation(tmp_path, 'organisation = "Plas Brithŵen"\ncurrency = "EUR"\noff = ["exports"]\nyear_starts = 4\n')
    settings = read_settings(tmp_path, {"PERTHYN_CURRENCY": "GBP", "PERTHYN_OFF": "a, b", "PERTHYN_YEAR_STARTS": "9"})
    assert settings.organisation == "Plas Brithŵen"
    assert (settings.currency, settings.off, settings.year_starts) == ("GBP", ("a", "b"), 9)
    settings = read_settings(tmp_path, {"PERTHYN_CURRENCY": "", "CURRENCY": "USD"})
    assert (settings.currency, settings.off, settings.year_starts) == ("EUR", ("exports",), 4)


WRONG = {
    "a word nobody knows": ('curency = "EUR"', "settings.unknown", {"name": "curency", "suggestion": "currency"}),
    "the folder": ('folder = "/"', "settings.unknown", {"name": "folder"}),
    "not TOML": ("currency = EUR", "settings.unreadable", {}),
    "not UTF-8": ("organisation = '\udce9'", "settings.unreadable", {}),
    "a zone nobody knows": ('zone = "Europe/Brithwen"', "settings.value", {"name": "zone"}),
    "a zone out of the house": ('zone = "../../etc/passwd"', "settings.value", {"name": "zone"}),
    "no zone": ('zone = ""', "settings.value", {"name": "zone"}),
    "a currency of two letters": ('currency = "GB"', "settings.value", {"name": "currency"}),
    "a month too many": ("year_starts = 13", "settings.value", {"name": "year_starts"}),
    "a language we lack": ('language = "gd"', "settings.value", {"name": "language"}),
    "a list for a word": ('store = ["a"]', "settings.value", {"name": "store"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str, tmp_path: Path) -> None:
    text, code, facts = WRONG[name]
    (tmp_path / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PerthynError) as raised:
        read_settings(tmp_path, {})
    assert raised.value.code == code
    assert raised.value.facts["file"] == str(tmp_path / FILE)
    assert facts.items() <= raised.value.facts.items()


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(PerthynError) as raised:
        read_settings(tmp_path, {})
    assert raised.value.code == "settings.unreadable"


def test_the_folder_is_looked_for_upward(tmp_path: Path) -> None:
    below = tmp_path / "files" / "2026"
    below.mkdir(parents=True)
    assert find_folder(below) == below.resolve()
    organisation(tmp_path, "")
    assert find_folder(below) == tmp_path.resolve()
    organisation(below, "")
    assert find_folder(below) == below.resolve()


def test_stores_are_addressed_from_the_folder(tmp_path: Path) -> None:
    def address(store: str) -> str:
        return Settings(folder=tmp_path, store=store).store_url

    here = tmp_path.resolve().as_posix()
    assert address("sqlite:///records/ours.sqlite") == f"sqlite:///{here}/records/ours.sqlite"
    absolute = (tmp_path / "ours.sqlite").as_posix()
    assert address(f"sqlite:///{absolute}") == f"sqlite:///{absolute}"
    assert address("postgresql://db/perthyn") == "postgresql://db/perthyn"


def test_writing_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    organisation(tmp_path, '# ours since 2019\ncurrency = "EUR"  # we moved\n')
    write_settings(tmp_path, {"organisation": "Plas Brithŵen", "language": "cy"})
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "# ours since 2019" in text and "# we moved" in text
    settings = read_settings(tmp_path, {})
    assert (settings.organisation, settings.language, settings.currency) == ("Plas Brithŵen", "cy", "EUR")
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


def test_a_file_that_is_not_toml_is_not_written_over(tmp_path: Path) -> None:
    organisation(tmp_path, "currency = EUR")
    with pytest.raises(PerthynError) as raised:
        write_settings(tmp_path, {"language": "cy"})
    assert raised.value.code == "settings.unreadable"
    assert (tmp_path / FILE).read_text(encoding="utf-8") == "currency = EUR"


@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
def test_whatever_is_written_is_read(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("organisation")
    write_settings(folder, {"organisation": name})
    assert read_settings(folder, {}).organisation == name


@pytest.mark.skipif(sys.platform == "win32" or (os.name == "posix" and os.geteuid() == 0), reason="may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PerthynError) as raised:
            write_settings(tmp_path, {"language": "cy"})
    finally:
        tmp_path.chmod(0o700)
    assert raised.value.code == "settings.unwritable"


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(PerthynError) as raised:
        write_settings(tmp_path / "taken", {"language": "cy"})
    assert raised.value.code == "settings.unwritable"
