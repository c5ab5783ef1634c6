"""What somebody may not see is in nothing that they are sent: pages, parts of pages, the API, files, errors, counts.

The house is full of marks (`full_house.MARKS`): words and numbers that stand in one sort of field and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from perthyn_web.accounts import limits

from .conftest import Site
from .doors import Door, doors, fills
from .full_house import MARKS, NEVER, begun, full_house, id_of, rights_of
from .test_access import PATIENT, Knocking, cookie

ROLES = ("administrator", "fundraiser", "marketing", "front_of_house", "volunteer", "read_only", "Door", "Counting")
"""Those who see everything are asked too: what nobody is sent, and whether the marks are seen at all."""
OTHERS = {
    "contacts id": ["ifan", "twin", "company", "merged"],
    "campaigns id": ["gone"],
}
"""Other things of a sort, besides those of `doors.examples`."""
QUERIES = {
    "/contacts": ["sort=name", "sort=-name", "sort=-added", "town=town"],
    "/contacts/{id:uuid}": ["family=give", "family=talk", "part=totals", "part=timeline", "part=records"],
    "/history": ["of={mair}", "kind=edit"],
    "/numbers": ["chart=income", "chart=donations", "chart=visits", "compare=yes"],
}
AT_RANDOM = re.compile(r"[0-9a-f]{24,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d\d?[:.]\d\d|[?]v=\w+")
ORACLES: list[tuple[str, str, str]] = [
    ("note.private", "kanaripreifat", "kanarinesaf"),
    ("raw.read", "kanariamrwd", "kanarinesaf"),
    ("note.read", "kanarinodyn", "kanarinesaf"),
    ("donation.read", "kanarirhodd", "kanarinesaf"),
    ("money.read", "kanarifearian", "kanarinesaf"),
    ("money.read", "71543.21", "11.11"),
]
"""A right, a text that stands in what needs it, and one that stands nowhere: whoever has not the right can't tell."""
RULES: list[tuple[str, str, str]] = [
    ("child.read", "age band is 13-17", "age band is adult"),
    ("note.read", 'note contains "kanarinodyn"', 'note contains "nowhere"'),
    ("donation.read", "donations at least 1", "donations at least 99"),
    ("donation.read", "no donations", "no donations in last 1 months"),
    ("donation.read", "anything given at least 1", "pledges at least 99"),
    ("money.read", "total of purchases at least £1", "total of purchases at least £999999"),
    ("money.read", 'wealth is "kanarifearian"', 'wealth is "nowhere"'),
    ("note.private", 'talk is "kanaripreifat"', 'talk is "nowhere"'),
    ("donation.read", 'in segment "Big gifts"', 'not in segment "Big gifts"'),
]
"""A right, a rule that is true of somebody, and one that is not."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation that has everything."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MOST", 10**9)
        with full_house(tmp_path_factory.mktemp("fields") / "house", toml=PATIENT) as site:
            yield site


def hidden_from(rights: frozenset[str]) -> list[str]:
    """The marks that somebody with these rights is never sent."""
    if "*" in rights:
        return list(NEVER)
    return [*NEVER, *(mark for right, marks in MARKS.items() if right not in rights for mark in marks)]


def said(answer: Any) -> str:
    """All that an answer says, numbers written without anything between their digits."""
    told = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()) + "\n" + answer.text
    return re.sub(r"(?<=\d)[,\u00a0\u202f ](?=\d)", "", told) + told


def ways(door: Door, knocking: Knocking) -> Iterator[dict[str, Any]]:
    """Everything of a sort that a route may be asked for."""
    for what, values in fills(door, knocking.known, {}):
        yield values
        if what != "missing":
            for name in door.names:
                yield from (values | {name.partition(" ")[2]: id_of(one)} for one in OTHERS.get(name, ()))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("role", ROLES)
def test_no_answer_holds_what_may_not_be_seen(house: Site, role: str) -> None:
    knocking, rights = Knocking(house), rights_of(house, role)
    mine = cookie(begun(house, f"a {role}", role))
    hidden, seen, wrong = hidden_from(rights), set[str](), set[str]()
    for door in doors(house):
        if door.method != "GET":
            continue
        queries = ["", *QUERIES.get(door.path, ()), "q=Mair"]
        for values in ways(door, knocking):
            for query in queries:
                path = Door(door.api, "GET", door.path + f"?{query.format(mair=id_of('mair'))}", door.right)
                for headers in ({}, {"hx-request": "true", "hx-target": "div#rows"}):
                    answer = knocking.knock(path, values, **mine, **headers)
                    text = said(answer)
                    if answer.status_code >= 500:
                        wrong.add(f"{door} ?{query}: {answer.status_code}")
                    wrong |= {f"{door} ?{query}: {mark}" for mark in hidden if mark in text}
                    seen |= {mark for marks in MARKS.values() for mark in marks if mark in text}
                    if door.api:
                        break
    print(f"{role}: {knocking.counts['requests']} answers, {len(hidden)} marks hidden, {len(seen)} seen")
    assert not wrong, "\n".join(sorted(wrong))
    if role == "administrator":
        unseen = [right for right, marks in MARKS.items() if not seen & set(marks)]
        assert not unseen, f"these marks prove nothing, nobody is shown them: {unseen}"


@pytest.mark.parametrize("role", [one for one in ROLES if one not in ("administrator", "Counting")])
def test_neither_searching_nor_a_rule_tells_what_may_not_be_seen(house: Site, role: str) -> None:
    """Asked for what is hidden and for what is nowhere, the answers are the same."""
    knocking, rights = Knocking(house), rights_of(house, role)
    mine = cookie(begun(house, f"a {role}", role))

    def answer(method: str, path: str, asked: str, **more: Any) -> tuple[int, str]:
        knocking.client.cookies.clear()
        got = knocking.client.request(method, path, headers={"sec-fetch-site": "same-origin", **mine}, **more)
        text = got.text.replace(asked, "").replace(re.sub(r"[ \"£]", "", asked), "")
        for quoted in (asked.replace('"', "&#34;"), asked.replace('"', '\\"')):
            text = text.replace(quoted, "")
        text = re.sub(r'(href|action|value)="[^"]*"|"instance": ?"[^"]*"', "", text)
        return got.status_code, AT_RANDOM.sub("", text)

    wrong, asked = [], 0
    for right, there, nowhere in ORACLES:
        if right in rights:
            continue
        for path in ("/contacts?q=", "/api/contacts?q=", "/history?q=", "/segments?q=", "/quality?q="):
            asked += 1
            one, other = (answer("GET", path + text, text) for text in (there, nowhere))
            if one != other:
                wrong.append(f"{path}{there}: not the same as {nowhere}")
    for right, true, false in RULES:
        if right in rights:
            continue
        for path in ("/contacts", "/api/contacts"):
            asked += 1
            one, other = (answer("GET", path, text, params={"rule": text}) for text in (true, false))
            if one[0] != other[0] or (path == "/api/contacts" and one[0] != 403):
                wrong.append(f"{path}?rule={true}: {one[0]}, with {false}: {other[0]}")
            elif path == "/contacts" and re.findall(r"/contacts/[0-9a-f-]{36}", one[1] + other[1]):
                wrong.append(f"{path}?rule={true}: somebody is named")
        if "segment.read" in rights:
            status, _ = answer("POST", "/api/segments/try", true, json={"rule": true})
            if status != 403:
                wrong.append(f"/api/segments/try {true}: {status}")
    print(f"{role}: {asked} questions in two forms")
    assert not wrong, "\n".join(wrong)
