"""Audit: who looked at whom, took files out, signed in, changed something or was refused; and whether it is whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice, takewhile
from types import MappingProxyType
from uuid import UUID

from perthyn.audit import Broken, Entry
from perthyn.crm import Crm
from perthyn.crm.roles import ROLE_TITLES, known_rights
from perthyn.errors import PerthynError
from perthyn.importing.formulas import guarded
from perthyn.model import Contact
from perthyn.screens import Given, Reply, Screens, Sent, Shown, Visit
from perthyn.text import Translator, fold, phrase
from perthyn_web.accounts.records import User
from perthyn_web.pages.history import DID

screens = Screens()
MANY = 50
LOOKED_AT = 50_000
"""So many lines are looked through at once for those that were asked for; a link leads on to older ones."""
MOST_IN_FILE = 100_000
WORDS: Mapping[str, str] = MappingProxyType({
    "contact.seen": phrase("Looked at a person"),
    "contact.exported": phrase("Took people's details out into a file"),
    "contact.handed_out": phrase("Handed out everything that is kept about a person"),
    "contact.erased": phrase("Erased a person for good"),
    "batch.applied": phrase("Changed something"),
    "right.refused": phrase("Was refused something"),
    "audit.exported": phrase("Took this list out into a file"),
    "sign_in": phrase("Signed in"),
    "sign_in.failed": phrase("Could not sign in"),
    "session.begun": phrase("Began to work on a device"),
    "session.ended": phrase("Signed out, or was signed out"),
    "password.chosen": phrase("Chose a password"),
    "password.changed": phrase("Changed their password"),
    "second_step.set_up": phrase("Set up their second step"),
    "second_step.removed": phrase("Took their second step away"),
    "second_step.codes": phrase("Made new recovery codes"),
    "second_step.recovery": phrase("Used a recovery code"),
    "second_step.policy": phrase("Decided who must have a second step"),
    "account.linked": phrase("Linked an account elsewhere"),
    "account.unlinked": phrase("Linked an account elsewhere no more"),
    "reading.stopped": phrase("Was stopped: far more people than usual"),
    "reading.allowed": phrase("Let somebody who was stopped look on"),
    "reading.kept": phrase("Left somebody who was stopped as they are"),
    "user.made": phrase("Let somebody new in"),
    "user.role": phrase("Gave a user another role"),
    "user.disabled": phrase("Let a user in no more"),
    "user.enabled": phrase("Let a user in again"),
    "user.reset": phrase("Gave a user a new way in"),
    "role.set": phrase("Made or changed a role"),
    "role.removed": phrase("Took a role away"),
    "token.made": phrase("Let another system in"),
    "token.ended": phrase("Let another system in no more"),
    "hook.made": phrase("Had another system told of what happens"),
    "hook.secret": phrase("Gave another system's messages a new secret"),
    "hook.ended": phrase("Had another system told no more"),
    "tablet.invited": phrase("Invited a tablet to the desk"),
    "tablet.paired": phrase("Paired a tablet"),
    "tablet.ended": phrase("Took a tablet away from the desk"),
    "digits.changed": phrase("Changed their digits for the desk"),
    "numbers.asked": phrase("Chose whether the numbers are sent to them, and where to"),
    "numbers.sent": phrase("Was sent the numbers by email"),
})  # fmt: skip
"""What each code that is noted says."""
SAID: Mapping[str, str] = MappingProxyType({
    "password": phrase("wrong password"),
    "code": phrase("wrong code"),
    "digits": phrase("wrong digits"),
    "browser": phrase("in a browser"),
    "tablet": phrase("on the desk's tablet"),
    "machine": phrase("at the machine itself"),
    "required": phrase("whoever sees people"),
    "administrators": phrase("administrators only"),
    "offered": phrase("nobody must"),
    "marketing": phrase("for marketing"),
    "fundraising": phrase("for fundraising"),
    "analysis": phrase("to count and to keep"),
    "gift_aid": phrase("for Gift Aid"),
})  # fmt: skip
"""Words that a line says more with."""
GROUPS = (
    ("contact.", phrase("Looked at people, or took them out")),
    ("right.", phrase("Was refused something")),
    ("batch.", phrase("Changed something")),
    ("sign_in", phrase("Signed in, or could not")),
    ("reading.", phrase("Stopped: far more people than usual")),
    ("user.", phrase("Users")),
    ("token.", phrase("Other systems")),
)
"""What can be asked for together: the beginning of its codes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown. `about`: (words, address) of whom or what; `more`: words that say it more exactly."""

    entry: Entry
    did: str
    about: list[tuple[str, str]] = field(default_factory=list)
    more: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. `ids`: of one person, and of what was changed of them."""

    who: str = ""
    what: str = ""
    day: date | None = None
    ids: frozenset[str] = frozenset()

    def fits(self, crm: Crm, one: Entry) -> bool:
        """Whether a line is one of those that are asked for."""
        return (
            fold(self.who) in fold(one.who) and one.what.startswith(self.what)
            and self.day in (None, _day(crm, one)) and (not self.ids or not self.ids.isdisjoint(one.ids))
        )  # fmt: skip

    def past(self, crm: Crm, one: Entry) -> bool:
        """Whether a line is older than all that are asked for."""
        return self.day is not None and _day(crm, one) < self.day


def _day(crm: Crm, one: Entry) -> date:
    return one.at.astimezone(crm.zone).date()


@screens.get("/settings/audit", "audit.read")
def audit(visit: Visit) -> Reply:
    """The newest lines, a page at a time."""
    return _shown(visit)


@screens.post("/settings/audit/check", "audit.read")
def check(visit: Visit) -> Reply:
    """Whether anybody has touched what is written down."""
    return _shown(visit, visit.crm.trail_broken())


@screens.post("/settings/audit/file", "audit.read")
def file(visit: Visit) -> Reply:
    """What was asked for, as a table to keep; that it was taken out is written down too."""
    asked, trouble = _asked(visit, visit.form)
    if trouble:
        return _shown(visit, trouble=trouble)
    crm, t = visit.crm, visit.t
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(["number", "at", "who", "what", t("What"), "ids", "count", "purpose", "of"])
    count = 0
    for one in islice(takewhile(lambda one: not asked.past(crm, one), crm.trail_back()), MOST_IN_FILE):
        if asked.fits(crm, one):
            cells = [one.who, one.what, did(t, one), " ".join(one.ids), one.count, one.purpose, one.of]
            write([one.number, one.at.isoformat(), *(guarded("" if each is None else str(each)) for each in cells)])
            count += 1
    crm.note("audit.exported", count=count, now=True)
    return Sent(b"\xef\xbb\xbf" + out.getvalue().encode(), "text/csv; charset=utf-8", f"audit-{crm.today()}.csv")


def did(t: Translator, entry: Entry) -> str:
    """What a line says somebody did; of a code that nobody has words for, the code."""
    return t(WORDS[entry.what]) if entry.what in WORDS else entry.what


# -- parts -----------------------------------------------------------------------------------------------------------


def _shown(
    visit: Visit, broken: list[Broken] | None = None, trouble: Mapping[str, Exception] = MappingProxyType({})
) -> Reply:
    crm, given = visit.crm, visit.form if visit.method == "POST" else visit.query
    asked, wrong = _asked(visit, given)
    found, looked, more = _looked(crm, asked, given.number("before"))
    facts = {
        "lines": _lines(visit, found),
        "more": more,
        "through": looked,
        "given": {name: given.get(name, "") for name in ("who", "what", "day", "about")},
        "groups": [("", visit.t("Everything")), *((name, visit.t(said)) for name, said in GROUPS)],
        "broken": broken,
    }
    return Shown("settings/audit.html", facts, {**wrong, **trouble}, 200)


def _looked(crm: Crm, asked: Asked, before: int | None) -> tuple[list[Entry], int, int | None]:
    """A page of lines, how many were looked through, and from where to look on, if there may be more."""
    found: list[Entry] = []
    lines = 0
    for lines, entry in enumerate(crm.trail_back(before), 1):
        if asked.past(crm, entry):
            break
        if asked.fits(crm, entry):
            if len(found) == MANY:
                return found, lines, found[-1].number
            found.append(entry)
        if lines == LOOKED_AT:
            return found, lines, entry.number
    return found, lines, None


def _asked(visit: Visit, given: Given) -> tuple[Asked, dict[str, Exception]]:
    trouble: dict[str, Exception] = {}
    day, ids = None, frozenset[str]()
    if given.get("day"):
        try:
            day = date.fromisoformat(given["day"])
        except ValueError:
            trouble["day"] = PerthynError("people.day", value=given["day"])
    if given.get("about", "").strip():
        try:
            ids = _ids_of(visit.crm, given["about"])
        except PerthynError as error:
            trouble["about"] = error
    what = given.get("what", "")
    return Asked(given.get("who", "").strip(), what if what in dict(GROUPS) else "", day, ids), trouble


def _ids_of(crm: Crm, text: str) -> frozenset[str]:
    """The ids of a person, those that they had before, and the changes that were made of them."""
    one = crm.who(text.replace("-", ""))
    changed = {header.id for _, header in crm.history(one.id)} if crm.actor.may("history.read") else set()
    return frozenset(map(str, {*crm.selves(one.id), *changed}))


def _lines(visit: Visit, found: list[Entry]) -> list[Line]:
    crm, t = visit.crm, visit.t
    ids = {UUID(text) for one in found for text in one.ids if one.what.startswith("contact.")}
    people = crm.contacts_by({crm.redirects().get(id, id) for id in ids}) if crm.actor.may("contact.read") else {}
    users = crm.store.get(
        User, {UUID(text) for one in found for text in one.ids if not one.what.startswith("contact.")}
    )
    rights = {one.name: t(one.label) for one in known_rights(crm.plugins)}

    def line(one: Entry) -> Line:
        about = [each for text in one.ids if (each := _about(crm, t, one, UUID(text), people, users))]
        told = [one.of] if one.what == "batch.applied" else [*one.of.split(), one.purpose]
        more = [_more(t, each, rights) for each in told if each]
        if one.count is not None:
            more.append(t.n("{n} thing", "{n} things", one.count))
        return Line(one, did(t, one), about, more)

    return [line(one) for one in found]


def _more(t: Translator, word: str, rights: Mapping[str, str]) -> str:
    said = SAID.get(word) or DID.get(word) or ROLE_TITLES.get(word)
    return t(said) if said else rights.get(word, word)


def _about(
    crm: Crm, t: Translator, entry: Entry, id: UUID, people: Mapping[UUID, Contact], users: Mapping[UUID, User]
) -> tuple[str, str] | None:
    """The words and the address of what an id in a line means, where there is something to be seen."""
    if entry.what.startswith("contact."):
        now = crm.redirects().get(id, id)
        return (people[now].shown_name, f"/contacts/{now}") if now in people else (t("Somebody who is gone"), "")
    if entry.what == "batch.applied":
        return (t("What was changed"), f"/history/{id}") if crm.actor.may("history.read") else None
    if id in users:
        return users[id].name, f"/users/{id}" if crm.actor.may("user.read") else ""
    return None
