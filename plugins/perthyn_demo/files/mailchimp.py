"""The newsletter: a Mailchimp audience in its three files; two of them stamp the time the American way."""

from __future__ import annotations

from datetime import datetime
from random import Random

from ..lines import Cell, Line, Mention, Sheet
from ..people import Cast, Subscription

HEADER = (
    "Email Address", "First Name", "Last Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME",
    "LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS",
)  # fmt: skip
EXTRA = {
    "subscribed": (),
    "unsubscribed": ("UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_REASON"),
    "cleaned": ("CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"),
}
REASONS = (
    "NORMAL: I no longer want to receive these emails",
    "Dim rheswm / no reason given",
    "SPAM: I never signed up",
)


def sheets(cast: Cast, random: Random) -> tuple[Sheet, ...]:
    leid = 48_100_000
    found = []
    for state, more in EXTRA.items():
        lines = [Line(HEADER + more, "header")]
        listed = [line for line in cast.subscriptions if line.state == state]
        for one in sorted(listed, key=lambda line: (line.joined, line.email)):
            leid += random.randint(1, 900)
            lines.append(_line(one, leid, random))
        mess = ("time the American way",) if state != "subscribed" else ()
        found.append(Sheet(f"newsletter-{state}.csv", "mailchimp", tuple(lines), mess=mess))
    return tuple(found)


def _line(one: Subscription, leid: int, random: Random) -> Line:
    american = one.state != "subscribed"
    euid = "".join(random.choices("0123456789abcdef", k=10))
    tags = ",".join(f'"{tag}"' for tag in one.tags)
    cells: list[Cell] = [
        one.email, one.given, one.family, str(random.randint(1, 5)), _stamp(one.joined, american), "192.0.2.17",
        _stamp(one.joined, american), _stamp(one.changed, american), str(leid), euid, "", tags,
    ]  # fmt: skip
    if one.state == "unsubscribed":
        cells += [_stamp(one.changed, american), "Newyddlen y Gwanwyn", random.choice(REASONS)]
    elif one.state == "cleaned":
        cells += [_stamp(one.changed, american), "Newyddlen y Gwanwyn", euid[:8]]
    mess = (
        *((one.mess,) if one.mess else ()),
        *(("no name",) if not one.given and not one.family else ()),
        *(("plus address",) if "+" in one.email else ()),
        *(("tags in quotes",) if one.tags else ()),
    )
    who = Mention((one.person.key,), one.given, one.family, one.email, source_id=euid, kind=one.person.kind)
    said = {"subscribed": "yes", "unsubscribed": "no", "cleaned": ""}[one.state]
    return Line(tuple(cells), mentions=(who,), seen=one.joined.date(), subscribed=said == "yes", says=said, mess=mess)


def _stamp(moment: datetime, american: bool) -> str:
    return moment.strftime("%m/%d/%Y %I:%M %p" if american else "%Y-%m-%d %H:%M:%S")
