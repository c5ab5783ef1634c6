"""In house: letters to our own people, who asked for them. They are no contacts: no door, no campaign, no ledger.

They go by the way that letters to contacts go by, so that what holds there holds here: a rehearsal writes files, from a
training copy nothing leaves. Whoever has one sent sees to it that it goes once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from perthyn.channel import Answer, Channel, Letter, Reach
from perthyn.contacting.tokens import token
from perthyn.crm.sending import Sending
from perthyn.errors import PerthynError

WAY = "email"
Post = Literal["", "live", "rehearsal", "training"]


@dataclass(frozen=True, slots=True)
class Memo:
    """A letter to one of our own. `id`: made by whoever writes it. The rest: as in `perthyn.channel.Letter`."""

    id: UUID
    address: str
    name: str
    subject: str
    text: str
    html: str = ""
    language: str = "en"
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class InHouse(Sending):
    """What is written to our own people."""

    def memos_go(self) -> Post:
        """Whether a memo could go now: it leaves (*live*), or becomes a file (*rehearsal*).

        "": nothing delivers e-mail here; *training*: from a training copy nothing leaves. Raises `PerthynError` where
        a setting of the channel is wrong.
        """
        self.check("report.read")
        way = self._way()
        if way is None:
            return ""
        if not way[0].live(way[1]):
            return "rehearsal"
        return "training" if self.settings.training else "live"

    def send_memo(self, memo: Memo, claim: Callable[[], None] = lambda: None) -> Answer:
        """Hand one memo over. `claim()` is called when the connection stands, before anything goes: who must know
        afterwards that it may have gone writes it down there.

        Raises what `Outlet.send` and `Channel.outlet` raise; `PerthynError` (``campaign.no_way``, ``training.closed``).
        """
        self.check("job.work")
        way = self._way()
        if way is None:
            raise PerthynError("campaign.no_way", channel=WAY)
        channel, reach = way
        letter = Letter(
            memo.id, token(reach.key, memo.id), memo.address, memo.name, memo.subject, memo.text, memo.html,
            memo.language, "service", must_offer=False, pictures=memo.pictures,
        )  # fmt: skip
        with closing(self._rehearsing_outlet(channel, reach)) as outlet:
            claim()
            return outlet.send(letter)

    def _way(self) -> tuple[Channel, Reach] | None:
        found = (one for one in self._accounts() if WAY in one[0].ways)
        return next(((channel, self._reach(channel.name, account)) for channel, account in found), None)
