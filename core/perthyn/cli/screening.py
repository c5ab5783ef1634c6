"""`perthyn screening`: lists of those who want no calls, no post, no fundraising."""

from __future__ import annotations

import click

from perthyn.cli.session import session
from perthyn.cli.shown import dry_run_option, json_option
from perthyn.contacting.door import FPS
from perthyn.crm.screening import LISTS
from perthyn.errors import PerthynError
from perthyn.words.typed import typed_day


@click.group()
def screening() -> None:
    """Lists of those who want no calls, no post, no fundraising."""


@screening.command("import")
@click.argument("file")
@click.option("--list", "list_", type=click.Choice(LISTS), required=True, help="Which list.")
@click.option("--checked", required=True, help="The day of the check, or of the requests, for example 1/11/2026.")
@click.option("--reference", help="The number of the check or the request.")
@click.option("--others-clear", is_flag=True, help="All our numbers were checked: those not named are not listed.")
@dry_run_option
@json_option
@click.pass_context
def import_(
    context: click.Context, file: str, list_: str, checked: str, reference: str | None, others_clear: bool,
    dry_run: bool,
) -> None:  # fmt: skip
    """Take in which numbers, names or addresses of ours are on a list.

    A file with a column that says yes or no (its head names the list, or says Hit, Match, Listed, Result) is read by
    it; a file without one holds those who are listed. A request through the Fundraising Preference Service (fps) is an
    objection, and can't be undone; the rest can.

    Example: perthyn screening import answer.csv --list tps --checked 2026-11-01

    With --json: list, checked, rows, hits, people, unknown, unread, noted, receipt.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    day = typed_day(checked, crm.today(), crm.settings.zone)
    if day is None:
        raise PerthynError("cli.day.unreadable", value=checked)
    done = crm.screen(file, list_, day, reference=reference, others_clear=others_clear, dry_run=dry_run)
    if s.screen.data(done):
        return
    s.screen.facts(
        [
            (t("List"), list_.upper()),
            (t("As of"), day),
            (t("Rows"), t.number(done.rows)),
            (t("On the list"), t.number(done.hits)),
            (t("People of ours"), t.number(done.people)),
            (t("About nobody we know"), t.number(done.unknown)),
            (t("Not understood"), t.number(done.unread)),
            (t("Newly written down"), t.number(done.noted)),
        ]
    )
    if dry_run:
        s.screen.sentence(t("Nothing has been written."))
    elif done.receipt is None:
        s.screen.sentence(t("That is how it stands already; nothing has been changed."))
    elif list_ == FPS:
        s.screen.sentence(t("These are objections: they count from now on, and are not taken back."))
    else:
        s.screen.sentence(t("To take it back: perthyn undo {number}", number=done.receipt.number))
