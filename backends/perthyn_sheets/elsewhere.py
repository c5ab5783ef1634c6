"""Requests that are meant for Google, sent to another server: in tests, and to try things without an account."""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter


class Elsewhere(HTTPAdapter):
    """Sends each request to `base`, which finds in the header ``Host`` whom it was meant for."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base.rstrip("/")

    def __deepcopy__(self, memo: object) -> NoReturn:
        """google-auth would copy it to ask, in a thread of its own, what nobody here needs to know; it takes a no."""
        raise TypeError("not to be copied")

    def send(self, request: PreparedRequest, *given: Any, **named: Any) -> Response:
        """The answer of the other server."""
        meant = urlsplit(request.url or "")
        request.headers["Host"] = meant.netloc
        request.url = f"{self._base}{meant.path}?{meant.query}" if meant.query else f"{self._base}{meant.path}"
        return super().send(request, *given, **named)


def lead(session: Session, endpoint: str) -> None:
    """Send whatever this session would ask of Google to `endpoint` instead, if there is one."""
    if endpoint:
        session.trust_env = False
        session.mount("https://", Elsewhere(endpoint))
