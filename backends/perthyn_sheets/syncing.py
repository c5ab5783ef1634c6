"""`perthyn sync`: the sheet and this machine brought in step, once or again and again; what came of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from threading import Event
from types import FrameType

import click

from perthyn.changes import Change, Create, Edit, Erase
from perthyn.cli.session import Session, session
from perthyn.cli.shown import dry_run_option, json_option
from perthyn.crm import Crm, record_types
from perthyn.errors import PerthynError
from perthyn.model import KINDS, Contact, Record, plain
from perthyn.store import Store
from perthyn.words.records import label, named, value
from perthyn_sheets import counting, open_sheet
from perthyn_sheets.addresses import sheet_id
from perthyn_sheets.asking import api_of
from perthyn_sheets.desk import desk_of, serve
from perthyn_sheets.kept import Place
from perthyn_sheets.members import languages_of
from perthyn_sheets.merging import Agreed
from perthyn_sheets.previewing import would_take_in
from perthyn_sheets.store import SheetsStore, in_sheet
from perthyn_sheets.sync import Outcome

EVERY = 30.0
"""Seconds between two looks at the sheet."""


@click.command()
@click.option("--watch", is_flag=True, help="Go on looking until Ctrl-C.")
@click.option("--every", type=click.FloatRange(1), default=EVERY, show_default=True, help="Seconds between two looks.")
@click.option("--delete-missing", "agreed", flag_value="sheet", help="Rows that vanished are to be deleted.")
@click.option("--restore-missing", "agreed", flag_value="perthyn", help="Rows that vanished are to come back.")
@click.option("--keep-sheet", "agreed", flag_value="sheet", help="What stands in the sheet is right.")
@click.option("--keep-perthyn", "agreed", flag_value="perthyn", help="What perthyn knows is right.")
@dry_run_option
@json_option
@click.pass_context
def sync(context: click.Context, watch: bool, every: float, agreed: Agreed | None, dry_run: bool) -> None:
    """Bring the Google Sheet and this machine in step: take in what people did there, send what waits here.

    This happens with every command that reads or writes. Run it to do it now, or with --watch to go on doing it.

    When very many rows have vanished, or an old version of the sheet has been restored, nothing is done before you
    say what was meant: --delete-missing or --restore-missing, --keep-sheet or --keep-perthyn.

    The exit code is 1 where something hindered; nothing is lost then.

    Example: perthyn sync --watch

    With --json: taken_in, sent, from_others, waiting, problems, hindered, writes, writes_allowed; with --watch one
    object each time. With --dry-run: a list: record, id, name, field, before, now.
    """
    s = session(context)
    if dry_run:
        _would(s)
        return
    crm = s.crm()
    store = in_sheet(crm.store)
    outcome = _again(s, crm, store, agreed or "")
    _show(s, store, outcome)
    if watch:
        _watch(s, crm, store, every)
    elif outcome.why is not None:
        context.exit(1)


def _again(s: Session, crm: Crm, store: SheetsStore, agreed: Agreed) -> Outcome:
    """In step, with the counts of segments; what opening did to it is told too."""
    before, store.outcome = store.outcome, Outcome()
    outcome = _sum(before, store.step(agreed=agreed))
    if outcome.why is None and not outcome.busy:
        theirs = s.in_language(languages_of(store.kept.read(), store.house.language)[0])
        found = counting.counts(crm, lambda error: theirs.error(error)[0], store.house.zone)
        today = crm.today()
        fresh = counting.news(found, store.kept.folder, today)
        if fresh:
            store.computed = fresh
            outcome = _sum(outcome, store.step(whole=True))
            if outcome.why is None:
                counting.keep(found, store.kept.folder, today)
        outcome = _served(s, crm, store, outcome)
    return outcome


def _served(s: Session, crm: Crm, store: SheetsStore, outcome: Outcome) -> Outcome:
    """The desk's inbox is taken in and sent on; what hinders that is told and hinders nothing else."""
    desk = desk_of(crm)
    if desk is None:
        return outcome
    try:
        with closing(api_of(s, desk.sheet)) as api:
            served = serve(store, crm, desk, api, s.in_language, s.t)
    except PerthynError as error:
        s.screen.warning(" ".join(filter(None, s.t.error(error))))
        return outcome
    then = _sum(outcome, store.outcome) if served.taken_in else outcome
    return replace(then, taken_in=then.taken_in + served.taken_in, troubles=then.troubles + served.wrong)


def _sum(first: Outcome, then: Outcome) -> Outcome:
    return replace(
        then,
        taken_in=first.taken_in + then.taken_in,
        sent=first.sent + then.sent,
        from_others=first.from_others + then.from_others,
    )


def _watch(s: Session, crm: Crm, store: SheetsStore, every: float) -> None:
    """Until Ctrl-C, which ends cleanly: what is under way is on record."""
    s.screen.sentence(s.t("Looking again each {seconds} seconds; Ctrl-C ends it.", seconds=round(every)))
    hindered = None
    with _until_ctrl_c() as ended, suppress(KeyboardInterrupt):
        while not ended.is_set():
            time.sleep(every)
            outcome = _again(s, replace(crm), store, "")  # nothing remembered of a mirror that was made anew since
            why = outcome.why.code if outcome.why is not None else None
            if outcome.taken_in or outcome.sent or outcome.from_others or why != hindered:
                _show(s, store, outcome)
            hindered = why
    s.screen.sentence(s.t("Ended."))


@contextmanager
def _until_ctrl_c() -> Iterator[Event]:
    """Set by Ctrl-C, which also interrupts: an interrupt that meets Python tidying up is lost, and one presses once."""
    ended = Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGINT, before)


def _show(s: Session, store: SheetsStore, outcome: Outcome) -> None:
    t, used = s.t, store.api.quota
    wrong, step = t.error(outcome.why) if outcome.why is not None else ("", "")
    told = {
        "taken_in": outcome.taken_in,
        "sent": outcome.sent,
        "from_others": outcome.from_others,
        "waiting": outcome.waiting,
        "problems": outcome.troubles,
        "hindered": None if outcome.why is None else {"code": outcome.why.code, "wrong": wrong, "next": step},
        "writes": used.writes,
        "writes_allowed": used.limit,
    }
    if s.screen.data(told):
        return
    s.screen.facts(
        [
            (t("Taken in from the sheet"), t.n("{n} change", "{n} changes", outcome.taken_in)),
            (t("Sent to the sheet"), t.n("{n} change", "{n} changes", outcome.sent)),
            (t("From other machines"), t.n("{n} change", "{n} changes", outcome.from_others)),
            (t("Waiting to be sent"), t.n("{n} change", "{n} changes", outcome.waiting) if outcome.waiting else None),
            (t("To look at"), _problems(s, outcome.troubles) if outcome.troubles else None),
            (t("Used of the quota"), _quota(s, used.writes, used.limit)),
        ]
    )
    if outcome.busy:
        s.screen.sentence(t("Another perthyn on this machine is bringing them in step just now."))
    if outcome.why is not None:
        s.screen.error(outcome.why)


def _problems(s: Session, count: int) -> str:
    return s.t.n("{n} thing; see: perthyn problems list", "{n} things; see: perthyn problems list", count)


def _quota(s: Session, writes: int, limit: int) -> str:
    return s.t("{writes} of {limit} writes this minute", writes=writes, limit=limit)


# -- without doing anything ---------------------------------------------------------------------------------------


def _would(s: Session) -> None:
    """What people did in the sheet since this machine last looked."""
    with closing(_unseen(s)) as store:
        crm = Crm(store, s.plugins, s.settings, s.now, os.urandom, s.actor, s.language)
        rows = [row for change in would_take_in(store) for row in _lines(s, crm, change)]
    heads = ("record", "id", "name", "field", "before", "now")
    if s.screen.data([dict(zip(heads, row, strict=True)) for row in rows]):
        return
    if not rows:
        s.screen.sentence(s.t("Nothing would be taken in."))
        return
    t = s.t
    s.screen.heading(t("What would be taken in from the sheet; nothing has been written"))
    said = [[name, label(t, crm.store.types[record], field) if field else None, value(t, before), value(t, now)]
            for record, _, name, field, before, now in rows]  # fmt: skip
    s.screen.table([t("Whose"), t("Field"), t("Before"), t("Now")], said, "<<<<")


def _unseen(s: Session) -> SheetsStore:
    """The store as it was left: opening it otherwise takes in what there is."""
    settings, plugins = s.settings, s.plugins
    sheet = sheet_id(settings.store)
    if sheet is None:
        raise PerthynError("sheets.sync.elsewhere", address=settings.address)
    if not Place(s.folder, sheet).known or plugins.house is None:
        raise PerthynError("sheets.sync.unknown")
    plugins.load_backend("https")
    kinds, measures = (*KINDS, *plugins.offer("offer_kinds")), tuple(plugins.offer("offer_measures"))
    house = replace(plugins.house, kinds=kinds, measures=measures)

    def opens(url: str, types: Sequence[type[Record]]) -> Store:
        store: Store = plugins.open_store(url, types, settings.currency, True)
        return store

    return open_sheet(sheet, record_types(plugins), False, house, opens, look=False)


def _lines(s: Session, crm: Crm, change: Change) -> Iterator[tuple[str, str, str, str, object, object]]:
    """A change, a row for each field: record type, id, whose, field, before, now; one row for what is new or gone."""
    if isinstance(change, Edit):
        name = named(crm, s.t, change.type, [change.id])[change.id]
        for path, (before, now) in change.values.items():
            yield change.type, str(change.id), name, path, plain(before), plain(now)
        return
    if isinstance(change, Erase):
        return  # no hand in a sheet does that
    record = change.record
    name = record.shown_name if isinstance(record, Contact) else record.type_name
    told = s.t("New") if isinstance(change, Create) else s.t("Taken away")
    yield record.type_name, str(record.id), name, "", None, told
