"""Itself: what a channel says it is, and that it asks nobody before it is asked."""

from __future__ import annotations

import inspect
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from perthyn.channel import Pace, Refused, Request, Sender
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.model import Contact
from perthyn.model.permission import ContactChannel
from perthyn.model.record import declared
from perthyn.plugins import Plugins
from perthyn.testing.channel_suite.base import ChannelCases, Sample, at_the_door, letter, reach, told
from perthyn.text import LANGUAGES, Translator

_ALONE = """
import sys
def refuse(event, args):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request", "subprocess")):
        raise SystemExit(f"importing it asks: {event} {args}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        raise SystemExit(f"importing it writes: {args}")
sys.dont_write_bytecode = True
sys.addaudithook(refuse)
import importlib.util
if "." in sys.argv[1]:
    importlib.import_module(sys.argv[1])
    raise SystemExit
spec = importlib.util.spec_from_file_location(sys.argv[1], sys.argv[2])
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
spec.loader.exec_module(module)
"""


class ItselfCases(ChannelCases):
    """A channel, before anything happens."""

    def test_its_name_is_one_word_in_lower_case(self, sample: Sample) -> None:
        """Its settings, its jobs and its address at the door go by it."""
        name = sample.channel.name
        assert name.isidentifier() and name == name.lower()

    def test_its_title_is_in_both_languages(self, sample: Sample) -> None:
        """English, then Welsh."""
        english, welsh = sample.channel.title
        assert english.strip() and welsh.strip()

    def test_its_accounts_are_those_of_its_settings(self, sample: Sample) -> None:
        """The sample's account among them."""
        accounts = sample.channel.accounts(sample.house)
        assert sample.account in accounts and len(set(accounts)) == len(accounts)
        assert all(isinstance(one, str) and one and "\n" not in one for one in accounts)

    def test_without_settings_it_has_no_accounts(self, sample: Sample) -> None:
        """Whoever installs a plugin has not yet asked it to do anything."""
        assert list(sample.channel.accounts(replace(sample.house, sections={}))) == []

    def test_it_delivers_by_ways_that_the_door_knows(self, sample: Sample) -> None:
        """The one door decides for these."""
        assert set(sample.channel.ways) <= set(get_args(ContactChannel))

    def test_it_fetches_once_a_minute_at_most(self, sample: Sample) -> None:
        """Whoever is asked more often shuts the door."""
        every = sample.channel.every
        assert every is None or every >= timedelta(minutes=1)

    def test_its_pace_lets_something_go(self, sample: Sample, desk: Crm) -> None:
        """A limit of nothing would hold a campaign for good."""
        pace = sample.channel.pace(reach(sample, desk))
        assert isinstance(pace, Pace)
        assert all(limit is None or limit > 0 for limit in (pace.a_day, pace.a_minute))

    def test_it_says_who_its_letters_are_from(self, sample: Sample, desk: Crm) -> None:
        """A `Sender`, whatever its settings lack."""
        assert isinstance(sample.channel.sender(reach(sample, desk)), Sender)

    def test_it_is_offered_by_its_plugin(self, sample: Sample) -> None:
        """The plugin loads, is well, and offers a channel of that name."""
        if sample.plugin is None:
            pytest.skip("the sample names no plugin")
        plugins = Plugins(house=sample.house)
        plugins.add(sample.plugin, "mine")
        names = [one.name for one in plugins.offer("offer_channels")]
        assert [one.broken for one in plugins.loaded] == [""] and sample.channel.name in names

    def test_importing_it_asks_nobody_and_writes_nothing(self, sample: Sample) -> None:
        """Its module is loaded by every command that needs plugins."""
        module = inspect.getmodule(type(sample.channel))
        assert module is not None and module.__file__
        command = [sys.executable, "-c", _ALONE, module.__name__, module.__file__]
        ran = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
        assert ran.returncode == 0, ran.stderr

    def test_it_keeps_nothing_of_what_it_reads(self, sample: Sample, desk: Crm) -> None:
        """What it has read is the store's; two processes read, and one may be killed."""
        before = _held(sample.channel)
        if not told(sample, desk):
            pytest.skip("it takes nothing in")
        assert _held(sample.channel) == before

    def test_a_secret_that_is_missing_is_named(self, sample: Sample, desk: Crm) -> None:
        """It does without, or raises `PerthynError`; not whatever its library says."""
        bare = replace(reach(sample, desk), house=replace(sample.house, secrets=lambda section, name: ""))
        channel = sample.channel
        for one in sample.requests[:1]:
            with _only_told():
                channel.accept(at_the_door(one), bare)
        if sample.fetches:
            with _only_told():
                list(channel.fetch(bare))
        for address in sample.addresses[:1]:
            with _only_told(), closing(channel.outlet(bare)) as outlet:
                outlet.send(letter(address))

    def test_one_that_takes_no_requests_refuses_all(self, sample: Sample, desk: Crm) -> None:
        """The door asks every channel that is there."""
        if sample.requests:
            pytest.skip("it takes requests")
        with pytest.raises(Refused):
            sample.channel.accept(Request("POST", "/", "", {}, b"{}", sample.house.clock()), reach(sample, desk))

    def test_the_words_of_its_errors_are_in_both_languages(self, sample: Sample, desk: Crm) -> None:
        """Whatever goes wrong in the sample is said to people in their language, with what to do next."""
        folders = desk.plugins.offer("offer_locale")
        for error in errors_of(sample, desk):
            for language in LANGUAGES:
                wrong, next_step = Translator(language, folders).error(error)
                assert next_step, f"{error.code} has no words in {language}: {wrong}"

    def test_personal_data_stands_in_fields_that_say_so(self, sample: Sample, desk: Crm) -> None:
        """What belongs to a person is declared, so that access and erasure reach it."""
        for delivery in told(sample, desk):
            for fact in delivery.facts:
                about = declared(fact.type)
                personal = any(one.personal != "none" for name, one in about.items() if name != fact.type.owner)
                assert fact.type.owner or not personal or fact.type is Contact, (
                    f"{fact.type.type_name} belongs to nobody"
                )
                for name, value in fact.values.items():
                    open_to_all = (
                        about[name].personal == "none" and about[name].kind != "json" if name in about else False
                    )
                    leaks = [who for who in sample.people if "@" in who and who.casefold() in str(value).casefold()]
                    assert not (open_to_all and leaks), f"{fact.type.type_name}.{name} holds an address"


class _only_told:
    """Lets `PerthynError` pass, and nothing else."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, PerthynError)


def _held(channel: object) -> dict[str, str]:
    """What a channel holds of plain values."""
    plain: Any = (str, bytes, int, list, tuple, dict, set, frozenset)
    return {name: repr(value) for name, value in vars(channel).items() if isinstance(value, plain)}


def errors_of(sample: Sample, desk: Crm) -> list[PerthynError]:
    """What the sample's bad requests and faults make the channel say."""
    found: list[PerthynError] = []
    here, channel = reach(sample, desk), sample.channel
    for request in (*sample.forged, *sample.poison):
        try:
            channel.accept(at_the_door(request), here)
            for delivery in channel.read(at_the_door(request), here):
                found += [PerthynError(one.code, **one.facts) for one in delivery.unread]
        except PerthynError as error:
            found.append(error)
        except Exception:  # it is parked by the core, in the core's words
            continue
    for name, fault in sample.faults.items():
        with fault():
            try:
                if name in ("refuses", "later", "unsure"):
                    with closing(channel.outlet(here)) as outlet:
                        outlet.send(letter(sample.addresses[0], 77))
                else:
                    list(channel.fetch(here))
            except PerthynError as error:
                found.append(error)
    return found
