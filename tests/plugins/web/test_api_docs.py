"""What the documentation says of the API is so: its client works, and its page in a browser asks nobody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from perthyn.crm.roles import known_rights
from perthyn_web.accounts import tokens

from .conftest import Site, window

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "howto" / "rest-api.md").read_text(encoding="utf-8")


def token(site: Site, *rights: str) -> str:
    """A token with these rights (all)."""
    with site.desks() as crm:
        every = frozenset(one.name for one in known_rights(crm.plugins)) - tokens.NEVER
        return tokens.new_token(crm, "docs", frozenset(rights) or every)[1]


def test_the_client_of_the_documentation_works(site: Site) -> None:
    found = re.search(r"<!-- client -->\n```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found and len(found[1].splitlines()) <= 40
    client: dict[str, Any] = {}
    exec(compile(found[1], "rest-api.md", "exec"), client)
    with site.listening() as address:
        client |= {"ADDRESS": f"{address}/api", "TOKEN": token(site, "contact.read", "interaction.write")}
        people = list(client["contacts"]("visits at least 1"))
        assert len(people) == len({one["id"] for one in people}) > 0
        first = client["visited"](people[0]["id"], "r-1")
        assert client["visited"](people[0]["id"], "r-1") == first
        assert first["happening"]["source_id"] == "r-1"


def test_the_documents_example_is_what_is_described(site: Site) -> None:
    described = site.nobody().get("/api/openapi.json").json()
    for method, path in re.findall(r'ask\("(\w+)", f"(/[^"?]*)', PAGE):
        assert method.lower() in described["paths"][path.replace("{contact}", "{id}")]
    for method, path in re.findall(r"`(GET|POST|PATCH|PUT|DELETE) (/\S+)`", PAGE):
        assert method.lower() in described["paths"][path.replace("{batch}", "{id}")], path


@pytest.mark.slow
def test_the_page_of_the_api_is_shown_by_a_browser(site: Site, chromium: Any) -> None:
    with site.listening() as address:
        context = window(chromium, extra_http_headers={"authorization": f"Bearer {token(site)}"})
        page = context.new_page()
        trouble: list[str] = []
        asked: list[str] = []
        page.on("console", lambda one: trouble.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: trouble.append(str(one)))
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"{address}/api/docs")
        page.wait_for_selector(".opblock-summary")
        context.close()
    assert not trouble
    assert all(one.startswith((address, "data:", "blob:")) for one in asked)
