"""SMTP: one letter after the other over one connection, and exactly what became of each.

The dialogue is held here step by step (RFC 5321, 3.3), since what a failure means depends on where it happens: before
the final dot nothing was taken; after it, without an answer, nobody knows.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, NoReturn

from perthyn.channel import Answer, Letter, NotNow, Outlet, Refused, Unsure
from perthyn.errors import PerthynError
from perthyn_email.message import Mail, mail
from perthyn_email.reasons import reason
from perthyn_email.settings import Settings

IDLE = 20.0
"""After so many seconds without a letter the server is asked whether it is still there."""
NOT_LOGGED_IN = (530, 534, 535, 538)
"""Answers that are about us: we are not logged in."""
ABOUT_US = ("5.4.5", "5.7.8", "5.7.9", "5.7.14", "5.7.57", "5.7.232", "5.7.233", "5.7.705")
"""Enhanced codes that are about us, not about the letter: a daily limit is reached (Google 5.4.5, Microsoft 5.7.23x and
5.7.705), or we are not logged in."""
_DOTS = re.compile(rb"(?m)^\.")
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")

Broken = (OSError, smtplib.SMTPException, EOFError)
"""What a connection raises that is lost, hangs, or says what can't be read."""


class Smtp(Outlet):
    """A connection to the mail server. It is opened again when it is lost between two letters.

    Opening raises `NotNow` (``email.connect``) or `PerthynError` (``email.tls.missing``, ``email.tls.untrusted``,
    ``email.login``). `timer`: seconds that only go forward.
    """

    def __init__(self, settings: Settings, password: str, clock: Callable[[], datetime], timer: Callable[[], float]):
        self._settings = settings
        self._password = password
        self._clock = clock
        self._timer = timer
        self._used = timer()
        self._server: smtplib.SMTP | None = opened(settings, password)

    def send(self, letter: Letter) -> Answer:
        """Hand one letter over.

        Raises `Refused` (``email.address``, ``email.address.utf8``, ``email.refused``), `NotNow` (``email.connect``,
        ``email.later``, ``email.limit``, ``email.tls.missing`` ...) and `Unsure` (``email.unsure``).
        """
        made = mail(letter, self._settings, self._clock())
        fresh = self._ready()
        try:
            self._envelope(made)
        except Broken as error:
            self._drop()
            if fresh:
                raise NotNow("email.connect", host=self._settings.host, why=_said(error)) from error
            return self.send(letter)  # the connection had gone while nobody looked; nothing was handed over
        return self._content(made)

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(*Broken):
                if server.sock is not None:
                    server.sock.settimeout(min(5.0, self._settings.timeout))
                server.quit()
            server.close()

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _ready(self) -> bool:
        """Have a connection; whether it is a fresh one."""
        if self._server is not None and self._timer() - self._used > IDLE:
            try:
                alive = self._server.noop()[0] == 250
            except Broken:
                alive = False
            if not alive:
                self._drop()
        fresh = self._server is None
        if self._server is None:
            try:
                self._server = opened(self._settings, self._password)
            except NotNow:
                raise
            except PerthynError as error:  # a setting that was right when the outlet was opened
                raise NotNow(error.code, **error.facts) from error
        self._used = self._timer()
        return fresh

    @property
    def _open(self) -> smtplib.SMTP:
        assert self._server is not None
        return self._server

    def _envelope(self, made: Mail) -> None:
        server = self._open
        options = ["BODY=8BITMIME"] if server.has_extn("8bitmime") else []
        if made.utf8:
            if not server.has_extn("smtputf8"):
                raise Refused("email.address.utf8", address=made.recipient, host=self._settings.host)
            options.append("SMTPUTF8")
            server.command_encoding = "utf-8"
        try:
            self._took(*server.docmd("MAIL", " ".join([f"FROM:<{made.sender}>", *options])), "MAIL", 250)
            self._took(*server.docmd("RCPT", f"TO:<{made.recipient}>"), "RCPT", 250, 251)
            self._took(*server.docmd("DATA"), "DATA", 354)
        finally:
            server.command_encoding = "ascii"

    def _content(self, made: Mail) -> Answer:
        server = self._open
        stuffed = _DOTS.sub(b"..", made.content) if b"\n." in made.content else made.content
        try:  # the dot comes last: where this raises, it was not handed to the network
            server.send(stuffed + b".\r\n")
        except Broken as error:
            self._drop()
            raise NotNow("email.connect", host=self._settings.host, why=_said(error)) from error
        try:  # from here on the letter may have been taken, whatever is heard of it
            code, said = server.getreply()
        except Broken as error:
            self._drop()
            raise Unsure("email.unsure", host=self._settings.host, why=_said(error)) from error
        if not 200 <= code < 600:
            self._drop()
            raise Unsure("email.unsure", host=self._settings.host, why=_words(said))
        self._took(code, said, "END", *range(200, 300))
        return Answer(f"{code} {_words(said)}"[:500], made.id)

    def _took(self, code: int, said: bytes, step: str, *right: int) -> None:
        """Go on where the answer is right. Raises `Refused`, `NotNow`; `OSError` where it is no answer at all."""
        if code in right:
            return
        if not 200 <= code < 600 or (code in (421, 503) and step == "MAIL"):  # 503: it is still at another letter
            raise smtplib.SMTPServerDisconnected(_words(said))
        self._start_over(code, step)
        self._refuse(code, _words(said), step)

    def _start_over(self, code: int, step: str) -> None:
        """Have the server forget this letter, or the server, so that the next one begins clean."""
        if code == 421 or (step == "DATA" and 200 <= code < 400):
            self._drop()
        else:
            try:
                self._open.rset()
            except Broken:
                self._drop()

    def _refuse(self, code: int, said: str, step: str) -> NoReturn:
        enhanced = _ENHANCED.search(said[:60])
        status = enhanced[1] if enhanced else ""
        facts: dict[str, Any] = {"reply": f"{code} {said}"[:500], "code": code, "status": status, "step": step}
        if code in NOT_LOGGED_IN or status in ABOUT_US:
            raise NotNow("email.limit", **facts)
        if code >= 500:
            dead = step == "RCPT" and reason(status, facts["reply"]).weight == "hard"
            raise Refused("email.refused", **facts, dead=dead)
        raise NotNow("email.later", **facts)


def opened(settings: Settings, password: str) -> smtplib.SMTP:
    """A connection that nobody else can read, logged in. Raises as `Smtp` does."""
    server: smtplib.SMTP | None = None
    try:
        server = _connected(settings)
        if settings.user:
            server.login(settings.user, password)
    except ssl.SSLCertVerificationError as error:
        _shut(server)
        raise PerthynError("email.tls.untrusted", host=settings.host, why=error.verify_message) from error
    except smtplib.SMTPAuthenticationError as error:
        _shut(server)
        if error.smtp_code < 500:
            raise NotNow("email.connect", host=settings.host, why=_words(error.smtp_error)) from error
        raise PerthynError(
            "email.login", host=settings.host, user=settings.user, why=_words(error.smtp_error)
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        _shut(server)
        raise PerthynError("email.login", host=settings.host, user=settings.user, why=_said(error)) from error
    except Broken as error:
        _shut(server)
        raise NotNow("email.connect", host=settings.host, why=_said(error)) from error
    except PerthynError:
        _shut(server)
        raise
    return server


def _connected(settings: Settings) -> smtplib.SMTP:
    name = settings.from_.rpartition("@")[2].encode("idna").decode("ascii")
    trusted = ssl.create_default_context(cafile=settings.certificates or None)
    server = (
        smtplib.SMTP_SSL(local_hostname=name, timeout=settings.timeout, context=trusted)
        if settings.security == "tls"
        else smtplib.SMTP(local_hostname=name, timeout=settings.timeout)
    )
    server._host = settings.host  # type: ignore[attr-defined]  # whose certificate is looked at (cpython issue 80914)
    try:
        code, said = server.connect(settings.host, settings.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        assert server.sock is not None
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            if not server.has_extn("starttls"):
                raise PerthynError("email.tls.missing", host=settings.host)
            server.starttls(context=trusted)
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _shut(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())


def _said(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return _words(str(error)) or type(error).__name__
