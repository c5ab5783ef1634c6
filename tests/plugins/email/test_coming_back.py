"""A whole way round on real servers: out through Postfix, back into Dovecot, and the next letter is held."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

import pytest
from campaigning import LETTERS
from mail_servers import PASSWORD, USER, WAIT, Dovecot, Postfix, dovecot, dovecot_is_here, postfix, postfix_is_here

import perthyn_email
from perthyn.changes import Create
from perthyn.contacting.ledger import lines_of
from perthyn.crm import Actor, Crm
from perthyn.house import House
from perthyn.model import CORE_TYPES, Campaign, Consent, Contact, Email, Interaction, Message
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_sql import open_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (dovecot_is_here() and postfix_is_here()), reason="no mail servers: postfix and dovecot-imapd, as root"
    ),
]


@pytest.fixture
def servers() -> Iterator[tuple[Postfix, Dovecot]]:
    with dovecot() as reads, postfix(reads.mail, reads.user) as sends:
        yield sends, reads


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def crm(tmp_path: Path, servers: tuple[Postfix, Dovecot]) -> Iterator[Crm]:
    sends, reads = servers
    section = {
        "host": "127.0.0.1", "port": sends.port, "security": "none", "from": "news@castell.example", "live": True,
        "bounce_to": "castell@castell.example", "plus": True, "postal_address": "Y Castell, Tref",
        "mailbox_host": "127.0.0.1", "mailbox_port": reads.port, "mailbox_security": "none", "mailbox_user": USER,
    }  # fmt: skip
    settings = Settings(folder=tmp_path, organisation="Y Castell", sections={"email": section})
    plugins = Plugins()
    plugins.add(perthyn_email, "email")
    plugins.house = House(
        tmp_path, now, Random(2).randbytes, "Y Castell", sections=settings.sections, secrets=lambda *name: PASSWORD
    )
    store = open_store(f"sqlite:///{(tmp_path / 'perthyn.sqlite').as_posix()}", CORE_TYPES)
    yield Crm(store, plugins, settings, now, Random(1).randbytes, Actor("gwen", frozenset({"*"})), "en")
    store.close()


def reader(crm: Crm, name: str, address: str) -> Contact:
    person = Contact(id=crm.ids(), name=name, given=name.split()[0], emails=(Email(address=address),))
    said = {"channel": "email", "decision": "given", "wording": "Yes", "how": "form", "recorded": now()}
    crm.commit([Create(person), Create(Consent(id=crm.ids(), contact=person.id, at=now() - timedelta(days=1), **said))])
    return person


def sent(crm: Crm, name: str) -> dict[str, Any]:
    """A campaign goes out to all who have an address; what became of each person's line."""
    segments = {one.name_en: one for one in crm.segments()}
    segment = segments.get("all") or crm.add_segment("all", None, "has email")[0]
    campaign = crm.new_campaign(name, segment, **LETTERS)[0]
    crm.freeze(campaign)
    crm.send_on(crm.campaign(campaign.code), "one")
    people = {one.id: one.name for one in crm.store.scan(Contact)}
    return {str(people[line.contact]): line for line in lines_of(crm.store, campaign.id)}


def fetch(crm: Crm, until: Any) -> None:
    """Fetch until it has come."""
    end = time.monotonic() + WAIT
    while not until():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.2)
        for delivery in crm.channel("email").fetch(crm.reach("email", "main")):
            crm.take_in(delivery)


def happened(crm: Crm, person: Contact, kind: str) -> list[Interaction]:
    return [one for one in crm.store.owned(Interaction, [person.id]) if one.kind == kind]


def test_a_letter_to_nobody_comes_back_and_the_next_one_is_held(crm: Crm, servers: tuple[Postfix, Dovecot]) -> None:
    gone, here = (
        reader(crm, "Gone Away", "nobody@cartref.example"),
        reader(crm, "Mair Evans", "castell@castell.example"),
    )
    first = sent(crm, "First")
    assert {name: line.state for name, line in first.items()} == {"Gone Away": "sent", "Mair Evans": "sent"}
    fetch(crm, lambda: happened(crm, gone, "bounce"))
    (bounce,) = happened(crm, gone, "bounce")
    assert bounce.campaign == "first" and "5.1.1" in (bounce.subject or "")
    second = sent(crm, "Second")
    assert (second["Gone Away"].state, second["Gone Away"].rule) == ("held", "contact.bounced")
    assert second["Mair Evans"].state == "sent"
    report = crm.campaign_report(crm.campaign("first"))
    assert report.bounced(report.whole) == 1

    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "castell@castell.example", "castell@castell.example", "Re: News"
    answer["In-Reply-To"] = _message_id(servers[1])
    answer.set_content("STOP\n")
    with smtplib.SMTP("127.0.0.1", servers[0].port) as line:
        line.send_message(answer)
    fetch(crm, lambda: happened(crm, here, "unsubscribe"))
    assert happened(crm, here, "unsubscribe")[0].campaign == "second"
    with pytest.raises(Exception, match=r"campaign\.nobody"):
        sent(crm, "Third")
    assert crm.store.count_of(Campaign) == 3 and crm.store.count_of(Message) == 4


def _message_id(reads: Dovecot) -> str:
    """The Message-ID of the letter as it arrived, which nobody but its reader sees."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        with reads.box() as box:
            ids = [one.obj["Message-ID"] for one in box.fetch(mark_seen=False) if one.obj["List-Unsubscribe"]]
        if len(ids) == 2:
            return str(ids[-1])
        time.sleep(0.2)
    raise TimeoutError
