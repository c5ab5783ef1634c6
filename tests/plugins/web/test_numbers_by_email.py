"""The numbers by e-mail: asked for on a page, sent by jobs over a real mail server, once, to whom may see them."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from perthyn.cli.main import run
from perthyn.crm import Crm
from perthyn.crm.jobs import facts_of
from perthyn.model import Contact, Job
from perthyn_email.smtp import Smtp
from perthyn_web.accounts import tokens
from perthyn_web.accounts.records import User, user_id
from perthyn_web.accounts.users import disable, edit
from perthyn_web.by_email import keeping
from perthyn_web.by_email.keeping import BEGIN, LETTER, wish_of
from perthyn_web.by_email.periods import Span, before, next_due, over
from perthyn_web.by_email.records import Wish

from .conftest import Site, opened

sys.path.append(str(Path(__file__).parents[1] / "email"))
from smtp_stage import Scripted, Sink, aiosmtpd

SUNDAY = datetime(2026, 10, 4, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 10, 5, 6, 30, tzinfo=UTC)
WEEK = (date(2026, 9, 28), date(2026, 10, 4))


@contextmanager
def house(demo: Path, folder: Path, port: int, **more: Any) -> Iterator[Site]:
    """The demonstration as a real organisation, with a mailbox."""
    shutil.copytree(demo, folder)
    file = folder / "perthyn.toml"
    lines = [one for one in file.read_text(encoding="utf-8").splitlines() if not one.startswith("training")]
    email = {"host": "127.0.0.1", "port": port, "security": "none", "from": "post@plas.example", "live": True, **more}
    lines += ["[web]", 'address = "http://crm.plas.example"', "[email]"]
    lines += [f"{name} = {str(value).lower() if isinstance(value, bool | int) else repr(value)}"
              for name, value in email.items()]  # fmt: skip
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with opened(folder) as site:
        yield site


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def site(demo_folder: Path, tmp_path: Path, sink: Sink) -> Iterator[Site]:
    with aiosmtpd(sink) as port, house(demo_folder, tmp_path / "plas", port) as found:
        yield found


def at(site: Site, when: datetime) -> Crm:
    crm = site.crm
    crm.clock = lambda: when
    return crm


def wishes(site: Site, role: str, when: datetime = SUNDAY, every: str = "week", language: str = "en") -> Wish:
    """Somebody of a role who asked on a day; the account is made."""
    site.cookie(role)
    crm = at(site, when)
    user = user_id(role.replace("_", "-"))
    acting = crm.acting(crm.actor, language)
    acting.clock = crm.clock
    return keeping.ask(acting, user, f"{role}@plas.example", every)  # type: ignore[arg-type]


def work(site: Site, when: datetime) -> list[str]:
    """Do what is due of ours; what became of each."""
    crm = at(site, when)
    return [f"{one.name} {one.outcome}" for one in crm.do_due("here-1") if one.name in (BEGIN, LETTER)]


def read(envelope: Any) -> EmailMessage:
    found = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(found, EmailMessage) and not found.defects
    return found


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def told(site: Site, role: str) -> Wish:
    found = wish_of(site.crm, user_id(role.replace("_", "-")))
    assert found is not None
    return found


# -- when --------------------------------------------------------------------------------------------------------------


def test_periods_are_whole_and_the_next_goes_when_one_is_over() -> None:
    london = ZoneInfo("Europe/London")
    day = date(2024, 2, 26)
    for _ in range(800):
        for every in ("week", "month"):
            last = over(every, day)
            assert last.until < day and before(every, last).until + timedelta(days=1) == last.since
            now = datetime(day.year, day.month, day.day, 9, tzinfo=london)
            due = next_due(every, now, london)
            assert due > now and due.hour == 6 and over(every, due.date()).since == last.until + timedelta(days=1)
            assert due.weekday() == 0 if every == "week" else due.day == 1
        day += timedelta(days=1)
    assert over("week", date(2026, 11, 23)) == Span(date(2026, 11, 16), date(2026, 11, 22))


# -- the page ----------------------------------------------------------------------------------------------------------


def test_somebody_asks_sees_when_the_first_goes_and_stops_it(site: Site) -> None:
    client = site.as_role("manager")
    assert "/numbers/by-email" in client.get("/numbers").text
    form = {"address": "mair@plas.example", "every": "week"}
    answer = client.post("/numbers/by-email", data=form)
    assert answer.status_code == 303
    page = client.get("/numbers/by-email").text
    wish = told(site, "manager")
    assert wish.due is not None and wish.due.astimezone(site.crm.zone).weekday() == 0
    day = wish.due.astimezone(site.crm.zone).date()
    assert f"The first will be sent on Monday {day.day} {day:%B} {day.year}." in page
    assert 'value="mair@plas.example"' in page and re.search(r'value="week"\s+checked', page)
    assert client.post("/numbers/by-email", data={**form, "every": ""}).status_code == 303
    assert told(site, "manager").every is None and "no more numbers" in client.get("/numbers/by-email").text


def test_the_page_speaks_welsh_and_names_what_is_wrong(site: Site) -> None:
    client = site.as_role("fundraiser", "cy")
    answer = client.post("/numbers/by-email", data={"address": "dim", "every": "month"})
    assert answer.status_code == 422 and "Nid cyfeiriad e-bost yw “dim”" in answer.text
    client.post("/numbers/by-email", data={"address": "sian@plas.example", "every": "month"})
    assert "Bydd y cyntaf yn cael ei anfon ar 1 " in client.get("/numbers/by-email").text
    assert told(site, "fundraiser").language == "cy"
    for odd in (
        "a\x07@plas.example",
        "a@plas",
        "a@b..cymru",
        "a b@plas.example",
        "a@plas.example\nBcc: b@plas.example",
    ):
        assert client.post("/numbers/by-email", data={"address": odd, "every": "month"}).status_code == 422
    assert told(site, "fundraiser").address == "sian@plas.example"


@pytest.mark.parametrize("role", ["volunteer", "front_of_house", "read_only"])
def test_whoever_may_have_none_sent_can_ask_for_none(site: Site, role: str) -> None:
    client = site.as_role(role)
    assert client.get("/numbers/by-email").status_code == 403
    assert client.post("/numbers/by-email", data={"address": "a@b.example", "every": "week"}).status_code == 403


def test_without_a_mailbox_the_page_says_what_to_do_and_offers_paper(empty_site: Site) -> None:
    page = empty_site.as_role("manager").get("/numbers/by-email").text
    assert "No mailbox is set up" in page and "/numbers/report" in page and 'name="address"' not in page


def test_it_is_sent_at_once_to_who_wants_to_see_it(site: Site, sink: Sink) -> None:
    client = site.as_role("manager")
    client.post("/numbers/by-email", data={"address": "mair@plas.example", "every": "", "now": "yes"})
    assert "on their way to mair@plas.example" in client.get("/numbers/by-email").text
    client.post("/numbers/by-email", data={"address": "mair@plas.example", "every": "", "now": "yes"})
    client.get("/numbers/by-email")
    assert "on their way</p>" in client.get("/numbers/by-email").text
    list(site.crm.do_due("here-1"))
    assert len(sink.taken) == 1 and sink.taken[0].rcpt_tos == ["mair@plas.example"]
    assert "asked for it" in body(read(sink.taken[0]), "plain") and told(site, "manager").last == "sent"
    assert "on their way</p>" not in client.get("/numbers/by-email").text


def test_it_is_sent_at_once_five_times_a_day_and_no_more(site: Site, sink: Sink) -> None:
    client = site.as_role("manager")
    form = {"address": "mair@plas.example", "every": "", "now": "yes"}
    for _ in range(keeping.MOST_NOW):
        assert client.post("/numbers/by-email", data=form).status_code == 303
        list(site.crm.do_due("here-1"))
    answer = client.post("/numbers/by-email", data=form)
    assert answer.status_code == 422 and "sent to you at once 5 times" in answer.text
    list(site.crm.do_due("here-1"))
    assert len(sink.taken) == keeping.MOST_NOW
    assert "The numbers go to" in answer.text and "mair@plas.example</dd>" in answer.text
    assert site.crm.audit is not None
    site.crm.audit.flush()
    noted = [one.what for one in site.crm.audit.backwards()]
    assert noted.count("numbers.asked") == 1 and noted.count("numbers.sent") == keeping.MOST_NOW


# -- by other systems, and at a terminal ------------------------------------------------------------------------------


def test_other_systems_do_it_too_with_the_same_limits(site: Site, sink: Sink) -> None:
    client, address = site.as_role("manager"), "mair@plas.example"
    assert client.get("/api/numbers/by-email").json() == {"every": "never", "under_way": False, "letters": "live"}
    early = client.post("/api/numbers/by-email/now")
    assert (early.status_code, early.json()["code"]) == (422, "web.numbers.nowhere")
    asks = {"every": "month", "address": address, "language": "cy"}
    said = client.put("/api/numbers/by-email", json=asks)
    assert said.status_code == 200 and said.json().items() > asks.items() and said.json()["due"]
    for body in ({**asks, "address": "dim"}, {**asks, "every": "day"}, {"every": "week"}, {**asks, "user": "x"}):
        refused = client.put("/api/numbers/by-email", json=body)
        assert refused.status_code == 422 and refused.headers["content-type"].startswith("application/problem+json")
    assert told(site, "manager").token is None
    for number in range(keeping.MOST_NOW):
        for _ in range(2):  # what is asked twice with one key goes once
            key = {"idempotency-key": f"n-{number}"}
            answer = client.post("/api/numbers/by-email/now", headers=key)
            assert answer.status_code == 202 and answer.json()["under_way"], answer.text
        list(site.crm.do_due("here-1"))
    often = client.post("/api/numbers/by-email/now", headers={"accept-language": "cy"})
    assert (often.status_code, often.json()["code"]) == (422, "web.numbers.often")
    assert len(sink.taken) == keeping.MOST_NOW and client.get("/api/numbers/by-email").json()["last"] == "sent"
    assert read(sink.taken[0])["subject"].startswith("Rhifau o ")
    ended = client.put("/api/numbers/by-email", json={**asks, "every": "never"}).json()
    assert ended["every"] == "never" and "due" not in ended
    assert site.as_role("volunteer").put("/api/numbers/by-email", json=asks).status_code == 403


def test_what_a_token_asked_for_tells_no_more_than_the_token_sees(site: Site, sink: Sink) -> None:
    site.cookie("manager")
    with site.desks() as crm:
        token, mine = tokens.new_token(crm, "till", frozenset({"report.read", "report.send"}), 9, user_id("manager"))
        _, nobodys = tokens.new_token(crm, "web", frozenset({"report.read", "report.send"}), 9)
        _, only_reads = tokens.new_token(crm, "screen", frozenset(), 9, user_id("manager"))
    client, asks = site.nobody(), {"every": "week", "address": "till@plas.example"}
    headers = {"authorization": f"Bearer {mine}"}
    assert client.put("/api/numbers/by-email", json=asks, headers=headers).status_code == 200
    assert client.post("/api/numbers/by-email/now", headers=headers).status_code == 202
    list(site.crm.do_due("here-1"))
    words = body(read(sink.taken[0]), "html")
    assert "Visits" in words and "£" not in words and "Income" not in words
    refused = client.put("/api/numbers/by-email", json=asks, headers={"authorization": f"Bearer {nobodys}"})
    assert (refused.status_code, refused.json()["code"]) == (422, "web.numbers.nobody")
    reads = {"authorization": f"Bearer {only_reads}"}
    assert client.get("/api/numbers/by-email", headers=reads).status_code == 200
    assert client.put("/api/numbers/by-email", json=asks, headers=reads).status_code == 403
    assert client.post("/api/numbers/by-email/now", headers=reads).status_code == 403
    assert client.post("/api/numbers/by-email/now", headers=headers).status_code == 202
    with site.desks() as crm:
        tokens.end_token(crm, token.id)
    list(site.crm.do_due("here-1"))
    assert len(sink.taken) == 1 and told(site, "manager").every is None, "it ended with the token"
    site.as_role("manager").post("/numbers/by-email", data={**asks, "now": "yes"})
    list(site.crm.do_due("here-1"))
    assert "Income" in body(read(sink.taken[1]), "html")


def test_a_command_does_it_for_somebody(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for role in ("manager", "volunteer"):
        site.cookie(role)

    def type_in(*words: str, code: int = 0) -> str:
        assert run(["--lang", "en", "--at", str(site.folder), "user", "numbers", *words]) == code
        said = capsys.readouterr()
        return said.out + said.err

    assert "is sent no numbers" in type_in("manager")
    assert "perthyn user numbers" in type_in("manager", "--now", code=1)
    assert "each month, to mair@plas.example" in type_in(
        "manager", "--every", "month", "--address", "mair@plas.example"
    )
    assert json.loads(type_in("manager", "--every", "week", "--json"))["address"] == "mair@plas.example"
    assert "on their way to mair@plas.example" in type_in("manager", "--now")
    assert told(site, "manager").every == "week" and keeping.waiting(site.crm, told(site, "manager"))
    type_in("volunteer", "--every", "week", "--address", "huw@plas.example", code=1)
    assert wish_of(site.crm, user_id("volunteer")) is None


# -- the letter --------------------------------------------------------------------------------------------------------


def test_a_letter_shows_what_the_page_shows(site: Site, sink: Sink) -> None:
    wishes(site, "manager")
    assert work(site, SUNDAY) == [f"{BEGIN} done"] and not sink.taken
    assert f"{LETTER} done" in work(site, MONDAY)
    (envelope,) = sink.taken
    message = read(envelope)
    html, text = body(message, "html"), body(message, "plain")
    assert message["subject"] == "Numbers from 28 September 2026 to 4 October 2026"
    assert message["to"].addresses[0].addr_spec == "manager@plas.example" and message["auto-submitted"]
    assert "list-unsubscribe" not in message
    crm = site.crm
    for name in ("visits", "visitors", "returning", "income", "members", "readers", "languages"):
        number = crm.number(name, *WEEK)
        value = f"£{number.value / 100:,.2f}" if number.unit == "money" else f"{number.value:,}"
        assert f">{value}</td>" in html and value in text, name
    earlier = crm.number("visits", date(2026, 9, 21), date(2026, 9, 27))
    row = re.search(r"by people we know</th>(.*?)</tr>", html, re.S)
    assert row and f">{earlier.value:,}</td>" in row[1] and earlier.value > 0
    shown = re.findall(r'<img src="cid:([^"]+)" alt="([^"]+)"', html)
    parts = {part["content-id"]: part for part in message.walk() if part.get_content_type() == "image/png"}
    assert len(shown) == 4 and {f"<{name}>" for name, _ in shown} == set(parts)
    assert all(part.get_content().startswith(b"\x89PNG") for part in parts.values())
    assert all(alt for _, alt in shown) and "Income" in html and "November 2025" in html
    assert 'href="http://crm.plas.example/numbers"' in html and "http://crm.plas.example/numbers/by-email" in text
    assert "http" not in re.sub(r"http://crm\.plas\.example|http://www\.w3\.org/1999/xhtml", "", html)
    names = {one.shown_name for one in crm.store.scan(Contact) if " " in one.shown_name}
    assert names and not [one for one in names if one in html or one in text]


def test_in_welsh_every_word_is(site: Site, sink: Sink) -> None:
    wishes(site, "manager", every="month", language="cy")
    work(site, datetime(2026, 11, 1, 7, tzinfo=UTC))
    (envelope,) = sink.taken
    message = read(envelope)
    text = body(message, "plain")
    assert message["subject"] == "Rhifau o 1 Hydref 2026 hyd 31 Hydref 2026" and message["content-language"] == "cy"
    assert '<html lang="cy"' in body(message, "html") and "Y mis cynt" in text and "Ymweliadau" in text
    assert not re.findall(r"\b(the|The|month|Visits|Income|people|Total)\b", text)


@pytest.mark.parametrize(("role", "charts", "money"), [("fundraiser", 4, True), ("marketing", 2, False)])
def test_each_sees_what_their_role_may(site: Site, sink: Sink, role: str, charts: int, money: bool) -> None:
    wishes(site, role)
    work(site, MONDAY)
    message = read(sink.taken[0])
    words = body(message, "html") + body(message, "plain")
    assert words.count("cid:") == charts and ("£" in words) is money and ("Income" in words) is money


@pytest.mark.parametrize("role", ["volunteer", "read_only"])
def test_rights_count_as_they_are_when_it_is_sent(site: Site, sink: Sink, role: str) -> None:
    """Of three who asked one has another role now, one is let in no more, and one has asked to stop."""
    for one in ("manager", "fundraiser", "marketing"):
        wishes(site, one)
    crm = at(site, SUNDAY)
    edit(crm, user_id("manager"), role=role)
    disable(crm, user_id("fundraiser"))
    keeping.ask(crm, user_id("marketing"), "marketing@plas.example", None)
    work(site, MONDAY)
    assert not sink.taken and not [one for one in site.crm.store.scan(Job) if one.name == LETTER]


# -- once --------------------------------------------------------------------------------------------------------------


def test_each_period_goes_once_however_often_it_is_looked(site: Site, sink: Sink) -> None:
    wishes(site, "manager")
    for hours in range(0, 24 * 7, 5):
        work(site, MONDAY + timedelta(hours=hours))
    assert len(sink.taken) == 1
    work(site, MONDAY + timedelta(days=7))
    work(site, MONDAY + timedelta(days=35, hours=1))  # perthyn did not run for four weeks: the newest goes, not all
    subjects = [read(one)["subject"] for one in sink.taken]
    assert [one.split(" to ")[1] for one in subjects] == ["4 October 2026", "11 October 2026", "8 November 2026"]


def test_killed_before_it_is_handed_over_it_goes_later(site: Site, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes(site, "manager")

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("perthyn_web.by_email.letter.memo_of", killed)
        work(site, MONDAY)
    assert work(site, MONDAY + timedelta(hours=1)).count(f"{LETTER} done") == 1 and len(sink.taken) == 1


def test_killed_while_it_is_handed_over_nobody_knows_and_it_is_said(
    site: Site, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes(site, "manager")
    whole = Smtp.send

    def killed(self: Smtp, letter: Any) -> Any:
        whole(self, letter)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Smtp, "send", killed)
        work(site, MONDAY)
    assert len(sink.taken) == 1
    (job,) = [one for one in site.crm.store.scan(Job) if one.name == LETTER]
    assert facts_of(job)["handed"] is True
    work(site, MONDAY + timedelta(hours=1))
    assert len(sink.taken) == 1 and told(site, "manager").last == "unknown"
    assert "Nobody can tell" in site.as_role("manager").get("/numbers/by-email").text
    work(site, MONDAY + timedelta(days=7))
    assert len(sink.taken) == 2 and told(site, "manager").last == "sent"


def test_a_server_that_fails_is_asked_again_and_one_that_refuses_is_told(demo_folder: Path, tmp_path: Path) -> None:
    falters = Scripted(END=["451 later", "451 later", "250 taken"])
    with falters as server, house(demo_folder, tmp_path / "a", server.port) as site:
        wishes(site, "manager")
        outcomes = [one for n in range(4) for one in work(site, MONDAY + timedelta(minutes=10 * n))]
        assert [one for one in outcomes if LETTER in one] == [f"{LETTER} later", f"{LETTER} later", f"{LETTER} done"]
        assert len(server.bodies) == 3 and told(site, "manager").last == "sent"
    with Scripted(RCPT="550 5.1.1 no such user") as server, house(demo_folder, tmp_path / "b", server.port) as site:
        wishes(site, "manager")
        work(site, MONDAY)
        assert told(site, "manager").last == "refused" and not server.bodies
        assert "no such user" in site.as_role("manager").get("/numbers/by-email").text


def test_a_server_that_falls_silent_has_it_or_not(demo_folder: Path, tmp_path: Path) -> None:
    with Scripted(END="drop") as server, house(demo_folder, tmp_path / "a", server.port) as site:
        wishes(site, "manager")
        work(site, MONDAY)
        work(site, MONDAY + timedelta(hours=2))
        assert len(server.bodies) == 1 and told(site, "manager").last == "unknown"


def test_a_rehearsal_writes_a_file_and_a_training_copy_nothing(demo_folder: Path, tmp_path: Path, sink: Sink) -> None:
    with aiosmtpd(sink) as port:
        with house(demo_folder, tmp_path / "a", port, live=False) as site:
            wishes(site, "manager")
            assert "being rehearsed" in site.as_role("manager").get("/numbers/by-email").text
            work(site, MONDAY)
            (file,) = (site.folder / "letters").glob("*.eml")
            assert b"Numbers from" in file.read_bytes() and told(site, "manager").last == "rehearsed"
        folder = tmp_path / "b"
        with house(demo_folder, folder, port) as site:
            site.crm.settings = site.crm.settings.model_copy(update={"training": True})
            wishes(site, "manager")
            work(site, MONDAY)
            assert not [one for one in site.crm.store.scan(Job) if one.name == LETTER]
    assert not sink.taken


def test_users_own_language_goes_before_that_of_the_page(site: Site, sink: Sink) -> None:
    wishes(site, "manager", language="en")
    edit(at(site, SUNDAY), user_id("manager"), language="cy")
    assert site.crm.store.get(User, [user_id("manager")])[user_id("manager")].language == "cy"
    work(site, MONDAY)
    assert read(sink.taken[0])["subject"].startswith("Rhifau o ")
