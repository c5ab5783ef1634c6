"""Why Google, or the way to it, refused: the usual causes told apart, each with its own code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perthyn.errors import PerthynError

BUSY = (408, 409, 500, 502, 503, 504)
"""Answers that say: try again (409 is Sheets' ABORTED, for two writers at once)."""

LIMITS = ("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED")
"""Drive says with 403 what Sheets says with 429 (developers.google.com/workspace/drive/api/guides/handle-errors)."""

SWITCHED_OFF = ("SERVICE_DISABLED", "accessNotConfigured")
SCOPES = ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions")
STORAGE = ("storageQuotaExceeded",)
LINK = re.compile(r"https://console\.(?:developers|cloud)\.google\.com/\S+")
NUMBER_TAKEN = re.compile(r"developer metadata with ID \[?(\d+)\]?.* already exists")

# What Google says in words only: of a write that makes no sense to it (400), and of a grant that it refuses.
WORDS = (
    ("sheets.full", r"number of cells in the workbook above the limit"),
    ("sheets.too_large", r"payload size exceeds the limit"),
    ("sheets.protected", r"edit a protected cell or object"),
    ("sheets.office", r"not supported for this document"),
)
GRANTS = (
    ("sheets.clock", r"short-lived token|Check your iat and exp"),
    ("sheets.key.withdrawn", r"Invalid JWT Signature|account (not found|disabled)|(invalid|deleted|disabled)_client"),
    ("sheets.policy", r"admin_policy_enforced|org_internal"),
    ("sheets.token.expired", r"invalid_grant|invalid_rapt"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a server answered instead of what was asked: its status, its words, its reasons, a link it gives."""

    status: int
    words: str
    reasons: frozenset[str] = frozenset()
    link: str = ""

    @property
    def used_up(self) -> bool:
        """Whether too much was asked in too short a time."""
        return self.status == 429 or (self.status == 403 and not self.reasons.isdisjoint(LIMITS))

    @property
    def busy(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in BUSY


def said(status: int, error: Mapping[str, Any]) -> Said:
    """The ``error`` of a JSON body, both as Sheets and as Drive write it."""
    words = str(error.get("message", ""))
    found = LINK.search(words)
    link = next((one["activationUrl"] for one in _metadata(error) if "activationUrl" in one), found[0] if found else "")
    return Said(status, words, frozenset(_reasons(error)), link)


def refusal(said: Said, *, sheet: str, account: str) -> PerthynError:
    """Why a request was refused for good. `sheet`: the spreadsheet's address; `account`: the service account, or ""."""
    if said.status == 404:
        return PerthynError("sheets.missing", sheet=sheet)
    if said.status == 413:
        return PerthynError("sheets.too_large")
    for code, words in WORDS:
        if re.search(words, said.words):
            return PerthynError(code, sheet=sheet, reason=said.words)
    if said.status == 403:
        return _forbidden(said, sheet, account)
    return PerthynError("sheets.refused", sheet=sheet, status=said.status, reason=said.words)


def _forbidden(said: Said, sheet: str, account: str) -> PerthynError:
    if not said.reasons.isdisjoint(SWITCHED_OFF):
        return PerthynError("sheets.api_off", link=said.link)
    if not said.reasons.isdisjoint(STORAGE) or "storage quota" in said.words:
        return PerthynError("sheets.storage", account=account)
    if not said.reasons.isdisjoint(SCOPES):
        return PerthynError("sheets.scopes", reason=said.words)
    if account:
        return PerthynError("sheets.access.account", sheet=sheet, account=account)
    return PerthynError("sheets.access.person", sheet=sheet)


def grant_refused(words: str, *, account: str, file: str) -> PerthynError:
    """Why Google gives no token. `words`: what it said; `file`: the credentials."""
    code = next((code for code, found in GRANTS if re.search(found, words)), "sheets.grant")
    if code == "sheets.token.expired" and account:  # a key does not run out
        code = "sheets.key.withdrawn"
    return PerthynError(code, account=account, file=file, reason=words)


def number_taken(error: PerthynError) -> int | None:
    """The number of developer metadata that a write wanted to give, and that is given already."""
    found = NUMBER_TAKEN.search(str(error.facts.get("reason", "")))
    return int(found[1]) if error.code == "sheets.refused" and found else None


def _reasons(error: Mapping[str, Any]) -> Iterator[str]:
    for one in (*error.get("errors", ()), *error.get("details", ())):
        if isinstance(one, Mapping) and "reason" in one:
            yield str(one["reason"])


def _metadata(error: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for one in error.get("details", ()):
        if isinstance(one, Mapping) and isinstance(one.get("metadata"), Mapping):
            yield one["metadata"]
