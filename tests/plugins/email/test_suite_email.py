"""E-mail is held to the contract of channels; what is fetched is held to it by the tests of the mailbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from smtp_stage import DROP, NOW, Scripted

import perthyn_email
from perthyn.house import House
from perthyn.testing.channel_suite import Arrived, ChannelSuite, Sample
from perthyn_email.channel import Email

PASSWORD = "s3cret-of-the-mailbox"


def as_arrived(recipient: str, body: bytes) -> Arrived:
    found = message_from_bytes(body.replace(b"\r\n..", b"\r\n."), policy=default)
    assert isinstance(found, EmailMessage)
    text = found.get_body(("plain",))
    assert text is not None
    return Arrived(recipient, str(found["Subject"]), text.get_content(), body)


class TestEmail(ChannelSuite):
    @pytest.fixture
    def server(self) -> Iterator[Scripted]:
        with Scripted(EHLO="250-stage\r\n250 AUTH PLAIN", AUTH="235 in") as server:
            yield server

    @pytest.fixture
    def sample(self, tmp_path: Path, server: Scripted) -> Sample:
        section = {
            "host": "127.0.0.1", "port": server.port, "security": "none", "from": "post@plas.test", "user": "post",
            "live": True, "postal_address": "Llan", "public_url": "https://plas.test", "timeout": 10,
        }  # fmt: skip
        house = House(
            tmp_path, lambda: NOW, os.urandom, "Plas", sections={"email": section},
            secrets=lambda section, name: PASSWORD,
        )  # fmt: skip

        @contextmanager
        def answering(step: str, said: str) -> Iterator[None]:
            server.script[step] = [said] * 100
            yield
            del server.script[step]

        return Sample(
            Email(), house, plugin=perthyn_email, secrets=[PASSWORD],
            addresses=["sian@llyr.test", "gwen@llyr.test"], bad_address="sian llyr",
            arrived=lambda: list(map(as_arrived, server.recipients, server.bodies)),
            faults={
                "refuses": lambda: answering("RCPT", "550 5.1.1 nobody"),
                "later": lambda: answering("RCPT", "451 4.7.1 greylisted"),
                "unsure": lambda: answering("END", DROP),
            },
        )  # fmt: skip
