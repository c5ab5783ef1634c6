"""Visiting: a request becomes a visit of somebody, a screen's reply becomes an answer.

All of it happens in one thread with one lent `Crm`: who is asking, whether they may, what they are shown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from perthyn.crm import Actor, Crm
from perthyn.errors import Conflict, Forbidden, PerthynError, Unknown
from perthyn.pages import Opens
from perthyn.screens import (
    EVERYBODY,
    SIGN_IN,
    SIGNED_IN,
    USUAL_FORM,
    Away,
    Given,
    Person,
    Reply,
    Screen,
    Sent,
    Shown,
    Upload,
    Visit,
    Went,
)
from perthyn.text import LANGUAGES, Translator
from perthyn_web.accounts import sessions
from perthyn_web.accounts.devices import in_words
from perthyn_web.accounts.watching import Watch, whose
from perthyn_web.showing import THEMES, Showing, allowed, error_words

NOBODY = Person("", "", frozenset())
MOST_FIELDS, MOST_FILES = 2_000, 20
LONGEST_FLASH = 1_500
TABLET = "tablet"
"""The cookie of a tablet that was paired: whoever is not signed in there says who they are by a tap."""
BOUND = "__Host-"
YEAR = 365 * 24 * 3600
STATUSES = {"sign_in.wait": 429, "reading.stopped": 429, "sso.unreachable": 503, "desk.other": 412}
"""The HTTP status of what is refused for a reason of its own; the rest goes by the kind of error."""
BUSY = frozenset({"store.locked", "store.server.busy", "store.server.starting", "store.server.gone",
                  "store.server.unreachable"})  # fmt: skip
"""What is refused because of others, or of the moment: the same is done when it is sent again."""
AGAIN = 5
"""Seconds after which it may be sent again."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Receives visitors. `opens` lends a `Crm`; `secure`: it is reached by HTTPS; `base`: at which address, if told."""

    opens: Opens
    showing: Showing
    secure: bool = False
    base: str = ""
    frame: Mapping[str, Any] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)

    @property
    def cookie(self) -> str:
        """The cookie that holds a sign-in."""
        return self.named("perthyn")

    def named(self, name: str) -> str:
        """What a cookie of ours is called: by HTTPS its name binds it to this host (RFC 6265bis, section 4.1.3)."""
        return BOUND + name if self.secure else name

    def kept(self, request: Request) -> dict[str, str]:
        """What the browser keeps for us, by our own names; what another host may have set is not ours."""
        bound = BOUND if self.secure else ""
        return {name.removeprefix(bound): value for name, value in request.cookies.items() if name.startswith(bound)}

    def at(self, screen: Screen) -> Callable[[Request], Any]:
        """What answers at a screen's address."""

        async def answer(request: Request) -> Response:
            size = _size(request)
            if size > screen.most:
                return await run_in_threadpool(self.trouble, request, "web.large", 413)
            if size > USUAL_FORM:
                refusal = await run_in_threadpool(self._refusal, screen, request)
                if refusal is not None:
                    return refusal
            form = await _form(request) if request.method == "POST" else FormData()
            try:
                return await run_in_threadpool(self._answered, screen, request, form)
            finally:
                await form.close()

        return answer

    def trouble(self, request: Request, code: str, status: int) -> Response:
        """A page for what nobody answers, or nobody may."""
        with self.signed_in(request) as (crm, person):
            visit = self.visit(crm, request, person)
            return self._page(request, visit, _wrong(visit, PerthynError(code), status))

    def visit(self, crm: Crm, request: Request, person: Person, form: FormData | None = None) -> Visit:
        """One request of one person, who acts through `crm`."""
        t = self._translator(request, person, crm)
        form = form or FormData()
        texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        sent = [(name, one) for name, one in form.multi_items() if isinstance(one, UploadFile) and one.filename]
        files = [(name, Upload(one.filename or "", one.size or 0, one.file)) for name, one in sent]
        return Visit(
            self.acting(crm, person, t),
            t,
            person,
            request.method,
            request.url.path,
            Given(request.query_params.multi_items()),
            Given(texts),
            dict(files),
            self.base or f"{request.url.scheme}://{request.url.netloc}",
            self.kept(request),
            request.client.host if request.client else "",
            in_words(request.headers.get("user-agent", "")),
            [one for _, one in files],
        )

    def acting(self, crm: Crm, person: Person, t: Translator) -> Crm:
        """The `Crm` that acts for somebody, and counts whom they are shown."""
        acting = crm.acting(Actor(person.name, person.rights, str(whose(person) or "")), t.language)
        acting.watch = self.watch.over(crm, person)
        return acting

    def person(self, crm: Crm, request: Request) -> Person:
        """Who is signed in, by the cookie; nobody where there is none that counts."""
        held = request.cookies.get(self.cookie, "")
        return (sessions.by_cookie(crm, held) if held else None) or NOBODY

    @contextmanager
    def signed_in(self, request: Request) -> Iterator[tuple[Crm, Person]]:
        """A lent `Crm`, and who is asking."""
        with self.opens() as crm:
            person = self.person(crm, request)
            yield crm, person
            self.watch.settle(crm, person)

    def _refusal(self, screen: Screen, request: Request) -> Response | None:
        """What answers those who may not come here, before what they send is read."""
        with self.signed_in(request) as (crm, person):
            if person is NOBODY:
                return self._to_sign_in(request)
            visit = self.visit(crm, request, person)
            if allowed(visit, screen.right):
                return None
            error = Forbidden("right.missing", right=screen.right, actor=person.name)
            return self._page(request, visit, _wrong(visit, error, 403))

    def _answered(self, screen: Screen, request: Request, form: FormData) -> Response:
        with self.signed_in(request) as (crm, person), self._seen_at_once(crm, screen):
            visit = self.visit(crm, request, person, form)
            if screen.right != EVERYBODY and person is NOBODY:
                return self._to_sign_in(request)
            try:
                if screen.right not in (EVERYBODY, SIGNED_IN):
                    visit.crm.check(screen.right)
                reply = screen.view(visit, **request.path_params)
                if isinstance(reply, Shown):
                    _no_refusal(reply)
            except PerthynError as error:
                answer = self._response(request, visit, _wrong(visit, error, status_of(error)))
                return _after(answer, error)
            return self._response(request, visit, reply)

    @staticmethod
    def _seen_at_once(crm: Crm, screen: Screen) -> AbstractContextManager[None]:
        """A page that only shows is of one moment."""
        return nullcontext() if "POST" in screen.methods or screen.writes else crm.one_picture()

    def _response(self, request: Request, visit: Visit, reply: Reply) -> Response:
        match reply:
            case Shown():
                return self._page(request, visit, reply)
            case Went():
                answer: Response = RedirectResponse(inside(reply.to), 303)
                if reply.said:
                    told = {"text": reply.said[:LONGEST_FLASH], "undo": str(reply.undo) if reply.undo else ""}
                    self.keep(answer, "said", _packed(told), 60)
                for name, value in reply.cookies.items():
                    self.keep(answer, "perthyn" if name == SIGN_IN else name, value, YEAR)
            case Away():
                answer = RedirectResponse(reply.to, 303)
                for name, value in reply.cookies.items():
                    self.keep(answer, name, value, reply.seconds)
            case Sent():
                answer = _file(reply)
        return answer

    def _page(self, request: Request, visit: Visit, shown: Shown) -> Response:
        cookies = self.kept(request)
        theme = cookies.get("theme", "")
        part = _part(request)
        said = {} if part else _unpacked(cookies.get("said", ""))
        frame = {**self.frame, "theme": theme if theme in THEMES else "auto", "flash": said,
                 "shortcuts": cookies.get("shortcuts", "on"),
                 "organisation": visit.crm.settings.organisation or "perthyn"}  # fmt: skip
        frame |= {"invented": bool(visit.crm.invented()), "removes": visit.crm.may_demonstrate()}
        body = self.showing.page(visit, _in_words(shown), frame, part)
        waiting = next((one for one in shown.trouble.values() if waits(one)), None)
        status = shown.status if shown.status != 200 or not shown.trouble else 422
        status = status_of(waiting) if isinstance(waiting, PerthynError) else status
        answer = Response(body, status, media_type="text/html; charset=utf-8")
        if waiting is not None:
            _after(answer, waiting)
        if said:
            self.keep(answer, "said", "", 0)
        return answer

    def keep(self, answer: Response, name: str, value: str, seconds: int) -> None:
        """Set a cookie that no script reads and no other site sends with a form; "" takes it away."""
        seconds = seconds if value else 0
        name = self.named(name)
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def _to_sign_in(self, request: Request) -> Response:
        if _part(request) or request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
        to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        way = "/desk/who" if TABLET in self.kept(request) else "/sign-in"
        return RedirectResponse(way + (f"?to={quote(to, safe='')}" if request.method == "GET" else ""), 303)

    def _translator(self, request: Request, person: Person, crm: Crm) -> Translator:
        wishes = [self.kept(request).get("language", ""), person.language]
        wishes += [one.split(";")[0].split("-")[0].strip() for one in
                   request.headers.get("accept-language", "").lower().split(",")]  # fmt: skip
        wishes += [crm.settings.language]
        return self.showing.translators[next((one for one in wishes if one in LANGUAGES), "en")]


def status_of(error: PerthynError) -> int:
    """The HTTP status of what was refused."""
    match error:
        case Unknown():
            return 404
        case Forbidden():
            return 403
        case Conflict():
            return 409
    if error.code in BUSY:
        return 503
    return STATUSES.get(error.code, 422)


def waits(error: Exception) -> int | None:
    """After how many seconds it may be tried again; None where waiting does not help."""
    match error:
        case PerthynError(code="api.pace" | "api.key.busy"):
            return int(str(error.facts.get("seconds", 1)))
        case PerthynError(code="sign_in.wait"):
            return 60 * int(str(error.facts["minutes"]))
        case PerthynError() if error.code in BUSY:
            return AGAIN
    return None


def _after(answer: Response, error: Exception) -> Response:
    """The answer, which says when to come again."""
    if (seconds := waits(error)) is not None:
        answer.headers["retry-after"] = str(seconds)
    return answer


def _wrong(visit: Visit, error: PerthynError, status: int) -> Shown:
    wrong, next = error_words(visit.t, _told(error))
    return Shown("error.html", {"wrong": wrong, "next": next}, status=status)


def _no_refusal(shown: Shown) -> None:
    """A right that is missing is no field's trouble, and nothing that another word would mend. Raises `Forbidden`."""
    for error in shown.trouble.values():
        if isinstance(error, Forbidden):
            raise error


def _told(error: Exception) -> Any:
    """What is said of an error: of what waiting helps with, that nothing was lost."""
    return PerthynError("web.busy") if isinstance(error, PerthynError) and error.code in BUSY else error


def _in_words(shown: Shown) -> Shown:
    return replace(shown, trouble={name: _told(one) for name, one in shown.trouble.items()})


def _size(request: Request) -> int:
    """How many bytes are sent; of those who do not say, more than anything takes."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isdigit() else 1 << 62 if "transfer-encoding" in request.headers else 0


async def _form(request: Request) -> FormData:
    return await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=USUAL_FORM)


def _part(request: Request) -> str:
    """The block that htmx asks for: the id of what it will fill."""
    if not request.headers.get("hx-request"):
        return ""
    return request.headers.get("hx-target", "").rpartition("#")[2]


def inside(to: str) -> str:
    """An address of ours; one that leads elsewhere leads to the beginning."""
    within = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if within else "/"


def _file(sent: Sent) -> Response:
    headers = dict(sent.headers)
    if sent.name:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(sent.name, safe='')}"
    match sent.body:
        case Path():
            return FileResponse(sent.body, media_type=sent.type, headers=headers)
        case bytes():
            return Response(sent.body, media_type=sent.type, headers=headers)
    return StreamingResponse(sent.body, media_type=sent.type, headers=headers)


def _packed(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode()).decode()


def _unpacked(text: str) -> dict[str, Any]:
    """What was packed; nothing where somebody else has packed it: another name of this site may set its cookies."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text))
        return {"text": str(found["text"]), "undo": str(UUID(found["undo"])) if found["undo"] else ""}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}
