"""What was worked out and is put right after a write: the sizes of 20 segments in twelve months, a list by name.

The baseline is the same question where nothing is held, as the first who asks it of a process waits for it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from at_the_desk import RULES
from common import Figure, options
from import_rows import crm_at
from people import AS_OF, data_address

from perthyn.changes import Create
from perthyn.crm import Crm
from perthyn.crm.trends import months_on
from perthyn.model import Contact, Interaction, Role
from perthyn.rules import parse

SINCE = months_on(AS_OF, -11)


def run(args: argparse.Namespace) -> list[Figure]:
    """Milliseconds of CPU after a visitor was added who came on the last day, beside what it takes from nothing."""
    with data_address(args) as address, tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "perthyn.sqlite"
        shutil.copy(address.removeprefix("sqlite:///"), copy)
        crm = crm_at(f"sqlite:///{copy.as_posix()}")
        segments = [crm.add_segment(f"After {number}", None, rule)[0] for number, rule in enumerate(RULES)]
        volunteers = parse("role is volunteer", crm.schema(), "en")
        sizes = _figure("20 segments in twelve months", 200, crm, args.rounds,
                         lambda: crm.trend("segments", SINCE, AS_OF, segments=segments))  # fmt: skip
        names = _figure("volunteers by name", 50, crm, args.rounds, lambda: crm.listed(volunteers, "name"))
        crm.store.close()
    return [sizes, names]


def _figure(name: str, reach: float, crm: Crm, rounds: int, ask: Callable[[], object]) -> Figure:
    first, after = _in_ms(ask), []
    for _ in range(rounds):
        _a_visitor(crm)
        after.append(_in_ms(ask))
    median = statistics.median(after)
    aside = f"from nothing {first:.0f}: {first / median:.0f} times"
    return Figure(f"{name}, after a write", median, "ms of CPU", aside, reach)


def _a_visitor(crm: Crm) -> None:
    she = Contact(id=crm.ids(), name="Nia Rees", given="Nia", family="Rees", roles=(Role(role="volunteer"),))
    crm.commit([Create(she), Create(Interaction(id=crm.ids(), contact=she.id, kind="visit", day=AS_OF))])


def _in_ms(ask: Callable[[], object]) -> float:
    began = time.process_time()
    ask()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))
