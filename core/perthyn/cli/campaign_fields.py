"""`perthyn campaign fields`: what may stand in a letter."""

from __future__ import annotations

import click

from perthyn.cli.session import session
from perthyn.cli.shown import json_option
from perthyn.contacting.fields import IN_BOTH
from perthyn.contacting.words import FIELDS


@click.command()
@json_option
@click.pass_context
def fields(context: click.Context) -> None:
    """Show the fields that may stand in a letter, those of plugins too.

    Example: perthyn campaign fields

    With --json: en, cy and says of each.
    """
    s = session(context)
    t = s.t
    found = [(*names, t(FIELDS[names[0]])) for names in IN_BOTH]
    found += [(*one.name, one.says[t.language == "cy"]) for one in s.crm().letter_fields()]
    if not s.screen.data([{"en": en, "cy": cy, "says": says} for en, cy, says in found]):
        s.screen.table([t("English"), t("Welsh"), t("What it says")], [list(one) for one in found])
