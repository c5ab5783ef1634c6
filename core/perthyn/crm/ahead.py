"""Ahead: the next few letters of a campaign with all that is known of their people, as of one position of the store."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from perthyn.changes import Edit
from perthyn.contacting import Decision, Known
from perthyn.contacting.fields import Said
from perthyn.contacting.grounds import GROUNDS
from perthyn.contacting.ledger import GONE, lines_of
from perthyn.contacting.letters import Letters
from perthyn.crm.campaigns import Campaigns
from perthyn.model import Campaign, Contact, Message

LEASE = timedelta(minutes=15)
"""Whoever has had a letter in hand for so long has been stopped; far longer than any server lets one wait."""
AT_ONCE = 256
STANDING = ("barred", GROUNDS)
"""What the door knows beside the records of a person, which the ledger does not touch."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter: its line, and the lines of those in the household that it speaks to as well."""

    line: Message
    covered: tuple[Message, ...] = ()

    @property
    def lines(self) -> tuple[Message, ...]:
        """All its lines."""
        return (self.line, *self.covered)


class Ahead:
    """What comes next. `campaign` and all that is answered are as of `position`; whoever writes says so by `wrote`.

    `worker`: whose earlier life's lines count as left behind. `campaign` is read anew with every look. `letters`: what
    will be written, if anything; `said`: what plugins say in it of those who come next.
    """

    def __init__(self, crm: Campaigns, campaign: Campaign, worker: str, letters: Letters | None = None) -> None:
        self.crm = crm
        self.campaign = campaign
        self.worker = worker
        self.letters = letters
        self.said: Said = {}
        self.position = 0
        self._size = AT_ONCE
        self._after: UUID | None = None
        self._queue: deque[Parcel] = deque()
        self._contacts: dict[UUID, Contact] = {}
        self._known: dict[UUID, Known] = {}
        self._others: dict[UUID, list[Message]] = {}
        self._households: dict[UUID, tuple[UUID, ...]] = {}
        self._again: list[UUID] = []
        self.begin()

    def begin(self) -> None:
        """From the first line on."""
        self._after = None
        self._again = []
        self._queue.clear()
        together: dict[UUID, list[UUID]] = defaultdict(list)
        if self.campaign.household:
            for one in lines_of(self.crm.store, self.campaign.id):
                if one.household is not None:
                    together[one.household].append(one.id)
        groups = [(speaker, *covered) for speaker, covered in together.items()]
        self._households = {id: group for group in groups for id in group}

    def stale(self) -> None:
        """Somebody else has written: nothing that was looked at stands. While others write, little is read at once."""
        self._again = [*(one.line.id for one in self._queue), *self._again]
        self._queue.clear()
        self._size = 1

    def wrote(self, position: int) -> None:
        """This round, and nobody else, has written, and of the ledger only: all that was looked at stands."""
        self.crm.keep_on(STANDING, self.position, position)
        self.position = position

    def taken(self) -> None:
        """The first parcel has been dealt with."""
        self._after = self._queue.popleft().line.id

    def first(self) -> Parcel | None:
        """The next letter that is due, None where there is none till the end of the ledger."""
        while not self._queue and self._look():
            pass
        return self._queue[0] if self._queue else None

    def several(self) -> list[Parcel]:
        """All that has been read on of what is due; empty at the end of the ledger."""
        self.first()
        return list(self._queue)

    def all_taken(self) -> None:
        """All of those have been dealt with."""
        while self._queue:
            self.taken()

    def _look(self) -> bool:
        """Read on; answers whether there was anything. Who has been erased meanwhile is passed by."""
        store = self.crm.store
        self.position = store.position()
        self.campaign = store.get(Campaign, [self.campaign.id])[self.campaign.id]
        now = self.crm.clock()
        if self._again:
            first, self._again = self._again[: self._size], self._again[self._size :]
            found = store.get(Message, first)
            some = [found[id] for id in first if id in found and _is_due(found[id], now)]
        else:
            with closing(lines_of(store, self.campaign.id, self._after)) as lines:
                some = list(islice((one for one in lines if _is_due(one, now)), self._size))
        self._size = min(2 * self._size, AT_ONCE)
        self._queue.extend(self.with_people(some))
        self._after = some[-1].id if some and not self._queue else self._after
        return bool(some or self._again)

    def with_people(self, some: Sequence[Message]) -> list[Parcel]:
        """The letters of these lines, once all that is known of their people has been read."""
        store = self.crm.store
        mates = store.get(Message, {id for one in some for id in self._households.get(one.id, ()) if id != one.id})
        parcels = []
        for one in some:
            group = (mates[id] for id in self._households.get(one.id, ()) if id in mates)
            parcels.append(Parcel(one, tuple(mate for mate in group if mate.household == one.id)))
        ids = {line.contact for parcel in parcels for line in parcel.lines}
        self._contacts = store.get(Contact, ids)
        self._known = self.crm.known(ids)
        self.said = self.crm.said(self.letters, ids) if self.letters else {}
        self._others = defaultdict(list)
        for line in store.owned(Message, sorted(ids)):
            if line.campaign == self.campaign.id:
                self._others[line.contact].append(line)
        return [one for one in parcels if all(line.contact in self._contacts for line in one.lines)]

    # -- of one person ---------------------------------------------------------------------------------------

    def contact(self, line: Message) -> Contact:
        """Whose line it is."""
        return self._contacts[line.contact]

    def decided(self, line: Message) -> Decision:
        """What the one door says now."""
        with self.crm.at_position(self.position):
            contact, channel = self.contact(line), self.campaign.channel
            asked = self.crm.decided(contact, self._known[contact.id], self.campaign.purpose, channels=[channel])
        return asked[channel]

    def has_another(self, line: Message) -> bool:
        """Whether another line of the campaign is the same person's, by a merge, and has gone or goes before this."""
        others = (one for one in self._others[line.contact] if one.id != line.id)
        return any(one.state in GONE or (one.state == "waiting" and one.id < line.id) for one in others)

    # -- what stopped senders left ---------------------------------------------------------------------------

    def left_behind(self, now: datetime) -> list[Edit]:
        """The lines that a sender who was stopped had in hand, to be shown as unknown."""
        found = []
        with closing(lines_of(self.crm.store, self.campaign.id)) as lines:
            for one in lines:
                dead = one.worker == self.worker or (one.claimed is not None and one.claimed <= now - LEASE)
                if one.state == "claimed" and dead:
                    values = {"state": (one.state, "unknown"), "worker": (one.worker, one.worker)}
                    found.append(Edit("message", one.id, {**values, "claimed": (one.claimed, one.claimed)}))
        return found


def _is_due(line: Message, now: datetime) -> bool:
    return line.state == "waiting" and line.household is None and (line.due or now) <= now
