"""The flows that are spoilt: what is prepared, which command runs, what may be found after a fault."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from content import Content, content_of, content_of_both, content_of_noted
from places import Perthyn, Place

from perthyn.changes import Batch, Create, Delete, Edit
from perthyn.model import CORE_TYPES, About, Record
from perthyn.model.values import Word
from perthyn_sql import open_store

Judge = Callable[[Content, Content, Content], str]
"""(before, after, found after the fault) -> what is wrong with it, or ""."""


def whole(before: Content, after: Content, found: Content) -> str:
    """All of the command has been done, or nothing; what it took from is as it was, and a copy holds all of it."""
    if not found.same(before) and not found.same(after):
        return f"half done: {found.differences(before)}"
    if found.source != before.source:
        return "where it came from is not what it was"
    return "" if found.copies <= {before.digest, *before.copies} else "a copy does not hold what there was"


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

    @property
    def kept(self) -> tuple[str, ...]:
        """Which of a place's databases are on a server."""
        target = ("target",) if "{target}" in self.argv else ()
        return target if self.from_file else ("store", *target)


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


class Hall(Record):
    """A plugin's type, as it was."""

    type_name: ClassVar[str] = "choir.hall"

    name: Annotated[Word, About("Name", "Enw")]


HALLS = """
from typing import Annotated, ClassVar
from perthyn.hooks import hookimpl
from perthyn.model import About, Record
from perthyn.model.steps import Rename, Retype
from perthyn.model.values import Word

class Hall(Record):
    type_name: ClassVar[str] = "choir.hall"
    version: ClassVar[int] = 2
    steps: ClassVar = (Rename(2, "name", "title"), Retype(2, "title", str.upper))
    title: Annotated[Word, About("Title", "Teitl")]

@hookimpl
def offer_record_types():
    return [Hall]
"""


def with_halls(perthyn: Perthyn, place: Place) -> None:
    """Halls of the first version, one of them renamed and one deleted, and a plugin of the second."""
    with_all(perthyn, place)
    halls = [Hall(id=UUID(int=n), name=f"Neuadd {n}") for n in range(1, 40)]
    renamed = Edit("choir.hall", halls[3].id, {"name": (halls[3].name, "Neuadd Fawr")})
    with closing(open_store(place.store, [*CORE_TYPES, Hall])) as store:
        for number, changes in enumerate(([Create(one) for one in halls], [renamed, Delete(halls[4])]), 1):
            store.apply(Batch(UUID(int=number), "ann", datetime(2026, 3, 1, tzinfo=UTC), changes=changes))
    (place.home / "plugins").mkdir()
    (place.home / "plugins" / "choir.py").write_text(HALLS, encoding="utf-8")


def with_erased(perthyn: Perthyn, place: Place) -> None:
    with_all(perthyn, place)
    perthyn.done(place, "contact", "erase", "s4@example.org", "--yes")


def with_backup(perthyn: Perthyn, place: Place) -> None:
    """A backup; since then somebody else was erased and somebody's note changed."""
    with_erased(perthyn, place)
    perthyn.done(place, "backup", "plas.age")
    perthyn.done(place, "contact", "erase", "s5@example.org", "--yes")
    perthyn.done(place, "contact", "edit", "s3@example.org", "--set", "note=does not ring any more")


EDIT = ("--set", "note=rang twice", "--set", "language=cy", "--set", "email=new@example.org", "--role", "donor")

FLOWS = (
    Flow("init", with_files, ("init", "--organisation", "Plas Brithwen", "--language", "cy", "--store", "{store}")),
    Flow("first-import", with_files, ("import", "members.csv", "--source", "crm:members", "--json")),
    Flow("import", with_people, ("import", "gifts.csv", "--source", "till:main", "--json"), code=3),
    Flow("edit", with_all, ("contact", "edit", "s7@example.org", *EDIT, "--json")),
    Flow("undo", with_all, ("undo", "2", "--yes", "--json")),
    Flow("move", with_all, ("move", "--to", "{target}", "--yes", "--json"), look=content_of_both, from_file=True),
    Flow("upgrade", with_halls, ("upgrade", "--yes", "--json")),
    Flow("backup", with_erased, ("backup", "plas.age", "--yes", "--json"), look=content_of_noted),
    Flow("restore", with_backup, ("restore", "plas.age", "--to", "{target}", "--yes", "--json"), look=content_of_both),
)
"""One line a flow."""
