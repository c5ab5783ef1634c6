"""Client: gspread's low-level client, with patience.

Loads gspread and Google's libraries, which takes a while: import it where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from urllib3.exceptions import NewConnectionError

from perthyn.errors import PerthynError
from perthyn.model.ids import Clock, Random
from perthyn_sheets import causes
from perthyn_sheets.answers import Calls, Kind, Tell, Unreached
from perthyn_sheets.auth import credentials_of
from perthyn_sheets.elsewhere import lead
from perthyn_sheets.keys import Key
from perthyn_sheets.throttle import MINUTE, Throttle

LONGEST = 64.0
"""Seconds between two tries at most (developers.google.com/workspace/sheets/api/limits, exponential backoff)."""

OFFLINE_TRIES = 3
"""Who can't even reach Google is not kept waiting for the whole budget."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Where waiting comes from. `sleep` must let `clock` go on by as much; `budget`: seconds for one request."""

    clock: Clock
    random: Random
    sleep: Callable[[float], None]
    tell: Tell
    budget: float

    def jitter(self) -> float:
        """Between 0 and 1 second, so that not everybody comes back at once."""
        return int.from_bytes(self.random(2), "big") / 65536


class Lost(Exception):
    """A try without an answer that counts. `sent`: may it have been applied? `pause`: as the server asks."""

    def __init__(self, problem: Unreached, *, sent: bool = True, offline: bool = False, pause: float = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.sent = sent
        self.offline = offline
        self.pause = pause


class Client(HTTPClient):
    """Asks Google for one spreadsheet's sake: throttled, tried again while that may help, counted.

    `sheet` is its address, for what must be said of it. Raises from `ask`: `Unreached` or `PerthynError`.
    """

    def __init__(
        self, key: Key, endpoint: str, sheet: str, throttle: Throttle, patience: Patience, timeout: tuple[float, float]
    ) -> None:
        inner = requests.Session()
        lead(inner, endpoint)
        credentials = credentials_of(key)
        session = AuthorizedSession(credentials, auth_request=Request(session=inner))  # type: ignore[no-untyped-call]
        lead(session, endpoint)
        super().__init__(credentials, session)
        self.set_timeout(timeout)
        self.calls = Calls()
        self.sheet = sheet
        self._inner = inner
        self._key = key
        self._throttle = throttle
        self._patience = patience

    def close(self) -> None:
        """Let go of the connections."""
        self.session.close()
        self._inner.close()

    def ask(
        self,
        method: str,
        url: str,
        *,
        kind: Kind,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        """The JSON that Google answers. `body`: JSON; `repeatable`: may it go out twice."""
        until = self._now() + self._patience.budget
        tries = 0
        while True:
            self._queue(kind, until)
            setattr(self.calls, kind, getattr(self.calls, kind) + 1)
            try:
                return self._answer(method, url, params, body, kind)
            except Lost as lost:
                tries += 1
                pause = lost.pause or min(LONGEST, 2.0 ** (tries - 1)) + self._patience.jitter()
                hopeless = (lost.sent and not repeatable) or (lost.offline and tries >= OFFLINE_TRIES)
                if hopeless or self._now() + pause > until:
                    raise lost.problem from lost
                self._wait(pause, lost.problem)

    # -- waiting --------------------------------------------------------------------------------------------

    def _now(self) -> float:
        return self._patience.clock().timestamp()

    def _queue(self, kind: Kind, until: float) -> None:
        """Wait for a place among the requests of this minute."""
        left = max(0.0, until - self._now())
        pause = self._throttle.take(kind, left)
        if pause > 0:
            problem = self._used_up(kind, pause)
            if pause > left:
                raise problem
            self._wait(pause, problem)

    def _used_up(self, kind: Kind, seconds: float) -> Unreached:
        return Unreached("sheets.quota", kind=kind, seconds=round(seconds), used=self._throttle.used(kind))

    def _wait(self, seconds: float, why: PerthynError) -> None:
        if seconds >= 1:
            self._patience.tell("sheets.waiting", {"seconds": round(seconds), "why": why})
        self._patience.sleep(seconds)
        self.calls.waited_seconds += seconds

    # -- one try --------------------------------------------------------------------------------------------

    def _answer(
        self, method: str, url: str, params: Mapping[str, Any] | None, body: bytes | None, kind: Kind
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json; charset=utf-8"} if body is not None else None
        try:
            response = self.request(method, url, params=dict(params or {}), data=body, headers=headers)
            answer = response.json()
        except APIError as error:
            raise self._refused(error, kind) from error
        except RefreshError as error:
            if error.retryable:
                raise Lost(Unreached("sheets.server", status=0, reason=_why(error)), sent=False) from error
            raise causes.grant_refused(_words(error), account=self._key.email, file=str(self._key.file)) from error
        except TransportError as error:
            raise Lost(Unreached("sheets.unreached", reason=_why(error)), sent=False, offline=True) from error
        except GoogleAuthError as error:
            raise causes.grant_refused(_why(error), account=self._key.email, file=str(self._key.file)) from error
        except requests.exceptions.JSONDecodeError as error:
            raise Lost(Unreached("sheets.answer", reason=_why(error))) from error
        except requests.exceptions.ReadTimeout as error:
            raise Lost(Unreached("sheets.timeout", reason=_why(error))) from error
        except requests.exceptions.RequestException as error:
            away = _unsent(error)
            raise Lost(Unreached("sheets.unreached", reason=_why(error)), sent=not away, offline=away) from error
        except (KeyError, TypeError) as error:  # gspread stumbles over an error that is JSON, but not Google's
            raise Lost(Unreached("sheets.answer", reason=_why(error))) from error
        if not isinstance(answer, dict):
            raise Lost(Unreached("sheets.answer", reason=str(answer)[:60]))
        return answer

    def _refused(self, error: APIError, kind: Kind) -> Exception:
        """What to make of an answer that says no."""
        said = causes.said(error.response.status_code, error.error)
        asked = self._asked_pause(error.response.headers.get("Retry-After", ""))
        if said.used_up:
            pause = asked or MINUTE - self._now() % MINUTE
            self._throttle.shut(kind, pause)
            return Lost(self._used_up(kind, pause), sent=False, pause=pause + self._patience.jitter())
        if said.busy:
            return Lost(Unreached("sheets.server", status=said.status, reason=_line(said.words)), pause=asked)
        return causes.refusal(said, sheet=self.sheet, account=self._key.email)

    def _asked_pause(self, header: str) -> float:
        """Seconds of a header ``Retry-After``, given as such or as an instant; 0 without (RFC 9110, section 10.2.3)."""
        if header.isdecimal():
            return float(header)
        try:
            instant = parsedate_to_datetime(header)
        except ValueError:
            return 0
        return max(0.0, instant.replace(tzinfo=instant.tzinfo or UTC).timestamp() - self._now())


def _unsent(error: requests.exceptions.RequestException) -> bool:
    """Whether no connection came about: nothing can have been applied."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(inner, NewConnectionError)


def _words(error: RefreshError) -> str:
    """What Google said of a grant: its code and its description, in whatever order the library has them."""
    return " ".join(str(one.get("error_description", "")) if isinstance(one, dict) else str(one) for one in error.args)


def _why(error: BaseException) -> str:
    """What the system says lies at the bottom of it ("Connection refused"), else what the error itself says."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return _line(inner.strerror)
        inner = inner.__cause__ or inner.__context__
    return _line(str(error))


def _line(text: str) -> str:
    """The first line, cut to what fits in a sentence."""
    return next(iter(text.strip().splitlines()), "")[:200].rstrip(".")
