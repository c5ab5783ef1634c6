"""Engaging the cast: each person gets a name nobody else has, a home, an address, a number; then a part to play."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, time, timedelta
from random import Random

from .names import CARDIFF, FAMILY, GIVEN, HOUSES, INWARD_NEVER, INWARD_USUAL, MAIL_HOSTS, PLACES, STREETS
from .people import (
    TODAY,
    Attendee,
    Cast,
    Entry,
    Gift,
    Home,
    Membership,
    Occasion,
    Person,
    Sale,
    Shift,
    Subscription,
)  # fmt: skip

LECTURE_25 = Occasion("Darlith: Llechi a Llafur", date(2025, 3, 15), 500, "Oedolyn / Adult")
GWYL_25 = Occasion("Gŵyl Brithwen 2025", date(2025, 7, 12), 1200, "Diwrnod / Day")
QUILTS_25 = Occasion("Arddangosfa: Cwiltiau", date(2025, 9, 20), 600, "Rhagolwg / Preview")
NADOLIG_25 = Occasion("Nadolig ym Mhlas Brithwen", date(2025, 12, 13), 1000, "Oedolyn / Adult")
LIGHT_26 = Occasion("Exhibition: Light on Slate", date(2026, 4, 18), 600, "Rhagolwg / Preview")
OPEN_26 = Occasion("Noson Agored / Open Evening", date(2026, 5, 22), 400, "Oedolyn / Adult")
WALK_26 = Occasion("Taith yr Ardd / Garden Walk", date(2026, 5, 23), 400, "Oedolyn / Adult")
GWYL_26 = Occasion("Gŵyl Brithwen 2026", date(2026, 7, 11), 1200, "Diwrnod / Day")
BATS_26 = Occasion("Taith Ystlumod / Bat Walk", date(2026, 8, 28), 500, "Oedolyn / Adult")
NADOLIG_26 = Occasion("Nadolig ym Mhlas Brithwen 2026", date(2026, 12, 5), 1000, "Oedolyn / Adult")


def plain(text: str) -> str:
    """Lower case, no accents, letters and digits only: for the left part of an e-mail address."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(letter for letter in bare if letter.isascii() and letter.isalnum())


class Company:
    """Everyone engaged so far and what they are to do; `cast()` closes the list."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.people: list[Person] = []
        self.subscriptions: list[Subscription] = []
        self.memberships: list[Membership] = []
        self.gifts: list[Gift] = []
        self.attendees: list[Attendee] = []
        self.repeated: list[Attendee] = []  # of those, the lines that stand in the file twice
        self.shifts: list[Shift] = []
        self.entries: list[Entry] = []
        self.answers: dict[tuple[str, str], str] = {}
        self.apart: list[tuple[str, str, str]] = []
        self._names: set[str] = set()
        self._emails: set[str] = set()
        self._postcodes: set[str] = set()
        self._homes = 0
        self._orders = 0
        self._booked: dict[str, datetime] = {}
        self._mobiles = [f"07700900{number:03d}" for number in range(1000)]
        self._landlines = [f"01632960{number:03d}" for number in range(1000)]
        random.shuffle(self._mobiles)
        random.shuffle(self._landlines)

    # who there is

    def home(self, place: tuple[str, str, str] | None = None, *, postcode: str = "", line: str = "") -> Home:
        outward, town, county = place or self.random.choice(PLACES)
        if not postcode:
            postcode = self._postcode(outward)
        if not line:
            line = self.random.choice(HOUSES)
            if self.random.random() < 0.6:
                line = f"{self.random.randint(1, 89)} {self.random.choice(STREETS)}"
        self._homes += 1
        return Home(f"h{self._homes:04d}", line, town, county, postcode)

    def abroad(self, line: str, town: str, country: str) -> Home:
        self._homes += 1
        return Home(f"h{self._homes:04d}", line, town, country, "")

    def person(
        self, given: str = "", family: str | None = None, *, home: Home | None = None, email: str | None = None,
        phone: str = "", kind: str = "person", marks: tuple[str, ...] = (),
    ) -> Person:  # fmt: skip
        """Somebody new. A name asked for is given as asked; a name left open is one nobody else has."""
        while not given or family is None:
            first, last = given or self.random.choice(GIVEN), family or self.random.choice(FAMILY)
            if f"{first} {last}" not in self._names and not (last == "Jones" and first[0] == "D"):
                given, family = first, last
        self._names.add(f"{given} {family}")
        key = f"p{len(self.people) + 1:04d}-{plain(given)}-{plain(family)}".rstrip("-")
        one = Person(
            key, given, family, self._email(given, family) if email is None else email, home or self.home(),
            phone, kind, "cy" if self.random.random() < 0.45 else "en", frozenset(marks),
        )  # fmt: skip
        self.people.append(one)
        return one

    def cardiff(self) -> Home:
        return self.home(CARDIFF)

    def mobile(self) -> str:
        return self._mobiles.pop()

    def landline(self) -> str:
        return self._landlines.pop()

    def _postcode(self, outward: str) -> str:
        while True:
            letters = [self.random.choice(INWARD_NEVER), self.random.choice(INWARD_USUAL)]
            self.random.shuffle(letters)
            code = f"{outward} {self.random.randint(1, 9)}{''.join(letters)}"
            if code not in self._postcodes:
                self._postcodes.add(code)
                return code

    def _email(self, given: str, family: str) -> str:
        stem = ".".join(part for part in (plain(given), plain(family)) if part)
        number = 0
        while True:
            email = f"{stem}{number or ''}@{self.random.choice(MAIL_HOSTS)}"
            if email not in self._emails:
                self._emails.add(email)
                return email
            number += 1

    # what they do

    def subscribe(
        self, person: Person, state: str = "subscribed", *, given: str | None = None, family: str | None = None,
        email: str = "", joined: date | None = None, mess: str = "",
    ) -> None:  # fmt: skip
        begin = self.moment(joined or self.day(date(2019, 1, 5), date(2026, 10, 30)))
        days = (min(begin.date() + timedelta(days=900), date(2026, 11, 15)) - begin.date()).days
        changed = begin + timedelta(days=0 if joined else self.random.randint(0, max(days, 0)), seconds=41)
        shares = (("VIP", 0.04), ("Cymraeg", 0.7 if person.language == "cy" else 0.0), ("Gŵyl", 0.1))
        tags = tuple(tag for tag, share in shares if self.random.random() < share)
        self.subscriptions.append(
            Subscription(
                person, state, person.given if given is None else given,
                person.family if family is None else family, email or person.email, begin, changed, tags, mess,
            )
        )  # fmt: skip

    def give(self, person: Person | None, day: date, pence: int, via: str = "justgiving", **more: str) -> None:
        self.gifts.append(Gift(person, day, pence, via, **more))

    def attend(
        self, person: Person | None, occasion: Occasion, status: str = "Checked In", *, order: str = "",
        order_pence: int | None = None, **more: str | int,
    ) -> None:  # fmt: skip
        order = order or self.order()
        booked = self._booked.setdefault(
            order,
            self.moment(min(occasion.day - timedelta(days=self.random.randint(1, 60)), TODAY - timedelta(days=1))),
        )
        paid = occasion.pence if order_pence is None else order_pence
        self.attendees.append(
            Attendee(person, occasion, order, booked, status, paid, **more)  # type: ignore[arg-type]
        )

    def order(self) -> str:
        self._orders += 1
        return str(107_000_000_000 + self._orders * 7_919_113)

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.random.randint(0, (last - first).days))

    def moment(self, day: date) -> datetime:
        return datetime.combine(day, time(self.random.randint(7, 21), self.random.randint(0, 59)))

    # the list is closed

    def cast(self, sales: list[Sale], lost: list[Sale]) -> Cast:
        by_booking = sorted(self.attendees, key=lambda line: (line.booked, line.order))
        return Cast(
            tuple(self.people), tuple(self.subscriptions), tuple(self.memberships), tuple(self.gifts),
            (*by_booking, *self.repeated), tuple(sales), tuple(lost), tuple(self.shifts), tuple(self.entries),
            self._answers(), tuple(self.apart),
        )  # fmt: skip

    def _answers(self) -> dict[tuple[str, str], str]:
        """One wish a person, the same wherever they are asked, but for the contradictions planted."""
        wish: dict[str, str] = {}
        for line in self.subscriptions:
            word = {"subscribed": "Yes", "unsubscribed": "No", "cleaned": ""}[line.state]
            wish.setdefault(line.person.key, word)
        found: dict[tuple[str, str], str] = {}
        for one in self.people:
            said = wish.get(one.key) or self.random.choice(("Yes", "No"))
            found[one.key, "justgiving"] = said
            found[one.key, "eventbrite"] = said if one.key in wish or self.random.random() < 0.5 else ""
        return found | self.answers
