"""Signing: by https://www.standardwebhooks.com (1.0.0, symmetric): whoever has the secret knows that it is from us."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

from perthyn_web.webhooks.records import Hook

PREFIX = "whsec_"


def secret_of(key: bytes, hook: Hook) -> str:
    """What a hook's messages are signed with: 256 bits, ``whsec_`` and base64."""
    made = hmac.digest(key, f"hook\x1f{hook.id}\x1f{hook.nonce}".encode(), sha256)
    return PREFIX + base64.b64encode(made).decode()


def headers_of(secret: str, id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message. `at`: seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, sha256)).decode()
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signed}",
            "content-type": "application/json", "user-agent": "perthyn"}  # fmt: skip
