"""`perthyn demo DIR`: write the messy files of Plas Brithwen, take them in, and show what can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from perthyn.cli.session import Session, session
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.importing.outcome import Outcome
from perthyn.settings import write_settings
from perthyn.text import Translator

from .generate import SEED, generate
from .truths import Truths

CATALOGUE = Path(__file__).parent / "locale"
ANSWERS = "truths.json"
QUIET = ("Quiet givers", "Rhoddwyr tawel")
QUIET_RULE = "person and donations at least 3 in last 24 months and no visits in last 6 months"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed invents other people.")
@click.option("--files-only", is_flag=True, help="Write the files, and take nothing in.")
@click.pass_context
def demo(context: click.Context, folder: Path, seed: int, files_only: bool) -> None:
    """Write the messy files of Plas Brithwen, an invented house, into FOLDER, take them in, and show what can be asked.

    The answers are known beforehand and stand beside the files. Everything stays in FOLDER.

    Example: perthyn demo brithwen
    """
    here = session(context)
    t = Translator(here.language, (CATALOGUE,))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ANSWERS).exists():
        raise PerthynError("demo.folder.taken", folder=folder)
    try:
        truths = generate(folder, seed=seed)
        if not files_only:
            write_settings(folder, {"organisation": "Plas Brithwen"})
    except OSError as trouble:
        raise PerthynError("demo.folder.not_written", folder=folder, reason=trouble.strerror or trouble) from trouble
    for sentence in told(truths, folder, t):
        here.screen.sentence(sentence)
    if not files_only:
        with here.elsewhere(folder) as there:
            _take_in(there, folder, sorted(truths.files), t)


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


def _take_in(there: Session, folder: Path, files: Iterable[str], t: Translator) -> None:
    """Import the files, and show what became of them and what can be asked."""
    crm = there.crm(create=True)
    outcomes: list[Outcome] = []
    for name in files:
        for understanding in crm.understand(folder / name):
            with there.screen.progress(name) as progress:
                outcomes.append(crm.take_in(understanding, progress=progress))
    there.screen.heading(t("What became of it"))
    heads = [t("File"), t("Rows"), t("Stored"), t("Unchanged"), t("Refused"), t("Set aside"), t("New people"),
             t("Known people")]  # fmt: skip
    rows = [[one.file, one.rows, one.stored, one.unchanged, one.refused, one.aside, one.people_new, one.people_known]
            for one in outcomes]  # fmt: skip
    there.screen.table(heads, rows)
    there.screen.heading(t("Now ask"))
    there.screen.table([t("What"), t("The next command")], list(_questions(crm, folder, t)), "<<")


def _questions(crm: Crm, folder: Path, t: Translator) -> Iterator[list[str]]:
    """What can be asked, and the command that asks it."""
    if not any(one.name_en == QUIET[0] for one in crm.segments()):
        crm.add_segment(*QUIET, QUIET_RULE)
    quiet = crm.segment(QUIET[0])
    ask = f'perthyn --at "{folder}"' if " " in str(folder) else f"perthyn --at {folder}"
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
    yield [t("May they be written to?"), f'{ask} export "{name}" letters.csv --for fundraising --by post']
    yield [t("The trustees' numbers"), f"{ask} report"]
    yield [t("Pairs we are unsure of"), f"{ask} duplicates list"]
    yield [t("What a person must look at."), f"{ask} problems list"]
    yield [t("To take the last import back"), f"{ask} undo"]
