"""Roles: every right that code asks for is declared and said, roles have those only, a desk does what it needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from perthyn.crm import record_types
from perthyn.crm.roles import GROUP_TITLES, RIGHTS, ROLE_TITLES, ROLES, known_rights, roles_of
from perthyn.model import KINDS, Contact, CustomField, declared, parts
from perthyn.plugins import Plugins
from perthyn.rights import GROUPS, ROLES_THERE_ARE
from perthyn.text import LANGUAGES, Translator

ROOT = Path(__file__).parents[3]
PLACE = {"check": 0, "may": 0, "get": 1, "post": 1, "Screen": 1, "panel": 1, "Panel": 1, "entry": 2, "Entry": 2}
"""Where the name of a right stands in what takes one."""
NAMED = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    """All that is installed here."""
    return Plugins.find(tmp_path_factory.mktemp("plugins"))


def asked_in_code() -> Iterator[tuple[str, str]]:
    """(right, file) of each that code checks or names."""
    for folder in ("core", "plugins", "backends"):
        for file in (ROOT / folder).rglob("*.py"):
            if "testing" in file.parts or "new_plugin" in file.parts:
                continue
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(call, ast.Call):
                    continue
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                said = [one.value for one in call.keywords if one.arg == "right"]
                if name in PLACE and (PLACE[name] != 1 or _is_address(call)):
                    said += call.args[PLACE[name] :][:1]
                for one in said:
                    if isinstance(one, ast.Constant) and NAMED.fullmatch(str(one.value)):
                        yield str(one.value), str(file.relative_to(ROOT))


def _is_address(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and str(first.value).startswith(("/", "contact", "home"))


def test_each_right_that_code_asks_for_is_declared(plugins: Plugins) -> None:
    known = {one.name for one in known_rights(plugins)}
    strange = {(right, file) for right, file in asked_in_code() if right not in known}
    assert not strange, "declare it in crm/roles.py, or offer it by the hook offer_rights"
    assert len({right for right, _ in asked_in_code()}) > 30


def test_each_right_that_a_field_a_type_or_a_kind_asks_for_is_declared(plugins: Plugins) -> None:
    known = {one.name for one in known_rights(plugins)}
    types = record_types(plugins)
    held = [*types, *parts(Contact).values()]
    asked = {(about.right, one.__name__) for one in held for about in declared(one).values()}
    asked |= {(one.seen_by, one.__name__) for one in types if one.seen_by}
    asked |= {(one.right, one.name) for one in (*KINDS, *plugins.offer("offer_kinds")) if one.right}
    asked.add((CustomField.model_fields["right"].default, "CustomField"))
    assert not {(right, where) for right, where in asked if right not in known}


def test_whatever_is_given_is_a_gift_to_whoever_looks(plugins: Plugins) -> None:
    """Kinds of the family of giving, and what plugins keep of gifts, carry the right."""
    kinds = [*KINDS, *plugins.offer("offer_kinds")]
    assert {one.right for one in kinds if one.family == "give"} == {"donation.read"}
    assert {one.seen_by for one in record_types(plugins) if one.type_name.startswith("donations.")} == {"donation.read"}


def test_roles_have_rights_that_are_declared_and_no_other(plugins: Plugins) -> None:
    every = known_rights(plugins)
    assert len({one.name for one in every}) == len(every)
    for role, rights in roles_of(every).items():
        assert rights <= {one.name for one in every} | {"*"}, role
    assert tuple(ROLES) == ROLES_THERE_ARE and ROLES["administrator"] == {"*"}
    assert {"gift_aid.write", "gift_aid.claim"} <= roles_of(every)["fundraiser"]
    assert "gift_aid.write" not in ROLES["fundraiser"]


def test_each_right_is_a_whole_sentence_in_a_group_in_both_languages(plugins: Plugins) -> None:
    locales = plugins.offer("offer_locale")
    words = {language: Translator(language, locales) for language in LANGUAGES}
    for one in known_rights(plugins):
        assert one.label[0].isupper() and one.label.endswith(".") and one.group in GROUPS
        assert words["cy"](one.label) != one.label, f"{one.name} has no Welsh"
    for title in (*GROUP_TITLES.values(), *ROLE_TITLES.values()):
        assert words["cy"](title) != title, f"{title} has no Welsh"
    assert tuple(GROUP_TITLES) == GROUPS and tuple(ROLE_TITLES) == ROLES_THERE_ARE


SECRET = {"money.read", "donation.read", "note.private", "child.read", "raw.read"}
FAR = {
    "contact.export", "contact.bulk", "contact.merge", "contact.erase", "contact.dossier", "history.undo",
    "import.write",
}  # fmt: skip


def test_a_desk_does_no_more_than_it_needs() -> None:
    volunteer, front = ROLES["volunteer"], ROLES["front_of_house"]
    assert volunteer == {"contact.read", "contact.write", "interaction.write", "note.read", "history.undo_own"}
    assert volunteer < front and not front & (SECRET | FAR)
    assert {"problem.read", "consent.write"} <= front


def test_who_only_looks_changes_nothing_and_takes_nothing_out() -> None:
    assert not {one for one in ROLES["read_only"] if not one.endswith(".read")}
    assert not ROLES["read_only"] & SECRET


def test_the_manager_does_all_but_run_the_house() -> None:
    every = {one.name for one in RIGHTS}
    assert every - ROLES["manager"] == {"setting.write", "store.move", "user.read", "user.write"}
    for role in ("fundraiser", "marketing", "front_of_house", "volunteer", "read_only"):
        assert ROLES[role] < ROLES["manager"]
    assert ROLES["marketing"] < ROLES["fundraiser"] and not ROLES["marketing"] & {"money.read", "donation.read"}
