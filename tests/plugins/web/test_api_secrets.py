"""Secrets by the API: tokens and links, shown once and never kept."""

from __future__ import annotations

from typing import Any

from perthyn_web.accounts.records import Token, user_id
from perthyn_web.api.records import KeptAnswer

Site = Any  # the class stands in conftest.py


def test_tokens_are_made_by_the_api(site: Site) -> None:
    client = site.as_role("administrator")
    made = client.post("/api/tokens", json={"name": "till", "rights": ["contact.read"]}).json()
    other = site.nobody()
    other.headers = {"authorization": f"Bearer {made['secret']}"}
    assert other.get("/api/").json()["rights"] == ["contact.read"]
    with site.desks() as crm:  # what its maker loses it loses too
        assert [one.user for one in crm.store.scan(Token)] == [user_id("administrator")]
    assert client.delete(f"/api/tokens/{made['token']['id']}").status_code == 204
    assert other.get("/api/").status_code == 401


def test_a_secret_is_answered_once_and_never_kept(site: Site) -> None:
    client = site.as_role("administrator")
    wanted: dict[str, dict[str, Any]] = {
        "/api/tokens": {"name": "till"},
        "/api/users": {"sign_in": "new@plas.example", "role": "volunteer"},
    }
    for path, body in wanted.items():
        key = {"idempotency-key": f"a-key-for{path}"}
        first, again = (client.post(path, json=body, headers=key) for _ in range(2))
        assert first.status_code == 201 and again.status_code == 409, again.text
        assert again.json()["code"] == "api.key.shown"
    assert not any(one.body for one in site.crm.store.scan(KeptAnswer))
    assert len([one for one in client.get("/api/tokens").json()["items"] if one["name"] == "till"]) == 1


def test_nobody_is_answered_by_the_key_of_somebody_else(site: Site) -> None:
    one, other = site.as_role("manager", name="gwen"), site.as_role("volunteer", name="nia")
    key, body = {"idempotency-key": "the-same-key"}, {"given": "Mair", "family": "Un Allwedd"}
    first = one.post("/api/contacts", json=body, headers=key).json()
    second = other.post("/api/contacts", json=body, headers=key).json()
    assert first["contact"]["id"] != second["contact"]["id"]
    assert one.post("/api/contacts", json=body, headers=key).json() == first
