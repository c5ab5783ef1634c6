"""People who sign in through a browser: OAuth clients, the consent page, the tokens that outlive the hour."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from .granting import TOKEN_URI, Caller, GrantRefused, scoped

AUTH_URI = "https://accounts.google.com/o/oauth2/auth"


@dataclass(frozen=True)
class _Client:
    secret: str
    project: str


@dataclass(frozen=True)
class _Consent:
    """What a person gave to a client; of a code also where it was sent, and the PKCE challenge."""

    client: str
    email: str
    scopes: frozenset[str]
    redirect: str = ""
    challenge: str = ""
    offline: bool = True


class Browser:
    """The browser of one person, who agrees to everything (`person` None refuses everything)."""

    def __init__(self) -> None:
        self.person: str | None = "elin@example.org"
        self.revoked: set[str] = set()
        """Refresh tokens that were taken back or ran out."""
        self._clients: dict[str, _Client] = {}
        self._codes: dict[str, _Consent] = {}
        self._refresh: dict[str, _Consent] = {}

    def client(self, name: str = "perthyn", project: str = "perthyn-emulator") -> dict[str, Any]:
        """An OAuth client of the kind "Desktop app": the content of its client_secret file."""
        id = f"{name}.apps.googleusercontent.com"
        made = self._clients.setdefault(id, _Client(f"GOCSPX-{name}", project))
        return {
            "installed": {
                "client_id": id,
                "project_id": made.project,
                "auth_uri": AUTH_URI,
                "token_uri": TOKEN_URI,
                "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
                "client_secret": made.secret,
                "redirect_uris": ["http://localhost"],
            }
        }

    def signed_in(self, email: str, scopes: list[str], *, client: str = "perthyn") -> dict[str, Any]:
        """A person who let a client in some time ago: the content of an authorized-user file."""
        installed = self.client(client)["installed"]
        consent = _Consent(installed["client_id"], email, frozenset(scopes))
        return {
            "type": "authorized_user",
            "client_id": installed["client_id"],
            "client_secret": installed["client_secret"],
            "refresh_token": self._kept(consent),
            "token_uri": TOKEN_URI,
        }

    def page(self, query: Mapping[str, str]) -> str:
        """The consent page, answered at once: where the browser goes next. Raises GrantRefused for an error page."""
        client, redirect = query.get("client_id", ""), query.get("redirect_uri", "")
        if client not in self._clients:
            raise GrantRefused("invalid_client", "The OAuth client was not found.", 401)
        if urlsplit(redirect).hostname not in ("localhost", "127.0.0.1"):
            raise GrantRefused("redirect_uri_mismatch", f"The redirect URI {redirect} does not match the client.")
        if query.get("response_type") != "code":
            raise GrantRefused("unsupported_response_type", "Invalid response_type.")
        scopes = scoped(query.get("scope", ""))
        back = {"state": query.get("state", "")}
        if self.person is None:
            return f"{redirect}?{urlencode(back | {'error': 'access_denied'})}"
        challenge, offline = query.get("code_challenge", ""), query.get("access_type") == "offline"
        code = f"4/{secrets.token_urlsafe(32)}"
        self._codes[code] = _Consent(client, self.person, scopes, redirect, challenge, offline)
        return f"{redirect}?{urlencode(back | {'code': code, 'scope': ' '.join(sorted(scopes))})}"

    def exchanged(self, form: Mapping[str, str]) -> tuple[Caller, str | None]:
        """Whom a code lets in, and the refresh token if one was asked for. Raises GrantRefused."""
        client = self._known(form)
        consent = self._codes.pop(form.get("code", ""), None)
        if consent is None or consent.client != form["client_id"]:
            raise GrantRefused("invalid_grant", "Malformed auth code.")
        if consent.redirect != form.get("redirect_uri"):
            raise GrantRefused("redirect_uri_mismatch", "Bad Request")
        digest = hashlib.sha256(form.get("code_verifier", "").encode("ascii")).digest()
        if consent.challenge and base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=") != consent.challenge:
            raise GrantRefused("invalid_grant", "Invalid code verifier.")
        return self._caller(consent, client, consent.scopes), self._kept(consent) if consent.offline else None

    def refreshed(self, form: Mapping[str, str]) -> Caller:
        """Whom a refresh token lets in. Raises GrantRefused."""
        client = self._known(form)
        token = form.get("refresh_token", "")
        consent = self._refresh.get(token)
        if consent is None or consent.client != form["client_id"]:
            raise GrantRefused("invalid_grant", "Bad Request")
        if token in self.revoked:
            raise GrantRefused("invalid_grant", "Token has been expired or revoked.")
        scopes = frozenset(form["scope"].split()) if form.get("scope") else consent.scopes
        if not scopes <= consent.scopes:
            raise GrantRefused("invalid_scope", "Bad Request")
        return self._caller(consent, client, scopes)

    def _known(self, form: Mapping[str, str]) -> _Client:
        client = self._clients.get(form.get("client_id", ""))
        if client is None:
            raise GrantRefused("invalid_client", "The OAuth client was not found.", 401)
        if form.get("client_secret") != client.secret:
            raise GrantRefused("invalid_client", "Unauthorized", 401)
        return client

    def _kept(self, consent: _Consent) -> str:
        token = f"1//{secrets.token_urlsafe(24)}"
        self._refresh[token] = consent
        return token

    @staticmethod
    def _caller(consent: _Consent, client: _Client, scopes: frozenset[str]) -> Caller:
        return Caller(consent.email, client.project, consent.client, scopes, service_account=False)
