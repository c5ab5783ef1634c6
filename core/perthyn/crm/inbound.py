"""Inbound: what others send is kept as it came and answered at once; a job reads it, and its effects happen once."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Delete, Edit
from perthyn.channel import Delivery, NotNow, Refused, Request
from perthyn.crm.channels import cursor_setting
from perthyn.crm.deliveries import Deliveries
from perthyn.crm.jobs import READ, UNFIT, Jobs, facts_of, words_of
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.importing.tellings import is_word, meant
from perthyn.model import Inbound, Job, Piece
from perthyn.model.ids import named_id

LIMIT = 1_000_000
"""Bytes that a request may hold."""
KEPT = timedelta(days=30)
IN_ORDER = timedelta(days=2)
"""So long after it came, a request that names what has not been told yet waits for it."""
PIECE = 48_000
"""Characters of a piece of a body; a text of a record ends at 50,000."""
AT_ONCE = 200
TELLING = re.compile(r"content-(type|language|encoding)|user-agent|(?=.*(event|topic|type|timestamp|version|-id)$).*")
SECRET = re.compile(r"auth|cookie|sign|secret|token|hmac|password|key|session|forward|-ip|address")
"""Names of headers that are kept, and those that are not, whatever else they say."""


class Inbox(Deliveries, Jobs):
    """What comes in, and what became of it."""

    def came_in(self, channel: str, account: str, request: Request) -> tuple[int, Inbound | None]:
        """Keep a request that a channel finds to be true, with the job that reads it; answers the HTTP status.

        200: it is kept, or was before. 401: it is not what it says; 404: no such account; 413: too much; 503: it
        can't be told now, and the sender is to try again. Nothing is stored then. Raises what a store raises.
        """
        self.check("inbound.write")
        if len(request.body) > LIMIT:
            return 413, None
        found = self.channels().get(channel)
        if found is None or account not in found.accounts(self.house):
            return 404, None
        try:
            event = found.accept(request, self.reach(channel, account))
        except Refused:
            return 401, None
        except PerthynError:  # a key that is not there, a server that is to be asked later
            return 503, None
        name = event.id if event.id and len(event.id) <= 400 and not UNFIT.search(event.id) else ""
        name = name or sha256(event.id.encode("utf-8", "replace") or request.body).hexdigest()
        made = Inbound(
            id=named_id(f"inbound\x1f{channel}\x1f{account}\x1f{name}"), channel=channel, account=account, event=name,
            path=UNFIT.sub("", request.path)[:1000] or None, headers=_telling(request.headers),
            body=_pieces(request.body), came=request.at,
        )  # fmt: skip
        held = self.store.get(Inbound, [made.id])
        if not held:
            with suppress(Conflict):  # the same came twice at one time
                self._keep(made)
        return 200, self.store.get(Inbound, [made.id]).get(made.id, made)

    def inbox(self, state: str = "") -> list[Inbound]:
        """What came in during the last 30 days, the newest first; `state`: only that."""
        self.check("inbound.read")
        found = [one for one in self.store.scan(Inbound) if not state or one.state == state]
        return sorted(found, key=lambda one: (one.came, one.id), reverse=True)

    def inbound(self, ending: str) -> tuple[Inbound, bytes]:
        """One of them, by the ending of its id, and its body. Raises `Unknown` (``inbound.unknown``)."""
        self.check("inbound.read")
        found = self._one_ending(Inbound, ending, "inbound.unknown")
        return found, body_of(found)

    def replay(self, ending: str) -> Inbound:
        """Have it read again, whatever came of it; what it told before changes nothing. Raises `Unknown`."""
        self.check("inbound.write")
        one = self._one_ending(Inbound, ending, "inbound.unknown")
        job = self.store.get(Job, [_reading(one).id]).get(_reading(one).id)
        again: Change = Create(_reading(one, self.clock())) if job is None else self._again(job)
        waits = _edit(one, {"state": "waiting", "code": None, "why": None})
        self._keep_jobs([waits, again, *self._settled(one.id), *self._settled(_reading(one).id)])
        return self.store.get(Inbound, [one.id])[one.id]

    # -- the work of jobs ------------------------------------------------------------------------------------

    def read_inbound(self, job: Job) -> Iterable[Change]:
        """Read what came in: its deliveries are stored, the last of them with the end of the job.

        What the channel can't read is parked. What came before the facts that it names waits for them (`NotNow`).
        """
        self.check("job.work")
        one = self.store.get(Inbound, [UUID(facts_of(job)["inbound"])]).get(UUID(facts_of(job)["inbound"]))
        if one is None or one.state != "waiting":
            return []
        done = _edit(one, {"state": "done"})
        try:
            last = None
            for delivery in self._read(one):
                if last is not None:
                    self._taken(last)
                self._in_turn(one, delivery)
                last = delivery
            if last is None:
                return [done]
            self._taken(last, [done, *self.ends(job)])
        except _Poison as poison:
            return self._put_aside(one, poison.why)
        return []

    def fetch(self, job: Job) -> Iterable[Change]:
        """Fetch what is new from an account. With each delivery its cursor is stored, and that the work goes on.

        Both are refused where somebody else has taken the account up meanwhile.
        """
        self.check("job.work")
        if self.settings.training:
            return []
        about = facts_of(job)
        name, account = about["channel"], about["account"]
        channel = self.channels().get(name)
        if channel is None:
            raise NotNow("channel.unknown", name=name, suggestion="", after=3600)
        if account not in channel.accounts(self.house):
            return []
        reach, stays = self.reach(name, account), self.works()[job.name].stays
        for delivery in channel.fetch(reach):
            goes_on = job.with_values({"until": self.clock() + stays})
            ends: list[Change] = [Edit("job", job.id, {"until": (job.until, goes_on.until)})]
            if delivery.cursor is not None:
                moved = self.remember(cursor_setting(name, account), delivery.cursor)
                ends += [moved] if moved is not None else []
            self.take_in(replace(delivery, cursor=None), ends)
            job = goes_on
        return []

    def purge_inbound(self, job: Job) -> Iterable[Change]:
        """Delete what came in longer ago than it is kept."""
        self.check("job.work")
        before = self.clock() - KEPT
        old = [one for one in self.store.scan(Inbound) if one.came < before]
        reading = self.store.get(Job, [_reading(one).id for one in old])
        gone: list[Change] = [Delete(one) for one in (*old, *reading.values())]
        for start in range(0, len(gone), AT_ONCE):
            self._keep_jobs(gone[start : start + AT_ONCE])
        return []

    # -- parts -----------------------------------------------------------------------------------------------

    def _keep(self, made: Inbound) -> None:
        self._keep_jobs([Create(made), Create(_reading(made, self.clock()))])

    def _read(self, one: Inbound) -> Iterator[Delivery]:
        channel = self.channels().get(one.channel)
        if channel is None:
            raise NotNow("channel.unknown", name=one.channel, suggestion="", after=3600)
        try:
            yield from channel.read(_request(one), self.reach(one.channel, one.account))
        except NotNow:
            raise
        except PerthynError as error:
            raise _Poison(error) from error
        except Exception as error:
            why = UNFIT.sub(" ", f"{type(error).__name__}: {error}")[:500]
            raise _Poison(PerthynError("inbound.unreadable", channel=one.channel, why=why)) from error

    def _in_turn(self, one: Inbound, delivery: Delivery) -> None:
        """Raises `NotNow` where a delivery names a fact that is still to come; senders keep no order."""
        awaited = set(meant(delivery.facts)) - {fact.source_id for fact in delivery.facts}
        missing = sorted(awaited - self.store.sourced(delivery.source, filter(is_word, awaited)).keys())
        if missing and self.clock() < one.came + IN_ORDER:
            raise NotNow("delivery.fact.of", id=one.event or delivery.source, other=missing[0])

    def _taken(self, delivery: Delivery, ends: Iterable[Change] = ()) -> None:
        """Store a delivery. What another process or a full disk hinders is tried again; the rest can't be stored."""
        try:
            self.take_in(delivery, list(ends))
        except (Conflict, Stale, Unknown):
            raise
        except PerthynError as error:
            if error.code.startswith("store."):
                raise
            raise _Poison(error) from error

    def _put_aside(self, one: Inbound, error: PerthynError) -> list[Change]:
        """What came can't be read: a person is told, and may have it read again."""
        problem = self._parked(one.id, error, f"perthyn inbound replay {one.id.hex[-6:]}")
        return [_edit(one, {"state": "parked", "code": error.code, "why": words_of(error)}), problem]


class _Poison(Exception):
    """What came can't be read, now or ever, and why."""

    def __init__(self, why: PerthynError) -> None:
        super().__init__(why)
        self.why = why


def body_of(one: Inbound) -> bytes:
    """The body as it came."""
    text = "".join(piece.text for piece in sorted(one.body, key=lambda piece: piece.number))
    return zlib.decompress(b64decode(text)) if text else b""


def _pieces(body: bytes) -> tuple[Piece, ...]:
    text = b64encode(zlib.compress(body, 6)).decode("ascii") if body else ""
    return tuple(Piece(number=n, text=text[i : i + PIECE]) for n, i in enumerate(range(0, len(text), PIECE), 1))


def _telling(headers: Mapping[str, str]) -> str | None:
    """The headers worth keeping, as JSON; none that may hold a secret, or say where somebody is."""
    kept = {name: UNFIT.sub(" ", value)[:300] for name, value in _named_so(headers)}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None


def _named_so(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(headers.items())[:100]:
        if TELLING.fullmatch(name) and not SECRET.search(name) and not UNFIT.search(name):
            yield name[:100], value


def _request(one: Inbound) -> Request:
    """The request as it was, less what only told that it was true."""
    headers = json.loads(one.headers) if one.headers else {}
    return Request("POST", one.path or "", "", headers, body_of(one), one.came)


def _reading(one: Inbound, due: Any = None) -> Job:
    facts = json.dumps({"inbound": str(one.id)})
    about = f"{one.channel}:{one.account}"
    return Job(id=named_id(f"job\x1f{one.id}"), name=READ, about=about, facts=facts, due=due or one.came)


def _edit(one: Inbound, values: Mapping[str, Any]) -> Edit:
    return Edit("inbound", one.id, {path: (one.value_at(path), value) for path, value in values.items()})
