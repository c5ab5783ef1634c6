"""`perthyn once`: everything that is due is done, and what it was is said."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence

import click

from perthyn.cli.output import Screen
from perthyn.cli.session import session
from perthyn.cli.shown import json_option
from perthyn.crm import Crm, Done
from perthyn.errors import PerthynError
from perthyn.text import Translator, phrase
from perthyn.words.jobs import work_title
from perthyn.work import Work

BECAME = {
    "done": phrase("done"),
    "later": phrase("later"),
    "failed": phrase("failed, will be tried again"),
    "parked": phrase("waits for you"),
}


@click.command()
@json_option
@click.pass_context
def once(context: click.Context) -> None:
    """Do everything that is due, and stop: fetch what is new, read what came in, send on.

    For those who let nothing run all the time: have the machine run it every quarter of an hour. It is safe to run it
    twice at the same time. The exit code is 1 when something failed.

    Example: perthyn once

    With --json: a list: id, name, about, outcome (done, later, failed, parked), code, facts, due.
    """
    s = session(context)
    crm = s.crm()
    all_done = []
    for one in crm.do_due(worker_name(crm)):
        all_done.append(one)
        if one.outcome != "done":
            s.screen.warning(told(s.t, crm.works(), one))
    if not s.screen.data(all_done):
        show(s.t, s.screen, crm.works(), all_done)
    if any(one.outcome in ("failed", "parked") for one in all_done):
        context.exit(1)


def worker_name(crm: Crm) -> str:
    """A name for who does jobs now, which nobody else has; it begins with the machine's."""
    return f"{crm.actor.name}@{platform.node() or 'here'}-{crm.random(4).hex()}"


def show(t: Translator, screen: Screen, works: Mapping[str, Work], done: Sequence[Done]) -> None:
    """What was done, counted."""
    if not done:
        screen.sentence(t("Nothing was due."))
        return
    screen.table([t("What"), t("Of what"), t("How often"), t("State")], _counted(t, works, done), "<<><")


def _counted(t: Translator, works: Mapping[str, Work], done: Iterable[Done]) -> list[list[object]]:
    lines: dict[tuple[str, str, str], int] = {}
    for one in done:
        key = work_title(t, works, one.name), one.about, t(BECAME[one.outcome])
        lines[key] = lines.get(key, 0) + 1
    return [[what, about, count, became] for (what, about, became), count in lines.items()]


def told(t: Translator, works: Mapping[str, Work], one: Done) -> str:
    """A job that was not done, and why, in words."""
    wrong, step = t.error(PerthynError(one.code, **one.facts))
    about = f"{work_title(t, works, one.name)} ({one.about})" if one.about else work_title(t, works, one.name)
    return t(
        "{what}: {state}. {why}", what=about, state=t(BECAME[one.outcome]), why=" ".join(filter(None, (wrong, step)))
    )
