"""The worst files that people bring: refused in words, at once, and nothing of them is left."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from perthyn.changes import Edit
from perthyn.importing.consents import YesMeans
from perthyn.importing.maps import MapColumn
from perthyn.screens import file_name
from perthyn_web.accounts.records import Session
from perthyn_web.intake import keeping, working
from perthyn_web.intake.keeping import Plan, State, as_json, plan_from

from .test_imports import MEMBERS, bring, looked_at, people, work

Site = Any  # the class stands in conftest.py
NAMES = ["../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\x.csv", "\\\\server\\share\\x.csv",
         "a\x00b.csv", "x" * 5000 + ".csv", "....", "", "/", "CON", "nul.csv", "a/../../b.csv", "file:///x.csv",
         "<script>alert(1)</script>.csv", "%2e%2e%2fx.csv", "~/x.csv", "|rm -rf.csv", "ŵŷ.csv", 
         "\u202egnp.csv", "..", "." + "x" * 300, "\U0001f3f0" * 120 + ".csv"]  # fmt: skip


def bomb() -> bytes:
    """An XLSX that unpacks to far more than it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("_rels/.rels", "<Relationships/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 210_000_000)
    return out.getvalue()


def everything(folder: Path) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*")
            if not one.name.startswith(("perthyn.sqlite", "perthyn.audit"))}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b" \n \n", "empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "PNG"),
        ("binary.csv", bytes(range(256)) * 400, ""),
        ("page.csv", b"<!doctype html><p>x", "HTML"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "XLS"),
        ("broken.xlsx", b"PK\x03\x04 no zip", ""),
        ("long.csv", b"Name\n" + b"x" * 10_000_000, ""),
        ("data.json", b'{"a": 1}', "JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(empty_site: Site, name: str, content: bytes, said: str) -> None:
    before = everything(empty_site.folder) | {"perthyn.imports"}
    answer = empty_site.as_role("manager").post("/import", files={"file": (name, content, "text/csv")})
    assert answer.status_code == 422 and name in answer.text and said in answer.text
    assert "Traceback" not in answer.text and str(empty_site.folder) not in answer.text
    assert everything(empty_site.folder) <= before


def test_a_bomb_is_refused(empty_site: Site) -> None:
    content = bomb()
    assert len(content) < 1_000_000
    answer = empty_site.as_role("manager").post("/import", files={"file": ("b.xlsx", content, "application/zip")})
    assert answer.status_code == 422
    assert not list((empty_site.folder / "perthyn.imports").iterdir())


def test_a_file_that_is_too_large_is_not_kept(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LARGEST", 1000)
    answer = empty_site.as_role("manager").post("/import", files={"file": ("a.csv", MEMBERS.encode() * 10, "text/csv")})
    assert answer.status_code == 422 and not list((empty_site.folder / "perthyn.imports").iterdir())


def test_nothing_large_is_read_from_those_who_may_not(empty_site: Site) -> None:
    headers = {"content-length": str(300 * 1024 * 1024), "content-type": "multipart/form-data; boundary=x"}
    for client, status in ((empty_site.nobody(), 303), (empty_site.as_role("volunteer"), 403)):
        assert client.post("/import", content=b"", headers=headers).status_code == status
    assert empty_site.as_role("manager").post("/contacts", content=b"", headers=headers).status_code in (405, 413)
    headers["content-length"] = str(10**15)
    assert empty_site.as_role("manager").post("/import", content=b"", headers=headers).status_code == 413


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_a_path(empty_site: Site, tmp_path: Path, name: str) -> None:
    outside = {one for one in tmp_path.parent.rglob("*") if empty_site.folder not in one.parents}
    with empty_site.desks() as crm:
        found = keeping.bring(crm, name, io.BytesIO(MEMBERS.encode()))
    assert len(found) == 1 and found[0].file is not None
    assert found[0].file.parent == found[0].folder and found[0].file.name.startswith("file")
    assert found[0].folder.parent == empty_site.folder / "perthyn.imports"
    assert {one for one in tmp_path.parent.rglob("*") if empty_site.folder not in one.parents} == outside
    client = empty_site.as_role("manager")
    page = client.get(f"/import/{found[0].id}")
    assert page.status_code == 200 and "<script>alert" not in page.text
    lies = tmp_path / file_name(name)
    assert lies.parent == tmp_path and len(lies.name) < 250 and "\\" not in lies.name
    lies.write_bytes(b"")
    assert "/" not in client.get(f"/import/{found[0].id}/map").headers["content-disposition"].partition("''")[2]


def test_letters_of_another_age_are_chosen(empty_site: Site) -> None:
    content = MEMBERS.encode("iso-8859-14", "replace")
    client = empty_site.as_role("manager")
    at = bring(client, "members.csv", content)
    client.post(at, data={"encoding": "cp1252", "then": "look"})
    assert "TÅ·" not in client.get(at).text and "Tŷ" not in client.get(at).text
    client.post(at, data={"encoding": "iso-8859-14", "then": "look"})
    assert "iso-8859-14" in client.get(at).text
    looked_at(empty_site, client, at, encoding="iso-8859-14")
    client.post(f"{at}/take")
    work(empty_site)
    assert "Siân Tŷ Newydd" in people(empty_site.crm)


def test_another_delimiter_is_chosen_and_a_wrong_one_is_said(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client, "members.csv", MEMBERS.replace(",", ";"))
    assert "sian@example.cymru" in client.get(at).text
    assert client.post(at, data={"delimiter": ",", "then": "look"}).status_code == 303
    assert client.get(at).status_code == 200
    assert client.post(at, data={"encoding": "utf-16", "delimiter": ",", "then": "look"}).status_code == 422


def test_formulas_and_markup_stay_what_they_are(empty_site: Site) -> None:
    rows = (
        "First name,Surname,Email,Joined\n"
        '"=HYPERLINK(""http://x"")",<img src=x onerror=alert(1)>,a@example.org,31/02/2024\n'
    )
    client = empty_site.as_role("manager")
    at = bring(client, "members.csv", rows)
    pages = [client.get(at).text, looked_at(empty_site, client, at)]
    client.post(f"{at}/take")
    work(empty_site)
    pages += [client.get(f"{at}/result").text, client.get(f"{at}/repair").text, client.get("/import").text]
    assert not [one for one in pages if "<img src=x" in one]
    told = client.get(f"{at}/refused.csv").content.decode("utf-8-sig")
    assert "\n=HYPERLINK" not in told and '\n"=HYPERLINK' not in told


def test_a_file_that_breaks_in_the_middle_stores_nothing(empty_site: Site) -> None:
    rows = MEMBERS + "".join(f"A{n},B{n},c{n}@example.org,,,\n" for n in range(2000)) + '"never closed,x\n' * 3
    client = empty_site.as_role("manager")
    at = bring(client, "members.csv", rows)
    answer = client.post(at, data={"then": "preview"})
    if answer.status_code == 303:
        work(empty_site)
        client.get(f"{at}/preview")
        client.post(f"{at}/take")
        work(empty_site)
    assert people(empty_site.crm) == {} or len(people(empty_site.crm)) > 1900


def test_old_files_are_cleaned(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    at = bring(empty_site.as_role("manager"))
    work(empty_site)
    with empty_site.desks() as crm:
        keeping.clean(crm)
        assert len(keeping.every(crm)) == 1
        crm.clock = lambda: empty_site.session.now() + keeping.KEPT * 1.1
        (empty_site.folder / keeping.FOLDER / "half").mkdir()
        keeping.clean(crm)
        assert keeping.every(crm) == [] and not list((empty_site.folder / keeping.FOLDER).iterdir())
        crm.clock = empty_site.session.now
    assert empty_site.as_role("manager").get(at).status_code == 404


def test_a_plan_is_kept_whole() -> None:
    plan = Plan("utf-8", ";", "till", "people", "", {"role": "member"}, {"A": MapColumn("email", "dmy", ",", True)},
                YesMeans("ie", "cy", ("marketing",)))  # fmt: skip
    assert plan_from(as_json(plan)) == plan and plan_from({}) == Plan()


def test_whoever_dies_between_storing_and_noting_is_found_out(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    intake = keeping.every(empty_site.crm)[0]
    before = intake.state
    work(empty_site)
    (intake.folder / "outcome.json").unlink()
    intake.keep_state(State("storing", False, 3, 3, before.job, before.since))
    page = client.get(f"{at}/result").text
    assert "The file is in." in page and ">2<" in page


def test_one_that_is_killed_is_taken_up_again(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = empty_site.as_role("manager")
    at = bring(client)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")

    def killed(self: Any, batch: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(working._Watch, "_ends", killed)
        with pytest.raises(KeyboardInterrupt), empty_site.desks() as crm:
            list(crm.do_due("test-1"))
    assert people(empty_site.crm) == {} and "panel" in client.get(f"{at}/result").text
    with empty_site.desks() as crm:
        crm.clock = lambda: empty_site.session.now() + working.STAYS * 2
        assert [one.outcome for one in crm.do_due("test-2") if one.name == working.IMPORT] == ["done"]
        crm.clock = empty_site.session.now
    assert len(people(empty_site.crm)) == 2 and "The file is in." in client.get(f"{at}/result").text


def test_one_file_waits_for_another(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    first, second = bring(client), bring(client, "b.csv", MEMBERS.replace("@", "2@"))
    for at in (first, second):
        client.post(at, data={"then": "preview"})
    assert "1 other file comes first" in client.get(f"{second}/preview").text
    part = client.get(f"{second}/preview", headers={"hx-request": "true", "hx-target": "div#progress"})
    assert "<html" not in part.text and "progress" in part.text
    work(empty_site)
    assert "What would happen" in client.get(f"{second}/preview").text


def test_nobody_waits_for_a_page_while_rows_are_stored(empty_site: Site) -> None:
    """A visit notes when somebody was last seen, but not while another writes: it would wait until that has ended."""
    client = empty_site.as_role("manager")
    at = bring(client)
    intake = keeping.every(empty_site.crm)[0]
    intake.keep_state(State("storing", False, 3, 3, "", ""))
    session = next(one for one in empty_site.crm.store.scan(Session))
    early = session.seen - timedelta(minutes=20)
    empty_site.crm.commit([Edit(Session.type_name, session.id, {"seen": (session.seen, early)})], kind="setting")
    assert client.get("/about").status_code == 200
    assert empty_site.crm.store.get(Session, [session.id])[session.id].seen == early
    intake.keep_state(State())
    assert client.get("/about").status_code == 200 and at
    assert empty_site.crm.store.get(Session, [session.id])[session.id].seen > early
