"""Accounts: which shops the settings name. A shop is an organizer of a pretix server."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn.text import fold

TICKETS, MAIN = "tickets", "main"
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What pretix allows in the short names of organizers and events, and in the codes of orders."""
_HERE = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True, slots=True)
class Account:
    """One shop. `section`: where its settings stand and its key belongs. `url`: of the server, no slash at its end.

    `kinds`: names of products or categories, folded, with the kind of interaction they are, where their words don't
    tell. `types`: short names of events with the type of event they are. `consent`: identifiers of the questions that
    ask for news by e-mail, where their words don't tell.
    """

    section: str
    url: str
    organizer: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    consent: Sequence[str] = ()

    @property
    def source(self) -> str:
        """The account that facts come from, the same as of the files that this shop exports."""
        return f"pretix:{self.organizer}"


def accounts_of(house: House) -> Sequence[str]:
    """The names of the accounts: ``main`` for what stands in ``[tickets]`` itself, then each ``[tickets.name]``."""
    section = house.section(TICKETS)
    named = [name for name, value in section.items() if isinstance(value, Mapping) and "organizer" in value]
    own = "organizer" in section or (bool(section) and not named)
    return (*([MAIN] if own else []), *named)


def account_of(house: House, name: str) -> Account:
    """One account. Raises `PerthynError` (``tickets.setting.missing``, ``.wrong``, ``tickets.url.insecure``)."""
    section = house.account(TICKETS, name)
    values = house.section(section)
    organizer = _text(values, "organizer", section)
    if not SLUG.fullmatch(organizer):
        raise PerthynError("tickets.setting.wrong", section=section, setting="organizer", value=organizer)
    return Account(
        section,
        _server(_text(values, "url", section), section),
        organizer,
        {fold(str(name)): str(kind) for name, kind in _table(values, "kinds").items()},
        {str(name): str(type) for name, type in _table(values, "types").items()},
        tuple(map(str, values.get("consent", ()))),
    )


def _text(values: Mapping[str, Any], name: str, section: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not found.strip():
        raise PerthynError("tickets.setting.missing", section=section, setting=name)
    return found.strip()


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def _server(url: str, section: str) -> str:
    """The address of the server; a key is never sent over a line that others can read."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise PerthynError("tickets.setting.wrong", section=section, setting="url", value=url)
    if parts.scheme == "http" and host not in _HERE:
        raise PerthynError("tickets.url.insecure", section=section, url=url)
    return url.rstrip("/").removesuffix("/api/v1")
