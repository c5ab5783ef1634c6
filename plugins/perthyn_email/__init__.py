"""E-mail: letters by SMTP, answers and bounces by IMAP, a page where readers say what they want."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perthyn.channel import Channel
from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.house import House
from perthyn.pages import Opens, Pages
from perthyn_email.channel import Email
from perthyn_email.checks import Finding, findings
from perthyn_email.dns import asker
from perthyn_email.handover import told
from perthyn_email.settings import SECTION, settings_of


@hookimpl
def offer_channels() -> list[Channel]:
    """E-mail."""
    return [Email()]


@hookimpl
def offer_pages() -> list[Pages]:
    """The page that the links in letters lead to."""
    return [Pages("/p", _preferences)]


def _preferences(opens: Opens) -> Any:
    from perthyn_email.pages import Preferences

    return Preferences(opens)


@hookimpl
def offer_checks(house: House | None) -> list[Finding]:
    """Whether letters would arrive, where e-mail is set up; `perthyn email check` logs in as well."""
    if house is None or SECTION not in house.sections:
        return []
    try:
        settings = settings_of(house)
        return findings(settings, house, asker(settings.resolver, seconds=2.0))
    except PerthynError as error:
        return [(False, error.code, error.facts)]


@hookimpl
def offer_handover(house: House | None) -> list[dict[str, tuple[str, str]]]:
    """Which mailboxes there are, and who holds them."""
    return told(house)


@hookimpl
def offer_screens() -> list[Any]:
    """What we wrote to somebody, and whether letters would arrive."""
    from perthyn_email.screens import screens

    return [screens]


@hookimpl
def offer_locale() -> list[Path]:
    """Its words."""
    return [Path(__file__).parent / "locale"]
