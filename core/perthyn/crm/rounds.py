"""Round: one run of sending, line by line, each claimed in a transaction of its own before its letter leaves.

The store's position is read first, then what is known of the next few people; a claim rests on that position
(`Batch.since`), so it is refused where anybody has written anything since, a withdrawal or another sender's claim, and
everything is looked at again. As long as only this round writes, what was looked at stands. The settling of a letter
goes with the claim of the next. Whoever is killed leaves one letter claimed at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Edit
from perthyn.channel import Letter, NotNow, Outlet, Refused, Sender, Unsure
from perthyn.contacting import Decision
from perthyn.contacting.ledger import evidence_of, interaction_of
from perthyn.contacting.letters import Letters
from perthyn.contacting.pacing import Pacing
from perthyn.contacting.tokens import token
from perthyn.crm.ahead import Ahead, Parcel
from perthyn.crm.campaigns import Campaigns
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.model import Interaction, Message, Screening
from perthyn.model.identity import email_alone_key

LEDGER = "ledger"
"""The kind of a batch by which the ledger is kept."""
IN_A_ROW = 3
"""After so many letters one after the other that could not be handed over, it is not the letters."""
STOPS = ("campaign.refused", "campaign.unsure")
"""Why a campaign is stopped until a person has looked."""
REFUSALS = 5
"""After so many that the other side refused, one after the other, for another reason than a dead address, it is us."""
TRIES = 10
SOON = timedelta(minutes=10)
"""When a letter that could not be handed over is tried again; twice as long each time."""
IDLE = {"worker": None, "claimed": None}


class Outcome(NamedTuple):
    """What became of a letter: the state of its lines, further values; `dead`: whether its address leads nowhere."""

    state: str
    values: Mapping[str, Any] = {}
    dead: bool = False


class End(NamedTuple):
    """Why a round ended before the ledger did: an error, a wish or the clock; and when to go on."""

    due: datetime
    why: PerthynError | None = None


@dataclass
class Round:
    """A run with one open connection. `key`: for tokens. `stop`: asked before each letter.

    `wait(seconds)`: how the round waits for a minute's limit; without it, it ends. `told(letters)`: progress. `shares`:
    a claim holds only when others see it.
    """

    crm: Campaigns
    ahead: Ahead
    outlet: Outlet
    sender: Sender
    letters: Letters
    pacing: Pacing
    key: bytes
    shares: bool = False
    limit: int | None = None
    until: datetime | None = None
    stop: Callable[[], bool] = bool
    wait: Callable[[float], None] | None = None
    told: Callable[[int], None] = lambda letters: None
    done: Counter[str] = field(default_factory=Counter)
    end: End | None = None
    _hand: tuple[Parcel, Outcome] | None = None
    _in_a_row: int = 0
    _refusals: int = 0
    _unknown: int = 0
    _out: int = 0

    def __post_init__(self) -> None:
        if self.pacing.counts:
            self._out = self.crm.letters_out(self.ahead.campaign.channel)

    def run(self) -> None:
        """Send what is due, until there is nothing more or `end` says why. What is in hand is always settled."""
        try:
            while letter := self._claimed():
                outcome = self._handed_over(letter)
                parcel = self._hand[0] if self._hand else None
                if parcel is not None:
                    self._hand = (parcel, outcome)
                self.done[outcome.state] += 1
                self.told(1)
        finally:
            self._settle()

    # -- before a letter leaves ------------------------------------------------------------------------------

    def _claimed(self) -> Letter | None:
        """The next letter, claimed in one transaction with the settling of the one before."""
        while self._may_go_on():
            parcel = self.ahead.first()
            if parcel is None:
                return None
            if self.ahead.campaign.state != "sending":
                self.end = End(self.crm.clock(), PerthynError("campaign.paused", code=self.ahead.campaign.code))
                return None
            letter, changes = self._asked(parcel)
            if not self._wrote([*self._settled(), *changes]):
                continue
            self.ahead.taken()
            self._hand = None
            self.done["held"] += sum(map(is_held, changes))
            if letter is not None:
                self._hand = (_as_claimed(parcel, changes), Outcome("unknown"))
                if not self.shares or self._is_shared():
                    return letter
        return None

    def _may_go_on(self) -> bool:
        now = self.crm.clock()
        if self.end is None and (self.stop() or (self.until and now >= self.until) or self._full()):
            self.end = End(now)
        if self.end is None and (next := self.pacing.next(now)) > now:
            self._wait(now, next)
        return self.end is None

    def _full(self) -> bool:
        return self.limit is not None and sum(self.done[state] for state in ("sent", "failed", "unknown")) >= self.limit

    def _wait(self, now: datetime, next: datetime) -> None:
        """For a minute's limit here; what exceeds a day's goes another time."""
        self._settle()
        if self.wait is None or next - now > timedelta(minutes=1):
            self.end = End(next, PerthynError("campaign.pace", code=self.ahead.campaign.code))
        else:
            self.wait((next - now).total_seconds())

    def _asked(self, parcel: Parcel) -> tuple[Letter | None, list[Change]]:
        """The one door is asked of everyone whom the letter speaks to: the letter and its claim, or who is held."""
        told = {line.id: self.ahead.decided(line) for line in parcel.lines}
        changes, going = sorted_out(self.ahead, parcel, told)
        if parcel.line not in going:
            return None, [*changes, *promoted(going)]
        try:
            letter = self._written(parcel.line, going[1:], told[parcel.line.id])
        except PerthynError as error:
            hold = held_by(parcel.line, told[parcel.line.id], error.code)
            return None, [*changes, hold, *promoted(going[1:])]
        mine = {"state": "claimed", "worker": self.ahead.worker, "claimed": self.crm.clock()}
        return letter, [*changes, *(edit_of(line, {**mine, **rests_on(told[line.id])}) for line in going)]

    def _written(self, line: Message, covered: Sequence[Message], decision: Decision) -> Letter:
        contact, campaign = self.ahead.contact(line), self.ahead.campaign
        name = token(self.key, line.id)
        page = self.sender.page(name)
        others = [self.ahead.contact(one) for one in covered]
        said = self.letters.written(
            contact, line.language, token=name, refuse_url=page, household=others, said=self.ahead.said
        )
        return Letter(
            line.id, name, decision.address, contact.shown_name, said.subject, said.text, said.html, line.language,
            campaign.purpose, campaign.code, decision.must_offer, page,
        )  # fmt: skip

    def _is_shared(self) -> bool:
        """Whether the claim that was just made holds where others see it, and nothing came in before it.

        If not, the letter goes back; it is looked at again, or another time where the others can't be reached.
        """
        parcel = self._hand[0] if self._hand else None
        if parcel is None:
            return False
        there = self.crm.store.get(Message, [parcel.line.id]).get(parcel.line.id)
        if self.end is None and there == parcel.line and self.crm.store.position() == self.ahead.position:
            return True
        self._hand = (parcel, Outcome("waiting", IDLE))
        self._settle()
        self.ahead.begin()
        return False

    # -- handing over ----------------------------------------------------------------------------------------

    def _handed_over(self, letter: Letter) -> Outcome:
        now = self.crm.clock()
        try:
            answer = self.outlet.send(letter)
        except Refused as error:
            return self._refused(error)
        except NotNow as error:
            return self._put_off(error)
        except Unsure as error:
            return self._unsure(error)
        self._in_a_row = self._refusals = self._unknown = 0
        self.pacing.note(now)
        return Outcome("sent", {"sent": self.crm.clock(), "reply": _fit(answer.reply or answer.reference) or None})

    def _refused(self, error: Refused) -> Outcome:
        """For good; after some in a row it is us or the letter, and a person must look."""
        self._in_a_row = 0
        dead, reply = error.facts.get("dead") is True, _said(error)
        self._refusals += bool(error.facts.get("reply")) and not dead
        if self._refusals >= REFUSALS:
            self._stop("campaign.refused", self._refusals, reply)
        return Outcome("failed", {"rule": error.code, "reply": reply}, dead)

    def _unsure(self, error: Unsure) -> Outcome:
        """Nobody knows; before nobody knows of all of them, a person must look."""
        self._unknown += 1
        if self._unknown >= IN_A_ROW:
            self._stop("campaign.unsure", self._unknown, _fit(str(error.facts.get("why") or error.code)))
        return Outcome("unknown", {"rule": error.code, "reply": _said(error)})

    def _stop(self, why: str, count: int, said: str) -> None:
        facts = {"code": self.ahead.campaign.code, "count": count, "reply": said}
        self.end = End(self.crm.clock(), PerthynError(why, **facts))

    def _put_off(self, error: NotNow) -> Outcome:
        """Back to those who wait; after a few in a row it is the connection, and all of them wait."""
        line = self._hand[0].line if self._hand else None
        attempts = line.attempts + 1 if line else 1
        if attempts >= TRIES:
            return Outcome("failed", {"rule": error.code, "reply": _said(error), "attempts": attempts})
        due = self.crm.clock() + (after(error) or SOON * 2 ** (attempts - 1))
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            self.end = End(due, error)
        return Outcome("waiting", {**IDLE, "due": due, "attempts": attempts, "reply": _said(error)})

    # -- after it --------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """What is in hand, in a transaction of its own."""
        while self._hand is not None:
            if self._wrote(self._settled(), since=False):
                self._hand = None

    def _settled(self) -> list[Change]:
        """The changes that say what became of the letter in hand."""
        if self._hand is None:
            return []
        parcel, (state, values, dead) = self._hand
        if state == "failed":
            held = self._given_up(parcel.line, values["reply"]) if dead else ()
            return [edit_of(parcel.line, {"state": state, **values}), *promoted(parcel.covered, IDLE), *held]
        changes: list[Change] = [edit_of(line, {"state": state, **values}) for line in parcel.lines]
        if state == "sent":
            at = values["sent"]
            day = at.astimezone(self.crm.zone).date()
            for line in parcel.lines:
                about = {"id": self.crm.ids(), "day": day}
                changes.append(Create(interaction_of(self.ahead.campaign, line, at, about)))
        return changes

    def _given_up(self, line: Message, reply: str) -> Iterator[Change]:
        """Nothing arrives at the address of a line: so it is noted for all who have it."""
        crm, now, key = self.crm, self.crm.clock(), email_alone_key(line.address or "")
        about = {"list": "bounce", "address": line.address, "checked": now, "hit": True, "reference": reply}
        about |= {"recorded": now, "by": crm.actor.name}
        for person in dict.fromkeys([line.contact, *crm.store.keyed([key]).get(key, ())]):
            yield Create(Screening.model_validate({**about, "id": crm.ids(), "contact": person}))

    def _wrote(self, changes: Sequence[Change], since: bool = True) -> bool:
        """Write to the ledger; False where somebody else has written since, and all must be looked at again."""
        crm, campaign = self.crm, self.ahead.campaign
        together = sorted(changes, key=lambda one: isinstance(one, Create))  # all edits at once: a third of the time
        batch = Batch(
            crm.batch_id(), crm.actor.name, crm.clock(), campaign.code, LEDGER, together,
            since=self.ahead.position if since else None,
        )  # fmt: skip
        try:
            receipt = crm.apply(batch)
        except (Stale, Conflict, Unknown):
            self.ahead.stale()
            self._hand = self._found_again()
            self._count_others()
            return False
        self._out += sum(isinstance(one, Create) and isinstance(one.record, Interaction) for one in changes)
        if since or receipt.number == self.ahead.position + 1:
            self.ahead.wrote(receipt.number)
        else:
            self.ahead.stale()
        if self.shares and receipt.state != "shared":
            self.end = End(crm.clock(), PerthynError("campaign.not_shared", code=campaign.code))
        return True

    def _count_others(self) -> None:
        """What others have sent since it was last counted counts as if it had gone out just now."""
        if self.pacing.counts:
            out = self.crm.letters_out(self.ahead.campaign.channel)
            for _ in range(out - self._out):
                self.pacing.note(self.crm.clock())
            self._out = out

    def _found_again(self) -> tuple[Parcel, Outcome] | None:
        """What is in hand, as its lines are now: somebody may have been erased, or taken us for dead."""
        if self._hand is None:
            return None
        parcel, outcome = self._hand
        there = self.crm.store.get(Message, [line.id for line in parcel.lines])
        ours = [there[line.id] for line in parcel.lines if line.id in there and _is_ours(there[line.id], line)]
        return (Parcel(ours[0], tuple(ours[1:])), outcome) if ours else None


def after(error: PerthynError) -> timedelta | None:
    """How long the other side asks us to wait."""
    seconds = error.facts.get("after")
    return timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) and seconds > 0 else None


def _said(error: PerthynError) -> str:
    return _fit(str(error.facts.get("reply") or "")) or str(error)


def _fit(reply: str) -> str:
    """What the other side said, as it can be stored: anything may stand there."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in reply).split())[:500]


def _is_ours(now: Message, before: Message) -> bool:
    return now.state in ("claimed", "unknown") and (now.worker, now.claimed) == (before.worker, before.claimed)


def edit_of(line: Message, values: Mapping[str, Any]) -> Edit:
    """The state is always named, so that nobody's change to it is overwritten."""
    changed = {name: (getattr(line, name), value) for name, value in values.items() if getattr(line, name) != value}
    return Edit("message", line.id, {"state": (line.state, line.state), **changed})


def rests_on(decision: Decision) -> dict[str, str | None]:
    """What a line says of the decision by which it goes."""
    return {"rule": decision.rule, "evidence": evidence_of(decision), "address": decision.address or None}


def sorted_out(ahead: Ahead, parcel: Parcel, told: Mapping[UUID, Decision]) -> tuple[list[Change], list[Message]]:
    """The changes that hold those of a parcel who may not be contacted, or are written to by another line; the rest."""
    changes: list[Change] = []
    going: list[Message] = []
    for line in parcel.lines:
        if not told[line.id].allowed:
            changes.append(held_by(line, told[line.id], told[line.id].rule))
        elif ahead.has_another(line):
            changes.append(held_by(line, told[line.id], "campaign.twice"))
        else:
            going.append(line)
    return changes, going


def held_by(line: Message, decision: Decision, rule: str) -> Edit:
    """The change that holds a line."""
    return edit_of(line, {"state": "held", "rule": rule, "evidence": evidence_of(decision), "household": None})


def is_held(change: Change) -> bool:
    """Whether a change says of a line that it is held."""
    return isinstance(change, Edit) and change.values.get("state", ("", ""))[1] == "held"


def rule_held_by(change: Change) -> str:
    """By which rule."""
    return str(change.values["rule"][1]) if isinstance(change, Edit) and "rule" in change.values else ""


def promoted(lines: Sequence[Message], values: Mapping[str, Any] = {}) -> Iterator[Edit]:
    """The first of those whom another's letter was to speak to speaks for the rest."""
    for place, line in enumerate(lines):
        speaker = lines[0].id if place else None
        yield edit_of(line, {**values, "state": "waiting", "household": speaker})


def _as_claimed(parcel: Parcel, changes: Sequence[Change]) -> Parcel:
    """The lines of a parcel as they are after its claim; those held are none of it any more."""
    edits = {one.id: one for one in changes if isinstance(one, Edit)}
    now = [
        line.with_values({path: after for path, (_, after) in edits[line.id].values.items()}) for line in parcel.lines
    ]
    claimed = [line for line in now if line.state == "claimed"]
    return Parcel(claimed[0], tuple(claimed[1:]))
