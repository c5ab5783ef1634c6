"""`perthyn upgrade`: records of an earlier version brought up to date, all or nothing, after a copy."""

from __future__ import annotations

from contextlib import closing
from importlib.metadata import version
from itertools import count
from pathlib import Path

import click

from perthyn.backups.lines import head_of
from perthyn.backups.reading import look_into
from perthyn.backups.writing import write_backup
from perthyn.cli.backup import keys_of
from perthyn.cli.session import Session, session
from perthyn.cli.shown import agree, dry_run_option, json_option, yes_option
from perthyn.contents import Contents
from perthyn.crm import record_types
from perthyn.crm.safekeeping import RESTED_ON
from perthyn.upgrades import Upgrade

A_SECOND = 8_000
"""How many records and journal lines are done in a second, roughly, on a small computer."""


@click.command()
@dry_run_option
@yes_option
@json_option
@click.pass_context
def upgrade(context: click.Context, dry_run: bool, yes: bool) -> None:
    """Bring records that an earlier perthyn or plugin wrote up to date, after a backup.

    Either all of it is done or nothing; nobody can write meanwhile. With --dry-run it is all done on a copy, and what
    would go wrong is said.

    Example: perthyn upgrade --dry-run

    With --json: address, planned (part, found, version, records, lines), seconds (about), rehearsed, done, backup.
    """
    s = session(context)
    found: Upgrade = s.plugins.upgrade(s.settings.store_url, record_types(s.plugins), s.settings.currency)
    with closing(found):
        told = {"address": found.address, "planned": found.planned, "seconds": _size(found) // A_SECOND}
        if not found.planned:
            if not s.screen.data({**told, "rehearsed": False, "done": False, "backup": None}):
                s.screen.sentence(s.t("The records are up to date; nothing is to be done."))
            return
        _show(s, found)
        if dry_run:
            with s.screen.progress(s.t("Rehearsing"), _size(found)) as tell:
                found.rehearse(tell)
            if not s.screen.data({**told, "rehearsed": True, "done": False, "backup": None}):
                s.screen.sentence(s.t("All of it went well. Nothing has been changed: run perthyn upgrade to do it."))
            return
        agree(s, "upgrade", yes)
        kept = _apply(s, found)
    if not s.screen.data({**told, "rehearsed": False, "done": True, "backup": kept}):
        s.screen.facts([(s.t("As it was before"), kept and str(kept))])
        s.screen.sentence(s.t("The records are up to date."))


def _size(found: Upgrade) -> int:
    return sum(one.size for one in found.planned)


def _show(s: Session, found: Upgrade) -> None:
    t = s.t
    head = [t("What"), t("From version"), t("To version"), t("Records"), t("Past changes")]
    own = t("the store itself")
    s.screen.table(head, [[one.part or own, one.found, one.version, one.records, one.lines] for one in found.planned])
    minutes = _size(found) // A_SECOND // 60
    s.screen.sentence(t("It takes less than a minute.") if not minutes else
                      t.n("It takes about {n} minute.", "It takes about {n} minutes.", minutes + 1))  # fmt: skip


def _apply(s: Session, found: Upgrade) -> Path | None:
    """Upgrade after a backup; answers where that is, None where somebody else has just done it all."""
    kept: list[Path] = []
    now = s.now()

    def keep(contents: Contents) -> None:
        mark = f"{version('perthyn')}-{now:%Y-%m-%d}"
        kept.append(found.copy(mark) or _backup(s, found, contents, mark))

    with s.screen.progress(s.t("Upgrading"), _size(found)) as tell:
        found.apply(keep, tell)
    return kept[0] if kept else None


def _backup(s: Session, found: Upgrade, contents: Contents, mark: str) -> Path:
    """A backup in the organisation's folder, read back, of a store that is no file."""
    keys = keys_of(s)
    recipients = s.settings.backup_to or (keys.first(s.now())[0].public,)
    held = keys.read()
    mine = any(one.public in recipients for one in held)
    head = head_of(
        contents, version=version("perthyn"), made=s.now(), by=s.actor.name, address=found.address,
        settings=s.settings.model_dump(mode="json", include=set(RESTED_ON)),
    )  # fmt: skip
    names = (f"perthyn.before-{mark}{f'-{n}' if n > 1 else ''}.age" for n in count(1))
    file = next(one for one in map(s.folder.joinpath, names) if not one.exists())
    with s.screen.progress(s.t("Backing up")) as tell:
        write_backup(
            file, contents, head, recipients, tell=tell,
            check=lambda fresh, _: look_into(fresh, held, {}) if mine else None,
        )  # fmt: skip
    return file
