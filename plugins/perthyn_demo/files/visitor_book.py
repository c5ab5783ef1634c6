"""The visitor book, typed up on an old computer: semicolons, cp1252, and whatever visitors write."""

from __future__ import annotations

from random import Random

from ..lines import Line, Mention, Sheet
from ..people import Cast, Entry

HEADER = ("Date", "Where from", "How many", "Comment", "Email?")


def sheet(cast: Cast, random: Random) -> Sheet:
    lines = [Line(HEADER, "header")]
    for number, entry in enumerate(cast.entries):
        lines.append(_line(entry))
        if number == 60:
            lines.append(Line(("", "", "", "", ""), "blank", mess=("blank line",)))
    return Sheet("visitor-book.csv", "visitor-book", tuple(lines), "cp1252", ";", mess=("semicolons", "cp1252"))


def _line(entry: Entry) -> Line:
    cells = (entry.day.strftime("%d/%m/%Y"), entry.place, entry.party, entry.comment, entry.email)
    doubtful = {"dog": "How many", "words for a number": "How many"}.get(entry.mess, "")
    if entry.mess == "free consent" and entry.email:
        doubtful = "Email?"
    mess = (
        *((entry.mess,) if entry.mess else ()),
        *(("lost letter",) if "ŷ" in entry.place and not entry.mess else ()),
    )
    if entry.person is None:
        return Line(cells, doubtful=doubtful, mess=mess)
    who = Mention((entry.person.key,), email=entry.email)
    return Line(cells, mentions=(who,), doubtful=doubtful, visit=entry.day, seen=entry.day, mess=mess)
