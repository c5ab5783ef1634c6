"""Calls to Stripe by its own library: what we ask it, as plain dictionaries, and its errors as ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from perthyn.channel import NotNow, Reach
from perthyn.errors import PerthynError, needs

NAME = "stripe"
A_PAGE = 100
"""Things on a page of a list; the most that Stripe gives."""


class Calls:
    """Reading from one account. Raises `NotNow` where Stripe can't answer now, `PerthynError` (``stripe.key``,
    ``stripe.asked``) where it won't.
    """

    def __init__(self, reach: Reach) -> None:
        section = reach.house.account(NAME, reach.account)
        settings = reach.house.section(section)
        self._key = reach.house.secret(section, "key")
        self._address = str(settings.get("address", ""))
        self._account, self._section = reach.account, section
        self._client: Any = None

    def one(self, kind: str, id: str, **params: Any) -> dict[str, Any]:
        """One thing by its id: ``one("charges", "ch_...", expand=["customer"])``."""
        return self._got(f"/v1/{kind}/{quote(id, safe='')}", params)

    def pages(self, kind: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
        """A list, newest first, page by page; `starting_after` goes on after a thing."""
        while True:
            page = self._got(f"/v1/{kind}", {**params, "limit": A_PAGE})
            found: list[dict[str, Any]] = page.get("data", [])
            yield found
            if not page.get("has_more") or not found:
                return
            params["starting_after"] = found[-1]["id"]

    def newer(self, kind: str, after: str) -> list[dict[str, Any]]:
        """What came after a thing ("": everything that is still there), the oldest first."""
        found: list[dict[str, Any]] = []
        for page in self.pages(kind):
            for one in page:
                if one["id"] == after:
                    return found[::-1]
                found.append(one)
        return found[::-1]

    def _got(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        with needs("donations"):
            import stripe

        if self._client is None:
            addresses: Any = {"api": self._address} if self._address else {}
            self._client = stripe.StripeClient(self._key, base_addresses=addresses, max_network_retries=2)
        try:
            answer = self._client.raw_request("get", path, **params)
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise PerthynError("stripe.key", account=self._account, section=self._section) from error
        except (stripe.RateLimitError, stripe.APIConnectionError) as error:
            raise NotNow("stripe.later", account=self._account, why=type(error).__name__) from error
        except stripe.StripeError as error:
            if (error.http_status or 500) >= 500:
                raise NotNow("stripe.later", account=self._account, why=str(error.http_status)) from error
            raise PerthynError("stripe.asked", account=self._account, path=path, why=str(error.code)) from error
        read: dict[str, Any] = json.loads(answer.body)
        return read
