"""Handing over: the lines of a campaign as a file for whoever sends it; by the same door, from the same ledger.

A line is handed over once. It is settled before the file appears, so whoever is killed between finds the lines again
with `again`, and nobody is handed over twice.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import Path
from typing import IO, Any

from perthyn.changes import Batch, Change, Create
from perthyn.contacting import Decision
from perthyn.contacting.fields import joined
from perthyn.contacting.ledger import interaction_of, lines_of
from perthyn.crm.ahead import Ahead, Parcel
from perthyn.crm.campaigns import CHUNK
from perthyn.crm.exports import appearing
from perthyn.crm.rounds import LEDGER, edit_of, held_by, is_held, promoted, rests_on, rule_held_by, sorted_out
from perthyn.crm.sending import Sending
from perthyn.errors import PerthynError, Stale, Unknown
from perthyn.importing.formulas import guarded
from perthyn.model import Campaign, Contact, Message
from perthyn.text import nearest

Cells = Sequence[str]
Make = Callable[[Parcel, Decision], Cells]


@dataclass(frozen=True, slots=True)
class Handed:
    """What was written: `rows`, of which `new` had not been handed over before; rule -> how many are `held` now."""

    file: str
    form: str
    rows: int
    new: int
    held: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file. `channels`: what campaigns it is for. `letters`: whether it holds our letters."""

    channels: tuple[str, ...]
    head: Cells = ()
    cells: Callable[[Contact, Sequence[Contact], Message, Decision], Cells] = lambda *given: ()
    letters: bool = False
    suffix: str = ".csv"


def _label(contact: Contact, others: Sequence[Contact], line: Message, told: Decision) -> Cells:
    """As it stands on an envelope: a household's people on one label."""
    address = contact.preferred_address()
    parts = (address.lines, address.town, address.county, address.postcode, address.country) if address else ("",) * 5
    return (_names(contact, others, line), *(part or "" for part in parts), line.language)


def _names(contact: Contact, others: Sequence[Contact], line: Message) -> str:
    names = dict.fromkeys(one.shown_name for one in (contact, *others))
    return joined(list(names), "cy" if line.language == "cy" else "en")


def _mailed(contact: Contact, others: Sequence[Contact], line: Message, told: Decision) -> Cells:
    return (told.address, contact.given or "", contact.family or "", line.language)


def _plain(contact: Contact, others: Sequence[Contact], line: Message, told: Decision) -> Cells:
    way = told.address.replace("\n", ", ")
    return (line.id.hex, _names(contact, others, line), contact.given or "", contact.family or "", way, line.language)


_POSTAL = ("Name", "Address", "Town", "County", "Postcode", "Country", "Language")
FORMS: Mapping[str, Form] = {
    "labels": Form(("post",), _POSTAL, _label),
    "letters": Form(("post",), letters=True, suffix=".html"),
    "mailchimp": Form(("email",), ("Email Address", "First Name", "Last Name", "Language"), _mailed),
    "dotdigital": Form(("email",), ("Email", "FIRSTNAME", "LASTNAME", "LANGUAGE"), _mailed),
    "csv": Form(
        ("email", "post", "phone", "sms"), ("Message", "Name", "First Name", "Last Name", "Address", "Language"), _plain
    ),
}
"""By name. The columns of mailers are called as their own imports call them, whatever the language."""


class Handing(Sending):
    """What a person can do with a campaign that somebody else sends."""

    def hand_over(
        self, campaign: Campaign, form: str, file: Path, *, again: bool = False, replace: bool = False,
        told: Callable[[int], None] = lambda letters: None,
    ) -> Handed:  # fmt: skip
        """Write the lines that wait to a file, and note that they are out of our hands; a draft is frozen first.

        `again`: those that were handed over before, once more, but for who may not be contacted any longer; nothing is
        noted. Raises `Unknown` (``campaign.form.unknown``), `PerthynError` (``campaign.form.channel``,
        ``campaign.form.suffix``, ``export.there``, ``export.unwritable``, and what `freeze` raises).
        """
        self.check("contact.export")
        self.check("campaign.send")
        if form not in FORMS:
            raise Unknown("campaign.form.unknown", name=form, suggestion=nearest(form, FORMS), known=", ".join(FORMS))
        kind = FORMS[form]
        if campaign.channel not in kind.channels:
            raise PerthynError("campaign.form.channel", form=form, channel=campaign.channel)
        if file.suffix.lower() != kind.suffix:
            raise PerthynError("campaign.form.suffix", form=form, suffix=kind.suffix)
        if file.exists() and not replace:
            raise PerthynError("export.there", file=str(file))
        if campaign.state == "draft":
            self.freeze(campaign, by_us=kind.letters)
            campaign = self.store.get(Campaign, [campaign.id])[campaign.id]
        held: Counter[str] = Counter()
        ahead = Ahead(self, campaign, "", self.letters(campaign) if kind.letters else None)
        make = self._maker(kind, ahead)
        rows = self._handed_before(ahead, make, held) if again else self._handed_now(ahead, make, held)
        written = 0
        with appearing(file) as part, part.open("w", encoding=_encoding(kind), newline="") as out:
            write = self._paper(campaign, kind, out)
            for row in rows:
                write(row)
                written += 1
                told(1)
            if kind.letters:
                out.write(_TAIL)
        self.note("contact.exported", count=written, purpose=campaign.purpose, of=form, now=True)
        if not again:
            self._ended(campaign)
        return Handed(str(file), form, written, 0 if again else written, dict(held.most_common()))

    def _handed_now(self, ahead: Ahead, make: Make, held: Counter[str]) -> Iterator[Cells]:
        """Those who wait, each settled as handed over in a batch that rests on what was looked at."""
        while some := ahead.several():
            changes: list[Change] = []
            rows: list[Cells] = []
            for parcel in some:
                edits, row = self._asked_of(ahead, parcel, make)
                changes += edits
                rows += [] if row is None else [row]
            batch = Batch(
                self.batch_id(), self.actor.name, self.clock(), ahead.campaign.code, LEDGER, changes,
                since=ahead.position,
            )  # fmt: skip
            try:
                receipt = self.apply(batch)
            except Stale:
                ahead.stale()
                continue
            ahead.wrote(receipt.number)
            ahead.all_taken()
            held.update(rule_held_by(one) for one in changes if is_held(one))
            yield from rows

    def _asked_of(self, ahead: Ahead, parcel: Parcel, make: Make) -> tuple[list[Change], Cells | None]:
        """What the door lets go of one parcel: the changes of its lines, and its row, if it goes."""
        decided = {line.id: ahead.decided(line) for line in parcel.lines}
        changes, going = sorted_out(ahead, parcel, decided)
        if parcel.line not in going:
            return [*changes, *promoted(going)], None
        try:
            row = make(Parcel(parcel.line, tuple(going[1:])), decided[parcel.line.id])
        except PerthynError as error:
            hold = held_by(parcel.line, decided[parcel.line.id], error.code)
            return [*changes, hold, *promoted(going[1:])], None
        now = self.clock()
        for line in going:
            changes.append(edit_of(line, {"state": "handed", "sent": now, **rests_on(decided[line.id])}))
            about = {"id": self.ids(), "day": now.astimezone(self.zone).date()}
            changes.append(Create(interaction_of(ahead.campaign, line, now, about)))
        return changes, row

    def _handed_before(self, ahead: Ahead, make: Make, held: Counter[str]) -> Iterator[Cells]:
        """Those who were handed over, as far as they may still be contacted."""
        ahead.position = self.store.position()
        with closing(lines_of(self.store, ahead.campaign.id)) as lines:
            handed = (one for one in lines if one.state == "handed" and one.household is None)
            while some := list(islice(handed, CHUNK)):
                for parcel in ahead.with_people(some):
                    decided = {line.id: ahead.decided(line) for line in parcel.lines}
                    held.update(one.rule for one in decided.values() if not one.allowed)
                    if decided[parcel.line.id].allowed:
                        covered = tuple(line for line in parcel.covered if decided[line.id].allowed)
                        yield make(Parcel(parcel.line, covered), decided[parcel.line.id])

    # -- paper -----------------------------------------------------------------------------------------------

    def _maker(self, kind: Form, ahead: Ahead) -> Make:
        """How a row of the file is made of a parcel; for letters one page. Raises what `Letters.written` raises."""

        def row(parcel: Parcel, told: Decision) -> Cells:
            others = [ahead.contact(line) for line in parcel.covered]
            return kind.cells(ahead.contact(parcel.line), others, parcel.line, told)

        def page(parcel: Parcel, told: Decision) -> Cells:
            assert ahead.letters is not None
            line, contact = parcel.line, ahead.contact(parcel.line)
            others = [ahead.contact(one) for one in parcel.covered]
            said = ahead.letters.written(contact, line.language, token="", household=others, said=ahead.said)
            place = "\n".join((_names(contact, others, line), told.address))
            language = "en" if line.language == "en" else "cy"
            return [_PAGE.format(language=language, place=escape(place), text=escape(said.text))]

        return page if kind.letters else row

    def _paper(self, campaign: Campaign, kind: Form, out: IO[str]) -> Callable[[Cells], object]:
        """What writes a row; the head is written at once."""
        if kind.letters:
            out.write(_HEAD.format(title=escape(campaign.name(self.language))))
            return lambda row: out.write(row[0])
        writer: Any = csv.writer(out)
        writer.writerow(kind.head)
        return lambda row: writer.writerow([guarded(cell) for cell in row])

    def _ended(self, campaign: Campaign) -> None:
        with closing(lines_of(self.store, campaign.id)) as lines:
            waits = any(one.state in ("waiting", "claimed") for one in lines)
        there = self.store.get(Campaign, [campaign.id])[campaign.id]
        if not waits and there.state == "sending":
            self._set_state(there, "sent")


def _encoding(kind: Form) -> str:
    return "utf-8" if kind.letters else "utf-8-sig"


_HEAD = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 20mm; }}
body {{ font: 12pt/1.45 Georgia, serif; }}
article {{ break-after: page; max-width: 170mm; }}
address {{ font-style: normal; white-space: pre-line; margin: 25mm 0 20mm; }}
div {{ white-space: pre-wrap; }}
</style>
</head>
<body>
"""
_PAGE = """<article lang="{language}">
<address>{place}</address>
<div>{text}</div>
</article>
"""
_TAIL = "</body>\n</html>\n"
