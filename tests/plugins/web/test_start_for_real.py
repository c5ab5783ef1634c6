"""`perthyn start` for real: a process of its own, a browser that comes by the address it prints."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pyotp
import pytest
from playwright.sync_api import expect

from perthyn.model import Interaction
from perthyn_door.certificate import addresses

from .conftest import opened, sent, window

pytestmark = pytest.mark.slow
PASSWORD = "ceffyl brith ar y mynydd"


@dataclass
class Running:
    """A process, and the lines that it has said."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def told(self, pattern: str) -> str:
        """What it says, as soon as it does: the first group of the pattern."""
        until = monotonic() + 300
        while monotonic() < until and self.process.poll() is None:
            if found := re.search(pattern, "".join(self.said)):
                return found[1]
            sleep(0.05)
        raise AssertionError(f"never said {pattern}: {''.join(self.said)}")


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Running]:
    """`perthyn start` with these options, at any port that is free."""
    command = [sys.executable, "-c", "from perthyn.cli.main import main; main()", "--lang", "en", "--at", str(folder)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PERTHYN_", "DISPLAY"))}
    with subprocess.Popen(
        [*command, "start", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env=environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "BROWSER": "true"},
    ) as process, ThreadPoolExecutor(1) as reader:  # fmt: skip
        running = Running(process)
        assert process.stdout is not None
        reading = reader.submit(running.said.extend, process.stdout)
        try:
            yield running
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            reading.result(30)


@contextmanager
def browsing(chromium: Any, **how: Any) -> Iterator[Any]:
    """A page in a browser that keeps nothing; what it complains of fails the test."""
    context = window(chromium, **{"locale": "en", "viewport": {"width": 1280, "height": 900}, **how})
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if "Security Policy" in told.text else None)
    try:
        yield page
    finally:
        context.close()
    assert not wrong


def test_from_an_empty_folder_to_another_system(tmp_path: Path, chromium: Any) -> None:
    """The first steps, others let in, a role of one's own, a sign-in ended, a token that works."""
    with started(tmp_path, "--open") as running, browsing(chromium) as page:
        page.goto(running.told(r"(http://127\.0\.0\.1:\d+/first/\S+)"))
        base = "http://" + urlsplit(page.url).netloc
        page.get_by_label("What is your organisation called?").fill("Plas Newydd")
        page.get_by_label("English").check()
        sent(page, page.get_by_role("button", name="Continue"))
        sent(page, page.get_by_role("button", name="Continue"))
        page.locator("input[name=account][value=account]").check()
        page.get_by_text("Name and password", exact=True).last.click()
        page.get_by_label("Your name").fill("Gwen Rees")
        page.get_by_label("Name to sign in with").fill("gwen")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/sign-in**")
        assert PASSWORD not in (tmp_path / "perthyn.toml").read_text(encoding="utf-8")
        page.get_by_label("Sign-in name").fill("gwen")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.locator("main form button").first.click()
        with_a_second_step(page)

        page.goto(f"{base}/users/new")
        page.get_by_label("Name", exact=True).fill("Mair Llwyd")
        page.get_by_label("Sign-in name").fill("mair")
        sent(page, page.get_by_role("button", name="Let them in"))
        link = page.get_by_label("Link").input_value()

        page.goto(f"{base}/users/roles/new")
        page.get_by_label("Name in English").fill("Counting")
        page.get_by_label("Name in Welsh").fill("Cyfrif")
        page.locator("input[name=rights][value='report.read']").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Counting").first.wait_for()

        with browsing(chromium, viewport={"width": 390, "height": 844}) as phone:
            phone.goto(link)
            phone.get_by_label("Password", exact=True).fill("cwch bach yn y bae")
            phone.get_by_role("button", name="Keep it and come in").click()
            with_a_second_step(phone)
            assert phone.goto(f"{base}/contacts").status == 200
            expect(phone).to_have_url(f"{base}/contacts")
            page.goto(f"{base}/users")
            page.get_by_role("link", name="Mair Llwyd").click()
            sent(page, page.get_by_role("button", name="Let them in no more"))
            phone.goto(f"{base}/contacts")
            expect(phone, "whoever is let in no more is out at once").to_have_url(re.compile("/sign-in"))

        page.goto(f"{base}/users/tokens/new")
        page.get_by_label("Which system is it?").fill("Ticket shop")
        page.locator("input[name=rights][value='contact.read']").check()
        sent(page, page.get_by_role("button", name="Make the token"))
        token = page.get_by_label("Token").input_value()
        with httpx2.Client(base_url=f"{base}/api", headers={"authorization": f"Bearer {token}"}, timeout=60) as system:
            assert system.get("/contacts").json()["items"] == []
            assert system.post("/contacts", json={"name": "Nobody"}).status_code == 403
            assert system.get("/contacts", headers={"authorization": "Bearer x"}).status_code == 401
        page.goto(f"{base}/account")
        page.get_by_text("Where you are signed in").first.wait_for()


def with_a_second_step(page: Any) -> None:
    """What everybody is asked who sees people: a code, and recovery codes."""
    page.get_by_role("heading", name="Set up a second step").wait_for()
    page.get_by_text("No camera? Type this instead").click()
    secret = page.locator("details code").inner_text()
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret.replace(" ", "")).now())
    page.get_by_role("button", name="Set it up").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    sent(page, page.locator("main a.btn, main form button").last)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An organisation with a visitor and a volunteer."""
    (tmp_path / "perthyn.toml").write_text('organisation = "Plas Newydd"\n', encoding="utf-8")
    with opened(tmp_path, create=True) as site:
        site.crm.add_contact({"name": "Gwenllian Prydderch"})
        site.cookie("volunteer", "mair")
    return tmp_path


def test_a_tablet_comes_in_by_https(place: Path, chromium: Any) -> None:
    host = next(iter(addresses()), "127.0.0.1")
    with started(place, "--desk", "--host", host) as running:
        link = running.told(r"(https://\S+/desk/pair/\S+)")
        at = urlsplit(link)
        assert at.hostname == host and at.port
        authority, mark = Path(running.told(r"install (\S+\.pem)")), running.told(r"authority shows ([0-9A-F:]{95})")
        trusting = ssl.create_default_context(cafile=str(authority))
        with (
            socket.create_connection((host, at.port), timeout=30) as line,
            trusting.wrap_socket(line, server_hostname=host) as safe,
        ):
            assert safe.version() == "TLSv1.3"
        shown = ssl.PEM_cert_to_DER_cert(authority.read_text(encoding="ascii"))
        assert sha256(shown).digest().hex(":").upper() == mark
        with (
            socket.create_connection((host, at.port), timeout=30) as line,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(line, server_hostname=host)
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://{host}:{at.port}/", timeout=30)

        with browsing(chromium, viewport={"width": 820, "height": 1100}, ignore_https_errors=True) as page:
            page.goto(link)
            page.get_by_label("What is this tablet called?").fill("Front door")
            page.get_by_role("button", name="Pair it").click()
            page.get_by_role("button", name="Mair").click()
            page.wait_for_url(f"https://{host}:{at.port}/")
            kept = {one["name"]: one for one in page.context.cookies()}
            assert {"__Host-perthyn", "__Host-tablet"} <= set(kept)
            assert all(one["secure"] and one["httpOnly"] for name, one in kept.items() if name.startswith("__Host-"))
            page.locator("#find").fill("gwenlian pryd")
            page.locator(".hit", has_text="Gwenllian Prydderch").get_by_role("button", name="Came today").click()
            page.locator(".said").wait_for()
        with browsing(chromium, ignore_https_errors=True) as thief:
            answer = thief.goto(link)
            assert answer.status == 422, "the link has let its tablet in"
    with opened(place) as site:
        assert sum(one.kind == "visit" for one in site.crm.store.scan(Interaction)) == 1
