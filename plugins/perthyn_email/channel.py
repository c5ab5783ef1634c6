"""The channel: letters go out by SMTP, or into a folder until the organisation goes live; mail is fetched by IMAP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from perthyn.channel import Answer, Channel, Delivery, Letter, NotNow, Outlet, Pace, Reach, Sender
from perthyn.house import House
from perthyn_email.message import mail
from perthyn_email.settings import FOR_READING, SECTION, Settings, settings_of
from perthyn_email.smtp import Smtp

REHEARSED = "letters"
"""The folder beside perthyn.toml for letters that are not sent."""


class Email(Channel):
    """E-mail of one organisation, as ``[email]`` sets it."""

    name: ClassVar[str] = SECTION
    title: ClassVar[tuple[str, str]] = ("Email", "E-bost")
    ways: ClassVar[tuple[str, ...]] = ("email",)
    every: ClassVar[timedelta | None] = timedelta(minutes=5)

    def outlet(self, reach: Reach) -> Outlet:
        """A connection to the mail server, or the folder of a rehearsal. Raises as `settings_of` and `Smtp` do."""
        settings = settings_of(reach.house)
        if not settings.live:
            return Folder(reach.house.folder / REHEARSED, settings, reach.house.clock)
        return Smtp(settings, password_of(reach.house, settings), reach.house.clock, time.monotonic)

    def live(self, reach: Reach) -> bool:
        """Whether letters leave."""
        return settings_of(reach.house).live

    def sender(self, reach: Reach) -> Sender:
        """Who letters are from."""
        return sender_of(reach.house)

    def pace(self, reach: Reach) -> Pace:
        """As much as the provider lets through, or as is set."""
        return settings_of(reach.house).pace

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        """What came back and was answered, where a mailbox to read is set."""
        if not any(name.startswith(FOR_READING) for name in reach.house.section(SECTION)):
            return ()
        from perthyn_email.mailbox import fetch_mail

        return fetch_mail(reach)


def sender_of(house: House) -> Sender:
    """Who letters of an organisation are from. Raises as `settings_of` does."""
    one = settings_of(house)
    clicks = one.clicks and bool(one.public_url)
    english, welsh = one.from_name_en or house.organisation, one.from_name_cy or house.organisation
    return Sender(english, welsh, one.postal_address, one.answers_to, one.public_url, clicks)


def password_of(house: House, settings: Settings) -> str:
    """The password of whoever logs in. Raises `PerthynError` (``secret.missing``)."""
    return house.secret(SECTION, "password") if settings.user else ""


class Folder(Outlet):
    """A rehearsal: each letter becomes a file that any mail program opens, and nothing leaves."""

    def __init__(self, folder: Path, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock

    def send(self, letter: Letter) -> Answer:
        """Write one letter to its file, in the place of an earlier rehearsal. Raises `NotNow` (``email.folder``)."""
        made = mail(letter, self._settings, self._clock())
        file = self._folder / f"{letter.message}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(made.content)
        except OSError as error:
            raise NotNow("email.folder", folder=str(self._folder), why=str(error)) from error
        return Answer(str(file), made.id)
