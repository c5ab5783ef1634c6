"""Screens: what a plugin shows in the web app. A visit in, a reply out; nothing here knows how it is carried.

The web app's own pages are made of the same parts. A plugin makes one `Screens`, and offers it by a hook::

    screens = Screens(templates=Path(__file__).parent / "templates")

    @screens.get("/raffle", "raffle.read")
    def raffle(visit: Visit) -> Reply:
        return Shown("raffle/draw.html", {"tickets": tickets_of(visit.crm)})

    screens.entry("/raffle", phrase("Raffle"), "raffle.read", icon="ticket")

    @hookimpl
    def offer_screens() -> list[Screens]:
        return [screens]

Its templates extend ``page.html``; an htmx request whose target is the name of a block is answered by that block alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from perthyn.text import Translator

if TYPE_CHECKING:
    from perthyn.crm import Crm, View
    from perthyn.model import Record

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
USUAL_FORM = 32 * 1024 * 1024
"""Bytes that may be sent to a screen that has not said otherwise."""
EVERYBODY = "everybody"
"""The right of a screen that needs no signing in."""
SIGN_IN = "sign-in"
"""The name, in `Went.cookies`, of the cookie that holds a sign-in."""
SIGNED_IN = "signed-in"
"""The right of a screen for whoever is signed in, in any role."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form: its name as the sender gave it, never a path; read `file` before the visit ends.

    `file_name` makes a name of it under which a copy may lie.
    """

    name: str
    size: int
    file: IO[bytes]


def file_name(text: str) -> str:
    """What a file is called, fit to be shown and to lie under: no folders, nothing that does not print, not long."""
    last = _UNFIT.sub("", text).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    stem, dot, ending = last.rpartition(".")
    if not last.strip("."):
        return "file"
    return f"{_cut(stem, 200)}{dot}{_cut(ending, 40)}"


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


class Given(Mapping[str, str]):
    """What stands in an address or a form: of a name that comes twice `[...]` is the last and `all` are all of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._all: dict[str, list[str]] = {}
        for name, value in pairs:
            self._all.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        return self._all[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def all(self, name: str) -> list[str]:
        """Every value of a name, in their order."""
        return self._all.get(name, [])

    def id(self, name: str) -> UUID | None:
        """The id that stands there; None where there is none, or something that is no id."""
        try:
            return UUID(self.get(name, ""))
        except ValueError:
            return None

    def number(self, name: str) -> int | None:
        """The whole number of fifteen digits at most that stands there; None where there is none, or something else."""
        text = self.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    def pairs(self) -> list[tuple[str, str]]:
        """Every name and value."""
        return [(name, value) for name, values in self._all.items() for value in values]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. `id`: their account, None for whoever sits at the machine itself; `session`: this sign-in."""

    name: str
    role: str
    rights: frozenset[str]
    id: UUID | None = None
    session: UUID | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one person. `crm` acts for them: what they may not do it refuses.

    `query`: what stands behind the ``?``; `form`, `files`: what was sent, `uploads`: every file of it, where one field
    may hold several; `path`: the address below the app.
    `base`: where others reach the app, for addresses in what leaves it (``https://crm.example.org``). `cookies`: what
    the browser keeps for us; `source`: the address that it asks from; `device`: what it is, in words.
    """

    crm: Crm
    t: Translator
    person: Person
    method: str
    path: str
    query: Given = field(default_factory=Given)
    form: Given = field(default_factory=Given)
    files: Mapping[str, Upload] = field(default_factory=dict)
    base: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    source: str = ""
    device: str = ""
    uploads: Sequence[Upload] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A page made of a template. `trouble`: what the person must put right, by the name of the field it stands at."""

    template: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    trouble: Mapping[str, Exception] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Went:
    """On to another page, which says `said` once, with a button that takes back the batch `undo`.

    `cookies`: what the browser is to keep, by name; "" takes it away. `SIGN_IN` is the one that holds a sign-in.
    """

    to: str
    said: str = ""
    undo: UUID | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Away:
    """On to a page elsewhere, at an address that is ours to choose and never one that came with the visit.

    `cookies`: what the browser is to keep for `seconds`.
    """

    to: str
    cookies: Mapping[str, str] = field(default_factory=dict)
    seconds: int = 600


@dataclass(frozen=True, slots=True)
class Sent:
    """A file to be kept (or shown, where `name` is empty). `headers`, in lower case, stand before the app's own."""

    body: bytes | Path | Iterator[bytes]
    type: str
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Reply = Shown | Went | Away | Sent
Answers = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Screen:
    """What answers at an address: ``/contacts/{id:uuid}``. What stands in braces is handed to `view` by name.

    `most`: so many bytes may be sent to it; of those who may not come here nothing larger than usual is read.
    `writes`: it changes something though it is only asked for: those who come back from elsewhere are sent so.
    """

    path: str
    right: str
    view: Answers
    methods: tuple[str, ...] = ("GET",)
    most: int = USUAL_FORM
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu. `label`: a sentence marked by `perthyn.text.phrase`; `order`: the smallest stands first.

    `under`: not in the menu, but on the page of that name (``settings``), with a sentence `about` it.
    """

    path: str
    label: str
    right: str
    icon: str = ""
    order: int = 500
    under: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of another page: of a contact's, or of the page everybody begins with.

    `facts(visit, view)` answers what `template` is filled with, or None where there is nothing to show; `view` is what
    is known of the contact, None on the first page. `shows`: types of records that it tells of, which the contact page
    would otherwise list field by field.
    """

    place: str
    right: str
    template: str
    facts: Callable[[Visit, View | None], Mapping[str, Any] | None]
    order: int = 500
    shows: tuple[type[Record], ...] = ()


@dataclass
class Screens:
    """What one plugin adds to the web app. `templates`: its folder of them, `locale` words come by `offer_locale`."""

    templates: Path | None = None
    screens: list[Screen] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    def get(self, path: str, right: str) -> Callable[[Answers], Answers]:
        """Mark a view that only shows; it changes nothing."""
        return self._at(path, right, ("GET",))

    def post(self, path: str, right: str, *, most: int = USUAL_FORM) -> Callable[[Answers], Answers]:
        """Mark a view that does something. `most`: bytes that may be sent to it."""
        return self._at(path, right, ("POST",), most)

    def entry(
        self, path: str, label: str, right: str, *, icon: str = "", order: int = 500, under: str = "", about: str = ""
    ) -> None:
        """Add a line to the menu, for those who have the right. `under`, `about`: see `Entry`."""
        self.entries.append(Entry(path, label, right, icon, order, under, about))

    def panel(
        self, place: str, right: str, template: str, *, order: int = 500, shows: tuple[type[Record], ...] = ()
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Mark what fills a panel: ``facts(visit, view)``. `place`: ``contact`` or ``home``; `shows`: see `Panel`."""

        def mark(facts: Callable[..., Any]) -> Callable[..., Any]:
            self.panels.append(Panel(place, right, template, facts, order, shows))
            return facts

        return mark

    def _at(
        self, path: str, right: str, methods: tuple[str, ...], most: int = USUAL_FORM
    ) -> Callable[[Answers], Answers]:
        def mark(view: Answers) -> Answers:
            self.screens.append(Screen(path, right, view, methods, most))
            return view

        return mark


def joined(all_of_them: Sequence[Screens]) -> Screens:
    """Those of all plugins as one: entries and panels in their order."""
    return Screens(
        None,
        [one for some in all_of_them for one in some.screens],
        sorted((one for some in all_of_them for one in some.entries), key=lambda one: one.order),
        sorted((one for some in all_of_them for one in some.panels), key=lambda one: one.order),
    )
