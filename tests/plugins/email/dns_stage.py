"""A name server on loopback that knows what a test tells it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

from dns import flags, message, rcode, rdatatype, rrset

Zone = Mapping[tuple[str, str], list[str]]


class NameServer:
    """Answers over UDP from `zone`: (name, kind) -> records; a name it does not know does not exist.

    `silent`: it hears and says nothing. `broken`: it says that it failed.
    """

    def __init__(self, zone: Zone, *, silent: bool = False, broken: bool = False) -> None:
        self.zone = zone
        self.silent, self.broken = silent, broken
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> NameServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                raw, sender = self._socket.recvfrom(4096)
            except (TimeoutError, ConnectionError):
                continue
            if not self.silent:
                self._socket.sendto(self._answer(message.from_wire(raw)).to_wire(), sender)

    def _answer(self, asked: message.Message) -> message.Message:
        question = asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        answer = message.make_response(asked)
        answer.flags |= flags.RA
        known = {one for one, _ in self.zone}
        if self.broken:
            answer.set_rcode(rcode.SERVFAIL)
        elif (name, kind) in self.zone:
            answer.answer.append(rrset.from_text_list(question.name, 60, "IN", kind, self.zone[name, kind]))
        elif name not in known:
            answer.set_rcode(rcode.NXDOMAIN)
        return answer
