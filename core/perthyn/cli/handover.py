"""`perthyn handover`: what somebody who takes over must know, on paper, in the organisation's languages."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from shlex import quote

import click

from perthyn.cli.backup import keys_of
from perthyn.cli.output import Screen
from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.crm import Group, Handover
from perthyn.errors import PerthynError
from perthyn.secrets import FILE as SECRETS
from perthyn.settings import FILE
from perthyn.text import LANGUAGES, Translator, phrase
from perthyn.words.records import counts

MODES = {
    "dynamic": phrase("by rule, always up to date"),
    "snapshot": phrase("as it was on a day"),
    "hand": phrase("chosen by hand"),
}
RESTORING = (
    phrase("Install perthyn {version} or a later one, and the plugins named below."),
    phrase(
        "Fetch the newest backup, and type its key in from the recovery sheet if it is not on this computer: "
        "perthyn backup key --take"
    ),
    phrase("See that the backup is whole: perthyn backup verify FILE"),
    phrase("Rehearse it, then restore it: perthyn restore FILE --dry-run, and without --dry-run"),
    phrase("See that all is well: perthyn doctor"),
)


@click.command()
@json_option
@click.pass_context
def handover(context: click.Context) -> None:
    """Print what somebody who takes over must know: where the records live, who holds what, how to restore.

    In both languages, unless --lang is given. It says nothing about any contact and holds no password.

    Example: perthyn handover > handover.txt

    With --json: address, folder, held, segments, sources, workers, waits, backup, tried, keys, plugins and more.
    """
    s = session(context)
    found = s.crm().handover()
    keys = _opening(s)
    if s.screen.data({**{one.name: getattr(found, one.name) for one in fields(found)}, "keys": keys}):
        return
    only = context.find_root().params.get("lang")
    languages = [only] if only else sorted(LANGUAGES, key=lambda one: one != s.language)
    locales = s.plugins.offer("offer_locale")
    for language in languages:
        s.screen.t = Translator(language, locales)
        _print(s.screen, s.screen.t, found, keys)


def _opening(s: Session) -> dict[str, Sequence[str]]:
    """Where the keys that open backups lie on this machine, and the public half of each."""
    kept = keys_of(s)
    try:
        held = [one.public for one in kept.read()]
    except PerthynError:  # not for the eyes of who prints this
        held = []
    return {"file": [str(kept.file)] if kept.file.exists() else [], "public": held or s.settings.backup_to}


def _print(screen: Screen, t: Translator, found: Handover, keys: Mapping[str, Sequence[str]]) -> None:
    whose = found.organisation or str(found.folder)
    screen.heading(t("Handing over the records of {organisation}, {day}", organisation=whose, day=found.at.date()))
    screen.heading(t("Where the records live"))
    screen.facts(_places(t, found))
    screen.heading(t("What is held"))
    screen.facts([(t("Held"), counts(t, found.held)), (t("Changes so far"), t.number(found.batches)),
                  (t("Last change"), found.last_change)])  # fmt: skip
    if found.segments:
        head = [t("Segment"), t("How it is kept"), t("People")]
        screen.table(head, [[_name(t, one), t(MODES[one.mode]), _members(t, one)] for one in found.segments], "<<>")
    screen.heading(t("Who holds which account and key"))
    screen.facts(_keys(t, found, keys))
    if found.sources:
        screen.table([t("Account that records came from"), t("Records")], [[*one] for one in found.sources.items()])
    if found.workers:
        screen.heading(t("Who changed something in the last 90 days"))
        head = [t("Who"), t("Changes"), t("Last change")]
        screen.table(head, [[one.name, one.changes, one.last] for one in found.workers])
    for one in found.told:
        screen.heading(one[t.language][0])
        screen.sentence(one[t.language][1])
    screen.heading(t("What runs when"))
    for line in _runs(t, found):
        screen.sentence(line)
    screen.heading(t("What is open"))
    for wait in found.waits:
        screen.sentence(" ".join(filter(None, t.error(PerthynError(wait.code, **wait.facts)))))
    if not found.waits:
        screen.sentence(t("Nothing waits for anybody."))
    screen.heading(t("How to restore"))
    for place, step in enumerate(RESTORING, 1):
        screen.sentence(f"{place}. {t(step, version=found.version)}")
    screen.heading(t("Versions"))
    screen.facts(
        [("perthyn", found.version), (t("Plugins"), [f"{name} ({origin})" for name, origin, _ in found.plugins])]
    )


def _places(t: Translator, found: Handover) -> list[tuple[str, object]]:
    size = None if found.size is None else t("{size} MB", size=t.number(-(-found.size // 1_000_000)))
    set_to = (f"{name} = {value}" for name, value in found.settings.items() if value not in ("", [], ()))
    return [
        (t("Address"), found.address),
        (t("File"), str(found.file) if found.file else None),
        (t("Size"), size),
        (t("Folder"), str(found.folder.resolve())),
        (t("Settings"), [str(found.folder.resolve() / FILE), *set_to]),
        (t("Last backup"), found.backup or t("never")),
        (t("Restore last tried"), found.tried or t("never")),
    ]


def _keys(t: Translator, found: Handover, keys: Mapping[str, Sequence[str]]) -> list[tuple[str, object]]:
    stands = t("in the records themselves; it moves, and is backed up, with them")
    secrets = found.folder.resolve() / SECRETS
    on_server = None if found.file else t("with whoever looks after the server; it is not in {file}", file=FILE)
    return [
        (t("Key of the suppression list"), stands),
        (t("Password of the database"), on_server),
        (t("Passwords and keys of channels"), str(secrets) if secrets.exists() else None),
        (t("Key that opens backups"), list(keys["file"])),
        (t("Its public half"), list(keys["public"])),
        (t("Recovery sheet of that key"), t("kept by (write the name here): ____________")),
    ]


def _name(t: Translator, one: Group) -> str:
    first, second = (one.name_cy, one.name_en) if t.language == "cy" else (one.name_en, one.name_cy)
    return first or second or ""


def _members(t: Translator, one: Group) -> str:
    return t("broken") if one.members is None else t.number(one.members)


def _runs(t: Translator, found: Handover) -> Iterator[str]:
    """What perthyn does by itself, and lines for cron that would have it do more."""
    folder, program = quote(str(found.folder.resolve())), quote(_program())
    for name, account, every in found.channels:
        minutes = round((every.total_seconds() if every else 0) / 60)
        said = {"name": name, "account": account}
        yield (
            t.n("From {name}, account {account}, what is new is fetched each minute.",
                "From {name}, account {account}, what is new is fetched every {n} minutes.", max(1, minutes), **said)
            if every else t("From {name}, account {account}, things come in when they are sent.", **said)
        )  # fmt: skip
    if found.channels:
        yield t("perthyn start does that while it runs; without it, cron can have it done:")
        yield f"*/15 * * * *  {program} --at {folder} once"
    yield t("No backup makes itself. On a machine that is always on, cron (crontab -e) can do it; name another disk:")
    yield f"15 2 * * *  {program} --at {folder} backup /ANOTHER/DISK/perthyn-$(date +\\%F).age"
    yield f"30 7 * * 1  {program} --at {folder} doctor"


def _program() -> str:
    """This program by its whole path, since cron looks in few folders; by its name where that is not known."""
    started = Path(sys.argv[0])
    return str(started.absolute()) if started.stem == "perthyn" else "perthyn"
