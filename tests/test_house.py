"""The house keeps its stairs: imports go down, roots hold what they should, every name can be installed."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "core" / "perthyn"
STAIRS = (
    "errors", "text", "model", "rules", "changes", "contents", "store", "upgrades", "history", "merging", "moving",
    "house", "channel", "work", "pages", "letter_fields", "rights", "demonstration", "hooks", "entries", "plugins",
    "settings", "secrets", "audit", "backups", "importing", "contacting", "crm", "words", "screens", "cli",
)  # fmt: skip
KIT = "testing"  # for authors of backends and plugins: may look at everything up to `moving`
CHANNEL_KIT = "channel_suite"  # the part of it that takes things in as the core does: at `crm` too
SEVEN = {"core", "plugins", "backends", "docs", "tests", "pyproject.toml", "README.md"}
STANDARD_LATE = {"difflib", "json", "getpass", "pathlib"}  # left out of `perthyn --help`, which must be quick
HEAVY = {
    "sqlalchemy", "rich", "phonenumbers", "python_calamine", "xlsxwriter", "rapidfuzz", "email_validator", "tomlkit",
    "platformdirs", "google_auth_oauthlib", "gspread", "hypothesis", "keyring", "oauthlib", "click", "pydantic",
    "psycopg", "pyrage",
    "dns", "flufl", "httpx2", "imap_tools", "jinja2", "markdown_it", "starlette", "stripe", "uvicorn",
    "argon2", "authlib", "joserfc", "cryptography", "fastapi", "pyotp", "segno", "vl_convert",
    "perthyn_web.api.areas", "perthyn_web.app", "perthyn_web.entering", "perthyn_web.pages",  # fastapi, jinja2
    "perthyn_demo.generate",  # a tenth of a second too
    "perthyn_web.by_email.letter",  # xml and what draws, for whoever has one sent
    "perthyn_email.mailbox", "perthyn_email.pages",  # regular expressions, imaplib, asyncio: a tenth of a second
    "perthyn_donations.api", "perthyn_donations.screens", "perthyn_email.screens", "perthyn_tickets.screens",
    "perthyn_sheets.auth", "perthyn_sheets.client", "perthyn_door.serving",  # these load gspread and Google's libraries
} | STANDARD_LATE  # fmt: skip


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def step(file: Path) -> str:
    """The stair a core module stands on: the first name below ``perthyn``."""
    first = file.relative_to(CORE).parts[0]
    return first.removesuffix(".py")


def imports(file: Path, *, inside: bool | None = None) -> Iterator[tuple[int, str]]:
    """(line, module) of each import; `inside`: only those within functions (True) or only the others (False)."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    within = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if inside is not None and (node in within) is not inside:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = file.parent.relative_to(file_root(file)).parts
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(filter(None, (base, node.module)))
            yield node.lineno, name


def file_root(file: Path) -> Path:
    return next(ROOT / name for name in ("core", "backends", "plugins") if (ROOT / name) in file.parents)


@pytest.mark.parametrize("file", modules(CORE), ids=lambda file: str(file.relative_to(CORE)))
def test_core_imports_go_downstairs(file: Path) -> None:
    mine = step(file)
    if mine in ("__init__", "py"):
        return
    assert mine in STAIRS or mine == KIT, f"{file.name}: the stair '{mine}' is new: give it a place in STAIRS"
    for line, module in imports(file):
        parts = module.split(".")
        if parts[0] in ("perthyn_sql", "perthyn_sheets") or (parts[0].startswith("perthyn_")):
            raise AssertionError(f"{file}:{line}: the core imports {module}; it may import no backend or plugin")
        if parts[0] != "perthyn" or len(parts) == 1:
            continue
        theirs = parts[1]
        highest = STAIRS.index(mine if mine != KIT else "crm" if file.parent.name == CHANNEL_KIT else "moving")
        allowed = theirs == mine or (theirs in STAIRS and STAIRS.index(theirs) <= highest)
        assert allowed, f"{file}:{line}: '{mine}' stands below '{theirs}': move what is shared down, or hand it in"


@pytest.mark.parametrize("folder", ["backends", "plugins"])
def test_backends_and_plugins_keep_to_themselves(folder: str) -> None:
    for package in (ROOT / folder).iterdir():
        if not package.is_dir() or package.name.startswith((".", "_")):
            continue
        for file in modules(package):
            for line, module in imports(file):
                first = module.split(".")[0]
                if first.startswith("perthyn_") and first != package.name:
                    raise AssertionError(f"{file}:{line}: {package.name} imports {first}; ask for it by a hook")


def test_pages_take_nothing_from_the_command_line() -> None:
    for file in [*modules(ROOT / "plugins"), *modules(ROOT / "backends")]:
        named = {module for _, module in imports(file)}
        shows = "perthyn.screens" in named or "perthyn_web/pages" in file.as_posix()
        faces = [one for one in named if one.startswith("perthyn.cli")]
        assert not (shows and faces), f"{file} shows pages: what it needs of {faces} belongs below both (perthyn.words)"


@pytest.mark.parametrize("folder", ["core", "backends", "plugins"])
def test_functions_import_heavy_libraries_only(folder: str) -> None:
    for file in modules(ROOT / folder):
        for line, module in imports(file, inside=True):
            first = module.split(".")[0]
            ours_late = file.is_relative_to(CORE / "cli") and first == "perthyn"  # commands load when they run
            assert HEAVY & {first, module} or ours_late, f"{file}:{line}: import {module} at the top, or hand it in"


def test_the_root_holds_seven_names() -> None:
    found = {one.name for one in ROOT.iterdir() if not one.name.startswith(".")}
    litter = {"__pycache__", "build", "dist"}
    assert found - litter <= SEVEN | {"LICENSE"}, f"not one of the seven: {sorted(found - SEVEN - litter)}"
    for folder in ("core", "backends", "plugins"):
        loose = [one.name for one in (ROOT / folder).glob("*.py")]
        assert not loose, f"{folder} is an import root: put {loose} into a package"


def test_folders_entry_points_and_wheel_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    there = {
        f"{folder}/{one.name}"
        for folder in ("core", "backends", "plugins")
        for one in (ROOT / folder).iterdir()
        if (one / "__init__.py").is_file()
    }
    assert packed == there, f"the wheel's packages and the folders differ: {sorted(packed ^ there)}"
    names = {one.split("/")[1] for one in there}
    for group, entries in project["project"]["entry-points"].items():
        for name, target in entries.items():
            assert target.partition(":")[0].split(".")[0] in names, f"{group}: {name} points to {target}, not packed"


def test_files_are_read_in_one_sitting() -> None:
    long = {str(file.relative_to(ROOT)): count for file in python_files() if (count := lines(file)) > 500}
    assert not long, f"over 500 lines; split by subject: {long}"


def python_files() -> Iterator[Path]:
    for folder in ("core", "backends", "plugins", "tests"):
        yield from modules(ROOT / folder)


def lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_every_open_names_its_encoding() -> None:
    for file in python_files():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            texts = name in ("read_text", "write_text")
            mode = next((arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)), "r")
            opened = isinstance(node.func, ast.Name) and name == "open" and "b" not in str(mode)
            named = any(keyword.arg in ("encoding", None) for keyword in node.keywords)
            enough = len(node.args) > (0 if name == "read_text" else 1) if texts else False
            assert named or enough or not (texts or opened), f"{file}:{node.lineno}: {name} names no encoding"
