"""Every hook there is. A plugin implements those it needs, as plain functions marked `@hookimpl`.

The first word of a hook's name is its kind:

- **answer**: plugins are asked in turn; the first value that is not None wins.
- **offer**: each plugin gives a list; the lists are joined.
- **ask**: plugins may refuse, with a reason, before something happens.
- **tell**: something has happened; nothing can be stopped, and a listener that fails does not silence the next.

A whole plugin, as one file dropped into the ``plugins`` folder beside ``perthyn.toml``::

    from perthyn.hooks import hookimpl
    from perthyn.model import Kind

    @hookimpl
    def offer_kinds():
        return [Kind("workshop", "attend", ("workshop", "workshops"), ("gweithdy", "gweithdai"))]

Hooks receive batches, never single records, and are called one plugin at a time. A plugin that raises is named, with
its distribution or file, and everything else goes on.

Hooks carry a version, `VERSION`. One that is to go says so a version ahead, by `Leaving`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

    from perthyn.changes import Batch, Receipt
    from perthyn.channel import Channel
    from perthyn.demonstration import Demonstration
    from perthyn.house import House
    from perthyn.letter_fields import LetterField
    from perthyn.model import Job, Kind, Record
    from perthyn.pages import Pages
    from perthyn.rights import Right
    from perthyn.store import Store
    from perthyn.upgrades import Upgrade
    from perthyn.work import Work

PROJECT = "perthyn"
VERSION = 2
"""Of the hooks. It grows with each hook that is added or changed; a plugin may say with ``perthyn_hooks = 1`` in its
module which version it was written for, and is left out, with that word, where this one is older."""
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Leaving(DeprecationWarning):
    """Marks a hook that goes with the next version: ``@hookspec(warn_on_impl=Leaving("offer_channels"))``.

    Whoever still implements it is warned by Python, and by `perthyn plugin list`; it is called as before.
    """

    def __init__(self, instead: str) -> None:
        super().__init__(instead)
        self.instead = instead


class Hooks:
    """The specifications; a hook that is not here can't be implemented."""

    @hookspec(firstresult=True)
    def answer_store(
        self,
        url: str,
        types: Sequence[type[Record]],
        currency: str,
        create: bool,
        house: House | None,
        opens: Callable[[str, Sequence[type[Record]]], Store],
        wait: int | None,
    ) -> Store | None:
        """Open the store at `url`.

        Called when a command first needs the records. `types` are all record types, each before those that name it;
        `currency` is the organisation's; without `create` a store that is not there must not be made: raise
        `PerthynError("store.missing", address=url)`. `house` is where the organisation is at home, None for a store
        that stands alone; `opens(url, types)` opens, or makes, another store, for what a backend keeps beside its own.
        `wait`: so many seconds whoever writes waits at most while another writes; None: as long as you think right.
        Return None for a URL that is not yours. An exception is shown
        to the person, and nothing else is tried.
        """

    @hookspec(firstresult=True)
    def answer_upgrade(self, url: str, types: Sequence[type[Record]], currency: str) -> Upgrade | None:
        """Open the store at `url` as it stands, to bring it up to date.

        Called by `perthyn upgrade`, with what `answer_store` is given. Return None for a URL that is not yours.
        """

    @hookspec(firstresult=True)
    def answer_address(self, url: str) -> str | None:
        """The one form of an address that people write in several ways.

        Called before an address is kept in ``perthyn.toml`` or compared with another: what stands in a browser's
        address bar names the place in it where somebody was last. Return None for a URL that is not yours.
        """

    @hookspec(firstresult=True)
    def answer_tables(self, url: str, house: House | None) -> list[Any] | None:
        """The tables (`perthyn.importing.tables.Table`) that stand at an address, to be imported.

        Called where `perthyn import` is given an address instead of a file, and by `perthyn init` for what the store's
        own place holds beside the records. Leave out what perthyn keeps there itself; each table says its own
        address. Return None for an address that is not yours; raise `PerthynError` for one that can't be read.
        """

    @hookspec
    def offer_record_types(self) -> list[type[Record]]:
        """Record types of your own; every backend stores them.

        Called before the store is opened. Each field carries its `About`; name the types ``plugin.thing``.
        """
        raise NotImplementedError

    @hookspec
    def offer_kinds(self) -> list[Kind]:
        """Kinds of interaction beside `perthyn.model.KINDS`, with their words in both languages."""
        raise NotImplementedError

    @hookspec
    def offer_measures(self) -> list[Any]:
        """Named measures that rules may use (`perthyn.rules.NamedMeasure`): names in both languages and a figure.

        They are expressions of the rule language (``total of purchases``), so that every backend can work them out.
        """
        raise NotImplementedError

    @hookspec
    def offer_known_exports(self) -> list[Any]:
        """Files of other systems that are understood without a map (`perthyn.importing.understanding.KnownExport`).

        Called at the start of an import, before columns are guessed. The most specific one whose required headers
        are all there wins.
        """
        raise NotImplementedError

    @hookspec
    def offer_readers(self) -> list[Any]:
        """Readers of further file formats (`perthyn.importing.tables.Reader`), chosen by the file name's ending."""
        raise NotImplementedError

    @hookspec
    def offer_channels(self) -> list[Channel]:
        """Ways to reach people, and places where things happen (`perthyn.channel.Channel`).

        Called before a message goes out, when something comes in, and when something is due to be fetched. What a
        channel reads is stored by the core; what it delivers the core has asked the one door about.
        """
        raise NotImplementedError

    @hookspec
    def offer_letter_fields(self) -> list[LetterField]:
        """Fields of your own for letters (`perthyn.letter_fields.LetterField`), with names in both languages.

        Called when a campaign's letters are read. What a field says of people is only asked for where a letter has it,
        for many of them at once; it is put in as it is, and never read as a template. Where it says nothing of
        somebody, the letter's own fallback stands there, or the letter is held.
        """
        raise NotImplementedError

    @hookspec
    def offer_jobs(self) -> list[Work]:
        """What does the jobs of your own (`perthyn.work.Work`), by name: ``plugin.thing``.

        Called when jobs are done, by `perthyn start` and `perthyn once`. A job whose work nobody offers waits.
        """
        raise NotImplementedError

    @hookspec
    def offer_pages(self) -> list[Pages]:
        """Pages for browsers (`perthyn.pages.Pages`): a preference page, a form, a whole application.

        Called once, by `perthyn start`, before it listens. Of two with one prefix the first is taken.
        """
        raise NotImplementedError

    @hookspec
    def offer_screens(self) -> list[Any]:
        """Screens of the web app (`perthyn.screens.Screens`): pages, panels on a contact's page, lines of the menu.

        Called once, when the web app is made. Each screen names the right that whoever asks for it must have. Of two
        at one address the first is taken.
        """
        raise NotImplementedError

    @hookspec
    def offer_api(self, may: Callable[[str], Any]) -> list[Any]:
        """Routers of the REST API (`fastapi.APIRouter`), below ``/api``.

        Called once, when the web app is made. `may(right)` is a dependency: it refuses whoever has not the right, and
        gives the `Crm` that acts for whoever has it: ``crm: Annotated[Crm, Depends(may("money.read"))]``. A route
        that asks for none is refused when the app is made.
        """
        raise NotImplementedError

    @hookspec
    def offer_rights(self) -> list[Right]:
        """Rights of your own (`perthyn.rights.Right`), beside those of the core: ``plugin.do``.

        Called when somebody signs in, and where roles are shown. Declare every right that your code checks, or that a
        field, a record type or a kind of yours names: one that is not declared only the administrator has. Of two of
        one name the first is taken, and the core's before any.
        """
        raise NotImplementedError

    @hookspec
    def offer_demonstration(self) -> list[Demonstration]:
        """An invented house to look around in (`perthyn.demonstration.Demonstration`).

        Called where nobody is there yet, and when somebody wants to look around. Its files are taken in as any are, and
        taken back whole when somebody says so. Load what invents them when `write` is called, not before.
        """
        raise NotImplementedError

    @hookspec
    def offer_cautions(self, url: str) -> list[tuple[str, dict[str, Any]]]:
        """What a person must know who chooses the place at `url` for the records, for example who sees them there.

        (code, facts), for a place of your kind only; said by `perthyn init` and before `perthyn move`.
        """
        raise NotImplementedError

    @hookspec
    def offer_locale(self) -> list[Path]:
        """Your own ``locale`` folders: the words of your errors and sentences in both languages."""
        raise NotImplementedError

    @hookspec
    def offer_commands(self) -> list[click.Command]:
        """Commands for the command line.

        For a plugin file in the ``plugins`` folder; an installed plugin names its commands as entry points
        (``perthyn.commands``), so that its module loads only when its command runs.
        """
        raise NotImplementedError

    @hookspec
    def offer_checks(self, store: Store, house: House | None) -> list[tuple[bool | None, str, dict[str, Any]]]:
        """What `perthyn doctor` should know of your plugin: (is it well, code, facts); read only.

        `house`: the organisation and its settings, None for a store that stands alone. None instead of True or False:
        nothing is wrong, but it waits for a person.
        """
        raise NotImplementedError

    @hookspec
    def offer_handover(self, store: Store, house: House | None) -> list[dict[str, tuple[str, str]]]:
        """What somebody who takes over must know of your plugin, for `perthyn handover`; read only.

        Who holds which mailbox, account or key, what runs when. Each item has a title and a sentence per language:
        ``{"en": ("Newsletter", "Sent by ..."), "cy": ("Cylchlythyr", "Anfonir gan ...")}``. No password, no key, and
        nothing about a contact: it is printed on paper. `house`: the organisation and its settings, None for a store
        that stands alone.
        """
        raise NotImplementedError

    @hookspec
    def ask_batch(self, batch: Batch, store: Store) -> str | list[Job] | None:
        """May this batch be applied, and what must be done when it has been?

        Called before each batch, with the whole of it, before anything is written. Return None to agree; a reason,
        in the person's words, to refuse: nothing is written and the person is shown the reason and your name. An
        exception refuses too. Return jobs (`perthyn.model.Job`) to have them stored with the batch and done after it:
        what must not be forgotten is a job, what would only be nice is told by `tell_applied`.
        """

    @hookspec
    def tell_applied(self, batch: Batch, receipt: Receipt) -> None:
        """A batch has been applied. Best effort: what must happen belongs into the batch itself."""
