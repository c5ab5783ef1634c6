"""`perthyn campaign export|results`: files for whoever sends it, and the files that come back."""

from __future__ import annotations

from pathlib import Path

import click

from perthyn.cli.campaign_words import audience_facts, held_table
from perthyn.cli.session import session
from perthyn.cli.shown import agree, dry_run_option, json_option, yes_option
from perthyn.contacting.words import TOLD
from perthyn.crm.handing import FORMS
from perthyn.crm.results import SAID
from perthyn.words.typed import typed_day


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path())
@click.option("--for", "form", type=click.Choice(list(FORMS)), required=True, help="What the file is for.")
@click.option("--again", is_flag=True, help="Those that were in a file before, once more; nothing is noted.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@yes_option
@json_option
@click.pass_context
def export(
    context: click.Context, name: str, file: str, form: str, again: bool, replace: bool, yes: bool
) -> None:  # fmt: skip
    """Write a campaign to a file, for labels, letters or a mailer; each person is in one file, once.

    A draft's segment is worked out now, and stays so. Only those who may be contacted are in it. Labels are one for a
    household where the campaign is. A second file holds only who is new in the ledger; see --again.

    Example: perthyn campaign export spring-appeal labels.csv --for labels

    With --json: file, form, rows, new, held (by rule).
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    one = crm.campaign(name)
    if one.state == "draft":
        audience_facts(s, crm.audience(one))
        agree(s, one.code, yes)
    with s.screen.progress(t("Writing {file}", file=file)) as advance:
        done = crm.hand_over(one, form, Path(file), again=again, replace=replace, told=advance)
    if s.screen.data(done):
        return
    s.screen.facts([(t("File"), done.file), (t("Rows"), t.number(done.rows)), (t("New"), t.number(done.new))])
    held_table(s, done.held)
    if one.channel == "email":
        s.screen.sentence(
            t("When the mailer has sent it, bring its answer back: perthyn campaign results {code} FILE", code=one.code)
        )


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path())
@click.option("--as", "says", type=click.Choice(SAID), help="What every row says, in a file of one kind alone.")
@click.option("--on", "on", help="The day of it, for example 12/3/2026; without it, now.")
@dry_run_option
@json_option
@click.pass_context
def results(context: click.Context, name: str, file: str, says: str | None, on: str | None, dry_run: bool) -> None:
    """Take in what a mailer says became of the letters: bounces, unsubscriptions, complaints, clicks.

    The file has a column of e-mail addresses and one that says what happened (Status, Outcome, Clicks, UNSUB_TIME ...),
    or holds one kind alone, which --as names. An unsubscription counts at once and can't be undone.

    Example: perthyn campaign results spring-news bounced.csv --as hard

    With --json: file, rows, noted, before, unknown (addresses that no letter went to), receipt.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    day = typed_day(on, crm.today(), crm.settings.zone)
    done = crm.take_results(crm.campaign(name), Path(file), says=says or "", on=day, dry_run=dry_run)
    if s.screen.data(done):
        return
    s.screen.facts(
        [
            (t("Rows"), t.number(done.rows)),
            *((t(TOLD[what]), t.number(count)) for what, count in done.noted.items()),
            (t("Known before"), t.number(done.before) if done.before else None),
            (t("No letter went to"), list(done.unknown)[:10]),
        ]
    )
    if done.unknown and done.receipt is not None:
        s.screen.sentence(t("They stand in the list of problems: perthyn problems"))
    if dry_run:
        s.screen.sentence(t("Nothing has been written."))


COMMANDS: tuple[click.Command, ...] = (export, results)
"""What `perthyn campaign` has of these."""
