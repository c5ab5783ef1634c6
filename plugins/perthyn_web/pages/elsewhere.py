"""Elsewhere: coming in with an account at Google or Microsoft, and which of them open one's own."""

from __future__ import annotations

from perthyn.errors import PerthynError, Unknown
from perthyn.screens import EVERYBODY, SIGNED_IN, Away, Reply, Screen, Screens, Shown, Visit, Went
from perthyn_web.accounts import elsewhere, openid, users
from perthyn_web.pages.signing_in import asking, elsewhere_of, on

screens = Screens()


@screens.get("/sign-in/{name}", EVERYBODY)
def away(visit: Visit, name: str) -> Reply:
    """To those who know who it is."""
    to, link = visit.query.get("to", ""), visit.query.get("link", "")
    try:
        address, held = elsewhere.begun(visit.crm, name, visit.base, to, link)
    except Unknown:
        raise
    except PerthynError as error:
        return asking(visit, error)
    return Away(address, {elsewhere.COOKIE: held}, elsewhere.LASTS)


def back(visit: Visit, name: str) -> Reply:
    """And back again. They are sent by a mere link, so this screen changes something though it is only asked for."""
    crm, query = visit.crm, visit.query
    openid.provider(crm.house, name)
    try:
        errand = elsewhere.errand_of(crm, name, visit.cookies.get(elsewhere.COOKIE, ""), query.get("state", ""))
        if not query.get("code"):
            raise PerthynError("sso.refused", title=openid.TITLES[name])
        outcome = elsewhere.came_back(crm, errand, query["code"], visit.base, visit.source)
    except PerthynError as error:
        return asking(visit, error)
    return on(visit, outcome, errand.to)


screens.screens.append(Screen("/sign-in/{name}/back", EVERYBODY, back, writes=True))


@screens.get("/account/elsewhere", SIGNED_IN)
def own(visit: Visit) -> Reply:
    """Which accounts open one's own."""
    return _own(visit)


@screens.post("/account/elsewhere", SIGNED_IN)
def link(visit: Visit) -> Reply:
    """Link one, after the password has been asked for once more."""
    try:
        token = elsewhere.link(visit.crm, visit.person, visit.form.get("password", ""), visit.source)
    except PerthynError as error:
        return _own(visit, error)
    return _own(visit, token=token)


@screens.post("/account/elsewhere/end", SIGNED_IN)
def unlink(visit: Visit) -> Reply:
    """One opens nothing any more."""
    name = visit.form.get("name", "")
    elsewhere.unlink(visit.crm, visit.person, name)
    title = openid.TITLES.get(name, name)
    return Went("/account/elsewhere", visit.t("Your account at {title} opens nothing here any more.", title=title))


def _own(visit: Visit, error: PerthynError | None = None, token: str = "") -> Reply:
    user = users.oneself(visit.crm, visit.person)
    linked = {one.provider: one for one in users.links_of(visit.crm, user.id)}
    facts = {"user": user, "elsewhere": elsewhere_of(visit), "linked": linked, "titles": openid.TITLES, "token": token}
    return Shown("accounts/elsewhere.html", facts, {"password": error} if error else {})
