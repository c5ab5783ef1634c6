"""By what somebody at the desk finds a person: the same words, however they are typed."""

from __future__ import annotations

from uuid import UUID

import pytest

from perthyn.model import Address, Contact, Email, Phone
from perthyn.model.identity import asked_words, search_words

NIA = Contact(
    id=UUID(int=1),
    name="Nia Tŷ'n-y-coed O’Brien",
    emails=(Email(address="Nia.T@Example.org"),),
    phones=(Phone.of("07700 900123"),),
    addresses=(Address(postcode="sy20 8xx", town="Llanbadarn Fawr"),),
)


@pytest.mark.parametrize(
    "typed",
    ["nia", "Tŷ'n-y-coed", "tyn y coed", "Tyn-y-Coed", "ty n", "OBRIEN", "o brien", "O'Brien", "nia.t@example.org",
     "07700 900 123", "+44 7700 900123", "07700900123", "SY20 8XX", "nia sy208xx", "Brien, Nia", "llanbadarn"],
)  # fmt: skip
def test_she_is_found_however_she_is_typed(typed: str) -> None:
    words = search_words(NIA)
    asked = asked_words(typed)
    assert asked and all(any(word.startswith(one) for word in words) for one in asked), (asked, sorted(words))


@pytest.mark.parametrize("typed", ["", "  ", ",", "-"])
def test_nothing_typed_asks_for_nothing(typed: str) -> None:
    assert asked_words(typed) == []
