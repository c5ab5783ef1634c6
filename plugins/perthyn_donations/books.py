"""The gifts that are recorded, each with what became of it: taken back, claimed, and what the table of rules says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction, Record
from perthyn.rules.closed import Compare, Measure
from perthyn_donations.as_claimed import Donor, as_claimed
from perthyn_donations.eligibility import CONDITIONAL, Case, Terms, Verdict, eligible, tax_year
from perthyn_donations.records import Claim, ClaimLine, Declaration, Gift

SECTION = "giftaid"
PLATFORMS = ("justgiving",)
"""Those who claim the Gift Aid on what is given through them, where the settings name no others."""
R = TypeVar("R", bound=Record)
GIVING = "donation"
"""The kind of interaction that is a gift by itself."""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """One gift. `net`: pence left after refunds. `claimed`: pence in claims that stand; `lines`: how many it ever had.

    `donor`: as the schedule would take the declaration's, where the verdict is yes.
    """

    gift: Interaction
    contact: Contact | None
    details: Gift | None
    net: int
    claimed: int
    lines: int
    verdict: Verdict
    donor: Donor | None = None

    @property
    def open(self) -> int:
        """Pence to be claimed still; less than nothing: so much was claimed that is not due."""
        if self.verdict.yes:
            return self.net - self.claimed
        return -self.claimed if self.verdict.repay else min(0, max(0, self.net) - self.claimed)

    @property
    def sponsored(self) -> bool:
        return self.details is not None and self.details.nature == "sponsored"


@dataclass(frozen=True, slots=True)
class Books:
    """All gifts, oldest first, as of `position` of the store. `unplaced`: refunds of which nobody knows the gift."""

    position: int
    gifts: Sequence[Judged]
    unplaced: Sequence[Interaction] = ()
    claims: Sequence[Claim] = ()

    @property
    def over_claimed(self) -> int:
        """Tax in pence that was claimed and is not due."""
        return tax(sum(-one.open for one in self.gifts if one.open < 0))


@dataclass(frozen=True, slots=True)
class TakeUp:
    """Of the gifts that could be claimed on, those that a declaration covers: by count, and by value in pence."""

    count: int
    of_count: int
    pence: int
    of_pence: int


def take_up(gifts: Iterable[Judged]) -> TakeUp:
    """The take-up of Gift Aid. Companies', charities', anonymous and already claimed gifts are on neither side."""
    able = [one for one in gifts if one.verdict.yes or one.verdict.rule in CONDITIONAL]
    covered = [one for one in able if one.verdict.yes]
    return TakeUp(len(covered), len(able), sum(one.net for one in covered), sum(one.net for one in able))


def tax(pence: int) -> int:
    """The basic rate tax on gifts: 25p for each pound, to the nearest penny."""
    return (pence * 25 + 50) // 100


def terms_of(crm: Crm) -> Terms:
    """What is so of the charity: the section ``[giftaid]`` of ``perthyn.toml`` (``charity``, ``trust``, ``elsewhere``).

    `elsewhere`: the accounts of platforms that claim Gift Aid themselves.
    """
    said = crm.settings.sections.get(SECTION, {})
    trust = str(said.get("trust", "")).casefold() in ("true", "1", "yes")
    charity = str(said.get("charity") or crm.settings.organisation)
    elsewhere = said.get("elsewhere", PLATFORMS)
    names = tuple(elsewhere.split(",")) if isinstance(elsewhere, str) else tuple(elsewhere)
    return Terms(charity, crm.settings.year_starts, trust, tuple(filter(None, map(str.strip, names))))


def check_books(crm: Crm) -> None:
    """Whoever is told of gifts must be one who may see them, also of what is kept from before. Raises `Forbidden`."""
    for right in ("contact.read", "money.read", "donation.read"):
        crm.check(right)


def books_now(crm: Crm) -> Books:
    """Every gift, as `books` has it, kept until the store changes: for what is only looked at."""
    check_books(crm)
    return crm.kept(f"donations.books {crm.today()}", lambda: books(crm))


def books(crm: Crm, whose: Sequence[UUID] | None = None) -> Books:
    """Every gift that is recorded, or those of these contacts, judged as of today."""
    check_books(crm)
    with crm.one_picture():
        details = {one.interaction: one for one in _all(crm, Gift, whose)}
        people = donors(crm, details.values()) if whose is None else sorted(set(whose))
        found = [one for one in theirs(crm, people) if one.amount and is_gift(one, details.get(one.id))]
        given = sorted((one for one in found if (one.amount or 0) > 0), key=lambda one: (one.day, one.id))
        back = [one for one in found if (one.amount or 0) < 0]
        taken, unplaced = _taken_back(given, back, details)
        claims = sorted(crm.store.scan(Claim), key=lambda one: one.at)
        lines = _by(_all(crm, ClaimLine, whose), "interaction")
        standing = {one.id for one in claims if one.dropped is None}
        said = _by(_all(crm, Declaration, whose), "contact")
        contacts = _contacts(crm, {one.contact for one in given})
        position = crm.store.position()
    worth = _benefits(given, details)
    today, terms = crm.today(), terms_of(crm)
    judged = []
    for gift in given:
        mine = lines.get(gift.id, [])
        case = Case(
            gift, contacts.get(gift.contact), today, (gift.amount or 0) - taken[gift.id], details.get(gift.id),
            said.get(gift.contact, []), worth[gift.id], terms,
        )  # fmt: skip
        claimed = sum(line.amount for line in mine if line.claim in standing)
        judged.append(_judged(case, claimed, len(mine)))
    return Books(position, judged, unplaced, claims)


def _all(crm: Crm, type: type[R], whose: Sequence[UUID] | None) -> Iterable[R]:
    return crm.store.scan(type) if whose is None else crm.store.owned(type, whose)


def donors(crm: Crm, details: Iterable[Gift] = ()) -> list[UUID]:
    """Those who ever gave, and those of whose gifts there are details."""
    gave = Compare(Measure("interaction", "count", kinds=frozenset({GIVING})), low=1)
    return sorted({*crm.store.select(gave), *(one.contact for one in details)})


def theirs(crm: Crm, people: Sequence[UUID]) -> Iterator[Interaction]:
    """All that these people did."""
    for start in range(0, len(people), _CHUNK):
        yield from crm.store.owned(Interaction, people[start : start + _CHUNK])


def is_gift(one: Interaction, details: Gift | None) -> bool:
    """Donations, and whatever else has details of a gift."""
    return one.kind == GIVING or details is not None


def _judged(case: Case, claimed: int, lines: int) -> Judged:
    """What the table says; a yes whose donor the schedule can't take is a no with that reason."""
    verdict, donor = eligible(case), None
    if verdict.declaration is not None:
        try:
            donor = as_claimed(verdict.declaration)
        except PerthynError as error:
            verdict = Verdict(False, error.code, error.facts)
    return Judged(case.gift, case.contact, case.details, case.net, claimed, lines, verdict, donor)


def _taken_back(
    given: Sequence[Interaction], back: Iterable[Interaction], details: Mapping[UUID, Gift]
) -> tuple[Counter[UUID], list[Interaction]]:
    """How many pence of each gift were taken back, and the refunds of nobody knows what.

    A refund names its gift (`Gift.refund_of`), or stands in the same order of the same account.
    """
    taken: Counter[UUID] = Counter()
    left: list[Interaction] = []
    known = {one.id for one in given}
    orders: dict[tuple[str, str, str], list[Interaction]] = defaultdict(list)
    for one in given:
        if one.source and one.order:
            orders[one.source, one.order, one.kind].append(one)
    for refund in sorted(back, key=lambda one: (one.day, one.id)):
        said = details.get(refund.id)
        pence = -(refund.amount or 0)
        if said is not None and said.refund_of in known:
            taken[said.refund_of] += pence
            continue
        for gift in orders.get((refund.source or "", refund.order or "", refund.kind), ()):
            part = min(pence, (gift.amount or 0) - taken[gift.id])
            taken[gift.id] += part
            pence -= part
        if pence:
            left.append(refund)
    return taken, left


def _benefits(given: Iterable[Interaction], details: Mapping[UUID, Gift]) -> dict[UUID, int]:
    """For each gift, the pence of its benefits and of those of its giver's earlier gifts in the same tax year."""
    years: Counter[tuple[UUID, date]] = Counter()
    worth: dict[UUID, int] = {}
    for one in given:
        said = details.get(one.id)
        years[one.contact, tax_year(one.day)] += (said.benefit if said else None) or 0
        worth[one.id] = years[one.contact, tax_year(one.day)]
    return worth


def _by(records: Iterable[R], name: str) -> dict[UUID, list[R]]:
    found: dict[UUID, list[R]] = defaultdict(list)
    for one in records:
        key: Any = getattr(one, name)
        found[key].append(one)
    return dict(found)


def _contacts(crm: Crm, ids: Iterable[UUID]) -> dict[UUID, Contact]:
    wanted = sorted(ids)
    found: dict[UUID, Contact] = {}
    for start in range(0, len(wanted), _CHUNK):
        found |= crm.store.get(Contact, wanted[start : start + _CHUNK])
    return found
