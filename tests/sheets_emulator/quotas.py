"""Google's quotas: requests a minute, counted apart for reads and writes, for each user and for the whole project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from .errors import DriveRefused, Refused
from .granting import Caller

MINUTE = 60
NAMES = {"read": "Read", "write": "Write"}


class Quotas:
    """Windows of one minute, refilled together. `on` switches them; the limits may be changed."""

    def __init__(self, now: Callable[[], float], *, on: bool = True) -> None:
        self._now = now
        self.on = on
        self.per_user = 60
        self.per_project = 300
        self.drive_per_user = 12_000
        self._window = -1
        self._spent: Counter[tuple[str, str]] = Counter()

    def charge(self, caller: Caller, quota: str) -> None:
        """One more request of the caller. Raises the 429 (of Drive: the 403) when the minute is used up."""
        window = int(self._now() // MINUTE)
        if window != self._window:
            self._window = window
            self._spent.clear()
        if not self.on:
            return
        if quota == "drive":
            self._spend((quota, caller.email), self.drive_per_user, drive_exhausted())
            return
        number = project_number(caller.project)
        self._spend((quota, caller.email), self.per_user, exhausted(quota, number, self.per_user, user=True))
        self._spend((quota, ""), self.per_project, exhausted(quota, number, self.per_project, user=False))

    def spent(self, email: str, quota: str) -> int:
        """Requests of a user in this minute."""
        return self._spent[quota, email] if int(self._now() // MINUTE) == self._window else 0

    def _spend(self, what: tuple[str, str], limit: int, refusal: Refused) -> None:
        if self._spent[what] >= limit:
            raise refusal
        self._spent[what] += 1


def project_number(project: str) -> str:
    """A number for a project's name, always the same."""
    return str(100_000_000_000 + sum(at * byte for at, byte in enumerate(project.encode("utf-8"), 1)))


def exhausted(quota: str, project: str, limit: int, *, user: bool) -> Refused:
    """The 429 of the Sheets API."""
    name = NAMES[quota]
    text = (
        f"Quota exceeded for quota metric '{name} requests' and limit '{name} requests per minute"
        f"{' per user' if user else ''}' of service 'sheets.googleapis.com' for consumer 'project_number:{project}'."
    )
    metadata = {
        "quota_limit": f"{name}RequestsPerMinutePer{'User' if user else 'Project'}",
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_metric": f"sheets.googleapis.com/{quota}_requests",
        "quota_unit": f"1/min/{{project}}{'/{user}' if user else ''}",
        "consumer": f"projects/{project}",
        "service": "sheets.googleapis.com",
    }
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": metadata,
        },
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        },
    ]
    return Refused(429, "RESOURCE_EXHAUSTED", text, details)


def drive_exhausted() -> DriveRefused:
    """The 403 of the Drive API."""
    return DriveRefused(403, "userRateLimitExceeded", "User Rate Limit Exceeded", domain="usageLimits")
