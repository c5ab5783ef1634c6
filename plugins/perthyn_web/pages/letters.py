"""Letters: the words of a campaign in both languages, side by side; as each person would read them; a test of one."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any
from uuid import UUID

from perthyn.contacting.fields import IN_BOTH
from perthyn.contacting.letters import Written
from perthyn.contacting.words import FIELDS
from perthyn.crm import Crm
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Campaign, Contact
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn_web.pages.campaigns import about, known

screens = Screens()
PARTS = ("subject_cy", "letter_cy", "subject_en", "letter_en")
FOUND = 6
FEW = 400
"""So many of the segment are looked at for one reader of each language."""
_STYLED, _SHEET = re.compile(r' style="([^"]*)"', re.DOTALL), re.compile(r"<style>(.*?)</style>", re.DOTALL)
_LINKED = re.compile(r' href="')


@screens.get("/campaigns/{id:uuid}/letters", "campaign.write")
def letters(visit: Visit, id: UUID) -> Reply:
    """Both letters, to be written."""
    return _page(visit, known(visit.crm, id))


@screens.post("/campaigns/{id:uuid}/letters", "campaign.write")
def write(visit: Visit, id: UUID) -> Reply:
    """They are kept, with what is still wrong with them; or only looked at, and nothing is kept."""
    one = known(visit.crm, id)
    values = {name: visit.form.get(name, "").replace("\r\n", "\n").strip() or None for name in PARTS}
    if visit.form.get("do") == "look":
        return _page(visit, one.model_copy(update=values))
    try:
        made, receipt = visit.crm.edit_campaign(one, **values)
    except PerthynError as error:
        if isinstance(error, Forbidden):
            raise
        return _page(visit, one.model_copy(update=values), {"": error})
    to = f"/campaigns/{id}/preview" if not visit.crm.letters(made).problems() else f"/campaigns/{id}/letters"
    return Went(to, visit.t("The letters are saved."), receipt.batch if receipt else None)


@screens.get("/campaigns/{id:uuid}/preview", "campaign.read")
def preview(visit: Visit, id: UUID) -> Reply:
    """What somebody would read, in the language on record."""
    one = known(visit.crm, id)
    asked, chosen = visit.query.get("who", "").strip(), visit.query.get("as", "")
    found = visit.crm.find(asked, FOUND) if asked else _first_few(visit.crm, one)
    reader = next((each for each in found if str(each.id) == chosen), found[0] if found else None)
    facts = {**about(visit, one), "asked": asked, "found": found, "reader": reader, "written": None, "language": ""}
    trouble: dict[str, Exception] = {}
    if reader is not None:
        try:
            facts["language"], facts["written"] = visit.crm.letter_for(one, reader)
        except Forbidden:
            raise
        except PerthynError as error:
            trouble = {"": error}
    facts["problem"] = trouble.get("")
    return Shown("campaigns/preview.html", facts)


@screens.get("/campaigns/{id:uuid}/preview/{contact:uuid}", "campaign.read")
def shown(visit: Visit, id: UUID, contact: UUID) -> Reply:
    """The letter itself, for a frame in which nothing runs, nothing is fetched and nothing leads anywhere."""
    one = known(visit.crm, id)
    reader = visit.crm.contacts_by([contact]).get(contact)
    if reader is None:
        raise Unknown("contact.unknown", name=contact.hex[-6:], suggestion="")
    _, said = visit.crm.letter_for(one, reader)
    page, policy = harmless(said)
    headers = {"content-security-policy": policy, "x-frame-options": "SAMEORIGIN"}
    return Sent(page.encode(), "text/html; charset=utf-8", headers=headers)


@screens.get("/campaigns/{id:uuid}/test", "campaign.send")
def ask_test(visit: Visit, id: UUID) -> Reply:
    """To which address of theirs."""
    return Shown("campaigns/test.html", {**about(visit, known(visit.crm, id)), "answer": None})


@screens.post("/campaigns/{id:uuid}/test", "campaign.send")
def test(visit: Visit, id: UUID) -> Reply:
    """One letter to them; nothing is noted."""
    one, address = known(visit.crm, id), visit.form.get("address", "").strip()
    facts: dict[str, Any] = {**about(visit, one), "answer": None}
    try:
        if "@" not in address and one.channel == "email":
            raise PerthynError("campaign.address", value=address)
        who = visit.form.get("who", "").strip()
        answer, left = visit.crm.send_test(one, address, visit.crm.who(who) if who else None)
    except PerthynError as error:
        if isinstance(error, Forbidden):
            raise
        place = "who" if error.code.startswith("contact.") else "address" if error.code == "campaign.address" else ""
        return Shown("campaigns/test.html", facts, {place: error})
    return Shown("campaigns/test.html", {**facts, "answer": answer, "left": left, "address": address})


def harmless(said: Written) -> tuple[str, str]:
    """A letter's page for a frame, and the rules for it: its styles by their hash, its links leading nowhere.

    Mail programs need style attributes; our rules forbid them, so each becomes a rule of a style sheet.
    """
    rules: dict[str, int] = {}

    def named(found: re.Match[str]) -> str:
        return f' data-style="{rules.setdefault(found[1], len(rules))}"'

    page = _LINKED.sub(' title="', _STYLED.sub(named, said.html))
    sheet = "".join(f'[data-style="{number}"] {{ {rule} }}\n' for rule, number in rules.items())
    first, found, rest = page.partition("</head>")
    page = f"{first}<style>{sheet}</style>{found}{rest}"
    hashes = " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in _SHEET.findall(page))
    return page, f"default-src 'none'; style-src {hashes}; frame-ancestors 'self'; base-uri 'none'; sandbox"


def _page(visit: Visit, one: Campaign, trouble: dict[str, Exception] | None = None) -> Shown:
    """Both letters, the fields that may stand in them, and what is wrong, each with its place."""
    t = visit.t
    fields = [(*names, t(FIELDS[names[0]])) for names in IN_BOTH]
    fields += [(*each.name, each.says[t.language == "cy"]) for each in visit.crm.letter_fields()]
    problems = [(place_of(each), each) for each in visit.crm.letters(one).problems()]
    written = any(getattr(one, name) for name in PARTS)
    facts = {**about(visit, one), "fields": fields, "problems": problems if written else []}
    return Shown("campaigns/letters.html", {**facts, "campaign": one}, trouble or {}, status=200)


def place_of(problem: PerthynError) -> str:
    """The field of the page that a problem of the letters is about, "" where it is about neither."""
    language, part = problem.facts.get("language"), str(problem.facts.get("part", ""))
    if problem.code in ("letter.missing", "letter.subject.missing"):
        return f"{'letter' if problem.code == 'letter.missing' else 'subject'}_{language}"
    return part if part in PARTS else ""


def _first_few(crm: Crm, one: Campaign) -> list[Contact]:
    """Somebody of each language who would get it, to begin with."""
    chosen: dict[str, UUID] = {}
    try:
        for line in crm.audience_lines(one)[:FEW]:
            if line.goes:
                chosen.setdefault(line.language, line.contact)
    except PerthynError:
        return []
    return list(crm.contacts_by(chosen.values()).values())
