"""Shop: pretix over its REST API, as the key of one organizer's team sees it. It only ever reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from perthyn.channel import NotNow
from perthyn.errors import PerthynError, needs
from perthyn.model.ids import Clock
from perthyn_tickets.accounts import Account

if TYPE_CHECKING:
    import httpx2

CONNECT, SILENCE, PATIENCE = 10.0, 30.0, timedelta(minutes=2)
"""Seconds to connect, seconds without a byte, and the time that one answer may take in all."""
LARGEST = 20_000_000
"""Bytes of one answer; a page of 50 orders has some 200,000."""
BUSY = 60
"""Seconds to wait where a server that is asked too often does not say how long."""
GENERATED = "X-Page-Generated"
_WHOLE = {"include_canceled_positions": "true", "include_canceled_fees": "true"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `generated`: the time of the server that the next list is to be asked from."""

    results: list[Any]
    more: bool
    generated: str


class Shop:
    """A connection to one account; closed when it is left.

    Everything it does raises `NotNow` for what may go by itself (nobody answers, too many requests, a server that is
    not well), and `PerthynError` for what a person must see to: ``tickets.key.refused``, ``tickets.key.rights``,
    ``tickets.organizer.unknown``, ``tickets.url.wrong``, ``tickets.url.moved``, ``tickets.answer.strange``.
    """

    def __init__(self, account: Account, key: str, clock: Clock) -> None:
        with needs("tickets"):
            import httpx2

        self._account, self._clock = account, clock
        key = key.strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise self._wrong("tickets.key.refused")
        self._http = httpx2.Client(
            headers={"Authorization": f"Token {key}", "Accept": "application/json", "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(SILENCE, connect=CONNECT),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def orders(self, asked: Mapping[str, str], page: int) -> Page | None:
        """A page of the orders of all events, in the order they were placed. None where there is no such page any more.

        `asked`: ``modified_since`` or ``created_since``, a time of the server. When an order was placed never changes,
        so one that is changed meanwhile takes no other off its page.
        """
        return self._page("orders/", {"page": str(page), "ordering": "datetime", **_WHOLE, **asked})

    def order(self, event: str, code: str) -> dict[str, Any] | None:
        """One order; None where it is not there, or the key may not see it."""
        found, _ = self._ask(f"events/{event}/orders/{code}/", _WHOLE)
        return found if isinstance(found, dict) else None

    def event(self, slug: str) -> dict[str, Any] | None:
        """One event; None where it is not there, or the key may not see it."""
        found, _ = self._ask(f"events/{slug}/", {})
        return found if isinstance(found, dict) else None

    def pages(self, path: str, asked: Mapping[str, str] | None = None) -> Iterator[Page]:
        """All pages of a list below the organizer; none where the key may not see it."""
        number, more = 1, True
        while more:
            page = self._page(path, {"page": str(number), **(asked or {})})
            if page is None:
                return
            yield page
            number, more = number + 1, page.more

    def may_read(self) -> None:
        """Find out whether the key may read orders at all: pretix shows one that may not an empty list.

        Raises `PerthynError` (``tickets.key.rights``).
        """
        page = self._page("events/", {"page": "1"})
        for event in page.results[:1] if page else []:
            if self._page(f"events/{event['slug']}/orders/", {"page": "1"}) is None:
                raise self._wrong("tickets.key.rights")

    # -- one question and its answer ---------------------------------------------------------------------------

    def _page(self, path: str, asked: Mapping[str, str]) -> Page | None:
        found, headers = self._ask(path, asked)
        if found is None:
            return None
        results = found.get("results") if isinstance(found, dict) else None
        if not isinstance(results, list):
            raise self._wrong("tickets.answer.strange", status=200)
        return Page(results, bool(found.get("next")), headers.get(GENERATED, ""))

    def _ask(self, path: str, asked: Mapping[str, str]) -> tuple[Any, Mapping[str, str]]:
        """What the server answers; None where it says that this is not there or not for this key."""
        status, headers, body = self._fetched(f"/organizers/{self._account.organizer}/{path}", asked)
        if status in (403, 404):
            self._read(status, body)
            if path in ("orders/", "events/") and asked.get("page") == "1":
                raise self._missing()
            return None, headers
        return self._read(status, body), headers

    def _missing(self) -> PerthynError:
        """Why the organizer is not to be seen: the key is of another one, or may not do this."""
        status, _, body = self._fetched("/organizers/", {})
        found = self._read(status, body)
        listed = found.get("results", ()) if isinstance(found, dict) else ()
        known = [str(one.get("slug")) for one in listed if isinstance(one, dict)]
        if self._account.organizer in known:
            return self._wrong("tickets.key.rights")
        return self._wrong("tickets.organizer.unknown", known=", ".join(known))

    def _fetched(self, path: str, asked: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        import httpx2

        url = f"{self._account.url}/api/v1{path}"
        try:
            with self._http.stream("GET", url, params=dict(asked)) as answer:
                body = self._body(answer)
        except httpx2.TransportError as error:
            raise NotNow("tickets.unreachable", url=self._account.url, why=type(error).__name__) from None
        except (httpx2.DecodingError, httpx2.InvalidURL):
            raise self._wrong("tickets.answer.strange", status=0) from None
        self._check(answer.status_code, answer.headers)
        return answer.status_code, answer.headers, body

    def _body(self, answer: httpx2.Response) -> bytes:
        begun, body = self._clock(), bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > LARGEST:
                raise self._wrong("tickets.answer.large", most=LARGEST // 1_000_000)
            if self._clock() - begun > PATIENCE:
                raise NotNow("tickets.unreachable", url=self._account.url, why="ReadTimeout")
        return bytes(body)

    def _check(self, status: int, headers: Mapping[str, str]) -> None:
        """Raise what a status means that no answer comes with."""
        if status == 401:
            raise self._wrong("tickets.key.refused")
        if status == 429:
            raise NotNow("tickets.busy", url=self._account.url, after=self._wait(headers.get("Retry-After", "")))
        if status >= 500:
            raise NotNow("tickets.unwell", url=self._account.url, status=status)
        if 300 <= status < 400:
            to = headers.get("Location", "").partition("?")[0]
            raise self._wrong("tickets.url.moved", to=to[:200])
        if status not in (200, 403, 404):
            raise self._wrong("tickets.answer.strange", status=status)

    def _read(self, status: int, body: bytes) -> Any:
        """The body as JSON. Another server answers in HTML, whatever it is asked."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise self._wrong("tickets.url.wrong", status=status) from None
        if not isinstance(found, dict):
            raise self._wrong("tickets.url.wrong", status=status)
        return found

    def _wait(self, said: str) -> int:
        """Seconds that the server asks to wait: it names them, or a time."""
        if said.strip().isdecimal():
            return min(int(said), 86_400)
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return BUSY
        return max(0, int((_aware(until) - self._clock()).total_seconds()))

    def _wrong(self, code: str, **facts: object) -> PerthynError:
        account = self._account
        return PerthynError(code, section=account.section, organizer=account.organizer, url=account.url, **facts)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.astimezone()
