"""The import of one table: prepare without any lock, then one batch, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.changes import Batch, Change, Receipt
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.importing.consents import YesMeans
from perthyn.importing.outcome import Outcome
from perthyn.importing.plans import Understanding
from perthyn.importing.preparing import Preparation
from perthyn.importing.refused import RefusedRow, RefusedRows
from perthyn.importing.spool import Spool
from perthyn.model import Ids
from perthyn.model.ids import Clock
from perthyn.store import Store

ATTEMPTS = 3


def import_table(
    store: Store,
    understanding: Understanding,
    *,
    ids: Ids,
    clock: Clock,
    zone: ZoneInfo,
    actor: str,
    apply: Callable[[Batch], Receipt] | None = None,
    yes_means: YesMeans | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
    refused_to: Path | None = None,
    say: Callable[[PerthynError], str] = str,
    refused: Callable[[RefusedRow], None] = lambda one: None,
    ends: Callable[[UUID], Iterable[Change]] = lambda batch: (),
) -> Outcome:
    """Import a table as it was understood.

    `apply`: what applies the batch, `store.apply` where nothing else is given. `yes_means`: what the people of the
    file said yes to, where somebody knows. `progress` is told how many rows have been read, 0 at each beginning.
    `refused_to`: where rows to correct are written, with what `say` makes of each reason; `refused` is told of each of
    them. `ends`: changes to be stored in the same batch, whose id it is told. Where the store changes meanwhile, all is
    prepared again, three times at most. Raises `Stale` or `Conflict` after that, and `PerthynError` ``import.file.*``,
    ``import.spool.failed``, ``import.refused.unwritable``; then, as after an interrupt, nothing of the file is
    stored.
    """
    for attempt in range(1, ATTEMPTS + 1):
        progress(0)
        rows = RefusedRows(None if dry_run else refused_to, say, refused)
        with Spool() as spool:
            try:
                arguments = (store, understanding, spool, rows, ids, clock, zone, actor, yes_means)
                outcome = _prepared(Preparation(*arguments), progress)
                rows.finish()
                if not (dry_run or spool.empty):
                    batch = ids()
                    for change in ends(batch):
                        spool.add(change)
                    outcome = _applied(batch, apply or store.apply, spool, outcome, clock, actor)
                return replace(outcome, refused_file=rows.keep())
            except (Stale, Conflict, Unknown):
                if attempt == ATTEMPTS:
                    raise
            finally:
                rows.drop()
    raise AssertionError("unreachable")


def _prepared(preparation: Preparation, progress: Callable[[int], None]) -> Outcome:
    """What it remembers of the file is given back before the store needs memory."""
    preparation.run(progress)
    return preparation.outcome()


def _applied(
    id: UUID, apply: Callable[[Batch], Receipt], spool: Spool, outcome: Outcome, clock: Clock, actor: str
) -> Outcome:
    began = clock()
    counts = ("rows", "stored", "unchanged", "refused", "aside", "people_new", "people_known")
    facts = {"file": outcome.file, "source": outcome.source, **{name: getattr(outcome, name) for name in counts}}
    batch = Batch(
        id=id,
        actor=actor,
        at=began,
        reason=outcome.file,
        kind="import",
        changes=spool.changes,
        blocks=spool.blocks,
        facts=facts,
        distinct=True,
    )
    receipt = apply(batch)
    seconds = {**outcome.seconds, "apply": (clock() - began).total_seconds()}
    return replace(outcome, receipt=receipt, seconds=seconds)
