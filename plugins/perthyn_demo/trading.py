"""The till's year, 1 November 2025 to 31 October 2026: baskets rung up by visitors, most of whom nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .company import Company
from .people import Person, Sale

FIRST, LAST = date(2025, 11, 1), date(2026, 10, 31)
SEASON = (date(2026, 4, 3), date(2026, 10, 31))  # Good Friday to the end of October, Wednesday to Sunday
LOST = (date(2025, 12, 1), date(2025, 12, 31))  # the month whose export nobody can find
RESET = date(2026, 6, 13)  # the tablet was reset and wrote month first that day
ADMISSION = "Mynediad / Admission"
TICKETS = (
    ("Oedolyn / Adult", "MYN-1", 800),
    ("Gostyngiad / Concession", "MYN-2", 700),
    ("Plentyn / Child", "MYN-3", 400),
)
GARDEN = ("Gardd y gaeaf / Winter garden", "MYN-4", 400)
MEMBER = ("Mynediad aelod / Member entry", "MYN-0", 0)
TEA = (
    ("Paned o de", "TE-1", 240),
    ("Coffi", "TE-2", 310),
    ("Bara brith", "TE-3", 350),
    ("Cawl", "TE-4", 675),
    ("Hufen iâ", "TE-5", 350),
)
SHOP = (
    ("Cerdyn post", "SI-1", 95),
    ("Llyfr y plas / Guide book", "SI-2", 600),
    ("Mêl Brithwen", "SI-3", 725),
    ("Lliain sychu", "SI-4", 1150),
    ("Carthen / Blanket", "SI-5", 6500),
    ("Print mewn ffrâm", "SI-6", 4500),
)


@dataclass(frozen=True)
class Customer:
    """How the till knows somebody."""

    person: Person
    id: str
    name: str
    member: bool


def trade(company: Company) -> tuple[list[Sale], list[Sale]]:
    """(what the export holds, what December's lost export held), in order of time."""
    due = _visits_of(company, _customers(company))
    sales: list[Sale] = []
    basket = 0
    for day in open_days(FIRST, LAST):
        coming: list[Customer | None] = [*due.get(day, [])]
        coming += [None] * _baskets(company, day)
        company.random.shuffle(coming)
        moments = sorted(company.random.randint(0, 359) for _ in coming)
        for minute, customer in zip(moments, coming, strict=True):
            basket += 1
            at = datetime.combine(day, time(10, 30)) + timedelta(minutes=minute)
            sales += _ring_up(company, at, basket, customer)
    lost = [sale for sale in sales if LOST[0] <= sale.at.date() <= LOST[1]]
    return [sale for sale in sales if not LOST[0] <= sale.at.date() <= LOST[1]], lost


def open_days(first: date, last: date) -> list[date]:
    """Wednesday to Sunday in the season; garden, shop and tea room at winter weekends."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day.weekday() >= (2 if SEASON[0] <= day <= SEASON[1] else 5)]


def _baskets(company: Company, day: date) -> int:
    if not SEASON[0] <= day <= SEASON[1]:
        return company.random.randint(14, 22) if day.month == 12 else company.random.randint(4, 9)
    busy = 1.5 if day.weekday() >= 5 else 0.85
    return round(company.random.randint(19, 27) * busy * (1.25 if day.month in (7, 8) else 1.0))


def _customers(company: Company) -> list[Customer]:
    """Some ninety customers of the till's own list: half are members, and three are on it twice."""
    members = [line.people[0] for line in company.memberships if len(line.people) == 1 and not line.people[0].marks]
    people = [(one, True) for one in members[60:105]] + [(company.person(email=""), False) for _ in range(45)]
    people += [(one, False) for one in company.people if "till" in one.marks]
    letters = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
    found = []
    for number, (one, member) in enumerate([*people, *people[:3]]):
        name = f"D {one.family}" if "d-jones" in one.marks else one.name
        name = f"{one.given[0]} {one.family}" if number >= len(people) else name
        found.append(Customer(one, "".join(company.random.choices(letters, k=26)), name, member))
    return found


def _visits_of(company: Company, customers: list[Customer]) -> dict[date, list[Customer]]:
    """Two to five days each in the season, so that nobody of the till is a visitor of one day long ago."""
    days = [day for day in open_days(*SEASON) if day != RESET]
    due: dict[date, list[Customer]] = {}
    for customer in customers:
        for day in company.random.sample(days, company.random.randint(2, 4)):
            due.setdefault(day, []).append(customer)
    return due


def _ring_up(company: Company, at: datetime, basket: int, customer: Customer | None) -> list[Sale]:
    """One basket: admissions in the season, then perhaps tea and the shop; now and then a refund."""
    random = company.random
    device = random.choice(("iPad 1", "iPad 2"))
    sales: list[Sale] = []

    def add(category: str, what: tuple[str, str, int], quantity: int, discount: int = 0, note: str = "") -> None:
        name, sku, pence = what
        known = ("", "") if customer is None else (customer.id, customer.name)
        person = None if customer is None else customer.person
        sales.append(
            Sale(at, basket, person, category, name, sku, quantity, pence, discount, device, known[0], known[1], note)
        )

    if SEASON[0] <= at.date() <= SEASON[1] or at.month == 12:
        if customer is not None and customer.member:
            add(ADMISSION, MEMBER, 1)
        elif customer is not None or random.random() < 0.88:
            add(ADMISSION, TICKETS[0] if random.random() < 0.62 else TICKETS[1], random.choice((1, 2, 2, 2, 2, 3, 3)))
            if random.random() < 0.3:
                add(ADMISSION, TICKETS[2], random.choice((1, 2, 2, 3)))
            if random.random() < 0.02:
                add(ADMISSION, MEMBER, 2)
    elif random.random() < 0.7:
        add(ADMISSION, GARDEN, random.choice((1, 1, 2, 2, 3)))
    if not sales or random.random() < 0.38:
        for what in random.sample(TEA, random.choice((1, 1, 2))):
            add("Te / Tea room", what, random.choice((1, 1, 2, 4)))
    if random.random() < 0.2:
        what = random.choices(SHOP, weights=(30, 20, 14, 12, 3, 2))[0]
        add("Siop / Shop", what, 1, discount=what[2] // 10 if random.random() < 0.1 else 0)
    if customer is None and random.random() < 0.03:
        add("Rhodd / Donation", ("Bocs rhoddion / Donation box", "RH-1", random.choice((200, 500, 1000, 2000))), 1)
    if customer is None and random.random() < 0.015:
        add("Te / Tea room", random.choice(TEA), -1, note="oer / cold")
    if customer is None and random.random() < 0.0004:
        add("Llogi / Hire", ("Priodas: blaendal / Wedding deposit", "LL-1", 125_000), 1)
    return sales
