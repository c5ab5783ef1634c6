"""`perthyn restore`: the records of a backup back into a store, proved before anything is switched."""

from __future__ import annotations

import os
from pathlib import Path

import click

from perthyn.backups.reading import Backup, look_into
from perthyn.backups.refusals import FILE as REFUSALS
from perthyn.backups.refusals import Refusal, Refusals
from perthyn.cli.backup import keys_that_open, noted, show, told
from perthyn.cli.passing import passing_folder, passing_url
from perthyn.cli.session import Session, session
from perthyn.cli.shown import agree, json_option, yes_option
from perthyn.crm import record_types
from perthyn.crm.restoring import Respected, Restored, Restoring, Target, rehearse, settings_of
from perthyn.errors import PerthynError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--to", default="", help="The store to fill, for example postgresql://perthyn@localhost/perthyn")
@click.option("--dry-run", is_flag=True, help="Rehearse it: restore into a store that is thrown away; change nothing.")
@yes_option
@json_option
@click.pass_context
def restore(context: click.Context, file: Path, to: str, dry_run: bool, yes: bool) -> None:
    """Bring the records in FILE back, into an empty store, and use that store from now on.

    FILE is read from end to end first. What is in use now is never overwritten: where it holds something, a new file
    is made beside it. Whoever was erased or said no since the backup stays erased, and their no stands. Broken off,
    the same command goes on.

    Example: perthyn restore plas-brithwen.age --dry-run

    With --json: file, made, by, address, version, position, sections, size, encrypted, to, left, count, respected,
    done (False for a rehearsal).
    """
    s = session(context)
    t = s.t
    keys, types = keys_that_open(s), record_types(s.plugins)
    known = {one.type_name: one for one in types}
    with s.screen.progress(t("Reading")) as tell:
        inside = look_into(file, keys, known, tell)
    backup = Backup(file, keys, known)
    settings = settings_of(s.settings, backup)
    restoring = Restoring(backup, inside, settings, s.plugins, types, s.now, os.urandom, s.actor)
    show(s, file, inside)
    try:
        target = restoring.target(to)
    except PerthynError as error:
        if not dry_run or error.code != "restore.to.needed":
            raise
        _rehearse(s, restoring, None, _refusals(s, settings.folder, file.parent, True))
        return
    if target.state == "done":
        _say(s, restoring, Restored(target.settings.address, 0, Respected()), done=True)
        s.screen.sentence(t("This very backup is what is in use; nothing was changed since it was restored."))
        return
    refusals = _refusals(s, settings.folder, file.parent, yes or dry_run)
    if dry_run:
        _rehearse(s, restoring, target, refusals)
        return
    if target.why is not None:
        s.screen.warning(t.error(target.why)[0])
    if target.left:
        s.screen.sentence(t("The records in use now stay in {left}, to be read; nobody will write there any more.",
                            left=target.left))  # fmt: skip
        agree(s, "restore", yes)
    Refusals(settings.folder / REFUSALS).join(file.parent / REFUSALS)
    with s.screen.progress(t("Restoring")) as tell:
        done = restoring.restore(target, to, refusals, tell)
    _say(s, restoring, done, done=True)
    if s.environ.get("PERTHYN_STORE") and s.settings.address != target.settings.address:
        s.screen.warning(t("PERTHYN_STORE names another store; take it out of the environment."))


def _rehearse(s: Session, restoring: Restoring, target: Target | None, refusals: list[Refusal]) -> None:
    """Into a store that is thrown away; `target`: where it would go, None where that is still to be named."""
    folder = passing_folder()
    with folder, s.screen.progress(s.t("Rehearsing")) as tell:
        done = rehearse(restoring, passing_url(folder), refusals, tell)
    noted(s, restoring.inside, rehearsed=True)
    address, left = (target.settings.address, target.left) if target else ("", "")
    _say(s, restoring, Restored(address, done.count, done.respected, left), done=False)


def _refusals(s: Session, folder: Path, beside: Path, anyway: bool) -> list[Refusal]:
    """What was refused since, from the organisation's folder and from beside the backup.

    Raises `PerthynError` (``restore.refusals.missing``) where there is no such file, unless it is to go on.
    """
    files = [one for one in {folder.resolve() / REFUSALS, beside.resolve() / REFUSALS} if one.is_file()]
    if not files:
        missing = PerthynError("restore.refusals.missing", file=REFUSALS, folder=str(folder))
        if not anyway:
            raise missing
        s.screen.warning(s.t.error(missing)[0])
    found: list[Refusal] = []
    for one in sorted(files):
        refusals, torn = Refusals(one).read()
        found += refusals
        if torn:
            s.screen.warning(s.t.n("{n} line of {file} can't be read.", "{n} lines of {file} can't be read.", torn,
                                   file=str(one)))  # fmt: skip
    return found


def _say(s: Session, restoring: Restoring, restored: Restored, *, done: bool) -> None:
    respected = restored.respected
    if restored.open:
        s.screen.warning(s.t("The old store could not be told that its records are elsewhere now: nobody should "
                             "write to {address} any more.", address=restored.left))  # fmt: skip
    if s.screen.data({**told(restoring.backup.file, restoring.inside), "to": restored.address, "left": restored.left,
                      "count": restored.count, "respected": respected, "done": done}):  # fmt: skip
        return
    t = s.t
    if restored.count:
        s.screen.sentence(t("Every record was compared with the file: they are the same ({count}).",
                            count=t.number(restored.count)))  # fmt: skip
    if respected.erased or respected.refused or respected.listed:
        s.screen.sentence(t("What was refused since the backup stands: people erased {erased}, noes recorded "
                            "{refused}, addresses listed {listed}.",
                            erased=respected.erased, refused=respected.refused, listed=respected.listed))  # fmt: skip
    if respected.merged:
        ids = [one.hex[-6:] for one in respected.merged]
        s.screen.warning(t("These were erased since, but are part of somebody else in this backup. Look at them, and "
                           "erase what is theirs: {ids}", ids=ids))  # fmt: skip
    if done:
        s.screen.sentence(t("Records: {address}", address=restored.address))
    elif restored.address:
        s.screen.sentence(t("It was a rehearsal: nothing was changed. Without --dry-run the records go to {address}.",
                            address=restored.address))  # fmt: skip
    else:
        s.screen.sentence(t("It was a rehearsal: nothing was changed. Without --dry-run, name an empty store: --to "
                            "ADDRESS"))  # fmt: skip
