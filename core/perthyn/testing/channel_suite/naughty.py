"""Naughty strings: whatever a person may be called, or call herself, is kept as it is, and does nothing."""

from __future__ import annotations

import pytest

from perthyn.channel import Request
from perthyn.crm import Crm
from perthyn.model import Contact, Problem
from perthyn.testing.channel_suite.base import ChannelCases, Sample, everything, read, take
from perthyn.testing.channel_suite.door import came, work

NAMES = {
    "Welsh": "Siân Llŷr-Ŵyn",
    "template": "{{7*7}} Jones",
    "percent": "%s %(x)s %n",
    "quotes": "Robert'); DROP TABLE contact;--",
    "markup": "<script>alert(1)</script>",
    "formula": '=HYPERLINK("https://x.test")',
    "line ends": "Siân\r\nBcc: eve@example.test",
    "right to left": "\u202eevil\u202c שלום",
    "combined": "Sia\u0302n",
    "emoji": "Siân 👩‍👩‍👧‍👦",
    "zero width": "Si\u200bân",
    "NUL": "Si\x00ân",
    "lone surrogate": "Si\ud800ân",
    "escape": "\x1b[31mred",
    "blank": " \t ",
    "one sign": "X",
    "very long": "Llan" * 15_000,
}


class NaughtyCases(ChannelCases):
    """Names."""

    def _named(self, sample: Sample, name: str) -> Request:
        if sample.naming is None:
            pytest.skip("the sample can't say a name")
        try:
            return sample.naming(NAMES[name])
        except UnicodeError:
            pytest.skip("its requests can't hold such signs")

    @pytest.mark.parametrize("name", NAMES)
    def test_a_name_stops_nothing_and_is_not_lost(self, sample: Sample, desk: Crm, name: str) -> None:
        """Stored, or kept with the reason."""
        assert came(desk, sample, self._named(sample, name)) == 200
        work(desk)
        (one,) = desk.inbox()
        assert one.state in ("done", "parked")
        kept = desk.store.count_of(Contact) + desk.store.count_of(Problem)
        assert kept or sum(desk.store.count_of(type) for type in desk.store.types.values() if type.source_named)

    @pytest.mark.parametrize("name", ["Welsh", "template", "percent", "quotes", "markup", "formula", "emoji"])
    def test_a_name_is_kept_as_it_is(self, sample: Sample, desk: Crm, name: str) -> None:
        """Nothing is rendered, escaped or left out."""
        take(desk, read(sample, desk, self._named(sample, name)))
        names = [one.name or f"{one.given} {one.family}" for one in desk.store.scan(Contact)]
        assert NAMES[name] in names, names

    def test_a_template_is_not_worked_out(self, sample: Sample, desk: Crm) -> None:
        """Seven times seven is not asked for."""
        take(desk, read(sample, desk, self._named(sample, "template")))
        assert not [one for one in everything(desk.store) if b"49 Jones" in one]
