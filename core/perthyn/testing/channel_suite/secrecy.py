"""Secrets, and what is private: in no log, no record, no error; only where they belong."""

from __future__ import annotations

import logging

import pytest

from perthyn.channel import Request
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.testing.channel_suite.base import (
    ChannelCases,
    Sample,
    at_the_door,
    everything,
    letter,
    reach,
    take,
    told,
)
from perthyn.testing.channel_suite.door import came, work
from perthyn.testing.channel_suite.itself import errors_of


class SecrecyCases(ChannelCases):
    """What nobody must see."""

    def test_no_secret_is_logged(
        self, sample: Sample, desk: Crm, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """At any level, whatever happens: true requests, forged ones, faults, letters."""
        said = _all_of_it(sample, desk, caplog, capfd)
        assert not [secret for secret in self._secrets(sample) if secret in said]

    def test_no_address_is_logged(
        self, sample: Sample, desk: Crm, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Logs are read by others than records, and outlive an erasure."""
        said = _all_of_it(sample, desk, caplog, capfd).casefold()
        private = [who for who in (*sample.people, *sample.addresses) if "@" in who]
        assert not [one for one in private if one.casefold() in said]

    def test_no_secret_is_stored(self, sample: Sample, desk: Crm) -> None:
        """Neither in records nor in what is kept of requests."""
        for request in (*sample.requests, *sample.forged, *sample.poison):
            came(desk, sample, request)
        work(desk)
        take(desk, told(sample, desk))
        for error in errors_of(sample, desk):
            assert not [one for one in self._secrets(sample) if one in str(error)]
        held = b"\n".join(everything(desk.store)).decode()
        assert not [secret for secret in self._secrets(sample) if secret in held]

    def test_no_secret_is_in_an_error(self, sample: Sample, desk: Crm) -> None:
        """Errors are shown, logged and stored."""
        for error in errors_of(sample, desk):
            chain: BaseException | None = error
            while isinstance(chain, PerthynError):
                assert not [secret for secret in self._secrets(sample) if secret in repr(chain)]
                chain = chain.__cause__

    def test_no_secret_is_in_a_delivery(self, sample: Sample, desk: Crm) -> None:
        """Or in its cursor, which is kept in the store."""
        assert not [secret for secret in self._secrets(sample) if secret in repr(told(sample, desk))]

    def test_the_channel_does_not_hold_its_secrets(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """They are asked of the house each time, and can be changed while it runs."""
        sample.channel.accept(requests[0], reach(sample, desk))
        assert not [secret for secret in self._secrets(sample) if secret in repr(vars(sample.channel))]

    def _secrets(self, sample: Sample) -> list[str]:
        if not sample.secrets:
            pytest.skip("it has no secrets")
        return list(sample.secrets)


def _all_of_it(sample: Sample, desk: Crm, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> str:
    """What is logged and printed while all of the sample happens."""
    caplog.set_level(logging.DEBUG)
    for request in (*sample.requests, *sample.forged, *sample.poison, *sample.refusals):
        came(desk, sample, at_the_door(request))
    work(desk)
    take(desk, told(sample, desk))
    errors_of(sample, desk)
    if sample.addresses:
        outlet = sample.channel.outlet(reach(sample, desk))
        outlet.send(letter(sample.addresses[0]))
        outlet.close()
    printed = capfd.readouterr()
    ours = [one for one in caplog.records if not one.name.startswith(tuple(sample.their_loggers))]
    return "\n".join([*map(caplog.handler.format, ours), printed.out, printed.err])
