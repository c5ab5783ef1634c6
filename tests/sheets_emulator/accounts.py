"""Who may come in: service accounts, people who signed in through a browser, and the tokens they were given.

A grant is checked as Google checks it: signature, issuer, audience, times, scopes. Times of assertions are the real
ones (the client signs with its own clock); access tokens run out by the emulator's clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .browser import AUTH_URI, Browser
from .granting import TOKEN_URI, Caller, GrantRefused, scoped

AUDIENCES = (TOKEN_URI, "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 3600
"""Seconds that an access token lives, and the longest that an assertion may."""


@lru_cache(maxsize=8)
def _key(which: int) -> rsa.RSAPrivateKey:
    """A key of 2,048 bits, made once a process; `which` tells several apart."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=8)
def _pem(which: int) -> str:
    pkcs8, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return _key(which).private_bytes(serialization.Encoding.PEM, pkcs8, bare).decode("ascii")


class Accounts:
    """The accounts of the emulator, and the tokens that are out. `browser` is where people sign in.

    `disabled` holds e-mail addresses of accounts that were switched off, `revoked` refresh tokens that were taken back
    or ran out.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._keys: dict[str, rsa.RSAPublicKey] = {}
        self._projects: dict[str, str] = {}
        self._tokens: dict[str, tuple[Caller, float]] = {}
        self.browser = Browser()
        self.signed_in = self.browser.signed_in
        self.revoked = self.browser.revoked
        self.disabled: set[str] = set()

    def service_account(
        self, name: str = "perthyn", project: str = "perthyn-emulator", *, which: int = 0
    ) -> dict[str, Any]:
        """A new service account: the content of its credentials file. `which` chooses one of several keys."""
        email = f"{name}@{project}.iam.gserviceaccount.com"
        self._keys[email] = _key(which).public_key()
        self._projects[email] = project
        return {
            "type": "service_account",
            "project_id": project,
            "private_key_id": f"{which:040x}",
            "private_key": _pem(which),
            "client_email": email,
            "client_id": str(100_000_000_000_000_000_000 + sum(email.encode("utf-8"))),
            "auth_uri": AUTH_URI,
            "token_uri": TOKEN_URI,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
            "universe_domain": "googleapis.com",
        }

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of `/token`. Raises GrantRefused."""
        kind, refresh = form.get("grant_type"), None
        if kind == JWT_BEARER:
            caller = self._signed(form.get("assertion", ""))
        elif kind == "refresh_token":
            caller = self.browser.refreshed(form)
        elif kind == "authorization_code":
            caller, refresh = self.browser.exchanged(form)
        else:
            raise GrantRefused("unsupported_grant_type", f"Invalid grant_type: {kind or ''}")
        token = f"ya29.c.{secrets.token_urlsafe(48)}"
        self._tokens[token] = (caller, self._now() + LIFE)
        answer: dict[str, Any] = {"access_token": token, "expires_in": LIFE - 1, "token_type": "Bearer"}
        if refresh:
            answer["refresh_token"] = refresh
        return answer if kind == JWT_BEARER else answer | {"scope": " ".join(sorted(caller.scopes))}

    def caller(self, token: str) -> Caller | None:
        """Whom a token stands for; None when it is unknown or has run out."""
        caller, until = self._tokens.get(token, (None, 0.0))
        return caller if caller and self._now() < until and caller.email not in self.disabled else None

    def known(self, token: str) -> bool:
        """Whether the token was ever given."""
        return token in self._tokens

    def forget(self) -> None:
        """All tokens run out at once."""
        self._tokens = {token: (caller, 0.0) for token, (caller, _) in self._tokens.items()}

    def _signed(self, assertion: str) -> Caller:
        try:
            head, claims, signature = assertion.split(".")
            header, claim = _part(head), _part(claims)
            signed = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        except (ValueError, binascii.Error) as wrong:
            raise GrantRefused("invalid_grant", "Invalid JWT: Failed to parse.") from wrong
        email = str(claim.get("iss", ""))
        public = self._keys.get(email)
        if public is None or email in self.disabled:
            raise GrantRefused("invalid_grant", "Invalid grant: account not found")
        try:
            public.verify(signed, f"{head}.{claims}".encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as wrong:
            raise GrantRefused("invalid_grant", "Invalid JWT Signature.") from wrong
        if header.get("alg") != "RS256":
            raise GrantRefused("invalid_grant", "Invalid JWT: Unsupported algorithm.")
        _times(claim)
        scopes = scoped(str(claim.get("scope", "")))
        return Caller(email, self._projects[email], email, scopes, service_account=True)


def _times(claim: Mapping[str, Any]) -> None:
    if claim.get("aud") not in AUDIENCES:
        raise GrantRefused("invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {TOKEN_URI}")
    now, issued, until = time.time(), _seconds(claim.get("iat")), _seconds(claim.get("exp"))
    if issued > now + 300 or until < now or until - issued > LIFE + 300:
        raise GrantRefused(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )


def _seconds(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0


def _part(text: str) -> dict[str, Any]:
    found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(found, dict):
        raise ValueError(text)
    return found
