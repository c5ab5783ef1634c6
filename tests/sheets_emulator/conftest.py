"""An emulator for a test, fresh each time, and the ways to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.auth.transport.requests import AuthorizedSession

from sheets_emulator import credentials
from sheets_emulator.book import Book
from sheets_emulator.server import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator whose clock the test moves; it must not have failed itself."""
    with Emulator() as running:
        yield running
    assert running.failures == []


@pytest.fixture
def account(emulator: Emulator) -> dict[str, Any]:
    """A service account: the content of its credentials file."""
    return emulator.accounts.service_account()


@pytest.fixture
def session(emulator: Emulator, account: dict[str, Any]) -> AuthorizedSession:
    """A session signed in as the service account."""
    return credentials.session(emulator, account)


@pytest.fixture
def book(emulator: Emulator, account: dict[str, Any]) -> Book:
    """A spreadsheet that a person made and shared with the service account."""
    return emulator.put("Friends", share={account["client_email"]: "writer"})
