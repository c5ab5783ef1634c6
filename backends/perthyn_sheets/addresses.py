"""The address of a spreadsheet, as it stands in a browser's address bar."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

HOST = "docs.google.com"
# Behind several accounts comes /u/1, at an organisation of its own /a/example.org. What is published (d/e/...) has
# another id, by which nobody can write.
PATH = re.compile(r"(?:/a/[^/]+)?/spreadsheets(?:/u/\d+)?/d/(?!e/)([A-Za-z0-9_-]{8,})(?:/.*)?")


def sheet_id(address: str) -> str | None:
    """The id of the spreadsheet at `address`, None when it is no spreadsheet's address."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or parts.hostname != HOST:
        return None
    found = PATH.fullmatch(parts.path)
    return found[1] if found else None


def address_of(sheet_id: str) -> str:
    """The shortest address of the spreadsheet with this id; browsers open it."""
    return f"https://{HOST}/spreadsheets/d/{sheet_id}"
