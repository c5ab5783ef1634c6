"""By e-mail: somebody asks for the numbers to be sent to them, each week or month, and sees what became of the last."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from perthyn.errors import Forbidden, PerthynError
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn_web.accounts import users
from perthyn_web.by_email import keeping
from perthyn_web.by_email.records import EVERY, Wish

screens = Screens()
PAGE = "/numbers/by-email"


@screens.get(PAGE, keeping.ASK)
def by_email(visit: Visit) -> Reply:
    """What one asked for, when the next goes, what became of the last; or what is missing for it."""
    return _page(visit)


@screens.post(PAGE, keeping.ASK)
def ask(visit: Visit) -> Reply:
    """Have them sent from now on, or no more; with *now* those of the last period at once as well."""
    crm, t, form = visit.crm, visit.t, visit.form
    user = users.oneself(crm, visit.person)
    every = EVERY.get(form.get("every", "never"))
    try:
        wish = keeping.ask(crm, user.id, form.get("address", ""), every)
    except PerthynError as error:
        if error.code != "web.numbers.address":
            raise
        return _page(visit, {"address": error})
    if "now" in form:
        try:
            keeping.ask_now(crm, wish)
        except PerthynError as error:
            if error.code != "web.numbers.often":
                raise
            return _page(visit, {"": error})
        return Went(PAGE, t("The numbers are on their way to {address}.", address=wish.address))
    return Went(PAGE, _first(visit, wish))


def _first(visit: Visit, wish: Wish) -> str:
    """When the first is sent, said as soon as somebody has asked."""
    if wish.due is None:
        return visit.t("You will be sent no more numbers.")
    day = wish.due.astimezone(visit.crm.zone).date()
    if wish.every == "week":
        return visit.t("The first will be sent on Monday {day}.", day=day)
    return visit.t("The first will be sent on {day}.", day=day)


def _page(visit: Visit, trouble: Mapping[str, PerthynError] = MappingProxyType({})) -> Reply:
    crm, person = visit.crm, visit.person
    user = users.oneself(crm, person) if person.id else None
    wish = keeping.wish_of(crm, user.id) if user else None
    way, wrong = "", None
    try:
        way = crm.memos_go()
    except Forbidden:
        raise
    except PerthynError as error:
        wrong = error
    zone, form = crm.zone, visit.form
    known = wish.address if wish else user.sign_in if user and "@" in user.sign_in else ""
    facts = {
        "user": user, "wish": wish, "way": way, "wrong": wrong, "goes": way in keeping.GOES,
        "waiting": keeping.waiting(crm, wish) if wish else None,
        "address": form.get("address", known), "every": form.get("every", (wish.every if wish else "") or ""),
        "due": wish.due.astimezone(zone).date() if wish and wish.due else None,
        "at": wish.at.astimezone(zone) if wish and wish.at else None,
    }  # fmt: skip
    return Shown("numbers/by_email.html", facts, trouble)
