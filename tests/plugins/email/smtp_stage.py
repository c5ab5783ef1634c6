"""Mail servers for tests, on loopback: aiosmtpd as it is, and one that does at each step what it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from perthyn.channel import Letter
from perthyn.house import House
from perthyn.model.ids import named_id
from perthyn_email.settings import Settings, settings_of

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"


def house(folder: Path = Path("."), **section: Any) -> House:
    plain = {"host": "127.0.0.1", "security": "none", "from": "post@plas.example", "live": True}
    return House(
        folder, lambda: NOW, lambda n: bytes(n), "Plas Brithwen", sections={"email": {**plain, **section}},
        secrets=lambda section, name: "s3cret",
    )  # fmt: skip


def settings(**section: Any) -> Settings:
    return settings_of(house(**section))


def letter(**said: Any) -> Letter:
    plain = {
        "message": named_id("m"), "token": TOKEN, "address": "sian@llyr.example", "name": "Siân Llŷr",
        "subject": "News", "text": "Hello.\n", "html": "<p>Hello.</p>\n", "campaign": "spring",
    }  # fmt: skip
    return Letter(**{**plain, **said})


def numbered(number: int) -> Letter:
    return letter(message=UUID(int=number), address=f"p{number}@a.example", token=f"{number:048}")


# --- aiosmtpd ----------------------------------------------------------------------------------------------------


@dataclass
class Sink:
    """Keeps what it takes; answers RCPT and DATA as `refuses` says, by the recipient's local part."""

    refuses: Mapping[str, str] = field(default_factory=dict)
    taken: list[Any] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        answer = self.refuses.get(f"RCPT {address.partition('@')[0]}")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.refuses.get(f"DATA {envelope.rcpt_tos[0].partition('@')[0]}")
        if answer:
            return answer
        self.taken.append(envelope)
        return "250 2.0.0 queued as 1A2B3C"


class Stage(Controller):
    """A controller that closes its lines when it stops."""

    lines: list[Any]

    def factory(self) -> Any:
        self.lines = [*getattr(self, "lines", ()), super().factory()]
        return self.lines[-1]

    def stop(self, no_assert: bool = False) -> None:
        for one in getattr(self, "lines", ()):
            if one.transport is not None:
                self.loop.call_soon_threadsafe(one.transport.abort)
        super().stop(no_assert)


@contextmanager
def aiosmtpd(sink: Sink, **how: Any) -> Iterator[int]:
    """The port of a running aiosmtpd."""
    with socket.create_server(("127.0.0.1", 0)) as free:  # a controller can't choose one itself
        port = free.getsockname()[1]
    controller = Stage(sink, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@dataclass(frozen=True)
class Certificate:
    """A server's own certificate, and itself as the authority to trust."""

    file: Path
    key: Path

    @classmethod
    def made(cls, folder: Path, name: str = "127.0.0.1") -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stage")])
        says = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        start = datetime.now(UTC) - timedelta(days=1)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start).not_valid_after(start + timedelta(days=3))
            .add_extension(x509.SubjectAlternativeName([says]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        made = cls(folder / f"{name}.pem", folder / f"{name}.key")
        made.file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


# --- a server that does what it is told --------------------------------------------------------------------------

DROP, HANG = "drop", "hang"
USUAL = {
    "HELLO": "220 stage ESMTP", "EHLO": "250-stage\r\n250-8BITMIME\r\n250 SMTPUTF8", "MAIL": "250 OK", "RCPT": "250 OK",
    "DATA": "354 go on", "END": "250 2.0.0 taken", "RSET": "250 OK", "NOOP": "250 OK", "QUIT": "221 bye",
}  # fmt: skip


class Scripted:
    """A server that answers each command from its script: an answer, `DROP` the line, or `HANG`.

    `script`: by command, `HELLO` for the greeting, `BODY` for the moment before the body is read, `END` for the final
    dot; a list is used up one answer after the other, and then the usual one counts.
    """

    def __init__(self, **script: str | list[str]) -> None:
        self.script = {name: [said] * 1000 if isinstance(said, str) else list(said) for name, said in script.items()}
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self._over = threading.Event()
        self._lines: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._lines.append(line)
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(10)
        with line, line.makefile("rb") as reads:
            try:
                self._talk(line, reads)
            except OSError:
                return

    def _talk(self, line: socket.socket, reads: Any) -> None:
        if not self._says(line, "HELLO"):
            return
        while raw := reads.readline():
            said = raw.decode("utf-8").rstrip("\r\n")
            verb, space, rest = said.partition(" ")
            verb = verb.upper()
            self.heard.append(f"{verb}{space}{rest}")
            if not self._says(line, verb) or verb == "QUIT":
                return
            if verb == "DATA" and self._last.startswith("354") and not self._body(line, reads):
                return

    def _body(self, line: socket.socket, reads: Any) -> bool:
        if self.script.get("BODY"):
            return self._says(line, "BODY")
        body = b""
        while (raw := reads.readline()) not in (b".\r\n", b""):
            body += raw
        self.bodies.append(body)
        self.recipients.append(next(one for one in reversed(self.heard) if one.startswith("RCPT"))[9:].split(">")[0])
        return self._says(line, "END")

    def _says(self, line: socket.socket, step: str) -> bool:
        left = self.script.get(step)
        self._last = said = left.pop(0) if left else USUAL.get(step, "500 what?")
        if said == HANG:
            self._over.wait(10)
        if said in (DROP, HANG):
            return False
        line.sendall(said.encode() + b"\r\n")
        return True
