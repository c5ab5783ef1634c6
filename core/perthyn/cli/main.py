"""`perthyn`: arguments in, text out. Commands are named here and loaded when they run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

import click

from perthyn.cli.language import speak, spoken
from perthyn.cli.output import never_lose
from perthyn.cli.session import Session
from perthyn.entries import Entry, entries
from perthyn.errors import PerthynError
from perthyn.text import LANGUAGES, Translator, nearest, phrase

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("perthyn.cli.start:init", phrase("Choose where the records live and in which language.")),
    "import": ("perthyn.cli.importing:import_", phrase("Take files in as they are.")),
    "contact": ("perthyn.cli.contact:contact", phrase("Find, show, add and edit contacts.")),
    "interaction": ("perthyn.cli.interaction:interaction", phrase("Note what happened.")),
    "segment": ("perthyn.cli.segment:segment", phrase("Groups that keep themselves up to date.")),
    "campaign": (
        "perthyn.cli.campaign:campaign",
        phrase("A letter in both languages to a segment, and what came of it."),
    ),
    "report": ("perthyn.cli.report:report", phrase("Eight numbers, each with its people.")),
    "duplicates": ("perthyn.cli.duplicates:duplicates", phrase("Pairs that may be one person.")),
    "screening": (
        "perthyn.cli.screening:screening",
        phrase("Lists of those who want no calls, no post, no fundraising."),
    ),
    "problems": ("perthyn.cli.problems:problems", phrase("What a person must look at.")),
    "export": ("perthyn.cli.export:export", phrase("Write people to a file, for a purpose.")),
    "changes": ("perthyn.cli.past:changes", phrase("What was changed, when and by whom.")),
    "undo": ("perthyn.cli.past:undo", phrase("Take a change back.")),
    "move": ("perthyn.cli.move:move", phrase("Move all records to another store.")),
    "once": ("perthyn.cli.once:once", phrase("Do everything that is due, and stop.")),
    "jobs": ("perthyn.cli.jobs:jobs", phrase("What is to be done by itself.")),
    "inbound": ("perthyn.cli.inbound:inbound", phrase("What others sent here.")),
    "handover": ("perthyn.cli.handover:handover", phrase("What somebody who takes over must know.")),
    "backup": ("perthyn.cli.backup:backup", phrase("Everything into one file, read back.")),
    "restore": ("perthyn.cli.restore:restore", phrase("Bring the records in a backup back.")),
    "upgrade": ("perthyn.cli.upgrade:upgrade", phrase("Bring records of an earlier version up to date.")),
    "plugin": ("perthyn.cli.plugin:plugin", phrase("The plugins that are loaded, and new ones.")),
    "doctor": ("perthyn.cli.start:doctor", phrase("See whether all is well.")),
}


class Commands(click.Group):
    """Commands by name: our own, installed plugins' entry points, and plugin files' when their folder is there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(set(_installed()) - set(COMMANDS)), *sorted(_dropped(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        t: Translator = ctx.find_root().obj.t
        if cmd_name in COMMANDS:
            found: click.Command = Entry("", cmd_name, COMMANDS[cmd_name][0], "perthyn").load()
            return spoken(found, t)
        if cmd_name in _installed():
            return spoken(_load(_installed()[cmd_name]), ctx.find_root().obj.with_locale(_installed()[cmd_name]))
        dropped = _dropped(ctx)
        return spoken(dropped[cmd_name], t) if cmd_name in dropped else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help; nothing is loaded for it."""
        t: Translator = ctx.find_root().obj.t
        rows = [(name, t(help)) for name, (_, help) in COMMANDS.items()]
        rows += [(name, t("From the plugin {name}.", name=entry.distribution)) for name, entry in _installed().items()]
        rows += [(name, t(one.get_short_help_str())) for name, one in sorted(_dropped(ctx).items())]
        with formatter.section(t("Commands")):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise PerthynError(
                "cli.command.unknown", name=args[0], suggestion=nearest(args[0], self.list_commands(ctx))
            )
        return super().resolve_command(ctx, args)


def _installed() -> dict[str, Entry]:
    return {one.name: one for one in entries() if one.group == "perthyn.commands"}


def _dropped(ctx: click.Context) -> dict[str, click.Command]:
    session: Session = ctx.find_root().obj
    return session.dropped_commands()


def _load(entry: Entry) -> click.Command:
    try:
        command: click.Command = entry.load()
        return command
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise PerthynError("plugin.broken", plugin=entry.name, origin=entry.distribution, why=why) from error


@click.command(cls=Commands, invoke_without_command=False)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of what is shown.")
@click.option("--at", type=click.Path(), help="Folder of the organisation (where perthyn.toml is).")
@click.option("--plain", is_flag=True, help="No colours, no lines.")
@click.version_option(None, "--version", package_name="perthyn", message="perthyn %(version)s")
@click.pass_context
def perthyn(context: click.Context, lang: str | None, at: str | None, plain: bool) -> None:
    """People, what they did with you, and living segments, in one place.

    Example: perthyn import members.xlsx till.csv
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 an error that is shown, 2 wrong use, 130 interrupted."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command; answers the exit code. No error leaves it as a traceback."""
    never_lose(sys.stdout)
    never_lose(sys.stderr)
    session = Session(dict(os.environ), os.getcwd(), *_before(arguments))
    with speak(session.language), session:
        command = spoken(perthyn, session.t)
        try:
            code = command.main(arguments, prog_name="perthyn", standalone_mode=False, obj=session)
            return code if isinstance(code, int) else 0
        except PerthynError as error:
            session.hear()
            session.screen.error(error)
            return 1
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (KeyboardInterrupt, click.Abort):
            session.screen.error(PerthynError("cli.interrupted"))
            return 130
        except click.exceptions.Exit as left:
            return left.exit_code
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it must outlive the process's last flush
            return 0
        except Exception as error:
            if session.environ.get("PERTHYN_DEBUG"):
                raise
            session.screen.error(PerthynError("cli.unexpected", why=f"{type(error).__name__}: {error}"))
            return 70


def _before(arguments: Sequence[str]) -> tuple[str, str, bool, bool]:
    """Language, folder, plain, JSON: needed before click reads the arguments, since its own words depend on them."""
    given = dict(pairwise(arguments))
    given |= dict(one.split("=", 1) for one in arguments if one.startswith(("--lang=", "--at=")))
    language = given.get("--lang", "")
    at = given.get("--at", "")
    return language if language in LANGUAGES else "", at, "--plain" in arguments, "--json" in arguments
