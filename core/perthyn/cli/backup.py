"""`perthyn backup`: everything into one file that can be trusted, and the key that opens it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import click

from perthyn.backups.keys import KEY, Key, Keys, groups, key_file, sheet_key
from perthyn.backups.reading import Inside, look_into
from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.contents import BATCHES, JOURNAL
from perthyn.crm import record_types
from perthyn.errors import PerthynError
from perthyn.text import LANGUAGES, Translator
from perthyn.words.records import counts


class WithFile(click.Group):
    """A group whose first word may be a file: ``perthyn backup FILE`` is ``perthyn backup make FILE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, ["make", *args] if args and args[0] not in known else args)


@click.group(cls=WithFile)
def backup() -> None:
    """Write everything into one file, read it back, and keep its key apart.

    perthyn backup FILE is short for: perthyn backup make FILE

    Example: perthyn backup plas-brithwen.age
    """


@backup.command("make")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--plain", is_flag=True, help="Do not encrypt: whoever has the file can read it.")
@click.option("--yes", is_flag=True, help="Replace a backup of that name.")
@json_option
@click.pass_context
def make(context: click.Context, file: Path, plain: bool, yes: bool) -> None:
    """Write everything, as of this moment, into FILE; others may go on working meanwhile.

    FILE is encrypted, unless told otherwise, and read back before it gets its name. The key is kept apart: see
    perthyn backup key.

    Example: perthyn backup make plas-brithwen.age

    With --json: file, made, position, sections, size, encrypted, opened.
    """
    s = session(context)
    crm, t = s.crm(), s.t
    keys = keys_of(s)
    held = keys.read()
    recipients: tuple[str, ...] = ()
    if plain:
        s.screen.warning(t("The file is not encrypted. Keep it where only you can read it."))
    elif s.settings.backup_to:
        recipients = s.settings.backup_to
    else:
        first, fresh = keys.first(crm.clock())
        recipients, held = (first.public,), keys.read()
        if fresh:
            s.screen.warning(t("A key was made. Without it no backup can be opened: print it now, and keep the sheet "
                               "in a safe place: perthyn backup key --print"))  # fmt: skip
    with s.screen.progress(t("Backing up")) as tell:
        done = crm.backup(file, recipients, held, over=yes, tell=tell)
    opened = done.inside is not None
    if s.screen.data({"file": file, "made": done.head.made, "position": done.head.position, "size": done.size,
                      "sections": done.head.sections, "encrypted": bool(recipients), "opened": opened}):  # fmt: skip
        return
    s.screen.facts([(t("Backup"), str(file)), (t("Holds"), sizes(t, done.head.sections)), (t("Bytes"), done.size)])
    if opened:
        s.screen.sentence(t("It was read back and is whole."))
    else:
        s.screen.sentence(t("It was written whole; it could not be opened here, since its key is kept elsewhere."))


@backup.command("verify")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_context
def verify(context: click.Context, file: Path) -> None:
    """Read FILE from end to end, every byte and every record, and say what is in it. Nothing is restored.

    Example: perthyn backup verify plas-brithwen.age

    With --json: file, made, by, address, version, position, sections, size, encrypted.
    """
    s = session(context)
    with s.screen.progress(s.t("Reading")) as tell:
        inside = look_into(file, keys_that_open(s), {one.type_name: one for one in record_types(s.plugins)}, tell)
    noted(s, inside, rehearsed=False)
    if not s.screen.data(told(file, inside)):
        show(s, file, inside)
        s.screen.sentence(s.t("Every byte and every record is as it was written."))


@backup.command("key")
@click.option("--print", "print_", is_flag=True, help="Print the recovery sheet, in Welsh and English.")
@click.option("--take", is_flag=True, help="Type in the key from a recovery sheet.")
@json_option
@click.pass_context
def key(context: click.Context, print_: bool, take: bool) -> None:
    """Say where the key of the backups is kept, print it to be kept on paper, or type it in from there.

    Whoever has the key and a backup can read everything; who loses it can read no backup any more.

    Example: perthyn backup key --print

    With --json: file, public (the half that locks); with --print also sheet.
    """
    s = session(context)
    keys = keys_of(s)
    if take:
        ask = s.t("The key on the sheet, its lines one after the other")
        typed = click.prompt(ask, err=True) if sys.stdin.isatty() else sys.stdin.read()
        keys.take(sheet_key(typed), s.now())
    if print_:
        today = s.now()
        name = s.settings.organisation or s.folder.resolve().name
        first = keys.first(today)[0]
        paper = sheet(name, first, today.date())
        if not s.screen.data({"file": keys.file, "public": first.public, "sheet": paper}):
            s.screen.sentence(paper)
        return
    held = keys.read()
    public = held[0].public if held else ""
    if s.screen.data({"file": keys.file, "public": public}):
        return
    s.screen.facts([(s.t("Key"), str(keys.file)), (s.t("Its public half"), public)])
    if not held:
        s.screen.sentence(s.t("There is no key yet: it is made with the first backup, or typed in with --take."))


# --- shared with `perthyn restore` -----------------------------------------------------------------------


def keys_of(s: Session) -> Keys:
    """The file of keys of this organisation."""
    return Keys(key_file(s.environ, s.settings.organisation, s.folder))


def keys_that_open(s: Session) -> list[Key]:
    """The keys a backup may be opened with: the organisation's; where it has none here, all in the settings folder.

    A folder that is to be restored into has no name yet.
    """
    own = keys_of(s)
    held = own.read()
    if held or s.environ.get(KEY):
        return held
    return [key for file in sorted(own.file.parent.glob("*.key")) for key in Keys(file).read()]


def noted(s: Session, inside: Inside, *, rehearsed: bool) -> None:
    """Have the store remember that a backup was tried, where there is a store to remember it."""
    with suppress(PerthynError):
        crm = s.crm()
        (crm.note_rehearsal if rehearsed else crm.note_look)(inside.head.made)


def told(file: Path, inside: Inside) -> dict[str, object]:
    """What is in a backup, as JSON can hold it."""
    head = inside.head
    return {"file": file, "made": head.made, "by": head.by, "address": head.address, "version": head.version,
            "position": head.position, "sections": head.sections, "size": inside.size,
            "encrypted": inside.encrypted}  # fmt: skip


def show(s: Session, file: Path, inside: Inside) -> None:
    """What is in a backup, for people."""
    t, head = s.t, inside.head
    locked = t("encrypted") if inside.encrypted else t("not encrypted: whoever has the file can read it")
    s.screen.facts(
        [
            (t("Backup"), str(file)),
            (t("State"), locked),
            (t("Made"), t("{at}, by {who}", at=head.made, who=head.by)),
            (t("From"), head.address),
            (t("Holds"), sizes(t, head.sections)),
            (t("Last change"), head.position),
            (t("Bytes"), inside.size),
        ]
    )


def sizes(t: Translator, sections: Mapping[str, int]) -> list[str]:
    """So many of each, and so many changes."""
    changes = t.n("{n} change", "{n} changes", sections.get(BATCHES, 0))
    return [*counts(t, {name: size for name, size in sections.items() if name not in (BATCHES, JOURNAL)}), changes]


# --- the recovery sheet ------------------------------------------------------------------------------------


def sheet(organisation: str, key: Key, day: date) -> str:
    """The recovery sheet: what to keep on paper, in Welsh and English, with the key once."""
    told = [_about(Translator(language), organisation, day) for language in LANGUAGES]
    return "\n\n".join([*told, "\n".join(groups(key.secret)), key.public])


def _about(t: Translator, organisation: str, day: date) -> str:
    steps = ("pip install perthyn", "perthyn backup key --take", "perthyn restore FILE")
    return "\n".join(
        [
            t("RECOVERY SHEET: {organisation}", organisation=organisation),
            t("Printed on {day}.", day=day),
            t("This key opens the backups that perthyn makes of your records. Keep this sheet where you keep what must "
              "not be lost, not beside the backups: whoever has both can read everything."),
            t("To have the records back on another computer, in an empty folder:"),
            *(f"  {number}. {step}" for number, step in enumerate(steps, 1)),
            t("Type the key as it stands below; spaces and small letters do not matter. A slip is noticed."),
            t("Should there be no perthyn any more: a backup is a file in the age format (age-encryption.org). Write "
              "the key into a file, on one line without spaces; then this shows all records as lines of JSON:"),
            "  age -d -i KEYFILE FILE | gunzip",
        ]
    )  # fmt: skip
