"""Find plugins, load them one by one, ask them and tell them; name the one that is broken and go on.

Installed plugins come in through entry points: ``perthyn.backends`` (named by URL scheme, loaded when a store of that
scheme is opened), ``perthyn.plugins`` and ``perthyn.commands`` (named by command, loaded when it runs). A single
``.py`` file in the ``plugins`` folder beside ``perthyn.toml`` is a plugin too.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from perthyn.entries import Entry, entries
from perthyn.errors import PerthynError
from perthyn.hooks import PROJECT, Hooks


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin: its name, where it comes from (a distribution or a file), its hooks, and what broke it, if anything."""

    name: str
    group: str
    origin: str
    hooks: tuple[str, ...] = ()
    broken: str = ""


@dataclass
class Plugins:
    """The plugins of one installation and one organisation's folder."""

    loaded: list[Loaded] = field(default_factory=list)
    _manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(PROJECT))
    _backends: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._manager.add_hookspecs(Hooks)

    @classmethod
    def find(cls, folder: Path | None = None, *, off: Iterable[str] = (), among: Sequence[Entry] | None = None) -> Plugins:
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
                    found._load(file.stem, "file", str(file), lambda file=file: _load_file(file))  # type: ignore[misc]
        return found

    def add(self, plugin: object, name: str, origin: str = "", group: str = "perthyn.plugins") -> None:
        """Register an object with hook implementations; a broken one is named in `loaded`."""
        self._load(name, group, origin or name, lambda: plugin)

    def open_store(self, url: str, types: Sequence[type[Any]], currency: str, create: bool) -> Any:
        """The store at a URL. Raises `PerthynError` (``plugin.backend.unknown``, ``plugin.broken``) or the backend's own."""
        scheme = url.partition(":")[0].partition("+")[0]
        entry = self._backends.get(scheme)
        if entry is not None and not any(one.name == scheme and one.group == entry.group for one in self.loaded):
            self._load(scheme, entry.group, entry.distribution, entry.load)
        asked = {"url": url, "types": types, "currency": currency, "create": create}
        for name, call in self._calls("answer_store", asked):
            try:
                store = call()
            except PerthynError:
                raise
            except Exception as error:
                raise self._broken(name, error) from error
            if store is not None:
                return store
        broken = next((one for one in self.loaded if one.name == scheme and one.broken), None)
        if broken is not None:
            raise PerthynError("plugin.broken", plugin=scheme, origin=broken.origin, why=broken.broken)
        raise PerthynError("plugin.backend.unknown", scheme=scheme, known=", ".join(sorted(self._backends)))

    def offer(self, hook: str, **facts: Any) -> list[Any]:
        """What all plugins offer, joined; one that raises is marked broken and left out."""
        joined: list[Any] = []
        for name, call in self._calls(hook, facts):
            try:
                joined.extend(call() or ())
            except Exception as error:
                self._mark(name, error)
        return joined

    def ask(self, hook: str, **facts: Any) -> None:
        """Raises `PerthynError` (``plugin.refused``, ``plugin.broken``) when one refuses or fails."""
        for name, call in self._calls(hook, facts):
            try:
                reason = call()
            except Exception as error:
                raise self._broken(name, error) from error
            if reason is not None:
                raise PerthynError("plugin.refused", plugin=name.rpartition(":")[2], origin=self._origin(name), reason=str(reason))

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
        try:
            plugin = load()
            self._manager.register(plugin, name=key)
            self._manager.check_pending()
        except Exception as error:
            if self._manager.has_plugin(key):
                self._manager.unregister(name=key)
            self.loaded.append(Loaded(name, group, origin, broken=_said(error)))
            return
        hooks = tuple(sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ()))
        self.loaded.append(Loaded(name, group, origin, hooks))

    def _origin(self, name: str) -> str:
        return next((one.origin for one in self.loaded if f"{one.group}:{one.name}" == name), name)

    def _mark(self, name: str, error: Exception) -> None:
        for place, one in enumerate(self.loaded):
            if f"{one.group}:{one.name}" == name:
                self.loaded[place] = Loaded(one.name, one.group, one.origin, one.hooks, _said(error))

    def _broken(self, name: str, error: Exception) -> PerthynError:
        self._mark(name, error)
        return PerthynError("plugin.broken", plugin=name.rpartition(":")[2], origin=self._origin(name), why=_said(error))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _load_file(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"perthyn_file_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise PerthynError("plugin.file.unreadable", file=str(file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
