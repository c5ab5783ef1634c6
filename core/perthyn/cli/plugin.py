"""`perthyn plugin`: what is loaded, from where, which hooks; what is broken."""

from __future__ import annotations

import re
import sys
from contextlib import suppress

import click

from perthyn.cli.plugin_new import new
from perthyn.cli.plugin_try import try_
from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.entries import Entry, entries
from perthyn.errors import PerthynError
from perthyn.house import table
from perthyn.plugins import Loaded
from perthyn.secrets import keep_secret
from perthyn.settings import variable
from perthyn.text import phrase

GROUPS = {
    "perthyn.plugins": phrase("plugin"),
    "perthyn.backends": phrase("backend"),
    "perthyn.commands": phrase("command"),
    "file": phrase("plugin file"),
}


@click.group()
def plugin() -> None:
    """The plugins that are loaded, and new ones."""


plugin.add_command(new)
plugin.add_command(try_)


@plugin.command("list")
@json_option
@click.pass_context
def list_(context: click.Context) -> None:
    """List the plugins: where each comes from, which hooks it has, and which is broken.

    A plugin file is a .py file in the folder named plugins, beside perthyn.toml.

    Example: perthyn plugin list

    With --json: a list: name, group, origin, hooks, broken ("" for one that is well), leaving (hooks that will go).
    """
    s = session(context)
    installed = entries()
    for entry in installed:
        if entry.group == "perthyn.backends":
            s.plugins.load_backend(entry.name)
    off = set(s.settings.off)
    loaded = [*s.plugins.loaded, *(_command(entry) for entry in installed if entry.group == "perthyn.commands")]
    if s.screen.data(loaded):
        return
    t = s.t
    if not loaded:
        s.screen.sentence(t("No plugin is installed. A .py file in {folder} is one.", folder=s.settings.plugins_folder))
        return
    rows = [
        [one.name, t(GROUPS.get(one.group, one.group)), one.origin, list(one.hooks), one.broken or t("well")]
        for one in loaded
    ]
    s.screen.table([t("Name"), t("What"), t("From"), t("Hooks"), t("State")], rows, "<<<<<")
    for one in loaded:
        if one.broken:
            s.screen.warning(t("{plugin} from {origin} is broken and was left out: {why}",
                               plugin=one.name, origin=one.origin, why=one.broken))  # fmt: skip
        for hook, instead in one.leaving.items():
            s.screen.warning(t("{plugin} uses the hook {hook}, which goes with the next version: use {instead}.",
                               plugin=one.name, hook=hook, instead=instead))  # fmt: skip
    if off:
        s.screen.sentence(t("Left out by perthyn.toml: {names}", names=sorted(off)))


@plugin.command()
@click.argument("section")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Forget it.")
@click.pass_context
def secret(context: click.Context, section: str, name: str, remove: bool) -> None:
    """Give a password or a key, which is asked for and not shown; or it comes on standard input.

    It is kept in perthyn.secrets, a file that only you can read. The section is that of perthyn.toml; an account has
    its own.

    Example: perthyn plugin secret tickets.castle key
    """
    s = session(context)
    if not all(re.fullmatch(r"[\w-]+", part) for part in (*section.split("."), name)):
        raise PerthynError("secret.name", section=section, name=name)
    value = "" if remove else _typed(s, section, name)
    if not value and not remove:
        raise PerthynError("secret.none")
    file = keep_secret(s.folder, section, name, value)
    s.screen.sentence(s.t("Forgotten in {file}.", file=file) if remove else s.t("Kept in {file}.", file=file))
    if not remove:
        with suppress(PerthynError):  # where there are no records, nothing has failed
            s.crm().try_again(section)
    if table(s.settings.sections, section).get(name) and variable(section, name) not in s.environ:
        s.screen.warning(s.t("It stands in perthyn.toml, too: delete the line there."))


def _typed(s: Session, section: str, name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read().strip()
    asked = s.t("{name} of [{section}]", name=name, section=section)
    return str(click.prompt(asked, hide_input=True, default="", show_default=False, err=True)).strip()


def _command(entry: Entry) -> Loaded:
    """A command's module loads when it runs; here it is loaded to see whether it can."""
    try:
        entry.load()
    except Exception as error:
        return Loaded(entry.name, entry.group, entry.distribution, broken=f"{type(error).__name__}: {error}")
    return Loaded(entry.name, entry.group, entry.distribution)
