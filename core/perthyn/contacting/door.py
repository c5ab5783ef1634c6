"""`may_contact`: one readable table of rules, asked from the top; the first that applies decides; the last says no.

Sources: UK GDPR and PECR 2003 as the Data (Use and Access) Act 2025 changed them; ICO guidance on direct marketing
and on the charitable purpose soft opt-in (28 April 2026). Nothing here is legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from perthyn.contacting.grounds import NONE, Grounds
from perthyn.model import Consent, Contact, Obtained, Record, Screening
from perthyn.model.normal import email_key, phone_e164

PURPOSES = ("marketing", "fundraising", "service", "analysis")
"""*marketing*: our own goods, services and events. *fundraising*: our charitable purpose and nothing beside it."""
CHANNELS = ("email", "post", "phone", "sms")
ELECTRONIC = ("email", "sms")
"""Electronic mail, in the words of PECR 22."""
MAILING = ("marketing", "fundraising")
NO = ("refused", "withdrawn", "objected")
CHILD = "contact.child"
"""The rule that tells an age."""
FPS = "fps"
"""How an objection was said that came through the Fundraising Preference Service."""

CHARITABLE_FROM = datetime(2026, 2, 5, tzinfo=UTC)
"""From when details must have been obtained for PECR 22(3A); in force that day, midnight being UTC's in winter."""
SCREENED_FOR = timedelta(days=28)
"""A number may be called for so long after it was found not to be listed (PECR 21(3))."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, the rule that said so, the records it rests on, and the address that was asked about.

    The rule's code has words in both languages: what it says, and what would change it. `must_offer`: the message must
    carry a simple way to refuse (PECR 22(3)(c), 22(3A), 23; UK GDPR 21(4)).
    """

    allowed: bool
    rule: str
    evidence: tuple[Record, ...] = ()
    address: str = ""
    must_offer: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded of one contact that the table looks at."""

    consents: Sequence[Consent] = ()
    obtained: Sequence[Obtained] = ()
    screenings: Sequence[Screening] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What the table looks at. `at`: the instant asked for.

    `suppressed`: the address stands in the suppression list. `contradicted`: files contradict each other about this
    channel, and nobody has settled it. `grounds`: what the organisation rests on beside consent.
    """

    contact: Contact
    channel: str
    purpose: str
    at: datetime
    consents: Sequence[Consent] = field(default=())
    suppressed: bool = False
    contradicted: bool = False
    obtained: Sequence[Obtained] = field(default=())
    screenings: Sequence[Screening] = field(default=())
    grounds: Grounds = NONE

    @property
    def address(self) -> str:
        """The address the channel would use, "" where there is none."""
        if self.channel == "email":
            email = self.contact.preferred_email()
            return email.address if email else ""
        if self.channel == "post":
            address = self.contact.preferred_address()
            return "\n".join(filter(None, (address.lines, address.town, address.postcode))) if address else ""
        if self.channel in ("phone", "sms"):
            return next((phone.e164 or phone.number for phone in self.contact.phones), "")
        return ""

    def said(self, *decisions: str) -> list[Consent]:
        """These decisions about this channel and purpose, the latest first; a "no" covers all marketing."""
        mine = [
            one
            for one in self.consents
            if one.channel == self.channel
            and one.decision in decisions
            and said_at(one) <= self.at
            and (one.purpose == self.purpose or (one.decision in NO and self.purpose in MAILING))
        ]
        return sorted(mine, key=said_at, reverse=True)

    def yeses(self) -> list[Consent]:
        """What was given and not voided since, the latest first. A yes for one address is none for another."""
        voided = next((said_at(one) for one in self.said("voided")), None)
        return [
            one
            for one in self.said("given")
            if (voided is None or said_at(one) > voided) and (one.address is None or self.is_of(one.address))
        ]

    def is_of(self, address: str) -> bool:
        """Whether this is the address that the channel would use."""
        return address_key(self.channel, address) == address_key(self.channel, self.address)

    def came(self) -> list[Obtained]:
        """How the address was obtained, every time, the latest first."""
        mine = [
            one
            for one in self.obtained
            if one.channel == self.channel and one.at <= self.at and self.is_of(one.address)
        ]
        return sorted(mine, key=lambda one: one.at, reverse=True)

    def checks(self, *lists: str) -> list[Screening]:
        """What each list said last of each address, as of now; of two checks at one instant the hit counts."""
        latest: dict[tuple[str, str], Screening] = {}
        for one in self.screenings:
            place = one.list, one.address
            if one.list in lists and one.checked <= self.at:
                latest[place] = max(one, latest.get(place, one), key=lambda held: (held.checked, held.hit))
        return list(latest.values())


def said_at(consent: Consent) -> datetime:
    """When it was said; where nobody knows, when it was recorded."""
    return consent.at or consent.recorded


def address_key(channel: str, address: str) -> str:
    """An address as it is compared: e-mail by its key, a number in its E.164 form where it has one."""
    if channel == "email":
        return email_key(address)
    return phone_e164(address) or address if channel in ("phone", "sms") else address


# -- the conditions that take more than a line -------------------------------------------------------------------


def refusal(case: Case) -> Consent | None:
    """A no, unless a dated yes came after it; of two without order the no holds (a contradiction means no).

    A no without a date was said no later than it was recorded; a yes without a date may be older than any no.
    """
    no = next(iter(case.said(*NO)), None)
    if no is None or any(yes.at is not None and yes.at > said_at(no) for yes in case.yeses()):
        return None
    return no


def _by_fps(case: Case) -> Consent | None:
    no = refusal(case)
    return no if no is not None and no.how == FPS else None


def _consent(case: Case) -> Consent | None:
    return next(iter(case.yeses()), None)


def _on_tps(case: Case) -> Screening | None:
    if case.channel != "phone":
        return None
    return next((one for one in case.checks("tps", "ctps") if one.hit and case.is_of(one.address)), None)


def _on_mps(case: Case) -> Screening | None:
    """Any address of the person that is listed: where two contacts have become one, the strictest wins."""
    return next((one for one in case.checks("mps") if one.hit), None) if case.channel == "post" else None


def _bounced(case: Case) -> Screening | None:
    """What the servers said last of the address; a message that arrived later, or a person who checked, ends it."""
    if case.channel != "email":
        return None
    return next((one for one in case.checks("bounce") if one.hit and case.is_of(one.address)), None)


def _corporate(case: Case) -> Obtained | None:
    """That the line or mailbox is a company's; one note that it is somebody's own is enough to protect it."""
    came = case.came()
    return came[0] if came and all(one.subscriber == "corporate" for one in came) else None


def _company(case: Case) -> Obtained | None:
    asked = case.grounds.companies and case.channel in ELECTRONIC and case.purpose in MAILING
    return _corporate(case) if asked else None


def _resting_on(case: Case) -> tuple[str, ...]:
    """The connections that a soft opt-in for this purpose may rest on; none where the organisation uses none."""
    if case.channel not in ELECTRONIC:
        return ()
    if case.purpose == "marketing" and case.grounds.sales:
        return ("sale",)
    if case.purpose == "fundraising" and case.grounds.charity and case.grounds.support:
        return ("support", "interest")
    return ()


def _soft(purpose: str, case: Case) -> Obtained | None:
    """The soft opt-in: what all its conditions are met by."""
    if case.purpose != purpose:
        return None
    since = CHARITABLE_FROM if purpose == "fundraising" else datetime.min.replace(tzinfo=UTC)
    connections = _resting_on(case)
    return next(
        (
            one
            for one in case.came()
            if one.connection in connections and one.whom == "person" and one.refusable and one.at >= since
        ),
        None,
    )


def _short(case: Case) -> Obtained | None:
    """How the address came, where the organisation uses a soft opt-in and a condition of it is not met."""
    return next(iter(case.came()), None) if _resting_on(case) else None


def _checked(case: Case) -> Screening | None:
    """The check that lets a number be called: against each list it may stand in, and none too old."""
    lists = {"ctps" if one.subscriber == "corporate" else "tps" for one in case.came()} or {"tps"}
    clear = [
        one
        for one in case.checks(*lists)
        if not one.hit and case.is_of(one.address) and case.at - one.checked <= SCREENED_FOR
    ]
    return min(clear, key=lambda one: one.checked) if {one.list for one in clear} == lists else None


def _calls(case: Case) -> bool:
    return case.channel == "phone" and case.purpose in MAILING and case.grounds.calls


# -- the table ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `when` answers True, or the record it rests on, where the rule applies."""

    code: str
    allowed: bool
    source: str
    when: Callable[[Case], Record | bool | None]


RULES: tuple[Rule, ...] = (
    # nobody is there to be written to
    Rule("contact.deceased", False, "Fundraising Regulator, code 2025", lambda case: case.contact.deceased),
    Rule("contact.no_address", False, "there is nothing to send to", lambda case: not case.address),
    Rule("contact.bounced", False, "there is nowhere to send to: its mail server says so", _bounced),
    # not marketing
    Rule("contact.service", True, "UK GDPR 6(1)(b): not marketing", lambda case: case.purpose == "service"),
    # no, whatever ground there is
    Rule("contact.suppressed", False, "UK GDPR 21(3): the list outlives erasure", lambda case: case.suppressed),
    Rule(
        CHILD, False, "ICO, children and direct marketing; stricter than the law asks from 13 on",
        lambda case: case.contact.age_band in ("under 13", "13-17"),
    ),
    Rule(
        "contact.contradiction", False, "UK GDPR 7(1): where a yes and a no are recorded, no yes is shown",
        lambda case: case.contradicted,
    ),
    Rule("contact.fps", False, "UK GDPR 21(3), said through the Fundraising Preference Service", _by_fps),
    Rule("contact.said_no", False, "UK GDPR 7(3), 21(2), 21(3)", refusal),
    # consent
    Rule("contact.consent", True, "UK GDPR 6(1)(a); PECR 21(4), 22(2)", _consent),
    # no, unless there is consent
    Rule("contact.tps", False, "PECR 21(1)(b): listed with TPS or CTPS", _on_tps),
    Rule("contact.mps", False, "CAP code 10: listed with MPS", _on_mps),
    # without consent, where the organisation has decided to rest on it
    Rule(
        "contact.bought", True, "PECR 22(3): from the person, in a sale, refusal offered, similar goods",
        partial(_soft, "marketing"),
    ),
    Rule(
        "contact.supported", True,
        "PECR 22(3A): a charity, its purpose only, from the person, in support or interest, refusal offered, "
        "from 5 February 2026",
        partial(_soft, "fundraising"),
    ),
    Rule("contact.company", True, "PECR 22(1) is of individual subscribers; UK GDPR 6(1)(f)", _company),
    Rule(
        "contact.calls", True, "PECR 21(1), 21(3): checked within 28 days; UK GDPR 6(1)(f)",
        lambda case: _checked(case) if _calls(case) else None,
    ),
    Rule("contact.unchecked", False, "PECR 21(1)(b), 21(3): not checked within 28 days", _calls),
    Rule(
        "contact.post", True, "UK GDPR 6(1)(f), recital 47: post is outside PECR",
        lambda case: case.channel == "post" and case.purpose in MAILING and case.grounds.post,
    ),
    # no ground
    Rule(
        "contact.unconfirmed", False, "UK GDPR 7(1): a yes must be shown, not guessed",
        lambda case: next(iter(case.said("unconfirmed")), None),
    ),
    Rule("contact.short", False, "PECR 22(3), 22(3A): a condition is not met", _short),
    Rule("contact.not_asked", False, "PECR 22: no without a recorded ground", lambda case: True),
)  # fmt: skip


def may_contact(
    contact: Contact,
    channel: str,
    purpose: str,
    at: datetime,
    *,
    consents: Sequence[Consent] = (),
    suppressed: bool = False,
    contradicted: bool = False,
    obtained: Sequence[Obtained] = (),
    screenings: Sequence[Screening] = (),
    grounds: Grounds = NONE,
) -> Decision:
    """Whether `contact` may be contacted by `channel` for `purpose` at the instant `at`, and the rule that says so.

    Who has a store asks `Crm.permissions` or `Crm.decided`, which bring everything that is recorded.
    """
    at = at.astimezone(UTC)
    case = Case(contact, channel, purpose, at, consents, suppressed, contradicted, obtained, screenings, grounds)
    for rule in RULES:
        answer = rule.when(case)
        if answer:
            evidence = () if isinstance(answer, bool) else (answer,)
            return Decision(rule.allowed, rule.code, evidence, case.address, rule.allowed and purpose in MAILING)
    raise AssertionError("the last rule always applies")
