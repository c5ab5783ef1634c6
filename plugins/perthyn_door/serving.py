"""Serving: uvicorn at an address of this machine, until a signal ends it."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn

from perthyn.errors import PerthynError
from perthyn_door.certificate import Certificate

SIGNALS = [one for one in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, one)]


def bound(host: str, port: int, private: bool) -> socket.socket:
    """A socket at an address; `port` 0: any that is free. `private`: what others say to it is encrypted on its way.

    Raises `PerthynError`: ``door.open`` for one that others reach without encryption, ``door.address`` for one that
    can't be had.
    """
    if not (private or is_loopback(host)):
        raise PerthynError("door.open", host=host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, reuse_port=False)
        # Told that it is TCP, asyncio sends the end of an answer without waiting for word of its beginning (40 ms).
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())
    except (OSError, OverflowError) as error:
        raise PerthynError("door.address", host=host, port=port, why=str(error)) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    app: Any,
    listening: socket.socket,
    opened: Callable[[], None],
    certificate: Certificate | None = None,
    proxied: bool = False,
) -> None:
    """Answer requests until Ctrl-C or a signal to end; what is under way is answered first. `opened()`: it listens.

    `certificate`: by HTTPS, with this one. `proxied`: a proxy says from where a request came (``X-Forwarded-For``); it
    is believed where it is on this machine, and from wherever it comes where this listens to more than itself.
    """
    config = uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, server_header=False,
        ws="none", timeout_keep_alive=5, timeout_graceful_shutdown=10, limit_concurrency=200,
        proxy_headers=proxied, forwarded_allow_ips="127.0.0.1,::1" if is_loopback(listening.getsockname()[0]) else "*",
        ssl_certfile=certificate.chain if certificate else None, ssl_keyfile=certificate.key if certificate else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with _ended_by_signals(server):
        opened()
        server.run([listening])


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """A signal ends the server, not the process: uvicorn raises it once more when it has stopped."""

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    before = {one: signal.signal(getattr(signal, one), end) for one in SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(getattr(signal, one), handler)
