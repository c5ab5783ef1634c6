"""The suppression list: keyed hashes of addresses, so that a "no" outlives the person's records."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Set
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from perthyn.contacting.door import CHANNELS
from perthyn.model import Contact
from perthyn.model.identity import contact_name_key
from perthyn.model.normal import email_key, phone_e164


@dataclass(frozen=True, slots=True)
class Barred:
    """What bars a channel beside what a contact says: the suppression list, and contradictions that nobody settled.

    `listed`: (channel, hash) of the list; `key`: the organisation's own. `doubtful`: contact -> channels.
    """

    key: bytes | None
    listed: Set[tuple[str, str]]
    doubtful: Mapping[UUID, Set[str]]

    def suppressed(self, contact: Contact) -> set[str]:
        """The channels on which an address of this contact stands in the list; all, where the key to it is lost."""
        if not self.listed:
            return set()
        if self.key is None:
            return set(CHANNELS)
        ways, key = addresses(contact), self.key
        return {channel for channel, address in ways if (channel, address_hash(key, channel, address)) in self.listed}

    def contradicted(self, contact: Contact) -> set[str]:
        """The channels about which files contradict each other."""
        return set(self.doubtful.get(contact.id, ()))


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
