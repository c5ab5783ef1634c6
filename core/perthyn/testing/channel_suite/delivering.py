"""Delivering: one letter after the other; taken, refused, not now, or nobody knows. Nothing else is raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from perthyn.channel import Answer, NotNow, Outlet, Refused, Unsure
from perthyn.crm import Crm
from perthyn.testing.channel_suite.base import Arrived, ChannelCases, Sample, letter, reach
from perthyn.testing.channel_suite.fetching import fault


class DeliverCases(ChannelCases):
    """Letters, on their way out."""

    @pytest.fixture
    def outlet(self, sample: Sample, desk: Crm) -> Iterator[Outlet]:
        """An open one."""
        if not sample.channel.ways:
            pytest.skip("it delivers nothing")
        opened = sample.channel.outlet(reach(sample, desk))
        yield opened
        opened.close()

    def test_a_letter_arrives_once(self, sample: Sample, outlet: Outlet) -> None:
        """At its address, and nowhere else."""
        outlet.send(letter(sample.addresses[0]))
        assert [one.address for one in arrived(sample)] == [sample.addresses[0]]

    def test_what_took_it_says_so(self, sample: Sample, outlet: Outlet) -> None:
        """An `Answer`, with what can be shown and found again."""
        answer = outlet.send(letter(sample.addresses[0]))
        assert isinstance(answer, Answer) and answer.reply and isinstance(answer.reference, str)

    def test_the_words_arrive_as_they_are(self, sample: Sample, outlet: Outlet) -> None:
        """Welsh letters, a dash, line by line."""
        sent = letter(sample.addresses[0])
        outlet.send(sent)
        (one,) = arrived(sample)
        assert one.subject == sent.subject
        for line in filter(None, sent.text.splitlines()):
            assert line in one.text

    def test_letters_are_not_mixed_up(self, sample: Sample, outlet: Outlet) -> None:
        """Many by one connection, each with its own words."""
        sent = [letter(sample.addresses[n % len(sample.addresses)], n) for n in range(1, 8)]
        for one in sent:
            outlet.send(one)
        assert [(one.address, one.subject) for one in arrived(sample)] == [(one.address, one.subject) for one in sent]
        assert all(f"number {n}." in one.text for n, one in enumerate(arrived(sample), 1))

    def test_how_to_say_no_arrives_with_it(self, sample: Sample, outlet: Outlet) -> None:
        """In the words or in a header, where it must be offered."""
        sent = letter(sample.addresses[0], must_offer=True)
        outlet.send(sent)
        (one,) = arrived(sample)
        whole = one.raw + one.text.encode()
        assert sent.refuse_url.encode() in whole or sent.token.encode() in whole

    def test_names_and_subjects_put_nothing_in(self, sample: Sample, outlet: Outlet) -> None:
        """A line end in a name or a subject starts no header of its own."""
        bad = "Siân\r\nBcc: eve@example.test\r\n\r\nHello"
        try:
            outlet.send(letter(sample.addresses[0], name=bad, subject=f"News {bad}"))
        except Refused:
            return
        (one,) = arrived(sample)
        assert one.address == sample.addresses[0] and b"\nbcc:" not in one.raw.lower()

    def test_signs_that_mean_something_arrive_as_signs(self, sample: Sample, outlet: Outlet) -> None:
        """Nothing is rendered twice."""
        outlet.send(letter(sample.addresses[0], subject="{{ 7*7 }} <b> %s", text="{{ 7*7 }} <script> %(x)s\n.\nend\n"))
        (one,) = arrived(sample)
        assert one.subject == "{{ 7*7 }} <b> %s"
        assert "{{ 7*7 }} <script> %(x)s" in one.text and "end" in one.text

    def test_a_long_letter_arrives_whole(self, sample: Sample, outlet: Outlet) -> None:
        """Or is refused; it is not cut."""
        text = "".join(f"{n} llinell hir iawn am y dŵr\n" for n in range(20_000))
        try:
            outlet.send(letter(sample.addresses[0], text=text))
        except Refused:
            assert not arrived(sample)
            return
        (one,) = arrived(sample)
        assert "19999 llinell" in one.text

    def test_a_bad_address_is_refused_and_the_next_goes(self, sample: Sample, outlet: Outlet) -> None:
        """One that can't be used closes nothing."""
        if not sample.bad_address:
            pytest.skip("the sample has no bad address")
        with pytest.raises(Refused):
            outlet.send(letter(sample.bad_address))
        outlet.send(letter(sample.addresses[0], 2))
        assert [one.address for one in arrived(sample)] == [sample.addresses[0]]

    def test_an_odd_address_raises_nothing_else(self, sample: Sample, outlet: Outlet) -> None:
        """`Refused`, `NotNow`, `Unsure`: a sender knows what to do with these."""
        for odd in ("", "nobody", "a b@c", "x@y\r\nRCPT TO:<z@y>", "é" * 300, "@", "a@" + "b" * 300):
            try:
                outlet.send(letter(odd))
            except (Refused, NotNow, Unsure):
                continue
        assert not [one for one in arrived(sample) if one.address.startswith("z@")]

    def test_refused_is_refused(self, sample: Sample, outlet: Outlet) -> None:
        """For good: nothing was taken."""
        with fault(sample, "refuses"), pytest.raises(Refused):
            outlet.send(letter(sample.addresses[0]))
        assert not arrived(sample)

    def test_not_now_is_later(self, sample: Sample, outlet: Outlet) -> None:
        """Nothing was taken, and afterwards it goes."""
        with fault(sample, "later"), pytest.raises(NotNow) as said:
            outlet.send(letter(sample.addresses[0]))
        after = said.value.facts.get("after")
        assert not arrived(sample) and (after is None or (isinstance(after, int | float) and after >= 0))

    def test_what_nobody_knows_is_unsure(self, sample: Sample, outlet: Outlet) -> None:
        """The line dropped when it had been handed over: neither sent nor not sent."""
        with fault(sample, "unsure"), pytest.raises(Unsure):
            outlet.send(letter(sample.addresses[0]))
        assert len(arrived(sample)) <= 1, "it was sent again by itself"

    def test_after_each_fault_a_new_outlet_works(self, sample: Sample, desk: Crm, outlet: Outlet) -> None:
        """A sender opens another."""
        for name in ("refuses", "later", "unsure"):
            if name in sample.faults:
                with sample.faults[name](), pytest.raises((Refused, NotNow, Unsure)):
                    outlet.send(letter(sample.addresses[0]))
        before = len(arrived(sample))
        again = sample.channel.outlet(reach(sample, desk))
        again.send(letter(sample.addresses[0], 9))
        again.close()
        assert len(arrived(sample)) == before + 1

    def test_closing_twice_does_no_harm(self, sample: Sample, outlet: Outlet) -> None:
        """After a fault too."""
        outlet.close()
        outlet.close()

    def test_delivering_writes_nothing(self, sample: Sample, desk: Crm, outlet: Outlet) -> None:
        """The ledger is the core's."""
        before = desk.store.position()
        outlet.send(letter(sample.addresses[0]))
        assert desk.store.position() == before

    def test_whom_to_write_to_is_not_its_affair(self, sample: Sample, outlet: Outlet) -> None:
        """It sends what it is handed, to exactly that address: the core has asked the door."""
        for number, address in enumerate(sample.addresses, 1):
            outlet.send(letter(address, number, must_offer=False, purpose="service"))
        assert [one.address for one in arrived(sample)] == list(sample.addresses)


def arrived(sample: Sample) -> Sequence[Arrived]:
    """What the other side has."""
    assert sample.arrived is not None, "a channel that delivers needs `arrived` in its sample"
    return sample.arrived()
