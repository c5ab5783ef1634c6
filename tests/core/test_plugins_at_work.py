"""An organisation's broken plugin, seen from the command line: named, with its file, and the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perthyn.cli.main import run
from perthyn.hooks import Hooks

LATER = (
    "answer_address",
    "answer_tables",
    "answer_upgrade",
    "offer_api",
    "offer_cautions",
    "offer_channels",
    "offer_checks",
    "offer_commands",
    "offer_demonstration",
    "offer_handover",
    "offer_jobs",
    "offer_kinds",
    "offer_letter_fields",
    "offer_measures",
    "offer_pages",
    "offer_rights",
    "offer_screens",
)
"""What an import does not ask for."""

HOOKS = [name for name, one in vars(Hooks).items() if hasattr(one, "perthyn_spec")]


@pytest.fixture
def museum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file to import."""
    (tmp_path / "members.csv").write_text("Name,Email\nAnn Jones,ann@example.org\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def drop(folder: Path, name: str, text: str) -> None:
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / f"{name}.py").write_text(text, encoding="utf-8")


def raising(hook: str) -> str:
    head = "from perthyn.hooks import hookimpl\n\n@hookimpl\n"
    return f"{head}def {hook}():\n    raise RuntimeError('the till is on fire')\n"


@pytest.mark.sampled(6)
@pytest.mark.parametrize("hook", HOOKS)
def test_a_plugin_that_raises_in_each_hook(hook: str, museum: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only a refusal to be asked, or a store that is the plugin's own, stops what was asked; nothing is half done."""
    file = museum / "plugins" / "fire.py"
    drop(museum, "fire", raising(hook))
    if hook == "answer_store":
        (museum / "perthyn.toml").write_text('store = "drawer:top"\n', encoding="utf-8")
    stops = hook in ("answer_store", "ask_batch")
    code = run(["import", "members.csv"])
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert code == (1 if stops else 0), said
    named = "the till is on fire" in said.err and str(file) in said.err.replace("\n", "")
    assert named or hook in LATER, said.err
    if stops:
        file.unlink()
        (museum / "perthyn.toml").write_text("", encoding="utf-8")
        assert run(["import", "members.csv"]) == 0
        capsys.readouterr()
    assert run(["contact", "find", "Ann", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["Ann Jones"]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook.startswith("offer_")])
def test_doctor_names_it(hook: str, museum: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "members.csv"]) == 0
    drop(museum, "fire", raising(hook))
    capsys.readouterr()
    assert run(["doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    wrong = [one for one in said if one["state"] == "wrong"]
    assert any("fire.py" in one["facts"].get("origin", "") and one["wrong"] and one["next"] for one in wrong)


def test_plugin_list_shows_what_is_loaded_from_where(museum: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drop(museum, "broken", "import a_library_nobody_has\n")
    drop(museum, "well", raising("offer_kinds"))
    assert run(["plugin", "list", "--json"]) == 0
    said = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert said["broken"]["broken"].startswith("ModuleNotFoundError")
    assert said["broken"]["origin"] == str(museum / "plugins" / "broken.py")
    assert (said["well"]["hooks"], said["well"]["group"]) == (["offer_kinds"], "file")
    assert said["exports"]["origin"].startswith("perthyn ") and "offer_known_exports" in said["exports"]["hooks"]
    assert {"sqlite", "demo"} <= set(said), "backends and commands that were not needed yet are named too"


def test_a_refusal_is_shown_with_its_reason(museum: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drop(museum, "closed", raising("ask_batch").replace("raise RuntimeError('the till is on fire')", "return 'closed'"))
    assert run(["contact", "add", "--name", "Ann Jones"]) == 1 or run(["contact", "add", "Ann Jones"]) == 1
    said = capsys.readouterr().err
    assert "closed" in said and "Traceback" not in said
    assert run(["plugin", "list"]) == 0


def test_a_plugin_left_out_does_nothing(museum: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drop(museum, "fire", raising("ask_batch"))
    (museum / "perthyn.toml").write_text('off = ["fire"]\n', encoding="utf-8")
    assert run(["import", "members.csv"]) == 0, capsys.readouterr()


def test_a_command_of_a_file(museum: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drop(
        museum,
        "stock",
        "import click\nfrom perthyn.hooks import hookimpl\n\n@click.command()\ndef stocktake():\n"
        '    """Count the shop."""\n    click.echo("three mugs")\n\n@hookimpl\ndef offer_commands():\n'
        "    return [stocktake]\n",
    )
    assert run(["stocktake"]) == 0
    assert "three mugs" in capsys.readouterr().out
    assert run(["--help"]) == 0
    assert "Count the shop." in capsys.readouterr().out
