"""Find plugins, load them one by one, ask them and tell them; name the one that is broken and go on.

Installed plugins come in through entry points: ``perthyn.backends`` (named by URL scheme, loaded when a store of that
scheme is opened), ``perthyn.plugins`` and ``perthyn.commands`` (named by command, loaded when it runs). A single
``.py`` file in the ``plugins`` folder beside ``perthyn.toml`` is a plugin too.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pluggy

from perthyn.channel import Channel
from perthyn.demonstration import Demonstration
from perthyn.entries import Entry, entries
from perthyn.errors import PerthynError
from perthyn.hooks import PROJECT, VERSION, Hooks, Leaving
from perthyn.house import House
from perthyn.letter_fields import LetterField
from perthyn.model import KINDS, Job, Kind, Record
from perthyn.pages import Pages
from perthyn.rights import GROUPS, ROLES_THERE_ARE, Right
from perthyn.rules import NamedMeasure
from perthyn.store import Store
from perthyn.text import LANGUAGES
from perthyn.upgrades import Upgrade
from perthyn.work import Work

_FIELD = re.compile(r"[a-z][a-z0-9_]*")
_RIGHT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "offer_record_types": lambda one: isinstance(one, type) and issubclass(one, Record) and _is_sourced(one),
    "offer_kinds": lambda one: isinstance(one, Kind),
    "offer_measures": lambda one: isinstance(one, NamedMeasure),
    "offer_known_exports": lambda one: hasattr(one, "required") and hasattr(one, "columns"),
    "offer_readers": lambda one: hasattr(one, "suffixes") and callable(getattr(one, "open", None)),
    "offer_channels": lambda one: isinstance(one, Channel) and one.name.isidentifier(),
    "offer_letter_fields": lambda one: isinstance(one, LetterField) and all(map(_FIELD.fullmatch, one.name)),
    "offer_pages": lambda one: isinstance(one, Pages) and re.fullmatch(r"/([a-z][a-z0-9-]*)?", one.prefix) is not None,
    "offer_screens": lambda one: all(hasattr(one, name) for name in ("screens", "entries", "panels")),
    "offer_api": lambda one: hasattr(one, "routes"),
    "offer_rights": lambda one: isinstance(one, Right) and _is_named(one),
    "offer_jobs": lambda one: isinstance(one, Work),
    "offer_demonstration": lambda one: isinstance(one, Demonstration),
    "offer_cautions": lambda one: isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], Mapping),
    "offer_locale": lambda one: isinstance(one, str | Path),
    "offer_commands": lambda one: bool(getattr(one, "name", "")) and hasattr(one, "make_context"),
    "offer_checks": lambda one: isinstance(one, tuple) and len(one) == 3 and isinstance(one[2], Mapping),
    "offer_handover": lambda one: isinstance(one, Mapping) and all(_titled(one.get(name)) for name in LANGUAGES),
}
"""What one thing in an offered list must look like, so that junk is named before it does harm elsewhere."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin: its name, where it comes from (a distribution or a file), its hooks, and what broke it, if anything.

    `leaving`: those of its hooks that go with the next version, each with what to use instead.
    """

    name: str
    group: str
    origin: str
    hooks: tuple[str, ...] = ()
    broken: str = ""
    leaving: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Plugins:
    """The plugins of one installation and one organisation's folder. `house`: what a backend is told of the latter."""

    loaded: list[Loaded] = field(default_factory=list)
    house: House | None = None
    _manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(PROJECT))
    _backends: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._manager.add_hookspecs(Hooks)

    @classmethod
    def find(
        cls, folder: Path | None = None, *, off: Iterable[str] = (), among: Sequence[Entry] | None = None
    ) -> Plugins:
        """Load the installed plugins and the files of `folder`, one by one, but for those named in `off`."""
        found = cls()
        known = entries() if among is None else among
        found._backends = {one.name: one for one in known if one.group == "perthyn.backends"}
        off = set(off)
        for entry in known:
            if entry.group == "perthyn.plugins" and entry.name not in off:
                found._load(entry.name, entry.group, entry.distribution, entry.load)
        if folder is not None and folder.is_dir():
            for file in sorted(folder.glob("*.py")):
                if file.stem not in off and not file.stem.startswith("_"):
                    found._load(file.stem, "file", str(file), lambda file=file: load_file(file))  # type: ignore[misc]
        return found

    def add(self, plugin: object, name: str, origin: str = "", group: str = "perthyn.plugins") -> None:
        """Register an object with hook implementations; a broken one is named in `loaded`."""
        self._load(name, group, origin or name, lambda: plugin)

    def load_backend(self, scheme: str) -> None:
        """Load the backend of a URL scheme, where one is installed and not loaded yet."""
        entry = self._backends.get(scheme)
        if entry is not None and not any(one.name == scheme and one.group == entry.group for one in self.loaded):
            self._load(scheme, entry.group, entry.distribution, entry.load)

    def open_store(
        self, url: str, types: Sequence[type[Any]], currency: str, create: bool, wait: int | None = None
    ) -> Any:
        """The store at a URL. `wait`: so many seconds a write waits for another's; None: as long as the backend does.

        Raises `PerthynError` (``plugin.backend.unknown``, ``plugin.broken``) or what the backend itself raises.
        """

        def opens(beside: str, types: Sequence[type[Any]]) -> Any:
            return self.open_store(beside, types, currency, True, wait)

        asked = {"url": url, "types": types, "currency": currency, "create": create}
        asked |= {"house": self._furnished(), "opens": opens, "wait": wait}
        return self._answered("answer_store", Store, asked)

    def _furnished(self) -> House | None:
        """The house with what the plugins add to its words."""
        if self.house is None:
            return None
        kinds = (*KINDS, *self.offer("offer_kinds"))
        return replace(self.house, kinds=kinds, measures=tuple(self.offer("offer_measures")))

    def upgrade(self, url: str, types: Sequence[type[Any]], currency: str) -> Any:
        """The upgrade (`perthyn.upgrades.Upgrade`) of the store at a URL. Raises as `open_store` does."""
        return self._answered("answer_upgrade", Upgrade, {"url": url, "types": types, "currency": currency})

    def address(self, url: str) -> str:
        """The one form of a store's address; as it is, where no backend has another for it."""
        try:
            found: str = self._answered("answer_address", str, {"url": url})
        except PerthynError as error:
            if error.code != "plugin.backend.unknown":
                raise
            return url
        return found

    def cautions(self, url: str) -> list[PerthynError]:
        """What a person must know who chooses that place for the records."""
        self.load_backend(url.partition(":")[0].partition("+")[0])
        return [PerthynError(code, **facts) for code, facts in self.offer("offer_cautions", url=url)]

    def tables(self, address: str) -> list[Any]:
        """The tables at an address, to be imported (`perthyn.importing.tables.Table`).

        Raises `PerthynError` (``import.address.unknown``, ``plugin.broken``) or what the backend itself raises.
        """
        try:
            found: list[Any] = self._answered("answer_tables", list, {"url": address, "house": self.house})
        except PerthynError as error:
            if error.code != "plugin.backend.unknown":
                raise
            raise PerthynError("import.address.unknown", address=address) from None
        return found

    def _answered(self, hook: str, wanted: type, asked: dict[str, Any]) -> Any:
        """What the backend of a URL answers."""
        scheme = asked["url"].partition(":")[0].partition("+")[0]
        self.load_backend(scheme)
        for name, call in self._calls(hook, asked):
            try:
                answer = call()
            except PerthynError:
                raise
            except Exception as error:
                raise self._broken(name, error) from error
            if isinstance(answer, wanted):
                return answer
            if answer is not None:
                raise self._broken(name, _junk(hook, answer))
        broken = next((one for one in self.loaded if one.name == scheme and one.broken), None)
        if broken is not None:
            raise PerthynError("plugin.broken", plugin=scheme, origin=broken.origin, why=broken.broken)
        raise PerthynError("plugin.backend.unknown", scheme=scheme, known=", ".join(sorted(self._backends)))

    def offer(self, hook: str, **facts: Any) -> list[Any]:
        """What all plugins offer, joined; one that raises or offers junk is marked broken and left out."""
        joined: list[Any] = []
        for name, call in self._calls(hook, {"house": self.house, **facts}):
            try:
                offered = call()
                if offered is None:
                    continue
                if not isinstance(offered, list | tuple) or not all(map(_FITS[hook], offered)):
                    raise _junk(hook, offered)
            except Exception as error:
                self._mark(name, error)
            else:
                joined.extend(offered)
        return joined

    def ask(self, hook: str, **facts: Any) -> list[Job]:
        """The jobs that follow, from all who were asked.

        Raises `PerthynError` (``plugin.refused``, ``plugin.broken``) when one refuses or fails.
        """
        jobs: list[Job] = []
        for name, call in self._calls(hook, facts):
            try:
                reason = call()
            except Exception as error:
                raise self._broken(name, error) from error
            if isinstance(reason, str):
                plugin, origin = name.rpartition(":")[2], self._origin(name)
                raise PerthynError("plugin.refused", plugin=plugin, origin=origin, reason=reason)
            if isinstance(reason, list | tuple) and all(isinstance(one, Job) for one in reason):
                jobs.extend(reason)
            elif reason is not None:
                raise self._broken(name, _junk(hook, reason))
        return jobs

    def tell(self, hook: str, **facts: Any) -> None:
        """Tell every plugin; one that raises is marked broken, the next is told all the same."""
        for name, call in self._calls(hook, facts):
            try:
                call()
            except Exception as error:
                self._mark(name, error)

    def _calls(self, hook: str, facts: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
        for one in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            given = {name: facts[name] for name in one.argnames if name in facts}
            yield one.plugin_name, lambda one=one, given=given: one.function(**given)  # type: ignore[misc]

    def _load(self, name: str, group: str, origin: str, load: Callable[[], Any]) -> None:
        key = f"{group}:{name}"
        plugin = None
        try:
            plugin = load()
            _refuse_newer(plugin)
            if group == "perthyn.backends" and self._manager.is_registered(plugin):
                self.loaded.append(Loaded(name, group, origin))  # one module answers for several schemes
                return
            self._manager.register(plugin, name=key)
            self._manager.check_pending()
            callers = self._manager.get_hookcallers(plugin) or []
            if any(_wraps(caller, plugin) for caller in callers):
                raise TypeError("hooks are called one plugin at a time: a wrapper has nothing to wrap")
        except (Exception, SystemExit) as error:
            if plugin is not None and self._manager.get_plugin(key) is plugin:
                self._manager.unregister(name=key)
            self.loaded.append(Loaded(name, group, origin, broken=_said(error)))
            return
        hooks = tuple(sorted(caller.name for caller in callers))
        self.loaded.append(Loaded(name, group, origin, hooks, leaving=_leaving(callers)))

    def _origin(self, name: str) -> str:
        return next((one.origin for one in self.loaded if f"{one.group}:{one.name}" == name), name)

    def _mark(self, name: str, error: Exception) -> None:
        for place, one in enumerate(self.loaded):
            if f"{one.group}:{one.name}" == name and not one.broken:
                self.loaded[place] = replace(one, broken=_said(error))

    def _broken(self, name: str, error: Exception) -> PerthynError:
        self._mark(name, error)
        return PerthynError(
            "plugin.broken", plugin=name.rpartition(":")[2], origin=self._origin(name), why=_said(error)
        )


def _is_sourced(one: type[Record]) -> bool:
    """Whether a type that is named by its source has the fields for that."""
    return not one.source_named or {"source", "source_id", "delivered"} <= one.model_fields.keys()


def _is_named(one: Right) -> bool:
    """Whether a right has a name of the form that rights have, a group and roles that there are."""
    return _RIGHT.fullmatch(one.name) is not None and one.group in GROUPS and one.roles <= set(ROLES_THERE_ARE)


def _titled(said: Any) -> bool:
    return isinstance(said, tuple) and len(said) == 2 and all(isinstance(one, str) for one in said)


def _refuse_newer(plugin: object) -> None:
    wanted = getattr(plugin, "perthyn_hooks", VERSION)
    if not isinstance(wanted, int) or wanted > VERSION:
        raise TypeError(f"it needs version {wanted} of the hooks, and this perthyn has version {VERSION}")


def _leaving(callers: Iterable[pluggy.HookCaller]) -> dict[str, str]:
    warned = {one.name: one.spec.warn_on_impl for one in callers if one.spec is not None}
    return {name: warning.instead for name, warning in warned.items() if isinstance(warning, Leaving)}


def _wraps(caller: pluggy.HookCaller, plugin: object) -> bool:
    return any(one.plugin is plugin and (one.wrapper or one.hookwrapper) for one in caller.get_hookimpls())


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _junk(hook: str, value: object) -> TypeError:
    return TypeError(f"{hook} answered {str(value)[:60]!r}, not what its description says")


def load_file(file: Path) -> Any:
    """The module of a plugin file. Raises what loading it raises, and `PerthynError` (``plugin.file.unreadable``)."""
    spec = importlib.util.spec_from_file_location(f"perthyn_file_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise PerthynError("plugin.file.unreadable", file=str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pydantic look there for what annotations name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module
