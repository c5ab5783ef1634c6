"""E-mail is held to the contract of channels, as far as letters go out; a mailbox is read in `test_mailbox.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from smtp_stage import Sink, aiosmtpd, house

import perthyn_email
from perthyn.testing.channel_suite import Arrived, ChannelSuite, Sample
from perthyn_email.channel import Email

ADDRESSES = ("sian@llyr.example", "huw@puw.example")
SAID = {"refuses": "550 5.1.1 no such user", "later": "451 4.3.0 try again later"}


@pytest.mark.slow  # the same is held over a scripted server, in `test_suite_email.py`
class TestEmail(ChannelSuite):
    @pytest.fixture
    def sample(self, tmp_path: Path) -> Iterator[Sample]:
        sink = Sink({"RCPT nobody": SAID["refuses"]})
        with aiosmtpd(sink) as port:
            yield Sample(
                Email(),
                house(tmp_path, port=port, timeout=10),
                plugin=perthyn_email,
                addresses=ADDRESSES,
                arrived=lambda: arrived(sink),
                bad_address="nobody@llyr.example",
                their_loggers=["mail.log", "asyncio"],
                faults={name: lambda name=name: answering(sink, SAID[name]) for name in SAID},  # type: ignore[misc]
            )


@contextmanager
def answering(sink: Sink, answer: str) -> Iterator[None]:
    """Each address is answered so."""
    usual = sink.refuses
    sink.refuses = {f"RCPT {address.partition('@')[0]}": answer for address in ADDRESSES}
    yield
    sink.refuses = usual


def arrived(sink: Sink) -> Sequence[Arrived]:
    """What the server took, read by the standard library."""
    found = []
    for envelope in sink.taken:
        raw = envelope.content
        message = message_from_bytes(raw, policy=default)
        text = message.get_body(("plain",))
        words = text.get_content() if text is not None else ""
        found.append(Arrived(envelope.rcpt_tos[0], str(message["Subject"]), words.replace("\r\n", "\n"), raw))
    return found
