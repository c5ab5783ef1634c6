"""`perthyn plugin new`: a working, tested plugin, as one file or as a folder of its own."""

from __future__ import annotations

import keyword
from pathlib import Path
from string import Template

import click

from perthyn.cli.session import session
from perthyn.errors import PerthynError

_BESIDE = """
from perthyn.plugins import load_file
"""
_LOADED = """
$name = load_file(Path(__file__).with_name("$name.py"))
"""


@click.command("new")
@click.argument("name")
@click.option(
    "--channel", is_flag=True, help="A channel: it takes in what another system sends. (It is the only kind.)"
)
@click.option("--folder", is_flag=True, help="As a folder, to be installed and given to others.")
@click.pass_context
def new(context: click.Context, name: str, channel: bool, folder: bool) -> None:
    """Make a plugin that works, with its tests; then change it.

    One file in the folder named plugins, beside perthyn.toml; its tests stand beside it and are not loaded. With
    --folder a folder of its own in the one you are in.

    Example: perthyn plugin new shop --channel
    """
    s = session(context)
    if not (name.isascii() and name.isidentifier() and name == name.lower()) or keyword.iskeyword(name):
        raise PerthynError("plugin.new.name", name=name)
    if not folder and any(one.name == name and one.group != "file" for one in s.plugins.loaded):
        raise PerthynError("plugin.new.taken", name=name)
    files = _folder(name) if folder else _one_file(name, s.settings.plugins_folder)
    there = next((path for path in files if path.exists()), None)
    if there is not None:
        raise PerthynError("plugin.new.exists", file=there)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        s.screen.sentence(s.t("Written: {file}", file=path))
    tests = next(path for path in files if "test" in path.name)
    s.screen.sentence(s.t("Its tests: {command}", command=f"pytest {tests}"))
    s.screen.sentence(s.t("Use it: write {section} into perthyn.toml, and give it its key with {command}",
                          section=f"[{name}]", command=f"perthyn plugin secret {name} key"))  # fmt: skip


def _one_file(name: str, plugins: Path) -> dict[Path, str]:
    """The file and its tests, whose name is that of no plugin."""
    tests = plugins / f"_test_{name}.py"
    return {
        plugins / f"{name}.py": _made("channel", name),
        tests: _made("test", name, module=name, tests=f"plugins/{tests.name}", imports=_BESIDE, loads=_LOADED),
    }


def _folder(name: str) -> dict[Path, str]:
    """A distribution."""
    place, module = Path(f"perthyn-{name}"), f"perthyn_{name}"
    tests = f"tests/test_{name}.py"
    return {
        place / "pyproject.toml": _made("pyproject", name),
        place / f"{module}.py": _made("channel", name),
        place / tests: _made("test", name, module=module, tests=tests, imports=f"\nimport {module}", loads=""),
    }


def _made(kind: str, name: str, **more: str) -> str:
    said = {"name": name, "class_": name.title().replace("_", ""), "title": name.replace("_", " ").capitalize(), **more}
    said = {field: Template(text).safe_substitute(said) for field, text in said.items()}
    text = (Path(__file__).with_name("new_plugin") / f"{kind}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(said)
