"""First steps: who the organisation is, where its records are kept, who comes in first; one question on each page.

Nothing is written before the last answer. It is served to this machine alone, below an address that nobody else knows,
and is gone when it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from perthyn.crm import Crm
from perthyn.crm.imports import files_here
from perthyn.errors import PerthynError
from perthyn.importing.tables import TEXT_SUFFIXES, WORKBOOK_SUFFIXES
from perthyn.pages import Beginning
from perthyn.screens import Given, Person, Shown, Visit
from perthyn.settings import DEFAULT_STORE, without_password
from perthyn.text import LANGUAGES, Translator
from perthyn_web.accounts import passwords, users
from perthyn_web.guard import App, Guard, Scope
from perthyn_web.intake import looking
from perthyn_web.showing import STATIC, Showing

STEPS = ("", "records", "you", "check")
"""The pages in their order, below the address."""
PLACES = ("file", "server", "sheet")
SERVER = ("host", "port", "database", "user", "password")


@dataclass
class _Answers:
    """What has been said so far; of one person, in this process only."""

    organisation: str = ""
    language: str = ""
    place: str = "file"
    server: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SERVER, ""), repr=False)
    sheet: str = ""
    account: str = "here"
    name: str = ""
    sign_in: str = ""
    password: str = field(default="", repr=False)
    invented: bool = False

    @property
    def store(self) -> str:
        """Where the records are to be kept."""
        if self.place == "sheet":
            return self.sheet
        if self.place == "server":
            s = self.server
            who = f"{quote(s['user'], safe='')}:{quote(s['password'], safe='')}" if s["password"] else quote(s["user"])
            return f"postgresql://{who}@{s['host']}:{s['port'] or 5432}/{quote(s['database'])}"
        return DEFAULT_STORE


def first_steps(beginning: Beginning, way: str) -> App:
    """The application of the first steps, below `way`."""
    steps = _Steps(beginning, way)
    routes: list[Any] = [
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/language", steps.language, methods=["POST"]),
        *(Route(f"{way}/{one}".rstrip("/"), steps.at(one), methods=["GET", "POST"]) for one in STEPS),
    ]

    async def nowhere(request: Request, error: Exception) -> Response:
        return PlainTextResponse("perthyn: /first/...\n", 404)

    return Guard(Starlette(routes=routes, exception_handlers={404: nowhere}), frozenset(), False, _refusal)


class _Steps:
    """The pages, and what was answered on them."""

    def __init__(self, beginning: Beginning, way: str) -> None:
        self._beginning, self._way = beginning, way
        self._showing = Showing([], beginning.catalogues, [], [])
        self._answers = _Answers(language=beginning.language)

    async def language(self, request: Request) -> Response:
        """Go on in the other language."""
        form = await request.form()
        if form.get("language") in LANGUAGES:
            self._answers.language = str(form["language"])
        to = str(form.get("to", ""))
        return RedirectResponse(to if to.startswith(f"{self._way}") else self._way, 303)

    def at(self, step: str) -> Callable[[Request], Any]:
        """What answers at one step."""
        shows = {"": self._house, "records": self._records, "you": self._you, "check": self._check}[step]

        async def answer(request: Request) -> Response:
            given = None
            if request.method == "POST":
                form = await request.form(max_files=0, max_fields=50)
                given = Given((name, value) for name, value in form.multi_items() if isinstance(value, str))
            visit = self._visit(request, given or Given())
            return await run_in_threadpool(shows, visit, given)

        return answer

    # -- the steps ---------------------------------------------------------------------------------------------------

    def _house(self, visit: Visit, form: Given | None) -> Response:
        if form is not None:
            self._answers.organisation = form.get("organisation", "").strip()[:200]
            language = form.get("language", "")
            self._answers.language = language if language in LANGUAGES else self._answers.language
            if self._answers.organisation:
                return self._on("records")
            return self._page(visit, "house", {"organisation": PerthynError("web.first.name")})
        return self._page(visit, "house")

    def _records(self, visit: Visit, form: Given | None) -> Response:
        if form is None:
            return self._page(visit, "records")
        a = self._answers
        a.place = form.get("place", "") if form.get("place") in PLACES else "file"
        kept = a.server["password"]
        a.server = {name: form.get(name, "").strip() for name in SERVER}
        a.server["password"] = a.server["password"] or kept
        a.sheet = form.get("sheet", "").strip()
        missing = self._missing()
        if missing:
            return self._page(visit, "records", missing)
        try:
            cautions = self._beginning.look(a.store)
        except PerthynError as error:
            return self._page(visit, "records", {"sheet" if a.place == "sheet" else "place": error})
        if form.get("then") == "test":
            return self._page(visit, "records", facts={"tested": True, "cautions": cautions})
        return self._on("you")

    def _missing(self) -> dict[str, Exception]:
        a = self._answers
        if a.place == "server":
            return {one: PerthynError("web.first.missing") for one in ("host", "database", "user") if not a.server[one]}
        return {"sheet": PerthynError("web.first.missing")} if a.place == "sheet" and not a.sheet else {}

    def _you(self, visit: Visit, form: Given | None) -> Response:
        if form is None:
            return self._page(visit, "you")
        a = self._answers
        a.account = "account" if form.get("account") == "account" else "here"
        a.name, a.sign_in = form.get("name", "").strip()[:200], form.get("sign_in", "").strip()[:200]
        if a.account == "here":
            a.password = ""
            return self._on("check")
        trouble: dict[str, Exception] = {
            one: PerthynError("web.first.missing") for one in ("name", "sign_in") if not getattr(a, one)
        }
        password = form.get("password", "")
        try:
            passwords.check(password, a.organisation, a.name, a.sign_in)
        except PerthynError as error:
            trouble["password"] = error
        if password != form.get("again", ""):
            trouble["again"] = PerthynError("web.first.again")
        if trouble:
            return self._page(visit, "you", trouble)
        a.password = password
        return self._on("check")

    def _check(self, visit: Visit, form: Given | None) -> Response:
        a = self._answers
        if not a.organisation:
            return self._on("")
        if form is None:
            return self._page(visit, "check", facts={"files": self._files(), "store": without_password(a.store)})
        a.invented = bool(form.get("invented"))
        values = {"organisation": a.organisation, "language": a.language, "store": a.store}
        try:
            way = self._beginning.begin(values, self._first)
        except PerthynError as error:
            facts = {"files": self._files(), "store": without_password(a.store)}
            return self._page(visit, "check", {"": error}, facts)
        return RedirectResponse("/sign-in" if a.account == "account" else way, 303)

    def _first(self, crm: Crm) -> None:
        """The first administrator."""
        a = self._answers
        if a.account == "account" and users.nobody_yet(crm):
            language = cast(Any, a.language)
            users.come_first(crm, users.first(crm), a.sign_in, a.name, a.password, language)
        a.password = ""
        if a.invented and looking.offered(crm):
            looking.begin(crm, remove=False)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _files(self) -> list[str]:
        """The files that lie here and could be imported afterwards."""
        endings = [*TEXT_SUFFIXES - {""}, *WORKBOOK_SUFFIXES]
        return [one.name for one in files_here(self._beginning.folder, endings)]

    def _visit(self, request: Request, form: Given) -> Visit:
        t: Translator = self._showing.translators[self._answers.language or "en"]
        query = Given(request.query_params.multi_items())
        nobody = Person("", "", frozenset())
        return Visit(cast(Crm, None), t, nobody, request.method, request.url.path, query, form)

    def _page(
        self, visit: Visit, name: str, trouble: Mapping[str, Exception] | None = None, facts: Mapping[str, Any] = {}
    ) -> Response:
        number = ["house", "records", "you", "check"].index(name)
        t = self._showing.translators[self._answers.language or "en"]
        visit = Visit(visit.crm, t, visit.person, visit.method, visit.path, visit.query, visit.form)
        about = {"a": self._answers, "way": self._way, "step": number + 1, "steps": len(STEPS),
                 "tested": False, "cautions": [], "files": [], "house": self._beginning.house,
                 "folder": str(self._beginning.folder),
                 "previous": f"{self._way}/{STEPS[number - 1]}".rstrip("/") if number else "", **facts}  # fmt: skip
        frame = {"theme": "auto", "flash": {}, "organisation": "perthyn", "training": False, "shortcuts": "off",
                 "invented": False, "removes": False}  # fmt: skip
        shown = Shown(f"wizard/{name}.html", about, trouble or {})
        body = self._showing.page(visit, shown, frame)
        return Response(body, 422 if trouble else 200, media_type="text/html; charset=utf-8")

    def _on(self, step: str) -> Response:
        return RedirectResponse(f"{self._way}/{step}".rstrip("/"), 303)


def _refusal(scope: Scope, code: str) -> App:
    return PlainTextResponse("perthyn: 127.0.0.1\n", 403)
