"""`perthyn init` and `perthyn doctor`: where the records live, and whether all is well."""

from __future__ import annotations

import sys

import click

from perthyn.cli.importing import row_count, told_about
from perthyn.cli.session import Session, session
from perthyn.cli.shown import agree, json_option, yes_option
from perthyn.crm import Crm
from perthyn.crm.health import Check, plugin_health, surroundings, trouble
from perthyn.errors import PerthynError
from perthyn.importing.plans import Understanding
from perthyn.settings import DEFAULT_STORE, FILE, settings_tried
from perthyn.text import LANGUAGES


@click.command()
@click.option("--store", help="Where the records live, for example sqlite:///perthyn.sqlite")
@click.option("--language", type=click.Choice(LANGUAGES), help="The language of what is shown.")
@click.option("--organisation", help="The name of the organisation.")
@yes_option
@click.pass_context
def init(context: click.Context, store: str | None, language: str | None, organisation: str | None, yes: bool) -> None:
    """Choose where the records live and in which language; writes perthyn.toml and makes the store.

    Nothing needs choosing: perthyn import works in any folder. What perthyn.toml holds already is not changed unasked.

    Example: perthyn init --organisation "Plas Brithwen" --language cy
    """
    s = session(context)
    file = s.folder / FILE
    store = s.plugins.address(store) if store else store
    given = {"organisation": organisation, "language": language, "store": store}
    if sys.stdin.isatty() and not file.exists():
        given = _asked(s, given)
    values = {name: value for name, value in given.items() if value}
    if not file.exists():
        values = {"language": s.language, "store": DEFAULT_STORE, **values}
    now = s.settings.model_dump() if file.exists() else {}
    changed = {name: value for name, value in values.items() if name in now and now[name] not in ("", value)}
    if changed:
        rows = [[name, now[name], value] for name, value in changed.items()]
        s.screen.table([s.t("Setting"), s.t("Now"), s.t("Would be")], rows, "<<<")
        if "store" in changed:
            s.screen.sentence(
                s.t("What the present store holds stays there. To take it along: perthyn move --to ADDRESS")
            )
        agree(s, FILE, yes)
    if not context.find_root().params.get("lang"):
        s.language = values.get("language", s.language)  # what follows is said in the language that was chosen
    with settings_tried(file.parent, values):
        s.crm(create=True)
    t = s.t
    s.screen.sentence(t("Settings: {file}", file=file))
    s.screen.sentence(t("Records: {address}", address=s.settings.address))
    crm = s.crm()
    for caution in s.plugins.cautions(s.settings.address):
        s.screen.sentence(" ".join(filter(None, t.error(caution))))
    if not _show_tables(s, crm):
        s.screen.sentence(t("Next, take your files in as they are: perthyn import FILE..."))


def _show_tables(s: Session, crm: Crm) -> bool:
    """What else stands at the store's own place, and how to take it in; whether there is anything."""
    t = s.t
    found: list[Understanding] = []
    try:
        found += crm.understand(crm.store.address)
    except PerthynError as error:
        if not error.code.startswith(("import.address.", "import.file.")):
            s.screen.error(error)
    if not found:
        return False
    s.screen.sentence(t("There are tables of your own beside the records. They stay as they are."))
    kinds = crm.kinds()
    rows = [
        [one.table.path.name, told_about(t, kinds, one), row_count(one), f'perthyn import "{one.table.place}"']
        for one in found
    ]
    s.screen.table([t("Table"), t("Seems to hold"), t("Rows"), t("To take it in")], rows, "<<><")
    return True


def _asked(s: Session, given: dict[str, str | None]) -> dict[str, str | None]:
    if given["organisation"] is None:
        given["organisation"] = click.prompt(s.t("Name of the organisation"), default="", show_default=False)
    if given["language"] is None:
        asked = s.t("Language of what is shown (cy or en)")
        given["language"] = click.prompt(asked, default=s.language, type=click.Choice(LANGUAGES))
    return given


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context) -> None:
    """See whether all is well: settings, store, folder, plugins, words, and what waits for a person.

    Ends with exit code 1 when something is wrong.

    Example: perthyn doctor

    With --json: a list: state (well, todo, wrong), code, facts, wrong (the words), next.
    """
    s = session(context)
    found = _looked(s)
    t = s.t
    words = [(one, *t.error(PerthynError(one.code, **one.facts))) for one in found]
    told = [{"state": one.state, "code": one.code, "facts": one.facts, "wrong": said, "next": step}
            for one, said, step in words]  # fmt: skip
    if not s.screen.data(told):
        marks = {"well": t("well"), "todo": t("to do"), "wrong": t("wrong")}
        rows = [[marks[one.state], " ".join(filter(None, (said, step)))] for one, said, step in words]
        s.screen.table([t("State"), t("What was looked at")], rows, "<<")
    if any(one.state == "wrong" for one in found):
        context.exit(1)


def _looked(s: Session) -> list[Check]:
    found = surroundings(s.folder)
    try:
        settings = s.settings
    except PerthynError as error:
        return [trouble(error), *found]
    found.append(Check("well", "health.settings.well", {"file": str(s.folder / FILE), "store": settings.address}))
    try:
        found += s.crm().checks()
    except PerthynError as error:
        missing = error.code == "store.missing"
        found.append(Check("todo", error.code, error.facts) if missing else trouble(error))
        found += plugin_health(s.plugins)
    return found
