"""A campaign sent whole: each line of the ledger decided, claimed and settled on SQLite, its letter rendered and handed
over by SMTP; against a bare smtplib loop with the same bodies, alone and with one durable transaction a letter.

By the clock, since a transaction waits for the disk. What is rendered and handed over alone is measured in `letters`.
"""

from __future__ import annotations

import argparse
import os
import smtplib
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common import Figure, options, turn_about
from letters import BODY, sink

import perthyn_email
from perthyn.changes import Create
from perthyn.channel import Letter
from perthyn.contacting.ledger import lines_of
from perthyn.contacting.letters import Written
from perthyn.contacting.tokens import token
from perthyn.crm import Actor, Crm
from perthyn.house import House
from perthyn.model import CORE_TYPES, Campaign, Consent, Contact, Email, Message
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_email.message import mail
from perthyn_email.settings import settings_of
from perthyn_sql import open_store

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def office(folder: Path, port: int) -> Crm:
    """A desk whose e-mail goes to the sink."""
    section = {"host": "127.0.0.1", "port": port, "security": "none", "from": "post@plas.example", "live": True,
               "postal_address": "Plas, Llan", "public_url": "https://plas.example", "plus": True}  # fmt: skip
    started = time.monotonic()

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - started)

    plugins = Plugins(house=House(folder, clock, os.urandom, "Plas", sections={"email": section}))
    plugins.add(perthyn_email, "email")
    settings = Settings(folder=folder, organisation="Plas", sections={"email": section})
    store = open_store(f"sqlite:///{(folder / 'perthyn.sqlite').as_posix()}", CORE_TYPES)
    return Crm(store, plugins, settings, clock, os.urandom, Actor("bench"))


def opened(crm: Crm, people: int) -> Campaign:
    """A campaign to so many people who said yes, open for sending."""
    changes: list[Any] = []
    for number in range(people):
        one = Contact(
            id=crm.ids(), given=f"Siân {number}", family="Llŷr", emails=(Email(address=f"p{number}@a.example"),)
        )
        said = {"id": crm.ids(), "contact": one.id, "channel": "email", "decision": "given", "at": NOW, "recorded": NOW}
        changes += [Create(one), Create(Consent.model_validate(said))]
    crm.commit(changes)
    segment = crm.add_segment("Readers", None, "has email")[0]
    words = {"subject_en": "Spring", "subject_cy": "Y gwanwyn yn y tŷ", "letter_en": BODY, "letter_cy": BODY}
    crm.freeze(crm.new_campaign("Spring", segment, **words)[0])
    return crm.campaign("spring")


def bodies_of(crm: Crm, campaign: Campaign, count: int) -> list[Any]:
    """The same letters as they go over the wire."""
    settings, letters = settings_of(crm.house), crm.letters(campaign)
    made = []
    for line in list(lines_of(crm.store, campaign.id))[:count]:
        contact = crm.store.get(Contact, [line.contact])[line.contact]
        _, said = crm.letter_for(campaign, contact, letters)
        name = token(crm.token_key(), line.id)
        made.append(mail(_letter(line, name, contact, said), settings, NOW))
    return made


def _letter(line: Message, name: str, contact: Contact, said: Written) -> Letter:
    return Letter(
        line.id, name, contact.emails[0].address, contact.shown_name, said.subject, said.text, said.html, "both",
        campaign="spring", refuse_url=f"https://plas.example/p/{name}",
    )  # fmt: skip


def run(args: argparse.Namespace) -> list[Figure]:
    """The ratios of the medians."""
    with sink() as port, tempfile.TemporaryDirectory() as at:
        crm = office(Path(at), port)
        campaign = opened(crm, args.letters * (args.rounds + 3))
        bodies = bodies_of(crm, campaign, args.letters)
        bare = smtplib.SMTP("127.0.0.1", port)
        noted = sqlite3.connect(Path(at) / "bare.sqlite", isolation_level=None)
        noted.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE sent (id TEXT)")

        def ours() -> None:
            done = crm.send_on(campaign, "bench", limit=args.letters)
            assert done.sent == args.letters, done

        def alone() -> None:
            for one in bodies:
                bare.sendmail(one.sender, [one.recipient], one.content)

        def with_a_note() -> None:
            for one in bodies:
                noted.execute("INSERT INTO sent VALUES (?)", (one.recipient,))
                bare.sendmail(one.sender, [one.recipient], one.content)

        spent = turn_about([ours, alone, with_a_note], args.rounds, least=0, clock=time.perf_counter)
        bare.quit()
        noted.close()
        crm.store.close()
    name = f"a campaign sent ({args.letters / spent[0]:,.0f} letters a second)"
    return [
        Figure(name, spent[1] / spent[0], "x", "smtplib.sendmail", 0.5, True),
        Figure(name, spent[2] / spent[0], "x", "smtplib.sendmail and a durable note each", 0.5, True),
    ]


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = options(__doc__)
    made.add_argument("--letters", type=int, default=200)
    return made


if __name__ == "__main__":
    from run import show

    show(run, parser())
