"""The dossier: all that is held on somebody, whatever record holds it, and nothing of anybody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, get_args
from uuid import UUID

import pytest

from perthyn.changes import Delete
from perthyn.crm import Crm
from perthyn.errors import Forbidden
from perthyn.merging import merge_changes
from perthyn.model import CORE_TYPES, About, Contact, Problem, Record, declared, parts
from perthyn.model.record import Part
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_sql import open_store

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIELDS = ("contact.read", "note.read", "note.private", "money.read", "donation.read", "child.read", "raw.read")


class Declaration(Record):
    """What a plugin keeps of a contact."""

    type_name: ClassVar[str] = "giftaid.declaration"
    owner: ClassVar[str] = "giver"

    giver: Annotated[UUID, About("Giver", "Rhoddwr", kind="id", personal="identity")]
    wording: Annotated[str | None, About("Wording", "Geiriad")] = None
    place: Annotated[str | None, About("Place", "Lle", kind="word")] = None


TYPES = (*CORE_TYPES, Declaration)
VALUES: dict[str, Any] = {"date": "2026-01-02", "instant": NOON, "integer": 7, "money": 700, "flag": True}


def filled(kind: type[Record | Part], canaries: list[str], known: dict[str, Any]) -> dict[str, Any]:
    """Values for every plain field: a canary of its own in each text field that takes any text."""
    made = {}
    for name, about in declared(kind).items():
        choices = _choices(kind.model_fields[name].annotation)
        if name in known:
            made[name] = known[name]
        elif about.kind == "id":
            made[name] = UUID(int=0xABCDEF)
        elif choices:
            made[name] = choices[0]
        elif name == "currency":
            made[name] = "GBP"
        elif about.kind in VALUES:
            made[name] = VALUES[about.kind]
        else:
            canaries.append(f"canary-{known['of']}-{len(canaries)}-{name}")
            made[name] = canaries[-1]
    return made


def _choices(annotation: Any) -> list[str]:
    return [one for one in _leaves(annotation) if isinstance(one, str)]


def _leaves(annotation: Any) -> list[Any]:
    inner = get_args(annotation)
    return [leaf for one in inner for leaf in _leaves(one)] if inner else [annotation]


def whole(office: Office, of: str, number: int) -> tuple[Contact, list[str]]:
    """Somebody with a canary in every text field of the contact, its parts and every record it can own."""
    canaries: list[str] = []
    id = UUID(int=number)
    own = {"id": id, "of": of}
    values = filled(Contact, canaries, own)
    for name, part in parts(Contact).items():
        values[name] = (part.model_validate(filled(part, canaries, {"of": of})),)
    contact = Contact.model_validate(values)
    office.keep(contact)
    for at, kind in enumerate(office.store.types.values(), 1):
        if kind.owner:
            known = {"id": UUID(int=number + at), "of": of, kind.owner: id, "came_as": None, "address": f"{of}@x.cymru"}
            office.keep(kind.model_validate(filled(kind, canaries, known)))
    told = {"id": UUID(int=number + 90), "of": of, "contact": id, "state": "open"}
    office.keep(Problem.model_validate({**filled(Problem, canaries, {**told, "other": None})}))
    return contact, canaries


@pytest.fixture(params=["memory", "sqlite"])
def wide(request: pytest.FixtureRequest, office: Office, tmp_path: Any) -> Any:
    """An office whose store also keeps a plugin's records."""
    url = f"sqlite:///{(tmp_path / 'wide.sqlite').as_posix()}"
    store: Store = MemoryStore(TYPES) if request.param == "memory" else open_store(url, TYPES)
    yield type(office)(store, tmp_path)
    store.close()


def test_every_field_of_hers_is_in_it_and_nothing_of_anybody_else(wide: Office) -> None:
    crm: Crm = wide.crm
    sian, hers = whole(wide, "sian", 1000)
    _, others = whole(wide, "huw", 2000)
    assert len(hers) == len(others) > 40
    crm.edit_contact(sian.id, {"name": "now"})
    crm.commit([Delete(one) for one in wide.store.owned(Declaration, [sian.id])])
    address = sian.emails[0].address
    refused = Problem(id=UUID(int=9), code="import.row", raw=f"row-canary; {address}; 30/2/2024", at=NOON)
    wide.keep(refused, Problem(id=UUID(int=10), code="import.row", raw="other-row-canary; somebody@x.cymru", at=NOON))
    held = crm.dossier(sian.id)
    text = json.dumps(held, ensure_ascii=False)
    assert [one for one in hers if one not in text] == []
    assert [one for one in others if one in text] == []
    assert "row-canary" in text.replace("other-row-canary", "") and "other-row-canary" not in text
    assert {line["type"] for line in held["history"]} == {"contact", "giftaid.declaration"}
    assert set(held["permission"]) == {"email", "post", "phone", "sms"}


def test_what_was_said_before_a_merge_is_in_it(office: Office) -> None:
    sian, twin = office.person(), office.person("Twin", "twin@x.cymru", note="twin-canary")
    office.crm.edit_contact(twin.id, {"note": "later"})
    office.crm.commit(merge_changes(office.store, sian, office.held(twin), {}))
    held = office.crm.dossier(sian.id)
    assert "twin-canary" in json.dumps(held["history"])
    assert sorted(line["action"] for line in held["history"]) == ["delete", "edit", "edit"]
    assert held["history"][0]["before"] == {"note": "twin-canary"}, "the oldest first"
    assert office.crm.history(twin.id) == office.crm.history(sian.id)


def test_all_of_it_is_shown_to_whom_may_see_all_only(office: Office) -> None:
    sian = office.person()
    with pytest.raises(Forbidden):
        office.desk("contact.dossier", "contact.read").dossier(sian.id)
    told = office.desk("contact.dossier", *FIELDS).dossier(sian.id)
    assert told["contact"]["name"] == sian.name
