"""The web app and the REST API: what a volunteer at the desk opens on a tablet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.model import Record
from perthyn.pages import Opens, Pages
from perthyn_web.accounts import records as accounts
from perthyn_web.desk import records as desk

HERE = Path(__file__).parent


@hookimpl
def offer_record_types() -> list[type[Record]]:
    """Accounts, sign-ins, tokens, views."""
    return [*accounts.TYPES, *desk.TYPES]


@hookimpl
def offer_pages() -> list[Pages]:
    """Whatever nobody else answers."""
    return [Pages("/", _app, _entrance)]


@hookimpl
def offer_screens() -> list[Any]:
    """Its own pages: the same parts as everybody's."""
    try:
        import perthyn_web.pages as pages
    except ImportError:  # without its libraries there is no app to show them
        return []
    return list(pages.SCREENS)


@hookimpl
def offer_locale() -> list[Path]:
    """Its words."""
    return [HERE / "locale"]


def _app(opens: Opens) -> Any:
    try:
        from perthyn_web.app import make
    except ImportError as error:
        raise PerthynError("web.extra", why=error.name or "") from error

    return make(opens)


def _entrance(opens: Opens, who: str) -> str:
    from perthyn_web.entering import entrance

    return entrance(opens, who)
