"""HTTP/1.1 on loopback: requests come in, whole answers go out in one send, or break on purpose."""

from __future__ import annotations

import gzip
import json
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = "application/json; charset=UTF-8"
WORTH_ZIPPING = 4096
WORTH_PRINTING = 2**15
"""Google breaks every answer into lines; for a longer one that would take as long as all the rest."""


@dataclass(frozen=True)
class Asked:
    """A request as it came; `path` is still encoded. `kinds` of a batchUpdate are known once its body was read."""

    verb: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    kinds: list[str] = field(default_factory=list)


@dataclass
class Answer:
    """What goes out. `fate`: "whole", "cut" in the middle, "reset" (the connection is), "hang" (nothing comes)."""

    code: int
    body: bytes = b""
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    fate: str = "whole"


def said(code: int, body: Any, printed: bool = True) -> Answer:
    """An answer in JSON, in lines for a person's eyes unless that is not wanted."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if printed and len(text) < WORTH_PRINTING:
        text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    return Answer(code, text.encode("utf-8", "replace"))


class Wire(ThreadingHTTPServer):
    """The listening socket; each connection has its thread and is closed with the server."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, answer: Callable[[Asked], Answer], now: Callable[[], float]) -> None:
        self.answer = answer
        self.now = now
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Connection)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and let go of every connection."""
        self.closing.set()
        socket.create_connection(("127.0.0.1", self.server_port)).close()  # wakes the thread that waits for connections
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is gone already

    def _serve(self) -> None:
        while not self.closing.is_set():
            self.handle_request()

    def process_request(self, request: Any, client_address: Any) -> None:
        """One more connection."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """One less."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    server: Wire
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._do
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """The emulator keeps its own log."""

    def _do(self) -> None:
        target = urlsplit(self.path)
        query = parse_qs(target.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.answer(Asked(self.command, target.path, query, headers, self._body(headers)))
        if answer.fate == "hang":
            self._hang()
        elif answer.fate == "reset":
            self._reset()
        else:
            self._send(answer, headers)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(pieces)
        else:
            size = int(headers.get("content-length") or 0)
            body = self.rfile.read(size)
            if len(body) < size:
                raise ConnectionError("the client went away in the middle of its request")
        return gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body

    def _send(self, answer: Answer, headers: Mapping[str, str]) -> None:
        body = answer.body
        lines = {
            "Content-Type": answer.kind,
            "Vary": "Origin, X-Origin, Referer",
            "Date": formatdate(self.server.now(), usegmt=True),
            "Server": "ESF",
            "Cache-Control": "private",
            "X-XSS-Protection": "0",
            "X-Frame-Options": "SAMEORIGIN",
            "X-Content-Type-Options": "nosniff",
            **answer.headers,
        }
        if len(body) > WORTH_ZIPPING and "gzip" in headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            lines["Content-Encoding"] = "gzip"
        lines["Content-Length"] = str(len(body))
        if answer.fate == "cut":
            body = body[: len(body) // 2]
            self.close_connection = True
        head = f"HTTP/1.1 {answer.code} {HTTPStatus(answer.code).phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self.connection.sendall(head.encode("latin-1") + (b"" if self.command == "HEAD" else body))

    def _hang(self) -> None:
        """Say nothing until the client lets go, or the emulator stops."""
        self.close_connection = True
        while not self.server.closing.is_set():
            if select.select([self.connection], [], [], 0.1)[0] and not self.connection.recv(4096):
                return

    def _reset(self) -> None:
        """Close so that the other side is told of a reset, not of an end."""
        self.close_connection = True
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        )
        self.rfile.close()
        self.connection.close()
