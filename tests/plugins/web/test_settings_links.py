"""Every page that the menu and the settings lead to is there."""

from __future__ import annotations

import re

import pytest

from .conftest import Site


@pytest.mark.parametrize("start", ["/", "/settings", "/account", "/users", "/about"])
def test_links_lead_somewhere(site: Site, start: str) -> None:
    client = site.as_role("administrator")
    page = client.get(start).text
    found = sorted({one for one in re.findall(r'href="(/[^"#?]*)"', page) if not one.startswith("/static")})
    assert len(found) > 5
    assert [one for one in found if client.get(one).status_code != 200] == []
