"""Whether a request may come in at all: its credential, its scopes, and whether the API is switched on."""

from __future__ import annotations

from typing import Any

from .api import Method
from .errors import DriveRefused, Refused
from .granting import Caller
from .quotas import project_number

SIGN_IN = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
TITLES = {"sheets": "Google Sheets API", "drive": "Google Drive API"}


def _info(reason: str, metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }


def missing(method: Method) -> Refused:
    """No credential came: Sheets says 401, Drive 403."""
    if method.service == "drive":
        text = (
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API."
        )
        return DriveRefused(403, "forbidden", text, status="PERMISSION_DENIED")
    details = [_info("CREDENTIALS_MISSING", {"method": method.name, "service": "sheets.googleapis.com"})]
    return Refused(401, "UNAUTHENTICATED", f"Request is missing required authentication credential. {SIGN_IN}", details)


def invalid(service: str, *, expired: bool) -> Refused:
    """A token that is unknown or has run out."""
    text = f"Request had invalid authentication credentials. {SIGN_IN}"
    if service == "drive":
        refusal = DriveRefused(401, "authError", text, location="Authorization", location_type="header")
        refusal.status = "UNAUTHENTICATED"
        return refusal
    reason = "ACCESS_TOKEN_EXPIRED" if expired else "ACCESS_TOKEN_TYPE_UNSUPPORTED"
    return Refused(401, "UNAUTHENTICATED", text, [_info(reason, {"service": "sheets.googleapis.com"})])


def scopes(caller: Caller, method: Method) -> None:
    """Raises the 403 when the token was asked for without a scope that the method needs."""
    if caller.scopes & method.scopes:
        return
    text = "Request had insufficient authentication scopes."
    metadata = {"service": f"{method.service}.googleapis.com", "method": method.name}
    details = [_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", metadata)]
    if method.service == "drive":
        raise DriveRefused(403, "insufficientPermissions", text, details=details, status="PERMISSION_DENIED")
    raise Refused(403, "PERMISSION_DENIED", text, details)


def switched_off(service: str, project: str) -> Refused:
    """The project never switched the API on."""
    number, title, host = project_number(project), TITLES[service], f"{service}.googleapis.com"
    url = f"https://console.developers.google.com/apis/api/{host}/overview?project={number}"
    text = (
        f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting {url} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
        "retry."
    )
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{"description": "Google developers console API activation", "url": url}],
        },
        _info(
            "SERVICE_DISABLED",
            {
                "service": host,
                "serviceTitle": title,
                "consumer": f"projects/{number}",
                "containerInfo": number,
                "activationUrl": url,
            },
        ),
    ]
    if service == "drive":
        return DriveRefused(
            403, "accessNotConfigured", text, domain="usageLimits", details=details, status="PERMISSION_DENIED"
        )
    return Refused(403, "PERMISSION_DENIED", text, details)
