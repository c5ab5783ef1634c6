"""A trial: one flow, prepared once, spoilt at one point after the other, looked at, run again, compared."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from content import Content
from flows import Flow
from injection import SPOILT, Point, points, spoiling, watching
from places import Ended, Perthyn, Place

from perthyn.errors import PerthynError
from perthyn.text import Translator

LANGUAGE = "cy"
"""Of the asker: what goes wrong must be told in it."""
UNCHANGED = {"cy": "Nid oes dim wedi newid", "en": "Nothing has been changed"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one point; `faults` is empty where all held. `state`: how the store was found, before or after."""

    flow: str
    store: str
    kind: str
    point: str
    code: int
    told: str
    state: str
    faults: tuple[str, ...]
    seconds: float


class Trial:
    """One flow below a folder of its own, in files or on the PostgreSQL server at an address.

    `sure`: run it twice undisturbed, so that what differs anyway is not taken for a fault.
    """

    def __init__(self, flow: Flow, folder: Path, perthyn: Perthyn, server: str = "", *, sure: bool = True) -> None:
        self.flow = flow
        self.place = Place(folder / "here", server, flow.kept if server else ())
        self._perthyn = perthyn
        self._log = folder / "calls"
        self.place.make()
        flow.prepare(perthyn, self.place)
        self.place.save()
        self.before = flow.look(self.place)
        self.after = self._undisturbed()
        if sure and (unlike := self.after.differences(self._undisturbed())):
            raise AssertionError(f"{flow.name}: two undisturbed runs differ, so nothing can be compared: {unlike}")
        self._points = list(points(self._log, self.place.base))

    def _undisturbed(self) -> Content:
        self.place.restore()
        ended = self._run(watching(self._log))
        content = self.flow.look(self.place)
        if ended.code != self.flow.code or content.wrong:
            raise AssertionError(f"{self.flow.name}, undisturbed: {ended} {content.wrong}")
        return content

    def _run(self, watched: Sequence[str] = ()) -> Ended:
        return self._perthyn.run(("--lang", LANGUAGE, *self.flow.argv), self.place, watched)

    def points(self, kind: str) -> list[Point]:
        """Where the undisturbed run can be spoilt so."""
        return [one for one in self._points if one.call in SPOILT[kind][1]]

    def tried(self, kind: str, point: Point, lasting: bool) -> Tried:
        """Spoil the command at a point, look, run it again, compare."""
        start = time.monotonic()
        self.place.restore()
        ended = self._run(spoiling(kind, point, lasting, self._log))
        found = self.flow.look(self.place)
        faults = [*found.wrong, *self._spoilt(kind, ended, found)]
        again = self._run()
        faults += self._ended(again, found)
        named = f"{kind}{', lasting' if lasting else ''}"
        return Tried(
            self.flow.name,
            "postgresql" if self.place.server else "sqlite",
            named,
            str(point),
            ended.code,
            _code(ended),
            self._state(found),
            tuple(faults),
            time.monotonic() - start,
        )

    def close(self) -> None:
        """Let nothing stay on the server."""
        self.place.drop()

    def _state(self, found: Content) -> str:
        states = {"before": self.before, "after": self.after}
        same = [name for name, content in states.items() if found.same(content)]
        return next((name for name in same if states[name].copies == found.copies), same[0] if same else "between")

    def _spoilt(self, kind: str, ended: Ended, found: Content) -> Iterator[str]:
        """What is wrong right after the fault."""
        if wrong := self.flow.judge(self.before, self.after, found):
            yield wrong
        acknowledged = ended.code == self.flow.code or (kind == "kill" and _json(ended.out) is not None)
        if acknowledged and not (found.same(self.after) and found.copies == self.after.copies):
            yield f"said to be done, and is not: {ended.out[:200]}"
        if kind == "kill" or ended.code == self.flow.code:
            return
        yield from self._badly_told(ended, found)

    def _badly_told(self, ended: Ended, found: Content) -> Iterator[str]:
        """What is wrong with the message of a command that failed."""
        t = Translator(LANGUAGE)
        error = _error(ended)
        if error is None:  # a command that knows no --json
            wrong, _, step = ended.err.removeprefix(t("Error: {text}", text="")).partition("\n")
            unknown = t.error(PerthynError("cli.unexpected", why=""))[0]
            if wrong == ended.err or not step or wrong.startswith(unknown):
                yield f"nobody can act on it: exit code {ended.code}, {ended.out} {ended.err}"
            unchanged = UNCHANGED[LANGUAGE] in step
        else:
            told = PerthynError(error["code"], **error["facts"])
            if error["code"] in ("cli.unexpected", "cli.interrupted") or not error["next"]:
                yield f"nobody can act on it: {error}"
            if (error["wrong"], error["next"]) != t.error(told):
                yield f"not in the asker's language: {error['wrong']}"
            unchanged = UNCHANGED[LANGUAGE] in error["next"]
        if unchanged and not found.same_records(self.before):
            yield f"says that nothing has been changed, and it has: {error or ended.err}"

    def _ended(self, again: Ended, found: Content) -> Iterator[str]:
        """What is wrong after the command has been run again, undisturbed."""
        if again.code != self.flow.code and not found.same(self.after):
            yield f"again: exit code {again.code}: {again.out}{again.err}"
        content = self.flow.look(self.place)
        yield from content.wrong
        yield from (f"again: {line}" for line in self.after.differences(content))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _error(ended: Ended) -> dict[str, Any] | None:
    """The error a command has told in JSON: by itself, or of a file that it could not take in."""
    told, done = _json(ended.err), _json(ended.out)
    if isinstance(told, dict) and "error" in told:
        error: dict[str, Any] = told["error"]
        return error
    unread = done.get("unread") if isinstance(done, dict) else None
    return unread[0] if unread else None


def _code(ended: Ended) -> str:
    error = _error(ended)
    return "" if error is None else str(error["code"])
