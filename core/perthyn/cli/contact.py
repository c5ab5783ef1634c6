"""`perthyn contact`: find, show, add, edit, all that is held, erase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from perthyn.cli.output import Screen
from perthyn.cli.permission import COMMANDS, show_permission
from perthyn.cli.session import session
from perthyn.cli.shown import agree, contact_head, contact_row, dry_run_option, json_option, pairs, yes_option
from perthyn.contacting.words import CHANNEL
from perthyn.crm import Crm, View
from perthyn.model import Contact, Record, Role
from perthyn.text import Translator
from perthyn.words.kept import kept_words
from perthyn.words.permission import problem_words, rule_words
from perthyn.words.records import because, counted, counts, happened, kind_word, label, value
from perthyn.words.typed import typed_day


@click.group()
def contact() -> None:
    """Find, show, add and edit contacts."""


for _command in COMMANDS:
    contact.add_command(_command)


@contact.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many at most.")
@json_option
@click.pass_context
def find(context: click.Context, text: str, limit: int) -> None:
    """Find contacts by name, email, phone, postcode or town; accents and slips are forgiven.

    Example: perthyn contact find "sian llyr"

    With --json: a list of contacts, the best first, each with all its fields.
    """
    s = session(context)
    found = s.crm().find(text, limit + 1)
    if s.screen.data(found[:limit]):
        return
    if not found:
        s.screen.sentence(s.t("Nobody answers to {text}. Try less of the name, or: perthyn contact add", text=text))
        return
    s.screen.table(contact_head(s.t), [contact_row(s.t, one) for one in found[:limit]])
    if len(found) > limit:
        s.screen.sentence(s.t("There are more; show them with: --limit"))


@contact.command()
@click.argument("who")
@json_option
@click.pass_context
def show(context: click.Context, who: str) -> None:
    """Show one person across all sources. WHO is a name, an email or the end of an id.

    Example: perthyn contact show "Siân Llŷr"

    With --json: contact, totals, first, last, timeline, more, consents, obtained, screenings,
    permission, segments, problems, sources, records (by type).
    """
    s = session(context)
    crm = s.crm()
    view = crm.show(crm.who(who).id)
    if s.screen.json:
        s.screen.data(_view_json(crm, s.t, view))
        return
    t = s.t
    s.screen.heading(view.contact.shown_name)
    s.screen.facts(_who_facts(t, view))
    s.screen.heading(t("How we may write for marketing, and why"))
    show_permission(crm, s, view)
    _show_totals(crm, t, s.screen, view)
    inside = [one for one in view.standings if one.member]
    if inside:
        s.screen.heading(t("In the segments"))
        reasons = [because(crm, t, one, view.contact) or t("chosen by hand") for one in inside]
        s.screen.facts((one.segment.name(t.language), why) for one, why in zip(inside, reasons, strict=True))
    if view.timeline:
        s.screen.heading(t("What happened"))
        s.screen.timeline((one.day, happened(t, crm.kinds(), one), one.source or "") for one in view.timeline)
    if view.more > 0:
        s.screen.sentence(t("And {count} older.", count=t.number(view.more)))
    for title, lines in kept_words(crm, t, view.records).items():
        s.screen.heading(title)
        for line in lines:
            s.screen.sentence(line)
    for one in view.problems:
        s.screen.warning(" ".join(problem_words(t, one)))


def _view_json(crm: Crm, t: Translator, view: View) -> dict[str, object]:
    segments = [
        {"id": one.segment.id, "name": one.segment.name(t.language), "member": one.member,
         "why": because(crm, t, one, view.contact)}
        for one in view.standings
    ]  # fmt: skip
    return {
        "contact": view.contact,
        "totals": view.totals,
        "first": view.first,
        "last": view.last,
        "timeline": view.timeline,
        "more": view.more,
        "consents": view.consents,
        "obtained": view.obtained,
        "screenings": view.screenings,
        "permission": view.permission,
        "segments": segments,
        "related": view.others,
        "problems": view.problems,
        "sources": view.sources,
        "records": _by_type(view.records),
    }


def _by_type(records: Sequence[Record]) -> dict[str, list[Record]]:
    names = dict.fromkeys(one.type_name for one in records)
    return {name: [one for one in records if one.type_name == name] for name in names}


def _who_facts(t: Translator, view: View) -> list[tuple[str, object]]:
    one = view.contact
    words = {"cy": t("Welsh"), "en": t("English"), "both": t("both")}
    kinds = {"person": t("person"), "household": t("household"), "organisation": t("organisation")}
    return [
        (t("Id"), one.id.hex[-6:]),
        (label(t, Contact, "kind"), kinds[one.kind]),
        (t("Roles"), [_role(t, role) for role in one.roles]),
        (label(t, Contact, "language"), words.get(one.language or "")),
        (t("Email"), [email.address for email in one.emails]),
        (t("Phone"), [phone.number for phone in one.phones]),
        (t("Address"), [value(t, dict(place)) for place in one.addresses]),
        (t("Tags"), ", ".join(tag.tag for tag in one.tags)),
        (t("Related to"), [f"{view.others.get(link.other, '')} ({link.kind})" for link in one.relationships]),
        *((part.name, part.text or part.day or part.number) for part in one.custom),
        (label(t, Contact, "age_band"), one.age_band),
        (label(t, Contact, "deceased"), t("true") if one.deceased else None),
        (label(t, Contact, "note"), one.note),
        (t("First known activity"), view.first),
        (t("Latest activity"), view.last),
        (t("Known from"), ", ".join(view.sources)),
    ]


def _role(t: Translator, role: Any) -> str:
    parts = [role.role, role.level or ""]
    if role.start:
        parts.append(t("from {day}", day=role.start))
    if role.end:
        parts.append(t("until {day}", day=role.end))
    return ", ".join(filter(None, parts))


def _show_totals(crm: Crm, t: Translator, screen: Screen, view: View) -> None:
    if not view.totals:
        return
    currency = crm.settings.currency
    screen.heading(t("In all"))
    screen.table(
        [t("What"), t("How many"), t("On days"), t("Sum"), t("First"), t("Latest")],
        [
            [kind_word(t, crm.kinds(), one.kind, 2), one.count, one.days,
             t.money(one.amount, currency) if one.amount else None, one.first, one.last]
            for one in view.totals
        ],
        "<>>><<",
    )  # fmt: skip


SET = click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", help="A field and its value.")
ROLE = click.option("--role", help="A role, for example member, volunteer, press.")
START = click.option("--from", "start", help="The day the role begins, for example 1/4/2026.")
END = click.option("--until", "end", help="The day the role ends.")


def _with_role(
    crm: Crm, values: dict[str, Any], role: str | None, start: str | None, end: str | None
) -> dict[str, Any]:
    """The values with a role beside them, where one is named."""
    if role is None:
        return values
    days = [typed_day(text, crm.today(), crm.settings.zone) for text in (start, end)]
    return {**values, "roles": (Role(role=role, start=days[0], end=days[1]),)}


@contact.command()
@click.argument("name", required=False)
@click.option("--email", multiple=True, help="An email address; may be given again.")
@click.option("--phone", multiple=True, help="A phone number; may be given again.")
@click.option("--address", help="The lines of the postal address.")
@click.option("--town", help="The town.")
@click.option("--postcode", help="The postcode.")
@click.option("--language", type=click.Choice(["cy", "en", "both"]), help="The language the person wishes.")
@click.option("--tag", multiple=True, help="A tag; may be given again.")
@click.option("--kind", type=click.Choice(["person", "household", "organisation"]), help="What it is.")
@ROLE
@START
@END
@SET
@json_option
@click.pass_context
def add(
    context: click.Context,
    /,
    values: tuple[str, ...],
    role: str | None,
    start: str | None,
    end: str | None,
    **given: Any,
) -> None:
    """Add a contact.

    Example: perthyn contact add "Siân Llŷr" --email sian@plas.example --language cy

    With --json: the contact as it was stored.
    """
    s = session(context)
    crm = s.crm(create=True)
    said = {**{name: one for name, one in given.items() if one}, **pairs(values)}
    made, receipt = crm.add_contact(_with_role(crm, said, role, start, end))
    if not s.screen.data(made):
        s.screen.sentence(s.t("Added: {name} ({id}).", name=made.shown_name, id=made.id.hex[-6:]))
        s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


@contact.command()
@click.argument("who")
@ROLE
@START
@END
@SET
@click.option("--was", multiple=True, metavar="FIELD=VALUE", help="What it was when you saw it; refused if it is not.")
@click.option("--remove", multiple=True, metavar="PATH", help="What to take away, for example emails[a@b.cymru].")
@dry_run_option
@json_option
@click.pass_context
def edit(
    context: click.Context,
    who: str,
    values: tuple[str, ...],
    role: str | None,
    start: str | None,
    end: str | None,
    was: tuple[str, ...],
    remove: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Change a contact: set fields, add an email, phone, tag or role, take something away.

    Example: perthyn contact edit "Siân Llŷr" --set language=cy --set email=sian@plas.example

    With --json: the contact as it is now.
    """
    s = session(context)
    crm = s.crm()
    said = _with_role(crm, pairs(values), role, start, end)
    if not said and not remove:
        raise click.UsageError(s.t("Say what to change: --set FIELD=VALUE, --role ROLE or --remove PATH."))
    before = crm.who(who)
    if dry_run:
        _show_wanted(s.t, s.screen, before, crm.contact_values(said), remove)
        return
    after, receipt = crm.edit_contact(before.id, said, remove, pairs(was))
    if s.screen.data(after):
        return
    if receipt is None:
        s.screen.sentence(s.t("That is how it stands already; nothing has been changed."))
        return
    s.screen.sentence(s.t("Changed: {name} ({id}).", name=after.shown_name, id=after.id.hex[-6:]))
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


def _show_wanted(
    t: Translator, screen: Screen, before: Contact, wanted: dict[str, Any], remove: tuple[str, ...]
) -> None:
    rows = [[label(t, Contact, path), value(t, before.value_at(path)), value(t, None)] for path in remove]
    rows += [[label(t, Contact, name), value(t, getattr(before, name)), value(t, one)] for name, one in wanted.items()]
    screen.table([t("Field"), t("Now"), t("Would be")], rows)
    screen.sentence(t("Nothing has been written."))


@contact.command()
@click.argument("who")
@json_option
@click.pass_context
def dossier(context: click.Context, who: str) -> None:
    """Show all that is held on a person: what to hand over when they ask for their data.

    Example: perthyn contact dossier "Siân Llŷr" --json

    With --json: contact, then each type of record by its name, problem, permission, history.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    held = crm.dossier(one.id)
    if s.screen.data(held):
        return
    t = s.t
    s.screen.heading(one.shown_name)
    s.screen.facts(_held_facts(t, held.pop("contact")))
    history = held.pop("history", [])
    for channel, said in held.pop("permission", {}).items():
        s.screen.facts([(t(CHANNEL[channel]), rule_words(t, said["rule"]))])
    for name, records in held.items():
        s.screen.heading(counted(t, name, len(records)))
        for record in records:
            shown = {key: given for key, given in record.items() if key not in ("id", "contact", "delivered")}
            type = crm.store.types[name]
            s.screen.sentence(", ".join(f"{label(t, type, key)}: {value(t, given)}" for key, given in shown.items()))
    if history:
        s.screen.heading(t("What was changed"))
        s.screen.table(
            [t("When"), t("By"), t("About"), t("Before")],
            [[line["when"], line["who"], line["why"] or line["kind"], _before(crm, t, line)] for line in history],
        )


def _held_facts(t: Translator, plain: dict[str, Any]) -> list[tuple[str, object]]:
    custom = [(one["name"], value(t, one)) for one in plain.get("custom", ())]
    rest = {name: given for name, given in plain.items() if name != "custom" and given is not False}
    return [*((label(t, Contact, name), value(t, given)) for name, given in rest.items()), *custom]


def _before(crm: Crm, t: Translator, line: dict[str, Any]) -> list[str]:
    type = crm.store.types[line["type"]]
    return [f"{label(t, type, path)}: {value(t, before)}" for path, before in line["before"].items()]


@contact.command()
@click.argument("who")
@dry_run_option
@yes_option
@json_option
@click.pass_context
def erase(context: click.Context, who: str, dry_run: bool, yes: bool) -> None:
    """Remove a person for good, everywhere, the history included. This can't be undone.

    Example: perthyn contact erase "Siân Llŷr"

    With --json: how many records of each type went.
    """
    s = session(context)
    crm = s.crm()
    one = crm.who(who)
    goes, t = crm.would_go(one.id), s.t
    s.screen.heading(t("Erase for good: {name}", name=one.shown_name))
    s.screen.facts(
        [
            (t("Goes"), counts(t, {"contact": 1, **goes})),
            (t("Goes too"), t("every earlier value of these in the history")),
            (t("Stays"), [t("what was done, in the totals, about nobody"),
                          t("every no, as a hash of the address, so that it is still respected")]),
        ]
    )  # fmt: skip
    if dry_run:
        s.screen.data(goes)
        s.screen.sentence(t("Nothing has been written."))
        return
    agree(s, one.shown_name, yes)
    _, gone = crm.erase(one.id)
    if not s.screen.data(gone):
        s.screen.sentence(t("Erased. This can't be undone."))
