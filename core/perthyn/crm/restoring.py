"""Restoring: a backup into an empty store, proved and made to respect every "no" before anybody else can see it.

Each step is either done or not, and a restore that was killed goes on when it is begun again: the store that is being
filled carries the backup's mark in its fence, and that fence falls last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import PurePosixPath
from uuid import UUID

from pydantic import ValidationError

from perthyn.backups.reading import Backup, Inside
from perthyn.backups.refusals import Erased, Refusal, Refused
from perthyn.changes import Batch, Change, Create, Receipt
from perthyn.contents import Fence, Filling
from perthyn.crm.desk import Actor
from perthyn.crm.health import LAST_TRY
from perthyn.crm.holdings import Holdings
from perthyn.crm.safekeeping import RESTED_ON
from perthyn.errors import PerthynError
from perthyn.model import Consent, Contact, Record, Redirect, Suppression, plain
from perthyn.model.ids import Clock, Random, named_id
from perthyn.moving import Tell, nothing, prove, transfer
from perthyn.plugins import Plugins
from perthyn.settings import FILE, Settings, keep_password, without_password, write_settings
from perthyn.store import Store

_PROVED = ":proved"
_RESTORED = re.compile(r"-restored-\d{4}-\d\d-\d\d(-\d+)?$")


@dataclass
class Behind(Holdings):
    """What can be done in a store that is still fenced, by way of its filling."""

    filling: Filling | None = field(default=None, kw_only=True)

    def apply(self, batch: Batch) -> Receipt:
        assert self.filling is not None
        return self.filling.apply(batch)


@dataclass(frozen=True, slots=True)
class Respected:
    """What was done over again in a restored store: people erased, refusals recorded, addresses listed.

    `merged`: ids of erased people whose records are part of somebody else's in this store: a person must look there.
    """

    erased: int = 0
    refused: int = 0
    listed: int = 0
    merged: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup goes. `settings`: with the store to be filled. `state`: missing, empty, begun or done already.

    `left`: the address of the store in use until now, "" for none that holds anything. `why`: what keeps that one from
    being opened.
    """

    settings: Settings
    state: str
    left: str = ""
    why: PerthynError | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore done. `count`: how many records, batches and journal lines were proved to be the same as the file's.

    `left`: the store in use until now; `open`: it could not be told where its records went, and may be written to.
    """

    address: str
    count: int
    respected: Respected
    left: str = ""
    open: bool = False


@dataclass(frozen=True)
class Restoring:
    """A restore of one backup, and what it needs: nothing of it rests on a store that may be lost."""

    backup: Backup
    inside: Inside
    settings: Settings
    plugins: Plugins
    types: Sequence[type[Record]]
    clock: Clock
    random: Random
    actor: Actor

    # -- where to ---------------------------------------------------------------------------------------------

    def target(self, to: str = "") -> Target:
        """The store asked for; else the one in use, where nothing is in it; else a new file beside it.

        Raises `PerthynError`: ``restore.to.needed`` where the store in use is full or out of reach, and no file;
        ``store.filling.full``, ``store.filling.other`` for one asked for that is in use.
        """
        state, why = self._state(self.settings)
        left = self.settings.address if state in ("full", "done") else ""
        if to:
            asked = self.settings.model_copy(update={"store": to})
            there, trouble = self._state(asked)
            if trouble is not None:
                raise trouble
            if there == "full":
                raise PerthynError("store.filling.full", address=asked.address)
            return Target(self._with(to), there, "" if asked.address == self.settings.address else left, why)
        if state not in ("full", "closed"):
            return Target(self.settings, state)
        if not self.settings.address.startswith("sqlite:///"):
            raise PerthynError("restore.to.needed", where=self.settings.address)
        settings, there = next(self._beside())
        return Target(settings, there, left, why)

    def _beside(self) -> Iterator[tuple[Settings, str]]:
        """Files beside the one in use, named by the day of the backup, that can be filled."""
        path = PurePosixPath(self.settings.store.partition(":///")[2])
        stem = f"{_RESTORED.sub('', path.stem)}-restored-{self.inside.head.made:%Y-%m-%d}"
        for number in count(1):
            name = path.with_name(f"{stem}{f'-{number}' if number > 1 else ''}{path.suffix}")
            settings = self._with(f"sqlite:///{name}")
            state, _ = self._state(settings)
            if state in ("missing", "empty", "begun"):
                yield settings, state

    def _with(self, url: str) -> Settings:
        return self.settings.model_copy(update={"store": without_password(url)})

    def _state(self, settings: Settings) -> tuple[str, PerthynError | None]:
        """missing, empty, begun (by this restore), done (by it, nothing written since), full; or closed, and why."""
        try:
            with closing(self._open(settings.store_url, create=False)) as store:
                return self._looks(store), None
        except PerthynError as error:
            return ("missing", None) if error.code == "store.missing" else ("closed", error)

    def _looks(self, store: Store) -> str:
        fence = store.fence
        if fence is not None and fence.state == "filling":
            return "begun" if fence.mark.removesuffix(_PROVED) == self.inside.mark else "full"
        if fence is None and not store.position():
            return "empty"
        return "done" if fence is None and self._noted(store) else "full"

    def _noted(self, store: Store) -> bool:
        """Whether the last batch says that this backup was restored."""
        newest = next(store.headers(), None)
        return newest is not None and newest.kind == "restore" and newest.facts.get("mark") == self.inside.mark

    def _open(self, url: str, create: bool) -> Store:
        store: Store = self.plugins.open_store(url, self.types, self.settings.currency, create)
        return store

    # -- doing it ---------------------------------------------------------------------------------------------

    def restore(self, target: Target, to: str, refusals: Sequence[Refusal], tell: Tell = nothing) -> Restored:
        """Fill, prove, respect, then have ``perthyn.toml`` name the store, and open it to writers.

        The store in use until now keeps all its records, and says where they went. Raises `PerthynError`
        (``restore.different``) where the store does not hold what the file does; then nothing is switched.
        """
        keep_password(self.settings.folder, to)
        with closing(self.opened(target)) as store:
            proved = self.fill(store, tell)
            respected = self.respect(store, refusals)
            told = self._leave(target) if target.left or target.why is not None else True
            self._switch(target)
            fence = store.fence
            if fence is not None:
                store.set_fence(None, fence)
        return Restored(target.settings.address, proved, respected, target.left, bool(target.left) and not told)

    def opened(self, target: Target) -> Store:
        """The store to be filled, made where it is not there."""
        return self._open(target.settings.store_url, create=True)

    def fill(self, store: Store, tell: Tell = nothing) -> int:
        """Fill a store behind its fence and prove it; answers how many items are the same."""
        mark = self.inside.mark
        fence = store.fence or Fence("filling", str(self.backup.file), self.actor.name, self.clock(), mark)
        everything = sum(self.backup.sizes().values())
        if fence.mark == mark + _PROVED:
            return everything
        filling = store.filling(fence, self.backup.types)
        sums = transfer(self.backup, filling, tell)
        with store.contents() as there:
            proof = prove(sums, self.backup, there, tell)
        if not proof.same:
            named = [f"{one.section} {one.id} ({', '.join(one.fields) or one.what})" for one in proof.differences[:3]]
            raise PerthynError("restore.different", count=proof.differing, what=named, where=store.address)
        held = store.fence
        if held is not None:
            store.set_fence(replace(held, mark=mark + _PROVED), held)
        return everything

    def respect(self, store: Store, refusals: Sequence[Refusal]) -> Respected:
        """Do over what was refused or erased since the backup, in a store behind its fence; again does no harm."""
        fence = store.fence
        assert fence is not None
        filling = store.filling(fence, self.backup.types)
        desk = Behind(store, self.plugins, self.settings, self.clock, self.random, self.actor, filling=filling)
        listed = _listed(store, [one for one in refusals if isinstance(one, Suppression)])
        refused = _refused(store, desk.redirects(), [one for one in refusals if isinstance(one, Refused)])
        if listed or refused:
            desk.commit([*listed, *refused], kind="restore")
        erased, merged = _erased(desk, [one for one in refusals if isinstance(one, Erased)])
        self._note(desk)
        return Respected(erased, len(refused), len(listed), tuple(merged))

    def _note(self, desk: Behind) -> None:
        """The last batch says which backup this is: who restores it again at once is told that it is done."""
        made, mark = plain(self.inside.head.made), self.inside.mark
        if self._noted(desk.store):
            return
        said = {"at": plain(self.clock()), "by": self.actor.name, "made": made}
        change = desk.remember(LAST_TRY, said)
        desk.commit([change] if change else [], kind="restore", reason=self.backup.file.name, facts={"mark": mark})

    def _leave(self, target: Target) -> bool:
        """Whether the store in use until now could be told where its records went; its disk may be the full one.

        Once more where it fails: a disk's moment of weakness should not leave two stores that both take in writes.
        """
        for _ in range(2):
            with suppress(PerthynError), closing(self._open(self.settings.store_url, create=False)) as left:
                if left.fence is None:
                    at = self.clock()
                    left.set_fence(Fence("moved", target.settings.address, self.actor.name, at, self.inside.mark), None)
                return True
        return False

    def _switch(self, target: Target) -> None:
        fresh = not (self.settings.folder / FILE).is_file()
        kept = {name: getattr(self.settings, name) for name in RESTED_ON if fresh}
        if fresh or target.settings.store != self.settings.store:
            write_settings(self.settings.folder, {**kept, "store": target.settings.store})


def settings_of(settings: Settings, backup: Backup) -> Settings:
    """The settings of a folder; where it has none, with those that the records in the backup rest on.

    Raises `PerthynError` (``backup.foreign``).
    """
    if (settings.folder / FILE).is_file():
        return settings
    said = {name: backup.head.settings[name] for name in RESTED_ON if backup.head.settings.get(name)}
    try:
        return Settings.model_validate({**settings.model_dump(), **said})
    except ValidationError as error:
        raise PerthynError("backup.foreign", file=str(backup.file)) from error


# -- what was refused since ------------------------------------------------------------------------------------------


def _listed(store: Store, wanted: Sequence[Suppression]) -> list[Change]:
    """The addresses that are not in the list."""
    held = {(one.channel, one.address_hash) for one in store.scan(Suppression)}
    ids = {one.id for one in store.scan(Suppression)}
    fresh = {(one.channel, one.address_hash): one for one in wanted if one.id not in ids}
    return [Create(one) for place, one in fresh.items() if place not in held]


def _refused(store: Store, now: Mapping[UUID, UUID], wanted: Sequence[Refused]) -> list[Change]:
    """The refusals that are not there, of those who are; one of a merged person is said by each who was merged.

    `now`: the old ids of people who are merged in this store, each with the one that it goes by.
    """
    said: dict[UUID, Consent] = {}
    for one in wanted:
        for contact in one.contacts:
            mine = contact == one.consent.contact
            id = one.consent.id if mine else named_id(f"refusal\x1f{one.consent.id}\x1f{contact}")
            said[id] = one.consent.model_copy(update={"id": id, "contact": now.get(contact, contact)})
    there = store.get(Contact, {one.contact for one in said.values()})
    held = store.get(Consent, said)
    return [Create(one) for id, one in said.items() if id not in held and one.contact in there]


def _erased(desk: Behind, wanted: Sequence[Erased]) -> tuple[int, list[UUID]]:
    """How many were erased, and those whose records are part of somebody else's here."""
    ids = {id for one in wanted for id in one.contacts}
    now = desk.redirects()
    merged = sorted(id for id in desk.store.get(Redirect, ids) if now.get(id) not in ids)
    there = desk.store.get(Contact, ids)
    for id in sorted(there):
        desk.erase(id)
    return len(there), merged


def rehearse(restoring: Restoring, url: str, refusals: Sequence[Refusal], tell: Tell = nothing) -> Restored:
    """A restore into an empty store that is thrown away afterwards; nothing else is touched."""
    target = Target(restoring.settings.model_copy(update={"store": url}), "missing")
    with closing(restoring.opened(target)) as store:
        return Restored("", restoring.fill(store, tell), restoring.respect(store, refusals))
