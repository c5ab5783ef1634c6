"""`perthyn changes` and `perthyn undo`: what was changed, by whom, and taking it back."""

from __future__ import annotations

from typing import Any

import click

from perthyn.changes import Header
from perthyn.cli.output import Screen
from perthyn.cli.session import session
from perthyn.cli.shown import agree, dry_run_option, json_option, yes_option
from perthyn.crm import Crm
from perthyn.history import Kept, UndoPlan
from perthyn.text import Translator
from perthyn.words.changes import WHY_KEPT, change_lines, did
from perthyn.words.records import counts, label, named, value

SHOWN = 12
"""So many of what would change or stay are named one by one; the rest is counted."""


@click.command()
@click.argument("number", required=False)
@click.option("--of", "who", help="Of one person only: a name, an email or the end of an id.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def changes(context: click.Context, number: str | None, who: str | None, limit: int) -> None:
    """Show what was changed, when and by whom; with a NUMBER, one change in full.

    Example: perthyn changes --of "Siân Llŷr"

    With --json: a list of changes, the newest first: id, number, actor, at, reason, kind, facts, undoes, created,
    edited, deleted. For one change or one person: lines with type, id, action, before.
    """
    s = session(context)
    crm = s.crm()
    if who:
        _of_person(crm, s.t, s.screen, who, limit)
    elif number:
        _one(crm, s.t, s.screen, crm.batch(number))
    else:
        _newest(crm, s.t, s.screen, limit)


def _newest(crm: Crm, t: Translator, screen: Screen, limit: int) -> None:
    found = crm.changes(limit)
    if screen.data(found):
        return
    if not found:
        screen.sentence(t("Nothing has been changed yet. Begin with: perthyn import FILE"))
        return
    heads = [t("Number"), t("When"), t("By"), t("What"), t("About"), t("New"), t("Changed"), t("Gone")]
    screen.table(heads, [_row(crm, t, one) for one in found])
    screen.sentence(t("One in full: perthyn changes NUMBER. Take one back: perthyn undo NUMBER"))


def _row(crm: Crm, t: Translator, one: Header) -> list[object]:
    when = one.at.astimezone(crm.zone)
    return [one.number, when, one.actor, did(t, one), one.reason, one.created, one.edited, one.deleted]


def _one(crm: Crm, t: Translator, screen: Screen, header: Header) -> None:
    made, lines = crm.detail(header)
    if screen.data({"change": header, "created": made, "lines": lines}):
        return
    screen.heading(t("Change {number}: {what}", number=header.number, what=did(t, header)))
    screen.facts(
        [
            (t("When"), header.at.astimezone(crm.zone)),
            (t("By"), header.actor),
            (t("About"), header.reason),
            (t("New"), counts(t, made)),
        ]
    )
    if lines:
        rows = [row[1:] for row in change_lines(crm, t, lines)]
        screen.table([t("Whose"), t("Field"), t("Before"), t("Now")], rows, "<<<<")
    if header.edited + header.deleted > len(lines):
        screen.sentence(t("And {count} older.", count=t.number(header.edited + header.deleted - len(lines))))
    screen.sentence(t("To take it back: perthyn undo {number}", number=header.number))


def _of_person(crm: Crm, t: Translator, screen: Screen, who: str, limit: int) -> None:
    one = crm.who(who)
    history = crm.history(one.id)[-limit:]
    if screen.data([{"change": header, "line": line} for line, header in history]):
        return
    screen.heading(one.shown_name)
    if not history:
        screen.sentence(t("Nothing about them has been changed since they were added."))
        return
    rows: list[list[object]] = []
    for line, header in history:
        when, by = header.at.astimezone(crm.zone), header.actor
        rows += [[row[0], when, by, did(t, header), *row[1:]] for row in change_lines(crm, t, [line])]
    heads = [t("Number"), t("When"), t("By"), t("What"), t("Whose"), t("Field"), t("Before"), t("Now")]
    screen.table(heads, rows)


@click.command()
@click.argument("batch", required=False, default="")
@dry_run_option
@yes_option
@json_option
@click.pass_context
def undo(context: click.Context, batch: str, dry_run: bool, yes: bool) -> None:
    """Take a change back: the newest, or the one with the number BATCH. You see first what would happen.

    What somebody changed later is kept and named, never overwritten. Taking back an undo does it again.

    Example: perthyn undo 12

    With --json: change, removes, restores, edits, kept, and done (the receipt, or nothing).
    """
    s = session(context)
    crm = s.crm()
    header = crm.batch(batch)
    plan = crm.undo_plan(header)
    if s.screen.json:
        if not (dry_run or plan.empty):
            agree(s, str(header.number), yes)
        receipt = None if dry_run else crm.undo(header, plan).receipt
        s.screen.data({**_plan_json(plan), "done": receipt})
        return
    _show_plan(crm, s.t, s.screen, plan)
    if dry_run:
        s.screen.sentence(s.t("Nothing has been written."))
        return
    if not plan.empty:
        agree(s, str(header.number), yes)
    done = crm.undo(header, plan)
    s.screen.sentence(s.t("Taken back: change {number}.", number=header.number))
    s.screen.sentence(s.t("To do it again: perthyn undo {number}", number=done.receipt.number))


def _plan_json(plan: UndoPlan) -> dict[str, Any]:
    return {
        "change": plan.header,
        "removes": dict(plan.removes),
        "restores": dict(plan.restores),
        "edits": [{"type": one.type, "id": one.id, "values": one.values} for one in plan.edits],
        "kept": plan.kept,
    }


def _show_plan(crm: Crm, t: Translator, screen: Screen, plan: UndoPlan) -> None:
    header = crm.batch(str(plan.header.number))  # with the names of today
    what = f"{did(t, header)}: {header.reason}" if header.reason else did(t, header)
    screen.heading(t("Take back change {number}: {what}", number=header.number, what=what))
    screen.facts(
        [
            (t("When"), header.at.astimezone(crm.zone)),
            (t("By"), header.actor),
            (t("Would go"), counts(t, plan.removes)),
            (t("Would come back"), counts(t, plan.restores)),
            (t("Values put back"), sum(len(one.values) for one in plan.edits) or None),
            (t("Would stay"), len(plan.kept) or None),
        ]
    )
    if plan.edits:
        screen.heading(t("What would be put back"))
        screen.table([t("Whose"), t("Field"), t("Now"), t("Would be")], _edits(crm, t, plan), "<<<<")
    if plan.kept:
        screen.heading(t("What would stay, and why"))
        screen.table([t("Whose"), t("Field"), t("Why")], _kept(crm, t, plan.kept), "<<<")
    more = max(0, len(plan.edits) - SHOWN) + max(0, len(plan.kept) - SHOWN)
    if more:
        screen.sentence(t("And {count} more; all of them: perthyn undo {number} --dry-run --json",
                          count=t.number(more), number=header.number))  # fmt: skip


def _edits(crm: Crm, t: Translator, plan: UndoPlan) -> list[list[object]]:
    rows: list[list[object]] = []
    for edit in plan.edits[:SHOWN]:
        name = named(crm, t, edit.type, [edit.id])[edit.id]
        for path, (now, then) in edit.values.items():
            rows.append([name, label(t, crm.store.types[edit.type], path), value(t, now), value(t, then)])
    return rows


def _kept(crm: Crm, t: Translator, kept: list[Kept]) -> list[list[object]]:
    return [
        [
            named(crm, t, one.type, [one.id])[one.id],
            label(t, crm.store.types[one.type], one.path) if one.path else None,
            _why(crm, t, one),
        ]
        for one in kept[:SHOWN]
    ]


def _why(crm: Crm, t: Translator, one: Kept) -> str:
    """Why it stays: in its type's own words, where that is never taken back and has any."""
    own = crm.store.types[one.type].stays[t.language == "cy"] if one.why == "never" else ""
    return own or t(WHY_KEPT[one.why], by=one.by if one.by is not None else "?")
