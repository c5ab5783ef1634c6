"""Behind each door the right is asked for again: what is done and shown is refused by the core, not by its route alone.

The doors stand open here, for somebody who has no right at all. A route that declares too little is then no way in.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perthyn.crm.desk import Desk
from perthyn.screens import EVERYBODY, SIGNED_IN
from perthyn_web import visiting
from perthyn_web.accounts import limits, sessions
from perthyn_web.api import making

from .doors import Contents, doors, examples, fills
from .full_house import MARKS, NEVER, begun, full_house
from .test_access import PATIENT, Knocking, cookie

AT_THE_DOOR = {
    "GET /campaigns/new": "campaign.write",
    "GET /contacts/new": "contact.write",
    "GET /donations/check": "donation.read",
    "GET /donations/declarations": "gift_aid.write",
    "GET /invented": "import.read",
    "GET /segments/live": "segment.write",
    "GET /segments/new": "segment.write",
    "GET /segments/whether": "segment.write",
    "GET /settings/email": "health.read",
    "GET /settings/tickets": "channel.read",
    "GET /settings/webhooks/new": "web.hooks",
    "GET /users/roles/new": "user.write",
    "GET /users/tokens/new": "user.write",
    "POST /quality/settle": "problem.write",
    "POST /segments/live": "segment.write",
    "POST /segments/new": "segment.write",
    "POST /segments/whether": "segment.write",
    "POST /settings/email": "health.read",
}
"""Routes that answer though only they ask: empty forms, and what stands in perthyn.toml. What they ask for is fixed."""
SECRET = (*NEVER, *(mark for marks in MARKS.values() for mark in marks), "mair@example.org", "01244 537037", "Plentyn")


@pytest.mark.slow
def test_who_has_come_past_the_door_does_nothing_and_is_shown_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Desk.check
    doorkeepers = (visiting.__file__, making.__file__)

    def check(desk: Desk, right: str) -> None:
        if sys._getframe(1).f_code.co_filename not in doorkeepers:
            asked(desk, right)

    monkeypatch.setattr(limits, "MOST", 10**9)
    monkeypatch.setattr(Desk, "check", check)
    monkeypatch.setattr(sessions, "rights_of", lambda crm, role: frozenset())
    with full_house(tmp_path / "house", toml=PATIENT) as site:
        knocking, contents = Knocking(site), Contents(site)
        mine = cookie(begun(site, "somebody", "Counting"))
        contents.changed()
        answered: dict[str, str] = {}
        for door in doors(site):
            if door.right in (EVERYBODY, SIGNED_IN):
                continue
            for what, values in fills(door, examples(site), {}):
                answer = knocking.knock(door, values, **mine)
                if answer.status_code < 400:
                    answered[str(door)] = door.right
                knocking.wrong += [f"{door}, {what}: shows {mark}" for mark in SECRET if mark in answer.text]
                if moved := contents.changed():
                    knocking.wrong.append(f"{door}, {what}: changed {moved}")
    print(f"{knocking.counts['requests']} requests past open doors, {len(knocking.wrong)} wrong")
    assert not knocking.wrong, "\n".join(knocking.wrong)
    assert answered == AT_THE_DOOR
