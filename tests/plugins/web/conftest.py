"""What the tests of the web app share: the demonstration's people behind an app, visitors in every role, a browser."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import perthyn_web.app
from perthyn.changes import Create
from perthyn.cli.main import run
from perthyn.cli.session import Session
from perthyn.crm import Crm
from perthyn.text import Translator
from perthyn_door.desks import PATIENCE, Desks
from perthyn_door.door import Door
from perthyn_web.accounts import sessions
from perthyn_web.accounts.records import User, user_id
from perthyn_web.api.making import make_api
from perthyn_web.folding import Folded

HERE = {"sec-fetch-site": "same-origin"}
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run",
         "--disable-quic"]  # fmt: skip
PATIENT = 60_000
"""How many milliseconds a browser may take for anything: a machine may be slow, and nothing here is about speed."""


@dataclass
class Site:
    """An organisation with its app. `folder`: where ``perthyn.toml`` stands; `door`: the whole of `perthyn start`."""

    folder: Path
    session: Session
    desks: Desks
    app: Any
    door: Any
    _clients: list[TestClient] = field(default_factory=list)

    @property
    def crm(self) -> Crm:
        """The machine's own administrator's."""
        return self.session.crm()

    def cookie(self, role: str, name: str = "") -> str:
        """A sign-in of somebody with a role, whose account is made where there is none."""
        name = name or role.replace("_", "-")
        with self.desks() as crm:
            id = user_id(name)
            user = crm.store.get(User, [id]).get(id)
            if user is None:
                user = User(id=id, sign_in=name, name=name.title(), role=role, made=crm.clock())
                crm.commit([Create(user)], kind="setting")
            return sessions.begin(crm, user, "browser", "a test")

    def nobody(self, language: str = "en") -> TestClient:
        """Somebody who is not signed in."""
        headers = {**HERE, "accept-language": language}
        made = TestClient(self.app, base_url="http://localhost", headers=headers, follow_redirects=False)
        self._clients.append(made)
        return made

    def as_role(self, role: str, language: str = "en", name: str = "") -> TestClient:
        """Somebody of a role, signed in."""
        made = self.nobody(language)
        made.cookies.set("perthyn", self.cookie(role, name), domain="localhost.local", path="/")
        return made

    @contextmanager
    def listening(self, port: int = 0) -> Iterator[str]:
        """The app at an address of this machine, for a browser. `port`: the one of before, for what comes back."""
        import uvicorn

        with socket.create_server(("127.0.0.1", port)) as at:
            server = uvicorn.Server(uvicorn.Config(self.door, log_config=None, access_log=False, ws="none"))
            thread = threading.Thread(target=server.run, args=([at],), daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.02)
            try:
                yield f"http://127.0.0.1:{at.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join(60)


@contextmanager
def opened(folder: Path, create: bool = False) -> Iterator[Site]:
    """The app of an organisation's folder, as `perthyn start` has it."""
    with Session({}, str(folder), "en", str(folder), True, False) as session:
        session.crm(create=create).token_key()
        desks = Desks(lambda: session.another(PATIENCE))
        pages = {prefix: one.make(desks) for prefix, one in session.crm().pages().items()}
        door = Door(desks, pages, [session.in_language(one) for one in ("cy", "en")], session.now)
        site = Site(folder, session, desks, pages["/"], door)
        try:
            yield site
        finally:
            for one in site._clients:
                one.close()
            desks.close()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration, taken in once."""
    folder = tmp_path_factory.mktemp("web") / "brithwen"
    assert run(["--lang", "en", "demo", str(folder)]) == 0
    return folder


class ApiWhenAsked:
    """The API of an app, put together when it is first asked for: that is most of an app, and most tests never ask."""

    def __init__(self, *given: Any) -> None:
        self._given = given

    @cached_property
    def made(self) -> Any:
        return make_api(*self._given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made, name)

    async def __call__(self, *asked: Any) -> None:
        await self.made(*asked)


def compiled_once() -> Callable[..., Any]:
    """Compiles as an environment does, but the same template with the same words a single time in all tests."""
    compile, known = Folded.compile, dict[Any, Any]()

    def once(self: Folded, source: Any, *named: Any, **how: Any) -> Any:
        t = self.known.get("_")
        if not isinstance(source, str) or not isinstance(t, Translator):
            return compile(self, source, *named, **how)
        words, found = t._words, []
        while words is not None:
            found.append(getattr(words, "_catalog", None))
            words = words._fallback  # type: ignore[assignment]
        key = (source, named, tuple(sorted(how.items())), t.language, tuple(map(id, found)))
        if key not in known:
            known[key] = (compile(self, source, *named, **how), found)  # what is kept beside it keeps its id
        return known[key][0]

    return once


@pytest.fixture(scope="session", autouse=True)
def apps_made_quickly() -> Iterator[None]:
    """Every app of this process, but for what `perthyn start` is in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perthyn_web.app, "make_api", ApiWhenAsked)
        patch.setattr(Folded, "compile", compiled_once())
        yield


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's decides."""
    for name in [one for one in os.environ if one.startswith(("PERTHYN_A", "PERTHYN_S", "PERTHYN_L", "LANG", "LC_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def site(demo_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """The demonstration's app, on a copy of its own."""
    folder = tmp_path / "brithwen"
    shutil.copytree(demo_folder, folder)
    with opened(folder) as found:
        yield found


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """The app of an organisation that has nobody yet."""
    (tmp_path / "perthyn.toml").write_text('organisation = "Plas Newydd"\n', encoding="utf-8")
    with opened(tmp_path, create=True) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests; where there is none they are skipped, in CI they fail."""
    if not Path(CHROMIUM).exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no browser: {CHROMIUM} is not there")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def window(chromium: Any, base: str = "", cookies: Mapping[str, str] | None = None, **how: Any) -> Any:
    """A window of the browser (a context) that keeps these cookies for `base` and is patient.

    A click waits for what is clicked, and never for the page that it leads to, not even where it seems so: that page
    may not have begun, or stand half. So whatever is looked at after a click is waited for: ``expect(...)``, `sent`.
    """
    context = chromium.new_context(**how)
    context.set_default_timeout(PATIENT)
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in (cookies or {}).items()])
    return context


def sent(page: Any, pressed: Any) -> None:
    """Press what leads to another page, and wait until that stands whole: what was posted has been done then."""
    with page.expect_navigation():
        pressed.click()


def swapped(page: Any, into: str, act: Callable[[], object]) -> None:
    """Do what htmx answers, and wait until its answer stands in the element of this id and can be used."""
    page.evaluate(
        """id => { window.swapped = false; document.addEventListener("htmx:after:swap", function heard(event) {
            if (event.detail.ctx.target.id !== id) return;
            document.removeEventListener("htmx:after:swap", heard); window.swapped = true; }); }""",
        into,
    )
    act()
    until(page, "window.swapped")


def settled(page: Any) -> None:
    """Wait until a page that stands has what it asks for by itself."""
    until(page, "document.querySelector('.htmx-request') === null")


def until(page: Any, so: str) -> None:
    """Wait until an expression is true of a page that stands.

    Not by ``wait_for_function``: that asks a second time by ``eval``, which our pages forbid.
    """
    for _ in range(PATIENT // 50):
        if page.evaluate(so):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {so}")
