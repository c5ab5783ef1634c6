"""Everybody else: members, readers, ticket buyers, donors, volunteers, visitors, up to the house's real size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from .company import (
    BATS_26,
    GWYL_25,
    GWYL_26,
    LIGHT_26,
    NADOLIG_25,
    NADOLIG_26,
    Company,
    plain,
)  # fmt: skip
from .names import COMMENTS, VISITOR_PLACES
from .people import Entry, Membership, Person, Shift
from .planted import single
from .trading import SEASON, open_days

SINGLES, JOINTS = 160, 80
READERS = {"subscribed": 742, "unsubscribed": 118, "cleaned": 40}
YES_WORDS = ("Y", "Yes", "Ie", "x", "✓", "y", "YES")


def fill(company: Company) -> None:
    members = _members(company)
    _joint_members(company)
    _ticket_buyers(company, members)
    _donors(company, members)
    _readers(company, members)
    _volunteers(company, members)
    _visitor_book(company)


def _members(company: Company) -> list[Person]:
    """Single memberships up to 160; a few are written down twice, or with a cell nobody can read."""
    members: list[Person] = []
    for number in range(SINGLES - sum(len(line.people) == 1 for line in company.memberships)):
        has_email = number % 3 != 0
        one = company.person(
            phone="" if number % 5 == 4 else company.landline() if number % 2 else company.mobile(),
            email=None if has_email else "",
        )
        members.append(one)
        renewal: date | str = date(2027, company.random.choice((1, 3, 4, 6, 9)), 28)
        more: dict[str, object] = {
            "gift_aid": YES_WORDS[number % 7] if number % 4 else ("", "?", "N", "Na")[number % 16 // 4]
        }
        if has_email and number < 24 and one.phone:
            more["doubtful"] = "Renewal"
            renewal = "Mawrth"
        elif number % 11 == 0:
            renewal = date(2026, 3, 31)
        single(company, one, one.name, renewal=renewal, paid=(3000, 2500)[number % 7 == 0], **more)
        if "doubtful" in more:
            company.subscribe(one)  # the same address and name, in a row that is read without doubt
    for one in [one for one in members if one.phone][40:45]:
        single(company, one, one.name.upper(), email="", note="wedi talu ddwywaith?", mess=("listed twice",))
    return members


def _joint_members(company: Company) -> None:
    for number in range(JOINTS - sum(len(line.people) == 2 for line in company.memberships)):
        first = company.person(phone=company.landline() if number % 3 else "")
        second = company.person(family=first.family, home=first.home)
        written = (
            f"Mr & Mrs {first.given[0]} {first.family}",
            f"{first.given} a {second.given} {first.family}",
            f"{first.given} & {second.given} {first.family}",
            f"Teulu {first.family}",
        )[number % 4]
        kind, paid = ("Teulu", 6000) if number % 4 == 3 else ("Ar y cyd", 4500)
        company.memberships.append(
            Membership(
                (first, second),
                written,
                kind,
                paid,
                date(2027, 1 + number % 9, 28),
                YES_WORDS[number % 7],
                phone=first.phone,
            )
        )


def _ticket_buyers(company: Company, members: list[Person]) -> None:
    for _ in range(14):
        regular = company.person()
        company.subscribe(regular)
        for occasion in (GWYL_25, NADOLIG_25, company.random.choice((LIGHT_26, BATS_26))):
            company.attend(regular, occasion, postcode=regular.home.postcode)
    for number in range(20):
        once = company.person()
        company.attend(once, (GWYL_26, BATS_26)[number % 2], postcode=once.home.postcode)
        if number % 3 == 0:
            company.subscribe(once)
    with_email = [one for one in members if one.email and one.phone][30:]
    for one in with_email[:12]:
        company.attend(one, GWYL_26, phone=one.phone if len(one.given) % 2 else "", postcode=one.home.postcode)
    for one in with_email[12:18]:  # another address, the same number and name: joined by the telephone
        company.attend(
            one, BATS_26, email=f"{plain(one.given)}.gwaith{len(company.attendees)}@example.org", phone=one.phone
        )
    for one in with_email[18:28]:
        company.attend(one, NADOLIG_26, "Attending", postcode=one.home.postcode)
    for number in range(9):
        one = company.person()
        status = ("Attending", "Refunded", "Not Attending")[number % 3]
        company.attend(one, GWYL_26, status, order_pence=0 if status == "Refunded" else None)
    _orders_of_several(company)
    for _ in range(2):
        company.attend(None, LIGHT_26, given="Test", family="Test", email="test@example.org", order_pence=0)
    company.repeated.extend(company.attendees[60:64])  # two downloads pasted together: the same lines again
    for place in range(20, 32):
        old = company.attendees[place]
        company.attendees[place] = replace(old, mess="1.07E+11")


def _orders_of_several(company: Company) -> None:
    """A family of five with one address, and an order of four all booked in the buyer's name."""
    parent = company.person(family="Sayce")
    order = company.order()
    family = [parent] + [
        company.person(given, "Sayce", home=parent.home, email=parent.email, marks=("under-18",) if young else ())
        for given, young in (("Meredydd", False), ("Cian", True), ("Lleu", True), ("Enlli", True))
    ]
    for one in family:
        ticket = "Plentyn / Child" if one.marks else ""
        company.attend(one, GWYL_26, order=order, order_pence=3600, ticket=ticket, postcode=parent.home.postcode)
    buyer, order = company.person(), company.order()
    for _ in range(4):
        company.attend(buyer, BATS_26, order=order, order_pence=2000, postcode=buyer.home.postcode)


def _donors(company: Company, members: list[Person]) -> None:
    for number in range(10):
        one = company.person()
        company.give(one, company.day(date(2025, 11, 25), date(2026, 11, 10)), (1000, 2500, 5000)[number % 3])
        if number < 6:
            company.gifts[-1] = replace(company.gifts[-1], mess="serial")
        if number in (7, 8):
            company.give(one, date(2026, 9, 30), 2000, spoilt=("date", "amount")[number - 7])
    for number in range(14):
        company.give(None, company.day(date(2025, 1, 5), date(2026, 11, 10)), (500, 1000, 2000)[number % 3])
    yes = {line.people[0].key for line in company.memberships if line.gift_aid in YES_WORDS}
    givers = [one for one in members if one.email and one.key in yes][30:42]
    for number, one in enumerate(givers):
        pence = 125_000 if number == 5 else 1000 + 500 * (number % 4)
        company.give(
            one, company.day(date(2026, 1, 10), date(2026, 11, 12)), pence, "paypal", subject="Rhodd / Donation"
        )
        if number < 4:
            state = company.gifts[-1]
            company.gifts.insert(-1, replace(state, state="pending"))
    for one in company.people[-6:]:
        company.give(
            one,
            company.day(date(2026, 2, 1), date(2026, 10, 30)),
            1499,
            "paypal",
            state="purchase",
            subject="Llyfr / Book",
        )


def _readers(company: Company, members: list[Person]) -> None:
    """The newsletter's list up to 900 names: some members, eight written twice, one in seven without a name."""
    listed = {line.person.key for line in company.subscriptions}
    with_email = [one for one in members if one.email and one.key not in listed]
    for number, one in enumerate(with_email[:72]):
        nameless = number >= 60
        company.subscribe(one, given="" if nameless else None, family="" if nameless else None)
    for _ in range(8):
        one = company.person("Siôn" if _ == 0 else "")
        company.subscribe(one)
        company.subscribe(one, email=one.email.upper(), family=f"{one.family}  ", mess="listed twice")
    for state, wanted in READERS.items():
        for number in range(wanted - sum(line.state == state for line in company.subscriptions)):
            plus = number % 60 == 7
            one = company.person()
            if plus:
                one = replace(one, email=one.email.replace("@", "+plas@"))
                company.people[-1] = one
            blank = number % 7 == 3
            company.subscribe(one, state, given="" if blank else None, family="" if blank else None)
            if plus:
                company.attend(one, GWYL_26)


def _volunteers(company: Company, members: list[Person]) -> None:
    """Thirty volunteers, known to the rota by short names; weekends from April to October 2026."""
    short = (
        "Siân", "Gwen", "Huw R", "Huw P", "Megan", "Alun", "Nia", "Dewi", "Eirlys", "Bryn", "Glenys", "Tudur",
        "Menna", "John B", "John W", "Mags", "Llŷr", "Haf", "Wyn", "Non", "Iola", "Rhys", "Sioned", "Pat",
    )  # fmt: skip
    crew: list[tuple[Person, str]] = []
    for name in short:
        given, _, letter = name.partition(" ")
        crew.append((company.person(given, {"R": "Rees", "P": "Parry", "B": "Bebb", "W": "Wood"}.get(letter)), name))
    taken = {name.split()[0] for name in short}
    for one in members:
        if len(crew) < 30 and one.given not in taken:
            taken.add(one.given)
            crew.append((one, one.given))
    duties = ("Drws / Front door", "Tŷ: llawr isaf", "Tŷ: llofftydd", "Te / Tea room", "Gardd / Garden")
    day = date(2026, 4, 4)
    while day <= date(2026, 10, 25):
        today = company.random.sample(crew, 2 * len(duties))
        for number, duty in enumerate(duties):
            choice = company.random.random()
            (one, name), (other, other_name) = today[2 * number : 2 * number + 2]
            if choice < 0.08:
                company.shifts.append(Shift(day, duty, "?" if number else " ", ()))
            elif choice < 0.16:
                company.shifts.append(Shift(day, duty, f"{name}/{other_name}", ((one, name), (other, other_name))))
            elif choice < 0.22:
                company.shifts.append(Shift(day, duty, f"{name} (am)", ((one, name),)))
            else:
                written = "Sian" if name == "Siân" and choice > 0.7 else name
                company.shifts.append(Shift(day, duty, written, ((one, name),)))
        day += timedelta(days=1 if day.weekday() == 5 else 6)


def _visitor_book(company: Company) -> None:
    """150 lines; 22 leave an address and no name. December has its visitors, whatever the till says."""
    once = {line.person.key for line in company.subscriptions if line.given and line.state == "subscribed"}
    busy = {line.person.key for line in company.attendees if line.person}
    crowd = [
        one
        for one in company.people
        if one.key in once and one.key not in busy and not one.marks and "+" not in one.email
    ]
    known = crowd[-40:-30]
    signed = known + [company.person() for _ in range(12)]
    random = company.random
    season, winter = open_days(*SEASON), open_days(date(2025, 11, 1), date(2025, 12, 21))
    entries = [
        Entry(day, random.choice(VISITOR_PLACES), str(random.randint(1, 6)), random.choice(COMMENTS), "")
        for day in random.choices(winter, k=10) + random.choices(season, k=118)
    ]
    for one in signed:
        day = random.choice(season)
        entries.append(Entry(day, one.home.town, str(random.randint(1, 5)), random.choice(COMMENTS), one.email, one))
    entries.sort(key=lambda entry: entry.day)
    oddities = (
        ("party", "2+dog", "dog"), ("party", "teulu o 5", "words for a number"),
        ("email", "yes please", "free consent"),
        ("email", "dim diolch", "free consent"), ("email", "no thanks", "free consent"),
        ("comment", "Rhowch fi ar y rhestr bostio os gwelwch yn dda / please add me", "free consent"),
        ("comment", "Paned oer a gwasanaeth araf. Siomedig iawn. Cold tea, 40 minutes!", "complaint"),
        ("comment", "=HYPERLINK(\"http://example.org\",\"cliciwch\")", "formula"),
        ("comment", "Diwrnod gwych;\nbyddwn yn ôl", "line break"), ("place", "Pen Llŷn", "lost letter"),
    )  # fmt: skip
    plain_places = [place for place, entry in enumerate(entries) if entry.person is None]
    for number, (column, text, mess) in enumerate(oddities):
        place = plain_places[12 + 9 * number]
        old = entries[place]
        entries[place] = Entry(
            old.day,
            text if column == "place" else old.place,
            text if column == "party" else old.party,
            text if column == "comment" else old.comment,
            text if column == "email" else old.email,
            mess=mess,
        )
    company.entries.extend(entries)
