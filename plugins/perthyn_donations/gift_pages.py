"""Gift pages: all gifts and what they come to, who is still to be thanked, pledges, and one gift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from perthyn.crm import View
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact, Interaction
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import Translator, phrase
from perthyn_donations.asking import Form, step
from perthyn_donations.books import Judged, books, books_now, tax
from perthyn_donations.eligibility import year_start, years_from
from perthyn_donations.gifts import note_gift
from perthyn_donations.giving import Chosen, Line, given, sums, thanked, to_thank
from perthyn_donations.plans import Plan
from perthyn_donations.pledges import pledges
from perthyn_donations.records import Gift
from perthyn_donations.words import state, why

screens = Screens()
AT_ONCE, YEARS = 50, 6
HOW = {
    "letter": phrase("By letter"),
    "email": phrase("By email"),
    "call": phrase("By phone"),
    "meeting": phrase("In person"),
}
NATURES = {
    "gift": phrase("A gift"),
    "sponsored": phrase("Sponsorship for an event"),
    "admission": phrase("Admission paid as a gift"),
    "purchase": phrase("A raffle, an auction or a sale"),
    "voucher": phrase("A charity voucher (CAF and others)"),
}
STATES = {
    "active": (phrase("going on"), "good"),
    "late": (phrase("a payment is late"), "careful"),
    "ended": (phrase("has ended"), "plain"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A gift in the list."""

    line: Line
    name: str


@screens.get("/donations", "donation.read")
def gifts(visit: Visit) -> Reply:
    """The gifts of a time, newest first."""
    crm = visit.crm
    periods = periods_of(visit)
    period = visit.query.get("period", "")
    period = period if period in {name for name, _ in periods} else ""
    since, until = _ends(visit, period)
    all_of_time = given(crm, since, until)
    chosen = Chosen(since, until, visit.query.get("fund", ""), visit.query.get("campaign", ""))
    lines = [one for one in all_of_time if chosen.holds(one)]
    start = _start(lines, visit.query.get("after", ""))
    shown = lines[start : start + AT_ONCE]
    more = start + AT_ONCE < len(lines)
    facts = {
        "rows": _rows(visit, shown),
        "count": len(lines),
        "people": len({one.contact for one in lines}),
        "sums": sums(lines),
        "to_thank": len(to_thank(crm)),
        "periods": periods,
        "period": period,
        "fund": chosen.fund,
        "funds": _choices(visit.t, {one.fund for one in all_of_time}),
        "campaign": chosen.campaign,
        "campaigns": _choices(visit.t, {one.campaign for one in all_of_time}),
        "older": f"{shown[-1].day}_{shown[-1].id}" if more and shown else "",
        "first": start == 0,
    }
    return Shown("donations/gifts.html", facts)


def _choices(t: Translator, names: set[str]) -> list[tuple[str, str]]:
    """All of them, or one; none where there is nothing to choose."""
    some = sorted(names - {""})
    return [("", t("All of them")), *((one, one) for one in some)] if some else []


def periods_of(visit: Visit) -> list[tuple[str, str]]:
    """The times that a list can be of: this year of the organisation, this month, years before, all."""
    t, starts = visit.t, visit.crm.settings.year_starts
    first = year_start(visit.crm.today(), starts)
    names = [(str(first.year - back), _year(first.year - back, starts)) for back in range(1, YEARS)]
    return [("", t("This year")), ("month", t("This month")), *names, ("all", t("From the beginning"))]


def _year(year: int, starts: int) -> str:
    return str(year) if starts == 1 else f"{year}/{(year + 1) % 100:02}"


def _ends(visit: Visit, period: str) -> tuple[date | None, date | None]:
    today, starts = visit.crm.today(), visit.crm.settings.year_starts
    match period:
        case "all":
            return None, None
        case "month":
            return today.replace(day=1), None
        case "":
            return year_start(today, starts), None
    first = date(int(period), starts, 1)
    return first, date.fromordinal(years_from(first, 1).toordinal() - 1)


def _start(lines: Sequence[Line], after: str) -> int:
    """The place behind a gift, by its day and id."""
    day, _, id = after.partition("_")
    try:
        place = (date.fromisoformat(day), UUID(id)) if after else None
    except ValueError:
        return 0
    if place is None:
        return 0
    return next((at for at, one in enumerate(lines) if (one.day, one.id) < place), len(lines))


def _rows(visit: Visit, lines: Sequence[Line]) -> list[Row]:
    people = visit.crm.store.get(Contact, {one.contact for one in lines})
    return [Row(one, people[one.contact].shown_name if one.contact in people else "") for one in lines]


# -- thank-yous ------------------------------------------------------------------------------------------------------


@screens.get("/donations/thanks", "donation.read")
def thanks(visit: Visit) -> Reply:
    """Who is still to be thanked."""
    waiting = to_thank(visit.crm)
    facts = {
        "waiting": waiting[:200],
        "more": max(0, len(waiting) - 200),
        "how": [(name, visit.t(said)) for name, said in HOW.items()],
        "may": visit.crm.actor.may("interaction.write"),
    }
    return Shown("donations/thanks.html", facts)


@screens.post("/donations/thanks", "donation.read")
def say_thanked(visit: Visit) -> Reply:
    """Note that those who are ticked have been thanked."""
    wanted = Form(visit).ids("who")
    receipt = thanked(visit.crm, list(dict.fromkeys(wanted)), visit.form.get("how", ""))
    if receipt is None:
        return Went("/donations/thanks", visit.t("Nobody was ticked."))
    said = visit.t.n("Noted: {n} person has been thanked.", "Noted: {n} people have been thanked.", len(set(wanted)))
    return Went("/donations/thanks", said, receipt.batch)


# -- pledges and regular gifts ---------------------------------------------------------------------------------------


@screens.get("/donations/pledges", "donation.read")
def promised(visit: Visit) -> Reply:
    """Pledges of which something is to come, and regular gifts."""
    crm = visit.crm
    found = pledges(crm)
    due = [one for one in reversed(found) if one.open]
    plans = list(crm.store.scan(Plan))
    going = [one for one in plans if one.state != "ended"]
    late = sorted((one for one in plans if one.state == "late"), key=lambda one: (one.started, one.id))[:100]
    people = crm.store.get(Contact, {one.contact for one in late})
    facts = {
        "due": due[:200],
        "more": max(0, len(due) - 200),
        "to_come": sum(one.open for one in due if (one.pledge.currency or "GBP") == crm.settings.currency),
        "kept": len(found) - len(due),
        "going": len(going),
        "late": [(one, people[one.contact].shown_name, every(visit.t, one)) for one in late if one.contact in people],
    }
    return Shown("donations/pledges.html", facts)


def every(t: Translator, plan: Plan) -> str:
    """How often a regular gift comes."""
    match plan.unit:
        case "day":
            return t.n("every day", "every {n} days", plan.every)
        case "week":
            return t.n("every week", "every {n} weeks", plan.every)
        case "year":
            return t.n("every year", "every {n} years", plan.every)
    return t.n("every month", "every {n} months", plan.every)


# -- one gift --------------------------------------------------------------------------------------------------------


@screens.get("/donations/gifts/{id:uuid}", "donation.read")
def gift(visit: Visit, id: UUID) -> Reply:
    """One gift: what Gift Aid says of it, what is known of it."""
    return _gift(visit, id, {})


def _gift(visit: Visit, id: UUID, trouble: Mapping[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    one, who = the_gift(visit, id)
    mine = books(crm, [one.contact]).gifts
    judged = next((each for each in mine if each.gift.id == one.id), None)
    details = next((each for each in crm.store.owned(Gift, [one.contact]) if each.interaction == one.id), None)
    wrong, _ = why(t, judged.verdict) if judged else ("", "")
    facts = {
        "gift": crm.seen(one),
        "who": who,
        "judged": judged,
        "state": state(t, judged) if judged else "",
        "why": wrong,
        "step": step(t, judged) if judged else None,
        "details": details,
        "natures": [(name, t(said)) for name, said in NATURES.items()],
        "nature": t(NATURES[details.nature if details else "gift"]),
        "credited": _shown_name(visit, details.credit) if details and details.credit else "",
        "pledges": [("", t("None")), *((one.pledge.id, pledge_words(t, one)) for one in pledges(crm, who.id))],
        "others": [("", t("None")), *_gifts_before(t, one, mine)] if (one.amount or 0) < 0 else [],
        "form": visit.form,
        "may": crm.actor.may("gift_aid.write"),
    }
    return Shown("donations/gift.html", facts, trouble)


def the_gift(visit: Visit, id: UUID) -> tuple[Interaction, Contact]:
    """A gift and its giver. Raises `Unknown` (``giftaid.gift.unknown``)."""
    crm = visit.crm
    crm.check("money.read")
    one = crm.store.get(Interaction, [id]).get(id)
    if one is None or not crm.sees(one):
        raise Unknown("giftaid.gift.unknown", name=id.hex[-6:], suggestion="")
    return one, crm.look_up(one.contact)


def pledge_words(t: Translator, one: Any) -> str:
    """A pledge, so that one can be told from another."""
    money = t.money(one.pledge.amount or 0, one.pledge.currency or "GBP")
    return " · ".join(filter(None, (t.day(one.pledge.day), money, one.pledge.subject)))


def _gifts_before(t: Translator, one: Interaction, mine: Sequence[Judged]) -> list[tuple[UUID, str]]:
    return [
        (each.gift.id, " · ".join((t.day(each.gift.day), t.money(each.gift.amount or 0, each.gift.currency or "GBP"))))
        for each in reversed(mine)
        if each.gift.day <= one.day
    ]


def _shown_name(visit: Visit, id: UUID) -> str:
    try:
        return visit.crm.look_up(id).shown_name
    except PerthynError:  # erased since
        return ""


@screens.post("/donations/gifts/{id:uuid}", "gift_aid.write")
def note(visit: Visit, id: UUID) -> Reply:
    """Note what a gift is, what it is for and whom it is counted for."""
    one, who = the_gift(visit, id)
    form = Form(visit)
    values: dict[str, Any] = {"nature": form.one_of("nature", NATURES, "gift"), "year_right": form.ticked("year_right")}
    values |= {name: form.text(name) or None for name in ("fund", "claimed_by")}
    values |= {name: form.money(name) for name in ("normal", "benefit")}
    values |= {name: form.id(name) for name in ("pledge", "refund_of") if name in visit.form}
    values["credit"] = form.who("credit")
    if form.trouble:
        return _gift(visit, id, form.trouble)
    try:
        _, receipt = note_gift(visit.crm, one, values)
    except PerthynError as error:
        return _gift(visit, id, {"": error})
    said = visit.t("What is known of the gift is kept.") if receipt else visit.t("It had been written down before.")
    return Went(f"/contacts/{who.id}#giving", said, receipt.batch if receipt else None)


# -- the first page --------------------------------------------------------------------------------------------------


@screens.panel("home", "donation.read", "donations/home.html", order=300)
def at_home(visit: Visit, view: View | None) -> Mapping[str, Any] | None:
    """Gifts of this week, and what waits to be done about gifts."""
    crm = visit.crm
    today = crm.today()
    week = given(crm, since=date.fromordinal(today.toordinal() - today.weekday()))
    open_now = [one for one in books_now(crm).gifts if one.open > 0] if crm.actor.may("gift_aid.claim") else []
    return {
        "sums": sums(week),
        "count": len(week),
        "to_thank": len(to_thank(crm)),
        "claimable": tax(sum(one.open for one in open_now)),
        "gifts": len(open_now),
    }
