"""What somebody who takes over must know of an organisation's email: which mailboxes there are, and no password."""

from __future__ import annotations

from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn_email.settings import FOR_READING, SECTION, settings_of

Told = dict[str, tuple[str, str]]
_BLANK = "____________"


def told(house: House | None) -> list[Told]:
    """By which mailbox letters leave, and which is read; nothing where email is not set up, or not rightly."""
    if house is None or SECTION not in house.sections:
        return []
    try:
        return [_sending(house), *_reading(house)]
    except PerthynError:  # `perthyn doctor` says what is wrong
        return []


def _sending(house: House) -> Told:
    one = settings_of(house)
    user = one.user or one.from_
    return {
        "en": (
            "Email: sending",
            f"Letters leave by {one.host} as {user}, from {one.from_}; answers go to {one.answers_to}. Whoever has "
            f"that account can make a new password, which is kept by: perthyn plugin secret email password. "
            f"Its holder (write the name here): {_BLANK}",
        ),
        "cy": (
            "E-bost: anfon",
            f"Mae llythyrau'n gadael drwy {one.host} fel {user}, oddi wrth {one.from_}; aiff atebion i "
            f"{one.answers_to}. Gall pwy bynnag sydd piau'r cyfrif wneud cyfrinair newydd, a gedwir drwy: perthyn "
            f"plugin secret email password. Deiliad y cyfrif (ysgrifennwch yr enw yma): {_BLANK}",
        ),
    }


def _reading(house: House) -> list[Told]:
    if not any(name.startswith(FOR_READING) for name in house.section(SECTION)):
        return []
    from perthyn_email.mailbox import mailbox_settings

    one = mailbox_settings(house)
    return [
        {
            "en": (
                "Email: reading",
                f"Answers, bounces and STOP are read from the mailbox {one.user} at {one.host}, folder {one.folder}. "
                f"Its holder (write the name here): {_BLANK}",
            ),
            "cy": (
                "E-bost: darllen",
                f"Darllenir atebion, negeseuon a ddychwelwyd a STOP o flwch {one.user} ar {one.host}, ffolder "
                f"{one.folder}. Deiliad y blwch (ysgrifennwch yr enw yma): {_BLANK}",
            ),
        }
    ]
