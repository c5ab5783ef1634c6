"""App: every plugin's screens and API below one address, guarded."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from perthyn.pages import Opens
from perthyn.screens import joined
from perthyn_web.accounts.watching import FEWEST, Watch
from perthyn_web.api.making import make_api
from perthyn_web.guard import App, Guard, Scope
from perthyn_web.showing import STATIC, Showing
from perthyn_web.visiting import Reception

FOREVER = "public, max-age=31536000, immutable"
SECTION = "web"


class Assets(StaticFiles):
    """Files that never change under one address."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, to be kept by the browser."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = FOREVER
        return answer


def make(opens: Opens) -> App:
    """The application."""
    with opens() as crm:
        settings = crm.house.section(SECTION)
        offered = crm.screens()
        catalogues = crm.plugins.offer("offer_locale")
        training = bool(getattr(crm.settings, "training", False))
    all_of_it = joined(offered)
    folders = [one.templates for one in offered if one.templates is not None]
    showing = Showing(folders, catalogues, all_of_it.entries, all_of_it.panels)
    base = str(settings.get("address", "")).rstrip("/")
    reception = Reception(opens, showing, base.startswith("https://"), base, {"training": training},
                          Watch(int(settings.get("people_a_day", FEWEST))))  # fmt: skip
    assets = GZipMiddleware(Assets(directory=STATIC))  # pages go as they are: what is secret is not to be compressed
    api = make_api(reception, showing)
    routes: list[Any] = [Mount("/static", assets), Mount("/api", api)]
    routes += [Route(one.path, reception.at(one), methods=list(one.methods)) for one in all_of_it.screens]

    async def refused(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/api/"):  # with a sign in it for which nothing is mounted
            answer: Response = await api.state.refused(request, error)
            return answer
        status = error.status_code if isinstance(error, HTTPException) else 500
        code = {404: "web.nowhere", 405: "web.method", 413: "web.large"}.get(status, "web.broken")
        return await run_in_threadpool(reception.trouble, request, code, status)

    app = Starlette(routes=routes, exception_handlers={HTTPException: refused, Exception: refused})
    return Guard(app, _hosts(base, settings.get("hosts", ())), reception.secure, _refusal)


def _hosts(base: str, more: Any) -> frozenset[str]:
    named = [more] if isinstance(more, str) else list(more)
    return frozenset(one.lower() for one in (urlsplit(base).netloc, urlsplit(base).hostname or "", *named) if one)


def _refusal(scope: Scope, code: str) -> App:
    words = {
        "web.host": 'perthyn is not known by this name. Add it to perthyn.toml: [web] hosts = ["NAME"]\n'
        'Nid yw perthyn yn cael ei adnabod wrth yr enw hwn. Ychwanegwch ef at perthyn.toml: [web] hosts = ["ENW"]\n',
        "web.elsewhere": "This came from another site and was not done. Open perthyn itself and try again.\n"
        "Daeth hwn o wefan arall ac ni chafodd ei wneud. Agorwch perthyn ei hun a rhowch gynnig arall arni.\n",
    }
    return PlainTextResponse(words[code], 400 if code == "web.host" else 403)
