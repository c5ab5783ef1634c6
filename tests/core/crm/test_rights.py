"""Rights: whatever a person can do through `Crm`, an actor without rights is refused, and nothing is changed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from perthyn.channel import Answer, Channel, Delivery, Fact, Letter, Outlet, Reach, Request, Sender
from perthyn.contacting import Known
from perthyn.crm import Crm, Desk
from perthyn.errors import Forbidden
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.importing.consents import YesMeans
from perthyn.model import Inbound, Job, Message, Problem

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOON.date()
GROUND = {
    "acting", "apply", "at_position", "batch_id", "check", "check_all_fields", "check_fields", "check_kinds", "commit",
    "keep_on", "kept", "kinds", "looking", "note", "one_picture", "redirects", "remember", "remembered", "schema", "seen", "seen_line",
    "sees", "sees_kinds", "sees_type", "selves", "today",
}  # fmt: skip
"""What the parts of `Crm` stand on, which no face offers to a person."""


def doings(of: type) -> list[str]:
    """The public methods of a class, its bases' too."""
    return sorted(name for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_"))


def test_what_asks_no_right_is_named_one_by_one() -> None:
    assert set(doings(Desk)) == GROUND


@pytest.fixture
def examples(office: Office) -> dict[str, Any]:
    """A value for each parameter that a method needs, by its name; all of them are of things that are there."""
    about = {"channel": "email", "account": "main", "inbound": str(UUID(int=1))}
    job = Job(id=UUID(int=1), name="channel.fetch", about="email:main", facts=json.dumps(about), due=NOON)
    office.keep(job, Inbound(id=UUID(int=1), channel="email", account="main", event="1", came=NOON))
    sian, twin = office.person(email="s@x.cymru"), office.person("Twin")
    office.did(sian)
    office.keep(Problem(id=UUID(int=1), code="duplicate.possible", contact=sian.id, other=twin.id, at=NOON))
    segment, _ = office.crm.add_segment("Siân", None, "has email")
    office.crm.plugins.add(SimpleNamespace(offer_channels=hookimpl(lambda: [Post()])), "post")
    header = office.crm.batch()
    words = {name: "Haf" for name in ("subject_cy", "subject_en", "letter_cy", "letter_en")}
    draft, _ = office.crm.new_campaign("Draft", segment, **words)
    open_, _ = office.crm.new_campaign("Open", segment, **words)
    office.said(sian, "given")
    office.crm.freeze(open_)
    open_ = office.crm.campaign("open")
    lost = Message(id=UUID(int=1), contact=twin.id, campaign=open_.id, channel="email", state="unknown")
    office.keep(lost)
    file = office.folder / "list.csv"
    file.write_text("Name,Email\nHuw,h@x.cymru\n", encoding="utf-8")
    (office.folder / "results.csv").write_text("Email,Status\ns@x.cymru,bounced\n", encoding="utf-8")
    return {
        "id": sian.id, "contact": sian, "text": "Siân", "values": {"name": "x"}, "segment": segment,
        "contacts": [sian.id], "known": Known(),
        "name_en": "New", "name_cy": None, "rule": "has email", "closed": office.crm.closed(segment),
        "name": "visitors", "number": office.crm.number("visitors"), "pair": office.crm.pairs()[0], "ending": "000001",
        "endings": ["000001"], "header": header, "file": file, "reading": None,
        "understanding": next(office.crm.understand(file)), "purpose": "analysis",
        "yes_means": YesMeans("I agree"), "recipients": (), "keys": (), "made": office.now,
        "decision": "refused", "channel": "email", "whom": "person", "connection": "sale", "day": TODAY, "on": TODAY,
        "grounds": {"post": True}, "list": "fps",
        "delivery": Delivery("shop:main", [Fact("1", {"kind": "visit", "day": TODAY}, sian.id)]),
        "account": "main", "request": Request("POST", "/in/email/main", "", {}, b"", NOON), "worker": "eve", "job": job,
        "sends": job.model_copy(update={"about": None}),
        "by": timedelta(0),
        "section": "email",
        "campaign": open_, "draft": draft, "code": "open", "lines": [lost], "sent": True, "form": "mailchimp",
        "letters": office.crm.letters(draft), "address": "us@x.cymru",
        "results": office.folder / "results.csv",
        "may": str, "limit": 10,
        "trend": "visits", "scores": office.crm.scores(), "cell": (5, 5, 5), "to": "sqlite:///elsewhere.sqlite",
    }  # fmt: skip


class Post(Channel):
    """Takes every letter."""

    name = "email"
    ways = ("email",)

    def accounts(self, house: House) -> list[str]:
        return ["main"]

    def outlet(self, reach: Reach) -> Outlet:
        return Hole()

    def sender(self, reach: Reach) -> Sender:
        return Sender("Plas", "Plas", "Llan", "plas@x.cymru")


class Hole(Outlet):
    def send(self, letter: Letter) -> Answer:
        return Answer("taken")


ELSEWHERE = {"move", "move_plan", "stop_move"}
"""What needs a second store, and is done in tests/journeys/test_move.py."""

TYPED = {
    ("channel", "name"): "channel",
    ("campaign", "text"): "code",
    ("edit_campaign", "campaign"): "draft",
    ("freeze", "campaign"): "draft",
    ("send_job", "job"): "sends",
    ("take_results", "file"): "results",
    ("trend", "name"): "trend",
    ("add_interaction", "contact"): "id",
    ("close", "rule"): "read",
    ("add_interaction", "values"): "happened",
}


def called(crm: Crm, name: str, examples: dict[str, Any]) -> Any:
    """The method's answer to examples, read to its end."""
    from perthyn.rules import parse

    own = {**examples, "read": parse("has email", crm.schema()), "happened": {"kind": "visit"}}
    given = {}
    for parameter in inspect.signature(getattr(crm, name)).parameters.values():
        example = TYPED.get((name, parameter.name), parameter.name)
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            assert example in own, f"{name} needs {parameter.name}: give it an example here"
            given[parameter.name] = own[example]
    if name in ("export", "backup", "hand_over"):
        given["file"] = own["file"].with_name("out.csv")
    answer = getattr(crm, name)(**given)
    return list(answer) if isinstance(answer, Iterator) else answer


@pytest.mark.parametrize("name", sorted(set(doings(Crm)) - GROUND))
def test_an_actor_without_rights_is_refused(office: Office, examples: dict[str, Any], name: str) -> None:
    before, files = office.everything(), sorted(office.folder.iterdir())
    nobody = office.desk("nothing")
    with pytest.raises(Forbidden) as told:
        called(nobody, name, examples)
    assert told.value.code == "right.missing" and told.value.facts["actor"] == "gwen"
    assert office.everything() == before and sorted(office.folder.iterdir()) == files
    if name not in ELSEWHERE:
        called(office.crm, name, examples)


def test_a_right_to_read_writes_nothing(office: Office, examples: dict[str, Any]) -> None:
    reader = office.desk(
        "contact.read", "segment.read", "history.read", "problem.read", "report.read", "money.read", "note.read",
        "health.read", "import.read",
    )  # fmt: skip
    before, done = office.everything(), set()
    for name in set(doings(Crm)) - GROUND:
        try:
            called(reader, name, examples)
            done.add(name)
        except Forbidden:
            continue
    assert office.everything() == before
    assert done.isdisjoint(
        {"erase", "join", "undo", "take_in", "import_table", "export", "dossier", "add_contact", "settle"}
    )
    assert done > {"find", "show", "members", "report", "changes", "pairs"}
