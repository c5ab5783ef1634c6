"""Entry points of perthyn's groups, read quickly: what backends, plugins and commands are installed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PROJECT = "perthyn"
GROUPS = ("perthyn.backends", "perthyn.plugins", "perthyn.commands")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry point as its distribution declares it."""

    group: str
    name: str
    target: str
    distribution: str

    def load(self) -> Any:
        """Import what it points to; whatever the import raises comes through."""
        module, _, attributes = self.target.partition(":")
        found: Any = importlib.import_module(module)
        for attribute in filter(None, attributes.split(".")):
            found = getattr(found, attribute)
        return found


def entries(paths: Sequence[str] | None = None) -> list[Entry]:
    """The entry points of perthyn's groups in the distributions on `paths` (default: ``sys.path``), by name.

    Read straight from ``*.dist-info/entry_points.txt``: importing importlib.metadata would take longer than
    everything else that ``perthyn --help`` does. The first distribution of a name on the path counts.
    """
    found: dict[str, list[Entry]] = {}
    for folder in sys.path if paths is None else paths:
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        for name in names:
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            distribution = name.rpartition(".")[0].replace("-", " ", 1)
            file = os.path.join(folder, name, "entry_points.txt")
            project = distribution.partition(" ")[0].lower().replace("_", "-")
            if project not in found and os.path.isfile(file):
                found[project] = list(_read_entries(file, distribution))
    return sorted((one for these in found.values() for one in these), key=lambda one: (one.group, one.name))


def _read_entries(file: str, distribution: str) -> Iterator[Entry]:
    try:
        with open(file, encoding="utf-8", errors="replace") as text:
            content = text.read()
    except OSError:
        return
    if PROJECT not in content:
        return
    group = ""
    for line in content.splitlines():
        line = line.strip()
        name, _, target = line.partition("=")
        if line.startswith("["):
            group = line.strip("[]")
        elif group in GROUPS and name and target and not line.startswith(("#", ";")):
            yield Entry(group, name.strip(), target.partition("[")[0].strip(), distribution)
