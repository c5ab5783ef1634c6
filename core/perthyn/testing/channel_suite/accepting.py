"""Accepting: at the door, while the sender waits. Only what can be proved true is taken, and nobody is asked."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from perthyn.channel import Event, Refused, Request
from perthyn.crm import Crm
from perthyn.testing.channel_suite.base import ChannelCases, Sample, at_the_door, reach

SHAPES = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe\x00{",
    "no object": b"[1, 2",
    "a number": b"7",
    "null": b"null",
    "deep": b"[" * 100_000,
    "a bomb of keys": b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}",
    "NUL": b'{"id": "a\\u0000b"}',
    "a form": b"id=%00&name=%ff&x",
    "huge": b'{"name": "' + b"x" * 10_000_000 + b'"}',
}


class AcceptCases(ChannelCases):
    """Requests at the door."""

    def test_true_requests_are_accepted(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """With their headers' names in lower case, as the door hands them on."""
        for request in requests:
            assert isinstance(sample.channel.accept(request, reach(sample, desk)), Event)

    def test_an_event_keeps_its_name(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Sent again it is the same event, whenever it comes."""
        for request in requests:
            again = replace(request, at=request.at + timedelta(seconds=90))
            here = reach(sample, desk)
            assert sample.channel.accept(request, here).id == sample.channel.accept(again, here).id

    def test_events_have_names_of_their_own(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Two events of one name would be taken for one, and the second lost."""
        names = [sample.channel.accept(request, reach(sample, desk)).id for request in requests]
        named = [name for name in names if name]
        assert len(set(named)) == len(named)

    def test_the_names_of_events_are_short_text(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """At most 400 characters."""
        names = [sample.channel.accept(request, reach(sample, desk)).id for request in requests]
        assert all(isinstance(name, str) and len(name) <= 400 for name in names)

    def test_forged_requests_are_refused(self, sample: Sample, desk: Crm) -> None:
        """By `Refused`, and nothing of them is read."""
        if not sample.forged:
            pytest.skip("the sample has no forged request")
        for request in sample.forged:
            with pytest.raises(Refused):
                sample.channel.accept(at_the_door(request), reach(sample, desk))

    def test_one_changed_byte_is_found_out(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Anywhere in the body."""
        self._signed(sample)
        for request in requests:
            body = request.body
            for place in {0, len(body) // 2, len(body) - 1}:
                changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
                with pytest.raises(Refused):
                    sample.channel.accept(replace(request, body=changed), reach(sample, desk))

    def test_something_added_is_found_out(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Behind the body or before it."""
        self._signed(sample)
        for changed in (requests[0].body + b" ", b" " + requests[0].body):
            with pytest.raises(Refused):
                sample.channel.accept(replace(requests[0], body=changed), reach(sample, desk))

    def test_no_signature_is_no_proof(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Without its headers a request proves nothing."""
        self._signed(sample)
        for bare in (
            replace(requests[0], headers={}),
            replace(requests[0], headers=dict.fromkeys(requests[0].headers, "")),
        ):
            with pytest.raises(Refused):
                sample.channel.accept(bare, reach(sample, desk))

    def test_odd_signatures_are_refused(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Whatever stands in the headers: it is compared, not trusted to be well-formed."""
        self._signed(sample)
        for odd in ("é", "=", ",,,", "v1=", "t=x,v1=y", "0" * 64, "\x00", "a" * 10_000):
            with pytest.raises(Refused):
                sample.channel.accept(
                    replace(requests[0], headers=dict.fromkeys(requests[0].headers, odd)), reach(sample, desk)
                )

    def test_another_key_proves_nothing(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Who knows some other secret is somebody else."""
        self._signed(sample)
        other = replace(sample.house, secrets=lambda section, name: "b3RoZXIgc2VjcmV0LCBvdGhlciBzZWNyZXQ")
        with pytest.raises(Refused):
            sample.channel.accept(requests[0], replace(reach(sample, desk), house=other))

    def test_headers_nobody_asked_for_do_no_harm(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Proxies add some."""
        more = {"x-forwarded-for": "203.0.113.9", "x-request-id": "1", "cookie": "a=b", **requests[0].headers}
        assert sample.channel.accept(replace(requests[0], headers=more), reach(sample, desk))

    @pytest.mark.parametrize("shape", SHAPES)
    def test_bodies_of_any_shape(self, sample: Sample, desk: Crm, requests: list[Request], shape: str) -> None:
        """Taken as an event or refused: nothing else is raised while the sender waits."""
        try:
            sample.channel.accept(replace(requests[0], body=SHAPES[shape]), reach(sample, desk))
        except Refused:
            return
        assert not sample.signed, f"a body that nobody signed was accepted: {shape}"

    @pytest.mark.parametrize("minutes", [-4.8, 4.8])
    def test_clocks_five_minutes_off(self, sample: Sample, desk: Crm, requests: list[Request], minutes: float) -> None:
        """No two machines agree about the time."""
        off = replace(requests[-1], at=requests[-1].at + timedelta(minutes=minutes))
        assert sample.channel.accept(off, reach(sample, desk))

    def test_nobody_is_asked(
        self, sample: Sample, desk: Crm, requests: list[Request], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From the raw body alone: the sender waits."""
        no_network(monkeypatch)
        for request in (*requests, *map(at_the_door, sample.forged)):
            try:
                sample.channel.accept(request, reach(sample, desk))
            except Refused:
                continue

    def test_nothing_is_written_at_the_door(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """The core keeps the request; the channel only looks at it."""
        here = reach(sample, desk)
        before = desk.store.position()
        for request in requests:
            sample.channel.accept(request, here)
        assert desk.store.position() == before

    def _signed(self, sample: Sample) -> None:
        if not sample.signed:
            pytest.skip("its requests are not signed: they are only a reason to fetch")


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks the network from here on fails."""

    def refuse(*asked: Any, **more: Any) -> Any:
        raise AssertionError(f"it asks the network: {asked[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
