"""Donations in the app: gifts and Gift Aid from the first form to HMRC's file, for those who may and nobody else."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from perthyn.crm import Crm
from perthyn.model import Contact, Interaction
from perthyn_donations import declaring
from perthyn_donations.books import books, tax
from perthyn_donations.checking import checked
from perthyn_donations.records import Claim, Declaration, Gift

Site = Any  # the class stands in conftest.py
WORDS = "I pay UK tax, and pay the difference if I paid too little."
PAGES = ("/donations", "/donations?period=all", "/donations?period=month&fund=none&campaign=none", "/donations/thanks",
         "/donations/pledges", "/donations/gift-aid", "/donations/gift-aid?show=mend", "/donations/gift-aid?show=no",
         "/donations/ask", "/donations/claims", "/donations/claim", "/donations/small", "/donations/check",
         "/donations/declarations")  # fmt: skip
CANARY = 98_765_43


def text(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def donor(crm: Crm) -> Contact:
    """Somebody of the demonstration with an address, who has given nothing."""
    gave = {one.contact for one in crm.store.scan(Interaction) if one.kind == "donation"}
    return next(
        one
        for one in crm.store.scan(Contact)
        if one.id not in gave and one.kind == "person" and one.given and one.family and not one.deceased
        and any(home.lines and home.postcode and home.postcode[-1] not in "CIKMOV" for home in one.addresses)
    )  # fmt: skip


def recorded(site: Site, client: Any, who: Contact, amount: str = "98765.43", **more: str) -> Interaction:
    page = client.get(f"/contacts/{who.id}/gifts/new").text
    key = re.search(r'name="key" value="(\w+)"', page)
    assert key
    form = {"key": key[1], "amount": amount, "day": str(site.crm.today()), "channel": "cheque", **more}
    answers = [client.post(f"/contacts/{who.id}/gifts/new", data=form) for _ in range(2)]  # sent twice, kept once
    assert [one.status_code for one in answers] == [303, 303]
    assert "98,765" in client.get("/donations/check").text or amount != "98765.43"  # said once, and not again
    (made,) = [one for one in site.crm.store.owned(Interaction, [who.id]) if one.kind == "donation"]
    return made


def declared(client: Any, who: Contact, **more: str) -> Any:
    form = {"wording": WORDS, "covers": "both", "how": "written", "day": "2026-01-05", "given": who.given or "",
            "family": who.family or "", "address": "12 Stryd Fawr\nBrithwen", "postcode": "SY20 8XC", "language": "en",
            **more}  # fmt: skip
    return client.post(f"/contacts/{who.id}/declarations/new", data=form)


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_stands_in_both_languages(site: Site, language: str) -> None:
    client = site.as_role("fundraiser", language)
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, (path, text(answer.text)[:500])
        assert "giftaid." not in text(answer.text), path
        assert not re.search(r"\{\w+\}", text(answer.text)), path


@pytest.mark.parametrize("role", ["marketing", "front_of_house", "volunteer", "read_only"])
def test_who_may_see_no_gifts_sees_none_of_it(site: Site, role: str) -> None:
    who = donor(site.crm)
    made = recorded(site, site.as_role("fundraiser"), who, fund="Canary fund")
    client = site.as_role(role)
    for path in (*PAGES, f"/donations/gifts/{made.id}", f"/contacts/{who.id}/gifts/new",
                 f"/contacts/{who.id}/declarations", f"/contacts/{who.id}/declarations/new"):  # fmt: skip
        assert client.get(path).status_code == 403, path
    person = client.get(f"/contacts/{who.id}").text
    for page in (person, client.get("/").text):
        assert "/donations" not in page and "98,765" not in page and "Canary fund" not in page and "giving" not in page
    before = site.crm.store.position()
    for path in (f"/contacts/{who.id}/gifts/new", f"/contacts/{who.id}/declarations/new", "/donations/claim",
                 "/donations/thanks", f"/donations/gifts/{made.id}"):  # fmt: skip
        assert client.post(path, data={"amount": "5", "key": "x" * 12}).status_code == 403, path
    assert site.crm.store.position() == before


def test_a_gift_is_kept_once_with_what_is_known_of_it(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    made = recorded(site, client, who, fund="Roof", benefit="3.00")
    assert (made.amount, made.currency, made.channel) == (CANARY * 1, "GBP", "cheque")
    (details,) = site.crm.store.owned(Gift, [who.id])
    assert (details.fund, details.benefit, details.interaction) == ("Roof", 300, made.id)
    panel = text(client.get(f"/contacts/{who.id}").text)
    assert "£98,765.43" in panel and "Roof" in panel and "The donor has made no declaration." in panel
    assert "What is noted of gifts" not in panel  # told in the panel, not field by field once more
    assert "£98,765.43" in client.get("/donations?fund=Roof").text
    assert "£98,765.43" not in client.get("/donations?period=2024").text


def test_why_gift_aid_is_not_claimed_is_said_once_of_all_gifts(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    for amount in (500, 1_000, 1_500):
        site.crm.add_interaction(who.id, {"kind": "donation", "amount": amount})
    panel = text(client.get(f"/contacts/{who.id}").text)
    assert panel.count("The donor has made no declaration.") == 1 and "No Gift Aid on 3 gifts" in panel
    assert "can't be claimed" not in panel


@pytest.mark.parametrize(("field", "value", "words"), [
    ("amount", "0", "A gift is an amount above nothing"), ("amount", "", "A gift is an amount above nothing"),
    ("amount", "lots", "lots"), ("day", str(date(2099, 1, 1)), "still to come"),
])  # fmt: skip
def test_what_is_wrong_with_a_gift_stands_at_its_field(site: Site, field: str, value: str, words: str) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    answer = client.post(f"/contacts/{who.id}/gifts/new", data={"key": "k" * 20, "amount": "5", field: value})
    assert answer.status_code == 422 and words in text(answer.text) and f'id="e-{field}"' in answer.text
    assert not [one for one in site.crm.store.owned(Interaction, [who.id]) if one.kind == "donation"]


def test_from_a_gift_to_hmrcs_file(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    recorded(site, client, who)
    assert "£98,765.43" not in client.get("/donations/claim").text
    assert declared(client, who).status_code == 303
    (declaration,) = site.crm.store.owned(Declaration, [who.id])
    assert (declaration.wording, declaration.covers, declaration.by) == (WORDS, "both", "Fundraiser")
    page = client.get("/donations/claim").text
    assert "£98,765.43" in page and "Nothing is recorded until you say so below." in page
    assert not list(site.crm.store.scan(Claim))
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert int(form["expected"]) == sum(one.open for one in books(site.crm).gifts if one.open > 0) == CANARY
    stale = client.post("/donations/claim", data={**form, "expected": str(CANARY - 1)})
    assert stale.status_code == 422 and "has changed since you looked" in stale.text
    first = client.post("/donations/claim", data=form)
    again = client.post("/donations/claim", data=form)
    assert first.status_code == again.status_code == 303 and first.headers["location"] == again.headers["location"]
    (claim,) = site.crm.store.scan(Claim)
    assert (claim.amount, claim.lines, claim.sent) == (CANARY, 1, None)
    page = client.get(first.headers["location"]).text
    assert "£98,765.43" in page and f"£{tax(CANARY) / 100:,.2f}" in page
    file = client.get(f"/donations/claims/{claim.id}/files/1")
    assert file.headers["content-type"] == "application/vnd.oasis.opendocument.spreadsheet"
    assert claim.name in file.headers["content-disposition"]
    assert not checked(file.content, site.crm.today())
    assert "98765.43" in zipfile.ZipFile(io.BytesIO(file.content)).read("content.xml").decode()
    told = client.post("/donations/check", files={"file": ("x.ods", file.content)})
    assert "Nothing is wrong with it." in told.text
    assert client.get(f"/donations/claims/{claim.id}/files/2").status_code == 404
    sent = client.post(f"/donations/claims/{claim.id}/sent", data={"sent": str(site.crm.today() + timedelta(days=1))})
    assert sent.status_code == 422
    assert client.post(f"/donations/claims/{claim.id}/sent", data={"sent": str(site.crm.today())}).status_code == 303
    assert client.post(f"/donations/claims/{claim.id}/drop").status_code == 422  # HMRC has it
    assert "sent," in text(client.get("/donations/claims").text)
    assert "98,765" not in client.get("/donations/claim").text


def test_a_dropped_claim_can_be_made_again(site: Site) -> None:
    client, who = site.as_role("manager"), donor(site.crm)
    recorded(site, client, who)
    declared(client, who)
    page = client.get("/donations/claim").text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    made = client.post("/donations/claim", data=form).headers["location"]
    assert client.post(f"{made}/drop").status_code == 303
    page = client.get("/donations/claim").text
    assert "£98,765.43" in page
    assert dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))["name"] != form["name"]


def test_a_spoken_declaration_waits_for_its_letter(site: Site) -> None:
    client, who = site.as_role("fundraiser", "cy"), donor(site.crm)
    recorded(site, client, who)
    answer = declared(client, who, how="spoken")
    assert answer.headers["location"].endswith("/declarations")
    page = text(client.get(f"/contacts/{who.id}/declarations").text)
    assert "Annwyl" in page and WORDS in page and "cadarnhad heb ei anfon eto" in page
    late = client.post(f"/contacts/{who.id}/declarations/confirm", data={"sent": "2099-01-01"})
    assert late.status_code == 422
    assert client.post(f"/contacts/{who.id}/declarations/confirm", data={"sent": "2026-02-01"}).status_code == 303
    (declaration,) = site.crm.store.owned(Declaration, [who.id])
    assert declaration.confirmed == date(2026, 2, 1)
    none = client.post(f"/contacts/{who.id}/declarations/end", data={"ended": "2026-03-01"})
    assert none.status_code == 422
    form = {"why": "cancelled", "ended": "2026-03-01"}
    assert client.post(f"/contacts/{who.id}/declarations/end", data=form).status_code == 303
    assert "canslwyd" in text(client.get(f"/contacts/{who.id}/declarations").text)


def test_a_couple_is_told_to_declare_apart(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    answer = declared(client, who, given="Mair a Huw")
    assert answer.status_code == 422 and "Each of a couple declares for themselves" in text(answer.text)
    assert not list(site.crm.store.owned(Declaration, [who.id]))


def test_the_words_of_a_declaration_are_those_of_the_settings(site: Site) -> None:
    who = donor(site.crm)
    with (site.folder / "perthyn.toml").open("a", encoding="utf-8") as toml:
        toml.write('\n[giftaid]\nwording_en = "Canary words"\nwording_cy = "Geiriau caneri"\n')
    from .conftest import opened

    with opened(site.folder) as afresh:
        client = afresh.as_role("fundraiser")
        assert "Canary words" in client.get(f"/contacts/{who.id}/declarations/new?language=en").text
        assert "Geiriau caneri" in client.get(f"/contacts/{who.id}/declarations/new?language=cy").text


def test_whoever_has_been_thanked_is_not_named_again(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    recorded(site, client, who, day=str(site.crm.today() - timedelta(days=1)))
    assert who.shown_name in text(client.get("/donations/thanks").text)
    assert client.post("/donations/thanks", data={"who": str(who.id), "how": "letter"}).status_code == 303
    assert str(who.id) not in client.get("/donations/thanks").text
    (letter,) = [one for one in site.crm.store.owned(Interaction, [who.id]) if one.kind == "letter"]
    assert letter.campaign == "thanks"


def test_what_a_gift_is_decides(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    made = recorded(site, client, who)
    declared(client, who)
    form = {"nature": "purchase", "fund": "Roof", "normal": "", "benefit": "", "credit": ""}
    assert client.post(f"/donations/gifts/{made.id}", data=form).status_code == 303
    assert "A raffle, an auction or a sale is no gift." in text(client.get(f"/donations/gifts/{made.id}").text)
    odd = client.post(f"/donations/gifts/{made.id}", data={**form, "credit": "Nobody at all"})
    assert odd.status_code == 422


def test_declarations_come_from_a_file(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    head = "Contact id,First name,Surname,Home address,Postcode,Date,Covers,Method,Wording\n"
    row = f'{who.id.hex},{who.given},{who.family},"12 Stryd Fawr, Brithwen",SY20 8XC,5/1/2026,both,paper,"{WORDS}"\n'
    bad = f'{who.id.hex},{who.given},{who.family},,,5/1/2026,both,paper,"{WORDS}"\n'
    file = {"file": ("datganiadau.csv", (head + row + bad).encode())}
    looked = text(client.post("/donations/declarations", data={"do": "look"}, files=file).text)
    assert "Would be written down 1" in looked and "no home address" in looked
    assert not list(site.crm.store.owned(Declaration, [who.id]))
    assert client.post("/donations/declarations", data={"do": "keep"}, files=file).status_code == 200
    assert len(list(site.crm.store.owned(Declaration, [who.id]))) == 1
    assert client.post("/donations/declarations", data={"do": "keep"}).status_code == 422


def test_the_home_of_a_fundraiser_names_what_waits(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    recorded(site, client, who)
    declared(client, who)
    home = text(client.get("/").text)
    assert "£98,765.43" in home and "waits to be claimed" in home and "wait for a thank-you" in home


# -- the API ---------------------------------------------------------------------------------------------------------


def test_the_api_does_what_the_pages_do(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    body = {"key": "from-another-system", "amount": CANARY, "fund": "Roof"}
    first, again = (client.post(f"/api/contacts/{who.id}/gifts", json=body) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json()["id"] == again.json()["id"]
    assert "batch" in first.json() and "batch" not in again.json()
    (gift,) = client.get(f"/api/contacts/{who.id}/gifts").json()["items"]
    assert (gift["amount"], gift["fund"], gift["rule"]) == (CANARY, "Roof", "giftaid.undeclared")
    said = {"day": "2026-01-05", "covers": "both", "how": "written", "wording": WORDS, "given": who.given,
            "family": who.family, "address": "12 Stryd Fawr", "postcode": "SY20 8XC"}  # fmt: skip
    assert client.post(f"/api/contacts/{who.id}/declarations", json=said).status_code == 201
    plan = client.get("/api/gift-aid/plan").json()
    assert plan["amount"] == client.get("/api/gift-aid").json()["amount"] == CANARY
    asked = {"name": "hawliad.ods", "expected": CANARY - 1}
    assert client.post("/api/gift-aid/claims", json=asked).status_code == 409
    claim = client.post("/api/gift-aid/claims", json={**asked, "expected": CANARY}).json()
    file = client.get(f"/api/gift-aid/claims/{claim['id']}/files/1")
    assert file.status_code == 200 and not checked(file.content, site.crm.today())
    assert client.get(f"/api/gift-aid/claims/{claim['id']}/files/2").status_code == 404
    assert client.get(f"/api/gift-aid/claims/{UUID(int=7)}/files/1").status_code == 404
    assert client.post(f"/api/gift-aid/claims/{claim['id']}/drop").json()["dropped"] == str(site.crm.today())
    assert len(client.get("/api/gift-aid/claims").json()["items"]) == 1
    end = {"why": "cancelled", "day": "2026-02-01"}
    assert client.post(f"/api/contacts/{who.id}/declarations/end", json=end).status_code == 201
    assert len(declaring.declarations(site.crm, who.id)) == 2


@pytest.mark.parametrize("role", ["marketing", "front_of_house", "volunteer", "read_only"])
def test_the_api_tells_nobody_else(site: Site, role: str) -> None:
    client, who = site.as_role(role), donor(site.crm)
    for path in (f"/contacts/{who.id}/gifts", f"/contacts/{who.id}/declarations", "/gift-aid", "/gift-aid/gifts",
                 "/gift-aid/plan", "/gift-aid/claims"):  # fmt: skip
        assert client.get(f"/api{path}").status_code == 403, path
    body = {"key": "from-another-system", "amount": 5}
    assert client.post(f"/api/contacts/{who.id}/gifts", json=body).status_code == 403


def test_the_api_refuses_what_it_does_not_know(site: Site) -> None:
    client, who = site.as_role("fundraiser"), donor(site.crm)
    assert client.get("/api/gift-aid/gifts?sho=mend").json()["code"] == "api.query"
    for body in ({"key": "k" * 9, "amount": 5, "extra": 1}, {"key": "k" * 9, "amount": 0}, {"key": "k", "amount": 5},
                 {"key": "k" * 9, "amount": 5, "day": 20261122}, {"key": "k" * 9, "amount": "5"}):  # fmt: skip
        assert client.post(f"/api/contacts/{who.id}/gifts", json=body).status_code == 422, body
    assert client.post(f"/api/contacts/{UUID(int=7)}/gifts", json={"key": "k" * 9, "amount": 5}).status_code == 404


def test_without_fastapi_there_are_no_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    import perthyn_donations

    monkeypatch.setattr(perthyn_donations, "find_spec", lambda name: None)
    assert perthyn_donations.offer_api(lambda right: right) == []
