"""Letters rendered and handed over to a mail server, against a bare smtplib loop with the same bodies, by the clock.

The server is aiosmtpd in a process of its own; both go over one connection, each letter to one person.
"""

from __future__ import annotations

import argparse
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from common import Figure, options, turn_about

from perthyn.channel import Letter
from perthyn.contacting.letters import Letters
from perthyn.contacting.tokens import token
from perthyn.house import House
from perthyn.model import Campaign, Contact, Email
from perthyn_email.channel import sender_of
from perthyn_email.message import mail
from perthyn_email.settings import settings_of
from perthyn_email.smtp import Smtp

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BODY = (
    """# Spring at the house

{{ salutation }},

We *open again* on the first of April, with an exhibition about slate: [book a ticket](https://plas.example/tickets).

- Monday to Friday, ten to four
- Saturday until six
- free for members{{ town or "" }}

Yours,
Siân
"""
    * 2
)
SINK = """
import sys, time
from aiosmtpd.controller import Controller
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 taken"
controller = Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
"""


@contextmanager
def sink() -> Iterator[int]:
    """The port of a mail server that takes everything, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", SINK, str(port)], **given) as process:  # type: ignore[call-overload]
        process.stdout.readline()
        try:
            yield port
        finally:
            process.stdin.close()


def campaign() -> Campaign:
    """A newsletter in both languages."""
    return Campaign(
        id=UUID(int=1), code="spring", made=NOW, subject_en="Spring", subject_cy="Y gwanwyn yn y tŷ", letter_en=BODY,
        letter_cy=BODY,
    )  # fmt: skip


def readers(count: int) -> list[Contact]:
    """People with names and addresses."""
    return [
        Contact(id=UUID(int=n + 10), given=f"Siân {n}", family="Llŷr", emails=(Email(address=f"p{n}@a.example"),))
        for n in range(count)
    ]


def run(args: argparse.Namespace) -> list[Figure]:
    """The ratio of the medians."""
    with sink() as port:
        section = {"host": "127.0.0.1", "port": port, "security": "none", "from": "post@plas.example", "live": True,
                   "postal_address": "Plas, Llan", "public_url": "https://plas.example", "plus": True}  # fmt: skip
        house = House(Path("."), lambda: NOW, bytes, "Plas", sections={"email": section})
        settings, sender, people = settings_of(house), sender_of(house), readers(args.letters)
        letters = Letters(campaign(), sender=sender, today=date(2026, 11, 22))

        def written(one: Contact) -> Letter:
            name = token(b"k" * 32, one.id)
            page = sender.page(name)
            said = letters.written(one, "both", token=name, refuse_url=page)
            return Letter(
                one.id, name, one.emails[0].address, one.shown_name, said.subject, said.text, said.html, "both",
                campaign="spring", refuse_url=page,
            )  # fmt: skip

        outlet = Smtp(settings, "", lambda: NOW, time.monotonic)
        bare = smtplib.SMTP("127.0.0.1", port)
        bodies = [mail(written(one), settings, NOW) for one in people]

        def ours() -> None:
            for one in people:
                outlet.send(written(one))

        def theirs() -> None:
            for one in bodies:
                bare.sendmail(one.sender, [one.recipient], one.content)

        spent = turn_about([ours, theirs], args.rounds, clock=time.perf_counter)
        outlet.close()
        bare.quit()
    ratio = spent[1] / spent[0]
    return [Figure(f"letters a second ({args.letters / spent[0]:,.0f})", ratio, "x", "smtplib.sendmail", 0.5, True)]


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = options(__doc__)
    made.add_argument("--letters", type=int, default=500)
    return made


if __name__ == "__main__":
    from run import show

    show(run, parser())
