"""My account: what one minds about oneself: language, password, second step, where one is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.screens import SIGN_IN, SIGNED_IN, Reply, Screens, Shown, Visit, Went
from perthyn_web.accounts import openid, sessions, signing_in, users
from perthyn_web.accounts.records import User
from perthyn_web.accounts.totp import codes_left
from perthyn_web.pages.signing_in import picture
from perthyn_web.visiting import inside

screens = Screens()
Trouble = Mapping[str, Exception]


@screens.get("/account", SIGNED_IN)
def account(visit: Visit) -> Reply:
    """Everything about oneself."""
    crm, person = visit.crm, visit.person
    user = users.oneself(crm, person) if person.id else None
    facts = {
        "user": user,
        "role": users.role_title(crm, visit.t, person.role),
        "sessions": sessions.own(crm, person),
        "codes": codes_left(user) if user else 0,
        "elsewhere": bool(openid.offered(crm.house)),
        "linked": ", ".join(openid.TITLES[one.provider] for one in users.links_of(crm, user.id)) if user else "",
        "must": bool(user) and signing_in.must_have_second(crm, person.role),
    }
    return Shown("accounts/account.html", facts)


@screens.post("/account/language", SIGNED_IN)
def language(visit: Visit) -> Reply:
    """The language that one is shown, on every device."""
    wish = visit.form.get("language", "")
    user = users.set_language(visit.crm, visit.person, "cy" if wish == "cy" else "en" if wish == "en" else "")
    return Went("/account", visit.t("Your language is kept."), cookies={"language": user.language or ""})


@screens.post("/account/sessions/{id:uuid}/end", SIGNED_IN)
def end(visit: Visit, id: UUID) -> Reply:
    """Sign out on another device."""
    sessions.end_own(visit.crm, visit.person, id)
    return Went("/account", visit.t("That device is signed out."))


@screens.post("/account/sessions/end", SIGNED_IN)
def end_others(visit: Visit) -> Reply:
    """Sign out everywhere else."""
    count = sessions.end_others(visit.crm, visit.person)
    said = visit.t.n("{n} other device is signed out.", "{n} other devices are signed out.", count)
    return Went("/account", said)


@screens.get("/account/password", SIGNED_IN)
def password(visit: Visit) -> Reply:
    """The form for another password."""
    return Shown("accounts/password.html", {"user": users.oneself(visit.crm, visit.person)})


@screens.post("/account/password", SIGNED_IN)
def change_password(visit: Visit) -> Reply:
    """Another password; every other device is signed out."""
    old, new = visit.form.get("old", ""), visit.form.get("password", "")
    try:
        user = users.change_password(visit.crm, visit.person, old, new, visit.source)
    except PerthynError as error:
        at = "password" if error.code.startswith("password.") else "old"
        return Shown("accounts/password.html", {"user": users.oneself(visit.crm, visit.person)}, {at: error})
    return _anew(visit, user, "/account", visit.t("Your password is changed. Every other device is signed out."))


@screens.get("/account/second-step", SIGNED_IN)
def second_step(visit: Visit) -> Reply:
    """Whether there is a second step, and what to do about it."""
    return _second_step(visit)


@screens.post("/account/second-step/begin", SIGNED_IN)
def begin(visit: Visit) -> Reply:
    """Begin to set the second step up, on this phone or on another one."""
    try:
        user = users.begin_second_step(visit.crm, visit.person, visit.form.get("password", ""), visit.source)
    except PerthynError as error:
        return _second_step(visit, {"password": error})
    return _set_up(visit, user)


@screens.post("/account/second-step", SIGNED_IN)
def confirm(visit: Visit) -> Reply:
    """The first code of a second step; every other device is signed out."""
    try:
        user = users.confirm_second_step(visit.crm, visit.person, visit.form.get("code", ""), visit.source)
    except PerthynError as error:
        return _set_up(visit, users.oneself(visit.crm, visit.person), error)
    return _anew(visit, user, "/account/codes", visit.t("The second step is set up."))


@screens.post("/account/second-step/remove", SIGNED_IN)
def remove(visit: Visit) -> Reply:
    """No second step any more."""
    try:
        user = users.remove_second_step(visit.crm, visit.person, visit.form.get("code", ""), visit.source)
    except PerthynError as error:
        return _second_step(visit, {"code": error})
    return _anew(visit, user, "/account", visit.t("There is no second step any more."))


@screens.get("/account/codes", SIGNED_IN)
def codes(visit: Visit) -> Reply:
    """What recovery codes are for."""
    return _codes(visit, [], visit.query.get("to", "/account"))


@screens.post("/account/codes", SIGNED_IN)
def new_codes(visit: Visit) -> Reply:
    """New recovery codes, shown this once."""
    to = visit.form.get("to", "") or "/account"
    try:
        return _codes(
            visit, users.renew_codes(visit.crm, visit.person, visit.form.get("password", ""), visit.source), to
        )
    except PerthynError as error:
        return _codes(visit, [], to, {"password": error})


def _codes(visit: Visit, made: list[str], to: str, trouble: Trouble = MappingProxyType({})) -> Reply:
    """`to` comes from outside: it leads on within perthyn or nowhere."""
    some = users.oneself(visit.crm, visit.person).recovery is not None
    return Shown("accounts/codes.html", {"codes": made, "to": inside(to), "some": some}, trouble)


def _second_step(visit: Visit, trouble: Trouble = MappingProxyType({})) -> Reply:
    user = users.oneself(visit.crm, visit.person)
    must = signing_in.must_have_second(visit.crm, user.role)
    return Shown("accounts/second_step.html", {"user": user, "must": must}, trouble)


def _set_up(visit: Visit, user: User, error: PerthynError | None = None) -> Reply:
    facts = {"step": "", "to": "", "action": "/account/second-step"} | picture(visit, user)
    return Shown("accounts/set_up.html", facts, {"code": error} if error else {})


def _anew(visit: Visit, user: User, to: str, said: str) -> Reply:
    """On with a new sign-in, since those before have ended."""
    return Went(to, said, cookies={SIGN_IN: sessions.begin(visit.crm, user, "browser", visit.device)})
