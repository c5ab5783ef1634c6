"""The flows that are spoilt: what is prepared, which command runs, what may be found after a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from content import Content, content_of, content_of_both
from places import Perthyn, Place

Judge = Callable[[Content, Content, Content], str]
"""(before, after, found after the fault) -> what is wrong with it, or ""."""


def whole(before: Content, after: Content, found: Content) -> str:
    """All of the command has been done, or nothing."""
    if found.same(before) or found.same(after):
        return ""
    return f"half done: {found.differences(before)}"


@dataclass(frozen=True, slots=True)
class Flow:
    """`prepare` fills an empty place by undisturbed commands; `argv` is the command that is spoilt, then run again."""

    name: str
    prepare: Callable[[Perthyn, Place], None]
    argv: tuple[str, ...]
    code: int = 0
    """The exit code of the undisturbed command."""
    judge: Judge = whole
    look: Callable[[Place], Content] = content_of
    from_file: bool = False
    """On a server, the store is a file all the same; only the target of a move is there."""


# -- what is prepared -------------------------------------------------------------------------------------------

PEOPLE = 20


def people(place: Place) -> None:
    """A file of members, some with roles, consents and a language."""
    lines = ["Member no,First name,Surname,Email,Phone,Town,Postcode,Language,Membership type,Joined,Email consent"]
    for n in range(PEOPLE):
        yes, language = ("yes", "no", "")[n % 3], ("Welsh", "English", "")[n % 3]
        lines.append(
            f"M{n:03},Siân{n},Jones {n % 17},s{n}@example.org,01654 7{n:05},Machynlleth,SY20 8AA,{language},"
            f"Adult,{n % 28 + 1:02}/05/2024,{yes}"
        )
    (place.home / "members.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def gifts(place: Place) -> None:
    """A file of gifts: of members and of new people, of nobody, some twice, some that can't be read."""
    lines = ["Reference,Date,First name,Surname,Email,Phone,Kind,Amount"]
    for n in range(2 * PEOPLE):
        day = "31/02/2024" if n % 40 == 7 else f"{n % 28 + 1:02}/06/2024"
        who = f"Siân{n},Jones {n % 17},s{n}@example.org,01654 7{n:05}" if n % 5 else ",,,"
        lines.append(f"R{n},{day},{who},donation,£{n % 50}.50")
    (place.home / "gifts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def with_files(perthyn: Perthyn, place: Place) -> None:
    people(place)
    gifts(place)


def with_people(perthyn: Perthyn, place: Place) -> None:
    with_files(perthyn, place)
    perthyn.done(place, "import", "members.csv", "--source", "crm:members")


def with_all(perthyn: Perthyn, place: Place) -> None:
    with_people(perthyn, place)
    perthyn.done(place, "import", "gifts.csv", "--source", "till:main", code=3)
    perthyn.done(place, "contact", "edit", "s3@example.org", "--set", "note=rings on Mondays", "--role", "volunteer")


EDIT = ("--set", "note=rang twice", "--set", "language=cy", "--set", "email=new@example.org", "--role", "donor")

FLOWS = (
    Flow("init", with_files, ("init", "--organisation", "Plas Brithwen", "--language", "cy", "--store", "{store}")),
    Flow("first-import", with_files, ("import", "members.csv", "--source", "crm:members", "--json")),
    Flow("import", with_people, ("import", "gifts.csv", "--source", "till:main", "--json"), code=3),
    Flow("edit", with_all, ("contact", "edit", "s7@example.org", *EDIT, "--json")),
    Flow("undo", with_all, ("undo", "2", "--yes", "--json")),
    Flow("move", with_all, ("move", "--to", "{target}", "--yes", "--json"), look=content_of_both, from_file=True),
)
"""One line a flow."""
