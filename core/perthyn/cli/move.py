"""`perthyn move`: all records into another store, proved, then switched."""

from __future__ import annotations

from pathlib import Path

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import agree, dry_run_option, json_option, yes_option
from perthyn.contents import BATCHES, JOURNAL
from perthyn.crm import Moved, MovePlan, Report
from perthyn.errors import PerthynError
from perthyn.settings import FILE
from perthyn.text import Translator, phrase
from perthyn.words.records import counted

STATES = {
    "new": phrase("it would be made"),
    "empty": phrase("it is there and empty"),
    "begun": phrase("a part is there already; the move goes on"),
}


@click.command()
@click.option("--to", help="The new store, for example postgresql://perthyn@localhost/perthyn")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Where to keep the report.")
@click.option("--stop", is_flag=True, help="Give up a move that was broken off, and stay.")
@dry_run_option
@yes_option
@json_option
@click.pass_context
def move(context: click.Context, to: str | None, report: Path | None, stop: bool, dry_run: bool, yes: bool) -> None:
    """Move all records to another store, and prove that nothing was lost before perthyn.toml names it.

    Records, history and segments are copied, then compared one by one on both sides. If anything differs, nothing is
    switched. Broken off, the same command goes on. The old store stays as it is and can still be read.

    Example: perthyn move --to postgresql://perthyn@localhost/perthyn --dry-run

    With --json: the report: mark, by, at, source, target, as_of, result, proof, segments. With --dry-run: source,
    target, state, sizes, count, seconds.
    """
    s = session(context)
    if stop:
        _stop(s, yes)
    elif not to:
        raise PerthynError("move.to.needed")
    elif dry_run:
        _caution(s, to)
        _would(s, s.crm().move_plan(to))
    else:
        _caution(s, to)
        _move(s, to, report)


def _caution(s: Session, to: str) -> None:
    for one in s.plugins.cautions(to):
        s.hear()
        s.screen.warning(" ".join(filter(None, s.t.error(one))))


def _stop(s: Session, yes: bool) -> None:
    crm = s.crm()
    fence = crm.store.fence
    if fence is not None and fence.state == "moving":  # else there is nothing to be asked
        agree(s, "stop", yes)
    fence = crm.stop_move()
    if s.screen.data({"stopped": fence}):
        return
    s.screen.sentence(s.t("The move to {where} was given up. The records stay here.", where=fence.where))


def _would(s: Session, plan: MovePlan) -> None:
    if s.screen.data({"source": plan.source, "target": plan.target, "state": plan.state, "sizes": plan.sizes,
                      "count": plan.count, "seconds": plan.seconds}):  # fmt: skip
        return
    t = s.t
    minutes = t.n("{n} minute", "{n} minutes", -(-plan.seconds // 60))
    s.screen.facts(
        [
            (t("From"), plan.source),
            (t("To"), plan.target),
            (t("State"), t(STATES[plan.state])),
            (t("Would move"), _sizes(t, plan.sizes)),
            (t("Takes about"), minutes),
        ]
    )
    s.screen.sentence(t("Nothing has been written."))


def _move(s: Session, to: str, file: Path | None) -> None:
    crm = s.crm()
    fixed = bool(s.environ.get("PERTHYN_STORE"))
    with crm.store.contents() as contents:
        count = sum(contents.sizes().values())
    with s.screen.progress(s.t("Moving and comparing"), 2 * count) as tell:
        moved = crm.move(to, file, switch=not fixed, tell=tell)
    if not s.screen.data(moved.report or {"target": moved.target, "result": "same"}):
        _say(s, moved)
    if fixed:
        s.screen.warning(s.t("PERTHYN_STORE names the old store. Set it to {target}.", target=moved.target))


def _say(s: Session, moved: Moved) -> None:
    t, report = s.t, moved.report
    if report is not None:
        s.screen.facts([*_compared(t, report), (t("Report"), str(moved.file))])
    s.screen.sentence(t("The records are in {target} now.", target=moved.target))
    if not s.environ.get("PERTHYN_STORE"):
        s.screen.sentence(t("{file} names the new store. The old one can be read, not changed.", file=FILE))


def _compared(t: Translator, report: Report) -> list[tuple[str, object]]:
    sizes = {one.name: one.source.count for one in report.proof.sections}
    segments = t.n("{n} segment with the same people", "{n} segments with the same people", len(report.segments))
    same = [*_sizes(t, sizes), segments]
    return [(t("From"), report.source), (t("To"), report.target), (t("The same on both sides"), same)]


def _sizes(t: Translator, sizes: dict[str, int]) -> list[str]:
    return [_counted(t, name, size) for name, size in sizes.items() if size]


def _counted(t: Translator, section: str, size: int) -> str:
    if section == BATCHES:
        return t.n("{n} change", "{n} changes", size)
    if section == JOURNAL:
        return t.n("{n} earlier value kept", "{n} earlier values kept", size)
    return counted(t, section, size)
