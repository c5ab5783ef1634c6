"""What Gift Aid says in letters: the pieces of a thank-you, and the confirmation of a spoken declaration."""

from __future__ import annotations

from datetime import date, timedelta

from perthyn.text import Translator
from perthyn_donations.books import Judged, tax
from perthyn_donations.eligibility import TO_CANCEL
from perthyn_donations.records import Declaration


def thanks(t: Translator, one: Judged) -> dict[str, str]:
    """The pieces of a thank-you for a gift, in the translator's language: ``amount``, ``day``, ``fund``, ``gift_aid``.

    ``gift_aid`` is a sentence: what Gift Aid adds, "" where it adds nothing. A thank-you asks for nothing.
    """
    currency = one.gift.currency or "GBP"
    fund = one.details.fund if one.details and one.details.fund else ""
    line = ""
    if one.verdict.yes:
        line = t(
            "Since you pay UK tax and let us claim Gift Aid, your gift is worth {more} more to us.",
            more=t.money(tax(one.net), "GBP"),
        )
    return {"amount": t.money(one.net, currency), "day": t.day(one.gift.day), "fund": fund, "gift_aid": line}


def covers(t: Translator, one: Declaration) -> str:
    """What a declaration is for, as a sentence to the donor."""
    match one.covers:
        case "past":
            return t("This declaration is for the gifts of the four years before it.")
        case "future":
            return t("This declaration is for your gifts from then on.")
        case "both":
            return t("This declaration is for the gifts of the four years before it and from then on.")
    return t("This declaration is for one gift.")


def confirmation(t: Translator, one: Declaration, day: date) -> str:
    """The written record of a spoken declaration, as a letter of a day: all that was declared, how to take it back.

    What it has to hold: HMRC's guidance (RE1841; chapter 3.10), after SI 2000/2074, 5 and SI 2016/1195.
    """
    name = " ".join(filter(None, (one.title, one.given, one.family)))
    home = ", ".join(filter(None, (one.house, *(one.address or "").splitlines(), one.postcode)))
    days = TO_CANCEL // timedelta(days=1)
    paragraphs = [
        one.charity or "",
        t.day(day),
        t("Your Gift Aid declaration"),
        t("Dear {name},", name=name),
        t("On {day} you told us that {charity} may claim Gift Aid on what you give.", day=one.day, charity=one.charity),
        covers(t, one),
        t("Name: {name}", name=name) + "\n" + t("Home address: {home}", home=home),
        t("What we explained to you: {wording}", wording=one.wording),
        t("If you pay less Income Tax and Capital Gains Tax in a tax year than the Gift Aid claimed on all your gifts "
          "in it, you have to pay the difference."),
        t("You can take this declaration back within {days} days of this letter, as if you had never made it; later, "
          "for gifts to come.", days=days),
        t("Please tell us if your name or home address changes, or if you no longer pay enough tax."),
    ]  # fmt: skip
    return "\n\n".join(filter(None, paragraphs)) + "\n"
