"""The REST API, what the pages of settings and of lists do too; large undos; other plugins' posts, each done once."""

from __future__ import annotations

import pytest

from perthyn.model import Job
from perthyn_web.intake import undoing

from .conftest import Site
from .test_api import bearer, somebody
from .test_imports import work


def test_what_another_plugin_takes_is_done_once_for_each_key(site: Site) -> None:
    client = site.as_role("administrator")
    nia, key = somebody(client), {"idempotency-key": "till-77"}
    told = {
        "day": "2026-11-02",
        "covers": "future",
        "how": "written",
        "wording": "Yes.",
        "given": "Nia",
        "family": "Haf",
        "house": "4",
        "postcode": "LL57 2DG",
    }
    gift = {"key": "till-0000077", "amount": 500}
    first, again = (client.post(f"/api/contacts/{nia['id']}/gifts", json=gift, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    other = client.post(f"/api/contacts/{nia['id']}/gifts", json={**gift, "amount": 600}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "api.key.other")
    refused = client.post(f"/api/contacts/{nia['id']}/declarations", json={}, headers={"idempotency-key": "d-1"})
    assert refused.status_code == 422
    done = client.post(f"/api/contacts/{nia['id']}/declarations", json=told, headers={"idempotency-key": "d-1"})
    assert done.status_code == 201, done.text
    wrong = client.post(f"/api/contacts/{nia['id']}/gifts", json=gift, headers={"idempotency-key": "a b"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    for asks in (site.nobody(), bearer(site, "contact.read")):
        before = site.crm.store.position()
        assert asks.post(f"/api/contacts/{nia['id']}/gifts", json=gift, headers=key).status_code in (401, 403)
        assert not [one for one in site.crm.store.headers() if one.number > before and one.reason == "web.answer"]


def test_something_large_is_taken_back_by_a_job(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "MANY", 1)
    client = site.as_role("administrator")
    people = [{"set": {"name": f"Nia {number}"}} for number in range(3)]
    batch = client.post("/api/contacts/many", json={"items": people}).json()["receipt"]["batch"]
    plan = client.get(f"/api/changes/{batch}/undo").json()
    assert plan == {"records": 3, "large": True}
    assert client.get(f"/api/changes/{batch}").json()["made"] == {"contact": 3}
    began = client.post(f"/api/changes/{batch}/undo")
    assert (began.status_code, began.json()["phase"]) == (202, "waiting")
    assert client.post(f"/api/changes/{batch}/undo").status_code == 202
    with site.desks() as crm:
        assert sum(one.name == undoing.UNDO for one in crm.store.scan(Job)) == 1
    work(site)
    done = client.get(began.json()["at"]).json()
    assert (done["phase"], done["removes"], done["staying"]) == ("done", {"contact": 3}, 0)
    assert client.get(f"/api/changes/{done['batch']}").json()["change"]["undoes"] == batch


def test_one_way_of_each_sort_is_preferred(site: Site) -> None:
    client = site.as_role("administrator")
    made = somebody(client, emails=["a@example.org", "b@example.org"], phones=["01248 360000"],
                    preferred_email="b@example.org", address={"town": "Bangor", "preferred": True})  # fmt: skip
    assert {one["address"]: one["preferred"] for one in made["emails"]} == {
        "a@example.org": False, "b@example.org": True
    }  # fmt: skip
    assert [one["preferred"] for one in made["addresses"]] == [True]
    change = {"preferred_email": "A@example.org", "preferred_phone": "01248 360001", "address": {"town": "Caernarfon",
              "preferred": True}}  # fmt: skip
    after = client.patch(f"/api/contacts/{made['id']}", json=change).json()["contact"]
    assert {one["address"] for one in after["emails"] if one["preferred"]} == {"A@example.org"} and len(
        after["emails"]
    ) == 2
    assert {one["number"]: one["preferred"] for one in after["phones"]} == {
        "01248 360000": False, "01248 360001": True
    }  # fmt: skip
    assert {one["town"]: one["preferred"] for one in after["addresses"]} == {"Bangor": False, "Caernarfon": True}
    gone = client.patch(f"/api/contacts/{made['id']}", json={"remove": ["emails[a@example.org]"]})
    assert [one["preferred"] for one in gone.json()["contact"]["emails"]] == [False]
