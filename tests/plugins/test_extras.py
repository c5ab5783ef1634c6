"""A library that is not installed: the error names the extra that brings it, and nothing is lost."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perthyn.channel import Reach, Request
from perthyn.errors import PerthynError, needs
from perthyn.house import House
from perthyn.model.ids import Clock
from perthyn.testing import MemoryStore
from perthyn.text import LANGUAGES, Translator
from perthyn_donations.stripe_calls import Calls
from perthyn_donations.stripe_channel import Stripe
from perthyn_email.bounces import _second_opinion
from perthyn_email.reading import parsed
from perthyn_tickets.accounts import Account
from perthyn_tickets.shop import Shop

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLOCK: Clock = lambda: NOON  # noqa: E731


def reach(folder: Path) -> Reach:
    house = House(folder, CLOCK, bytes, sections={"stripe": {}}, secrets=lambda section, name: "key")
    return Reach(house, "main", MemoryStore(()), b"k" * 32)


@pytest.mark.parametrize(
    ("library", "extra", "use"),
    [
        ("stripe", "donations", lambda folder: Calls(reach(folder)).one("charges", "ch_1")),
        ("stripe", "donations", lambda folder: Stripe().accept(Request("POST", "", "", {}, b"", NOON), reach(folder))),
        ("httpx2", "tickets", lambda folder: Shop(Account("main", "https://pretix.eu", "castle"), "key", CLOCK)),
        ("flufl.bounce", "email", lambda folder: _second_opinion(parsed(b"Subject: x\r\n\r\ny"))),
    ],
)
def test_the_error_names_the_extra(
    library: str, extra: str, use: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(PerthynError) as caught:
        use(tmp_path)  # type: ignore[operator]
    assert (caught.value.code, caught.value.facts["extra"]) == ("library.missing", extra)
    for language in LANGUAGES:
        assert f'pip install "perthyn[{extra}]"' in " ".join(Translator(language).error(caught.value))


def test_what_else_goes_wrong_is_not_hidden() -> None:
    with pytest.raises(KeyError), needs("donations"):
        raise KeyError("x")
