"""`perthyn problems`: what a person must look at."""

from __future__ import annotations

import click

from perthyn.cli.session import session
from perthyn.cli.shown import json_option
from perthyn.words.permission import problem_words


@click.group()
def problems() -> None:
    """What a person must look at."""


@problems.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def list_(context: click.Context, limit: int) -> None:
    """List what is open: contradictions, unsure pairs, cells that could not be read.

    Example: perthyn problems list

    With --json: a list of all of them: each problem's fields, with wrong and next in words.
    """
    s = session(context)
    found = s.crm().open_problems()
    t = s.t
    if s.screen.json:
        words = [(one, *problem_words(t, one)) for one in found]
        s.screen.data([{**one.model_dump(), "wrong": wrong, "next": step} for one, wrong, step in words])
        return
    if not found:
        s.screen.sentence(t("Nothing is waiting for you."))
        return
    rows = [[one.id.hex[-6:], one.where, one.row, one.column, " ".join(problem_words(t, one))] for one in found[:limit]]
    s.screen.table([t("Id"), t("Where"), t("Row"), t("Column"), t("What is wrong, and what to do")], rows, "<<><<")
    if len(found) > limit:
        s.screen.sentence(t("There are more; show them with: --limit"))
    s.screen.sentence(t("When one is dealt with: perthyn problems settle ID"))


@problems.command()
@click.argument("problem", nargs=-1, required=True)
@json_option
@click.pass_context
def settle(context: click.Context, problem: tuple[str, ...]) -> None:
    """Mark problems as dealt with, by the ends of their ids; undoable.

    Example: perthyn problems settle 3fa2b1

    With --json: the change: batch, number, created, edited, deleted, state, again.
    """
    s = session(context)
    receipt = s.crm().settle(problem)
    if s.screen.data(receipt):
        return
    s.screen.sentence(s.t.n("{n} problem settled.", "{n} problems settled.", receipt.edited))
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))
