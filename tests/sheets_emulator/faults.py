"""Trouble, scripted: which request meets it, and what happens to it.

Requests of the APIs are counted (not `/token`, not `/admin`); `at(1, ...)` means the very next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "latency": "the answer comes `seconds` late",
    "429": "the quota is used up",
    "500": "an internal error",
    "502": "a gateway's page in HTML",
    "503": "the service is unavailable",
    "401": "the access token is refused, and all others with it",
    "reset": "the connection is reset",
    "cut": "the answer stops in the middle",
    "hang": "no answer comes; the connection stays open until the client lets go",
    "late": "the connection is reset, and the request applied after `after` further requests that are no reads",
    "late-hang": "the same, but the connection hangs",
    "stale": "a read is answered from before the last write (set it before that write)",
}


@dataclass
class Fault:
    """What happens to one request.

    `applied`: the request takes effect although the answer says otherwise. `seconds`: it waits as long before anything
    else. `retry_after` is a header of the answer. `after`: how many further requests a late one waits for.
    """

    kind: str
    applied: bool = False
    seconds: float = 0.0
    retry_after: str = ""
    after: int = 1
    match: str = ""
    left: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind}; there are {', '.join(KINDS)}")


@dataclass
class Plan:
    """What was scripted for one request."""

    fault: Fault | None = None
    before: list[Callable[[], object]] = field(default_factory=list)
    after: list[Callable[[], object]] = field(default_factory=list)


class Faults:
    """The script."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seen = 0
        """How many requests of the APIs came so far."""
        self._faults: dict[int, Fault] = {}
        self._matching: list[Fault] = []
        self._calls: dict[int, list[tuple[bool, Callable[[], object]]]] = {}

    def at(self, number: int, kind: str, **how: Any) -> None:
        """Let the `number`-th request from now meet a fault of a kind (`KINDS`); `how` as `Fault` has it."""
        with self._lock:
            self._faults[self.seen + _positive(number)] = Fault(kind, **how)

    def next(self, kind: str, *, match: str = "", times: int = 1, **how: Any) -> None:
        """Let the next `times` requests meet a fault whose "METHOD path" holds `match` ("", all do).

        The token endpoint is met too when `match` names it ("/token").
        """
        with self._lock:
            self._matching.append(Fault(kind, match=match, left=times, **how))

    def call(self, number: int, action: Callable[[], object], *, applied: bool = False) -> None:
        """Call `action` at the `number`-th request from now: before it is looked at, or once it is applied but
        not yet answered. What a test does there (killing the client, editing as a human) is done before the request
        goes on."""
        with self._lock:
            self._calls.setdefault(self.seen + _positive(number), []).append((applied, action))

    def clear(self) -> None:
        """Forget whatever has not happened yet."""
        with self._lock:
            self._faults.clear()
            self._matching.clear()
            self._calls.clear()

    def expects(self, kind: str) -> bool:
        """Whether a fault of the kind is still to come."""
        with self._lock:
            return any(fault.kind == kind for fault in [*self._faults.values(), *self._matching])

    def arrived(self, what: str) -> tuple[int, Plan]:
        """A request came ("METHOD path"): its number, and what is to happen to it."""
        with self._lock:
            self.seen += 1
            plan = Plan(self._faults.pop(self.seen, None))
            if plan.fault is None:
                plan.fault = self._match(what)
            for applied, action in self._calls.pop(self.seen, ()):
                (plan.after if applied else plan.before).append(action)
            return self.seen, plan

    def uncounted(self, what: str) -> Fault | None:
        """A request that is not counted came: the fault that names it."""
        with self._lock:
            return self._match(what, named=True)

    def _match(self, what: str, *, named: bool = False) -> Fault | None:
        for fault in self._matching:
            if fault.match in what and (fault.match or not named):
                fault.left -= 1
                if not fault.left:
                    self._matching.remove(fault)
                return fault
        return None

    def script(self, step: dict[str, Any]) -> None:
        """One step from the admin endpoint: `{"at": 3, "kind": "503"}` or `{"match": "batchUpdate", "kind": "cut"}`."""
        number = step.pop("at", None)
        if number is None:
            self.next(step.pop("kind"), **step)
        else:
            self.at(number, step.pop("kind"), **step)


def _positive(number: int) -> int:
    if number < 1:
        raise ValueError("requests are counted from 1")
    return number
