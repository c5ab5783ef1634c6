"""People's pages: found, added, edited, noted, related, changed many at once; by those who may, in both languages."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Create
from perthyn.model import Contact, Interaction, Problem

Site = Any  # the class stands in conftest.py
NASTY = "<script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
LANGUAGES = pytest.mark.parametrize("language", ["en", "cy"])


def person(site: Site, name: str = "Gwenllian Prydderch", **values: Any) -> Contact:
    made, _ = site.crm.add_contact({"name": name, **values})
    found: Contact = made
    return found


def held(site: Site, id: UUID) -> Contact:
    found: Contact = site.crm.look_up(id)
    return found


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found, f"no {name} in the form"
    return html.unescape(found[1])


def went(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@LANGUAGES
def test_a_slip_of_the_finger_finds_somebody(site: Site, language: str) -> None:
    person(site)
    page = site.as_role("volunteer", language).get("/contacts?q=gwenlian prydderh").text
    assert "Gwenllian Prydderch" in page and ("Daeth heddiw" if language == "cy" else "Came today") in page


def test_rows_alone_answer_who_types(site: Site) -> None:
    person(site)
    part = {"hx-request": "true", "hx-target": "div#found"}
    for path in ("/contacts?q=prydderch", "/contacts", "/contacts?town=Nowhere", "/contacts?q=zzzzz"):
        answer = site.as_role("volunteer").get(path, headers=part)
        assert answer.status_code == 200 and "<html" not in answer.text


@LANGUAGES
def test_nobody_found_offers_to_add_them(site: Site, language: str) -> None:
    page = site.as_role("volunteer", language).get("/contacts?q=Zebediah Xyzzy").text
    assert "/contacts/new?name=Zebediah+Xyzzy" in page or "/contacts/new?name=Zebediah%20Xyzzy" in page
    assert "/contacts/new" not in site.as_role("read_only", language).get("/contacts?q=Zebediah Xyzzy").text


@LANGUAGES
def test_nobody_at_all(empty_site: Site, language: str) -> None:
    page = empty_site.as_role("administrator", language).get("/contacts").text
    assert (
        ("Does neb yma eto" in page or "Nid oes neb yma eto" in page)
        if language == "cy"
        else "Nobody is here yet" in page
    )


def test_filters_stand_in_the_address(site: Site) -> None:
    mine = person(site, town="Corris", tag="brass band", language="cy", email="g@brass.example")
    client = site.as_role("manager")
    for query in ("tag=brass band", "town=Corris", "tag=brass band&language=cy&email=yes",
                  "rule=tag is \"brass band\"", "rule=tag yw \"brass band\""):  # fmt: skip
        page = client.get(f"/contacts?{query}").text
        assert f"/contacts/{mine.id}" in page, query
    assert f"/contacts/{mine.id}" not in client.get("/contacts?tag=brass band&language=en").text
    site.crm.add_segment("Brass", None, 'tag is "brass band"')
    segment = site.crm.segment("Brass").id
    assert f"/contacts/{mine.id}" in client.get(f"/contacts?segment={segment}").text
    assert client.get("/contacts?since=soon").status_code == 422
    assert client.get("/contacts?rule=tga is x").status_code == 422


def test_a_rule_about_gifts_is_refused_to_who_may_not_see_them(site: Site) -> None:
    query = "/contacts?rule=donations at least 1 in last 24 months"
    assert site.as_role("volunteer").get(query).status_code == 403
    assert site.as_role("manager").get(query).status_code == 200


def test_pages_of_a_list_lead_on_and_back(site: Site) -> None:
    client = site.as_role("volunteer")
    page = client.get("/contacts?sort=name").text
    onward = html.unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])  # type: ignore[index]
    second = client.get(onward).text
    back = html.unescape(re.search(r'rel="prev" href="([^"]+)"', second)[1])  # type: ignore[index]
    rows = re.compile(r'<th scope="row"[^>]*><a href="/contacts/([0-9a-f-]{36})"')
    assert rows.findall(client.get(back).text) == rows.findall(page)
    assert not set(rows.findall(page)) & set(rows.findall(second))


def test_people_stand_by_surname_until_there_are_too_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.as_role("volunteer")
    assert '<strong aria-current="true">surname</strong>' in client.get("/contacts").text
    last, usual = person(site, "Zebedee Zzyzx"), client.get("/contacts").text
    assert f"/contacts/{last.id}" not in usual
    assert f"/contacts/{last.id}" in client.get("/contacts?sort=-added").text
    monkeypatch.setattr("perthyn.crm.listing.MOST_BY_NAME", 3)
    assert f"/contacts/{last.id}" in client.get("/contacts").text


def test_an_address_breaks_behind_its_sign(site: Site) -> None:
    person(site, email="g@brass.example", town="<b>@</b>")
    for query in ("q=prydderch", 'rule=name is "Gwenllian Prydderch"'):
        page = site.as_role("volunteer").get(f"/contacts?{query}").text
        assert "g@<wbr>brass.example" in page and "<b>" not in page, query


@LANGUAGES
def test_came_today_is_one_tap_and_one_visit(site: Site, language: str) -> None:
    one = person(site)
    client = site.as_role("volunteer", language)
    page = client.get(f"/contacts/{one.id}").text
    tap = {"key": hidden(page, "key"), "to": f"/contacts/{one.id}"}
    for _ in range(3):
        assert went(client.post(f"/contacts/{one.id}/came", data=tap)) == f"/contacts/{one.id}"
    [visit] = site.crm.happened(one.id)
    assert visit.kind == "visit" and visit.source == "web:desk"
    page = client.get(f"/contacts/{one.id}").text
    assert ("Heddiw" if language == "cy" else "Today") in page


def test_a_tap_can_be_taken_back_by_who_made_it_only(site: Site) -> None:
    one = person(site)
    client = site.as_role("volunteer")
    client.post(f"/contacts/{one.id}/came", data={"key": "a-key-of-a-tap"})
    said = client.get(f"/contacts/{one.id}").text
    undo = re.search(r'action="(/history/[0-9a-f-]{36}/undo)"', said)
    assert undo, "the flash offers to take it back"
    other = site.as_role("volunteer", name="another")
    assert other.post(undo[1], data={"to": f"/contacts/{one.id}"}).status_code in (403, 404)
    assert len(site.crm.happened(one.id)) == 1
    assert went(client.post(undo[1], data={"to": f"/contacts/{one.id}"})) == f"/contacts/{one.id}"
    assert site.crm.happened(one.id) == []


def test_a_tap_kept_by_a_tablet_says_when(site: Site) -> None:
    one = person(site)
    client, before = site.as_role("front_of_house"), site.crm.clock()
    client.post(f"/contacts/{one.id}/came", data={"key": "kept-offline", "ago": "3600", "party": "3"})
    [visit] = site.crm.happened(one.id)
    assert visit.at is not None and visit.party_size == 3
    assert timedelta(0) <= visit.at - (before - timedelta(hours=1)) < timedelta(minutes=1)
    for wrong in ("yesterday", "-1", "9" * 10, str(32 * 24 * 3600)):
        data = {"key": "kept-offline-2", "ago": wrong}
        assert client.post(f"/contacts/{one.id}/came", data=data).status_code == 422
    assert client.post(f"/contacts/{one.id}/came", data={"key": "short"}).status_code == 422


def test_who_only_looks_notes_nothing(site: Site) -> None:
    one = person(site)
    client = site.as_role("read_only")
    for path in ("came", "notes", "happened", "edit", "consent", "related", "same", "erase"):
        assert client.post(f"/contacts/{one.id}/{path}", data={"key": "a-key-of-a-tap", "text": "x"}).status_code == 403
    assert held(site, one.id) == one and site.crm.happened(one.id) == []


@LANGUAGES
def test_somebody_is_added_in_one_step(site: Site, language: str) -> None:
    client = site.as_role("volunteer", language)
    form = {"name": "Zebediah Xyzzy", "email": "zeb@xyzzy.example", "language": "cy"}
    to = went(client.post("/contacts/new", data=form))
    made = held(site, UUID(to.rpartition("/")[2]))
    assert made.shown_name == "Zebediah Xyzzy" and made.language == "cy" and made.language_asked is not None
    assert went(client.post("/contacts/new", data={"name": "Quux Frobnitz", "then": "edit"})).endswith("/edit")


def test_somebody_who_is_here_already_is_asked_about_first(site: Site) -> None:
    one = person(site, email="gwen@castell.example", phone="01654 700123")
    client = site.as_role("volunteer")
    count = site.crm.people_count()
    for form in ({"name": "G. P.", "email": "GWEN@castell.example"}, {"name": "Gwenlian Prydderch"},
                 {"name": "Somebody", "phone": "+44 1654 700123"}):  # fmt: skip
        answer = client.post("/contacts/new", data=form)
        assert answer.status_code == 200 and f"/contacts/{one.id}" in answer.text, form
    assert site.crm.people_count() == count
    part = client.get(
        "/contacts/new?name=Gwenlian Prydderch", headers={"hx-request": "true", "hx-target": "div#likely"}
    )
    assert f"/contacts/{one.id}" in part.text and "<html" not in part.text
    went(client.post("/contacts/new", data={"name": "Gwenllian Prydderch", "sure": "yes"}))
    assert site.crm.people_count() == count + 1


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    client = site.as_role("volunteer")
    answer = client.post("/contacts/new", data={"name": "Zebediah Xyzzy", "email": "no at sign"})
    assert answer.status_code == 422 and 'id="e-email"' in answer.text and 'value="Zebediah Xyzzy"' in answer.text
    assert client.post("/contacts/new", data={"town": "Corris"}).status_code == 422


INPUT = re.compile(r'<input[^>]*? name="([^"]+)" value="([^"]*)"')
AREA = re.compile(r'<textarea[^>]*? name="([^"]+)"[^>]*>([^<]*)</textarea>')
CHOICES = ("q", "to", "deceased", "language")


def form_of(page: str, **changed: str) -> dict[str, str]:
    """What a browser would send of the form on the page, with some of it changed; boxes and circles aside."""
    body = page.split("<main", 1)[1]
    found = {name: html.unescape(value) for name, value in [*INPUT.findall(body), *AREA.findall(body)]}
    form = {name: value for name, value in found.items() if name not in CHOICES and not name.endswith("-preferred")}
    return {**form, **changed}


def test_details_are_put_right(site: Site) -> None:
    one = person(site, email="old@x.example", phone="01654 700123", tag="friend", language="en")
    client = site.as_role("front_of_house")
    page = client.get(f"/contacts/{one.id}/edit").text
    form = form_of(page, language="cy", tags="friend, brass band", note="Likes the garden")
    form |= {"email-0-value": "new@x.example", "email-1-value": "second@x.example", "email-preferred": "1",
             "address-0-lines": "1 Heol Fawr", "address-0-town": "Corris", "role-0-role": "member",
             "role-0-start": "2026-04-01"}  # fmt: skip
    went(client.post(f"/contacts/{one.id}/edit", data=form))
    now = held(site, one.id)
    assert [(each.address, each.preferred) for each in now.emails] == [
        ("new@x.example", False),
        ("second@x.example", True),
    ]
    assert [each.number for each in now.phones] == ["01654 700123"] and now.addresses[0].town == "Corris"
    assert [each.tag for each in now.tags] == ["friend", "brass band"] and now.language == "cy"
    assert now.roles[0].role == "member" and now.note == "Likes the garden"


def test_what_is_too_long_is_said_at_its_field(site: Site) -> None:
    one = person(site)
    client = site.as_role("front_of_house")
    typed = {"address-0-town": "a" * 501, "role-0-role": "member", "role-0-level": "b" * 501, "tags": "c" * 501}
    answer = client.post(f"/contacts/{one.id}/edit", data=form_of(client.get(f"/contacts/{one.id}/edit").text, **typed))
    assert answer.status_code == 422
    for name in ("address-0-town", "role-0-level", "tags"):
        assert f'id="e-{name}"' in answer.text and f'href="#f-{name}"' in answer.text
    assert "a" * 501 in answer.text and held(site, one.id).addresses == ()


def test_only_who_can_do_something_about_two_entries_is_told_of_them(site: Site) -> None:
    one, other = person(site), person(site, "Gwen Prydderch")
    pair = Problem(id=site.crm.ids(), code="duplicate.possible", contact=one.id, other=other.id, at=site.crm.clock())
    site.crm.commit([Create(pair)])
    told = {role: "may be one person" in site.as_role(role).get(f"/contacts/{one.id}").text
            for role in ("manager", "volunteer")}  # fmt: skip
    assert told == {"manager": True, "volunteer": False}


def test_a_form_sent_back_changes_nothing(site: Site) -> None:
    one = person(site, email="old@x.example", address="1 Heol Fawr\nCorris", postcode="SY20 9AA", tag="friend")
    before = held(site, one.id)
    client = site.as_role("administrator")
    went(client.post(f"/contacts/{one.id}/edit", data=form_of(client.get(f"/contacts/{one.id}/edit").text)))
    assert held(site, one.id) == before


@LANGUAGES
def test_two_who_edit_at_once_see_both_values_and_lose_nothing(site: Site, language: str) -> None:
    one = person(site, title="Ms")
    mair, nia = site.as_role("front_of_house", language, "mair"), site.as_role("front_of_house", language, "nia")
    hers = mair.get(f"/contacts/{one.id}/edit").text
    theirs = nia.get(f"/contacts/{one.id}/edit").text
    went(nia.post(f"/contacts/{one.id}/edit", data=form_of(theirs, title="Prof", given="Gwen")))
    answer = mair.post(f"/contacts/{one.id}/edit", data=form_of(hers, title="Dr", salutation="Annwyl Gwen"))
    assert answer.status_code == 409
    for told in ("Dr", "Prof", "Nia", "Annwyl Gwen"):
        assert told in answer.text
    chosen = {name: hidden(answer.text, name) for name in ("saw", "mine", "theirs")}
    went(mair.post(f"/contacts/{one.id}/edit", data={**chosen, "take:title": "mine"}))
    now = held(site, one.id)
    assert (now.title, now.given, now.salutation) == ("Dr", "Gwen", "Annwyl Gwen")


def test_a_third_change_while_one_chooses_is_asked_about_too(site: Site) -> None:
    one = person(site, title="Ms")
    client = site.as_role("front_of_house")
    form = form_of(client.get(f"/contacts/{one.id}/edit").text, title="Dr")
    site.crm.edit_contact(one.id, {"title": "Prof"})
    answer = client.post(f"/contacts/{one.id}/edit", data=form)
    chosen = {name: hidden(answer.text, name) for name in ("saw", "mine", "theirs")}
    site.crm.edit_contact(one.id, {"title": "Dame"})
    again = client.post(f"/contacts/{one.id}/edit", data={**chosen, "take:title": "mine"})
    assert again.status_code == 409 and "Dame" in again.text
    chosen = {name: hidden(again.text, name) for name in ("saw", "mine", "theirs")}
    went(client.post(f"/contacts/{one.id}/edit", data={**chosen, "take:title": "theirs"}))
    assert held(site, one.id).title == "Dame"


def test_a_form_of_somebody_else_is_not_taken(site: Site) -> None:
    one, other = person(site), person(site, "Huw Huws")
    client = site.as_role("front_of_house")
    form = form_of(client.get(f"/contacts/{one.id}/edit").text, title="Dr")
    assert client.post(f"/contacts/{other.id}/edit", data=form).status_code == 422
    assert held(site, other.id) == other


def test_a_private_note_is_seen_by_who_may_only(site: Site) -> None:
    one = person(site)
    manager, volunteer = site.as_role("manager"), site.as_role("volunteer")
    manager.post(f"/contacts/{one.id}/notes", data={"text": "a quiet word", "private": "yes"})
    manager.post(f"/contacts/{one.id}/notes", data={"text": "likes the garden"})
    assert "a quiet word" in manager.get(f"/contacts/{one.id}").text
    seen = volunteer.get(f"/contacts/{one.id}").text
    assert "a quiet word" not in seen and "likes the garden" in seen
    assert volunteer.post(f"/contacts/{one.id}/notes", data={"text": "mine", "private": "yes"}).status_code == 403


def test_gifts_are_not_there_for_a_volunteer(site: Site) -> None:
    one = person(site)
    manager, volunteer = site.as_role("manager"), site.as_role("volunteer")
    gift = {"kind": "donation", "amount": "25.00", "day": "2026-03-01"}
    went(manager.post(f"/contacts/{one.id}/happened", data=gift))
    assert "£25.00" in manager.get(f"/contacts/{one.id}").text
    page = volunteer.get(f"/contacts/{one.id}").text
    assert "£25" not in page and "onation" not in page and "gift" not in page.lower()
    assert "donation" not in volunteer.get(f"/contacts/{one.id}/happened").text
    assert volunteer.post(f"/contacts/{one.id}/happened", data=gift).status_code in (403, 422)
    assert len(site.crm.happened(one.id)) == 1
    assert manager.post(f"/contacts/{one.id}/happened", data={"kind": "visit", "day": "2999-01-01"}).status_code == 422


@LANGUAGES
def test_a_no_counts_at_once(site: Site, language: str) -> None:
    one = person(site, email="gwen@castell.example")
    client = site.as_role("front_of_house", language)
    assert client.get(f"/contacts/{one.id}/consent").status_code == 200
    bare = client.post(f"/contacts/{one.id}/consent", data={"decision": "given", "channel": "email"})
    assert bare.status_code == 422
    yes = {"decision": "given", "channel": "email", "wording": "Send me news", "how": "in person"}
    went(client.post(f"/contacts/{one.id}/consent", data=yes))
    assert site.crm.permissions(held(site, one.id))["email"].allowed
    went(client.post(f"/contacts/{one.id}/consent", data={"decision": "withdrawn", "channel": "email"}))
    assert not site.crm.permissions(held(site, one.id))["email"].allowed


def test_relationships_are_added_and_ended(site: Site) -> None:
    one, other = person(site), person(site, "Rhodri Prydderch")
    client = site.as_role("volunteer")
    assert f'value="{other.id}"' in client.get(f"/contacts/{one.id}/related?q=rhodri prydderch&relation=partner").text
    went(client.post(f"/contacts/{one.id}/related", data={"other": str(other.id), "relation": "partner"}))
    assert "Rhodri Prydderch" in client.get(f"/contacts/{one.id}").text
    went(client.post(f"/contacts/{one.id}/related/end", data={"key": f"partner:{other.id}"}))
    assert held(site, other.id).relationships[0].end is not None
    assert client.post(f"/contacts/{one.id}/related", data={"relation": "friend"}).status_code == 422


@pytest.mark.parametrize(
    ("doing", "value"), [("tag", "brass"), ("untag", "band"), ("language", "cy"), ("role", "press")]
)
def test_many_are_changed_after_a_look_and_taken_back(site: Site, doing: str, value: str) -> None:
    people = [person(site, f"Band Member {i}", tag="band") for i in range(3)]
    client = site.as_role("manager")
    form: dict[str, Any] = {"id": [str(one.id) for one in people[:2]], "whom": "chosen", "doing": doing}
    assert client.post("/contacts/many", data=form).status_code == 200
    page = client.post("/contacts/many", data={**form, "value": value}).text
    assert "2 people would be changed" in page
    assert [held(site, one.id) for one in people] == people
    assert went(client.post("/contacts/many/do", data={**form, "value": value})) == "/contacts"
    assert [held(site, one.id) == one for one in people] == [False, False, True]
    undo = re.search(r'action="(/history/[0-9a-f-]{36}/undo)"', client.get("/contacts").text)
    went(client.post(undo[1]))  # type: ignore[index]
    assert [held(site, one.id) for one in people] == people


def test_all_of_a_list_are_changed(site: Site) -> None:
    people = [person(site, f"Band Member {i}", tag="band") for i in range(3)]
    client = site.as_role("marketing")
    form = {"whom": "all", "query": "tag=band", "doing": "tag", "value": "orchestra"}
    assert went(client.post("/contacts/many/do", data=form)) == "/contacts?tag=band"
    assert all(len(held(site, one.id).tags) == 2 for one in people)
    assert site.as_role("volunteer").post("/contacts/many/do", data=form).status_code == 403
    assert client.post("/contacts/many", data={"whom": "chosen", "doing": "tag"}).status_code == 422
    assert client.post("/contacts/many/do", data=form).status_code == 422, "all of them have it already"


def test_a_file_of_a_list_goes_out_for_a_purpose(site: Site) -> None:
    person(site, email="gwen@castell.example", tag="band")
    client = site.as_role("administrator")
    assert client.get("/contacts/export?tag=band").status_code == 200
    assert client.post("/contacts/export", data={"query": "tag=band"}).status_code == 422
    kept = client.post("/contacts/export", data={"query": "tag=band", "purpose": "analysis"})
    assert "gwen@castell.example" in kept.text and kept.text.count("\n") == 2
    mailing = client.post("/contacts/export", data={"query": "tag=band", "purpose": "marketing"})
    assert "gwen@castell.example" not in mailing.text, "nobody has asked her"
    assert site.as_role("volunteer").post("/contacts/export", data={"purpose": "analysis"}).status_code == 403


@LANGUAGES
def test_lists_are_kept_for_oneself_and_for_everybody(site: Site, language: str) -> None:
    marketing, volunteer = site.as_role("marketing", language), site.as_role("volunteer", language)
    kept = {"query": "town=Corris&evil=1", "name_cy": "Pobl Corris", "name_en": "Corris people"}
    assert went(marketing.post("/contacts/views", data=kept)) == "/contacts?town=Corris"
    shown = "Pobl Corris" if language == "cy" else "Corris people"
    assert shown in marketing.get("/contacts").text and shown not in volunteer.get("/contacts").text
    assert volunteer.post("/contacts/views", data={**kept, "shared": "yes"}).status_code == 403
    marketing.post("/contacts/views", data={**kept, "name_en": "Ours", "name_cy": "Ein rhai ni", "shared": "yes"})
    assert ("Ein rhai ni" if language == "cy" else "Ours") in volunteer.get("/contacts").text
    assert marketing.post("/contacts/views", data={"query": "town=Corris"}).status_code == 422
    view = re.search(r"/contacts/views/([0-9a-f-]{36})/remove", marketing.get("/contacts/views/new").text)
    went(marketing.post(f"/contacts/views/{view[1]}/remove"))  # type: ignore[index]


def test_all_that_is_kept_and_erasing(site: Site) -> None:
    one = person(site, email="gwen@castell.example")
    client = site.as_role("manager")
    file = client.get(f"/contacts/{one.id}/dossier")
    assert json.loads(file.text)["contact"]["emails"][0]["address"] == "gwen@castell.example"
    assert client.get(f"/contacts/{one.id}/erase").status_code == 200
    assert client.post(f"/contacts/{one.id}/erase", data={"name": "somebody"}).status_code == 422
    assert went(client.post(f"/contacts/{one.id}/erase", data={"name": "gwenllian prydderch"})) == "/contacts"
    assert client.get(f"/contacts/{one.id}").status_code == 404
    assert site.as_role("fundraiser").get(f"/contacts/{one.id}/erase").status_code == 403


def test_naughty_strings_are_shown_as_they_are(site: Site) -> None:
    one = person(site, NASTY)
    site.crm.add_interaction(one.id, {"kind": "note", "text": NASTY, "subject": NASTY})
    site.crm.commit(
        [Create(Interaction(id=site.crm.ids(), contact=one.id, kind="visit", event=NASTY, day=site.crm.today()))]
    )
    client = site.as_role("administrator")
    paths = [
        f"/contacts/{one.id}{rest}" for rest in ("", "/edit", "/happened", "/consent", "/related", "/same", "/erase")
    ]
    for path in [
        *paths,
        f"/contacts?q={NASTY}",
        f"/history?of={one.id}",
        f"/contacts/new?name={NASTY}",
        f"/contacts?tag={NASTY}",
    ]:
        page = client.get(path)
        assert page.status_code == 200, path
        assert "<script>document" not in page.text and "<img src=x" not in page.text and ">49" not in page.text


def test_old_ids_of_two_made_one_lead_on(site: Site) -> None:
    one, other = person(site), person(site, "G. Prydderch")
    client = site.as_role("manager")
    pair = went(client.post(f"/contacts/{one.id}/same", data={"other": str(other.id)}))
    went(client.post(f"{pair}/join", data={"stays": str(one.id)}))
    assert went(client.get(f"/contacts/{other.id}")) == f"/contacts/{one.id}"


def test_the_timeline_goes_back_and_narrows(site: Site) -> None:
    one = person(site)
    days = [
        site.crm.today().replace(year=2020 + year, month=month, day=3) for year in range(5) for month in range(1, 13)
    ]
    kinds = ("visit", "call")
    site.crm.commit(
        [
            Create(Interaction(id=site.crm.ids(), contact=one.id, kind=kinds[i % 2], day=day))
            for i, day in enumerate(days)
        ]
    )
    client = site.as_role("volunteer")
    seen, path = 0, f"/contacts/{one.id}?family=attend"
    while path:
        page = client.get(path).text
        seen += page.split('id="timeline"')[1].split('<div class="stack">')[0].count('class="moment moment-accent"')
        older = re.search(r'href="([^"]*before=[^"]*)"', page)
        path = html.unescape(older[1]).partition("#")[0] if older else ""
    assert seen >= 30
