"""Whether Gift Aid can be claimed on a gift: one table of rules, asked from the top; the first that applies decides.

Sources, looked up in November 2026: Income Tax Act 2007 (ITA), part 8, chapter 2 (413 to 430); SI 2016/1195, and for
declarations given before 6 April 2017 still SI 2000/2074, 5 to 7 (SI 2016/1195, 3(3)); HMRC's detailed guidance for
charities, chapter 3; Finance Act (FA) 1998, schedule 18; Taxes Management Act (TMA) 1970. What could not be looked up
says "not confirmed". Nothing here is legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from perthyn.model import Contact, Interaction
from perthyn_donations.records import Declaration, Gift

YEARS_BACK = 4
"""So far back a declaration may reach, and so long after the end of its period a gift may be claimed."""
TO_CANCEL = timedelta(days=30)
"""A spoken declaration can be taken back for so long after its written confirmation was sent, as if never made.

The law lets a charity claim meanwhile, and pay back; that it waits is our caution.
"""
CONDITIONAL = ("giftaid.undeclared", "giftaid.not_covered", "giftaid.ended", "giftaid.unconfirmed", "giftaid.waiting",
               "giftaid.incomplete", "giftaid.said_no")  # fmt: skip
"""The noes that a donor could change: gifts held for them are eligible, but for a declaration."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is so of the charity. `year_starts`: the month its year starts; of a `trust` the tax year counts.

    `elsewhere`: the accounts (``justgiving``) through which gifts come on which somebody else claims.
    """

    charity: str = ""
    year_starts: int = 1
    trust: bool = False
    elsewhere: tuple[str, ...] = ()

    def period_end(self, day: date) -> date:
        """The last day of the accounting period that a gift falls into (a trust's: of the tax year)."""
        if self.trust:
            return tax_year(day) + timedelta(days=364 + _leap(tax_year(day)))
        return years_from(year_start(day, self.year_starts), 1) - timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """What the table looks at: one gift, who gave it, what is known of it, all declarations of that person.

    `net`: pence left of it after refunds. `benefits`: pence of its benefits and of those of the person's earlier gifts
    in the same tax year (ITA 418(3), (4); whether these were all claimed on is not looked at).
    """

    gift: Interaction
    contact: Contact | None
    today: date
    net: int
    details: Gift | None = None
    declarations: Sequence[Declaration] = field(default=())
    benefits: int = 0
    terms: Terms = field(default_factory=Terms)

    @property
    def nature(self) -> str:
        return self.details.nature if self.details else "gift"

    @cached_property
    def best(self) -> tuple[str, Declaration | None]:
        """How far the best declaration comes (a place of `_STEPS`, "" all the way), the newest of equals."""
        made = sorted(_made(self), key=lambda one: one.day, reverse=True)
        states = [(_state(one, self), one) for one in made]
        if not states:
            return "undeclared", None
        return max(states, key=lambda pair: _STEPS.index(pair[0]))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes or no, the rule that said so (its code has words in both languages), and what those words name."""

    yes: bool
    rule: str
    facts: Mapping[str, object] = field(default_factory=dict)
    declaration: Declaration | None = None
    repay: bool = False


# -- the conditions that take more than a line ---------------------------------------------------------------------


def _made(case: Case) -> list[Declaration]:
    void = {one.declaration for one in case.declarations if one.said == "voided"}
    return [one for one in case.declarations if one.said == "made" and one.id not in void]


_STEPS = ("undeclared", "not_covered", "ended", "unconfirmed", "waiting", "incomplete", "")


def _state(one: Declaration, case: Case) -> str:
    """Where a declaration fails for this gift, "" where it does not."""
    if not _covers(one, case.gift):
        return "not_covered"
    if _ended(one, case):
        return "ended"
    if one.how == "spoken":
        if one.confirmed is None:
            return "unconfirmed"
        if case.today <= one.confirmed + TO_CANCEL:
            return "waiting"
    return "" if complete(one) else "incomplete"


def _covers(one: Declaration, gift: Interaction) -> bool:
    if one.covers == "gift":
        return gift.id == one.gift if one.gift else gift.day == one.day
    past = years_from(one.day, -YEARS_BACK) <= gift.day <= one.day
    ahead = gift.day >= one.day
    return {"past": past, "future": ahead, "both": past or ahead}[one.covers]


def _ended(one: Declaration, case: Case) -> bool:
    for end in case.declarations:
        if end.said in ("made", "voided") or end.declaration not in (None, one.id) or end.day < one.day:
            continue
        if end.said == "cancelled" and one.confirmed and one.how == "spoken" and end.day <= one.confirmed + TO_CANCEL:
            return True
        if end.said == "died" and end.day < case.gift.day:
            return True
        if end.said in ("cancelled", "not_taxpayer") and end.day <= case.gift.day:
            return True
    return False


def complete(one: Declaration) -> bool:
    """The charity, a name with at least an initial and a surname, a home, and words that explain it."""
    home = (one.house or one.address) and (one.overseas or one.postcode)
    return bool(one.charity and one.given and one.family and home and one.how and one.wording)


def _claimed_by(case: Case) -> str:
    """Who else claims on it: as noted, or the platform it came through."""
    if case.details and case.details.claimed_by:
        return case.details.claimed_by
    account = (case.gift.source or "").partition(":")[0]
    return account if account in case.terms.elsewhere else ""


def _died(case: Case) -> list[date]:
    return [one.day for one in case.declarations if one.said == "died"]


def benefit_limit(pence: int) -> int:
    """The most that benefits of one gift may be worth: a quarter of the first 100 pounds, 5 % of the rest.

    ITA 418(2), for gifts since 6 April 2019 (FA 2019, 40); on earlier ones nothing can be claimed any more. That gifts
    and benefits of less than a year are counted for the year (ITA 419, not confirmed) is left to whoever records the
    benefit.
    """
    return min(pence, 100_00) // 4 + max(0, pence - 100_00) // 20


def _benefits(case: Case) -> Mapping[str, object] | bool:
    worth = (case.details.benefit if case.details else None) or 0
    limit = benefit_limit(case.net)
    return {"worth": worth, "limit": limit} if worth > limit or (worth and case.benefits > 2_500_00) else False


def _admission(case: Case) -> bool:
    """Not a tenth more than the normal price, and no right to come for a year (ITA 420(7), (8)).

    That the public may give so, too, and comes to see what the charity keeps (420(4), (5)), is not looked at.
    """
    if case.nature != "admission" or case.details is None or case.details.year_right:
        return False
    return not case.details.normal or case.net * 10 < case.details.normal * 11


def _too_old(case: Case) -> Mapping[str, object] | bool:
    last = years_from(case.terms.period_end(case.gift.day), YEARS_BACK)
    return {"last": last} if case.today > last else False


# -- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `when` answers True, or the facts its words name, where the rule applies.

    `repay`: where it comes to apply to a gift that has been claimed, the tax is to be paid back.
    """

    code: str
    yes: bool
    source: str
    when: Callable[[Case], Mapping[str, object] | bool]
    repay: bool = True


RULES: tuple[Rule, ...] = (
    # nothing is left to be claimed on
    Rule("giftaid.refunded", False, "ITA 416(2), (3): a sum that is paid, and not to be repaid",
         lambda case: case.net <= 0),
    Rule("giftaid.currency", False, "the schedule is in pounds", lambda case: case.gift.currency != "GBP"),
    Rule("giftaid.future", False, "the schedule takes no day to come", lambda case: case.gift.day > case.today),
    # not a gift of a person's own money
    Rule("giftaid.purchase", False, "ITA 416: a gift; raffles, auctions and sales are none (not confirmed)",
         lambda case: case.nature == "purchase"),
    Rule("giftaid.voucher", False, "the tax was given to CAF or another charity (not confirmed)",
         lambda case: case.nature == "voucher"),
    Rule("giftaid.claimed_elsewhere", False, "ITA 416(1)(b): the charity that has the declaration claims, once",
         lambda case: {"by": _claimed_by(case)} if _claimed_by(case) else False),
    Rule("giftaid.anonymous", False, "ITA 428, SI 2016/1195: a declaration names the donor",
         lambda case: not case.contact or _nameless(case)),
    Rule("giftaid.company", False, "ITA 416(1): an individual; companies have relief of their own",
         lambda case: case.contact is not None and case.contact.kind == "organisation"),
    Rule("giftaid.household", False, "ITA 416(1), 428: one person for each declaration",
         lambda case: case.contact is not None and case.contact.kind == "household"),
    Rule("giftaid.deceased", False, "ITA 416(1): an individual; what comes after a death is the estate's",
         lambda case: any(day < case.gift.day for day in _died(case))),
    Rule("giftaid.death_undated", False, "the same; nobody has said on which day the donor died",
         lambda case: case.contact is not None and case.contact.deceased and not _died(case), repay=False),
    # what is given in return
    Rule("giftaid.benefits", False, "ITA 417, 418: a quarter of 100 pounds, then 5 %; 2,500 pounds a year", _benefits),
    Rule("giftaid.admission", False, "ITA 420, 421: a tenth more, or a year's right", _admission),
    # the time to claim it in
    Rule("giftaid.too_old", False, "FA 1998, schedule 18, 55; of a trust TMA 1970, 43: four years (not confirmed)",
         _too_old, repay=False),
    # the declaration
    Rule("giftaid.said_no", False, "the donor was asked, and does not want it claimed on this gift",
         lambda case: case.details is not None and case.details.asked == "no"),
    Rule("giftaid.undeclared", False, "ITA 416(1)(b), 428", lambda case: case.best[0] == "undeclared"),
    Rule("giftaid.not_covered", False, "chapter 3.6: four years back, the future, or one gift",
         lambda case: case.best[0] == "not_covered"),
    Rule("giftaid.ended", False, "chapter 3 (its paragraph not confirmed): cancelled, died or no taxpayer",
         lambda case: case.best[0] == "ended"),
    Rule("giftaid.unconfirmed", False,
         "SI 2016/1195, 9 to 11 (not confirmed); chapter 3.10: of a spoken one a record is sent",
         lambda case: case.best[0] == "unconfirmed"),
    Rule("giftaid.waiting", False, "the same: 30 days to take a spoken one back; that we wait is our caution",
         lambda case: {"day": _of(case).confirmed + TO_CANCEL} if case.best[0] == "waiting" else False,  # type: ignore[operator]
         repay=False),
    Rule("giftaid.incomplete", False, "chapter 3.6.2: name, home address, charity, gifts, explanation",
         lambda case: {"missing": missing(_of(case))} if case.best[0] == "incomplete" else False),
    # yes
    Rule("giftaid.eligible", True, "ITA 413 to 430", lambda case: {"day": _of(case).day}),
)  # fmt: skip


def eligible(case: Case) -> Verdict:
    """Whether Gift Aid can be claimed on a gift, and the rule that says so."""
    for rule in RULES:
        answer = rule.when(case)
        if answer is not False:
            facts = {} if answer is True else dict(answer)
            return Verdict(rule.yes, rule.code, facts, case.best[1] if rule.yes else None, rule.repay)
    raise AssertionError("the last rule always applies")


def missing(one: Declaration) -> list[str]:
    """The names of the fields that a declaration lacks."""
    asked = {"charity": one.charity, "given": one.given, "family": one.family, "address": one.house or one.address,
             "postcode": one.overseas or one.postcode, "how": one.how, "wording": one.wording}  # fmt: skip
    return [name for name, value in asked.items() if not value]


def _of(case: Case) -> Declaration:
    found = case.best[1]
    assert found is not None
    return found


def _nameless(case: Case) -> bool:
    contact = case.contact
    return contact is not None and not (contact.name or contact.given or contact.family) and not _made(case)


# -- days ------------------------------------------------------------------------------------------------------------


def years_from(day: date, years: int) -> date:
    """The same day so many years on (29 February: 28)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def tax_year(day: date) -> date:
    """The 6 April on which the tax year of a day starts."""
    start = day.replace(month=4, day=6)
    return start if day >= start else years_from(start, -1)


def year_start(day: date, month: int) -> date:
    """The first day of the year that a day falls into, of an organisation whose year starts with a month."""
    return date(day.year if day.month >= month else day.year - 1, month, 1)


def _leap(start: date) -> int:
    return (years_from(start, 1) - start).days - 365
