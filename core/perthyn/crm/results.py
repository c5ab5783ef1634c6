"""Results: the file in which a mailer says what became of the letters of a campaign that it sent for us."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from perthyn.changes import Change, Create, Receipt
from perthyn.contacting.door import MAILING
from perthyn.contacting.ledger import OUT, lines_of
from perthyn.crm.handing import Handing
from perthyn.crm.outcomes import RESULTS, Outcomes
from perthyn.crm.permission import Permission
from perthyn.errors import PerthynError, Unknown
from perthyn.importing.formulas import unguarded
from perthyn.importing.tables import open_tables
from perthyn.model import Campaign, Consent, Interaction, Message, Problem, Screening, plain
from perthyn.model.ids import named_id
from perthyn.model.normal import email_key
from perthyn.text import fold, nearest

SAID = ("hard", "soft", "unsubscribed", "complained", "clicked")
"""What a row can say of a letter; one that was delivered or opened says nothing we keep."""
_TELLS = {"hard": "bounced", "soft": "bounced"}
_ADDRESS = ("email address", "email", "e mail", "address", "recipient", "cyfeiriad e bost", "e bost")
_COLUMNS = ("outcome", "result", "status", "bounce type", "type", "event", "canlyniad", "statws")
_WORDS: Mapping[str, str] = {
    word: what
    for what, words in {
        "hard": "hard,hard bounce,hardbounce,bounced,bounce,cleaned,invalid,dropped",
        "soft": "soft,soft bounce,softbounce,deferred,blocked",
        "unsubscribed": "unsubscribed,unsubscribe,unsub,opted out,optout,dad danysgrifio",
        "complained": "complained,complaint,spam,abuse,spam complaint,spamreport",
        "clicked": "clicked,click,clicks,cliciwyd",
        "": ",sent,delivered,opened,open,processed,subscribed,anfonwyd,cyrhaeddodd",
    }.items()
    for word in words.split(",")
}
_DATED = {"unsub time": "unsubscribed", "clean time": "hard", "clicks": "clicked", "clicked": "clicked"}
"""Columns that say something by having something in them (a time, a number other than 0)."""


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a file: `rows` read; what was said -> how many people it is `noted` of, and how many were known
    `before`; `unknown` addresses, to which no letter of the campaign went.
    """

    file: str
    rows: int
    noted: Mapping[str, int]
    before: int
    unknown: Sequence[str]
    receipt: Receipt | None


class Returning(Handing, Outcomes, Permission):
    """What a person can do with the files of mailers."""

    def take_results(
        self, campaign: Campaign, file: Path, *, says: str = "", on: date | None = None, dry_run: bool = False
    ) -> Results:
        """Take in what a mailer says of the campaign's letters, once each; the file again changes nothing.

        `says`: what every row of the file says (`SAID`), for a file of the bounced, or of those who clicked, alone.
        Raises `Unknown` (``campaign.results.says``), `PerthynError` (``campaign.results.columns``,
        ``campaign.results.word``, and what reading a file raises).
        """
        self.check("consent.write")
        self.check("campaign.send")
        if says and says not in SAID:
            raise Unknown("campaign.results.says", name=says, suggestion=nearest(says, SAID), known=", ".join(SAID))
        at = self.moment(on) if on else self.clock()
        lines: dict[str, list[Message]] = defaultdict(list)
        with closing(lines_of(self.store, campaign.id)) as all_lines:
            for one in all_lines:
                if one.state in OUT and one.address:
                    lines[email_key(one.address)].append(one)
        told: dict[tuple[str, str], None] = {}
        unknown: dict[str, int] = {}
        rows = 0
        for number, address, several in _told(file, says):
            rows += 1
            if email_key(address) not in lines:
                unknown.setdefault(address, number)
            else:
                told |= {(email_key(address), one): None for one in several}
        changes: list[Change] = []
        noted: Counter[str] = Counter()
        before = 0
        for (address, what), some in (((key, what), lines[key]) for key, what in told):
            about = some[:1] if what == "clicked" else some
            for line in about:
                made = self._said_of(campaign, line, what, address, at, file.name)
                before += not made
                noted[what] += bool(made)
                changes += made
        changes += self._strangers(campaign, unknown, file.name)
        tells = sorted({_TELLS.get(what, what) for what in (says, *(what for _, what in told)) if what})
        name = f"{RESULTS}.{campaign.code}"
        held = (self.remembered(name) or {}).get("tells", [])
        remembered = self.remember(name, {"tells": sorted({*held, *tells})})
        changes += [remembered] if remembered and tells else []
        receipt = self.commit(changes, kind="campaign", reason=file.name) if changes and not dry_run else None
        return Results(str(file), rows, dict(+noted), before, list(unknown), receipt)

    def _said_of(
        self, campaign: Campaign, line: Message, what: str, address: str, at: datetime, file: str
    ) -> list[Change]:
        """The records of one thing said of one letter; none where it is known."""
        kind = {"hard": "bounce", "soft": "bounce", "unsubscribed": "unsubscribe", "complained": "complaint"}
        source, source_id = f"results:{campaign.code}", f"{line.id}:{what}"
        if self.store.sourced(source, [source_id]):
            return []
        happened = {
            "id": self.ids(), "contact": line.contact, "kind": kind.get(what, "click"), "channel": "email",
            "direction": "in", "at": at, "day": at.astimezone(self.zone).date(), "campaign": campaign.code,
            "source": source, "source_id": source_id,
            "raw": json.dumps({"address": address, "kind": what, "message": str(line.id)}),
        }  # fmt: skip
        made: list[Change] = [Create(Interaction.model_validate(happened))]
        common: dict[str, Any] = {"contact": line.contact, "recorded": self.clock(), "by": self.actor.name}
        if what == "hard":
            hit = {**common, "id": self.ids(), "list": "bounce", "address": address, "checked": at, "hit": True}
            made.append(Create(Screening.model_validate({**hit, "reference": file[:500]})))
        if what in ("unsubscribed", "complained"):
            decision = "withdrawn" if what == "unsubscribed" else "objected"
            for purpose in MAILING:
                no = {
                    **common,
                    "id": self.ids(),
                    "channel": "email",
                    "purpose": purpose,
                    "decision": decision,
                    "at": at,
                }
                made.append(Create(Consent.model_validate({**no, "how": "mailer", "evidence": file[:500]})))
        return made

    def _strangers(self, campaign: Campaign, unknown: Mapping[str, int], file: str) -> Iterator[Change]:
        """A problem for each address that no letter of the campaign went to; once, however often the file comes."""
        problems = {named_id(f"results\x1f{campaign.id}\x1f{email_key(one)}"): one for one in unknown}
        there = self.store.get(Problem, problems)
        for id, address in problems.items():
            if id not in there:
                facts = json.dumps(plain({"address": address, "code": campaign.code, "file": file}), ensure_ascii=False)
                yield Create(
                    Problem(id=id, code="campaign.results.stranger", where=file[:500], row=unknown[address],
                            raw=address, facts=facts, at=self.clock())
                )  # fmt: skip


def _told(file: Path, says: str) -> Iterator[tuple[int, str, list[str]]]:
    """(row, address, what is said) of each row that has an address."""
    table = open_tables(file)[0]
    rows = ((number, [unguarded(str(cell or "")).strip() for cell in cells]) for number, cells in table.rows())
    filled = ((number, cells) for number, cells in rows if any(cells))
    _, head = next(filled, (0, []))
    names = [" ".join(fold(one).replace("_", " ").replace("-", " ").split()) for one in head]
    place = next((names.index(one) for one in _ADDRESS if one in names), None)
    telling = [at for at, one in enumerate(names) if one in _COLUMNS]
    dated = {at: _DATED[one] for at, one in enumerate(names) if one in _DATED}
    if place is None or not (says or telling or dated):
        raise PerthynError("campaign.results.columns", file=file.name, columns=", ".join(head))
    for number, cells in filled:
        row = [*cells, *[""] * (len(names) - len(cells))]
        if not row[place]:
            continue
        found = [says] if says else [what for at, what in dated.items() if row[at] not in ("", "0")]
        for at in () if says else telling:
            word = " ".join(fold(row[at]).replace("_", " ").replace("-", " ").split())
            if word not in _WORDS:
                raise PerthynError("campaign.results.word", file=file.name, row=number, word=row[at])
            found += [_WORDS[word]] if _WORDS[word] else []
        yield number, row[place], list(dict.fromkeys(found))
