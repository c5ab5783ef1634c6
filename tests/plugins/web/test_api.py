"""The REST API: what it answers, to whom, in which words; nobody's work is lost, nothing is done twice."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from perthyn.crm.roles import ROLES, roles_of
from perthyn.model import Contact, Interaction
from perthyn_web.accounts import tokens
from perthyn_web.api.gate import DEEPEST
from perthyn_web.api.making import Unguarded, api_routes, make_api, rights_at, wished
from perthyn_web.api.records import KeptAnswer

from .conftest import Site, opened

NOWHERE = "00000000-0000-7000-8000-000000000000"


def bearer(site: Site, *rights: str) -> TestClient:
    """Another system, which signs in with a token."""
    with site.desks() as crm:
        shown = tokens.new_token(crm, "test", frozenset(rights))[1]
    client = site.nobody()
    client.headers = {"authorization": f"Bearer {shown}"}
    return client


def somebody(client: TestClient, **values: Any) -> dict[str, Any]:
    """A contact that was just added, and its tag."""
    answer = client.post("/api/contacts", json={"name": "Nia Haf", **values})
    assert answer.status_code == 201, answer.text
    return {**answer.json()["contact"], "etag": answer.headers["etag"]}


# -- who may -----------------------------------------------------------------------------------------------------------


def test_nobody_is_told_anything(site: Site) -> None:
    answer = site.nobody().get("/api/contacts")
    assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "api.sign_in"


def test_a_token_never_falls_back_to_the_cookie(site: Site) -> None:
    client = site.as_role("administrator")
    assert client.get("/api/contacts").status_code == 200
    for wrong in ("Bearer perthyn_0", "Basic dTpw", "Bearer", ""):
        assert client.get("/api/contacts", headers={"authorization": wrong}).status_code == 401


def test_a_form_of_another_site_changes_nothing(site: Site) -> None:
    client = site.as_role("administrator")
    before = site.crm.store.position()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        assert client.post("/api/contacts", json={"name": "Nia"}, headers=headers).status_code == 403
    assert site.crm.store.position() == before


def test_rights_are_scopes(site: Site) -> None:
    reads = bearer(site, "contact.read")
    assert reads.get("/api/contacts").status_code == 200
    refused = reads.post("/api/contacts", json={"name": "Nia"})
    assert (refused.status_code, refused.json()["code"]) == (403, "right.missing")
    assert refused.json()["facts"]["right"] == "contact.write"


def test_every_route_says_its_right(site: Site) -> None:
    client = site.as_role("administrator")
    described = client.get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    assert len(operations) > 80
    assert all(one["x-right"] and one["security"] for one in operations)
    assert all(one["operationId"] and one["summary"] for one in operations)


def test_a_route_without_a_right_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastapi import APIRouter

    from perthyn.crm import Crm

    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/open", lambda: {}, methods=["GET"])
    outer.include_router(inner)
    monkeypatch.setattr(Crm, "routers", lambda self, may: [outer])
    with pytest.raises(Unguarded, match="/open"):
        make_api(_reception(site), _reception(site).showing)


def _reception(site: Site) -> Any:
    from perthyn_web.showing import Showing
    from perthyn_web.visiting import Reception

    return Reception(site.desks, Showing([], [], [], []))


def test_each_role_reads_what_its_rights_say(site: Site) -> None:
    api = make_api(_reception(site), _reception(site).showing)
    known = roles_of(site.crm.rights())
    for role in ("volunteer", "read_only", "marketing", "manager"):
        client = site.as_role(role)
        for route in api_routes(api):
            if route.methods != {"GET"} or "{" in str(route.path_format):
                continue
            may = all(right == "signed-in" or right in known[role] for right in rights_at(route))
            status = client.get(f"/api{route.path_format}").status_code
            assert status in (200, 403) and (may or status == 403), (role, route.path_format, status)


# -- what is answered --------------------------------------------------------------------------------------------------


def test_pages_lead_to_everybody_once(site: Site) -> None:
    client = site.as_role("administrator")
    seen: list[str] = []
    asked = {"limit": "500"}
    while True:
        page = client.get("/api/contacts", params=asked).json()
        seen += [one["id"] for one in page["items"]]
        if "next" not in page:
            break
        asked["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == site.crm.store.count_of(Contact)


def test_a_cursor_of_ones_own_leads_nowhere(site: Site) -> None:
    client = site.as_role("administrator")
    for cursor in ("x", "WzFd", "bnVsbA", "W10", "WyJhIl0", "!!!", "WzFlOTk5XQ"):
        answer = client.get("/api/contacts", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "api.cursor"), cursor


def test_rules_and_segments_choose_people(site: Site) -> None:
    client = site.as_role("administrator")
    counts = {one["id"]: client.get(f"/api/segments/{one['id']}/count").json()["count"]
              for one in client.get("/api/segments").json()["items"]}  # fmt: skip
    segment, count = {"id": max(counts, key=counts.__getitem__)}, max(counts.values())
    listed = client.get("/api/contacts", params={"segment": segment["id"], "limit": 500}).json()["items"]
    members = client.get(f"/api/segments/{segment['id']}/members", params={"limit": 500}).json()["items"]
    assert count == len(listed) == len(members) > 0
    assert {one["id"] for one in listed} == {one["id"] for one in members}
    tried = client.post("/api/segments/try", json={"rule": "visits at least 1"}).json()
    asked = client.get("/api/contacts", params={"rule": "visits at least 1", "limit": 500}).json()["items"]
    assert tried["count"] == len(asked) > 0


def test_words_are_the_askers(site: Site) -> None:
    client = site.as_role("administrator")
    said = {
        language: client.get(f"/api/contacts/{NOWHERE}", headers={"accept-language": language})
        for language in ("cy", "en", "fr;q=1, cy;q=0.5, en;q=0.1")
    }
    assert all(one.status_code == 404 for one in said.values())
    welsh, english, first = (one.json()["title"] for one in said.values())
    assert welsh == first != english
    assert said["cy"].headers["content-language"] == "cy"
    assert wished("en;q=0, cy;q=0.3, fr") == ["fr", "cy"]


def test_what_is_wrong_is_named_by_field(site: Site) -> None:
    client = site.as_role("administrator", language="cy")
    answer = client.post("/api/contacts", json={"id": NOWHERE, "kind": "robot", "deceased": 1, "tags": [""]})
    assert answer.status_code == 422
    wrong = {one["field"]: one["code"] for one in answer.json()["errors"]}
    assert wrong == {"id": "api.field.extra", "kind": "api.field.choice", "deceased": "api.field.kind",
                     "tags.0": "api.field.length"}  # fmt: skip
    assert all("{" not in one["title"] and one["detail"] for one in answer.json()["errors"])


def test_a_slip_behind_the_question_mark_is_refused(site: Site) -> None:
    answer = site.as_role("administrator").get("/api/contacts?segmnt=x")
    assert (answer.status_code, answer.json()["code"]) == (422, "api.query")


def test_head_shows_no_body_and_get_changes_nothing(site: Site) -> None:
    client = site.as_role("administrator")
    one = client.get("/api/contacts?limit=1").json()["items"][0]["id"]
    before = site.crm.store.position()
    for path in ("/api/contacts", f"/api/contacts/{one}/view", "/api/numbers", "/api/changes", "/api/problems"):
        assert client.get(path).status_code == 200
        head = client.head(path)
        assert head.status_code == 200 and head.content == b""
    assert site.crm.store.position() == before


def test_what_does_not_fit_an_address_is_said_so(site: Site) -> None:
    client = site.as_role("administrator")
    assert client.get("/api/nowhere").json()["code"] == "api.nowhere"
    assert client.get("/api/contacts/%0A").json()["code"] == "api.nowhere"
    answer = client.put("/api/contacts", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


# -- bodies ------------------------------------------------------------------------------------------------------------

HOSTILE = [
    b"", b"{", b"[1,]", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1e999}', b"\xff", b"\xef\xbb\xbf{}", b"{'a':1}",
    b'{"name":"a","name":"b"}', b"[" * 100_000, b'{"a":' * 100_000, b"nul", b'{"a":"\x01"}', "{}".encode("utf-16"),
    b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), b'{"a":' + b"9" * 5000 + b"}",
]  # fmt: skip


def test_what_is_no_json_is_refused(site: Site) -> None:
    client = site.as_role("administrator")
    before = site.crm.store.position()

    def sent(body: bytes, kind: str = "application/json") -> Any:
        return client.post("/api/contacts", content=body, headers={"content-type": kind})

    for body in HOSTILE:
        assert sent(body).status_code == (422 if not body else 400), body[:50]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = sent(b'{"name":"Nia"}', kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "api.kind"), kind
    answer = sent(json.dumps({"note": "x" * 1_000_001}).encode())
    assert (answer.status_code, answer.json()["code"]) == (413, "api.large")
    for name in ("\ud800", "a\x00b", "\x1b[31m"):
        answer = sent(json.dumps({"name": name}).encode())
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "name"
    assert site.crm.store.position() == before


def test_too_many_requests_wait(site: Site) -> None:
    with (site.folder / "perthyn.toml").open("a", encoding="utf-8") as toml:
        toml.write("\n[web]\nper_minute = 5\n")
    with opened(site.folder) as slow:
        client = slow.as_role("administrator")
        statuses = [client.get("/api/").status_code for _ in range(7)]
        last = client.get("/api/")
    assert statuses[:5] == [200] * 5 and last.status_code == 429
    assert int(last.headers["retry-after"]) >= 1


# -- nobody's work is lost ---------------------------------------------------------------------------------------------


def test_who_has_seen_an_older_state_is_told_what_has_changed(site: Site) -> None:
    one, two = site.as_role("manager", name="mari"), site.as_role("manager", name="owain")
    there = somebody(one, family="Haf", note="old")
    at = f"/api/contacts/{there['id']}"
    assert two.patch(at, json={"family": "Huws"}, headers={"if-match": there["etag"]}).status_code == 200
    assert two.patch(at, json={"tags": ["choir"]}).status_code == 200
    lost = one.patch(at, json={"family": "Hughes"}, headers={"if-match": there["etag"]})
    assert (lost.status_code, lost.json()["code"]) == (412, "api.changed")
    changed = {one["path"]: one for one in lost.json()["changed"]}
    assert changed["family"]["was"] == "Haf" and changed["family"]["now"] == "Huws"
    assert changed["family"]["by"] == "Owain" and "tags[choir]" in changed
    fresh = one.get(at)
    assert fresh.json()["family"] == "Huws"
    assert one.patch(at, json={"family": "Hughes"}, headers={"if-match": fresh.headers["etag"]}).status_code == 200


def test_a_field_that_was_seen_otherwise_is_a_conflict(site: Site) -> None:
    client = site.as_role("manager")
    there = somebody(client, family="Haf")
    at = f"/api/contacts/{there['id']}"
    assert client.patch(at, json={"family": "Huws"}).status_code == 200
    lost = client.patch(at, json={"family": "Hughes", "was": {"family": "Haf"}})
    assert lost.status_code == 409 and lost.json()["code"] == "store.conflict"
    assert lost.json()["facts"]["path"] == "family"


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    client = site.as_role("manager")
    there = somebody(client)
    at = f"/api/contacts/{there['id']}"
    same = client.get(at, headers={"if-none-match": f'"x", {there["etag"]}'})
    assert (same.status_code, same.content) == (304, b"")
    client.patch(at, json={"note": "new"})
    assert client.get(at, headers={"if-none-match": there["etag"]}).status_code == 200


def test_a_tag_tells_nothing_of_what_is_hidden(site: Site) -> None:
    boss, volunteer = site.as_role("manager"), site.as_role("volunteer")
    there = somebody(boss)
    at = f"/api/contacts/{there['id']}"
    before = volunteer.get(at).headers["etag"]
    boss.patch(at, json={"age_band": "13-17"})
    assert volunteer.get(at).headers["etag"] == before
    assert boss.get(at).headers["etag"] != there["etag"]


# -- nothing is done twice ---------------------------------------------------------------------------------------------


def test_the_same_key_is_done_once(site: Site) -> None:
    client, key = site.as_role("manager"), {"idempotency-key": "one-2026"}
    first = client.post("/api/contacts", json={"name": "Once"}, headers=key)
    again = client.post("/api/contacts", json={"name": "Once"}, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["etag"] == first.headers["etag"] and again.headers["idempotency-replayed"] == "true"
    other = client.post("/api/contacts", json={"name": "Twice"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "api.key.other")
    assert len(client.get("/api/contacts", params={"q": "Once"}).json()["items"]) == 1


def test_a_key_of_what_was_refused_is_free_again(site: Site) -> None:
    client, key = site.as_role("manager"), {"idempotency-key": "two-2026"}
    assert client.post("/api/contacts", json={"emails": ["x"]}, headers=key).status_code == 422
    assert client.post("/api/contacts", json={"name": "Right"}, headers=key).status_code == 201


def test_two_at_once_are_one(site: Site) -> None:
    cookie, answers = site.cookie("manager"), []
    ready = threading.Barrier(4)

    def ask() -> None:
        client = TestClient(site.app, base_url="http://localhost", headers={"sec-fetch-site": "same-origin"})
        client.cookies.set("perthyn", cookie, domain="localhost.local", path="/")
        ready.wait()
        answers.append(client.post("/api/contacts", json={"name": "Atonce"}, headers={"idempotency-key": "three"}))
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert len(site.crm.find("Atonce")) == 1


def test_whoever_is_erased_stands_in_no_kept_answer(site: Site) -> None:
    client = site.as_role("administrator")
    made = client.post("/api/contacts", json={"name": "Gone"}, headers={"idempotency-key": "gone"}).json()
    assert site.crm.store.count_of(KeptAnswer) == 1
    assert client.delete(f"/api/contacts/{made['contact']['id']}").status_code == 200
    list(site.crm.do_due("test-1"))
    assert site.crm.store.count_of(KeptAnswer) == 0


# -- everything that the pages do --------------------------------------------------------------------------------------


def test_many_are_written_or_none(site: Site) -> None:
    client = site.as_role("manager")
    there = somebody(client)
    before = site.crm.store.count_of(Contact)
    items = [{"set": {"name": "Gwen", "custom": {"own.shoe": "5"}}},
             {"set": {"name": "Alun", "custom": {"own.shoe": "9"}}},
             {"id": there["id"], "set": {"family": "Haf"}, "remove": ["note"]}]  # fmt: skip
    wrong = client.post("/api/contacts/many", json={"items": [*items, {"set": {"emails": ["x"]}}, {"id": NOWHERE}]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "contact.many.refused")
    assert {one["field"]: one["code"] for one in wrong.json()["errors"]} == {
        "items.3": "contact.email.invalid", "items.4": "store.contact.unknown"}  # fmt: skip
    assert site.crm.store.count_of(Contact) == before
    done = client.post("/api/contacts/many", json={"items": items})
    assert done.status_code == 200, done.text
    assert [one["name"] for one in done.json()["items"]] == ["Gwen", "Alun", "Nia Haf"]
    batch = done.json()["receipt"]["batch"]
    assert client.post(f"/api/changes/{batch}/undo").status_code == 200
    assert site.crm.store.count_of(Contact) == before


def test_a_day_at_the_desk(site: Site) -> None:
    client = site.as_role("front_of_house")
    there = somebody(client, emails=["nia@example.org"], address={"town": "Tywyn"}, language="cy")
    at = f"/api/contacts/{there['id']}"
    came = client.post(f"{at}/came", json={"key": "tablet-1-0001", "party": 3})
    assert came.status_code == 200 and came.json()["happening"]["party_size"] == 3
    again = client.post(f"{at}/came", json={"key": "tablet-1-0001", "party": 3}).json()
    assert again["happening"]["id"] == came.json()["happening"]["id"] and "receipt" not in again
    noted = client.post(f"{at}/happenings", json={"kind": "call", "text": "asked about the garden"})
    assert noted.status_code == 201, noted.text
    assert len(client.get(f"{at}/happenings").json()["items"]) == 2
    assert client.post(f"{at}/consents", json={"decision": "withdrawn", "channels": ["email"]}).status_code == 201
    view = client.get(f"{at}/view", params={"parts": ["permission", "timeline"]}).json()
    assert view["permission"]["email"]["allowed"] is False
    assert set(view) == {"contact", "permission", "timeline", "more"}
    removed = client.patch(at, json={"remove": ["emails[nia@example.org]"]}).json()["contact"]
    assert "emails" not in removed


def test_segments_are_made_changed_and_taken_away(site: Site) -> None:
    client = site.as_role("manager")
    made = client.post("/api/segments", json={"name_en": "Welsh", "name_cy": "Cymraeg", "rule": "language is cy"})
    assert made.status_code == 201
    at = f"/api/segments/{made.json()['segment']['id']}"
    etag = made.headers["etag"]
    assert client.patch(at, json={"rule": "language is en"}, headers={"if-match": etag}).status_code == 200
    assert client.patch(at, json={"name_en": "X"}, headers={"if-match": etag}).status_code == 412
    wrong = client.post("/api/segments", json={"name_en": "Y", "rule": "purple is 3"})
    assert wrong.status_code == 422
    assert client.delete(at).status_code == 200 and client.get(at).status_code == 404


def test_campaigns_are_written_and_looked_over(site: Site) -> None:
    client = site.as_role("manager")
    segment = client.get("/api/segments").json()["items"][0]["id"]
    made = client.post("/api/campaigns", json={"name": "Spring", "segment": segment, "cost": 12_00})
    assert made.status_code == 201, made.text
    at = f"/api/campaigns/{made.json()['campaign']['id']}"
    assert client.patch(at, json={"subject_en": "Hello", "letter_en": "Dear {{ name }}"}).status_code == 200
    audience = client.get(f"{at}/audience").json()
    assert audience["people"] >= audience["letters"] and audience["problems"]
    assert client.post(f"{at}/send").status_code in (409, 422)


def test_a_file_is_brought_looked_at_and_taken_in(site: Site) -> None:
    client = site.as_role("manager")
    rows = b"Name,Email,Joined\nCeri Test,ceri@example.org,01/02/2026\nBad Row,nonsense,99/99/2026\n"
    brought = client.post("/api/imports", params={"name": "members.csv"}, content=rows,
                          headers={"content-type": "application/octet-stream"})  # fmt: skip
    assert brought.status_code == 201, brought.text
    at = f"/api/imports/{brought.json()['items'][0]['id']}"
    columns = {one["header"]: one["becomes"] for one in client.get(at).json()["understood"]["columns"]}
    assert columns["Email"] == "email"
    before = site.crm.store.count_of(Contact)
    assert client.post(f"{at}/look").status_code == 202
    list(site.crm.do_due("test-1"))
    assert client.get(at).json()["state"]["phase"] == "looked" and site.crm.store.count_of(Contact) == before
    assert client.post(f"{at}/run").status_code == 202
    list(site.crm.do_due("test-1"))
    done = client.get(at).json()
    assert done["state"]["phase"] == "done" and site.crm.store.count_of(Contact) > before
    assert client.post(f"/api/changes/{done['outcome']['batch']}/undo").status_code == 200
    assert site.crm.store.count_of(Contact) == before


def test_people_go_out_for_a_purpose(site: Site) -> None:
    client = site.as_role("manager")
    answer = client.post("/api/exports", json={"purpose": "marketing", "channels": ["email"]})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
    assert site.as_role("volunteer").post("/api/exports", json={"purpose": "marketing"}).status_code == 403


def test_pairs_are_joined_and_kept_apart(site: Site) -> None:
    client = site.as_role("manager")
    one, two = somebody(client), somebody(client, family="Haf")
    pair = client.post("/api/pairs", json={"contact": one["id"], "other": two["id"]}).json()["id"]
    assert client.post(f"/api/pairs/{pair}/join", json={}).status_code == 200
    left = {client.get(f"/api/contacts/{id}").json()["id"] for id in (one["id"], two["id"])}
    assert len(left) == 1


def test_relationships_stand_on_both_sides(site: Site) -> None:
    client = site.as_role("manager")
    one, two = somebody(client), somebody(client)
    at = f"/api/contacts/{one['id']}"
    assert client.post(f"{at}/relationships", json={"other": two["id"], "kind": "partner"}).status_code == 201
    assert client.get(f"/api/contacts/{two['id']}").json()["relationships"][0]["other"] == one["id"]
    assert client.delete(f"{at}/relationships/partner:{two['id']}").status_code == 200


# -- what a volunteer never receives -----------------------------------------------------------------------------------

AMOUNT, PRIVATE, CHILD = 98765431, "canary-private-word", "13-17"


def test_a_volunteer_never_receives_what_is_not_for_them(site: Site) -> None:
    boss = site.as_role("administrator")
    there = somebody(boss, age_band=CHILD)
    at = f"/api/contacts/{there['id']}"
    for body in ({"kind": "donation", "amount": AMOUNT}, {"kind": "visit", "amount": AMOUNT, "private": PRIVATE}):
        assert boss.post(f"{at}/happenings", json=body).status_code == 201
    volunteer = site.as_role("volunteer")
    api = make_api(_reception(site), _reception(site).showing)
    paths = [str(route.path_format).replace("{id}", there["id"]).replace("{name}", "income").replace("{key}", "x")
             for route in api_routes(api)]  # fmt: skip
    queries = ["", f"?q={AMOUNT}", "?rule=donations at least 1", "?rule=age_band is 13-17", "?order=name"]
    answers = [volunteer.get(f"/api{path}{query}") for path in dict.fromkeys(paths) for query in queries]
    answers += [volunteer.patch(at, json={"age_band": "adult", "was": {"age_band": CHILD}}),
                volunteer.patch(at, json={"name": "N"}, headers={"if-match": '"x"'}),
                volunteer.patch(at, json={"remove": ["age_band"]}),
                volunteer.post(f"{at}/happenings", json={"kind": "donation", "amount": 1})]  # fmt: skip
    for answer in answers:
        assert answer.status_code < 500
        assert str(AMOUNT) not in answer.text.replace(f"q={AMOUNT}", "") and PRIVATE not in answer.text
        assert CHILD not in answer.text, answer.text
        assert answer.status_code >= 300 or "donation" not in answer.text, answer.text
    assert boss.get(at).json()["age_band"] == CHILD
    seen = boss.get(f"{at}/happenings").json()["items"]
    assert {one.get("amount") for one in seen} == {AMOUNT} and site.crm.store.get(Interaction, [UUID(seen[0]["id"])])


def test_roles_and_rights_are_listed(site: Site) -> None:
    found = site.as_role("administrator").get("/api/roles").json()["items"]
    assert {one["name"] for one in found} >= set(ROLES)
