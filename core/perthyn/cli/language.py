"""The command line in the asker's language: click's own words, and the help of commands.

Click looks its words up with the standard library's `gettext.gettext`, which knows no argument for the
language: it asks the process environment and a process-wide table of folders. There is no way to hand
click a translator, so `speak` changes both, for as long as one command runs, and puts them back. Nothing
else in perthyn looks there: our own sentences go through the `Translator` handed in.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from inspect import cleandoc
from typing import TypeVar

import click

from perthyn.text import CATALOGUE, Translator

DOMAIN = "messages"  # gettext's default, hence click's
AnyCommand = TypeVar("AnyCommand", bound=click.Command)


@contextmanager
def speak(language: str) -> Iterator[None]:
    """Let click speak `language` ("cy" or "en") inside the block; called once, by `main`.

    Commands and their options must be made inside the block too: click words some of them at once.
    """
    folder, before = gettext.bindtextdomain(DOMAIN), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, CATALOGUE)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        gettext.bindtextdomain(DOMAIN, folder)
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


def spoken(command: AnyCommand, t: Translator) -> AnyCommand:
    """A copy of `command` whose help, and that of its options and subcommands, is in `t`'s language.

    A group that loads its commands late passes each through here as it loads. Help is a sentence like any
    other: a brace that stands for itself is written twice. Inside `speak`, words that click supplied
    (``--version``) are put into the language as well.
    """
    copied = copy(command)
    copied._help_option = None  # kept by click in the language in which it was first shown
    for name in ("help", "short_help", "epilog"):
        setattr(copied, name, _said(getattr(command, name), t))
    copied.params = [_spoken_option(param, t) for param in command.params]
    if isinstance(copied, click.Group):
        copied.commands = {name: spoken(child, t) for name, child in copied.commands.items()}
    return copied


def _spoken_option(param: click.Parameter, t: Translator) -> click.Parameter:
    copied = copy(param)
    for name in ("help", "prompt"):
        if hasattr(copied, name):
            setattr(copied, name, _said(getattr(copied, name), t))
    return copied


def _said(words: str | None, t: Translator) -> str | None:
    return gettext.gettext(t(cleandoc(words))) if words else words
