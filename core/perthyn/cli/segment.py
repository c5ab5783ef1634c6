"""`perthyn segment`: groups that keep themselves up to date; who is in them, and why."""

from __future__ import annotations

from itertools import islice

import click

from perthyn.cli.export import by_option, for_option, replace_option, write
from perthyn.cli.session import session
from perthyn.cli.shown import contact_head, contact_row, dry_run_option, json_option
from perthyn.crm import Crm
from perthyn.model import Segment
from perthyn.rules import print_rule, read_rule, sentence
from perthyn.text import Translator
from perthyn.words.records import because


@click.group()
def segment() -> None:
    """Groups that keep themselves up to date."""


@segment.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List the segments.

    Example: perthyn segment list

    With --json: a list: id, name_en, name_cy, mode, rule (as text), fixed_on, broken (why, or nothing).
    """
    s = session(context)
    crm = s.crm()
    found = crm.segments()
    if s.screen.data([_json(crm, one) for one in found]):
        return
    t = s.t
    if not found:
        s.screen.sentence(t("There is no segment yet. Make one: perthyn segment add NAME RULE"))
        return
    rows = [[one.name(t.language), _mode(t, one), _rule(crm, one)] for one in found]
    s.screen.table([t("Name"), t("Mode"), t("Rule")], rows, "<<<")
    for one in found:
        if broken := crm.broken(one):
            s.screen.warning(" ".join((one.name(t.language), *t.error(broken))))


def _json(crm: Crm, one: Segment) -> dict[str, object]:
    fields = {name: getattr(one, name) for name in ("id", "name_en", "name_cy", "mode")}
    return {**fields, "rule": _rule(crm, one), "fixed_on": one.fixed_on, "broken": crm.broken(one)}


def _mode(t: Translator, one: Segment) -> str:
    if one.mode == "snapshot":
        return t("as it was on {day}", day=one.fixed_on)
    return t("chosen by hand") if one.mode == "hand" else t("keeps itself up to date")


def _rule(crm: Crm, one: Segment) -> str:
    """The rule as text; as it is stored where it names what is not known here."""
    if not one.rule or crm.broken(one):
        return one.rule or ""
    return print_rule(read_rule(one.rule), crm.schema(), crm.language)


@segment.command()
@click.argument("name")
@click.argument("rule", required=False, default="")
@click.option("--name-cy", help="The name in Welsh, beside an English NAME.")
@click.option("--name-en", help="The name in English, beside a Welsh NAME.")
@click.option("--hand", multiple=True, metavar="WHO", help="Choose the people by hand; may be given again.")
@click.option("--snapshot", is_flag=True, help="Keep whoever the rule finds today.")
@dry_run_option
@json_option
@click.pass_context
def add(
    context: click.Context,
    name: str,
    rule: str,
    name_cy: str | None,
    name_en: str | None,
    hand: tuple[str, ...],
    snapshot: bool,
    dry_run: bool,
) -> None:
    """Make a segment from a NAME and a RULE, in Welsh or English.

    Example: perthyn segment add "Lapsed givers" "donations at least 3 in last 24 months and no visits in last 6 months"

    With --json: the segment, and count.
    """
    s = session(context)
    crm = s.crm(create=True)
    t = s.t
    if bool(rule) == bool(hand):
        raise click.UsageError(t("Give a rule, or choose the people with --hand."))
    if dry_run:
        count = crm.store.count(crm.closed_text(rule)) if rule else len(hand)
        if not s.screen.data({"count": count}):
            s.screen.sentence(t.n("{n} person would be in it.", "{n} people would be in it.", count))
            s.screen.sentence(t("Nothing has been written."))
        return
    mode = "hand" if hand else "snapshot" if snapshot else "dynamic"
    people = [crm.who(one).id for one in hand]
    welsh = name_en is not None or (name_cy is None and t.language == "cy")
    english, welsh_name = (name_en, name) if welsh else (name, name_cy)
    made, receipt = crm.add_segment(english, welsh_name, rule, mode=mode, contacts=people)
    count = crm.count(made)
    if s.screen.data({**_json(crm, made), "count": count}):
        return
    s.screen.sentence(t("Segment: {name}", name=made.name(t.language)))
    if made.rule:
        s.screen.sentence(sentence(read_rule(made.rule), t, crm.schema()))
    s.screen.sentence(t.n("{n} person is in it.", "{n} people are in it.", count))
    s.screen.sentence(t("To take it back: perthyn undo {number}", number=receipt.number))


@segment.command()
@click.argument("name")
@json_option
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Show a segment: its rule, in words, and how many are in it.

    Example: perthyn segment show "Lapsed givers"

    With --json: the segment, its sentence, and count.
    """
    s = session(context)
    crm = s.crm()
    one = crm.segment(name)
    count = crm.count(one)
    t = s.t
    said = sentence(read_rule(one.rule), t, crm.schema()) if one.rule else ""
    if s.screen.data({**_json(crm, one), "sentence": said, "count": count}):
        return
    s.screen.heading(one.name(t.language))
    s.screen.facts(
        [
            (t("Name in Welsh"), one.name_cy if t.language == "en" else None),
            (t("Name in English"), one.name_en if t.language == "cy" else None),
            (t("Mode"), _mode(t, one)),
            (t("Rule"), _rule(crm, one)),
            (t("In words"), said),
            (t("People"), t.number(count)),
        ]
    )
    s.screen.sentence(t('Who: perthyn segment members "{name}"', name=one.name(t.language)))


@segment.command()
@click.argument("name")
@json_option
@click.pass_context
def count(context: click.Context, name: str) -> None:
    """Count the people in a segment.

    Example: perthyn segment count "Lapsed givers"

    With --json: count.
    """
    s = session(context)
    crm = s.crm()
    found = crm.count(crm.segment(name))
    if not s.screen.data({"count": found}):
        s.screen.sentence(s.t.number(found))


@segment.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def members(context: click.Context, name: str, limit: int) -> None:
    """List the people in a segment.

    Example: perthyn segment members "Lapsed givers"

    With --json: the people, each with all fields, and no limit.
    """
    s = session(context)
    crm = s.crm()
    found = crm.members(crm.segment(name))
    if s.screen.data(found):
        return
    shown = list(islice(found, limit + 1))
    s.screen.table(contact_head(s.t), [contact_row(s.t, one) for one in shown[:limit]])
    if len(shown) > limit:
        s.screen.sentence(s.t("There are more; show them with: --limit"))


@segment.command()
@click.argument("name")
@click.argument("file")
@for_option
@by_option
@replace_option
@dry_run_option
@json_option
@click.pass_context
def export(
    context: click.Context, name: str, file: str, purpose: str, by: tuple[str, ...], replace: bool, dry_run: bool
) -> None:
    """Write the people of a segment to a .csv or .xlsx file, for a purpose; see: perthyn export --help

    Example: perthyn segment export "Lapsed givers" givers.csv --for fundraising --by post
    """
    write(session(context), name, file, purpose, by, replace, dry_run)


@segment.command()
@click.argument("name")
@click.argument("who")
@json_option
@click.pass_context
def why(context: click.Context, name: str, who: str) -> None:
    """Say why a person is in a segment, or is not, with the facts used.

    Example: perthyn segment why "Lapsed givers" "Siân Llŷr"

    With --json: segment, contact, member, why (in words), because (the facts).
    """
    s = session(context)
    crm = s.crm()
    one, contact = crm.segment(name), crm.who(who)
    standing = crm.why(one, contact)
    told = because(crm, s.t, standing, contact)
    t = s.t
    if s.screen.data({"segment": one.id, "contact": contact.id, "member": standing.member, "why": told,
                      "because": standing.because}):  # fmt: skip
        return
    facts = {"name": contact.shown_name, "segment": one.name(t.language)}
    if standing.member:
        s.screen.sentence(t("{name} is in {segment}.", **facts))
    else:
        s.screen.sentence(t("{name} is not in {segment}.", **facts))
    s.screen.sentence(told or t("The people in it were chosen by hand, or are kept as they were on a day."))


@segment.command()
@click.argument("name")
@dry_run_option
@json_option
@click.pass_context
def remove(context: click.Context, name: str, dry_run: bool) -> None:
    """Take a segment away; the people in it stay. Undoable.

    Example: perthyn segment remove "Lapsed givers"

    With --json: the change: batch, number, created, edited, deleted, state, again.
    """
    s = session(context)
    crm = s.crm()
    one = crm.segment(name)
    if dry_run:
        s.screen.sentence(s.t("Nothing has been written."))
        return
    receipt = crm.remove_segment(one)
    if s.screen.data(receipt):
        return
    s.screen.sentence(s.t("Taken away: {name}", name=one.name(s.t.language)))
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))
