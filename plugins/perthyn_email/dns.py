"""DNS: what stands there of a domain, asked of the name server at hand."""

from __future__ import annotations

from collections.abc import Callable

from perthyn.errors import PerthynError

Asks = Callable[[str, str], list[str]]
"""``asks(name, kind)``: the records of that kind (``TXT``, ``MX``), [] where there are none. Raises `Unseen`."""


class Unseen(PerthynError):
    """It could not be looked up: we are not on the internet, or the name server does not answer."""


def asker(server: str = "", seconds: float = 3.0) -> Asks:
    """Asks `server` (``address`` or ``address:port``), else the one that this machine uses.

    After one question without an answer no further one is asked: a machine without internet is not kept waiting.
    """
    gone: list[Unseen] = []

    def asks(name: str, kind: str) -> list[str]:
        if gone:
            raise gone[0]
        try:
            return _looked_up(name, kind, server, seconds)
        except Unseen as error:
            gone.append(error)
            raise

    return asks


def _looked_up(name: str, kind: str, server: str, seconds: float) -> list[str]:
    try:
        from dns import exception, resolver
    except ImportError as error:
        raise Unseen("email.dns.library") from error
    try:
        found = resolver.Resolver(configure=not server)
        if server:
            host, _, port = server.partition(":")
            found.nameservers, found.port = [host], int(port or 53)
        answer = found.resolve(name, kind, lifetime=seconds)
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except (exception.DNSException, OSError, ValueError) as error:
        raise Unseen("email.dns.unseen", why=" ".join(str(error).split())[:200]) from error
    if kind == "TXT":
        return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]
    return [one.to_text() for one in answer]
