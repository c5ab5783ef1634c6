"""`perthyn demo DIR`: write the messy files of Plas Brithwen, and the answers known beforehand."""

from __future__ import annotations

from pathlib import Path

import click

from perthyn.errors import PerthynError
from perthyn.text import Translator

from .generate import SEED, generate
from .truths import Truths

CATALOGUE = Path(__file__).parent / "locale"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another seed invents other people.")
@click.pass_context
def demo(context: click.Context, folder: Path, seed: int) -> None:
    """Write the messy files of Plas Brithwen, an invented house, into FOLDER.

    Example: perthyn demo brithwen
    """
    t = context.find_object(Translator) or Translator("en", (CATALOGUE,))
    try:
        truths = generate(folder, seed=seed)
    except OSError as trouble:
        raise PerthynError("demo.folder.not_written", folder=folder, reason=trouble.strerror or trouble) from trouble
    for sentence in told(truths, folder, t):
        click.echo(sentence)


def told(truths: Truths, folder: Path, t: Translator) -> list[str]:
    """What was written, in sentences."""
    rows = sum(counts.rows for counts in truths.files.values())
    named = sum(counts.identified for counts in truths.files.values())
    return [
        t("Files written to {folder}: {count}", folder=folder, count=len(truths.files)),
        t("Rows: {rows}. Rows that name somebody: {named}", rows=t.number(rows), named=t.number(named)),
        t("People: {people}. Households: {homes}", people=t.number(truths.people), homes=t.number(truths.households)),
        t("The answers to check an import against: {file}", file=folder / "truths.json"),
    ]  # fmt: skip
