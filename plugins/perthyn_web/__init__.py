"""The web app and the REST API: what a volunteer at the desk opens on a tablet."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from perthyn.changes import Batch
from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.model import Job, Record
from perthyn.pages import Beginning, Opens, Pages
from perthyn.rights import Right
from perthyn.store import Store
from perthyn.text import phrase
from perthyn.work import Work
from perthyn_web import safekeeping
from perthyn_web.accounts import records as accounts
from perthyn_web.api import forgetting
from perthyn_web.api.records import KeptAnswer
from perthyn_web.by_email import records as numbers_records
from perthyn_web.by_email import sending as numbers_sending
from perthyn_web.desk import records as desk
from perthyn_web.intake import looking, undoing
from perthyn_web.intake import working as intake
from perthyn_web.records_views import SavedView
from perthyn_web.webhooks import keeping as webhooks
from perthyn_web.webhooks import records as webhook_records
from perthyn_web.webhooks import telling

LIBRARIES = ("argon2", "fastapi", "multipart", "pyotp", "segno", "starlette")
"""What the extra ``web`` brings."""
HERE = Path(__file__).parent


@hookimpl
def offer_record_types() -> list[type[Record]]:
    """Accounts, sign-ins, tokens, views."""
    return [*accounts.TYPES, *desk.TYPES, SavedView, KeptAnswer, *webhook_records.TYPES, *numbers_records.TYPES]


@hookimpl
def offer_pages() -> list[Pages]:
    """Whatever nobody else answers."""
    return [Pages("/", _app, _entrance, _first)]


@hookimpl
def offer_screens() -> list[Any]:
    """Its own pages: the same parts as everybody's."""
    if not all(map(find_spec, LIBRARIES)):  # without them there is no app to show pages in
        return []
    import perthyn_web.pages as pages

    return list(pages.SCREENS)


@hookimpl
def offer_jobs() -> list[Work]:
    """What it does while nobody waits."""
    own = (intake, undoing, looking, safekeeping, webhooks, forgetting, numbers_sending)
    return [one for part in own for one in part.works()]


@hookimpl
def offer_rights() -> list[Right]:
    """That other systems are told of what happens."""
    return [Right(webhook_records.RIGHT, phrase("Have other systems told of what happens."), "house")]


@hookimpl
def offer_api(may: Callable[[str], Any]) -> list[Any]:
    """The API's own routes: the same parts as everybody's."""
    import perthyn_web.api.areas as areas

    return list(areas.routers(may))


@hookimpl
def ask_batch(batch: Batch, store: Store) -> list[Job]:
    """Other systems are told of what happens; whoever is erased is forgotten."""
    return [*telling.jobs_for(batch, store), *forgetting.jobs_for(batch)]


@hookimpl
def offer_locale() -> list[Path]:
    """Its words."""
    return [HERE / "locale"]


def _app(opens: Opens) -> Any:
    missing = [one for one in LIBRARIES if find_spec(one) is None]
    if missing:
        raise PerthynError("web.extra", why=", ".join(missing))
    from perthyn_web.app import make

    return make(opens)


def _entrance(opens: Opens, who: str) -> str:
    from perthyn_web.entering import entrance

    return entrance(opens, who)


def _first(beginning: Beginning, way: str) -> Any:
    from perthyn_web.pages import wizard

    return wizard.first_steps(beginning, way)
