"""The pages that are made from the code, and the check that they, the links and the README still hold.

python tests/tools/docs.py generate    write docs/reference/*.md afresh
python tests/tools/docs.py picture     draw docs/pictures/*.svg from demonstrations in folders that go again
                                       (of the web app, by a browser: python tests/tools/web_pictures.py)
python tests/tools/docs.py check       name each mistake; exit 1 when there is one
"""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import click
from rich.console import Console
from rich.text import Text

from perthyn.cli.language import speak, spoken
from perthyn.cli.main import COMMANDS, perthyn
from perthyn.cli.session import Session
from perthyn.entries import entries
from perthyn.model import CORE_TYPES, KINDS
from perthyn.rules import RuleSchema
from perthyn.rules.keywords import KEYWORDS
from perthyn_sql.plainly import OnPostgres, OnSqlite
from perthyn_sql.tables import Schema
from perthyn_sql.views import views

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WIDTH = 96
MADE = "<!-- Made by tests/tools/docs.py from the code; change the code, then run it again. -->"
KINDS_OF_HOOK = {
    "answer": "Plugins are asked in turn, the last loaded first; the first value that is not None wins.",
    "offer": "Each plugin gives a list; the lists are joined. A plugin that raises is named and left out.",
    "ask": "Each plugin may refuse, with a reason, before something happens; one that raises refuses too.",
    "tell": "Something has happened. Nothing can be stopped; who raises is named, and the next is told all the same.",
}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
README_COMMANDS = ("main job", "tests")
LARGEST = 150_000
"""Bytes that a picture of the web app may have."""


# --- the pages made from code ------------------------------------------------------------------------


def pages() -> dict[Path, str]:
    """Every made page as it should be: path to text."""
    return {
        DOCS / "reference" / "hooks.md": hooks_page(),
        DOCS / "reference" / "cli.md": cli_page(),
        DOCS / "reference" / "rules.md": rules_page(),
        DOCS / "reference" / "errors.md": errors_page(),
        DOCS / "reference" / "views.md": views_page(),
        DOCS / "reference" / "rest-api.md": tool("api_reference").page(MADE),
        DOCS / "reference" / "roles.md": tool("web_reference").roles_page(MADE),
        DOCS / "reference" / "web.md": tool("web_reference").web_page(MADE),
    }


def hooks_page() -> str:
    """Each hook with its signature and its docstring, as they stand in `core/perthyn/hooks.py`."""
    tree = ast.parse((ROOT / "core" / "perthyn" / "hooks.py").read_text(encoding="utf-8"))
    specs = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Hooks")
    hooks = [node for node in specs.body if isinstance(node, ast.FunctionDef)]
    parts = [f"# Hooks\n\n{MADE}", markdown(ast.get_docstring(tree) or "")]
    for kind, said in KINDS_OF_HOOK.items():
        parts.append(f"## {kind.capitalize()}\n\n{said}")
        for hook in (one for one in hooks if one.name.startswith(f"{kind}_")):
            arguments = [one for one in hook.args.args if one.arg != "self"]
            given = ", ".join(f"{one.arg}: {ast.unparse(one.annotation or ast.Constant(...))}" for one in arguments)
            signature = f"def {hook.name}({given}) -> {ast.unparse(hook.returns or ast.Constant(None))}"
            doc = markdown(ast.get_docstring(hook) or "")
            parts.append(f"### {hook.name}\n\n```python\n{signature}\n```\n\n{doc}")
    return "\n\n".join(parts) + "\n"


def markdown(docstring: str) -> str:
    """A docstring as Markdown: an indented example after ``::`` becomes a block, ``code`` single-quoted code."""
    lines: list[str] = []
    block = False
    for line in docstring.splitlines():
        if not block and line.endswith("::"):
            lines += [line[:-1], "", "```python"]
            block = True
        elif block and line and not line.startswith(" "):
            lines[-1:] = ["```", "", line]
            block = False
        elif block:
            if line or lines[-1] != "```python":
                lines.append(line.removeprefix("    "))
        else:
            lines.append(line)
    return re.sub(r"(?<!`)``(?!`)", "`", "\n".join([*lines, "```"] if block else lines))


def cli_page() -> str:
    """The help of every command, in English."""
    parts = [f"# The command line\n\n{MADE}", CLI_HEAD]
    with speak("en"), Session({"COLUMNS": str(WIDTH)}, str(ROOT / "docs"), "en", "", True, False) as session:
        top = spoken(perthyn, session.t)
        context = click.Context(top, info_name="perthyn", obj=session, terminal_width=WIDTH, max_content_width=WIDTH)
        parts.append(block(top.get_help(context)))
        ours = [one.name for one in entries() if one.group == "perthyn.commands" and of_ours(one.distribution)]
        for name in [*COMMANDS, *ours]:
            command = perthyn.get_command(context, name)
            assert command is not None
            parts += list(helps(command, context, f"perthyn {name}"))
    return "\n\n".join(parts) + "\n"


def of_ours(distribution: str) -> bool:
    return distribution.partition(" ")[0] == "perthyn"


CLI_HEAD = """\
Every command is in this page as `perthyn COMMAND --help` shows it. Alike everywhere: what reads takes `--json` (stable
names, for scripts), what writes much takes `--dry-run`, `--lang cy` gives Welsh. Exit codes: 0 done, 1 an error that is
shown with its next step, 2 wrong use of a command, 3 imported but for rows that wait to be corrected, 130 interrupted
(nothing is half done). Codes of errors: [errors.md](errors.md)."""


def helps(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    """The help of a command, then of each command below it."""
    context = click.Context(command, info_name=name.split()[-1], parent=parent, obj=parent.obj, max_content_width=WIDTH)
    context.terminal_width = WIDTH
    yield f"## {name}"
    yield block(command.get_help(context))
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from helps(found, context, f"{name} {below}")


def block(text: str) -> str:
    return "```text\n" + "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n```"


def rules_page() -> str:
    """The words of rules in both languages, from the schema that rules are bound with."""
    schema = RuleSchema.build(CORE_TYPES, KINDS)
    parts = [f"# The words of rules\n\n{MADE}", RULES_HEAD]
    parts += ["## What a contact is", words_table(schema.contact.fields.values())]
    parts += ["## What a contact has", words_table(schema.lists.values())]
    parts += ["## What happened", words_table(schema.histories.values())]
    for record in ("interaction", "consent"):
        parts += [f"## What may be said of each: {record}", words_table(schema.scopes[record].fields.values())]
    keywords = [
        f"| {' · '.join(said['en'])} | {' · '.join(said['cy'])} |" for said in KEYWORDS.values() if any(said["en"])
    ]
    parts += ["## The words between", "| English | Cymraeg |\n|---|---|\n" + "\n".join(keywords)]
    return "\n\n".join(parts) + "\n"


RULES_HEAD = """\
How rules are put together: [ask with rules](../howto/ask-with-rules.md). Of several words the first is the one that is
printed; all are understood, Welsh ones also when mutated, capitals and accents aside."""


def words_table(terms: Iterable[Any]) -> str:
    rows = [f"| {' · '.join(one.words['en'])} | {' · '.join(one.words['cy'])} |" for one in terms]
    return "| English | Cymraeg |\n|---|---|\n" + "\n".join(rows)


def errors_page() -> str:
    """Every code with its words, from the English catalogues."""
    catalogues = tool("catalogues")
    parts = [f"# Errors and problems\n\n{MADE}", ERRORS_HEAD]
    for home in catalogues.homes(ROOT):
        found = {}
        for path in catalogues.fragments(home, "en"):
            for message in catalogues.entries(catalogues.read(path)):
                if catalogues.CODE.fullmatch(catalogues.name(message)):
                    found[catalogues.name(message)] = str(message.string)
        if found:
            parts += [
                f"## {home.relative_to(ROOT).as_posix()}",
                "| code | what is wrong | what to do next |\n|---|---|---|",
            ]
            parts[-1] += "".join(f"\n| `{code}` | {cells(words)} |" for code, words in sorted(found.items()))
    return "\n\n".join(parts) + "\n"


def views_page() -> str:
    """Every view for reporting tools, with the labels of its columns."""
    schema = Schema(CORE_TYPES)
    parts = [f"# Views for reporting tools\n\n{MADE}", VIEWS_HEAD]
    for view in views(schema, "GBP", "sqlite"):
        rows = [
            f"| `{one.name}` | {one.en} | {one.cy} | {OnSqlite.sorts[one.kind]} | {OnPostgres.sorts[one.kind]} |"
            for one in view.columns
        ]
        table = "| column | English | Cymraeg | SQLite | PostgreSQL |\n|---|---|---|---|---|\n" + "\n".join(rows)
        parts += [f"## {view.name}", table]
    return "\n\n".join(parts) + "\n"


VIEWS_HEAD = """\
How to use them: [reporting tools](../howto/reporting-tools.md). Names of views and columns stay; columns may be added
at any place, so name those that you want rather than `*`. A plugin's record type `gifts.pledge` is the view
`report_gifts__pledge`, with a view `report_gifts__pledge__<list>` for each of its lists.

`<field>_minor` is the same money in minor units (pence), exactly. A name that SQL keeps for itself (`order`, `end`,
`where`, `column`, `to`, `by`) stands in double quotes: `SELECT "order" FROM report_takings`. Who is in a segment by
rule is worked out by perthyn and stands in no view; `report_memberships` holds those by hand and of a day."""


ERRORS_HEAD = """\
A code is stable: scripts may rely on it. It stands in `--json`, in problems kept in the store and here; its words are
shown in the reader's language. `{...}` are the facts of the case."""


def cells(words: str) -> str:
    wrong, _, step = words.replace("|", "\\|").partition("\n")
    return f"{wrong} | {step}"


def tool(name: str) -> ModuleType:
    """Another file of this folder."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the picture -------------------------------------------------------------------------------------

PICTURED = {
    "contact": 'perthyn contact show "Gareth Thomas"',
    "segment": 'perthyn segment members "Quiet givers"',
}
QUIET = "donations at least 3 in last 24 months and no visits in last 6 months"
BEFORE = ("perthyn demo example", "perthyn import example", f'perthyn segment add "Quiet givers" "{QUIET}"')
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # a picture fetches nothing from elsewhere


class Terminal(io.StringIO):
    """A screen that says it is one."""

    def isatty(self) -> bool:
        return True


def draw() -> Iterator[tuple[Path, str]]:
    """What a terminal shows of the demonstration, and a Google Sheet, as SVG."""
    tutorial = tool("tutorial")
    with tempfile.TemporaryDirectory() as folder, tutorial.settled(Path(folder)):
        for command in (
            "perthyn demo example",
            "perthyn import example",
            f'perthyn segment add "Quiet givers" "{QUIET}"',
        ):
            tutorial.show(command)
        for name, command in PICTURED.items():
            console = Console(record=True, width=100, file=io.StringIO(), legacy_windows=False)
            console.print(Text.from_ansi(tutorial.show(command, Terminal())))
            svg = console.export_svg(title=command, unique_id=name)
            yield DOCS / "pictures" / f"{name}.svg", FONTS.sub("", svg)
    yield from tool("sheet_stage").draw()


# --- checking ----------------------------------------------------------------------------------------


def check() -> list[str]:
    """Every mistake, as a line that names its place; empty when all is well."""
    stale = [path for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    mistakes = [f"{path.relative_to(ROOT).as_posix()}: run python tests/tools/docs.py generate" for path in stale]
    for page in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        mistakes += links(page)
    mistakes += unshown()
    mistakes += [f"README.md: not one line between <!-- {name} --> and the end of its block" for name in
                 README_COMMANDS if len(readme_block(name)) != 1]  # fmt: skip
    return mistakes


def unshown() -> Iterator[str]:
    """Pictures of the web app that no page shows, and those larger than a page should load."""
    shown = "".join(one.read_text(encoding="utf-8") for one in [ROOT / "README.md", *DOCS.rglob("*.md")])
    for picture in sorted((DOCS / "pictures").glob("web-*.png")):
        if f"/{picture.name})" not in shown:
            yield f"docs/pictures/{picture.name}: no page shows it"
        if picture.stat().st_size > LARGEST:
            yield f"docs/pictures/{picture.name}: more than {LARGEST:,} bytes"


def links(page: Path) -> Iterator[str]:
    """Links of a page to files or headings that are not there."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for found in LINK.finditer(text):
        target = unquote(found[1] or found[2])
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, heading = target.partition("#")
        to = (page.parent / file).resolve() if file else page
        place = page.relative_to(ROOT).as_posix()
        if not to.exists():
            yield f"{place}: {target} is not there"
        elif heading and heading not in anchors(to):
            yield f"{place}: {target} names no heading"


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings are linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def readme_block(name: str) -> list[str]:
    """The lines of the first code block after a mark of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)\n```", text, flags=re.DOTALL)
    return found[1].splitlines() if found else []


def main(command: str) -> int:
    if command in ("generate", "picture"):
        for path, text in pages().items() if command == "generate" else draw():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT).as_posix())
        return 0
    if command != "check":
        print(__doc__)
        return 2
    mistakes = check()
    print("\n".join(mistakes) or f"{len(pages())} made pages, {len(list(DOCS.rglob('*.md')))} pages: all well")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
