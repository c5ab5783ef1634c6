"""What the tests of the door share: an organisation's folder with a channel in it, and its door in memory."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.session import Session
from perthyn.crm import Crm
from perthyn_door.desks import Desks
from perthyn_door.door import Door, Seen

KEY = "pa55-word"


def signed(body: bytes) -> dict[str, str]:
    return {"x-signature": hmac.new(KEY.encode(), body, "sha256").hexdigest(), "content-type": "application/json"}


def gift(event: str, *lines: tuple[str, int], person: int = 1, **more: Any) -> bytes:
    """A webhook's body: what one person gave."""
    told = [{"id": id, "amount": amount} for id, amount in lines]
    who = {"name": f"Person {person}", "email": f"p{person}@x.cymru"}
    return json.dumps({"event": event, "lines": told, **who, **more}).encode()


@dataclass
class House:
    """An organisation whose door stands open in memory."""

    folder: Path
    session: Session
    desks: Desks
    seen: list[Seen] = field(default_factory=list)
    woken: int = 0

    def __post_init__(self) -> None:
        pages = {prefix: one.make(self.desks) for prefix, one in self.session.crm().pages().items()}
        languages = [self.session.in_language(one) for one in ("cy", "en")]
        self.door = Door(self.desks, pages, languages, self.session.now, self.seen.append, self._wake, patience=0.2)

    def _wake(self) -> None:
        self.woken += 1

    @property
    def crm(self) -> Crm:
        return self.session.crm()

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, pieces: int = 1,
        ends: bool = True,
    ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        """A request through the ASGI application: status, headers, body."""
        return asyncio.run(self.asked(method, path, body, headers, pieces, ends))

    async def asked(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, pieces: int = 1,
        ends: bool = True,
    ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        size = max(1, -(-len(body) // pieces))
        parts = [body[start : start + size] for start in range(0, max(1, len(body)), size)]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if not parts:
                await asyncio.sleep(60)
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts) or not ends}

        async def send(message: Any) -> None:
            sent.append(message)

        given = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        path, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": given}
        await self.door(scope, receive, send)
        if not sent:
            return 0, {}, b""
        got = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], got, b"".join(one["body"] for one in sent[1:])

    def wait(self, until: Callable[[], bool]) -> None:
        """Until something is so, at most half a minute."""
        for _ in range(300):
            if until():
                return
            time.sleep(0.1)
        raise AssertionError("it never came to be so")

    def ring(self, body: bytes) -> int:
        return self.ask("POST", "/in/bell/main", body, signed(body))[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An organisation's folder with the channel."""
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "plugins").mkdir()
    shutil.copy(Path(__file__).with_name("bell.py"), tmp_path / "plugins" / "bell.py")
    (tmp_path / "perthyn.toml").write_text('off = ["email", "tickets", "donations", "web"]\n', encoding="utf-8")
    (tmp_path / "perthyn.secrets").write_text(f'[bell]\nkey = "{KEY}"\n', encoding="utf-8")
    (tmp_path / "perthyn.secrets").chmod(0o600)
    return tmp_path


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    with Session({}, str(folder), "en", str(folder), True, False) as session:
        session.crm(create=True).token_key()
        desks = Desks(session.another)
        yield House(folder, session, desks)
        desks.close()
