"""`perthyn jobs`: what is to be done by itself, and what waits for a person."""

from __future__ import annotations

from datetime import datetime

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.model import Job
from perthyn.text import phrase
from perthyn.words.jobs import work_title

STATE = {"waiting": phrase("waiting"), "parked": phrase("waits for you")}


@click.group(invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """What is to be done by itself: when it is due, what failed, and what waits for you.

    Example: perthyn jobs
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@jobs.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List all jobs: those due first at the top, those that wait for a person last.

    Example: perthyn jobs list

    With --json: a list: each job's fields.
    """
    s = session(context)
    crm = s.crm()
    found = crm.jobs()
    if s.screen.data(found):
        return
    if not found:
        s.screen.sentence(s.t("There is nothing to do."))
        return
    works = crm.works()
    rows = [
        [
            one.id.hex[-6:],
            work_title(s.t, works, one.name),
            one.about,
            _when(s, one),
            one.attempts,
            s.t(STATE[one.state]),
            one.code,
        ]
        for one in found
    ]
    s.screen.table(
        [s.t("Id"), s.t("What"), s.t("Of what"), s.t("Due"), s.t("Tries"), s.t("State"), s.t("Problem")],
        rows,
        "<<<<><<",
    )
    if any(one.state == "parked" for one in found):
        s.screen.sentence(s.t("When the reason is gone: perthyn jobs retry ID"))


@jobs.command()
@click.argument("job")
@json_option
@click.pass_context
def retry(context: click.Context, job: str) -> None:
    """Have a job tried again, by the end of its id; its problem is settled. perthyn once does it at once.

    Example: perthyn jobs retry 3fa2b1

    With --json: the job's fields.
    """
    s = session(context)
    found = s.crm().retry_job(job)
    if not s.screen.data(found):
        s.screen.sentence(s.t("It is due now. To have it done at once: perthyn once"))


def _when(s: Session, job: Job) -> str | datetime:
    if job.state == "parked":
        return ""
    now = s.now()
    if job.until is not None and job.until > now:
        return s.t("now, by {worker}", worker=job.worker or "")
    return s.t("now") if job.due <= now else job.due.astimezone(s.crm().zone)
