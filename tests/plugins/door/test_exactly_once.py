"""Every webhook delivered one to five times, shuffled, from several threads and processes: effects exactly once."""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from perthyn.model import Contact, Interaction
from perthyn_door.hand import Hand

from .conftest import gift, signed

House = Any  # the class stands in conftest.py


@dataclass
class Schedule:
    """What is sent, in its order, and what must be there in the end: line -> amount."""

    bodies: list[bytes]
    amounts: dict[str, int]
    events: int


def schedule(seed: int) -> Schedule:
    """A few people's gifts; some are told anew with another amount, which counts whenever it comes."""
    chance = random.Random(seed)
    bodies, amounts, events = [], {}, 0
    for number in range(chance.randint(4, 9)):
        person, ids = chance.randint(1, 3), [f"{seed}-{number}-{line}" for line in range(chance.randint(1, 3))]
        for version in range(1, chance.choice((1, 1, 1, 2, 3)) + 1):
            lines = [(id, chance.randint(1, 9999)) for id in ids]
            amounts |= dict(lines)
            body = gift(f"{seed}-{number}-v{version}", *lines, person=person, version=version)
            bodies += [body] * chance.randint(1, 5)
            events += 1
    chance.shuffle(bodies)
    return Schedule(bodies, amounts, events)


def deliver(bodies: Sequence[bytes], send: Callable[[bytes], int], threads: int = 3) -> Counter[int]:
    """Send all of it from several threads; what is to be sent again later is, as senders do."""

    def until_taken(body: bytes) -> int:
        status = send(body)
        for _ in range(50):
            if status != 503:
                break
            time.sleep(0.05)
            status = send(body)
        return status

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(until_taken, bodies))


def check(house: House, schedules: Sequence[Schedule]) -> None:
    """Exactly what was told stands there, once."""
    there = [(one.source_id, one.amount) for one in house.crm.store.scan(Interaction)]
    wanted = {id: amount for one in schedules for id, amount in one.amounts.items()}
    assert sorted(there) == sorted(wanted.items())
    assert house.crm.store.count_of(Contact) == 3
    assert sum(amount for _, amount in there) == sum(wanted.values())
    assert {one.state for one in house.crm.inbox()} == {"done"}
    assert len(house.crm.inbox()) == sum(one.events for one in schedules)
    assert house.crm.open_problems() == []


def finish(house: House, ahead: timedelta = timedelta()) -> None:
    """Whoever comes last does what is left."""
    crm = replace(house.crm, clock=lambda: house.session.now() + ahead)
    failed = [one for one in crm.do_due("last") if one.outcome not in ("done", "later")]
    assert not failed
    for _ in range(100):
        if all(one.state != "waiting" for one in crm.inbox()):
            return
        time.sleep(0.1)
        list(crm.do_due("last"))


def in_threads(house: House, seeds: Sequence[int]) -> None:
    """Three who deliver and two who read, in one process, on one file."""
    for seed in (900_001, 900_002, 900_003):  # the three people, so that nobody is made twice at one instant
        assert house.ring(gift(str(seed), (str(seed), 1), person=seed - 900_000)) == 200
    people = [Schedule([], {str(seed): 1}, 1) for seed in (900_001, 900_002, 900_003)]
    finish(house)
    troubles: list[Exception] = []
    hands = [Hand(house.session.another, f"hand-{n}", lambda done: None, troubles.append, poll=0.01) for n in range(2)]
    for hand in hands:
        hand.start()
    schedules = [schedule(seed) for seed in seeds]
    for one in schedules:
        sent = deliver(one.bodies, house.ring)
        assert sent == {200: len(one.bodies)}
    for hand in hands:
        hand.end()
        hand.join(60)
    assert troubles == []
    finish(house, timedelta(minutes=20))
    check(house, [*people, *schedules])


def test_some_schedules_in_threads(house: House) -> None:
    in_threads(house, range(8))


@pytest.mark.whole
@pytest.mark.parametrize("part", range(10))
def test_many_schedules_in_threads(house: House, part: int) -> None:
    in_threads(house, range(100 + part * 48, 100 + part * 48 + 48))


# -- real processes, real HTTP ---------------------------------------------------------------------------------


@contextmanager
def started(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`perthyn start` at the folder: the process, and the port it listens at."""
    run = "from perthyn.cli.main import main; main()"
    command = [sys.executable, "-c", run, "--at", str(folder), "start", "--port", "0"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PERTHYN_")}
    environ["PYTHONUNBUFFERED"] = "1"
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=environ
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r":(\d+);", line)
            assert found, line + process.stdout.read()
            process.said = []  # type: ignore[attr-defined]
            with ThreadPoolExecutor(1) as reader:
                reading = reader.submit(lambda: process.said.extend(process.stdout))  # type: ignore[attr-defined]
                yield process, int(found[1])
                if process.poll() is None:
                    process.terminate()
                process.wait(60)
                reading.result(60)
        finally:
            process.kill()


def over_http(*ports: int) -> Callable[[bytes], int]:
    chance = random.Random(7)

    def send(body: bytes) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", chance.choice(ports), timeout=60)
        try:
            connection.request("POST", "/in/bell/main", body, signed(body))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 503  # it was killed: the sender tries again elsewhere
        finally:
            connection.close()

    return send


def over_real_http(house: House, seeds: Sequence[int], *, kill: bool) -> None:
    for seed in (900_001, 900_002, 900_003):
        house.ring(gift(str(seed), (str(seed), 1), person=seed - 900_000))
    people = [Schedule([], {str(seed): 1}, 1) for seed in (900_001, 900_002, 900_003)]
    finish(house)
    schedules = [schedule(seed) for seed in seeds]
    with started(house.folder) as (first, port), started(house.folder) as (second, other):
        for number, one in enumerate(schedules):
            if kill and number == len(schedules) // 2:
                second.send_signal(signal.SIGKILL)
            assert deliver(one.bodies, over_http(port, other)) == {200: len(one.bodies)}
    assert first.returncode == 0
    said = "".join(first.said)  # type: ignore[attr-defined]
    assert "Traceback" not in said and "pa55" not in said and "x.cymru" not in said
    finish(house, timedelta(minutes=20))
    check(house, [*people, *schedules])


def test_two_processes_over_real_http(house: House) -> None:
    over_real_http(house, range(1000, 1003), kill=False)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nobody is killed so here")
def test_two_processes_over_real_http_and_one_is_killed(house: House) -> None:
    over_real_http(house, range(1010, 1030), kill=True)
