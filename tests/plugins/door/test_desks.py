"""Desks of one house: what one has worked out, the others need not work out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from perthyn.cli.session import Session
from perthyn.crm import Crm
from perthyn.rules.data import Group


def shown(crm: Crm) -> tuple[list[tuple[int | None, ...]], list[str]]:
    listed = crm.listed(Group(), "name").contacts
    return [line.values for line in crm.trend("segments").lines], [one.shown_name for one in listed]


def test_what_one_desk_counted_another_does_not_count_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "perthyn.toml").write_text("", encoding="utf-8")
    with Session({}, str(tmp_path), "en", str(tmp_path), True, False) as session:
        first, second = session.crm(create=True), session.another()
        ann, _ = first.add_contact({"name": "Ann Bell"})
        first.add_segment("Came", None, "visits at least 1 ever")
        before = shown(first)

        def counted(rule: object) -> object:
            raise AssertionError("worked out already")

        monkeypatch.setattr(second.store, "count", counted)
        monkeypatch.setattr(second.store, "select", counted)
        assert shown(second) == before
        first.came(ann.id, key="one tap of hers")
        came = shown(second)
        assert came[0][0][-1] == 1 and came == shown(first)
        second.store.close()
