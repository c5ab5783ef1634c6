"""Campaigns in the web app: written, read as others would, rehearsed, sent, watched, settled; files; by role."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller

from perthyn.changes import Edit
from perthyn.model import Campaign, Message

from .conftest import Site, opened

TOML = """organisation = "Plas Brithwen"

[email]
from = "post@plas.example"
postal_address = "Plas Brithwen, Llanfair, SY20 8XX"
host = "127.0.0.1"
port = {port}
security = "none"
live = {live}
"""
WORDS = {
    "subject_cy": "Y gwanwyn", "letter_cy": "{{ cyfarchiad }},\n\nDewch **draw**.",
    "subject_en": "Spring", "letter_en": "{{ salutation }},\n\n[Come](https://plas.example/spring) over.",
}  # fmt: skip


class Sink:
    """A mail server that keeps the addresses it is given."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.refuses: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return "554 not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken += envelope.rcpt_tos
        return "250 OK"


def organisation(demo: Path, to: Path, port: int, live: bool) -> Path:
    folder = to / "brithwen"
    shutil.copytree(demo, folder)
    (folder / "perthyn.toml").write_text(TOML.format(port=port, live=str(live).lower()), encoding="utf-8")
    return folder


@pytest.fixture
def house(demo_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """The demonstration with an account for letters, not live yet."""
    with opened(organisation(demo_folder, tmp_path, 2525, False)) as site:
        yield site


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        kept.port = free.getsockname()[1]  # type: ignore[attr-defined]
    server = Controller(kept, hostname="127.0.0.1", port=kept.port)  # type: ignore[attr-defined]
    server.start()
    yield kept
    server.stop()


@pytest.fixture
def live_house(demo_folder: Path, tmp_path: Path, sink: Any) -> Iterator[Site]:
    """The demonstration, whose letters leave."""
    with opened(organisation(demo_folder, tmp_path, sink.port, True)) as site:
        yield site


def begun(site: Site, client: Any, segment: str = "Readers who came", **words: str) -> str:
    """A campaign's address, made and written in the app."""
    one = site.crm.segment(segment)
    given = {"name_en": "Spring news", "name_cy": "Newyddion", "segment": str(one.id), "channel": "email",
             "purpose": "marketing", "languages": "both", "income_days": "30"}  # fmt: skip
    answer = client.post("/campaigns/new", data={**given, **words})
    assert answer.status_code == 303, answer.text
    at = str(answer.headers["location"])
    assert client.post(f"{at}/letters", data=WORDS).status_code == 303
    return at


def the(site: Site, at: str) -> Campaign:
    id = UUID(at.rpartition("/")[2])
    found: Campaign = site.crm.store.get(Campaign, [id])[id]
    return found


def told(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_from_a_name_to_a_rehearsal(house: Site) -> None:
    client = house.as_role("fundraiser")
    assert "There is no campaign yet" in client.get("/campaigns").text
    at = begun(house, client, cost="120.50")
    one = the(house, at)
    assert (one.code, one.cost, one.name_cy, one.letter_cy) == ("spring-news", 12050, "Newyddion", WORDS["letter_cy"])
    page = told(client.get(at).text)
    assert "A draft" in page and "Rehearsal: nothing leaves" in page and "Still to put right" not in page
    asked = told(client.get(f"{at}/send").text)
    assert "61 letters would be written to a folder" in asked and "They said no" in asked
    done = told(client.post(f"{at}/send").text)
    assert "Letters written 61" in done and "Nothing left the house" in done
    assert the(house, at).state == "draft" and not list(house.crm.store.scan(Message))
    assert len(list(house.folder.rglob("*.eml"))) == 61
    welsh = told(house.as_role("fundraiser", "cy").get(f"{at}/send").text)
    assert "Anfon Newyddion?" in welsh and "Ymarfer: nid oes dim yn gadael" in welsh


def test_letters_say_what_is_wrong_and_where(house: Site) -> None:
    client = house.as_role("fundraiser")
    at = begun(house, client)
    wrong = {**WORDS, "letter_en": "Dear {{ frist_name }}", "subject_cy": ""}
    looked = client.post(f"{at}/letters", data={**wrong, "do": "look"})
    assert looked.status_code == 200 and the(house, at).subject_cy == "Y gwanwyn"
    assert 'href="#f-letter_en"' in looked.text and 'href="#f-subject_cy"' in looked.text
    assert "{{ frist_name }}" in looked.text and "first_name" in told(looked.text)
    kept = client.post(f"{at}/letters", data=wrong)
    assert kept.headers["location"] == f"{at}/letters" and the(house, at).subject_cy is None
    assert "It can't be sent yet" in told(client.get(f"{at}/send").text)
    who = house.crm.find("Emlyn", 1)[0]
    client.post(f"{at}/letters", data={**WORDS, "letter_en": "Dear {{ frist_name }}"})
    for page in (f"{at}/preview", f"{at}/preview/{who.id}"):
        shown = told(client.get(page).text)
        assert "frist_name" in shown and "The English letter" in shown and "letter_en" not in shown
    client.post(f"{at}/letters", data=wrong)
    assert client.post(f"{at}/send").status_code == 422
    fields = client.get(f"{at}/letters").text
    assert 'data-insert="{{ enw_cyntaf }}" data-into="f-letter_cy"' in fields
    assert 'data-insert="{{ first_name }}" data-into="f-letter_en"' in fields


def test_each_person_reads_their_own_language_in_a_frame_of_its_own(house: Site) -> None:
    client = house.as_role("fundraiser")
    at = begun(house, client)
    (welsh, *_) = [one for one in house.crm.find("Emlyn", 6) if one.language == "cy"] or house.crm.find("Emlyn", 1)
    page = client.get(f"{at}/preview?who={welsh.shown_name}&as={welsh.id}").text
    assert f'src="{at}/preview/{welsh.id}"' in page and "sandbox" in page
    frame = client.get(f"{at}/preview/{welsh.id}")
    policy = frame.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy and "sandbox" in policy and "unsafe" not in policy
    assert "script-src" not in policy and frame.headers["x-frame-options"] == "SAMEORIGIN"
    assert "Dewch <strong>draw</strong>" in frame.text and " href=" not in frame.text and " style=" not in frame.text
    assert client.get(at).headers["x-frame-options"] == "DENY"
    assert client.get(f"{at}/preview/{UUID(int=5)}").status_code == 404


def test_a_letter_can_not_break_out_of_its_frame(house: Site) -> None:
    client = house.as_role("fundraiser")
    at = begun(house, client)
    bad = '<script>alert(1)</script> </style><img src=x onerror=alert(1)> <b style="x">\n\nDewch.'
    client.post(f"{at}/letters", data={**WORDS, "letter_cy": bad, "letter_en": bad, "subject_cy": "</title><script>x"})
    (someone, *_) = house.crm.members(house.crm.segment("Readers who came"))
    frame = client.get(f"{at}/preview/{someone.id}")
    if frame.status_code == 200:
        assert "<script" not in frame.text and "<img" not in frame.text
    page = client.get(f"{at}/preview").text
    assert "<script>alert" not in page and "onerror=alert(1)>" not in page


def test_who_is_held_and_why_in_the_words_of_the_door(house: Site) -> None:
    client = house.as_role("fundraiser")
    at = begun(house, client)
    page = client.get(f"{at}/audience").text
    assert "They said no, or a yes and a no contradict each other." in page
    rule = re.search(r"\?rule=([a-z._]+)", page)
    assert rule is not None
    held = client.get(f"{at}/audience?rule={rule[1]}").text
    assert "/contacts/" in held
    lines = [one for one in house.crm.audience_lines(the(house, at)) if not one.decision.allowed]
    assert str(lines[0].contact) in held


def test_a_test_goes_to_an_address_of_ones_own_and_is_not_noted(house: Site) -> None:
    client = house.as_role("fundraiser")
    at = begun(house, client)
    assert client.post(f"{at}/test", data={"address": "nobody"}).status_code == 422
    done = client.post(f"{at}/test", data={"address": "me@plas.example", "who": "Emlyn Prosser"})
    assert done.status_code == 200 and "This is a rehearsal, so it has not left" in done.text
    assert client.post(f"{at}/test", data={"address": "me@plas.example", "who": "Qqq"}).status_code == 422
    assert not list(house.crm.store.scan(Message))


def test_a_live_one_is_asked_about_sent_by_itself_and_reported(live_house: Site, sink: Any) -> None:
    client = live_house.as_role("fundraiser")
    at = begun(live_house, client)
    asked = told(client.get(f"{at}/send").text)
    assert "61 letters will leave" in asked and "Yes, send 61 letters" in asked
    refused = client.post(f"{at}/send")
    assert refused.status_code == 422 and "You have not said yes." in refused.text
    assert the(live_house, at).state == "draft"
    assert client.post(f"{at}/send", data={"agreed": "yes"}).headers["location"] == at
    page = client.get(at).text
    assert "0 of 61 letters have gone." in told(page) and 'hx-trigger="every 3s"' in page
    list(live_house.crm.do_due("test"))
    assert len(sink.taken) == len(set(sink.taken)) == 61 and the(live_house, at).state == "sent"
    part = client.get(f"{at}/progress").text
    assert "61 of 61 letters have gone." in told(part) and "hx-trigger" not in part and "<html" not in part
    report = told(client.get(f"{at}/report").text)
    assert "Sent 61" in report and "not measured" in report
    assert "Income that names the campaign is its own" in report and "within 30 days" in report
    welsh = told(live_house.as_role("fundraiser", "cy").get(f"{at}/report").text)
    assert "heb ei fesur" in welsh
    assert client.post(f"{at}/letters", data=WORDS).status_code in (303, 422)
    changed = client.post(f"{at}/letters", data={**WORDS, "subject_en": "Other"})
    assert changed.status_code == 422 and the(live_house, at).subject_en == "Spring"
    assert client.post(f"{at}/settings", data={"cost": "99", "income_days": "60"}).status_code == 303
    assert (the(live_house, at).cost, the(live_house, at).income_days) == (9900, 60)


def test_stopped_gone_on_with_and_settled(live_house: Site, sink: Any) -> None:
    client = live_house.as_role("manager")
    at = begun(live_house, client)
    client.post(f"{at}/send", data={"agreed": "yes"})
    assert client.post(f"{at}/pause").status_code == 303 and the(live_house, at).state == "paused"
    list(live_house.crm.do_due("test"))
    assert not sink.taken and "It is stopped for now." in told(client.get(at).text)
    lines = [one for one in live_house.crm.store.scan(Message) if one.state == "waiting"]
    sink.refuses = {lines[0].address}
    lost = lines[1]
    live_house.crm.commit([Edit("message", lost.id, {"state": ("waiting", "unknown")})], kind="ledger")
    assert client.post(f"{at}/resume").status_code == 303
    list(live_house.crm.do_due("test"))
    assert "A person must look" in told(client.get(at).text)
    page = client.get(f"{at}/settle").text
    assert str(lost.id) in page and "not here" in page and str(lost.address) in page
    client.post(f"{at}/settle", data={"do": "sent", "line": str(lost.id), "which": "some"})
    assert live_house.crm.store.get(Message, [lost.id])[lost.id].state == "sent"
    sink.refuses = set()
    client.post(f"{at}/settle", data={"do": "refused again", "which": "all"})
    list(live_house.crm.do_due("test"))
    assert lines[0].address in sink.taken and "There is nothing to look at" in client.get(f"{at}/settle").text


def test_handed_over_as_a_file_once_and_the_mailers_answer_taken_in(house: Site) -> None:
    client = house.as_role("manager")
    at = begun(house, client)
    page = client.get(f"{at}/files").text
    assert "A list for Mailchimp" in page and "Labels" not in page
    assert client.post(f"{at}/files", data={"form": "mailchimp"}).status_code == 422
    assert client.post(f"{at}/files", data={"agreed": "yes"}).status_code == 422
    file = client.post(f"{at}/files", data={"form": "mailchimp", "agreed": "yes"})
    rows = file.text.lstrip("\ufeff").splitlines()
    assert file.headers["content-type"].startswith("text/csv") and len(rows) == 62
    assert len(client.post(f"{at}/files", data={"form": "mailchimp"}).text.splitlines()) == 1
    assert len(client.post(f"{at}/files", data={"form": "mailchimp", "again": "yes"}).text.splitlines()) == 62
    address = rows[1].split(",")[0]
    back = {
        "file": ("back.csv", f"Email Address,Status\n{address},unsubscribed\nx@x.org,bounced\n".encode(), "text/csv")
    }
    tried = client.post(f"{at}/returned", files=back, data={"do": "try"})
    assert tried.status_code == 200 and "nothing has been written" in tried.text and "x@x.org" in tried.text
    taken = client.post(f"{at}/returned", files=back, data={"do": "take"})
    assert (
        "It is noted." in taken.text and house.crm.campaign_report(the(house, at)).whole.responses["unsubscribed"] == 1
    )
    assert client.post(f"{at}/returned", data={"do": "take"}).status_code == 422


def test_who_may_what(house: Site) -> None:
    at = begun(house, house.as_role("fundraiser"), cost="120.50")
    looks = house.as_role("read_only")
    page = looks.get(at).text
    assert "Spring news" in page and "/letters" not in page and "/send" not in page and "120.50" not in page
    for path in ("/letters", "/settings", "/send", "/test", "/files", "/settle"):
        assert looks.get(at + path).status_code == 403, path
        if path != "/settle":
            assert looks.post(at + path, data=WORDS).status_code == 403, path
    for path in ("/pause", "/resume", "/settle", "/returned"):
        assert looks.post(at + path).status_code == 403, path
    marketing = house.as_role("marketing")
    assert "120.50" not in marketing.get(f"{at}/settings").text
    assert marketing.post(f"{at}/settings", data={"name_en": "Spring", "income_days": "10"}).status_code == 303
    assert the(house, at).cost == 12050
    assert looks.get(f"{at}/report").status_code == looks.get(f"{at}/preview").status_code == 200
    report = marketing.get(f"{at}/report")
    assert report.status_code == 200 and "Income" not in told(report.text)
    assert house.as_role("volunteer").get("/campaigns").status_code == 403
    assert the(house, at).state == "draft"


@pytest.mark.parametrize(
    ("words", "place"),
    [({"name_en": "", "name_cy": ""}, "name_en"), ({"cost": "lots"}, "cost"), ({"income_days": "soon"}, "income_days"),
     ({"purpose": "mischief"}, "purpose"), ({"channel": "pigeon"}, "channel")],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(house: Site, words: dict[str, str], place: str) -> None:
    client = house.as_role("fundraiser")
    answer = client.post("/campaigns/new", data={"name_en": "x", "income_days": "30", **words})
    assert answer.status_code == 422 and f'href="#f-{place}"' in answer.text
    assert not house.crm.campaigns()


def test_without_a_way_out_it_is_handed_over(site: Site) -> None:
    client = site.as_role("fundraiser")
    at = begun(site, client)
    page = told(client.get(f"{at}/send").text)
    assert "It can't be sent yet" in page or "Nothing here delivers it" in page
    assert client.post(f"{at}/send", data={"agreed": "yes"}).status_code == 422 and the(site, at).state == "draft"
