"""A token names its message, for whoever holds the key, and nobody makes one without it."""

from __future__ import annotations

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from perthyn.contacting.tokens import message_of, token

keys = st.binary(min_size=16, max_size=32)


@given(keys, st.uuids())
def test_a_token_leads_back_to_its_message(key: bytes, message: UUID) -> None:
    written = token(key, message)
    assert re.fullmatch(r"[a-z2-7]{48}", written), "fits an address's local part beside bounces+ (64 at most)"
    assert message_of(key, written) == message_of(key, f" {written.upper()}\n") == message


@given(keys, st.uuids(), st.integers(0, 47), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_with_one_letter_changed_is_nobodys(key: bytes, message: UUID, at: int, letter: str) -> None:
    written = token(key, message)
    changed = written[:at] + letter + written[at + 1 :]
    assert message_of(key, changed) == (message if changed == written else None)


@given(keys, keys, st.uuids())
def test_another_key_makes_another_token(key: bytes, other: bytes, message: UUID) -> None:
    assert (message_of(other, token(key, message)) is None) is (key != other)


@given(keys, st.text(max_size=60))
def test_any_text_is_taken(key: bytes, text: str) -> None:
    assert message_of(key, text) is None
