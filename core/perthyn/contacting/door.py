"""`may_contact`: one readable table of rules, asked from the top; the first that applies decides; the last says no.

Sources: UK GDPR articles 4(11), 7(3), 21(2); PECR regulation 22; ICO guidance on direct marketing. Nothing here is
legal advice. The soft opt-ins, TPS, FPS and MPS lists join the table when campaigns do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from perthyn.model import Consent, Contact
from perthyn.model.normal import email_key, phone_e164

PURPOSES = ("marketing", "fundraising", "service", "analysis")
CHANNELS = ("email", "post", "phone", "sms")
MAILING = ("marketing", "fundraising")
NO = ("refused", "withdrawn", "objected")


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, the rule that said so (its code has words in both languages), and the record it rests on."""

    allowed: bool
    rule: str
    evidence: Consent | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What the table looks at. `at`: the instant asked for.

    `suppressed`: the address stands in the suppression list. `contradicted`: files contradict each other about this
    channel, and nobody has settled it.
    """

    contact: Contact
    channel: str
    purpose: str
    at: datetime
    consents: Sequence[Consent] = field(default=())
    suppressed: bool = False
    contradicted: bool = False

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
            if (voided is None or said_at(one) > voided)
            and (one.address is None or _normal(self.channel, one.address) == _normal(self.channel, self.address))
        ]


def said_at(consent: Consent) -> datetime:
    """When it was said; where nobody knows, when it was recorded."""
    return consent.at or consent.recorded


def _normal(channel: str, address: str) -> str:
    """An address as it is compared: e-mail by its key, a number in its E.164 form where it has one."""
    if channel == "email":
        return email_key(address)
    return phone_e164(address) or address if channel in ("phone", "sms") else address


def refusal(case: Case) -> Consent | None:
    """A no, unless a dated yes came after it; of two without order the no holds (a contradiction means no).

    A no without a date was said no later than it was recorded; a yes without a date may be older than any no.
    """
    no = next(iter(case.said(*NO)), None)
    if no is None or any(yes.at is not None and yes.at > said_at(no) for yes in case.yeses()):
        return None
    return no


def _consent(case: Case) -> Consent | None:
    return next(iter(case.yeses()), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `when` answers True, or the consent record it rests on, where the rule applies."""

    code: str
    allowed: bool
    source: str
    when: Callable[[Case], Consent | bool | None]


RULES: tuple[Rule, ...] = (
    Rule("contact.deceased", False, "Fundraising Regulator, code 2025", lambda case: case.contact.deceased),
    Rule("contact.no_address", False, "there is nothing to send to", lambda case: not case.address),
    Rule("contact.service", True, "UK GDPR 6(1)(b): not marketing", lambda case: case.purpose == "service"),
    Rule("contact.suppressed", False, "UK GDPR 21(3): the list outlives erasure", lambda case: case.suppressed),
    Rule(
        "contact.child", False, "ICO, children and direct marketing",
        lambda case: case.contact.age_band in ("under 13", "13-17"),
    ),
    Rule(
        "contact.contradiction", False, "UK GDPR 7(1): where a yes and a no are recorded, no yes is shown",
        lambda case: case.contradicted,
    ),
    Rule("contact.said_no", False, "UK GDPR 7(3), 21(2)", refusal),
    Rule("contact.consent", True, "UK GDPR 6(1)(a); PECR 22(2)", _consent),
    Rule(
        "contact.unconfirmed", False, "UK GDPR 7(1): a yes must be shown, not guessed",
        lambda case: next(iter(case.said("unconfirmed")), None),
    ),
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
) -> Decision:
    """Whether `contact` may be contacted by `channel` for `purpose` at the instant `at`, and the rule that says so."""
    case = Case(contact, channel, purpose, at.astimezone(UTC), consents, suppressed, contradicted)
    for rule in RULES:
        answer = rule.when(case)
        if answer:
            return Decision(rule.allowed, rule.code, answer if isinstance(answer, Consent) else None, case.address)
    raise AssertionError("the last rule always applies")
