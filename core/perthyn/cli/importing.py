"""`perthyn import`: files taken in as they are; what was understood, what became of each row, what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from perthyn.cli.output import Screen
from perthyn.cli.session import Session, session
from perthyn.cli.shown import dry_run_option, json_option
from perthyn.crm import Crm, Reading
from perthyn.crm.imports import files_in, refused_name
from perthyn.errors import PerthynError
from perthyn.importing.consents import PURPOSES, YesMeans
from perthyn.importing.layout import data_rows
from perthyn.importing.meanings import MEANINGS
from perthyn.importing.outcome import Outcome
from perthyn.importing.plans import ColumnPlan, Understanding
from perthyn.importing.tables import TEXT_SUFFIXES, WORKBOOK_SUFFIXES
from perthyn.model import Contact, Interaction, Kind, split_path
from perthyn.text import Translator, phrase
from perthyn.words.permission import problem_words
from perthyn.words.records import kind_word, label, value

HOW = {
    "name": phrase("by its name"),
    "content": phrase("by what stands in it"),
    "map": phrase("by the map"),
    "known": phrase("known export"),
    "unknown": "",
}
ABOUT = {
    "people": phrase("people"),
    "happenings": phrase("what happened"),
    "both": phrase("people and what happened to them"),
}
SHOWN = 15
ROWS_WAIT = 3
"""Exit code of an import after which rows wait to be corrected; what could be taken in is stored."""


@click.command("import")
@click.argument("files", nargs=-1, required=True)
@click.option("--map", "map_", type=click.Path(path_type=Path), help="A map file that says what each column becomes.")
@click.option("--source", default="", help="The account the facts come from, for example square:main-till.")
@click.option("--sheet", help="The sheet of a workbook; without it, all of them.")
@click.option("--encoding", help="The encoding of a text file, where it is found wrongly.")
@click.option("--delimiter", help="The sign between the cells of a text file, where it is found wrongly.")
@click.option("--yes-means", help="What the people of these files said yes to, in the words they were asked.")
@click.option(
    "--yes-to",
    type=click.Choice(PURPOSES),
    multiple=True,
    help="What it was a yes to, if not what such a file is for; may be given twice.",
)
@click.option("--yes-language", type=click.Choice(["cy", "en"]), help="The language of those words.")
@dry_run_option
@json_option
@click.pass_context
def import_(
    context: click.Context,
    files: tuple[str, ...],
    map_: Path | None,
    source: str,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    yes_means: str | None,
    yes_to: tuple[str, ...],
    yes_language: str | None,
    dry_run: bool,
) -> None:
    """Take files in as they are: CSV, TSV, XLSX, or a Google Sheet by its address; a folder stands for its files.

    Says what each column becomes, then what became of each row. A second import of the same file changes nothing;
    rows that can't be used are written to a file beside it, to be corrected and imported again.

    The exit code is 0 where every row was used, 3 where rows wait to be corrected, 1 where a file could not be read.

    A yes to being contacted permits nothing until --yes-means says what it was a yes to; the file may be imported
    again for that.

    Example: perthyn import members.xlsx till.csv --dry-run

    A tab of a Google Sheet is named behind its address: "https://docs.google.com/spreadsheets/d/1AbC...#Members"

    With --json: imports (file, source, understood, rows, stored, unchanged, refused, aside, people_new, people_known,
    pairs, contradictions, consents, problems, changed, refused_file, change) and unread (file, code, wrong, next).
    """
    s = session(context)
    crm = s.crm(create=True, passing=dry_run)
    reading = Reading(map_, source, sheet, encoding, delimiter)
    means = None if yes_means is None else YesMeans(yes_means, yes_language, yes_to)
    offered = [ending for one in s.plugins.offer("offer_readers") for ending in one.suffixes]
    endings = [*sorted(TEXT_SUFFIXES - {""}), *sorted(WORKBOOK_SUFFIXES), *offered]
    outcomes: list[Outcome] = []
    unread: list[tuple[Path | str, PerthynError]] = []
    for file in files_in(files, endings):
        try:
            for understanding in crm.understand(file, reading):
                outcomes.append(_taken(s, crm, understanding, means, dry_run))
        except PerthynError as error:
            s.hear()
            unread.append((file, error))
            if not s.screen.json:
                s.screen.error(error)
    if s.screen.json:
        s.screen.data({"imports": [_json(one) for one in outcomes], "unread": [_unread(s.t, *one) for one in unread]})
    else:
        _ended(s.t, s.screen, outcomes, len(unread), dry_run)
    if unread:
        context.exit(1)
    if any(one.refused for one in outcomes):
        context.exit(ROWS_WAIT)


def _taken(s: Session, crm: Crm, understanding: Understanding, means: YesMeans | None, dry_run: bool) -> Outcome:
    if not s.screen.json:
        _understood(s.t, s.screen, understanding)
    table = understanding.table
    with s.screen.progress(table.path.name) as advance:
        return crm.import_table(
            understanding,
            yes_means=means,
            dry_run=dry_run,
            progress=_since(advance),
            refused_to=refused_name(table, s.folder),
            say=lambda error: " ".join(s.t.error(error)),
        )


def _since(advance: Callable[[int], None]) -> Callable[[int], None]:
    """Told how many rows are read in all, tells how many more; after a fresh start nothing until it is further."""
    told = 0

    def read(rows: int) -> None:
        nonlocal told
        if rows > told:
            advance(rows - told)
            told = rows

    return read


# --- what was understood ------------------------------------------------------------------------------------


def _understood(t: Translator, screen: Screen, one: Understanding) -> None:
    table, layout = one.table, one.layout
    screen.heading(f"{table.path.name} · {table.sheet}" if table.sheet else table.path.name)
    form = " · ".join(filter(None, (table.format, table.encoding, _delimiter(t, table.delimiter))))
    screen.facts(
        [
            (t("Form"), form),
            (t("About"), t(ABOUT[one.about])),
            (t("Known export"), one.known),
            (t("From the account"), one.source),
            (t("Names of the columns in row"), layout.header_row or None),
            (t("For every row"), [f"{_meaning(t, name)}: {word}" for name, word in one.defaults.items()]),
        ]
    )
    rows = [[plan.header, _becomes(t, plan), t(HOW[plan.how])] for plan in one.columns]
    screen.table([t("Column"), t("Becomes"), t("How it was known")], rows, "<<<")
    for note in one.notes:
        screen.warning(" ".join(filter(None, t.error(PerthynError(note.code, **note.facts)))))


def told_about(t: Translator, kinds: Sequence[Kind], one: Understanding) -> str:
    """What a table seems to hold, in a word or two."""
    kind = one.defaults.get("kind", "")
    if one.about == "people" or not kind:
        return t(ABOUT[one.about])
    happened = kind_word(t, kinds, kind, 2)
    return happened if one.about == "happenings" else t.said([t(ABOUT["people"]), happened])


def row_count(one: Understanding) -> int:
    """How many rows of a table would be read."""
    return sum(not why for _, _, why in data_rows(one.table, one.layout))


def _delimiter(t: Translator, sign: str) -> str:
    return {"\t": t("tab"), ",": t("comma"), ";": t("semicolon")}.get(sign, sign)


def _meaning(t: Translator, name: str) -> str:
    found = MEANINGS.get(name)
    return name if found is None else found.cy if t.language == "cy" else found.en


def _becomes(t: Translator, plan: ColumnPlan) -> str:
    word = _meaning(t, plan.becomes)
    orders = {"dmy": t("day first"), "mdy": t("month first")}
    order = "" if plan.becomes == "keep" else orders.get(plan.date_order, "")
    return ", ".join(filter(None, (word, order, t("the contrary") if plan.inverted else "")))


# --- what became of it ----------------------------------------------------------------------------------------


def _ended(t: Translator, screen: Screen, outcomes: Sequence[Outcome], unread: int, dry_run: bool) -> None:
    if not outcomes:
        return
    screen.heading(t("What would be done; nothing has been written") if dry_run else t("What became of it"))
    heads = [t("File"), t("Rows"), t("Stored"), t("Unchanged"), t("Refused"), t("Set aside"), t("New people"),
             t("Known people")]  # fmt: skip
    rows: list[list[object]] = [[_name(one), *_counts(one)] for one in outcomes]
    if len(outcomes) > 1:
        rows.append([t("Total"), *(sum(column) for column in zip(*map(_counts, outcomes), strict=True))])
    screen.table(heads, rows)
    _show_changed(t, screen, outcomes)
    _show_asides(t, screen, outcomes)
    _show_next(t, screen, outcomes, unread)


def _name(one: Outcome) -> str:
    sheet = one.understanding.table.sheet
    name = one.understanding.table.path.name
    return f"{name} · {sheet}" if sheet else name


def _counts(one: Outcome) -> list[int]:
    return [one.rows, one.stored, one.unchanged, one.refused, one.aside, one.people_new, one.people_known]


def _show_changed(t: Translator, screen: Screen, outcomes: Sequence[Outcome]) -> None:
    changed = [one for outcome in outcomes for one in outcome.changed]
    if not changed:
        return
    screen.heading(t("What was known before and is now otherwise"))
    rows = [[one.who, _field(t, one.path), value(t, one.before), value(t, one.after)] for one in changed[:SHOWN]]
    screen.table([t("Whose"), t("Field"), t("Before"), t("Now")], rows, "<<<<")
    total = sum(one.changed_fields for one in outcomes)
    if total > SHOWN:
        screen.sentence(t("And {count} more.", count=t.number(total - SHOWN)))


def _field(t: Translator, path: str) -> str:
    return label(t, Contact if split_path(path)[0] in Contact.model_fields else Interaction, path)


def _show_asides(t: Translator, screen: Screen, outcomes: Sequence[Outcome]) -> None:
    told: dict[str, int] = {}
    for one in outcomes:
        for codes in (one.asides, one.noted):
            for code, count in codes.items():
                told[code] = told.get(code, 0) + count
    if told:
        screen.heading(t("Set aside, mended or guessed"))
        rows = [[_about_code(t, code), count] for code, count in sorted(told.items(), key=lambda item: -item[1])]
        screen.table([t("What"), t("How often")], rows)


def _about_code(t: Translator, code: str) -> str:
    """A code in words that name no single case: what differs from cell to cell is left open."""
    return re.sub(r"\{\w+\}", "…", t.error(PerthynError(code))[0])


def _show_next(t: Translator, screen: Screen, outcomes: Sequence[Outcome], unread: int) -> None:
    pairs, contradictions = (sum(getattr(one, name) for one in outcomes) for name in ("suggestions", "contradictions"))
    refused = [one for one in outcomes if one.refused]
    steps: list[tuple[str, object, object]] = []
    if pairs:
        steps.append((t("Pairs we are unsure of"), pairs, "perthyn duplicates list"))
    if contradictions:
        steps.append((t("Contradictions; until settled they mean no"), contradictions, "perthyn problems list"))
    for one in outcomes:
        if one.consents.get("unconfirmed"):
            command = f'perthyn import "{one.understanding.table.place}" --yes-means "…"'
            steps.append((t("Yeses that count once you say what to"), one.consents["unconfirmed"], command))
    for one in refused:
        again = f'perthyn import "{one.refused_file}"' if one.refused_file else None
        steps.append((t("Rows to correct of {file}", file=_name(one)), one.refused, again))
    if unread:
        steps.append((t("Files that could not be read"), unread, None))
    last = [one.receipt.number for one in outcomes if one.receipt is not None]
    if last:
        steps.append((t("To take the last import back"), None, f"perthyn undo {last[-1]}"))
    if steps:
        screen.heading(t("What is left to do"))
        screen.table([t("What"), t("How many"), t("The next command")], steps, "<><")
    for one in refused:
        for problem in one.problems[:3]:
            screen.sentence(" ".join(problem_words(t, problem)))


# --- JSON -----------------------------------------------------------------------------------------------


def _json(one: Outcome) -> dict[str, Any]:
    plans = [{"column": plan.header, "becomes": plan.becomes, "how": plan.how} for plan in one.understanding.columns]
    return {
        "file": one.understanding.table.place,
        "sheet": one.understanding.table.sheet,
        "source": one.source,
        "understood": {"about": one.understanding.about, "known": one.understanding.known, "columns": plans,
                       "notes": [{"code": note.code, "facts": note.facts} for note in one.understanding.notes]},
        "rows": one.rows,
        "stored": one.stored,
        "unchanged": one.unchanged,
        "refused": one.refused,
        "aside": one.aside,
        "people_new": one.people_new,
        "people_known": one.people_known,
        "interactions_new": one.interactions_new,
        "takings_new": one.takings_new,
        "pairs": one.suggestions,
        "contradictions": one.contradictions,
        "consents": one.consents,
        "problems": one.problem_counts,
        "noted": one.noted,
        "asides": one.asides,
        "changed": one.changed,
        "refused_file": one.refused_file,
        "change": None if one.receipt is None else one.receipt.number,
    }  # fmt: skip


def _unread(t: Translator, file: Path | str, error: PerthynError) -> dict[str, Any]:
    wrong, step = t.error(error)
    return {"file": str(file), "code": error.code, "facts": error.facts, "wrong": wrong, "next": step}
