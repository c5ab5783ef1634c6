"""Tickets and e-mail in the app: what somebody booked, letters and what came back, shops and the mailbox."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from perthyn.changes import Create
from perthyn.model import Campaign, Contact, Interaction, Message, Problem, Screening

from .conftest import opened

Site = Any  # the class stands in conftest.py


def text(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def somebody(site: Site) -> Contact:
    booked = {one.contact for one in site.crm.store.scan(Interaction) if one.kind == "booking"}
    return next(one for one in site.crm.store.scan(Contact) if one.id not in booked and one.emails)


def ordered(site: Site, who: Contact, code: str, name: str, ahead: int, *, gone: bool = False) -> None:
    """An order of two tickets, as pretix tells it; cancelled, as pretix tells that."""
    crm, day = site.crm, site.crm.today() - timedelta(days=3)
    for place in (1, 2):
        said = {"contact": who.id, "kind": "booking", "day": day, "event": name, "subject": "Adult", "amount": 1234,
                "currency": "GBP", "order": code, "lead_days": ahead, "source": "pretix:castle"}  # fmt: skip
        lines = [Interaction(id=crm.ids(), source_id=f"{code}-{place}", party_size=2 if place == 1 else None, **said)]
        if gone:
            back = {**said, "amount": -1234}
            lines.append(Interaction(id=crm.ids(), source_id=f"{code}-{place}:cancelled", **back))
        crm.commit([Create(one) for one in lines], kind="channel")


@pytest.mark.parametrize(("role", "money"), [("volunteer", False), ("front_of_house", False), ("manager", True)])
def test_the_desk_sees_what_is_booked_and_money_who_may(site: Site, role: str, money: bool) -> None:
    who = somebody(site)
    ordered(site, who, "A1B2C", "Canary Concert", 10)
    ordered(site, who, "D3E4F", "Cancelled Concert", 12, gone=True)
    ordered(site, who, "G5H6I", "Concert Long Ago", 1)
    page = text(site.as_role(role).get(f"/contacts/{who.id}").text)
    panel = page[page.index(" Tickets ") :]
    assert "Canary Concert 2 tickets" in panel and ("£24.68" in panel) is money
    assert panel.index("Canary Concert") < panel.index("earlier bookings") < panel.index("Cancelled Concert cancelled")
    assert str(site.crm.today().year) in panel and "order A1B2C" in panel


@pytest.mark.parametrize("language", ["en", "cy"])
def test_events_to_come_are_counted(site: Site, language: str) -> None:
    who = somebody(site)
    ordered(site, who, "A1B2C", "Canary Concert", 10)
    ordered(site, who, "B1B2C", "Canary Concert", 10)
    ordered(site, who, "D3E4F", "Cancelled Concert", 12, gone=True)
    ordered(site, who, "G5H6I", "Concert Long Ago", 1)
    client = site.as_role("volunteer", language)
    page = text(client.get("/tickets").text)
    assert re.search(r"Canary Concert 4 2\b", page)
    assert "Cancelled Concert" not in page and "Long Ago" not in page
    assert "Canary Concert" in text(client.get("/").text)


def test_a_shop_says_what_keeps_it_from_being_read(site: Site) -> None:
    assert "No ticket shop is connected" in site.as_role("manager").get("/settings/tickets").text
    file = site.folder / "perthyn.toml"
    own = file.read_text(encoding="utf-8").replace("training = true", "")
    file.write_text(own + '\n[tickets]\nurl = "https://pretix.example"\norganizer = "castle"\n', encoding="utf-8")
    facts = '{"order":"A1B2C","field":"price","why":"no number"}'
    crm = site.crm
    problem = Problem(id=crm.ids(), code="tickets.order.unreadable", facts=facts, at=crm.clock())
    crm.commit([Create(problem)], kind="channel")
    with opened(site.folder) as afresh:
        page = text(afresh.as_role("manager").get("/settings/tickets").text)
        assert "castle" in page and "does not come in" in page and "has not been given" in page
        assert "A1B2C" in page
        assert afresh.as_role("volunteer").get("/settings/tickets").status_code == 403


def test_letters_and_what_came_back_stand_with_a_person(site: Site) -> None:
    crm, who = site.crm, somebody(site)
    campaign = Campaign(id=crm.ids(), name_en="Canary letter", name_cy="Llythyr caneri", code="canary-1",
                        channel="email", purpose="marketing", made=crm.clock())  # fmt: skip
    message = Message(id=crm.ids(), contact=who.id, campaign=campaign.id, channel="email", state="sent",
                      sent=crm.clock(), address=who.emails[0].address)  # fmt: skip
    held = Screening(id=crm.ids(), contact=who.id, list="bounce", address="gone@example.org", checked=crm.clock(),
                     hit=True, recorded=crm.clock())  # fmt: skip
    crm.commit([Create(campaign), Create(message), Create(held)], kind="campaign")
    page = text(site.as_role("marketing").get(f"/contacts/{who.id}").text)
    assert "What we wrote to them by email" in page and "Canary letter sent" in page
    assert "Nothing arrives at gone@example.org" in page
    assert "Llythyr caneri" in site.as_role("marketing", "cy").get(f"/contacts/{who.id}").text
    assert "Canary letter" not in site.as_role("volunteer").get(f"/contacts/{who.id}").text


def test_the_mailbox_says_that_it_is_a_rehearsal_and_what_is_wrong(site: Site) -> None:
    assert "Email is not set up yet" in site.as_role("manager").get("/settings/email").text
    file = site.folder / "perthyn.toml"
    own = file.read_text(encoding="utf-8").replace("training = true", "")
    file.write_text(own + '\n[email]\nhost = "localhost"\nport = 1\nsecurity = "none"\nfrom = "plas@gmail.com"\n',
                    encoding="utf-8")  # fmt: skip
    with opened(site.folder) as afresh:
        client = afresh.as_role("manager")
        page = text(client.get("/settings/email").text)
        assert "This is a rehearsal" in page and "plas@gmail.com" in page and "Check now" in page
        page = text(client.post("/settings/email").text)
        assert "wrong" in page and "gmail.com" in page and "Check again" in page
        assert afresh.as_role("volunteer").get("/settings/email").status_code == 403
        assert afresh.as_role("volunteer").post("/settings/email").status_code == 403
