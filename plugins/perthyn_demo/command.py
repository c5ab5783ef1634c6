"""`perthyn demo DIR`: write the messy files of Plas Brithwen, take them in, and show what can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from perthyn.cli.session import Session, session
from perthyn.crm import Crm
from perthyn.crm.imports import refused_name
from perthyn.errors import PerthynError
from perthyn.importing.consents import YesMeans
from perthyn.importing.outcome import Outcome
from perthyn.settings import write_settings
from perthyn.text import Translator

from . import ASKED, HOUSE, NEWSLETTER, SEGMENTS
from .generate import SEED, generate
from .truths import Truths

CATALOGUE = Path(__file__).parent / "locale"
ANSWERS = "truths.json"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("plas-brithwen"))
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed invents other people.")
@click.option("--files-only", is_flag=True, help="Write the files, and take nothing in.")
@click.option("--open", "show", is_flag=True, help="Then open the web app on it, as perthyn start --open does.")
@click.pass_context
def demo(context: click.Context, folder: Path, seed: int, files_only: bool, show: bool) -> None:
    """Write the messy files of Plas Brithwen, an invented house, into FOLDER, take them in, and show what can be asked.

    The answers are known beforehand and stand beside the files. Everything stays in FOLDER: it is a training copy, from
    which no letter leaves.

    Example: perthyn demo brithwen --open
    """
    here = session(context)
    t = Translator(here.language, (CATALOGUE,))
    _refuse_others(folder, seed)
    try:
        truths = generate(folder, seed=seed)
        if not files_only:
            write_settings(folder, {"organisation": HOUSE, "training": True})
    except OSError as trouble:
        raise PerthynError("demo.folder.not_written", folder=folder, reason=trouble.strerror or trouble) from trouble
    for sentence in told(truths, folder, t):
        here.screen.sentence(sentence)
    if not files_only:
        with here.elsewhere(folder) as there:
            _take_in(there, folder, truths, t)
    if show:
        _open(context, here, folder)


def _open(context: click.Context, here: Session, folder: Path) -> None:
    """What `perthyn start --open` does there. Raises `PerthynError` (``demo.no_start``) where nothing does it."""
    root = context.find_root()
    start = root.command.get_command(root, "start") if isinstance(root.command, click.Group) else None
    if start is None:
        raise PerthynError("demo.no_start")
    with here.elsewhere(folder) as there:
        root.obj = there
        context.invoke(start, show=True)


def _refuse_others(folder: Path, seed: int) -> None:
    """Nothing of somebody's is written over, and two inventions are not mixed."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    try:
        there = json.loads((folder / ANSWERS).read_text(encoding="utf-8"))["seed"]
    except (OSError, ValueError, KeyError, TypeError):
        raise PerthynError("demo.folder.taken", folder=folder) from None
    if there != seed:
        raise PerthynError("demo.folder.seed", folder=folder, seed=there)


def told(truths: Truths, folder: Path, t: Translator) -> list[str]:
    """What was written, in sentences."""
    rows = sum(counts.rows for counts in truths.files.values())
    named = sum(counts.identified for counts in truths.files.values())
    return [
        t("Files written to {folder}: {count}", folder=folder, count=len(truths.files)),
        t("Rows: {rows}. Rows that name somebody: {named}", rows=t.number(rows), named=t.number(named)),
        t("People: {people}. Households: {homes}", people=t.number(truths.people), homes=t.number(truths.households)),
        t("The answers to check an import against: {file}", file=folder / ANSWERS),
    ]  # fmt: skip


def _take_in(there: Session, folder: Path, truths: Truths, t: Translator) -> None:
    """Import the files, and show what became of them and what can be asked."""
    crm = there.crm(create=True)
    outcomes = [one for name in truths.files for one in _imported(there, crm, folder / name)]
    there.screen.heading(t("What became of it"))
    heads = [t("File"), t("Rows"), t("Stored"), t("Unchanged"), t("Refused"), t("Set aside"), t("New people"),
             t("Known people")]  # fmt: skip
    rows = [[one.file, one.rows, one.stored, one.unchanged, one.refused, one.aside, one.people_new, one.people_known]
            for one in outcomes]  # fmt: skip
    there.screen.table(heads, rows)
    if abs(crm.today() - truths.as_of) > timedelta(days=31):
        day = t.day(truths.as_of)
        there.screen.sentence(
            t("The files end on {day}; the months of a question are counted back from today.", day=day)
        )
    there.screen.heading(t("Now ask"))
    there.screen.table([t("What"), t("The next command")], list(_questions(crm, folder, t)), "<<")


def _imported(there: Session, crm: Crm, file: Path) -> Iterator[Outcome]:
    for understanding in crm.understand(file):
        with there.screen.progress(file.name) as progress:
            yield crm.import_table(
                understanding,
                yes_means=YesMeans(ASKED) if file.name == NEWSLETTER else None,
                progress=progress,
                refused_to=refused_name(understanding.table, there.folder),
                say=lambda error: " ".join(there.t.error(error)),
            )


def _questions(crm: Crm, folder: Path, t: Translator) -> Iterator[list[str]]:
    """What can be asked, and the command that asks it."""
    known = {one.name_en for one in crm.segments()}
    for names, rule in SEGMENTS.items():
        if names[0] not in known:
            crm.add_segment(*names, rule)
    quiet, readers, once = (crm.segment(names[0]) for names in SEGMENTS)
    ask = f"perthyn --at {_typed(folder)}"
    name = quiet.name(t.language)
    for who in list(crm.members(quiet))[:1]:
        yield [t("One person's whole story"), f'{ask} contact show "{who.shown_name}"']
        yield [
            t("Somebody whose name you can't spell"),
            f'{ask} contact find "{who.shown_name[:2]}{who.shown_name[3:]}"',
        ]
    asked = t("Who gave three times in two years, but has not visited for six months: {count}", count=crm.count(quiet))
    yield [asked, f'{ask} segment members "{name}"']
    for who in list(crm.members(quiet))[:1]:
        yield [t("And why"), f'{ask} segment why "{name}" "{who.shown_name}"']
    came = t("Newsletter readers who ever visited: {count}", count=crm.count(readers))
    yield [came, f'{ask} segment members "{readers.name(t.language)}"']
    again = t("Who came once, long ago, and was not heard of since: {count}", count=crm.count(once))
    yield [again, f'{ask} segment members "{once.name(t.language)}"']
    told = f'{ask} export "{readers.name(t.language)}" {_typed(folder / "readers.csv")} --for marketing --by email'
    yield [t("Who of the readers may be written to"), told]
    yield [t("The trustees' numbers"), f"{ask} report"]
    yield [t("Pairs we are unsure of"), f"{ask} duplicates list"]
    yield [t("What a person must look at."), f"{ask} problems list"]
    yield [t("To take the last import back"), f"{ask} undo"]


def _typed(path: Path) -> str:
    """A path as it is typed in a command."""
    return f'"{path}"' if " " in str(path) else str(path)
