"""The suppression list: keyed hashes of addresses, so that a "no" outlives the person's records."""

from __future__ import annotations

import hmac
from hashlib import sha256

from perthyn.model import Contact
from perthyn.model.identity import contact_name_key
from perthyn.model.normal import email_key, phone_e164


def address_hash(key: bytes, channel: str, address: str) -> str:
    """HMAC-SHA-256 (hexadecimal) of a channel and a normalised address under the organisation's own key."""
    normal = email_key(address) if channel == "email" else phone_e164(address) or address
    if channel == "post":
        normal = address
    return hmac.new(key, f"{channel}\x1f{normal}".encode(), sha256).hexdigest()


def addresses(contact: Contact) -> list[tuple[str, str]]:
    """(channel, normalised address) of every way to reach a contact; by post: postcode, else place, and name."""
    ways = [("email", email.key) for email in contact.emails]
    ways += [(channel, phone.key) for phone in contact.phones for channel in ("phone", "sms")]
    ways += [("post", f"{one.postcode_key or one.key}|{contact_name_key(contact)}") for one in contact.addresses]
    return ways
