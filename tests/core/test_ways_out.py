"""Nothing leaves but through the one door: whoever reads an address asks it first, or is named here with the reason.

What goes out needs an address: in a mail, a call list, a label, a file for a mailer. So every module of the core and
the plugins that reads the addresses of a contact is looked at, and every one that can deliver. A store is no way out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READS = {"emails", "phones", "addresses", "preferred_email", "preferred_address"}
DOOR = {"permissions", "decided", "may_contact"}
DELIVERS = {"smtplib", "aiosmtplib", "http", "urllib", "requests", "httpx", "aiohttp", "socket", "imaplib", "stripe"}

NOT_OUT = {
    "core/perthyn/cli/contact.py": "the desk looks at one person",
    "core/perthyn/cli/shown.py": "the desk looks at people on the screen",
    "core/perthyn/contacting/door.py": "the door itself",
    "core/perthyn/contacting/fields.py": "what a letter says to its own reader",
    "core/perthyn/contacting/suppression.py": "addresses are hashed, to bar them",
    "core/perthyn/crm/screening.py": "addresses are held against lists of those who want no contact",
    "core/perthyn/importing/filling.py": "what comes in",
    "core/perthyn/model/contact.py": "what a contact is",
    "core/perthyn/model/identity.py": "by what people are recognised",
    "plugins/perthyn_donations/declaring.py": "a donor's home as declared to HMRC, and by what rows are known",
    "plugins/perthyn_email/answers.py": "whose address an answer came from",
    "plugins/perthyn_web/pages/person_fields.py": "a person's details, put right by whoever may",
    "plugins/perthyn_web/pages/person_forms.py": "what is typed of somebody new, and who it may be already",
    "plugins/perthyn_web/pages/quality.py": "the desk holds two entries of one person side by side",
    "plugins/perthyn_web/pages/saying.py": "the desk tells one Mair Jones from the other",
}
"""Readers of addresses that let none out."""
NO_PEOPLE = {
    "core/perthyn/settings.py": "takes a store's address apart",
}
"""Modules that could deliver, and have nothing to do with people."""

HANDS_OVER = {
    "core/perthyn/crm/in_house.py": "to one of our own people, who asked for it; it reads no contact",
    "core/perthyn/crm/rounds.py": "letters whose lines it has claimed, after the door was asked at that instant",
    "core/perthyn/crm/sending.py": "opens the connection of a round; a rehearsal; a test to an address of our own",
}
"""Modules that make letters or open an outlet, and why they may."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("core", "plugins"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if "/perthyn/testing/" not in name:
                yield name, ast.parse(file.read_text(encoding="utf-8"))


def fault(name: str, tree: ast.Module) -> str:
    """What is wrong with a module, "" where nothing is."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    asks = DOOR & (attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
    if attributes & READS and not asks and name not in NOT_OUT:
        read = ", ".join(sorted(attributes & READS))
        return f"{name} reads {read} and does not ask the door: take the address from a Decision, or give a reason here"
    if _imported(tree) & DELIVERS and attributes & READS and name not in NO_PEOPLE:
        return f"{name} can deliver and reads addresses: a channel gets the address of a Decision, never a contact"
    return ""


def _imported(tree: ast.Module) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain | {
        node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }}  # fmt: skip


def test_whoever_reads_an_address_asks_the_door() -> None:
    faults = [told for name, tree in modules() if (told := fault(name, tree))]
    assert not faults, "\n".join(faults)


def test_every_reason_is_about_a_module_that_needs_one() -> None:
    trees = dict(modules())
    for name in NOT_OUT:
        assert {node.attr for node in ast.walk(trees[name]) if isinstance(node, ast.Attribute)} & READS, name
    for name in NO_PEOPLE:
        assert _imported(trees[name]) & DELIVERS, name


def hands_over(tree: ast.Module) -> bool:
    """Whether a module makes a letter or opens an outlet, by whatever name it calls them."""
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    names = {one.id if isinstance(one, ast.Name) else getattr(one, "attr", "") for one in called}
    brought = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return "outlet" in names or bool({"Letter", "Outlet"} & brought and "Letter" in names)


def test_a_letter_is_made_and_handed_over_in_three_places_only() -> None:
    found = {name for name, tree in modules() if hands_over(tree)}
    assert found == set(HANDS_OVER), "claim a line of the ledger (Crm.send_on), or give a reason here"


def test_the_claim_is_written_before_the_letter_leaves() -> None:
    """In a round the letter is answered only by what has written the claim, and sent only by who was answered it."""
    tree = dict(modules())["core/perthyn/crm/rounds.py"]
    methods = {node.name: ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    claimed = methods["_claimed"]
    assert claimed.index("self._asked(parcel)") < claimed.index("self._wrote(") < claimed.index("return letter")
    assert [name for name, text in methods.items() if "outlet.send(" in text] == ["_handed_over"]
    assert [name for name, text in methods.items() if "self._handed_over(" in text] == ["run"]
    assert "while (letter := self._claimed())" in methods["run"]


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("def labels(people): return [one.addresses for one in people]", True),
        (
            "def calls(crm, people): return [one.phones for one in people if crm.permissions(one)['phone'].allowed]",
            False,
        ),
        ("import smtplib\ndef send(crm, one): smtplib.SMTP(); crm.decided(one); return one.preferred_email()", True),
        ("import smtplib\ndef send(address): smtplib.SMTP()", False),
    ],
)
def test_a_way_round_the_door_is_seen(code: str, wrong: bool) -> None:
    assert bool(fault("plugins/perthyn_new/labels.py", ast.parse(code))) is wrong
