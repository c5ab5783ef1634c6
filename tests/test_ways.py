"""Ways that code may not go: each has let somebody in somewhere. Whoever must go one is named here with the reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OPENS = {"pickle", "marshal", "shelve", "dill", "yaml", "telnetlib", "ftplib"}
RUNS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.startfile"}
DATABASES = {"sqlalchemy", "sqlite3", "psycopg"}
MAKES = {"Environment", "SandboxedEnvironment", "NativeEnvironment"}


def _name(node: ast.expr) -> str:
    """What is called, as it is written: ``os.system``; of a longer name, its end."""
    if isinstance(node, ast.Attribute):
        return f"{node.value.id if isinstance(node.value, ast.Name) else ''}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _imports(node: ast.AST) -> set[str]:
    """The libraries that a statement imports."""
    if isinstance(node, ast.Import):
        return {one.name.partition(".")[0] for one in node.names}
    return {(node.module or "").partition(".")[0]} if isinstance(node, ast.ImportFrom) and not node.level else set()


def _says(node: ast.AST, name: str, value: object) -> bool:
    """Whether a call is given a keyword with this value."""
    return isinstance(node, ast.Call) and any(
        one.arg == name and isinstance(one.value, ast.Constant) and one.value.value is value for one in node.keywords
    )


def _unescaped(node: ast.AST) -> bool:
    makes = isinstance(node, ast.Call) and _name(node.func).rpartition(".")[2] in MAKES
    return makes and not _says(node, "autoescape", True)


def _built(node: ast.AST) -> bool:
    """`Markup` of something that is put together, so that nothing in it is escaped."""
    if not (isinstance(node, ast.Call) and _name(node.func).rpartition(".")[2] == "Markup" and node.args):
        return False
    given = node.args[0]
    joined = isinstance(given, ast.JoinedStr | ast.BinOp)
    return joined or (isinstance(given, ast.Call) and _name(given.func).endswith((".format", ".join", ".replace")))


def _quoted(node: ast.AST) -> bool:
    """Something put between quotes of a text: a value that is built into a statement."""
    if not isinstance(node, ast.JoinedStr):
        return False
    parts = [one.value if isinstance(one, ast.Constant) else None for one in node.values]
    return any(
        part is None and str(before or "").endswith("'") and str(after or "").startswith("'")
        for before, part, after in zip(parts, parts[1:], parts[2:], strict=False)
    )


WAYS: dict[str, Callable[[ast.AST], bool]] = {
    "opens what may run": lambda node: bool(_imports(node) & OPENS),
    "runs a text": lambda node: isinstance(node, ast.Call) and _name(node.func) in RUNS,
    "asks a shell": lambda node: _says(node, "shell", True),
    "a file that another may make first": lambda node: isinstance(node, ast.Attribute) and node.attr == "mktemp",
    "believes any certificate": lambda node: (
        _says(node, "verify", False)
        or (
            isinstance(node, ast.Attribute)
            and node.attr in ("CERT_NONE", "check_hostname", "_create_unverified_context")
        )
    ),
    "has Google read a text as typed": lambda node: isinstance(node, ast.Constant) and node.value == "USER_ENTERED",
    "templates that escape nothing": _unescaped,
    "markup that is put together": _built,
}
EXCEPT = {
    ("core/perthyn/importing/spool.py", "opens what may run"): "what it wrote itself, in a file without a name",
    (
        "backends/perthyn_sheets/selfcheck.py",
        "has Google read a text as typed",
    ): "tries if columns of text stay so",
    (
        "core/perthyn/contacting/fields.py",
        "templates that escape nothing",
    ): "takes a letter apart, and renders none",
}

OWN_DATABASES = {
    "backends/perthyn_sheets/kept.py": "locks a file, in statements that are constant",
    "backends/perthyn_sheets/throttle.py": "counts calls in a file of its own, in statements that are constant",
}
"""Who speaks to a database besides the backend that is for it."""
QUOTED = {
    "backends/perthyn_sql/plainly.py": "codes of currencies, from our own table",
    "backends/perthyn_sql/views.py": "the organisation's currency, which settings take as three capitals only",
}
"""Where something stands between quotes in a statement."""
TEMPLATES = re.compile(r"\|\s*safe\b|autoescape\s+false|\|\s*attr\b|\.__")


@pytest.fixture(scope="module")
def modules() -> dict[str, list[ast.AST]]:
    """All that stands in each module."""
    files = [one for folder in ("core", "backends", "plugins") for one in sorted((ROOT / folder).rglob("*.py"))]
    return {one.relative_to(ROOT).as_posix(): [*ast.walk(ast.parse(one.read_text(encoding="utf-8")))] for one in files}


def gone(nodes: Iterable[ast.AST]) -> set[str]:
    """The ways that a module goes."""
    return {way for node in nodes for way, goes in WAYS.items() if goes(node)}


def test_nobody_goes_a_way_but_those_who_are_named(modules: dict[str, list[ast.AST]]) -> None:
    found = {(name, way) for name, nodes in modules.items() for way in gone(nodes)}
    assert sorted(found - EXCEPT.keys()) == [] and sorted(EXCEPT.keys() - found) == []


def test_statements_are_made_in_one_place_and_values_go_beside_them(modules: dict[str, list[ast.AST]]) -> None:
    speaks = {name for name, nodes in modules.items() if any(_imports(node) & DATABASES for node in nodes)}
    assert {one for one in speaks if not one.startswith("backends/perthyn_sql/")} == set(OWN_DATABASES)
    makes = {name for name in modules if name.startswith("backends/perthyn_sql/") or name in OWN_DATABASES}
    assert {name for name in makes if any(map(_quoted, modules[name]))} == set(QUOTED)


def test_templates_escape_all_that_they_show() -> None:
    files = [one for folder in ("core", "plugins") for one in (ROOT / folder).rglob("*.html")]
    told = {one.relative_to(ROOT).as_posix(): TEMPLATES.findall(one.read_text(encoding="utf-8")) for one in files}
    assert len(files) > 50 and not {name: found for name, found in told.items() if found}


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("import pickle", "opens what may run"),
        ("from yaml import load", "opens what may run"),
        ("eval(text)", "runs a text"),
        ("os.system(text)", "runs a text"),
        ("subprocess.run(text, shell=True)", "asks a shell"),
        ("tempfile.mktemp()", "a file that another may make first"),
        ("client.get(at, verify=False)", "believes any certificate"),
        ("context.check_hostname = False", "believes any certificate"),
        ("body = {'valueInputOption': 'USER_ENTERED'}", "has Google read a text as typed"),
        ("Environment()", "templates that escape nothing"),
        ("jinja2.Environment(autoescape=False)", "templates that escape nothing"),
        ("Markup(f'<b>{name}</b>')", "markup that is put together"),
        ("Markup('<b>' + name)", "markup that is put together"),
        ("Markup('<b>{}</b>'.format(name))", "markup that is put together"),
    ],
)
def test_each_way_is_found(source: str, way: str) -> None:
    assert gone(ast.walk(ast.parse(source))) == {way}


def test_what_escapes_goes_no_way() -> None:
    right = (
        "Markup('<b>{}</b>').format(name); Environment(autoescape=True); subprocess.run([a, b]); mirror.execute(q, v)"
    )
    assert gone(ast.walk(ast.parse(right))) == set()
    assert any(map(_quoted, ast.walk(ast.parse("f\"select '{name}'\"")))) and TEMPLATES.search("{{ name |safe }}")
