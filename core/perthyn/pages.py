"""Pages: what a plugin shows to browsers, at an address of its own below the one that `perthyn start` listens at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

Opens = Callable[[], AbstractContextManager[Any]]
"""Lends a `Crm` to one request: ``with opens() as crm:``. It may wait for one, so not in the event loop."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages below an address.

    `prefix`: a slash and one word (``/p``), or a slash alone for whatever nobody else answers; what stands behind it
    in a request is not noted in the log. `make(opens)`
    answers an ASGI application, which finds the prefix in ``root_path``; it is called once, in the process that
    listens. What it raises becomes a short error page; headers that guard a browser are added to all it answers,
    where it has not set them itself. `entrance(opens, who)`: the address, below the one that it listens at, by which
    somebody comes in, once: ``here``, whoever sits at this machine (`perthyn start --open`), or ``tablet``, one that is
    to stand at the desk (`perthyn start --desk`).
    """

    prefix: str
    make: Callable[[Opens], Any]
    entrance: Callable[[Opens, str], str] | None = None
