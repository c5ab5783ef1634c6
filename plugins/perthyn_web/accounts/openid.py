"""OpenID: what Google or Microsoft says of who somebody is (OpenID Connect Core 1.0, authorization code flow, PKCE).

Nothing that they say is kept: how they are asked and by which keys they sign is read anew each time, so that new keys
count at once. Nothing is believed that is not signed by those keys, for us, for this one try of this one browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode, urlsplit

from perthyn.crm import Crm
from perthyn.errors import PerthynError, Unknown, needs
from perthyn.house import House

EXTRA = "sso"
SECTION = "web"
TITLES = {"google": "Google", "microsoft": "Microsoft"}
ISSUERS = {"google": "https://accounts.google.com", "microsoft": "https://login.microsoftonline.com/{tenant}/v2.0"}
"""Who signs. Of Microsoft it is the organisation's own tenant: another one's administrators can name any address."""
EVERYBODYS = ("", "common", "organizations", "consumers")
"""What stands in the place of a tenant and is none."""
SIGNED_BY = ["RS256", "ES256"]
LEEWAY = 60
"""Seconds that their clock and ours may differ by."""
CONNECT, SILENCE = 3.0, 5.0
"""Seconds to connect, and without a byte: somebody is waiting."""
LARGEST = 1_000_000
"""Bytes of one answer."""
_AT_ONCE = BoundedSemaphore(2)
"""Strangers may begin a sign-in: those who wait for a slow provider never hold all the desks there are."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where somebody may have an account. `secret` is perthyn's own password there."""

    name: str
    client: str
    issuer: str
    secret: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        """What it is called, in every language."""
        return TITLES[self.name]


@dataclass(frozen=True, slots=True)
class Account:
    """Who somebody is elsewhere: `sub` stays, and is never given to another; `email` only where they have proved it."""

    issuer: str
    sub: str
    email: str = ""


def offered(house: House) -> list[str]:
    """The names of those that somebody may come from: they are set up."""
    return [one for one in TITLES if house.section(f"{SECTION}.{one}").get("client")]


def provider(house: House, name: str) -> Provider:
    """One of them. Raises `Unknown` (``sso.unknown``), `PerthynError` (``sso.tenant``)."""
    if name not in offered(house):
        raise Unknown("sso.unknown", name=name, suggestion="")
    settings = house.section(f"{SECTION}.{name}")
    tenant = str(settings.get("tenant", "")).strip()
    if name == "microsoft" and (tenant in EVERYBODYS or not tenant.replace("-", "").replace(".", "").isalnum()):
        raise PerthynError("sso.tenant")
    return Provider(name, str(settings["client"]).strip(), ISSUERS[name].format(tenant=tenant))


def with_secret(house: House, name: str) -> Provider:
    """One of them, with our password there. Raises what `provider` and `House.secret` raise."""
    there = provider(house, name)
    return Provider(there.name, there.client, there.issuer, house.secret(f"{SECTION}.{name}", "secret"))


def derived(key: str, what: str) -> str:
    """What is made of the key of one try, of which the browser alone knows: its *state*, *nonce* and *verifier*."""
    return sha256(f"web.openid\x1f{what}\x1f{key}".encode()).hexdigest()


def address(there: Provider, key: str, back: str) -> str:
    """Where a browser goes to be asked who it is; it comes back to `back`. Raises as `account`."""
    with needs(EXTRA):
        from authlib.oauth2.rfc7636 import create_s256_code_challenge
    about = _discovered(there)
    asked = {
        "response_type": "code", "client_id": there.client, "redirect_uri": back, "scope": "openid email",
        "state": derived(key, "state"), "nonce": derived(key, "nonce"), "code_challenge_method": "S256",
        "code_challenge": create_s256_code_challenge(derived(key, "verifier")), "prompt": "select_account",
    }  # fmt: skip
    place = about["authorization_endpoint"]
    return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"


def account(crm: Crm, there: Provider, key: str, code: str, back: str) -> Account:
    """Who somebody is that came back with a code.

    Raises `PerthynError`: ``sso.unreachable``, ``sso.wrong`` (title, why: a word) for what is not believed.
    """
    about = _discovered(there)
    sent = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": back, "client_id": there.client,
        "client_secret": there.secret, "code_verifier": derived(key, "verifier"),
    }  # fmt: skip
    got = _asked(there, about["token_endpoint"], sent)
    claims = _believed(crm, there, str(got.get("id_token", "")), _asked(there, about["jwks_uri"]), key)
    email = claims.get("email")
    proved = claims.get("email_verified") is True or claims.get("xms_edov") in (True, 1, "1", "true")
    return Account(there.issuer, str(claims["sub"]), email if isinstance(email, str) and proved else "")


def _believed(crm: Crm, there: Provider, token: str, keys: Any, key: str) -> Mapping[str, Any]:
    """The claims of an ID token (Core, section 3.1.3.7)."""
    with needs(EXTRA):
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
    nonce = derived(key, "nonce")
    wanted = {
        "iss": {"essential": True, "value": there.issuer}, "aud": {"essential": True, "value": there.client},
        "sub": {"essential": True}, "exp": {"essential": True}, "nonce": {"essential": True, "value": nonce},
    }  # fmt: skip
    try:
        known = KeySet.import_key_set({"keys": [one for one in keys["keys"] if one.get("kty") in ("RSA", "EC")]})
        read = jwt.decode(token, known, algorithms=SIGNED_BY)
        claims = CodeIDToken(read.claims, read.header, wanted, {"nonce": nonce, "client_id": there.client})
        claims.validate(now=int(crm.clock().timestamp()), leeway=LEEWAY)
    except JoseError as error:
        raise _wrong(there, str(getattr(error, "claim", "") or error.error)) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _wrong(there, "unreadable") from None
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise _wrong(there, "sub")
    found: Mapping[str, Any] = claims
    return found


def _discovered(there: Provider) -> Mapping[str, str]:
    """How a provider is asked (Discovery 1.0, section 4), by the same kind of address as its own."""
    found = _asked(there, f"{there.issuer}/.well-known/openid-configuration")
    places = {name: found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    if found.get("issuer") != there.issuer:
        raise _wrong(there, "issuer")
    if any(urlsplit(str(one)).scheme != urlsplit(there.issuer).scheme for one in places.values()):
        raise _wrong(there, "discovery")
    return {name: str(one) for name, one in places.items()}


def _asked(there: Provider, url: str, sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON that an address of theirs answers with; while two others are waiting for one, nobody else waits."""
    if not _AT_ONCE.acquire(blocking=False):
        raise PerthynError("sso.unreachable", title=there.title, why="busy")
    try:
        return _answered(there, url, sent)
    finally:
        _AT_ONCE.release()


def _answered(there: Provider, url: str, sent: Mapping[str, str] | None) -> dict[str, Any]:
    with needs(EXTRA):
        import httpx2
    body = bytearray()
    try:
        timeout = httpx2.Timeout(SILENCE, connect=CONNECT)
        with (
            httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("POST" if sent else "GET", url, data=sent, headers={"accept": "application/json"}) as answer,
        ):
            status = answer.status_code
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise _wrong(there, "large")
    except httpx2.TransportError as error:
        raise PerthynError("sso.unreachable", title=there.title, why=type(error).__name__) from None
    except (httpx2.DecodingError, httpx2.InvalidURL):
        raise _wrong(there, "unreadable") from None
    if status >= 500 or status == 429:
        raise PerthynError("sso.unreachable", title=there.title, why=str(status))
    with suppress(ValueError, RecursionError):
        found = json.loads(bytes(body))
        if isinstance(found, dict) and status == 200:
            return found
        if isinstance(found, dict) and sent and found.get("error") == "invalid_client":
            raise _wrong(there, "invalid_client")
    raise _wrong(there, "code" if sent else str(status))


def _wrong(there: Provider, why: str) -> PerthynError:
    return PerthynError("sso.wrong", title=there.title, why=why)
