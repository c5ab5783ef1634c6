"""Lately: who came today, the latest first, for those who may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from perthyn.errors import Forbidden

Office = Any  # the class stands in conftest.py


def test_whoever_came_today_is_counted_once_and_the_latest_stands_first(office: Office) -> None:
    today = office.crm.today()
    ann, bob, cai = office.person("Ann"), office.person("Bob"), office.person("Cai")
    office.did(ann, at=office.now - timedelta(hours=3))
    last = office.did(bob, at=office.now - timedelta(hours=1))
    second = office.did(ann, at=office.now - timedelta(hours=2))
    office.did(bob, kind="donation", amount=500)
    office.did(cai, day=today - timedelta(days=1))
    came = office.crm.who_came()
    assert (came.day, came.count) == (today, 2)
    assert [(one.name, visit) for one, visit in came.latest] == [("Bob", last), ("Ann", second)]
    assert [one.name for one, _ in office.crm.who_came(today - timedelta(days=1)).latest] == ["Cai"]
    assert len(office.crm.who_came(limit=1).latest) == 1 and office.crm.people_count() == 3


def test_nobody_came(office: Office) -> None:
    came = office.crm.who_came()
    assert came.count == 0 and not came.latest and office.crm.people_count() == 0


def test_it_is_for_those_who_may_find_people(office: Office) -> None:
    for asked in (office.desk("report.read").who_came, office.desk("report.read").people_count):
        with pytest.raises(Forbidden):
            asked()
