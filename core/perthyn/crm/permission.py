"""Permission: what somebody said, how their details came, what the organisation rests on, lists held against ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from perthyn.changes import Create, Receipt
from perthyn.contacting import Case, Grounds
from perthyn.contacting.door import CHANNELS, MAILING, NO
from perthyn.contacting.grounds import GROUNDS
from perthyn.crm.people import People, about, checked
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Consent, Obtained
from perthyn.text import nearest

SAYING = ("given", "voided", *NO)
"""What can be recorded by hand; "unconfirmed" is for files."""


class Permission(People):
    """What a person can write down about whether somebody may be contacted."""

    def record_consent(
        self,
        id: UUID,
        decision: str,
        channels: Iterable[str] = (),
        *,
        purpose: str = "marketing",
        on: date | None = None,
        **said: Any,
    ) -> Receipt:
        """Write down what somebody said (`SAYING`) on a day (now), for channels (all, for what is no yes).

        `said`: ``how``, ``wording``, ``wording_version``, ``language``, ``address``, ``evidence``. A yes needs to be
        shown later: it has a channel, a wording and how it was said. A "no" is never undone; a yes is voided.
        Raises `Unknown` (``consent.decision.unknown``, ``export.channel.unknown``, ``export.purpose.unknown``),
        `PerthynError` (``consent.yes.bare``, ``consent.future``, ``record.value``).
        """
        self.check("consent.write")
        chosen = tuple(channels) or (() if decision == "given" else CHANNELS)
        _known(decision, SAYING, "consent.decision.unknown")
        _known(purpose, MAILING, "export.purpose.unknown")
        for channel in chosen:
            _known(channel, CHANNELS, "export.channel.unknown")
        if decision == "given" and not (chosen and said.get("wording") and said.get("how")):
            raise PerthynError("consent.yes.bare")
        contact = self._contact(id)
        at = self.moment(on, late=decision != "given")
        made = [
            checked(
                Consent,
                {**said, "id": self.ids(), "contact": contact.id, "channel": channel, "purpose": purpose, "at": at,
                 "decision": decision, "recorded": self.clock(), "by": self.actor.name},
            )
            for channel in chosen
        ]  # fmt: skip
        return self.commit([Create(one) for one in made], reason=decision, facts=about(contact))

    def record_obtained(
        self, id: UUID, channel: str, whom: str, connection: str, *, on: date | None = None, **said: Any
    ) -> tuple[Obtained, Receipt]:
        """Write down how an address of somebody was obtained, on a day (now); the one the channel uses, if not said.

        `said`: ``address``, ``refusable``, ``subscriber``, ``how``, ``evidence`` (see `Obtained`). Undoable.
        Raises `Unknown` (``export.channel.unknown``), `PerthynError` (``contact.no_address``, ``consent.future``,
        ``record.value``).
        """
        self.check("consent.write")
        _known(channel, CHANNELS, "export.channel.unknown")
        contact = self._contact(id)
        address = said.pop("address", None) or Case(contact, channel, "marketing", self.clock()).address
        if not address:
            raise PerthynError("contact.no_address")
        made: Obtained = checked(
            Obtained,
            {**said, "id": self.ids(), "contact": contact.id, "channel": channel, "address": address, "whom": whom,
             "connection": connection, "at": self.moment(on), "recorded": self.clock(), "by": self.actor.name},
        )  # fmt: skip
        return made, self.commit([Create(made)], reason="obtained", facts=about(contact))

    def rest_on(self, grounds: Mapping[str, bool]) -> tuple[Grounds, Receipt | None]:
        """Decide what to rest on beside consent (`Grounds`); what is not named stays. Undoable.

        Raises `Unknown` (``grounds.unknown``), `PerthynError` (``grounds.charity``).
        """
        self.check("setting.write")
        for name in grounds:
            _known(name, tuple(Grounds().plain()), "grounds.unknown")
        wanted = replace(self.grounds(), **grounds)
        if wanted.support and not wanted.charity:
            raise PerthynError("grounds.charity")
        change = self.remember(GROUNDS, asdict(wanted))
        return wanted, self.commit([change], reason=GROUNDS, kind="setting") if change else None

    def moment(self, day: date | None, *, late: bool = False) -> datetime:
        """When something of a day is taken to have been: its first moment, or with `late` its last; now without a day.

        A no is so taken to come after a yes of the same day. Raises `PerthynError` (``consent.future``).
        """
        self.check("contact.read")
        now = self.clock()
        if day is None:
            return now
        if day > self.today():
            raise PerthynError("consent.future", day=day)
        start = datetime.combine(day, time(), self.zone)
        if not late:
            return start
        return min(now, datetime.combine(day + timedelta(days=1), time(), self.zone) - timedelta(milliseconds=1))


def _known(name: str, names: tuple[str, ...], code: str) -> None:
    if name not in names:
        raise Unknown(code, name=name, suggestion=nearest(name, names), known=", ".join(names))
