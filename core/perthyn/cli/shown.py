"""What commands share: options, rows of people, what a person types, and how a person is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from perthyn.cli.session import Session
from perthyn.errors import PerthynError
from perthyn.model import (
    Contact,
)
from perthyn.text import Translator, fold

if TYPE_CHECKING:
    pass

json_option = click.option("--json", is_flag=True, expose_value=False, help="Answer as JSON.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")


def contact_row(t: Translator, one: Contact) -> list[object]:
    """A contact as a row of a table: the end of the id, the name, the first e-mail, the town, the roles."""
    email, address = one.preferred_email(), one.preferred_address()
    place = (address.town or address.postcode) if address else None
    roles = sorted({role.role for role in one.roles})
    return [one.id.hex[-6:], one.shown_name, email.address if email else None, place, roles]


def contact_head(t: Translator) -> list[str]:
    """The heads of `contact_row`."""
    return [t("Id"), t("Name"), t("Email"), t("Place"), t("Roles")]


# --- what a person types ---------------------------------------------------------------------------------


def pairs(given: Iterable[str]) -> dict[str, Any]:
    """``field=value`` words; a field given twice holds a list."""
    found: dict[str, Any] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals:
            raise PerthynError("cli.pair.needed", given=one)
        before = found.get(name)
        found[name] = text if before is None else [*([before] if isinstance(before, str) else before), text]
    return found


def agree(s: Session, word: str, yes: bool) -> None:
    """Go on only when a person types `word`, or has said ``--yes``.

    Raises `PerthynError`: ``cli.confirm.needed`` where nobody can be asked, ``cli.confirm.not_given`` otherwise.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise PerthynError("cli.confirm.needed", word=word)
    typed = click.prompt(s.t("To go on, type: {word}", word=word), default="", show_default=False, err=True)
    if fold(typed) != fold(word):
        raise PerthynError("cli.confirm.not_given", word=word)
