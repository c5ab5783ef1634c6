"""Watching: how far a campaign has come, and having what runs by itself go on with it at once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import get_args

from perthyn.changes import Edit
from perthyn.crm.jobs import BOOKKEEPING
from perthyn.crm.sending import JOB, Sending
from perthyn.errors import Conflict, Unknown
from perthyn.model import Campaign, Job
from perthyn.model.campaign import MessageState
from perthyn.model.ids import named_id
from perthyn.rules.closed import All, Field, Known, Measure, Not, OneOf


class Watching(Sending):
    """What a person can do while a campaign goes out by itself."""

    def progress(self, campaign: Campaign) -> Counter[str]:
        """State of a line -> how many letters are in it; people whom another's letter speaks to have none.

        The store counts them: whoever waits for a great campaign asks every few seconds.
        """
        self.check("campaign.read")
        own = Field("campaign", OneOf(frozenset({campaign.id}))), Not(Field("household", Known()))
        found: Counter[str] = Counter()
        for state in get_args(MessageState):
            letters = Measure("message", "count", where=All((*own, Field("state", OneOf(frozenset({state}))))))
            found[state] = sum(count * contacts for count, contacts in self.store.spread(letters))
        return +found

    def send_soon(self, campaign: Campaign) -> bool:
        """Let whoever sends by itself (`perthyn start`, `perthyn once`) go on with a campaign now, not after a while.

        Answers whether there is a letter-sender's job to do. Nothing is sent by this.
        """
        self.check("campaign.send")
        id = named_id(f"{JOB}\x1f{campaign.id}")
        job, now = self.store.get(Job, [id]).get(id), self.clock()
        if job is None:
            return False
        if job.worker is None and job.due > now:
            with suppress(Conflict, Unknown):  # somebody has it in hand by now
                self.commit([Edit("job", id, {"due": (job.due, now)})], kind=BOOKKEEPING, reason=BOOKKEEPING)
        return True
