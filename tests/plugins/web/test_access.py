"""The access matrix: each route, for each role, on what is theirs, another's and nobody's.

Whoever lacks the right that a route declares is refused, and nothing changes; whoever has it breaks nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from perthyn.changes import Create, Edit
from perthyn.crm import Actor
from perthyn.crm.roles import known_rights
from perthyn.model import Contact
from perthyn.rights import ROLES_THERE_ARE
from perthyn.screens import EVERYBODY, SIGNED_IN
from perthyn_web.accounts import limits, tokens
from perthyn_web.accounts.records import Session, Token, User, secret_id, user_id
from perthyn_web.records_views import SavedView

from .conftest import HERE, Site
from .doors import EACH, Contents, Door, api_of, doors, examples, fills, routes_of, some, unexampled
from .full_house import begun, full_house, rights_of

PATIENT = "[web]\nper_minute = 100000000\n"
ROLES = (*ROLES_THERE_ARE, "Counting")
"""The seven, and one of the organisation's own with a single right."""

FOR_EVERYBODY = {
    "GET /sign-in": "whoever comes in is not in yet",
    "POST /sign-in": "whoever comes in is not in yet",
    "POST /sign-in/code": "between the two steps nobody is in; the step's own link says who it is",
    "GET /sign-in/{name}": "leads to where somebody signs in; nobody is in yet",
    "GET /sign-in/{name}/back": "whoever comes back is not in yet; what they bring is proved",
    "GET /forgotten": "says whom to ask",
    "GET /enter/{token}": "the link itself says who it is",
    "POST /enter/{token}": "the link itself says who it is",
    "POST /language": "the page before signing in is in both languages; sets a cookie and no more",
    "POST /theme": "sets a cookie and no more",
    "GET /desk/certificate": "a tablet installs it before anybody signs in; it is public by its nature",
    "GET /offline": "a browser keeps it for when it reaches nothing; it is asked for by nobody, and about nobody",
    "GET /worker.js": "a script that shows that page; it is the same for all",
    "GET /desk/pair/{token}": "the link itself says that a tablet may be paired",
    "POST /desk/pair/{token}": "the link itself says that a tablet may be paired",
    "GET /desk/who": "of a paired tablet; its cookie is asked for",
    "GET /desk/who/{id:uuid}": "of a paired tablet; its cookie is asked for",
    "POST /desk/who/{id:uuid}": "of a paired tablet; its cookie is asked for",
    "POST /desk/leave": "of a paired tablet; its cookie is asked for",
}
"""Routes that need no signing in, each with its reason."""
FOR_WHOEVER_IS_IN = {
    "GET /": "everybody begins somewhere; each panel asks for its own right",
    "GET /about": "what perthyn is and under which licences",
    "GET /about/accessibility": "says the same to all",
    "GET /about/shortcuts": "says the same to all",
    "GET /about/style": "shows the parts that pages are made of, with invented names",
    "GET /account": "one's own account",
    "GET /account/codes": "one's own recovery codes",
    "POST /account/codes": "one's own recovery codes; the password is asked for",
    "GET /account/elsewhere": "one's own accounts elsewhere",
    "POST /account/elsewhere": "one's own accounts elsewhere; the password is asked for",
    "POST /account/elsewhere/end": "one's own accounts elsewhere",
    "GET /account/password": "one's own password",
    "POST /account/password": "one's own password; the old one is asked for",
    "GET /account/second-step": "one's own second step",
    "POST /account/second-step": "one's own second step",
    "POST /account/second-step/begin": "one's own second step; the password is asked for",
    "POST /account/second-step/remove": "one's own second step; a code is asked for",
    "POST /account/language": "one's own language",
    "POST /account/sessions/end": "one's own sign-ins",
    "POST /account/sessions/{id:uuid}/end": "one's own sign-ins; another's is unknown",
    "GET /desk/digits": "one's own digits",
    "POST /desk/digits": "one's own digits",
    "POST /shortcuts": "sets a cookie and no more",
    "POST /sign-out": "whoever is in may go",
    "GET /api/": "where what is; says the same to all",
}
"""Routes for whoever is signed in, in any role, each with its reason."""
OUTSIDE = {"/api/openapi.json", "/api/docs", "/api/docs.js"}
"""What answers besides: the description of the API, which says nothing about anybody."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation that has everything; nobody waits for having been wrong too often, and nobody is too quick."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MOST", 10**9)
        with full_house(tmp_path_factory.mktemp("matrix") / "house", toml=PATIENT) as site:
            yield site


def test_every_route_declares_a_right_that_there_is(house: Site) -> None:
    with house.desks() as crm:
        known = {one.name for one in known_rights(crm.plugins)}
    found = doors(house)
    wrong = [f"{one}: {one.right!r}" for one in found if one.right not in {*known, EVERYBODY, SIGNED_IN}]
    assert not wrong and len(found) > 200
    there = {(one.path, "POST" if one.method == "POST" else "GET") for one in found if not one.api}
    for route in routes_of(house):
        if isinstance(route, Mount):
            assert route.path in ("/static", "/api")
        else:
            assert {(route.path, method) for method in route.methods - {"HEAD"}} <= there, route.path
    outside = {f"/api{one.path}" for one in api_of(house).routes if isinstance(one, Route)} - {"/api"}
    assert {one for one in outside if not one.startswith("/api{")} <= OUTSIDE


def test_every_route_has_an_example(house: Site) -> None:
    missing = unexampled(doors(house), examples(house))
    assert not missing, "\n".join(missing)


def test_what_needs_no_right_is_named_one_by_one_with_a_reason(house: Site) -> None:
    found = doors(house)
    assert {str(one) for one in found if one.right == EVERYBODY} == set(FOR_EVERYBODY)
    assert {str(one) for one in found if one.right == SIGNED_IN} == set(FOR_WHOEVER_IS_IN)


@dataclass
class Knocking:
    """Knocks at doors as somebody, counts, and notes what should not have been."""

    site: Site
    known: Mapping[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = examples(self.site)
        self.client = TestClient(
            self.site.app, base_url="http://localhost", follow_redirects=False, raise_server_exceptions=False
        )

    def knock(self, door: Door, values: Mapping[str, Any], **headers: str) -> Any:
        """The answer to a request that says nothing but where to."""
        headers = {**HERE, **headers}
        self.counts["requests"] += 1
        self.client.cookies.clear()
        body: Any = {"json": {}} if door.api and door.method in ("POST", "PUT", "PATCH") else {}
        return self.client.request(door.method, door.at(values), headers=headers, **body)

    def note(self, door: Door, who: str, what: str, answer: Any, wanted: str) -> None:
        """What was answered wrongly."""
        self.wrong.append(f"{door} as {who}, {what}: {answer.status_code}, wanted {wanted}")

    def own(self, who: str) -> dict[str, Any]:
        """Something of each sort that this person has made."""
        with self.site.desks() as crm:
            acting = crm.acting(Actor(who.title()), "en")
            view = SavedView(id=crm.ids(), name_en="Mine", query="town=Bangor", whose=user_id(who))
            batch = acting.commit([Create(view), Create(Contact(id=crm.ids(), given="Nia"))]).batch
            session = next(one.id for one in crm.store.scan(Session) if one.user == user_id(who))
        return {"view": view.id, "batch": batch, "session": session, "user": user_id(who)}


def cookie(token: str) -> dict[str, str]:
    return {"cookie": f"perthyn={token}"}


def test_whoever_may_not_is_refused_and_nothing_changes(house: Site) -> None:
    all_doors, knocking = some(doors(house)), Knocking(house)
    who = {role: begun(house, f"a {role}", role) for role in ROLES}
    own = {role: knocking.own(f"a {role}") for role in ROLES}
    may = {role: rights_of(house, role) for role in ROLES}
    contents = Contents(house)
    for door in all_doors:
        for role in ROLES:
            if door.right in (EVERYBODY, SIGNED_IN) or may[role] & {"*", door.right}:
                continue
            for what, values in fills(door, knocking.known, own[role]):
                answer = knocking.knock(door, values, **cookie(who[role]))
                if answer.status_code != 403:
                    knocking.note(door, role, what, answer, "403")
                if moved := contents.changed():
                    knocking.wrong.append(f"{door} as {role}, {what}: changed {moved}")
    print(f"{len(all_doors)} routes x {len(ROLES)} roles: {knocking.counts['requests']} refusals, "
          f"{len(knocking.wrong)} wrong")  # fmt: skip
    assert not knocking.wrong, "\n".join(knocking.wrong)
    assert knocking.counts["requests"] > 1_000 // EACH


def strangers(site: Site) -> dict[str, dict[str, str]]:
    """Nobody, and those who were somebody: what their requests carry."""
    ended = begun(site, "ended", "administrator")
    old, disabled, gone = (begun(site, name, "administrator") for name in ("old", "disabled", "gone"))
    with site.desks() as crm:

        def edit(type: Any, id: Any, **values: Any) -> None:
            there = crm.store.get(type, [id])[id]
            crm.commit([Edit(type.type_name, id, {name: (getattr(there, name), value)
                                                  for name, value in values.items()})], kind="setting")  # fmt: skip

        now = crm.clock()
        edit(Session, secret_id(Session, ended), ended=now)
        edit(Session, secret_id(Session, old), made=now - timedelta(hours=13), seen=now - timedelta(hours=13))
        edit(User, user_id("disabled"), disabled=now)
        edit(User, user_id("gone"), epoch=1)
        rights = frozenset(one.name for one in known_rights(crm.plugins)) - tokens.NEVER
        expired, run_out = tokens.new_token(crm, "expired", rights)
        ended_token, was_ended = tokens.new_token(crm, "ended", rights)
        edit(Token, expired.id, made=now - timedelta(days=9), expires=now - timedelta(days=1))
        edit(Token, ended_token.id, ended=now)
    return {
        "nobody": {}, "a session that ended": cookie(ended), "a session that ran out": cookie(old),
        "one who is disabled": cookie(disabled), "one of before the password's change": cookie(gone),
        "a made-up cookie": cookie("0" * 64),
        "an expired token": {"authorization": f"Bearer {run_out}"},
        "an ended token": {"authorization": f"Bearer {was_ended}"},
        "another scheme": {"authorization": "Basic YWRtaW46YWRtaW4="},
    }  # fmt: skip


def test_whoever_is_not_in_is_asked_to_sign_in_and_nothing_changes(house: Site) -> None:
    all_doors, knocking = some(doors(house)), Knocking(house)
    who = strangers(house)
    contents = Contents(house, "web.failures", "batch_", "journal_", "meta_")  # a wrong token is counted
    for door in all_doors:
        if door.right == EVERYBODY:
            continue
        for name, headers in who.items():
            if not door.api and "authorization" in headers:
                continue
            for what, values in fills(door, knocking.known, {}):
                answer = knocking.knock(door, values, **headers)
                to = answer.headers.get("location", "")
                if answer.status_code != (401 if door.api else 303) or (not door.api and "/sign-in" not in to[:8]):
                    knocking.note(door, name, what, answer, "401" if door.api else "303 to /sign-in")
                if moved := contents.changed():
                    knocking.wrong.append(f"{door} as {name}, {what}: changed {moved}")
    print(f"{knocking.counts['requests']} requests of {len(who)} strangers, {len(knocking.wrong)} wrong")
    assert not knocking.wrong, "\n".join(knocking.wrong)


UNPAIRED = ("/desk/who", "/desk/leave")
"""Where even an administrator is refused: no tablet is paired with a test."""


def test_whoever_may_breaks_nothing_and_what_is_missing_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST", 10**9)
    with full_house(tmp_path / "house", toml=PATIENT) as site:
        all_doors, knocking = some(doors(site)), Knocking(site)
        may = {role: rights_of(site, role) for role in ROLES}
        for role in ROLES:
            begun(site, f"a {role}", role)
        own = {role: knocking.own(f"a {role}") for role in ROLES}
        for door, role in product(all_doors, ROLES):
            if door.right not in (EVERYBODY, SIGNED_IN) and not may[role] & {"*", door.right}:
                continue
            for what, values in fills(door, knocking.known, own[role]):
                answer = knocking.knock(door, values, **cookie(begun(site, f"a {role}", role)))
                knocking.counts[f"{answer.status_code // 100}xx"] += 1
                if answer.status_code >= 500:
                    knocking.note(door, role, what, answer, "no 5xx")
                if what == "missing" and answer.status_code < 400:
                    knocking.note(door, role, what, answer, "4xx")
                refused = answer.status_code in (401, 403) and not door.path.startswith(UNPAIRED)
                if role == "administrator" and refused:
                    knocking.note(door, role, what, answer, "no refusal")
        print(f"{len(all_doors)} routes x {len(ROLES)} roles: {dict(knocking.counts)}, {len(knocking.wrong)} wrong")
        assert not knocking.wrong, "\n".join(knocking.wrong)
