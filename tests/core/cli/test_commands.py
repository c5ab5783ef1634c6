"""The commands as a person runs them, on a real SQLite store: what they say, what they leave, how they refuse."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from perthyn.cli.importing import _since
from perthyn.cli.main import COMMANDS, run
from perthyn.cli.session import _width
from perthyn.entries import Entry
from perthyn.hooks import Hooks

PEOPLE = (
    "First name,Surname,Email,Phone,Postcode,Language,Email consent\r\n"
    "Siân,Llŷr,sian@plas.example,07700 900123,SY20 8XX,cy,yes\r\n"
    "Dafydd,Owen,dafydd@plas.example,,LD6 5AA,en,no\r\n"
    "D,Owen,,,LD6 5AA,,\r\n"
)
GIFTS = (
    "Name,Email,Date,Donation amount\r\n"
    "Siân Llŷr,sian@plas.example,01/02/2026,£20.00\r\n"
    "Siân Llŷr,sian@plas.example,01/03/2026,£30.00\r\n"
    "Dafydd Owen,dafydd@plas.example,30/02/2026,£5.00\r\n"
    "Dafydd Owen,dafydd@plas.example,02/03/2026,free\r\n"
)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def refused(self) -> str:
        """The code of the error that was shown under ``--json``."""
        return str(json.loads(self.err)["error"]["code"])


Perthyn = Callable[..., Said]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("PERTHYN_USER", "mair")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)

    def ask(*arguments: str) -> Said:
        code = run(list(arguments))
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        assert code != 70, told.err
        return Said(code, told.out, told.err)

    return ask


@pytest.fixture
def filled(perthyn: Perthyn) -> Perthyn:
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    Path("gifts.csv").write_text(GIFTS, encoding="utf-8")
    assert perthyn("import", "people.csv", "gifts.csv").code == 3
    return perthyn


def terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(typed))


# --- import -------------------------------------------------------------------------------------------


def test_an_import_accounts_for_every_row_and_says_what_is_next(perthyn: Perthyn) -> None:
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    Path("gifts.csv").write_text(GIFTS, encoding="utf-8")
    dry = perthyn("import", "people.csv", "gifts.csv", "--dry-run", "--json").json
    assert [one["stored"] for one in dry["imports"]] == [3, 2] and dry["imports"][0]["change"] is None
    assert perthyn("contact", "find", "Siân", "--json").refused == "store.missing"
    told = perthyn("import", "people.csv", "gifts.csv")
    assert told.code == 3
    assert 'perthyn import "gifts.to-correct.csv"' in told.out
    assert "perthyn duplicates list" in told.out and "perthyn undo 2" in told.out
    for one in perthyn("import", "people.csv", "gifts.csv", "--json").json["imports"]:
        assert one["rows"] == one["stored"] + one["unchanged"] + one["refused"] + one["aside"]
        assert one["stored"] == 0 and one["change"] is None


def test_progress_counts_each_row_once_though_the_import_begins_afresh() -> None:
    counted: list[int] = []
    progress = _since(counted.append)
    for read in (10, 20, 10, 20, 30):
        progress(read)
    assert counted == [10, 10, 10]


def test_a_terminal_that_says_it_has_no_columns_is_written_to() -> None:
    assert _width({"COLUMNS": "0"}) == 100 and _width({"COLUMNS": "72"}) == 72


def test_corrected_rows_are_taken_in_and_a_folder_leaves_the_others_out(filled: Perthyn) -> None:
    file = Path("gifts.to-correct.csv")
    text = file.read_text(encoding="utf-8-sig")
    file.write_text(text.replace("30/02/2026", "28/02/2026").replace("free", "£5"), encoding="utf-8")
    assert filled("import", str(file), "--json").json["imports"][0]["stored"] == 2
    again = filled("import", ".", "--json").json
    assert [Path(one["file"]).name for one in again["imports"]] == ["gifts.csv", "people.csv"]
    assert [Path(one["file"]).name for one in filled("import", "p*.csv", "--json").json["imports"]] == ["people.csv"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(perthyn: Perthyn) -> None:
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    Path("empty.csv").write_bytes(b"")
    Path("picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    told = perthyn("import", "empty.csv", "picture.csv", "people.csv", "nowhere.csv", "--json")
    assert told.code == 1
    assert [one["code"] for one in told.json["unread"]] == [
        "import.file.empty", "import.file.format", "import.file.missing",
    ]  # fmt: skip
    assert all(one["wrong"] and one["next"] for one in told.json["unread"])
    assert told.json["imports"][0]["people_new"] == 3


# --- people --------------------------------------------------------------------------------------------


def test_one_person_across_all_sources(filled: Perthyn) -> None:
    assert filled("segment", "add", "Givers", "donations at least 2", "--name-cy", "Rhoddwyr").code == 0
    view = filled("contact", "show", "sian llyr", "--json").json
    assert list(view) == [
        "contact", "totals", "first", "last", "timeline", "more", "consents", "obtained", "screenings", "permission",
        "segments", "related", "problems", "sources", "records",
    ]  # fmt: skip
    assert view["contact"]["family"] == "Llŷr"
    assert [(one["kind"], one["count"], one["amount"]) for one in view["totals"]] == [("donation", 2, 5000)]
    assert (view["first"], view["last"], len(view["sources"])) == ("2026-02-01", "2026-03-01", 2)
    assert view["permission"]["email"]["rule"] == "contact.unconfirmed"
    assert [(one["name"], one["member"]) for one in view["segments"]] == [("Givers", True)]
    shown = filled("contact", "show", "Siân Llŷr").out
    for word in ("Siân Llŷr", "£50.00", "donation · £30.00", "1 March 2026", "Givers", "sian@plas.example"):
        assert word in shown
    assert "Rhoddwyr" in filled("--lang", "cy", "contact", "show", "Siân Llŷr").out


def test_a_contact_is_added_changed_and_the_change_taken_back(perthyn: Perthyn) -> None:
    said = ("--email", "nia@a.cymru", "--tag", "VIP", "--set", "note=Ffrind")
    made = perthyn("contact", "add", "Nia Tŷ", *said, "--json").json
    assert (made["name"], made["note"], made["tags"][0]["tag"]) == ("Nia Tŷ", "Ffrind", "VIP")
    dry = perthyn("contact", "edit", "Nia Tŷ", "--set", "language=cy", "--remove", "tags[vip]", "--dry-run")
    assert "Nothing has been written." in dry.out
    after = perthyn("contact", "edit", "Nia Tŷ", "--set", "language=cy", "--remove", "tags[vip]", "--json").json
    assert (after["language"], after["tags"]) == ("cy", [])
    assert "nothing has been changed" in perthyn("contact", "edit", "Nia Tŷ", "--set", "note=Ffrind").out
    assert perthyn("undo", "2", "--yes").code == 0
    assert perthyn("contact", "show", "Nia Tŷ", "--json").json["contact"]["tags"][0]["tag"] == "VIP"


def test_a_role_with_its_days_is_added_and_prolonged(perthyn: Perthyn) -> None:
    member = ("--role", "member", "--from", "1/4/2025", "--until")
    assert perthyn("contact", "add", "Nia Tŷ", *member, "31/3/2026").code == 0
    roles = perthyn("contact", "edit", "Nia Tŷ", *member, "31 Mawrth 2027", "--json").json["roles"]
    assert [(one["role"], one["start"], one["end"]) for one in roles] == [("member", "2025-04-01", "2027-03-31")]


def test_what_happened_is_noted_with_its_day_and_money(filled: Perthyn) -> None:
    made = filled("interaction", "add", "Siân Llŷr", "visit", "--on", "5 Mawrth 2026", "--amount", "£12.50",
                  "--party-size", "3", "--json").json  # fmt: skip
    assert (made["day"], made["amount"], made["currency"], made["party_size"]) == ("2026-03-05", 1250, "GBP", 3)
    for said, code in (
        (("vist",), "interaction.kind.unknown"),
        (("visit", "--on", "30/2/2026"), "cli.day.unreadable"),
        (("visit", "--amount", "free"), "cli.amount.unreadable"),
    ):
        assert filled("interaction", "add", "Siân Llŷr", *said, "--json").refused == code


def test_erasing_says_what_goes_and_asks(filled: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    held = filled("contact", "dossier", "Siân Llŷr", "--json").json
    assert {"contact", "interaction", "consent", "permission"} <= set(held)
    assert "sian@plas.example" in filled("contact", "dossier", "Siân Llŷr").out
    assert filled("contact", "erase", "Siân Llŷr", "--json").refused == "cli.confirm.needed"
    assert filled("contact", "erase", "Siân Llŷr", "--dry-run").code == 0
    terminal(monkeypatch, "y\n")
    assert filled("contact", "erase", "Siân Llŷr").code == 1
    assert len(filled("contact", "find", "Llŷr", "--json").json) == 1
    terminal(monkeypatch, "sian llyr\n")
    told = filled("contact", "erase", "Siân Llŷr")
    assert told.code == 0 and "2 interactions" in told.out
    assert filled("contact", "find", "Llŷr", "--json").json == []


# --- segments, reports, exports ------------------------------------------------------------------------


def test_a_segment_by_rule_by_hand_and_as_it_was(filled: Perthyn) -> None:
    added = filled("segment", "add", "Givers", "donations at least 2 and language is cy", "--json").json
    assert (added["mode"], added["count"]) == ("dynamic", 1)
    assert filled("segment", "add", "Pawb", "pawb", "--snapshot", "--json").json["count"] == 3
    assert filled("segment", "add", "Ffrindiau", "--hand", "Siân Llŷr", "--json").json["mode"] == "hand"
    assert filled("segment", "count", "givers", "--json").json == {"count": 1}
    assert [one["family"] for one in filled("segment", "members", "Givers", "--json").json] == ["Llŷr"]
    assert {one["name_en"] for one in filled("segment", "list", "--json").json} == {"Givers", "Pawb", "Ffrindiau"}
    shown = filled("segment", "show", "Givers")
    assert "donations at least 2 and language is cy" in shown.out
    assert "rhoddion o leiaf 2" in filled("--lang", "cy", "segment", "show", "Givers").out
    why = filled("segment", "why", "Givers", "Siân Llŷr", "--json").json
    assert why["member"] is True and "2" in why["why"]
    assert "is not in Givers" in filled("segment", "why", "Givers", "Dafydd Owen").out
    assert "by hand" in filled("segment", "why", "Ffrindiau", "Siân Llŷr").out
    assert filled("segment", "remove", "Givers").code == 0
    assert filled("segment", "show", "Givers", "--json").refused == "segment.unknown"


def test_a_welsh_name_is_kept_as_welsh(perthyn: Perthyn) -> None:
    made = perthyn("--lang", "cy", "segment", "add", "Ffyddlon", "rhoddion o leiaf 1", "--json").json
    assert (made["name_en"], made["name_cy"]) == (None, "Ffyddlon")


def test_an_error_in_a_rule_points_at_the_place_and_the_nearest_word(filled: Perthyn) -> None:
    told = filled("segment", "add", "X", "language is cy and donatons at least 2")
    assert told.code == 1 and "1:20" in told.err and "donations" in told.err


def test_the_line_of_a_rule_stands_with_a_mark_under_the_slip(filled: Perthyn) -> None:
    lines = filled("segment", "add", "X", "langage is cy").err.splitlines()
    at = lines.index("langage is cy")
    assert lines[at + 1] == "^"
    long = "tag is " + "x" * 150 + " and langage is cy"
    lines = filled("segment", "add", "X", long).err.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip() == "^")
    assert lines[at - 1][lines[at].index("^") :].startswith("langage") and len(lines[at - 1]) <= 100


def test_a_dry_run_where_there_is_no_store_leaves_none(perthyn: Perthyn, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    done = perthyn("import", "people.csv", "--dry-run", "--json")
    assert done.code == 0 and done.json["imports"][0]["people_new"] == 3
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]
    perthyn("import", "people.csv")
    assert perthyn("import", "people.csv", "--dry-run", "--json").json["imports"][0]["people_new"] == 0


def test_a_field_of_our_own_is_set_and_can_be_asked_for(perthyn: Perthyn) -> None:
    added = perthyn("contact", "add", "Siân Llŷr", "--set", "own.shoe=42", "--json")
    assert added.json["custom"] == [{"name": "own.shoe", "text": "42", "number": None, "day": None}], added.err
    perthyn("contact", "edit", "Siân Llŷr", "--set", "own.shoe=43", "--set", "own.hat=L")
    shown = perthyn("contact", "show", "Siân Llŷr").out
    assert "own.shoe" in shown and "43" in shown and "42" not in shown.partition("own.shoe")[2].splitlines()[0]
    assert perthyn("segment", "add", "Large feet", 'own.shoe is "43"').code == 0
    assert perthyn("segment", "count", "Large feet", "--json").json["count"] == 1
    refused = perthyn("contact", "edit", "Siân Llŷr", "--set", "ow.shoe=43", "--json")
    assert refused.refused == "contact.field.unknown" and "own.shoe" in refused.err


def test_the_report_opens_to_its_people(filled: Perthyn) -> None:
    told = filled("report", "--since", "1/1/2026", "--as-of", "31/3/2026", "--json").json
    assert [one["name"] for one in told] == [
        "visits", "visitors", "returning", "income", "members", "readers", "reachable", "languages",
    ]  # fmt: skip
    assert (told[3]["value"], told[3]["unit"]) == (5000, "money")
    assert told[1]["whole"] == 3 and told[1]["share"] == 0.0
    people = filled("report", "--since", "1/1/2026", "--as-of", "31/3/2026", "--open", "income", "--json").json
    assert [one["family"] for one in people] == ["Llŷr"]
    assert "£50.00" in filled("report", "--since", "1/1/2026", "--as-of", "31/3/2026").out
    assert filled("report", "--open", "incme", "--json").refused == "report.number.unknown"


def test_scores_open_to_their_people(filled: Perthyn) -> None:
    told = filled("report", "scores", "--as-of", "31/3/2026", "--json").json
    assert told["people"] == sum(cell["people"] for cell in told["cells"]) > 0
    cell = [str(told["cells"][0][name]) for name in ("recency", "frequency", "money")]
    people = filled("report", "scores", "--as-of", "31/3/2026", "--open", *cell, "--json").json
    assert len(people) == told["cells"][0]["people"]
    assert "Recency" in filled("report", "scores", "--kind", "donation").out
    assert filled("report", "scores", "--kind", "donatoin", "--json").refused == "interaction.kind.unknown"


def test_an_export_says_who_was_left_out_and_why(filled: Perthyn) -> None:
    told = filled("export", "post.csv", "--for", "marketing", "--by", "email")
    assert told.code == 0 and "They said no" in told.out and Path("post.csv").exists()
    done = filled("export", "all.csv", "--for", "analysis", "--json").json
    assert (done["people"], done["left_out"]) == (3, 0)
    assert filled("segment", "add", "Givers", "donations at least 2").code == 0
    assert filled("export", "Givers", "givers.xlsx", "--for", "analysis", "--json").json["people"] == 1
    assert filled("segment", "export", "Givers", "g.csv", "--for", "service", "--json").json["people"] == 1
    assert filled("export", "all.csv", "--for", "analysis", "--json").refused == "export.there"
    assert filled("export", "all.csv").code == 2
    assert filled("export", "all.csv", "--for", "fun").code == 2


# --- pairs, problems, the past ----------------------------------------------------------------------------


def test_a_pair_is_joined_taken_back_and_kept_apart(filled: Perthyn) -> None:
    pair = filled("duplicates", "list", "--json").json[0]
    end = pair["pair"].replace("-", "")[-8:]
    assert pair["reason"] == "name and postcode" and set(pair["differ"]) >= {"given"}
    assert "the same surname" in filled("duplicates", "list").out
    assert filled("duplicates", "join", end, "--take", "given=left", "--json").refused == "duplicates.take.unknown"
    assert filled("duplicates", "join", end, "--take", "note=other", "--json").refused == "duplicates.choice.unknown"
    assert filled("duplicates", "join", end, "--dry-run").code == 0
    one = filled("duplicates", "join", end, "--take", "given=both", "--json").json
    assert one["family"] == "Owen" and [part["name"] for part in one["custom"]] == ["also.given"]
    assert filled("duplicates", "list", "--json").json == []
    assert filled("undo", "--yes", "--json").json["done"]["created"] >= 1
    assert filled("duplicates", "apart", end).code == 0
    assert filled("duplicates", "list", "--json").json == []
    assert filled("duplicates", "apart", end).code == 1


def test_problems_are_listed_in_words_and_settled(filled: Perthyn) -> None:
    found = filled("problems", "list", "--json").json
    assert found and all(one["wrong"] and one["next"] and not one["wrong"].startswith(one["code"]) for one in found)
    end = found[0]["id"].replace("-", "")[-8:]
    assert filled("problems", "settle", end).code == 0
    assert len(filled("problems", "list", "--json").json) == len(found) - 1
    assert filled("problems", "settle", end).code == 1
    assert filled("undo", "--yes").code == 0
    assert len(filled("problems", "list", "--json").json) == len(found)


def test_an_undo_names_what_stays_and_why(filled: Perthyn) -> None:
    assert filled("contact", "edit", "Dafydd Owen", "--set", "note=Cyfaill").code == 0
    assert [one["number"] for one in filled("changes", "--json").json] == [3, 2, 1]
    assert "Cyfaill" in filled("changes", "3").out
    assert "Cyfaill" in filled("changes", "--of", "Dafydd Owen").out
    plan = filled("undo", "1", "--dry-run")
    assert "Dafydd Owen" in plan.out and "changed later by change 3" in plan.out
    told = filled("undo", "1", "--dry-run", "--json").json
    assert told["done"] is None and {one["why"] for one in told["kept"]} >= {"changed", "rests", "never"}
    assert filled("undo", "1", "--json").refused == "cli.confirm.needed"
    assert filled("undo", "1", "--yes").code == 0
    names = {one["family"] for one in filled("contact", "find", "Owen", "--json").json}
    assert names == {"Owen"} and filled("contact", "find", "Llŷr", "--json").json != []
    assert filled("undo", "99", "--json").refused == "undo.batch.unknown"


# --- beginning, health, plugins -----------------------------------------------------------------------------


def test_init_writes_once_and_changes_only_when_told(perthyn: Perthyn, tmp_path: Path) -> None:
    assert perthyn("contact", "find", "Nia", "--json").refused == "store.missing"
    assert "Cofnodion:" in perthyn("init", "--organisation", "Plas Brithwen", "--language", "cy").out
    file = tmp_path / "perthyn.toml"
    before = file.read_text(encoding="utf-8")
    assert 'organisation = "Plas Brithwen"' in before and (tmp_path / "perthyn.sqlite").exists()
    assert perthyn("init", "--organisation", "Arall").code == 1
    assert file.read_text(encoding="utf-8") == before
    assert perthyn("init").code == 0
    assert file.read_text(encoding="utf-8") == before
    assert perthyn("init", "--organisation", "Arall", "--yes").code == 0
    assert 'organisation = "Arall"' in file.read_text(encoding="utf-8")


def test_an_init_that_fails_leaves_nothing(perthyn: Perthyn, tmp_path: Path) -> None:
    assert perthyn("init", "--store", "clay:///tablet").code == 1
    assert not list(tmp_path.iterdir())


def test_init_asks_in_a_terminal(perthyn: Perthyn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, "Plas Brithwen\ncy\n")
    assert perthyn("init").code == 0
    text = (tmp_path / "perthyn.toml").read_text(encoding="utf-8")
    assert 'organisation = "Plas Brithwen"' in text and 'language = "cy"' in text


def test_the_doctor_finds_what_is_wrong(filled: Perthyn, tmp_path: Path) -> None:
    told = filled("doctor", "--json")
    assert told.code == 0
    states = {one["code"]: one["state"] for one in told.json}
    assert states["health.records.whole"] == "well" and states["health.consents.unconfirmed"] == "todo"
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "broken.py").write_text("import nowhere_at_all", encoding="utf-8")
    told = filled("doctor")
    assert told.code == 1 and "broken.py" in told.out
    (tmp_path / "perthyn.toml").write_text("langauge = 'cy'", encoding="utf-8")
    told = filled("doctor", "--json")
    assert told.code == 1 and told.json[0]["code"] == "settings.unknown"
    (tmp_path / "perthyn.toml").unlink()
    (tmp_path / "perthyn.sqlite").write_bytes(b"not a database" * 1000)
    assert filled("doctor").code == 1


def test_an_empty_folder_is_not_ill(perthyn: Perthyn) -> None:
    told = perthyn("doctor", "--json")
    assert told.code == 0 and "store.missing" in {one["code"] for one in told.json}


def test_plugins_are_listed_with_where_they_come_from_and_what_broke_them(perthyn: Perthyn, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "broken.py").write_text("1/0", encoding="utf-8")
    (tmp_path / "plugins" / "workshop.py").write_text(
        "from perthyn.hooks import hookimpl\nfrom perthyn.model import Kind\n\n\n@hookimpl\ndef offer_kinds():\n"
        "    return [Kind('workshop', 'attend', ('workshop', 'workshops'), ('gweithdy', 'gweithdai'))]\n",
        encoding="utf-8",
    )
    found = {one["name"]: one for one in perthyn("plugin", "list", "--json").json}
    assert found["workshop"]["hooks"] == ["offer_kinds"] and found["workshop"]["origin"].endswith("workshop.py")
    assert "ZeroDivisionError" in found["broken"]["broken"]
    assert {"sqlite", "demo"} <= set(found)
    assert "broken" in perthyn("plugin", "list").err
    assert perthyn("contact", "add", "Nia Tŷ").code == 0
    assert perthyn("interaction", "add", "Nia Tŷ", "workshop").code == 0


@pytest.mark.sampled(6)
@pytest.mark.parametrize("hook", [name for name in vars(Hooks) if name.startswith(("answer", "offer", "ask", "tell"))])
def test_a_plugin_that_raises_in_a_hook_is_named_and_nothing_is_half_done(
    hook: str, filled: Perthyn, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "culprit.py").write_text(
        f"from perthyn.hooks import hookimpl\n\n\n@hookimpl\ndef {hook}():\n    raise RuntimeError('dim gobaith')\n",
        encoding="utf-8",
    )
    before = filled("changes", "--json").out
    told = filled("contact", "add", "Nia Tŷ")
    if hook.startswith("ask"):
        assert told.code == 1 and "culprit" in told.err
    else:  # the backend of the address is asked for the store first
        assert told.code == 0
    if hook.startswith("ask"):
        assert filled("changes", "--json").out == before
    ill = filled("doctor")
    if hook.startswith("offer"):
        assert ill.code == 1 and "culprit" in ill.out + ill.err


# --- all of them ------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    for name, (target, _) in COMMANDS.items():
        found = Entry("", name, target, "perthyn").load()
        if isinstance(found, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in found.commands.items())
        else:
            yield name, found


@pytest.mark.sampled(20)
@pytest.mark.parametrize("name, command", list(commands()), ids=lambda given: given if isinstance(given, str) else "")
def test_each_command_shows_an_example_that_it_understands(name: str, command: click.Command, perthyn: Perthyn) -> None:
    assert command.help and f"Example: perthyn {name}" in command.help
    if any("--json" in param.opts for param in command.params):
        assert "--json" in command.help or "--help" in command.help
    english, welsh = perthyn(*name.split(), "--help"), perthyn("--lang", "cy", *name.split(), "--help")
    assert english.code == welsh.code == 0
    assert "Example:" in english.out and "Enghraifft:" in welsh.out
    assert "Options:" not in welsh.out


REFUSED = {
    "contact show Neb": "contact.unknown",
    "contact show Owen": "contact.several",
    "contact add X --email not-an-address": "contact.email.invalid",
    "contact add X --set shoe=9": "contact.field.unknown",
    "contact add X --set shoe": "cli.pair.needed",
    "contact edit Llŷr --set kind=dragon": "record.value",
    "segment show Neb": "segment.unknown",
    "duplicates join abcdef": "duplicates.pair.unknown",
    "problems settle abcdef": "problem.unknown",
    "segmnt list": "cli.command.unknown",
    "import nowhere": "import.file.missing",
}


@pytest.mark.parametrize("line", REFUSED)
def test_bad_input_is_refused_in_words_with_a_next_step(line: str, filled: Perthyn) -> None:
    before = filled("changes", "--json").out
    told = filled(*line.split(), "--json")
    assert told.code == 1
    error = json.loads(told.err)["error"] if told.err else told.json["unread"][0]
    assert error["code"] == REFUSED[line] and error["wrong"] and error["next"] and "{" not in error["wrong"]
    welsh = filled("--lang", "cy", *line.split())
    assert welsh.code == 1 and "Gwall: " in welsh.err
    assert filled("changes", "--json").out == before
