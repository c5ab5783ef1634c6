"""A claim: which gifts go into it, its record, its files.

The record is stored first, all of it in one batch, and the files are written from the record: whoever is killed when,
the same command writes the same files and claims nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Edit, Receipt
from perthyn.crm import Crm
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.model.ids import named_id
from perthyn_donations.as_claimed import MOST_AGGREGATED, plain_letters
from perthyn_donations.books import Books, Judged, books
from perthyn_donations.checking import checked
from perthyn_donations.records import Claim, ClaimLine, Kept
from perthyn_donations.schedule import MOST_ROWS, Row, Schedule, written

AGGREGATED_UNDER, TEMPLATE_UNDER, AGGREGATED_MOST = 30_00, 20_00, 1_000_00
"""Pence: gov.uk's limit for a gift that is aggregated, the template's own older one, and that of the row's sum."""
SPONSORED_MOST = 500_00
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """One row of a file and the gifts in it: one, or those of an aggregated row. `file`, `item`: from 1."""

    file: int
    item: int
    gifts: Sequence[Judged]
    aggregated: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a claim would hold. `owed`: gifts of which more was claimed than is due; `over_claimed`: the tax on that.

    `held`: gifts that are not in it, each with the verdict that says why.
    """

    books: Books
    until: date
    places: Sequence[Place]
    owed: Sequence[Judged]
    over_claimed: int
    held: Sequence[Judged]

    @property
    def amount(self) -> int:
        return sum(gift.open for place in self.places for gift in place.gifts)


@dataclass(frozen=True, slots=True)
class Made:
    """A claim and its files. `again`: it had been recorded before, and was written again."""

    claim: Claim
    files: Sequence[Path]
    again: bool


def planned(crm: Crm, until: date | None = None, aggregate: str = "") -> Plan:
    """The claim of all that can be claimed on gifts up to a day (today).

    `aggregate`: put gifts under 30 pounds together under this description. Raises `PerthynError`
    (``giftaid.aggregate``).
    """
    held = books(crm)
    until = until or crm.today()
    ready = [one for one in held.gifts if one.open > 0 and one.gift.day <= until]
    owed = [one for one in held.gifts if one.open < 0]
    places = list(_placed(ready, _described(aggregate)))
    left = [one for one in held.gifts if not one.verdict.yes and not one.claimed and one.gift.day <= until]
    return Plan(held, until, places, owed, held.over_claimed, left)


def _described(aggregate: str) -> str:
    text = plain_letters(aggregate)
    if len(text) > MOST_AGGREGATED or text.casefold() in ("yes", "n/a", "not applicable"):
        raise PerthynError("giftaid.aggregate", text=aggregate, most=MOST_AGGREGATED)
    return text


def _placed(ready: Iterable[Judged], aggregate: str) -> Iterator[Place]:
    """The rows in order: gifts of their own, then those put together; a gift that finds no other stays alone."""
    small = [one for one in ready if aggregate and one.open < AGGREGATED_UNDER and not one.sponsored]
    bundles = [some for some in _bundles(small) if len(some) > 1]
    inside = {one.gift.id for some in bundles for one in some}
    groups = [([one], "") for one in ready if one.gift.id not in inside] + [(some, aggregate) for some in bundles]
    for at, (some, words) in enumerate(groups):
        yield Place(1 + at // MOST_ROWS, 1 + at % MOST_ROWS, some, words)


def _bundles(small: Iterable[Judged]) -> list[list[Judged]]:
    """Gifts of different people put together as long as their sum may stand in one row."""
    bundles: list[dict[UUID, Judged]] = []
    sums: list[int] = []
    for one in small:
        who = one.gift.contact
        fits = (at for at, some in enumerate(bundles) if who not in some and sums[at] + one.open <= AGGREGATED_MOST)
        at = next(fits, len(bundles))
        if at == len(bundles):
            bundles.append({})
            sums.append(0)
        bundles[at][who] = one
        sums[at] += one.open
    return [list(some.values()) for some in bundles]


# -- recording it ----------------------------------------------------------------------------------------------------


def claim(
    crm: Crm, file: Path, until: date | None = None, aggregate: str = "", replace: bool = False
) -> tuple[Made, Plan | None]:
    """Record a claim and write its files; where a claim of that name stands, write that one again.

    Raises `PerthynError` as `record`, and ``giftaid.claim.there``, ``.unwritable``, ``.lost``.
    """
    made, plan = record(
        crm, file.name, until, aggregate,
        lambda one, contents: _refuse_others(_paths(file, one.files), contents, replace),
    )  # fmt: skip
    return Made(made, _write(crm, made, file, replace), again=plan is None), plan


def record(
    crm: Crm, name: str, until: date | None = None, aggregate: str = "",
    before: Callable[[Claim, Sequence[bytes]], None] = lambda one, contents: None,
    expected: int | None = None,
) -> tuple[Claim, Plan | None]:  # fmt: skip
    """Record a claim under the name of its first file; no plan where one of that name stands already.

    `before`: what is done with its files before it is recorded. `expected`: pence that somebody was shown it holds.
    Raises `PerthynError`: ``giftaid.claim.suffix``, ``.nothing``, ``.other`` (it is not as expected),
    ``giftaid.aggregate``, ``giftaid.file.*`` (what the check of our own files found).
    """
    crm.check("gift_aid.claim")
    if Path(name).suffix.lower() != ".ods":
        raise PerthynError("giftaid.claim.suffix", file=name)
    for left in reversed(range(_TRIES)):
        stands = standing(crm, name)
        if stands is not None:
            return stands, None
        plan = planned(crm, until, aggregate)
        if not plan.places:
            raise PerthynError("giftaid.claim.nothing", held=len(plan.held), until=plan.until)
        if expected is not None and expected != plan.amount:
            raise Conflict("giftaid.claim.other")
        made, lines = _records(crm, plan, name)
        contents = _contents(made, lines)
        for fault in (fault for content in contents for fault in checked(content, crm.today())):
            raise fault
        made = made.model_copy(update={"sha256": _fingerprint(contents)})
        before(made, contents)
        changes: list[Change] = [Create(made), *map(Create, lines)]
        try:
            crm.apply(Batch(crm.batch_id(), crm.actor.name, crm.clock(), name, "gift_aid", changes,
                            since=plan.books.position))  # fmt: skip
        except (Stale, Conflict):
            if not left:
                raise
            continue
        return made, plan
    raise AssertionError("the last try raises")


def _records(crm: Crm, plan: Plan, name: str) -> tuple[Claim, list[ClaimLine]]:
    id = crm.ids()
    lines = [
        _line(id, gift, gift.open, file=place.file, item=place.item, aggregated=place.aggregated or None)
        for place in plan.places
        for gift in place.gifts
    ]
    lines += [_line(id, gift, gift.open) for gift in plan.owed]
    made = Claim(
        id=id, name=name, at=crm.clock(), by=crm.actor.name, until=plan.until, files=plan.places[-1].file,
        lines=len(lines), amount=plan.amount, over_claimed=plan.over_claimed, sha256="-",
    )  # fmt: skip
    return made, lines


def _line(claim: UUID, one: Judged, amount: int, **place: object) -> ClaimLine:
    """A line. Nobody else's can have its id: it is made of the gift and of how many lines that has had."""
    donor, declared = one.donor, one.verdict.declaration
    said = {
        "id": named_id(f"giftaid\x1f{one.gift.id}\x1f{one.lines}"), "contact": one.gift.contact, "claim": claim,
        "interaction": one.gift.id, "declaration": declared.id if declared else None, "day": one.gift.day,
        "amount": amount, "sponsored": one.sponsored and amount <= SPONSORED_MOST, **place,
    }  # fmt: skip
    if donor is not None and amount > 0:
        said |= {name: getattr(donor, name) for name in ("title", "given", "family", "house", "postcode")}
    return ClaimLine.model_validate(said)


def standing(crm: Crm, name: str) -> Claim | None:
    """The claim of a file's name that has not been dropped."""
    return next((one for one in crm.store.scan(Claim) if one.name == name and one.dropped is None), None)


# -- its files -------------------------------------------------------------------------------------------------------


def _contents(made: Claim, lines: Iterable[ClaimLine | Kept]) -> list[bytes]:
    """The files of a claim, by its record alone."""
    rows = sorted((one for one in lines if one.file), key=lambda one: (one.file, one.item, one.id))
    contents = []
    for number, inside in groupby(rows, key=lambda one: one.file):
        some = list(inside)
        earliest = min(one.day for one in some)
        cells = [_row(list(gifts)) for _, gifts in groupby(some, key=lambda one: one.item)]
        contents.append(written(Schedule(earliest, made.over_claimed if number == 1 else 0, cells)))
    return contents


def _row(gifts: Sequence[ClaimLine | Kept]) -> Row:
    first = gifts[0]
    amount, latest = sum(one.amount for one in gifts), max(one.day for one in gifts)
    if first.aggregated:
        return Row("", "", "", "", "", first.aggregated, False, latest, amount)
    who = (first.title or "", first.given or "", first.family or "", first.house or "", first.postcode or "")
    return Row(*who, "", first.sponsored, latest, amount)


def _fingerprint(contents: Iterable[bytes]) -> str:
    return sha256(b"".join(contents)).hexdigest()


def _paths(file: Path, count: int) -> list[Path]:
    """FILE.ods, FILE-2.ods ..."""
    return [file, *(file.with_name(f"{file.stem}-{number}{file.suffix}") for number in range(2, count + 1))]


def files(crm: Crm, made: Claim) -> list[tuple[str, bytes]]:
    """The files of a claim, each with its name, byte for byte as they were. Raises ``giftaid.claim.lost``."""
    crm.check("gift_aid.claim")
    lines: list[ClaimLine | Kept] = [one for one in crm.store.scan(ClaimLine) if one.claim == made.id]
    lines += [one for one in crm.store.scan(Kept) if one.claim == made.id]
    contents = _contents(made, lines)
    if _fingerprint(contents) != made.sha256:
        raise PerthynError("giftaid.claim.lost", file=made.name, lines=made.lines, found=len(lines))
    return [(path.name, content) for path, content in zip(_paths(Path(made.name), made.files), contents, strict=True)]


def _refuse_others(paths: Iterable[Path], contents: Iterable[bytes], replace: bool) -> None:
    """Nothing of somebody's is written over."""
    for path, content in zip(paths, contents, strict=True):
        if path.exists() and not replace and path.read_bytes() != content:
            raise PerthynError("giftaid.claim.there", file=str(path))


def _write(crm: Crm, made: Claim, file: Path, replace: bool) -> list[Path]:
    contents = [content for _, content in files(crm, made)]
    paths = _paths(file, made.files)
    _refuse_others(paths, contents, replace)
    for path, content in zip(paths, contents, strict=True):
        _appear(path, content)
    return paths


def _appear(path: Path, content: bytes) -> None:
    """The file is whole or not there."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PerthynError("giftaid.claim.unwritable", file=str(path), why=error.strerror or str(error)) from error


# -- afterwards ------------------------------------------------------------------------------------------------------


def marked(crm: Crm, name: str, *, sent: date | None = None, drop: bool = False) -> Receipt:
    """Note that a claim was sent to HMRC on a day, or that it never will be: then all in it can be claimed again.

    Raises `Unknown` (``giftaid.claim.unknown``), `PerthynError` (``giftaid.claim.sent``, ``giftaid.declare.future``).
    """
    crm.check("gift_aid.claim")
    found = standing(crm, name)
    if found is None:
        raise Unknown("giftaid.claim.unknown", name=name, suggestion="")
    if found.sent is not None:
        raise PerthynError("giftaid.claim.sent", file=name, day=found.sent)
    if sent is not None and sent > crm.today():
        raise PerthynError("giftaid.declare.future", day=sent)
    values: Mapping[str, tuple[object, object]] = (
        {"dropped": (None, crm.today())} if drop else {"sent": (None, sent or crm.today())}
    )
    return crm.commit([Edit("donations.claim", found.id, values)], reason=name, kind="gift_aid")
