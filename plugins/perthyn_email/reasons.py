"""What a mail server gives as its reason: whether an address is dead, or this one message did not get through.

*hard*: nobody can be reached there: no such mailbox, no such domain, an account that was closed. Everything else is
*soft*: a full mailbox, a server that is away, and a refusal of us or of the letter, which says nothing of the address.
What gives no reason is soft too: an address is given up for what is known, and several soft ones in a row end alike.

Sources: RFC 3463 with the IANA registry of enhanced status codes, RFC 5321 section 4.2, and what servers write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Weight = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class Reason:
    """`why`: one of *unknown*, *domain*, *closed*, *moved* (hard), *full*, *later*, *refused*, *trouble*, *unsaid*."""

    weight: Weight
    why: str


UNSAID = Reason("soft", "unsaid")

_NOISE = re.compile(r"https?://\S+|\(?<?[^\s<>()]+@[^\s<>(),;:]+>?\)?|\[[0-9A-Fa-f.:]+\]", re.ASCII)
"""What would be read as words, and is none: addresses of pages, people and machines."""
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_BASIC = re.compile(r"(?<![\d.])([45])[0-5]\d(?=[\s,\-:;])")


def _words(*patterns: str) -> Callable[[str], object]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})", re.IGNORECASE).search


_FULL = _words(
    r"(?:over)?quota", r"(?:mail|in)\s?(?:box|folder)(?: for user)? (?:is |seems )?full", r"full (?:mail|in)\s?box",
    r"out of storage", r"disk (?:space|full)", r"too much mail", r"(?:mail)?box .{0,30}exceed", r"user is over",
    r"mail\s?box (?:space|size|storage)", r"storage (?:limit|allocation)",
    r"insufficient (?:system )?(?:storage|space)",
    r"blwch .{0,20}llawn", r"boîte .{0,20}pleine", r"postfach .{0,20}voll",
)  # fmt: skip
_REFUSED = _words(
    r"spam", r"unsolicited", r"block\s?list", r"black\s?list", r"deny\s?list", r"blocked", r"reputation", r"dmarc",
    r"\bspf\b", r"\bdkim\b", r"virus(?:es)?\b", r"malware", r"phish", r"bad sender",
    r"relay(?:ing)? (?:access )?denied",
    r"(?:unable|not (?:permitted|allowed)|refus\w+) to relay", r"(?:client|helo).{0,20}(?:rejected|denied)",
    r"sender(?:'s)? (?:e-?mail |address )*(?:was |is )?(?:rejected|denied|unknown|verif|domain|not allowed"
    r"|not found)",
    r"(?:not|n't) accept(?:ing)? (?:mail|messages|email)s? from",
    r"(?:not|permission) (?:permitted |allowed )?to (?:send|e-?mail)",
)  # fmt: skip
_ABOUT_US = _words(
    r"sender(?:'s)? (?:e-?mail )?address (?:was |is )?(?:rejected|denied|unknown|refused)",
    r"your (?:e-?mail )?(?:account|mailbox|domain) (?:has|is|was|does)",
)  # fmt: skip
"""How a server says that it doesn't take letters from us, whatever it then says of our address."""
_LATER = _words(
    r"gr[ea]y[- ]?list", r"try(?:ing)? again", r"tempor(?:ar|air)", r"receiving mail at a rate", r"rate limit",
    r"too many (?:connections|messages|hops|recipients|e-?mails)", r"deferred", r"throttl", r"in the queue too long",
    r"timed? ?out", r"expired?\b", r"too old", r"connection (?:refused|reset|lost|dropped)", r"not responding",
    r"(?:could not|couldn't|can't|cannot|unable to) (?:connect|establish)", r"wasn't able to establish",
    r"not reachable",
    r"no route to host", r"did not respond", r"failed \d+ attempts", r"maximum delivery attempts", r"aborted after",
    r"not been collected", r"unavailable or busy", r"looping?\b", r"delay(?:ed)?\b", r"will (?:keep|continue)",
)  # fmt: skip
_RATHER_REFUSED = _words(
    r"policy", r"content", r"authenticat", r"prohibit", r"restrict", r"administrative", r"relay",
    r"too (?:large|big)",
    r"exceed", r"challenge", r"access denied", r"\btls\b|encryption",
)  # fmt: skip
_WHO = r"(?:user|recipient|mailbox|account|address|addressee|alias|userid|person|customer)s?"
_HARD = {
    "closed": _words(
        rf"{_WHO}(?: \S+){{0,4}}? (?:is|has been|was|been) (?:\S+ )?(?:disabled|discontinued|closed|suspended"
        rf"|deactivated|cancell?ed|removed|retired|withdrawn|abandoned|decommissioned"
        r"|inactive|no longer (?:active|in use|available|valid)|deleted|terminated|expired)",
        rf"(?:disabled|inactive|closed|deactivated|expired) {_WHO}", rf"{_WHO} (?:disabled|inactive|expired"
        rf"|closed|suspended|deactivated|deleted|cancell?ed)\b",
        r"no longer (?:works|working|employed|with|at|on server|accepts|valid|exists?|in use|in service|active)",
        r"left (?:the|our|this) (?:company|organi[sz]ation|business|firm|school|university|charity)",
    ),
    "domain": _words(
        r"(?:domain|host)(?: name)?(?: \S+)? (?:does not|doesn't) (?:exist|resolve|accept)", r"domain ?not ?found",
        r"(?:unknown|no such|invalid|nonexistent) (?:host|domain)",
        r"host(?: or domain)?(?: name)? (?:unknown|not found)",
        r"null ?mx", r"nxdomain", r"non-existent host", r"illegal host", r"bad destination system",
        r"no (?:mx|a) record",
        r"domain .{0,40}couldn't be found", r"does not accept (?:e-?)?mail\b(?! from)", r"no smtp service",
    ),
    "moved": _words(r"has moved", r"moved to", r"new (?:e-?mail )?address is"),
    "unknown": _words(
        rf"no such (?:{_WHO}|e-?mail|local)", rf"no (?:{_WHO}) (?:by|with|of|under) (?:that|this)",
        r"user unknown", r"no matches to nameserver", r"not listed in",
        rf"{_WHO}(?: name| address)?(?: \S+)? (?:is |was |are )?(?:unknown|invalid|not (?:known|found|listed"
        rf"|recogni[sz]ed|exist"
        r"|available|local)|(?:does not|doesn't) exist)",
        r"(?:unknown|invalid|illegal|nonexistent|non-existent|bad destination|incorrect)(?: or \w+)?"
        rf"(?: local| virtual| final| mail| delivery| e-?mail)* (?:{_WHO}|part)",
        r"(?:does not|doesn't) (?:exist|have an? \S+ account)", r"no mailbox", r"mailbox unavailable",
        rf"not an? (?:valid|known|existing|\S+ e-?mail) {_WHO}", r"recipient ?not ?found", r"(?:wasn't"
        r"|was not) found at",
        r"did not exactly match", r"wrong or no longer valid", r"final email delivery point", r"not e-mail users",
        r"unrouteable address", r"n'existe (?:pas|plus)", r"existiert nicht", r"unbekannt", r"no existe",
        r"n[aã]o existe", r"non esiste", r"bestaat niet", r"onbekend", r"inconnue?s?\b", r"sconosciut[oa]",
        r"descon(?:oc|hec)id[oa]", r"inexist[ae]nte?s?\b",
        r"nid yw.{0,40}yn bodoli", r"couldn't be found or is invalid",
    ),
}  # fmt: skip
_HARD_CODES = {
    (1, 0): "unknown", (1, 1): "unknown", (1, 2): "domain", (1, 3): "unknown", (1, 6): "moved", (1, 10): "unknown",
    (2, 1): "closed", (4, 310): "domain",
}  # fmt: skip
"""(subject, detail) of permanent codes that speak of the address. 5.1.7 and 5.1.8 speak of the sender's; 5.4.310 is
Exchange Online's own."""
_ACCESS_DENIED = re.compile(r"5\.4\.1 .{0,20}recipient address rejected", re.IGNORECASE)
"""How Exchange Online says that nobody has the address, where it knows all addresses of a domain."""


def reason(status: str, text: str) -> Reason:
    """What a status (RFC 3463, "" where there is none) and a server's own words say together.

    The words come first: servers give 5.1.1 and 5.0.0 for everything. Where they could mean both, it is soft.
    """
    said = " ".join(_NOISE.sub(" ", f"{status} {text}").split())
    codes = [(int(one), int(two), int(three)) for one, two, three in _CODE.findall(said)]
    classes = [code[0] for code in codes] or [int(one) for one in _BASIC.findall(f"{said} ")]
    words = next((why for why, found in _HARD.items() if found(said)), "")
    if _ACCESS_DENIED.search(said):
        words = "unknown"
    named = next((_HARD_CODES[code[1:]] for code in codes if code[0] == 5 and code[1:] in _HARD_CODES), "")
    if _FULL(said) or any(code[1:] == (2, 2) for code in codes):
        return Reason("soft", "full")
    if _ABOUT_US(said) or (_REFUSED(said) and not (words and named)):
        return Reason("soft", "refused")
    if (_LATER(said) and not (words and named)) or (classes and 5 not in classes):
        return Reason("soft", "later")
    if words:
        return Reason("hard", words)
    if _RATHER_REFUSED(said) or any(code[1] == 7 for code in codes):
        return Reason("soft", "refused")
    if named:
        return Reason("hard", named)
    return Reason("soft", "trouble") if codes else UNSAID
