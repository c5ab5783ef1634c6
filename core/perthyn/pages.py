"""Pages: what a plugin shows to browsers, at an address of its own below the one that `perthyn start` listens at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perthyn.errors import PerthynError

Opens = Callable[[], AbstractContextManager[Any]]
"""Lends a `Crm` to one request: ``with opens() as crm:``. It may wait for one, so not in the event loop."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the first steps are made with, in a folder where there are no records yet.

    `folder`: where ``perthyn.toml`` will stand. `language`: of whoever sits here. `catalogues`: the plugins' words.
    `look(store)`: tries a place for the records and keeps nothing; answers what a person must know who chooses it.
    Raises `PerthynError` where it can't be had. `begin(values, first)`: writes these settings and makes the store, or
    neither; hands its `Crm` to `first`; from then on the app proper answers. It answers the address, below the
    app's, by which whoever sits here comes in, and raises what making a store raises. `house`: the name of an invented
    house that one may look around in first, "" where none is offered.
    """

    folder: Path
    language: str
    catalogues: Sequence[Path]
    look: Callable[[str], Sequence[PerthynError]]
    begin: Callable[[Mapping[str, Any], Callable[[Any], None]], str]
    house: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages below an address.

    `prefix`: a slash and one word (``/p``), or a slash alone for whatever nobody else answers; what stands behind it
    in a request is not noted in the log. `make(opens)`
    answers an ASGI application, which finds the prefix in ``root_path``; it is called once, in the process that
    listens. What it raises becomes a short error page; headers that guard a browser are added to all it answers,
    where it has not set them itself. `entrance(opens, who)`: the address, below the one that it listens at, by which
    somebody comes in, once: ``here``, whoever sits at this machine (`perthyn start --open`), or ``tablet``, one that is
    to stand at the desk (`perthyn start --desk`). `first(beginning, way)`: an ASGI application for the first steps,
    where there are no records yet; it answers below `way`, which nobody else knows, until it has begun.
    """

    prefix: str
    make: Callable[[Opens], Any]
    entrance: Callable[[Opens, str], str] | None = None
    first: Callable[[Beginning, str], Any] | None = None
