"""The answers that scripted trouble gives."""

from __future__ import annotations

from . import doors
from .api import Call
from .errors import DriveRefused, Refused
from .faults import Fault
from .granting import Caller
from .pages import BAD_GATEWAY
from .quotas import Quotas, exhausted, project_number
from .wire import Answer, said

REASONS = {400: "badRequest", 429: "rateLimitExceeded", 500: "internalError", 503: "backendError"}


def spoiled(fault: Fault, call: Call | None, caller: Caller | None, quotas: Quotas) -> Answer:
    """What the client gets instead of the answer."""
    if fault.kind in ("reset", "late", "hang", "late-hang"):
        return Answer(0, fate="hang" if "hang" in fault.kind else "reset")
    if fault.kind == "502":
        return Answer(502, BAD_GATEWAY, "text/html; charset=UTF-8")
    service = call.method.service if call else "sheets"
    refusal = Refused(503, "UNAVAILABLE", "The service is currently unavailable.")
    if fault.kind == "500":
        refusal = Refused(500, "INTERNAL", "Internal error encountered.")
    elif fault.kind == "401":
        refusal = doors.invalid(service, expired=True)
    elif fault.kind == "429":
        quota = "write" if call and call.method.quota == "write" else "read"
        refusal = exhausted(quota, project_number(caller.project if caller else ""), quotas.per_user, user=True)
    answer = refused(refusal, service)
    if fault.retry_after:
        answer.headers["Retry-After"] = fault.retry_after
    return answer


def refused(refusal: Refused, service: str) -> Answer:
    """An error in the shape that the service has for it."""
    if service == "drive" and not isinstance(refusal, DriveRefused):
        refusal = DriveRefused(refusal.code, REASONS.get(refusal.code, "forbidden"), refusal.message)
    return said(refusal.code, refusal.body())
