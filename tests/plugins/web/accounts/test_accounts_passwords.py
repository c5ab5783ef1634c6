"""Passwords: long ones of one's own, whatever they are made of."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn_web.accounts import passwords

OWN = ("Ymddiriedolaeth Castell Brithwen", "Mair Llŷr", "mair@brithwen.example")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password.short"),
        ("elevenchars", "password.short"),
        ("x" * 257, "password.long"),
        ("password1234", "password.common"),
        ("1234passwordpassword", "password.common"),
        ("PASSWORD!!!!!!", "password.common"),
        ("Qwertyuiop123", "password.common"),
        ("qazwsxedcrfv", "password.common"),
        ("aaaaaaaaaaaaaaaa", "password.common"),
        ("abcabcabcabcabc", "password.common"),
        ("123123123123123", "password.common"),
        ("CastellBrithwen2026", "password.own"),
        ("mair-llyr-mair-1999", "password.own"),
        ("Màir@brithwen.example", "password.own"),
    ],
)
def test_refused(password: str, code: str) -> None:
    with pytest.raises(PerthynError) as caught:
        passwords.check(password, *OWN)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "password",
    ["tri llew a draig goch", "twelve chars", "castell yn y cymylau", "ŵŷŵŷ-moron-a-phys", "a horse" * 36,
     "只有我知道的密码很长很长"],
)  # fmt: skip
def test_taken(password: str) -> None:
    passwords.check(password, *OWN)


def test_the_list_is_as_it_was_brought() -> None:
    """With one way of ending lines, whatever machine it was fetched on."""
    held = passwords.COMMON.read_bytes().replace(b"\r\n", b"\n")
    assert sha256(held).hexdigest() == "d74e04dfb21943316cb8dffabb5383a860df157828863be8625c032a1bb23099"


def test_the_list_holds_the_commonest_and_has_its_licence() -> None:
    held = passwords._common()
    assert len(held) >= 3_000 and {"123456", "password", "qwerty", "iloveyou"} <= held
    assert "MIT" in (passwords.COMMON.parent / "LICENSE").read_text(encoding="utf-8")


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=12, max_size=128), st.randoms(use_true_random=False))
def test_it_is_itself_on_every_keyboard_and_nothing_else_is(password: str, random: Random) -> None:
    kept = passwords.hashed(password, random.randbytes)
    assert passwords.verified(kept, unicodedata.normalize("NFD", password))
    assert not passwords.verified(kept, password + "x")
    assert not passwords.verified(None, password)
    assert not passwords.outdated(kept)
