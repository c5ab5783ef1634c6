"""The flows that are spoilt at their requests to a Google Sheet: what is prepared, which command runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows import people, with_files
from places import Perthyn
from sheet_place import SheetPlace


@dataclass(frozen=True, slots=True)
class SheetFlow:
    """`prepare` fills an empty place by undisturbed commands; `argv` is spoilt, then run again, then ``sync``.

    `large`: some requests take seconds. `by_hand`: people edited the sheet; how often it is looked at decides in how
    many batches that is taken in.
    """

    name: str
    prepare: Callable[[Perthyn, SheetPlace], None]
    argv: tuple[str, ...]
    code: int = 0
    large: bool = False
    by_hand: bool = False


LONG, PLENTY = 24_000, 240
"""Notes that together make more than one request."""


def _begun(perthyn: Perthyn, place: SheetPlace) -> None:
    perthyn.done(place, "init", "--organisation", "Plas Brithwen", "--language", "cy", "--store", place.store)


def with_sheet(perthyn: Perthyn, place: SheetPlace) -> None:
    with_files(perthyn, place)
    _begun(perthyn, place)


def with_people(perthyn: Perthyn, place: SheetPlace) -> None:
    with_sheet(perthyn, place)
    perthyn.done(place, "import", "members.csv", "--source", "crm:members")


def with_all(perthyn: Perthyn, place: SheetPlace) -> None:
    with_people(perthyn, place)
    perthyn.done(place, "import", "gifts.csv", "--source", "till:main", code=3)
    perthyn.done(place, "contact", "edit", "s3@example.org", "--set", "note=rings on Mondays", "--role", "volunteer")


def with_erased(perthyn: Perthyn, place: SheetPlace) -> None:
    """The key that erased people are known by is made at random when the first is who was not to be written to."""
    with_all(perthyn, place)
    perthyn.done(place, "contact", "erase", "s1@example.org", "--yes")


def with_long(perthyn: Perthyn, place: SheetPlace) -> None:
    """A file of people of whom much is said."""
    with_people(perthyn, place)
    lines = ["Member no,First name,Surname,Email,Notes"]
    lines += [f"L{n},Ŵyn{n},Hir {n},hir{n}@example.org,{chr(97 + n % 26) * LONG}" for n in range(PLENTY)]
    (place.home / "long.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def with_hands(perthyn: Perthyn, place: SheetPlace) -> None:
    """Somebody sorted the sheet, typed over a town, added a person, emptied a cell and took a gift away."""
    with_all(perthyn, place)
    by_hand = place.people
    contacts, gifts = place.title("contact"), place.title("interaction")
    by_hand.sort(contacts, place.column("contact", "emails"), descending=True)
    by_hand.type(contacts, f"{place.column('contact', 'addresses.town')}3", "Aberdyfi")
    by_hand.type(contacts, f"{place.column('contact', 'phones')}4", "")
    by_hand.insert_rows(contacts, 6)
    by_hand.type(contacts, f"{place.column('contact', 'name')}6", "Nia o Bell")
    by_hand.delete_rows(gifts, 5)


def with_file(perthyn: Perthyn, place: SheetPlace) -> None:
    """The records are in a file."""
    people(place)
    perthyn.done(place, "init", "--organisation", "Plas Brithwen", "--language", "cy", "--store", place.target)
    perthyn.done(place, "import", "members.csv", "--source", "crm:members")
    perthyn.done(place, "contact", "edit", "s3@example.org", "--set", "note=rings on Mondays", "--role", "volunteer")


EDIT = ("--set", "note=rang twice", "--set", "language=cy", "--set", "email=new@example.org", "--role", "donor")
INIT = ("init", "--organisation", "Plas Brithwen", "--language", "cy", "--store", "{store}")

FLOWS = (
    SheetFlow("init", with_files, INIT),
    SheetFlow("import", with_people, ("import", "gifts.csv", "--source", "till:main", "--json"), code=3),
    SheetFlow("import-long", with_long, ("import", "long.csv", "--source", "crm:long", "--json"), large=True),
    SheetFlow("edit", with_all, ("contact", "edit", "s7@example.org", *EDIT, "--json")),
    SheetFlow("sync", with_hands, ("sync", "--json"), by_hand=True),
    SheetFlow("undo", with_all, ("undo", "2", "--yes", "--json")),
    SheetFlow("erase", with_erased, ("contact", "erase", "s4@example.org", "--yes")),
    SheetFlow("move-from", with_all, ("move", "--to", "{target}", "--yes", "--json")),
    SheetFlow("move-to", with_file, ("move", "--to", "{store}", "--yes", "--json")),
)
"""One line a flow."""
