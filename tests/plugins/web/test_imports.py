"""Files brought by the web app: understood, changed, looked at, taken in by a job, put right, taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.importing.refused import RefusedRow
from perthyn.model import Consent, Contact, Job
from perthyn_web.accounts.records import user_id
from perthyn_web.intake import keeping, working
from perthyn_web.pages.imports import REFUSED
from perthyn_web.pages.repair import MOST_ROWS

Site = Any  # the class stands in conftest.py
MEMBERS = """First name,Surname,Email,Newsletter,Joined,Colour
Siân,Tŷ Newydd,sian@example.cymru,yes,01/03/2024,red
Dafydd,Prys,dafydd@example.cymru,no,31/02/2024,blue
Joan,Smith,joan@example.org,,05/06/2023,
"""


def work(site: Site) -> None:
    """What the hand of `perthyn start` does."""
    with site.desks() as crm:
        done = list(crm.do_due("test-1"))
    assert not [one for one in done if one.outcome not in ("done", "later")], done


def bring(client: Any, name: str = "members.csv", content: str | bytes = MEMBERS) -> str:
    """Bring a file; answers its address."""
    content = content.encode() if isinstance(content, str) else content
    answer = client.post("/import", files={"file": (name, content, "text/csv")})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def looked_at(site: Site, client: Any, at: str, **form: str) -> str:
    """Go on to the preview, and answer its page."""
    assert client.post(at, data={"then": "preview", **form}).headers["location"] == f"{at}/preview"
    work(site)
    answer = client.get(f"{at}/preview")
    assert answer.status_code == 200
    return str(answer.text)


def people(crm: Crm) -> dict[str, Contact]:
    return {one.shown_name: one for one in crm.store.scan(Contact)}


def test_a_file_is_brought_looked_at_and_taken_in(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    page = client.get(at).text
    assert "sian@example.cymru" in page and "members" in page
    assert people(empty_site.crm) == {}
    page = looked_at(empty_site, client, at)
    assert people(empty_site.crm) == {} and "31/02/2024" in page
    assert "2" in re.findall(r'stat-value">(\d+)', page)
    assert client.post(f"{at}/take").headers["location"] == f"{at}/result"
    work(empty_site)
    result = client.get(f"{at}/result").text
    assert "The file is in." in result and "1 row waits" in result
    assert set(people(empty_site.crm)) == {"Siân Tŷ Newydd", "Joan Smith"}
    header = empty_site.crm.changes(1)[0]
    assert header.kind == "import" and header.actor == "Manager" and header.reason == "members.csv"
    assert [int(one) for one in re.findall(r'stat-value">(\d+)', result)][:5] == [3, 2, 0, 1, 0]
    assert not list((empty_site.folder / "perthyn.imports").rglob("file*"))


def test_a_row_is_put_right_in_place(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    page = client.get(f"{at}/repair").text
    name = re.search(r'name="(r-3-\d)" value="31/02/2024"', page)
    assert name and 'aria-invalid="true"' in page
    assert client.post(f"{at}/repair", data={name[1]: "31/02/2024"}).headers["location"] == f"{at}/repair"
    again = client.post(f"{at}/repair", data={name[1]: "29/02/2024"}).headers["location"]
    work(empty_site)
    assert "The file is in." in client.get(again).text
    assert set(people(empty_site.crm)) == {"Siân Tŷ Newydd", "Joan Smith", "Dafydd Prys"}
    assert "Nothing to put right" in client.get(f"{at}/repair").text
    assert not [one for one in empty_site.crm.open_problems() if one.code.startswith("import.date")]


def test_rows_to_put_right_are_handed_out(empty_site: Site) -> None:
    client = empty_site.as_role("manager", "cy")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    answer = client.get(f"{at}/refused.csv")
    assert not list(empty_site.folder.rglob("refused.csv")), "who only looks leaves nothing"
    assert "members.to-correct.csv" in answer.headers["content-disposition"]
    assert "dafydd@example.cymru" in answer.content.decode("utf-8-sig") and "why" in answer.text


def test_a_column_is_changed_and_remembered(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    assert client.post(at, data={"c-5": "tag", "then": "look"}).headers["location"] == at
    page = client.get(at).text
    assert re.search(r'<option value="tag" selected', page)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take", data={"remember": "yes"})
    work(empty_site)
    assert [one.tag for one in people(empty_site.crm)["Siân Tŷ Newydd"].tags] == ["red"]
    other = bring(client, "another.csv", MEMBERS.replace("Siân", "Nia").replace("sian@", "nia@"))
    assert re.search(r'name="c-5".*?<option value="tag" selected', client.get(other).text, re.S)
    assert 'becomes = "tag"' in client.get(f"{other}/map").text or '"Colour" = "tag"' in client.get(f"{other}/map").text


def test_two_columns_cannot_be_one_thing(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    answer = client.post(at, data={"c-5": "family", "then": "preview"})
    assert answer.status_code == 422 and "Colour" in answer.text
    assert client.post(at, data={"c-5": "no-such", "then": "preview"}).status_code == 422


def test_a_yes_counts_when_somebody_says_to_what(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    page = looked_at(empty_site, client, at)
    assert "word for word" in page
    answer = client.post(f"{at}/take", data={"purpose": "fundraising"})
    assert answer.status_code == 422
    client.post(f"{at}/take", data={"wording": "Anfonwch newyddion ataf", "wording_language": "cy",
                                    "purpose": ["fundraising"]})  # fmt: skip
    work(empty_site)
    found = {(one.decision, one.purpose, one.wording) for one in empty_site.crm.store.scan(Consent)}
    assert ("given", "fundraising", "Anfonwch newyddion ataf") in found


def test_what_was_imported_is_taken_back(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    header = empty_site.crm.changes(1)[0]
    assert f"/history/{header.id}/undo" in client.get(f"{at}/result").text
    assert empty_site.crm.undo(header).plan.kept == [], "the job that ended with it is nobody's business"
    assert people(empty_site.crm) == {}
    again = bring(client)
    looked_at(empty_site, client, again)
    client.post(f"{again}/take")
    work(empty_site)
    assert len(people(empty_site.crm)) == 2


def test_every_page_in_both_languages(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    waiting = bring(client, "other.csv")
    for language in ("en", "cy"):
        there = empty_site.as_role("manager", language)
        for path in ("/import", at + "/result", at + "/repair", waiting):
            answer = there.get(path)
            assert answer.status_code == 200 and f'lang="{language}"' in answer.text, path


def test_who_may_not_import_sees_nothing_of_it(empty_site: Site) -> None:
    at = bring(empty_site.as_role("manager"))
    for role in ("volunteer", "front_of_house", "marketing", "read_only"):
        client = empty_site.as_role(role)
        assert client.post("/import", files={"file": ("x.csv", b"Name\nX\n", "text/csv")}).status_code == 403
        for path in ("/import", at, f"{at}/preview", f"{at}/result", f"{at}/repair", f"{at}/refused.csv", f"{at}/map"):
            assert client.get(path).status_code == 403, (role, path)
        for path in (at, f"{at}/take", f"{at}/drop", f"{at}/repair", "/import/beside"):
            assert client.post(path).status_code == 403, (role, path)
        assert 'href="/import"' not in client.get("/contacts").text
    away = empty_site.nobody().post("/import", files={"file": ("x.csv", b"x")})
    assert away.headers["location"].startswith("/sign-in")
    assert empty_site.as_role("manager").get(at.replace(at[-6:], "000000")).status_code == 404
    assert len(list((empty_site.folder / "perthyn.imports").iterdir())) == 1


def test_files_beside_the_records_are_the_administrators(empty_site: Site) -> None:
    (empty_site.folder / "old.csv").write_text(MEMBERS, encoding="utf-8")
    assert "old.csv" not in empty_site.as_role("manager").get("/import").text
    client = empty_site.as_role("administrator")
    assert "old.csv" in client.get("/import").text
    assert client.post("/import/beside", data={"name": "../secrets.csv"}).status_code == 422
    assert client.post("/import/beside", data={"name": "perthyn.toml"}).status_code == 422
    assert client.post("/import/beside", data={"name": "old.csv"}).headers["location"].startswith("/import/")


def test_several_files_and_several_sheets(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    files = [("file", (name, MEMBERS.encode(), "text/csv")) for name in ("a.csv", "b.csv")]
    assert client.post("/import", files=files).headers["location"] == "/import"
    page = client.get("/import").text
    assert "a.csv" in page and "b.csv" in page


def test_refused_rows_keep_their_cells(empty_site: Site) -> None:
    at = bring(empty_site.as_role("manager"))
    intake = next(one for one in keeping.every(empty_site.crm) if str(one.id) in at)
    error = PerthynError("import.date.impossible", value="30/2", day=date(2026, 3, 1))
    row = RefusedRow(7, ["a", "b"], ["1\n2", "\ud800, ŵ"], [("a", error), ("", PerthynError("import.row.x"))])
    intake.leave_refused([row, row])
    kept = list(intake.refused())
    assert len(kept) == 2 and (kept[0].row, kept[0].headers, kept[0].cells) == (7, row.headers, row.cells)
    told = [[(column, one.code) for column, one in each.reasons] for each in (kept[0], row)]
    assert told[0] == told[1]


def test_rows_to_put_right_are_counted_without_reading_them(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    intake = next(one for one in keeping.every(empty_site.crm) if str(one.id) in at)
    row = next(intake.refused())
    for many in ([replace(row, row=one) for one in range(2, 52)], [row, row], []):
        intake.leave_refused(many)
        assert intake.waiting == len(list(intake.refused())) == len(many)
    intake.add_refused([replace(row, row=one, cells=["a\nb\r\u2028", *row.cells[1:]]) for one in range(2, 52)])
    intake.add_refused([replace(row, row=one) for one in range(52, 102)])
    again = next(one for one in keeping.every(empty_site.crm) if one.id == intake.id)
    read: list[RefusedRow] = []
    whole = keeping.Intake.refused

    def counted(self: keeping.Intake) -> Iterator[RefusedRow]:
        for one in whole(self):
            read.append(one)
            yield one

    monkeypatch.setattr(keeping.Intake, "refused", counted)
    assert "100 rows to put right" in client.get("/import").text and again.waiting == 100 and not read
    assert "100 rows wait" in client.get(f"{at}/result").text and len(read) == REFUSED, "those that it shows"
    read.clear()
    first = client.get(f"{at}/repair").text
    assert "after=26" in first and len(read) == MOST_ROWS + 1
    assert "after=101" not in client.get(f"{at}/repair?after=76").text
    with (intake.folder / "refused.jsonl").open("a", encoding="utf-8") as out:  # stopped before it was noted
        out.write(json.dumps({"row": 102, "headers": row.headers, "cells": row.cells, "reasons": []}) + "\n")
    assert again.waiting == 101
    intake.add_refused([row])
    (intake.folder / "refused.json").unlink()
    assert again.waiting == 102


def test_what_a_job_takes_in_is_the_work_of_whoever_asked(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    header = empty_site.crm.changes(1)[0]
    assert (header.kind, header.facts["whose"]) == ("import", str(user_id("manager")))


def test_two_who_take_a_file_in_at_once_take_it_in_once(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    intake = keeping.get(empty_site.crm, UUID(at.rpartition("/")[2]))
    looked = intake.state
    working.begin(empty_site.crm, intake, dry=False)
    intake.keep_state(looked)  # as whoever asks at the same moment has read it
    working.begin(empty_site.crm, intake, dry=False)
    assert sum(one.name == working.IMPORT for one in empty_site.crm.store.scan(Job)) == 1
    work(empty_site)
    assert working.state_of(empty_site.crm, intake).phase == "done" and len(people(empty_site.crm)) == 2
