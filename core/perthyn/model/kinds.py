"""The kinds of interaction, in families by how much they say of somebody's engagement (facts/field.md 1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

GIVING = "donation.read"
"""The right to see who gave."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of interaction; the words are whole, none is built from another. `engaged`: sent is not engagement.

    `right`: what an actor needs to see that such a thing happened at all, beside what its fields ask for; "" for none.
    """

    name: str
    family: str
    en: tuple[str, str]
    cy: tuple[str, str]
    engaged: bool = True
    right: str = ""


KINDS: tuple[Kind, ...] = (
    Kind("visit", "attend", ("visit", "visits"), ("ymweliad", "ymweliadau")),
    Kind("no_show", "attend", ("no-show", "no-shows"), ("absenoldeb", "absenoldebau"), engaged=False),
    Kind("shift", "attend", ("shift", "shifts"), ("sifft", "sifftiau")),
    Kind("booking", "buy", ("booking", "bookings"), ("archeb", "archebion")),
    Kind("purchase", "buy", ("purchase", "purchases"), ("pryniant", "pryniannau")),
    Kind("donation", "give", ("donation", "donations"), ("rhodd", "rhoddion"), right=GIVING),
    Kind("pledge", "give", ("pledge", "pledges"), ("addewid", "addewidion"), right=GIVING),
    Kind("membership", "join", ("membership payment", "membership payments"), ("tâl aelodaeth", "taliadau aelodaeth")),
    Kind("signup", "respond", ("sign-up", "sign-ups"), ("cofrestriad", "cofrestriadau")),
    Kind("unsubscribe", "respond", ("unsubscription", "unsubscriptions"), ("dad-danysgrifiad", "dad-danysgrifiadau")),
    Kind("click", "respond", ("click", "clicks"), ("clic", "cliciau")),
    Kind("survey", "respond", ("survey answer", "survey answers"), ("ateb i arolwg", "atebion i arolwg")),
    Kind("email", "receive", ("email", "emails"), ("e-bost", "e-byst"), engaged=False),
    Kind("letter", "receive", ("letter", "letters"), ("llythyr", "llythyrau"), engaged=False),
    Kind("bounce", "receive", ("bounce", "bounces"), ("neges a ddychwelwyd", "negeseuon a ddychwelwyd"), engaged=False),
    Kind("call", "talk", ("call", "calls"), ("galwad", "galwadau")),
    Kind("meeting", "talk", ("meeting", "meetings"), ("cyfarfod", "cyfarfodydd")),
    Kind("note", "talk", ("note", "notes"), ("nodyn", "nodiadau"), engaged=False),
    Kind("enquiry", "ask", ("enquiry", "enquiries"), ("ymholiad", "ymholiadau")),
    Kind("complaint", "ask", ("complaint", "complaints"), ("cwyn", "cwynion")),
    Kind("praise", "ask", ("praise", "praises"), ("canmoliaeth", "canmoliaethau")),
)

FAMILIES = ("attend", "buy", "give", "join", "respond", "receive", "talk", "ask")


def rights_of_kinds(known: Iterable[Kind], asked: Iterable[str] | None = None) -> dict[str, str]:
    """Each right that seeing happenings of the kinds asked for needs (None: of all), with a kind that asks for it.

    A kind that nobody declares now (its plugin is not here) may be any: it needs the rights of all.
    """
    known = tuple(known)
    rights = {one.name: one.right for one in known}
    names = tuple(rights if asked is None else asked)
    if not all(name in rights for name in names):
        names = (*names, *rights)
    return {rights[name]: name for name in reversed(names) if rights.get(name)}
