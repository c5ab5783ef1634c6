"""A closed rule written down: what a campaign keeps of whom it was for."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from perthyn.model.values import plain
from perthyn.rules.closed import Closed


def closed_json(rule: Closed) -> str:
    """Canonical JSON of a closed rule: each node with its name as ``is``, sets sorted, none omitted."""
    return json.dumps(_plain(rule), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        held = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return {"is": type(value).__name__, **{name: said for name, said in held.items() if said not in (None, "")}}
    if isinstance(value, frozenset):
        return sorted(map(_plain, value), key=lambda one: json.dumps(one, sort_keys=True))
    return [_plain(one) for one in value] if isinstance(value, tuple) else plain(value)
