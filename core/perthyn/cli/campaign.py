"""`perthyn campaign`: a letter in both languages to a segment, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from perthyn.cli import campaign_files, campaign_report, campaign_sending
from perthyn.cli.campaign_fields import fields
from perthyn.cli.campaign_words import audience_facts, facts_of
from perthyn.cli.session import session
from perthyn.cli.shown import json_option
from perthyn.contacting.door import CHANNELS
from perthyn.contacting.words import STATE
from perthyn.crm import Crm
from perthyn.crm.campaigns import PURPOSES
from perthyn.errors import PerthynError
from perthyn.model.values import Language
from perthyn.words.typed import typed_amount

SUBJECT = ("subject", "pwnc")


@click.group()
def campaign() -> None:
    """A letter in both languages to a segment, and what came of it."""


def letter_options(command: Any) -> Any:
    """The options that say what a campaign is, for `new` and `edit`."""
    for option in reversed(
        (
            click.option("--letter-cy", type=click.Path(), help="The letter in Welsh: a file that begins with Pwnc:"),
            click.option(
                "--letter-en", type=click.Path(), help="The letter in English: a file that begins with Subject:"
            ),
            click.option("--by", "channel", type=click.Choice(CHANNELS), help="How it goes; without it, by email."),
            click.option("--for", "purpose", type=click.Choice(PURPOSES), help="What for; without it, marketing."),
            click.option("--languages", type=click.Choice(get_args(Language)), help="In both, or in one alone."),
            click.option("--household/--everybody", default=None, help="One for all who live together, or one each."),
            click.option("--cost", help="What it costs, for example 120.50"),
            click.option("--income-days", type=click.IntRange(0), help="How many days income counts as its; 30."),
        )
    ):
        command = option(command)
    return command


@campaign.command()
@click.argument("name")
@click.option("--to", "segment", help="The segment it is for.")
@click.option("--code", help="A short word for it; without it, made of the name.")
@click.option("--name-cy", help="The name in Welsh, beside an English NAME.")
@click.option("--name-en", help="The name in English, beside a Welsh NAME.")
@letter_options
@json_option
@click.pass_context
def new(
    context: click.Context, /, name: str, segment: str | None, code: str | None, name_cy: str | None,
    name_en: str | None, **given: Any,
) -> None:  # fmt: skip
    """Make a campaign; nothing is sent. Undoable.

    A letter is Markdown. Fields stand in it so: {{{{ first_name or "friend" }}}},
    {{{{ salutation }}}}, {{{{ organisation }}}}.

    Example: perthyn campaign new "Spring news" --to "Newsletter" --letter-cy llythyr.md --letter-en letter.md

    With --json: the campaign.
    """
    s = session(context)
    crm = s.crm()
    values = {"code": code, "name_cy": name_cy, "name_en": name_en, **_values(crm, given)}
    chosen = crm.segment(segment) if segment else None
    made, receipt = crm.new_campaign(name, chosen, **{key: one for key, one in values.items() if one is not None})
    if s.screen.data(made):
        return
    s.screen.facts(facts_of(crm, s.t, made))
    s.screen.sentence(s.t("Look at it: perthyn campaign preview {code}", code=made.code))
    s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


@campaign.command()
@click.argument("name")
@click.option("--to", "segment", help="The segment it is for.")
@letter_options
@json_option
@click.pass_context
def edit(context: click.Context, /, name: str, segment: str | None, **given: Any) -> None:
    """Change a campaign; once it is being sent, its cost and days of income only.

    Example: perthyn campaign edit spring-news --letter-en letter.md --cost 120.50

    With --json: the campaign.
    """
    s = session(context)
    crm = s.crm()
    values = {key: one for key, one in _values(crm, given).items() if one is not None}
    if segment:
        values["segment"] = crm.segment(segment).id
    made, receipt = crm.edit_campaign(crm.campaign(name), **values)
    if s.screen.data(made):
        return
    s.screen.facts(facts_of(crm, s.t, made))
    if receipt is not None:
        s.screen.sentence(s.t("To take it back: perthyn undo {number}", number=receipt.number))


@campaign.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List the campaigns, the newest first.

    Example: perthyn campaign list

    With --json: a list of campaigns.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    found = crm.campaigns()
    if s.screen.data(found):
        return
    if not found:
        s.screen.sentence(t("There is no campaign yet. Make one: perthyn campaign new NAME --to SEGMENT"))
        return
    rows = [
        [one.code, one.name(t.language), t(STATE[one.state]), one.made.astimezone(crm.zone).date()] for one in found
    ]
    s.screen.table([t("Code"), t("Name"), t("State"), t("Made on")], rows, "<<<<")


@campaign.command()
@click.argument("name")
@json_option
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Show a campaign, and whom it would reach now.

    Example: perthyn campaign show spring-news

    With --json: campaign, problems (what keeps it from being sent), audience.
    """
    s = session(context)
    crm = s.crm()
    one = crm.campaign(name)
    problems = crm.problems_of(one)
    audience = crm.audience(one) if one.state == "draft" and one.segment else None
    if s.screen.data({"campaign": one, "problems": [_told(each) for each in problems], "audience": audience}):
        return
    s.screen.heading(one.name(s.t.language))
    s.screen.facts(facts_of(crm, s.t, one))
    if audience is not None:
        audience_facts(s, audience)
    for each in problems if one.state == "draft" else ():
        s.screen.warning(" ".join(filter(None, s.t.error(each))))


def _told(error: PerthynError) -> dict[str, object]:
    return {"code": error.code, "facts": dict(error.facts)}


def _values(crm: Crm, given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a campaign from the options."""
    values = {name: one for name, one in given.items() if name not in ("letter_cy", "letter_en", "cost")}
    values["cost"] = typed_amount(given["cost"], crm.settings.currency)
    for language in ("cy", "en"):
        if given[f"letter_{language}"]:
            subject, text = letter_in(Path(given[f"letter_{language}"]))
            values |= {f"subject_{language}": subject, f"letter_{language}": text}
    return values


def letter_in(file: Path) -> tuple[str, str]:
    """The subject and the text of a letter's file, whose first line is ``Subject: ...`` or ``Pwnc: ...``.

    Raises `PerthynError` (``campaign.letter.unreadable``, ``campaign.letter.subject``).
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "UTF-8"
        raise PerthynError("campaign.letter.unreadable", file=str(file), why=why) from error
    first, _, rest = text.lstrip().partition("\n")
    word, colon, subject = first.partition(":")
    if not colon or word.strip().casefold() not in SUBJECT or not subject.strip():
        raise PerthynError("campaign.letter.subject", file=str(file))
    return subject.strip(), rest.strip()


for command in (fields, *campaign_sending.COMMANDS, *campaign_report.COMMANDS, *campaign_files.COMMANDS):
    campaign.add_command(command)
