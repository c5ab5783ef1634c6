"""Refusals: written before they count, read after a crash, and applied to what a restore brings back."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from perthyn.backups.refusals import FILE, Erased, Refusals, Refused
from perthyn.changes import Batch, Create, Receipt
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.model import Consent, Contact, Redirect, Suppression
from perthyn.testing import MemoryStore

from .conftest import NOON, Desk


def refusals_of(crm: Crm) -> Refusals:
    assert crm.refusals is not None
    return crm.refusals


def said(crm: Crm, contact: UUID, decision: str, **values: object) -> Consent:
    one = Consent.model_validate(
        {"id": crm.ids(), "contact": contact, "channel": "email", "decision": decision, "recorded": NOON, **values}
    )
    crm.commit([Create(one)])
    return one


def test_every_no_is_kept_without_a_name_or_an_address(crm: Crm) -> None:
    one, other = list(crm.store.scan(Contact))[:2]
    said(crm, one.id, "given")
    said(crm, one.id, "unconfirmed")
    assert refusals_of(crm).read() == ([], 0)
    withdrawn = said(crm, one.id, "withdrawn", address="sian0@plas.example", how="phone call with Siân", by="gwen")
    said(crm, other.id, "refused", how="merge")  # it follows from a merge, and goes when the merge is undone
    crm.erase(other.id)
    found, torn = refusals_of(crm).read()
    assert torn == 0
    assert [type(one) for one in found] == [Refused, *[Suppression] * (len(found) - 2), Erased]
    first = found[0]
    assert isinstance(first, Refused)
    assert (first.consent.id, first.contacts, first.consent.decision) == (withdrawn.id, (one.id,), "withdrawn")
    assert found[-1] == Erased((other.id,))
    text = refusals_of(crm).file.read_text(encoding="utf-8").casefold()
    assert not any(word in text for word in ("siân", "sian", "llŷr", "plas", "gwen", "@", "sy20"))


def test_it_is_on_the_disk_before_its_batch_counts_and_goes_if_it_never_does(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(crm.store.scan(Contact))
    known: list[int] = []

    def failing(self: MemoryStore, batch: Batch) -> Receipt:
        list(batch.changes)
        known.append(len(refusals_of(crm).read()[0]))
        raise PerthynError("store.full", path="a.db")

    monkeypatch.setattr(MemoryStore, "apply", failing)
    with pytest.raises(PerthynError, match=r"store\.full"):
        said(crm, one.id, "refused")
    assert known == [1]
    assert refusals_of(crm).read() == ([], 0)


def test_a_torn_line_is_told_from_the_others(crm: Crm) -> None:
    one, other = list(crm.store.scan(Contact))[:2]
    said(crm, one.id, "refused")
    file = refusals_of(crm).file
    whole = file.read_bytes()
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        found, torn = refusals_of(crm).read()
        assert (len(found), torn) == ((1, 0) if size == len(whole) - 1 else (0, 1 if size else 0))
    file.write_bytes(whole[:-5])
    said(crm, other.id, "objected")
    found, torn = refusals_of(crm).read()
    assert [one.contacts for one in found if isinstance(one, Refused)] == [(other.id,)] and torn == 1


def test_copies_are_joined_without_saying_anything_twice(crm: Crm, tmp_path: Path) -> None:
    one = next(crm.store.scan(Contact))
    said(crm, one.id, "refused")
    copy = Refusals(tmp_path / FILE)
    copy.join(refusals_of(crm).file)
    before = copy.file.read_bytes()
    copy.join(refusals_of(crm).file)
    assert copy.file.read_bytes() == before and copy.read() == refusals_of(crm).read()
    said(crm, one.id, "objected")
    copy.join(refusals_of(crm).file)
    assert copy.read() == refusals_of(crm).read()


def test_a_folder_that_cannot_be_written_stops_the_no_and_says_so(crm: Crm, desk: Desk) -> None:
    one = next(crm.store.scan(Contact))
    file = refusals_of(crm).file
    file.unlink(missing_ok=True)
    file.mkdir()
    before = crm.store.position()
    with pytest.raises(PerthynError, match=r"refusals\.unwritable"):
        said(crm, one.id, "refused")
    assert crm.store.position() == before
    said(crm, one.id, "given")


def test_merged_contacts_are_meant_as_well(crm: Crm) -> None:
    stays, goes = list(crm.store.scan(Contact))[:2]
    crm.commit([Create(Redirect(id=crm.ids(), to=stays.id))])
    old = next(one.id for one in crm.store.scan(Redirect))
    said(crm, stays.id, "refused")
    crm.erase(stays.id)
    found = refusals_of(crm).read()[0]
    assert isinstance(found[0], Refused) and set(found[0].contacts) == {stays.id, old}
    assert isinstance(found[-1], Erased) and set(found[-1].contacts) == {stays.id, old}
    assert goes.id not in found[-1].contacts
