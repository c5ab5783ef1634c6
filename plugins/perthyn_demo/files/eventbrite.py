"""Ticketing: an Eventbrite attendee report, two downloads pasted together, with questions asked in two languages."""

from __future__ import annotations

from random import Random

from ..lines import Cell, Line, Mention, Sheet, pounds
from ..people import Attendee, Cast

HEADER = (
    "Order #", "Order Date", "First Name", "Surname", "Email", "Quantity", "Ticket Type", "Attendee #", "Currency",
    "Total Paid", "Fees Paid", "Attendee Status", "Home City", "Home Zip", "Event Name", "Event Start Date",
    "Ffôn / Mobile", "Hoffech chi dderbyn ein newyddlen? / Email newsletter?",
)  # fmt: skip


def sheet(cast: Cast, random: Random) -> Sheet:
    lines = [Line(HEADER, "header")]
    numbers: dict[int, int] = {}  # of the attendee record itself: the second download repeats some
    for place, attendee in enumerate(cast.attendees):
        again = id(attendee) in numbers
        number = numbers.setdefault(id(attendee), place)
        lines.append(_line(cast, attendee, str(2_360_209_833 + 1789 * number), again, spaces=number % 17 == 5))
    return Sheet("eventbrite.csv", "eventbrite", tuple(lines), "utf-8-sig", mess=("BOM", "question in Welsh"))


def _line(cast: Cast, one: Attendee, ticket: str, again: bool, spaces: bool) -> Line:
    person = one.person
    given = one.given or (person.given if person else "")
    family = one.family or (person.family if person else "")
    email = one.email or (person.email if person else "")
    said = cast.answers.get((person.key, "eventbrite"), "") if person else ""
    home = person.home if person else None
    fees = round(one.order_pence * 0.0695) + 59 if one.order_pence else 0
    cells: tuple[Cell, ...] = (
        "1.07E+11" if one.mess == "1.07E+11" else one.order, one.booked.strftime("%Y-%m-%d %H:%M:%S+00:00"),
        f"{given}  " if spaces else given, f"{family}\u00a0" if spaces and family else family, email, str(one.quantity),
        one.ticket or one.occasion.ticket, ticket, "GBP", pounds(one.order_pence), pounds(fees), one.status,
        home.town if home else "", one.postcode, one.occasion.name,
        one.occasion.day.isoformat(), one.phone, said,
    )  # fmt: skip
    mess = (
        *((one.mess,) if one.mess else ()),
        *(("the same line again",) if again else ()),
        *(("spaces",) if spaces else ()),
        *(
            ("order total on each line",)
            if one.order_pence != one.occasion.pence * one.quantity and one.order_pence
            else ()
        ),
        *((one.status,) if one.status != "Checked In" else ()),
        *(("test order",) if person is None else ()),
    )
    if person is None:
        return Line(cells, test=True, mess=mess)
    who = Mention((person.key,), given, family, email, one.phone, one.postcode, kind=person.kind)
    came = one.status == "Checked In" and not again
    said_word = {"Yes": "yes", "No": "no"}.get(said, "")
    day = one.occasion.day if came else None
    return Line(cells, mentions=(who,), visit=day, seen=day or one.booked.date(), says=said_word, mess=mess)
