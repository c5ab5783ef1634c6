"""Webhooks: others are told of what happens, signed, as far as whoever asked may see it; nothing inside is reached."""

from __future__ import annotations

import base64
import hmac
import json
import re
import socket
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from perthyn.errors import PerthynError
from perthyn.model import Job
from perthyn_web.webhooks import posting
from perthyn_web.webhooks.records import Told
from perthyn_web.webhooks.signing import headers_of
from perthyn_web.webhooks.telling import SEND, TELL

from .conftest import Site, opened

OTHERS = "93.184.215.14"
INSIDE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.255.1 169.254.169.254
169.254.0.1 100.64.0.1 100.127.255.254 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 198.51.100.1 203.0.113.1 198.18.0.1
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:93.184.215.14 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
64:ff9b:1::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001::1 2001:db8::1 100::1 ::7f00:1
"""
ADDRESSES = """
http://example.org/ ftp://example.org/ file:///etc/passwd gopher://example.org/ https:// https:///x javascript:alert(1)
https://user:secret@example.org/ https://user@example.org/ https://exa\tmple.org/ //example.org/ example.org
https://example.org:99999/ https://[::1 https://[::1]:x/ https://\u00e9.example.org/
"""


class Listener:
    """Another system, which keeps what it is told and answers as it was asked to."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = outer.statuses.pop(0) if outer.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: Any) -> None:
                return None

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


@pytest.fixture
def site_inside(tmp_path: Path) -> Iterator[Site]:
    """An organisation whose webhooks lead to this machine."""
    toml = 'organisation = "Plas Newydd"\n\n[web]\nhooks_inside = true\n'
    (tmp_path / "perthyn.toml").write_text(toml, encoding="utf-8")
    with opened(tmp_path, create=True) as found:
        yield found


def hooked(site: Site, listener: Listener, **wanted: Any) -> tuple[Any, str, str]:
    """An administrator's client, the address of a webhook in the API, and its secret."""
    client = site.as_role("administrator")
    made = client.post("/api/webhooks", json={"address": listener.address, **wanted})
    assert made.status_code == 201, made.text
    return client, f"/api/webhooks/{made.json()['webhook']['id']}", made.json()["secret"]


def done(site: Site) -> list[str]:
    """What becomes of what is due."""
    return [one.outcome for one in site.crm.do_due("test-1") if one.name in (TELL, SEND)]


def test_others_are_told_and_know_that_it_is_us(site_inside: Site, listener: Listener) -> None:
    client, _, secret = hooked(site_inside, listener, events=["contact.*"])
    there = client.post("/api/contacts", json={"name": "Nia Haf", "note": "shy"}).json()["contact"]
    client.patch(f"/api/contacts/{there['id']}", json={"family": "Haf"})
    done(site_inside)
    told = [json.loads(body) for _, body in listener.heard]
    assert [one["type"] for one in told] == ["contact.created", "contact.changed"]
    (item,) = told[1]["data"]["items"]
    assert item == {"id": there["id"], "fields": ["family"]}
    assert b"Nia" not in b"".join(body for _, body in listener.heard)
    for headers, body in listener.heard:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{wanted}"


def test_the_standards_own_example_is_signed_alike() -> None:
    found = headers_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                       b'{"test": 2432232314}')  # fmt: skip
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_values_go_where_they_are_asked_for(site_inside: Site, listener: Listener) -> None:
    client, _, _ = hooked(site_inside, listener, events=["contact.created"], values=True)
    client.post("/api/contacts", json={"name": "Nia Haf"})
    done(site_inside)
    assert json.loads(listener.heard[0][1])["data"]["items"][0]["values"]["name"] == "Nia Haf"


def test_nobody_is_told_what_the_maker_may_not_see(site_inside: Site, listener: Listener) -> None:
    boss = site_inside.as_role("administrator")
    role = {"name_cy": "", "rights": ["web.hooks", "contact.read"]}
    assert boss.put("/api/roles/Teller", json=role).status_code == 200
    teller = site_inside.as_role("Teller")
    assert teller.post("/api/webhooks", json={"address": listener.address, "values": True}).status_code == 201
    there = boss.post("/api/contacts", json={"name": "Nia", "note": "canary-note", "age_band": "13-17"}).json()[
        "contact"
    ]
    at = f"/api/contacts/{there['id']}/happenings"
    boss.post(at, json={"kind": "donation", "amount": 98765431})
    boss.post(at, json={"kind": "visit", "amount": 98765431, "private": "canary-private"})
    done(site_inside)
    heard = b"".join(body for _, body in listener.heard)
    assert b"Nia" in heard and b"visit" in heard
    for hidden in (b"canary", b"98765431", b"13-17", b"donation", b"amount", b"age_band"):
        assert hidden not in heard
    made = boss.get("/api/webhooks").json()["items"][0]["id"]
    message = boss.get(f"/api/webhooks/{made}/messages").json()["items"][0]["id"]
    assert teller.get(f"/api/webhooks/messages/{message}").status_code == 403
    assert boss.get(f"/api/webhooks/messages/{message}").json()["body"]["data"]


def test_what_did_not_arrive_is_sent_again(site_inside: Site, listener: Listener) -> None:
    client, at, _ = hooked(site_inside, listener, events=["contact.created"])
    listener.statuses = [500]
    client.post("/api/contacts", json={"name": "Nia"})
    assert done(site_inside) == ["done", "failed"]
    (message,) = client.get(f"{at}/messages").json()["items"]
    assert (message["state"], message["status"], message["tries"]) == ("failed", 500, 1)
    for job in site_inside.crm.jobs():
        if job.name == "web.hook.send":
            site_inside.crm.retry_job(job.id.hex)
    assert done(site_inside) == ["done"]
    (message,) = client.get(f"{at}/messages").json()["items"]
    assert (message["state"], message["status"], message["tries"]) == ("sent", 200, 2)
    ids = {headers["webhook-id"] for headers, _ in listener.heard}
    assert client.post(f"/api/webhooks/messages/{message['id']}/again").status_code == 202
    assert done(site_inside) == ["done"] or len(listener.heard) == 3
    assert {headers["webhook-id"] for headers, _ in listener.heard} == ids and len(ids) == 1


def test_no_redirect_is_followed_and_gone_is_the_end(site_inside: Site, listener: Listener) -> None:
    client, at, _ = hooked(site_inside, listener, events=["contact.created"])
    listener.statuses = [302, 410]
    client.post("/api/contacts", json={"name": "Nia"})
    assert done(site_inside) == ["done", "failed"] and len(listener.heard) == 1
    client.post("/api/contacts", json={"name": "Mair"})
    done(site_inside)
    assert client.get(at).json()["ended"]
    client.post("/api/contacts", json={"name": "Huw"})
    assert [one for one in site_inside.crm.jobs() if one.name == "web.hook.tell"] == []


def test_an_ended_hook_and_a_training_copy_tell_nothing(site_inside: Site, listener: Listener) -> None:
    client, at, _ = hooked(site_inside, listener, events=["contact.created"])
    client.post("/api/contacts", json={"name": "Nia"})
    assert client.delete(at).status_code == 204
    done(site_inside)
    assert listener.heard == []


def test_whoever_is_erased_is_forgotten(site_inside: Site, listener: Listener) -> None:
    client, _, _ = hooked(site_inside, listener, values=True)
    there = client.post("/api/contacts", json={"name": "Nia"}).json()["contact"]
    done(site_inside)
    assert site_inside.crm.store.count_of(Told) == 1
    client.delete(f"/api/contacts/{there['id']}")
    done(site_inside)
    assert [one.event for one in site_inside.crm.store.scan(Told)] == ["contact.erased"]
    assert json.loads(listener.heard[-1][1])["data"]["items"] == [{"id": there["id"]}]


def test_jobs_are_stored_with_what_they_tell(site_inside: Site, listener: Listener) -> None:
    hooked(site_inside, listener, events=["interaction.created"])
    made, _ = site_inside.crm.add_contact({"name": "Nia"})
    assert [one.name for one in site_inside.crm.store.scan(Job) if one.name == "web.hook.tell"] == []
    _, receipt = site_inside.crm.add_interaction(made.id, {"kind": "visit"})
    (job,) = [one for one in site_inside.crm.store.scan(Job) if one.name == "web.hook.tell"]
    assert json.loads(job.facts or "{}")["batch"] == str(receipt.batch)


# -- nothing inside is reached -----------------------------------------------------------------------------------------


def answering(*ips: str) -> posting.Resolves:
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]


@pytest.mark.parametrize("ip", INSIDE.split())
def test_no_name_leads_inside(ip: str) -> None:
    for found in ((ip,), (OTHERS, ip), (ip, OTHERS)):
        with pytest.raises(PerthynError, match=r"hook\.inside"):
            posting.place_of("https://example.org/", resolve=answering(*found))


def test_a_public_name_leads_there() -> None:
    place = posting.place_of("https://example.org/a?b=c", resolve=answering(OTHERS))
    assert (place.ip, place.port, place.target) == (OTHERS, 443, "/a?b=c")


@pytest.mark.parametrize("address", re.split("[ \n]+", ADDRESSES.strip()))
def test_only_addresses_of_https_are_taken(address: str) -> None:
    with pytest.raises(PerthynError, match=r"hook\.address"):
        posting.place_of(address, resolve=answering(OTHERS))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "localhost"])
def test_this_machine_by_any_name_is_not_reached(host: str) -> None:
    with pytest.raises(PerthynError, match=r"hook\.(inside|host)"):
        posting.place_of(f"https://{host}/")


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(listener: Listener) -> None:
    """A name that leads elsewhere a moment later (DNS rebinding) is not asked again."""
    port = listener.server.server_address[1]
    place = posting.place_of(f"http://name.invalid:{port}/", inside=True, resolve=answering("127.0.0.1"))
    assert posting.post(place, {}, b"{}").status == 200
    assert listener.heard[0][0]["host"] == f"name.invalid:{port}"


def test_the_api_takes_no_address_inside(site: Site) -> None:
    client = site.as_role("administrator")
    for address in ("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "http://localhost/"):
        answer = client.post("/api/webhooks", json={"address": address})
        assert answer.status_code == 422 and answer.json()["code"].startswith("hook."), address
    assert UUID(int=0) not in {one.id for one in site.crm.store.scan(Told)}


# -- pages -------------------------------------------------------------------------------------------------------------


def test_whoever_may_sets_one_up_by_the_pages(site_inside: Site, listener: Listener) -> None:
    for language in ("en", "cy"):
        client = site_inside.as_role("administrator", language)
        assert client.get("/settings/webhooks").status_code == 200
        assert client.get("/settings/webhooks/new").status_code == 200
        made = client.post("/settings/webhooks", data={"address": listener.address, "events": ["contact.*", "*"]})
        assert made.status_code == 200 and "whsec_" in made.text
        assert client.post("/settings/webhooks", data={"address": "x", "events": "*"}).status_code == 422
        assert client.post("/settings/webhooks", data={"address": listener.address}).status_code == 422
    at = f"/settings/webhooks/{client.get('/api/webhooks').json()['items'][0]['id']}"
    assert client.post(f"{at}/test").status_code == 303
    listener.statuses = [500]
    done(site_inside)
    assert "500" in client.get(at).text and json.loads(listener.heard[0][1])["type"] == "test"
    assert re.search(r"Prawf<div[^>]*><code>test</code>", client.get(at).text)
    message = client.get(f"/api{at.removeprefix('/settings')}/messages").json()["items"][0]["id"]
    assert client.post(f"/settings/webhooks/messages/{message}/again").status_code == 303
    assert "whsec_" in client.post(f"{at}/secret").text
    assert client.post(f"{at}/end").status_code == 303
    assert site_inside.as_role("manager").get("/settings/webhooks").status_code == 403
