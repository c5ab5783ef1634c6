"""Click's own words in Welsh: all of them, for one block, and not a moment longer."""

from __future__ import annotations

import ast
import gettext
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

from perthyn.cli.language import speak, spoken
from perthyn.text import CATALOGUE, Translator


def clicks_words() -> Iterator[str]:
    """Each sentence that the installed click hands to gettext."""
    for path in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext")
            if called and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


def make_command() -> click.Group:
    @click.group()
    @click.version_option("1.0", prog_name="perthyn")
    def perthyn() -> None:
        """Reads what {{you}} give."""

    @perthyn.command()
    @click.argument("file", type=click.Path(exists=True))
    @click.option("--kind", type=click.Choice(["visit", "gift"]), help="Which kind.")
    def read(file: str, kind: str) -> None:
        pass

    return perthyn


def run(*args: str, language: str = "cy") -> str:
    with speak(language):
        return CliRunner().invoke(make_command(), args, prog_name="perthyn").output


def test_every_word_of_click_is_in_the_catalogue() -> None:
    with Path(CATALOGUE, "cy", "click.po").open("rb") as file:
        ours = {m.id if isinstance(m.id, str) else m.id[0] for m in read_po(file, locale="cy")}
    words = set(clicks_words())
    assert len(words) > 60
    assert words - ours == set()


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (["--help"], ["Defnydd: perthyn", "Dewisiadau:", "Gorchmynion:", "Dangos y neges hon a gorffen."]),
        (["--version"], ["perthyn, fersiwn 1.0"]),
        (["raed"], ["Gwall: Nid oes gorchymyn o'r enw 'raed'.", "Rhowch gynnig ar 'perthyn --help' am gymorth."]),
        (["read"], ["Gwall: Ymresymiad ar goll"]),
        (["read", "nowhere"], ["nid yw'n bod"]),
        (["read", ".", "--kind", "x"], ["Nid yw 'x' yn un o'r canlynol: 'visit', 'gift'."]),
        (["read", ".", "--kind"], ["Mae angen ymresymiad ar y dewis '--kind'."]),
        (["read", ".", "x"], ["Cafwyd ymresymiad annisgwyl (x)"]),
        (["read", ".", "x", "y"], ["Cafwyd ymresymiadau annisgwyl (x y)"]),
    ],
)
def test_click_speaks_welsh(args: list[str], shown: list[str]) -> None:
    output = run(*args)
    assert [words for words in shown if words not in output] == [], output


@pytest.mark.parametrize("before", [None, "cy", "fr"])
def test_nothing_is_left_behind(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    if before:
        monkeypatch.setenv("LANGUAGE", before)
    folder = gettext.bindtextdomain("messages")
    with pytest.raises(RuntimeError), speak("cy"):
        assert gettext.gettext("Options") == "Dewisiadau"
        raise RuntimeError
    assert os.environ.get("LANGUAGE") == before
    assert gettext.bindtextdomain("messages") == folder
    assert gettext.gettext("Options") == "Options"


def test_a_wish_for_english_wins_over_a_welsh_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "cy")
    assert "Usage: perthyn" in run("--help", language="en")


def test_help_is_in_the_language_and_the_command_itself_is_unchanged(tmp_path: Path) -> None:
    words = Catalog(locale="cy")
    words.add("Reads what {{you}} give.", "Mae'n darllen yr hyn a {{rowch}}.")
    words.add("Which kind.", "Pa fath.")
    (tmp_path / "cy" / "LC_MESSAGES").mkdir(parents=True)
    with (tmp_path / "cy" / "LC_MESSAGES" / "perthyn.mo").open("wb") as file:
        write_mo(file, words)
    made = make_command()
    with speak("cy"):
        welsh = spoken(made, Translator("cy", [tmp_path]))
        top, child = (CliRunner().invoke(welsh, args).output for args in (["--help"], ["read", "--help"]))
    assert "Mae'n darllen yr hyn a {rowch}." in top
    assert "Dangos y fersiwn a gorffen." in top, "click worded --version while English was spoken"
    assert "Pa fath." in child
    assert "Reads what {{you}} give." in CliRunner().invoke(made, ["--help"]).output
    assert "Which kind." in CliRunner().invoke(made, ["read", "--help"]).output
