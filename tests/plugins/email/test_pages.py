"""The preference page: a GET changes nothing, a POST does at once, a wrong token opens nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from office import Office

from perthyn.contacting.tokens import token
from perthyn.model import Campaign, Consent, Contact, Email, Message
from perthyn_email.pages import Preferences

SECTION = {
    "from": "news@castell.example", "host": "127.0.0.1", "security": "none", "public_url": "https://castell.example",
    "from_name_cy": "Y Castell", "from_name_en": "The Castle",
}  # fmt: skip
BROWSER = {"user-agent": "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0"}


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    page: str = ""


class Web:
    """A browser, at an organisation's page; each letter is one that went out an hour ago."""

    def __init__(self, **section: Any) -> None:
        self.office = Office()
        crm = self.office.crm
        crm.settings = crm.settings.model_copy(update={"sections": {"email": {**SECTION, **section}}})
        crm.clock = self._tick
        self.crm = crm
        self.app = Preferences(self._opens)

    def _tick(self) -> datetime:
        self.office.now += timedelta(milliseconds=1)
        return self.office.now

    @contextmanager
    def _opens(self) -> Iterator[Any]:
        yield self.crm

    def letter(self, person: Contact, *, sent: int = 3600, language: str = "en", **campaign: Any) -> str:
        """The token of a letter."""
        made = Campaign.model_validate({"id": self.crm.ids(), "code": "spring", "made": self.office.now, **campaign})
        line = Message(
            id=self.crm.ids(), contact=person.id, campaign=made.id, channel="email", state="sent", language=language,
            address=person.emails[0].address, sent=self.office.now - timedelta(seconds=sent),
        )  # fmt: skip
        self.office.keep(made, line)
        return token(self.crm.token_key(), line.id)

    def ask(self, path: str, body: bytes | dict[str, Any] | None = None, method: str = "", **how: Any) -> Answer:
        """A request; a body is posted."""
        raw = urlencode(body, doseq=True).encode() if isinstance(body, dict) else body
        path, _, query = path.partition("?")
        headers = {**BROWSER, **how.get("headers", {})}
        scope = {
            "type": "http", "method": method or ("GET" if raw is None else "POST"), "query_string": query.encode(),
            "path": f"{how.get('root', '')}{path}", "root_path": how.get("root", ""),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        answer, sent = Answer(), [{"type": "http.request", "body": raw or b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            return sent.pop(0) if sent else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            answer.status = message.get("status", answer.status)
            answer.headers |= {name.decode(): value.decode() for name, value in message.get("headers", ())}
            answer.page += message.get("body", b"").decode()

        asyncio.run(self.app(scope, receive, send))
        return answer

    def stands(self) -> list[Any]:
        """All that is stored of people and what they said."""
        store = self.office.store
        return [*store.scan(Consent), *store.scan(Contact), *store.scan(Message), store.position()]


@pytest.fixture
def web() -> Web:
    return Web()


def siân(web: Web, *, yes: tuple[str, ...] = ("marketing", "fundraising"), name: str = "Siân Llŷr") -> Contact:
    person = web.office.person(name, "sian@llyr.example")
    for purpose in yes:
        web.crm.record_consent(person.id, "given", ["email"], purpose=purpose, wording="Yes", how="form")
    web.office.now += timedelta(seconds=1)
    return person


def may(web: Web, person: Contact, channel: str = "email") -> dict[str, bool]:
    held = web.office.store.get(Contact, [person.id])[person.id]
    return {one: web.crm.permissions(held, one)[channel].allowed for one in ("marketing", "fundraising")}


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/{}", "/{}/", "/{}?lang=cy", "/{}?List-Unsubscribe=One-Click&do=stop", "/{}/go/0"])
def test_looking_changes_nothing(web: Web, path: str, method: str) -> None:
    person = siân(web)
    page = web.letter(person)
    before = web.stands()
    answer = web.ask(path.format(page), method=method)
    assert answer.status == (404 if "go" in path else 200)
    assert web.stands() == before
    assert (answer.page == "") is (method == "HEAD")


def test_the_page_shows_what_is_so(web: Web) -> None:
    page = web.letter(siân(web, yes=("fundraising",)))
    said = web.ask(f"/{page}").page
    assert re.search(r'value="marketing"><', said) and re.search(r'value="fundraising" checked', said)
    assert "s…@llyr.example" in said and "sian@" not in said and "Siân" not in said
    assert "news@castell.example" in said and "The Castle" in said


@pytest.mark.parametrize(
    ("letter", "query", "browser", "language"),
    [
        ("cy", "", "", "cy"), ("en", "", "cy", "en"), ("en", "?lang=cy", "", "cy"), ("both", "", "en-GB,en", "en"),
        ("both", "", "cy-GB", "cy"), ("both", "", "", "cy"), ("both", "?lang=xx", "de", "cy"),
    ],
)  # fmt: skip
def test_the_page_speaks_the_readers_language(web: Web, letter: str, query: str, browser: str, language: str) -> None:
    page = web.letter(siân(web), language=letter)
    said = web.ask(f"/{page}{query}", headers={"accept-language": browser}).page
    assert said.startswith(f'<!DOCTYPE html>\n<html lang="{language}">')
    assert ("Ym mha iaith?" in said) is (language == "cy")
    assert ("In which language?" in said) is (language == "en")


class Parts(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_from_anywhere(web: Web) -> None:
    answer = web.ask(f"/{web.letter(siân(web))}")
    style = re.search(r"<style>(.*?)</style>", answer.page, re.DOTALL)
    assert style is not None
    named = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';") and f"'sha256-{named}'" in policy and "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    tags = Parts(answer.page).tags
    assert not {name for name, _ in tags} & {"script", "img", "link", "iframe", "object"}
    assert not [attrs for _, attrs in tags if any(name.startswith("on") or name == "style" for name in attrs)]
    assert {attrs["href"] for name, attrs in tags if name == "a"} == {"?lang=cy", "mailto:news@castell.example"}
    inputs = [attrs for name, attrs in tags if name == "input"]
    assert len(inputs) == 6 and answer.page.count("<label>") == 6 and answer.page.count("<legend>") == 2


@pytest.mark.parametrize(
    "path", ["/", "", "/x", f"/{'a' * 48}", "/../etc", "/{}x", "/a/b/c", "/%00", "/é", "/{}/go/", "/{}/go/x"]
)
@pytest.mark.parametrize("body", [None, b"List-Unsubscribe=One-Click"])
def test_a_wrong_token_opens_nothing_and_names_another_way(web: Web, path: str, body: bytes | None) -> None:
    page = web.letter(siân(web))
    before = web.stands()
    answer = web.ask(path.format(page), body)
    assert answer.status == 404
    assert "news@castell.example" in answer.page
    assert 'lang="cy"' in answer.page and 'lang="en"' in answer.page
    assert web.stands() == before


def test_a_mounted_page_is_found(web: Web) -> None:
    page = web.letter(siân(web))
    assert web.ask(f"/{page}", root="/p").status == 200
    assert web.ask(f"/{page}").status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(web: Web, method: str) -> None:
    assert web.ask(f"/{web.letter(siân(web))}", method=method).status == 405


def test_a_huge_form_is_refused(web: Web) -> None:
    page = web.letter(siân(web))
    before = web.stands()
    assert web.ask(f"/{page}", b"do=stop&x=" + b"x" * 20_000).status == 413
    assert web.ask(f"/{page}", "&".join(f"a{n}=1" for n in range(400)).encode()).status == 400
    assert web.ask(f"/{page}", b"\xff\xfe").status == 400
    assert web.stands() == before


def test_somebody_erased_is_nobody(web: Web) -> None:
    web.crm.settings = web.crm.settings.model_copy(update={"sections": {}})  # nor is e-mail set up any more
    assert web.ask(f"/{token(web.crm.token_key(), web.crm.ids())}").status == 404


# --- saying no -----------------------------------------------------------------------------------------------------

MULTIPART = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", MULTIPART])
def test_one_click(web: Web, body: bytes) -> None:
    person = siân(web)
    page = web.letter(person)
    answers = [web.ask(f"/{page}", body) for _ in range(3)]
    assert {one.status for one in answers} == {200}
    assert may(web, person) == {"marketing": False, "fundraising": False}
    said = [one for one in web.office.consents(person) if one.decision == "withdrawn"]
    assert [(one.channel, one.how) for one in said] == [("email", "one-click")]
    (noted,) = web.office.of(person, "unsubscribe")
    assert noted.campaign == "spring"
    assert may(web, person, "post") == {"marketing": False, "fundraising": False}  # nobody had asked


def test_one_click_again_after_a_new_yes(web: Web) -> None:
    person = siân(web)
    page = web.letter(person)
    web.ask(f"/{page}", b"List-Unsubscribe=One-Click")
    web.office.now += timedelta(days=1)
    web.crm.record_consent(person.id, "given", ["email"], wording="Yes", how="form")
    web.office.now += timedelta(days=1)
    assert may(web, person)["marketing"]
    web.ask(f"/{page}", b"List-Unsubscribe=One-Click")
    assert not may(web, person)["marketing"]


def test_a_no_counts_for_all_who_share_the_address(web: Web) -> None:
    person, other = siân(web), siân(web, name="Gwilym Llŷr")
    web.ask(f"/{web.letter(person)}", b"List-Unsubscribe=One-Click")
    assert not any(may(web, person).values()) and not any(may(web, other).values())


def test_stop_by_every_way(web: Web) -> None:
    person = siân(web)
    web.crm.rest_on({"post": True})
    page = web.letter(person)
    web.ask(f"/{page}", {"do": "stop"})
    assert {one.channel for one in web.office.consents(person) if one.decision == "withdrawn"} == {"email"}
    answer = web.ask(f"/{page}", {"do": "stop", "everywhere": "yes"})
    assert 'role="status"' in answer.page
    said = {one.channel for one in web.office.consents(person) if one.decision == "withdrawn"}
    assert said == {"email", "post", "phone", "sms"}


# --- choosing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), ("marketing",), ("fundraising",), ("marketing", "fundraising")])
@pytest.mark.parametrize("wanted", [(), ("marketing",), ("fundraising",), ("marketing", "fundraising")])
def test_what_is_chosen_counts(web: Web, before: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    person = siân(web, yes=before)
    answer = web.ask(f"/{web.letter(person)}", {"do": "save", "wanted": wanted, "language": "both"})
    web.office.now += timedelta(seconds=1)
    assert may(web, person) == {one: one in wanted for one in ("marketing", "fundraising")}
    assert answer.page.count("checked") == len(wanted) + 1


def test_a_yes_keeps_what_was_asked_and_how(web: Web) -> None:
    person = siân(web, yes=())
    web.ask(f"/{web.letter(person, language='cy')}", {"do": "save", "wanted": "marketing"})
    (said,) = web.office.consents(person)
    assert (said.decision, said.channel, said.purpose, said.how) == ("given", "email", "marketing", "preferences")
    assert (said.language, said.wording_version, said.address) == ("cy", "preferences-1", "sian@llyr.example")
    assert said.wording == "Ie, anfonwch e-byst ataf am eich digwyddiadau, eich siop ac aelodaeth."


def test_saving_what_is_so_writes_nothing(web: Web) -> None:
    person = siân(web)
    web.office.crm.edit_contact(person.id, {"language": "cy"})
    page = web.letter(person)
    before = web.stands()
    web.ask(f"/{page}", {"do": "save", "wanted": ["marketing", "fundraising"], "language": "cy"})
    assert web.stands() == before


@pytest.mark.parametrize("wish", ["cy", "en", "both"])
def test_a_wish_for_a_language(web: Web, wish: str) -> None:
    person = siân(web)
    answer = web.ask(f"/{web.letter(person)}", {"do": "save", "wanted": "marketing", "language": wish})
    assert web.office.store.get(Contact, [person.id])[person.id].language == wish
    assert f'value="{wish}" checked' in answer.page


@pytest.mark.parametrize("body", [{"do": "steal"}, {}, {"do": ["save", "stop"]}, {"wanted": "marketing"}])
def test_a_form_that_says_nothing_changes_nothing(web: Web, body: dict[str, Any]) -> None:
    page = web.letter(siân(web))
    before = web.stands()
    assert web.ask(f"/{page}", body).status == 400
    assert web.stands() == before


def test_a_strange_name_and_wish_stay_words(web: Web) -> None:
    web = Web(from_name_en="<script>alert(1)</script>")
    person = web.office.person("x", "o'<b>@llyr.example")
    answer = web.ask(f"/{web.letter(person)}", {"do": "save", "wanted": ["<i>", "marketing"], "language": "<b>"})
    assert "<script>" not in answer.page and "<b>" not in answer.page and "<i>" not in answer.page
    assert web.office.store.get(Contact, [person.id])[person.id].language is None


# --- links ---------------------------------------------------------------------------------------------------------

LINKS = "[a](https://a.example/x?y=1&z=2) [b](https://b.example)"


def test_a_link_leads_where_the_letter_says_and_is_noted_once(web: Web) -> None:
    web = Web(clicks=True)
    person = siân(web)
    page = web.letter(person, letter_en=LINKS)
    for _ in range(3):
        answer = web.ask(f"/{page}/go/0")
        assert (answer.status, answer.headers["location"]) == (302, "https://a.example/x?y=1&z=2")
    assert web.ask(f"/{page}/go/1").headers["location"] == "https://b.example"
    assert [one.campaign for one in web.office.of(person, "click")] == ["spring", "spring"]
    assert {web.ask(f"/{page}/go/{other}").status for other in ("2", "9999", "-1", "00x")} == {404}


MACHINES = [
    {"headers": {"user-agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}},
    {"headers": {"user-agent": "GoogleImageProxy"}}, {"headers": {"user-agent": ""}},
    {"headers": {"user-agent": "python-requests/2"}}, {"headers": {"sec-purpose": "prefetch"}}, {"method": "HEAD"},
]  # fmt: skip


@pytest.mark.parametrize("how", MACHINES)
def test_a_machine_is_led_on_and_not_counted(how: dict[str, Any]) -> None:
    web = Web(clicks=True)
    person = siân(web)
    assert web.ask(f"/{web.letter(person, letter_en=LINKS)}/go/0", **how).status == 302
    assert web.office.of(person, "click") == []


def test_the_first_seconds_are_a_scanners() -> None:
    web = Web(clicks=True)
    person = siân(web)
    assert web.ask(f"/{web.letter(person, letter_en=LINKS, sent=3)}/go/0").status == 302
    assert web.office.of(person, "click") == []


def test_without_counting_old_letters_still_lead_on(web: Web) -> None:
    person = siân(web)
    assert web.ask(f"/{web.letter(person, letter_en=LINKS)}/go/0").status == 302
    assert web.office.of(person, "click") == []


def test_a_shared_household_address_is_masked(web: Web) -> None:
    person = Contact(id=web.crm.ids(), name="A", emails=(Email(address="a@b.example"),))
    web.office.keep(person)
    assert "a…@b.example" in web.ask(f"/{web.letter(person)}").page
