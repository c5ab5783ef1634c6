"""The people planted on purpose: each is a question with a known answer."""

from __future__ import annotations

from datetime import date, timedelta

from .company import (
    GWYL_25,
    GWYL_26,
    LECTURE_25,
    LIGHT_26,
    NADOLIG_26,
    OPEN_26,
    QUILTS_25,
    WALK_26,
    Company,
)  # fmt: skip
from .people import Membership, Person


def plant(company: Company) -> None:
    _d_joneses(company)
    _lookalikes(company)
    _names_of_wales(company)
    _lives(company)
    _initials(company)
    _quiet_givers(company)
    _nearly_quiet_givers(company)
    _stuck(company)
    _in_the_red(company)
    _gift_aid(company)
    _contradictions(company)


def single(company: Company, person: Person, written: str = "", **more: object) -> None:
    """A membership of one person, paid and in date unless `more` says otherwise."""
    facts: dict[str, object] = {
        "kind": "Unigolyn", "paid": 3000, "renewal": date(2027, 3, 31), "gift_aid": "Y", "phone": person.phone,
        "email": person.email, "given": person.given, "family": person.family,
    }  # fmt: skip
    company.memberships.append(Membership((person,), written or person.name, **(facts | more)))  # type: ignore[arg-type]


def _d_joneses(company: Company) -> None:
    """Seven people who are all D. Jones, two of them neighbours of one postcode."""
    terrace = company.home(line="1 Rhes Brithwen")
    next_door = company.home(line="2 Rhes Brithwen", postcode=terrace.postcode)
    mark = ("d-jones",)
    dafydd = company.person("Dafydd", "Jones", home=terrace, marks=mark)
    delyth = company.person("Delyth", "Jones", home=next_door, phone=company.landline(), marks=mark)
    david = company.person("David", "Jones", phone=company.landline(), marks=mark)
    jean = company.person("Jean", "Jones", home=david.home, email="")
    dewi = company.person("Dewi", "Jones", marks=mark)
    dilys = company.person("Dilys", "Jones", marks=mark)
    company.person("Dylan", "Jones", marks=(*mark, "till"))
    deiniol = company.person("Deiniol", "Jones", phone=company.mobile(), marks=mark)
    company.subscribe(dafydd)
    company.give(dafydd, date(2026, 2, 3), 1500)
    single(company, delyth, "D. Jones", given="D", email="")
    company.memberships.append(
        Membership((david, jean), "Mr & Mrs D Jones", "Ar y cyd", 4500, date(2027, 3, 31), "Y", phone=david.phone)
    )
    company.subscribe(dewi, given="D", family="Jones")
    company.attend(dilys, GWYL_26, given="D.", family="Jones", postcode=dilys.home.postcode)
    single(company, deiniol, "Jones, D.", given="D", email="")
    company.apart.append((dafydd.key, delyth.key, "neighbours"))


def _lookalikes(company: Company) -> None:
    """Five more pairs that must not be joined: fathers and sons, twins, a couple with one e-mail address."""
    father = company.person("Gwilym", "Bowen", phone=company.landline(), email="")
    son = company.person("Gwilym", "Bowen", home=father.home, phone=company.mobile())
    single(company, father)
    company.subscribe(son)
    company.give(son, date(2026, 1, 17), 2000)
    company.apart.append((father.key, son.key, "father and son"))

    mother = company.person("Mair", "Lloyd", phone=company.landline())
    daughter = company.person("Mair", "Lloyd", home=mother.home)
    single(company, mother)
    company.give(daughter, date(2026, 3, 1), 1000)
    company.attend(daughter, GWYL_26, postcode=daughter.home.postcode)
    company.apart.append((mother.key, daughter.key, "mother and daughter"))

    catrin = company.person("Catrin", "Vaughan", phone=company.mobile(), email="")
    carys = company.person("Carys", "Vaughan", home=catrin.home)
    single(company, catrin, "C. Vaughan", given="C")
    company.give(carys, date(2026, 4, 9), 1000)
    company.apart.append((catrin.key, carys.key, "twins"))

    gwion = company.person("Gwion", "Howells", marks=("under-18",))
    gwern = company.person("Gwern", "Howells", home=gwion.home, email=gwion.email, marks=("under-18",))
    order = company.order()
    for twin in (gwion, gwern):
        company.attend(
            twin, GWYL_26, order=order, order_pence=1200, ticket="Plentyn / Child", postcode=twin.home.postcode
        )
    company.apart.append((gwion.key, gwern.key, "twins"))

    geraint = company.person("Geraint", "Kinsey")
    glenys = company.person("Glenys", "Kinsey", home=geraint.home, email=geraint.email)
    company.subscribe(geraint)
    company.give(glenys, date(2026, 5, 5), 2500)
    company.apart.append((geraint.key, glenys.key, "couple with one e-mail address"))


def _names_of_wales(company: Company) -> None:
    """Prefixes, accents, hyphens, apostrophes, one name only, and two homes in Cardiff; each in several files."""
    for given, family in (
        ("Rhodri", "ap Gwilym"), ("Owain", "ab Owain"), ("Mari", "ferch Ifan"), ("Iain", "McBride"),
        ("Siân", "Rees"), ("Llŷr", "Tŷ-Gwyn"), ("Ffion-Haf", "Jenkins"), ("Aoife", "O'Brien"),
    ):  # fmt: skip
        one = company.person(given, family, phone=company.mobile(), marks=("name",))
        single(company, one, one.name.replace("'", "’"))
        company.subscribe(one)
        company.give(
            one, company.day(date(2026, 1, 5), date(2026, 4, 30)), 1000, mess="garbled" if given == "Llŷr" else ""
        )
    for given, family in (
        ("Wiesława", "Żółkiewska"), ("Łukasz", "Wójcik"), ("Hodan", "Warsame"), ("Abdirahman", "Cali"),
    ):  # fmt: skip
        one = company.person(
            given, family, home=company.cardiff(), phone=f"0292018{len(company.people):04d}", marks=("name",)
        )
        company.attend(one, GWYL_26, phone=one.phone, postcode=one.home.postcode)
        company.subscribe(one)
    for given in ("Cadfan", "Hodan"):
        one = company.person(given, "", marks=("single-name",))
        company.subscribe(one)
        company.attend(one, LIGHT_26)
    group = company.person("Merched y Wawr", "Brithwen", kind="organisation", marks=("group",))
    company.attend(group, GWYL_26, quantity=22, order_pence=22_000, ticket="Grŵp / Group")
    company.subscribe(group)


def _lives(company: Company) -> None:
    """Married, moved, died, too young, and the patron who lapsed."""
    elin = company.person("Elin", "Morgan", marks=("married",))
    single(company, elin, gift_aid="Ie")
    for day in (date(2025, 2, 14), date(2025, 6, 30)):
        company.give(elin, day, 2000, given="Elin", family="Hughes", donor_id="21904417")
    for day in (date(2026, 2, 14), date(2026, 8, 2)):
        company.give(elin, day, 2500, "paypal", subject="Rhodd / Donation")

    old = company.home()
    heulwen = company.person("Heulwen", "Mathias", marks=("moved",))
    company.attend(heulwen, LIGHT_26, postcode=old.postcode)
    company.give(heulwen, date(2026, 9, 1), 1500)
    company.subscribe(heulwen)

    ifor = company.person("Ifor", "Rees", marks=("deceased",))
    single(
        company, ifor, "Ifor Rees (wedi marw)", email="", renewal=date(2026, 3, 31), gift_aid="", note="gweddw: Eirwen"
    )
    company.subscribe(ifor)
    company.give(ifor, date(2023, 5, 1), 5000)

    cadi = company.person("Cadi", "Breeze", email="", phone=company.mobile(), marks=("under-18",))
    single(company, cadi, kind="Iau", paid=1000, gift_aid="", note="14 oed")

    patron = company.person("Hywel", "Pennant", phone=company.landline(), marks=("lapsed-patron",))
    single(company, patron, kind="Noddwr", paid=25_000, renewal=date(2025, 3, 31), note="noddwr ers 2012")
    for day in (date(2023, 6, 10), date(2024, 6, 8)):
        company.give(patron, day, 50_000)


def _initials(company: Company) -> None:
    """Ten whom the members' sheet knows by surname, initial and postcode only: suggested, never joined."""
    for number in range(10):
        one = company.person(marks=("initial",))
        letter = one.given[0]
        written = f"{one.family}, {letter}." if number % 2 else f"{letter}. {one.family}"
        single(company, one, written, given=letter, email="", phone="")
        company.give(one, company.day(date(2025, 12, 1), date(2026, 5, 20)), 1000)


def _quiet_givers(company: Company) -> None:
    """Eleven who gave at least three times in 24 months and have not been since 22 May 2026 or ever."""
    firsts = (
        date(2024, 11, 23),
        date(2025, 1, 9),
        date(2025, 3, 3),
        date(2024, 12, 24),
        date(2025, 2, 1),
        date(2025, 4, 4),
    )
    for number, first in enumerate(firsts):
        one = company.person(marks=("quiet-giver",))
        for step in range(3 + number % 3):
            company.give(one, first + timedelta(days=130 * step), 1000 + 500 * number)
        if number == 1:
            company.attend(one, OPEN_26)  # 22 May 2026: the last day that no longer counts
        if number == 2:
            company.attend(one, LIGHT_26, postcode=one.home.postcode)
            company.subscribe(one)
    for number in range(5):
        one = company.person(phone=company.landline(), marks=("quiet-giver",))
        single(company, one, gift_aid=("Y", "Yes", "Ie", "x", "✓")[number])
        company.subscribe(one)
        for day in (date(2025, 5, 6), date(2025, 11, 6)):
            company.give(one, day + timedelta(days=number), 2000)
        for day in (date(2026, 1, 12), date(2026, 7, 12)):
            company.give(one, day + timedelta(days=number), 1500, "paypal", subject="Rhodd / Donation")


def _nearly_quiet_givers(company: Company) -> None:
    """One reason each why they are not among the eleven."""
    came, walked, early, pending = (company.person(marks=("nearly",)) for _ in range(4))
    for step in range(4):
        company.give(came, date(2025, 2, 20) + timedelta(days=120 * step), 1500)
    company.attend(came, GWYL_26)
    for step in range(3):
        company.give(walked, date(2025, 3, 21) + timedelta(days=120 * step), 1500)
        company.give(early, date(2024, 11, 22) + timedelta(days=200 * step), 1500)  # the first is a day too old
    company.attend(walked, WALK_26)  # 23 May 2026: the first day that counts
    for day in (date(2025, 3, 9), date(2026, 3, 9)):
        company.give(pending, day, 2000)
    single(company, pending)
    company.give(pending, date(2026, 11, 20), 2000, "paypal", state="pending", subject="Rhodd / Donation")
    for _ in range(5):
        twice = company.person(marks=("nearly",))
        for day in (date(2025, 4, 2), date(2026, 4, 2)):
            company.give(twice, day, 1000)


def _stuck(company: Company) -> None:
    """Nine who came once, in 2025, and of whom nothing was heard since."""
    for number in range(9):
        one = company.person(marks=("stuck",))
        occasion = (LECTURE_25, GWYL_25, QUILTS_25)[number % 3]
        company.attend(one, occasion, postcode=one.home.postcode)
        if number % 2:
            company.subscribe(one, joined=occasion.day + timedelta(days=1))


def _in_the_red(company: Company) -> None:
    """Three members paid back in January for what December's till took: the file of that month is lost."""
    for pence, what in ((8500, "print mewn ffrâm"), (6450, "hamper Nadolig"), (12_000, "carthen / blanket")):
        one = company.person(phone=company.landline(), marks=("negative",))
        single(company, one, gift_aid="")
        company.give(one, date(2026, 1, 9), -pence, "paypal", state="refund", subject=f"Ad-daliad: {what} (Rhag.)")


def _gift_aid(company: Company) -> None:
    """Four gifts that HMRC would not take as they stand; each for a reason of its own."""
    unsure = company.person(marks=("gift-aid:no declaration",))
    single(company, unsure, gift_aid="")
    firm = company.person("Cwmni Llechi Brithwen", "Cyf", kind="organisation", marks=("gift-aid:company",))
    trelew = company.abroad("Calle Michael D. Jones 114", "Trevelin, Chubut", "Ariannin / Argentina")
    away = company.person("Luned", "Roberts de Evans", home=trelew, marks=("gift-aid:abroad",))
    single(company, away, gift_aid="Ie")
    letters = company.person("Gŵyn", "Ellis", marks=("gift-aid:letters",))
    single(company, letters, gift_aid="✓")
    for number, one in enumerate((unsure, firm, away, letters)):
        company.give(
            one, date(2026, 6, 1 + number), (5000, 25_000, 4000, 3000)[number], "paypal", subject="Rhodd / Donation"
        )


def _contradictions(company: Company) -> None:
    """Twelve who said no in one file and yes in another."""
    mark = ("contradiction",)
    for number in range(7):
        one = company.person(marks=mark)
        company.subscribe(one, "unsubscribed" if number < 4 else "subscribed")
        company.give(one, company.day(date(2026, 1, 2), date(2026, 9, 30)), 1000)
        company.answers[one.key, "justgiving"] = "Yes" if number < 4 else "No"
    for given, family, other in (("Siân", "Prosser", "Sian"), ("Llŷr", "Gittins", "Llyr"), ("Siôn", "Wigley", "Sion")):
        one = company.person(given, family, marks=mark)
        company.subscribe(one)
        company.subscribe(one, "unsubscribed", given=other, email=one.email.title(), mess="second spelling")
    for _ in range(2):
        one = company.person(marks=mark)
        company.subscribe(one, "unsubscribed")
        company.attend(one, GWYL_26)
        company.attend(one, NADOLIG_26, "Attending")
        company.answers[one.key, "eventbrite"] = "Yes"
