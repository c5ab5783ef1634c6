"""Posting: one request to an address that a person gave, and to nowhere inside this house.

The name is resolved once, every address that it has must be one of the public Internet, and the connection is made to
the address that was looked at: a name that leads elsewhere a moment later leads nowhere. No redirect is followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from perthyn.errors import PerthynError

PATIENCE = 10.0
"""Seconds that all of it may take."""
MOST = 5_000_000
"""Bytes of an answer; no more is read."""
SHOWN = 500
PORTS = {"https": 443, "http": 80}
_TUNNELS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("2002::/16"), ip_network("2001::/32"))
"""IPv6 addresses that hold an IPv4 one: NAT64, 6to4, Teredo."""
_ODD = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))
"""Of IETF protocols (some clouds' metadata among them), and 6to4's relays."""
Resolves = Callable[..., list[Any]]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side said: its status, and the beginning of its answer."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """An address that was looked at: where to connect, and what for."""

    scheme: str
    host: str
    port: int
    target: str
    ip: str


def place_of(address: str, *, inside: bool = False, resolve: Resolves = socket.getaddrinfo) -> Place:
    """Where an address leads. `inside`: to this machine itself and nowhere else, by plain HTTP too.

    Raises `PerthynError`: ``hook.address`` for what is no address (or not HTTPS), ``hook.host`` for a name that nobody
    knows, ``hook.inside`` for one that leads anywhere but to the public Internet.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise PerthynError("hook.address", address=address[:200]) from error
    wanted = ("https", "http") if inside else ("https",)
    if parts.scheme not in wanted or not host or not port or parts.username is not None or not address.isascii():
        raise PerthynError("hook.address", address=address[:200])
    if any(sign <= " " or sign == "\x7f" for sign in address):
        raise PerthynError("hook.address", address=address[:200])
    try:
        found = [str(one[4][0]) for one in resolve(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise PerthynError("hook.host", host=host[:200]) from error
    fits = loopback if inside else public
    if not found or not all(map(fits, found)):
        raise PerthynError("hook.inside", host=host[:200])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port, target, found[0])


def public(ip: str) -> bool:
    """Whether an IP address is one of the public Internet, whatever other address it may hold."""
    found = _ip(ip)
    if found is None or not found.is_global or found.is_multicast or found.is_reserved:
        return False
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped is None and not any(found in one for one in _TUNNELS)
    return not any(found in one for one in _ODD)


def loopback(ip: str) -> bool:
    """Whether an IP address is this machine's own."""
    found = _ip(ip)
    return found is not None and found.is_loopback


def post(place: Place, headers: Mapping[str, str], body: bytes) -> Answered:
    """Send it. Raises `PerthynError` (``hook.unreachable``, why) where no answer came in time."""
    end = monotonic() + PATIENCE
    connection = _Pinned(place)
    try:
        connection.request("POST", place.target, body, dict(headers))
        answer = connection.getresponse()
        text = b""
        while len(text) < SHOWN and (more := answer.read1(SHOWN)):
            text += more
            if monotonic() > end:
                raise TimeoutError
        return Answered(answer.status, text[:SHOWN].decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = "; ".join(filter(None, (type(error).__name__, str(error))))[:200]
        raise PerthynError("hook.unreachable", host=place.host, why=why) from error
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, which proves to be of the name that was asked for."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=PATIENCE)
        self._place = place

    def connect(self) -> None:
        held = socket.create_connection((self._place.ip, self._place.port), PATIENCE)
        try:
            if self._place.scheme == "https":
                held = ssl.create_default_context().wrap_socket(held, server_hostname=self._place.host)
        except BaseException:
            held.close()
            raise
        self.sock = held


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
