"""The big list of naughty strings, and Welsh letters, in each field that takes a text: what went in comes out.

What a record refuses it refuses before any store sees it, alike on all; each of the others goes through the sheet.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from conftest import World
from pydantic import ValidationError

from perthyn.changes import Batch, Create
from perthyn.model import CORE_TYPES, Contact, Ids, Record
from perthyn.model.canonical import canonicals
from perthyn_sheets.store import SheetsStore

pytestmark = pytest.mark.slow

STRINGS = Path(__file__).parents[2] / "data" / "blns" / "blns.json"
WELSH = ("Siân Ŵyn", "tŷ'r ŵyl", "â ê î ô û ŵ ŷ Â Ê Î Ô Û Ŵ Ŷ", "sw\u0302n", "gêm – Llŷn", "ï ö ẁ ẃ ỳ ý")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
NEEDED: dict[str, dict[str, Any]] = {
    "contact": {},
    "interaction": {"kind": "visit", "day": date(2026, 1, 1)},
    "takings": {"kind": "visit", "day": date(2026, 1, 1)},
    "consent": {"channel": "email", "decision": "given", "recorded": NOW},
    "obtained": {"channel": "email", "address": "s@example.org", "at": NOW, "whom": "person",
                 "connection": "support", "recorded": NOW},
    "screening": {"list": "tps", "address": "+441654700000", "checked": NOW, "hit": False,
                  "recorded": NOW},
    "segment": {},
    "problem": {"code": "import.date.impossible", "at": NOW},
    "custom_field": {"name": "shoe", "label_en": "Shoe"},
    "setting": {"name": "seen", "value": "1"},
}  # fmt: skip
"""What a record of a type needs besides its id, and the contact that it belongs to."""
KINDS = {kind.type_name: kind for kind in CORE_TYPES if kind.type_name in NEEDED}


@lru_cache
def strings() -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys((*json.loads(STRINGS.read_text(encoding="utf-8")), *WELSH)))


def texts_of(kind: type[Record]) -> list[str]:
    """The fields of a type that take a text."""
    taken = []
    for name in kind.model_fields:
        if name not in ("id", kind.owner) and _made(kind, {name: "Llŷn"}) is not None:
            taken.append(name)
    return taken


def _made(kind: type[Record], said: dict[str, Any]) -> Record | None:
    ids = {"id": IDS()}
    owner = {kind.owner: HER} if kind.owner not in ("", "id") else {}
    try:
        return kind.model_validate({**ids, **owner, **NEEDED[kind.type_name], **said})
    except (ValidationError, ValueError):
        return None


IDS = Ids(lambda: NOW, random.Random(4).randbytes)
HER = IDS()


def records(kind: type[Record], tried: Counter[str]) -> Iterator[Record]:
    """For each string a record with it in each field that takes it."""
    for number, text in enumerate(strings()):
        said: dict[str, Any] = {"name": f"f{number}"} if kind.type_name == "custom_field" else {}
        for name in texts_of(kind):
            if name in said:
                continue
            if kind.source_named and name == "source_id" and not said.get("source"):
                said["source"] = "till:main"
            if _made(kind, {**said, name: text}) is not None:
                said[name] = text
                tried[name] += 1
        found = _made(kind, said)
        if found is None:
            raise AssertionError(f"{kind.type_name} {number}: {said}")
        yield found


@pytest.mark.parametrize("name", KINDS)
def test_naughty_strings_come_out_as_they_went_in(name: str, world: World) -> None:
    kind = KINDS[name]
    tried: Counter[str] = Counter()
    sent = {one.id: one for one in records(kind, tried)}
    store = world.open()
    her = [] if name == "contact" else [Create(Contact(id=HER, name="Siân"))]
    store.apply(Batch(IDS(), "ann", NOW, changes=[*her, *(Create(one) for one in sent.values())]))
    assert tried
    store.step(whole=True)
    assert store.outcome.why is None and not store.outcome.waiting and not store.outcome.taken_in
    laptop = world.open(machine="laptop")
    for one in (store, laptop):
        assert isinstance(one, SheetsStore)
        _same(kind, sent, one)


def _same(kind: type[Record], sent: dict[Any, Record], store: SheetsStore) -> None:
    there = store.get(kind, sent)
    assert len(there) == len(sent)
    pairs = zip(canonicals([sent[id] for id in sent]), canonicals([there[id] for id in sent]), strict=True)
    assert [(one, other) for one, other in pairs if one != other] == []
