"""Settings: read from ``perthyn.toml`` and the environment, written without losing what a person put there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.settings import (
    DEFAULT_STORE,
    FILE,
    PASSWORDS,
    Settings,
    find_folder,
    keep_password,
    read_settings,
    without_password,
    write_settings,
)


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
    "a zone nobody knows": ('zone = "Europe/Brithwen"', "settings.zone", {"name": "zone"}),
    "a zone out of the house": ('zone = "../../etc/passwd"', "settings.zone", {"name": "zone"}),
    "no zone": ('zone = ""', "settings.zone", {"name": "zone"}),
    "a currency of two letters": ('currency = "GB"', "settings.currency_code", {"name": "currency"}),
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


# --- passwords of servers ------------------------------------------------------------------------------------------

SECRET = {
    "postgresql://ann:s%3Acret@db.example:5433/records": ("db.example:5433:records:ann", "postgresql://ann@db.example:5433/records"),
    "postgresql+psycopg://ann:s%3Acret@db/records?sslmode=require": ("db:*:records:ann", "postgresql+psycopg://ann@db/records?sslmode=require"),
    "postgresql://ann@/records?host=/run/pg&password=s%3Acret": ("/run/pg:*:records:ann", "postgresql://ann@/records?host=/run/pg"),
    "postgresql:///records?password=s%3Acret&user=ann": ("*:*:records:ann", "postgresql:///records?user=ann"),
    "postgresql://ann:s:cret@db/records": ("db:*:records:ann", "postgresql://ann@db/records"),
    "postgres://:s%3Acret@[::1]/records": (r"\:\:1:*:records:*", "postgres://@[::1]/records"),
}  # fmt: skip


@pytest.mark.parametrize("url", SECRET)
def test_a_password_is_kept_apart(url: str, tmp_path: Path) -> None:
    place, shown = SECRET[url]
    write_settings(tmp_path, {"store": url})
    assert (tmp_path / PASSWORDS).read_text(encoding="utf-8") == f"{place}:s\\:cret\n"
    assert "cret" not in (tmp_path / FILE).read_text(encoding="utf-8")
    settings = read_settings(tmp_path, {})
    assert (settings.store, settings.address) == (shown, shown)
    mark = "&" if "?" in shown else "?"
    assert settings.store_url == f"{shown}{mark}passfile={(tmp_path / PASSWORDS).resolve().as_posix()}"
    if os.name == "posix":
        assert (tmp_path / PASSWORDS).stat().st_mode & 0o777 == 0o600


def test_a_new_password_takes_the_place_of_the_old(tmp_path: Path) -> None:
    for url in ("postgresql://a:1@db/x", "postgresql://a:2@db/y", "postgresql://a:3@db/x"):
        write_settings(tmp_path, {"store": url})
    assert (tmp_path / PASSWORDS).read_text(encoding="utf-8").splitlines() == ["db:*:x:a:3", "db:*:y:a:2"]


def test_a_password_in_the_environment_is_used_and_not_shown(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, {"PERTHYN_STORE": "postgresql://a:secret@db/x"})
    assert (settings.store_url, settings.address) == ("postgresql://a:secret@db/x", "postgresql://a@db/x")


def test_addresses_without_a_password_are_left_alone(tmp_path: Path) -> None:
    for url in ("sqlite:///a:b@c.sqlite", "postgresql://a@db/x", "postgresql://db/x?sslmode=require"):
        assert without_password(url) == url
        keep_password(tmp_path, url)
    assert not (tmp_path / PASSWORDS).exists()


def test_the_environment_goes_before_tables(tmp_path: Path) -> None:
    organisation(tmp_path, '[sheets]\nendpoint = "file"\nzone = "file"\n[tickets.my-castle]\naddress = "file"\n')
    given = {
        "PERTHYN_SHEETS__ENDPOINT": "here",
        "PERTHYN_TICKETS__MY_CASTLE__ADDRESS": "here",
        "PERTHYN_MAIL__A__B": "c",
    }
    assert read_settings(tmp_path, given).sections == {
        "sheets": {"endpoint": "here", "zone": "file"},
        "tickets": {"my-castle": {"address": "here"}},
        "mail": {"a": {"b": "c"}},
    }
