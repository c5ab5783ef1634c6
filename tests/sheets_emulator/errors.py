"""What Google refuses, and the shape in which it says so.

Sheets and Drive speak differently: Sheets' bodies carry a `status` and perhaps `details`, Drive's a list `errors`.
"""

from __future__ import annotations

from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class Refused(Exception):
    """A request that Google answers with an error.

    `code` is the answer's HTTP status, `status` its canonical name ("INVALID_ARGUMENT"), `message` the exact text,
    `details` the typed details (`{"@type": ..., ...}`) if there are any.
    """

    def __init__(self, code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(f"{code} {status}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON body that the Sheets API sends."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class DriveRefused(Refused):
    """The same from the Drive API: a reason, and where the fault lies."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str | None = None,
        location_type: str = "parameter",
        details: list[dict[str, Any]] | None = None,
        status: str | None = None,
    ) -> None:
        super().__init__(code, status or "", message, details)
        self.reason = reason
        self.domain = domain
        self.location = location
        self.location_type = location_type

    def body(self) -> dict[str, Any]:
        """The JSON body that the Drive API sends."""
        cause = {"message": self.message, "domain": self.domain, "reason": self.reason}
        if self.location:
            cause |= {"location": self.location, "locationType": self.location_type}
        error: dict[str, Any] = {"code": self.code, "message": self.message, "errors": [cause]}
        if self.status:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str) -> Refused:
    """A request that makes no sense (400)."""
    return Refused(400, "INVALID_ARGUMENT", message)


def not_found() -> Refused:
    """A spreadsheet, or a thing in it, that is not there or not to be seen by the caller."""
    return Refused(404, "NOT_FOUND", "Requested entity was not found.")


def forbidden() -> Refused:
    """A caller who may see but not do this."""
    return Refused(403, "PERMISSION_DENIED", "The caller does not have permission")
