"""Tokens: a word that names one message of the ledger and can't be guessed.

It stands in the address that bounces and refusals of the message come back to, and in the links of its pages.
"""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode
from binascii import Error
from hashlib import sha256
from uuid import UUID

_SIGNED = 14
"""Bytes of the signature (112 bits); with the 16 of the id they fill base32 without a remainder."""
_WRITTEN = (16 + _SIGNED) * 8 // 5


def token(key: bytes, message: UUID) -> str:
    """The token of a message: 48 lower-case letters and digits (base32 of its id and an HMAC-SHA-256)."""
    signature = hmac.new(key, b"message\x1f" + message.bytes, sha256).digest()[:_SIGNED]
    return b32encode(message.bytes + signature).decode("ascii").lower()


def message_of(key: bytes, text: str) -> UUID | None:
    """The message whose token this is, None where it is nobody's. The case of letters does not matter."""
    written = text.strip().lower()
    if len(written) != _WRITTEN:
        return None
    try:
        message = UUID(bytes=b32decode(written.upper())[:16])
    except (Error, ValueError):
        return None
    return message if hmac.compare_digest(token(key, message).encode(), written.encode()) else None
