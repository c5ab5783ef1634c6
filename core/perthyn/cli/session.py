"""Session: what one run of a command has at hand, made when it is first asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from perthyn.cli.output import Screen
from perthyn.errors import PerthynError
from perthyn.text import Translator, system_language

if TYPE_CHECKING:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from perthyn.crm import Actor, Crm
    from perthyn.entries import Entry
    from perthyn.house import House
    from perthyn.plugins import Loaded, Plugins
    from perthyn.settings import Settings
    from perthyn.store import Store


class Session:
    """The folder, the language, the screen; settings, plugins and the CRM are loaded when a command needs them."""

    def __init__(
        self, environ: Mapping[str, str], start: str, language: str, folder: str, plain: bool, json: bool
    ) -> None:
        self.environ = environ
        self._start = start
        self._given = folder
        self._crm: Crm | None = None
        self._plugins: Plugins | None = None
        self._named: list[Loaded] = []
        self._passing: TemporaryDirectory[str] | None = None
        self._noticed: list[tuple[str, object]] = []
        self._beside: list[str] = []
        self.language = (
            language or environ.get("PERTHYN_LANGUAGE", "") or _language_in(self._at) or system_language(environ)
        )
        self.t = Translator(self.language)
        self._plain = plain or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self.screen = Screen(sys.stdout, self.t, plain=self._plain, json=json, width=_width(environ))

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._name_broken()
        if self._crm is not None:
            self._write_trail(self._crm)
            self._notice(self._crm.store)
            self._crm.store.close()
        if self._passing is not None:
            self._passing.cleanup()

    @property
    def _at(self) -> str:
        named = self._given or self.environ.get("PERTHYN_AT", "")
        if named:
            return named
        folder, above = self._start, os.path.dirname(self._start)
        while folder != above and not os.path.isfile(os.path.join(folder, "perthyn.toml")):
            folder, above = above, os.path.dirname(above)
        return folder if folder != above else self._start

    @property
    def folder(self) -> Path:
        """The organisation's folder: the one given, else the nearest upward with a ``perthyn.toml``, else this one."""
        from pathlib import Path  # loading it would be a third of what `perthyn --help` takes

        return Path(self._at)

    @property
    def settings(self) -> Settings:
        """The settings of the folder."""
        from perthyn.settings import read_settings

        return read_settings(self.folder, self.environ)

    @property
    def plugins(self) -> Plugins:
        """The plugins, loaded once; their words join the translator's."""
        if self._plugins is None:
            from perthyn.plugins import Plugins

            settings = self.settings
            self._plugins = Plugins.find(settings.plugins_folder, off=settings.off)
            self._plugins.house = self._house(settings)
            self.hear()
        return self._plugins

    def _house(self, settings: Settings) -> House:
        from perthyn.house import House
        from perthyn.secrets import none_in_training, secrets_of

        return House(
            settings.folder,
            self.now,
            os.urandom,
            settings.organisation,
            settings.language or self.language,
            settings.zone,
            settings.region,
            _user(self.environ),
            settings.sections,
            secrets=none_in_training
            if settings.training
            else secrets_of(settings.folder, self.environ, settings.sections),
            keys=self._key_file,
        )

    def _key_file(self) -> Path:
        from perthyn.backups.keys import key_file

        return key_file(self.environ, self.settings.organisation, self.folder)

    def hear(self) -> None:
        """Take in the words of every plugin loaded by now: a backend is loaded when its address is first used."""
        if self._plugins is not None:
            offered = self._plugins.offer("offer_locale")
            self.t = self.screen.t = Translator(self.language, [*self._beside, *offered])

    def in_language(self, language: str) -> Translator:
        """The same words in another language: for what is written down for others."""
        offered = self._plugins.offer("offer_locale") if self._plugins is not None else []
        return Translator(language, [*self._beside, *offered])

    def elsewhere(self, folder: Path) -> Session:
        """The same person at another folder, whatever store the environment names; to be entered and left."""
        environ = {name: value for name, value in self.environ.items() if name != "PERTHYN_STORE"}
        return Session(environ, str(folder), self.language, str(folder), self._plain, self.screen.json)

    @property
    def actor(self) -> Actor:
        """Who runs the command: may do everything."""
        from perthyn.crm import Actor

        return Actor(_user(self.environ))

    @staticmethod
    def now() -> datetime:
        """The instant it is."""
        return _now()

    def dropped_commands(self) -> dict[str, click.Command]:
        """Commands of plugin files, when the organisation has any."""
        folder = os.path.join(self._at, "plugins")
        if not os.path.isdir(folder) or not any(name.endswith(".py") for name in os.listdir(folder)):
            return {}
        return {one.name or "": one for one in self.plugins.offer("offer_commands")}

    def with_locale(self, entry: Entry) -> Translator:
        """The translator with a command's own words: those in the ``locale`` folder beside its module."""
        module = sys.modules.get(entry.target.partition(":")[0])
        beside = os.path.join(os.path.dirname(getattr(module, "__file__", None) or "."), "locale")
        if os.path.isdir(beside):
            self._beside = [beside]
            self.t = self.screen.t = Translator(self.language, self._beside)
        return self.t

    def crm(self, *, create: bool = False, passing: bool = False) -> Crm:
        """The CRM on the organisation's store. Without `create` a store must be there (`store.missing`).

        `passing`: where none is there, one that is gone when the command ends.
        """
        if self._crm is None:
            from perthyn.audit import FILE as AUDIT
            from perthyn.audit import Audit
            from perthyn.backups.refusals import FILE as REFUSALS
            from perthyn.backups.refusals import Refusals
            from perthyn.crm import Crm, record_types

            settings = self.settings
            plugins = self.plugins
            plugins.house = self._house(settings)
            types = record_types(plugins)
            try:
                store = plugins.open_store(settings.store_url, types, settings.currency, create and not passing)
            except PerthynError as error:
                self.hear()
                if not passing or error.code != "store.missing":
                    raise
                store = plugins.open_store(self._passing_url(), types, settings.currency, True)
            self.hear()
            self._name_broken()
            self._heed_fence(store)
            self._notice(store)
            lasting = self._passing is None
            refusals = Refusals(settings.folder / REFUSALS) if lasting else None
            audit = Audit(settings.folder / AUDIT) if lasting else None
            self._crm = Crm(store, plugins, settings, self.now, os.urandom, self.actor, self.language, refusals, audit)
        return self._crm

    def another(self, wait: int | None = None) -> Crm:
        """A further CRM on the store, for another thread; whoever asks for it closes its store.

        `wait`: so many seconds it waits for what others write; None: as long as anybody.
        """
        from perthyn.crm import Crm

        first = self.crm()
        store = self.plugins.open_store(
            first.settings.store_url, tuple(first.store.types.values()), first.settings.currency, False, wait
        )
        return Crm(
            store, first.plugins, first.settings, self.now, os.urandom, self.actor, self.language, first.refusals,
            first.audit, answers=first.answers,
        )  # fmt: skip

    def _write_trail(self, crm: Crm) -> None:
        """What was noted is in the audit trail when the command is done, or it is said that it could not be."""
        try:
            if crm.audit is not None:
                crm.audit.close()
        except PerthynError as error:
            self.screen.warning(" ".join(self.t.error(error)))

    def _heed_fence(self, store: Store) -> None:
        """What is unfinished is not shown; of what has moved away is said where it is."""
        fence = store.fence
        if fence is not None and fence.state == "filling":
            store.close()
            raise fence.refusal
        if fence is not None and fence.state == "moved":
            self.screen.warning(self.t.error(fence.refusal)[0])

    def _notice(self, store: Store) -> None:
        """Warn of what the store has to say: once when it has been opened, of what is new when the command is done."""
        for one in store.notices():
            if (one.code, one.facts) not in self._noticed:
                self._noticed.append((one.code, one.facts))
                self.screen.warning(" ".join(filter(None, self.t.error(one))))

    def _passing_url(self) -> str:
        from perthyn.cli.passing import passing_folder, passing_url

        self._passing = passing_folder()
        return passing_url(self._passing)

    def _name_broken(self) -> None:
        """Warn of each broken plugin once: when the store has been opened, and when the command is done."""
        for one in self._plugins.loaded if self._plugins is not None else ():
            if one.broken and one not in self._named:
                self._named.append(one)
                told = PerthynError("plugin.broken", plugin=one.name, origin=one.origin, why=one.broken)
                self.screen.warning(self.t.error(told)[0])


def session(context: click.Context) -> Session:
    """The session of a command's context."""
    found: Any = context.find_root().obj
    return found if isinstance(found, Session) else Session(dict(os.environ), os.getcwd(), "", "", False, False)


def _now() -> datetime:
    return datetime.now(UTC)


def _user(environ: Mapping[str, str]) -> str:
    if environ.get("PERTHYN_USER"):
        return environ["PERTHYN_USER"]
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


def _width(environ: Mapping[str, str]) -> int:
    """Columns of the terminal; 100 where nobody knows, as in a terminal that says it has none."""
    told = environ.get("COLUMNS", "")
    try:
        width = int(told) if told.isdigit() else os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError):
        width = 0
    return width or 100


def _language_in(folder: str) -> str:
    """The language named in ``perthyn.toml``, read without loading the settings: help must be quick."""
    try:
        with open(os.path.join(folder, "perthyn.toml"), encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return ""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "language" and value.strip().strip("\"'") in ("cy", "en"):
            return value.strip().strip("\"'")
    return ""
