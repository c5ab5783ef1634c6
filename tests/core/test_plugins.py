"""Plugins: found, asked and told one by one; what is broken is named with its origin, and the rest goes on."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Batch, Create
from perthyn.crm import Actor, Crm, record_types
from perthyn.errors import PerthynError
from perthyn.hooks import VERSION, Hooks, Leaving, hookimpl, hookspec
from perthyn.model import CORE_TYPES, Contact, Kind
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing.memory import MemoryStore

ROOT = Path(__file__).parents[2]
HOOKS = {name: one for name, one in vars(Hooks).items() if hasattr(one, "perthyn_spec")}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = "from __future__ import annotations\nfrom perthyn.hooks import hookimpl\n"

GOOD = '''
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, ClassVar
from uuid import UUID

import click

from perthyn.channel import Channel
from perthyn.demonstration import Demonstration
from perthyn.hooks import hookimpl
from perthyn.importing.plans import KnownExport
from perthyn.letter_fields import LetterField
from perthyn.model import About, Kind, Record
from perthyn.model.values import Word
from perthyn.pages import Pages
from perthyn.rights import Right
from perthyn.rules import Figure, NamedMeasure
from perthyn.screens import Screens
from perthyn.testing.memory import MemoryStore
from perthyn.upgrades import Upgrade
from perthyn.work import Work

perthyn_hooks = 1
TOLD = []

class Loan(Record):
    """Something lent to somebody."""

    type_name: ClassVar[str] = "good.loan"
    owner: ClassVar[str] = "contact"
    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    object: Annotated[Word, About("Object", "Gwrthrych")]

class Lines:
    suffixes = (".lines",)

    def open(self, path):
        raise NotImplementedError

class Nothing(Upgrade):
    """Of a store that needs none."""

    address, planned = "memory:", ()
    contents = copy = apply = rehearse = close = print

class Bell(Channel):
    """Somebody rang."""

    name = "bell"
    title = ("Bell", "Cloch")

@click.command()
def stocktake():
    """Count the shop."""

@hookimpl
def answer_store(url, types, currency, create):
    return MemoryStore(types, currency=currency) if url.startswith("memory:") else None
@hookimpl
def answer_upgrade(url, types, currency):
    return Nothing() if url.startswith("memory:") else None
@hookimpl
def answer_address(url):
    return url.lower() if url.startswith("memory:") else None
@hookimpl
def answer_tables(url):
    return [] if url.startswith("memory:") else None
@hookimpl
def offer_record_types():
    return [Loan]
@hookimpl
def offer_kinds():
    return [Kind("workshop", "attend", ("workshop", "workshops"), ("gweithdy", "gweithdai"))]
@hookimpl
def offer_measures():
    return [NamedMeasure("loans", {"en": ("loans",), "cy": ("benthyciadau",)}, Figure(what="count", of="good.loan"))]
@hookimpl
def offer_known_exports():
    return [KnownExport("Good till", "Good till", "Til da", "good", ("Sold",), {"Sold": "date"})]
@hookimpl
def offer_readers():
    return [Lines()]
@hookimpl
def offer_channels():
    return [Bell()]
@hookimpl
def offer_letter_fields():
    says = ("What they borrowed", "Beth a fenthycwyd")
    return [LetterField(("loan", "benthyciad"), says, lambda crm, ids, language: dict.fromkeys(ids, "a wheel"))]
@hookimpl
def offer_jobs():
    return [Work("good.count", ("Count the shop", "Cyfri'r siop"), lambda crm, job: [])]
@hookimpl
def offer_pages():
    return [Pages("/good", lambda opens: print)]
@hookimpl
def offer_screens():
    return [Screens()]
@hookimpl
def offer_api(may):
    return [SimpleNamespace(routes=[])]
@hookimpl
def offer_rights():
    return [Right("good.lend", "Lend things.", "people", frozenset({"volunteer"}))]
@hookimpl
def offer_demonstration():
    return [Demonstration("Good house", lambda folder: [])]
@hookimpl
def offer_cautions(url):
    return [("good.shelf.open", {"address": url})] if url.startswith("memory:") else []
@hookimpl
def offer_locale():
    return [Path(__file__).parent / "locale"]
@hookimpl
def offer_commands():
    return [stocktake]
@hookimpl
def offer_checks(store):
    return [(store.position() >= 0, "good.check.well", {})]
@hookimpl
def offer_handover(store):
    return [{"en": ("Loans", "Ann keeps the book."), "cy": ("Benthyciadau", "Ann sy'n cadw'r llyfr.")}]
@hookimpl
def ask_batch(batch):
    return "the year is closed" if batch.reason == "last year" else None
@hookimpl
def tell_applied(batch, receipt):
    TOLD.append(receipt.number)
'''
JUNK = {
    "answer_store": ["'a store'", "7"],
    "answer_upgrade": ["'an upgrade'", "7"],
    "answer_address": ["7", "['memory:']"],
    "answer_tables": ["'a table'", "7"],
    "offer_record_types": ["7", "'contact'", "[object]", "[None]", "{'a': 1}"],
    "offer_kinds": ["7", "['workshop']", "'workshop'", "iter([])"],
    "offer_measures": ["7", "[('spend', 'gwariant')]", "['spend']"],
    "offer_known_exports": ["7", "[{}]"],
    "offer_readers": ["7", "['.lines']"],
    "offer_channels": ["7", "['bell']", "[object]"],
    "offer_jobs": ["7", "['good.count']"],
    "offer_letter_fields": ["7", "['loan']", "[('loan', 'benthyciad')]"],
    "offer_pages": ["7", "['/p']", "[('/p', print)]"],
    "offer_screens": ["7", "['/raffle']"],
    "offer_api": ["7", "['/raffle']"],
    "offer_rights": ["7", "['good.lend']", "[('good.lend', 'Lend things.', 'people')]"],
    "offer_demonstration": ["7", "['house']", "[('Good house', list)]"],
    "offer_cautions": ["7", "['open']", "[('open',)]"],
    "offer_locale": ["'locale'", "[7]"],
    "offer_commands": ["7", "[print]"],
    "offer_checks": ["True", "[True]", "[(True, 'code')]"],
    "offer_handover": ["7", "[('Loans', 'Ann keeps the book.')]", "[{'en': ('Loans', 'Ann.')}]"],
    "ask_batch": ["False", "7", "['no']"],
    "tell_applied": [],
}


def dropped(folder: Path, **files: str) -> Path:
    """A folder of plugin files."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def found(folder: Path) -> Plugins:
    """The files of a folder, and nothing that is installed."""
    return Plugins.find(folder, among=[])


def one_hook(name: str, body: str) -> str:
    return f"{HEAD}@hookimpl\ndef {name}():\n    {body}\n"


def states(plugins: Plugins) -> dict[str, str]:
    return {one.name: one.broken for one in plugins.loaded}


def batch(number: int = 1, reason: str = "") -> Batch:
    ann = Contact(id=UUID(int=number), name="Ann Jones")
    return Batch(UUID(int=500 + number), "ann", NOW, reason, changes=[Create(ann)])


def crm(plugins: Plugins) -> Crm:
    store = plugins.open_store("memory:", record_types(plugins), "GBP", True)
    return Crm(store, plugins, Settings(), lambda: NOW, os.urandom, Actor("ann"))


# -- every hook ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_documented_and_named_by_its_kind(name: str) -> None:
    kind = name.partition("_")[0]
    assert kind in ("answer", "offer", "ask", "tell")
    said = inspect.getdoc(HOOKS[name]) or ""
    assert len(said) > 40 and said.splitlines()[0].endswith((".", "?", ":"))
    annotated = inspect.signature(HOOKS[name]).return_annotation
    assert annotated.startswith("list[") if kind == "offer" else annotated.endswith("None")


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_called_by_the_core(name: str) -> None:
    def strings(file: Path) -> set[str]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        return {one.value for call in calls for one in call.args if isinstance(one, ast.Constant)}

    callers = [file for file in (ROOT / "core" / "perthyn").rglob("*.py") if name in strings(file)]
    assert callers, f"nobody calls {name}: a hook that is never asked is a lie"


def test_each_hook_is_exercised_here() -> None:
    """A new hook needs its good answer and its junk above, and its place in `use`."""
    implemented = {node.name for node in ast.walk(ast.parse(GOOD)) if isinstance(node, ast.FunctionDef)}
    assert set(HOOKS) <= implemented
    assert set(HOOKS) == set(JUNK)


def use(name: str, plugins: Plugins) -> list[Any]:
    """What the core gets from a hook."""
    kind = name.partition("_")[0]
    if kind == "answer":
        if name == "answer_upgrade":
            return [plugins.upgrade("memory:", CORE_TYPES, "GBP")]
        if name == "answer_address":
            return [plugins.address("memory:")]
        if name == "answer_tables":
            return plugins.tables("memory:")
        return [plugins.open_store("memory:", CORE_TYPES, "GBP", True)]
    if name == "offer_cautions":
        return plugins.cautions("memory:")
    if kind == "offer":
        facts: dict[str, Any] = {"store": MemoryStore(CORE_TYPES)} if name in ("offer_checks", "offer_handover") else {}
        if name == "offer_api":
            facts = {"may": str}
        return plugins.offer(name, **facts)
    if kind == "ask":
        plugins.ask(name, batch=batch(), store=MemoryStore(CORE_TYPES))
    else:
        made = batch()
        plugins.tell(name, batch=made, receipt=MemoryStore(CORE_TYPES).apply(made))
    return []


@pytest.mark.parametrize("name", HOOKS)
def test_a_plugin_that_raises_is_named_and_the_others_go_on(name: str, tmp_path: Path) -> None:
    bad = one_hook(name, "raise RuntimeError('the till is on fire')")
    folder = dropped(tmp_path, before=bad, good=GOOD, later=bad)
    plugins = found(folder)
    alone = found(dropped(tmp_path / "alone", good=GOOD))
    assert states(plugins) == {"before": "", "good": "", "later": ""}
    if name.startswith(("answer_", "ask_")):
        with pytest.raises(PerthynError) as raised:
            use(name, plugins)
        assert raised.value.code == "plugin.broken"
        assert raised.value.facts["origin"] == str(folder / f"{raised.value.facts['plugin']}.py")
        assert raised.value.facts["why"] == "RuntimeError: the till is on fire"
    else:
        assert len(use(name, plugins)) == len(use(name, alone))
        assert states(plugins) == {
            "before": "RuntimeError: the till is on fire", "good": "", "later": "RuntimeError: the till is on fire"
        }  # fmt: skip


@pytest.mark.parametrize(("name", "junk"), [(name, junk) for name, all in JUNK.items() for junk in all])
def test_a_plugin_that_answers_junk_is_named(name: str, junk: str, tmp_path: Path) -> None:
    plugins = found(dropped(tmp_path, good=GOOD, junk=one_hook(name, f"return {junk}")))
    if name.startswith("offer_"):
        assert len(use(name, plugins)) == 1
    else:
        with pytest.raises(PerthynError) as raised:
            use(name, plugins)
        assert (raised.value.code, raised.value.facts["plugin"]) == ("plugin.broken", "junk")
    assert states(plugins)["good"] == ""
    assert name in states(plugins)["junk"]


def test_a_whole_plugin_in_one_file(tmp_path: Path) -> None:
    plugins = found(dropped(tmp_path, good=f"from __future__ import annotations\n{GOOD}"))
    (good,) = plugins.loaded
    assert (good.group, good.origin, good.broken) == ("file", str(tmp_path / "good.py"), "")
    assert set(good.hooks) == set(HOOKS)
    desk = crm(plugins)
    loan = desk.store.types["good.loan"]
    ann, _ = desk.add_contact({"name": "Ann Jones"})
    desk.commit([Create(loan.model_validate({"id": desk.ids(), "contact": ann.id, "object": "a spinning wheel"}))])
    assert [one.object for one in desk.store.owned(loan, [ann.id])] == ["a spinning wheel"]  # type: ignore[attr-defined]
    visit, _ = desk.add_interaction(ann.id, {"kind": "workshop", "day": date(2026, 2, 1)})
    assert visit.kind == "workshop"
    with pytest.raises(PerthynError) as refused:
        desk.commit([], reason="last year")
    assert refused.value.code == "plugin.refused"
    assert refused.value.facts["reason"] == "the year is closed"
    assert sys.modules["perthyn_file_good"].TOLD == [1, 2, 3]


def test_the_example_in_the_description_of_hooks_works(tmp_path: Path) -> None:
    said = inspect.getdoc(sys.modules["perthyn.hooks"]) or ""
    example = said.partition("::\n")[2].partition("\nHooks receive")[0]
    plugins = found(dropped(tmp_path, example=inspect.cleandoc(example)))
    assert states(plugins) == {"example": ""}
    assert [one.name for one in plugins.offer("offer_kinds")] == ["workshop"]


# -- the four kinds --------------------------------------------------------------------------------------


class Plugin:
    """A plugin as an object: each hook is what the test says."""

    def __init__(self, said: str, log: list[str], answer: Any = None) -> None:
        self.said, self.log, self.answer = said, log, answer

    @hookimpl
    def ask_batch(self, batch: Batch) -> Any:
        self.log.append(self.said)
        return self.answer

    @hookimpl
    def tell_applied(self, receipt: Any) -> None:
        self.log.append(self.said)
        if self.answer:
            raise self.answer


def several(log: list[str], **answers: Any) -> Plugins:
    plugins = Plugins()
    for name, answer in answers.items():
        plugins.add(Plugin(name, log, answer), name, origin=f"{name} 1.0")
    return plugins


def test_tell_reaches_everybody_whoever_fails() -> None:
    log: list[str] = []
    plugins = several(log, a=None, b=ValueError("no"), c=None, d=PerthynError("some.code"))
    for _ in range(2):  # broken once is told again all the same
        plugins.tell("tell_applied", batch=batch(), receipt=None)
    assert sorted(log) == ["a", "a", "b", "b", "c", "c", "d", "d"]
    assert states(plugins) == {"a": "", "b": "ValueError: no", "c": "", "d": "PerthynError: some.code()"}


def test_ask_stops_at_the_first_no_and_names_who_said_it() -> None:
    log: list[str] = []
    plugins = several(log, a=None, b="the year is closed", c=None)
    with pytest.raises(PerthynError) as refused:
        plugins.ask("ask_batch", batch=batch(), store=None)
    assert refused.value.code == "plugin.refused"
    assert refused.value.facts == {"plugin": "b", "origin": "b 1.0", "reason": "the year is closed"}
    assert log == ["c", "b"], "the last loaded is asked first, and nobody after a no"
    several(log, a=None, b=None).ask("ask_batch", batch=batch(), store=None)


def test_nothing_is_written_after_a_no_and_nobody_is_told(tmp_path: Path) -> None:
    desk = crm(found(dropped(tmp_path, good=GOOD)))
    log: list[str] = []
    desk.plugins.add(Plugin("listener", log, "no"), "listener")
    with pytest.raises(PerthynError):
        desk.add_contact({"name": "Ann Jones"})
    assert log == ["listener"] and desk.store.position() == 0 and desk.store.count_of(Contact) == 0


def test_the_first_answer_wins_and_a_refusal_is_shown() -> None:
    class Backend:
        def __init__(self, store: Store | Exception | None) -> None:
            self.store = store

        @hookimpl
        def answer_store(self, url: str) -> Store | None:
            if isinstance(self.store, Exception):
                raise self.store
            return self.store

    mine = MemoryStore(CORE_TYPES)
    plugins = Plugins()
    plugins.add(Backend(MemoryStore(CORE_TYPES)), "first")
    plugins.add(Backend(mine), "second")
    plugins.add(Backend(None), "third")
    assert plugins.open_store("memory:", CORE_TYPES, "GBP", True) is mine
    plugins.add(Backend(PerthynError("store.locked")), "fourth")
    with pytest.raises(PerthynError, match=r"store\.locked"):
        plugins.open_store("memory:", CORE_TYPES, "GBP", True)
    assert set(states(plugins).values()) == {""}, "what a backend says of itself does not make it broken"
    with pytest.raises(PerthynError) as unknown:
        Plugins().open_store("oracle:everything", CORE_TYPES, "GBP", True)
    assert unknown.value.code == "plugin.backend.unknown"


# -- every kind of broken ----------------------------------------------------------------------------------

BROKEN = {
    "syntax": ("def offer_kinds(:\n", "SyntaxError"),
    "import": ("import a_library_nobody_has\n", "ModuleNotFoundError: No module named 'a_library_nobody_has'"),
    "raises": ("raise RuntimeError('no till')\n", "RuntimeError: no till"),
    "leaves": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "unknown_hook": (one_hook("offer_cake", "return []"), "unknown hook 'offer_cake'"),
    "unknown_argument": (one_hook("offer_kinds", "return []").replace("kinds()", "kinds(cake)"), "cake"),
    "wraps": (one_hook("offer_kinds", "return (yield)").replace("hookimpl\nd", "hookimpl(wrapper=True)\nd"), "wrap"),
    "not_text": ("é = '\udce9'\n", "Error"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_can_not_be_loaded_is_named(name: str, tmp_path: Path) -> None:
    text, why = BROKEN[name]
    folder = dropped(tmp_path, good=GOOD)
    (folder / "bad.py").write_bytes(text.encode("utf-8", "surrogateescape"))
    plugins = found(folder)
    bad, good = plugins.loaded
    assert (bad.name, bad.origin, bad.hooks) == ("bad", str(folder / "bad.py"), ())
    assert why in bad.broken
    assert not good.broken and len(plugins.offer("offer_kinds")) == 1
    assert "perthyn_file_bad" not in sys.modules or name in ("unknown_hook", "unknown_argument", "wraps")


def test_two_of_one_name_are_told_apart() -> None:
    plugins = Plugins()
    log: list[str] = []
    plugins.add(Plugin("first", log), "till", origin="till-one 1.0")
    plugins.add(Plugin("second", log), "till", origin="till-two 1.0")
    first, second = plugins.loaded
    assert (first.origin, first.broken) == ("till-one 1.0", "")
    assert second.origin == "till-two 1.0" and second.broken
    plugins.tell("tell_applied", batch=batch(), receipt=None)
    assert log == ["first"], "the one that was there stays"


def test_files_left_out(tmp_path: Path) -> None:
    folder = dropped(tmp_path, good=GOOD, _draft="raise RuntimeError\n", other="raise RuntimeError\n")
    assert states(Plugins.find(folder, off=["other"], among=[])) == {"good": ""}
    assert Plugins.find(tmp_path / "nowhere", among=[]).loaded == []


# -- versions --------------------------------------------------------------------------------------------------


def test_a_plugin_for_a_newer_version_of_the_hooks_is_left_out_with_that_word(tmp_path: Path) -> None:
    kinds = one_hook("offer_kinds", "return []")
    asked = {"now": 1, "later": 99, "odd": "'x'"}
    folder = dropped(tmp_path, **{name: f"{kinds}perthyn_hooks = {wanted}\n" for name, wanted in asked.items()})
    broken = {name: said for name, said in states(found(folder)).items() if said}
    assert set(broken) == {"later", "odd"}
    assert broken["later"] == f"TypeError: it needs version 99 of the hooks, and this perthyn has version {VERSION}"


def test_a_hook_that_goes_is_called_as_before_and_says_so_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Next:
        @hookspec(warn_on_impl=Leaving("offer_words"))
        def offer_kinds(self) -> list[Kind]:
            """Kinds of interaction."""
            raise NotImplementedError

    monkeypatch.setattr("perthyn.plugins.Hooks", Next)
    with pytest.warns(Leaving):
        plugins = found(dropped(tmp_path, old=one_hook("offer_kinds", "return []")))
    assert plugins.offer("offer_kinds") == []
    (old,) = plugins.loaded
    assert (old.leaving, old.broken) == ({"offer_kinds": "offer_words"}, "")
