"""Asking: what the forms of these pages hold, read field by field, and what a page says is to be done about a gift."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.screens import Visit
from perthyn.text import Translator, phrase
from perthyn.words.typed import typed_amount, typed_day
from perthyn_donations.books import Judged

DECLARE, GIFT, CONFIRM, PERSON, SMALL = "declare", "gift", "confirm", "person", "small"
STEPS = {
    "giftaid.undeclared": (phrase("Ask for a declaration; it may cover the four years before it."), DECLARE),
    "giftaid.not_covered": (phrase("Ask for a declaration that does; it can reach four years back."), DECLARE),
    "giftaid.ended": (phrase("If that has changed, ask for a new declaration."), DECLARE),
    "giftaid.unconfirmed": (phrase("Send the written confirmation, and note that it was sent."), CONFIRM),
    "giftaid.waiting": (phrase("It can be claimed on after that day."), ""),
    "giftaid.incomplete": (phrase("Ask the donor for it, and write down a whole declaration."), DECLARE),
    "giftaid.letters": (phrase("Ask how the name or address is written in Latin letters, and declare it so."), DECLARE),
    "giftaid.name.missing": (phrase("Write down a declaration with both."), DECLARE),
    "giftaid.name.long": (phrase("Declare the surname as short as the donor's tax papers have it."), DECLARE),
    "giftaid.house.missing": (phrase("Ask for the house's name or number, and declare it so."), DECLARE),
    "giftaid.house.long": (phrase("Declare the house shorter."), DECLARE),
    "giftaid.postcode": (phrase("Correct it in a new declaration, or say there that the donor lives abroad."), DECLARE),
    "giftaid.household": (phrase("Ask who paid, and record the gift for that person."), PERSON),
    "giftaid.death_undated": (phrase("Note on which day the donor died."), CONFIRM),
    "giftaid.admission": (phrase("If it is more than that, note it with the gift."), GIFT),
    "giftaid.benefits": (phrase("There is nothing to do, unless the benefit is noted wrongly."), GIFT),
    "giftaid.purchase": (phrase("If only a part of it was the price, record the rest as a gift of its own."), GIFT),
    "giftaid.anonymous": (phrase("In cash, £30 or less, it may count among the small donations."), SMALL),
    "giftaid.currency": (phrase("Record what it came to in pounds as the gift, if you want to claim."), PERSON),
    "giftaid.future": (phrase("Wait for the day, or correct it."), PERSON),
}
"""What can be done about a gift that can't be claimed on, and where."""
LABELS = {
    DECLARE: phrase("Record a declaration"),
    GIFT: phrase("What is known of the gift"),
    CONFIRM: phrase("The declarations"),
    PERSON: phrase("Open the person"),
    SMALL: phrase("Small donations"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done: a sentence, and the address and name of the page where."""

    text: str
    href: str = ""
    label: str = ""


def step(t: Translator, one: Judged) -> Step | None:
    """What a person can do so that a gift can be claimed on; None where there is nothing to do."""
    text, where = STEPS.get(one.verdict.rule, ("", ""))
    if not text:
        return None
    person = f"/contacts/{one.gift.contact}"
    href = {
        DECLARE: f"{person}/declarations/new", CONFIRM: f"{person}/declarations", PERSON: person,
        GIFT: f"/donations/gifts/{one.gift.id}", SMALL: "/donations/small",
    }.get(where, "")  # fmt: skip
    return Step(t(text), href, t(LABELS[where]) if where else "")


class Form:
    """Reads what was sent, field by field; what can't be read is kept in `trouble`, by the name of its field."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.trouble: dict[str, Exception] = {}

    def text(self, name: str) -> str:
        """A text, without spaces around it."""
        return self._visit.form.get(name, "").strip().replace("\r\n", "\n")

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.text(name) == "yes"

    def one_of(self, name: str, known: Container[str], otherwise: str = "") -> str:
        """One of some words."""
        return found if (found := self.text(name)) in known else otherwise

    def money(self, name: str) -> int | None:
        """An amount in pence."""
        try:
            return typed_amount(self.text(name), "GBP")
        except PerthynError as error:
            self.trouble[name] = error
        return None

    def day(self, name: str) -> date:
        """A day; today, where none is given."""
        crm = self._visit.crm
        try:
            return typed_day(self.text(name), crm.today(), crm.settings.zone) or crm.today()
        except PerthynError as error:
            self.trouble[name] = error
        return crm.today()

    def id(self, name: str) -> UUID | None:
        """The id of a record."""
        return next(iter(self.ids(name)), None)

    def ids(self, name: str) -> list[UUID]:
        """The ids of records."""
        found = []
        for text in self._visit.form.all(name):
            try:
                found += [UUID(text)] if text else []
            except ValueError:
                continue
        return found

    def who(self, name: str) -> UUID | None:
        """A person, by name or the end of an id."""
        text = self.text(name)
        try:
            return self._visit.crm.who(text).id if text else None
        except PerthynError as error:
            self.trouble[name] = error
        return None
