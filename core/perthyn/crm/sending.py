"""Sending: the ledger is made once, then round after round works it off; and what a person decides of a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Edit, Receipt
from perthyn.channel import Answer, Channel, Letter, NotNow, Outlet, Reach, Refused
from perthyn.contacting.door import MAILING
from perthyn.contacting.fields import Said
from perthyn.contacting.ledger import GONE, block_of, interaction_of, lines_of, message_id
from perthyn.contacting.letters import Letters
from perthyn.contacting.pacing import DAY, Pacing
from perthyn.contacting.tokens import token
from perthyn.crm.ahead import LEASE, Ahead
from perthyn.crm.campaigns import CHUNK, Campaigns
from perthyn.crm.rounds import LEDGER, STOPS, End, Round, after
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Campaign, Contact, Interaction, Job, Message
from perthyn.model.ids import named_id
from perthyn.model.values import MAX_TEXT
from perthyn.rules.closed_json import closed_json

JOB = "campaign.send"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: letters `sent`, `failed` for good, put off for `later`; lines `held`, found `unknown`.

    `waiting`: lines that still wait. `due`: when to go on, None where nothing waits. `why`: what ended it early, if
    anything. `rehearsal`: nothing left the house, and the ledger was not touched.
    """

    sent: int = 0
    failed: int = 0
    later: int = 0
    held: int = 0
    unknown: int = 0
    waiting: int = 0
    due: datetime | None = None
    why: PerthynError | None = None
    rehearsal: bool = False


class Sending(Campaigns):
    """What a person, or a job, can do to get a campaign out."""

    def freeze(self, campaign: Campaign, *, by_us: bool = True) -> Receipt:
        """Work out the segment, write a line of the ledger for everybody in it, and open the campaign for sending.

        `by_us`: its letters are ours; otherwise somebody else writes them, and it is only handed over to them.

        One batch, whose id is made of the campaign's, so it happens once. Not undoable. Raises `PerthynError`
        (``campaign.not_draft``, ``campaign.nobody``, and the first of `problems_of`).
        """
        self.check("campaign.send")
        batch = named_id(f"freeze\x1f{campaign.id}")
        if self.store.header(batch) is None:
            if campaign.state != "draft":
                raise PerthynError("campaign.not_draft", code=campaign.code, state=campaign.state)
            for problem in self.problems_of(campaign) if by_us else ():
                raise problem
        closed = closed_json(self.closed(self.segment_of(campaign)))
        lines = self._audience_lines(campaign)
        if not any(one.goes for one in lines):
            raise PerthynError("campaign.nobody", code=campaign.code, people=len(lines))
        opened = {
            "state": (campaign.state, "sending"),
            "rule": (campaign.rule, closed if len(closed) <= MAX_TEXT else None),
            "frozen_on": (campaign.frozen_on, self.today()),
        }
        edit = Edit("campaign", campaign.id, opened)
        changes = [edit, *(self._job_of(campaign) if by_us else ())]
        blocks = [block_of(campaign, lines)]
        return self.apply(
            Batch(batch, self.actor.name, self.clock(), campaign.code, LEDGER, changes, blocks, {"people": len(lines)})
        )

    def _job_of(self, campaign: Campaign) -> list[Change]:
        """The job that sends on where nobody else does: after a while, for whoever opens a campaign sends it first."""
        id = named_id(f"{JOB}\x1f{campaign.id}")
        if self.store.get(Job, [id]):
            return []
        return [Create(Job(id=id, name=JOB, about=str(campaign.id), due=self.clock() + LEASE))]

    def send_job(self, job: Job) -> list[Change]:
        """What `perthyn start` and `perthyn once` send of a campaign.

        Raises `NotNow` where some still wait, `PerthynError` (one of `STOPS`) where a person must look.
        """
        self.check("campaign.send")
        campaign = self.store.get(Campaign, [UUID(job.about)]).get(UUID(job.about)) if job.about else None
        if campaign is None or campaign.state != "sending":
            return []
        channel, reach = self.way_out(campaign)
        if not self._leaves(channel, reach):
            raise NotNow("campaign.rehearsal", code=campaign.code, after=3600)
        done = self.send_on(campaign, job.worker or "job", until=self.clock() + LEASE / 3)
        if done.why is not None and done.why.code in STOPS:
            raise done.why
        if done.due is not None:
            seconds = max(0.0, (done.due - self.clock()).total_seconds())
            raise NotNow("campaign.waiting", code=campaign.code, waiting=done.waiting, after=seconds)
        return []

    def send_on(
        self,
        campaign: Campaign,
        worker: str,
        *,
        limit: int | None = None,
        until: datetime | None = None,
        stop: Callable[[], bool] = bool,
        wait: Callable[[float], None] | None = None,
        told: Callable[[int], None] = lambda letters: None,
    ) -> Sent:
        """Send what is due of a campaign that is open for sending, by the channel that delivers it.

        `worker`: a name that no other sender has who is at work now. At most `limit` letters, till the instant
        `until`, till `stop()`. `wait(seconds)`: how to wait for a minute's limit; without it, it ends there. Where the
        channel is not live it is a rehearsal, for which a draft will do. Raises `PerthynError`: ``campaign.no_way``,
        ``campaign.not_sending``, what a setting of the channel says.
        """
        self.check("campaign.send")
        channel, reach = self.way_out(campaign)
        if not self._leaves(channel, reach):
            return self._rehearsed(campaign, channel, reach, limit, stop, told)
        if campaign.state not in ("sending", "sent"):
            raise PerthynError("campaign.not_sending", code=campaign.code, state=campaign.state)
        letters = self.letters(campaign)
        for problem in letters.problems():
            raise problem
        ahead = Ahead(self, campaign, worker, letters)
        left = self._found_dead(ahead)
        done = self._rounds(ahead, letters, channel, reach, limit=limit, until=until, stop=stop, wait=wait, told=told)
        return replace(done, unknown=done.unknown + left)

    def _found_dead(self, ahead: Ahead) -> int:
        """How many letters a sender who was stopped had in hand; they are unknown from now on."""
        while left := ahead.left_behind(self.clock()):
            with suppress(Conflict, Unknown):  # somebody else finds them too, or has erased one
                self.commit(left, kind=LEDGER, reason=ahead.campaign.code)
                return len(left)
        return 0

    def _rounds(self, ahead: Ahead, letters: Letters, channel: Channel, reach: Reach, **wishes: Any) -> Sent:
        """Round after round, for who was put behind the others; then what is left."""
        try:
            outlet = channel.outlet(reach)
        except NotNow as error:
            return self._result(ahead.campaign, Counter(), End(self.clock() + (after(error) or DAY / 24), error))
        try:
            work = Round(
                self, ahead, outlet, channel.sender(reach), letters,
                Pacing(channel.pace(reach), self._gone(ahead.campaign.channel)), self.token_key(),
                shares=self.store.shares, **wishes,
            )  # fmt: skip
            work.run()
            done = 0
            while work.end is None and done != (done := sum(work.done.values())):
                ahead.begin()
                work.run()
        finally:
            outlet.close()
        if work.end is not None and work.end.why is not None and work.end.why.code in STOPS:
            self.pause(ahead.campaign)
        return self._result(ahead.campaign, work.done, work.end)

    def _result(self, campaign: Campaign, done: Counter[str], end: End | None) -> Sent:
        """What still waits, and from when; a campaign of which nothing waits has been sent."""
        now = self.clock()
        states: Counter[str] = Counter()
        dues: list[datetime] = []
        with closing(lines_of(self.store, campaign.id)) as lines:
            for one in lines:
                states[one.state] += 1
                if one.state == "waiting":
                    dues.append(one.due or now)
        due = max(min(dues), end.due if end else now) if dues else None
        there = self.store.get(Campaign, [campaign.id])[campaign.id]
        if not dues and not states["claimed"] and there.state == "sending":
            with suppress(Conflict):  # another sender has said so
                self._set_state(there, "sent")
        return Sent(
            done["sent"], done["failed"], done["waiting"], done["held"], done["unknown"], states["waiting"], due,
            end.why if end else None,
        )  # fmt: skip

    def _gone(self, channel: str) -> Iterator[datetime]:
        """When letters of all campaigns by this channel went out in the last day; those nobody is sure of too."""
        since = self.clock() - DAY
        day = since.astimezone(self.zone).date()
        lately = {one.by[0] for one in self.store.tally(Interaction, ["campaign"], since=day) if one.by[0]}
        for campaign in self.store.scan(Campaign):
            if campaign.channel == channel and (campaign.code in lately or campaign.state in ("sending", "paused")):
                with closing(lines_of(self.store, campaign.id)) as lines:
                    out = (one.sent or one.claimed for one in lines if one.state in GONE and one.state != "handed")
                    yield from (at for at in out if at is not None and at > since)

    # -- what a person does ----------------------------------------------------------------------------------

    def pause(self, campaign: Campaign) -> Receipt | None:
        """Let no further letter go, whoever sends; undone by `resume`."""
        self.check("campaign.send")
        there = self.store.get(Campaign, [campaign.id])[campaign.id]
        return self._set_state(there, "paused") if there.state == "sending" else None

    def resume(self, campaign: Campaign) -> Campaign:
        """Open a campaign again that was paused. Raises `PerthynError` (``campaign.not_sending``)."""
        self.check("campaign.send")
        there = self.store.get(Campaign, [campaign.id])[campaign.id]
        if there.state == "draft":
            raise PerthynError("campaign.not_sending", code=there.code, state=there.state)
        if there.state == "paused":
            edit = Edit("campaign", there.id, {"state": ("paused", "sending")})
            self.commit([edit, *self._job_of(there)], kind=LEDGER, reason=there.code)
        return self.store.get(Campaign, [campaign.id])[campaign.id]

    def unknown(self, campaign: Campaign) -> list[Message]:
        """The lines of which nobody knows whether their letters went out."""
        self.check("campaign.read")
        with closing(lines_of(self.store, campaign.id)) as lines:
            return [one for one in lines if one.state == "unknown"]

    def refused(self, campaign: Campaign) -> list[Message]:
        """The lines whose letters the channel refused for good; `reply` says why."""
        self.check("campaign.read")
        with closing(lines_of(self.store, campaign.id)) as lines:
            return [one for one in lines if one.state == "failed"]

    def resolve(self, campaign: Campaign, lines: Sequence[Message], sent: bool) -> Receipt:
        """What a person says of such lines: unknown ones went out, or are to be sent again, as refused ones may be.

        Raises `PerthynError` (``campaign.none_unknown``).
        """
        self.check("campaign.send")
        found = [one for one in lines if one.state == "unknown" or (one.state == "failed" and not sent)]
        if not found:
            raise PerthynError("campaign.none_unknown", code=campaign.code)
        changes: list[Change] = []
        for one in found:
            at = one.claimed or self.clock()
            values: dict[str, tuple[Any, Any]] = {"state": (one.state, "sent" if sent else "waiting")}
            fresh = {"worker": (one.worker, None), "due": (one.due, None), "attempts": (one.attempts, 0)}
            values |= {"sent": (one.sent, at)} if sent else fresh
            changes.append(Edit("message", one.id, values))
            if sent:
                about = {"id": self.ids(), "day": at.astimezone(self.zone).date()}
                changes.append(Create(interaction_of(campaign, one, at, about)))
        if not sent and campaign.state == "sent":
            changes += [Edit("campaign", campaign.id, {"state": ("sent", "sending")}), *self._job_of(campaign)]
        return self.commit(changes, kind=LEDGER, reason=campaign.code)

    def _set_state(self, campaign: Campaign, state: str) -> Receipt:
        edit = Edit("campaign", campaign.id, {"state": (campaign.state, state)})
        return self.commit([edit], kind=LEDGER, reason=campaign.code)

    # -- without the ledger ----------------------------------------------------------------------------------

    def send_test(self, campaign: Campaign, address: str, contact: Contact | None = None) -> tuple[Answer, bool]:
        """One letter to an address of our own, as `contact` (somebody invented) would read it; no line of the ledger.

        Answers what the other side said, and whether the letter really left. Raises what `Outlet.send` raises.
        """
        self.check("campaign.send")
        channel, reach = self.way_out(campaign)
        reader = contact or Contact(id=self.ids(), name="Siân Enghraifft", given="Siân", family="Enghraifft")
        name = token(reach.key, message_id(self.ids(), reader.id))
        page = channel.sender(reach).page(name)
        language, said = self.letter_for(campaign, reader)
        letter = Letter(
            message_id(campaign.id, reader.id), name, address, reader.shown_name, said.subject, said.text, said.html,
            language, campaign.purpose, campaign.code, campaign.purpose in MAILING, page,
        )  # fmt: skip
        with closing(self._rehearsing_outlet(channel, reach)) as outlet:
            return outlet.send(letter), self._leaves(channel, reach)

    def _leaves(self, channel: Channel, reach: Reach) -> bool:
        """Whether what is handed to the channel leaves the house; from a training copy nothing does."""
        return channel.live(reach) and not self.settings.training

    def _rehearsing_outlet(self, channel: Channel, reach: Reach) -> Outlet:
        """The channel's outlet, outside the ledger. Raises `PerthynError` (``training.closed``): it would leave."""
        if self.settings.training and channel.live(reach):
            raise PerthynError("training.closed")
        return channel.outlet(reach)

    def _rehearsed(
        self, campaign: Campaign, channel: Channel, reach: Reach, limit: int | None, stop: Callable[[], bool],
        told: Callable[[int], None],
    ) -> Sent:  # fmt: skip
        """The letters of who would get one now, to an outlet that lets none out."""
        done: Counter[str] = Counter()
        with closing(self._rehearsing_outlet(channel, reach)) as outlet:
            for letter in islice(self._as_now(campaign, done), limit):
                if stop():
                    break
                done[_tried(outlet, letter)] += 1
                told(1)
        return Sent(done["sent"], done["failed"], done["later"], done["held"], rehearsal=True)

    def _as_now(self, campaign: Campaign, done: Counter[str]) -> Iterator[Letter]:
        letters = self.letters(campaign)
        page = self.sender(campaign).page
        chosen = self._audience_lines(campaign)
        together: dict[UUID, list[UUID]] = {}
        for line in chosen:
            if line.speaker is not None:
                together.setdefault(line.speaker, []).append(line.contact)
        known: Said = {}
        for place, line in enumerate(chosen):
            if place % CHUNK == 0:
                next = [one.contact for one in chosen[place : place + CHUNK]]
                known = self.said(letters, chain(next, *(together.get(one, ()) for one in next)))
            done["held"] += not line.decision.allowed
            if not line.goes:
                continue
            people = self.store.get(Contact, [line.contact, *together.get(line.contact, ())])
            reader = people.pop(line.contact)
            name = token(self.token_key(), message_id(campaign.id, line.contact))
            try:
                said = letters.written(
                    reader, line.language, token=name, refuse_url=page(name), household=list(people.values()),
                    said=known,
                )  # fmt: skip
            except PerthynError:
                done["held"] += 1
                continue
            yield Letter(
                message_id(campaign.id, line.contact), name, line.decision.address, reader.shown_name, said.subject,
                said.text, said.html, line.language, campaign.purpose, campaign.code, line.decision.must_offer,
                page(name),
            )  # fmt: skip


def _tried(outlet: Outlet, letter: Letter) -> str:
    try:
        outlet.send(letter)
    except Refused:
        return "failed"
    except PerthynError:
        return "later"
    return "sent"
