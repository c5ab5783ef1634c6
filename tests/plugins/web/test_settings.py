"""Settings: each page for those who may and for nobody else, in both languages; what is saved, and when it counts."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from perthyn.changes import Create, Edit
from perthyn.crm.inbound import _pieces
from perthyn.model import Inbound, Job

Site = Any  # the class stands in conftest.py
PAGES = ("/settings", "/settings/organisation", "/settings/plugins", "/settings/fields", "/settings/backups",
         "/settings/jobs", "/settings/inbound", "/settings/health")  # fmt: skip
MANAGERS = ("/settings", "/settings/backups", "/settings/jobs", "/settings/inbound", "/settings/health")


def toml(site: Site) -> dict[str, Any]:
    return tomllib.loads((site.folder / "perthyn.toml").read_text(encoding="utf-8"))


def form(**changes: str) -> dict[str, str]:
    return {"organisation": "Plas Newydd", "language": "cy", "zone": "Europe/London", "year_starts": "4",
            "region": "GB", "address": "", **changes}  # fmt: skip


@pytest.fixture(autouse=True)
def keys(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keys of backups lie where nobody else's are."""
    file = tmp_path_factory.mktemp("keys") / "test.key"
    monkeypatch.setattr("perthyn.cli.session.Session._key_file", lambda self: file)
    yield file


@pytest.mark.parametrize("role", ["administrator", "manager", "fundraiser", "marketing", "front_of_house", "volunteer",
                                  "read_only"])  # fmt: skip
def test_pages_are_for_those_who_may(empty_site: Site, role: str) -> None:
    client = empty_site.as_role(role)
    for path in PAGES:
        wanted = 200 if role == "administrator" or (role == "manager" and path in MANAGERS) else 403
        assert client.get(path).status_code == wanted, path
    before = toml(empty_site)
    if role != "administrator":
        for path in PAGES[1:4]:
            assert client.post(path, data=form(name="own.x", to="off", en="X")).status_code == 403
        assert toml(empty_site) == before and empty_site.crm.custom_fields() == []


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_page_in_both_languages(empty_site: Site, language: str) -> None:
    client = empty_site.as_role("administrator", language)
    for path in PAGES:
        assert f'lang="{language}"' in client.get(path).text, path


def test_the_organisation_is_written_with_its_comments(empty_site: Site) -> None:
    file = empty_site.folder / "perthyn.toml"
    text = '# ours\norganisation = "Plas Newydd"\n\n[web]\nhosts = ["crm.example.org"]  # the proxy\n'
    file.write_text(text, encoding="utf-8")
    client = empty_site.as_role("administrator")
    told = form(organisation="Plas Hen", address="https://crm.example.org/")
    answer = client.post("/settings/organisation", data=told)
    assert answer.status_code == 303
    text = file.read_text(encoding="utf-8")
    assert "# ours" in text and "# the proxy" in text
    assert toml(empty_site)["web"] == {"hosts": ["crm.example.org"], "address": "https://crm.example.org"}
    assert toml(empty_site)["organisation"] == "Plas Hen" and toml(empty_site)["year_starts"] == 4
    assert "started afresh" in client.get("/settings/organisation").text
    client.post("/settings/organisation", data=form())
    assert toml(empty_site)["web"] == {"hosts": ["crm.example.org"]}


@pytest.mark.parametrize("wrong", [{"zone": "Wales/Cardiff"}, {"year_starts": "13"}, {"currency": "pounds"},
                                   {"address": "javascript:alert(1)"}, {"region": "Wales"}])  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_written(empty_site: Site, wrong: dict[str, str]) -> None:
    before = (empty_site.folder / "perthyn.toml").read_bytes()
    answer = empty_site.as_role("administrator").post("/settings/organisation", data=form(**wrong))
    assert answer.status_code == 422 and 'class="wrong"' in answer.text
    assert (empty_site.folder / "perthyn.toml").read_bytes() == before


@pytest.mark.parametrize("wrong", [{"zone": ""}, {"region": "Cymru"}, {"currency": "pounds"}])
def test_what_is_wrong_is_said_in_ones_own_language(empty_site: Site, wrong: dict[str, str]) -> None:
    answer = empty_site.as_role("administrator", "cy").post("/settings/organisation", data=form(**wrong)).text
    assert "er enghraifft" in answer or "fel Europe/London" in answer
    assert "Value error" not in answer and "String should" not in answer


def test_what_can_not_be_in_a_field_is_said_in_ones_own_language(empty_site: Site) -> None:
    client = empty_site.as_role("administrator", "cy")
    assert "rhaid i rywbeth fod yno" in client.post("/settings/fields", data={"name": "own.x", "en": " "}).text


def test_where_all_is_well_no_folders_are_named(empty_site: Site) -> None:
    page = empty_site.as_role("manager").get("/settings/health").text
    assert "perthyn.sqlite" in page and str(empty_site.folder.parent) not in page and "sqlite:" not in page


def test_the_currency_stays_once_there_are_records(empty_site: Site) -> None:
    empty_site.crm.add_contact({"name": "Siân"})
    client = empty_site.as_role("administrator")
    assert 'name="currency"' not in client.get("/settings/organisation").text
    assert client.post("/settings/organisation", data=form(currency="EUR")).status_code == 422


def test_a_plugin_is_switched_off_and_on(empty_site: Site) -> None:
    client = empty_site.as_role("administrator")
    assert "tickets" in client.get("/settings/plugins").text
    client.post("/settings/plugins", data={"name": "tickets", "to": "off"})
    assert toml(empty_site)["off"] == ["tickets"]
    assert "off from the next start" in client.get("/settings/plugins").text
    client.post("/settings/plugins", data={"name": "tickets", "to": "on"})
    assert toml(empty_site)["off"] == []
    for name in ("web", "no-such"):
        assert client.post("/settings/plugins", data={"name": name, "to": "off"}).status_code == 422


def test_a_field_of_ones_own(empty_site: Site) -> None:
    client = empty_site.as_role("administrator")
    given = {"en": "Shirt size", "cy": "Maint crys", "right": "note.read"}
    assert client.post("/settings/fields", data=given).status_code == 303
    found = empty_site.crm.custom_fields()
    assert [(one.name, one.label_cy, one.right) for one in found] == [("own.shirt_size", "Maint crys", "note.read")]
    assert "Maint crys" in client.get("/settings/fields?name=own.shirt_size").text
    client.post("/settings/fields", data={"name": "own.shirt_size", "en": "Shirt", "type": "text"})
    assert empty_site.crm.custom_fields()[0].label_en == "Shirt"
    for wrong in ({"en": ""}, {"name": "own.shirt_size", "en": "X", "type": "date"}, {"en": "X", "right": "no.such"},
                  {"name": "perthyn.organisation", "en": "X"}):  # fmt: skip
        assert client.post("/settings/fields", data=wrong).status_code == 422, wrong


def test_a_backup_is_made_by_a_job(empty_site: Site, keys: Path) -> None:
    client = empty_site.as_role("manager")
    assert client.post("/settings/backups").status_code == 303
    assert "being made" in client.get("/settings/backups").text
    client.post("/settings/backups")
    with empty_site.desks() as crm:
        assert [one.outcome for one in crm.do_due("test-1") if one.name == "web.backup"] == ["done"]
    file = next((empty_site.folder / "backups").glob("*.age"))
    page = client.get("/settings/backups").text
    assert file.name in page and "Manager" in page and keys.exists()
    answer = client.get(f"/settings/backups/{file.name}")
    assert answer.content == file.read_bytes() and answer.content.startswith(b"age-encryption.org")
    for name in ("../perthyn.toml", "..%2fperthyn.toml", "no-such.age", "perthyn.toml", "%2e%2e%2fperthyn.sqlite"):
        assert client.get(f"/settings/backups/{name}").status_code == 404, name


def test_a_job_that_waits_is_tried_again(empty_site: Site) -> None:
    facts = json.dumps({"channel": "x", "account": "y"})
    job = Job(
        id=uuid4(), name="channel.fetch", about="tickets:castle", facts=facts, due=empty_site.crm.clock(),
        state="parked", code="job.died",
    )  # fmt: skip
    empty_site.crm.commit([Create(job)], kind="job")
    client = empty_site.as_role("manager")
    assert "tickets:castle" in client.get("/settings/jobs").text
    empty_site.crm.commit([Edit("job", job.id, {"code": (job.code, "odd.code")})], kind="job")
    assert "no words for: odd.code" in client.get("/settings/jobs").text
    assert client.post(f"/settings/jobs/{job.id}/retry").status_code == 303
    assert empty_site.crm.store.get(Job, [job.id])[job.id].state == "waiting"
    assert client.post(f"/settings/jobs/{uuid4()}/retry").status_code == 404


def test_what_came_in_is_shown_as_text_and_read_again(empty_site: Site) -> None:
    body = _pieces(b"<script>alert(1)</script>\xff")
    one = Inbound(
        id=uuid4(), channel="tickets", account="castle", event="e1", came=empty_site.crm.clock(), body=body,
        state="parked", code="inbound.unreadable",
    )  # fmt: skip
    empty_site.crm.commit([Create(one)], kind="job")
    client = empty_site.as_role("manager")
    assert "castle" in client.get("/settings/inbound?state=parked").text
    page = client.get(f"/settings/inbound/{one.id}").text
    assert "&lt;script&gt;alert(1)" in page and "\\xff" in page
    assert client.post(f"/settings/inbound/{one.id}/again").status_code == 303
    assert empty_site.crm.store.get(Inbound, [one.id])[one.id].state == "waiting"
    assert client.get(f"/settings/inbound/{uuid4()}").status_code == 404
