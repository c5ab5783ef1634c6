"""The screen: plain, beautiful and JSON; any stream, any letter; people's data cannot steer a terminal."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from perthyn.cli.output import Screen, as_json, clean, display_width, never_lose
from perthyn.errors import PerthynError, Unknown
from perthyn.text import Translator


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(*, language: str = "en", **manner: bool) -> tuple[Screen, io.StringIO, io.StringIO]:
    out, errors = io.StringIO(), io.StringIO()
    return Screen(out, Translator(language), errors=errors, width=60, **manner), out, errors


def fill(face: Screen) -> None:
    face.heading("Siân Llŷr")
    face.facts([("Emails", ["a@b.cy", "c@d.cy"]), ("Phone", None), ("Tags", []), ("Born", date(1980, 3, 1))])
    face.table(["Name", "Gifts", "Sum"], [["Dŵr", 12000, "£3.50"], ["e\u0301", None, "£1,000.00"]], "<>>")
    face.table(["Kind", "Count"], [["visit", 3], ["gift", 12]])
    face.timeline([(date(2026, 3, 1), "Visited", "square:till"), (date(2025, 12, 31), "Gave £20.00", "")])
    face.sentence("Two lines.\nOf words.")


PLAIN = """
Siân Llŷr
---------
Emails:  a@b.cy
         c@d.cy
Born:    1 March 1980
Name   Gifts        Sum
Dŵr   12,000      £3.50
e\u0301             £1,000.00
Kind   Count
visit      3
gift      12
    1 March 2026  Visited      square:till
31 December 2025  Gave £20.00
Two lines.
Of words.
"""


def test_plain_text_is_aligned_and_without_colour() -> None:
    face, out, errors = screen()
    fill(face)
    assert out.getvalue() == PLAIN
    assert errors.getvalue() == ""


def test_plain_is_also_for_a_terminal_that_asks_for_it() -> None:
    terminal = Terminal()
    fill(Screen(terminal, Translator("en"), errors=io.StringIO(), plain=True))
    assert terminal.getvalue() == PLAIN


def test_a_terminal_gets_colour_and_every_word() -> None:
    terminal = Terminal()
    fill(Screen(terminal, Translator("cy"), errors=Terminal(), width=60))
    shown = terminal.getvalue()
    assert "\x1b[" in shown
    for words in ("Siân Llŷr", "c@d.cy", "1 Mawrth 1980", "12,000", "£1,000.00", "31 Rhagfyr 2025", "Of words."):
        assert words in shown


def test_a_narrow_terminal_folds_and_does_not_cut() -> None:
    terminal = Terminal()
    word = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    Screen(terminal, Translator("cy"), errors=Terminal(), width=24).table(["Lle"], [[word]])
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert word in "".join(letter for letter in uncoloured if letter.isalpha())
    assert "…" not in terminal.getvalue()


def test_an_empty_table_still_names_its_columns() -> None:
    face, out, _ = screen()
    face.table(["Name", "Gifts"], [])
    face.facts([("Phone", None)])
    face.timeline([])
    assert out.getvalue() == "Name  Gifts\n"


def test_errors_and_warnings_go_to_standard_error() -> None:
    face, out, errors = screen(language="cy")
    face.warning("tri pheth")
    face.error(Unknown("text.language.unknown", name="xx"))
    face.error(PerthynError("no.such.code", row=3))
    assert out.getvalue() == ""
    assert errors.getvalue().splitlines() == [
        "Rhybudd: tri pheth",
        'Gwall: Nid oes iaith "xx" yma.',
        "Dewiswch cy (Cymraeg) neu en (English).",
        "Gwall: no.such.code (row: 3)",
    ]


# --- progress ----------------------------------------------------------------------------------------


def work(face: Screen, total: int | None) -> None:
    with face.progress("Reading", total) as advance:
        for _ in range(20):
            advance(1_000)


def test_progress_is_a_bar_in_a_terminal_and_lines_in_a_plain_one() -> None:
    beautiful, plain, counted = Terminal(), Terminal(), Terminal()
    work(Screen(io.StringIO(), Translator("en"), errors=beautiful), 20_000)
    work(Screen(io.StringIO(), Translator("en"), errors=plain, plain=True), 20_000)
    work(Screen(io.StringIO(), Translator("en"), errors=counted, plain=True), None)
    assert "20000/20000" in beautiful.getvalue()
    assert plain.getvalue().splitlines()[::9] == ["Reading: 2,000 of 20,000", "Reading: 20,000 of 20,000"]
    assert counted.getvalue() == "Reading: 10,000\nReading: 20,000\n"


def test_progress_is_silent_in_a_pipe_and_under_json_and_lets_ctrl_c_through() -> None:
    face, out, errors = screen()
    work(face, 20_000)
    terminal = Terminal()
    silent = Screen(io.StringIO(), Translator("en"), errors=terminal, json=True)
    work(silent, 20_000)
    assert (out.getvalue(), errors.getvalue(), terminal.getvalue()) == ("", "", "")
    with pytest.raises(KeyboardInterrupt), Screen(out, Translator("en"), errors=terminal).progress("x", 3):
        raise KeyboardInterrupt


# --- JSON --------------------------------------------------------------------------------------------


class Kind(StrEnum):
    VISIT = "visit"


@dataclass(frozen=True)
class Seen:
    when: datetime
    day: date
    who: UUID
    kind: Kind


class Model(BaseModel):
    zebra: int
    apple: Seen | None = None


def test_json_keeps_the_declared_order_and_silences_the_rest() -> None:
    who = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    seen = Seen(datetime(2026, 7, 1, 10, tzinfo=timezone(timedelta(hours=1))), date(2026, 7, 1), who, Kind.VISIT)
    face, out, errors = screen(json=True)
    fill(face)
    assert face.data({"z": [seen], "model": Model(zebra=1), "ŵ": {"b", "a"}, "path": Path("x"), "n": (1, None)})
    assert out.getvalue() == (
        '{\n  "z": [\n    {\n      "when": "2026-07-01T09:00:00.000Z",\n      "day": "2026-07-01",\n'
        '      "who": "01890a5d-ac96-774b-bcce-b302099a8057",\n      "kind": "visit"\n    }\n  ],\n'
        '  "model": {\n    "zebra": 1,\n    "apple": null\n  },\n  "ŵ": [\n    "a",\n    "b"\n  ],\n'
        '  "path": "x",\n  "n": [\n    1,\n    null\n  ]\n}\n'
    )
    assert errors.getvalue() == ""


def test_without_json_data_says_nothing_and_says_so() -> None:
    face, out, _ = screen()
    assert face.data([1]) is False
    assert out.getvalue() == ""


def test_an_error_under_json_has_its_code_and_facts() -> None:
    face, out, errors = screen(json=True)
    face.error(Unknown("text.language.unknown", name="xx", day=date(2026, 1, 2)))
    told = json.loads(errors.getvalue())["error"]
    assert told["code"] == "text.language.unknown"
    assert told["facts"] == {"name": "xx", "day": "2026-01-02"}
    assert told["wrong"] == 'There is no language "xx" here.'
    assert out.getvalue() == ""


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(anything)
def test_json_reads_back_as_it_was_and_holds_nothing_unsafe(value: object) -> None:
    face, out, _ = screen(json=True)
    face.data(value)
    assert json.loads(out.getvalue()) == value
    assert clean(out.getvalue(), lines=True) == out.getvalue()


def test_unusual_keys_and_values_become_text() -> None:
    assert as_json({Kind.VISIT: 1, 3: 2, date(2026, 1, 2): PerthynError("a.b", x=1)}) == {
        "visit": 1, "3": 2, "2026-01-02": {"code": "a.b", "facts": {"x": 1}},
    }  # fmt: skip
    assert as_json(iter(["a", datetime(2026, 1, 2, tzinfo=UTC)])) == ["a", "2026-01-02T00:00:00.000Z"]


# --- people's data -----------------------------------------------------------------------------------


@given(st.text())
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    face, out, errors = screen()
    face.table([text], [[text]])
    face.facts([(text, text)])
    face.warning(text)
    both = out.getvalue() + errors.getvalue()
    assert not {letter for letter in both if letter != "\n" and (letter < " " or "\x7f" <= letter <= "\x9f")}


def test_clean() -> None:
    assert clean("Siân \U0001f600 مريم") == "Siân \U0001f600 مريم"
    assert clean("\x1b]0;pwned\x07 a\nb\tc\r") == "\\x1b]0;pwned\\x07 a b c\\r"
    assert clean("a\nb\x9b31m", lines=True) == "a\nb\\x9b31m"
    assert clean("invoice\u202efdp.exe") == "invoice\\u202efdp.exe"


def test_display_width() -> None:
    assert [display_width(text) for text in ("abc", "ŵŷ", "w\u0302", "名前", "")] == [3, 2, 1, 4, 0]


# --- streams -----------------------------------------------------------------------------------------

SAY = """
import sys
from perthyn.cli.output import Screen
from perthyn.text import Translator
face = Screen(sys.stdout, Translator("cy"), json="json" in sys.argv)
face.sentence("Dŵr £5 \\udc80")
face.warning("Llŷn")
face.data("Dŵr £5 \\udc80")
"""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "iso8859-14", "utf-8"])
def test_a_pipe_is_utf_8_whatever_the_code_page(encoding: str) -> None:
    environ = os.environ | {"PYTHONIOENCODING": encoding}
    plain, as_data = (
        subprocess.run([sys.executable, "-c", SAY, *more], capture_output=True, check=True, env=environ)
        for more in ([], ["json"])
    )
    assert plain.stdout.decode("utf-8").splitlines() == ["Dŵr £5 \\udc80"]
    assert plain.stderr.decode("utf-8").splitlines() == ["Rhybudd: Llŷn"]
    assert json.loads(as_data.stdout.decode("utf-8")) == "Dŵr £5 \udc80"


class OldTerminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_keeps_its_encoding_and_shows_what_it_lacks() -> None:
    raw = io.BytesIO()
    face = Screen(OldTerminal(raw, encoding="cp1252"), Translator("cy"), errors=io.StringIO(), plain=True)
    face.sentence("Dŵr £5")
    face._stream.flush()
    assert raw.getvalue().decode("cp1252").strip() == "D\\u0175r £5"


def test_json_for_an_old_terminal_is_still_json() -> None:
    raw = io.BytesIO()
    face = Screen(OldTerminal(raw, encoding="ascii"), Translator("cy"), errors=io.StringIO(), json=True)
    face.data("Dŵr £5")
    face._stream.flush()
    assert json.loads(raw.getvalue().decode("ascii")) == "Dŵr £5"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_stream_that_holds_all_of_unicode_is_left_alone(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert never_lose(never_lose(stream)).encoding == encoding


LOOK = """
import io, sys
from perthyn.cli.output import Screen
from perthyn.text import Translator

class Terminal(io.StringIO):
    def isatty(self):
        return "pipe" not in sys.argv

manner = {"plain": "plain" in sys.argv, "json": "json" in sys.argv}
face = Screen(Terminal(), Translator("en"), errors=Terminal(), **manner)
face.heading("x")
face.warning("x")
sys.exit(bool({"rich", "pydantic"} & set(sys.modules)))
"""


@pytest.mark.parametrize(("manner", "loaded"), [("pipe", 0), ("plain", 0), ("json", 0), ("terminal", 1)])
def test_rich_is_loaded_only_for_somebody_who_looks(manner: str, loaded: int) -> None:
    assert subprocess.run([sys.executable, "-c", LOOK, manner]).returncode == loaded
