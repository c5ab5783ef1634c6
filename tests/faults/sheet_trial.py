"""A trial at a sheet: one command, spoilt at one request after the other, looked at, run again, compared."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from content import Content, _told, _told_of, _wrong
from places import Ended, Perthyn
from sheet_flows import SheetFlow
from sheet_place import KILLS, ON_WRITES, SheetPlace, doing

from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES
from perthyn.text import Translator
from perthyn_sql import open_store

LANGUAGE = "cy"
_GONE = re.compile(r'(gone|erased)\\?":\[[^\]]*\]')
_SHOWN = re.compile(r"\b(\d\d/\d\d/20\d\d|20\d\d-\d\d-\d\d) \d\d:\d\d\b")
_PLACE = re.compile(r", \d+\]$")
HISTORY = ("history", "journal")
_ROWS = re.compile(r'"row": ?\d+')


@dataclass(frozen=True, slots=True)
class State:
    """What there is: the store in use, the sheet tab by tab, its fence, and what a fresh laptop finds in it.

    `laptop`: where the sheet is fenced, why it is refused.
    """

    store: Content
    tabs: Mapping[str, list[str]]
    fence: tuple[str, str]
    laptop: Content | str

    def differences(self, other: State) -> list[str]:
        """In what way the other differs."""
        found = [f"store: {line}" for line in self.store.differences(other.store)]
        if isinstance(self.laptop, str) or isinstance(other.laptop, str):
            found += [f"laptop: {self.laptop!r} and {other.laptop!r}"] if self.laptop != other.laptop else []
        else:
            found += [f"laptop: {line}" for line in self.laptop.differences(other.laptop)]
        found += [f"fence: {self.fence} and {other.fence}"] if self.fence != other.fence else []
        return found + [f"tab {line}" for line in Content(self.tabs).differences(Content(other.tabs))]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one point; `faults` is empty where all held. `number`: which request was spoilt."""

    flow: str
    kind: str
    number: int
    code: int
    told: str
    faults: tuple[str, ...]
    seconds: float


class SheetTrial:
    """One flow below a folder of its own."""

    def __init__(self, flow: SheetFlow, folder: Path, perthyn: Perthyn) -> None:
        self.flow = flow
        self._perthyn = perthyn
        self.place = SheetPlace(folder / "here", 3 if flow.large else 1)
        self.place.make()
        flow.prepare(perthyn, self.place)
        self.place.save()
        self.before = self._store()
        self.place.restore()
        ended = self._run()
        self.requests = [entry for entry in self.place.emulator.log if entry.number]
        if ended.code != flow.code:
            raise AssertionError(f"{flow.name}, undisturbed: {ended}")
        self.changed = self._store()
        self._synced()
        self.after = self._state()

    def close(self) -> None:
        """Let the emulator go."""
        self.place.drop()

    def points(self, kind: str) -> list[int]:
        """The requests of the undisturbed run at which it can be spoilt so: only what is read can be stale."""
        found = []
        written = False
        for number, entry in enumerate(self.requests, 1):
            writes = entry.quota == "write"
            if (written and not writes) if kind == "stale" else (writes or kind not in ON_WRITES):
                found.append(number)
            written |= writes
        return found

    def tried(self, kind: str, number: int) -> Tried:
        """Spoil the command at a request, look, run it again, bring it in step, compare."""
        start = time.monotonic()
        self.place.restore()
        doing(self.place, kind, number, self._kill)
        ended = self._run()
        faults = [*self._spoilt(kind, ended)]
        if ended.code != self.flow.code or kind in KILLS:
            self.place.emulator.faults.clear()
            again = self._run()
            if again.code != self.flow.code and not self._store().same(self.changed):
                faults.append(f"again: {again}")
        self._synced()
        faults += self.after.differences(self._state())
        faults += self.place.emulator.failures
        return Tried(self.flow.name, kind, number, ended.code, _code(ended), tuple(faults), time.monotonic() - start)

    def _run(self) -> Ended:
        return self._perthyn.run(("--lang", LANGUAGE, *self.flow.argv), self.place)  # type: ignore[arg-type]

    def _synced(self) -> None:
        for _ in range(2 if self.flow.by_hand else 1):  # what vanished once is gone the second time
            ended = self._perthyn.run(("--lang", LANGUAGE, "sync", "--json"), self.place)  # type: ignore[arg-type]
            if ended.code and self.flow.name != "move-from":
                raise AssertionError(f"sync: {ended}")

    def _kill(self) -> None:
        ready = self._perthyn._ready.pid
        children = Path(f"/proc/{ready}/task/{ready}/children").read_text(encoding="ascii").split()
        os.kill(int(children[0]), signal.SIGKILL)

    def _spoilt(self, kind: str, ended: Ended) -> Iterator[str]:
        """What is wrong right after the fault."""
        if "Traceback" in ended.err + ended.out:
            yield ended.err
        found = self._store()
        if not self.flow.by_hand and not found.same(self.before) and not found.same(self.changed):
            yield f"half done: {found.differences(self.changed)}"
        if kind in KILLS:
            if ended.code != -signal.SIGKILL:
                yield f"was not killed: {ended}"
        elif ended.code == self.flow.code:
            if not self.flow.by_hand and not found.same(self.changed):
                yield "said to be done, and is not"
        elif _code(ended) in ("", "cli.unexpected") and not _line(ended):
            yield f"nobody can act on it: {ended}"

    # -- looking --------------------------------------------------------------------------------------------------

    def _store(self) -> Content:
        """What the store holds that is in use: the mirror's file, or the file where no sheet is."""
        settings = self.place.home / "perthyn.toml"
        if not settings.exists():
            return Content()
        told = settings.read_text(encoding="utf-8")
        url = self.place.mirror() if "docs.google.com" in told else self.place.target
        return Content(settings=told) if not url else _content(url, told)

    def _state(self) -> State:
        return State(self._loose(self._store()), self._tabs(), self.place.fence(), self._laptop())

    def _laptop(self) -> Content | str:
        """What a new machine finds; a sheet that was moved from must refuse it, and no other may."""
        try:
            with self.place.laptop() as laptop, laptop.mirror.contents() as contents:
                return self._loose(_told_of(contents))
        except PerthynError as error:
            if not error.code.startswith("store.fenced."):
                raise
            return error.code

    def _tabs(self) -> dict[str, list[str]]:
        """Each tab's header and its rows, in no order."""
        found = {}
        history = [self.place.title(key) for key in HISTORY] if self.flow.by_hand else []
        for sheet in self.place.book.sheets:
            if sheet.title in history:
                continue
            rows = self.place.people.values(sheet.id)
            told = [self._plain(_told(row, {})) for row in rows]
            found[sheet.title] = told[:1] + sorted(told[1:])
        return found

    @staticmethod
    def _plain(row: str) -> str:
        """A row without what each run says otherwise."""
        return _SHOWN.sub("then", _ROWS.sub('"row": 0', _GONE.sub(r"\1", row)))

    def _loose(self, content: Content) -> Content:
        """What is compared of a store: where people edited by hand, not in which batches that was taken in."""
        if not self.flow.by_hand:
            return content
        records = {name: sorted(_PLACE.sub("]", one) for one in some) for name, some in content.records.items()}
        return replace(content, records=records, batches=[])


def _content(url: str, told: str) -> Content:
    try:
        store = open_store(url, CORE_TYPES, create=False)
    except PerthynError as error:
        if error.code != "store.missing":
            raise
        return Content(settings=told)
    with closing(store), store.contents() as contents:
        found = _told_of(contents)
        fences = [] if store.fence is None else [store.fence.state]
        return Content(found.records, found.batches, settings=told, fences=fences, wrong=_wrong(store, url))


def _line(ended: Ended) -> bool:
    """Whether a command that knows no --json has said what is wrong in a sentence."""
    start = Translator(LANGUAGE)("Error: {text}", text="")
    return ended.err.startswith(start)


def _code(ended: Ended) -> str:
    try:
        return str(json.loads(ended.err)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
