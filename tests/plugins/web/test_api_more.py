"""The REST API, what the pages of settings and of lists do too; large undos; other plugins' posts, each done once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

import pytest
from starlette.responses import Response

from perthyn.model import Job
from perthyn_donations.api import gift_of
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


def test_lists_are_ones_own_or_everybodys(site: Site) -> None:
    client, other = site.as_role("administrator"), site.as_role("volunteer")
    wrong = client.post("/api/lists", json={"name_en": "x", "filters": {"rule": "no such (thing"}})
    assert wrong.status_code == 422 and client.post("/api/lists", json={}).json()["code"] == "people.view.name"
    filters = {"email": "yes", "since": "2025-01-01", "rule": "visits since 2026-06-01"}
    mine = client.post("/api/lists", json={"name_en": "Mine", "filters": filters, "order": "name"}).json()
    assert mine["list"]["filters"] == filters and not mine["list"]["shared"]
    rule = mine["list"]["rule"]
    found = [one["id"] for one in client.get("/api/contacts", params={"rule": rule, "limit": 500}).json()["items"]]
    came = client.get("/api/contacts", params={"rule": filters["rule"], "limit": 500}).json()["items"]
    assert found and len(found) < len(came) and {*found} <= {one["id"] for one in came}
    all_of_us = client.post("/api/lists", json={"name_cy": "Pawb", "filters": {"language": "cy"}, "shared": True})
    seen = [one["id"] for one in other.get("/api/lists").json()["items"]]
    assert all_of_us.json()["list"]["id"] in seen and mine["list"]["id"] not in seen
    assert other.delete(f"/api/lists/{mine['list']['id']}").status_code == 404
    assert other.delete(f"/api/lists/{all_of_us.json()['list']['id']}").status_code == 403
    assert other.post("/api/lists", json={"name_en": "Ours", "shared": True}).status_code == 403
    assert client.delete(f"/api/lists/{mine['list']['id']}").json()["receipt"]["deleted"] == 1
    # Whoever has nobody's account keeps none of their own, and none for everybody without the right.
    assert bearer(site, "contact.read").post("/api/lists", json={"name_en": "Theirs"}).status_code == 403


def tag_of_text(text: str) -> str:
    """A tag as of settings, of whatever somebody makes up."""
    return f'"{urlsafe_b64encode(text.encode()).decode()}"'


def test_settings_are_changed_where_nobody_else_has(site: Site) -> None:
    client = site.as_role("administrator")
    there = client.get("/api/settings")
    assert there.json()["currency"] == "GBP" and "restart" in there.json()
    seen = {"if-match": there.headers["etag"]}
    done = client.patch("/api/settings", json={"organisation": "Plas Arall", "address": "https://crm.example.org/"},
                        headers=seen)  # fmt: skip
    assert (done.json()["organisation"], done.json()["address"]) == ("Plas Arall", "https://crm.example.org")
    assert done.json()["restart"] and done.headers["etag"] == client.get("/api/settings").headers["etag"]
    lost = client.patch("/api/settings", json={"organisation": "Another"}, headers=seen)
    assert (lost.status_code, lost.json()["code"]) == (412, "api.changed")
    changed = {one["path"]: one for one in lost.json()["changed"]}
    assert set(changed) == {"organisation", "address"} and changed["address"]["was"] is None
    assert (changed["organisation"]["was"], changed["organisation"]["now"]) == ("Plas Brithwen", "Plas Arall")
    assert changed["organisation"]["by"] == "perthyn.toml" and "organisation, address" in lost.json()["title"]
    for odd in (
        '"x"',
        '"W10="',
        'W/"eyJhIjoxfQ==", "é"'.encode(),
        '"' + "[" * 3_000 + '"',
        *map(tag_of_text, ('{"zone": NaN}', '{"zone": "\\ud800"}', '{"zone": %s}' % ("[" * 500 + "]" * 500))),
    ):
        refused = client.patch("/api/settings", json={"organisation": "Another"}, headers={"if-match": odd})
        assert (refused.status_code, refused.json()["changed"]) == (412, [])
    for wrong in ({"zone": "Wales/Bangor"}, {"currency": "EUR"}, {"address": "ftp://x"}, {"store": "sqlite:///x"}):
        assert client.patch("/api/settings", json=wrong).status_code == 422, wrong
    assert client.patch("/api/settings", json={"address": ""}).json().get("address") is None
    longest = client.patch("/api/settings", json={"organisation": "🙂" * 500, "address": f"https://{'y' * 280}"})
    again = {"if-match": longest.headers["etag"]}
    assert client.patch("/api/settings", json={"organisation": "Plas"}, headers=again).status_code == 200
    (site.folder / "perthyn.toml").unlink()
    gone = client.patch("/api/settings", json={"organisation": "Another"}, headers=seen)
    assert gone.status_code == 412 and gone.json()["changed"][0]["was"] == "Plas Brithwen"
    assert site.as_role("manager").get("/api/settings").status_code == 403


def test_plugins_and_fields_of_ones_own(site: Site) -> None:
    client = site.as_role("administrator")
    named = {one["name"]: one for one in client.get("/api/plugins").json()["items"]}
    assert named["web"]["fixed"] and "offer_api" in named["donations"]["hooks"]
    assert client.put("/api/plugins/donations", json={"on": False}).json() == {**named["donations"], "on": False}
    assert client.put("/api/plugins/web", json={"on": False}).json()["code"] == "web.settings.plugin"
    field = {"label_en": "Shirt", "label_cy": "Crys", "type": "number", "right": "money.read"}
    assert client.put("/api/fields/own.shirt", json=field).json() == {"name": "own.shirt", **field}
    assert client.put("/api/fields/own.shirt", json={**field, "type": "date"}).status_code == 422
    assert {"name": "own.shirt", **field} in client.get("/api/fields").json()["items"]
    assert "own.shirt" not in [one["name"] for one in site.as_role("volunteer").get("/api/fields").json()["items"]]
    nia = somebody(client, custom={"own.shirt": 4})
    assert nia["custom"] == [{"name": "own.shirt", "number": 4}]


def test_backups_are_made_and_taken_out(site: Site) -> None:
    client = site.as_role("administrator")
    assert client.get("/api/backups").json()["items"] == []
    began = client.post("/api/backups")
    assert (began.status_code, began.json()["running"]) == (202, True)
    work(site)
    state = client.get("/api/backups/state").json()
    assert not state["running"] and state["has_key"] and state["last"]["by"], state
    (one,) = client.get("/api/backups").json()["items"]
    taken = client.get(f"/api/backups/{one['name']}")
    assert len(taken.content) == one["size"] and taken.content.startswith(b"age-encryption.org/v1")
    assert client.get("/api/backups/2026.age").json()["code"] == "web.backup.gone"


def test_the_audit_trail_a_page_at_a_time(site: Site) -> None:
    client = site.as_role("administrator")
    nia = somebody(client)
    client.get(f"/api/contacts/{nia['id']}")
    client.get("/api/contacts/many-more")
    first = client.get("/api/audit?limit=2").json()
    after = client.get("/api/audit", params={"limit": 2, "cursor": first["next"]}).json()
    numbers = [one["number"] for one in first["items"] + after["items"]]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == 4
    changed = [one for one in client.get("/api/audit").json()["items"] if one["what"] == "batch.applied"]
    assert changed[0]["words"] == "Changed something" and changed[0]["who"]
    assert client.get("/api/audit/check").json() == {"broken": []}
    assert site.as_role("volunteer").get("/api/audit").status_code == 403


def test_people_go_out_by_a_rule(site: Site) -> None:
    client = site.as_role("administrator")
    wanted = {"purpose": "analysis", "rule": 'town = "Bangor"'}
    file = client.post("/api/exports", json=wanted)
    assert file.status_code == 200 and file.headers["content-type"].startswith("text/csv")
    both = client.post("/api/exports", json={**wanted, "segment": "Readers who came"})
    assert (both.status_code, both.json()["code"]) == (422, "api.export.both")


def test_a_campaign_goes_out_by_a_mailer_and_comes_back(site: Site) -> None:
    client = site.as_role("administrator")
    segment = next(
        one["id"] for one in client.get("/api/segments").json()["items"] if one["name_en"] == "Readers who came"
    )
    made = client.post("/api/campaigns", json={
        "name": "Spring", "segment": segment, "subject_en": "Spring", "subject_cy": "Gwanwyn",
        "letter_en": "Come.", "letter_cy": "Dewch.",
    })  # fmt: skip
    assert made.status_code == 201, made.text
    at = f"/api/campaigns/{made.json()['campaign']['id']}"
    assert client.post(f"{at}/send").status_code == 422  # nothing leaves the demonstration: nothing is opened
    assert client.get(at).json()["state"] == "draft"
    file = client.post(f"{at}/file", json={"form": "mailchimp"})
    assert file.status_code == 200, file.text
    lines = file.text.splitlines()
    letters = client.get(f"{at}/progress").json()["letters"]
    assert letters["handed"] == len(lines) - 1 > 0
    address = lines[1].split(",")[0]
    sent = f"Email Address\n{address}\n".encode()
    asks: dict[str, Any] = {"content": sent, "headers": {"content-type": "application/octet-stream"}}
    tried = client.post(f"{at}/results?name=left.csv&says=unsubscribed&try_only=true", **asks).json()
    done = client.post(f"{at}/results?name=left.csv&says=unsubscribed", **asks).json()
    assert tried["noted"] == done["noted"] == {"unsubscribed": 1} and "receipt" not in tried and done["receipt"]
    assert client.get(f"{at}/unsettled").json()["items"] == []
    none = client.post(f"{at}/settle", json={"became": "sent"})
    assert (none.status_code, none.json()["code"]) == (422, "campaign.none_unknown")


def test_a_gift_is_noted_where_nobody_else_has(site: Site) -> None:
    one, two = site.as_role("administrator"), site.as_role("manager")
    gift = one.post(f"/api/contacts/{somebody(one)['id']}/gifts", json={"key": "till-0000078", "amount": 500}).json()
    at = f"/api/gifts/{gift['id']}"

    def lost(etag: str) -> dict[str, Any]:
        answer = one.patch(at, json={"fund": "garden"}, headers={"if-match": etag})
        assert (answer.status_code, answer.json()["code"]) == (412, "api.changed")
        return {each["path"]: each for each in answer.json()["changed"]}

    bare = one.get(at)
    noted = two.patch(at, json={"fund": "roof"}, headers={"if-match": bare.headers["etag"]})
    assert noted.status_code == 200 and noted.json()["fund"] == "roof" and noted.json() == one.get(at).json()
    assert noted.headers["etag"] == one.get(at).headers["etag"] != bare.headers["etag"]
    changed = lost(bare.headers["etag"])  # nothing was noted of it when one looked
    assert set(changed) == {"fund"} and changed["fund"]["now"] == "roof" and changed["fund"]["was"] is None
    assert changed["fund"]["by"] == "Manager" and changed["fund"]["at"]
    assert two.patch(at, json={"fund": "organ", "nature": "voucher"}).status_code == 200
    changed = lost(noted.headers["etag"])
    assert {name: (each["was"], each["now"]) for name, each in changed.items()} == {
        "fund": ("roof", "organ"), "nature": ("gift", "voucher")
    }  # fmt: skip
    assert set(lost(bare.headers["etag"])) == {"fund", "nature"} and lost('"x"') == {}
    fresh = {"if-match": one.get(at).headers["etag"]}
    assert one.patch(at, json={"fund": "garden"}, headers=fresh).json()["fund"] == "garden"
    assert site.as_role("volunteer").get(at).status_code == 403
    shown: list[UUID] = []
    site.crm.watch = shown.append
    assert gift_of(site.crm, UUID(gift["id"]), Response()).fund == "garden"
    assert [str(id) for id in shown] == [gift["contact"]], "whoever takes many gifts takes many people"


def test_gifts_are_noted_and_their_givers_thanked(site: Site) -> None:
    client = site.as_role("administrator")
    nia = somebody(client, address={"lines": "4 Ffordd y Môr", "postcode": "LL57 2DG"})
    at = f"/api/contacts/{nia['id']}"
    gift = client.post(f"{at}/gifts", json={"key": "till-0000077", "amount": 500}).json()
    assert nia["id"] in [one["contact"] for one in client.get("/api/gifts/to-thank").json()["items"]]
    noted = client.patch(f"/api/gifts/{gift['id']}", json={"nature": "purchase", "fund": "roof"})
    assert (noted.json()["nature"], noted.json()["fund"], noted.json()["eligible"]) == ("purchase", "roof", False)
    assert client.patch(f"/api/gifts/{gift['id']}", json={"fund": None, "nature": "gift"}).json().get("fund") is None
    assert client.patch(f"/api/gifts/{nia['id']}", json={}).status_code == 404
    thanks = {"contacts": [nia["id"], nia["id"]], "how": "letter"}
    assert client.post("/api/gifts/thanked", json=thanks).json()["count"] == 1
    assert nia["id"] not in [one["contact"] for one in client.get("/api/gifts/to-thank").json()["items"]]
    said = {"day": "2026-11-02", "covers": "future", "how": "spoken", "wording": "Yes.", "title": "Ms"}
    assert client.post(f"{at}/declarations", json=said).status_code == 201
    done = client.post(f"{at}/declarations/confirm", json={"day": "2026-11-03"})
    assert done.status_code == 200 and len(done.json()["items"]) == 1, done.text
    assert client.post(f"{at}/declarations/confirm", json={"day": "2026-11-03"}).status_code == 422
    assert client.patch("/api/gifts/thanked", json={}).status_code == 405
