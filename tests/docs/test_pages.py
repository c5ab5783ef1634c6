"""The pages hold: made ones are as the code is, links lead somewhere, examples work, README and CI agree."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from uuid import UUID

import pytest

from perthyn.cli.main import COMMANDS
from perthyn.hooks import Hooks
from perthyn.importing.maps import read_map
from perthyn.importing.meanings import MEANINGS
from perthyn.model import CORE_TYPES, KINDS, Segment
from perthyn.plugins import Plugins
from perthyn.rules import RuleSchema, parse, print_rule

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FRIENDS = Segment(id=UUID(int=1), name_en="Friends", name_cy="Cyfeillion", mode="hand")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docs = tool("docs")


def blocks(page: Path, language: str) -> list[str]:
    """The code of one language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_pages_made_from_code_and_links_hold() -> None:
    assert docs.check() == []


def test_every_hook_and_command_stands_in_the_reference() -> None:
    hooks = docs.hooks_page()
    for name in vars(Hooks):
        assert name.startswith("_") or f"### {name}\n" in hooks
    commands = docs.cli_page()
    for name in COMMANDS:
        assert f"## perthyn {name}\n" in commands
    assert "## perthyn segment why\n" in commands


def test_each_code_stands_in_the_reference() -> None:
    page = docs.errors_page()
    for code in ("store.conflict", "import.date.impossible", "import.file.empty"):
        assert f"| `{code}` |" in page


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# One Thing\n[a](page.md#one-thing) [b](gone.md) ![c](gone.svg) [d](#two) [e](https://x.test)\n"
                    "```\n[f](nowhere.md)\n```\n", encoding="utf-8")  # fmt: skip
    found = [line.split(": ")[1] for line in docs.links(page)]
    assert found == ["gone.md is not there", "gone.svg is not there", "#two names no heading"]


def test_docstrings_become_markdown() -> None:
    said = "Say ``so``::\n\n    one = 1\n\n    two = 2\n\nAnd go on."
    assert docs.markdown(said) == "Say `so`:\n\n```python\none = 1\n\ntwo = 2\n```\n\nAnd go on."


# -- examples ------------------------------------------------------------------------------------------------


def test_the_plugin_of_the_page_works(tmp_path: Path) -> None:
    example, *_ = blocks(DOCS / "howto" / "write-a-plugin.md", "python")
    (tmp_path / "workshops.py").write_text(example, encoding="utf-8")
    plugins = Plugins.find(tmp_path, among=[])
    assert [one.broken for one in plugins.loaded] == [""]
    assert [one.name for one in plugins.offer("offer_kinds")] == ["workshop"]
    (export,) = plugins.offer("offer_known_exports")
    assert set(export.columns.values()) <= set(MEANINGS) and set(export.defaults) <= set(MEANINGS)
    assert plugins.loaded[0].broken == ""


def test_the_map_of_the_page_is_read(tmp_path: Path) -> None:
    (example,) = blocks(DOCS / "howto" / "import-your-files.md", "toml")
    file = tmp_path / "members.toml"
    file.write_text(example, encoding="utf-8")
    assert read_map(file).columns["No mailing?"].inverted


def test_the_rules_of_the_page_mean_the_same_in_both_languages() -> None:
    page = (DOCS / "howto" / "ask-with-rules.md").read_text(encoding="utf-8")
    pairs = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", page, re.MULTILINE)
    assert len(pairs) > 10
    schema = RuleSchema.build(CORE_TYPES, KINDS, segments=[FRIENDS])
    for english, welsh in pairs:
        assert print_rule(parse(welsh, schema), schema, "en") == print_rule(parse(english, schema), schema, "en")
        assert print_rule(parse(english, schema), schema, "cy") == welsh


def test_every_meaning_stands_on_the_page() -> None:
    page = (DOCS / "howto" / "import-your-files.md").read_text(encoding="utf-8")
    assert [name for name in MEANINGS if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", ["write-a-plugin", "write-a-backend"])
def test_python_on_the_pages_is_python(page: str) -> None:
    for example in blocks(DOCS / "howto" / f"{page}.md", "python"):
        compile(example, page, "exec")


# -- README and CI ---------------------------------------------------------------------------------------------


def test_the_readme_has_its_two_commands_on_one_line_each() -> None:
    (main_job,), (tests,) = docs.readme_block("main job"), docs.readme_block("tests")
    assert "perthyn demo" in main_job and "pytest" in tests
    for command in (main_job, tests):
        assert command.startswith("python3 -m venv .venv && ") and "sudo" not in command


def test_ci_runs_what_the_readme_says() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "from_readme tests" in script and "from_readme 'main job'" in script
    for needed in (
        "ruff check",
        "ruff format --check",
        "mypy",
        "catalogues.py check",
        "docs.py check",
        "PYTHONTZPATH= ",
    ):
        assert needed in script


def test_the_welsh_pages_are_named_like_the_english_ones() -> None:
    for page in (DOCS / "cy").rglob("*.md"):
        beside = DOCS / page.relative_to(DOCS / "cy")
        assert beside.is_file(), f"{page.name} translates no page"
