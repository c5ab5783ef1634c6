"""How a test reaches the emulator: the real clients, with one adapter that carries https:// to loopback."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import gspread
import requests
from google.auth.crypt import RSASigner
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import credentials as user
from google.oauth2 import service_account
from requests.adapters import HTTPAdapter

from .granting import AUTH
from .server import Emulator

SCOPES = (AUTH + "spreadsheets", AUTH + "drive")


class LoopbackAdapter(HTTPAdapter):
    """Carries whatever is sent to any host to one address."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        super().__init__()

    def __deepcopy__(self, memo: dict[int, Any]) -> LoopbackAdapter:
        """Refused: google-auth would copy the session to look something up in a thread of its own (it goes on without
        when it can't), and a test wants no requests that come whenever they like."""
        raise TypeError("this adapter is not copied")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send to the address, under the name of the host that was meant."""
        target = urlsplit(str(request.url))
        request.headers["Host"] = target.netloc
        request.url = f"{self._base}{target.path}" + (f"?{target.query}" if target.query else "")
        return super().send(request, *args, **kwargs)


@lru_cache(maxsize=8)
def _signer(key: str, id: str) -> RSASigner:
    """OpenSSL takes 40 ms to look at a key; once for all tests is enough."""
    signer: RSASigner = RSASigner.from_string(key, id)  # type: ignore[no-untyped-call]
    return signer


def signing(info: dict[str, Any], scopes: tuple[str, ...] = SCOPES) -> Any:
    """google-auth's credentials from the content of a service account's or an authorized user's file."""
    if info["type"] == "authorized_user":
        return user.Credentials.from_authorized_user_info(info, scopes=list(scopes))  # type: ignore[no-untyped-call]
    signer = _signer(info["private_key"], info["private_key_id"])
    email, token_uri = info["client_email"], info["token_uri"]
    return service_account.Credentials(signer, email, token_uri, scopes=list(scopes))  # type: ignore[no-untyped-call]


def session(emulator: Emulator | str, info: dict[str, Any], scopes: tuple[str, ...] = SCOPES) -> AuthorizedSession:
    """A session that signs in as in production; both its own requests and those for tokens stay on loopback."""
    adapter = LoopbackAdapter(emulator if isinstance(emulator, str) else emulator.url)
    inner = requests.Session()
    inner.mount("https://", adapter)
    outer = AuthorizedSession(signing(info, scopes), auth_request=Request(session=inner))  # type: ignore[no-untyped-call]
    outer.mount("https://", adapter)
    return outer


def client(
    emulator: Emulator, info: dict[str, Any] | None = None, http_client: type[gspread.HTTPClient] = gspread.HTTPClient
) -> gspread.Client:
    """gspread, signed in as a service account (a new one, unless one is handed in)."""
    info = info or emulator.accounts.service_account()
    signed = session(emulator, info)
    return gspread.Client(auth=None, session=signed, http_client=http_client)  # type: ignore[arg-type]
