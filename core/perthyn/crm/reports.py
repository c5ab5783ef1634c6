"""The report: eight numbers, each with its denominator and day, each opening to its people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from perthyn.crm.people import People
from perthyn.errors import Unknown
from perthyn.model import Consent, Contact, Interaction, Obtained, Takings
from perthyn.store import Tally
from perthyn.text import nearest, phrase

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Number:
    """One number. `value` of `whole`, as of `as_of`, over `since`..`as_of` where it has a window.

    `unit`: "people", "visits" or "money" (minor units of `currency`). `parts`: (what, value) it is made of.
    `rule`: text form of who its people are, "" where no rule says it. `whole` is None where there is no denominator.
    """

    name: str
    label: str
    whole_label: str
    value: int
    whole: int | None
    as_of: date
    since: date | None
    unit: str = "people"
    currency: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    rule: str = ""

    @property
    def share(self) -> float | None:
        """value / whole; None where there is nothing to divide by: "no data", never 0 % or 100 %."""
        return self.value / self.whole if self.whole else None


VISITED = "visits at least 1 between {since} and {as_of}"
RETURNED = "visits at least 1 between {since} and {as_of} and first visit before {since}"
READERS = "sign-ups at least 1 and no unsubscriptions"
NAMES = ("visits", "visitors", "returning", "income", "members", "readers", "reachable", "languages")


class Reports(People):
    """What a person can ask of the whole."""

    def report(self, since: date | None = None, as_of: date | None = None) -> list[Number]:
        """The eight numbers over a year up to `as_of` (today), or since `since`. Both ends are included.

        Those that count what the actor may not see are left out.
        """
        self.check("report.read")
        found = []
        for name in NAMES:
            with self.looking():
                found.append(self.number(name, since, as_of))
        return found

    def people_of(self, number: Number) -> Iterator[Contact]:
        """The people a number counts."""
        self.check("contact.read")
        if number.name == "reachable":
            return map(self.seen, self._reachable_people(number.as_of))
        return self.contacts_of(self.closed_text(number.rule, number.as_of))

    def number(self, name: str, since: date | None = None, as_of: date | None = None) -> Number:
        """One of the eight by its name. Raises `Unknown` (``report.number.unknown``), and `Forbidden`
        (``right.field``) where it counts what the actor may not see.
        """
        self.check("report.read")
        if name not in NAMES:
            raise Unknown("report.number.unknown", name=name, suggestion=nearest(name, NAMES), known=", ".join(NAMES))
        as_of = as_of or self.today()
        number: Number = getattr(self, f"_{name}")(since or year_before(as_of), as_of)
        return number

    def _visits(self, since: date, as_of: date) -> Number:
        self.check_kinds(["visit"])
        tallies = [self.store.tally(one, kinds=["visit"], since=since, until=as_of) for one in (Interaction, Takings)]
        known, unknown = map(_count, tallies)
        rule = VISITED.format(since=since, as_of=as_of)
        parts = ((phrase("by people we do not know"), unknown),)
        return Number(
            "visits", phrase("Visits by people we know"), phrase("of all visits"), known, known + unknown, as_of, since,
            "visits", parts=parts, rule=rule,
        )  # fmt: skip

    def _visitors(self, since: date, as_of: date) -> Number:
        rule = VISITED.format(since=since, as_of=as_of)
        return Number(
            "visitors", phrase("Visitors"), phrase("of all people"), self._count(rule, as_of),
            self.store.count_of(Contact), as_of, since, rule=rule,
        )  # fmt: skip

    def _returning(self, since: date, as_of: date) -> Number:
        rule = RETURNED.format(since=since, as_of=as_of)
        visitors = self._count(VISITED.format(since=since, as_of=as_of), as_of)
        return Number(
            "returning", phrase("Returning visitors"), phrase("of the visitors, who had come before"),
            self._count(rule, as_of), visitors, as_of, since, rule=rule,
        )  # fmt: skip

    def _income(self, since: date, as_of: date) -> Number:
        self.check("money.read")
        self.check_kinds()
        currency = self.settings.currency
        by_kind: Counter[str] = Counter()
        known = 0
        for type in (Interaction, Takings):
            for one in self.store.tally(type, ["kind"], since=since, until=as_of, currency=currency):
                by_kind[one.by[0]] += one.amount
                known += one.amount if type is Interaction else 0
        labels = {one.name: one.cy[1] if self.language == "cy" else one.en[1] for one in self.kinds()}
        parts = tuple((labels.get(kind, kind), amount) for kind, amount in by_kind.most_common() if amount)
        return Number(
            "income", phrase("Income"), phrase("of it from people we know"), sum(by_kind.values()), None, as_of, since,
            "money", currency, (*parts, (phrase("of it from people we know"), known)),
            rule=f"interactions with amount more than 0 at least 1 between {since} and {as_of}",
        )  # fmt: skip

    def _members(self, since: date, as_of: date) -> Number:
        rule = "role is member"
        return Number(
            "members", phrase("Members"), phrase("of all people"), self._count(rule, as_of),
            self.store.count_of(Contact), as_of, None, rule=rule,
        )  # fmt: skip

    def _readers(self, since: date, as_of: date) -> Number:
        rule = f"{READERS} and visits at least 1"
        return Number(
            "readers", phrase("Newsletter readers who ever visited"), phrase("of the newsletter readers"),
            self._count(rule, as_of), self._count(READERS, as_of), as_of, None, rule=rule,
        )  # fmt: skip

    def _reachable(self, since: date, as_of: date) -> Number:
        having = self._count("has email", as_of)
        return Number(
            "reachable", phrase("May be sent marketing by email"), phrase("of those with an email address"),
            sum(1 for _ in self._reachable_people(as_of)), having, as_of, None,
        )  # fmt: skip

    def _languages(self, since: date, as_of: date) -> Number:
        wishes = {
            phrase("Welsh"): self._count("language is cy", as_of),
            phrase("English"): self._count("language is en", as_of),
            phrase("both"): self._count("language is both", as_of),
        }
        asked = sum(wishes.values())
        whole = self.store.count_of(Contact)
        return Number(
            "languages", phrase("Language wish known"), phrase("of all people"), asked, whole, as_of, None,
            parts=(*wishes.items(), (phrase("not asked yet"), whole - asked)), rule="language is known",
        )  # fmt: skip

    def _count(self, rule: str, as_of: date) -> int:
        return self.store.count(self.closed_text(rule, as_of))

    def _reachable_people(self, as_of: date) -> Iterator[Contact]:
        """Those whom the one door let through by e-mail when `as_of` ended: each such yes rests on a record."""
        at = min(self.clock(), datetime.combine(as_of + timedelta(days=1), time(), self.zone))
        told = {one.contact for one in self.store.scan(Consent) if (one.channel, one.decision) == ("email", "given")}
        told |= {one.contact for one in self.store.scan(Obtained) if one.channel == "email"}
        ordered = sorted(told)
        for start in range(0, len(ordered), CHUNK):
            found = self.store.get(Contact, ordered[start : start + CHUNK])
            known = self.known(list(found))
            for id, contact in sorted(found.items()):
                if self.decided(contact, known[id], channels=["email"], at=at)["email"].allowed:
                    yield contact


def year_before(day: date) -> date:
    """The day after the same day a year earlier: the first of twelve months that end with `day`."""
    try:
        return day.replace(year=day.year - 1) + timedelta(days=1)
    except ValueError:  # 29 February
        return date(day.year - 1, 3, 1)


def _count(tallies: list[Tally]) -> int:
    return sum(one.count for one in tallies)
