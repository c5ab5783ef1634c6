"""Segments in the web app: the list, one of them, the builder without scripts, files; in both languages, by role."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from perthyn.changes import Create
from perthyn.model import Interaction, Segment
from perthyn.rules import parse, read_rule, rule_json

Site = Any  # the class stands in conftest.py
LAPSED = "donations at least 3 in last 24 months and no visits in last 6 months"


def data(site: Site, text: str) -> str:
    return rule_json(parse(text, site.crm.schema()))


def made(site: Site, name: str) -> Segment:
    found: Segment = site.crm.segment(name)
    return found


def hidden(page: str, name: str = "rule") -> str:
    """What the form holds."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found is not None
    return unescape(found[1])


def step(client: Any, page: str, do: str, **more: str) -> str:
    """Press a button of the builder, as a browser without scripts does: with all that the form holds."""
    given = {"rule": hidden(page), "open": hidden(page, "open"), "as": hidden(page, "as"), "do": do, **more}
    answer = client.get(f"/segments/new?{urlencode(given)}")
    assert answer.status_code in (200, 422), answer.text
    return str(answer.text)


def test_the_list_is_there_before_anybody_is_counted(site: Site) -> None:
    one = made(site, "Quiet givers")
    page = site.as_role("fundraiser").get("/segments").text
    assert "Quiet givers" in page and "Keeps itself up to date" in page and f"/segments/{one.id}/count" in page
    assert site.as_role("fundraiser").get(f"/segments/{one.id}/count").text.strip() == "11"
    welsh = site.as_role("fundraiser", "cy").get("/segments").text
    assert "Rhoddwyr tawel" in welsh and "Yn cadw ei hun yn gyfredol" in welsh
    assert "snapshot" not in page + welsh


def test_each_kind_says_what_it_is(site: Site) -> None:
    site.crm.add_segment("By hand", "Â llaw", "", mode="hand", contacts=[])
    site.crm.add_segment("Then", "Bryd hynny", "has email", mode="snapshot")
    page = site.as_role("fundraiser").get("/segments").text
    assert "Hand-picked" in page and re.search(r"Fixed on \d+ \w+ \d{4}", page)


def test_a_broken_one_says_why_and_counts_nobody(site: Site) -> None:
    rule = json.dumps({"combinator": "and", "rules": [{"field": "own.gone", "operator": "=", "value": "x"}]})
    one = Segment(id=site.crm.ids(), name_en="Broken", rule=rule)
    site.crm.commit([Create(one)], kind="segment")
    client = site.as_role("fundraiser")
    page = client.get("/segments").text
    assert "It is broken." in page and "own.gone" in page and "Not known" in page
    page = client.get(f"/segments/{one.id}").text
    assert "This segment is broken." in page and "own.gone" in page and "Write to them" not in page
    assert "Mae&#39;r segment hwn wedi torri." in site.as_role("fundraiser", "cy").get(f"/segments/{one.id}").text


def test_one_segment_says_its_rule_in_both_languages(site: Site) -> None:
    one = made(site, "Quiet givers")
    page = site.as_role("fundraiser").get(f"/segments/{one.id}").text
    assert "Donations, in the last 24 months: at least 3." in page
    assert "Rhoddion, yn y 24 mis diwethaf: o leiaf 3." in page
    assert 'class="live-number">11<' in page and f"/campaigns/new?segment={one.id}" in page
    sizes = site.as_role("fundraiser").get(f"/segments/{one.id}/sizes").text
    assert "<table" in sizes and "<html" not in sizes


def test_why_somebody_is_in_it_or_not(site: Site) -> None:
    one = made(site, "Quiet givers")
    client = site.as_role("fundraiser")
    page = unescape(client.get(f"/segments/{one.id}?who=Emlyn+Prosser").text)
    assert "Emlyn Prosser is in it." in page and "needed: at least 3" in page
    who = site.crm.find("Emlyn", 6)
    many = client.get(f"/segments/{one.id}/whether?who=Emlyn").text
    assert "Whom do you mean?" in many and "<html" not in many
    told = client.get(f"/segments/{one.id}/whether?{urlencode({'who': 'Emlyn', 'do': f'whether {who[0].id}'})}").text
    assert f"{who[0].shown_name} is" in told
    assert "Nobody is called" in client.get(f"/segments/{one.id}/whether?who=Qqqxyz").text


def test_people_come_a_page_at_a_time_each_once(site: Site) -> None:
    one, _ = site.crm.add_segment("All", "Pawb", "has email")
    client, at, seen = site.as_role("fundraiser"), "", []
    path = f"/segments/{one.id}/people"
    for _ in range(100):
        page = client.get(path + at).text
        seen += re.findall(r'<th scope="row"[^>]*><a href="/contacts/([^"]+)"', page)
        older = re.search(r'rel="next" href="[^"?]*(\?[^"]*)"', page)
        if older is None:
            break
        at = unescape(older[1])
    assert seen == [str(each.id) for each in site.crm.members(one)] and len(seen) > 50


# -- the builder ------------------------------------------------------------------------------------------------


def test_a_rule_is_built_and_kept_without_scripts(site: Site) -> None:
    client = site.as_role("fundraiser")
    page = client.get("/segments/new").text
    page = step(client, page, "open new")
    page = step(client, page, "look", what="history kind:donation")
    assert "at least so many times" in page
    page = step(
        client, page, "put", what="history kind:donation", how="atLeast", value="", when="last", n="24", unit="M"
    )
    assert "Something is missing here." in page
    line = {"what": "history kind:donation", "how": "atLeast", "value": "3", "when": "last", "n": "24", "unit": "M"}
    page = step(client, page, "put", **line)
    assert "Donations, in the last 24 months: at least 3." in page and "Rhoddion, yn y 24 mis" in page
    page = step(client, page, "open new")
    page = step(client, page, "put", what="history kind:visit", how="none", when="last", n="6", unit="M")
    assert hidden(page) == data(site, LAPSED)
    page = step(client, page, "count")
    assert 'class="live-number">11<' in page
    page = step(client, page, "whether", who="Emlyn Prosser")
    assert "Emlyn Prosser is in it." in page
    names = {"name_en": "Lapsed", "name_cy": "Tawel", "mode": "dynamic"}
    kept = client.post("/segments/new", data={"rule": hidden(page), "do": "save", **names})
    assert kept.status_code == 303
    one = made(site, "Tawel")
    assert kept.headers["location"] == f"/segments/{one.id}" and one.rule == data(site, LAPSED)


def test_lines_are_joined_turned_grouped_and_taken_away(site: Site) -> None:
    client = site.as_role("fundraiser")
    start = {"rule": data(site, "has email and language is cy")}
    page = client.get(f"/segments/new?{urlencode(start)}").text
    page = step(client, page, "look", join="any")
    assert hidden(page) == data(site, "has email or language is cy")
    page = step(client, page, "turn 1")
    assert hidden(page) == data(site, "has email or language is not cy")
    page = step(client, page, "open beside 0")
    page = step(client, page, "put", what="history kind:visit", how="some", when="")
    assert hidden(page) == data(site, "(has email and visits ever) or language is not cy")
    page = step(client, page, "open new 0")
    page = step(client, page, "put", what="field deceased", how="no")
    assert hidden(page) == data(site, "(has email and visits ever and deceased is false) or language is not cy")
    page = step(client, page, "remove 0.1")
    page = step(client, page, "remove 1")
    assert hidden(page) == data(site, "has email and deceased is false")
    page = step(client, step(client, page, "remove 0"), "remove 0")
    assert hidden(page) == "" and "Examples to begin with" in page


SIGN = r' bare" title="([^"]+)"[^>]*><svg.*?</svg> <span class="visually-hidden">([^<]+)</span>'


def test_what_can_be_done_with_a_line_is_told_in_words_too(site: Site) -> None:
    start = urlencode({"rule": data(site, "has email and language is cy")})
    page = site.as_role("fundraiser", "cy").get(f"/segments/new?{start}").text
    signs = re.findall(SIGN, page)
    assert len(signs) == 6 and all(title == said for title, said in signs)


def test_what_the_form_can_not_show_is_changed_as_text(site: Site) -> None:
    client = site.as_role("fundraiser")
    rule = "has email and donations with (amount at least £5 and campaign is Roof) ever"
    page = client.get(f"/segments/new?{urlencode({'rule': data(site, rule)})}").text
    page = step(client, page, "open edit 1")
    assert "This line says more than the form can show" in page
    text = "donations with (amount at least £9 and campaign is Roof) ever"
    page = step(client, page, "put", line=text)
    assert hidden(page) == data(site, f"has email and {text}")


def test_text_and_lines_are_one(site: Site) -> None:
    client = site.as_role("fundraiser", "cy")
    page = client.get(f"/segments/new?{urlencode({'rule': data(site, LAPSED)})}").text
    page = step(client, page, "text")
    text = unescape(re.search(r"<textarea[^>]*name=\"text\"[^>]*>([^<]*)<", page)[1])  # type: ignore[index]
    assert text.startswith("rhoddion o leiaf 3")
    assert hidden(step(client, page, "lines", text=text)) == data(site, LAPSED)
    page = step(client, page, "look", text="rhoddion o leiaf 3 a ymwelidau")
    assert "ymwelidau" in page and '<pre class="rule-place"' in page
    page = step(client, page, "lines", text="has email or person")
    assert hidden(page) == data(site, "has email or person")


def test_a_long_rule_goes_in_the_form_and_nothing_is_lost(site: Site) -> None:
    client = site.as_role("fundraiser")
    rule = " and ".join(f"tag is not t{n}" for n in range(80))
    page = client.post("/segments/new", data={"rule": data(site, rule), "do": "look"}).text
    assert '<form id="shape" method="post"' in page and hidden(page) == data(site, rule)
    live = client.post("/segments/live", data={"rule": data(site, rule)})
    assert live.status_code == 200 and "live-number" in live.text


def test_live_shows_the_line_that_is_being_chosen(site: Site) -> None:
    client = site.as_role("fundraiser")
    asked = {"rule": data(site, LAPSED), "open": "new", "what": "history kind:donation", "how": "sum >=", "value": "50"}
    page = client.get(f"/segments/live?{urlencode(asked)}").text
    assert "Total of donations is at least £50.00." in page and "Cyfanswm" in page and "<html" not in page
    unfinished = client.get(f"/segments/live?{urlencode({**asked, 'value': ''})}").text
    assert 'class="live-number">11<' in unfinished


def test_saving_says_what_is_missing_where_it_is_missing(site: Site) -> None:
    client = site.as_role("fundraiser")
    nameless = client.post("/segments/new", data={"rule": data(site, LAPSED), "do": "save"})
    assert nameless.status_code == 422 and "A segment needs a name." in nameless.text
    assert 'href="#f-name_en"' in nameless.text
    ruleless = client.post("/segments/new", data={"rule": "", "do": "save", "name_en": "x"})
    assert ruleless.status_code == 422 and "There is no condition yet." in ruleless.text
    twice = client.post("/segments/new", data={"rule": data(site, LAPSED), "do": "save", "name_en": "quiet GIVERS"})
    assert twice.status_code == 422 and "There is a segment" in twice.text
    assert not [one for one in site.crm.segments() if one.name_en == "x"]


def test_one_that_is_there_is_changed_and_the_change_taken_back(site: Site) -> None:
    client, one = site.as_role("manager"), made(site, "Came once")
    page = client.get(f"/segments/{one.id}/edit").text
    assert hidden(page) == one.rule
    names = {"name_en": "Once more", "name_cy": one.name_cy or "", "mode": "dynamic"}
    kept = client.post(f"/segments/{one.id}/edit", data={"rule": data(site, LAPSED), "do": "save", **names})
    assert kept.status_code == 303 and made(site, "Once more").rule == data(site, LAPSED)
    site.crm.undo(site.crm.batch())
    assert made(site, "Came once") == one


def test_a_fixed_one_takes_other_names_only(site: Site) -> None:
    one, _ = site.crm.add_segment("Then", None, "has email", mode="snapshot")
    client = site.as_role("fundraiser")
    page = client.get(f"/segments/{one.id}/edit").text
    assert "Add a condition" not in page
    client.post(f"/segments/{one.id}/edit", data={"do": "save", "name_en": "Then", "name_cy": "Bryd hynny",
                                                  "rule": data(site, LAPSED), "mode": "dynamic"})  # fmt: skip
    after = made(site, "Bryd hynny")
    assert (after.mode, after.rule, after.fixed_on) == ("snapshot", one.rule, one.fixed_on)


# -- taking away, files, rights -----------------------------------------------------------------------------------


def test_what_is_used_stays_and_says_by_what(site: Site) -> None:
    one = made(site, "Came once")
    site.crm.new_campaign("Come again", one)
    client = site.as_role("fundraiser")
    refused = client.post(f"/segments/{one.id}/remove")
    assert refused.status_code == 422 and "Come again" in refused.text
    other = made(site, "Readers who came")
    gone = client.post(f"/segments/{other.id}/remove")
    assert gone.status_code == 303 and gone.headers["location"] == "/segments"
    assert client.get(f"/segments/{other.id}").status_code == 404


def test_a_file_needs_a_purpose_and_holds_who_may_be_contacted(site: Site) -> None:
    one, client = made(site, "Readers who came"), site.as_role("fundraiser")
    at = f"/segments/{one.id}/export"
    assert client.post(at, data={"form": ".csv"}).status_code == 422
    tried = client.post(at, data={"for": "marketing", "by": "email", "form": ".csv", "do": "try"})
    assert tried.status_code == 200 and "left out" in tried.text and "Who may be contacted, and why" in tried.text
    file = client.post(at, data={"for": "marketing", "by": "email", "form": ".csv", "do": "save"})
    assert file.headers["content-type"].startswith("text/csv") and "attachment" in file.headers["content-disposition"]
    assert 0 < len(file.text.splitlines()) - 1 < site.crm.count(one)
    book = client.post(at, data={"for": "analysis", "form": ".xlsx"})
    assert book.content[:2] == b"PK" or book.status_code == 403


def test_amounts_and_givers_are_not_there_for_who_may_not_see_them(site: Site) -> None:
    quiet, readers = made(site, "Quiet givers"), made(site, "Readers who came")
    client = site.as_role("marketing")
    page = client.get("/segments").text
    assert "Readers who came" in page and "Quiet givers" not in page
    editor = client.get("/segments/new?open=new").text
    assert "kind:visit" in editor and "kind:donation" not in editor and "in a segment" in editor
    assert "Gave three times" not in client.get("/segments/new").text
    for path in (f"/segments/{quiet.id}", f"/segments/{quiet.id}/people", f"/segments/{quiet.id}/count",
                 f"/segments/{quiet.id}/edit", f"/segments/{quiet.id}/whether?who=Emlyn+Prosser",
                 f"/segments/live?{urlencode({'rule': data(site, LAPSED)})}",
                 f"/segments/new?{urlencode({'rule': data(site, LAPSED)})}",
                 f"/segments/new?{urlencode({'as': 'text', 'text': LAPSED})}"):  # fmt: skip
        assert client.get(path).status_code == 403, path
    refused = client.post("/segments/new", data={"rule": data(site, LAPSED), "do": "save", "name_en": "Peep"})
    assert refused.status_code == 403 and not [one for one in site.crm.segments() if one.name_en == "Peep"]
    assert client.get(f"/segments/{readers.id}").status_code == 200


def test_who_may_only_look_changes_nothing(site: Site) -> None:
    one, client = made(site, "Readers who came"), site.as_role("read_only")
    page = client.get(f"/segments/{one.id}").text
    assert "Take away" not in page and "Write to them" not in page and "/export" not in page
    for path in ("/segments/new", f"/segments/{one.id}/edit", f"/segments/{one.id}/remove"):
        assert client.get(path).status_code == 403
        assert client.post(path, data={"do": "save"}).status_code == 403
    assert client.get(f"/segments/{one.id}/export").status_code == 403
    assert site.as_role("volunteer").get("/segments").status_code == 403


@pytest.mark.parametrize(
    "rule", ["{", "[]", '{"rules":[{"field":"x","operator":"=","value":1}]}', '{"rules":[{"a":1}]}']
)
def test_a_rule_that_is_none_is_told_and_breaks_nothing(site: Site, rule: str) -> None:
    client = site.as_role("fundraiser")
    for path in ("/segments/new", "/segments/live", "/segments/whether"):
        answer = client.get(f"{path}?{urlencode({'rule': rule, 'who': 'Emlyn Prosser'})}")
        assert answer.status_code in (200, 422), path
    for do in ("turn 9", "remove x", "open edit 3.1", "put", "lines", "text", "save"):
        assert client.get(f"/segments/new?{urlencode({'rule': rule, 'do': do, 'open': 'edit 7'})}").status_code < 500


def test_empty_and_naughty_names_are_shown_as_they_are(empty_site: Site) -> None:
    client = empty_site.as_role("fundraiser")
    assert "There is no segment yet" in client.get("/segments").text
    name = "<script>alert(1)</script> {{ 7 * 7 }}"
    one, _ = empty_site.crm.add_segment(name, None, "has email")
    for path in ("/segments", f"/segments/{one.id}", f"/segments/{one.id}/edit", f"/segments/{one.id}/people"):
        page = client.get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;" in page and " 49" not in page
    assert "Nobody is in it now." in client.get(f"/segments/{one.id}/people").text


def test_what_happens_changes_the_number(site: Site) -> None:
    one, client = made(site, "Quiet givers"), site.as_role("fundraiser")
    (someone, *_) = site.crm.members(one)
    day = site.crm.today() - timedelta(days=1)
    visit = Interaction(id=site.crm.ids(), contact=someone.id, kind="visit", day=day)
    site.crm.commit([Create(visit)], kind="edit")
    assert client.get(f"/segments/{one.id}/count").text.strip() == "10"
    assert read_rule(one.rule or "")
