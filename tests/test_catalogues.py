"""Every code and sentence has its words, in both languages; and the check that says so can fail."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "tests" / "tools" / "catalogues.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # where dataclasses looks
    spec.loader.exec_module(module)
    return module


catalogues = load_tool()


def test_no_word_is_missing() -> None:
    assert catalogues.check(ROOT) == []


def test_the_compiled_catalogues_are_those_of_the_sources() -> None:
    fresh = catalogues.compiled(ROOT)
    kept = [path for home in catalogues.homes(ROOT) for path in home.glob("locale/*/LC_MESSAGES/*.mo")]
    assert set(kept) == set(fresh), "python tests/tools/catalogues.py compile"
    assert [path for path in kept if path.read_bytes() != fresh[path]] == []


# --- planted mistakes: a small tree that is right, and each way of spoiling it ---------------------------

EN = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
CY = f'{EN}"Plural-Forms: {catalogues.PLURALS["cy"]}\\n"\n'

SOURCE = '''
class Refused(PerthynError):
    """One level down."""

@click.command()
@click.option("--what", help="Which one.")
def read(t, row, what, facts):
    """Reads a file."""
    t("Hello {name}", name=what)
    t.n("{n} row", "{n} rows", row)
    kept = phrase("Kept for later")
    Note("area.thing.odd")
    if what:
        raise Refused("area.thing.wrong" if row else "area.thing.odd", row=row)
    raise PerthynError("area.thing.wrong", **facts)
'''

EN_WORDS = """
msgid "area.thing.wrong"
msgstr "Row {row} is wrong.\\nMend it."

msgid "area.thing.odd"
msgstr "It is odd.\\nLook at it."
"""

CY_WORDS = """
# heb ei adolygu
msgid "area.thing.wrong"
msgstr "Mae rhes {row} yn anghywir.\\nCywirwch hi."

# heb ei adolygu
msgid "area.thing.odd"
msgstr "Mae'n od.\\nEdrychwch arno."

msgid "Hello {name}"
msgstr "Helo {name}"

msgid "Reads a file."
msgstr "Mae'n darllen ffeil."

msgid "Which one."
msgstr "Pa un."

msgid "Kept for later"
msgstr "Cadwyd at eto"

msgid "{n} row"
msgid_plural "{n} rows"
msgstr[0] "{n} rhes"
msgstr[1] "Un rhes"
msgstr[2] "{n} res"
msgstr[3] "{n} rhes"
msgstr[4] "{n} rhes"
msgstr[5] "{n} rhes"
"""


def write(root: Path, source: str = SOURCE, en: str = EN + EN_WORDS, cy: str = CY + CY_WORDS) -> Path:
    home = root / "core" / "perthyn"
    for folder in (home / "locale" / "en", home / "locale" / "cy"):
        folder.mkdir(parents=True)
    (home / "__init__.py").write_text("", encoding="utf-8")
    (home / "area.py").write_text(source, encoding="utf-8")
    (home / "locale" / "en" / "area.po").write_text(en, encoding="utf-8")
    (home / "locale" / "cy" / "area.po").write_text(cy, encoding="utf-8")
    return root


def test_a_tree_that_is_right_has_no_mistakes(tmp_path: Path) -> None:
    assert catalogues.check(write(tmp_path)) == []
    assert catalogues.reviewed(tmp_path) == (5, 7)


FOUR_FORMS = "nplurals=4; plural=(n==1) ? 0 : (n==2) ? 1 : (n != 8 && n != 11) ? 2 : 3;"
MISTAKES = {
    "a code without words": ("source", 'Note("area.thing.odd")', 'Note("area.new")', "area.new is not in the cy"),
    "a code one level down": ("source", 'raise Refused("area.thing.wrong"', 'raise Refused("area.b"', "area.b is"),
    "a code in an else": ("source", 'else "area.thing.odd"', 'else "area.c"', "area.c is not in the en catalogue"),
    "a code handed on": ("source", 'phrase("Kept for later")', '("health.x.old", 1)', "health.x.old is not in the en"),
    "a code put together": ("source", 'Note("area.thing.odd")', 'Note(f"area.{what}.odd")', "must stand whole"),
    "a sentence without words": ("source", 't("Hello {name}"', 't("Bye {name}"', "'Bye {name}' is not in the cy"),
    "a sentence put together": ("source", 't("Hello {name}"', 't(f"Hello {what}"', "must stand whole"),
    "a plural without words": ("source", 't.n("{n} row"', 't.n("{n} file"', "'{n} file' is not in the cy"),
    "a kept sentence": ("source", '"Kept for later"', '"Kept"', "'Kept' is not in the cy catalogue"),
    "help without words": ("source", "Reads a file.", "Reads files.", "'Reads files.' is not in the cy"),
    "an option's help": ("source", "Which one.", "Which.", "'Which.' is not in the cy catalogue"),
    "a fact not given to an error": ("source", "row=row)", "line=row)", "name ['row'], not given here"),
    "a fact not given to a sentence": ("source", "name=what", "nam=what", "names ['name'], not given here"),
    "another place": ("cy", "Helo {name}", "Helo {enw}", "names other places"),
    "a place lost": ("cy", "Helo {name}", "Helo", "names other places"),
    "a lone brace": ("cy", "Helo {name}", "Helo {name} }", "names other places"),
    "a plural's place": ("cy", '"{n} res"', '"{m} res"', "names other places"),
    "the old header": ("cy", catalogues.PLURALS["cy"], FOUR_FORMS, "the header must hold"),
    "five forms": ("cy", 'msgstr[5] "{n} rhes"\n', "", "has no words, or not in each plural form"),
    "an empty form": ("cy", '[4] "{n} rhes"', '[4] ""', "has no words"),
    "an empty entry": ("cy", '"Pa un."', '""', "has no words"),
    "seven forms": ("cy", '[5] "{n} rhes"', '[5] "{n} rhes"\nmsgstr[6] "x"', "area.po:"),
    "fuzzy": ("cy", 'msgid "Which one."', '#, fuzzy\nmsgid "Which one."', "is fuzzy"),
    "unused": ("cy", CY_WORDS, CY_WORDS + '\nmsgid "Old"\nmsgstr "Hen"\n', "is used nowhere"),
    "one line only": ("en", "\\nMend it.", "", "must be two lines"),
    "a code in one language": ("en", EN_WORDS, EN_WORDS.split("\n\n")[0], "odd is only in the cy catalogue"),
    "an English sentence": ("en", EN_WORDS, EN_WORDS + '\nmsgid "Old"\nmsgstr "Old"\n', "catalogue is for codes"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_found(name: str, tmp_path: Path) -> None:
    where, right, wrong, told = MISTAKES[name]
    files = {"source": SOURCE, "en": EN + EN_WORDS, "cy": CY + CY_WORDS}
    assert right in files[where]
    files[where] = files[where].replace(right, wrong)
    found = catalogues.check(write(tmp_path, **files))
    assert any(told in mistake for mistake in found), found


def test_two_files_with_other_words_for_one_sentence_are_found(tmp_path: Path) -> None:
    write(tmp_path)
    second = tmp_path / "core" / "perthyn" / "locale" / "cy" / "second.po"
    second.write_text(CY + '\nmsgid "Which one."\nmsgstr "Pa un."\n', encoding="utf-8")
    assert catalogues.check(tmp_path) == []
    second.write_text(CY + '\nmsgid "Which one."\nmsgstr "P\'un."\n', encoding="utf-8")
    assert "other words" in "".join(catalogues.check(tmp_path))


def test_a_plugin_keeps_its_own_words_and_may_use_the_cores(tmp_path: Path) -> None:
    write(tmp_path)
    plugin = tmp_path / "plugins" / "perthyn_x"
    (plugin / "locale" / "cy").mkdir(parents=True)
    (plugin / "__init__.py").write_text('t("Which one.")\nt("Mine")\n', encoding="utf-8")
    assert [line.split(": ", 1)[1] for line in catalogues.check(tmp_path)] == ["'Mine' is not in the cy catalogue"]
    (plugin / "locale" / "cy" / "x.po").write_text(CY + '\nmsgid "Mine"\nmsgstr "Fi"\n', encoding="utf-8")
    assert catalogues.check(tmp_path) == []
    made = catalogues.compiled(tmp_path)
    own = plugin / "locale" / "cy" / "LC_MESSAGES" / "perthyn.mo"
    assert own in made
    assert b"Mine" in made[own] and b"Which one" not in made[own]
    assert catalogues.compiled(tmp_path) == made


def test_the_compiled_header_holds_no_date(tmp_path: Path) -> None:
    for content in catalogues.compiled(write(tmp_path)).values():
        assert b"Date" not in content and b"Babel" not in content


# --- templates, and words that must not be said ---------------------------------------------------------

PAGE = """{{ _("Hello {name}", name=one) }} {% if n_("{n} row", "{n} rows", count) %}{{ _(word) }}{% endif %}
{{ _("Kept for later" if late else "Which one.") }}"""
PAGE_MISTAKES = {
    "a sentence without words": ('_("Hello {name}"', '_("Bye {name}"', "'Bye {name}' is not in the cy catalogue"),
    "a plural without words": ('n_("{n} row"', 'n_("{n} file"', "'{n} file' is not in the cy catalogue"),
    "an else without words": ('else "Which one."', 'else "Which?"', "'Which?' is not in the cy catalogue"),
    "a fact not given": ("name=one", "nam=one", "names ['name'], not given here"),
    "a sentence put together": ("_(word)", '_("Hello " ~ word)', "must stand whole"),
}


@pytest.mark.parametrize("old, new, mistake", PAGE_MISTAKES.values(), ids=PAGE_MISTAKES)
def test_a_template_is_read_like_the_source(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    page = write(tmp_path) / "core" / "perthyn" / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text(PAGE, encoding="utf-8")
    assert catalogues.check(tmp_path) == []
    page.write_text(PAGE.replace(old, new), encoding="utf-8")
    assert any(mistake in line for line in catalogues.check(tmp_path))


@pytest.mark.parametrize(
    "word", ["Dashfwrdd", "Helo & {name}", "Mae'r maes yma yn ofynnol. Ofynnol.", "Dad-tanysgrifio"]
)
def test_welsh_that_went_wrong_elsewhere_is_named(tmp_path: Path, word: str) -> None:
    wrong = (CY + CY_WORDS).replace("Pa un.", word.replace("{name}", "chi"))
    assert any("should be" in line for line in catalogues.check(write(tmp_path, cy=wrong)))


def test_our_own_words_are_kept_off_the_screen(tmp_path: Path) -> None:
    home = write(tmp_path) / "plugins" / "perthyn_web"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text('WORD = phrase("A snapshot")\n', encoding="utf-8")
    assert any("'snapshot' is no word for the screen" in line for line in catalogues.check(tmp_path))
