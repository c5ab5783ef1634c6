"""Each request that came, for assertions about how many calls something costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One request: what was asked, and what became of it.

    `quota` is "read", "write" or "drive" for a call of an API, "" for anything else (`/token`). `kinds` are the request
    kinds of a batchUpdate that was looked at. `fault` names what was scripted for it. `code` is the HTTP status (0 when
    nothing was sent); of a request that was applied although its answer was spoilt, the status of the unspoilt one.
    `size` counts the bytes of the body that came, `answered` those of the answer.
    """

    number: int
    at: float
    method: str
    path: str
    query: dict[str, list[str]]
    size: int
    answered: int
    quota: str
    caller: str
    kinds: tuple[str, ...]
    code: int
    fault: str

    def line(self) -> str:
        """The entry for a person who watches."""
        kinds = f" [{', '.join(dict.fromkeys(self.kinds))}]" if self.kinds else ""
        fault = f" ({self.fault})" if self.fault else ""
        return f"{self.number:>4} {self.code} {self.quota or '-':<5} {self.method:<6} {self.path}{kinds}{fault}"


@dataclass(frozen=True)
class Counted:
    """Calls by the quota that they are charged to."""

    reads: int
    writes: int
    drive: int

    @property
    def total(self) -> int:
        """All calls of an API."""
        return self.reads + self.writes + self.drive


class Log:
    """The requests, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._mark = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def add(self, entry: Entry) -> None:
        """One more request."""
        self._entries.append(entry)

    def mark(self) -> None:
        """Count from here on."""
        self._mark = len(self._entries)

    def since(self) -> list[Entry]:
        """What came since the mark."""
        return self._entries[self._mark :]

    def counted(self) -> Counted:
        """How many reads, writes and calls of Drive came since the mark."""
        quotas = [entry.quota for entry in self.since()]
        return Counted(quotas.count("read"), quotas.count("write"), quotas.count("drive"))

    def shown(self) -> list[dict[str, Any]]:
        """The entries as data, for the admin endpoint."""
        return [asdict(entry) for entry in self._entries]
