"""`perthyn start`, as it is run: it refuses to be reached in the clear, says what it does, and ends cleanly."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run
from perthyn_door import start

from .conftest import gift, signed
from .test_exactly_once import started

House = Any  # the class stands in conftest.py


@pytest.fixture
def perthyn(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def ask(*arguments: str) -> tuple[int, str]:
        code = run(["--at", str(folder), *arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert ask("contact", "add", "Huw")[0] == 0
    return ask


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "crm.example"])
def test_nobody_reaches_it_in_the_clear(perthyn: Callable[..., tuple[int, str]], host: str) -> None:
    code, told = perthyn("start", "--host", host, "--port", "0", "--json")
    assert code == 2 or "--behind-proxy" in told
    code, told = perthyn("start", "--host", host, "--port", "0")
    assert code == 1 and "--behind-proxy" in told and host in told


def test_a_port_that_is_taken_is_said(perthyn: Callable[..., tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, told = perthyn("start", "--port", str(other.getsockname()[1]))
    assert code == 1 and "--port" in told


def test_without_its_libraries_the_extra_is_named(
    perthyn: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    code, told = perthyn("--lang", "cy", "start")
    assert code == 1 and 'pip install "perthyn[web]"' in told and "perthyn once" in told


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_says_what_it_did(house: House, end: signal.Signals) -> None:
    with started(house.folder) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in (gift("e1", ("1", 500)), gift("e2", ("2", 700), poison=True)):
            connection.request("POST", "/in/bell/main", body, signed(body))
            assert connection.getresponse().read() == b"ok\n"
        connection.request("GET", "/p/s3cret")
        answer = connection.getresponse()
        assert answer.read() == b"/s3cret" and answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers
        connection.close()
        house.wait(lambda: {one.state for one in house.crm.inbox()} == {"done", "parked"})
        process.send_signal(end)
        process.wait(60)
    said = "".join(process.said)  # type: ignore[attr-defined]
    assert process.returncode == 0 and "Ended." in said and "Traceback" not in said
    assert "POST /in/bell/main 200" in said and "s3cret" not in said
    assert "poison" not in json.dumps([one.headers for one in house.crm.inbox()])
    (problem,) = house.crm.open_problems()
    assert problem.code == "inbound.unreadable"
