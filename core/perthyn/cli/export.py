"""`perthyn export`: people written to a file, for a purpose."""

from __future__ import annotations

from pathlib import Path

import click

from perthyn.cli.output import Screen
from perthyn.cli.session import Session, session
from perthyn.cli.shown import dry_run_option, json_option
from perthyn.contacting.door import CHANNELS, PURPOSES
from perthyn.contacting.words import CHANNEL, MATTERS
from perthyn.crm.exports import Exported
from perthyn.text import Translator
from perthyn.words.permission import rule_words

for_option = click.option("--for", "purpose", type=click.Choice(PURPOSES), required=True, help="What the file is for.")
by_option = click.option("--by", type=click.Choice(CHANNELS), multiple=True, help="How they will be written to.")
replace_option = click.option("--replace", is_flag=True, help="Write over a file that is there.")


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[SEGMENT] FILE")
@for_option
@by_option
@replace_option
@dry_run_option
@json_option
@click.pass_context
def export(
    context: click.Context, words: tuple[str, ...], purpose: str, by: tuple[str, ...], replace: bool, dry_run: bool
) -> None:
    """Write people to a .csv or .xlsx file: a segment, or everybody.

    For marketing, fundraising or service only those who may be contacted so, each only by the ways that are allowed;
    who is left out, and why, is counted. For analysis all that is known, readable back with: perthyn import

    Example: perthyn export "Friends of the garden" friends.csv --for marketing --by post

    With --json: file, purpose, people, rows, left_out, decided (by way and rule), columns.
    """
    s = session(context)
    if len(words) > 2:
        raise click.UsageError(s.t("Give one segment and one file; put a name of several words in quotation marks."))
    write(s, words[0] if len(words) == 2 else "", words[-1], purpose, by, replace, dry_run)


def write(s: Session, segment: str, file: str, purpose: str, by: tuple[str, ...], replace: bool, dry_run: bool) -> None:
    """Export a segment, or everybody, and say what was written."""
    crm = s.crm()
    chosen = crm.segment(segment) if segment else None
    done = crm.export(Path(file), purpose, segment=chosen, channels=by, replace=replace, dry_run=dry_run)
    if s.screen.data(done):
        return
    told(s.t, s.screen, done)
    if dry_run:
        s.screen.sentence(s.t("Nothing has been written."))


def told(t: Translator, screen: Screen, done: Exported) -> None:
    """What was written, and who was left out and why."""
    screen.facts(
        [
            (t("File"), done.file),
            (t("For"), t(MATTERS[done.purpose])),
            (t("People"), t.number(done.people)),
            (t("Rows"), t.number(done.rows)),
            (t("Left out"), t.number(done.left_out)),
        ]
    )
    if done.decided:
        screen.heading(t("Who may be written to, and why"))
        rows: list[list[object]] = []
        for channel, spoke in done.decided.items():
            rows += [[t(CHANNEL[channel]), count, rule_words(t, rule)] for rule, count in spoke.items()]
        screen.table([t("How"), t("People"), t("Rule")], rows, "<><")
