"""The page on Google Sheets holds: its commands show what it says, its words are perthyn's, its pictures are fresh."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs" / "howto" / "google-sheet.md", "cy": ROOT / "docs" / "cy" / "howto" / "google-sheet.md"}
STANDS_FOR = "1AbC"
"""What the page writes for the long name of a spreadsheet."""

MEMBERS = [
    ["Name", "Email", "Phone", "Town"],
    ["Siân Llŷr", "sian@example.org", "01650 511000", "Machynlleth"],
    ["Ann Jones", "ann@example.org", "", "Llanidloes"],
    ["Gwen Rees", "gwen@example.org", "", "Caersws"],
]
GIFTS = [
    ["Date", "Name", "Email", "Donation"],
    ["2026-01-05", "Siân Llŷr", "sian@example.org", "25.00"],
    ["2026-02-05", "Ann Jones", "ann@example.org", "10.00"],
    ["2026-05-02", "Siân Llŷr", "sian@example.org", "25.00"],
    ["2026-06-11", "Ann Jones", "ann@example.org", "12.50"],
]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stage, tutorial = tool("sheet_stage"), tool("tutorial")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


# -- its commands ---------------------------------------------------------------------------------------------


def before(people: Any) -> dict[str, Callable[[], object]]:
    """What people do in the sheet before a command of the page."""

    def edits() -> None:
        people.sort("Contacts", "A")
        people.type("Contacts", "B2", "07700 900123")
        people.type("Interactions", "A3", "31/9/2026")

    return {"perthyn sync": edits}


def test_the_page_shows_what_happens() -> None:
    steps = tutorial.steps(read(PAGES["en"]))
    assert len(steps) > 5
    with stage.staged() as play:
        play.people.add_tab("Members 2026", MEMBERS)
        play.people.add_tab("Gifts", GIFTS)
        acts = before(play.people)
        for step in steps:
            acts.pop(step.command, lambda: None)()
            shown = play.show(step.command.replace(STANDS_FOR, play.book.id)).replace(play.book.id, STANDS_FOR)
            assert "exit code" not in shown, f"$ {step.command}\n{shown}"
            assert tutorial.fits(step.shown, shown), f"$ {step.command}\n{shown}"
        assert not acts, "no such command stands on the page"
        assert play.people.values("Members 2026") == MEMBERS
        assert "07700 900123" in play.show('perthyn contact show "Ann Jones"')


def test_a_new_laptop_has_everything() -> None:
    with stage.staged() as play:
        play.people.add_tab("Gifts", GIFTS)
        play.show(f"perthyn init --store {play.address}")
        play.show(f'perthyn import "{play.address}#Gifts"')
        laptop = Path("laptop")
        laptop.mkdir()
        (laptop / "perthyn-google.json").write_bytes(Path("perthyn-google.json").read_bytes())
        play.show(f"perthyn --at laptop init --store {play.address}")
        assert "£50.00" in play.show('perthyn --at laptop contact show "Siân Llŷr"')
        shown = play.show("perthyn --at laptop undo 2 --yes")
        assert "exit code" not in shown, shown
        assert "£50.00" not in play.show('perthyn contact show "Siân Llŷr"')


def test_a_fresh_copy_goes_on_without_those_who_were_erased() -> None:
    with stage.staged() as play:
        play.show(f"perthyn init --store {play.address}")
        for command in ("contact add Ann", "contact add Gwenllian", "contact erase Gwenllian --yes", "sync"):
            play.show(f"perthyn {command}")
        copy = play.people.make_copy("Copi", share={play.account: "writer"})
        shown = play.show(f"perthyn init --yes --store {stage.PLACE}{copy.id}")
        assert "exit code" not in shown, shown
        assert "Ann" in play.show("perthyn contact find Ann")
        assert [cell for tab in copy.sheets for *_, cell in tab.cells() if "Gwenllian" in str(cell.entered)] == []


def test_what_volunteers_type_at_the_desk_arrives() -> None:
    with stage.staged() as play:
        play.show(f"perthyn init --store {play.address}")
        play.show('perthyn contact add "Ann Jones" --set "note=likes cake"')
        desk = play.emulator.put("Desg", share={play.account: "writer"})
        shown = play.show(f"perthyn sheets desk --fields name,phones,language --to {stage.PLACE}{desk.id}")
        assert "exit code" not in shown, shown
        play.people.paste("Inbox", "A2", [["Gwen Rees", "", "gwen@example.org", "", "1/3/2026", "3"]], book=desk.id)
        shown = play.show("perthyn sync")
        assert "exit code" not in shown, shown
        assert "visit" in play.show('perthyn contact show "Gwen Rees"')
        assert [row[0] for row in play.people.values("People", book=desk.id)] == ["Name", "Ann Jones", "Gwen Rees"]
        assert [cell for tab in desk.sheets for *_, cell in tab.cells() if "cake" in str(cell.entered)] == []


def test_back_into_an_empty_sheet() -> None:
    with stage.staged() as play:
        for command in ("contact add Ann", "contact add Gwen --set language=cy"):
            play.show(f"perthyn {command}")
        shown = play.show(f"perthyn move --to {play.address}")
        assert "exit code" not in shown, shown
        assert sorted(row[0] for row in play.people.values("Contacts")[1:]) == ["Ann", "Gwen"]
        shown = play.show("perthyn sync")
        assert "exit code" not in shown and "Waiting" not in shown, shown


# -- its words and pictures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", PAGES)
def test_what_the_page_says_that_perthyn_says_is_what_it_says(language: str) -> None:
    words = "".join(
        re.sub(r'"\n"', "", read(file)).replace("\\n", "\n")
        for place in ("backends/perthyn_sheets", "core/perthyn")
        for file in sorted((ROOT / place / "locale" / language).glob("*.po"))
    )
    table = [line for line in read(PAGES[language]).splitlines() if line.startswith("| “")]
    assert len(table) > 6
    for line in table:
        said = line[line.index("“") + 1 : line.index("”")]
        assert said in words, said


def test_the_example_for_developers_runs() -> None:
    page = read(ROOT / "docs" / "howto" / "test-against-sheets.md")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(example, "test-against-sheets.md", "exec"), names)
    names["test_somebody_sorts_while_we_write"]()


def test_the_tabs_of_the_page_are_the_tabs() -> None:
    from perthyn.model import CORE_TYPES, KINDS
    from perthyn_sheets.layout import ABOUT, tabs_for

    types = {one.type_name: one for one in CORE_TYPES}
    tabs = [*tabs_for(types, [], KINDS).values(), ABOUT]
    for language, page in PAGES.items():
        named = re.findall(r"^\| \*\*(.+?)\*\* \|", read(page), re.MULTILINE)
        assert [one.titles[language] for one in tabs if not one.hidden and one.titles[language] not in named] == []


def test_the_pictures_are_what_the_sheet_looks_like() -> None:
    stale = [path.name for path, svg in stage.draw() if not path.is_file() or read(path) != svg]
    assert stale == [], "draw them afresh: python tests/tools/docs.py picture"
