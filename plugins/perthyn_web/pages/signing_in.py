"""Signing in: name and password, the second step, links that work once, signing out."""

from __future__ import annotations

from urllib.parse import quote

from perthyn.errors import PerthynError
from perthyn.screens import EVERYBODY, SIGN_IN, SIGNED_IN, Reply, Screens, Shown, Visit, Went
from perthyn_web.accounts import elsewhere, invitations, openid, sessions, signing_in, totp, users
from perthyn_web.accounts.records import Purpose, User
from perthyn_web.accounts.signing_in import Outcome
from perthyn_web.desk import tablets
from perthyn_web.visiting import TABLET

screens = Screens()
INVITING: tuple[Purpose, ...] = ("first", "user", "password", "machine")


@screens.get("/sign-in", EVERYBODY)
def ask(visit: Visit) -> Reply:
    """Who is it?"""
    return asking(visit)


@screens.post("/sign-in", EVERYBODY)
def sign_in(visit: Visit) -> Reply:
    """A name and a password."""
    form = visit.form
    paired = tablets.by_cookie(visit.crm, visit.cookies.get(TABLET, "")) is not None
    try:
        outcome = signing_in.sign_in(
            visit.crm, form.get("name", ""), form.get("password", ""), source=visit.source, paired=paired
        )
    except PerthynError as error:
        return asking(visit, error)
    return on(visit, outcome)


@screens.post("/sign-in/code", EVERYBODY)
def second_step(visit: Visit) -> Reply:
    """The code of the second step."""
    step = visit.form.get("step", "")
    try:
        outcome = signing_in.asked_at(visit.crm, step, visit.source)
        user = signing_in.second_step(visit.crm, step, visit.form.get("code", ""), visit.source).user
    except PerthynError as error:
        return asking(visit, error) if error.code != "sign_in.code" else _step(visit, outcome, error)
    to = visit.form.get("to", "") or "/"
    return _in(visit, user, f"/account/codes?to={quote(to, safe='')}" if outcome.need == "set_up" else to)


@screens.get("/forgotten", EVERYBODY)
def forgotten(visit: Visit) -> Reply:
    """What to do when a password is forgotten."""
    return Shown("accounts/forgotten.html")


@screens.post("/sign-out", SIGNED_IN)
def sign_out(visit: Visit) -> Reply:
    """Go."""
    if visit.person.session is not None:
        sessions.end(visit.crm, visit.person.session)
    return Went("/sign-in", visit.t("You are signed out."), cookies={SIGN_IN: ""})


# -- by a link -------------------------------------------------------------------------------------------------------


@screens.get("/enter/{token}", EVERYBODY)
def invited(visit: Visit, token: str) -> Reply:
    """What a link leads to; it is used when the button is pressed."""
    return _invited(visit, token)


@screens.post("/enter/{token}", EVERYBODY)
def enter(visit: Visit, token: str) -> Reply:
    """Come in by a link."""
    crm, form = visit.crm, visit.form
    invitation, _ = invitations.opened(crm, token, visit.source, *INVITING)
    if invitation.purpose == "machine":
        return Went("/", cookies={SIGN_IN: signing_in.at_this_machine(crm, token, visit.device, visit.source)})
    password = form.get("password", "")
    try:
        if invitation.purpose == "first":
            wish = form.get("language", "")
            user = users.come_first(
                crm, token, form.get("name", ""), form.get("shown", ""), password,
                "cy" if wish == "cy" else "en" if wish == "en" else "", visit.source,
            )  # fmt: skip
        else:
            user = users.choose(crm, token, password, visit.source)
    except PerthynError as error:
        return _invited(visit, token, error)
    return on(visit, signing_in.admitted(crm, user))


def _invited(visit: Visit, token: str, error: PerthynError | None = None) -> Reply:
    invitation, user = invitations.opened(visit.crm, token, visit.source, *INVITING)
    at = {"password": "password", "user": "name", "record": "name"}
    trouble = {at.get(error.code.split(".")[0], ""): error} if error else {}
    facts = {"purpose": invitation.purpose, "user": user, "token": token, "form": visit.form,
             "elsewhere": elsewhere_of(visit) if invitation.purpose in elsewhere.LINKING else {}}  # fmt: skip
    return Shown("accounts/enter.html", facts, trouble)


# -- parts -----------------------------------------------------------------------------------------------------------


def asking(visit: Visit, error: PerthynError | None = None) -> Reply:
    """The page that asks who it is, with what went wrong before."""
    to = visit.form.get("to", visit.query.get("to", ""))
    facts = {"name": visit.form.get("name", ""), "to": to, "nobody_yet": users.nobody_yet(visit.crm),
             "elsewhere": elsewhere_of(visit)}  # fmt: skip
    return Shown("accounts/sign_in.html", facts, {"": error} if error else {})


def elsewhere_of(visit: Visit) -> dict[str, str]:
    """The names and titles of those by whom somebody may come in."""
    return {one: openid.TITLES[one] for one in openid.offered(visit.crm.house)}


def on(visit: Visit, outcome: Outcome, to: str = "") -> Reply:
    """On to the second step, or in and to where they wanted to go."""
    to = to or visit.form.get("to", "")
    return _step(visit, outcome, to=to) if outcome.need else _in(visit, outcome.user, to or "/")


def _step(visit: Visit, outcome: Outcome, error: PerthynError | None = None, to: str = "") -> Reply:
    facts = {"step": outcome.step, "to": to or visit.form.get("to", "")}
    trouble = {"code": error} if error else {}
    if outcome.need == "code":
        return Shown("accounts/code.html", facts, trouble)
    return Shown("accounts/set_up.html", facts | picture(visit, outcome.user) | {"action": "/sign-in/code"}, trouble)


def picture(visit: Visit, user: User) -> dict[str, str]:
    """What an app on a phone is told, as a picture and to be typed."""
    import segno

    told = signing_in.told_to_app(visit.crm, user)
    address = totp.address(user, visit.crm.settings.organisation, told)
    typed = " ".join(told[place : place + 4] for place in range(0, len(told), 4))
    return {"picture": segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff"), "typed": typed}


def _in(visit: Visit, user: User, to: str) -> Reply:
    return Went(to, cookies={SIGN_IN: sessions.begin(visit.crm, user, "browser", visit.device)})
