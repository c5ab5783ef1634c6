"""Outcomes: what came of a campaign: who got it, what came back, what it brought; by language and by segment."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from uuid import UUID

from perthyn.contacting.attribution import KINDS, Touch, credited
from perthyn.contacting.ledger import OUT, lines_of
from perthyn.crm.campaigns import CHUNK
from perthyn.crm.channels import cursor_setting
from perthyn.crm.sending import Sending
from perthyn.model import Campaign, Interaction, Message, Segment, Takings
from perthyn.rules.closed import Closed, Compare, Field, Measure, OneOf
from perthyn.text import fold

RESPONSES = ("bounced", "clicked", "replied", "unsubscribed", "complained")
RESULTS = "campaign.results"
"""Settings of that name, a dot and a code say what a mailer's file has told of a campaign."""
OTHERS = ""
"""The part of those who are in none of the segments asked for."""


@dataclass
class Part:
    """What came of some of the lines. `lines`: state -> how many, those that another's letter speaks for aside.

    `covered`: people that the letter to another of their household spoke to. Responses count people, once each;
    `income` is by kind, in minor units, net of refunds; `buyers`: who gave or bought.
    """

    lines: Counter[str] = field(default_factory=Counter)
    covered: int = 0
    bounced_hard: int = 0
    responses: Counter[str] = field(default_factory=Counter)
    income: Counter[str] = field(default_factory=Counter)
    named: int = 0
    buyers: int = 0

    @property
    def sent(self) -> int:
        """Letters that went out, in a file too."""
        return sum(self.lines[state] for state in OUT)

    @property
    def total(self) -> int:
        """All its income."""
        return sum(self.income.values())


@dataclass(frozen=True)
class Report:
    """What came of a campaign, as of a day. `held`: rule -> how many. `measured`: the responses that anything measures.

    `outside`: income that names the campaign from whom it did not write to, or from nobody known; it is in `whole`.
    `money`: False where the actor may not see income: then nothing is said of it, of buyers and of what it cost.
    """

    campaign: Campaign
    as_of: date
    currency: str
    whole: Part
    held: Mapping[str, int]
    measured: frozenset[str]
    languages: Mapping[str, Part]
    segments: Mapping[str, Part]
    outside: int
    money: bool = True

    def bounced(self, part: Part) -> int | None:
        """How many letters came back; None where nothing measures it."""
        return part.responses["bounced"] if "bounced" in self.measured else None

    def delivered(self, part: Part) -> int | None:
        """sent - bounced; None where nothing measures it."""
        back = self.bounced(part)
        return None if back is None else part.sent - back

    def response(self, part: Part, name: str) -> int | None:
        """How many people answered so; None where nothing measures it."""
        return part.responses[name] if name in self.measured else None

    @property
    def roi(self) -> float | None:
        """(income - cost) / cost; None where there is no cost to divide by."""
        cost = self.campaign.cost
        return (self.whole.total - cost) / cost if cost else None


class Outcomes(Sending):
    """What a person can ask of a campaign that has gone out."""

    def campaign_report(self, campaign: Campaign, by: Sequence[Segment] = ()) -> Report:
        """What came of a campaign up to now. `by`: each person counts in the first of these segments that she is in.

        Who may not see money and who gave gets it without income (`Report.money`).
        """
        for right in ("campaign.read", "contact.read"):
            self.check(right)
        money = self.actor.may("money.read") and self.sees_kinds(KINDS)
        currency = campaign.currency or self.settings.currency
        campaigns = {one.id: one for one in self.store.scan(Campaign)}
        whole, held = Part(), Counter[str]()
        languages: dict[str, Part] = defaultdict(Part)
        segments: dict[str, Part] = {one.name(self.language): Part() for one in by}
        rules = [(one.name(self.language), self.closed(one)) for one in by]
        written: set[UUID] = set()
        with closing(lines_of(self.store, campaign.id)) as lines:
            while some := list(islice(lines, CHUNK)):
                written.update(one.contact for one in some)
                happened = self._happened([one.contact for one in some], money)
                touches = self._touches([one.contact for one in some], campaigns)
                groups = self._groups([one.contact for one in some], rules)
                for line in some:
                    held[line.rule or ""] += line.state == "held"
                    parts = [whole, languages[line.language]]
                    if by:
                        parts.append(segments.setdefault(groups.get(line.contact, OTHERS), Part()))
                    self._weigh(campaign, currency, line, happened.pop(line.contact, []), touches, campaigns, parts)
        outside = self._outside(campaign, currency, written, campaigns) if money else Counter()
        whole.income.update(outside)
        whole.named += sum(outside.values())
        return Report(
            self.seen(campaign), self.today(), currency, whole, self._shown_rules(held),
            self._measured(campaign, whole), dict(languages), segments, sum(outside.values()), money,
        )  # fmt: skip

    def _shown_rules(self, held: Counter[str]) -> dict[str, int]:
        shown: Counter[str] = Counter()
        for rule, count in held.items():
            shown[self._rule_seen(rule)] += count
        return {rule: count for rule, count in shown.most_common() if count}

    def _happened(self, contacts: Sequence[UUID], money: bool = True) -> dict[UUID, list[Interaction]]:
        """What people did; of what brings income nothing where that is not to be seen."""
        found: dict[UUID, list[Interaction]] = defaultdict(list)
        for one in self.store.owned(Interaction, contacts):
            if money or one.kind not in KINDS:
                found[one.contact].append(one)
        return dict(found)

    def _touches(self, contacts: Sequence[UUID], campaigns: Mapping[UUID, Campaign]) -> dict[UUID, list[Touch]]:
        found: dict[UUID, list[Touch]] = defaultdict(list)
        for one in self.store.owned(Message, contacts):
            campaign = campaigns.get(one.campaign)
            if one.state in OUT and one.sent is not None and campaign is not None:
                found[one.contact].append(Touch(campaign.code, one.sent, campaign.income_days))
        return found

    def _groups(self, contacts: Sequence[UUID], rules: Sequence[tuple[str, Closed]]) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        for name, rule in rules:
            for id in self.store.among(rule, contacts):
                found.setdefault(id, name)
        return found

    def _weigh(
        self, campaign: Campaign, currency: str, line: Message, happened: Sequence[Interaction],
        touches: Mapping[UUID, Sequence[Touch]], campaigns: Mapping[UUID, Campaign], parts: Iterable[Part],
    ) -> None:  # fmt: skip
        """One person's line and what she did, in each of the parts she belongs to."""
        codes = {fold(one.code): one.code for one in campaigns.values()}
        answers = {name for one in happened if fold(one.campaign or "") == fold(campaign.code) for name in _answer(one)}
        money = [one for one in happened if one.kind in KINDS and one.amount and one.currency == currency]
        mine = [
            one
            for one in credited(money, touches.get(line.contact, ()), codes, self.zone)
            if one.campaign == campaign.code
        ]
        for part in parts:
            if line.household is None:
                part.lines[line.state] += 1
                part.bounced_hard += "hard" in answers
            elif line.state in OUT:
                part.covered += 1
            part.responses.update(answers & set(RESPONSES))
            part.buyers += bool(mine)
            for one in mine:
                part.income[one.line.kind] += one.line.amount or 0
                part.named += (one.line.amount or 0) if one.named else 0

    def _outside(
        self, campaign: Campaign, currency: str, written: set[UUID], campaigns: Mapping[UUID, Campaign]
    ) -> Counter[str]:
        """Income by kind that names the campaign, of those who have no line in its ledger."""
        found: Counter[str] = Counter()
        named = Field("campaign", OneOf(frozenset({fold(campaign.code)})))
        others = set(self.store.select(Compare(Measure("interaction", "count", where=named), low=1))) - written
        codes = {fold(one.code): one.code for one in campaigns.values()}
        for some in self._happened(sorted(others)).values():
            money = [one for one in some if one.kind in KINDS and one.amount and one.currency == currency]
            for one in credited(money, (), codes, self.zone):
                found[one.line.kind] += (one.line.amount or 0) if one.campaign == campaign.code else 0
        for tally in self.store.tally(Takings, ["kind", "campaign"], kinds=KINDS, currency=currency):
            if fold(str(tally.by[1] or "")) == fold(campaign.code):
                found[str(tally.by[0])] += tally.amount
        return Counter({kind: amount for kind, amount in found.items() if amount})

    def _measured(self, campaign: Campaign, whole: Part) -> frozenset[str]:
        """What somebody would have told us of, or has."""
        told = {name for name in RESPONSES if whole.responses[name]}
        told |= set((self.remembered(f"{RESULTS}.{campaign.code}") or {}).get("tells", ()))
        for channel, account in self._accounts():
            if campaign.channel in channel.ways and campaign.channel == "email" and whole.lines["sent"]:
                sender = channel.sender(self._reach(channel.name, account))
                reads = bool(self.remembered(cursor_setting(channel.name, account)))
                told |= {"clicked"} if sender.clicks and sender.public_url else set()
                told |= {"bounced", "replied", "complained"} if reads else set()
                told |= {"unsubscribed"} if reads or sender.public_url else set()
        return frozenset(told)


def _answer(one: Interaction) -> tuple[str, ...]:
    """What an interaction that names the campaign says of its letter; that it is late says nothing yet."""
    raw = json.loads(one.raw) if one.raw and one.kind in ("bounce", "unsubscribe") else {}
    told = raw if isinstance(raw, dict) else {}
    match one.kind, one.direction:
        case "bounce", _:
            return () if told.get("why") == "delayed" else ("bounced", str(told.get("kind", "")))
        case "click", _:
            return ("clicked",)
        case "unsubscribe", _:
            return ("complained",) if told.get("how") == "complaint" else ("unsubscribed",)
        case "complaint", _:
            return ("complained",)
        case "email" | "enquiry", "in":
            return ("replied",)
    return ()
