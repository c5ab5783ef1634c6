"""Secrets: given in the environment, in a file of their own or in the keyring; never in ``perthyn.toml``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn.secrets import FILE, keep_secret, secrets_of
from perthyn.settings import read_settings, variable

posix = pytest.mark.skipif(os.name != "posix", reason="who reads a file is said otherwise here")


def house(folder: Path, environ: dict[str, str] | None = None, toml: str = "") -> House:
    (folder / "perthyn.toml").write_text(toml, encoding="utf-8")
    settings = read_settings(folder, environ or {})
    secrets = secrets_of(folder, environ or {}, settings.sections)
    return House(folder, None, None, sections=settings.sections, secrets=secrets)  # type: ignore[arg-type]


def test_one_is_given_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    keep_secret(tmp_path, "tickets.castle", "key", "pa55 ŵ \"'")
    keep_secret(tmp_path, "email", "password", "other")
    there = house(tmp_path)
    assert there.secret("tickets.castle", "key") == "pa55 ŵ \"'"
    assert there.secret("email", "password") == "other"
    if os.name == "posix":
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_what_a_person_wrote_there_stays_and_one_can_be_taken_out(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('# from the box office\n[tickets.castle]\nkey = "a"\n', encoding="utf-8")
    keep_secret(tmp_path, "tickets.mill", "key", "b")
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert text.startswith("# from the box office") and '"a"' in text
    keep_secret(tmp_path, "tickets.mill", "key", "")
    with pytest.raises(PerthynError, match=r"secret\.missing"):
        house(tmp_path).secret("tickets.mill", "key")


def test_the_environment_comes_first(tmp_path: Path) -> None:
    keep_secret(tmp_path, "tickets.my-castle", "key", "file")
    given = {"PERTHYN_TICKETS__MY_CASTLE__KEY": "environment"}
    assert variable("tickets.my-castle", "key") in given
    toml = '[tickets.my-castle]\naddress = "https://tickets.example"\n'
    there = house(tmp_path, given, toml)
    assert there.secret("tickets.my-castle", "key") == "environment"
    assert list(there.section("tickets")) == ["my-castle"], "the variable names an account that is there"
    assert house(tmp_path, {}, toml).secret("tickets.my-castle", "key") == "file"


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = keep_secret(tmp_path, "email", "password", "pa55")
    file.chmod(mode)
    with pytest.raises(PerthynError, match=r"secret\.readable"):
        house(tmp_path).secret("email", "password")
    assert house(tmp_path, {"PERTHYN_EMAIL__PASSWORD": "p"}).secret("email", "password") == "p"
    keep_secret(tmp_path, "email", "user", "eve")
    assert house(tmp_path).secret("email", "password") == "pa55", "writing it makes it its owner's alone"


@pytest.mark.parametrize(
    ("toml", "section"),
    [('[email]\npassword = "pa55"\n', "email"), ('[email.main]\npassword = "pa55"\n', "email.main")],
)
def test_one_in_the_settings_is_refused(tmp_path: Path, toml: str, section: str) -> None:
    keep_secret(tmp_path, section, "password", "right")
    with pytest.raises(PerthynError, match=r"secret\.misplaced") as told:
        house(tmp_path, {}, toml).secret(section, "password")
    assert "pa55" not in str(told.value)


def test_a_broken_file_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[email]\npassword = "pa55\n', encoding="utf-8")
    (tmp_path / FILE).chmod(0o600)
    for ask in (lambda: house(tmp_path).secret("email", "password"), lambda: keep_secret(tmp_path, "a", "b", "c")):
        with pytest.raises(PerthynError, match=r"secret\.unreadable") as told:
            ask()
        assert "pa55" not in str(told.value)
    assert "pa55" in (tmp_path / FILE).read_text(encoding="utf-8"), "it is left as it is"


def test_nothing_shows_one(tmp_path: Path) -> None:
    keep_secret(tmp_path, "email", "password", "pa55-file")
    given = {"PERTHYN_EMAIL__PASSWORD": "pa55-environment"}
    there = house(tmp_path, given)
    assert there.secret("email", "password") == "pa55-environment"
    assert "pa55" not in repr(there) and "pa55" not in repr(read_settings(tmp_path, given))


def test_the_keyring_is_asked_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {(f"perthyn:{tmp_path.resolve()}", "tickets.castle.key"): "ringed"}
    ring = ModuleType("keyring")
    ring.__spec__ = __spec__  # type: ignore[name-defined]
    ring.get_password = lambda service, name: held.get((service, name))  # type: ignore[attr-defined]
    ring.errors = ModuleType("errors")  # type: ignore[attr-defined]
    ring.errors.KeyringError = RuntimeError
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert house(tmp_path).secret("tickets.castle", "key") == "ringed"
    with pytest.raises(PerthynError, match=r"secret\.missing"):
        house(tmp_path).secret("tickets.mill", "key")


def test_an_account_has_its_own_section_or_the_channels(tmp_path: Path) -> None:
    there = house(tmp_path, {}, '[email]\nhost = "a"\n[tickets.castle]\naddress = "b"\n')
    assert there.account("email", "main") == "email"
    assert there.account("tickets", "castle") == "tickets.castle"
    assert there.section("tickets.castle") == {"address": "b"}
    assert there.section("tickets.mill") == there.section("email.host") == {}
