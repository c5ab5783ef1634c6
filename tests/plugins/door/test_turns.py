"""Turns: brief requests go one after the other, and nobody is held up by one that takes long."""

from __future__ import annotations

import time
from threading import Event, Thread

from perthyn_door.desks import Turns

LONG = 60.0


def test_in_the_order_in_which_they_came() -> None:
    turns, order, threads = Turns(brief=LONG), [], []
    inside = 0

    def ask(number: int) -> None:
        nonlocal inside
        with turns():
            inside += 1
            assert inside == 1
            order.append(number)
            inside -= 1

    with turns():
        for number in range(8):
            threads.append(Thread(target=ask, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    for one in threads:
        one.join(LONG)
    assert order == list(range(8))


def test_whoever_takes_long_holds_up_nobody() -> None:
    turns, done, over = Turns(brief=0.01), Event(), Event()

    def ask() -> None:
        with turns():
            pass

    def take_long() -> None:
        with turns():
            done.wait(LONG)
        over.set()

    slow = [Thread(target=take_long) for _ in range(3)]
    brief = [Thread(target=ask) for _ in range(5)]
    for one in (*slow, *brief):
        one.start()
    for one in brief:
        one.join(LONG)
    assert not any(one.is_alive() for one in brief) and not over.is_set()
    done.set()
    for one in slow:
        one.join(LONG)
    with turns():
        assert not turns._waiting


def test_one_that_breaks_gives_its_turn_on() -> None:
    turns = Turns(brief=LONG)
    for _ in range(3):
        try:
            with turns():
                raise ValueError
        except ValueError:
            continue
    with turns():
        assert not turns._waiting
