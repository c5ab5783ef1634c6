"""First steps: where there are no records yet, one page of one plugin answers until there are; then the door does.

Its address holds a word that nobody else knows, and is gone afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from perthyn.cli.session import Session
from perthyn.crm import record_types
from perthyn.errors import PerthynError
from perthyn.pages import Beginning
from perthyn.settings import password_in, settings_tried
from perthyn_door.door import Receive, Scope, Send

Answers = Callable[[Scope, Receive, Send], Awaitable[None]]


class FirstSteps:
    """An ASGI application: the first steps, then the door. `begun()`: opens it, and says how one comes in.

    Raises `PerthynError` (``door.nothing``) where no plugin has first steps to show.
    """

    def __init__(self, s: Session, begun: Callable[[], tuple[Answers, str]]) -> None:
        self._s, self._begun = s, begun
        self.way = f"/first/{secrets.token_urlsafe(32)}"
        offered = [one.first for one in s.plugins.offer("offer_pages") if one.first is not None]
        if not offered:
            raise PerthynError("door.nothing")
        house = next((one.house for one in s.plugins.offer("offer_demonstration")), "")
        beginning = Beginning(s.folder, s.language, s.plugins.offer("offer_locale"), self._look, self._begin, house)
        self._app: Answers = offered[0](beginning, self.way)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _look(self, store: str) -> list[PerthynError]:
        """Whether records can be kept there; what is there already is left as it is."""
        plugins, settings = self._s.plugins, self._s.settings
        address = plugins.address(store)
        settings = settings.model_copy(update={"store": address})
        try:
            url = settings.store_url if not password_in(address) else address
            plugins.open_store(url, record_types(plugins), settings.currency, False).close()
        except PerthynError as error:
            if error.code != "store.missing":
                raise
        return list(plugins.cautions(settings.address))

    def _begin(self, values: Mapping[str, Any], first: Callable[[Any], None]) -> str:
        s = self._s
        store = {"store": s.plugins.address(values["store"])} if "store" in values else {}
        with settings_tried(s.folder, {**values, **store}):
            crm = s.crm(create=True)
        first(crm)
        self._app, way = self._begun()
        return way
