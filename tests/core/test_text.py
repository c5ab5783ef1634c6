"""The laws of folding and order, and a translator that never fails to say something."""

from __future__ import annotations

import random
import sys
import unicodedata
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import example, given
from hypothesis import strategies as st

from perthyn.errors import PerthynError, Unknown
from perthyn.text import FOLD_VERSION, SORT_VERSION, Translator, fold, nearest, phrase, sort_key, system_language

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZâêîôûŵŷäëïöüẅÿáéíóúàèìòùÂŴŶßŁłøæñç '-’"
anything = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text(LETTERS, max_size=30)
marks = st.sampled_from("\u0300\u0301\u0302\u0308\u0327\u030c")

# Every word once, in the order of the Welsh alphabet; each line is a trap that a plain sort falls into.
IN_ORDER = [
    "Abergele", "Bala", "Bangor", "Bethesda", "Caer", "Cefn", "Cwm", "Cŵn", "Cybi", "Chris", "Chwilog", "Dafydd",
    "Dyfi", "Ddraig", "Eirlys", "Felin", "Fflint", "Gwen", "Gwyn", "Ngaio", "Harlech", "Iwan", "Jac", "Kath",
    "Lili", "Lowri", "Lyn", "Llan Non", "Llanberis", "Llangollen", "Llanilar", "Lleu", "Llŷn", "Mair", "Nefyn",
    "Owen", "Penarth", "Pwllheli", "Philip", "Quinn", "Ros", "Rowenna", "Rhian", "Rhys", "Siân", "Sioned",
    "Tomos", "Tŷ Mawr", "Tywyn", "Theo", "Una", "Vaughan", "Wyn", "Xena", "Ynyr", "Zoe",
]  # fmt: skip


@given(anything)
@example("ﬁ ẞ ŉ ǅ ΐ İ ℡ ´")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_is_stable_for_every_letter_there_is() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert [letter for letter in every if fold(fold(letter)) != fold(letter)] == []


def test_what_stores_keep_does_not_change_without_a_new_version() -> None:
    letters = [chr(code) for block in (range(0x250), range(0x1E00, 0x1F00)) for code in block]
    folds = "\n".join(fold(f"x{letter}x") for letter in letters)
    keys = "\n".join(sort_key(place) for place in IN_ORDER)
    assert (FOLD_VERSION, sha256(folds.encode()).hexdigest()[:16]) == (1, "b4fa4b7dc12f8469")
    assert (SORT_VERSION, sha256(keys.encode()).hexdigest()[:16]) == (1, "b3d8df8b5678c24f")


@given(names)
def test_folding_sees_no_case(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(text.lower())


@given(names, st.data())
def test_folding_sees_no_marks_however_they_are_written(text: str, data: st.DataObject) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert fold(decomposed) == fold(unicodedata.normalize("NFC", text))
    letters = [at for at, letter in enumerate(text) if letter.isalpha()]
    if letters:
        after = data.draw(st.sampled_from(letters)) + 1
        assert fold(text[:after] + data.draw(marks) + text[after:]) == fold(text)


@given(st.text(st.characters(codec="ascii")))
def test_the_short_way_for_ascii_is_the_long_way(text: str) -> None:
    assert fold(text) == fold(text + " ŵ")[:-1].rstrip()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Tŷ’n  y\u00a0Dŵr ", "ty'n y dwr"),
        ("GROẞ Groß", "gross gross"),
        ("Łukasz Øster Æbelø Đorđe Þór", "lukasz oster aebelo dorde thor"),
        ("O´Brien Oʼbrien", "o'brien o'brien"),
        ("Parry\u2011Jones Parry–Jones", "parry-jones parry-jones"),
        ("zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"),
        ("Ελένη Ёлкин", "ελενη елкин"),
        ("मेरी が", "मेरी か\u3099"),  # vowel signs are letters, not marks to take off
        ("", ""),
        ("\t\n", ""),
    ],
)
def test_folding_of_names_that_occur(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_welsh_order() -> None:
    shuffled = random.Random(2).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(shuffled, key=sort_key) == IN_ORDER


def test_letters_that_only_meet_are_two() -> None:
    assert sort_key("Bala") < sort_key("Bangor"), "a digraph ng would put Bangor first"
    assert sort_key("Llanfair") < sort_key("Llangollen") < sort_key("Llanilar")
    assert sort_key("parhau") < sort_key("parti")
    assert sort_key("Angharad") < sort_key("Alun"), "here ng is the letter after g"


@given(anything)
def test_names_that_fold_alike_sort_alike(text: str) -> None:
    assert sort_key(text) == sort_key(fold(text))
    assert "|" not in sort_key(text)


@given(st.text("abcdeijkmnopqrsuvwxyz ", max_size=20), st.text("abcdeijkmnopqrsuvwxyz ", max_size=20))
def test_words_without_welsh_letters_keep_the_english_order(one: str, other: str) -> None:
    if "ng" not in one + other:
        assert (sort_key(one) < sort_key(other)) == (fold(one) < fold(other))


def test_sentences_in_both_languages() -> None:
    english, welsh = Translator("en"), Translator("cy")
    assert english("Error: {text}", text="x") == "Error: x"
    assert welsh("Error: {text}", text="x") == "Gwall: x"
    assert welsh("No catalogue has {this}", this="{braces}") == "No catalogue has {braces}"
    assert welsh("") == ""
    assert [english.n("{n} row", "{n} rows", n) for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]


def test_a_plugin_brings_its_own_words_and_welsh_counts_in_six_forms(tmp_path: Path) -> None:
    words = Catalog(locale="cy")
    forms = ("{n} cyswllt", "{n} cyswllt", "{n} gyswllt", "{n} chyswllt", "{n} chyswllt", "{n} cyswllt")
    words.add(("{n} contact", "{n} contacts"), forms)
    words.add("Error: {text}", "Not the core's words: {text}")
    (tmp_path / "cy" / "LC_MESSAGES").mkdir(parents=True)
    with (tmp_path / "cy" / "LC_MESSAGES" / "perthyn.mo").open("wb") as file:
        write_mo(file, words)
    t = Translator("cy", [tmp_path])
    said = [t.n("{n} contact", "{n} contacts", n) for n in (0, 1, 2, 3, 4, 6, 1000)]
    assert said == [
        "0 cyswllt", "1 cyswllt", "2 gyswllt", "3 chyswllt", "4 cyswllt", "6 chyswllt", "1,000 cyswllt",
    ]  # fmt: skip
    assert t("Error: {text}", text="x") == "Gwall: x", "a plugin cannot reword the core"


def test_errors_in_both_languages() -> None:
    error = Unknown("text.language.unknown", name="cymrag", suggestion="")
    assert Translator("en").error(error) == (
        'There is no language "cymrag" here.',
        "Choose cy (Cymraeg) or en (English).",
    )
    assert Translator("cy").error(error)[0] == 'Nid oes iaith "cymrag" yma.'


@pytest.mark.parametrize("language", ["en", "cy"])
def test_an_error_is_always_shown(language: str) -> None:
    t = Translator(language)
    assert t.error(PerthynError("no.such.code")) == ("no.such.code", "")
    assert t.error(PerthynError("no.such.code", row=3, seen=None)) == ("no.such.code (row: 3, seen: )", "")
    wrong, _ = t.error(PerthynError("text.language.unknown"))
    assert "{name}" in wrong, "a fact that was not given leaves its place standing"


def test_facts_are_said_in_the_language() -> None:
    t = Translator("cy")
    inner = PerthynError("text.language.unknown", name="xx")
    assert t("{a}", a=date(2026, 3, 1)) == "1 Mawrth 2026"
    assert t("{a}", a=datetime(2026, 3, 1, 9, 5, tzinfo=UTC)) == "1 Mawrth 2026, 09:05"
    assert t("{a}", a=["b", date(2026, 8, 2), None]) == "b, 2 Awst 2026, "
    assert t("{a}", a=inner) == 'Nid oes iaith "xx" yma.'


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (123450, "GBP", "£1,234.50"), (-350, "GBP", "-£3.50"), (5, "EUR", "€0.05"), (0, "GBP", "£0.00"),
        (1200, "CHF", "CHF 12.00"), (1200, "JPY", "JPY 1,200"), (1234, "KWD", "KWD 1.234"),
    ],
)  # fmt: skip
def test_money(minor: int, currency: str, shown: str) -> None:
    assert Translator("cy").money(minor, currency) == shown


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(Unknown) as caught:
        Translator("cym")
    assert caught.value.code == "text.language.unknown"


def test_the_nearest_word() -> None:
    assert nearest("vist", ["gift", "visit", "Rhodd"]) == "visit"
    assert nearest("RHÔD", ["gift", "visit", "Rhodd"]) == "Rhodd"
    assert nearest("zzz", ["gift"]) == ""
    assert nearest("gift", []) == ""
    assert phrase("kept") == "kept"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "cy_GB.UTF-8"}, "cy"),
        ({"LANG": "cy"}, "cy"),
        ({"LANG": "cyx"}, "en"),
        ({"LANG": "cy_GB.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB", "LANGUAGE": "fr:cy:en"}, "cy"),
        ({"LANG": "cy_GB", "LC_ALL": "C"}, "en"),
        ({"LANG": "cy_GB", "LC_ALL": ""}, "cy"),
    ],
)
def test_the_language_of_the_environment(environ: dict[str, str], language: str) -> None:
    assert system_language(environ) == language
