"""What Gift Aid keeps of a donor who is erased, how long, and how it goes: only what the law asks for.

Of each claimed gift: the line as claimed (name, house, postcode, day, amount) and the declaration it rests on, as long
as the last gift in a claim that rests on it: see `kept_until`. Everything else goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Delete, Erase
from perthyn.crm import Crm
from perthyn.model import Job
from perthyn.model.ids import named_id
from perthyn.store import Store
from perthyn.work import Work
from perthyn_donations.books import terms_of
from perthyn_donations.eligibility import Terms, years_from
from perthyn_donations.records import Claim, ClaimLine, Declaration, Kept

YEARS = 6
KEEP, FORGET = "donations.keep", "donations.forget"
_AT_ONCE = 10
"""Lines in one job: its facts are one text of the value domain."""
_EVIDENCE = ("day", "covers", "how", "confirmed", "charity", "title", "given", "family", "house", "address", "postcode",
             "overseas", "wording_version", "language", "evidence")  # fmt: skip
_LINE = ("claim", "file", "item", "day", "amount", "title", "given", "family", "house", "postcode", "aggregated",
         "sponsored")  # fmt: skip


def kept_until(terms: Terms, last: date, claimed: date) -> date:
    """The last day on which records are kept of gifts under one declaration, the last of them made and claimed so.

    Six years from the end of the accounting period; of a trust from the end of the tax year or, if that is later,
    twelve months from the claim (HMRC's guidance on keeping records, as revised in 2012; Taxes Management Act 1970,
    12B, not confirmed).
    """
    end = years_from(terms.period_end(last), YEARS)
    return max(end, years_from(claimed, 1)) if terms.trust else end


def jobs_for(batch: Batch, store: Store) -> list[Job] | None:
    """For a batch that erases somebody: jobs, committed with it, that keep what has to be kept."""
    if batch.kind != "erase":
        return None
    gone = [change.contact for change in batch.changes if isinstance(change, Erase)]
    return [job for contact in gone for job in _jobs(batch, store, contact)]


def _jobs(batch: Batch, store: Store, contact: UUID) -> Iterator[Job]:
    lines = list(store.owned(ClaimLine, [contact]))
    claims = store.get(Claim, {one.claim for one in lines})
    said = {one.id: one for one in store.owned(Declaration, [contact])}
    lines = [one for one in lines if one.claim in claims and claims[one.claim].dropped is None]
    last: dict[UUID | None, tuple[str, str]] = {}
    for one in lines:
        day, claimed = last.get(one.declaration, ("", ""))
        own = one.day.isoformat(), claims[one.claim].at.date().isoformat()
        last[one.declaration] = max(day, own[0]), max(claimed, own[1])
    kept = [{"last": last[one.declaration], **_facts(one, said)} for one in lines]
    for start in range(0, len(kept), _AT_ONCE):
        id = named_id(f"{KEEP}\x1f{batch.id}\x1f{contact}\x1f{start}")
        yield Job(id=id, name=KEEP, facts=json.dumps(kept[start : start + _AT_ONCE]), due=batch.at)


def _facts(line: ClaimLine, said: Mapping[UUID, Declaration]) -> dict[str, Any]:
    plain = line.plain()
    facts = {"id": str(line.id), **{name: plain[name] for name in _LINE if name in plain}}
    declared = said.get(line.declaration) if line.declaration else None
    if declared is not None:
        of = declared.plain()
        told = {name: of[name] for name in _EVIDENCE if name in of} | {"wording": (declared.wording or "")[:2_000]}
        facts["declared"] = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return facts


def keep(crm: Crm, job: Job) -> list[Change]:
    """The records of what is kept, each with the day until which it is."""
    found: list[Change] = []
    for facts in json.loads(job.facts or "[]"):
        last, claimed = map(date.fromisoformat, facts.pop("last"))
        until = kept_until(terms_of(crm), last, claimed)
        found.append(Create(Kept.model_validate({**facts, "until": until})))
    return found


def forget(crm: Crm, job: Job) -> list[Change]:
    """The end of what need not be kept any longer."""
    return [Delete(one) for one in crm.store.scan(Kept) if one.until < crm.today()]


WORKS: tuple[Work, ...] = (
    Work(KEEP, ("Keep what Gift Aid asks for", "Cadw'r hyn y mae Rhodd Cymorth yn gofyn amdano"), keep),
    Work(FORGET, ("Let go of old Gift Aid records", "Gollwng hen gofnodion Rhodd Cymorth"), forget,
         every=timedelta(days=1)),
)  # fmt: skip
