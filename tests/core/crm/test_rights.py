"""Rights: whatever a person can do through `Crm`, an actor without rights is refused, and nothing is changed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Delete, Edit
from perthyn.channel import Answer, Channel, Delivery, Fact, Letter, Outlet, Reach, Request, Sender
from perthyn.contacting import Known
from perthyn.crm import Crm, Desk, Memo, Writing
from perthyn.crm.roles import RIGHTS, ROLES
from perthyn.demonstration import Demonstration
from perthyn.errors import Forbidden, PerthynError
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.importing.consents import YesMeans
from perthyn.model import Inbound, Job, Message, Problem

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOON.date()
GROUND = {
    "acting", "allowed", "apply", "at_position", "batch_id", "check", "check_all_fields", "check_fields", "check_kinds",
    "commit", "keep_on", "kept", "kinds", "looking", "note", "one_picture", "redirects", "remember", "remembered",
    "schema", "seen", "seen_line", "sees", "sees_kinds", "sees_type", "selves", "shows", "today",
}  # fmt: skip
"""What the parts of `Crm` stand on, which no face offers to a person."""


def doings(of: type) -> list[str]:
    """The public methods of a class, its bases' too."""
    return sorted(name for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_"))


def test_what_asks_no_right_is_named_one_by_one() -> None:
    assert set(doings(Desk)) == GROUND


@pytest.fixture
def examples(office: Office, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A value for each parameter that a method needs, by its name; all of them are of things that are there."""
    monkeypatch.chdir(office.folder)  # where the settings are
    about = {"channel": "email", "account": "main", "inbound": str(UUID(int=1))}
    job = Job(id=UUID(int=1), name="channel.fetch", about="email:main", facts=json.dumps(about), due=NOON)
    office.keep(job, Inbound(id=UUID(int=1), channel="email", account="main", event="1", came=NOON))
    sian, twin = office.person(email="s@x.cymru"), office.person("Twin")
    office.did(sian)
    office.keep(Problem(id=UUID(int=1), code="duplicate.possible", contact=sian.id, other=twin.id, at=NOON))
    related = office.crm.relate(sian.id, office.person("Huw").id, "partner").one
    segment, _ = office.crm.add_segment("Siân", None, "has email")
    office.crm.plugins.add(SimpleNamespace(offer_channels=hookimpl(lambda: [Post()])), "post")
    free, _ = office.crm.add_segment("Free", None, "has phone")
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
        "memo": Memo(sian.id, "mair@plas.example", "Mair", "Numbers", "None."),
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
        "may": str, "house": Demonstration("Nowhere", lambda folder: []), "folder": office.folder,
        "limit": 10, "free": free, "own_field": "own.shirt", "en": "Shirt",
        "chosen": {"organisation": "Plas"},
        "ids": [sian.id], "saw": sian, "wanted": sian.model_copy(update={"title": "Dr"}), "other": twin.id,
        "doing": "tag", "value": "friend", "kind": "friend", "key": "a-tap-of-mine", "headers": ["Name"], "batches": [],
        "link": office.held(related).relationships[0].key, "writings": [Writing({"name": "Nia"})],
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


OPEN = {"invented", "may_demonstrate"}
"""What whoever works here may know: that some of the people are invented, and whether they may take them away."""
ELSEWHERE = {"move", "move_plan", "stop_move"}
"""What needs a second store, and is done in tests/journeys/test_move.py."""

TYPED = {
    ("channel", "name"): "channel",
    ("campaign", "text"): "code",
    ("edit_campaign", "campaign"): "draft",
    ("freeze", "campaign"): "draft",
    ("remove_segment", "segment"): "free",
    ("send_job", "job"): "sends",
    ("set_field", "name"): "own_field",
    ("change_settings", "values"): "chosen",
    ("part", "key"): "link",
    ("take_results", "file"): "results",
    ("trend", "name"): "trend",
    ("write_many", "wanted"): "writings",
    ("add_interaction", "contact"): "id",
    ("add_interaction", "values"): "happened",
    ("new_interaction", "values"): "happened",
    ("new_interaction", "contact"): "id",
}


def called(crm: Crm, name: str, examples: dict[str, Any]) -> Any:
    """The method's answer to examples, read to its end."""
    from perthyn.rules import parse

    own = {**examples, "read": parse("has email", crm.schema()), "happened": {"kind": "visit"}}
    given = {}
    for parameter in inspect.signature(getattr(crm, name)).parameters.values():
        example = "read" if parameter.annotation == "Rule" else TYPED.get((name, parameter.name), parameter.name)
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            assert example in own, f"{name} needs {parameter.name}: give it an example here"
            given[parameter.name] = own[example]
    if name in ("export", "backup", "hand_over"):
        given["file"] = own["file"].with_name("out.csv")
    answer = getattr(crm, name)(**given)
    return list(answer) if isinstance(answer, Iterator) else answer


@pytest.mark.sampled(40)
@pytest.mark.parametrize("name", sorted(set(doings(Crm)) - GROUND - OPEN))
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
    for name in set(doings(Crm)) - GROUND - OPEN:
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


# -- canaries: what an actor may not see comes out of no method, in no answer and in no error ----------------------

GIFT_DAY = date(2019, 3, 7)
CANARIES: dict[str, frozenset[str]] = {
    one: frozenset(rights.split())
    for one, rights in {
        "8100001": "money.read", "8200002": "money.read donation.read",
        "81,000.01": "money.read", "82,000.02": "money.read donation.read",
        "GIFT-CANARY": "donation.read", "date(2019, 3, 7)": "donation.read", "2019-03-07": "donation.read",
        "NOTE-CANARY": "note.read", "PRIVATE-CANARY": "note.private", "RAW-CANARY": "raw.read",
        "'13-17'": "child.read", "contact.child": "child.read",
    }.items()
}  # fmt: skip
"""Each with the rights of which every one is needed to see it."""


def plant(office: Office, examples: dict[str, Any]) -> None:
    """Canaries in the store: in notes, money, gifts, raw lines, problems, history, segments."""
    crm, sian = office.crm, examples["contact"]
    crm.edit_contact(sian.id, {"note": "NOTE-CANARY before", "age_band": "13-17"})
    crm.edit_contact(sian.id, {"note": "NOTE-CANARY", "salutation": "Siân"})
    hidden = {"text": "NOTE-CANARY", "private": "PRIVATE-CANARY", "raw": '{"x": "RAW-CANARY"}'}
    office.did(sian, "purchase", amount=8_100_001, **hidden)
    gift = office.did(sian, "donation", GIFT_DAY, amount=8_200_002, subject="GIFT-CANARY", source="GIFT-CANARY",
                      source_id="GIFT-CANARY", campaign="GIFT-CANARY", **hidden)  # fmt: skip
    pledge = office.did(sian, "pledge", GIFT_DAY, subject="GIFT-CANARY", campaign="open")
    crm.commit([Edit("interaction", gift.id, {"subject": ("GIFT-CANARY", "GIFT-CANARY 2")})], reason="donation")
    crm.commit([Delete(pledge)], reason="pledge")
    facts = json.dumps({"row": 3, "value": "RAW-CANARY"})
    odd = {"code": "import.money.impossible", "raw": "RAW-CANARY", "facts": facts, "contact": sian.id, "at": NOON}
    office.keep(Problem.model_validate({"id": UUID(int=7), **odd}))
    crm.add_segment("Givers", None, "donations at least 1")
    crm.add_segment("Givers then", None, "total of donations at least £1", mode="snapshot")
    examples["id"] = sian.id
    examples["header"] = next(one for one in crm.changes() if one.kind == "segment")


def told_by(crm: Crm, name: str, examples: dict[str, Any]) -> str:
    """All that a method says, as text: its answer, or its error with all its facts."""
    try:
        return repr(called(crm, name, examples))
    except PerthynError as error:
        return f"{error!r} {error.facts!r} {[str(one) for one in error.facts.values()]}"


def stopped(*_: Any, **__: Any) -> Any:
    """Nothing is written in these tests."""
    raise PerthynError("store.fenced.moving")


def leaks(crm: Crm, examples: dict[str, Any]) -> dict[str, list[str]]:
    """What an actor is told of what they may not see, by canary: the methods that tell it."""
    lacked = [canary for canary, rights in CANARIES.items() if not all(map(crm.actor.may, rights))]
    told = {name: told_by(crm, name, examples) for name in sorted(set(doings(Crm)) - GROUND - ELSEWHERE)}
    found = {canary: [name for name, text in told.items() if canary in text] for canary in lacked}
    return {canary: names for canary, names in found.items() if names}


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"administrator"}))
def test_no_method_tells_a_role_what_it_may_not_see(
    office: Office, examples: dict[str, Any], role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(office, examples)
    monkeypatch.setattr(Desk, "apply", stopped)
    assert leaks(office.desk(*ROLES[role]), examples) == {}


def test_no_method_tells_anybody_what_they_may_not_see(
    office: Office, examples: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever rights an organisation gives: every right but the one, and some by chance."""
    plant(office, examples)
    monkeypatch.setattr(Desk, "apply", stopped)
    every = [one.name for one in RIGHTS]
    secret = sorted(frozenset().union(*CANARIES.values()))
    chance = Random(6)
    some = [[one for one in every if chance.random() < 0.7] for _ in range(4)]
    for rights in [*([one for one in every if one != lacked] for lacked in secret), *some]:
        assert leaks(office.desk(*rights), examples) == {}, sorted(set(every) - set(rights))


def test_the_canaries_sing_for_whom_may_hear_them(office: Office, examples: dict[str, Any]) -> None:
    plant(office, examples)
    told = " ".join(told_by(office.crm, name, examples) for name in ("show", "history", "report", "open_problems"))
    assert {one for one in CANARIES if one not in told} <= {"81,000.01", "82,000.02", "2019-03-07"}


def test_what_counts_gifts_is_refused_and_not_counted_less(office: Office, examples: dict[str, Any]) -> None:
    plant(office, examples)
    crm = office.desk(*(one.name for one in RIGHTS if one.name != "donation.read"))
    asked: list[Any] = [
        lambda: crm.count(crm.segment("Givers")), lambda: list(crm.members(crm.segment("Givers then"))),
        lambda: crm.closed_text("no donations"), lambda: crm.closed_text("interactions at least 1"),
        lambda: crm.closed_text("no interactions in last 12 months"),
        lambda: crm.closed_text("first interaction before 2020-01-01"),
        lambda: crm.closed_text('in segment "Givers then"'), lambda: crm.number("income"), lambda: crm.scores(),
        lambda: crm.add_interaction(examples["id"], {"kind": "donation"}),
        lambda: crm.why(crm.segment("Givers"), examples["contact"]),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(Forbidden) as error:
            ask()
        assert (error.value.code, error.value.facts["right"]) == ("right.field", "donation.read")
    view = crm.show(examples["id"])
    assert {one.kind for one in view.timeline} == {"visit", "purchase"} == {one.kind for one in view.totals}
    assert view.more == 0 and view.first == TODAY and "GIFT-CANARY" not in view.sources
    assert "Givers" not in str([one.segment.name_en for one in view.standings])
    assert crm.closed_text("purchases at least 1") and crm.scores(["visit"]).people == 1
