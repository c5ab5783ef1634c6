"""Checks: whether letters would arrive: what the DNS says of our domain, what the mail server says of us.

Sources: SPF, RFC 7208; DKIM, RFC 6376; DMARC, RFC 7489 (alignment: section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn_email.channel import password_of
from perthyn_email.dns import Asks, Unseen, asker
from perthyn_email.settings import FOR_READING, SECTION, Settings, settings_of
from perthyn_email.smtp import opened

Finding = tuple[bool | None, str, dict[str, Any]]
"""Is it well (None: it waits for a person), a code that has words, and its facts."""

FREE = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "live.co.uk", "msn.com",
    "yahoo.com", "yahoo.co.uk", "ymail.com", "aol.com", "icloud.com", "me.com", "btinternet.com", "sky.com",
    "talktalk.net", "virginmedia.com", "gmx.com", "proton.me", "protonmail.com",
)  # fmt: skip
"""Domains where anybody has a mailbox: no organisation can sign for them."""
_HOMES = {"gmail": FREE[:2], "outlook": FREE[2:8]}


def findings(settings: Settings, house: House, asks: Asks) -> list[Finding]:
    """What can be seen without logging in anywhere: settings and DNS."""
    found: list[Finding] = [_rehearsing(settings), *_sender(settings, house)]
    for look in (_from, _spf, _dkim, _dmarc, _bounces):
        try:
            found += look(settings, asks)
        except Unseen as error:
            if (None, error.code, error.facts) not in found:
                found.append((None, error.code, error.facts))
    return found


def all_findings(house: House) -> list[Finding]:
    """What can be seen, and whether the servers let us in. Raises `PerthynError` for settings that are not right."""
    settings = settings_of(house)
    found = findings(settings, house, asker(settings.resolver))
    try:
        found.append(server_finding(settings, password_of(house, settings)))
    except PerthynError as error:
        found.append((False, error.code, error.facts))
    if any(name.startswith(FOR_READING) for name in house.section(SECTION)):
        from perthyn_email.mailbox import reached

        found.append(mailbox_finding(lambda: reached(house)))
    return found


def server_finding(settings: Settings, password: str) -> Finding:
    """Whether the mail server lets us in, over a line that nobody else reads. Nothing is sent."""
    try:
        server = opened(settings, password)
    except PerthynError as error:
        return False, error.code, error.facts
    version = getattr(server.sock, "version", lambda: "")() or ""
    server.close()
    if settings.security == "none":
        return True, "email.server.here", {"host": settings.host}
    return True, "email.server.well", {"host": settings.host, "version": version}


def mailbox_finding(reach: Callable[[], None]) -> Finding:
    """Whether the mailbox can be read to which bounces and answers come. `reach` opens and closes it."""
    try:
        reach()
    except PerthynError as error:
        return False, error.code, error.facts
    return True, "email.mailbox.well", {}


def _rehearsing(settings: Settings) -> Finding:
    return (True, "email.live", {}) if settings.live else (None, "email.rehearsing", {})


def _sender(settings: Settings, house: House) -> Iterator[Finding]:
    if not settings.postal_address or not (settings.from_name_en or settings.from_name_cy or house.organisation):
        yield False, "email.sender.bare", {}
    if not any(name.startswith(FOR_READING) for name in house.section(SECTION)):
        yield None, "email.mailbox.unread", {"address": settings.bounce_to or settings.from_}


def domain_of(address: str) -> str:
    """The domain of an address, as it stands in the DNS."""
    return address.rpartition("@")[2].lower().encode("idna").decode("ascii")


def _from(settings: Settings, asks: Asks) -> Iterator[Finding]:
    domain = domain_of(settings.from_)
    if domain in FREE:
        if domain not in _HOMES.get(settings.provider, ()):
            yield False, "email.from.free", {"domain": domain}
        else:
            yield None, "email.from.personal", {"domain": domain, "a_day": settings.pace.a_day}
        return
    back = domain_of(settings.returns_to(""))
    if not _aligned(domain, back):
        yield None, "email.unaligned", {"domain": domain, "other": back}


def _spf(settings: Settings, asks: Asks) -> Iterator[Finding]:
    domain = domain_of(settings.returns_to(""))
    if domain in FREE:
        return
    named = settings.preset.spf if settings.preset else ""
    said = [one for one in asks(domain, "TXT") if one.lower().split(" ")[0] == "v=spf1"]
    facts = {"domain": domain, "record": f"v=spf1 include:{named} ~all", "found": " | ".join(said)}
    if not said and not named:
        yield None, "email.spf.unknown", facts
    elif not said:
        yield False, "email.spf.missing", facts
    elif len(said) > 1:
        yield False, "email.spf.several", facts
    elif said[0].lower().rstrip().endswith("+all"):
        yield False, "email.spf.open", facts
    elif named and named not in said[0].lower():
        yield False, "email.spf.other", {**facts, "part": f"include:{named}"}
    else:
        yield True, "email.spf.well", facts


def _dkim(settings: Settings, asks: Asks) -> Iterator[Finding]:
    domain = domain_of(settings.from_)
    if domain in FREE:
        return
    usual = settings.preset.dkim if settings.preset else ()
    selectors = (settings.dkim_selector,) if settings.dkim_selector else usual
    if not selectors:
        yield None, "email.dkim.unknown", {"domain": domain}
        return
    names = [f"{selector}._domainkey.{domain}" for selector in selectors]
    for name in names:
        tags = [_tags(one) for one in asks(name, "TXT")]
        if any(one.get("p") for one in tags):
            yield True, "email.dkim.well", {"name": name}
            return
    yield False, "email.dkim.missing", {"domain": domain, "name": names[0]}


def _dmarc(settings: Settings, asks: Asks) -> Iterator[Finding]:
    domain = domain_of(settings.from_)
    if domain in FREE:
        return
    for at in _upward(domain):
        said = [one for one in asks(f"_dmarc.{at}", "TXT") if one.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(said) == 1:
            yield True, "email.dmarc.well", {"name": f"_dmarc.{at}", "policy": _tags(said[0]).get("p", "none")}
            return
        if said:
            yield False, "email.dmarc.several", {"name": f"_dmarc.{at}"}
            return
    record = f"v=DMARC1; p=none; rua=mailto:{settings.answers_to}"
    yield False, "email.dmarc.missing", {"name": f"_dmarc.{domain}", "record": record}


def _bounces(settings: Settings, asks: Asks) -> Iterator[Finding]:
    address = settings.bounce_to or settings.from_
    domain = domain_of(address)
    if not asks(domain, "MX") and not asks(domain, "A"):
        yield False, "email.bounce.nowhere", {"address": address, "domain": domain}


def _aligned(one: str, other: str) -> bool:
    """Whether two domains are one organisation's: the same, or one below the other."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _upward(domain: str) -> Iterator[str]:
    """The domain, and those above it that can be an organisation's."""
    parts = domain.split(".")
    for start in range(max(1, len(parts) - 1)):
        yield ".".join(parts[start:])


def _tags(record: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
